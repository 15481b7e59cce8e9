"""Profiles of the programme's units, on the real tables: once more by plain reading, and with the tables bent."""

import csv
import statistics
from functools import cache

import pandas as pd
import pytest
from real_tables import NOTHING, made_match, table

from analysis.designs.errors import DesignError
from analysis.findings import Finding
from analysis.paths import DATA
from analysis.results import profiles
from analysis.results.profiles import MARKS
from analysis.study import Study, load_study

NAMES = ("programme_units", "units", "census", "yearbook", "designations")


@cache
def made() -> profiles.Made:
    return profiles.make(*(table(name) for name in NAMES), load_study(), NOTHING)


@pytest.fixture(scope="module")
def units() -> pd.DataFrame:
    return made().units.set_index("unit_id")


@pytest.fixture(scope="module")
def findings() -> dict[str, Finding]:
    return {f.key: f for f in made().findings.findings}


def value(findings: dict[str, Finding], key: str) -> float:
    return findings[f"profiles.{key}"].value


def rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_figures_by_plain_reading(units: pd.DataFrame) -> None:
    census = {(r["code"], int(r["year"])): r for r in rows("census.csv")}
    assert len(units) == 106
    # Changyuan has another code in 2020.
    for first, last in (("410122", "410122"), ("410728", "410783"), ("419001", "419001")):
        unit = units.loc[first]
        for year, code in ((2010, first), (2020, last)):
            row = {name: float(cell) for name, cell in census[(code, year)].items() if cell.replace(".", "").isdigit()}
            assert unit[f"residents_{year}"] == row["population"]
            services = sum(row[f"employed_{n}"] for n in ("education", "health", "public_facilities"))
            assert {name: unit[f"{name}_{year}"] for name in profiles.FIGURES} == pytest.approx(
                {
                    "urban_share": 100 * row["urban_population"] / row["population"],
                    "agricultural_employment": 100 * row["employed_agriculture"] / row["employed"],
                    "piped_water": 100 * row["households_piped_water"] / row["households_surveyed"],
                    "service_employment": 1000 * 10 * services / row["population"],
                }
            )
        assert unit["urban_share"] == unit["urban_share_2020"] - unit["urban_share_2010"]
    code = {r["unit_id"]: r["code2000"] for r in rows("units.csv")}["419001"]
    assert code != "419001"
    assert units.loc["419001", "residents_2000"] == float(census[(code, 2000)]["population"])


def test_own_revenue_is_of_the_last_year_with_both_figures(units: pd.DataFrame) -> None:
    last: dict[str, tuple[int, float]] = {}
    start = {}
    for row in rows("yearbook.csv"):
        flagged = row["flagged"].split()
        parts = [row[n] if n not in flagged else "" for n in ("fiscal_revenue", "fiscal_expenditure")]
        if row["unit_id"] in units.index and all(parts) and float(parts[1]) > 0:
            year = int(row["year"])
            if year == 2010:
                start[row["unit_id"]] = 100 * float(parts[0]) / float(parts[1])
            if year > last.get(row["unit_id"], (0, 0))[0]:
                last[row["unit_id"]] = year, 100 * float(parts[0]) / float(parts[1])
    assert units["own_revenue_2010"].to_dict() == pytest.approx(start)
    assert units["own_revenue_year"].to_dict() == {unit: year for unit, (year, _) in last.items()}
    assert units["own_revenue"].to_dict() == pytest.approx({unit: share for unit, (_, share) in last.items()})


def test_types_are_those_of_the_typology(units: pd.DataFrame, findings: dict[str, Finding]) -> None:
    everywhere = made_match().units.set_index("unit_id")
    for name in ("type", "urbanizing_while_shrinking"):
        assert units[name].to_dict() == everywhere.loc[units.index, name].to_dict()
    known = units["residents_2020"] >= units["residents_2010"]
    assert (units["type"].str.startswith("growing") == known).all()
    parts = [value(findings, f"type.{t}") for t in profiles.TYPES]
    assert sum(parts) == value(findings, "units") == value(findings, "growing") + value(findings, "shrinking") == 106
    assert value(findings, "well_served") == parts[0] + parts[2]
    assert value(findings, "shrinking") == units_that_lost()


