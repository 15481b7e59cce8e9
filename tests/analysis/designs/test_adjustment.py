import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from diff_diff import CallawaySantAnna
from scipy.optimize import minimize
from simulated_groups import NAMED, NEIGHBOURS
from simulated_groups import simulated as groups
from statsmodels.treatment.treatment_effects import TreatmentEffect

from analysis.designs import errors
from analysis.designs.adjustment import (
    METHODS,
    TRIM,
    balance,
    effective_size,
    effects_on_treated,
    jackknife_error,
    overlap,
    placements,
)
from analysis.designs.placebo import judge

CONTROLS = ["x1", "x2"]


def simulated(seed: int = 0, n: int = 600, effect: float = 2.0, pull: float = 0.7) -> pd.DataFrame:
    """Simulated units whose treatment and outcome both follow the controls; the effect is larger where x1 is."""
    random = np.random.default_rng(seed)
    data = pd.DataFrame({"unit": [f"u{i}" for i in range(n)], "town": np.arange(n) // 10})
    data["x1"], data["x2"] = random.normal(size=n) + 20, random.exponential(size=n)
    data["d"] = (pull * (data["x1"] - 20) - 0.5 * data["x2"] + random.logistic(size=n) > 0.5).astype(int)
    data["y"] = 3 * data["x1"] - data["x2"] + random.normal(size=n) + effect * data["d"] * (data["x1"] - 19)
    return data


def run(data: pd.DataFrame, methods=METHODS, controls=CONTROLS):
    return effects_on_treated(data, "y", "d", controls, unit="unit", methods=methods)


def test_a_known_effect_on_the_treated_comes_back_and_the_raw_difference_is_off() -> None:
    data = simulated(n=4000)
    truth = float((2 * (data["x1"] - 19))[data["d"] == 1].mean())
    raw = data.groupby("d")["y"].mean().diff().iloc[-1]
    assert abs(raw - truth) > 0.5
    for method, found in run(data).items():
        assert found.estimate == pytest.approx(truth, abs=0.12), method


def test_estimates_are_the_weighted_difference_of_means() -> None:
    data = simulated()
    for found in run(data).values():
        own, other = data.loc[data["d"] == 1, "y"], data.loc[data["d"] == 0, "y"]
        assert found.weights.sum() == pytest.approx(1)
        assert found.estimate == pytest.approx(own.mean() - (found.weights * other).sum())
        assert found.effective == pytest.approx(1 / (found.weights**2).sum())
        assert found.effective < len(other)
        assert balance(data, "d", CONTROLS, found.weights).abs().max() < 1e-7
    assert balance(data, "d", CONTROLS).abs().max() > 0.3


def test_regression_agrees_with_statsmodels() -> None:
    data = simulated()
    x = sm.add_constant(data[CONTROLS])
    theirs = TreatmentEffect(sm.OLS(data["y"], x), data["d"], results_select=sm.Probit(data["d"], x).fit(disp=0))
    expected = theirs.ra(return_results=False, effect_group=1)[0]
    assert run(data)["regression"].estimate == pytest.approx(expected, abs=1e-8)


def closed_form(data: pd.DataFrame) -> tuple[float, float]:
    """Sant'Anna and Zhao's estimate with statsmodels' logit and least squares, and the sum of the odds."""
    x, d, y = sm.add_constant(data[CONTROLS]), data["d"], data["y"]
    p = np.minimum(sm.Logit(d, x).fit(disp=0).predict(), 1 - TRIM)
    predicted = sm.OLS(y[d == 0], x[d == 0]).fit().predict(x)
    odds = (p / (1 - p))[d == 0]
    rest = y - predicted
    return float(rest[d == 1].mean() - (odds * rest[d == 0]).sum() / odds.sum()), float(odds.sum())


# With the stronger pull some probabilities are near nought, where diff-diff would clip them by default.
@pytest.mark.filterwarnings("ignore:Propensity scores for:UserWarning")
@pytest.mark.parametrize("pull", [0.7, 2.5])
def test_doubly_robust_agrees_with_its_closed_form_and_with_diff_diff(pull: float) -> None:
    data = simulated(pull=pull)
    found = run(data)
    expected, odds = closed_form(data)
    assert found["doubly_robust"].estimate == pytest.approx(expected, abs=1e-7)
    centred = data.assign(x1=data["x1"] - 20)  # diff-diff takes a large intercept for separation
    panel = pd.concat([centred.assign(t=0, y=0.0), centred.assign(t=1)])
    panel["first"] = panel["d"]
    theirs = CallawaySantAnna(estimation_method="dr", pscore_trim=1e-6).fit(
        panel, outcome="y", unit="unit", time="t", first_treat="first", covariates=CONTROLS
    )
    # diff-diff divides the odds by the number of treated units, not by their sum.
    regression = found["regression"].estimate
    aligned = regression + (theirs.overall_att - regression) * data["d"].sum() / odds
    assert found["doubly_robust"].estimate == pytest.approx(aligned, abs=1e-6)


def test_doubly_robust_stands_one_wrong_model() -> None:
    data = simulated(n=8000, effect=0.0)
    data["y"] += 2 * (data["x1"] - 20) ** 2  # the outcome is no line, the odds are right
    found = run(data)
    assert abs(found["doubly_robust"].estimate) < 0.5 < abs(found["regression"].estimate)


def test_entropy_balancing_agrees_with_its_dual() -> None:
    data = simulated()
    x = ((data[CONTROLS] - data[CONTROLS].mean()) / data[CONTROLS].std()).to_numpy()
    d = data["d"].to_numpy() == 1
    apart = x[~d] - x[d].mean(axis=0)

    def dual(at: np.ndarray) -> float:
        return float(np.log(np.exp(apart @ at).sum()))

    def slope(at: np.ndarray) -> np.ndarray:
        w = np.exp(apart @ at)
        return w @ apart / w.sum()

    weights = np.exp(apart @ minimize(dual, np.zeros(2), jac=slope, tol=1e-12).x)
    weights /= weights.sum()
    found = run(data)["balanced"]
    assert found.weights.to_numpy() == pytest.approx(weights, abs=1e-7)
    expected = data.loc[d, "y"].mean() - weights @ data.loc[~d, "y"]
    assert found.estimate == pytest.approx(expected, abs=1e-6)


def test_the_jackknife_is_the_spread_of_estimates_without_each_cluster() -> None:
    data = simulated(n=200)
    for method in METHODS:
        full = run(data)[method].estimate
        without = np.array([run(data[data["town"] != t])[method].estimate for t in range(20)])
        expected = np.sqrt(19 / 20 * ((without - full) ** 2).sum())
        found = jackknife_error(data, "y", "d", CONTROLS, method, cluster="town", unit="unit")
        assert found == pytest.approx(expected, rel=1e-9)


def test_overlap_says_who_has_no_like() -> None:
    data = simulated()
    found = overlap(data, "d", CONTROLS, unit="unit")
    p = sm.Logit(data["d"], sm.add_constant(data[CONTROLS])).fit(disp=0).predict()
    assert found.probability.to_numpy() == pytest.approx(p, abs=1e-7)
    own, other = p[data["d"] == 1], p[data["d"] == 0]
    assert found.treated == pytest.approx((own.min(), own.max()), abs=1e-7)
    assert found.untreated == pytest.approx((other.min(), other.max()), abs=1e-7)
    assert found.beyond == pytest.approx((own > other.max()).mean())
    assert overlap(simulated(pull=3.0), "d", CONTROLS, unit="unit").effective < found.effective / 2


def test_effective_size_of_equal_and_of_lone_weights() -> None:
    assert effective_size(np.full(7, 0.3)) == pytest.approx(7)
    assert effective_size(np.array([1.0, 0, 0])) == pytest.approx(1)


def test_groups_take_the_treated_place_and_a_shift_is_how_they_move() -> None:
    data = groups(groups=12, size=24, effect=1.0)
    neighbours = {k: tuple(n for n in v if int(n) < 12) for k, v in NEIGHBOURS.items() if int(k) < 12}

    def placed(frame: pd.DataFrame):
        return placements(frame, "y1", "00", ["z1", "z2"], **NAMED, neighbours=neighbours)

    found, left_out = placed(data)
    raised, _ = placed(data.assign(y1=data["y1"] + 5.0 * (data["group"] == "00")))
    for method in METHODS:
        assert len(found[method]) + len(left_out[method]) == 12
        for before, after in zip(found[method], raised[method], strict=True):
            assert after.estimate - before.estimate == pytest.approx(5 * before.shift, abs=1e-6)
        test = judge(found[method], "00")
        here = data[data["group"].isin(["00", *neighbours["00"]])].assign(d=lambda f: (f["group"] == "00") * 1)
        own = effects_on_treated(here, "y1", "d", ["z1", "z2"], unit="unit", methods=[method])[method]
        assert test.estimate == own.estimate
        assert (test.treated.treated_units, test.treated.units) == (24, len(here))
        assert test.treated.shift == 1


def test_groups_without_likes_are_left_out_with_the_reason_and_the_treated_one_is_an_error() -> None:
    data = groups(groups=12, size=24)
    neighbours = {k: tuple(n for n in v if int(n) < 12) for k, v in NEIGHBOURS.items() if int(k) < 12}
    data.loc[data["group"] == "05", "z1"] += 100
    found, left_out = placements(data, "y1", "00", ["z1"], **NAMED, neighbours=neighbours)
    assert "no weights give" in left_out["balanced"]["05"]
    assert "apart entirely" in left_out["doubly_robust"]["05"]
    assert "05" in {p.group for p in found["regression"]}
    with pytest.raises(errors.OverlapError, match="'z1' is farthest off"):
        placements(data, "y1", "05", ["z1"], **NAMED, neighbours=neighbours, methods=["balanced"])


def test_bad_input_is_named() -> None:
    data = simulated(n=100)
    beyond = data.assign(x1=data["x1"] + 100 * data["d"])
    few = data[(data["d"] == 0) | (data["d"].cumsum() <= 3)]
    lone = data.assign(town=data["town"].where(data["d"] == 0, -1))
    cases = [
        (errors.UnknownColumnError, "'nope'", lambda: run(data, controls=["nope"])),
        (errors.NonFiniteError, "'y'.*first u0", lambda: run(data.assign(y=np.nan))),
        (errors.TreatmentError, "found 2", lambda: run(data.assign(d=2 * data["d"]))),
        (errors.TreatmentError, "all 100 units have 1", lambda: run(data.assign(d=1))),
        (errors.NoVariationError, "'y'", lambda: run(data.assign(y=4.0))),
        (errors.CollinearityError, "'x3'", lambda: run(data.assign(x3=data["x1"] + 1), controls=["x1", "x3"])),
        (errors.CollinearityError, "'x3'", lambda: run(data.assign(x3=data["d"] * data["x1"]), controls=["x1", "x3"])),
        (errors.TooFewUnitsError, "3 treated units for 3", lambda: run(few)),
        (errors.OverlapError, "apart entirely", lambda: run(beyond, ["doubly_robust"])),
        (errors.OverlapError, "apart entirely", lambda: overlap(beyond, "d", CONTROLS, unit="unit")),
        (errors.OverlapError, "'x1' is farthest off", lambda: run(beyond, ["balanced"])),
        (errors.DesignError, "method 'magic': allowed are regression", lambda: run(data, ["magic"])),
        (errors.TooFewClustersError, "'town': 1 holds all units with 'd' 1", lambda: jackknife_error(lone, "y", "d", CONTROLS, "regression", cluster="town", unit="unit")),
    ]  # fmt: skip
    for kind, words, call in cases:
        with pytest.raises(kind, match=words):
            call()
