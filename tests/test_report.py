"""The report itself, printed in a copy of the project."""

import io
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from pypdf import PdfReader
from rich.console import Console

from analysis.paths import ROOT
from analysis.present.numbers import finding
from publishing.build import build
from publishing.errors import ExecutionError
from publishing.freshness import output_hashes
from publishing.progress import Progress
from publishing.project import load_book
from publishing.quarto import find_quarto
from tests.publishing.conftest import edit
from tests.publishing.pages import check_links, pages

QUARTO = find_quarto()
MADE = shutil.ignore_patterns(
    ".git", ".venv", "_book", "bld", ".quarto", ".pytask", "pytask.lock", "__pycache__", ".*_cache", ".hypothesis"
)


def copy_project(folder: Path) -> Path:
    shutil.copytree(ROOT, folder / "report", ignore=MADE)
    return folder / "report"


def make(root: Path, engine: str = "embedded") -> str:
    said = io.StringIO()
    build(load_book(root), engine, ["html", "pdf"], Progress(Console(file=said, width=300)))
    return said.getvalue()


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = copy_project(tmp_path_factory.mktemp("project"))
    make(root)
    return root


def pdf_text(root: Path) -> str:
    return "".join(page.extract_text() for page in PdfReader(root / "_book/county-towns.pdf").pages)


def check_book(root: Path) -> None:
    """What must hold of the printed report, whichever engine printed it."""
    book = root / "_book"
    found = pages(book)
    assert sorted(found) == sorted(entry.page for entry in load_book(root).entries)
    assert [p.name for p in book.rglob("*.pdf")] == ["county-towns.pdf"]
    pdf = pdf_text(root)
    for text in [pdf, *(page.text for page in found.values())]:
        assert not re.search(r"\?@|\?(fig|tbl|eq|sec)-|\?\?|RESULT|np\.float|\{python\}|Traceback|Warning", text)
    for page in found.values():
        assert all(page.alts), "a picture has no alternative text"
    effect = finding("long_difference.effect_raw", digits=1, folder=root / "bld/findings")
    for text in (found["index.html"].text, found["chapters/05-result.html"].text, pdf.replace("\n", " ")):
        assert str(effect) in text
        assert str(effect.interval) in text
    for name in ("河南", "滑县", "百城建设提质工程"):
        assert name in pdf


def test_the_report_is_whole(project: Path) -> None:
    check_book(project)
    check_links(project / "_book")


def test_what_the_text_says_of_the_numbers_holds(project: Path) -> None:
    """Sentences of the summary and of the result chapter, as conditions on the findings."""

    def value(key: str) -> float:
        return finding(f"long_difference.{key}", folder=project / "bld/findings").raw

    for name in ("raw", "share", "all"):
        effect = finding(f"long_difference.effect_{name}", folder=project / "bld/findings").finding
        assert effect.interval is not None
        low, high = effect.interval
        assert low < 0 < effect.value < high, f"effect_{name}: the text says that it is positive and not clear of zero"
        assert effect.value < 2, f"effect_{name}: the text says that it is small"
    changes = {p: value(f"change_by_province.{p}") for p in ("hebei", "henan", "anhui", "shaanxi", "hubei", "shanxi")}
    changes["shandong"] = value("change_by_province.shandong")
    assert sorted(changes, key=changes.__getitem__, reverse=True)[:2] == ["hebei", "henan"]
    assert min(changes, key=changes.__getitem__) == "shandong"
    assert value("urban_share_start.treated") < value("urban_share_start.comparison")
    assert value("share.urban_share_start") < 0
    assert value("effect_share") < value("effect_raw")
    sample = pd.read_csv(project / "bld/samples/long_difference.csv", dtype={"code": str, "prefecture": str})
    henan = sample[sample["treated"] == 1].set_index("code")
    assert henan["change"].idxmax() == "410122", "the text says that Zhongmu is the darkest unit"
    assert henan.groupby("prefecture")["change"].mean().idxmax() == "4103", "the text names Luoyang"
    assert value("programme.lost_population") > value("programme.units") / 2


def test_the_copy_was_made_from_its_own_files(project: Path) -> None:
    document = json.loads((project / "bld/findings/long_difference.json").read_text(encoding="utf-8"))
    assert len(document["findings"]) > 20
    assert not list((project / "bld/findings").glob("*.partial"))


def test_a_second_build_does_nothing(project: Path) -> None:
    assert make(project) == "_book/ is up to date: nothing to do.\n"


def test_a_missing_finding_is_named_with_its_neighbours_and_the_book_kept(project: Path) -> None:
    before = output_hashes(project / "_book")
    edit(project / "index.qmd", "long_difference.effect_raw", "long_difference.effect_row")
    with pytest.raises(ExecutionError) as caught:
        make(project)
    edit(project / "index.qmd", "long_difference.effect_row", "long_difference.effect_raw")
    assert re.search(r"index\.qmd:\d+: .*long_difference\.effect_row.*long_difference\.effect_raw", str(caught.value))
    assert output_hashes(project / "_book") == before


def test_a_bad_cell_of_a_table_stops_the_build_with_its_place(project: Path) -> None:
    before = output_hashes(project / "_book")
    census = project / "data/census.csv"
    text = census.read_text(encoding="utf-8")
    line = next(i for i, row in enumerate(text.splitlines(), start=1) if row.startswith("410122,2010"))
    census.write_text(text.replace("\n410122,2010,", "\n410122,1910,"), encoding="utf-8")
    done = subprocess.run(
        [Path(sys.executable).with_name("report"), "build", "--engine", "embedded"],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    census.write_text(text, encoding="utf-8")
    assert done.returncode == 1
    for part in ("census.csv", str(line), "year", "1910"):
        assert part in done.stderr
    assert output_hashes(project / "_book") == before


@pytest.mark.skipif(QUARTO is None or not QUARTO.new_enough, reason="Quarto 1.9 or later is not on the path")
def test_quarto_prints_the_report(tmp_path: Path) -> None:
    root = copy_project(tmp_path)
    make(root, engine="quarto")
    check_book(root)
