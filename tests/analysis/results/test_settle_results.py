"""What designs could find: on the real register and censuses, with made-up sizes of shocks."""

import csv
import statistics
from collections import defaultdict

import numpy as np
import pytest
from real_tables import NOTHING, table

from analysis.findings import Finding, FindingError
from analysis.paths import DATA, SEEDS
from analysis.results import settle
from analysis.results.claims import EffectClaim, effect_claims, read_notes
from analysis.results.counties import OUTCOMES
from analysis.study import Study

SD = {"province": 3.0, "prefecture": 2.0, "unit": 6.0}


def _known() -> dict[str, Finding]:
    found = [
        Finding(f"inference.variance.{o}.{part}_sd", sd, what.unit, "made up", "made up")
        for o, what in OUTCOMES.items()
        for part, sd in SD.items()
    ]
    for i, claim in enumerate(effect_claims(read_notes(SEEDS.glob("*.yml")))):
        detectable = claim.size * (0.5 + i)
        found.append(Finding(claim.finding, 0.0, claim.unit, "made up", "made up", placebos=24, detectable=detectable))
    return {f.key: f for f in found}


@pytest.fixture(scope="module")
def claims() -> list[EffectClaim]:
    return effect_claims(read_notes(SEEDS.glob("*.yml")))


@pytest.fixture(scope="module")
def result(study: Study, claims: list[EffectClaim]) -> settle.Results:
    return settle.results(table("units"), table("census"), study, claims, _known(), NOTHING)


@pytest.fixture(scope="module")
def found(result: settle.Results) -> dict[str, float]:
    return {f.key.removeprefix("settle."): f.value for f in result.findings.findings}


def test_ratios_are_detectable_over_size(found: dict[str, float], claims: list[EffectClaim]) -> None:
    assert [found[f"{c.outcome}.ratio"] for c in claims] == pytest.approx([0.5 + i for i in range(len(claims))])
    assert found["claims.judged"] == len(claims)
    assert found["claims.within_reach"] == 1
    assert found["claims.smallest_ratio"] == pytest.approx(0.5)
    assert found["claims.largest_ratio"] == pytest.approx(len(claims) - 0.5)


def test_batches_have_the_units_of_the_roster(found: dict[str, float]) -> None:
    with (DATA / "units.csv").open(encoding="utf-8", newline="") as file:
        roster = [row for row in csv.DictReader(file) if row["baicheng"] == "in programme"]
    poor = sum(row["poverty"] != "" for row in roster)
    assert found["roster.units"] == len(roster) == 106
    assert found["roster.first"] + found["roster.second"] + found["roster.last"] == len(roster)
    assert found["roster.poor"] == poor
    assert found["roster.poor_in_first"] == poor - found["roster.last"]


def test_the_effect_of_one_province_is_the_root_of_the_mean_variance(study: Study, found: dict[str, float]) -> None:
    """By hand: units and prefectures of each province, counted from the register."""
    sizes: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    rows = settle.build(table("units"), table("census"), first=study.first_year, last=study.last_year)
    for province, prefecture in zip(rows["province"], rows["prefecture"], strict=True):
        sizes[province][prefecture] += 1
    variances = []
    for prefectures in sizes.values():
        n = sum(prefectures.values())
        if n >= 20:
            variances.append(9 + 4 * sum(m**2 for m in prefectures.values()) / n**2 + 36 / n)
    s = len(variances)
    errors = {k: np.sqrt(statistics.mean(variances) * (1 / k + 1 / (s - k))) for k in settle.TREATED}
    for k, error in errors.items():
        assert found[f"provinces.urban_share.treated_{k}"] / found["provinces.urban_share.treated_1"] == pytest.approx(
            error / errors[1]
        )
    assert found["provinces.urban_share.treated_1"] == pytest.approx(2.93 * errors[1], rel=0.01)


def test_units_without_end_leave_the_shock_to_the_province(found: dict[str, float]) -> None:
    assert found["provinces.urban_share.many_units"] == pytest.approx(2.9256 * 3 * np.sqrt(25 / 24), rel=1e-4)
    assert found["provinces.urban_share.many_units"] < found["provinces.urban_share.treated_1"]