def units_that_lost() -> int:
    census = {(r["code"], r["year"]): float(r["population"]) for r in rows("census.csv")}
    return sum(census[(r["code2020"], "2020")] < census[(r["code2010"], "2010")] for r in rows("programme_units.csv"))


def test_marks_are_the_designations(units: pd.DataFrame, findings: dict[str, Finding]) -> None:
    listed: dict[str, set[str]] = {}
    for row in rows("designations.csv"):
        listed.setdefault(row["designation"], set()).add(row["code2010"])
    for mark, designation in (
        ("province_managed", "province_managed_2014"),
        ("national_poverty", "poverty_national"),
        ("provincial_poverty", "poverty_provincial"),
        ("demonstration", "ndrc_demonstration_2020"),
        ("special_town", "special_town_2017"),
    ):
        assert set(units.index[units[mark]]) == listed[designation] & set(units.index), mark
    zones = {r["unit_id"] for r in rows("units.csv") if r["zone_suspected"] == "1"} & set(units.index)
    assert set(units.index[units["zone_suspected"] | units["zone_by_notice"]]) >= zones
    assert not (units["zone_suspected"] & units["zone_by_notice"]).any(), "a unit has one of the two"
    for mark in MARKS:
        assert value(findings, f"marks.{mark}") == units[mark].sum()
    assert value(findings, "marks.none") == sum(not any(row) for row in units[list(MARKS)].to_numpy())
    assert (units["poverty_exit"] != "").equals(units["national_poverty"] | units["provincial_poverty"])


def test_counts_and_medians_by_a_loop(units: pd.DataFrame, findings: dict[str, Finding]) -> None:
    change = [b - a for a, b in zip(units["urban_share_2010"], units["urban_share_2020"], strict=True)]
    assert value(findings, "urban_share_rose") == sum(c > 0 for c in change)
    assert value(findings, "urban_share_change.median") == pytest.approx(statistics.median(change))
    assert value(findings, "urban_share_change.min") == pytest.approx(min(change))
    assert value(findings, "urban_share_change.max") == pytest.approx(max(change))
    both = sum(
        c > 0 and b < a for c, a, b in zip(change, units["residents_2010"], units["residents_2020"], strict=True)
    )
    assert value(findings, "urbanizing_while_shrinking") == both
    assert value(findings, "ground_changed_2000_2010") == (~units["ground_2000"]).sum() == 5
    assert value(findings, "prefectures") == units["prefecture"].nunique()
    for year in (2000, 2010, 2020):
        assert value(findings, f"residents.{year}") == units[f"residents_{year}"].sum()


def test_numbers_count_within_prefectures(units: pd.DataFrame) -> None:
    for _, part in units.groupby("prefecture"):
        assert part["number"].tolist() == list(range(1, len(part) + 1))
        assert part.index.is_monotonic_increasing


def test_a_unit_that_the_register_lacks_is_named(study: Study) -> None:
    roster, *rest = (table(name) for name in NAMES)
    bent = roster.assign(code2010=roster["code2010"].replace("410122", "410199"))
    with pytest.raises(DesignError, match="410199"):
        profiles.build(bent, *rest, study)


def test_a_unit_without_a_figure_is_named(study: Study) -> None:
    roster, register, census, *rest = (table(name) for name in NAMES)
    here = (census["code"] == "410122") & (census["year"] == 2020)
    bent = census.assign(households_piped_water=census["households_piped_water"].mask(here))
    with pytest.raises(DesignError, match=r"piped_water_2020 for Zhongmu \(410122\)"):
        profiles.build(roster, register, bent, *rest, study)
