from typing import Any

import pandas as pd
import pytest
from census_rows import blank, figures, sheet, total

from analysis.data.compile.census import WRONG, Compiled, compile_census, unit_type
from analysis.data.compile.errors import CompileError
from analysis.data.schemas.census import INDUSTRIES


def _compile_2010(*units: dict[str, Any], names: tuple[str, ...] = ("甲县", "乙市", "丙区")) -> Compiled:
    """A province of one prefecture with up to three units, its totals summed from `totals_of`."""
    return _compile_2010_with(list(units), total(2010, list(units)), names)


def _compile_2010_with(units: list[dict[str, Any]], whole: dict[str, Any], names: tuple[str, ...]) -> Compiled:
    codes = (410121, 410181, 410102)
    rows = [("河南省", 410000, whole), ("  郑州市", 410100, whole)]
    rows += [(name, code, unit) for name, code, unit in zip(names, codes, units, strict=False)]
    return compile_census({2010: sheet(rows)})


def _exceptions(compiled: Compiled, kind: str) -> list[tuple[int, str, str]]:
    e = compiled.exceptions[compiled.exceptions["kind"] == kind]
    return list(zip(e["row"], e["column"], e["printed"], strict=True))


def test_rows_become_units_and_totals() -> None:
    compiled = _compile_2010(figures(2010), figures(2010, population=5000))
    assert list(compiled.units["code"]) == ["410121", "410181"]
    assert list(compiled.units["unit_type"]) == ["county", "county_city"]
    assert list(compiled.units["population"]) == [4000, 5000]
    assert set(compiled.units["province"]) == {"河南省"}
    assert set(compiled.units["prefecture"]) == {"郑州市"}
    assert list(compiled.totals["level"]) == ["province", "prefecture"]
    assert list(compiled.totals["population"]) == [9000, 9000]
    assert compiled.exceptions.empty


def test_every_row_is_a_unit_a_total_or_listed() -> None:
    row = figures(2010)
    rows = [("河南省", 410000, row), ("郑州市", 410100, row), ("甲县", 410121, row),
            (None, None, blank(2010)), ("南沙群岛", None, blank(2010)),
            ("某论坛bbs.example", None, blank(2010))]  # fmt: skip
    compiled = compile_census({2010: sheet(rows)})
    left_out = compiled.exceptions[compiled.exceptions["kind"] == "row left out"]
    assert len(compiled.units) + len(compiled.totals) + len(left_out) == len(rows)
    assert list(left_out["row"]) == [5, 6, 7]
    assert list(left_out["name"]) == ["", "南沙群岛", ""]
    assert list(left_out["printed"]) == ["", "南沙群岛", "某论坛bbs.example"]


@pytest.mark.parametrize(
    ("cell", "value", "kind"),
    [
        ("5    5", None, "cell left empty"),
        (-1373, None, "cell left empty"),
        (0.94, None, "cell left empty"),
        ("none", None, "cell left empty"),
        (True, None, "cell left empty"),
        (float("inf"), None, "cell left empty"),
        (" 10 ", 10, "text read as number"),
        ("1,010", 1010, "text read as number"),
        (10.0, 10, None),
    ],
)
def test_cells_that_are_no_plain_numbers(cell: object, value: float | None, kind: str | None) -> None:
    compiled = _compile_2010(figures(2010, employed_trade=10), figures(2010))
    compiled = _compile_2010_with(
        [figures(2010, employed_trade=cell), figures(2010)],
        total(2010, [figures(2010)] * 2),
        ("甲县", "乙市"),
    )
    found = compiled.units.loc[0, "employed_trade"]
    assert pd.isna(found) if value is None else found == value
    listed = compiled.exceptions[compiled.exceptions["column"] == "employed_trade"]
    assert list(listed["kind"]) == ([kind] if kind else [])
    if value is None:
        assert "the total less the other industries leaves 10" in listed["note"].iloc[0]


def test_blank_industry_is_zero_when_the_row_sums_to_its_total() -> None:
    row = figures(2010, employed_mining=None, employed=190)
    # The prefecture's total is blank too, so that the row alone proves it.
    compiled = _compile_2010_with([row], row, ("甲县",))
    assert compiled.units.loc[0, "employed_mining"] == 0
    assert compiled.exceptions.empty


def test_blank_industry_stays_empty_when_nothing_proves_it() -> None:
    row = figures(2010, employed_mining=None)
    compiled = _compile_2010_with([row], figures(2010), ("甲县",))
    assert pd.isna(compiled.units.loc[0, "employed_mining"])
    assert _exceptions(compiled, "cell left empty") == [(4, "employed_mining", "")]
    assert compiled.exceptions["note"].iloc[0].endswith("leaves 10")


