"""Tables and figures of the first stage, from findings and samples made up for the test."""

from pathlib import Path

import pandas as pd
import pytest

from analysis.findings import Finding, FindingError, Findings, MadeFrom, write_findings
from analysis.present import first_stage
from analysis.present.numbers import text
from analysis.results.first_stage import DESIGN, FACILITIES, HOMES

EFFECTS = [f"roads.{k}" for k in first_stage.ROADS] + [f"{f}.effect" for f in FACILITIES]
HONEST = ["relative_0", "relative_50", "relative_100", "smooth_0", "smooth_10"]


def cells(table) -> list[list[str]]:
    return [["" if c is None else str(text(c)) for c in row.cells] for row in table.rows]


def _findings() -> list[Finding]:
    def of(key: str, value: float, **more) -> Finding:
        return Finding(f"{DESIGN}.{key}", value, "square metres per person", "made up", "made up", **more)

    record = {"p_value": 0.5, "n": 87, "placebos": 14, "smallest_p": 1 / 15, "detectable": 9.9}
    found = []
    for i, key in enumerate(EFFECTS):
        found.append(of(key, i + 0.25, **record))
        found.append(of(f"{key}.ninety", i + 0.25, interval=(-2.0, 3.0), level=0.9, **record))
    found.append(of("roads.effect.crv1", 0.25, standard_error=0.97))
    found.append(of("roads.effect.p_studentized", 0.8, placebos=14, smallest_p=1 / 15))
    found += [of(f"{f}.p_adjusted", 0.9, placebos=8, smallest_p=1 / 9) for f in FACILITIES]
    for i, key in enumerate(HONEST):
        found.append(of(f"roads.honest.{key}", 0.25, interval=(-1.0 - i, 1.0 + i), level=0.95))
        if key.startswith("relative"):
            found.append(of(f"roads.honest.{key}.low", -0.5 * i))
            found.append(of(f"roads.honest.{key}.high", 0.5 * i))
            found.append(of(f"roads.honest.{key}.provinces", 0.25, interval=(-9.0, 9.0), level=0.95))
    for home in HOMES:
        for i, side in enumerate(("treated", "neighbours")):
            found.append(of(f"{home}.level_2010.{side}", 34 + 23 * i))
            found.append(of(f"{home}.level_2020.{side}", 89 + i))
        found.append(of(f"{home}.p_adjusted", 0.08))
        for suffix in ("effect", "share", "own", "all"):
            for zones in ("", "_without_zones"):
                found.append(of(f"{home}.{suffix}{zones}", 21.9 if suffix == "effect" else 3.5, **record))
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("findings")
    write_findings(Findings(DESIGN, "Made up", MadeFrom({}, {}), tuple(_findings())), folder / f"{DESIGN}.json")
    points = [
        {"key": f"{DESIGN}.{name}", "year": y, "group": g, "estimate": (y - base) * s, "standard_error": None, "treated_units": 9}
        for name, base in [("roads", 2015), *((f, 2017) for f in FACILITIES)]
        for g, s in (("41", 0.1), ("37", -0.2), ("13", 0.3))
        for y in range(2006, 2024)
    ]  # fmt: skip
    pd.DataFrame(points).to_csv(folder / f"{DESIGN}.csv", index=False)
    placebos = pd.DataFrame(
        {"key": f"{DESIGN}.roads.effect", "group": ["41", "65", "37"], "estimate": [20.0, -13.0, 4.0],
         "treated_units": [19, 12, 25], "units": [87, 16, 82]}
    )  # fmt: skip
    placebos.to_csv(folder / f"{DESIGN}_placebos.csv", index=False)
    weights = [("unit", f"c{i}", f"{g}", w) for i, (g, w) in enumerate([("37", 0.3), ("37", 0.2), ("13", 0.5)])]
    weights += [("year", "2015", "", 0.75), ("year", "2014", "", 0.25), ("year", "2013", "", 0.0)]
    pd.DataFrame(weights, columns=["kind", "name", "group", "weight"]).to_csv(
        folder / f"{DESIGN}_weights.csv", index=False
    )
    return folder


