"""Bad input that all designs share: each is a named error, never a NaN, an infinity or another exception.

Units are simulated; each case changes one thing in data that every design here can carry.
"""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
import pytest

from analysis.designs import (
    adjustment,
    binned,
    border,
    coverage,
    dose,
    elasticity,
    event_study,
    inference,
    long_difference,
    omitted,
    placebo,
    regression,
    rings,
    space,
    specification_curve,
    synthetic,
    typology,
    variance,
    weights,
)
from analysis.designs.errors import (
    CollinearityError,
    DesignError,
    DrawsError,
    DuplicateUnitError,
    LevelError,
    NonFiniteError,
    NoVariationError,
    PanelError,
    SensitivityError,
    TooFewClustersError,
    TooFewUnitsError,
    TreatmentError,
    UnknownColumnError,
    VarianceError,
)

GROUPS = tuple(f"{i:02}" for i in range(8))
SIZE = 20
NEAR: Mapping[str, tuple[str, ...]] = {
    g: tuple(GROUPS[(i + d) % 8] for d in (-2, -1, 1, 2)) for i, g in enumerate(GROUPS)
}
NAMES = {"group": "group", "cluster": "cluster", "unit": "unit"}
UNITS = [f"u{g}{i:02}" for g in GROUPS for i in range(SIZE)]
PAIRS = pd.DataFrame(
    [(UNITS[i], UNITS[(i + d) % len(UNITS)]) for i in range(len(UNITS)) for d in (1, SIZE)],
    columns=["unit_a", "unit_b"],
)


def units() -> pd.DataFrame:
    """Simulated units in eight groups of five clusters; group 00 is treated."""
    random = np.random.default_rng(0)
    n = len(UNITS)
    data = pd.DataFrame({"unit": UNITS, "group": np.repeat(GROUPS, SIZE)})
    data["cluster"] = [f"{g}{i % 5}" for i, g in enumerate(data["group"])]
    for name in ("y", "z", "z2", "dose"):
        data[name] = random.normal(size=n)
    for name in ("start", "end", "before", "after", "weight"):
        data[name] = random.uniform(1, 2, n)
    data["latitude"], data["longitude"] = 30 + random.uniform(0, 3, n), 110 + random.uniform(0, 3, n)
    return data.assign(treated=(data["group"] == "00").astype(float))


def distances() -> pd.DataFrame:
    return pd.DataFrame(np.random.default_rng(1).uniform(0, 200, (len(UNITS), 8)), index=UNITS, columns=list(GROUPS))


def map_of(data: pd.DataFrame) -> weights.Contiguity:
    return weights.contiguity(data, PAIRS, unit="unit", islands="nearest")


def graph_of(data: pd.DataFrame, columns: tuple[str, ...] = ("y", "z")) -> border.Graph:
    return border.graph(data, PAIRS, columns, **NAMES, ends=("unit_a", "unit_b"))


def curve(data: pd.DataFrame, scale: float = 1.0) -> specification_curve.Joint:
    wanted = [specification_curve.Specification("y", "all", "near", ("z",))]
    found = specification_curve.specification_curve(
        data, wanted, "00", samples={"all": np.ones(len(data), bool)}, comparisons={"near": NEAR}, **NAMES
    )
    return specification_curve.infer(found, np.array([scale]))


def family(data: pd.DataFrame, draws: int = 99) -> dict[str, float]:
    tests = {n: dose.Hypothesis(n, "dose", absorb="group") for n in ("y", "z")}
    return dose.family_p(data, tests, cluster="cluster", draws=draws, seed=1)


