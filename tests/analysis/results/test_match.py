"""The findings of match and risk, on the real tables: once more by other means, and with the tables bent."""

import csv
import math
import statistics
from collections import defaultdict

import numpy as np
import pandas as pd
import pytest
from real_tables import NOTHING, found, made_match, table

from analysis.data.samples import KINDS
from analysis.designs.errors import DesignError
from analysis.findings import Finding
from analysis.paths import DATA
from analysis.results import match, match_money
from analysis.results.match_capacity import INDICATORS, build_capacity
from analysis.results.match_units import build_units
from analysis.study import Study


@pytest.fixture(scope="module")
def findings() -> dict[str, Finding]:
    return found("match")


@pytest.fixture(scope="module")
def units(study: Study) -> pd.DataFrame:
    return build_units(table("units"), table("census"), study)


def value(findings: dict[str, Finding], key: str) -> float:
    return findings[f"match.{key}"].value


def rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_medians_of_2011_by_plain_reading(findings: dict[str, Finding]) -> None:
    kinds = {r["unit_id"]: r["unit_type"] for r in rows("units.csv")}
    own, lent = [], []
    for row in rows("yearbook.csv"):
        if row["year"] != "2011" or not row["unit_id"].startswith("41") or kinds[row["unit_id"]] not in KINDS:
            continue
        flagged = row["flagged"].split()

        def number(name: str, row: dict[str, str] = row, flagged: list[str] = flagged) -> float | None:
            return float(row[name]) if row[name] and name not in flagged else None

        for part, whole, to in (
            ("fiscal_revenue", "fiscal_expenditure", own),
            ("loans", "household_deposits", lent),
        ):
            if number(part) is not None and number(whole):
                to.append(100 * number(part) / number(whole))
    assert value(findings, "henan.fiscal_self_sufficiency_2011") == pytest.approx(statistics.median(own))
    assert value(findings, "henan.loans_to_deposits_2011") == pytest.approx(statistics.median(lent))
    assert findings["match.henan.loans_to_deposits_2011"].n == len(lent)


def test_shares_of_units_by_a_loop(findings: dict[str, Finding], units: pd.DataFrame) -> None:
    people = [(r.population_start, r.population_end, r.service_employment_end) for r in units.itertuples()]
    growth = [math.log(b / a) for a, b, _ in people]
    middle, served = statistics.median(growth), statistics.median(s for *_, s in people)
    lost = sum(b < a for a, b, _ in people)
    out = sum(
        (g > middle and s < served) or (g < middle and s > served) for g, (*_, s) in zip(growth, people, strict=True)
    )
    assert value(findings, "units_losing_residents_share") == pytest.approx(100 * lost / len(people))
    assert value(findings, "units_out_of_step_share") == pytest.approx(100 * out / len(people))
    urban = [r.urban_share_end - r.urban_share_start for r in units.itertuples()]
    farms = [r.agricultural_employment_end - r.agricultural_employment_start for r in units.itertuples()]
    mu, mf = statistics.median(urban), statistics.median(farms)
    here = [p == "41" for p in units["province"]]
    behind = sum(h and u > mu and f > mf for h, u, f in zip(here, urban, farms, strict=True))
    assert value(findings, "henan.urban_without_work_share") == pytest.approx(100 * behind / sum(here))
    everywhere = sum(u > mu and f > mf for u, f in zip(urban, farms, strict=True))
    assert value(findings, "urban_without_work_share") == pytest.approx(100 * everywhere / len(units))


@pytest.mark.parametrize("group", ["henan", "neighbours", "all"])
def test_types_add_up(findings: dict[str, Finding], group: str) -> None:
    counted = {t: value(findings, f"typology.{group}.{t}") for t in (
        "growing_well_served", "growing_poorly_served", "shrinking_well_served", "shrinking_poorly_served", "units",
    )}  # fmt: skip
    assert sum(counted.values()) == 2 * counted["units"]
    lost = "units_losing_residents_share" if group == "all" else f"{group}.units_losing_residents_share"
    shrinking = counted["shrinking_well_served"] + counted["shrinking_poorly_served"]
    assert value(findings, lost) == pytest.approx(100 * shrinking / counted["units"])


def test_elasticity_by_moments(findings: dict[str, Finding], units: pd.DataFrame) -> None:
    workers = units[["service_workers_start", "service_workers_end"]]
    fine = units[(workers > 0).all(axis="columns")]
    y = np.log(fine["service_workers_end"] / fine["service_workers_start"])
    x = np.log(fine["population_end"] / fine["population_start"])
    assert value(findings, "service_elasticity") == pytest.approx(np.cov(x, y)[0, 1] / x.var())
    assert value(findings, "service_elasticity.per_head") == pytest.approx(value(findings, "service_elasticity") - 1)
    x, y = x - x.groupby(fine["province"]).transform("mean"), y - y.groupby(fine["province"]).transform("mean")
    assert value(findings, "service_elasticity.within_provinces") == pytest.approx((x * y).sum() / (x**2).sum())


