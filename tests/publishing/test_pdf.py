"""The PDF as a reader, a screen reader and a librarian find it, in each engine."""

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pypdf import PageObject, PdfReader

from publishing.errors import EngineError, ExecutionError, UnresolvedError
from tests.publishing.conftest import copy_small_book, edit, make
from tests.publishing.test_quarto import needs_quarto


def pipe_table(columns: int, rows: int, name: str, caption: str) -> str:
    """A table whose heads are Head-1, Head-2, ... and whose first cells are a name and a number."""
    heads = " | ".join(f"Head-{i + 1}" for i in range(columns))
    body = "\n".join(f"| {name}-{i:03} |" + " x |" * (columns - 1) for i in range(rows))
    return f"| {heads} |\n|{'---|' * columns}\n{body}\n\n: {caption} {{#tbl-{name}}}\n"


CHAPTER = f"""# Print {{#sec-print}}

The shares $p_d$ add up, and @tbl-wide, @tbl-narrow and @tbl-long show it.

$$
\\frac{{a}}{{b}} \\leq 1
$$

{pipe_table(10, 3, "wide", "A wide table. With a second sentence.")}

{pipe_table(9, 3, "narrow", "A table that stands upright")}

{pipe_table(3, 90, "long", "A long table")}

Words after the tables.
"""


