import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from squares import shapes_frame, square, units_frame

from analysis.data.compile import polygon_units
from analysis.data.compile.errors import CompileError
from analysis.data.compile.polygon_cases import CASES, CHANGED, MERGED, NONE, PART, SAME, WITHOUT_UNIT, Case
from analysis.data.compile.polygon_units import link_units

NO_CASES: dict[int, tuple[Case, ...]] = {2010: (), 2020: ()}


def _shapes(names: dict[str, str]) -> pd.DataFrame:
    return shapes_frame({code: square(i, 0) for i, code in enumerate(names)}, names)


def _linked(
    polygons: dict[str, str], units: dict[str, str], cases: tuple[Case, ...] = ()
) -> list[tuple[str, str, str]]:
    """Links of 2010; in 2020 every polygon is the unit of its own code and name."""
    both = pd.concat([units_frame(units, (2010,)), units_frame(polygons, (2020,))])
    frame = link_units(_shapes(polygons), both, {2010: cases, 2020: ()})
    of_year = frame[frame["year"] == 2010]
    return list(of_year[["code", "relation", "polygon"]].itertuples(index=False, name=None))


def test_same_code_and_name_but_for_the_ending() -> None:
    assert _linked({"410122": "中牟区", "410123": "乙县"}, {"410122": "中牟县", "410123": "乙县"}) == [
        ("410122", SAME, "410122"),
        ("410123", SAME, "410123"),
    ]


def test_another_code_is_found_by_the_whole_name_in_the_province() -> None:
    # The same name in another province is another place.
    polygons = {"340124": "庐江县", "350124": "庐江县"}
    assert _linked(polygons, {"341421": "庐江县", "351421": "庐江县"}) == [
        ("341421", SAME, "340124"),
        ("351421", SAME, "350124"),
    ]


def test_another_code_is_found_by_the_stem_in_the_prefecture() -> None:
    assert _linked({"410783": "长垣市"}, {"410728": "长垣县"}) == [("410728", SAME, "410783")]


def test_the_same_stem_in_another_prefecture_is_another_place() -> None:
    with pytest.raises(CompileError, match="no polygon for the units of 2010 410728 长垣县"):
        _linked({"410883": "长垣市"}, {"410728": "长垣县"})


def test_one_code_and_two_names_is_no_match() -> None:
    with pytest.raises(CompileError, match="no polygon for the units of 2010 410122 中牟县"):
        _linked({"410122": "新密市"}, {"410122": "中牟县"})


def test_a_name_of_two_characters_is_not_cut() -> None:
    with pytest.raises(CompileError, match="371422 陵县"):
        _linked({"371403": "陵区"}, {"371422": "陵县"})


def test_a_zone_without_a_polygon_is_listed_with_none() -> None:
    assert _linked({"410122": "中牟县"}, {"410122": "中牟县", "410172": "高新园"}) == [
        ("410122", SAME, "410122"),
        ("410172", NONE, ""),
    ]


def test_reviewed_cases_come_first() -> None:
    cases = (
        Case("410121", MERGED, ("410125",), "merged"),
        Case("410122", MERGED, ("410125",), "merged"),
        Case("410123", PART, ("410123", "410126"), "divided"),
    )
    polygons = {"410125": "丙区", "410123": "乙县", "410126": "丁区"}
    assert _linked(polygons, {"410121": "甲县", "410122": "丙区", "410123": "乙县"}, cases) == [
        ("410121", MERGED, "410125"),
        ("410122", MERGED, "410125"),
        ("410123", PART, "410123"),
        ("410123", PART, "410126"),
    ]


def test_a_polygon_that_no_unit_has_is_refused() -> None:
    with pytest.raises(CompileError, match="no unit of 2010 for the polygons 410123"):
        _linked({"410122": "中牟县", "410123": "乙县"}, {"410122": "中牟县"})


def test_a_polygon_that_is_two_units_is_refused() -> None:
    cases = (Case("410123", SAME, ("410122",), "wrong"),)
    with pytest.raises(CompileError, match="polygon 410122 is said to be more than one unit of 2010"):
        _linked({"410122": "中牟县"}, {"410122": "中牟县", "410123": "乙县"}, cases)


@pytest.mark.parametrize(
    ("case", "message"),
    [
        (Case("419999", SAME, ("410122",), ""), "the census of 2010 has no unit 419999"),
        (Case("410122", SAME, ("419998",), ""), "has no polygon 419998"),
    ],
)
def test_a_case_that_names_what_is_not_there_is_refused(case: Case, message: str) -> None:
    with pytest.raises(CompileError, match=message):
        _linked({"410122": "中牟县"}, {"410122": "中牟县"}, (case,))


@given(
    polygons=st.dictionaries(st.sampled_from(["410121", "410122", "410181", "420121"]), st.sampled_from(["甲乙县", "甲乙市", "丙丁区", "丙县"]), min_size=1),
    units=st.dictionaries(st.sampled_from(["410121", "410122", "410181", "420121", "410171"]), st.sampled_from(["甲乙县", "甲乙市", "丙丁区", "丙县", "高新园"]), min_size=1),
)  # fmt: skip
def test_every_unit_is_linked_or_everything_is_refused(polygons: dict[str, str], units: dict[str, str]) -> None:
    shapes = _shapes(polygons)
    try:
        links = link_units(shapes, units_frame(units), NO_CASES)
    except CompileError as error:
        assert any(code in str(error) for code in {**polygons, **units})
        return
    for _, of_year in links.groupby("year"):
        assert set(of_year["code"]) == set(units)
        assert set(of_year["polygon"]) - {""} == set(polygons)
        assert not of_year.loc[of_year["polygon"] != "", "polygon"].duplicated().any()


def test_the_list_of_cases_is_consistent() -> None:
    for year, cases in CASES.items():
        codes = [case.code for case in cases]
        assert len(set(codes)) == len(codes), year
        assert all(case.reason for case in cases)
        assert all((case.relation == NONE) == (not case.polygons) for case in cases)
        assert all(len(case.polygons) > 1 for case in cases if case.relation == PART)
        assert all(len(case.polygons) == 1 for case in cases if case.relation == MERGED)
        drawn = {p for case in cases if case.relation in (SAME, PART, CHANGED) for p in case.polygons}
        assert not drawn & set(WITHOUT_UNIT[year])
    assert tuple(CASES) == polygon_units.YEARS
