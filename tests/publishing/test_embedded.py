import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pypandoc
import pytest
from pypdf import PdfReader

from publishing.errors import EngineError, ExecutionError
from publishing.press import TYPST_FILTER
from tests.publishing.conftest import edit
from tests.publishing.pages import check_links, pages


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small book, printed once for the tests of this module that only look at it."""
    import shutil

    from publishing.build import build
    from publishing.progress import Progress
    from publishing.project import load_book
    from tests.publishing.conftest import BOOK

    root = tmp_path_factory.mktemp("printed") / "book"
    shutil.copytree(BOOK, root)
    build(load_book(root), "embedded", ["html", "pdf"], Progress())
    return root / "_book"


def test_a_page_for_each_chapter_and_one_pdf(printed: Path) -> None:
    assert sorted(pages(printed)) == [
        "chapters/01-one.html",
        "chapters/02-two.html",
        "chapters/a-extra.html",
        "index.html",
        "references.html",
    ]
    assert [p.name for p in printed.rglob("*.pdf")] == ["small.pdf"]
    assert (printed / "pagefind" / "pagefind.js").is_file()


def test_references_are_numbered_across_chapters(printed: Path) -> None:
    nbsp = "\u00a0"
    found = pages(printed)
    assert f"The figure is Figure{nbsp}1.1, the table Table{nbsp}1.1, the chapter Chapter{nbsp}1.".replace(
        nbsp, " "
    ) in found["index.html"].text.replace(nbsp, " ")
    text = found["chapters/02-two.html"].text.replace(nbsp, " ")
    assert "Equation 1.1 stands in Section 1.1; Appendix A is an appendix." in text
    assert "Table 2.1: A table typed by hand" in text
    assert "Figure 2.1: A drawn square" in text
    assert "2.2 Limits" in text
    assert "1.2 Last The heading of a note takes no number: this is Section 1.2." in found[
        "chapters/01-one.html"
    ].text.replace(nbsp, " ")
    pdf = "".join(p.extract_text() for p in PdfReader(printed / "small.pdf").pages)
    assert "1.2 Last" in pdf
    assert "this is Section 1.2" in pdf.replace(nbsp, " ")


def test_every_link_leads_somewhere_on_this_site(printed: Path) -> None:
    check_links(printed)


def test_a_link_means_its_own_chapter_first(printed: Path) -> None:
    html = (printed / "chapters/02-two.html").read_text(encoding="utf-8")
    assert re.findall(r'<a[^>]*href="([^"]*)"[^>]*>(the limits|the extra\sone|its\sown)</a>', html) == [
        ("#limits", "the limits"),
        ("../chapters/a-extra.html", "the extra one"),
        ("../chapters/a-extra.html#limits", "its own"),
    ]
    targets = [
        str(note.get_object()["/Dest"])
        for page in PdfReader(printed / "small.pdf").pages[4:]
        for note in page.get("/Annots", [])
        if isinstance(note.get_object().get("/Dest"), str)
    ]
    assert [t for t in targets if "limits" in t] == ["ch3-limits", "ch5-limits", "ch5-limits"]


def test_text_from_cells_stays_text(printed: Path) -> None:
    page = pages(printed)["chapters/01-one.html"]
    assert "a*b_c $x$ @fig-x <b>" in page.text
    pdf = "".join(p.extract_text() for p in PdfReader(printed / "small.pdf").pages)
    for text in (
        "a*b_c $x$ @fig-x <b>",
        "= one",
        "- two",
        "−3",
        "1. Notes, a // b.",
        "浚县",
        "Smith, Ada. 2001",
    ):
        assert text in pdf


def test_nothing_unresolved_is_printed(printed: Path) -> None:
    pdf = "".join(p.extract_text() for p in PdfReader(printed / "small.pdf").pages)
    for text in [pdf, *(p.text for p in pages(printed).values())]:
        assert not re.search(r"\?@|\?fig|\?\?|\{python\}", text)


def test_chinese_text_is_marked_and_has_a_font(printed: Path) -> None:
    html = (printed / "chapters/01-one.html").read_text(encoding="utf-8")
    assert '<span lang="zh-CN">浚县</span>' in html
    assert (printed / "assets/font-0.woff").stat().st_size < 20_000
    fonts = set()
    for page in PdfReader(printed / "small.pdf").pages:
        fonts |= {str(font.get_object()["/BaseFont"]) for font in page["/Resources"].get("/Font", {}).values()}
    assert any("NotoSansCJK" in name for name in fonts)


def test_alt_text_reaches_the_page_and_the_pdf(printed: Path) -> None:
    html = (printed / "chapters/01-one.html").read_text(encoding="utf-8")
    assert 'alt="A straight line from the lower left to the upper right."' in html
    assert b"A straight line" in _structure(printed / "small.pdf")


def _structure(pdf: Path) -> bytes:
    found: list[str] = []

    def walk(node: object) -> None:
        node = node.get_object() if hasattr(node, "get_object") else node
        if isinstance(node, dict):
            found.append(str(node.get("/Alt", "")))
            walk(node.get("/K"))
        elif isinstance(node, list):
            for inner in node:
                walk(inner)

    walk(PdfReader(pdf).trailer["/Root"]["/StructTreeRoot"])
    return "\n".join(found).encode()


def test_two_builds_print_the_same_bytes(small_book: Path, made: Callable[..., str], printed: Path) -> None:
    made(small_book)
    for first in [*printed.rglob("*.html"), *printed.rglob("*.pdf"), *printed.rglob("*.svg"), *printed.rglob("*.woff")]:
        second = small_book / "_book" / first.relative_to(printed)
        assert second.read_bytes() == first.read_bytes(), first.name


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("Picture()\n```", "Picture\n```", "text"),
        ("`{python} value`", "`{python} 'costs $5'`", "gives the bare text 'costs \\$5'"),
        ("Table()\n```", "pass\n```", "cell tbl-units prints nothing"),
        (
            "def _repr_markdown_(self):\n        return (\n",
            "def _repr_html_(self):\n        return (\n",
            "prints text/html",
        ),
        ("`{python} value`", "`{python} __import__('numpy').float64(1.5)`", "a NumPy scalar"),
    ],
)
def test_what_a_cell_must_print(small_book: Path, made: Callable[..., str], old: str, new: str, said: str) -> None:
    if said == "text":
        edit(small_book / "chapters/01-one.qmd", old, new)
        made(small_book, formats=("html",))
        assert "Picture" in pages(small_book / "_book")["chapters/01-one.html"].text
        return
    edit(small_book / "chapters/01-one.qmd", old, new)
    with pytest.raises(ExecutionError, match=said):
        made(small_book)


def test_bare_text_from_an_expression_stays_text(small_book: Path, made: Callable[..., str]) -> None:
    edit(small_book / "chapters/01-one.qmd", "`{python} value`", "`{python} 'p*q*r _s_ <u> [k](l)'`")
    made(small_book, formats=("html",))
    assert "p*q*r _s_ <u> [k](l)" in pages(small_book / "_book")["chapters/01-one.html"].text


def test_a_font_package_that_is_not_there_is_named(small_book: Path, made: Callable[..., str]) -> None:
    edit(small_book / "pyproject.toml", "cvttf_NotoSansCJK_Regular", "no_such_fonts")
    with pytest.raises(Exception, match="no font in the package no_such_fonts"):
        made(small_book)


def test_an_equation_that_typst_cannot_print_is_told(small_book: Path, made: Callable[..., str]) -> None:
    edit(small_book / "chapters/02-two.qmd", "- A list", "- A list $\\undefinedthing{x}$")
    with pytest.raises(EngineError, match="undefinedthing"):
        made(small_book)


def test_a_number_that_ends_a_sentence_starts_no_list(small_book: Path, made: Callable[..., str]) -> None:
    """Where pandoc broke the line before it, Typst would take it for the number of an item."""
    path = small_book / "chapters/01-one.qmd"
    line = f"{'word ' * 14}`{{python}} value`. After"
    path.write_text(f"{path.read_text(encoding='utf-8')}\n\n{line}\n", encoding="utf-8")
    made(small_book, formats=("pdf",))
    text = "\n".join(p.extract_text() for p in PdfReader(small_book / "_book/small.pdf").pages)
    assert "word 42. After" in text.replace("\u00a0", " ")


@pytest.mark.parametrize("first", ['Str "42",Str "."', 'Str "42."', 'Str "42",Str ".x"'])
def test_nor_does_one_that_starts_a_paragraph(first: str) -> None:
    command = [pypandoc.get_pandoc_path(), "-f", "native", "-t", "typst", "-L", str(TYPST_FILTER)]
    native = f'[Para [{first},Space,Str "After"]]'
    done = subprocess.run(command, input=native, capture_output=True, text=True, check=True, encoding="utf-8")
    assert done.stdout.startswith("42\\.")


def test_what_a_section_of_an_appendix_shows_stands_before_the_next(small_book: Path, made: Callable[..., str]) -> None:
    def table(name: str) -> str:
        rows = "\n".join(f"| {name}{i:02} | b |" for i in range(30))
        return f"| A | B |\n|---|---|\n{rows}\n\n: Rows {{#tbl-{name}}}\n"

    def printed(chapter: str) -> str:
        edit(small_book / "chapters" / chapter, "## Limits", f"{shown}## Limits")
        made(small_book, formats=("pdf",))
        edit(small_book / "chapters" / chapter, shown, "")
        return "".join(page.extract_text() for page in PdfReader(small_book / "_book/small.pdf").pages)

    # Each table takes more than half of a page, so one that floats goes to the next, past whatever text is left.
    shown = f"## First\n\n@tbl-one and @tbl-two.\n\n{table('one')}\n{table('two')}\n## Second\n\nWords after both.\n\n"
    text = printed("a-extra.qmd")
    assert text.index("one29") < text.index("two29") < text.index("Words after both.")
    text = printed("02-two.qmd")
    assert text.index("Words after both.") < text.index("two29"), "in chapters tables float, so that pages fill"
