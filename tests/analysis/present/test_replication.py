"""The tables of the appendix on replication say what the files say that they are read from."""

import ast
import re
import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from analysis.data import upstream
from analysis.data.upstream import load_sources
from analysis.findings import MadeFrom
from analysis.paths import ROOT
from analysis.present import availability, runtime, seeds, software
from analysis.present.availability import RIGHTS, UnknownRightError
from analysis.present.seeds import DRAWN, SeedError
from analysis.present.software import RequirementsError
from analysis.records import Bench, Machine, Measure, write_record


def bare(text: object) -> str:
    return str(text).replace("\N{ZERO WIDTH SPACE}", "")


# Sources -----------------------------------------------------------------------------------------------------


def test_each_source_stands_in_both_tables_once() -> None:
    names = list(load_sources())
    assert [bare(row.cells[0]) for row in availability.access_table().rows] == names
    listed = [name for row in availability.rights_table().rows for name in bare(row.cells[2]).split(", ")]
    assert sorted(listed) == sorted(names)
    counts = [int(str(availability.sources_with(right)).split()[0]) for right in RIGHTS]
    assert sum(counts) == int(str(availability.sources()).split()[0]) == len(names)
    assert [int(str(row.cells[1])) for row in availability.rights_table().rows] == counts


def test_how_figures_were_taken_is_told_by_what_the_source_has(monkeypatch: pytest.MonkeyPatch) -> None:
    entries = {
        "file": {"file": "a.dta", "sha256": "0123456789abcdef", "url": "https://example.org/x/a.dta", "licence": "MIT"},
        "package": {"package": "p", "version": "1.2.3", "url": "https://github.com/o/p", "licence": "GPL-3.0"},
        "page": {"url": "http://example.org/?t=1", "licence": "facts"},
    }
    monkeypatch.setattr(availability, "load_sources", lambda: entries)
    rows = [[bare(cell) for cell in row.cells] for row in availability.access_table().rows]
    assert rows == [
        ["file", "Stata file, SHA-256 0123456789", "example.org/x/a.dta", "by program; the file's SHA-256 is checked"],
        ["package", "p 1.2.3", "github.com/o/p", "by program from a Python package of a fixed version"],
        ["page", "Web page", "example.org/?t=1", "by hand from the page"],
    ]
    assert '<a href="http://example.org/?t=1">' in availability.access_table().html()
    assert [str(availability.sources(how)) for how in ("", "read", "downloaded")] == [
        "3 sources",
        "1 source",
        "1 source",
    ]


def test_a_file_in_a_repository_is_named_by_revision_and_path() -> None:
    url = f"https://raw.githubusercontent.com/owner/name/{'ab' * 20}/data/%E4%B8%AD%E5%9B%BD.csv"
    assert availability._in_ascii("https://example.org/中/%E4") == "https://example.org/%E4%B8%AD/%E4"
    assert availability.address_words(url) == "github.com/owner/name, revision ababababab: data/中国.csv"


def test_a_licence_of_no_known_kind_is_an_error() -> None:
    with pytest.raises(UnknownRightError, match=r"data/sources\.yml, x: the licence 'by arrangement'"):
        availability.right_of("x", {"licence": "by arrangement"})
    assert availability.right_of("x", {"licence": "none stated"}) == "none"


def test_every_file_that_the_rebuild_gets_has_a_hash_and_a_fixed_address() -> None:
    """What the appendix says of files: fixed by the revision in the address and by the SHA-256."""
    for name, entry in yaml_sources().items():
        if "file" in entry:
            assert re.fullmatch(r"[0-9a-f]{64}", entry["sha256"]), name
            assert re.search(r"/[0-9a-f]{40}/", entry["url"]), name


def yaml_sources() -> dict[str, dict[str, Any]]:
    entries: list[dict[str, Any]] = yaml.safe_load(upstream.SOURCES.read_text(encoding="utf-8"))["sources"]
    return {entry["id"]: entry for entry in entries}


