"""Text from data is text: in prose, tables and captions, in HTML and PDF, in both engines."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from pypdf import PdfReader

from tests.publishing.conftest import copy_press, make
from tests.publishing.hostile import ALL, EXPECTED, LONG
from tests.publishing.test_quarto import needs_quarto

CONFIG = """
project: {type: book, output-dir: _book, execute-dir: project, pre-render: report prepare}
lang: en
book:
  title: A hostile book
  author: The test authors
  output-file: hostile
  chapters: [index.qmd, prose.qmd, table.qmd, figure.qmd, references.qmd]
bibliography: references.bib
filters: [typst.lua, order.lua, {path: tables.lua, at: pre-ast}]
execute: {echo: false}
format:
  html: {html-math-method: mathml}
  typst: {papersize: a4, citeproc: true, font-paths: bld/fonts, pdf-standard: ua-1,
          template-partials: [typst-template.typ, typst-show.typ, page.typ], fonts: [Libertinus Serif, Noto Sans CJK TC]}
"""
UNITS = range(0, len(ALL), 4)
IMPORTS = """
```{python}
from analysis.present.numbers import quantity, text
from analysis.present.tables import Column, Row, Table
from tests.publishing.hostile import ALL
```
"""
TABLE = """
```{python}
#| label: tbl-hostile
#| tbl-cap: "Names"
Table(
    [Column("Start"), Column("<b>$x$</b> @fig-x", unit="= #x // y"), Column("End")],
    [Row([f"R{i}", text(name), quantity(i)]) for i, name in enumerate(ALL)],
    notes=[f"N{i}: {name} :N" for i, name in enumerate(ALL)],
)
```
"""
TWO_LINES = """
```{python}
#| label: tbl-heads
#| tbl-cap: "Heads and heads of rows"
Table(
    [Column("Row", align="left"), *(Column(name) for name in ALL[:3])],
    [Row([text(name), "1", "2", "3"], below=["(4)", text(name), "- (6)"]) for name in ALL[:20]],
)
```
"""
FIGURE = """
```{python}
#| label: fig-hostile
#| fig-cap: "A caption of marks: \\\\<b\\\\> \\\\$x\\\\$ \\\\#y \\\\@fig-x // \\\\= \\\\* \\\\` \\\\[x\\\\]"
#| fig-alt: "An alternative: <b>\\" onload=1 $x$ #y @fig-x // = * ` [x](y) {z}"
from matplotlib.figure import Figure as MatplotlibFigure
from analysis.present.style import Figure, style, to_svg

with style("hostile"):
    figure = MatplotlibFigure(figsize=(6, 14))
    axes = figure.add_subplot(title=ALL[5])
    axes.barh([name for name in ALL[:40] if name.isascii()], 1)
    shown = Figure(to_svg(figure), ALL[0])
