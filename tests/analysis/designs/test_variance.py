import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize

from analysis.designs.errors import (
    CollinearityError,
    ConvergenceError,
    NonFiniteError,
    NoVariationError,
    TooFewClustersError,
    UnknownColumnError,
)
from analysis.designs.variance import Variances, decompose


def simulated(groups: int, clusters: int, units: int, sizes: tuple[float, float, float], seed: int) -> pd.DataFrame:
    """A simulated balanced nest of units in clusters in groups, with shocks of the standard deviations given."""
    random = np.random.default_rng(seed)
    g = np.repeat(np.arange(groups), clusters * units)
    c = np.repeat(np.arange(groups * clusters), units)
    y = 10 + sizes[0] * random.normal(size=groups)[g] + sizes[1] * random.normal(size=groups * clusters)[c]
    y += sizes[2] * random.normal(size=len(g))
    return pd.DataFrame(
        {"y": y, "group": g.astype(str), "cluster": (c % clusters).astype(str), "unit": np.arange(len(g))}
    )


def of(data: pd.DataFrame, **how: object) -> Variances:
    return decompose(data, "y", group="group", cluster="cluster", unit="unit", **how)


def nested_anova(data: pd.DataFrame) -> tuple[float, float, float]:
    """Closed form for balanced data, where it equals REML as long as no component is below nought."""
    g, c = data.groupby("group")["y"], data.groupby(["group", "cluster"])["y"]
    a, b, n = g.ngroups, c.ngroups // g.ngroups, len(data) // c.ngroups
    means, group_means = c.mean(), g.mean()
    ms_group = b * n * ((group_means - data["y"].mean()) ** 2).sum() / (a - 1)
    ms_cluster = n * ((means - means.groupby("group").transform("mean")) ** 2).sum() / (a * (b - 1))
    ms_unit = ((data["y"] - c.transform("mean")) ** 2).sum() / (a * b * (n - 1))
    return (ms_group - ms_cluster) / (b * n), (ms_cluster - ms_unit) / n, ms_unit


def test_balanced_data_give_the_closed_form_of_nested_analysis_of_variance() -> None:
    data = simulated(12, 5, 6, (2.0, 1.0, 3.0), seed=1)
    found = of(data)
    assert (found.group, found.cluster, found.unit) == pytest.approx(nested_anova(data), rel=1e-5)
    assert sum(found.shares.values()) == pytest.approx(1)
    assert found.correlation_in_cluster == pytest.approx((found.group + found.cluster) / found.total)
    assert (found.units, found.clusters, found.groups, found.boundary) == (360, 60, 12, ())


def minus_twice_restricted_likelihood(parameters: np.ndarray, data: pd.DataFrame, x: np.ndarray) -> float:
    """Written out with the whole covariance matrix, and nothing of statsmodels."""
    group, cluster, unit = np.exp(parameters)
    g, key = data["group"].to_numpy(), (data["group"] + "|" + data["cluster"]).to_numpy()
    v = group * (g[:, None] == g) + cluster * (key[:, None] == key) + unit * np.eye(len(data))
    inverse = np.linalg.inv(v)
    information = x.T @ inverse @ x
    residual = data["y"].to_numpy() - x @ np.linalg.solve(information, x.T @ inverse @ data["y"].to_numpy())
    return float(np.linalg.slogdet(v)[1] + np.linalg.slogdet(information)[1] + residual @ inverse @ residual)


def test_unbalanced_data_with_a_control_give_the_maximum_of_the_restricted_likelihood() -> None:
    data = simulated(8, 4, 6, (1.5, 1.0, 2.0), seed=2).sample(140, random_state=3).reset_index(drop=True)
    data["x"] = np.random.default_rng(4).normal(size=len(data))
    data["y"] += 3 * data["x"]
    found = of(data, controls=["x"])
    x = np.column_stack([np.ones(len(data)), data["x"]])
    best = minimize(
        minus_twice_restricted_likelihood, np.zeros(3), args=(data, x), method="Nelder-Mead",
        options={"xatol": 1e-8, "fatol": 1e-12, "maxiter": 4000},
    )  # fmt: skip
    assert best.success
    assert (found.group, found.cluster, found.unit) == pytest.approx(tuple(np.exp(best.x)), rel=1e-4)


def test_no_shock_to_groups_is_the_boundary_and_is_said() -> None:
    data = simulated(6, 8, 6, (0.0, 2.0, 1.0), seed=5)
    data["y"] -= data.groupby("group")["y"].transform("mean")
    found = of(data)
    assert found.boundary == ("group",)
    assert found.group == 0.0
    assert found.cluster > 1


def test_the_unit_of_the_outcome_and_the_order_of_rows_do_not_matter() -> None:
    data = simulated(8, 4, 5, (1.0, 1.0, 1.0), seed=6)
    scaled = data.assign(y=1e5 * data["y"]).sample(frac=1, random_state=1)
    assert of(scaled).shares == pytest.approx(of(data).shares, rel=1e-4)


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        (lambda d: d.rename(columns={"cluster": "c"}), UnknownColumnError, "no column 'cluster'"),
        (lambda d: d.assign(y=d["y"].where(d["unit"] != 7)), NonFiniteError, "first 7"),
        (lambda d: d.assign(y=np.log(d["unit"].clip(lower=0))), NonFiniteError, "'y': 1 of 60 units .* first 0"),
        (lambda d: d.assign(cluster=d["cluster"].where(d["unit"] != 7)), NonFiniteError, "unit 7 has no cluster"),
        (lambda d: d.assign(y=1.0), NoVariationError, "all 60 units"),
        (lambda d: d[d["group"].isin(["0", "1"])], TooFewClustersError, "three or more"),
        (lambda d: d.assign(cluster="one"), TooFewClustersError, "no group has two"),
        (lambda d: d.assign(cluster=d["unit"]), TooFewClustersError, "none has two units"),
    ],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore:divide by zero")  # the infinite log is meant
def test_bad_input_is_named(change, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        of(change(simulated(5, 3, 4, (1.0, 1.0, 1.0), seed=7)))


def test_a_control_that_never_varies_is_named() -> None:
    data = simulated(5, 3, 4, (1.0, 1.0, 1.0), seed=7).assign(flat=2.0)
    with pytest.raises(CollinearityError, match="'flat'"):
        of(data, controls=["flat"])


def test_no_maximum_is_an_error_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    class Lost:
        converged = False
        cov_re = pd.DataFrame([[1.0]])
        vcomp = np.array([1.0])
        scale = 1.0

    monkeypatch.setattr("statsmodels.regression.mixed_linear_model.MixedLM.fit", lambda *_, **__: Lost())
    with pytest.raises(ConvergenceError, match="outcome 'y': no maximum"):
        of(simulated(5, 3, 4, (1.0, 1.0, 1.0), seed=7))
