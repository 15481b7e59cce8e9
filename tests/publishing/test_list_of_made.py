"""The list of tables and figures stands where a chapter asks for it, and is that of the book as it is."""

import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import pytest
from pypdf import PdfReader

from publishing.explain import for_quarto
from publishing.project import load_book
from publishing.provenance import read_provenance
from publishing.quarto import find_quarto
from publishing.references import Typed, scan
from publishing.source import Place, read_source
from tests.publishing.conftest import TRACKED, copy_press, edit, make
from tests.publishing.pages import check_links, pages

FOUND = find_quarto()
TYPED = """
@tbl-typed is typed, @fig-file is a file.

| Who | What |
|:----|:-----|
| a   | b    |

: Simulated [words](#sec-words) of a note^[Far away.] after @smith2001 {#tbl-typed}

![A drawn *square*](square.svg){#fig-file fig-alt="A square."}
"""
SQUARE = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>'
FIGURE = """
```{python}
#| label: fig-weights
#| fig-cap: "Simulated weights"
#| fig-alt: "A square."
import csv
class Drawn:
    def __init__(self):
        list(csv.reader(open("data/weights.csv", encoding="utf-8")))

    def _repr_svg_(self):
        return '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>'
Drawn()
```

@fig-weights shows them.
"""


def copy_book(folder: Path, *, asks: str | None = "index.qmd") -> Path:
    """The tracked book with a typed table and a picture, and the place for the list in a chapter before all others."""
    root = folder / "book"
    shutil.copytree(TRACKED, root, ignore=shutil.ignore_patterns("__pycache__"))
    copy_press(root, "provenance.lua")
    edit(
        root / "_quarto.yml",
        "  pre-render: report prepare\n",
        "  pre-render: report prepare\n  post-render: report provenance --after\n"
        "filters: [typst.lua, {path: provenance.lua, at: pre-ast}]\n",
    )
    (root / "chapters/square.svg").write_text(SQUARE, encoding="utf-8")
    append(root / "chapters/03-words.qmd", TYPED)
    if asks:
        append(root / asks, "\n## The list {#sec-list}\n\n::: {#made}\n:::\n")
    return root


def append(path: Path, text: str) -> None:
    with path.open("a", encoding="utf-8") as stream:
        stream.write(text)


class List(HTMLParser):
    """The names in a page's list, what stands below each, and where the names lead."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.parts: list[tuple[str, str]] = []
        self.links: list[str] = []
        self.inside = ""
        self.feed(path.read_text(encoding="utf-8"))
        self.parts = [(tag, " ".join(text.replace("\u00a0", " ").split())) for tag, text in self.parts]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in ("dt", "div") and (tag == "dt" or given.get("data-made")):
            self.inside = tag
            self.parts.append((tag, ""))
        if self.inside == "dt" and tag == "a" and not str(given.get("href")).endswith(("smith2001", "references.html")):
            self.links.append(str(given["href"]))

    def handle_endtag(self, tag: str) -> None:
        if tag == self.inside:
            self.inside = ""

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.parts[-1] = (self.inside, self.parts[-1][1] + data)

    @property
    def names(self) -> list[str]:
        return [text for tag, text in self.parts if tag == "dt"]

    @property
    def below(self) -> list[str]:
        return [text for tag, text in self.parts if tag == "div"]


def list_of(root: Path, page: str = "index.html") -> List:
    return List(root / "_book" / page)


def print_of(root: Path) -> str:
    text = "".join(p.extract_text() + " " for p in PdfReader(root / "_book/tracked.pdf").pages)
    return " ".join(text.replace("\u00a0", " ").split())


def line_of(path: Path, text: str) -> int:
    return next(i for i, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1) if text in line)


@pytest.fixture(scope="module", params=["embedded", "quarto"])
def engine(request: pytest.FixtureRequest) -> str:
    if request.param == "quarto" and (FOUND is None or not FOUND.new_enough):
        pytest.skip("Quarto 1.9 or later is not on the path")
    return str(request.param)


@pytest.fixture(scope="module")
def printed(engine: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = copy_book(tmp_path_factory.mktemp(f"list-{engine}"))
    make(root, engine)
    return root


@pytest.fixture(scope="module")
def edited(engine: str, printed: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The same book after another chapter got a figure and a function another line, and what the build said."""
    root = Path(shutil.copytree(printed, tmp_path_factory.mktemp(f"edited-{engine}") / "book"))
    append(root / "chapters/02-weights.qmd", FIGURE)
    edit(root / "tiny/show.py", "class Shown", "# one\n# two\nclass Shown")
    return root, make(root, engine)


def test_the_list_has_tables_and_figures_of_all_chapters_in_their_order(printed: Path) -> None:
    found = list_of(printed)
    words = printed / "chapters/03-words.qmd"
    assert found.names == [
        "Table 1.1. Simulated heights.",
        "Table 3.1. Simulated words of a note after Smith (2001).",
        "Figure 3.1. A drawn square.",
    ]
    assert found.below[0].startswith(
        f"Made by tiny.show.table (tiny/show.py:{line_of(printed / 'tiny/show.py', 'def table(')}). "
        "Findings: heights.mean, heights.range. Data: data/heights.csv "
    )
    assert found.below[0].endswith("Last revision of its inputs: not under version control.")
    assert found.below[1:] == [
        f"Made by hand at chapters/03-words.qmd:{line_of(words, '#tbl-typed')}.",
        f"Made by hand: chapters/square.svg, shown at chapters/03-words.qmd:{line_of(words, '#fig-file')}.",
    ]