# Software ----------------------------------------------------------------------------------------------------

PYPROJECT = """\
[project]
name = "a-report"
requires-python = ">=3.10,<3.13"
dependencies = ["Some_Thing[extra]>=2,<3", "plain"]
[project.optional-dependencies]
test = ["a-report[data]", "tester==1.5"]
special = ["odd>=0.1"]
"""
REPORT = """\
other==9.9 \\
    --hash=sha256:00
plain==4.0 ; python_full_version < '3.11' \\
    --hash=sha256:01
plain==4.1 ; python_full_version >= '3.11' \\
    --hash=sha256:02
some-thing==2.7.1 \\
    --hash=sha256:03
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "requirements").mkdir()
    (tmp_path / "pyproject.toml").write_text(PYPROJECT, encoding="utf-8")
    (tmp_path / "requirements/report.txt").write_text(REPORT, encoding="utf-8")
    (tmp_path / "requirements/develop.txt").write_text(f"{REPORT}tester==1.5 \\\n", encoding="utf-8")
    (tmp_path / "requirements/validate.txt").write_text("odd==0.3 \\\n", encoding="utf-8")
    return tmp_path


def test_packages_have_the_versions_that_the_locks_have(project: Path) -> None:
    assert [[str(cell) for cell in row.cells] for row in software.packages_table(project).rows] == [
        ["Some_Thing", "the report", ">=2, <3", "2.7.1"],
        ["plain", "the report", "any", "4.0 or 4.1"],
        ["tester", "tests", "==1.5", "1.5"],
        ["odd", "special", ">=0.1", "0.3"],
    ]
    assert str(software.locked(root=project)) == "3 packages"
    assert str(software.python_versions(project)) == "3.10 to 3.12"


def test_a_package_without_a_lock_is_an_error(project: Path) -> None:
    (project / "requirements/validate.txt").write_text("other==9.9 \\\n", encoding="utf-8")
    with pytest.raises(RequirementsError, match="asks for odd, which no lock has"):
        software.packages(project)
    (project / "requirements/validate.txt").write_text("", encoding="utf-8")
    with pytest.raises(RequirementsError, match=r"requirements/validate\.txt: holds no version"):
        software.packages(project)


def test_a_range_of_python_without_an_end_is_an_error(project: Path) -> None:
    text = (project / "pyproject.toml").read_text(encoding="utf-8").replace(">=3.10,<3.13", ">=3.10")
    (project / "pyproject.toml").write_text(text, encoding="utf-8")
    with pytest.raises(RequirementsError, match=r"requires-python is '>=3\.10'"):
        software.python_versions(project)


def test_what_each_group_of_packages_is_for_is_said() -> None:
    """A new group in pyproject.toml gets words of its own."""
    groups = software._project(ROOT)["optional-dependencies"]
    assert set(software._NEEDED) == {"", *groups}


def test_the_oldest_quarto_is_that_of_the_code(tmp_path: Path) -> None:
    from publishing.quarto import OLDEST

    assert str(software.oldest_quarto()) == f"Quarto {OLDEST[0]}.{OLDEST[1]}"
    (tmp_path / "publishing").mkdir()
    (tmp_path / "publishing/quarto.py").write_text("OLDEST = None\n", encoding="utf-8")
    with pytest.raises(RequirementsError, match="no line such as OLDEST"):
        software.oldest_quarto(tmp_path)


# Time and memory ---------------------------------------------------------------------------------------------

MACHINE = Machine(2, 24.0, "Linux", "x86_64", "3.11.9", {})
OTHER = Measure("curve", "The curve", 2.0, 1.9, "seconds", "under 60", True, 3, "")
WHOLE = Measure("book_seconds", "The book", 252.0, 252.0, "seconds", "under 5 minutes", True, 1, "findings 120.0 s")
MEMORY = Measure("book_memory", "Memory", 1.204, 1.204, "GiB", "under 1 GiB", False, 1, "")


def record(folder: Path, *measures: Measure) -> Path:
    path = folder / "bench.json"
    write_record(Bench(date(2026, 11, 3), MACHINE, MadeFrom({}, {}), "Timed.", measures), path)
    return path


def test_a_record_without_the_whole_says_that_it_was_not_measured(tmp_path: Path) -> None:
    path = record(tmp_path, OTHER)
    assert "was not measured when the record of 3 November 2026 was made" in str(runtime.whole_sentence(path))
    assert [row.cells[1] for row in runtime.runtime_table(path).rows] == ["not measured", "not measured"]


def test_time_and_memory_are_told_with_their_targets(tmp_path: Path) -> None:
    path = record(tmp_path, OTHER, WHOLE, MEMORY)
    sentence = "The whole takes 4.2 minutes from nothing on 2 cores, and 1.20 GiB of memory with findings fresh."
    assert str(runtime.whole_sentence(path)) == sentence
    table = runtime.runtime_table(path)
    assert [list(row.cells) for row in table.rows] == [
        ["The book", "4.2 minutes", "under 5 minutes", "yes"],
        ["Memory", "1.20 GiB", "under 1 GiB", "no"],
    ]
    assert table.notes == ["The book: findings 120.0 s."]


def test_a_system_that_tells_no_memory_leaves_time(tmp_path: Path) -> None:
    path = record(tmp_path, replace(WHOLE, value=90.4))
    assert str(runtime.whole_sentence(path)) == "The whole takes 90.4 seconds from nothing on 2 cores."
    assert [row.cells[1] for row in runtime.runtime_table(path).rows] == ["90.4 seconds", "not measured"]


def test_the_names_are_those_that_the_benchmark_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    from publishing import whole_build

    monkeypatch.setattr(whole_build, "build", lambda _: whole_build.Built(1.0, {}, 1))
    monkeypatch.setattr(whole_build, "copy_project", lambda root, target: shutil.copytree(root / "records", target))
    monkeypatch.setattr(whole_build, "load_book", lambda _: None)
    monkeypatch.setattr(whole_build, "forget_chapters", lambda _: None)
    monkeypatch.setattr(whole_build, "find_quarto", lambda: None)
    assert [m.name for m in whole_build.measure(ROOT)] == [runtime.WHOLE, runtime.MEMORY]


# Seeds -------------------------------------------------------------------------------------------------------

DESIGN = '''
TIMES = 7


def draws_much(data, *, draws=TIMES, seed=3):
    """Draw."""


def family_p(data, draws, seed):
    """Draw."""


def counts(data):
    """Draw nothing."""
'''
RESULT = """
from analysis.designs import toy
from analysis.designs.toy import family_p as p, counts
from analysis.results.shared import SEED