def test_poverty_and_dates_cost_what_their_arithmetic_says(found: dict[str, float]) -> None:
    lot = found["batches.urban_share.by_lot"]
    alike = 9 * 44 / 53 + 36 * 17 / 53
    assert found["batches.urban_share.given_poverty"] / lot == pytest.approx(np.sqrt(45 * 61 / 106 / alike), rel=0.01)
    first, second, last = 2020.83 - 2017.25, 2020.83 - 2018.1, 2020.83 - 2019.1
    lead = (first - (17 * second + 44 * last) / 61) / first
    assert 0.3 < lead < 0.5
    assert found["batches.urban_share.as_run"] == pytest.approx(lot / lead)
    assert lot == pytest.approx(2.82 * np.sqrt((36 + 4 * 0.93) / (45 * 61 / 106)), rel=0.01)


def test_yearly_figures_bring_back_what_dates_cost(found: dict[str, float]) -> None:
    assert found["batches.urban_share.by_lot"] < found["batches.urban_share.yearly"]
    assert found["batches.urban_share.yearly"] < 0.6 * found["batches.urban_share.as_run"]
    assert "batches.schooling.yearly" not in found


def test_more_counts_in_three_worlds(found: dict[str, float]) -> None:
    assert found["time.census_2030.stays.lasting"] == pytest.approx(100)
    assert found["time.census_2030.stays.passing"] == pytest.approx(100 * np.sqrt(3) / 2)
    assert found["time.census_2030.doubles.lasting"] == pytest.approx(100 / np.sqrt(2))
    assert found["time.yearly.at_once.lasting"] == pytest.approx(100 / np.sqrt(10))
    r = found["decades.log_population.correlation"]
    assert found["time.census_2030.stays.drifting"] == pytest.approx(100 * np.sqrt(1 - r**2))
    for rounds in ("census_2030.doubles", "yearly.grows", "yearly.at_once"):
        assert found[f"one_province.urban_share.{rounds}"] == pytest.approx(
            found[f"time.{rounds}.lasting"] / 100 * found["provinces.urban_share.treated_1"]
        )


def test_decades_are_alike_as_counted_by_hand(study: Study, found: dict[str, float]) -> None:
    rows = settle.three_censuses(table("units"), table("census"), study)
    changes = defaultdict(list)
    for province, now, then in zip(
        rows["province"], rows["log_population"], rows["log_population_before"], strict=True
    ):
        if np.isfinite(now) and np.isfinite(then):
            changes[province].append((now, then))
    means = np.array([np.mean(c, axis=0) for c in changes.values() if len(c) >= 20])
    assert found["decades.log_population.correlation"] == pytest.approx(np.corrcoef(means.T)[0, 1])
    assert found["decades.log_population.correlation"] > 0


def test_units_by_lot_for_the_size_that_matters(found: dict[str, float]) -> None:
    assert found["lots.urban_share.units"] == pytest.approx(2.8016**2 * 4 * 40 / 2**2, abs=1)
    assert "lots.schooling.units" not in found


def test_the_curve_goes_through_the_table(result: settle.Results, found: dict[str, float]) -> None:
    curve = result.provinces[result.provinces["outcome"] == "log_population"].set_index("treated")["detectable"]
    for k in settle.TREATED:
        assert curve[k] == pytest.approx(found[f"provinces.log_population.treated_{k}"])
    assert curve.is_monotonic_decreasing


def test_what_is_missing_is_named(study: Study, claims: list[EffectClaim]) -> None:
    for gone in ("inference.variance.schooling.unit_sd", "long_difference.urban_share.effect"):
        known = {k: f for k, f in _known().items() if k != gone}
        with pytest.raises(FindingError, match=gone):
            settle.results(table("units"), table("census"), study, claims, known, NOTHING)
    with pytest.raises(FindingError, match="no claim"):
        settle.results(table("units"), table("census"), study, [], _known(), NOTHING)
