import numpy as np
import pandas as pd
import pyfixest
import pytest

from analysis.designs.errors import DesignError, NonFiniteError, TooFewPlacebosError, UnknownColumnError
from analysis.designs.placebo import moments, place, select
from analysis.designs.specification_curve import Curve, Specification, everyone, infer, specification_curve

GROUPS = 6
RING = {str(g): (str((g - 1) % GROUPS), str((g + 1) % GROUPS)) for g in range(GROUPS)}
COLUMNS = {"group": "group", "cluster": "cluster", "unit": "unit"}
COMPARISONS = {"near": RING, "all": everyone(sorted(RING))}


def simulated(effect: float = 0.0, seed: int = 1) -> pd.DataFrame:
    """Simulated units of six groups, five clusters each; the first group's outcomes are raised by the effect."""
    random = np.random.default_rng(seed)
    g = np.repeat(np.arange(GROUPS), 40)
    data = pd.DataFrame(
        {"group": g.astype(str), "unit": np.arange(len(g)), "cluster": (np.arange(len(g)) // 8).astype(str)}
    )
    for name in ("a", "b", "x", "z"):
        data[name] = random.normal(size=len(g)) + random.normal(size=30)[np.arange(len(g)) // 8]
    data["w"] = random.uniform(0.5, 3, size=len(g))
    data["a"] += effect * (g == 0) + data["x"]
    data["b"] += effect * (g == 0)
    return data


def grid() -> list[Specification]:
    return [
        Specification(outcome, sample, comparison, controls, weight)
        for outcome in ("a", "b")
        for sample in ("whole", "half")
        for comparison in COMPARISONS
        for controls in ((), ("x",), ("z", "x"))
        for weight in (None, "w")
    ]


def run(data: pd.DataFrame, specifications: list[Specification] | None = None) -> Curve:
    samples = {"whole": np.ones(len(data), dtype=bool), "half": (data["unit"] % 2 == 0).to_numpy()}
    return specification_curve(
        data, grid() if specifications is None else specifications, "0", **COLUMNS, samples=samples,
        comparisons=COMPARISONS, smallest=5,
    )  # fmt: skip


@pytest.mark.filterwarnings("ignore:The inplace keyword")  # pyfixest 0.60 on pandas 3.1
def test_every_estimate_and_error_is_that_of_a_regression_of_its_own() -> None:
    data = simulated()
    curve = run(data)
    assert curve.estimates.shape == (48, GROUPS)
    for i, s in enumerate(grid()):
        part = data if s.sample == "whole" else data[data["unit"] % 2 == 0]
        for j, group in enumerate(curve.groups):
            rows = part[part["group"].isin([group, *COMPARISONS[s.comparison][group]])]
            rows = rows.assign(treated=(rows["group"] == group) * 1.0)
            fit = pyfixest.feols(
                " + ".join([f"{s.outcome} ~ treated", *s.controls]), rows, vcov={"CRV1": "cluster"}, weights=s.weight
            )
            assert curve.estimates[i, j] == pytest.approx(fit.coef()["treated"], abs=1e-10)
            assert curve.errors[i, j] == pytest.approx(fit.se()["treated"], abs=1e-10)
            assert curve.clusters[i, j] == rows["cluster"].nunique()
            if group == "0":
                assert curve.units[i] == len(rows)
                p = curve.clustered_p_values()[i, j]
                t = abs(fit.coef()["treated"] / fit.se()["treated"])
                assert p == pytest.approx(2 * __import__("scipy.stats").stats.t.sf(t, rows["cluster"].nunique() - 1))


def test_selected_moments_are_those_of_the_columns() -> None:
    data = simulated()
    whole = moments(data, ["a", "b"], "0", **COLUMNS, controls=["x", "z"])
    small = moments(data, ["b"], "0", **COLUMNS, controls=["z"])
    assert place(select(whole, ["b"], ["z"]), "0", RING["0"]) == pytest.approx(place(small, "0", RING["0"]))
    with pytest.raises(UnknownColumnError, match="'q'"):
        select(whole, ["a"], ["q"])


def test_a_large_effect_is_found_by_the_curve_and_none_is_not() -> None:
    null, large = run(simulated()), run(simulated(effect=8.0))
    scales = np.ones(48)
    found = infer(large, scales)
    assert found.median == pytest.approx(infer(null, scales).median + 8.0, abs=1e-9)
    assert (found.median_p, found.share_placebo, found.positive) == (1 / GROUPS, 0.0, 1.0)
    assert infer(large, scales, alpha=0.2).share_placebo > 0.9  # six groups cannot give a p below a sixth
    assert found.share_clustered == 1.0
    assert infer(null, scales).median_p > 1 / GROUPS


def test_the_curve_is_judged_among_the_curves_of_all_groups() -> None:
    estimates = np.array([[3.0, 1.0, -4.0], [1.0, 2.0, -1.0], [2.0, np.nan, 5.0], [2.0, 0.5, 0.0]])
    errors = np.array([[1.0, 1.0, 1.0], [1.0, 1.0, 1.0], [1.0, np.nan, 1.0], [1.0, 1.0, 1.0]])
    specifications = tuple(Specification("a", "whole", "near", (), str(i)) for i in range(4))
    curve = Curve(specifications, ("0", "1", "2"), "0", estimates, errors, np.full((4, 3), 1000.0), np.full(4, 9))
    p = curve.p_values()
    assert p[0].tolist() == pytest.approx([2 / 3, 1.0, 1 / 3])
    assert p[2, 0] == 1.0  # two candidates, the other one larger
    assert np.isnan(p[2, 1])
    assert curve.shared == ("0", "2")
    with pytest.raises(TooFewPlacebosError, match="2 groups are candidates in all 4"):
        infer(curve, np.ones(4))
    whole = curve.subset(np.array([True, True, False, True]))
    found = infer(whole, np.array([1.0, 1.0, -1.0]))
    # Medians: 1.0 of (3, 1, -2); 1.0 of (1, 2, -0.5); -1 of (-4, -1, 0): equal sizes count.
    assert (found.median, found.median_p) == (1.0, 1.0)
    assert (found.low, found.high, found.positive) == (-2.0, 3.0, pytest.approx(2 / 3))
    # |t| above 1.96: two of three for the treated group, one of three for the others.
    assert found.share_clustered == pytest.approx(2 / 3)
    assert found.share_clustered_p == pytest.approx(1 / 3)
    assert found.others_share_clustered == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("specifications", "error", "said"),
    [
        ([], DesignError, "no specification"),
        ([Specification("a", "whole", "near", ())] * 2, DesignError, "stands twice"),
        ([Specification("a", "none", "near", ())], UnknownColumnError, "'none'"),
        ([Specification("a", "whole", "far", ())], UnknownColumnError, "'far'"),
        ([Specification("q", "whole", "near", ())], UnknownColumnError, "'q'"),
    ],
)
def test_bad_specifications_are_named(specifications: list[Specification], error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        run(simulated(), specifications)


def test_a_missing_value_names_its_unit() -> None:
    data = simulated()
    data.loc[17, "x"] = np.nan
    with pytest.raises(NonFiniteError, match="first 17"):
        run(data)