DRAWS, OWN = 99, 5


def first(data, draws=DRAWS):
    counts(data)
    return p(data, draws=draws, seed=SEED)


def second(data):
    return toy.family_p(data, draws=11, seed=OWN)
"""


@pytest.fixture
def code(tmp_path: Path) -> Path:
    for folder in ("designs", "results", "pipeline", "present"):
        (tmp_path / "analysis" / folder).mkdir(parents=True)
    (tmp_path / "analysis/designs/toy.py").write_text(DESIGN, encoding="utf-8")
    (tmp_path / "analysis/results/shared.py").write_text("SEED = 2024\n", encoding="utf-8")
    (tmp_path / "analysis/results/one_more.py").write_text(RESULT, encoding="utf-8")
    return tmp_path


def test_seeds_are_those_in_the_code(code: Path) -> None:
    rows = [[bare(cell) for cell in row.cells] for row in seeds.seeds_table(code).rows]
    assert rows == [
        ["one_more.py", DRAWN["family_p"], "family_p", "99", "2024"],
        ["one_more.py", DRAWN["family_p"], "family_p", "11", "5"],
    ]
    assert str(seeds.modules(code)) == "1 module"


def test_a_seed_that_is_left_out_is_the_default(code: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(DRAWN, "draws_much", "much")
    text = "from analysis.designs.toy import draws_much\n\nfound = draws_much(1)\n"
    (code / "analysis/present/shown.py").write_text(text, encoding="utf-8")
    use = next(use for use in seeds.uses(code) if use.drawing.name == "draws_much")
    assert (use.file, use.line, use.seed, use.draws) == ("analysis/present/shown.py", 3, 3, 7)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ("family_p(1, draws=2, seed=int(input()))", "its seed is no number that stands in the code"),
        ("family_p(1, 2, 3)", "its seed is no number that stands in the code"),
        ("draws_much(1)", "say what in DRAWN"),
    ],
)
def test_a_seed_that_cannot_be_read_is_told_with_its_place(code: Path, call: str, words: str) -> None:
    text = f"from analysis.designs.toy import draws_much, family_p\n\nfound = {call}\n"
    (code / "analysis/pipeline/task.py").write_text(text, encoding="utf-8")
    with pytest.raises(SeedError, match=rf"analysis/pipeline/task\.py:3: .*{words}"):
        seeds.uses(code)


GENERATORS = re.compile(
    r"(?:^|\.)(?:random|rng|permutation_test|bootstrap|wild_bootstrap_se|stripplot|regplot)(?:\.|$)"
)


def dotted(node: ast.expr) -> str:
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.insert(0, node.attr)
        node = node.value
    return ".".join([node.id, *parts]) if isinstance(node, ast.Name) else ""


def parents(tree: ast.Module) -> dict[ast.AST, ast.FunctionDef]:
    found: dict[ast.AST, ast.FunctionDef] = {}
    for function in (n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)):
        found |= dict.fromkeys(ast.walk(function), function)
    return found


def test_nothing_else_draws() -> None:
    """The appendix says that random numbers enter where the table says, and nowhere else."""
    strange = []
    for folder in ("designs", "results", "pipeline", "present", "data"):
        for path in sorted((ROOT / "analysis" / folder).rglob("*.py")):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            inside = parents(tree)
            for node in ast.walk(tree):
                if isinstance(node, ast.Call) and GENERATORS.search(dotted(node.func)):
                    function = inside.get(node)
                    names = {a.arg for a in (*function.args.args, *function.args.kwonlyargs)} if function else set()
                    if "seed" not in names:
                        strange.append(f"{path.name}:{node.lineno} {dotted(node.func)}")
                if isinstance(node, ast.Import | ast.ImportFrom):
                    named = {alias.name for alias in node.names} | {getattr(node, "module", "") or ""}
                    if named & {"random", "secrets", "uuid"}:
                        strange.append(f"{path.name}:{node.lineno} imports {named}")
    assert strange == []
    assert {name.rpartition(".")[2] for name in seeds.drawings()} == set(DRAWN)


def test_a_design_that_lets_another_draw_passes_its_seed_on() -> None:
    drawings = {name.rpartition(".")[2] for name in seeds.drawings()}
    for path in sorted((ROOT / "analysis/designs").glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and dotted(node.func) in drawings - {"infer"}:
                assert "seed" in {keyword.arg for keyword in node.keywords}, f"{path.name}:{node.lineno}"


# Programs ----------------------------------------------------------------------------------------------------


def test_the_appendix_names_every_package_of_the_repository() -> None:
    text = (ROOT / "chapters/A6-replication.qmd").read_text(encoding="utf-8")
    table = text.partition("| Folder |")[2].partition("{#tbl-programs}")[0]
    named = set(re.findall(r"^\| `([^`]+)/`", table, re.MULTILINE))
    packages = {p.parent.relative_to(ROOT).as_posix() for n in ("analysis", "publishing") for p in (ROOT / n).glob("*/__init__.py")}  # fmt: skip
    assert packages <= named
    assert all((ROOT / name).is_dir() for name in named)
