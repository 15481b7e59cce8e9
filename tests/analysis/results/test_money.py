"""The findings of money and risk, on the real tables: once more by other means, and with the tables bent."""

import csv
import math
import statistics

import numpy as np
import pandas as pd
import pytest
from real_tables import NOTHING, found, made_money, table

from analysis.designs.errors import DesignError
from analysis.findings import Finding
from analysis.paths import DATA
from analysis.results import money
from analysis.results.match_units import build_units
from analysis.results.money import RISKS, worst_quarter
from analysis.study import Study


@pytest.fixture(scope="module")
def findings() -> dict[str, Finding]:
    return found("money")


@pytest.fixture(scope="module")
def units(study: Study) -> pd.DataFrame:
    return build_units(table("units"), table("census"), study)


def value(findings: dict[str, Finding], key: str) -> float:
    return findings[f"money.{key}"].value


def yearbook(year: str) -> dict[str, dict[str, float]]:
    """Plain reading of one year: figures that are printed and not flagged, by unit."""
    read: dict[str, dict[str, float]] = {}
    with (DATA / "yearbook.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["year"] == year:
                names = ("fiscal_revenue", "fiscal_expenditure", "loans", "household_deposits")
                fine = [n for n in names if row[n] and n not in row["flagged"].split()]
                read[row["unit_id"]] = {n: float(row[n]) for n in fine}
    return read


def test_the_worst_quarter_lies_above_the_third_quartile() -> None:
    chosen = worst_quarter(pd.Series([1.0, 2, 3, 4, 5, 6, 7, 8, math.nan]))
    assert list(chosen) == [False] * 6 + [True, True, False]


def test_money_a_head_by_plain_reading(findings: dict[str, Finding], units: pd.DataFrame, study: Study) -> None:
    for year, people in (("2011", "population_start"), ("2022", "population_end")):
        printed = yearbook(year)
        heads = {"expenditure": [], "revenue": [], "gap": []}
        for unit, residents in units.loc[units["province"] == study.treated, ["unit_id", people]].itertuples(
            index=False
        ):
            row = printed.get(unit, {})
            spent, raised = row.get("fiscal_expenditure", 0), row.get("fiscal_revenue", 0)
            heads["expenditure"] += [10_000 * spent / residents] if spent else []
            heads["revenue"] += [10_000 * raised / residents] if raised else []
            heads["gap"] += [10_000 * (spent - raised) / residents] if spent and raised else []
        for name, values in heads.items():
            assert value(findings, f"per_head.{name}.henan.{year}") == pytest.approx(statistics.median(values))


def test_loans_are_those_of_the_claim(findings: dict[str, Finding]) -> None:
    claim = found("match")["match.henan.loans_to_deposits_2011"]
    assert value(findings, "loans_to_savings.henan.2011") == claim.value
    printed, kinds = yearbook("2022"), table("units").set_index("unit_id")["unit_type"]
    ratios = [
        100 * r["loans"] / r["household_deposits"]
        for u, r in printed.items()
        if u.startswith("41") and kinds[u] in ("county", "county_city") and {"loans", "household_deposits"} <= set(r)
    ]
    assert value(findings, "loans_to_savings.henan.2022") == pytest.approx(statistics.median(ratios))
    below = value(findings, "loans_to_savings.henan.2011.at_most_60_share")
    assert (below > 50) == (claim.value < 60)  # a median below the line has half of the units below it


def test_risks_by_a_loop(findings: dict[str, Finding], units: pd.DataFrame, study: Study) -> None:
    first, last = yearbook("2011"), yearbook("2022")
    columns: dict[str, dict[str, float]] = {name: {} for name in RISKS}
    for r in units.itertuples():
        before, after = (y.get(r.unit_id, {}).get("fiscal_expenditure") for y in (first, last))
        if before and after:
            growth = (after / r.population_end) / (before / r.population_start)
            columns["cost"][r.unit_id] = 100 * math.log(growth)
        columns["citizenization"][r.unit_id] = r.urban_share_start - r.nonagricultural_share_start
        columns["capacity"][r.unit_id] = -100 * math.log(r.population_end / r.population_start)
        left = r.agricultural_employment_start - r.agricultural_employment_end
        columns["work"][r.unit_id] = r.urban_share_end - r.urban_share_start - left
    worst: dict[str, set[str]] = {}
    for name, by_unit in columns.items():
        threshold = float(np.quantile(list(by_unit.values()), 0.75))
        worst[name] = {u for u, v in by_unit.items() if v > threshold}
        mine = [u for u in by_unit if u.startswith(study.treated)]
        assert value(findings, f"risk.{name}.worst_quarter") == pytest.approx(threshold)
        assert value(findings, f"risk.{name}.henan.median") == pytest.approx(
            statistics.median(by_unit[u] for u in mine)
        )
        expected = 100 * sum(u in worst[name] for u in mine) / len(mine)
        assert value(findings, f"risk.{name}.henan.worst_quarter_share") == pytest.approx(expected)
        provinces: dict[str, list[float]] = {}
        for unit, v in by_unit.items():
            provinces.setdefault(unit[:2], []).append(v)
        medians = {p: statistics.median(v) for p, v in provinces.items() if len(v) >= 20}
        order = sorted(medians, key=lambda p: -medians[p])
        assert value(findings, f"risk.{name}.henan.rank") == 1 + order.index("41")
        assert findings[f"money.risk.{name}.henan.rank"].unit == f"of {len(medians)} provinces"
    whole = set.intersection(*(set(c) for c in columns.values()))
    both = [u for u in whole if sum(u in w for w in worst.values()) >= 2]
    # Quarters are drawn anew among units that have all four figures, nearly all units of China.
    assert value(findings, "risk.all.two_or_more_share") == pytest.approx(100 * len(both) / len(whole), abs=1)


def test_medians_of_the_risks_are_those_of_the_claims(findings: dict[str, Finding]) -> None:
    lost = value(findings, "risk.capacity.all.median")
    assert (lost > 0) == (found("match")["match.units_losing_residents_share"].value > 50)


def test_points_are_the_units_behind_the_quartiles(findings: dict[str, Finding]) -> None:
    points = made_money().units
    assert len(points) == findings["money.risk.capacity.worst_quarter"].n
    for name in RISKS:
        assert points[name].quantile(0.75) == pytest.approx(value(findings, f"risk.{name}.worst_quarter"))


def test_a_yearbook_without_the_year_is_named(study: Study) -> None:
    yearbook = table("yearbook")
    bent = yearbook[yearbook["year"] != 2022]
    with pytest.raises(DesignError, match=r"data/yearbook\.csv: no unit of Henan has revenue and expenditure in 2022"):
        money.make(table("units"), table("census"), bent, study, NOTHING)
