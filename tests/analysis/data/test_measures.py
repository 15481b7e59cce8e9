import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import Polygon, box, segmentize
from squares import links_frame, same, shapes_frame, square, units_frame

from analysis.data.compile.borders import ELLIPSOID, shared_edges
from analysis.data.compile.errors import CompileError
from analysis.data.compile.measures import (
    CHONGQING,
    COLUMNS,
    EARTH_KM,
    capitals,
    centroids_outside,
    equal_area_measures,
    kilometres,
    km_to_border,
    market_access,
    measure_units,
    places,
    unit_shapes,
)

DEGREE_OF_LATITUDE = 110.92  # km on the WGS 84 ellipsoid at 34 degrees
SPHERE_DEGREE = EARTH_KM * np.pi / 180


def _at(*points: tuple[str, float, float]) -> pd.DataFrame:
    return pd.DataFrame(points, columns=["code", "longitude", "latitude"]).set_index("code")


def _edges(shapes: pd.DataFrame):
    return shared_edges(shapes["shape"].to_numpy(dtype=object))


def test_area_and_centroid_of_a_known_quadrangle() -> None:
    cell = box(100, 34, 101, 35)
    found = equal_area_measures(pd.Series([cell], index=["a"], dtype=object))
    # Karney's algorithm on geodesics, which follow the parallels where the points are close.
    square_metres, _ = ELLIPSOID.geometry_area_perimeter(segmentize(cell, 0.01))
    assert found.loc["a", "area_km2"] == pytest.approx(square_metres / 1e6, rel=1e-6)
    assert found.loc["a", "longitude"] == pytest.approx(100.5)
    assert found.loc["a", "latitude"] == pytest.approx(34.5, abs=5e-3)


def test_a_known_distance() -> None:
    # A minute of latitude is a nautical mile within half a per cent; a quarter of a meridian is 10,001.966 km.
    assert kilometres(_at(("a", 0, 0)), _at(("b", 0, 90))) == pytest.approx([10001.966], abs=0.001)
    assert kilometres(_at(("a", 113, 33.5)), _at(("b", 113, 34.5))) == pytest.approx([DEGREE_OF_LATITUDE], abs=0.01)


def test_market_access_of_three_points_by_hand() -> None:
    # On one meridian, one and two degrees apart.
    points = _at(("a", 113, 33), ("b", 113, 34), ("c", 113, 36))
    people = pd.Series({"c": 300, "a": 100, "b": 200})
    d = SPHERE_DEGREE
    expected = [200 / d + 300 / (3 * d), 100 / d + 300 / (2 * d), 100 / (3 * d) + 200 / (2 * d)]
    assert market_access(points, people).tolist() == pytest.approx(expected)


def test_near_places_count_as_the_least_distance() -> None:
    points = _at(("a", 113, 34), ("b", 113, 34.001), ("c", 113, 34))
    people = pd.Series({"a": 100, "b": 200, "c": 400})
    assert market_access(points, people, nearest=5).tolist() == pytest.approx([600 / 5, 500 / 5, 300 / 5])


@given(st.lists(st.tuples(st.floats(75, 135), st.floats(18, 53), st.integers(0, 10**7)), min_size=2, max_size=8))
def test_market_access_is_the_sum_over_pairs(rows: list[tuple[float, float, int]]) -> None:
    points = _at(*((str(i), x, y) for i, (x, y, _) in enumerate(rows)))
    people = pd.Series([p for *_, p in rows], index=points.index)
    found = market_access(points, people)
    for i in points.index:
        others = points.index[points.index != i]
        apart = kilometres(points.loc[[i] * len(others)], points.loc[others])
        expected = (people[others].to_numpy() / np.maximum(apart, 5)).sum()
        assert found[i] == pytest.approx(expected, rel=6e-3)


def test_the_capital_is_the_weighted_mean_of_its_districts() -> None:
    units = units_frame({"410101": "甲区", "410102": "乙区", "410121": "丙县", "410201": "丁区"}, (2010,),
                        {"410101": 300, "410102": 100, "410121": 9000, "410201": 9000})  # fmt: skip
    centre = capitals(_at(("410101", 113, 34), ("410102", 114, 35), ("410121", 100, 30), ("410201", 90, 20)), units)
    assert centre.loc["41"].tolist() == pytest.approx([113.25, 34.25])


def test_chongqing_is_its_central_districts() -> None:
    units = units_frame({CHONGQING[0]: "甲区", "500101": "乙区"}, (2010,))
    centre = capitals(_at((CHONGQING[0], 106, 29), ("500101", 108, 31)), units)
    assert centre.loc["50"].tolist() == [106, 29]


