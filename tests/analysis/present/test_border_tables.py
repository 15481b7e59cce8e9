"""Tables and figures of the border and of the placebo provinces, from made-up findings."""

import math
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from analysis.findings import Finding, FindingError, Findings, MadeFrom, write_findings
from analysis.present import border, placebo_provinces
from analysis.present.tables import Table
from analysis.results.border import BALANCED
from analysis.results.counties import MORE, OUTCOMES, SPECIFICATIONS
from analysis.results.placebos import (
    BASE,
    BEFORE_OUTCOMES,
    BREAKS,
    LIGHT_YEARS,
    LIGHTS,
    PREFECTURE_OUTCOMES,
    START,
    WINDOWS,
)
from analysis.study import load_study

STUDY = load_study()
NEIGHBOURS = [STUDY.province_names[p].lower() for p in STUDY.neighbours]


def made_up(key: str, value: float = 1.5, p: float = 0.4, reach: float = 4.0) -> list[Finding]:
    """An effect, with the clustered error beside it."""
    words = ("points", "Made up.", "Made up.")
    return [
        Finding(
            key, value, *words, interval=(value - reach, value + reach), level=0.95, p_value=p, n=82, clusters=30,
            placebos=24, smallest_p=0.04, detectable=5.25,
        ),
        Finding(f"{key}.crv1", value, *words, standard_error=0.5, interval=(value - 1, value + 1), level=0.95, n=82),
    ]  # fmt: skip


def border_findings() -> list[Finding]:
    found: list[Finding] = []
    for outcome in OUTCOMES:
        for s in SPECIFICATIONS:
            found += made_up(f"border.{outcome}.{s}.effect", p=0.03 if (outcome, s) == ("schooling", "all") else 0.4)
        found.append(Finding(f"border.{outcome}.raw.adjusted", 0.9, "p-value", "Made up.", "Made up."))
        for v in ("units", "apart", "settled"):
            found += made_up(f"border.{outcome}.raw.{v}.effect", value=2.5)
        for i, name in enumerate(NEIGHBOURS):
            found += made_up(f"border.{outcome}.{name}.effect", value=i - 2.0, reach=2.5)
    for i, name in enumerate(BALANCED):
        found += made_up(f"border.balance.{name}.effect", value=-3.25)
        for side, value in (("treated_mean", 30.0), ("other_mean", 33.0), ("gap", 0.1 * i), ("gap_all", -0.45)):
            found.append(Finding(f"border.balance.{name}.{side}", value, "percent", "Made up.", "Made up."))
    return found


