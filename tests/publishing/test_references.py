from pathlib import Path

import pytest

from publishing.build import read_sources
from publishing.errors import UnresolvedError
from publishing.project import load_book
from publishing.references import check_references
from tests.publishing.conftest import edit


def check(root: Path) -> None:
    book = load_book(root)
    check_references(book, read_sources(book))


def test_a_whole_book_resolves(small_book: Path) -> None:
    check(small_book)


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("chapters/02-two.qmd", "see @fig-drawn", "see @fig-drawm", "chapters/02-two.qmd:15: unknown cross-reference @fig-drawm; did you mean @fig-drawn"),
        ("chapters/01-one.qmd", "[@jones1999, p. 3]", "[@jones1998, p. 3]", "unknown citation key @jones1998; did you mean @jones1999"),
        ("chapters/01-one.qmd", "after @smith2001.", "after @smith2002.", "chapters/01-one.qmd:25: unknown citation key @smith2002"),
        ("index.qmd", "02-two.qmd#sec-detail", "02-two.qmd#sec-detial", "the link to #sec-detial in chapters/02-two.qmd points nowhere"),
        ("index.qmd", "chapters/02-two.qmd#", "chapters/03-two.qmd#", "points to no chapter of this book"),
        ("chapters/02-two.qmd", "square.svg", "circle.svg", "circle.svg does not exist"),
        ("chapters/02-two.qmd", "(square.svg)", "(../../square.svg)", "lies outside the project"),
        ("chapters/02-two.qmd", "{#fig-drawn ", "{#fig-line ", "the label fig-line stands in chapters/01-one.qmd already"),
        ("chapters/02-two.qmd", "## Limits", "# Limits", "found 2 headings of the first level"),
        ("chapters/02-two.qmd", "and `code`", "and <b>code</b>", "raw markup"),
        ("chapters/02-two.qmd", "and `code`", "and `{python}\nx`", "must stand on one line"),
        ("references.qmd", "::: {#refs}\n:::", "", "no chapter has the place for the references"),
    ],
)  # fmt: skip
def test_what_points_nowhere_is_named_with_its_line(small_book: Path, file: str, old: str, new: str, said: str) -> None:
    edit(small_book / file, old, new)
    with pytest.raises(UnresolvedError) as caught:
        check(small_book)
    assert said in str(caught.value)


def test_all_faults_are_told_at_once(small_book: Path) -> None:
    edit(small_book / "index.qmd", "@fig-line", "@fig-lime")
    edit(small_book / "chapters/a-extra.qmd", "@jones1999", "@nobody")
    with pytest.raises(UnresolvedError) as caught:
        check(small_book)
    assert [line.split(":")[0] for line in str(caught.value).splitlines()] == [
        "index.qmd",
        "chapters/a-extra.qmd",
    ]