@pytest.fixture(scope="module", params=["embedded", pytest.param("quarto", marks=needs_quarto)])
def book(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small book with a chapter of tables, printed by an engine: its PDF."""
    root = copy_small_book(tmp_path_factory.mktemp("pdf"))
    (root / "chapters/03-print.qmd").write_text(CHAPTER, encoding="utf-8")
    edit(root / "references.bib", "A Paper Made for Tests", "A Paper $-$ Made for Tests")
    edit(root / "_quarto.yml", "    - references.qmd", "    - chapters/03-print.qmd\n    - references.qmd")
    make(root, engine=request.param, formats=("pdf",))
    return root / "_book/small.pdf"


@pytest.fixture
def reader(book: Path) -> PdfReader:
    return PdfReader(book)


def words(page: PageObject) -> str:
    return " ".join(page.extract_text().replace("\u00a0", " ").replace("\u2060", "").split())


def structure(reader: PdfReader) -> Iterator[dict[str, Any]]:
    """Every element of the structure that a screen reader goes by."""
    waiting = [reader.trailer["/Root"]["/StructTreeRoot"]]
    while waiting:
        node = waiting.pop()
        node = node.get_object() if hasattr(node, "get_object") else node
        if isinstance(node, list):
            waiting += node
        elif isinstance(node, dict):
            yield node
            waiting.append(node.get("/K"))


def bookmarks(outline: list[Any]) -> list[str]:
    return [title for entry in outline for title in (bookmarks(entry) if isinstance(entry, list) else [entry.title])]


def test_it_says_that_it_is_for_all_readers(reader: PdfReader) -> None:
    root = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"] is True or str(root["/MarkInfo"]["/Marked"]) == "True"
    assert root["/Lang"] == "en"
    assert str(root["/ViewerPreferences"]["/DisplayDocTitle"]) == "True"
    assert reader.metadata is not None
    assert (reader.metadata.title, reader.metadata.author) == ("A small book", "The test authors")
    xmp = root["/Metadata"].get_data().decode()
    assert re.search(r"<pdfuaid:part>1</pdfuaid:part>", xmp)


def test_bookmarks_lead_to_chapters_and_sections(reader: PdfReader) -> None:
    found = bookmarks(reader.outline)
    places = [found.index(title) for title in ("Preface", "Contents", "Figures", "Tables")]
    places += [next(i for i, title in enumerate(found) if title.endswith(end)) for end in ("One", "Second part", "Two", "Print", "Extra", "More")]  # fmt: skip
    assert places == sorted(places)
    assert "Appendices" not in found


def test_what_comes_before_the_first_chapter_has_small_roman_pages(reader: PdfReader) -> None:
    texts = [words(page) for page in reader.pages]
    preface, contents = (
        next(i for i, t in enumerate(texts) if t.startswith(start)) for start in ("Preface", "Contents")
    )
    first = next(i for i, t in enumerate(texts) if "A value from a cell" in t)
    assert preface < contents < first
    assert (reader.page_labels[preface], reader.page_labels[first]) == ("i", "1")


def test_lists_of_figures_and_tables_have_first_sentences(reader: PdfReader) -> None:
    lists = next(t for t in map(words, reader.pages) if t.startswith("Figures"))
    assert re.search(r"Figure 1\.1 A line that rises, after Smith \(2001\)[ .]+1", lists)
    assert re.search(r"Figure 2\.1 A drawn square[ .]+\d", lists)
    assert re.search(r"Tables Table 1\.1 Units and what they hold[ .]+1 ", lists)
    assert "A wide table" in lists and "second sentence" not in lists


def test_a_table_of_many_columns_stands_on_a_page_on_its_side(reader: PdfReader) -> None:
    lying = [page for page in reader.pages if page.mediabox.width > page.mediabox.height]
    assert len(lying) == 1
    text = words(lying[0])
    assert "wide-002" in text and "Head-10" in text
    assert "Table 3.1: A wide table" in text, "with the number that it has on the page"
    assert text.startswith("A small book Print"), "with its running head"
    assert "narrow-000" not in text
    after = "".join(words(page) for page in reader.pages)
    assert after.index("Words after the tables.") < after.index("wide-002"), "text fills the page before it"


def test_a_long_table_repeats_its_head(reader: PdfReader) -> None:
    pages = [words(page) for page in reader.pages if re.search(r"long-\d{3}", page.extract_text())]
    assert len(pages) >= 2
    assert all("Head-1 Head-2 Head-3" in text for text in pages)
    rows = [row for text in pages for row in re.findall(r"long-\d{3}", text)]
    assert rows == [f"long-{i:03}" for i in range(90)]


def test_equations_and_figures_can_be_heard(reader: PdfReader) -> None:
    said = {str(node["/Alt"]) for node in structure(reader) if "/Alt" in node}
    assert {"p sub d", "a over b is at most 1", "y equals alpha plus beta times x"} <= said
    assert {"minus", "formula"} & said, "that in the title of a work, which Quarto adds when filters have run"
    assert "A straight line from the lower left to the upper right." in said


def test_a_reference_to_an_equation_has_no_brackets(reader: PdfReader) -> None:
    text = " ".join(map(words, reader.pages))
    assert "Equation 1.1 adds it" in text or "and Equation 1.1" in text
    assert "Equation 1.1 stands in Section 1.1" in text


def test_heads_of_tables_are_marked_as_such(reader: PdfReader) -> None:
    kinds = [str(node.get("/S")) for node in structure(reader)]
    assert kinds.count("/TH") >= 10 + 9 + 3
    assert {"/H1", "/H2", "/Figure", "/Formula", "/Caption", "/TOC", "/L"} <= set(kinds)


def test_all_fonts_are_in_the_file(reader: PdfReader) -> None:
    fonts = {
        str(font.get_object()["/BaseFont"]): font.get_object()
        for page in reader.pages
        for font in page["/Resources"].get("/Font", {}).values()
    }
    assert any("NotoSansCJK" in name for name in fonts)
    for name, font in fonts.items():
        inner = font["/DescendantFonts"][0].get_object() if "/DescendantFonts" in font else font
        if font["/Subtype"] != "/Type3":
            assert any(key.startswith("/FontFile") for key in inner["/FontDescriptor"]), name


@pytest.mark.skipif(shutil.which("pdffonts") is None, reason="poppler's pdffonts is not on the path")
def test_pdffonts_finds_all_fonts_in_the_file(book: Path) -> None:
    done = subprocess.run(["pdffonts", str(book)], capture_output=True, text=True, check=True)
    rows = done.stdout.splitlines()[2:]
    assert rows
    assert all(re.search(r"\byes (yes|no)\s+(yes|no)\s", row) for row in rows)


def test_nothing_stands_above_the_title_of_a_chapter(reader: PdfReader) -> None:
    page = next(words(p) for p in reader.pages if "A pipe table is" in p.extract_text())
    assert page.index("2 Two") < page.index("Table 2.1:")


def test_a_figure_without_alternative_text_is_told_before_printing(small_book: Path, made: Callable[..., str]) -> None:
    edit(
        small_book / "chapters/01-one.qmd",
        '#| fig-alt: "A straight line from the lower left to the upper right."\n',
        "",
    )
    edit(small_book / "chapters/02-two.qmd", ' fig-alt="A black square."', "")
    with pytest.raises(UnresolvedError) as caught:
        made(small_book)
    lines = str(caught.value).splitlines()
    assert [re.sub(r":\d+:", ":", line) for line in lines] == [
        "chapters/01-one.qmd: the figure fig-line has no alternative text; say in fig-alt what a reader would see",
        "chapters/02-two.qmd: the figure fig-drawn has no alternative text; say in fig-alt what a reader would see",
    ]


def test_nor_is_a_picture_of_a_cell_printed_without(small_book: Path, made: Callable[..., str]) -> None:
    path = small_book / "chapters/01-one.qmd"
    path.write_text(path.read_text(encoding="utf-8") + "\n```{python}\nPicture()\n```\n", encoding="utf-8")
    with pytest.raises(ExecutionError, match=r"01-one\.qmd:\d+: the cell prints a picture without alternative text"):
        made(small_book)


def test_what_a_screen_reader_could_not_follow_is_told(small_book: Path, made: Callable[..., str]) -> None:
    edit(small_book / "chapters/02-two.qmd", "## Detail", "### Detail")
    with pytest.raises(EngineError, match=r"(?s)PDF/UA-1 error.*heading.*Detail"):
        made(small_book, formats=("pdf",))


@pytest.mark.parametrize("engine", ["embedded", pytest.param("quarto", marks=needs_quarto)])
def test_in_an_appendix_a_section_that_opens_with_a_figure_keeps_to_it(small_book: Path, engine: str) -> None:
    words_before = "Words before it.\n\n" * 14
    figure = '![Another square](square.svg){#fig-tall fig-alt="A black square." width=95%}'
    section = f"{words_before}## Opening section\n\n@fig-tall is tall.\n\n{figure}\n\n## Limits"
    edit(small_book / "chapters/a-extra.qmd", "## Limits", section)
    make(small_book, engine=engine, formats=("pdf",))
    pages = [words(page) for page in PdfReader(small_book / "_book/small.pdf").pages]
    before, shown = (
        next(i for i, t in enumerate(pages) if text in t) for text in ("Words before it.", "A.1: Another square")
    )
    assert shown == before + 1
    assert "A.2 Opening section Figure A.1 is tall." in pages[shown]