def test_effects_show_the_interval_that_has_bounds(folder: Path) -> None:
    roads, facilities = first_stage.roads_table(folder), first_stage.facilities_table(folder)
    first = cells(roads)[0]
    assert first == [
        "2017–2023 less 2015",
        "0.2",
        "−2.0 to 3.0",
        "0.50",
        "0.80",
        "9.9",
        "0.97",
        "87",
    ]
    assert [c.unit for c in roads.columns if c.unit] == ["square metres per person"]  # once, in a head
    assert [row[1] for row in cells(roads)] == ["0.2", "1.2", "2.2", "3.2", "4.2", "5.2", "6.2"]
    assert len(cells(facilities)) == len(FACILITIES)
    assert "14 take the treated place, so p is 0.067 at the least" in " ".join(roads.notes)
    assert cells(roads)[-1][4] == cells(roads)[-1][6] == ""  # no clustered error for the synthetic comparison
    assert [row[5] for row in cells(facilities)] == ["0.90"] * len(FACILITIES)
    assert "8 take the treated place, so p is 0.111 at the least" in " ".join(facilities.notes)
    assert "every facility" in " ".join(facilities.notes)


def test_bounds_say_where_no_trend_fits(folder: Path) -> None:
    rows = cells(first_stage.honest_table(folder))
    assert rows[0] == ["Does not move: trends are parallel", "0.0 to 0.0", "−1.0 to 1.0", "−9.0 to 9.0"]
    assert rows[2] == ["Moves at most 1.0 times the largest before", "−1.0 to 1.0", "−3.0 to 3.0", "−9.0 to 9.0"]
    assert rows[3] == ["Goes on as a straight line", "none", "−4.0 to 4.0", ""]
    assert rows[4][0] == "Bends by at most 0.1 a year"


def test_weights_are_summed_by_province(folder: Path) -> None:
    table = first_stage.weights_table(folder)
    assert sorted(cells(table)) == [["Hebei", "1", "50.0", "50.0"], ["Shandong", "2", "50.0", "30.0"]]
    assert table.notes == ["Weights of years before, percent: 2015 75.0, 2014 25.0; other years have none."]


def test_homes_show_levels_and_both_effects(folder: Path) -> None:
    water = cells(first_stage.homes_table(folder))[0]
    assert water == ["Piped water", "34", "89", "57", "90", "21.9", "0.50", "0.08", "3.5", "0.50"]
    assert len(cells(first_stage.piped_water_table(folder))) == 8
    notes = " ".join(first_stage.homes_table(folder).notes)
    assert "14 take the treated place, so p is 0.067 at the least" in notes
    record = cells(first_stage.homes_record_table(folder))
    assert len(record) == 2 * len(HOMES)
    assert record[0][0].startswith("Piped water, no controls")
    assert {row[5] for row in record} == {"9.9"}  # minimum detectable effects


def test_figures_draw_every_province_and_are_the_same_each_time(folder: Path) -> None:
    one, two = (first_stage.roads_figure(folder, folder) for _ in range(2))
    assert one.svg == two.svg
    assert one.svg.count("#0b4a7d") >= 1 and one.svg.count("#9aa5ad") >= 2
    facilities = first_stage.facilities_figure(folder, folder)
    assert facilities.svg.count("#9aa5ad") >= 2 * len(FACILITIES)
    assert "Henan" in one.title
    assert facilities.title == "Henan moved farther than all other provinces in none of 7 facilities"


def test_words_count_provinces_and_name_the_farthest_placebo(folder: Path) -> None:
    assert str(first_stage.standing(f"{DESIGN}.roads.effect", folder)) == "8 of 15"
    words = str(first_stage.farthest(f"{DESIGN}.roads.effect", folder))
    assert words == "Xinjiang, where 12 cities are held against 4 next door, at −13.0"


def test_what_is_missing_is_named(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(FindingError, match=r"roads\.effect"):
        first_stage.roads_table(tmp_path)
    with pytest.raises(FindingError, match=r"first_stage\.csv: no such table"):
        first_stage.roads_figure(tmp_path, folder)
    with pytest.raises(FindingError, match=r"no points under the key 'first_stage\.nothing'"):
        first_stage.path_figure("first_stage.nothing", base=2015, start=2017, title="", samples=folder, folder=folder)
    with pytest.raises(FindingError, match="no placebo estimates"):
        first_stage.farthest("first_stage.nothing", folder)
    with pytest.raises(FindingError, match="no p-value"):
        first_stage.standing(f"{DESIGN}.piped_water.p_adjusted", folder)
