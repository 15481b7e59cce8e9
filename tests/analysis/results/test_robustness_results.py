"""The study's own calls, on the committed tables; few draws, since the book's findings have many."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

from analysis.data.tables import load_adjacency, load_census, load_units
from analysis.findings import Finding, MadeFrom
from analysis.results import inference, robustness
from analysis.results.counties import OUTCOMES, build, neighbours
from analysis.study import Study

pytestmark = pytest.mark.usefixtures("tables_loaded_once")

DRAWS = 1000


@pytest.fixture(scope="module")
def tables() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    return load_units(), load_census(), load_adjacency()


@pytest.fixture(scope="module")
def of_inference(tables: tuple[pd.DataFrame, ...], study: Study) -> inference.Result:
    return inference.results(*tables, study, MadeFrom({}, {}), draws=DRAWS)


@pytest.fixture(scope="module")
def of_robustness(tables: tuple[pd.DataFrame, ...], study: Study) -> robustness.Result:
    return robustness.results(*tables, study, MadeFrom({}, {}))


def by_key(result: inference.Result | robustness.Result) -> dict[str, Finding]:
    return {f.key: f for f in result.findings.findings}


def test_shares_of_the_variance_sum_to_the_whole(of_inference: inference.Result) -> None:
    found = by_key(of_inference)
    for o in OUTCOMES:
        parts = [found[f"inference.variance.{o}.{p}_share"].value for p in ("province", "prefecture", "unit")]
        assert sum(parts) == pytest.approx(100)
        assert min(parts) > 5  # nothing is at the boundary


def test_what_the_appendix_says_of_coverage_and_size(of_inference: inference.Result) -> None:
    found = by_key(of_inference)
    for o in OUTCOMES:
        key = f"inference.coverage.{o}"
        error = found[f"{key}.without.crv1"].standard_error
        assert error is not None
        assert 93 - 2 * error <= found[f"{key}.without.crv1"].value <= 97
        assert found[f"{key}.without.crv3"].value >= found[f"{key}.without.crv1"].value
        assert found[f"{key}.with.crv1"].value < 60
        assert found[f"{key}.with.crv3"].value < found[f"{key}.with.crv1"].value + 5
        for level in (5, 10):
            size = found[f"{key}.with.size_{level}"]
            assert size.n == DRAWS
            assert size.standard_error is not None
            assert size.value <= level + 2 * size.standard_error
    # "many draws that have none", and "rejects only if Henan's estimate is the largest of all"
    assert 100 - found["inference.coverage.urban_share.with.crv1"].value > 40


def test_the_treated_province_has_more_units_and_neighbours_than_most(tables: tuple[pd.DataFrame, ...]) -> None:
    units, census, adjacency = tables
    sizes = build(units, census, first=2010, last=2020)["province"].value_counts()
    sizes = sizes[sizes >= inference.SMALLEST]
    assert 1 / len(sizes) <= 0.05 < 2 / len(sizes)  # at 5 percent only the largest estimate of all rejects
    borders = {p: len(n) for p, n in neighbours(adjacency).items() if p in sizes.index}
    assert sum(sizes < sizes["41"]) > len(sizes) / 2
    assert sum(n < borders["41"] for n in borders.values()) > len(borders) / 2


def test_what_the_appendix_says_of_power(of_inference: inference.Result) -> None:
    found = by_key(of_inference)
    for o in OUTCOMES:
        key = f"inference.power.{o}"
        assert found[f"{key}.at_simulated_detectable"].value < 80
        assert found[f"{key}.needed"].value > found[f"{key}.detectable"].value
    larger = [
        found[f"inference.power.{o}.simulated_detectable"].value > found[f"inference.power.{o}.detectable"].value
        for o in OUTCOMES
    ]
    assert sum(larger) > 2
    curve = of_inference.power
    none = curve[(curve["world"] == "with") & (curve["effect"] == 0)]
    assert (none["crv1"] > 40).all()
    assert (none["placebo"] < 5).all()
    assert curve.groupby(["outcome", "world"]).size().eq(31).all()


def test_the_capital_prefectures_are_those_of_the_atlas(tables: tuple[pd.DataFrame, ...]) -> None:
    found = robustness.capital_prefectures(tables[0], 2010)
    assert len(found) == 31
    for known in ("41 郑州市", "13 石家庄市", "61 西安市", "64 银川市", "37 济南市", "53 昆明市"):
        assert known in found


def test_there_are_several_hundred_specifications_each_once(of_robustness: robustness.Result) -> None:
    choices = of_robustness.curve[["outcome", "kinds", "zones", "capital", "comparison", "controls", "weight"]]
    assert not choices.duplicated().any()
    assert choices.groupby("outcome").size().to_dict() == {o: 96 if o == "urban_share" else 128 for o in OUTCOMES}
    assert len(choices) >= 500


def test_one_specification_is_a_regression_of_its_own(
    of_robustness: robustness.Result, tables: tuple[pd.DataFrame, ...], study: Study
) -> None:
    units, census, adjacency = tables
    rows, dropped = robustness.data(units, census, study)
    assert dropped < 10
    chosen = {"outcome": "schooling", "kinds": "counties", "zones": "out", "capital": "out", "comparison": "neighbours", "controls": "own", "weight": "population"}  # fmt: skip
    row = of_robustness.curve[(of_robustness.curve[list(chosen)] == pd.Series(chosen)).all(axis=1)].iloc[0]
    part = rows[
        rows["kind"].ne("county_city")
        & rows["zone"].eq(0)
        & ~rows["prefecture"].isin(robustness.capital_prefectures(units, 2010))
    ]
    part = part[part["province"].isin(["41", *neighbours(adjacency)["41"]])].assign(
        henan=lambda d: d["province"].eq("41") * 1
    )
    fit = smf.wls("schooling ~ henan + schooling_start", part, weights=part["population_start"]).fit()
    assert row["estimate"] == pytest.approx(fit.params["henan"], rel=1e-8)
    assert row["units"] == len(part)
    assert row["41"] == row["estimate"]


def test_what_the_appendix_says_of_the_curves(of_robustness: robustness.Result) -> None:
    found = by_key(of_robustness)
    whole = "robustness.curve.all_outcomes"
    assert found[f"{whole}.significant_placebo"].value < 5
    assert found[f"{whole}.significant_clustered"].value > 50
    assert found[f"{whole}.others_significant_clustered"].value > 25
    assert found[f"{whole}.specifications"].value == len(of_robustness.curve)
    for o in OUTCOMES:
        median = found[f"robustness.curve.{o}.median"]
        assert median.p_value is not None
        assert median.smallest_p is not None
        assert median.p_value > median.smallest_p + 1e-9  # Henan's curve is never the outermost
        assert found[f"robustness.curve.{o}.low"].value <= median.value <= found[f"robustness.curve.{o}.high"].value


def test_agricultural_employment_enters_the_joint_curve_with_its_sign_changed(of_robustness: robustness.Result) -> None:
    curve = of_robustness.curve
    signed = (curve["estimate"] / curve["scale"]).median()
    assert by_key(of_robustness)["robustness.curve.all_outcomes.median"].value == pytest.approx(signed)
    assert (np.sign(curve["scale"]) < 0).equals(curve["outcome"].eq("agricultural_employment"))


def test_leaving_a_prefecture_out_is_a_regression_without_it(
    of_robustness: robustness.Result, tables: tuple[pd.DataFrame, ...], study: Study
) -> None:
    units, census, adjacency = tables
    rows, _ = robustness.data(units, census, study)
    near = rows[rows["province"].isin(["41", *neighbours(adjacency)["41"]])]
    table = of_robustness.left_out
    part = table[(table["outcome"] == "urban_share") & (table["specification"] == "raw")]
    assert set(part["prefecture"]) == set(near["prefecture"])
    for name in ("41 洛阳市", "13 保定市"):
        rest = near[near["prefecture"] != name]
        means = rest.groupby(rest["province"].eq("41"))["urban_share"].mean()
        assert part.set_index("prefecture").loc[name, "estimate"] == pytest.approx(means[True] - means[False])
    found = by_key(of_robustness)
    key = "robustness.leave_one_out.urban_share"
    assert found[f"{key}.low"].value == part["estimate"].min()
    assert found[f"{key}.high"].value == part["estimate"].max()
    moved = found[f"{key}.most_moved"]
    assert moved.value in (found[f"{key}.low"].value, found[f"{key}.high"].value)
    assert moved.specification.endswith(
        part.loc[(part["estimate"] - part["full"]).abs().idxmax(), "prefecture"].split()[1] + "."
    )
