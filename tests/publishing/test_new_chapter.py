"""`report new chapter`: its file, its line in `_quarto.yml`, and that it builds as it stands."""

import builtins
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from publishing import new_chapter
from publishing.errors import ConfigError
from publishing.lint import lint
from publishing.new_chapter import enter, escaped, fill, make, plan, slug
from publishing.project import load_book
from publishing.quarto import find_quarto
from tests.publishing.conftest import edit
from tests.publishing.pages import Page

REPORT = Path(sys.executable).with_name("report")
FOUND = find_quarto()
# Whatever could be taken for markup, in Markdown, YAML or Typst.
WILD = 'Roads: "what" they *cost*, #1 & 百城 [x](y.md) $x$ @smith2001 <b> `{python} 1` {b} {{c}} \\ it\'s ^^ ~~ _'
SHOWN = "Roads: “what” they *cost*, #1 & 百城 [x](y.md) $x$ @smith2001 <b> `{python} 1` {b} {{c}} \\ it’s ^^ ~~ _"


def files(root: Path) -> dict[str, bytes]:
    return {
        p.relative_to(root).as_posix(): p.read_bytes() for p in root.rglob("*") if p.is_file() and "bld" not in p.parts
    }


@pytest.fixture(params=["embedded", "quarto"])
def engine(request: pytest.FixtureRequest) -> str:
    if request.param == "quarto" and (FOUND is None or not FOUND.new_enough):
        pytest.skip("Quarto 1.9 or later is not on the path")
    return str(request.param)


def test_a_new_chapter_is_built_with_its_title_as_written(
    small_book: Path, made: Callable[..., str], engine: str
) -> None:
    make(small_book, plan(load_book(small_book), WILD))
    appendix = plan(load_book(small_book), "What is left", appendix=True)
    make(small_book, appendix)
    assert [str(a) for a in lint(load_book(small_book), [appendix.path]).alarms] == []
    made(small_book, engine)
    page = Page(next((small_book / "_book/chapters").glob("03-*.html")))
    assert f"3 {SHOWN}" in page.text
    pdf = " ".join(p.extract_text() for p in PdfReader(small_book / "_book/small.pdf").pages)
    assert "".join(SHOWN.split()) in "".join(pdf.split())
    assert "B What is left" in Page(small_book / "_book/chapters/A1-what-is-left.html").text


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Roads and towns", "roads-and-towns"),
        ("The county's “Été”: 2016–2020", "the-countys-ete-2016-2020"),
        ("A word and one that is so long that the name ends before it", "a-word-and-one-that-is-so-long-that-the"),
        ("X" * 60, "x" * 40),
    ],
)
def test_a_name_is_made_of_the_title(title: str, name: str) -> None:
    assert slug(title) == name


def test_chinese_is_spelt_in_pinyin() -> None:
    pytest.importorskip("pypinyin", reason="pypinyin is not installed")
    assert slug("百城 programme") == "bai-cheng-programme"


def test_without_pypinyin_a_name_is_asked_for(monkeypatch: pytest.MonkeyPatch, small_book: Path) -> None:
    whole = builtins.__import__

    def without(name: str, *rest: Any, **named: Any) -> Any:
        if name == "pypinyin":
            raise ImportError(name)
        return whole(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ConfigError, match="give the file a name with --slug"):
        plan(load_book(small_book), "百城")
    assert plan(load_book(small_book), "百城", name="towns").path == "chapters/03-towns.qmd"


