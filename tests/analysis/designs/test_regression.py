import numpy as np
import pandas as pd
import pyfixest
import pytest
from scipy import stats

from analysis.designs import errors
from analysis.designs.regression import conley_errors, fit_ols


def simulated_units(seed: int = 0, noise: float = 1.0, clusters: int = 24) -> pd.DataFrame:
    """Simulated: y = 1 + 2 d + 0.5 x1 - 3 x2 + cluster shock + error; half of the clusters treated."""
    random = np.random.default_rng(seed)
    cluster = np.repeat(np.arange(clusters), random.integers(5, 15, clusters))
    n = len(cluster)
    data = pd.DataFrame({"cluster": cluster.astype(str), "d": (cluster % 2).astype(int)})
    data["x1"], data["x2"] = random.normal(50, 10, n), random.normal(0, 1, n)
    shock = random.normal(size=clusters)[cluster] + random.normal(size=n)
    data["y"] = 1 + 2 * data["d"] + 0.5 * data["x1"] - 3 * data["x2"] + noise * shock
    data["unit"] = [f"unit {i}" for i in range(n)]
    return data


def fit(data: pd.DataFrame, controls=("x1", "x2"), **how):
    return fit_ols(data, "y", "d", controls, cluster="cluster", unit="unit", **how)


def test_known_coefficients_come_back_almost_without_noise() -> None:
    got = {k: c.estimate for k, c in fit(simulated_units(noise=1e-9)).coefficients.items()}
    assert got == pytest.approx({"intercept": 1, "d": 2, "x1": 0.5, "x2": -3}, abs=1e-8)


def test_interval_covers_the_effect_about_as_often_as_it_says() -> None:
    draws = [fit(simulated_units(seed)).coefficients["d"] for seed in range(200)]
    covered = sum(c.interval[0] <= 2 <= c.interval[1] for c in draws)
    # Binomial with 200 draws at 0.95: outside 180 to 199 with a probability below one in a thousand.
    assert 180 <= covered <= 199


# pyfixest 0.60 calls pandas in a way that pandas 4 will drop.
@pytest.mark.filterwarnings("ignore:The inplace keyword:DeprecationWarning")
@pytest.mark.parametrize("controls", [(), ("x1",), ("x1", "x2")])
def test_statsmodels_and_pyfixest_agree(controls: tuple[str, ...]) -> None:
    data = simulated_units()
    ours = fit(data, controls)
    theirs = pyfixest.feols(f"y ~ {' + '.join(['d', *controls])}", data, vcov={"CRV1": "cluster"})
    for name, coefficient in ours.coefficients.items():
        there = "Intercept" if name == "intercept" else name
        assert coefficient.estimate == pytest.approx(theirs.coef()[there], rel=1e-8)
        assert coefficient.standard_error == pytest.approx(theirs.se()[there], rel=1e-8)
        assert coefficient.p_value == pytest.approx(theirs.pvalue()[there], rel=1e-6, abs=1e-14)
        assert coefficient.interval == pytest.approx(tuple(theirs.confint().loc[there]), rel=1e-6)
    assert ours.r_squared == pytest.approx(theirs._r2, rel=1e-8)


def test_interval_is_from_t_with_clusters_less_one() -> None:
    got = fit(simulated_units(), level=0.9)
    c = got.coefficients["d"]
    half = stats.t.ppf(0.95, got.clusters - 1) * c.standard_error
    assert c.interval == pytest.approx((c.estimate - half, c.estimate + half))
    assert (got.n, got.clusters, got.level) == (len(simulated_units()), 24, 0.9)


def with_value(column: str, value: object, at: int = 3) -> pd.DataFrame:
    data = simulated_units()
    data[column] = data[column].astype(object)
    data.loc[at, column] = value
    return data


