import numpy as np
import pandas as pd
import pytest

from analysis.designs.errors import (
    DuplicateUnitError,
    IslandError,
    NonFiniteError,
    TooFewUnitsError,
    UnknownColumnError,
    UnknownUnitError,
)
from analysis.designs.weights import contiguity, great_circle_km
from tests.analysis.designs.grid import grid


@pytest.fixture
def four() -> pd.DataFrame:
    """Three units in a row, and an island nearest to the last."""
    return pd.DataFrame({"unit": ["a", "b", "c", "isle"], "latitude": 30.0, "longitude": [110.0, 110.5, 111.0, 112.0]})


PAIRS = pd.DataFrame({"unit_a": ["a", "c"], "unit_b": ["b", "b"]})


def test_rows_share_a_weight_of_one() -> None:
    data, pairs, w = grid()
    graph = contiguity(data, pairs, unit="unit")
    assert graph.weights.full()[0] == pytest.approx(w)
    assert (graph.pairs, graph.components) == (len(pairs), 1)


def test_order_of_pairs_does_not_matter() -> None:
    data, pairs, w = grid()
    turned = pairs.rename(columns={"unit_a": "unit_b", "unit_b": "unit_a"})
    graph = contiguity(data, pd.concat([turned.sample(frac=1, random_state=1), pairs]), unit="unit")
    assert graph.weights.full()[0] == pytest.approx(w)
    assert graph.pairs == len(pairs)


def test_island_is_refused_by_name(four: pd.DataFrame) -> None:
    with pytest.raises(IslandError, match=r"1 of 4 units have no neighbour.*isle.*islands='nearest'.*islands='drop'"):
        contiguity(four, PAIRS, unit="unit")


def test_island_is_joined_to_the_nearest_unit_both_ways(four: pd.DataFrame) -> None:
    graph = contiguity(four, PAIRS, unit="unit", islands="nearest")
    assert graph.joined == {"isle": "c"}
    assert graph.weights["c"] == pytest.approx({"b": 0.5, "isle": 0.5})
    assert graph.weights["isle"] == {"c": 1.0}


def test_island_is_dropped_and_counted(four: pd.DataFrame) -> None:
    graph = contiguity(four, PAIRS, unit="unit", islands="drop")
    assert graph.dropped == ("isle",)
    assert graph.units == ("a", "b", "c")
    assert list(graph.rows(four, "unit")["unit"]) == ["a", "b", "c"]


def test_island_without_a_position_is_named(four: pd.DataFrame) -> None:
    four.loc[3, "latitude"] = np.nan
    with pytest.raises(NonFiniteError, match="isle"):
        contiguity(four, PAIRS, unit="unit", islands="nearest")


def test_pairs_with_units_that_are_not_there_are_passed_over(four: pd.DataFrame) -> None:
    more = pd.concat([PAIRS, pd.DataFrame({"unit_a": ["isle"], "unit_b": ["gone"]})])
    with pytest.raises(IslandError, match="isle"):
        contiguity(four, more, unit="unit")


def test_parts_that_do_not_touch_are_counted() -> None:
    data = pd.DataFrame({"unit": list("abcd")})
    pairs = pd.DataFrame({"unit_a": ["a", "c"], "unit_b": ["b", "d"]})
    assert contiguity(data, pairs, unit="unit").components == 2


def test_unit_twice(four: pd.DataFrame) -> None:
    with pytest.raises(DuplicateUnitError, match="unit b stands in 2 rows"):
        contiguity(pd.concat([four, four[1:2]]), PAIRS, unit="unit", islands="drop")


def test_unit_paired_with_itself(four: pd.DataFrame) -> None:
    with pytest.raises(DuplicateUnitError, match="unit c with itself"):
        contiguity(four, pd.DataFrame({"unit_a": ["a", "c"], "unit_b": ["b", "c"]}), unit="unit")


def test_unknown_columns(four: pd.DataFrame) -> None:
    with pytest.raises(UnknownColumnError, match="'id'"):
        contiguity(four, PAIRS, unit="id")
    with pytest.raises(UnknownColumnError, match="'from'"):
        contiguity(four, PAIRS, unit="unit", first="from")


def test_too_few(four: pd.DataFrame) -> None:
    with pytest.raises(TooFewUnitsError, match="2 units"):
        contiguity(four[:2], PAIRS, unit="unit")


def test_rows_come_in_the_order_of_the_weights(four: pd.DataFrame) -> None:
    graph = contiguity(four, PAIRS, unit="unit", islands="drop")
    assert list(graph.rows(four.sample(frac=1, random_state=2), "unit")["unit"]) == ["a", "b", "c"]
    with pytest.raises(UnknownUnitError, match="first b"):
        graph.rows(four.drop(index=1), "unit")


def test_great_circle_by_the_law_of_cosines() -> None:
    lat, lon = np.array([31.2, 39.9]), np.array([121.5, 116.4])
    a, b = np.radians([30.6, 114.3])
    angle = np.arccos(
        np.sin(np.radians(lat)) * np.sin(a) + np.cos(np.radians(lat)) * np.cos(a) * np.cos(np.radians(lon) - b)
    )
    assert great_circle_km(lat, lon, (30.6, 114.3)) == pytest.approx(6371.01 * angle, rel=1e-9)