CONLEY = {"latitude": "latitude", "longitude": "longitude", "unit": "unit"}
DESIGNS: dict[str, Callable[[pd.DataFrame], object]] = {
    "fit_ols": lambda d: regression.fit_ols(d, "y", "treated", ["z"], cluster="cluster", unit="unit"),
    "conley_errors": lambda d: regression.conley_errors(d, "y", "treated", ["z"], cutoffs=[50], **CONLEY),
    "long_difference": lambda d: long_difference.estimate(
        d.assign(last=d["y"], first=0.0) if "y" in d else d,
        start="first", end="last", treatment="treated", controls=["z"], cluster="cluster", unit="unit",
    ),
    "placebo": lambda d: placebo.placebo_test(d, ["y"], "00", neighbours=NEAR, controls=["z"], **NAMES),
    "bootstrap": lambda d: inference.infer(
        d, "y", ["00", "03", "05"], neighbours=NEAR, controls=["z"], draws=99, **NAMES
    ),
    "adjustment": lambda d: adjustment.effects_on_treated(d, "y", "treated", ["z"], unit="unit"),
    "jackknife": lambda d: adjustment.jackknife_error(
        d, "y", "treated", ["z"], "regression", cluster="cluster", unit="unit"
    ),
    "placed": lambda d: adjustment.placements(
        d, "y", "00", ["z"], neighbours=NEAR, methods=[adjustment.REGRESSION], **NAMES
    ),
    "border": lambda d: border.border_test(graph_of(d), "y", "00", group="group", controls=["z"]),
    "covariance": lambda d: event_study.clustered_covariance(
        d, ["y", "z"], "00", ["01"], group="group", cluster="cluster"
    ),
    "coverage": lambda d: coverage.coverage(
        d, coverage.Shocks(0.5, 0.5, 1), "00", neighbours=NEAR, controls=["z"], draws=20, **NAMES
    ),
    "variance": lambda d: variance.decompose(d, "y", controls=["z"], **NAMES),
    "moran": lambda d: space.moran(d, "y", map_of(d), unit="unit", permutations=19),
    "error_model": lambda d: space.error_model(d, "y", ["z"], map_of(d), unit="unit"),
    "rings": lambda d: rings.rings(d, ["y"], distances(), "00", bounds=[50, 100], neighbours=NEAR, **NAMES),
    "without_near": lambda d: rings.without_near(
        d, ["y"], distances(), "00", farther_than=50, neighbours=NEAR, controls=["z"], **NAMES
    ),
    "curve": curve,
    "slope": lambda d: dose.slope(d, "y", "dose", ["z"], absorb="group", cluster="cluster", unit="unit"),
    "conley_error": lambda d: dose.conley_error(d, "y", "dose", ["z"], absorb="group", cutoff_km=50, **CONLEY),
    "elasticity": lambda d: elasticity.elasticity(
        d, stock=("start", "end"), people=("before", "after"), cluster="cluster", unit="unit", within="group"
    ),
    "oster": lambda d: omitted.oster_bound(d, "y", "dose", ["z", "z2"], absorb="group", unit="unit"),
    "benchmarks": lambda d: omitted.benchmarks(d, "y", "dose", ["z", "z2"], absorb="group", unit="unit"),
    "binned": lambda d: binned.binned_scatter(
        d, "y", "dose", ["z"], absorb="group", cluster="cluster", unit="unit", bins=3, draws=50
    ),
    "typology": lambda d: typology.classify(d, growth="y", served="start", urban="z", unit="unit"),
    "family": family,
}  # fmt: skip


@pytest.mark.parametrize("name", DESIGNS)
def test_the_data_as_they_are_carry_the_design(name: str) -> None:
    DESIGNS[name](units())


@pytest.mark.parametrize("name", DESIGNS)
def test_no_unit_at_all(name: str) -> None:
    with pytest.raises(DesignError):
        DESIGNS[name](units().iloc[:0])


@pytest.mark.parametrize("name", [n for n in DESIGNS if n not in {"covariance", "family"}])
def test_a_unit_that_stands_twice_is_named(name: str) -> None:
    data = units()
    with pytest.raises(DesignError, match=f"unit {UNITS[7]} stands"):
        DESIGNS[name](pd.concat([data, data.iloc[[7]]], ignore_index=True))


# The simulated outcomes of `coverage` are its own; elasticities have no y, and rings no controls.
OUTCOMES = [n for n in DESIGNS if n not in {"coverage", "elasticity"}]


@pytest.mark.parametrize("name", OUTCOMES)
def test_a_word_in_the_place_of_a_number_is_named(name: str) -> None:
    data = units().astype({"y": object})
    data.loc[7, "y"] = "many"
    with pytest.raises(NonFiniteError, match=r"'(y|last)'.*'many'"):
        DESIGNS[name](data)


GROUPED = [
    n
    for n in DESIGNS
    if n
    not in {
        "fit_ols", "conley_errors", "long_difference", "adjustment", "jackknife", "moran", "error_model", "typology"
    }
]  # fmt: skip


