import json
from pathlib import Path

import pandas as pd
import pytest

from analysis.findings import Finding, FindingError, Findings, MadeFrom, write_findings
from analysis.present import towns
from analysis.study import Study


@pytest.fixture
def points() -> pd.DataFrame:
    """Simulated: two hosts, out of order, and one other unit."""
    return pd.DataFrame(
        {
            "unit_id": ["2", "1", "3"],
            "name": ["乙县", "甲县", "丙县"],
            "pinyin": ["Yi", "Jia", "Bing"],
            "town": ["Xia", "Shang", ""],
            "special_towns": [1, 1, 0],
            "population_start": [500_000.0, 1_234_567, 300_000],
            "population_end": [450_000.0, 1_200_000, 310_000],
            "urban_share_start": [30.0, 25, 20],
            "urban_share_end": [45.0, 41, 33],
            "nonfarm_employment_start": [40.0, 22, 18],
            "nonfarm_employment_end": [70.0, 66, 50],
            "nonfarm_employment": [30.0, 44, 32],
        }
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = [
        Finding(f"towns.{group}.{key}", 1000.0 * (g + 1) + i, "units", "s", "s")
        for g, group in enumerate(("hosts", "others"))
        for i, key in enumerate((*(key for key, *_ in towns.COLUMNS.values()), "nonfarm_employment.change"))
    ]
    write_findings(Findings("towns", "t", MadeFrom({}, {}), tuple(found)), tmp_path / "towns.json")
    return tmp_path


def test_hosts_stand_by_code_with_means_below(points: pd.DataFrame, study: Study, folder: Path) -> None:
    rows = [list(r.cells) for r in towns.hosts_table(points, study, folder).rows]
    assert rows[0] == ["Jia 甲县: Shang", "1,235", "1,200", "25.0", "41.0", "22.0", "66.0"]
    assert [r[0] for r in rows] == ["Jia 甲县: Shang", "Yi 乙县: Xia", "Mean of hosts", "Mean of Henan's other units"]
    assert rows[2][1:] == ["1", "1", "1,002.0", "1,003.0", "1,004.0", "1,005.0"]


def test_the_title_has_the_gains_of_both(points: pd.DataFrame, study: Study, folder: Path) -> None:
    figure = towns.nonfarm_figure(points, study, folder)
    assert figure.title == "Work outside farming rose by 1006 points in hosts, 2006 in other units"
    assert figure.svg == towns.nonfarm_figure(points, study, folder).svg
    moved = points.assign(nonfarm_employment=[30.0, 44, 20])
    assert figure.svg != towns.nonfarm_figure(moved, study, folder).svg


def test_wanted_tables_are_those_of_the_chapter(tmp_path: Path) -> None:
    def entry(name: str, chapter: str, kind: str) -> dict[str, object]:
        rule = {"kind": kind, "because": f"{name} is hidden", "needs": f"the table of {name}"}
        return {
            "id": name, "note": "n", "chapter": chapter, "rule": rule, "says": f"{name}.", "implication": f"{name}!",
        }  # fmt: skip

    verdicts = [
        entry("a", towns.CHAPTER, "none"),
        entry("b", towns.CHAPTER, "association"),
        entry("c", "chapters/12-match.qmd", "none"),
    ]
    path = tmp_path / "verdicts.json"
    path.write_text(json.dumps({"format": "report-verdicts/1", "notes": {"n": {}}, "verdicts": verdicts}))
    rows = [list(r.cells) for r in towns.wanted_table(path).rows]
    assert rows == [["a.", "A is hidden", "The table of a", "a!"]]


def test_what_is_missing_is_named(points: pd.DataFrame, study: Study, tmp_path: Path) -> None:
    for make in (towns.hosts_table, towns.nonfarm_figure):
        with pytest.raises(FindingError, match=r"no finding has the key 'towns\."):
            make(points, study, tmp_path)
