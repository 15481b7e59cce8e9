import numpy as np
import pandas as pd
import pyfixest
import pytest
from scipy import stats

from analysis.designs import errors
from analysis.designs.elasticity import elasticity

NAMES = {"stock": ("s0", "s1"), "people": ("p0", "p1"), "cluster": "prefecture", "unit": "unit"}


def simulated_units(seed: int = 0, slope: float = 0.7, provinces: int = 8, noise: float = 0.2) -> pd.DataFrame:
    """Simulated: provinces of five prefectures of six units; services answer people with a known slope.

    The change of people and that of services have shocks of provinces and prefectures.
    """
    random = np.random.default_rng(seed)
    prefecture = np.repeat(np.arange(provinces * 5), 6)
    province = prefecture // 5
    n = len(prefecture)
    growth = random.normal(0, 0.1, provinces)[province] + random.normal(-0.05, 0.1, n)
    shock = random.normal(0, 0.1, provinces * 5)[prefecture] + random.normal(0, 1, n)
    answer = 0.5 + slope * growth + noise * shock
    people, services = random.uniform(1e5, 1e6, n), random.uniform(1e3, 1e4, n)
    return pd.DataFrame(
        {
            "unit": [f"unit {i}" for i in range(n)],
            "prefecture": [f"p{i}" for i in prefecture],
            "province": [f"v{i}" for i in province],
            "p0": people,
            "p1": people * np.exp(growth),
            "s0": services,
            "s1": services * np.exp(answer),
        }
    )


@pytest.mark.parametrize("within", [None, "province"])
def test_known_slope_comes_back_almost_without_noise(within: str | None) -> None:
    got = elasticity(simulated_units(slope=0.7, noise=1e-9), within=within, **NAMES)
    assert got.slope == pytest.approx(0.7, abs=1e-8)
    assert got.per_head == pytest.approx(-0.3, abs=1e-8)
    assert (got.n, got.clusters, got.groups) == (240, 40, 8 if within else 0)


def test_interval_covers_the_slope_about_as_often_as_it_says() -> None:
    draws = [elasticity(simulated_units(seed), **NAMES) for seed in range(200)]
    covered = sum(d.interval[0] <= 0.7 <= d.interval[1] for d in draws)
    # Binomial with 200 draws at 0.95: outside 180 to 199 with a probability below one in a thousand.
    assert 180 <= covered <= 199
    assert np.mean([d.slope for d in draws]) == pytest.approx(0.7, abs=0.05)


@pytest.mark.parametrize("seed", range(3))
def test_slope_per_head_is_the_slope_less_one(seed: int) -> None:
    data = simulated_units(seed)
    y = np.log((data["s1"] / data["p1"]) / (data["s0"] / data["p0"]))
    x = np.log(data["p1"] / data["p0"])
    assert elasticity(data, **NAMES).per_head == pytest.approx(np.polyfit(x, y, 1)[0], abs=1e-9)


def test_services_that_do_not_answer_fall_by_one_per_head() -> None:
    assert elasticity(simulated_units(slope=0.0, noise=1e-6), **NAMES).per_head == pytest.approx(-1, abs=1e-5)


def test_an_error_in_the_count_of_people_draws_the_slope_towards_nought() -> None:
    data = simulated_units(slope=1.0, noise=0.0)
    miscounted = data.assign(p1=data["p1"] * np.exp(np.random.default_rng(5).normal(0, 0.1, len(data))))
    assert 0 < elasticity(miscounted, **NAMES).slope < 0.9


# pyfixest 0.60 calls pandas in a way that pandas 4 will drop.
@pytest.mark.filterwarnings("ignore:The inplace keyword:DeprecationWarning")
@pytest.mark.parametrize("within", [None, "province"])
def test_pyfixest_agrees(within: str | None) -> None:
    data = simulated_units(4)
    got = elasticity(data, within=within, **NAMES)
    data = data.assign(y=np.log(data["s1"] / data["s0"]), x=np.log(data["p1"] / data["p0"]))
    formula = "y ~ x | province" if within else "y ~ x"
    theirs = pyfixest.feols(formula, data, vcov={"CRV1": "prefecture"}, ssc=pyfixest.ssc(k_fixef="full"))
    assert got.slope == pytest.approx(theirs.coef()["x"], rel=1e-6)
    assert got.standard_error == pytest.approx(theirs.se()["x"], rel=1e-6)
    assert got.interval == pytest.approx(tuple(theirs.confint().loc["x"]), rel=1e-6)
    assert got.p_one == pytest.approx(2 * stats.t.sf(abs(got.slope - 1) / theirs.se()["x"], 39), rel=1e-5)


def broken(column: str, row: int, value: object) -> pd.DataFrame:
    data = simulated_units()
    data[column] = data[column].astype(object)
    data.loc[row, column] = value
    return data if isinstance(value, str) or value is None else data.assign(**{column: data[column].astype(float)})


@pytest.mark.parametrize(
    ("data", "how", "error", "words"),
    [
        (broken("s0", 3, 0.0), {}, errors.LogarithmError, "'s0': unit unit 3 has 0"),
        (broken("p1", 4, -1.0), {}, errors.LogarithmError, "'p1': unit unit 4 has -1"),
        (broken("s1", 5, np.nan), {}, errors.NonFiniteError, "'s1'.*unit 5"),
        (broken("prefecture", 6, None), {}, errors.NonFiniteError, "'prefecture': unit unit 6"),
        (broken("province", 7, None), {"within": "province"}, errors.NonFiniteError, "'province': unit unit 7"),
        (simulated_units().drop(columns="p0"), {}, errors.UnknownColumnError, "'p0'"),
        (simulated_units().assign(prefecture="one"), {}, errors.TooFewClustersError, "'prefecture': 1"),
        (simulated_units().assign(s1=lambda d: 2 * d["s0"]), {}, errors.NoVariationError, "'s1' over 's0'"),
        (simulated_units().assign(p1=lambda d: 2 * d["p0"]), {}, errors.CollinearityError, "alike in all units"),
        (
            simulated_units().assign(p1=lambda d: d["p0"] * (1 + d["province"].str[1:].astype(int) / 10)),
            {"within": "province"}, errors.CollinearityError, "within each group of 'province'",
        ),
        (simulated_units().iloc[[0, 6]], {}, errors.TooFewUnitsError, "2 units for 2 coefficients"),
    ],
)  # fmt: skip
def test_bad_figures_are_named(data: pd.DataFrame, how: dict, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        elasticity(data, **NAMES, **how)
