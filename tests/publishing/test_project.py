from pathlib import Path

import pytest

from publishing.errors import ConfigError
from publishing.project import find_root, load_book
from tests.publishing.conftest import edit


def test_reads_chapters_parts_and_appendices(small_book: Path) -> None:
    book = load_book(small_book)
    assert [e.page for e in book.entries] == [
        "index.html",
        "chapters/01-one.html",
        "chapters/02-two.html",
        "references.html",
        "chapters/a-extra.html",
    ]
    assert [e.part for e in book.entries] == [None, None, "Second part", None, None]
    assert [e.appendix for e in book.entries] == [False, False, False, False, True]
    assert (book.title, book.authors, book.output_file) == ("A small book", ("The test authors",), "small")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("chapters/01-one.qmd", "chapters/09-none.qmd", "chapters/09-none.qmd does not exist"),
        ("chapters/01-one.qmd", "../outside.qmd", "lies outside the project"),
        ("    - chapters/01-one.qmd\n", "    - chapters/02-two.qmd\n", "stands twice"),
        ("    - index.qmd\n", "", "the first chapter must be index.qmd"),
        ("  author: The test authors\n", "", "a title and an author"),
        ("references.bib", "nowhere.bib", "bibliography: nowhere.bib does not exist"),
        ("book:\n", "book: [\n", "not valid YAML"),
        ("    - chapters/01-one.qmd\n", "    - 12\n", "found 12"),
    ],
)
def test_a_bad_configuration_is_named(small_book: Path, old: str, new: str, said: str) -> None:
    edit(small_book / "_quarto.yml", old, new)
    with pytest.raises(ConfigError, match=r"_quarto\.yml") as caught:
        load_book(small_book)
    assert said in str(caught.value)


def test_an_unknown_setting_is_named(small_book: Path) -> None:
    edit(small_book / "pyproject.toml", "report.fonts", "report.typefaces")
    with pytest.raises(ConfigError, match=r"typefaces; allowed are chapter_template, commands, findings, fonts"):
        load_book(small_book)


def test_the_root_is_found_from_below_and_missed_elsewhere(small_book: Path, tmp_path: Path) -> None:
    assert find_root(small_book / "chapters") == small_book
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(ConfigError, match=r"no _quarto\.yml"):
        find_root(empty)