shown
```
"""


def write_book(root: Path) -> Path:
    root.mkdir()
    copy_press(root, "tables.lua", "order.lua", "typst-template.typ", "typst-show.typ", "page.typ")
    prose = ["# Prose", IMPORTS]
    for i in range(len(ALL)):
        name = f"`{{python}} text(ALL[{i}])`"
        # Each at the start of something: a paragraph, emphasis in an item of a list, a link in one.
        prose.append(f"S{i}:\n\n{name} :E{i}\n\nT{i}:\n\n- *{name} :F{i}*\n\nG{i}:\n\n- [{name} :H{i}](#prose)\n")
    for i in UNITS:
        prose.append(f"A{i}: `{{python}} quantity({i}, ALL[{i}])` :B{i}\n")
    prose.append("## About `{python} text(ALL[0])` and `{python} text(ALL[5])` and `{python} text(ALL[10])`\n")
    prose.append("| A | B |\n|---|---|\n| `{python} text(ALL[16])` | `{python} text(ALL[50])` |\n")
    files = {
        "_quarto.yml": CONFIG,
        "pyproject.toml": '[tool.report.fonts]\nothers = ["cvttf_NotoSansCJK_Regular"]\n',
        "references.bib": "@book{smith2001, title = {A title}, author = {Smith, A.}, year = {2001}, publisher = {P}}\n",
        "index.qmd": "# Preface {.unnumbered}\n\nAfter @smith2001.\n",
        "prose.qmd": "\n".join(prose),
        "table.qmd": "\n".join(["# Table", IMPORTS, TABLE, TWO_LINES, "@tbl-hostile and @tbl-heads.\n"]),
        "figure.qmd": "\n".join(["# Figure", IMPORTS, FIGURE, "See @fig-hostile.\n"]),
        "references.qmd": "# References {.unnumbered}\n\n::: {#refs}\n:::\n",
    }
    for name, text in files.items():
        (root / name).write_text(text, encoding="utf-8")
    return root


ENGINES = ["embedded", pytest.param("quarto", marks=needs_quarto)]


@pytest.fixture(scope="module", params=ENGINES)
def printed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = write_book(tmp_path_factory.mktemp("hostile") / "book")
    make(root, engine=request.param)
    return root / "_book"


class Tree(HTMLParser):
    """The text of a page's main part, of its tables' cells and of its headings; its elements and addresses."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.all: list[str] = []
        self.cells: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.cell = self.main = False
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.main = self.main or tag == "main"
        if self.main:
            self.elements.append((tag, dict(attrs)))
        if tag in ("td", "th"):
            self.cell = True
            self.cells.append("")

    def handle_endtag(self, tag: str) -> None:
        self.main = self.main and tag != "main"
        self.cell = self.cell and tag not in ("td", "th")

    def handle_data(self, data: str) -> None:
        if self.main:
            self.all.append(data)
        if self.cell:
            self.cells[-1] += data

    @property
    def text(self) -> str:
        return " ".join("".join(self.all).split())


def between(text: str, start: str, end: str) -> str:
    found = re.search(rf"{re.escape(start)}(.*?){re.escape(end)}", text, re.DOTALL)
    assert found, f"{start} ... {end} is not in the text"
    return found[1].strip()


@pytest.mark.parametrize(("start", "end"), [("S{}:", ":E{}"), ("T{}:", ":F{}"), ("G{}:", ":H{}")])
def test_prose_has_every_name_as_it_is(printed: Path, start: str, end: str) -> None:
    text = Tree(printed / "prose.html").text
    found = [between(text, start.format(i), end.format(i)) for i in range(len(ALL))]
    assert found == list(EXPECTED)


def test_units_are_text(printed: Path) -> None:
    text = Tree(printed / "prose.html").text
    for i in UNITS:
        assert between(text, f"A{i}:", f":B{i}") == f"{i} {EXPECTED[i]}"


def test_cells_heads_and_notes_of_tables_have_every_name_as_it_is(printed: Path) -> None:
    cells = [" ".join(cell.split()) for cell in Tree(printed / "table.html").cells]
    assert "<b>$x$</b> @fig-x (= #x // y)" in cells
    for i, name in enumerate(EXPECTED):
        assert cells[cells.index(f"R{i}") + 1] == name
        assert f"N{i}: {name} :N" in cells
    start = cells.index("Row")
    assert cells[start + 1 : start + 4] == list(EXPECTED[:3])
    assert cells[start + 4 :] == [
        cell for name in EXPECTED[:20] for cell in (name, "1", "2", "3", "(4)", name, "- (6)")
    ]


def test_pages_hold_no_element_from_data(printed: Path) -> None:
    for name in ("prose", "table", "figure"):
        page = Tree(printed / f"{name}.html")
        tags = [tag for tag, _ in page.elements]
        assert not {"script", "math", "b", "x", "label", "iframe", "pre"} & set(tags)
        for tag, attributes in page.elements:
            assert not [key for key in attributes if key.startswith("on")]
            for key in ("href", "src"):
                assert not re.match(r"\s*(javascript|data|https?):", attributes.get(key) or ""), (name, tag, attributes)
        assert tags.count("img") == (name == "figure")
        # No image's shape is markup either.
    for svg in printed.rglob("*.svg"):
        assert "<script" not in svg.read_text(encoding="utf-8")


def test_alternative_texts_and_captions_are_text(printed: Path) -> None:
    page = Tree(printed / "figure.html")
    alternative = next(attributes["alt"] for tag, attributes in page.elements if tag == "img")
    assert alternative == 'An alternative: <b>" onload=1 $x$ #y @fig-x // = * ` [x](y) {z}'
    assert "A caption of marks: <b> $x$ #y @fig-x // = * ` [x]" in page.text


def squeezed(text: str) -> str:
    """Without what a line's break adds or takes away, and without marks of direction, which are no glyphs."""
    return re.sub(r"-\n|[\s\u00ad\u200b\u200e\u200f\ufffd]", "", text)


def test_the_pdf_has_every_name_as_it_is(printed: Path) -> None:
    reader = PdfReader(printed / "hostile.pdf")
    printed_text = "\n".join(page.extract_text() for page in reader.pages)
    pdf = squeezed(printed_text)
    wrong = []
    for i, name in enumerate(EXPECTED):
        if "\u05d0" in name or name == LONG:  # set from right to left, or over lines and maybe pages
            continue
        wanted = squeezed(name).replace("-", "")
        for start, end in (("S{}:", ":E{}"), ("T{}:", ":F{}"), ("G{}:", ":H{}"), ("N{}:", ":N")):
            found = between(pdf, start.format(i), end.format(i)).replace("-", "")
            # Before it may stand the mark of the list, or the foot and head of two pages.
            if not found.endswith(wanted) or len(found) > len(wanted) + 40:
                wrong.append((start.format(i), name, found))
    assert wrong == []
    runs = re.findall("(?:x1\u200b?|x\u200b1\u200b?)+", printed_text)
    assert max(len(run.replace("\u200b", "")) for run in runs) < 120  # not over the edge of the page
    assert pdf.count("x1") > 5 * 150 - 10
    targets = [str(a.get_object().get("/A", {}).get("/URI", "")) for p in reader.pages for a in p.get("/Annots") or []]
    assert [target for target in targets if target] == []
