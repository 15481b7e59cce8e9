"""The census of 2000: reading, inference of columns, names, and known traps on the committed table."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis.data.compile.census_2000 import Compiled2000, compile_census_2000
from analysis.data.compile.errors import CompileError
from analysis.data.compile.pinyin import can_read
from analysis.data.read.census_2000 import (
    CODE,
    COUNTS,
    NAME,
    RATIOS,
    read_census_2000,
)
from analysis.data.tables import load_census, load_census_exceptions, load_programme_units
from analysis.data.upstream import UpstreamError

COLUMNS = [CODE, NAME, *COUNTS, *RATIOS]


def _row(code: str, name: str, **changed: Any) -> dict[str, Any]:
    """A made-up row that adds up: 1,000 people, 60 of them migrants."""
    counts = {"A101001": 310, "A101002": 300, "A101003": 10, "A101004": 1000, "A101005": 500, "A101006": 500}
    counts |= {"A101008": 930, "A101009": 460, "A101010": 470, "A101012": 70}
    counts |= {"A103001": 980, "A103004": 930, "A103007": 40, "A103010": 8, "A103013": 2}
    counts |= {"A104001": 60, "A104004": 10, "A104007": 5, "A104010": 20, "A104013": 25}
    counts |= {"A105001": 990, "A105004": 792, "A105007": 198}
    ratios = {"A101007": 100.0, "A101016": 3.1, "A103016": 4.08, "A105010": 20.0}
    return {CODE: code, NAME: name, **counts, **ratios} | changed


def _table(*rows: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=COLUMNS, index=range(2, len(rows) + 2))


def _units(*units: tuple[str, str, str, str, str], year: int = 2010) -> pd.DataFrame:
    frame = pd.DataFrame(units, columns=["code", "name", "unit_type", "province", "prefecture"])
    return frame.assign(year=year)


LATER = _units(
    ("410122", "中牟县", "county", "河南省", "郑州市"),
    ("410102", "中原区", "district", "河南省", "郑州市"),
    ("410202", "龙亭区", "district", "河南省", "开封市"),
    ("419001", "济源市", "county_city", "河南省", "济源市"),
    ("141102", "离石区", "district", "山西省", "吕梁市"),
    ("141122", "交城县", "county", "山西省", "吕梁市"),
)
EVENTS = ("event_id", "year", "prefectures", "units", "old", "change")
NO_EVENTS = pd.DataFrame(columns=list(EVENTS)).astype({"year": "int64"})


def _event(year: int, prefecture: str, names: str, old: str, text: str) -> pd.DataFrame:
    return pd.DataFrame([("E-1", year, prefecture, names, old, text)], columns=list(EVENTS))


def _compile(*rows: dict[str, Any], events: pd.DataFrame = NO_EVENTS, later: pd.DataFrame = LATER) -> Compiled2000:
    return compile_census_2000(_table(*rows), events, later)


def _csv(rows: pd.DataFrame) -> bytes:
    lines = [",".join(map(str, row)) for row in (rows.columns, *rows.to_numpy().tolist())]
    return "\r".join([*lines, ""]).encode("latin-1")


def test_file_with_carriage_returns_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(_csv(_table(_row("410122", "Zhongmou Xian"), _row("410102", "Zhongyuan Qu"))))
    read = read_census_2000(path)
    assert list(read.index) == [2, 3]
    assert list(read[CODE]) == ["410122", "410102"]
    assert read.at[3, "A101004"] == 1000
    assert read.at[2, "A105010"] == 20


@pytest.mark.parametrize(
    ("column", "cell", "words"),
    [
        (CODE, "41012x", "a code of up to six digits"),
        (NAME, "1", "a name in Latin letters"),
        ("A101004", "-1000", "a whole number of 0 or more"),
        ("A101004", "1000.5", "a whole number of 0 or more"),
        ("A101004", "", "a whole number of 0 or more"),
        ("A105010", "20.001", "two decimals at most"),
    ],
)
def test_cell_of_another_form_is_named(tmp_path: Path, column: str, cell: str, words: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(_csv(_table(_row("410122", "Zhongmou Xian", **{column: cell}))))
    with pytest.raises(UpstreamError) as caught:
        read_census_2000(path)
    assert str(caught.value).startswith(f"a.csv, row 2, column {column}: found {cell!r}; expected ")
    assert words in str(caught.value)


def test_missing_column_and_missing_file_are_named(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(_csv(_table(_row("410122", "Zhongmou Xian")).drop(columns="A103007")))
    with pytest.raises(UpstreamError, match=r"a\.csv, row 1: found 0 columns 'A103007'"):
        read_census_2000(path)
    with pytest.raises(UpstreamError, match=r"b\.csv: cannot be read"):
        read_census_2000(tmp_path / "b.csv")


def test_figures_are_taken_from_the_inferred_columns() -> None:
    (unit,) = _compile(_row("410122", "Zhongmou Xian")).units.to_dict("records")
    wanted = {"population": 1000, "men": 500, "households": 300, "household_population": 930}
    wanted |= {"registered_population": 980, "nonagricultural_share": 20}
    wanted |= {"migrants_same_county": 15, "migrants_same_province": 20, "migrants_other_province": 25}
    assert {column: unit[column] for column in wanted} == wanted
    assert pd.isna(unit["urban_population"])
    assert (unit["name"], unit["printed_name"], unit["unit_type"]) == ("中牟县", "Zhongmou Xian", "county")
    assert (unit["province"], unit["prefecture"]) == ("河南省", "郑州市")


@pytest.mark.parametrize("column", COUNTS)
def test_a_row_that_does_not_add_up_is_refused(column: str) -> None:
    row = _row("410122", "Zhongmou Xian")
    with pytest.raises(CompileError) as caught:
        _compile(_row("410102", "Zhongyuan Qu"), row | {column: row[column] + 7})
    assert str(caught.value).startswith("census of 2000, line 3 (Zhongmou Xian): A10")
    assert column in str(caught.value)


def test_rows_without_people_are_listed() -> None:
    nothing = dict.fromkeys([*COUNTS, *RATIOS], 0)
    compiled = _compile(_row("410122", "Zhongmou Xian"), _row("1", "Taiwan", **nothing))
    assert list(compiled.units["code"]) == ["410122"]
    assert compiled.exceptions.loc[0, ["row", "kind", "printed"]].tolist() == [3, "row left out", "Taiwan"]


@pytest.mark.parametrize(
    ("rows", "complaint"),
    [
        ([_row("410122", "Zhongmou Xian"), _row("410122", "Zhongmou Xian")], "line 3 (Zhongmou Xian): the code 410122 st"),
        ([_row("41012", "Zhongmou Xian")], "the code 41012 has fewer than six digits"),
        ([_row("410122", "Xinzheng Town")], "line 2 (Xinzheng Town): the name tells no kind of unit"),
        ([_row("990122", "Zhongmou Xian")], "no province of 2010 has the code 99 (990122)"),
    ],
)  # fmt: skip
def test_rows_that_cannot_be_placed_are_named(rows: list[dict[str, Any]], complaint: str) -> None:
    with pytest.raises(CompileError) as caught:
        _compile(*rows)
    assert complaint in str(caught.value)


def _named(code: str, printed: str, events: pd.DataFrame = NO_EVENTS) -> tuple[str, str, str]:
    compiled = _compile(_row("142323", "Jiaocheng Xian"), _row(code, printed), events=events)
    unit = compiled.units[compiled.units["code"] == code].iloc[0]
    return unit["name"], unit["unit_type"], unit["prefecture"]


def test_names_need_evidence() -> None:
    assert _named("410122", "Zhongmu Xian") == ("中牟县", "county", "郑州市")
    # The code names other ground in 2010, and no event says what it named before.
    assert _named("410122", "Xinzheng Xian") == ("", "county", "郑州市")
    # A prefecture whose code is gone: by the only unit of the province with this name.
    assert _named("142324", "Jiaocheng Xian")[0] == "交城县"
    # A city that has become a district of its prefecture.
    assert _named("142302", "Lishi Shi") == ("离石市", "county_city", "吕梁市")
    assert _named("410881", "Jiyuan Shi") == ("济源市", "county_city", "济源市")
    renamed = _event(2005, "开封市", "南关区、禹王台区", "南关区", "南关区更名为禹王台区")
    assert _named("410205", "Nanguan Qu", renamed) == ("南关区", "district", "开封市")
    assert _named("410205", "Nanguan Qu", renamed.assign(year=1987)) == ("", "district", "开封市")
    # A district of that name, but of another prefecture.
    assert _named("410105", "Nanguan Qu", renamed)[0] == ""


def test_codes_of_cities_outweigh_a_printed_kind() -> None:
    assert _named("410185", "Dengfeng Xian")[1] == "county_city"
    assert _named("410128", "Dengfeng Xian")[1] == "county"


@pytest.mark.parametrize(
    ("printed", "name", "agrees"),
    [
        ("Xun", "浚县", True),
        ("Jun", "浚县", True),
        ("Zhongmou", "中牟县", True),
        ("Xilin", "西林区", True),
        ("Ewenkezu", "鄂温克族自治旗", True),
        ("Jinxiu", "金秀瑶族自治县", True),
        ("Mulei", "木垒哈萨克自治县", True),
        ("Dongxiang", "东乡族自治县", True),
        ("Luliang", "吕梁市", True),
        ("Lvliang", "吕梁市", True),
        ("Zhongmo", "中牟县", False),
        ("Zhongmouxian", "中牟县", False),
        ("", "中牟县", False),
    ],
)
def test_pinyin_is_compared_by_every_reading(printed: str, name: str, agrees: bool) -> None:
    assert can_read(printed, name) is agrees


_EDITS = st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 3), st.binary(max_size=4)), min_size=1, max_size=4)


@given(edits=_EDITS)
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_file_is_refused_or_differs_in_names_alone(
    tmp_path: Path, edits: list[tuple[int, int, bytes]]
) -> None:
    rows = [_row("410122", "Zhongmou Xian"), _row("410102", "Zhongyuan Qu"), _row("142323", "Jiaocheng Xian")]
    content = _csv(_table(*rows))
    whole = compile_census_2000(_table(*rows), NO_EVENTS, LATER).units
    for place, dropped, added in edits:
        at = place % len(content)
        content = content[:at] + added + content[at + dropped :]
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    try:
        units = compile_census_2000(read_census_2000(path), NO_EVENTS, LATER).units
    except (UpstreamError, CompileError) as error:
        assert str(error)
        assert len(str(error).splitlines()) <= 11
    else:
        # What is compiled adds up, so a lost or invented person does not pass.
        assert len(units) <= len(whole)
        assert set(units["population"]) <= {1000.0}
        assert set(units["registered_population"]) <= {980.0}


@pytest.fixture(scope="module")
def units() -> pd.DataFrame:
    census = load_census()
    return census[census["year"] == 2000].set_index("code")


def test_every_programme_unit_is_there_by_name(units: pd.DataFrame) -> None:
    programme = load_programme_units().set_index("code2010")["name"]
    elsewhere = {code: name for code, name in programme.items() if units["name"].get(code) != name}
    assert elsewhere == {"419001": "济源市"}
    assert units.at["410881", "name"] == units.at["410881", "prefecture"] == "济源市"


def test_codes_of_2000_that_name_other_ground_in_2010(units: pd.DataFrame) -> None:
    census = load_census()
    later = census[census["year"] == 2010].set_index("code")["name"]
    assert (units.at["469025", "name"], later["469025"]) == ("定安县", "白沙黎族自治县")
    assert (units.at["410205", "name"], later["410205"]) == ("南关区", "禹王台区")


def test_registered_population_is_not_the_residents_with_a_registration(units: pd.DataFrame) -> None:
    # In Dongcheng (东城区) 46,105 more people came than left: A105001 counts them, A103001 does not.
    assert units.at["110101", "registered_population"] == 452_933
    assert units.at["110101", "nonagricultural_share"] == 89.73


def test_shares_of_2010_are_of_residents() -> None:
    census = load_census()
    henan = census[(census["year"] == 2010) & (census["province"] == "河南省")]

    def mean(weights: str) -> float:
        return float((henan["nonagricultural_share"] * henan[weights]).sum() / henan[weights].sum())

    printed = 19.86
    assert abs(mean("population") - printed) < 0.1
    assert abs(mean("registered_population") - printed) > 1


def test_districts_of_2000_count_moves_between_them_as_moves_within(units: pd.DataFrame) -> None:
    census = load_census()
    beijing = census[census["province"] == "北京市"].groupby("year")[["migrants_same_county", "migrants_same_province"]]
    ratio = beijing.sum()["migrants_same_province"] / beijing.sum()["migrants_same_county"]
    assert ratio[2000] < 0.1
    assert ratio[2010] > 0.8
    assert ratio[2020] > 0.8


def test_units_without_a_name_are_few_and_none_is_in_the_programme(units: pd.DataFrame) -> None:
    nameless = units[units["name"] == ""]
    listed = load_census_exceptions()
    assert set(nameless.index) == set(listed.loc[listed["kind"] == "name left empty", "code"])
    assert len(nameless) == 15
    assert list(nameless.index[nameless["province"] == "河南省"]) == ["410902"]
