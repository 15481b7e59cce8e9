from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from shapely.geometry import box

from analysis.present.coverage import ALL, NO, SOME, _albers, coverage_map, covered

LINKS = pd.DataFrame(
    [
        (2010, "410121", "same", "410121"),
        (2010, "410122", "part", "410122"),
        (2010, "410122", "part", "410123"),
        (2010, "410125", "merged", "410124"),
        (2010, "410126", "merged", "410124"),
        (2010, "410127", "none", ""),
        (2020, "410199", "same", "410121"),
    ],
    columns=["year", "code", "relation", "polygon"],
)
CELLS = {code: box(110 + i, 34, 111 + i, 35) for i, code in enumerate(("410121", "410122", "410123", "410124"))}
POLYGONS = pd.DataFrame(
    [
        *((code, "甲县", "county", cell) for code, cell in CELLS.items()),
        ("410000", "甲省", "province", box(110, 34, 114, 35)),
        ("710000", "乙省", "province", box(120, 22, 121, 25)),
    ],
    columns=["code", "name", "level", "polygon"],
)


def _values(**figures: float) -> pd.Series:
    return pd.Series({code.removeprefix("u"): value for code, value in figures.items()}, dtype=float)


def test_polygons_by_how_many_of_their_units_have_a_figure() -> None:
    values = _values(u410121=np.nan, u410122=0.0, u410125=2.0, u410127=3.0)
    coverage, state = covered(values, LINKS, "a figure", 2010)
    assert state.to_dict() == {"410121": NO, "410122": ALL, "410123": ALL, "410124": SOME}
    assert (coverage.have, coverage.units, coverage.not_drawn) == (3, 5, 1)


def test_title_and_alternative_text_are_made_from_the_figures() -> None:
    figure = coverage_map(_values(u410121=1.0, u410122=1.0), "a road area", 2010, POLYGONS, LINKS)
    assert "2 of the 5 units of 2010 have a road area. Units with one are dark" in figure.title
    assert "One unit has no polygon and is not drawn." in figure.title
    values = _values(u410121=1.0, u410122=1.0, u410125=1.0, u410126=1.0, u410127=1.0)
    assert covered(values, LINKS, "a population", 2010)[0].title == "All 5 units of 2010 have a population"


def test_each_kind_has_its_own_fill_and_the_legend_names_those_that_are_there() -> None:
    figure = coverage_map(_values(u410121=1.0, u410125=1.0), "a figure", 2010, POLYGONS, LINKS)
    fills = {
        kind: figure.svg.count(f"fill: {colour}")
        for kind, colour in {ALL: "#0b4a7d", SOME: "#9aa5ad", NO: "#ebebe8"}.items()
    }
    assert all(count >= 2 for count in fills.values())  # on the map and in the legend
    without = coverage_map(_values(u410121=1.0), "a figure", 2010, POLYGONS, LINKS)
    assert "#9aa5ad" not in without.svg


def test_the_same_bytes_twice() -> None:
    first = coverage_map(_values(u410121=1.0), "a figure", 2010, POLYGONS, LINKS)
    assert first.svg == coverage_map(_values(u410121=1.0), "a figure", 2010, POLYGONS, LINKS).svg
    assert ElementTree.fromstring(first.svg).tag.endswith("svg")  # noqa: S314


def test_a_code_of_another_year_is_refused() -> None:
    with pytest.raises(ValueError, match="no units of 2010 have the codes 410199"):
        covered(_values(u410199=1.0), LINKS, "a figure", 2010)


def test_a_code_that_stands_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="values has more than one row for 410121"):
        covered(pd.Series([1.0, 2.0], index=["410121", "410121"]), LINKS, "a figure", 2010)


def test_the_projection_keeps_areas() -> None:
    """A cell's area on the unit sphere is its width times the difference of the sines of its latitudes."""
    for west, south in ((80, 30), (105, 20), (130, 50)):
        x, y = _albers(
            np.array([(west, south), (west + 0.01, south), (west + 0.01, south + 0.01), (west, south + 0.01)])
        ).T
        area = abs(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1))) / 2
        low, high = np.radians([south, south + 0.01])
        assert area == pytest.approx(np.radians(0.01) * (np.sin(high) - np.sin(low)), rel=1e-5)


def test_the_committed_polygons_make_a_small_map() -> None:
    figure = coverage_map(_values(u410122=1.0), "a figure")
    assert len(figure.svg) < 450_000
    assert "1 of the 2,870 units of 2010 has a figure" in figure.title