def test_capacity_by_loops(findings: dict[str, Finding], units: pd.DataFrame, study: Study) -> None:
    ends = {n: (units[f"{n}_start"], units[f"{n}_end"]) for n in INDICATORS}
    fine = [i for i in units.index if all(math.isfinite(s[i]) and math.isfinite(e[i]) for s, e in ends.values())]
    limits = {n: (min(min(s[i], e[i]) for i in fine), max(max(s[i], e[i]) for i in fine)) for n, (s, e) in ends.items()}

    def index(i: int, end: int) -> float:
        return statistics.fmean((ends[n][end][i] - low) / (high - low) for n, (low, high) in limits.items())

    deviation = statistics.stdev(index(i, 0) for i in fine)
    changes = defaultdict(list)
    for i in fine:
        changes[units["province"][i]].append((index(i, 1) - index(i, 0)) / deviation)
    others = [c for p in study.neighbours for c in changes[p]]
    expected = statistics.fmean(changes["41"]) - statistics.fmean(others)
    assert value(findings, "capacity.effect") == pytest.approx(expected)
    assert value(findings, "capacity.standard_deviation") == pytest.approx(deviation)
    assert findings["match.capacity.effect"].n == len(changes["41"]) + len(others)


def test_a_known_effect_on_capacity_comes_back(units: pd.DataFrame, study: Study) -> None:
    """Simulated: the real units of 2010, with a decade that gives all the same but one province more."""
    bent, random = units.copy(), np.random.default_rng(2)
    for name in INDICATORS:
        spread = bent[f"{name}_start"].max() - bent[f"{name}_start"].min()
        more = 0.05 * (bent["province"] == study.treated) + random.normal(0, 0.005, len(bent))
        bent[f"{name}_end"] = bent[f"{name}_start"] + spread * (0.1 + more)
    made = build_capacity(bent)
    change = made.units.groupby(made.units["province"] == study.treated)["capacity"].mean()
    # The common scale reaches as far as the largest figure of either year.
    widest = {
        n: (bent[f"{n}_start"].max() - bent[f"{n}_start"].min())
        / (bent[[f"{n}_start", f"{n}_end"]].max().max() - bent[[f"{n}_start", f"{n}_end"]].min().min())
        for n in INDICATORS
    }
    expected = 0.05 * statistics.fmean(widest.values()) / made.deviations["capacity"]
    assert change[True] - change[False] == pytest.approx(expected, rel=0.02)


def test_bonds_by_plain_reading(findings: dict[str, Finding], study: Study) -> None:
    share: dict[str, dict[str, float]] = defaultdict(dict)
    for row in rows("prefectures.csv"):
        flagged = row["flagged"].split()
        if row["lgfv_bonds"] and row["gdp"] and not {"lgfv_bonds", "gdp"} & set(flagged):
            share[row["code"]][row["year"]] = 100 * float(row["lgfv_bonds"]) / float(row["gdp"])
    change = {c: s["2020"] - s["2015"] for c, s in share.items() if {"2015", "2020"} <= set(s)}
    ours = [d for c, d in change.items() if c[:2] == study.treated]
    theirs = [d for c, d in change.items() if c[:2] in study.neighbours]
    assert value(findings, "lgfv_bonds.effect") == pytest.approx(statistics.fmean(ours) - statistics.fmean(theirs))
    counts = defaultdict(int)
    for code in change:
        counts[code[:2]] += 1
    placebos = findings["match.lgfv_bonds.effect"].placebos
    assert placebos == sum(n >= 8 for n in counts.values()) - 1  # Henan is none


def test_expenditure_growth_is_a_difference_of_means(
    findings: dict[str, Finding], units: pd.DataFrame, study: Study
) -> None:
    spent = {(r.unit_id, r.year): r.fiscal_expenditure for r in table("yearbook").itertuples()}
    groups: dict[bool, list[tuple[float, float]]] = {True: [], False: []}
    for r in units[units["province"] == study.treated].itertuples():
        before, after = spent.get((r.unit_id, 2011), math.nan), spent.get((r.unit_id, 2022), math.nan)
        if before > 0 and after > 0:
            growth, people = 100 * math.log(after / before), 100 * math.log(r.population_end / r.population_start)
            groups[r.population_end < r.population_start].append((growth, growth - people))
    for i, name in ((0, ""), (1, ".own_residents")):
        lost, kept = (statistics.fmean(g[i] for g in groups[k]) for k in (True, False))
        assert value(findings, f"henan.expenditure_growth_shrinking{name}") == pytest.approx(lost - kept)


