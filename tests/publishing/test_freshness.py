"""What is made again after an edit, and what is not, on a small book with data, a package and a pipeline."""

import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from publishing.errors import ExecutionError, PipelineError
from publishing.fingerprint import code_hash
from tests.publishing.conftest import TRACKED, edit, make
from tests.publishing.pages import Page

HEIGHTS, WEIGHTS = "chapters/01-heights.qmd", "chapters/02-weights.qmd"
UP_TO_DATE = "_book/ is up to date: nothing to do.\n"


def build(root: Path) -> str:
    return make(root, formats=("html",))


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("tracked") / "book"
    shutil.copytree(TRACKED, root, ignore=shutil.ignore_patterns("__pycache__"))
    # A chapter that lists a folder.
    edit(
        root / WEIGHTS,
        "# Weights {#sec-weights}\n",
        "# Weights {#sec-weights}\n\nTables: `{python} len(os.listdir('data'))`.\n",
    )
    edit(root / WEIGHTS, "import csv\n", "import csv\nimport os\n")
    text = (root / WEIGHTS).read_text(encoding="utf-8")
    cell = re.search(r"```\{python\}\nimport csv.*?```\n", text, re.DOTALL)[0]
    text = text.replace(cell, "").replace("# Weights {#sec-weights}\n", f"# Weights {{#sec-weights}}\n\n{cell}")
    (root / WEIGHTS).write_text(text, encoding="utf-8")
    said = build(root)
    assert executed(said) == {HEIGHTS, WEIGHTS}
    return root


@pytest.fixture
def book(made_once: Path, tmp_path: Path) -> Path:
    return shutil.copytree(made_once, tmp_path / "book")


def executed(said: str) -> set[str]:
    """The chapters that a build said it executes."""
    return set(re.findall(r"^  (\S+\.qmd) is executed: ", said, re.MULTILINE))


