"""City roads and prefecture-years: reading, compiling, rules, and what the committed tables must show."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis.data import tables
from analysis.data.checks import prefectures as checks
from analysis.data.checks.loaded import Tables, load_all
from analysis.data.compile.city_roads import Roads, compile_city_roads
from analysis.data.compile.errors import CompileError
from analysis.data.compile.irregular import copied, interpolated, out_of_line
from analysis.data.compile.places import match_places, places_2010
from analysis.data.compile.prefectures import Compiled, compile_prefectures, misaligned_years
from analysis.data.read.cities import CITY_ROADS, FIELDS, read_fields
from analysis.data.read.workbooks import read_workbook
from analysis.data.schemas.prefectures import FACILITIES, RATES, SECTORS, VARIABLES
from analysis.data.upstream import UpstreamError

pytestmark = pytest.mark.usefixtures("tables_loaded_once")

FIRST = 2003


def _series(*values: float | None) -> tuple["pd.Series[float]", "pd.Series[str]", "pd.Series[int]"]:
    numbers = pd.Series(values, dtype="float64")
    return numbers, pd.Series(["a"] * len(values)), pd.Series(range(2000, 2000 + len(values)))


def _years(found: "pd.Series[bool]") -> list[int]:
    return [2000 + int(i) for i in np.flatnonzero(found.to_numpy())]


# Irregular figures


def test_means_of_both_neighbours_are_interpolated() -> None:
    assert _years(interpolated(*_series(1, 2.5, 4, 4.1, 7))) == [2001]
    assert _years(interpolated(*_series(1, 2, 3, 4, 9))) == [2001, 2002]
    assert _years(interpolated(*_series(3, 3, 3))) == []
    assert _years(interpolated(*_series(1, 2.5004, 4))) == []
    assert _years(interpolated(*_series(1, None, 2, 3))) == []


def test_interpolation_needs_the_years_next_to_it() -> None:
    values, place, year = _series(1, 2, 3)
    assert _years(interpolated(values, place, year.replace(2002, 2003))) == []
    assert _years(interpolated(values, place.where(year < 2002, "b"), year)) == []


def test_runs_of_equal_years_are_copied_but_for_their_first() -> None:
    assert _years(copied(*_series(5, 5, 5, 6, 6, 7, 8, 8, 8, 8))) == [2001, 2002, 2007, 2008, 2009]
    assert _years(copied(*_series(5, 5, 6), run=2)) == [2001]
    assert _years(copied(*_series(5, None, 5, 5))) == []


def test_a_jump_that_comes_back_is_out_of_line_and_a_lasting_one_is_not() -> None:
    assert _years(out_of_line(*_series(7, 7, 1.4, 8, 8), shares=False, ends=True)) == [2002]
    assert _years(out_of_line(*_series(7, 7, 14, 14, 14), shares=False, ends=True)) == []
    assert _years(out_of_line(*_series(7, 14, 28, 56), shares=False, ends=False)) == []
    assert _years(out_of_line(*_series(7, 16, 10.6), shares=False, ends=False)) == []
    assert _years(out_of_line(*_series(10, 14, 10), shares=False, ends=True)) == []
    assert _years(out_of_line(*_series(10, None, 16, None, 10), shares=False, ends=True)) == [2002]
    assert _years(out_of_line(*_series(50, 72, 50), shares=True, ends=True)) == [2001]
    assert _years(out_of_line(*_series(50, 69, 50), shares=True, ends=True)) == []


def test_ends_count_only_where_asked_and_not_beside_an_error() -> None:
    assert _years(out_of_line(*_series(7, 7, 15), shares=False, ends=True)) == [2002]
    assert _years(out_of_line(*_series(7, 7, 15), shares=False, ends=False)) == []
    assert _years(out_of_line(*_series(7, 7, 20, 7.5), shares=False, ends=True)) == [2002]
    assert _years(out_of_line(*_series(15, 7, 7), shares=False, ends=True)) == [2000]


@given(st.lists(st.none() | st.floats(0, 1e6), min_size=1, max_size=8), st.randoms())
@settings(max_examples=100)
def test_rules_give_a_mark_for_each_row_in_any_order(values: list[float | None], random: Any) -> None:
    numbers, place, year = _series(*values)
    order = list(range(len(values)))
    random.shuffle(order)
    for rule in (
        interpolated,
        copied,
        lambda *s: out_of_line(*s, shares=False, ends=True),
        lambda *s: out_of_line(*s, shares=True, ends=True),
    ):
        found = rule(numbers, place, year)
        assert found.dtype == bool
        assert not found[numbers.isna()].any()
        shuffled = rule(numbers[order], place[order], year[order])
        assert shuffled.sort_index().equals(found)


# Made-up places: a province with two prefectures, a city, a county, and one more province


def _census() -> pd.DataFrame:
    rows = [
        ("410181", 2010, "甲城市", "county_city", "河南省", "郑州市", 100),
        ("410122", 2010, "乙县", "county", "河南省", "郑州市", 200),
        ("419001", 2010, "济源市", "county_city", "河南省", "济源市", 300),
        ("410181", 2020, "甲城市", "county_city", "河南省", "郑州市", 110),
        ("440784", 2010, "鹤山市", "county_city", "广东省", "江门市", 90),
        ("341402", 2010, "居巢区", "district", "安徽省", "巢湖市", 80),
    ]
    frame = pd.DataFrame(rows, columns=["code", "year", "name", "unit_type", "province", "prefecture", "population"])
    return frame.assign(urban_population=frame["population"] // 2)


def _totals() -> pd.DataFrame:
    rows = [
        ("410100", 2010, "prefecture", "郑州市", "河南省", 1000),
        ("410200", 2010, "prefecture", "开封市", "河南省", 2000),
        ("410100", 2020, "prefecture", "郑州市", "河南省", 1500),
        ("341400", 2010, "prefecture", "巢湖市", "安徽省", 500),
        ("460100", 2010, "prefecture", "海口市", "海南省", 600),
        ("460200", 2010, "prefecture", "三亚市", "海南省", 700),
        ("632500", 2010, "prefecture", "海南藏族自治州", "青海省", 800),
        ("522400", 2010, "prefecture", "毕节地区", "贵州省", 800),
    ]
    frame = pd.DataFrame(rows, columns=["code", "year", "level", "name", "province", "population"])
    return frame.assign(urban_population=frame["population"] // 2)


def _places() -> pd.DataFrame:
    return places_2010(_census(), _totals())


def _sheet(*rows: tuple[object, ...]) -> pd.DataFrame:
    frame = pd.DataFrame(list(rows), columns=list(CITY_ROADS.columns), dtype=object)
    return frame.set_axis(range(2, len(rows) + 2), axis=0)


def _roads(*rows: tuple[object, ...]) -> Roads:
    return compile_city_roads(_sheet(*rows), _census(), _places())


CITY = (2010, "河南省", "甲城", 410181, 9.5)


def test_places_of_2010_are_prefectures_and_directly_governed_units() -> None:
    levels = _places().set_index("code")["level"]
    assert (levels["410100"], levels["419001"]) == ("prefecture", "direct")
    assert "410181" not in levels.index


def test_cities_and_prefectures_are_told_apart() -> None:
    roads = _roads(CITY, (2010, "河南省", "郑州", 410100, 6.0), (2010, "河南省", "河南", 410000, 7.0))
    assert roads.cities[["unit_id", "year", "name", "road_area", "flagged"]].to_numpy().tolist() == [
        ["410181", 2010, "甲城市", 9.5, 0]
    ]
    assert roads.prefectures.to_numpy().tolist() == [["410100", 2010, 6.0]]
    assert [(e["code"], e["kind"]) for e in roads.exceptions] == [("410000", "series left out")]


def test_a_city_under_the_code_of_a_district_of_that_name_goes_to_its_province() -> None:
    roads = _roads((2010, "广东省", "鹤山", 410602, 22.25))
    assert list(roads.cities["unit_id"]) == ["440784"]
    assert list(roads.cities["printed_code"]) == ["410602"]
    (exception,) = roads.exceptions
    assert (exception["kind"], exception["code"]) == ("code corrected", "410602")


def test_a_city_that_changed_its_standing_is_a_city_only_in_its_years() -> None:
    roads = _roads(*[(year, "安徽省", "巢湖", 342600, 9.0 + year % 2) for year in (2010, 2011)])
    assert list(roads.cities["year"]) == [2011]
    assert list(roads.cities["unit_id"]) == ["341402"]
    assert roads.prefectures.to_numpy().tolist() == [["341400", 2010, 9.0]]


def test_a_zero_is_flagged_and_kept() -> None:
    roads = _roads(CITY, (2011, "河南省", "甲城", 410181, 0))
    assert roads.cities[["road_area", "flagged"]].to_numpy().tolist() == [[9.5, 0], [0, 1]]


def test_a_gap_stays_a_gap_and_the_advertisement_is_listed() -> None:
    blank = (None,) * 5
    advertisement = (None, None, "更多数据", None, None)
    roads = _roads(CITY, (2011, "河南省", "甲城", 410181, None), blank, advertisement)
    assert list(roads.cities["year"]) == [2010]
    assert [e["kind"] for e in roads.exceptions] == ["row left out"]


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ((1999, *CITY[1:]), "column A (year): found 1999"),
        (("x", *CITY[1:]), "column A (year): found 'x'"),
        ((None, *CITY[1:]), "a row without a year"),
        ((*CITY[:3], 41018, 9.5), "column E (code): found 41018; expected six digits"),
        ((*CITY[:4], -1), "column F (road_area): found -1"),
        ((*CITY[:4], "9,5"), "column F (road_area): found '9,5'"),
        ((*CITY[:4], float("inf")), "column F (road_area): found inf"),
        ((*CITY[:4], True), "column F (road_area): found True"),
        ((2011, "河南省", None, 410181, 9.5), "no name or no province"),
        ((2011, "河南省", "丁城", 410181, 9.5), "more than one name"),
        ((2011, "河南省", "甲城", 410188, 9.5), "two series for the unit 410181"),
        ((2011, "河南省", "戊城", 410189, 9.5), "has no city 戊城"),
        (CITY, "has the year 2010 twice"),
    ],
)
def test_wrong_rows_of_the_workbook_are_named(row: tuple[object, ...], complaint: str) -> None:
    with pytest.raises(CompileError) as caught:
        _roads(CITY, row)
    assert complaint in str(caught.value)


_CELLS = st.none() | st.integers() | st.floats() | st.text(max_size=8) | st.booleans()


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4), _CELLS), min_size=1, max_size=3))
@settings(max_examples=200)
def test_broken_workbooks_are_refused_or_compiled_to_what_they_say(edits: list[tuple[int, int, object]]) -> None:
    rows = [
        list(CITY),
        [2011, *CITY[1:4], 9.75],
        [2010, "河南省", "郑州", 410100, 6.0],
        [2011, "河南省", "郑州", 410100, 6.25],
    ]
    for row, column, value in edits:
        rows[row][column] = value
    try:
        roads = _roads(*map(tuple, rows))
    except CompileError as error:
        assert all(line.startswith("road_area_per_head") for line in str(error).splitlines())
        return
    given_values = sorted(float(r[4]) for r in rows if r[0] is not None and r[4] not in (None, "") and r[4] == r[4])  # type: ignore[arg-type]
    kept = sorted([*roads.cities["road_area"], *roads.prefectures["road_pc_second"]])
    assert kept == given_values or roads.exceptions
    assert roads.cities["year"].between(2002, 2023).all()


# Matching names


def test_names_and_codes_must_be_the_same_place() -> None:
    rows = pd.DataFrame({"code": ["410100", "520500", "460300"], "name": ["郑州", "毕节市", "三沙市"]})
    codes, left_out = match_places(rows, _places(), "a.csv")
    assert list(codes) == ["410100", "522400", ""]
    assert [code for code, *_ in left_out] == ["460300"]
    with pytest.raises(CompileError, match="code 410100 has the name '开封市'; expected 郑州市"):
        match_places(rows.assign(name="开封市"), _places(), "a.csv")
    with pytest.raises(CompileError, match=r"'410300' .* is no prefecture of 2010"):
        match_places(rows.assign(code="410300"), _places(), "a.csv")


# Prefectures


def _files(**changes: pd.DataFrame) -> dict[str, pd.DataFrame]:
    years = [FIRST, FIRST + 1, FIRST + 2]
    base = pd.DataFrame(
        [(code, name, year) for code, name in (("410100", "郑州市"), ("410200", "开封市")) for year in years],
        columns=["code", "name", "year"],
    )
    base["year"] = base["year"].astype("float64")
    steps = np.array([0.0, 1.0, 4.0] * 2)
    facilities = base.assign(**dict.fromkeys(FACILITIES, 50 + steps))
    gdp = 100 + 10 * steps
    panel = base.assign(
        gdp=gdp,
        gdp_primary=0.1 * gdp,
        gdp_secondary=0.5 * gdp,
        gdp_tertiary=0.4 * gdp,
        revenue=gdp / 7,
        expenditure=gdp / 5,
        fixed_investment=gdp / 3,
        fixed_investment_imputed="False",
        gov_bonds=0.0,
        lgfv_bonds=3.0,
    )
    lights = base.assign(gdp_second=gdp, lights_urban=5.0, lights_total=9.0, lights_urban_mean=0.5,
                         lights_total_mean=0.25, landscan_urban=10.0, landscan_total=20.0)  # fmt: skip
    census = pd.DataFrame(
        {
            "code": ["4101"],
            "name": ["郑州市"],
            "population_2000": [0.09],
            "population_2010": [0.1],
            "urban_population_2000": [0.03],
            "urban_population_2010": [0.05],
        }
    )
    return {
        "municipal_facilities": facilities,
        "prefecture_panel": panel,
        "prefecture_lights": lights,
        "prefecture_census_2000_2010": census,
    } | changes


def _road_series(files: dict[str, pd.DataFrame]) -> pd.DataFrame:
    facilities = files["municipal_facilities"]
    return pd.DataFrame(
        {
            "code": ["410100", "410200"] * 3,
            "year": np.repeat([FIRST, FIRST + 1, FIRST + 2], 2),
            "road_pc_second": np.repeat([50.0, 51.0, 54.0], 2),
        }
    ) if len(facilities) else pd.DataFrame()  # fmt: skip


def _compile(files: dict[str, pd.DataFrame]) -> Compiled:
    return compile_prefectures(files, _road_series(files), [], _census(), _totals(), _places())


def _cell(compiled: Compiled, code: str, year: int, column: str) -> Any:
    frame = compiled.prefectures
    return frame.loc[(frame["code"] == code) & (frame["year"] == year), column].iloc[0]


def _kinds(compiled: Compiled, kind: str) -> list[tuple[str, str, str]]:
    e = compiled.exceptions[compiled.exceptions["kind"] == kind]
    return list(zip(e["code"], e["year"], e["column"], strict=True))


def test_prefecture_years_are_joined_and_nothing_is_flagged() -> None:
    compiled = _compile(_files())
    assert _cell(compiled, "410100", FIRST, "gdp") == 100
    assert _cell(compiled, "410100", FIRST, "road_pc") == 50
    assert _cell(compiled, "410100", 2000, "urban_share") == 33.33
    assert _cell(compiled, "410100", 2010, "population") == 1000
    assert _cell(compiled, "410100", 2020, "urban_population") == 750
    named = compiled.prefectures["flagged"].str.split(" ").explode()
    # No prefecture here issues bonds of its own.
    assert set(named) == {"", "gov_bonds"}


def _with(source: str, code: str, year: int, column: str, value: float) -> dict[str, pd.DataFrame]:
    files = _files()
    frame = files[source]
    frame.loc[(frame["code"] == code) & (frame["year"] == year), column] = value
    return files


def test_interpolated_accounts_are_left_empty_and_listed() -> None:
    compiled = _compile(_with("prefecture_panel", "410200", FIRST + 1, "gdp", 120))
    assert pd.isna(_cell(compiled, "410200", FIRST + 1, "gdp"))
    # Sectors are shares of GDP and go with it.
    assert pd.isna(_cell(compiled, "410200", FIRST + 1, SECTORS[1]))
    assert _cell(compiled, "410100", FIRST + 1, "gdp") == 110
    listed = _kinds(compiled, "interpolated")
    assert ("410200", str(FIRST + 1), "gdp") in listed
    assert len(listed) == 4


def test_imputed_investment_is_not_taken() -> None:
    files = _files()
    files["prefecture_panel"].loc[0, "fixed_investment_imputed"] = "True"
    compiled = _compile(files)
    assert pd.isna(_cell(compiled, "410100", FIRST, "fixed_investment"))
    assert not pd.isna(_cell(compiled, "410200", FIRST, "fixed_investment"))


def test_figures_that_cannot_be_right_are_flagged_and_kept() -> None:
    for source, column, value in (
        ("municipal_facilities", "sewage_rate", 139.0),
        ("municipal_facilities", "drainage_density", 0.0),
        ("municipal_facilities", "park_green_pc", 500.0),
        ("prefecture_panel", "revenue", 99.0),
        ("prefecture_panel", "gdp_primary", 14.0),
        ("prefecture_lights", "gdp_second", 300.0),
    ):
        compiled = _compile(_with(source, "410100", FIRST + 1, column, value))
        assert _cell(compiled, "410100", FIRST + 1, column) == value
        assert column in _cell(compiled, "410100", FIRST + 1, "flagged").split(" ")
        assert column not in _cell(compiled, "410200", FIRST + 1, "flagged").split(" ")


def test_a_rate_just_above_100_is_flagged() -> None:
    files = _files()
    files["municipal_facilities"]["gas_supply_rate"] = [99.0, 100.5, 98.0, 99.0, 100.0, 98.0]
    flagged = _compile(files).prefectures.set_index(["code", "year"])["flagged"]
    assert flagged["410100", FIRST + 1].split(" ")[0] == "gas_supply_rate"
    assert "gas_supply_rate" not in flagged["410200", FIRST + 1]


def test_gdp_that_another_compilation_contradicts_is_flagged_with_its_sectors() -> None:
    compiled = _compile(_with("prefecture_lights", "410100", FIRST + 1, "gdp_second", 140.0))
    named = _cell(compiled, "410100", FIRST + 1, "flagged").split(" ")
    assert {"gdp", "gdp_second", *SECTORS} <= set(named)


def test_a_year_of_other_cities_figures_is_left_out() -> None:
    files = _files()
    frame = files["municipal_facilities"]
    frame.loc[frame["year"] == FIRST + 1, list(FACILITIES)] = 77.0
    compiled = _compile(files)
    for column in FACILITIES:
        assert pd.isna(_cell(compiled, "410100", FIRST + 1, column))
    assert _cell(compiled, "410100", FIRST + 1, "road_pc_second") == 51
    assert ("", str(FIRST + 1), "") in _kinds(compiled, "year left out")
    assert misaligned_years(_files()["municipal_facilities"], _road_series(_files())).empty


def test_another_places_accounts_are_left_out() -> None:
    files = _files()
    panel = files["prefecture_panel"]
    haikou = panel[panel["code"] == "410100"].assign(code="460100", name="海口市")
    sanya = haikou.assign(code="460200", name="三亚市")
    both = haikou.assign(code="632500", name="海南藏族自治州", gdp=2 * haikou["gdp"])
    files["prefecture_panel"] = pd.concat([panel, haikou, sanya, both], ignore_index=True)
    compiled = _compile(files)
    assert "632500" not in set(compiled.prefectures.loc[compiled.prefectures["gdp"].notna(), "code"])
    assert ("632500", "", "") in _kinds(compiled, "series left out")


def test_census_figures_that_differ_are_listed_and_the_census_is_taken() -> None:
    files = _files()
    files["prefecture_census_2000_2010"]["population_2010"] = 0.12
    compiled = _compile(files)
    assert _cell(compiled, "410100", 2010, "population") == 1000
    assert _kinds(compiled, "sources differ") == [("410100", "2010", "population")]


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"year": 2003.5}, "column year: found 2003.5"),
        ({"year": float("nan")}, "column year: found nan"),
        ({"year": 1900.0}, "column year: found 1900"),
        ({"code": "41010"}, "is no prefecture of 2010"),
        ({"name": "开封市"}, "expected 郑州市"),
        ({"year": FIRST + 1.0}, "has the year 2004 twice"),
    ],
)
@pytest.mark.parametrize("source", ["municipal_facilities", "prefecture_panel", "prefecture_lights"])
def test_wrong_rows_of_the_files_are_named(source: str, change: dict[str, Any], complaint: str) -> None:
    files = _files()
    for column, value in change.items():
        files[source].loc[0, column] = value
    with pytest.raises(CompileError) as caught:
        _compile(files)
    assert str(caught.value).startswith(source)
    assert complaint in str(caught.value)


# Reading


def _csv(tmp_path: Path, source: str) -> Path:
    fields = FIELDS[source]
    frame = _files()[source].rename(columns=fields.columns)
    path = tmp_path / f"{source}.csv"
    frame.assign(unused="x").to_csv(path, index=False)
    return path


@pytest.mark.parametrize("source", FIELDS)
def test_files_are_read_under_our_names(tmp_path: Path, source: str) -> None:
    frame = read_fields(_csv(tmp_path, source), FIELDS[source])
    assert list(frame.columns) == list(FIELDS[source].columns)
    assert frame["name"].iloc[0] == "郑州市"
    assert all(frame[c].dtype == "float64" for c in frame.columns if c not in FIELDS[source].texts)


def test_stata_files_are_read_with_the_digits_that_they_hold(tmp_path: Path) -> None:
    fields = FIELDS["prefecture_lights"]
    frame = _files()["prefecture_lights"].rename(columns=fields.columns)
    frame = frame.assign(total_meanlight=np.float32(0.1), city_id=frame["city_id"].astype("int32"))
    frame.to_stata(tmp_path / "a.dta", write_index=False, version=118)
    read = read_fields(tmp_path / "a.dta", fields)
    assert list(read["code"].unique()) == ["410100", "410200"]
    assert (read["lights_total_mean"] == 0.1).all()


def test_a_dropped_or_doubled_header_is_named(tmp_path: Path) -> None:
    path = _csv(tmp_path, "prefecture_panel")
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("gdp_100m", "gdp", 1), encoding="utf-8")
    with pytest.raises(UpstreamError, match=r"prefecture_panel\.csv, column 'gdp_100m' \(gdp\): no such column"):
        read_fields(path, FIELDS["prefecture_panel"])
    path.write_text(text.replace("unused", "gdp_100m", 1), encoding="utf-8")
    with pytest.raises(UpstreamError, match="found 2 columns of that name"):
        read_fields(path, FIELDS["prefecture_panel"])


def test_text_in_a_number_cell_is_named(tmp_path: Path) -> None:
    path = _csv(tmp_path, "municipal_facilities")
    lines = path.read_text(encoding="utf-8").splitlines()
    lines[2] = lines[2].replace("51.0", "5l.0", 1)
    path.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(UpstreamError, match=r"\(water_supply_rate\), row 2 below the header: found '5l\.0'"):
        read_fields(path, FIELDS["municipal_facilities"])


def test_a_renamed_sheet_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    pd.DataFrame([["年份"]]).to_excel(path, sheet_name="other", header=False, index=False)
    with pytest.raises(UpstreamError, match="no sheet '地级市"):
        read_workbook(path, CITY_ROADS)


_EDIT = st.tuples(st.integers(0, 10**6), st.integers(0, 3), st.binary(max_size=4))


@given(source=st.sampled_from(list(FIELDS)), edits=st.lists(_EDIT, min_size=1, max_size=4))
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_damaged_files_are_refused_or_read_and_compiled(
    tmp_path: Path, source: str, edits: list[tuple[int, int, bytes]]
) -> None:
    path = _csv(tmp_path, source)
    content = path.read_bytes()
    for place, dropped, added in edits:
        at = place % len(content)
        content = content[:at] + added + content[at + dropped :]
    path.write_bytes(content)
    files = _files()
    try:
        files[source] = read_fields(path, FIELDS[source])
    except UpstreamError as error:
        assert all(line.startswith(path.name) for line in str(error).splitlines()[:1])
        return
    try:
        compiled = _compile(files)
    except CompileError as error:
        assert str(error).startswith(source)
    else:
        assert set(compiled.prefectures["code"]) <= set(_places()["code"])


# Loaders


def _prefecture_row(**changes: str) -> list[str]:
    row = dict.fromkeys(("code", "year", "name", "province", "level", *VARIABLES, "flagged"), "")
    row |= {"code": "410100", "year": "2010", "name": "郑州市", "province": "河南省", "level": "prefecture",
            "sewage_rate": "80.5", "gdp": "100", "gdp_primary": "10", "gdp_secondary": "50", "gdp_tertiary": "40",
            "lights_urban": "5.5", "lights_total": "9", "population": "1000", "urban_population": "333",
            "urban_share": "33.3"}  # fmt: skip
    return list((row | changes).values())


def _write_prefectures(tmp_path: Path, *rows: list[str]) -> Path:
    path = tmp_path / "prefectures.csv"
    header = ["code", "year", "name", "province", "level", *VARIABLES, "flagged"]
    path.write_text("".join(",".join(line) + "\n" for line in (header, *rows)), encoding="utf-8")
    return path


def test_flagged_figures_are_left_out_unless_asked_for(tmp_path: Path) -> None:
    path = _write_prefectures(tmp_path, _prefecture_row(flagged="sewage_rate"))
    assert tables.load_prefectures(path)["sewage_rate"].isna().all()
    assert tables.load_prefectures(path)["gdp"].notna().all()
    assert list(tables.load_prefectures(path, flagged=True)["sewage_rate"]) == [80.5]


@pytest.mark.parametrize(
    ("change", "column", "rule"),
    [
        ({"sewage_rate": "101"}, "sewage_rate", "no more than 100"),
        ({"sewage_rate": "-1"}, "sewage_rate", "a number of 0 or more"),
        ({"sewage_rate": "80.123"}, "sewage_rate", "2 decimals at most"),
        ({"gdp_primary": "13"}, "gdp_primary", "within 2 percent"),
        ({"lights_urban": "9.5"}, "lights_urban", "no more than lights_total"),
        ({"urban_population": "1001"}, "urban_population", "no more than population"),
        ({"urban_share": "33.4"}, "urban_share", "in percent of population"),
        ({"year": "2011"}, "population", "years of a census only"),
        ({"year": "1999"}, "year", "a year from 2000"),
        ({"code": "41010"}, "code", "six digits"),
        ({"flagged": "gdp sewage_rate"}, "flagged", "in its order"),
        ({"flagged": "roads"}, "flagged", "names of variables"),
        ({"flagged": "road_pc"}, "flagged", "whose cell is empty"),
        ({"level": "county"}, "level", "one of prefecture"),
    ],
)
def test_wrong_cells_of_prefectures_are_named(tmp_path: Path, change: dict[str, str], column: str, rule: str) -> None:
    path = _write_prefectures(tmp_path, _prefecture_row(code="410200"), _prefecture_row(**change))
    with pytest.raises(tables.TableError) as caught:
        tables.load_prefectures(path)
    assert any(
        line.startswith(f"prefectures.csv, line 3, column {column}: found ") and rule in line
        for line in str(caught.value).splitlines()
    )


@given(column=st.integers(0, 34), value=st.text(max_size=8).filter(lambda t: not set(t) & set('",\r\n')))
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_other_cell_is_refused_or_loaded_as_it_stands(tmp_path: Path, column: int, value: str) -> None:
    row = _prefecture_row()
    row[column] = value
    path = _write_prefectures(tmp_path, row)
    try:
        frame = tables.load_prefectures(path, flagged=True)
    except tables.TableError as error:
        assert str(error).startswith("prefectures.csv, line ")
    else:
        name = frame.columns[column]
        assert (value == "" and pd.isna(frame[name].iloc[0])) or str(frame[name].iloc[0]) in (value, f"{value}.0")


def _write_roads(tmp_path: Path, *rows: str) -> Path:
    path = tmp_path / "city_roads.csv"
    header = "unit_id,year,name,province,printed_code,printed_name,road_area,flagged"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def test_flagged_road_areas_are_left_out_unless_asked_for(tmp_path: Path) -> None:
    good, wrong = ("410181,2010,甲城市,河南省,410181,甲城,9.5,0", "410181,2011,甲城市,河南省,410181,甲城,95,1")
    path = _write_roads(tmp_path, good, wrong)
    assert list(tables.load_city_roads(path)["year"]) == [2010]
    assert list(tables.load_city_roads(path, flagged=True)["year"]) == [2010, 2011]


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        ("41018,2010,甲城市,河南省,410181,甲城,9.5,0", "six digits"),
        ("410181,2001,甲城市,河南省,410181,甲城,9.5,0", "a year from 2002"),
        ("410181,2010,甲城市,河南省,410181,甲城,-9.5,0", "a number, three decimals"),
        ("410181,2010,甲城市,河南省,410181,甲城,0,0", "more than 0, unless flagged"),
        ("410181,2010,甲城市,河南省,410181,甲城,9.5,2", "0 or 1"),
    ],
)
def test_wrong_cells_of_city_roads_are_named(tmp_path: Path, row: str, rule: str) -> None:
    path = _write_roads(tmp_path, "410182,2010,甲城市,河南省,410182,甲城,9.5,0", row)
    with pytest.raises(tables.TableError, match="line 3") as caught:
        tables.load_city_roads(path)
    assert rule in str(caught.value)


# The committed tables


@pytest.fixture(scope="module")
def committed() -> Tables:
    return load_all()


def test_committed_tables_agree_with_the_census(committed: Tables) -> None:
    assert checks.faults(committed) == []


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda t: replace(t, city_roads=t.city_roads.replace({"unit_id": {"410181": "410199"}})), "unit 410199"),
        (
            lambda t: replace(t, prefectures=t.prefectures.replace({"code": {"410100": "410199"}})),
            "410199 郑州市, column code",
        ),
        (
            lambda t: replace(t, prefectures=t.prefectures.assign(population=t.prefectures["population"] + 1)),
            "2010, column population",
        ),
    ],
)
def test_a_change_against_the_census_does_not_pass(
    committed: Tables, change: Callable[[Tables], Tables], complaint: str
) -> None:
    assert any(complaint in fault for fault in checks.faults(change(committed)))


def test_county_level_cities_of_the_treated_province(committed: Tables) -> None:
    henan = committed.city_roads[committed.city_roads["province"] == "河南省"]
    years = henan.groupby("name")["year"].agg(["min", "max", "size"])
    assert len(years) == 21
    assert "济源市" in years.index
    # Changyuan, a city since 2019, has no series; Yanshi is a district since 2021.
    assert "长垣市" not in years.index
    assert tuple(years.loc["偃师市"]) == (2002, 2020, 19)
    assert set(years.drop("偃师市")["size"]) == {22}


def test_cities_under_a_namesakes_code_stand_in_their_province(committed: Tables) -> None:
    roads = committed.city_roads
    corrected = roads[roads["printed_code"].isin(["130205", "220202", "320113", "410602"])]
    assert set(zip(corrected["printed_code"], corrected["unit_id"], corrected["province"], strict=True)) == {
        ("130205", "440783", "广东省"),
        ("220202", "370786", "山东省"),
        ("320113", "370686", "山东省"),
        ("410602", "440784", "广东省"),
    }
    listed = committed.prefecture_exceptions
    assert (listed["kind"] == "code corrected").sum() == 4


def test_zeros_of_a_city_are_flagged(committed: Tables) -> None:
    beitun = committed.city_roads[committed.city_roads["unit_id"] == "659005-2020"].set_index("year")
    assert list(beitun.loc[[2019, 2020], "road_area"]) == [0, 0]
    assert list(beitun.loc[[2019, 2020, 2021], "flagged"]) == [1, 1, 0]


def test_no_facilities_of_the_misplaced_year_and_the_next_year_is_in_place(committed: Tables) -> None:
    p = committed.prefectures
    assert p.loc[p["year"] == 2023, list(FACILITIES)].isna().all(axis=None)
    assert p.loc[(p["year"] == 2023), "road_pc_second"].notna().sum() > 280
    wide = p.pivot(index="code", columns="year", values="road_pc")
    assert wide[2024].corr(wide[2022], method="spearman") > 0.8


def test_both_compilations_of_road_area_copy_one_yearbook(committed: Tables) -> None:
    by_year = checks.agreement(committed.prefectures, "road_pc", "road_pc_second")
    assert by_year["cells"].sum() > 5500
    assert set(by_year.index[by_year["within_5_percent"] < 1]) == {2011}
    p = committed.prefectures.dropna(subset=["road_pc", "road_pc_second"])
    apart = p[(p["road_pc"] / p["road_pc_second"] - 1).abs() > 0.05]
    assert list(apart["name"]) == ["洛阳市", "乌鲁木齐市"]
    assert apart["flagged"].str.split(" ").map(lambda names: "road_pc_second" in names).all()


def test_units_of_money_fit_known_magnitudes(committed: Tables) -> None:
    p = committed.prefectures.set_index(["code", "year"])
    assert p.loc[("410100", 2015), "gdp"] == pytest.approx(7310, rel=0.01)
    henan = committed.prefectures[committed.prefectures["province"] == "河南省"]
    # The province's published GDP of 2020, without Jiyuan, which the panel lacks.
    assert henan.loc[henan["year"] == 2020, "gdp"].sum() == pytest.approx(54997 - 703, rel=0.01)
    people = henan.loc[(henan["year"] == 2000) & (henan["level"] == "prefecture"), "population"].sum()
    assert people == pytest.approx(91_236_854, rel=0.001)


def test_interpolated_sectors_of_2017_are_gone(committed: Tables) -> None:
    p = committed.prefectures[committed.prefectures["year"] == 2017]
    assert p["gdp"].notna().sum() > 240
    assert p[list(SECTORS)].notna().sum().max() < 10
    listed = committed.prefecture_exceptions
    of_2017 = listed[(listed["year"] == "2017") & (listed["kind"] == "interpolated")]
    assert set(of_2017["column"]) == {"gdp", *SECTORS}


def test_a_capital_with_its_provinces_bonds_is_flagged(committed: Tables) -> None:
    p = committed.prefectures.set_index(["code", "year"])
    printed = p.loc[("410100", 2023)]
    assert printed["gov_bonds"] > printed["gdp"]
    assert "gov_bonds" in printed["flagged"].split(" ")
    usable = tables.load_prefectures().dropna(subset="gov_bonds")
    assert set(usable["level"]) == {"municipality", "prefecture"}
    assert usable["code"].nunique() == 9


def test_sensors_break_the_series_of_lights(committed: Tables) -> None:
    changes = checks.light_changes(committed.prefectures)
    assert changes.loc[2013, "median"] > 0.4
    assert changes.loc[2014:, "sd"].max() < changes.loc[:2013, "sd"].min()


def test_rates_near_the_ceiling_grow_common(committed: Tables) -> None:
    share = checks.ceilings(committed.prefectures)
    assert list(share.columns) == list(RATES)
    assert 2023 not in share.index
    assert share.loc[2024, "water_supply_rate"] > 2 * share.loc[2003, "water_supply_rate"]
    assert (share["greenspace_rate"] == 0).all()


def test_ceilings_and_agreement_count_what_they_say() -> None:
    frame = pd.DataFrame({"year": [2003, 2003, 2003, 2004], **{rate: [99.0, 98.9, np.nan, np.nan] for rate in RATES}})
    assert checks.ceilings(frame).loc[2003, "gas_supply_rate"] == 0.5
    assert list(checks.ceilings(frame).index) == [2003]
    both = pd.DataFrame({"year": [1, 1, 1, 2, 2], "a": [1.0, 2.0, 3.3, 4.0, 8.0], "b": [1.0, 2.0, 3.0, 2.0, 4.0]})
    found = checks.agreement(both, "a", "b")
    assert list(found["cells"]) == [3, 2]
    assert found.loc[1, "within_5_percent"] == pytest.approx(2 / 3)
    assert found.loc[2, "median_ratio"] == 2
    assert found.loc[2, "correlation"] == pytest.approx(1)
