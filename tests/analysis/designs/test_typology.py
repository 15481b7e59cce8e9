import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.designs import errors
from analysis.designs.typology import TYPES, classify, counts, on_opposite_sides

NAMES = {"growth": "growth", "served": "served", "urban": "urban", "unit": "unit"}


def simulated_units(seed: int = 0, n: int = 51) -> pd.DataFrame:
    """Simulated: three unrelated figures."""
    random = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "unit": [f"unit {i}" for i in range(n)],
            "growth": random.normal(-2, 5, n).round(),
            "served": random.integers(10, 30, n).astype(float),
            "urban": random.normal(1, 1, n),
        }
    )


@pytest.mark.parametrize("seed", range(5))
def test_a_loop_over_units_agrees(seed: int) -> None:
    data = simulated_units(seed)
    got = classify(data, **NAMES)
    ordered = sorted(data["served"])
    middle = ordered[len(ordered) // 2]
    for i, row in data.iterrows():
        growing, well = row["growth"] >= 0, row["served"] >= middle
        words = f"{'growing' if growing else 'shrinking'}_{'well' if well else 'poorly'}_served"
        assert got.loc[i, "type"] == words
        assert got.loc[i, "urbanizing_while_shrinking"] == (row["growth"] < 0 and row["urban"] > 0)
    assert sum(counts(got)[t] for t in TYPES) == len(data)


def test_types_that_nobody_has_are_counted_as_nought() -> None:
    data = pd.DataFrame({"unit": ["a", "b"], "growth": [1.0, 2.0], "served": [1.0, 2.0], "urban": [0.5, 0.6]})
    assert counts(classify(data, **NAMES)) == {
        "growing_well_served": 1,
        "growing_poorly_served": 1,
        "shrinking_well_served": 0,
        "shrinking_poorly_served": 0,
        "urbanizing_while_shrinking": 0,
    }


def test_opposite_sides_leave_out_the_median() -> None:
    data = pd.DataFrame({"unit": list("abcde"), "x": [1.0, 2, 3, 4, 5], "y": [9.0, 1, 8, 2, 5]})
    assert list(on_opposite_sides(data, "x", "y", unit="unit")) == [True, False, False, True, False]


def test_a_figure_is_on_no_opposite_side_of_itself_and_on_all_of_its_mirror() -> None:
    data = simulated_units(n=50).assign(same=lambda d: 2 * d["urban"], mirror=lambda d: -d["urban"])
    assert not on_opposite_sides(data, "urban", "same", unit="unit").any()
    assert on_opposite_sides(data, "urban", "mirror", unit="unit").all()


@given(st.permutations(range(51)))
def test_the_order_of_units_does_not_matter(order: list[int]) -> None:
    data = simulated_units()
    pd.testing.assert_frame_equal(classify(data.iloc[order], **NAMES).sort_index(), classify(data, **NAMES))


@pytest.mark.parametrize(
    ("data", "error", "words"),
    [
        (simulated_units().drop(columns="urban"), errors.UnknownColumnError, "'urban'"),
        (simulated_units().assign(growth=np.nan), errors.NonFiniteError, "'growth'.*unit 0"),
        (simulated_units().assign(served=3.0), errors.NoVariationError, "'served': all 51 units"),
    ],
)
def test_bad_figures_are_named(data: pd.DataFrame, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        classify(data, **NAMES)
