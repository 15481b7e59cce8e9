"""The rank-size slope on simulated places: the slope known, the error by simulation, a second implementation."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from analysis.designs import errors
from analysis.designs.rank_size import rank_size


def simulated_places(slope: float, n: int, seed: int) -> pd.DataFrame:
    """Simulated: sizes drawn from a power law with this slope, 10,000 at the least."""
    uniform = np.random.default_rng(seed).uniform(size=n)
    return pd.DataFrame({"place": [f"p{i}" for i in range(n)], "people": 1e4 * uniform ** (-1 / slope)})


def fitted(data: pd.DataFrame, **how):
    return rank_size(data, "people", unit="place", **how)


def test_a_rank_size_rule_without_chance_comes_back() -> None:
    """Sizes that lie on the line: ln(rank - 1/2) = 20 - 1.5 ln(size)."""
    rank = np.arange(1, 41)
    data = pd.DataFrame({"place": rank, "people": np.exp((20 - np.log(rank - 0.5)) / 1.5)})
    got = fitted(data.sample(frac=1, random_state=0))
    assert got.slope == pytest.approx(1.5, rel=1e-12)
    assert got.intercept == pytest.approx(20, rel=1e-12)
    assert got.standard_error == pytest.approx(1.5 * (2 / 40) ** 0.5, rel=1e-12)
    assert got.n == 40


@pytest.mark.parametrize(("slope", "n"), [(1.0, 60), (1.6, 126)])
def test_slope_has_no_bias_and_the_error_that_it_says(slope: float, n: int) -> None:
    """Over 1,000 draws of a power law. Without the half the mean would be lower by more than the tolerance."""
    draws = [fitted(simulated_places(slope, n, seed)) for seed in range(1_000)]
    slopes = np.array([d.slope for d in draws])
    assert slopes.mean() == pytest.approx(slope, rel=0.015)
    assert slopes.std() == pytest.approx(slope * (2 / n) ** 0.5, rel=0.08)
    covered = np.mean([d.interval[0] <= slope <= d.interval[1] for d in draws])
    assert 0.92 <= covered <= 0.965


def test_statsmodels_has_the_slope_and_an_error_far_too_small() -> None:
    data = simulated_places(1.2, 100, 3)
    ranks = data["people"].rank(ascending=False).to_numpy()
    ols = sm.OLS(np.log(ranks - 0.5), sm.add_constant(np.log(data["people"].to_numpy()))).fit()
    got = fitted(data)
    assert got.slope == pytest.approx(-ols.params[1], rel=1e-10)
    assert got.intercept == pytest.approx(ols.params[0], rel=1e-10)
    assert got.standard_error > 5 * ols.bse[1]


def test_the_unit_of_size_does_not_matter_and_the_level_does() -> None:
    data = simulated_places(1.2, 50, 1)
    got, in_thousands = fitted(data), fitted(data.assign(people=data["people"] / 1000))
    assert in_thousands.slope == pytest.approx(got.slope, rel=1e-12)
    narrow = fitted(data, level=0.5)
    assert narrow.interval[1] - narrow.slope == pytest.approx(0.67449 * got.standard_error, rel=1e-5)


@pytest.mark.parametrize(
    ("change", "how", "error", "words"),
    [
        (lambda d: d.assign(people=d["people"].mask(d.index == 4, 0)), {}, errors.LogarithmError, "p4 has 0"),
        (lambda d: d.assign(people=d["people"].mask(d.index == 4)), {}, errors.NonFiniteError, "p4"),
        (lambda d: d.assign(place="p"), {}, errors.DuplicateUnitError, "p stands in 20 rows"),
        (lambda d: d.assign(people=5.0), {}, errors.NoVariationError, "all 20 places"),
        (lambda d: d.iloc[:2], {}, errors.TooFewUnitsError, "2 places"),
        (lambda d: d.drop(columns="people"), {}, errors.UnknownColumnError, "'people'"),
        (lambda d: d, {"level": 95}, errors.LevelError, "95"),
    ],
)
def test_bad_input_is_named(change, how, error, words: str) -> None:
    with pytest.raises(error, match=words):
        fitted(change(simulated_places(1.0, 20, 0)), **how)
