import numpy as np
import pandas as pd
import pyfixest
import pytest

from analysis.designs import errors
from analysis.designs.long_difference import CONTROLS, SPECIFICATIONS, build_sample, estimate, findings
from analysis.findings import Finding, MadeFrom
from analysis.study import Study


def found(tables, study: Study) -> dict[str, Finding]:
    all_findings, _ = findings(tables.census, tables.totals, tables.programme_units, study, MadeFrom({}, {}))
    return {f.key.removeprefix("long_difference."): f for f in all_findings.findings}


def test_known_effect_comes_back_without_noise(simulate_with, study: Study) -> None:
    got = found(simulate_with(effect=2.5, noise=0.0), study)
    for name in SPECIFICATIONS:
        assert got[f"effect_{name}"].value == pytest.approx(2.5, abs=1e-8)
    assert got["change.treated"].value == pytest.approx(12.5)
    assert got["change_by_province.hebei"].value == pytest.approx(10)
    assert got["treated_province.rank"].value == 1


def test_effect_lies_in_its_interval_on_simulated_data(simulate_with, study: Study) -> None:
    # 21 clusters, 3 of them treated: coverage falls short of 95 percent, so only a floor is asked.
    covered = 0
    for seed in range(40):
        sample = build_sample(simulate_with(seed=seed, effect=2.5).census, study).units
        fit = estimate(
            sample,
            start="urban_share_start",
            end="urban_share_end",
            treatment="treated",
            cluster="prefecture",
            unit="code",
        )
        low, high = fit.coefficients["treated"].interval
        covered += low <= 2.5 <= high
    assert covered >= 28


def test_effect_is_the_difference_of_mean_changes(simulated, study: Study) -> None:
    got = found(simulated, study)
    difference = got["change.treated"].value - got["change.comparison"].value
    assert got["effect_raw"].value == pytest.approx(difference)


# pyfixest 0.60 calls pandas in a way that pandas 4 will drop.
@pytest.mark.filterwarnings("ignore:The inplace keyword:DeprecationWarning")
@pytest.mark.parametrize("specification", SPECIFICATIONS)
def test_study_agrees_with_pyfixest(simulated, study: Study, specification: str) -> None:
    units = build_sample(simulated.census, study).units
    formula = " + ".join(["change ~ treated", *SPECIFICATIONS[specification]])
    theirs = pyfixest.feols(formula, units, vcov={"CRV1": "prefecture"})
    ours = found(simulated, study)[f"effect_{specification}"]
    assert ours.value == pytest.approx(theirs.coef()["treated"], rel=1e-8)
    assert ours.standard_error == pytest.approx(theirs.se()["treated"], rel=1e-8)
    assert ours.p_value == pytest.approx(theirs.pvalue()["treated"], rel=1e-6)


def test_districts_are_out_and_the_rest_is_in(simulated, study: Study) -> None:
    sample = build_sample(simulated.census, study)
    assert set(sample.units["code"].str[4:]) == {"21", "22", "23", "24", "25", "81"}
    assert len(sample.units) == 7 * 3 * 6
    assert sample.dropped == {"only_start": (0, 0), "only_end": (0, 0), "missing": (0, 0)}


def test_code_20_is_a_district_and_21_is_none(simulated, study: Study) -> None:
    census = simulated.census.replace({"code": {"410121": "410120"}})
    codes = set(build_sample(census, study).units["code"])
    assert "410120" not in codes
    assert "410221" in codes


def test_units_left_out_are_counted_by_reason(simulated, study: Study) -> None:
    census = simulated.census.copy()
    last = census["year"] == study.last_year
    census.loc[last & (census["code"] == "410121"), "code"] = "410199"
    census = census[~(last & (census["code"] == "130121"))]
    first = census["year"] == study.first_year
    census.loc[first & (census["code"] == "130122"), "schooling_years"] = np.nan
    census.loc[first & (census["code"] == "410181"), "households_surveyed"] = 0
    sample = build_sample(census, study)
    assert sample.dropped == {"only_start": (1, 1), "only_end": (1, 0), "missing": (1, 1)}
    got = found(type(simulated)(census, simulated.totals, simulated.programme_units, simulated.polygons), study)
    assert got["dropped_missing.comparison"].value == 1
    assert got["effect_raw"].n == len(sample.units) == 126 - 4


def test_province_without_units_is_named(simulated, study: Study) -> None:
    census = simulated.census[~simulated.census["code"].str.startswith("61")]
    with pytest.raises(errors.DesignError, match="no unit of Shaanxi"):
        build_sample(census, study)


def test_missing_total_is_named(simulated, study: Study) -> None:
    totals = simulated.totals[simulated.totals["year"] == study.first_year]
    with pytest.raises(errors.DesignError, match=r"found 0 rows of Henan \(410000\) in 2020"):
        findings(simulated.census, totals, simulated.programme_units, study, MadeFrom({}, {}))


def test_unknown_outcome_is_named(simulated, study: Study) -> None:
    units = build_sample(simulated.census, study).units
    with pytest.raises(errors.UnknownColumnError, match="'nope'"):
        estimate(units, start="nope", end="change", treatment="treated", cluster="prefecture", unit="code")


def test_programme_counts(simulated, study: Study) -> None:
    census = simulated.census.copy()
    shrunk = census["code"].isin(["410121", "410122"]) & (census["year"] == study.last_year)
    census.loc[shrunk, "population"] -= 1
    units = simulated.programme_units.copy()
    units.loc[units["code"] == "410321", "code2020"] = "410399"
    got = found(type(simulated)(census, simulated.totals, units, simulated.polygons), study)
    assert got["programme.units"].value == 18
    assert got["programme.counted"].value == 17
    assert got["programme.lost_population"].value == 2
    assert got["programme.lost_population_share"].value == pytest.approx(100 * 2 / 17)
    assert got["programme.in_sample"].value == 17


def test_each_model_names_its_controls_and_the_limit_of_its_errors(simulated, study: Study) -> None:
    got = found(simulated, study)
    assert "without controls" in got["effect_raw"].specification
    for control in CONTROLS.values():
        assert control.words in got["effect_all"].specification
        assert got[f"all.{control.name}"].unit == f"percentage points per {control.per}"
    assert "One province is treated" in got["effect_raw"].specification


def test_runs_on_data_of_anybody() -> None:
    random = np.random.default_rng(5)
    data = pd.DataFrame({"town": range(60), "region": np.arange(60) // 6, "before": random.normal(size=60)})
    data["built"] = data["region"] % 2
    data["after"] = data["before"] + 3 * data["built"]
    fit = estimate(data, start="before", end="after", treatment="built", cluster="region", unit="town")
    assert fit.coefficients["built"].estimate == pytest.approx(3)
