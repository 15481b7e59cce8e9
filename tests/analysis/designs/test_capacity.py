import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.designs import errors
from analysis.designs.capacity import capacity, coupling, entropy_weights

INDICATORS = ["water", "work", "schools"]


def simulated_units(seed: int = 0, n: int = 40) -> pd.DataFrame:
    """Simulated: three indicators of different spread and unit."""
    random = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "unit": [f"unit {i}" for i in range(n)],
            "water": random.uniform(0, 100, n),
            "work": random.gamma(2, 10, n),
            "schools": random.normal(9, 0.5, n),
        }
    )


def by_loops(data: pd.DataFrame, names: list[str]) -> tuple[list[float], list[float]]:
    """Weights and scores with entropy weights, one number at a time."""
    columns = {}
    for name in names:
        values = [float(v) for v in data[name]]
        low, high = min(values), max(values)
        columns[name] = [(v - low) / (high - low) for v in values]
    spare = {}
    for name, scaled in columns.items():
        total, entropy = sum(scaled), 0.0
        for value in scaled:
            if value > 0:
                entropy -= value / total * math.log(value / total)
        spare[name] = 1 - entropy / math.log(len(scaled))
    weights = [spare[n] / sum(spare.values()) for n in names]
    scores = [sum(w * columns[n][i] for w, n in zip(weights, names, strict=True)) for i in range(len(data))]
    return weights, scores


@pytest.mark.parametrize("seed", range(5))
def test_a_loop_over_scalars_agrees(seed: int) -> None:
    data = simulated_units(seed)
    got = capacity(data, INDICATORS, unit="unit")
    weights, scores = by_loops(data, INDICATORS)
    assert [w.entropy for w in got.weights] == pytest.approx(weights, abs=1e-12)
    assert list(got.scores["entropy"]) == pytest.approx(scores, abs=1e-12)
    scaled = got.scaled
    assert list(got.scores["equal"]) == pytest.approx(list(sum(scaled[n] for n in INDICATORS) / 3), abs=1e-12)


def test_closed_form_of_four_units() -> None:
    data = pd.DataFrame({"unit": list("abcd"), "one": [0, 0, 0, 5.0], "three": [2, 4, 4, 4.0]})
    # Scaled to 0001 and 0111: entropies of nought and of ln 3 over ln 4.
    first, second = 1.0, 1 - math.log(3) / math.log(4)
    got = capacity(data, ["one", "three"], unit="unit")
    assert [w.entropy for w in got.weights] == pytest.approx([first / (first + second), second / (first + second)])
    assert [(w.low, w.high) for w in got.weights] == [(0, 5), (2, 4)]
    assert list(got.scores["equal"]) == [0, 0.5, 0.5, 1]


def test_entropy_weights_are_squared_spread() -> None:
    random = np.random.default_rng(1)
    spread = np.array([0.02, 0.05, 0.1])
    data = pd.DataFrame(1 + spread * random.normal(size=(5_000, 3)), columns=INDICATORS)
    squared = (data.std(ddof=0) / data.mean()) ** 2
    assert entropy_weights(data) == pytest.approx((squared / squared.sum()).to_numpy(), rel=0.02)


def test_spread_earns_weight_and_importance_does_not() -> None:
    data = simulated_units(3, n=400)
    data["rare"] = (np.arange(400) == 7).astype(float)  # one unit in 400 has it
    got = capacity(data, [*INDICATORS, "rare"], unit="unit")
    heaviest = max(got.weights, key=lambda w: w.entropy)
    assert heaviest.indicator == "rare" and heaviest.entropy > 0.5
    assert got.weight_follows_spread == pytest.approx(1)
    assert got.scores["entropy"].corr(got.scores["equal"], method="spearman") < 1


@given(st.permutations(range(40)))
def test_the_order_of_units_does_not_matter(order: list[int]) -> None:
    data = simulated_units()
    one, other = (capacity(d, INDICATORS, unit="unit") for d in (data, data.iloc[order]))
    assert [w.entropy for w in other.weights] == pytest.approx([w.entropy for w in one.weights], rel=1e-9)
    assert other.scores.sort_index().to_numpy() == pytest.approx(one.scores.to_numpy(), abs=1e-9)


@given(st.lists(st.floats(1e-3, 1e6), min_size=3, max_size=3))
def test_the_unit_of_an_indicator_does_not_matter(factors: list[float]) -> None:
    data = simulated_units()
    one = capacity(data, INDICATORS, unit="unit")
    other = capacity(
        data.assign(**{n: data[n] * f for n, f in zip(INDICATORS, factors, strict=True)}), INDICATORS, unit="unit"
    )
    assert other.scores.to_numpy() == pytest.approx(one.scores.to_numpy(), abs=1e-9)
    assert [w.entropy for w in other.weights] == pytest.approx([w.entropy for w in one.weights], rel=1e-6)