class Runs:
    """Which findings were written, chapters executed and whether the pipeline was started since the last look."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.files = self._files()

    def _files(self) -> dict[str, tuple[int, int]]:
        folders = [self.root / "bld/findings", self.root / "bld/executed"]
        paths = [p for folder in folders for p in folder.rglob("*.json")] + [self.root / "bld/pipeline.log"]
        return {p.relative_to(self.root / "bld").as_posix(): (p.stat().st_ino, p.stat().st_mtime_ns) for p in paths}

    def since(self) -> set[str]:
        before, self.files = self.files, self._files()
        return {name for name, state in self.files.items() if before.get(name) != state}


KEPT_HEIGHTS, KEPT_WEIGHTS = f"executed/{HEIGHTS}.json", f"executed/{WEIGHTS}.json"
FINDINGS_HEIGHTS, FINDINGS_WEIGHTS, PIPELINE = "findings/heights.json", "findings/weights.json", "pipeline.log"


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("tiny/means.py", '"""Write the mean', '"""Write, of a column, the mean'),
        ("tiny/means.py", "    design = f", "    # its name\n    design = f"),
        ("tiny/show.py", '"""Look findings up', '"""Find findings'),
        ("tiny/pipeline/task_means.py", "CODE = (HERE", "# What both need.\nCODE = (HERE"),
    ],
)
def test_a_comment_or_a_docstring_makes_nothing_again(book: Path, file: str, old: str, new: str) -> None:
    edit(book / file, old, new)
    assert build(book) == UP_TO_DATE


def test_a_function_that_moves_is_told_by_its_new_line_and_executes_nothing(book: Path) -> None:
    runs = Runs(book)
    edit(book / "tiny/show.py", "class Shown:\n", "class Shown:\n\n")
    assert "how tables and figures were made changed" in build(book)
    assert runs.since() == set()


def test_a_comment_runs_no_task_when_the_pipeline_is_started_for_another_reason(book: Path) -> None:
    runs = Runs(book)
    edit(book / "tiny/heights.py", '"""Which', '"""Those of the')
    edit(book / "tiny/pipeline/task_means.py", '"""Make', '"""Write')
    edit(book / "data/weights.csv", "a,60", "a,61")
    build(book)
    assert runs.since() == {PIPELINE, FINDINGS_WEIGHTS, KEPT_WEIGHTS}


def test_a_changed_line_in_a_design_runs_it_and_the_chapters_that_read_its_findings(book: Path) -> None:
    runs = Runs(book)
    edit(book / "tiny/heights.py", "value > 0", "value > 175")
    said = build(book)
    assert runs.since() == {PIPELINE, FINDINGS_HEIGHTS, KEPT_HEIGHTS}
    assert "bld/findings/heights.json changed (through heights.mean and 1 more)" in said
    assert "185 points" in (book / "_book/chapters/01-heights.html").read_text(encoding="utf-8")
    # Undone, it is as before; a line that changes no number executes no chapter.
    edit(book / "tiny/heights.py", "value > 175", "value > 1")
    build(book)
    assert runs.since() == {PIPELINE, FINDINGS_HEIGHTS, KEPT_HEIGHTS}
    edit(book / "tiny/heights.py", "value > 1", "value > 0")
    assert executed(build(book)) == set()
    assert runs.since() == {PIPELINE, FINDINGS_HEIGHTS}


def test_a_changed_line_in_a_module_that_both_designs_import_runs_both(book: Path) -> None:
    runs = Runs(book)
    edit(book / "tiny/rounding.py", "round(value, 3)", "round(value) + 1")
    build(book)
    assert runs.since() == {PIPELINE, FINDINGS_HEIGHTS, FINDINGS_WEIGHTS, KEPT_HEIGHTS, KEPT_WEIGHTS}


def test_a_changed_line_in_a_module_that_shows_runs_the_chapters_and_no_task(book: Path) -> None:
    runs = Runs(book)
    edit(book / "tiny/show.py", ":g}", ":.1f}")
    said = build(book)
    assert f"{HEIGHTS} is executed: tiny/show.py changed" in said
    assert runs.since() == {KEPT_HEIGHTS, KEPT_WEIGHTS}
    assert "180.0 points" in (book / "_book/chapters/01-heights.html").read_text(encoding="utf-8")


def test_a_changed_cell_in_a_table_runs_what_reads_it(book: Path) -> None:
    runs = Runs(book)
    edit(book / "data/weights.csv", "c,95", "c,110")
    build(book)
    assert runs.since() == {PIPELINE, FINDINGS_WEIGHTS, KEPT_WEIGHTS}
    page = (book / "_book/chapters/02-weights.html").read_text(encoding="utf-8")
    assert "80 points" in page
    assert "110" in page


def test_a_changed_lock_file_runs_all(book: Path) -> None:
    runs = Runs(book)
    edit(book / "requirements/report.txt", "runs with", "is made with")
    assert "requirements/report.txt changed" in build(book)
    assert runs.since() == {PIPELINE, FINDINGS_HEIGHTS, FINDINGS_WEIGHTS, KEPT_HEIGHTS, KEPT_WEIGHTS}


@pytest.mark.parametrize(
    ("file", "old", "new", "page", "shown"),
    [
        (HEIGHTS, "The mean height is", "On average the height is", "chapters/01-heights.html", "On average"),
        ("chapters/03-words.qmd", "No cell", "Not one cell", "chapters/03-words.html", "Not one cell"),
        ("chapters/_note.md", "An included", "A changed", "chapters/01-heights.html", "A changed note"),
        ("references.bib", "Journal of Tests", "Journal of Trials", "references.html", "Journal of Trials"),
        ("_quarto.yml", "A book with", "The book with", "index.html", "The book with"),
        # An inline expression that moves, without a change of code or order.
        (HEIGHTS, 'The mean height is `{python} finding("heights.mean")`.', '`{python} finding("heights.mean")`: so high.', "chapters/01-heights.html", ": so high"),
    ],
)  # fmt: skip
def test_an_edit_of_text_is_printed_and_executes_nothing(
    book: Path, file: str, old: str, new: str, page: str, shown: str
) -> None:
    runs = Runs(book)
    edit(book / file, old, new)
    assert f"{file} changed" in build(book)
    assert runs.since() == set()
    assert shown in " ".join(Page(book / "_book" / page).text.split())


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        (HEIGHTS, 'table("heights.mean", "heights.range")', 'table("heights.range")'),
        (HEIGHTS, 'tbl-cap: "Simulated heights"', 'tbl-cap: "Made-up heights"'),
        (HEIGHTS, '`{python} finding("heights.mean")`', '`{python} finding("heights.range")`'),
        ("chapters/_note.md", "An included note", "An included note of `{python} 1 + 1` lines"),
    ],
)
def test_a_changed_cell_or_expression_executes_its_chapter_alone(book: Path, file: str, old: str, new: str) -> None:
    runs = Runs(book)
    edit(book / file, old, new)
    assert f"{HEIGHTS} is executed: its cells changed" in build(book)
    assert runs.since() == {KEPT_HEIGHTS}


def test_a_new_file_in_a_folder_that_was_listed_executes_the_chapter(book: Path) -> None:
    (book / "data/more.csv").write_text("name\n", encoding="utf-8")
    said = build(book)
    assert executed(said) == {WEIGHTS}
    assert f"{WEIGHTS} is executed: data changed" in said
    assert "Tables: 3" in Page(book / "_book/chapters/02-weights.html").text


def test_a_file_that_was_missing_and_comes_is_noticed(book: Path) -> None:
    edit(book / HEIGHTS, "from tiny.show", "from pathlib import Path\nfrom tiny.show")
    cell = "\n```{python}\ntry:\n    extra = open('extra.txt').read()\nexcept FileNotFoundError:\n    extra = 'none'\n```\n\n"
    edit(book / HEIGHTS, "@tbl-heights has", f"{cell}Extra: `{{python}} extra`.\n\n@tbl-heights has")
    build(book)
    assert build(book) == UP_TO_DATE
    (book / "extra.txt").write_text("plenty", encoding="utf-8")
    assert f"{HEIGHTS} is executed: extra.txt is new" in build(book)
    assert "Extra: plenty" in Page(book / "_book/chapters/01-heights.html").text


@pytest.mark.parametrize("text", ["", "{", "[]", '{"base": {}, "record": null, "outputs": []}'])
def test_kept_results_that_cannot_be_used_are_made_again(book: Path, text: str) -> None:
    (book / "bld" / KEPT_HEIGHTS).write_text(text, encoding="utf-8")
    assert executed(build(book)) == {HEIGHTS}
    assert build(book) == UP_TO_DATE


def test_a_kernel_that_keeps_no_record_is_run_each_time(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    edit(book / HEIGHTS, "The mean", "One mean")
    edit(book / HEIGHTS, "from tiny", "import os\nfrom tiny")
    monkeypatch.setattr("publishing.executed.record_of", lambda root, chapter: root / "bld/nowhere" / chapter)
    assert executed(build(book)) == {HEIGHTS}
    assert f"{HEIGHTS} is executed: its kernel kept no record of what it read" in build(book)


def test_after_a_failure_is_undone_nothing_is_executed(book: Path) -> None:
    edit(book / HEIGHTS, "from tiny.show", "1 / 0\nfrom tiny.show")
    with pytest.raises(ExecutionError, match="ZeroDivisionError"):
        build(book)
    edit(book / HEIGHTS, "1 / 0\n", "")
    edit(book / HEIGHTS, "The mean", "One mean")
    assert executed(build(book)) == set()
    # The record that others read is again that of the results which are shown.
    record = json.loads((book / f"bld/reads/{HEIGHTS}.json").read_text(encoding="utf-8"))
    assert "bld/findings/heights.json" in record["reads"]


def test_a_finished_execution_is_shown_though_the_build_broke_off_after_it(
    book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    edit(book / "tiny/show.py", ":g}", ":.1f}")
    with monkeypatch.context() as patched:
        patched.setattr("publishing.embedded.run_pandoc", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            build(book)
    said = build(book)
    assert executed(said) == set()
    assert f"the results of {HEIGHTS} changed" in said
    assert "180.0 points" in (book / "_book/chapters/01-heights.html").read_text(encoding="utf-8")


# ---- findings


@pytest.mark.parametrize("damage", ["edit", "delete"])
def test_findings_that_are_not_as_they_were_made_are_made_again(book: Path, damage: str) -> None:
    runs = Runs(book)
    path = book / "bld/findings/heights.json"
    before = path.read_bytes()
    if damage == "edit":
        edit(path, '"value": 180.0', '"value": 181.0')
    else:
        path.unlink()
    said = build(book)
    assert "_book/ is as it was: what was made again is the same." in said
    assert path.read_bytes() == before
    assert runs.since() == {PIPELINE, FINDINGS_HEIGHTS}


MORE = """
import json
from pathlib import Path
from typing import Annotated