def test_years_are_shown_where_the_yearbook_is_whole(findings: dict[str, Finding]) -> None:
    for key, finding in findings.items():
        if key.startswith("match.fiscal_self_sufficiency.") and key.endswith(".coverage"):
            shown = key.removesuffix(".coverage") in findings
            assert shown == (finding.value >= 100 * match_money.WHOLE), key
    assert {"match.fiscal_self_sufficiency.henan.2022", "match.fiscal_self_sufficiency.neighbours.2006"} <= set(
        findings
    )


def test_a_yearbook_without_the_year_is_named(study: Study) -> None:
    yearbook = table("yearbook")
    with pytest.raises(DesignError, match=r"data/yearbook\.csv: no unit of Henan has self_sufficiency in 2011"):
        match.make(
            table("units"), table("census"), yearbook[yearbook["year"] != 2011], table("prefectures"),
            table("adjacency"), study, NOTHING,
        )  # fmt: skip


def test_points_are_the_units_behind_the_counts(findings: dict[str, Finding]) -> None:
    points = made_match().units
    assert len(points) == value(findings, "typology.all.units")
    own = points[points["group"] == "henan"]
    assert own["urbanizing_while_shrinking"].sum() == value(findings, "typology.henan.urbanizing_while_shrinking")
    placebos = made_match().placebos
    estimates = placebos[placebos["group"] == "41"].set_index("key")["estimate"]
    for key, estimate in estimates.items():
        assert findings[key].value == estimate


def test_sentences_of_the_chapter_hold(findings: dict[str, Finding]) -> None:
    """What chapters/12-match.qmd and 13-money.qmd say in words; if one fails, its sentence has to change."""
    get = lambda key: value(findings, key)  # noqa: E731
    assert get("service_elasticity.within_provinces") < get("service_elasticity")  # "but of ... within"
    assert findings["match.service_elasticity.within_provinces"].interval[1] < 1  # "A slope below one means"
    for group in ("henan", "neighbours", "all"):  # "became better on the average"
        assert get(f"services.{group}.2020") > get(f"services.{group}.2010")
        assert get(f"capacity.{group}.2020") > get(f"capacity.{group}.2010")
    change = {n: (made_match().units[[f"{n}_start", f"{n}_end"]].mean()) for n in ("capacity", "capacity_entropy")}
    assert all(c.iloc[1] > c.iloc[0] for c in change.values())
    assert 45 < get("units_out_of_step_share") < 55  # "says next to nothing"
    assert 45 < get("henan.units_out_of_step_share") < 55
    assert get("capacity.weight_entropy.bath") > 2 * get("capacity.weight_entropy.schooling")
    assert get("capacity.weight_follows_spread") > 0.9  # "the weight follows the spread"
    assert all(get(f"capacity.twins.{when}") > 0.95 for when in ("2010", "2020", "change"))  # "matters little"
    assert findings["match.capacity.effect.crv1"].p_value < 0.001  # "a sure thing"
    assert get("capacity.henan.2010") < get("capacity.neighbours.2010")  # "Henan also started lower"
    assert get("capacity.effect") > get("capacity.effect_given_start") > 0
    assert get("coordination.is_root_of_mean") < 1e-9  # "its root and nothing else"
    assert get("coupling.all.2010") > 0.95  # "what moved D is the level"
    assert get("lgfv_bonds.neighbours.2020") > get("lgfv_bonds.neighbours.2015")  # "grew among the neighbours too"
    assert get("henan.expenditure_growth_shrinking.own_residents") > get("henan.expenditure_growth_shrinking")
    for group in ("henan", "neighbours", "all"):
        assert get(f"lgfv_bonds.{group}.2020") > get(f"lgfv_bonds.{group}.2015")  # "All lie higher in 2020"
    for year in range(2013, 2024):  # the alternative text of the figure of bonds
        assert get(f"lgfv_bonds.henan.{year}") < get(f"lgfv_bonds.neighbours.{year}") < get(f"lgfv_bonds.all.{year}")
    revenue = {
        g: {y: get(f"fiscal_self_sufficiency.{g}.{y}") for y in (2006, 2010, 2011, 2022)}
        for g in ("henan", "neighbours", "all")
    }
    assert all(20 < v < 40 for years in revenue.values() for v in years.values())
    assert all(revenue["henan"][y] < revenue["neighbours"][y] for y in (2010, 2011))
    assert revenue["henan"][2022] > revenue["neighbours"][2022]