def broken(column: str, row: int, value: float) -> pd.DataFrame:
    data = simulated_units()
    data.loc[row, column] = value
    return data


@pytest.mark.parametrize(
    ("data", "indicators", "error", "words"),
    [
        (simulated_units().assign(water=7.0), INDICATORS, errors.ConstantIndicatorError, "'water': all 40 units"),
        (broken("work", 5, -2.5), INDICATORS, errors.NegativeIndicatorError, "'work': unit unit 5 has -2.5"),
        (broken("schools", 3, np.nan), INDICATORS, errors.NonFiniteError, "'schools'.*unit 3"),
        (broken("schools", 4, np.inf), INDICATORS, errors.NonFiniteError, "'schools'.*unit 4"),
        (simulated_units(), ["water", "roads"], errors.UnknownColumnError, "'roads'"),
        (simulated_units(), ["water"], errors.TooFewUnitsError, "1 indicator"),
    ],
)  # fmt: skip
def test_bad_indicators_are_named(
    data: pd.DataFrame, indicators: list[str], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        capacity(data, indicators, unit="unit")


def scores(**columns: list[float]) -> pd.DataFrame:
    rows = len(next(iter(columns.values())))
    return pd.DataFrame({"unit": [f"unit {i}" for i in range(rows)], **columns})


def test_coupling_by_hand() -> None:
    got = coupling(scores(a=[0.4, 0.9, 0.0], b=[0.4, 0.1, 0.5]), ["a", "b"], unit="unit")
    assert list(got["coupling"]) == pytest.approx([1, 2 * math.sqrt(0.09) / 1, 0])
    assert list(got["development"]) == pytest.approx([0.4, 0.5, 0.25])
    assert list(got["coordination"]) == pytest.approx([math.sqrt(0.4), math.sqrt(0.6 * 0.5), 0])
    weighted = coupling(scores(a=[0.9], b=[0.1]), ["a", "b"], unit="unit", importance={"a": 0.75, "b": 0.25})
    assert weighted["development"][0] == pytest.approx(0.7)
    assert weighted["coordination"][0] == pytest.approx(math.sqrt(0.6 * 0.7))


@given(st.lists(st.lists(st.floats(0.01, 1), min_size=3, max_size=3), min_size=2, max_size=6))
def test_with_equal_importance_coordination_is_the_root_of_the_geometric_mean(rows: list[list[float]]) -> None:
    data = scores(a=[r[0] for r in rows], b=[r[1] for r in rows], c=[r[2] for r in rows])
    got = coupling(data, ["a", "b", "c"], unit="unit")
    expected = [math.exp(sum(math.log(v) for v in r) / 3) ** 0.5 for r in rows]
    assert list(got["coordination"]) == pytest.approx(expected, abs=1e-9)
    assert (got["coupling"] <= 1 + 1e-12).all()


@pytest.mark.parametrize(
    ("data", "subsystems", "how", "error", "words"),
    [
        (scores(a=[0.2, 1.2], b=[0.5, 0.5]), ["a", "b"], {}, errors.ScoreError, "'a': unit unit 1 has 1.2"),
        (scores(a=[0.2, 0.5], b=[0.5, -0.1]), ["a", "b"], {}, errors.ScoreError, "'b': unit unit 1 has -0.1"),
        (scores(a=[0.2, 0.0], b=[0.5, 0.0]), ["a", "b"], {}, errors.ScoreError, "unit unit 1 has nought in all"),
        (scores(a=[0.2, np.nan], b=[0.5, 0.1]), ["a", "b"], {}, errors.NonFiniteError, "'a'.*unit 1"),
        (scores(a=[0.2, 0.3]), ["a"], {}, errors.TooFewUnitsError, "1 subsystem"),
        (scores(a=[0.2], b=[0.3]), ["a", "b"], {"importance": {"a": 1.0}}, errors.ScoreError, "importances"),
        (scores(a=[0.2], b=[0.3]), ["a", "b"], {"importance": {"a": 0.5, "b": 0.6}}, errors.ScoreError, "sum of 1"),
    ],
)  # fmt: skip
def test_bad_scores_are_named(
    data: pd.DataFrame, subsystems: list[str], how: dict, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        coupling(data, subsystems, unit="unit", **how)
