"""The table of constructs is what the documentation shows, what the linter lets pass, and what the book prints."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pypandoc
import pytest
from pypdf import PdfReader

from publishing.lint import lint
from publishing.lint.constructs import as_markdown, refused_markdown, table
from publishing.press import HERE, READER
from publishing.project import load_book
from publishing.quarto import find_quarto
from publishing.source import CELL_OPTIONS
from tests.publishing.conftest import copy_small_book, edit, make
from tests.publishing.lint.conftest import write_findings
from tests.publishing.pages import Page

ROOT = Path(__file__).parents[3]
ALLOWED: list[dict[str, Any]] = table()["allowed"]
FOUND = find_quarto()


def words(text: str) -> str:
    """Text with one blank between words, and without the dots and links of a page's margin."""
    return " ".join(text.replace("\u00a0", " ").split())


def write_chapter(folder: Path) -> Path:
    root = copy_small_book(folder)
    edit(root / "_quarto.yml", "    - chapters/02-two.qmd", "    - chapters/02-two.qmd\n    - chapters/03-all.qmd")
    # Quarto fills the list of tables and figures by a filter, and by a hook when all chapters have run.
    # Tabs stand below one another in print by another.
    filters = ("tabs.lua", "provenance.lua")
    for name in filters:
        shutil.copyfile(HERE / name, root / name)
    early = "".join(f"\n  - {{path: {name}, at: pre-ast}}" for name in filters)
    edit(root / "_quarto.yml", "  - typst.lua", f"  - typst.lua{early}")
    hooks = "  pre-render: report prepare\n"
    edit(root / "_quarto.yml", hooks, f"{hooks}  post-render: report provenance --after\n")
    write_findings(root)
    (root / "chapters/_included.md").write_text("From another file.\n", encoding="utf-8")
    examples = "\n".join(construct["example"] for construct in ALLOWED)
    (root / "chapters/03-all.qmd").write_text(f"# All of it {{#sec-all}}\n\n{examples}", encoding="utf-8")
    return root


@pytest.fixture(scope="module", params=["embedded", "quarto"])
def engine(request: pytest.FixtureRequest) -> str:
    if request.param == "quarto" and (FOUND is None or not FOUND.new_enough):
        pytest.skip("Quarto 1.9 or later is not on the path")
    return str(request.param)


@pytest.fixture(scope="module")
def printed(engine: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A chapter of all examples, printed."""
    root = write_chapter(tmp_path_factory.mktemp("constructs"))
    make(root, engine)
    return root / "_book"


@pytest.fixture(scope="module")
def page(printed: Path) -> str:
    return words(Page(printed / "chapters/03-all.html").text)


@pytest.fixture(scope="module")
def pdf(printed: Path) -> str:
    return words(" ".join(p.extract_text() for p in PdfReader(printed / "small.pdf").pages))


def test_the_linter_lets_every_example_pass(tmp_path: Path) -> None:
    outcome = lint(load_book(write_chapter(tmp_path)), ["chapters/03-all.qmd"])
    assert [str(alarm) for alarm in outcome.alarms] == []


@pytest.mark.parametrize("construct", ALLOWED, ids=lambda c: c["construct"])
def test_both_formats_print_what_the_table_has(construct: dict[str, Any], page: str, pdf: str) -> None:
    for text in construct["prints"]:
        assert text in page
        assert re.sub(r"\W", "", text) in re.sub(r"\W", "", pdf)  # a PDF breaks lines and loses blanks


def test_comments_print_nothing(engine: str, printed: Path, page: str, pdf: str) -> None:
    assert "unseen" not in page
    assert "unseen" not in pdf
    if engine == "embedded":
        assert "unseen" not in (printed / "chapters/03-all.html").read_text(encoding="utf-8")


COMMENTED = """\
Words. <!-- unseen -->
More
<!-- unseen -->
and more.

<!-- unseen -->
- item
  <!-- unseen -->
  goes on

<!-- unseen -->
| a | b |
|---|---|
| c | d <!-- unseen --> |

<!-- unseen
over lines -->
The end.
"""


@pytest.mark.parametrize("writer", ["typst", "html"])
@pytest.mark.parametrize("wrap", ["auto", "none", "preserve"])
def test_pandocs_own_writers_print_no_comment(writer: str, wrap: str) -> None:
    """Quarto prints through these; a comment stands in the source of a page, and nowhere in a PDF."""
    command = [pypandoc.get_pandoc_path(), "-f", READER, "-t", writer, f"--wrap={wrap}"]
    done = subprocess.run(command, input=COMMENTED, capture_output=True, text=True, check=True, encoding="utf-8")
    text = re.sub(r"<!--.*?-->", "", done.stdout, flags=re.DOTALL)
    assert "unseen" not in (done.stdout if writer == "typst" else text)
    assert "Words. More and more." in words(re.sub(r"<[^>]*>", "", text))
    assert writer == "html" or "\n\nand more" not in done.stdout  # no paragraph ends there


def test_the_documentation_shows_the_table() -> None:
    text = (ROOT / "docs/markdown.md").read_text(encoding="utf-8")
    assert as_markdown() in text
    assert refused_markdown() in text


def test_the_table_names_the_options_of_cells() -> None:
    notes = next(c["notes"] for c in ALLOWED if c["construct"] == "code cells")
    assert set(re.findall(r"`([a-z-]+)`", notes)) == CELL_OPTIONS


def test_no_element_is_both_allowed_and_refused() -> None:
    allowed = [name for construct in ALLOWED for name in construct["elements"]]
    assert len(allowed) == len(set(allowed))
    assert not set(allowed) & set(table()["refused"])


BARE = """\
# Before all {#sec-bare .unnumbered}

@fig-bare shows, and [the section](#sec-part) says.

![A square](square.svg){#fig-bare fig-alt="It is black."}

## Part {#sec-part}

See @sec-part and [@sec-one].

$$
a = b
$$ {#eq-bare}
"""


def test_what_needs_a_number_is_refused_where_there_is_none(tmp_path: Path) -> None:
    root = write_chapter(tmp_path)
    edit(root / "_quarto.yml", "    - chapters/01-one.qmd", "    - chapters/00-bare.qmd\n    - chapters/01-one.qmd")
    (root / "chapters/00-bare.qmd").write_text(BARE, encoding="utf-8")
    edit(root / "chapters/02-two.qmd", "A pipe table is", "After @sec-bare, a pipe table is")
    alarms = lint(load_book(root), ["chapters/00-bare.qmd", "chapters/02-two.qmd"]).alarms
    assert [(str(a.place), a.message.split(" in ")[0].split(",")[0]) for a in alarms if a.code == "L501"] == [
        ("chapters/00-bare.qmd:9", "@sec-one"),
        ("chapters/00-bare.qmd:9", "@sec-part refers to a section without a number"),
        ("chapters/00-bare.qmd:13", "the equation eq-bare"),
        ("chapters/02-two.qmd:3", "@sec-bare refers to a section without a number"),
    ]