from pytask import Product
{imports}
from publishing.fingerprint import code_hash

HERE = Path(__file__).parents[2]


def task_more(
    heights: Path = HERE / "bld/findings/heights.json", out: Annotated[Path, Product] = HERE / "bld/findings/more.json"
) -> None:
    mean = json.loads(heights.read_text())["findings"]["heights.mean"]["value"]
    words = {{"unit": "points", "sample": "simulated", "specification": "none"}}
    document = {{
        "format": "report-findings/1", "design": "more", "title": "More",
        "made_from": {{"data": {{}}, "code": {{"tiny/aside.py": {hash}}}}},
        "findings": {{"more.twice": {{"value": {factor} * mean, **words}}}},
    }}
    out.write_text(json.dumps(document))
"""


def more(
    book: Path, imports: str = "from tiny.aside import FACTOR", digest: str = 'code_hash(HERE / "tiny/aside.py")'
) -> None:
    (book / "tiny/aside.py").write_text("FACTOR = 2\n", encoding="utf-8")
    text = MORE.format(imports=imports, hash=digest, factor="FACTOR")
    (book / "tiny/pipeline/task_more.py").write_text(text, encoding="utf-8")


def test_a_new_task_is_run_and_depends_on_what_other_tasks_make(book: Path) -> None:
    more(book)
    assert "tiny/pipeline/task_more.py is new" in build(book)
    runs = Runs(book)
    twice = lambda: json.loads((book / "bld/findings/more.json").read_text())["findings"]["more.twice"]["value"]  # noqa: E731
    assert twice() == 360
    edit(book / "data/heights.csv", "a,170", "a,173")
    build(book)
    assert runs.since() == {PIPELINE, FINDINGS_HEIGHTS, "findings/more.json", KEPT_HEIGHTS}
    assert twice() == 362
    # A module that its findings name and its task does not.
    edit(book / "tiny/aside.py", "2", "3")
    build(book)
    assert runs.since() == {PIPELINE, "findings/more.json"}
    assert twice() == 543
    assert build(book) == UP_TO_DATE
    # What a task made goes with it.
    (book / "tiny/pipeline/task_more.py").unlink()
    assert "tiny/pipeline/task_more.py is gone" in build(book)
    assert not (book / "bld/findings/more.json").exists()
    assert build(book) == UP_TO_DATE


def test_findings_that_would_be_stale_at_once_are_refused(book: Path) -> None:
    more(book, digest='"0" * 64')
    with pytest.raises(PipelineError, match=r"more\.json: made_from / code / tiny/aside\.py: found 000000000000"):
        build(book)


def test_a_task_that_failed_is_tried_again_and_no_other(book: Path) -> None:
    more(book, imports="from tiny.aside import NOTHING as FACTOR")
    for _ in range(2):
        with pytest.raises(PipelineError, match="cannot import name 'NOTHING'"):
            build(book)
    more(book)
    runs = Runs(book)
    build(book)
    assert runs.since() == {PIPELINE, "findings/more.json"}


def test_code_hashes_are_kept_by_what_the_module_says(book: Path) -> None:
    build(book)
    path = book / "bld/code-hashes.json"
    (known,) = json.loads(path.read_text(encoding="utf-8")).values()
    assert code_hash(book / "tiny/show.py") in known.values()
    module = book / "tiny/show.py"
    state = module.stat()
    edit(module, ":g}", ":e}")
    os.utime(module, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert executed(build(book)) == {HEIGHTS, WEIGHTS}


def test_the_made_fixture_builds_the_same(made: Callable[..., str], book: Path) -> None:
    assert made(book, formats=("html",)) == UP_TO_DATE