@pytest.mark.parametrize(
    ("data", "controls", "error", "says"),
    [
        (simulated_units(), ("x3",), errors.UnknownColumnError, "'x3'"),
        (with_value("x1", np.nan), ("x1",), errors.NonFiniteError, "'x1': 1 of .* first unit 3;"),
        (with_value("y", np.inf), (), errors.NonFiniteError, "'y': 1 of .* first unit 3;"),
        (with_value("cluster", None), (), errors.NonFiniteError, "unit 3 has no cluster"),
        (with_value("d", 2), (), errors.TreatmentError, "found 2"),
        (simulated_units().assign(d=1), (), errors.TreatmentError, "have 1;"),
        (simulated_units().assign(y=4.0), (), errors.NoVariationError, "same value"),
        (simulated_units().assign(cluster="a"), (), errors.TooFewClustersError, "1 holds treated"),
        (simulated_units(clusters=3), (), errors.TooFewClustersError, "1 holds treated"),
        (
            simulated_units().assign(x3=lambda f: f.x1 - 2 * f.x2),
            ("x1", "x2", "x3"),
            errors.CollinearityError,
            "'x3'",
        ),
        (simulated_units().assign(x3=7.0), ("x3",), errors.CollinearityError, "'x3'.* of intercept"),
        (simulated_units().assign(x3=lambda f: f.d), ("x3",), errors.CollinearityError, "'x3'"),
        (
            pd.DataFrame({"y": [1.0, 2, 3, 5], "d": [0, 0, 1, 1], "x1": [3.0, 1, 4, 1], "x2": [1.0, 0, 0, 2]}).assign(
                cluster=list("abcd"), unit=list("abcd")
            ),
            ("x1", "x2"),
            errors.TooFewUnitsError,
            "4 units for 4 coefficients",
        ),
    ],
)
def test_bad_input_is_named(data: pd.DataFrame, controls, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        fit(data, controls)


def test_input_is_left_as_it_was() -> None:
    data = simulated_units()
    before = data.copy()
    fit(data)
    pd.testing.assert_frame_equal(data, before)


def test_conley_errors_are_the_sandwich_with_a_kernel_of_distance() -> None:
    random = np.random.default_rng(4)
    n = 120
    data = pd.DataFrame({"unit": range(n), "lat": random.uniform(30, 36, n), "lon": random.uniform(110, 117, n)})
    data["d"] = (data["lat"] > 33) * 1
    data["x"] = random.normal(size=n)
    data["y"] = data["d"] + data["x"] + np.sin(data["lat"] * 3) + random.normal(size=n)
    found = conley_errors(data, "y", "d", ["x"], latitude="lat", longitude="lon", cutoffs=[50, 200], unit="unit")

    x = np.column_stack([np.ones(n), data["d"], data["x"]])
    rest = data["y"].to_numpy() - x @ np.linalg.lstsq(x, data["y"].to_numpy(), rcond=None)[0]
    lat, lon = np.radians(data["lat"].to_numpy()), np.radians(data["lon"].to_numpy())
    half = (
        np.sin((lat[:, None] - lat) / 2) ** 2
        + np.cos(lat[:, None]) * np.cos(lat) * np.sin((lon[:, None] - lon) / 2) ** 2
    )
    apart = 2 * 6371.01 * np.arcsin(np.sqrt(half))
    bread = np.linalg.inv(x.T @ x)
    for cutoff, error in found.items():
        kernel = np.clip(1 - apart / cutoff, 0, None)
        scores = x * rest[:, None]
        assert error == pytest.approx(np.sqrt((bread @ (scores.T @ kernel @ scores) @ bread)[1, 1]), rel=1e-9)

    with pytest.raises(errors.NonFiniteError, match=r"'lat'.*first 0"):
        conley_errors(data.assign(lat=np.nan), "y", "d", latitude="lat", longitude="lon", cutoffs=[50], unit="unit")
    with pytest.raises(errors.TreatmentError):
        conley_errors(data.assign(d=1), "y", "d", latitude="lat", longitude="lon", cutoffs=[50], unit="unit")
