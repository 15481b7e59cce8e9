"""The chapter template builds as it stands, and what the style guide shows is true of this project."""

import io
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from rich.console import Console

from analysis.findings import load_all
from analysis.paths import ROOT, SEEDS
from analysis.pipeline.task_profiles import task_profiles
from analysis.pipeline.task_urban_system import task_register
from analysis.present import tables
from publishing.build import build
from publishing.claims.grammar import parse
from publishing.claims.judge import judge
from publishing.findings import load as load_found
from publishing.lint import lint
from publishing.new_chapter import make, plan
from publishing.progress import Progress
from publishing.project import load_book
from tests.publishing.conftest import edit
from tests.publishing.pages import pages

TEMPLATE = ROOT / "docs" / "chapter-template.qmd"
GUIDE = (ROOT / "docs" / "writing.md").read_text(encoding="utf-8")
CHAPTER = "chapters/01-name.qmd"
CLAIM = "baicheng-covers-106-units"
NOT_NEEDED = shutil.ignore_patterns("__pycache__", "validation")


@pytest.fixture(scope="module")
def results(made_by: Callable[[Callable[..., None]], Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder like `bld/`, with the findings and tables of points that template and guide use."""
    folder = tmp_path_factory.mktemp("results")
    for task in (task_profiles, task_register):
        shutil.copytree(made_by(task), folder, dirs_exist_ok=True)
    return folder


def note_of(claim: str) -> tuple[str, dict[str, object]]:
    """A source note with one of its claims only: its file's name, and what it says."""
    for path in sorted(SEEDS.glob("*.yml")):
        note = yaml.safe_load(path.read_text(encoding="utf-8"))
        chosen = [c for c in note["claims"] if c["id"] == claim]
        if chosen:
            return path.name, note | {"claims": [chosen[0] | {"chapter": CHAPTER}]}
    raise AssertionError(f"no source note has the claim {claim}")


@pytest.fixture(scope="module")
def book(results: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This project with a new chapter, made from the template, as its only one; its findings are there already."""
    root = tmp_path_factory.mktemp("template") / "book"
    for name in ("analysis", "publishing"):
        shutil.copytree(ROOT / name, root / name, ignore=NOT_NEEDED)
    for name in ("study.yml", "references.bib", "references.qmd", "pyproject.toml", "_quarto.yml"):
        shutil.copyfile(ROOT / name, root / name)
    shutil.copytree(ROOT / "requirements", root / "requirements")
    shutil.copytree(results, root / "bld", ignore=shutil.ignore_patterns("lock", "done"))
    edit(root / "pyproject.toml", 'pipeline = "analysis/pipeline"\n', "")
    edit(
        root / "pyproject.toml",
        'inputs = ["analysis", "data", "records", "seeds", "study.yml"]',
        'inputs = ["analysis"]',
    )
    config = yaml.safe_load((root / "_quarto.yml").read_text(encoding="utf-8"))
    config["book"] |= {"chapters": ["index.qmd", "references.qmd"], "appendices": []}
    (root / "_quarto.yml").write_text(yaml.safe_dump(config, allow_unicode=True), encoding="utf-8")
    (root / "index.qmd").write_text("# Preface {.unnumbered}\n\nSee @sec-name.\n", encoding="utf-8")
    (root / "docs").mkdir()
    shutil.copyfile(TEMPLATE, root / "docs" / TEMPLATE.name)
    new = plan(load_book(root), "Growth: of “towns” & more", name="name")
    assert new.path == CHAPTER
    make(root, new)
    (root / "seeds").mkdir()
    name, note = note_of(CLAIM)
    (root / "seeds" / name).write_text(yaml.safe_dump(note, allow_unicode=True), encoding="utf-8")
    return root


def test_the_template_is_built_without_an_alarm(book: Path) -> None:
    assert [str(alarm) for alarm in lint(load_book(book), [CHAPTER]).alarms] == []
    said = io.StringIO()
    build(load_book(book), "embedded", ["html", "pdf"], Progress(Console(file=said, width=200)))
    assert "Done" in said.getvalue()
    page = pages(book / "_book")[CHAPTER.replace(".qmd", ".html")]
    units = load_all(book / "bld" / "findings")["profiles.units"]
    assert f"{units.value:.0f} units lost residents" in page.text
    assert "the claim is supported" in page.text
    assert "1 Growth: of “towns” & more" in page.text
    assert page.alts and all(page.alts)
    assert (book / "_book" / "county-towns.pdf").stat().st_size > 10_000


def test_the_template_has_what_a_chapter_must_have() -> None:
    text = TEMPLATE.read_text(encoding="utf-8")
    sections = re.findall(r"^##? (.+?) \{#sec-template(?:-(\w+))?\}$", text, re.MULTILINE)
    assert [part for _, part in sections] == ["", "expected", "evidence", "claims", "limits"]
    for form in (r"finding\(", r"\{claim=", r"label: fig-", r"label: tbl-", r"\[@\w+", r"verdict\(", r'lang="zh-CN"'):
        assert re.search(form, text), form
    assert text.index("?\n") < text.index("## "), "the question comes first"


def test_conditions_of_the_guide_and_the_template_hold(results: Path) -> None:
    known = load_found(results / "findings")
    for text in (GUIDE, TEMPLATE.read_text(encoding="utf-8")):
        conditions = [c for c in re.findall(r'\{claim="([^"]+)"\}', text) if c != "condition"]
        assert conditions
        for condition in (c for claim in conditions for c in parse(claim)):
            assert judge(condition, known).holds, condition
        keys = re.findall(r'(?:finding\("|explain )([a-z_]+(?:\.[a-z0-9_]+)+)', text)
        assert len(keys) > 1
        assert set(keys) <= set(known)


def test_what_the_guide_says_is_printed_is_printed(results: Path) -> None:
    from analysis.present.numbers import finding

    shown = re.search(r'This prints "(.+?)"', GUIDE)
    assert shown and shown[1] == str(
        finding("profiles.urban_share_change.median", digits=1, folder=results / "findings")
    )


def test_the_guides_claim_is_that_of_the_source_note() -> None:
    shown = re.search(r"```yaml\n(.+?)```", GUIDE, re.DOTALL)
    assert shown
    _, note = note_of(CLAIM)
    (claim,) = yaml.safe_load(shown[1])
    assert claim == note["claims"][0] | {"chapter": claim["chapter"]}  # type: ignore[index]
    assert (ROOT / claim["chapter"]).is_file()


def test_the_guides_table_can_be_made() -> None:
    shown = re.search(r"```python\n(Table\(.+?)```", GUIDE, re.DOTALL)
    assert shown
    from analysis.present.numbers import format_number

    table = eval(shown[1], vars(tables) | {"format_number": format_number})  # noqa: S307
    assert "Zhongmu" in table.html()


@pytest.mark.parametrize("guide", ["README.md", "docs/writing.md"])
def test_links_and_paths_of_the_guide_lead_somewhere(guide: str) -> None:
    path = ROOT / guide
    text = path.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(((?!https?:)[^)#]+)\)", text):
        assert (path.parent / target).exists(), target
    if guide == "README.md":
        assert "docs/writing.md" in text and "docs/chapter-template.qmd" in text
    else:
        for named in re.findall(r"`((?:analysis|tests|data|seeds|chapters|docs)/[\w./-]+\.\w+)`", text):
            if named not in ("chapters/17-roads-and-towns.qmd", "seeds/name.yml"):
                assert (ROOT / named).exists(), named