def placebo_findings() -> list[Finding]:
    keys = [f"{o}.{s}" for o in OUTCOMES | MORE for s in SPECIFICATIONS]
    keys += [f"before.{o}.{s}" for o in BEFORE_OUTCOMES for s in ("raw", "own")]
    keys += [f"turn.{o}.{s}" for o in BEFORE_OUTCOMES for s in ("raw", "own", "lagged")]
    keys += [f"prefectures.{o}.{d}.raw" for o in PREFECTURE_OUTCOMES for d in ("before", "during", "turn")]
    for stem in LIGHTS:
        keys += [f"{stem}.break_{y}" for y in BREAKS]
        keys += [f"{stem}.{w}.{p}" for w in WINDOWS for p in ("change", "trend", "beyond_trend", "synthetic")]
        keys += [f"{stem}.year_{y}" for y in LIGHT_YEARS if y not in (BASE, 2020)]
    found = [f for k in keys for f in made_up(f"placebos.{k}.effect")]
    for stem in LIGHTS:
        found += made_up(f"placebos.{stem}.year_2020.effect", value=9.0)  # the one whose interval leaves out nought
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with findings, and estimates of four provinces for every effect."""
    path = tmp_path_factory.mktemp("findings")
    for design, found in (("border", border_findings()), ("placebos", placebo_findings())):
        write_findings(Findings(design, design, MadeFrom({}, {}), tuple(found)), path / f"{design}.json")
        effects = [f.key for f in found if f.key.endswith(".effect")]
        rows = [(k, g, e) for k in effects for g, e in (("41", 1.5), ("13", -1.0), ("14", 0.5), ("34", 2.0))]
        pd.DataFrame(rows, columns=["key", "group", "estimate"]).to_csv(path / f"{design}_placebos.csv", index=False)
    return path


def row(table: Table, head: str) -> list[str | None]:
    found = [r for r in table.rows if str(r.cells[0]).startswith(head)]
    assert len(found) == 1
    return [None if c is None else str(c) for c in found[0].cells[1:]]


def test_specifications_stand_side_by_side(folder: Path) -> None:
    table = border.border_table(folder)
    assert len(table.rows) == len(OUTCOMES)
    assert row(table, "Mean years of schooling (years)") == ["1.5", "1.5", "1.5", "1.5", "5.2"]
    below = next(r.below for r in table.rows if str(r.cells[0]).startswith("Mean years"))
    assert [str(c) for c in below[:4]] == ["(0.40)", "(0.40)", "(0.40)", "(0.03)"]
    assert not any("(log)" in str(r.cells[0]) or "of residents" in str(r.cells[0]) for r in table.rows)


def test_the_record_has_the_placebo_interval_and_the_border_s_own_errors(folder: Path) -> None:
    table = border.record_table(folder)
    cells = row(table, "Urban share")
    assert cells[:3] == ["1.5", "−2.5 to 5.5", "0.40"]
    assert "0.90" in cells
    assert any("V1 + V2" in n for n in table.notes)


def test_variants_follow_the_pairs(folder: Path) -> None:
    assert row(border.variants_table(folder), "Urban share") == ["1.5", "2.5", "2.5", "2.5"]


@pytest.mark.parametrize("make", [border.border_table, border.variants_table, border.balance_table])
def test_p_values_come_with_the_number_of_placebos_and_the_smallest_p(
    folder: Path, make: Callable[[Path], Table]
) -> None:
    assert "24 take the treated place, so p is 0.040 at the least" in " ".join(make(folder).notes)


def test_balance_and_how_many_figures_are_nearer(folder: Path) -> None:
    table = border.balance_table(folder)
    assert row(table, "Urban share (percent)") == ["30.0", "33.0", "−3.2", "0.40", "0.00", "−0.45"]
    # Gaps at the border are 0, 0.1, ..., 0.8: five of nine are below 0.45.
    assert str(border.nearer(folder)) == "5 of 9"


def test_counts_of_small_p_values(folder: Path) -> None:
    assert str(placebo_provinces.small_p("border", folder=folder)) == "1 of 32"
    assert str(placebo_provinces.small_p("placebos", ["urban_share"], folder=folder)) == "0 of 4"


def test_tables_of_placebos_have_their_rows(folder: Path) -> None:
    assert len(placebo_provinces.before_table(folder).rows) == 2 + 3 * len(PREFECTURE_OUTCOMES)
    assert len(placebo_provinces.breaks_table(folder).rows) == 2 * len(BREAKS)
    assert len(placebo_provinces.specification_table("placebos", folder=folder).rows) == len(OUTCOMES)


def test_the_decade_before_stands_side_by_side_with_what_could_be_detected(folder: Path) -> None:
    table = placebo_provinces.counties_before_table(folder)
    assert len(table.rows) == 2 * len(BEFORE_OUTCOMES)
    assert row(table, "Residents (points)") == ["1.5"] * 5
    assert table.rows[0].below == ["(0.40)"] * 5
    assert row(table, "Residents: detectable") == ["5.2"] * 5
    assert "82 counties" in table.notes[-1]


def test_both_kinds_of_land_stand_in_one_row(folder: Path) -> None:
    table = placebo_provinces.lights_table(folder)
    assert len(table.rows) == 12
    assert all(str(r.cells[0]).startswith(("From 2001", "From 2013", "Without break years")) for r in table.rows)
    cells = row(table, "From 2013: mean after less mean before")
    assert cells == ["1.5", "−2.5 to 5.5", "0.40", "5.2", "1.5", "−2.5 to 5.5", "0.40"]
    assert "82 prefectures" in table.notes[-1]


def test_residents_are_people_and_not_logs_of_them(tmp_path: Path) -> None:
    found = [
        replace(f, unit="log points", value=100 * math.log(636_000))
        if f.key == "border.balance.log_population.treated_mean"
        else f
        for f in border_findings()
    ]
    write_findings(Findings("border", "border", MadeFrom({}, {}), tuple(found)), tmp_path / "border.json")
    cells = row(border.balance_table(tmp_path), "Residents (thousand people")
    assert cells[0] == "636"


def test_figures_say_what_they_show(folder: Path) -> None:
    neighbours = border.neighbour_figure(folder)
    # Effects −2 to 3 with 2.5 either way: one of six neighbours in three panels leaves out nought.
    assert "3 of 18" in neighbours.title
    lights = placebo_provinces.lights_figure(folder=folder)
    assert f"1 of {2020 - START + 1} years" in lights.title
    outcomes = placebo_provinces.outcomes_figure(folder, folder)
    assert "0 of 13 outcomes" in outcomes.title
    for figure in (neighbours, lights, outcomes, placebo_provinces.before_figure(folder, folder)):
        assert figure.svg.count("<svg") == 1
        assert not re.search(r"[= ]nan", figure.svg)


def test_figures_are_the_same_bytes_each_time(folder: Path) -> None:
    assert border.neighbour_figure(folder).svg == border.neighbour_figure(folder).svg
    assert placebo_provinces.lights_figure(folder=folder).svg == placebo_provinces.lights_figure(folder=folder).svg


def test_a_missing_finding_is_named(tmp_path: Path) -> None:
    write_findings(Findings("border", "Border", MadeFrom({}, {})), tmp_path / "border.json")
    for make in (border.border_table, border.variants_table, border.balance_table, border.neighbour_figure):
        with pytest.raises(FindingError, match="no finding has the key 'border"):
            make(tmp_path)
    with pytest.raises(FindingError, match=r"no finding has the key 'placebos\.lights\.year_2001\.effect'"):
        placebo_provinces.lights_figure(folder=tmp_path)
