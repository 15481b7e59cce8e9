import json
from pathlib import Path

import libpysal
import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize_scalar

from analysis.designs.errors import (
    BoundaryError,
    CollinearityError,
    NonFiniteError,
    NoVariationError,
    TooFewUnitsError,
    TreatmentError,
    WithinVariationError,
)
from analysis.designs.regression import conley_errors
from analysis.designs.space import diagnose, error_model, error_test, graphs, lag_model, moran
from analysis.designs.weights import contiguity
from tests.analysis.designs.grid import grid

REGRESSORS = ("x1", "x2")
BANDS = {"0": ("1",), "1": ("0", "2"), "2": ("1", "3"), "3": ("2",)}


def _parts(rho: float = 0.0, lam: float = 0.0, seed: int = 3):
    data, pairs, w = grid(seed, rho, lam)
    x = np.column_stack([np.ones(len(data)), data[["x1", "x2"]]])
    return data, contiguity(data, pairs, unit="unit"), w, data["y"].to_numpy(), x


def _least_squares(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.linalg.solve(x.T @ x, x.T @ y)


# Moran's I


def test_moran_by_its_definition() -> None:
    data, graph, w, y, _ = _parts(rho=0.4)
    z = y - y.mean()
    found = moran(data, "y", graph, unit="unit", permutations=99, seed=5)
    assert found.statistic == pytest.approx(len(y) / w.sum() * (z @ w @ z) / (z @ z), rel=1e-10)
    assert found.expected == pytest.approx(-1 / (len(y) - 1))
    n, s0 = len(y), w.sum()
    s1 = ((w + w.T) ** 2).sum() / 2
    s2 = ((w.sum(axis=0) + w.sum(axis=1)) ** 2).sum()
    k = (z**4).mean() / (z**2).mean() ** 2
    top = n * ((n * n - 3 * n + 3) * s1 - n * s2 + 3 * s0**2) - k * ((n * n - n) * s1 - 2 * n * s2 + 6 * s0**2)
    variance = top / ((n - 1) * (n - 2) * (n - 3) * s0**2) - found.expected**2
    assert found.standard_error == pytest.approx(np.sqrt(variance), rel=1e-8)


def test_moran_permutes_two_sided_and_leaves_the_generator_alone() -> None:
    data, graph, w, y, _ = _parts(seed=8)
    np.random.seed(1)
    before = np.random.get_state()[1].copy()
    found = moran(data, "y", graph, unit="unit", permutations=199, seed=5)
    assert (np.random.get_state()[1] == before).all()
    random, z = np.random.RandomState(5), y - y.mean()
    deals = [random.permutation(z) for _ in range(199)]
    drawn = np.array([len(z) / w.sum() * (d @ w @ d) / (d @ d) for d in deals])
    far = (np.abs(drawn - found.expected) >= abs(found.statistic - found.expected)).sum()
    assert found.p_permutation == pytest.approx((far + 1) / 200)
    assert found.p_permutation > 0.05  # no dependence was put in
    assert found == moran(data, "y", graph, unit="unit", permutations=199, seed=5)


def test_moran_finds_dependence() -> None:
    data, graph, *_ = _parts(rho=0.6)
    assert moran(data, "y", graph, unit="unit", permutations=99).p_permutation == pytest.approx(0.01)


def test_moran_refuses() -> None:
    data, graph, *_ = _parts()
    with pytest.raises(NoVariationError, match="'flat'"):
        moran(data.assign(flat=1.0), "flat", graph, unit="unit")
    with pytest.raises(NonFiniteError, match="u007"):
        moran(data.assign(y=data["y"].where(data["unit"] != "u007", -np.inf)), "y", graph, unit="unit")


# LM tests


def test_lm_tests_by_their_formulas() -> None:
    data, graph, w, y, x = _parts(rho=0.2, lam=0.2)
    found = diagnose(data, "y", REGRESSORS, graph, unit="unit")
    n = len(y)
    b = _least_squares(x, y)
    e = y - x @ b
    s2 = e @ e / n
    m = np.eye(n) - x @ np.linalg.solve(x.T @ x, x.T)
    t = np.trace((w.T + w) @ w)
    wxb = w @ x @ b
    nj = t + wxb @ m @ wxb / s2
    of_error, of_lag = e @ w @ e / s2, e @ w @ y / s2
    assert found.error.statistic == pytest.approx(of_error**2 / t, rel=1e-8)
    assert found.lag.statistic == pytest.approx(of_lag**2 / nj, rel=1e-8)
    assert found.robust_error.statistic == pytest.approx(
        (of_error - t / nj * of_lag) ** 2 / (t * (1 - t / nj)), rel=1e-8
    )
    assert found.robust_lag.statistic == pytest.approx((of_lag - of_error) ** 2 / (nj - t), rel=1e-8)
    k = x.shape[1]
    assert found.moran.statistic == pytest.approx(n / w.sum() * (e @ w @ e) / (e @ e), rel=1e-10)
    assert found.moran.expected == pytest.approx(n / w.sum() * np.trace(m @ w) / (n - k), rel=1e-8)
    mw = m @ (w + w.T) / 2
    second = (2 * np.trace(mw @ mw) + np.trace(mw) ** 2) / ((n - k) * (n - k + 2)) * (n / w.sum()) ** 2
    assert found.moran.standard_error == pytest.approx(np.sqrt(second - found.moran.expected**2), rel=1e-6)


@pytest.mark.parametrize(
    ("rho", "lam", "larger", "smaller"),
    [(0.5, 0, "robust_lag", "robust_error"), (0, 0.7, "robust_error", "robust_lag")],
)
def test_robust_tests_tell_lag_from_error(rho: float, lam: float, larger: str, smaller: str) -> None:
    data, graph, *_ = _parts(rho=rho, lam=lam)
    found = diagnose(data, "y", REGRESSORS, graph, unit="unit")
    assert getattr(found, larger).p_value < 0.01 < getattr(found, smaller).p_value


# Maximum likelihood


def _search(negative) -> float:
    return minimize_scalar(negative, bounds=(-0.99, 0.99), method="bounded", options={"xatol": 1e-11}).x


def test_lag_model_by_the_concentrated_likelihood() -> None:
    data, graph, w, y, x = _parts(rho=0.4)
    n, k = x.shape

    def negative(rho: float) -> float:
        ay = y - rho * (w @ y)
        e = ay - x @ _least_squares(x, ay)
        return n / 2 * np.log(e @ e / n) - np.linalg.slogdet(np.eye(n) - rho * w)[1]

    rho = _search(negative)
    b = _least_squares(x, y - rho * (w @ y))
    e = y - rho * (w @ y) - x @ b
    s2 = e @ e / n
    g = w @ np.linalg.inv(np.eye(n) - rho * w)
    gxb = g @ x @ b
    information = np.zeros((k + 2, k + 2))
    information[:k, :k] = x.T @ x / s2
    information[:k, k] = information[k, :k] = x.T @ gxb / s2
    information[k, k] = np.trace(g @ g + g.T @ g) + gxb @ gxb / s2
    information[k, k + 1] = information[k + 1, k] = np.trace(g) / s2
    information[k + 1, k + 1] = n / (2 * s2**2)
    errors = np.sqrt(np.diagonal(np.linalg.inv(information)))
    found = lag_model(data, "y", REGRESSORS, graph, unit="unit", group="band", effects=REGRESSORS)
    assert found.parameter.estimate == pytest.approx(rho, abs=1e-6)
    assert found.parameter.standard_error == pytest.approx(errors[k], abs=1e-6)
    assert [c.estimate for c in found.coefficients.values()] == pytest.approx(b, abs=1e-6)
    assert [c.standard_error for c in found.coefficients.values()] == pytest.approx(errors[:k], abs=1e-6)
    assert found.log_likelihood == pytest.approx(-negative(rho) - n / 2 * (1 + np.log(2 * np.pi)), abs=1e-6)
    assert abs(rho - 0.4) < 3 * errors[k]
    assert found.agree


def test_error_model_by_the_concentrated_likelihood() -> None:
    data, graph, w, y, x = _parts(lam=0.5)
    n = len(x)

    def at(lam: float) -> tuple[np.ndarray, float]:
        xs, ys = x - lam * (w @ x), y - lam * (w @ y)
        b = _least_squares(xs, ys)
        e = ys - xs @ b
        return b, e @ e / n

    def negative(lam: float) -> float:
        return n / 2 * np.log(at(lam)[1]) - np.linalg.slogdet(np.eye(n) - lam * w)[1]

    lam = _search(negative)
    b, s2 = at(lam)
    xs = x - lam * (w @ x)
    g = w @ np.linalg.inv(np.eye(n) - lam * w)
    information = np.array([[np.trace(g @ g + g.T @ g), np.trace(g) / s2], [np.trace(g) / s2, n / (2 * s2**2)]])
    found = error_model(data, "y", REGRESSORS, graph, unit="unit")
    assert found.parameter.estimate == pytest.approx(lam, abs=1e-6)
    assert found.parameter.standard_error == pytest.approx(np.sqrt(np.linalg.inv(information)[0, 0]), abs=1e-6)
    assert [c.estimate for c in found.coefficients.values()] == pytest.approx(b, abs=1e-6)
    errors = np.sqrt(np.diagonal(s2 * np.linalg.inv(xs.T @ xs)))
    assert [c.standard_error for c in found.coefficients.values()] == pytest.approx(errors, abs=1e-6)
    assert found.agree
    assert not found.effects


def test_two_stage_least_squares_by_projection() -> None:
    data, graph, w, y, x = _parts(rho=0.4)
    found = lag_model(data, "y", REGRESSORS, graph, unit="unit", group="band")
    z = np.column_stack([x, w @ y])
    h = np.column_stack([x, w @ x[:, 1:]])
    zp = h @ np.linalg.solve(h.T @ h, h.T @ z)
    d = np.linalg.solve(zp.T @ z, zp.T @ y)
    e = y - z @ d
    bread = np.linalg.inv(zp.T @ zp)
    covariance = bread @ (zp * (e**2)[:, None]).T @ zp @ bread
    assert found.gmm_parameter.estimate == pytest.approx(d[-1], abs=1e-8)
    assert found.gmm_parameter.standard_error == pytest.approx(np.sqrt(covariance[-1, -1]), abs=1e-6)
    assert found.gap == pytest.approx((found.parameter.estimate - d[-1]) / np.sqrt(covariance[-1, -1]), abs=1e-5)


def test_effects_by_the_inverse_and_its_slopes() -> None:
    data, graph, w, *_ = _parts(rho=0.4)
    found = lag_model(data, "y", REGRESSORS, graph, unit="unit", group="band", effects=["x1"])
    n = len(w)

    def average(beta: float, rho: float) -> np.ndarray:
        s = np.linalg.inv(np.eye(n) - rho * w) * beta
        return np.array([np.trace(s) / n, (s.sum() - np.trace(s)) / n, s.sum() / n])

    beta, rho = found.coefficients["x1"].estimate, found.parameter.estimate
    effects = found.effects["x1"]
    parts = (effects.direct, effects.indirect, effects.total)
    assert [p.estimate for p in parts] == pytest.approx(average(beta, rho), rel=1e-8)
    step = 1e-5
    by_beta = (average(beta + step, rho) - average(beta - step, rho)) / (2 * step)
    by_rho = (average(beta, rho + step) - average(beta, rho - step)) / (2 * step)
    # The covariance of beta and rho, from the errors of the direct and the total effect, must be one and the same.
    sb, sr = found.coefficients["x1"].standard_error, found.parameter.standard_error
    covariances = [
        (p.standard_error**2 - (gb * sb) ** 2 - (gr * sr) ** 2) / (2 * gb * gr)
        for p, gb, gr in zip(parts, by_beta, by_rho, strict=True)
    ]
    assert covariances == pytest.approx([covariances[0]] * 3, rel=1e-4)
    assert abs(covariances[0]) < sb * sr


def test_no_effects_for_what_a_whole_group_has() -> None:
    data, graph, *_ = _parts(rho=0.4)
    data["treated"] = (data["band"] == "1").astype(float)
    with pytest.raises(WithinVariationError, match="'treated' is the same within each band"):
        lag_model(data, "y", [*REGRESSORS, "treated"], graph, unit="unit", group="band", effects=["treated"])


def test_gmm_that_disagrees_is_said_to() -> None:
    # A lag model on data whose errors are alike: two-stage least squares sees no lag, maximum likelihood does.
    data, graph, *_ = _parts(lam=0.8)
    found = lag_model(data, "y", REGRESSORS, graph, unit="unit", group="band")
    assert found.gap > 1.96
    assert not found.agree


def test_models_refuse() -> None:
    data, graph, *_ = _parts()
    with pytest.raises(CollinearityError, match="'twin'"):
        error_model(data.assign(twin=data["x1"] * 2), "y", ["x1", "twin"], graph, unit="unit")
    with pytest.raises(NonFiniteError, match="u003"):
        lag_model(
            data.assign(x1=data["x1"].mask(data["unit"] == "u003")), "y", ["x1"], graph, unit="unit", group="band"
        )
    with pytest.raises(NoVariationError, match="'y'"):
        diagnose(data.assign(y=2.0), "y", ["x1"], graph, unit="unit")
    few = data[:3]
    small = contiguity(few, pd.DataFrame({"unit_a": ["u000", "u001"], "unit_b": ["u001", "u002"]}), unit="unit")
    with pytest.raises(TooFewUnitsError, match="3 units"):
        diagnose(few, "y", ["x1"], small, unit="unit")


def test_parameter_at_the_edge_is_refused() -> None:
    data, graph, *_ = _parts()
    black = (data.index // 12 + data.index % 12) % 2  # every neighbour has the other colour
    with pytest.raises(BoundaryError, match=r"lambda is −?-?1\.000"):
        error_model(data.assign(y=black + 1e-6 * data["x1"]), "y", ["x2"], graph, unit="unit")


# Conley errors: the library against the double sum


def test_conley_errors_by_the_double_sum() -> None:
    data, *_, y, x = _parts(lam=0.5)
    data["treated"] = (data["band"] == "1").astype(float)
    x = np.column_stack([np.ones(len(y)), data["treated"], data["x1"]])
    e = y - x @ _least_squares(x, y)
    lat, lon = np.radians(data["latitude"].to_numpy()), np.radians(data["longitude"].to_numpy())
    points = np.column_stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
    chord = np.linalg.norm(points[:, None] - points[None], axis=2)
    km = 2 * 6371.01 * np.arcsin(np.minimum(chord / 2, 1))
    bread = np.linalg.inv(x.T @ x)
    found = conley_errors(
        data, "y", "treated", ["x1"], latitude="latitude", longitude="longitude", cutoffs=(30.0, 80.0), unit="unit"
    )
    for cutoff in (30.0, 80.0):
        scores = x * e[:, None]
        meat = scores.T @ np.maximum(0, 1 - km / cutoff) @ scores
        assert found[cutoff] == pytest.approx(np.sqrt((bread @ meat @ bread)[1, 1]), rel=1e-6)


# Placebo groups in the error model


def test_error_test_puts_each_band_in_the_treated_place() -> None:
    data, pairs, _ = grid(seed=11, lam=0.4)
    data["y"] += 5.0 * (data["band"] == "1")
    around = graphs(data, "1", pairs, group="band", neighbours=BANDS, unit="unit")
    found = error_test(data, "y", "1", around, group="band", unit="unit", controls=REGRESSORS)
    assert {p.group for p in found.placebos} == {"0", "2", "3"}
    assert found.treated.shift == pytest.approx(1.0)
    assert found.estimate == pytest.approx(5.0, abs=1.5)
    sample = data[data["band"].isin(["0", "1", "2"])].assign(here=(data["band"] == "1").astype(float))
    by_hand = error_model(sample, "y", ["here", *REGRESSORS], around["1"], unit="unit")
    assert found.estimate == pytest.approx(by_hand.coefficients["here"].estimate, rel=1e-9)
    # Bands 0 and 2 have the treated one among their controls; band 3 has not.
    shifts = {p.group: p.shift for p in found.placebos}
    assert shifts["3"] == pytest.approx(0.0)
    assert shifts["0"] < -0.3
    assert shifts["2"] < -0.1


def test_graphs_need_the_treated_group() -> None:
    data, pairs, _ = grid()
    with pytest.raises(TreatmentError, match="'9' has 0 units"):
        graphs(data, "9", pairs, group="band", neighbours=BANDS, unit="unit")


# Published: crime in Columbus


def _columbus() -> tuple[pd.DataFrame, pd.DataFrame]:
    folder = Path(libpysal.__file__).parent / "examples" / "columbus"
    shapes = json.loads((folder / "columbus.json").read_text(encoding="utf-8"))
    data = pd.DataFrame([f["properties"] for f in shapes["features"]])
    data["unit"] = data["POLYID"].astype(int).astype(str)
    lines = (folder / "columbus.gal").read_text(encoding="utf-8").splitlines()[1:]
    pairs = [
        (head.split()[0], other) for head, tail in zip(lines[::2], lines[1::2], strict=True) for other in tail.split()
    ]
    return data, pd.DataFrame(pairs, columns=["unit_a", "unit_b"])


def test_columbus_as_published() -> None:
    # Anselin (1988), "Spatial Econometrics", data on crime in 49 neighbourhoods; the tests and models on the queen
    # contiguity of the file, as PySAL's documentation prints them.
    data, pairs = _columbus()
    graph = contiguity(data, pairs, unit="unit")
    found = diagnose(data, "CRIME", ["INC", "HOVAL"], graph, unit="unit")
    assert found.moran.statistic == pytest.approx(0.2221, abs=5e-5)
    assert found.error.statistic == pytest.approx(5.2062, abs=5e-5)
    assert found.lag.statistic == pytest.approx(8.8980, abs=5e-5)
    assert found.robust_error.statistic == pytest.approx(0.0439, abs=5e-5)
    assert found.robust_lag.statistic == pytest.approx(3.7357, abs=5e-5)
    assert moran(data, "CRIME", graph, unit="unit", permutations=99).statistic == pytest.approx(0.5002, abs=5e-5)