@pytest.mark.parametrize(("printed_total", "value"), [(30, 0), (39, None)])
def test_blank_migrants_are_zero_when_the_prefecture_says_so(printed_total: int, value: float | None) -> None:
    units = [figures(2010, migrants_same_county=None), figures(2010)]
    whole = total(2010, units) | {"migrants_same_county": printed_total}
    compiled = _compile_2010_with(units, whole, ("甲县", "乙市"))
    found = compiled.units.loc[0, "migrants_same_county"]
    assert pd.isna(found) if value is None else found == value
    assert len(compiled.exceptions) == (value is None)


def test_facilities_stay_empty_where_no_household_was_surveyed() -> None:
    unit = figures(2010, households_surveyed=None, households_bath=None)
    compiled = _compile_2010(unit, figures(2010))
    assert pd.isna(compiled.units.loc[0, "households_bath"])
    assert {c for _, c, _ in _exceptions(compiled, "cell left empty")} == {
        "households_surveyed",
        "households_bath",
    }


def test_industries_that_do_not_sum_are_kept_and_listed() -> None:
    compiled = _compile_2010(figures(2010, employed_trade=11))
    assert compiled.units.loc[0, "employed_trade"] == 11
    assert compiled.units.loc[0, "employed"] == 200
    assert _exceptions(compiled, "sum differs") == [(4, "employed", "200")]


def test_look_alike_character_is_put_right_and_listed() -> None:
    compiled = _compile_2010(figures(2010), names=("甲\u5dff",))
    assert compiled.units.loc[0, "name"] == "甲市"
    assert _exceptions(compiled, "name respelled") == [(4, "name", "甲\u5dff")]


def test_zones_without_codes_get_codes_of_their_own() -> None:
    row = figures(2020)
    rows = [("河南省", "河南省", "河南省", 410000, row), ("河南省", "郑州市", "郑州市", 410100, row),
            ("河南省", "郑州市", "高新技术开发区", None, row), ("河南省", "郑州市", "甲县", 410121, row),
            ("河南省", "郑州市", "经济开发区", None, row)]  # fmt: skip
    compiled = compile_census({2020: sheet(rows)})
    assert list(compiled.units["code"]) == ["410121", "410191", "410192"]
    assert list(compiled.units["unit_type"]) == ["county", "zone", "zone"]
    assert [row for row, *_ in _exceptions(compiled, "code assigned")] == [4, 6]
    assert compiled.units["registered_population"].isna().all()


def test_impossible_code_is_corrected_and_listed() -> None:
    row = figures(2020)
    rows = [("山西省", "山西省", "山西省", 140000, row), ("山西省", "忻州市", "忻州市", 140900, row),
            ("山西省", "忻州市", "五台山风景名胜区", 170971, row)]  # fmt: skip
    compiled = compile_census({2020: sheet(rows)})
    assert list(compiled.units["code"]) == ["140971"]
    assert _exceptions(compiled, "code corrected") == [(4, "code", "170971")]


def test_city_without_counties_is_one_unit_in_both_years() -> None:
    row = figures(2010)
    rows_2010 = [("广东省", 440000, row), ("东莞市", 441900, row), ("市辖区", None, row),
                 ("海南省", 460000, row), ("三亚市", 460200, row), ("市辖区", None, row),
                 ("省直辖县级行政区划", None, row), ("琼海市", 469002, row)]  # fmt: skip
    row = figures(2020)
    rows_2020 = [("广东省", "广东省", "广东省", 440000, row), ("广东省", "东莞市", "东莞市", 441900, row)]
    compiled = compile_census({2010: sheet(rows_2010), 2020: sheet(rows_2020)})
    dongguan = compiled.units[compiled.units["code"] == "441900"]
    assert list(dongguan["year"]) == [2010, 2020]
    assert set(dongguan["unit_type"]) == {"city_without_counties"}
    assert set(dongguan["name"]) == {"东莞市"}
    qionghai = compiled.units[compiled.units["code"] == "469002"]
    assert list(qionghai["prefecture"]) == ["琼海市"]
    assert list(compiled.totals[compiled.totals["year"] == 2010]["level"]) == [
        "province", "province", "prefecture", "prefecture", "subtotal"]  # fmt: skip


def test_districts_of_a_municipality_lie_in_it() -> None:
    row = figures(2010)
    rows = [("北京市", 110000, row), ("市辖区", None, row), ("东城区", 110101, row),
            ("县", None, row), ("密云县", 110228, row)]  # fmt: skip
    compiled = compile_census({2010: sheet(rows)})
    assert list(compiled.units["prefecture"]) == ["北京市", "北京市"]
    assert list(compiled.totals["level"]) == ["province", "subtotal", "subtotal"]


