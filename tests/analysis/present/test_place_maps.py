"""Maps of places, on squares and on the real polygons."""

import pandas as pd
import pytest
from shapely.geometry import box

from analysis.present.place_maps import place_shapes, residents_map, tens, urban_share_map
from analysis.results.rank_size import CITY, UNIT
from analysis.study import Study


def squares(study: Study) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Simulated: a city of two districts, one of them apart, and a county that took a new code."""
    codes = ["410102", "410103", "410183"]
    cells = [box(113, 34, 114, 35), box(116, 34, 117, 35), box(114, 34, 115, 35)]
    own = pd.DataFrame({"code": codes, "name": "模拟", "level": "county", "polygon": cells})
    provinces = pd.DataFrame(
        {
            "code": [p + "0000" for p in study.provinces],
            "name": "模拟省",
            "level": "province",
            "polygon": [box(110 + i, 33, 111 + i, 36) for i in range(len(study.provinces))],
        }
    )
    links = pd.DataFrame({"year": 2020, "code": codes, "polygon": codes})
    elsewhere = pd.DataFrame({"year": 2020, "code": ["420101", "420101"], "polygon": ["420101", "420102"]})
    places = pd.DataFrame(
        {
            "place": ["city 41 x", "410121"],
            "name": ["x", "y"],
            "pinyin": ["Xi", "Yi"],
            "province": "41",
            "prefecture": "41 x",
            "kind": [CITY, UNIT],
            "code_end": ["", "410183"],
            "people_start": [100.0, 100],
            "people_end": [130.0, 90],
            "urban_end": [100.0, 30],
        }
    )
    return places, pd.concat([own, provinces], ignore_index=True), pd.concat([links, elsewhere], ignore_index=True)


def test_a_city_is_all_that_is_no_county(study: Study) -> None:
    places, polygons, links = squares(study)
    shapes = place_shapes(places, polygons, links, study)
    assert shapes["city 41 x"].area == pytest.approx(2)
    assert shapes["410121"].bounds == (114, 34, 115, 35)


def test_a_place_without_a_polygon_is_named(study: Study) -> None:
    places, polygons, links = squares(study)
    with pytest.raises(ValueError, match="no polygon for 410121"):
        place_shapes(places, polygons, links[links["code"] != "410183"], study)


def test_titles_count(study: Study) -> None:
    places, polygons, links = squares(study)
    share = urban_share_map(places, study, polygons, links)
    assert share.title == "All 1 counties are less urban than the least urban prefecture city"
    higher = places.assign(urban_end=[20.0, 80])
    assert urban_share_map(higher, study, polygons, links).title == (
        "1 of 1 counties and county-level cities are more urban than some prefecture city"
    )
    assert residents_map(places, study, polygons, links).title == (
        "1 of 1 counties and county-level cities lost residents, and no prefecture city"
    )
    assert residents_map(places.assign(people_end=[90.0, 110]), study, polygons, links).title == (
        "0 of 1 counties and county-level cities lost residents, and 1 of 1 prefecture cities"
    )


def test_the_points_are_the_values_drawn(study: Study) -> None:
    places, polygons, links = squares(study)
    points = urban_share_map(places, study, polygons, links).points
    assert points is not None
    assert points["value"].tolist() == pytest.approx([100 * 100 / 130, 100 * 30 / 90])


@pytest.mark.parametrize(
    ("values", "most", "bounds"),
    [
        ([28.0, 95.0], None, [20, 30, 40, 50, 60, 70, 80, 90, 100]),
        ([-24.0, 55.0], 30, [-30, -20, -10, 0, 10, 20, 30, 60]),
        ([-24.0, 5.0], 30, [-30, -20, -10, 0, 10]),
        ([20.0, 20.0], None, [20, 30]),
    ],
)
def test_classes_are_ten_wide_and_the_last_as_wide_as_it_must_be(values, most, bounds) -> None:
    given = {} if most is None else {"most": most}
    assert tens(pd.Series(values), **given) == bounds


def test_no_value_is_said() -> None:
    with pytest.raises(ValueError, match="no place has a value"):
        tens(pd.Series([], dtype=float))