@pytest.mark.parametrize("name", [n for n in GROUPED if n not in {"covariance", "family"}])
def test_a_unit_without_group_is_refused(name: str) -> None:
    data = units()
    data.loc[27, "group"] = None
    with pytest.raises(NonFiniteError, match="group"):
        DESIGNS[name](data)


@pytest.mark.parametrize("name", GROUPED)
def test_a_column_of_groups_that_is_not_there_is_named(name: str) -> None:
    with pytest.raises(UnknownColumnError, match="'group'"):
        DESIGNS[name](units().drop(columns="group"))


def test_a_hypothesis_leaves_out_units_without_absorbed_group() -> None:
    data = units()
    data.loc[27, "group"] = None
    assert family(data) == family(data.drop(index=27))


CLUSTERED = (
    "fit_ols", "placebo", "jackknife", "placed", "border", "covariance", "coverage", "variance", "rings",
    "without_near", "curve", "slope", "elasticity", "binned", "family",
)  # fmt: skip


@pytest.mark.parametrize("name", CLUSTERED)
def test_a_unit_without_cluster_is_refused(name: str) -> None:
    data = units()
    data.loc[27, "cluster"] = None
    with pytest.raises(NonFiniteError, match="'cluster'"):
        DESIGNS[name](data)


@pytest.mark.parametrize("name", CLUSTERED)
def test_a_column_of_clusters_that_is_not_there_is_named(name: str) -> None:
    with pytest.raises(UnknownColumnError, match="'cluster'"):
        DESIGNS[name](units().drop(columns="cluster"))


@pytest.mark.parametrize("name", [n for n in OUTCOMES if n not in {"typology", "covariance", "placed"}])
@pytest.mark.parametrize("value", [0.0, 0.1])  # the mean of many tenths is not a tenth
def test_an_outcome_that_never_varies_is_refused(name: str, value: float) -> None:
    with pytest.raises(NoVariationError):
        DESIGNS[name](units().assign(y=value))


@pytest.mark.parametrize(
    "name",
    ["fit_ols", "conley_errors", "placebo", "bootstrap", "error_model", "slope", "conley_error", "elasticity"],
)
def test_an_outcome_that_is_fitted_without_a_rest_has_no_error(name: str) -> None:
    data = units()
    data["y"] = 3 * data["z"] + 1
    data["end"] = data["start"] * data["after"] / data["before"]
    with pytest.raises((VarianceError, NoVariationError)):
        DESIGNS[name](data)


@pytest.mark.parametrize(
    "name", ["fit_ols", "placebo", "variance", "error_model", "slope", "oster", "benchmarks", "adjustment"]
)
@pytest.mark.parametrize("value", [0.0, 0.1])
def test_a_control_that_never_varies_is_named(name: str, value: float) -> None:
    if name == "oster":
        with pytest.raises(CollinearityError):
            omitted.oster_bound(units().assign(dose=value), "y", "dose", ["z"], unit="unit")
        return
    with pytest.raises(CollinearityError, match="'z'"):
        DESIGNS[name](units().assign(z=value))


@pytest.mark.parametrize("name", ["slope", "conley_error", "oster", "benchmarks", "family"])
def test_a_regressor_that_groups_absorb_is_refused(name: str) -> None:
    data = units()
    with pytest.raises(CollinearityError):
        DESIGNS[name](data.assign(dose=data["group"].astype(int) / 3))


def test_small_columns_beside_large_ones_are_found_to_be_combinations() -> None:
    data = units()
    data["z"] = 1e15 * (2 + data["z"])
    data["z2"] = 1e-3 * data["z2"]
    data["z3"] = 2 * data["z2"]
    with pytest.raises(CollinearityError, match="'z3'"):
        regression.fit_ols(data, "y", "treated", ["z", "z2", "z3"], cluster="cluster", unit="unit")