@pytest.mark.parametrize(
    ("rows", "complaint"),
    [
        ([("甲县", 410121), ("乙县", 410121)], "410121 甲县 (row 4), 410121 乙县 (row 5)"),
        ([("甲县", 41012)], "row 4 (甲县): the code is '41012', not six digits"),
        ([(None, 410121)], "row 4: figures without a name"),
        ([("甲乡", 410121)], "unit 410121 甲乡: the name's ending tells no type"),
    ],
)
def test_rows_that_cannot_be_placed_are_named(rows: list[tuple[Any, Any]], complaint: str) -> None:
    row = figures(2010)
    head = [("河南省", 410000, row), ("郑州市", 410100, row)]
    with pytest.raises(CompileError) as caught:
        compile_census({2010: sheet(head + [(name, code, row) for name, code in rows])})
    assert complaint in str(caught.value)


@pytest.mark.parametrize(
    ("name", "code", "kind"),
    [
        ("东城区", "110101", "district"),
        ("崇明区", "310151", "district"),
        ("新林区", "232763", "zone"),
        ("保定白沟新城", "130672", "zone"),
        ("神农架林区", "429021", "other"),
        ("六枝特区", "520203", "other"),
        ("鄂温克族自治旗", "150724", "banner"),
        ("石柱土家族自治县", "500240", "county"),
        ("济源市", "419001", "county_city"),
        ("东莞市", "441900", "city_without_counties"),
        ("西沙群岛", "460391", "other"),
    ],
)
def test_unit_type(name: str, code: str, kind: str) -> None:
    assert unit_type(name, code) == kind


def test_industries_are_the_twenty_sections() -> None:
    assert len(INDUSTRIES) == len(set(INDUSTRIES)) == 20


def _in_parts(row: dict[str, Any], column: str, *cells: object) -> dict[str, Any]:
    """The row with a column printed as several parts, as the workbooks print ages and education."""
    rest = {name: cell for name, cell in row.items() if name != column}
    return rest | {f"{column}:{number}": cell for number, cell in enumerate(cells)}


def test_parts_of_a_column_are_added() -> None:
    row = _in_parts(figures(2010), "aged_0_14", 300, 500)
    compiled = _compile_2010_with([row], row, ("甲县",))
    assert compiled.units.loc[0, "aged_0_14"] == 800
    assert compiled.exceptions.empty


@pytest.mark.parametrize(("other", "value"), [(800, 800), (700, None)])
def test_a_blank_part_is_zero_only_where_the_sum_proves_it(other: int, value: float | None) -> None:
    row = _in_parts(figures(2010), "aged_0_14", None, other)
    compiled = _compile_2010_with([row], _in_parts(figures(2010), "aged_0_14", 1, 1), ("甲县",))
    found = compiled.units.loc[0, "aged_0_14"]
    assert pd.isna(found) if value is None else found == value
    assert _exceptions(compiled, "cell left empty") == ([] if value else [(4, "aged_0_14", "")])


def test_an_illegible_part_empties_its_column_and_is_named() -> None:
    row = _in_parts(figures(2020), "education_preschool", 1168, -980)
    rows = [("广西壮族自治区", "广西壮族自治区", "广西壮族自治区", 450000, row),
            ("广西壮族自治区", "百色市", "百色市", 451000, row),
            ("广西壮族自治区", "百色市", "田阳区", 451003, row)]  # fmt: skip
    compiled = compile_census({2020: sheet(rows)})
    assert pd.isna(compiled.units.loc[0, "education_preschool"])
    unit = compiled.exceptions[compiled.exceptions["code"] == "451003"]
    assert list(unit["printed"]) == ["-980"]
    assert unit["note"].iloc[0] == "a count cannot be negative (the part 1)"


def test_a_count_above_the_people_of_its_unit_is_left_empty() -> None:
    compiled = _compile_2010(figures(2010, education_primary=4001))
    assert pd.isna(compiled.units.loc[0, "education_primary"])
    assert _exceptions(compiled, "cell left empty") == [(4, "education_primary", "4001")]


def test_a_figure_known_to_be_wrong_is_left_empty_with_its_reason() -> None:
    (year, code, column), why = next(iter(WRONG.items()))
    row = figures(year)
    rows = [("辽宁省", 210000, row), ("葫芦岛市", 211400, row), ("建昌县", int(code), row)]
    compiled = compile_census({year: sheet(rows)})
    assert pd.isna(compiled.units.loc[0, column])
    assert compiled.exceptions["note"].iloc[0].startswith(why)


@pytest.mark.parametrize(
    ("changed", "whole", "words"),
    [
        ({"aged_0_14": 801}, "population", "the ages sum to 4,001"),
        ({"households_rented": 16}, "households_surveyed", "the ways to have a dwelling sum to 101"),
    ],
)
def test_parts_that_do_not_sum_are_kept_and_listed(changed: dict[str, int], whole: str, words: str) -> None:
    compiled = _compile_2010(figures(2010, aged_15_64=2800) | changed)
    (column,) = changed
    assert compiled.units.loc[0, column] == changed[column]
    differ = compiled.exceptions[compiled.exceptions["kind"] == "sum differs"]
    assert list(differ["column"]) == [whole]
    assert differ["note"].iloc[0].startswith(words)
