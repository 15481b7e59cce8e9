import pandas as pd
import pytest
import shapely
from shapely import Polygon

from analysis.data.compile.errors import CompileError
from analysis.data.compile.polygons import MATCHES, compile_polygons

UNITS = pd.DataFrame(
    {"code": ["410121", "410122", MATCHES[0].code], "year": [2020] * 3, "name": ["甲县", "乙县", "丙市"]}
)
TOTALS = pd.DataFrame({"code": ["130000"], "name": ["丁省"], "level": ["province"]})


def _wavy(left: float, right: float) -> Polygon:
    """A strip whose long sides are wavy lines that its neighbours share."""
    heights = [34 + i / 50 for i in range(51)]
    side = {x: [(round(x + 0.02 * (-1) ** i, 6), round(y, 6)) for i, y in enumerate(heights)] for x in (left, right)}
    return Polygon([*side[left], *reversed(side[right])])


def _shapes() -> dict[str, Polygon]:
    return {
        "410122": _wavy(114, 115),
        "410121": _wavy(113, 114),
        MATCHES[0].polygon: _wavy(115, 116),
        "130000": _wavy(116, 117),
    }


def test_simplified_polygons_still_meet() -> None:
    polygons = compile_polygons(_shapes(), UNITS, TOTALS, tolerance=0.05)
    shapes = shapely.from_wkt(polygons["polygon"].to_numpy(dtype=object))
    before = sum(shapely.get_num_coordinates(s) for s in _shapes().values())
    assert shapely.get_num_coordinates(shapes).sum() < before / 4
    assert shapely.coverage_is_valid(shapes)
    assert shapely.union_all(shapes).geom_type == "Polygon"


def test_polygons_take_code_and_name_of_their_unit() -> None:
    polygons = compile_polygons(_shapes(), UNITS, TOTALS)
    assert list(polygons["code"]) == ["410121", "410122", MATCHES[0].code, "130000"]
    assert list(polygons["name"]) == ["甲县", "乙县", "丙市", "丁省"]
    assert list(polygons["level"]) == ["county", "county", "county", "province"]


def test_order_of_input_does_not_matter() -> None:
    backwards = dict(reversed(_shapes().items()))
    expected = compile_polygons(_shapes(), UNITS, TOTALS)
    pd.testing.assert_frame_equal(compile_polygons(backwards, UNITS, TOTALS), expected)


def test_borders_that_do_not_meet_are_refused() -> None:
    with pytest.raises(CompileError, match="borders do not meet, at the polygons 410122, 410121"):
        compile_polygons(_shapes() | {"410121": _wavy(113, 114.1)}, UNITS, TOTALS)


def test_polygon_without_a_unit_is_refused() -> None:
    with pytest.raises(CompileError, match="polygon 410122 has no unit in the census"):
        compile_polygons(_shapes(), UNITS.drop(index=1), TOTALS)
