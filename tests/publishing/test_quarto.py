import re
from collections.abc import Callable
from pathlib import Path

import pytest
from pypdf import PdfReader

from publishing.errors import EngineError
from publishing.freshness import output_hashes
from publishing.quarto import Quarto, check_pages, find_quarto
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
        "Smith, Ada. 2001",
    ):
        assert text in pdf.replace("\u00a0", " ")
    assert not re.search(r"\?@|\?fig|\?\?", pdf)


@needs_quarto
def test_a_failing_cell_leaves_the_last_good_book(small_book: Path, made: Callable[..., str]) -> None:
    made(small_book, engine="embedded", formats=("html",))
    before = output_hashes(small_book / "_book")
    edit(small_book / "chapters/01-one.qmd", "value = 6 * 7", "value = 6 / 0")
    with pytest.raises(EngineError, match="ZeroDivisionError"):
        made(small_book, engine="quarto", formats=("html",))
    assert output_hashes(small_book / "_book") == before
