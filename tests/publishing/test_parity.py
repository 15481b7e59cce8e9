"""Both engines say the same: text, numbers, links and citations of pages, and the words of the PDF."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from publishing.lint import lint
from publishing.lint.constructs import table
from publishing.project import load_book
from publishing.quarto import find_quarto
from tests.publishing.parity.book import SNAPSHOT, print_with, sources_hash, write_book
from tests.publishing.parity.said import pages

FOUND = find_quarto()
PRINTED: dict[str, Any] = json.loads(SNAPSHOT.read_text(encoding="utf-8"))
QUARTO: dict[str, Any] = PRINTED["said"]
RENEW = "write it anew where there is Quarto: python -m tests.publishing.parity.renew"


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_book(tmp_path_factory.mktemp("parity"))


@pytest.fixture(scope="module", params=["embedded", "quarto"])
def printed(request: pytest.FixtureRequest, book: Path) -> dict[str, Any]:
    if request.param == "quarto" and (FOUND is None or not FOUND.new_enough):
        pytest.skip("Quarto 1.9 or later is not on the path")
    return print_with(request.param, book)


def test_what_quarto_printed_is_of_this_book(book: Path) -> None:
    assert PRINTED["sources"] == sources_hash(book), f"{SNAPSHOT.name} is of another book; {RENEW}"


def test_the_book_has_every_construct_and_the_linter_lets_it_pass(book: Path) -> None:
    text = (book / "chapters/03-all.qmd").read_text(encoding="utf-8")
    assert all(construct["example"] in text for construct in table()["allowed"])
    alarms = lint(load_book(book), ["index.qmd", "chapters/03-all.qmd", "chapters/04-more.qmd"]).alarms
    # Figures in this book are made up, and "the table @tbl-units" is what another test looks for.
    assert [str(alarm) for alarm in alarms if alarm.code not in ("L101", "L401")] == []


def test_the_pages_are_the_same(printed: dict[str, Any]) -> None:
    assert list(printed["pages"]) == list(QUARTO["pages"])


@pytest.mark.parametrize("page", QUARTO["pages"])
@pytest.mark.parametrize("what", ["text", "numbers", "links", "alts"])
def test_each_page_says_the_same(printed: dict[str, Any], page: str, what: str) -> None:
    assert printed["pages"][page][what] == QUARTO["pages"][page][what]


def test_the_pdf_has_the_same_words(printed: dict[str, Any]) -> None:
    here, there = Counter(printed["pdf"]), Counter(QUARTO["pdf"])
    assert (here - there, there - here) == (Counter(), Counter())


def test_links_lead_somewhere_and_what_is_labelled_has_a_number(printed: dict[str, Any]) -> None:
    links = [link for page in printed["pages"].values() for link in page["links"]]
    assert len(links) > 80
    assert [link for link in links if not link[2]] == []
    numbers = {label: number for page in printed["pages"].values() for label, number in page["numbers"].items()}
    assert len(numbers) > 20
    assert [label for label, number in numbers.items() if number is None] == []


PAGE = """<html><body><nav>Menu</nav><main><h1 id="sec-a"><span class="header-section-number">1</span> Title</h1>
<p>Some <em>words</em>, <a href="b.html#x">here</a>.</p><figure id="fig-a"><img alt="It rises."><figcaption>Figure 1.1:
A line</figcaption></figure><span id="eq-a"><math><annotation>a = b \\qquad(1.1)</annotation></math></span></main></body></html>
"""


def said_of(folder: Path, old: str = "", new: str = "") -> dict[str, Any]:
    assert old in PAGE
    (folder / "a.html").write_text(PAGE.replace(old, new) if old else PAGE, encoding="utf-8")
    (folder / "b.html").write_text('<main><h1>B</h1><p id="x">X</p></main>', encoding="utf-8")
    return pages(folder)["a.html"]


def test_what_is_read_of_a_page(tmp_path: Path) -> None:
    assert said_of(tmp_path) == {
        "text": ["# 1 Title", "Some *words*, here.", "Figure 1.1: A line", "$a = b$ (1.1)"],
        "numbers": {"sec-a": "1", "fig-a": "1.1", "eq-a": "1.1"},
        "links": [["here", "b.html#x", True]],
        "alts": ["It rises."],
    }


@pytest.mark.parametrize(
    ("old", "new", "differs"),
    [
        ("<em>words</em>", "words", "text"),
        ("<em>words</em>", "<strong>words</strong>", "text"),
        ("Figure 1.1", "Figure 1.2", "numbers"),
        ("qquad(1.1)", "qquad(1.2)", "numbers"),
        ('number">1<', 'number">2<', "numbers"),
        ("b.html#x", "b.html", "links"),
        ("b.html#x", "b.html#y", "links"),
        ("It rises.", "It falls.", "alts"),
        ("h1", "h2", "text"),
    ],
)
def test_a_page_that_differs_reads_otherwise(tmp_path: Path, old: str, new: str, differs: str) -> None:
    before = said_of(tmp_path)
    assert said_of(tmp_path, old, new)[differs] != before[differs]
