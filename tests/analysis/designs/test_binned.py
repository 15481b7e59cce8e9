"""Binned scatter on simulated units."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

from analysis.designs import errors
from analysis.designs.binned import binned_scatter


def simulated(seed: int = 0, noise: float = 1.0) -> pd.DataFrame:
    """Simulated: y = x² + 2 w + province + error, with w going with x; thirty prefectures in six provinces."""
    random = np.random.default_rng(seed)
    prefecture = np.repeat(np.arange(30), 20)
    province = prefecture // 5
    n = len(prefecture)
    x = random.normal(size=n) + 0.5 * (province - 2.5)
    w = 0.7 * x + random.normal(size=n)
    y = x**2 + 2 * w + 3 * province + noise * (0.5 * random.normal(size=30)[prefecture] + random.normal(size=n))
    return pd.DataFrame(
        {
            "unit": [f"u{i}" for i in range(n)],
            "prefecture": prefecture.astype(str),
            "province": province.astype(str),
            "x": x,
            "w": w,
            "y": y,
        }
    )


def scatter(data: pd.DataFrame, controls=("w",), absorb="province", bins=6, **how):
    return binned_scatter(data, "y", "x", controls, absorb=absorb, cluster="prefecture", unit="unit", bins=bins, **how)


def test_without_controls_the_means_are_the_bins_means() -> None:
    data = simulated()
    made = scatter(data, (), None).bins
    for row in made.itertuples():
        above = data["x"] >= row.low if row.Index == 0 else data["x"] > row.low
        inside = data[above & (data["x"] <= row.high)]
        assert len(inside) == row.units
        assert row.mean == pytest.approx(inside["y"].mean(), rel=1e-10)
        assert row.dose == pytest.approx(inside["x"].mean(), rel=1e-10)
    assert made["units"].sum() == len(data)
    assert made["units"].max() - made["units"].min() <= 2


def test_statsmodels_predicts_the_same_at_the_means_of_controls() -> None:
    data = simulated()
    ours = scatter(data)
    data["bin"] = np.searchsorted(ours.bins["low"].to_numpy(), data["x"]).clip(1) - 1
    model = smf.ols("y ~ 0 + C(bin) + w + C(province)", data)
    fit = model.fit(cov_type="cluster", cov_kwds={"groups": data["prefecture"].astype(int).to_numpy()})
    design = pd.DataFrame(model.exog, columns=model.exog_names)
    others = [c for c in design.columns if "bin" not in c]
    for i, row in enumerate(ours.bins.itertuples()):
        at = design.mean().where(design.columns.isin(others), 0.0)
        at[f"C(bin)[{i}]"] = 1.0
        assert row.mean == pytest.approx(float(at @ fit.params), rel=1e-8)
        assert row.standard_error == pytest.approx(float(np.sqrt(at @ fit.cov_params() @ at)), rel=1e-7)


def test_controls_and_effects_are_given_their_due() -> None:
    """With next to no noise and with a step function as truth, differences between bins come back."""
    data = simulated()
    edges = scatter(data).bins["low"].to_numpy()
    place = np.searchsorted(edges, data["x"]).clip(1) - 1
    data["y"] = np.array([0.0, 1, 4, 9, 16, 25])[place] + 2 * data["w"] + 3 * data["province"].astype(int)
    data["y"] += 1e-8 * np.sin(np.arange(len(data)))
    means = scatter(data).bins["mean"].to_numpy()
    assert np.diff(means) == pytest.approx([1, 3, 5, 7, 9], abs=1e-7)


def test_band_is_wider_than_a_point_and_narrower_than_bonferroni() -> None:
    from scipy import stats

    made = scatter(simulated())
    assert stats.norm.ppf(0.975) < made.critical < stats.norm.ppf(1 - 0.025 / 6) + 0.02
    reach = (made.bins["band_high"] - made.bins["band_low"]) / 2
    assert reach.to_numpy() == pytest.approx(made.critical * made.bins["standard_error"].to_numpy())
    assert scatter(simulated()).bins.equals(made.bins)


def test_band_covers_all_bins_about_as_often_as_it_says() -> None:
    """Over 120 simulated samples with clusters; two clusters a bin would be too few for the law of large numbers."""
    covered = 0
    for seed in range(120):
        random = np.random.default_rng(seed)
        prefecture = np.repeat(np.arange(120), 5)
        x = random.uniform(size=600)
        data = pd.DataFrame({"unit": range(600), "prefecture": prefecture.astype(str), "x": x})
        data["y"] = 0.5 * random.normal(size=120)[prefecture] + random.normal(size=600)
        bins = binned_scatter(data, "y", "x", cluster="prefecture", unit="unit", bins=5, draws=2000).bins
        covered += bool(((bins["band_low"] <= 0) & (bins["band_high"] >= 0)).all())
    assert 105 <= covered <= 120


@pytest.mark.parametrize(
    ("change", "how", "error", "words"),
    [
        (lambda d: d.assign(x=(d["x"] > 0).astype(float)), {}, errors.BinError, "2 distinct values"),
        (lambda d: d, {"bins": 1}, errors.BinError, "1 bins"),
        (lambda d: d, {"bins": 40}, errors.TooFewClustersError, "30 for 40 bins"),
        (lambda d: d.assign(w=1.0), {}, errors.CollinearityError, "w"),
        (lambda d: d.assign(w=d["province"].astype(float)), {}, errors.CollinearityError, "'?province"),
        (lambda d: d.assign(y=d["y"].mask(d.index == 4)), {}, errors.NonFiniteError, "u4"),
        (lambda d: d.assign(province=d["province"].mask(d.index == 4)), {}, errors.NonFiniteError, "u4"),
        (lambda d: d.drop(columns="w"), {}, errors.UnknownColumnError, "'w'"),
        (
            lambda d: d[d.groupby("prefecture").cumcount() < 1].iloc[:8],
            {"bins": 6},
            errors.TooFewUnitsError,
            "8 units",
        ),
    ],
)
def test_bad_input_is_named(change, how, error, words: str) -> None:
    with pytest.raises(error, match=words):
        scatter(change(simulated()), **how)