def test_conley_errors_need_two_units_a_side_and_more_units_than_coefficients() -> None:
    data = units()
    lone = pd.concat([data[data["unit"] == UNITS[0]], data[data["group"] != "00"]])
    with pytest.raises(TooFewUnitsError, match="1 treated"):
        DESIGNS["conley_errors"](lone)
    with pytest.raises(TooFewUnitsError, match="3 units for 3"):
        DESIGNS["conley_errors"](data.iloc[[0, 30, 60]])


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        (lambda d: d.drop(columns="z"), UnknownColumnError, "'z'"),
        (lambda d: d.assign(z=d["z"].mask(d.index == 7)), NonFiniteError, "'z'"),
        (lambda d: d.assign(treated=0.0), TreatmentError, "all 160 units"),
        (lambda d: d[(d["group"] != "00") | (d.index == 7)], TooFewUnitsError, "one treated unit"),
        (lambda d: d.assign(z=d["z"] * (1 - d["treated"])), NoVariationError, "'z'"),
    ],
)
def test_balance_of_controls_refuses_what_has_no_scale(change, error, words: str) -> None:
    with pytest.raises(error, match=words):
        adjustment.balance(change(units()), "treated", ["z", "z2"])


def test_a_placebo_group_that_cannot_be_placed_is_left_out_with_the_reason() -> None:
    data = units()
    data["flag"] = data["unit"].isin(["u0000", "u0003", "u0100", "u0205", "u0703", "u0608"]).astype(float)
    how = {"neighbours": NEAR, "methods": [adjustment.REGRESSION], **NAMES}
    placed, left_out = adjustment.placements(data, "y", "00", ["flag"], **how)
    names = {p.group for p in placed[adjustment.REGRESSION]}
    assert "00" in names
    # Around group 04 (02, 03, 05, 06) no untreated unit but those of 02 and 06 bear the flag; around 04 alone it varies.
    assert names | set(left_out[adjustment.REGRESSION]) == set(GROUPS)
    data["flag"] = data["flag"] * data["group"].isin(["00", "01", "07"])
    placed, left_out = adjustment.placements(data, "y", "00", ["flag"], **how)
    assert "flag" in left_out[adjustment.REGRESSION]["04"]


def test_figures_of_a_border_are_checked_though_the_graph_did_not_ask_for_them() -> None:
    data = units()
    data.loc[data["group"] == "01", "z2"] = np.nan
    for column, error in (("z2", NonFiniteError), ("nowhere", UnknownColumnError)):
        with pytest.raises(error, match=repr(column)):
            border.balance(graph_of(data, ("y",)), column, "00", ["01", "07"], group="group")
        with pytest.raises(error, match=repr(column)):
            border.border_test(graph_of(data), "y", "00", group="group", controls=[column])


def test_clusters_of_one_name_in_two_groups_are_two_on_a_border() -> None:
    data = units()
    named = border.cross(graph_of(data), ["y"], "00", ["01", "02", "06", "07"])
    numbered = border.cross(
        graph_of(data.assign(cluster=data["cluster"].str[2:])), ["y"], "00", ["01", "02", "06", "07"]
    )
    assert border.fit_pairs(numbered, "y") == border.fit_pairs(named, "y")


@pytest.mark.parametrize("level", [0.0, 1.0, 95, float("nan")])
def test_a_level_that_is_no_share_is_refused(level: float) -> None:
    data = units()
    asked: list[Callable[[], object]] = [
        lambda: regression.fit_ols(data, "y", "treated", cluster="cluster", unit="unit", level=level),
        lambda: placebo.placebo_test(data, ["y"], "00", neighbours=NEAR, level=level, **NAMES),
        lambda: inference.infer(data, "y", ["00", "03", "05"], neighbours=NEAR, level=level, **NAMES),
        lambda: dose.slope(data, "y", "dose", cluster="cluster", unit="unit", level=level),
        lambda: binned.binned_scatter(data, "y", "dose", cluster="cluster", unit="unit", bins=3, level=level),
        lambda: omitted.robustness_value(3.0, 100, level=level),
    ]
    for call in asked:
        with pytest.raises(LevelError, match="between 0 and 1"):
            call()


def test_scales_of_a_curve_are_above_or_below_nought() -> None:
    for scale in (0.0, float("nan")):
        with pytest.raises(NoVariationError, match="scales"):
            curve(units(), scale)


def test_a_sample_has_a_mark_for_each_row() -> None:
    wanted = [specification_curve.Specification("y", "all", "near", ())]
    with pytest.raises(DesignError, match="159 marks for 160"):
        specification_curve.specification_curve(
            units(), wanted, "00", samples={"all": np.ones(159, bool)}, comparisons={"near": NEAR}, **NAMES
        )