def test_each_name_leads_to_its_table_or_figure(printed: Path) -> None:
    assert [link.removeprefix("./") for link in list_of(printed).links] == [
        "chapters/01-heights.html#tbl-heights",
        "chapters/03-words.html#tbl-typed",
        "chapters/03-words.html#fig-file",
    ]
    assert "Far away" not in pages(printed / "_book")["index.html"].text


def test_in_print_the_list_stands_there_and_nowhere_else(printed: Path) -> None:
    text = print_of(printed)
    start = text.index("The list")  # in the preface, before the contents
    assert start < text.index("Made by tiny.show.table") < text.rindex("The mean height")
    assert "Table 3.1. Simulated words of a note after Smith (2001). Made by hand at chapters/03-words.qmd" in text
    assert text.count("Made by") == 3
    assert "How tables and figures were made" not in text


def test_after_another_chapter_got_a_figure_the_list_has_it(edited: tuple[Path, str]) -> None:
    root, said = edited
    place = f"chapters/02-weights.qmd:{line_of(root / 'chapters/02-weights.qmd', 'label: fig-weights') - 1}"
    found = list_of(root)
    assert found.names[1] == "Figure 2.1. Simulated weights."
    assert re.fullmatch(
        rf"Made by the cell at {re.escape(place)}\. Data: data/weights\.csv [0-9a-f]{{10}}\. Last revision .*",
        found.below[1],
    )
    assert f"Figure 2.1. Simulated weights. Made by the cell at {place}. Data: data/weights.csv" in print_of(root)
    assert "chapters/02-weights.qmd is executed" in said
    assert "index.qmd is executed" not in said


def test_a_figure_has_its_fold_as_a_table_has(edited: tuple[Path, str]) -> None:
    root, _ = edited
    for name in ("01-heights", "02-weights"):
        html = (root / f"_book/chapters/{name}.html").read_text(encoding="utf-8")
        assert html.count("<summary>How this was made</summary>") == 1
    assert html.index("</figure>") < html.index("How this was made") < html.index("shows them.")


def test_a_function_of_the_list_stands_where_it_stands_now(edited: tuple[Path, str], printed: Path) -> None:
    root, said = edited
    line = line_of(root / "tiny/show.py", "def table(")
    assert line == line_of(printed / "tiny/show.py", "def table(") + 2
    assert f"(tiny/show.py:{line})" in list_of(root).below[0]
    assert f"tiny/show.py:{line})" in print_of(root)
    assert "chapters/01-heights.qmd is executed" not in said


def test_what_quarto_is_given_is_what_stands_there(edited: tuple[Path, str], engine: str) -> None:
    """The words on a page are made once, whichever engine prints them."""
    root, _ = edited
    if engine == "quarto":
        entries = for_quarto(load_book(root), None, index=True)["index"]
        assert isinstance(entries, list)
        assert [re.sub(r"<[^>]*>", "", entry["html"]) for entry in entries] == list_of(root).below
    html = (root / "_book/index.html").read_text(encoding="utf-8")
    assert html.count('data-made="') == 4
    assert not re.search(r"only-(html|typst)", html)


def test_links_resolve(tmp_path: Path) -> None:
    root = copy_book(tmp_path, asks="chapters/02-weights.qmd")
    make(root)
    check_links(root / "_book")
    assert list_of(root, "chapters/02-weights.html").links[0] == "../chapters/01-heights.html#tbl-heights"


def test_a_page_whose_list_is_the_same_is_kept(tmp_path: Path) -> None:
    root = copy_book(tmp_path)
    make(root, formats=("html",))
    kept = {p.name for p in (root / "bld/press/kept").iterdir() if p.name.startswith("page-")}
    append(root / "chapters/02-weights.qmd", "\nA word more.\n")
    make(root, formats=("html",))
    now = {p.name for p in (root / "bld/press/kept").iterdir() if p.name.startswith("page-")}
    assert len(now - kept) == 1
    append(root / "chapters/02-weights.qmd", FIGURE)
    make(root, formats=("html",))
    after = {p.name for p in (root / "bld/press/kept").iterdir() if p.name.startswith("page-")}
    assert len(after - now) >= 2  # the chapter's own page and that of the list


def test_a_scan_tells_typed_floats_and_cells_in_their_order(tmp_path: Path) -> None:
    root = copy_book(tmp_path)
    append(
        root / "chapters/03-words.qmd",
        "\n```{python}\n1\n```\n\n![Another](square.svg){#fig-last fig-alt='A square.'}\n",
    )
    source = read_source(root, "chapters/03-words.qmd")
    ((found,), _) = scan(load_book(root), [source])
    words = root / "chapters/03-words.qmd"
    table, figure, cell, last = found.floats
    assert table == Typed("tbl-typed", "Simulated [words](#sec-words) of a note[^1] after @smith2001\n\n[^1]: Far away.", "", Place("chapters/03-words.qmd", line_of(words, "#tbl-typed")))  # fmt: skip
    assert figure == Typed("fig-file", "A drawn *square*", "chapters/square.svg", Place("chapters/03-words.qmd", line_of(words, "#fig-file")))  # fmt: skip
    assert (cell, isinstance(last, Typed) and last.label) == (0, "fig-last")
    assert read_provenance(load_book(root), [source], "embedded").shown["chapters/03-words.qmd"][0].label is None