def test_distance_to_the_border_with_another_province() -> None:
    # Henan's strip lies between Hubei and, to the east, Hong Kong; to the north and south is no land.
    shapes = shapes_frame(
        {"420121": square(0, 0), "410121": square(1, 0), "410122": square(2, 0), "810001": square(3, 0)}
    )
    found = km_to_border(
        _at(("410121", 113.15, 34.05), ("410122", 113.25, 34.05), ("420121", 113.05, 34.05)),
        _edges(shapes),
        shapes["code"],
    )
    east_west = 0.1 * DEGREE_OF_LATITUDE * 1.0035 * np.cos(np.radians(34.05))
    assert found["410121"] == pytest.approx(east_west / 2, abs=0.05)
    assert found["410122"] == pytest.approx(east_west * 1.5, abs=0.05)
    assert found["420121"] == pytest.approx(east_west / 2, abs=0.05)


def test_no_border_no_distance() -> None:
    shapes = shapes_frame({"460101": square(0, 0), "460102": square(1, 0), "410121": square(9, 9)})
    assert km_to_border(_at(("460101", 113, 34)), _edges(shapes), shapes["code"]).isna().all()


@given(st.integers(1, 40), st.floats(0.01, 0.99))
def test_distance_to_a_long_straight_border_is_the_nearest_point(width: int, place: float) -> None:
    """The border is one edge, so that its ends are far from the nearest point."""
    shapes = shapes_frame({"410121": box(113, 34, 114, 34 + width / 10), "420121": box(112, 34, 113, 34 + width / 10)})
    height = 34 + place * width / 10
    found = km_to_border(_at(("410121", 113.5, height)), _edges(shapes), shapes["code"])
    straight = kilometres(_at(("a", 113.5, height)), _at(("b", 113, height)))
    assert found.iloc[0] == pytest.approx(straight[0], abs=0.2)


def test_parts_are_united_and_merged_units_have_no_shape() -> None:
    shapes = shapes_frame({"410121": square(0, 0), "410122": square(1, 0), "410123": square(2, 0)})
    links = links_frame(
        (2010, "410199", "part", "410121"),
        (2010, "410199", "part", "410122"),
        (2010, "410124", "merged", "410123"),
        (2010, "410125", "none", ""),
    )
    found = unit_shapes(shapes, links, 2010)
    assert list(found.index) == ["410199"]
    assert found["410199"].equals(square(0, 0, 2))


def _country() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    shapes = shapes_frame(
        {"410101": square(0, 0), "410121": square(1, 0), "410122": square(2, 0), "420101": square(3, 0)},
        {"410101": "甲区", "410121": "乙县", "410122": "丙县", "420101": "丁区"},
    )
    units = units_frame(
        {"410101": "甲区", "410121": "乙县", "410123": "戊县", "410124": "己县", "410125": "庚县", "420101": "丁区"},
        population={"410101": 100, "410121": 300, "410123": 1, "410124": 1, "410125": 10**9},
    )
    links = links_frame(
        *((2010, code, "same", code) for code in ("410101", "410121", "420101")),
        (2010, "410123", "merged", "410122"),
        (2010, "410124", "merged", "410122"),
        (2010, "410125", "none", ""),
    )
    return shapes, links, units


def test_units_without_a_polygon_have_a_place_but_no_measures() -> None:
    shapes, links, units = _country()
    located = places(shapes, links, units)
    assert located["own"].to_dict() == {code: code in ("410101", "410121", "420101") for code in located.index}
    assert located.loc["410123", "longitude"] == pytest.approx(113.25)
    expected = (113.05 * 100 + 113.15 * 300 + 113.25 * 2) / 402
    assert located.loc["410125", "longitude"] == pytest.approx(expected)
    measures = measure_units(shapes, _edges(shapes), links, units).set_index("code2010")
    assert list(measures.columns) == list(COLUMNS)[1:]
    assert measures.loc[["410123", "410124", "410125"]].isna().all(axis=None)
    assert measures.loc[["410101", "410121", "420101"]].notna().all(axis=None)
    # The many people of the unit that was divided count for the others.
    assert measures.loc["420101", "market_access"] > 10**7
    assert measures.loc["410101", "km_to_capital"] == 0
    assert measures.loc["420101", "km_to_border"] == pytest.approx(4.6, abs=0.1)


def test_a_province_without_a_capital_is_refused() -> None:
    shapes, links, units = _country()
    units.loc[units["code"] == "420101", "unit_type"] = "county"
    with pytest.raises(CompileError, match="no district of the capital has a place in the provinces 42"):
        measure_units(shapes, _edges(shapes), links, units)


def test_a_unit_that_is_nowhere_is_refused() -> None:
    shapes, links, units = _country()
    links = links[~links["code"].isin(["420101"])]
    with pytest.raises(CompileError, match="no place for the units of 2010 420101"):
        places(shapes, links, units)


def test_a_crescent_has_its_centroid_outside() -> None:
    ring = Polygon(box(113, 34, 113.3, 34.3).exterior, [box(113.1, 34.1, 113.2, 34.2).exterior.coords])
    shapes = shapes_frame({"410121": ring, "410122": box(113.1, 34.1, 113.2, 34.2)})
    located = equal_area_measures(shapes.set_index("code")["shape"]).rename_axis("code2010").reset_index()
    assert centroids_outside(shapes, same(shapes), located) == ["410121"]
