"""Bins and robustness values against the packages of the methods' authors, which only these tests import."""

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from analysis.designs.binned import binned_scatter
from analysis.designs.omitted import partial_r_squared, robustness_value


def simulated(seed: int) -> pd.DataFrame:
    """Simulated: a curved relation, two controls that go with the dose, six provinces."""
    random = np.random.default_rng(seed)
    n = 900
    prefecture = np.repeat(np.arange(90), 10)
    x = random.normal(size=n) + 0.3 * (prefecture // 15)
    data = pd.DataFrame({"unit": range(n), "prefecture": prefecture, "province": prefecture // 15, "x": x})
    data["w1"], data["w2"] = 0.5 * x + random.normal(size=n), random.uniform(size=n)
    data["y"] = np.sin(x) + data["w1"] - data["w2"] + data["province"] + random.normal(size=n)
    return data


# binsreg draws with what pandas 4 and NumPy 3 will drop, and plots as it goes.
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
@pytest.mark.parametrize("bins", [5, 12])
@pytest.mark.parametrize("effects", [False, True])
def test_means_of_bins_are_those_of_binsreg(bins: int, effects: bool) -> None:
    binsreg = pytest.importorskip("binsreg")
    mpl.use("Agg")
    data = simulated(4)
    others = data[["w1", "w2"]]
    if effects:
        others = pd.concat([others, pd.get_dummies(data["province"], drop_first=True, dtype=float)], axis="columns")
    ours = binned_scatter(
        data,
        "y",
        "x",
        ("w1", "w2"),
        absorb="province" if effects else None,
        cluster="prefecture",
        unit="unit",
        bins=bins,
    )
    theirs = binsreg.binsreg(
        data["y"].to_numpy(), data["x"].to_numpy(), w=others.to_numpy(), nbins=bins, dots=(0, 0), noplot=True
    )
    dots = theirs.data_plot[0].dots
    assert ours.bins["mean"].to_numpy() == pytest.approx(dots["fit"].to_numpy(dtype=float), abs=1e-6)
    assert ours.bins["dose"].to_numpy() == pytest.approx(dots["x"].to_numpy(dtype=float), abs=1e-6)


# Without a level sensemakr divides by a critical value of nought, and then does not use it.
@pytest.mark.filterwarnings("ignore:divide by zero:RuntimeWarning")
@pytest.mark.parametrize(("t", "df"), [(4.18445, 783), (-1.2, 50), (25.0, 60), (2.4, 1700)])
def test_robustness_values_are_those_of_sensemakr(t: float, df: int) -> None:
    sensitivity = pytest.importorskip("sensemakr")

    def one(value: object) -> float:
        return float(np.ravel(np.asarray(value, dtype=float))[0])

    assert robustness_value(t, df) == pytest.approx(one(sensitivity.robustness_value(t_statistic=t, dof=df)), abs=1e-9)
    assert partial_r_squared(t, df) == pytest.approx(one(sensitivity.partial_r2(t_statistic=t, dof=df)), abs=1e-12)
    for share in (1.0, 0.5):
        assert robustness_value(t, df, share=share, level=0.95) == pytest.approx(
            one(sensitivity.robustness_value(t_statistic=t, dof=df, q=share, alpha=0.05)), abs=1e-9
        )
