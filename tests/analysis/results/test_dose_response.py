"""The thin call on the committed tables, with effects planted where a number has to be known."""

import json

import jsonschema
import numpy as np
import pandas as pd
import pytest
import yaml

from analysis.data.tables import load_census, load_units, load_yearbook
from analysis.designs.errors import DesignError
from analysis.findings import Finding, load_all
from analysis.paths import ROOT, SEEDS
from analysis.pipeline.task_dose_response import task_dose_response
from analysis.results import dose_response
from analysis.results.dose_response import DOSES, VERSIONS, mean_of_years, over_years
from analysis.study import load_study


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return dose_response.sample(load_units(), load_census(), load_yearbook(), load_study())


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Finding]:
    folder = tmp_path_factory.mktemp("made")
    task_dose_response(to_findings=folder / "dose_response.json", to_points=folder / "samples" / "bins.csv")
    schema = json.loads((ROOT / "publishing" / "findings.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(json.loads((folder / "dose_response.json").read_text(encoding="utf-8")), schema)
    return load_all(folder)


def test_mean_of_years_wants_all_of_them() -> None:
    logs = pd.DataFrame({2006: [1.0, 2.0, np.nan], 2010: [3.0, np.nan, 5.0]}, index=list("abc"))
    assert mean_of_years(logs, (2006, 2010)).dropna().to_dict() == {"a": 2.0}
    with pytest.raises(DesignError, match="no figures of 2007"):
        mean_of_years(logs, (2006, 2007))


def test_over_years_takes_out_what_years_share() -> None:
    units, years = np.array([1.0, 4.0, 2.0, 7.0]), {2006: 0.0, 2008: 3.0, 2010: 9.0}
    full = pd.DataFrame({y: units + e for y, e in years.items()}, index=list("abcd"))
    holes = full.copy()
    holes.loc["a", 2006] = holes.loc["b", 2010] = holes.loc["d", 2008] = np.nan
    got = over_years(holes, (2006, 2007, 2008, 2010))
    assert (got - got["a"]).to_dict() == pytest.approx({"a": 0, "b": 3, "c": 1, "d": 6}, abs=1e-9)
    with pytest.raises(DesignError, match="two of the years"):
        over_years(holes, (2006,))


def test_doses_are_the_yearbooks_figures_of_their_own_years(frame: pd.DataFrame) -> None:
    """The year is that of the figures, one before the edition's: by hand from the table, for one unit."""
    table = pd.read_csv(ROOT / "data" / "yearbook.csv", dtype={"unit_id": str})
    unit = "410122"
    rows = table[table["unit_id"] == unit].set_index("year")
    assert rows.at[2010, "edition"] == 2011
    by_hand = np.mean(
        [np.log(1e4 * rows.at[y, "urban_investment"] / rows.at[y, "registered_population"]) for y in (2006, 2010)]
    )
    spent = np.log(1e4 * rows.at[2011, "fiscal_expenditure"] / rows.at[2011, "registered_population"])
    own = frame.set_index("unit_id").loc[unit]
    assert own["dose_investment"] == pytest.approx(by_hand, rel=1e-12)
    assert own["dose_expenditure"] == pytest.approx(spent, rel=1e-12)


def test_a_planted_slope_comes_back_for_twice_the_dose(frame: pd.DataFrame) -> None:
    dose = DOSES["investment"]
    rows = dose_response.complete_rows(frame, dose.name)
    planted = rows.assign(log_population=4 * rows["dose_investment"] + 10 * rows["province"].astype(int))
    planted["log_population"] += 1e-7 * np.sin(np.arange(len(planted)))  # an exact fit has no error
    words = dose_response._Words(load_study(), dose, planted, 0)
    found = {f.key: f for f in dose_response._main(planted, dose, words)}
    key = "dose_response.investment.log_population"
    assert found[key].value == pytest.approx(4 * np.log(2), rel=1e-6)
    assert found[f"{key}.prefecture_covariates"].value == pytest.approx(4 * np.log(2), rel=1e-6)
    assert found[key].unit == "log points"


def test_the_claims_find_what_they_wait_for(made: dict[str, Finding]) -> None:
    waiting = [
        claim
        for path in SEEDS.glob("*.yml")
        for claim in yaml.safe_load(path.read_text(encoding="utf-8"))["claims"]
        if (claim["finding"] or "").startswith("dose_response.")
    ]
    assert len(waiting) == 2
    for claim in waiting:
        found = made[claim["finding"]]
        assert found.unit == claim["size"]["unit"]
        assert found.interval is not None and found.interval[0] < found.value < found.interval[1]
        assert found.clusters is not None and found.clusters > 200


def test_every_outcome_has_every_version_and_a_corrected_p(made: dict[str, Finding]) -> None:
    for dose in DOSES:
        for outcome in dose_response.OUTCOMES:
            base = f"dose_response.{dose}.{outcome}"
            for version in VERSIONS:
                found = made[base if version == "province" else f"{base}.{version}"]
                assert "An association." in found.specification
                assert found.standard_error is not None and found.standard_error > 0
            p = made[base].p_value
            # The correction starts from another test of the same slope, so allow it a little below.
            assert p is not None and made[f"{base}.p_family"].value >= 0.5 * p


def test_acceleration_is_the_difference_of_the_decades(made: dict[str, Finding]) -> None:
    for dose in DOSES:
        base = f"dose_response.{dose}.log_population"
        difference = made[f"{base}.same_units"].value - made[f"{base}.placebo"].value
        assert made[f"{base}.acceleration"].value == pytest.approx(difference, rel=1e-9)


def test_errors_beside_are_of_the_same_slope(made: dict[str, Finding]) -> None:
    base = "dose_response.investment.log_population"
    assert made[f"{base}.by_province"].value == pytest.approx(made[base].value)
    assert made[f"{base}.by_province"].clusters < made[base].clusters
    values = {made[f"{base}.conley_{c}"].value for c in dose_response.CUTOFFS_KM}
    assert len(values) == 1
    assert made[f"{base}.henan"].n == 109


def test_bound_says_when_it_is_silent(made: dict[str, Finding]) -> None:
    for dose in DOSES:
        for outcome in dose_response.LEADING:
            base = f"dose_response.{dose}.{outcome}"
            speaks = made[f"{base}.oster_speaks"].value == 1
            assert ("It says nothing here" in made[f"{base}.oster_adjusted"].specification) is not speaks
            assert 0 < made[f"{base}.robustness_value"].value < 100
