import pandas as pd
import pytest
import shapely
from shapely import Polygon
from squares import links_frame, shapes_frame, square

from analysis.data.compile.errors import CompileError
from analysis.data.compile.polygons import check_coverage, compile_polygons, name_polygons

UNITS = pd.DataFrame({"code": ["410121", "410122", "410381"], "year": [2020] * 3, "name": ["甲县", "乙县", "丙市"]})
TOTALS = pd.DataFrame({"code": ["130000"], "name": ["丁省"], "level": ["province"]})
NAMES = {"410122": "乙区", "410121": "甲区", "410307": "丙区", "130101": "丁区", "710000": "戊省"}


def _wavy(left: float, right: float) -> Polygon:
    """A strip whose long sides are wavy lines that its neighbours share."""
    heights = [34 + i / 50 for i in range(51)]
    side = {x: [(round(x + 0.02 * (-1) ** i, 6), round(y, 6)) for i, y in enumerate(heights)] for x in (left, right)}
    return Polygon([*side[left], *reversed(side[right])])


def _shapes(**other: Polygon) -> pd.DataFrame:
    strips = {code: _wavy(113 + i, 114 + i) for i, code in enumerate(("410121", "410122", "410307", "130101"))}
    return shapes_frame(strips | {"710000": square(80, 0)} | {c.removeprefix("p"): s for c, s in other.items()}, NAMES)


def _links() -> pd.DataFrame:
    return links_frame(
        (2020, "410121", "same", "410121"),
        (2020, "410122", "changed", "410122"),
        (2020, "410381", "changed", "410307"),
        (2020, "410306", "merged", "410122"),
        (2020, "130199", "none", ""),
    )


def _compiled(shapes: pd.DataFrame, tolerances: tuple[float, float] = (0.05, 0.05), finer: str = "41") -> pd.DataFrame:
    return compile_polygons(shapes, _links(), UNITS, TOTALS, finer, tolerances)


def _read(polygons: pd.DataFrame, level: str) -> pd.Series:
    rows = polygons[polygons["level"] == level].set_index("code")["polygon"]
    return pd.Series(shapely.from_wkt(rows.to_numpy(dtype=object)), index=rows.index)


def test_simplified_polygons_still_meet() -> None:
    shapes = _read(_compiled(_shapes()), "county")
    before = sum(shapely.get_num_coordinates(s) for s in _shapes()["shape"])
    assert shapely.get_num_coordinates(shapes.to_numpy()).sum() < before / 4
    assert shapely.coverage_is_valid(shapes.to_numpy())
    assert shapely.union_all(shapes.to_numpy()).geom_type == "Polygon"


def test_two_tolerances_meet_and_the_first_is_kept_within() -> None:
    shapes = _read(_compiled(_shapes(), (0.001, 0.05), finer="4101"), "county")
    assert shapely.coverage_is_valid(shapes.to_numpy())
    points = {code: shapely.get_num_coordinates(shape) for code, shape in shapes.items()}
    assert points["410121"] == shapely.get_num_coordinates(_wavy(113, 114))
    assert points["410121"] > 1.5 * points["410381"]
    assert points["410381"] > points["410122"] / 2


def test_a_province_is_the_union_of_its_simplified_units() -> None:
    polygons = _compiled(_shapes())
    counties, provinces = _read(polygons, "county"), _read(polygons, "province")
    assert sorted(provinces.index) == ["130000", "410000", "710000"]
    henan = shapely.union_all(counties[counties.index.str.startswith("41")].to_numpy())
    assert provinces["410000"].equals(henan)


def test_polygons_take_code_and_name_of_their_unit() -> None:
    polygons = _compiled(_shapes())
    assert list(polygons["code"]) == ["130101", "410121", "410122", "410381", "130000", "410000", "710000"]
    assert list(polygons["name"]) == ["丁区", "甲县", "乙县", "丙市", "丁省", "省41省", "省71省"]
    assert list(polygons["level"]) == ["county"] * 4 + ["province"] * 3
    assert list(name_polygons(_links())["polygon"]) == ["", "410121", "410122", "410122", "410381"]


def test_order_of_input_does_not_matter() -> None:
    backwards = _shapes().iloc[::-1].reset_index(drop=True)
    pd.testing.assert_frame_equal(_compiled(backwards), _compiled(_shapes()))


def test_borders_that_do_not_meet_are_refused() -> None:
    check_coverage(_shapes())
    with pytest.raises(CompileError, match="borders do not meet, at the polygons 410121, 410122"):
        check_coverage(_shapes(p410121=_wavy(113, 114.1)))


def test_two_polygons_of_one_code_are_refused() -> None:
    with pytest.raises(CompileError, match="more than one polygon would have the code 410381"):
        _compiled(pd.concat([_shapes(), shapes_frame({"410381": square(90, 0)})], ignore_index=True))
