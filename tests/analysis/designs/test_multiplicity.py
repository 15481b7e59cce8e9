import numpy as np
import pytest

from analysis.designs import errors
from analysis.designs.multiplicity import step_down
from analysis.designs.placebo import PlaceboTest, Placement, judge


def judged(own: list[float], placebos: np.ndarray) -> dict[str, PlaceboTest]:
    """One test an outcome; `placebos` is groups x outcomes."""
    return {
        f"y{j}": judge(
            [Placement("own", own[j], None, 1.0, 5, 20, 2, 6, ("x",))]
            + [Placement(f"g{i}", float(e), None, 0.0, 5, 20, 2, 6, ("x",)) for i, e in enumerate(placebos[:, j])],
            "own",
        )
        for j in range(len(own))
    }


def by_hand(own: list[float], placebos: np.ndarray) -> list[float]:
    """Westfall and Young's steps written out: the largest first, then without it, never below the one before."""
    scale = placebos.std(axis=0, ddof=1)
    sizes, others = np.abs(own) / scale, np.abs(placebos) / scale
    left, found, last = set(range(len(own))), {}, 0.0
    while left:
        first = max(left, key=lambda j: (sizes[j], -j))
        beaten = sum(max(row[j] for j in left) >= sizes[first] for row in others)
        last = max(last, (1 + beaten) / (len(others) + 1))
        found[first] = last
        left.remove(first)
    return [found[j] for j in range(len(own))]


@pytest.mark.parametrize("seed", range(20))
def test_the_same_as_the_steps_by_hand(seed: int) -> None:
    random = np.random.default_rng(seed)
    count = int(random.integers(1, 7))
    placebos = random.normal(size=(24, count)) @ random.normal(size=(count, count)) * random.uniform(0.1, 50, count)
    own = list(3 * random.normal(size=count) * placebos.std(axis=0))
    tests = judged(own, placebos)
    found = step_down(tests)
    assert list(found.values()) == pytest.approx(by_hand(own, placebos))
    assert all(found[name] >= test.p_value - 1e-12 for name, test in tests.items())
    scale = placebos.std(axis=0, ddof=1)
    in_order = [found[f"y{j}"] for j in np.argsort(-np.abs(own) / scale)]
    assert in_order == sorted(in_order)


def test_one_outcome_keeps_its_p_value() -> None:
    tests = judged([1.2], np.linspace(-2, 2, 24)[:, None])
    assert step_down(tests)["y0"] == pytest.approx(tests["y0"].p_value)


def test_the_same_outcome_twice_costs_nothing_and_an_unrelated_one_does() -> None:
    random = np.random.default_rng(1)
    column = random.normal(size=24)
    own = 1.3
    alone = step_down(judged([own], column[:, None]))["y0"]
    assert step_down(judged([own, own], np.column_stack([column, column])))["y0"] == pytest.approx(alone)
    other = np.column_stack([column, random.normal(size=24)])
    assert step_down(judged([own, 0.1], other))["y0"] > alone


def test_only_groups_that_all_outcomes_share_count() -> None:
    random = np.random.default_rng(2)
    placebos = random.normal(size=(24, 2))
    tests = judged([1.0, 2.0], placebos)
    shortened = judge([tests["y1"].treated, *tests["y1"].placebos[4:]], "own")
    found = step_down({"y0": tests["y0"], "y1": shortened})
    assert list(found.values()) == pytest.approx(by_hand([1.0, 2.0], placebos[4:]))


def test_bad_input_is_named() -> None:
    placebos = np.random.default_rng(3).normal(size=(6, 2))
    tests = judged([1.0, 2.0], placebos)
    apart = {
        "y0": judge([tests["y0"].treated, *tests["y0"].placebos[:3]], "own"),
        "y1": judge([tests["y1"].treated, *tests["y1"].placebos[2:]], "own"),
    }
    with pytest.raises(errors.TooFewPlacebosError, match="1 placebo groups are shared by all 2"):
        step_down(apart)
    with pytest.raises(errors.TooFewPlacebosError, match="0 placebo"):
        step_down({})
    pair = judged([1.0], np.array([[5.0], [5.0], [4.0], [3.0]]))["y0"]
    with pytest.raises(errors.NoVariationError, match="y0: all 2 shared placebo groups have the estimate 5"):
        step_down({"y0": without(pair, "g2"), "y1": without(pair, "g3")})


def without(test: PlaceboTest, group: str) -> PlaceboTest:
    return judge([test.treated, *(p for p in test.placebos if p.group != group)], "own")