@pytest.mark.parametrize(
    ("title", "options", "said"),
    [
        ("  ", {}, "the title is empty"),
        ("two\nlines", {}, "has a line break"),
        ("See https://example.org", {}, "has an address"),
        ("A {{< include b >}}", {}, "takes for a shortcode"),
        ("…!", {}, "no letters or digits"),
        ("One", {}, "the label sec-one stands in chapters/01-one.qmd already"),
        ("Line", {"name": "Line of text"}, "allowed are small letters"),
        ("More", {"name": "../x"}, "allowed are small letters"),
        ("More", {"after": "tow"}, "no such chapter; did you mean chapters/02-two.qmd"),
        ("More", {"after": "qqqqqq"}, "no such chapter; _quarto.yml lists"),
        ("More", {"after": "a-extra"}, "is an appendix; add --appendix"),
        ("More", {"after": "one", "appendix": True}, "is no appendix; leave out --appendix"),
    ],
)
def test_what_cannot_be_made_is_told_and_nothing_is_written(
    small_book: Path, title: str, options: dict[str, Any], said: str
) -> None:
    before = files(small_book)
    with pytest.raises(ConfigError, match=said):
        plan(load_book(small_book), title, **options)
    assert files(small_book) == before


def test_a_file_that_exists_is_left_alone(small_book: Path) -> None:
    new = plan(load_book(small_book), "More")
    (small_book / new.path).write_text("mine", encoding="utf-8")
    before = files(small_book)
    with pytest.raises(ConfigError, match="exists already"):
        make(small_book, new)
    assert files(small_book) == before


def test_a_list_that_cannot_be_written_leaves_no_chapter(small_book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, content: bytes) -> None:
        raise OSError(28, "No space left on device")

    before = files(small_book)
    monkeypatch.setattr(new_chapter, "write_bytes", full)
    with pytest.raises(ConfigError, match="No space left on device; nothing was made"):
        make(small_book, plan(load_book(small_book), "More"))
    assert files(small_book) == before


def test_numbers_and_places_of_chapters(small_book: Path) -> None:
    def chapter(title: str, **options: Any) -> str:
        make(small_book, plan(load_book(small_book), title, **options))
        return "\n".join(e.path.removeprefix("chapters/") for e in load_book(small_book).entries)

    assert chapter("Third") == "index.qmd\n01-one.qmd\n02-two.qmd\n03-third.qmd\nreferences.qmd\na-extra.qmd"
    (small_book / "chapters/07-draft.qmd").write_text("", encoding="utf-8")  # not in the list; its number is taken
    listed = chapter("Fourth", after="one").splitlines()
    assert listed[1:4] == ["01-one.qmd", "08-fourth.qmd", "02-two.qmd"]
    assert chapter("Fifth", after="chapters/02-two.qmd").splitlines()[3:5] == ["02-two.qmd", "09-fifth.qmd"]
    assert chapter("Sixth", after="references").splitlines()[-2:] == ["10-sixth.qmd", "a-extra.qmd"]
    assert chapter("Seventh", appendix=True).splitlines()[-2:] == ["a-extra.qmd", "A1-seventh.qmd"]


def test_a_book_without_numbers_or_appendices(small_book: Path) -> None:
    config = small_book / "_quarto.yml"
    edit(config, "  appendices:\n    - chapters/a-extra.qmd\n", "  # of the book: nothing more\n")
    edit(config, "    - chapters/01-one.qmd\n", "")
    edit(
        config,
        "    - part: Second part\n      chapters:\n        - chapters/02-two.qmd\n",
        "    - chapters/a-extra.qmd\n",
    )
    new = plan(load_book(small_book), "First")
    assert new.after == "chapters/a-extra.qmd"
    new = plan(load_book(small_book), "Back", appendix=True)
    assert new.after is None
    make(small_book, new)
    assert [e.path for e in load_book(small_book).entries if e.appendix] == ["chapters/A1-back.qmd"]


CONFIG = """\
# a comment: with a colon
book:
  title: "A: B"   # the title
  chapters:
  - index.qmd
  - "chapters/a.qmd"   # - chapters/z.qmd
  # before b

  - part: 'Part: two'
    chapters:
      -   chapters/b.qmd
  appendices: [chapters/c.qmd, chapters/d.qmd]
bibliography: x.bib
"""


