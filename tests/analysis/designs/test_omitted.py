"""Robustness value and Oster's bound: published numbers, and worlds whose answer is known."""

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, stats

from analysis.designs.errors import BoundError
from analysis.designs.omitted import benchmarks, oster, oster_bound, partial_r_squared, robustness_value

# Cinelli and Hazlett (2020), table 1: Darfur, directly harmed, 783 degrees of freedom, estimate 0.097 (s.e. 0.023).
DARFUR_T, DARFUR_DF = 4.18445, 783


def test_darfur_as_published() -> None:
    assert round(100 * partial_r_squared(DARFUR_T, DARFUR_DF), 1) == 2.2
    assert round(100 * robustness_value(DARFUR_T, DARFUR_DF), 1) == 13.9
    assert round(100 * robustness_value(DARFUR_T, DARFUR_DF, level=0.95), 1) == 7.6


@pytest.mark.parametrize(("t", "df"), [(0.5, 40), (-3.0, 200), (12.0, 60), (40.0, 30)])
def test_a_confounder_of_that_strength_takes_the_estimate_away(t: float, df: int) -> None:
    """Bias is error x sqrt(df) x sqrt(R²_yz R²_dz / (1 - R²_dz)): with both at the robustness value it is the estimate."""
    r = robustness_value(t, df)
    assert np.sqrt(df) * np.sqrt(r * r / (1 - r)) == pytest.approx(abs(t), rel=1e-9)


@pytest.mark.parametrize(("t", "df"), [(3.0, 200), (4.2, 783), (30.0, 100)])
def test_at_the_level_the_adjusted_t_is_the_critical_one(t: float, df: int) -> None:
    r = robustness_value(t, df, level=0.95)
    critical = stats.t.ppf(0.975, df - 1)

    def least_t(r_outcome: float) -> float:
        """The t left by a confounder that explains r of the dose and `r_outcome` of the outcome."""
        bias = np.sqrt(r_outcome * r / (1 - r)) * np.sqrt(df)
        return (t - bias) / np.sqrt((1 - r_outcome) / (1 - r) * df / (df - 1))

    worst = min(least_t(x) for x in np.linspace(0, r, 20_001))
    assert worst == pytest.approx(critical, rel=1e-3)


def test_no_robustness_where_there_is_nothing_to_lose() -> None:
    assert robustness_value(0.0, 100) == 0
    assert robustness_value(1.0, 100, level=0.95) == 0
    assert robustness_value(3.0, 100, share=0.5) < robustness_value(3.0, 100)


@pytest.mark.parametrize(("t", "df", "share"), [(float("nan"), 10, 1), (float("inf"), 10, 1), (1.0, 1, 1), (1.0, 9, 0)])
def test_robustness_value_refuses(t: float, df: int, share: float) -> None:
    with pytest.raises(BoundError):
        robustness_value(t, df, share=share)


def world(delta: float, beta: float = 1.5, seed: int = 0, own: float = 0.8) -> tuple[pd.DataFrame, float]:
    """Simulated population with exact moments: y = beta x + w + u + e, and cov(x, u)/var(u) = delta cov(x, w)/var(w).

    The columns are made orthogonal, so that every moment holds exactly and no error of sampling is left. Returns the
    data and the R² that the regression with w and u reaches.
    """
    random = np.random.default_rng(seed)
    basis = np.linalg.qr(np.column_stack([np.ones(400), random.normal(size=(400, 4))]))[0][:, 1:] * np.sqrt(400)
    w, u, v, e = 1.0 * basis[:, 0], 0.7 * basis[:, 1], basis[:, 2], 0.6 * basis[:, 3]
    x = 0.5 * w + delta * 0.5 * u + own * v
    y = beta * x + w + u + e
    return pd.DataFrame({"unit": range(400), "x": x, "w": w, "y": y}), float(1 - e @ e / (y @ y))


def bound_of(data: pd.DataFrame, r_max: float, target: float):
    y, x, w = (data[c].to_numpy() for c in ("y", "x", "w"))
    rest = x - w * (x @ w) / (w @ w)
    long = y @ rest / (rest @ rest)
    gone = y - w * (y @ w) / (w @ w)
    left = gone - long * rest
    n = len(y)
    return oster(
        short=x @ y / (x @ x),
        r_short=(x @ y) ** 2 / ((x @ x) * (y @ y)),
        long=long,
        r_long=1 - left @ left / (y @ y),
        r_max=r_max,
        variance_outcome=y @ y / n,
        variance_regressor=x @ x / n,
        variance_left=rest @ rest / n,
        target=target,
    )


