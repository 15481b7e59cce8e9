"""Tables and figures of what would settle the question, from made-up findings."""

import re
from pathlib import Path

import pandas as pd
import pytest

from analysis.findings import Finding, FindingError, Findings, MadeFrom, write_findings
from analysis.present import settle
from analysis.results.counties import OUTCOMES

WORDS = ("made up", "made up")
SIZED = {"urban_share": 2.0, "log_population": 5.0, "agricultural_employment": 3.0}


def _listed() -> list[Finding]:
    found = []

    def add(key: str, value: float, unit: str = "points", **more: object) -> None:
        found.append(Finding(key, value, unit, *WORDS, **more))

    for o, outcome in OUTCOMES.items():
        key = settle._of_record(o)[0]
        add(key, 1.0, outcome.unit)
        add(f"{key}.detectable", 8.9, outcome.unit)
        add(f"settle.batches.{o}.by_lot", 3.4, outcome.unit)
        if o != "schooling":
            add(f"inference.power.{o}.needed", 12.9, outcome.unit)
        for k in (1, 2, 4, 8, 12):
            add(f"settle.provinces.{o}.treated_{k}", 11.0 - k / 2, outcome.unit, n=25)
        add(f"settle.batches.{o}.given_poverty", 4.0)
        add(f"settle.batches.{o}.as_run", 7.8)
        add(f"settle.given_level.{o}.treated_1", 9.9)
    for o in ("urban_share", "log_population"):
        add(f"settle.batches.{o}.yearly", 3.6)
        for rounds in ("census_2030.doubles", "yearly.grows", "yearly.at_once"):
            add(f"settle.one_province.{o}.{rounds}", 6.5)
    for o, size in SIZED.items():
        add(f"settle.{o}.size", size, OUTCOMES[o].unit)
        add(f"settle.{o}.ratio", 8.9 / size, "times")
    for o, (key, _) in settle.OTHERS.items():
        add(key, 1.0, "units of it")
        add(f"{key}.detectable", 24.88, "units of it")
        add(f"settle.{o}.size", 5.0, "units of it")
        add(f"settle.{o}.ratio", 4.98, "times")
    add("settle.claims.within_reach", 0.0, "claims")
    for rounds in ("census_2030.stays", "census_2030.doubles", "yearly.grows", "yearly.at_once"):
        for i, world in enumerate(("lasting", "passing", "drifting")):
            add(f"settle.time.{rounds}.{world}", 100.0 - 10 * i, "percent")
    add("settle.decades.log_population.correlation", 0.34, "correlation")
    return found


def write(folder: Path, found: list[Finding]) -> Path:
    for design in {f.key.split(".")[0] for f in found}:
        mine = tuple(f for f in found if f.key.split(".")[0] == design)
        write_findings(Findings(design, "Made up", MadeFrom({}, {}), mine), folder / f"{design}.json")
    curve = [{"outcome": "urban_share", "treated": k, "detectable": 11.0 - k / 2} for k in range(1, 13)]
    pd.DataFrame(curve).to_csv(folder / "settle_provinces.csv", index=False)
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("settle"), _listed())


def cells(html: str) -> list[list[str]]:
    body = html.split("<tbody>")[1].split("</tbody>", maxsplit=1)[0]
    return [re.findall(r">([^<]*)</t[hd]>", row) for row in re.findall(r"<tr>(.*?)</tr>", body, flags=re.DOTALL)]


def test_needs_stand_beside_sizes(folder: Path) -> None:
    rows = cells(settle.needed_table(folder).html())
    assert rows[0] == ["Urban share (percentage points)", "2.0", "8.9", "4.5", "12.9", "3.4"]
    by_name = {row[0].split(" (")[0]: row[1:] for row in rows}
    assert by_name["Mean years of schooling"] == ["", "8.9", "", "", "3.4"]
    assert by_name["Homes with piped water"] == ["5.0", "25", "5.0", "", ""]
    assert len(rows) == len(OUTCOMES) + len(settle.OTHERS)


def test_designs_have_a_row_each_and_blanks_where_nothing_is_counted(folder: Path) -> None:
    table = settle.designs_table(folder)
    rows = {row[0]: row[1:] for row in cells(table.html())}
    assert rows["Four provinces treated"] == ["9.0", "9.0", "9.0", "4.5"]
    assert rows["Within Henan: batches as dated, yearly figures"] == ["3.6", "3.6", "", "1.8"]
    assert rows["The size that matters"] == ["2.0", "5.0", "3.0", "1.0"]
    assert "all others of 25" in table.notes[0]


def test_rounds_have_a_column_for_each_world(folder: Path) -> None:
    table = settle.rounds_table(folder)
    assert cells(table.html())[0][1:] == ["100", "90", "80"]
    assert "0.34" in table.notes[0]


def test_figures_are_the_same_bytes_and_their_titles_follow_the_numbers(folder: Path, tmp_path: Path) -> None:
    for draw in (settle.needed_figure, lambda f: settle.provinces_figure(folder=f, samples=f)):
        assert draw(folder).svg == draw(folder).svg
    needed = settle.needed_figure(folder)
    assert needed.title == "Of 8 effects none could be found at the size that matters"
    assert needed.csv() is not None
    assert settle.provinces_figure(folder=folder, samples=folder).title.endswith("is still above what matters")
    changed = [f for f in _listed() if f.key not in ("settle.claims.within_reach", "settle.urban_share.size")]
    changed += [
        Finding("settle.claims.within_reach", 2.0, "claims", *WORDS),
        Finding("settle.urban_share.size", 6.0, "percentage points", *WORDS),
    ]
    other = write(tmp_path, changed)
    assert settle.needed_figure(other).title.startswith("Of 8 effects 2 could")
    assert settle.provinces_figure(folder=other, samples=other).title.endswith("is no longer above what matters")


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    gone = "long_difference.urban_share.effect"
    folder = write(tmp_path, [f for f in _listed() if f.key != gone])
    with pytest.raises(FindingError, match=gone):
        settle.needed_table(folder)