@pytest.mark.parametrize(
    ("after", "old", "new"),
    [
        ("index.qmd", "  - index.qmd\n", "  - index.qmd\n  - chapters/new.qmd\n"),
        ("chapters/a.qmd", "# - chapters/z.qmd\n", "# - chapters/z.qmd\n  - chapters/new.qmd\n"),
        ("chapters/b.qmd", "      -   chapters/b.qmd\n", "      -   chapters/b.qmd\n      -   chapters/new.qmd\n"),
        ("chapters/c.qmd", "chapters/c.qmd, ", "chapters/c.qmd, chapters/new.qmd, "),
        ("chapters/d.qmd", "chapters/d.qmd]", "chapters/d.qmd, chapters/new.qmd]"),
    ],
)
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_the_list_gets_one_line_and_keeps_all_others(after: str, old: str, new: str, ending: str) -> None:
    text, wanted = (part.replace("\n", ending) for part in (CONFIG, CONFIG.replace(old, new)))
    assert enter(text, "chapters/new.qmd", after) == wanted


def test_a_list_at_the_end_of_a_file_without_a_line_break() -> None:
    text = "book:\n  chapters:\n    - index.qmd"
    assert enter(text, "a.qmd", "index.qmd") == f"{text}\n    - a.qmd\n"
    assert enter(text, "a.qmd", None) == f"{text}\n  appendices:\n    - a.qmd\n"


def test_a_list_in_another_form_is_left_to_the_author(small_book: Path) -> None:
    edit(
        small_book / "_quarto.yml",
        "    - index.qmd\n    - chapters/01-one.qmd",
        "    - index.qmd\n    -\n      chapters/01-one.qmd",
    )
    with pytest.raises(ConfigError, match="add it to the list of chapters by hand"):
        plan(load_book(small_book), "More", after="one")


def test_a_damaged_list_is_not_written(small_book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever goes wrong in adding the line, the result is read again before it is written."""
    whole = new_chapter.enter
    for damage in (("lang: en", "lang: de"), ("    - references.qmd\n", ""), ("03-more", "04-more")):
        monkeypatch.setattr(new_chapter, "enter", lambda *given, d=damage: whole(*given).replace(*d))
        with pytest.raises(ConfigError, match="without harm"):
            plan(load_book(small_book), "More")


def test_the_projects_template_is_filled(small_book: Path) -> None:
    edit(small_book / "pyproject.toml", "[tool.report]", '[tool.report]\nchapter_template = "mine.qmd"')
    with pytest.raises(ConfigError, match=r"chapter_template = 'mine\.qmd' cannot be read"):
        plan(load_book(small_book), "More")
    (small_book / "mine.qmd").write_text("# A title\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="no title with a label"):
        plan(load_book(small_book), "More")
    template = (
        "<!-- @sec-own -->\n\n# Old {#sec-own}\n\n@tbl-own-x and @fig-owner, [@sec-own-a]\n\n#| label: tbl-own-x\n"
    )
    (small_book / "mine.qmd").write_text(template, encoding="utf-8")
    assert plan(load_book(small_book), "More").text == (
        "<!-- @sec-more -->\n\n# More {#sec-more}\n\n@tbl-more-x and @fig-owner, [@sec-more-a]\n\n#| label: tbl-more-x\n"
    )
    edit(small_book / "chapters/02-two.qmd", "{#tbl-pipe}", "{#tbl-more-x}")
    with pytest.raises(ConfigError, match=r"the label tbl-more-x stands in chapters/02-two\.qmd"):
        plan(load_book(small_book), "More")


def test_a_title_is_no_pattern() -> None:
    assert fill("# T {#sec-t}\n", escaped(r"\1 \g<0>"), "n") == "# \\\\1 \\\\g\\<0\\> {#sec-n}\n"


def test_the_command_says_what_it_made(small_book: Path) -> None:
    done = subprocess.run(
        [REPORT, "new", "chapter", "More", "--after", "01-one"],
        cwd=small_book,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == (
        "chapters/03-more.qmd is made (@sec-more); it stands in _quarto.yml after chapters/01-one.qmd.\n"
    )
    refused = subprocess.run(
        [REPORT, "new", "chapter", "More"], cwd=small_book, capture_output=True, text=True, check=False
    )
    assert refused.returncode == 1
    assert refused.stderr.startswith("error: the label sec-more stands in chapters/03-more.qmd")