@pytest.mark.parametrize("delta", [0.3, 1.0, 1.7, -0.5])
@pytest.mark.parametrize("beta", [1.5, -0.8, 0.2])
def test_delta_of_a_known_world_comes_back(delta: float, beta: float) -> None:
    data, r_max = world(delta, beta)
    assert bound_of(data, r_max, beta).delta == pytest.approx(delta, rel=1e-9)


@pytest.mark.parametrize("beta", [1.5, -0.8, 0.2])
def test_with_delta_of_one_the_adjusted_slope_is_the_true_one(beta: float) -> None:
    data, r_max = world(1.0, beta)
    assert bound_of(data, r_max, 0.0).adjusted == pytest.approx(beta, rel=1e-9)


def test_adjusted_slope_and_delta_agree_by_root_finding() -> None:
    """Another way to the same number: the target whose delta is one, found by bisection."""
    data, _ = world(0.6)
    r_max = 0.97
    want = bound_of(data, r_max, 0.0)
    step = optimize.brentq(
        lambda b: (bound_of(data, r_max, b).delta or 0) - 1, want.adjusted - 0.05, want.adjusted + 0.05
    )
    assert step == pytest.approx(want.adjusted, abs=1e-9)


def test_bound_of_data_uses_what_effects_leave() -> None:
    random = np.random.default_rng(3)
    data, _ = world(0.5, seed=3)
    data["group"] = random.integers(0, 8, len(data)).astype(str)
    shifted = data.assign(
        x=data["x"] + 5 * data["group"].astype(int), y=data["y"] - 9 * data["group"].astype(int), w=data["w"] + 1
    )
    a = oster_bound(data, "y", "x", ["w"], absorb="group", unit="unit")
    b = oster_bound(shifted, "y", "x", ["w"], absorb="group", unit="unit")
    for name in ("short", "long", "r_short", "r_long", "r_max", "delta", "adjusted"):
        assert getattr(a, name) == pytest.approx(getattr(b, name), rel=1e-8)
    assert a.r_max == pytest.approx(min(1.0, 1.3 * a.r_long))


MOMENTS = {"variance_outcome": 1.0, "variance_regressor": 1.0, "variance_left": 0.8}


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        ({"short": 0.5, "r_short": 0.25, "long": 0.4, "r_long": 0.4, "r_max": 0.52}, ""),
        ({"short": 0.5, "r_short": 0.25, "long": 0.49, "r_long": 0.255, "r_max": 0.33}, "explain nothing"),
        ({"short": -0.2, "r_short": 0.04, "long": 0.4, "r_long": 0.4, "r_max": 0.52}, "another sign"),
        ({"short": 0.3, "r_short": 0.09, "long": 0.4, "r_long": 0.4, "r_max": 0.52}, "away from nought"),
        ({"short": 0.5, "r_short": 0.25, "long": 0.4, "r_long": 1.0, "r_max": 1.0}, "nothing to omit"),
    ],
)
def test_says_when_it_says_nothing(numbers: dict[str, float], words: str) -> None:
    silent = oster(**numbers, **MOMENTS).silent
    assert (words in silent) if words else silent == ""


def test_oster_refuses() -> None:
    numbers = {"short": 0.5, "r_short": 0.25, "long": 0.4, "r_long": 0.4}
    with pytest.raises(BoundError, match=r"0\.300 and is 0\.400"):
        oster(**numbers, r_max=0.3, **MOMENTS)
    with pytest.raises(BoundError, match="variance"):
        oster(**numbers, r_max=0.5, **(MOMENTS | {"variance_left": 0.0}))
    data, _ = world(1.0)
    with pytest.raises(BoundError, match="no controls"):
        oster_bound(data, "y", "x", [], unit="unit")


def test_benchmarks_are_partial_r_squared() -> None:
    data, _ = world(1.0)
    data["z"] = np.random.default_rng(1).normal(size=len(data)) + data["x"]
    table = benchmarks(data, "y", "x", ["w", "z"], unit="unit").set_index("control")
    import statsmodels.api as sm

    to_dose = sm.OLS(data["x"], sm.add_constant(data[["w", "z"]])).fit()
    to_outcome = sm.OLS(data["y"], sm.add_constant(data[["x", "w", "z"]])).fit()
    for control in ("w", "z"):
        assert table.at[control, "with_regressor"] == pytest.approx(
            partial_r_squared(to_dose.tvalues[control], int(to_dose.df_resid)), rel=1e-9
        )
        assert table.at[control, "with_outcome"] == pytest.approx(
            partial_r_squared(to_outcome.tvalues[control], int(to_outcome.df_resid)), rel=1e-9
        )