def test_random_draws_are_one_or_more_and_labels_are_finite() -> None:
    with pytest.raises(DrawsError):
        family(units(), draws=0)
    with pytest.raises(DrawsError):
        dose.label_p(np.arange(3.0), np.arange(4.0), draws=0, seed=1)
    with pytest.raises(NonFiniteError):
        dose.label_p(np.array([1.0, np.nan, 3.0]), np.arange(4.0), draws=9, seed=1)


def test_effects_are_of_regressors() -> None:
    data = units()
    with pytest.raises(UnknownColumnError, match="'z2'"):
        space.lag_model(data, "y", ["z"], map_of(data), unit="unit", group="group", effects=["z2"])


def test_moments_of_moran_need_four_units() -> None:
    data = units().iloc[[0, 1, 2]]
    with pytest.raises(TooFewUnitsError, match="needs 4"):
        DESIGNS["moran"](data)


def wide() -> pd.DataFrame:
    return pd.DataFrame(np.random.default_rng(2).normal(size=(6, 6)), index=list("abcdef"), columns=range(2010, 2016))


def test_synthetic_refuses_units_that_stand_twice_and_donors_that_never_vary() -> None:
    years = {"before": [2010, 2011, 2012], "after": [2013, 2014, 2015]}
    panel = wide()
    with pytest.raises(DuplicateUnitError, match="unit a stands in 2"):
        synthetic.synthetic_did(pd.concat([panel, panel.loc[["a"]]]), ["a"], ["b", "c"], **years)
    with pytest.raises(DuplicateUnitError, match="named twice"):
        synthetic.synthetic_did(panel, ["a"], ["b", "b"], **years)
    groups = pd.Series(["1", "1"], index=["a", "a"])
    with pytest.raises(DuplicateUnitError, match="unit a is given"):
        synthetic.synthetic_placebos(panel, groups, "1", smallest=1, **years)
    panel.loc[list("bcdef"), [2010, 2011, 2012]] = 0.1
    with pytest.raises(NoVariationError):
        synthetic.synthetic_did(panel, ["a"], list("bcdef"), **years)


def test_an_event_study_without_years_is_refused() -> None:
    panel = units().assign(year=2010)
    with pytest.raises(PanelError, match=r"years \[\]"):
        event_study.event_study(
            panel, "y", "00", year="year", neighbours=NEAR, base=2010, start=2011, years=[], **NAMES
        )


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"estimates": {2010: float("nan"), 2012: 1.0}}, NonFiniteError),
        ({"size": -1.0}, SensitivityError),
        ({"size": float("inf")}, SensitivityError),
        ({"level": 95}, LevelError),
    ],
)
def test_bounds_refuse_what_they_cannot_use(change: dict, error: type[DesignError]) -> None:
    asked = {"estimates": {2010: 0.1, 2012: 1.0}, "size": 1.0} | change
    with pytest.raises(error):
        event_study.honest_bounds(
            asked.pop("estimates"), np.eye(2), base=2011, weights={2012: 1.0}, method="relative_magnitude", **asked
        )


def panel_with_lone_clusters() -> pd.DataFrame:
    random = np.random.default_rng(3)
    rows = pd.DataFrame({"unit": np.repeat(np.arange(12), 5), "year": np.tile(np.arange(5), 12)})
    rows["x"], rows["y"] = random.normal(size=60), random.normal(size=60)
    rows["cluster"] = rows["unit"] // 3
    lone = pd.DataFrame({"unit": [90, 91], "year": [0, 1], "x": [0.1, 0.2], "y": [1.0, 2.0], "cluster": [8, 9]})
    return pd.concat([rows, lone], ignore_index=True)


def test_clusters_that_hold_lone_rows_alone_do_not_count() -> None:
    names = {"unit": "unit", "year": "year", "cluster": "cluster"}
    rows = panel_with_lone_clusters()
    found = event_study.two_way(rows, "y", ["x"], **names)
    without = event_study.two_way(rows[rows["unit"] < 90], "y", ["x"], **names)
    assert (found.clusters, found.singletons) == (4, 2)
    assert found.coefficients["x"].interval == pytest.approx(without.coefficients["x"].interval)
    with pytest.raises(TooFewClustersError):
        event_study.two_way(rows.assign(cluster=rows["cluster"].clip(upper=8) // 8), "y", ["x"], **names)
