import re
from collections.abc import Callable
from pathlib import Path

import pytest
from pypdf import PdfReader

from publishing.build import read_sources
from publishing.errors import EngineError
from publishing.freshness import output_hashes
from publishing.project import load_book
from publishing.quarto import Quarto, check_pages, failure_in, find_quarto
from tests.publishing.conftest import edit

FOUND = find_quarto()
needs_quarto = pytest.mark.skipif(
    FOUND is None or not FOUND.new_enough, reason="Quarto 1.9 or later is not on the path"
)


@pytest.mark.parametrize(
    ("version", "enough"), [("1.8.26", False), ("1.9.0", True), ("1.10.18", True), ("2.0.1", True)]
)
def test_versions_are_compared_as_numbers(version: str, enough: bool) -> None:
    assert Quarto("quarto", version).new_enough is enough


@pytest.mark.parametrize(
    "html",
    [
        '<script src="https://cdn.example/x.js"></script>',
        '<a class="quarto-unresolved-ref">x</a>',
        "see ?@fig-x",
        '<div class="cell-output-stderr">',
    ],
)
def test_pages_that_quarto_left_unfinished_are_refused(tmp_path: Path, html: str) -> None:
    (tmp_path / "a.html").write_text(html, encoding="utf-8")
    with pytest.raises(EngineError, match=r"a\.html"):
        check_pages(tmp_path)


CELL_FAILED = r"chapters/01-one\.qmd:4: the cell that opens at line 3 failed: ZeroDivisionError: division by zero\n"
OUTPUT = """[1/5] index.qmd
[2/5] chapters/01-one.qmd
  Cell 1/3: ''............
An error occurred while executing the following cell:
------------------
value = 6 / 0
------------------
ZeroDivisionError                         Traceback (most recent call last)
Cell In[1], line 1
----> 1 value = 6 / 0
ZeroDivisionError: division by zero
WARN: Error encountered when rendering files
"""


def test_the_failing_cell_is_read_from_the_output_of_quarto(small_book: Path) -> None:
    sources = read_sources(load_book(small_book))
    words = failure_in(OUTPUT, sources)
    assert words is not None
    assert re.match(CELL_FAILED, words + "\n")
    assert failure_in("ERROR: Typst compilation failed", sources) is None


@needs_quarto
def test_quarto_prints_the_same_pages_and_numbers(small_book: Path, made: Callable[..., str]) -> None:
    made(small_book, engine="quarto")
    out = small_book / "_book"
    assert sorted(p.relative_to(out).as_posix() for p in out.rglob("*.html")) == [
        "chapters/01-one.html",
        "chapters/02-two.html",
        "chapters/a-extra.html",
        "index.html",
        "references.html",
    ]
    pdf = "".join(p.extract_text() for p in PdfReader(out / "small.pdf").pages)
    for text in (
        "= one",
        "- two",
        "1. Notes, a // b.",
        "浚县",
        "Figure 1.1",
        "Table 2.1",
        "this is Section 1.2",
        "Smith, Ada. 2001",
    ):
        assert text in pdf.replace("\u00a0", " ")
    assert not re.search(r"\?@|\?fig|\?\?", pdf)


@needs_quarto
def test_a_failing_cell_leaves_the_last_good_book(small_book: Path, made: Callable[..., str]) -> None:
    made(small_book, engine="embedded", formats=("html",))
    before = output_hashes(small_book / "_book")
    edit(small_book / "chapters/01-one.qmd", "value = 6 * 7", "value = 6 / 0")
    with pytest.raises(EngineError) as caught:
        made(small_book, engine="quarto", formats=("html",))
    assert re.match(CELL_FAILED, str(caught.value))
    assert output_hashes(small_book / "_book") == before
