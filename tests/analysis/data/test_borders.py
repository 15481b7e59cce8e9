import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import MultiPolygon, Polygon, coverage_simplify, from_wkt
from squares import SIDE, links_frame, same, shapes_frame, square, units_frame

from analysis.data.compile.borders import compile_adjacency, shared_edges, without_neighbours

DEGREE_OF_LATITUDE = 110.92  # km on the WGS 84 ellipsoid at 34 degrees
CODES = ("410121", "410122", "410123", "420121")
#  410122 420121
#  410121 410123
GRID = {"410121": (0, 0), "410123": (1, 0), "410122": (0, 1), "420121": (1, 1)}


def _adjacency(
    shapes: pd.DataFrame, links: pd.DataFrame | None = None, units: pd.DataFrame | None = None
) -> pd.DataFrame:
    names = dict(zip(shapes["code"], shapes["name"], strict=True))
    return compile_adjacency(
        shared_edges(shapes["shape"].to_numpy(dtype=object)),
        shapes["code"],
        same(shapes) if links is None else links,
        units_frame(names) if units is None else units,
    )


def _grid() -> pd.DataFrame:
    return shapes_frame({code: square(*place) for code, place in GRID.items()})


def test_squares_that_touch_at_a_corner_are_no_pair() -> None:
    pairs = _adjacency(_grid())
    assert list(zip(pairs["unit_a"], pairs["unit_b"], pairs["same_province"], strict=True)) == [
        ("410121", "410122", 1),
        ("410121", "410123", 1),
        ("410122", "420121", 0),
        ("410123", "420121", 0),
    ]


def test_length_of_a_shared_meridian_and_parallel() -> None:
    length = _adjacency(_grid()).set_index(["unit_a", "unit_b"])["border_km"]
    north_south = SIDE * DEGREE_OF_LATITUDE
    assert length["410121", "410123"] == pytest.approx(north_south, abs=0.05)
    assert length["410121", "410122"] == pytest.approx(north_south * np.cos(np.radians(34.1)), abs=0.06)


def test_length_of_an_edge_is_the_meridian_arc() -> None:
    edges = shared_edges(np.array([square(0, 0), square(1, 0)], dtype=object))
    major, squared = 6378.137, 0.00669437999014  # WGS 84: km, and the eccentricity squared
    arc = major * (1 - squared) / (1 - squared * np.sin(np.radians(34.05)) ** 2) ** 1.5 * np.radians(SIDE)
    assert edges.kilometres.tolist() == pytest.approx([arc], rel=1e-6)


def test_the_order_of_polygons_does_not_matter() -> None:
    backwards = _grid().iloc[::-1].reset_index(drop=True)
    pd.testing.assert_frame_equal(_adjacency(backwards), _adjacency(_grid()))


def test_an_enclave_and_a_second_piece_of_border_count() -> None:
    ring = Polygon(square(0, 0, 3, 3).exterior, [square(1, 1).exterior.coords])
    shapes = shapes_frame({"410121": ring, "410122": MultiPolygon([square(1, 1), square(3, 0)])})
    length = _adjacency(shapes)["border_km"]
    around = 2 * SIDE * DEGREE_OF_LATITUDE * (1 + np.cos(np.radians(34.15)))
    # The second square lies against the ring's outside, at the lowest third of its eastern side.
    noded = Polygon([(113, 34), (113.3, 34), (113.3, 34.1), (113.3, 34.3), (113, 34.3)], [square(1, 1).exterior.coords])
    assert length.tolist() == pytest.approx([around], abs=0.1)
    shapes["shape"] = [noded, shapes["shape"][1]]
    assert _adjacency(shapes)["border_km"].tolist() == pytest.approx([around + SIDE * DEGREE_OF_LATITUDE], abs=0.1)


def test_a_border_too_short_to_print_is_no_border() -> None:
    west = Polygon([(113, 34), (113.1, 34), (113.1, 34.0002), (113, 34.1)])
    east = Polygon([(113.1, 34), (113.2, 34), (113.1, 34.0002)])
    assert len(_adjacency(shapes_frame({"410121": west, "410122": east}))) == 0


def test_parts_of_a_unit_are_one_and_units_without_a_polygon_have_no_pairs() -> None:
    shapes = shapes_frame({code: square(i, 0) for i, code in enumerate((*CODES[:3], "410124"))})
    units = units_frame({"410121": "甲县", "410123": "乙县", "410125": "丙县", "410126": "丁县"})
    links = links_frame(
        (2010, "410121", "part", "410121"),
        (2010, "410121", "part", "410122"),
        (2010, "410123", "changed", "410123"),
        (2010, "410125", "merged", "410124"),
        (2010, "410126", "merged", "410124"),
    )
    pairs = _adjacency(shapes, links, units)
    assert list(zip(pairs["unit_a"], pairs["unit_b"], strict=True)) == [("410121", "410123")]


def test_islands_are_listed() -> None:
    shapes = shapes_frame({code: square(*place) for code, place in GRID.items()} | {"410199": square(9, 9)})
    links = pd.concat([same(shapes), links_frame((2010, "410198", "none", ""))])
    assert without_neighbours(_adjacency(shapes, links), links) == ["410199"]


@given(
    columns=st.integers(1, 6),
    rows=st.integers(1, 6),
    bent=st.floats(-0.01, 0.01).map(lambda x: round(x, 6)),
)
def test_a_grid_has_the_pairs_of_a_grid(columns: int, rows: int, bent: float) -> None:
    shapes = {}
    for i in range(columns):
        for j in range(rows):
            corners = [(i, j), (i + 1, j), (i + 1, j + 1), (i, j + 1)]
            moved = [(113 + x / 10 + (bent if (x + y) % 2 else 0), 34 + y / 10) for x, y in corners]
            shapes[f"4{i}{j}121"] = Polygon(moved)
    found = shared_edges(np.array(list(shapes.values()), dtype=object))
    assert len(found.first) == rows * (columns - 1) + columns * (rows - 1)
    assert (found.first < found.second).all()
    assert (found.kilometres > 7).all()


def test_what_simplifying_leaves_shared_is_still_shared() -> None:
    grid = _grid()
    simplified = coverage_simplify(grid["shape"].to_numpy(dtype=object), 0.01)
    again = from_wkt([shape.wkt for shape in simplified])
    assert len(shared_edges(np.asarray(again, dtype=object)).first) == 4
