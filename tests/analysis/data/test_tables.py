import csv
import io
import math
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from census_rows import figures
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis.data.rebuild import to_csv
from analysis.data.schemas.census import CENSUS, INDUSTRIES_DIFFER
from analysis.data.schemas.geography import POLYGONS
from analysis.data.schemas.programme import PROGRAMME_UNITS
from analysis.data.tables import SHOWN, TableError, load_census, load_polygons, load_programme_units

COLUMNS = list(CENSUS.columns)


def _units() -> list[list[str]]:
    rows = []
    for code, name in (("410121", "甲县"), ("410122", "乙县"), ("410181", "丙市")):
        for year in (2010, 2020):
            place = {"code": code, "year": year, "name": name, "province": "河南省", "prefecture": "郑州市"}
            row = place | figures(year) | {"unit_type": "county_city" if name == "丙市" else "county"}
            rows.append([str(row.get(column, "")) for column in COLUMNS])
    return rows


def _bytes(rows: list[list[str]], header: list[str] = COLUMNS, quoting: int = csv.QUOTE_MINIMAL) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n", quoting=quoting).writerows([header, *rows])
    return text.getvalue().encode()


def _write(folder: Path, rows: list[list[str]], header: list[str] = COLUMNS) -> Path:
    path = folder / "census.csv"
    path.write_bytes(_bytes(rows, header))
    return path


def _with(row: int, column: str, value: str) -> list[list[str]]:
    rows = _units()
    rows[row][COLUMNS.index(column)] = value
    return rows


def _refusal(path: Path) -> list[str]:
    with pytest.raises(TableError) as caught:
        load_census(path)
    return str(caught.value).splitlines()


def test_valid_table_loads_with_types(tmp_path: Path) -> None:
    frame = load_census(_write(tmp_path, _units()))
    assert list(frame.columns) == COLUMNS
    assert frame["population"].dtype == frame["year"].dtype == "int64"
    assert frame["households"].dtype == "float64"
    assert frame["code"].iloc[0] == "410121"
    assert math.isnan(frame["registered_population"].iloc[1])


@pytest.mark.parametrize(
    ("row", "column", "value", "rule"),
    [
        (0, "code", "41012", "six digits"),
        (0, "code", "４１０１２１", "six digits"),
        (0, "year", "2015", "one of 2000, 2010, 2020"),
        (0, "name", "Jia", "Chinese characters"),
        (0, "unit_type", "town", "one of district, county"),
        (1, "population", "-4000", "whole number"),
        (1, "population", "4000.5", "whole number"),
        (1, "population", "4,000", "whole number"),
        (1, "population", "4e3", "whole number"),
        (1, "population", " 4000", "whole number"),
        (1, "population", "", "whole number"),
        (1, "population", "0", "at least 1"),
        (2, "employed_trade", "5 5", "whole number"),
        (2, "employed_trade", "11", "the sum of the industries"),
        (2, "schooling_years", "nan", "two decimals"),
        (2, "schooling_years", "21", "no more than 20"),
        (2, "nonagricultural_share", "101", "no more than 100"),
        (2, "registered_population", "", "given in 2000 and 2010"),
        (3, "registered_population", "4000", "empty in 2020"),
        (3, "urban_population", "4001", "no more than population"),
        (3, "households", "4001", "no more than population"),
        (3, "households_bath", "101", "no more than households_surveyed"),
        (3, "households_surveyed", "1001", "no more than households"),
        (3, "migrants_other_province", "3999", "no more than population"),
        (1, "name", "", "in 2000 where it is known"),
        (1, "printed_name", "Jia Xian", "empty in 2010 and 2020"),
        (1, "men", "4001", "no more than population"),
        (1, "household_population", "4001", "no more than population"),
        (3, "household_population", "999", "no less than households"),
        (1, "illiterate", "4001", "no more than population"),
        (0, "aged_0_14", "801", "the sum of the ages"),
        (0, "education_preschool", "1", "only in 2020, empty in 2000 and 2010"),
        (1, "education_primary", "3999", "the levels of education no more than population"),
        (1, "households_car", "101", "no more than households_surveyed"),
        (1, "households_bought", "21", "the sum of the ways to have a dwelling"),
        (1, "urban_population", "", "given in 2010 and 2020"),
    ],
)  # fmt: skip
def test_wrong_cell_is_named(tmp_path: Path, row: int, column: str, value: str, rule: str) -> None:
    lines = _refusal(_write(tmp_path, _with(row, column, value)))
    # A rule across cells is reported at the cell that it is a rule of.
    ruled = {
        "employed_trade": "employed",
        "migrants_other_province": "migrants_same_county",
        "aged_0_14": "population",
        "education_primary": "education_none",
        "households_bought": "households_surveyed",
    }
    reported = column if "whole number" in rule else ruled.get(column, column)
    found = value if reported == column else _units()[row][COLUMNS.index(reported)]
    assert lines[0].startswith(f"census.csv, line {row + 2}, column {reported}: found {found!r}; allowed: ")
    assert rule in lines[0]


def test_empty_industry_is_allowed_and_others_then_only_fall_short(tmp_path: Path) -> None:
    rows = _with(0, "employed_trade", "")
    assert math.isnan(load_census(_write(tmp_path, rows))["employed_trade"].iloc[0])
    rows[0][COLUMNS.index("employed_mining")] = "21"
    assert "the sum of the industries" in _refusal(_write(tmp_path, rows))[0]


def test_known_difference_is_allowed_only_where_it_is_listed(tmp_path: Path) -> None:
    rows = _with(0, "employed_trade", "11")
    (code, year), *_ = INDUSTRIES_DIFFER
    rows[0][COLUMNS.index("code")], rows[0][COLUMNS.index("year")] = code, str(year)
    assert len(load_census(_write(tmp_path, rows))) == 6
    rows[0][COLUMNS.index("code")] = "410123"
    assert "the sum of the industries" in _refusal(_write(tmp_path, rows))[0]


def test_unit_that_stands_twice_is_refused_at_its_second_row(tmp_path: Path) -> None:
    lines = _refusal(_write(tmp_path, [*_units(), _units()[2]]))
    (line,) = lines
    assert line.startswith("census.csv, line 8, column code: found '410122'; allowed: code and year together")


def test_dropped_column_is_named(tmp_path: Path) -> None:
    place = COLUMNS.index("employed")
    header = [c for c in COLUMNS if c != "employed"]
    rows = [row[:place] + row[place + 1 :] for row in _units()]
    assert _refusal(_write(tmp_path, rows, header)) == ["census.csv, line 1: the column employed is missing"]


def test_renamed_and_reordered_columns_are_refused(tmp_path: Path) -> None:
    renamed = ["people" if c == "population" else c for c in COLUMNS]
    lines = _refusal(_write(tmp_path, _units(), renamed))
    assert "the column population is missing" in lines[0]
    assert "unknown column 'people'" in lines[1]
    assert "in this order" in _refusal(_write(tmp_path, _units(), COLUMNS[::-1]))[0]
    assert "in this order" in _refusal(_write(tmp_path, _units(), [*COLUMNS, "code"]))[0]


def test_row_with_a_cell_too_few_is_named(tmp_path: Path) -> None:
    rows = _units()
    rows[3].pop()
    assert _refusal(_write(tmp_path, rows)) == [
        f"census.csv, line 5: found {len(COLUMNS) - 1} cells; the table has {len(COLUMNS)} columns"
    ]


def test_many_faults_are_counted(tmp_path: Path) -> None:
    rows = [[code, *row[1:6], "x", "x", *row[8:]] for row in _units() for code in (row[0],)]
    lines = _refusal(_write(tmp_path, rows))
    assert len(lines) == SHOWN + 1
    assert lines[-1] == f"and {2 * len(rows) - SHOWN} more"
    assert lines[0].startswith("census.csv, line 2, column population")


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "the column code is missing"),
        (_bytes([]), "a header and no rows"),
        (b"\xff" + _bytes([]), "line 1: not in UTF-8"),
        (_bytes(_units()) + "\n坏".encode("gbk"), "line 9: not in UTF-8"),
        (_bytes(_units()) + b'"410121', "line 8: not readable as comma-separated values"),
        (_bytes(_units()) + b"\n", "line 8: found 0 cells"),
    ],
)
def test_damaged_file_is_refused(tmp_path: Path, content: bytes, complaint: str) -> None:
    path = tmp_path / "census.csv"
    path.write_bytes(content)
    assert complaint in _refusal(path)[0]


def test_missing_file_says_what_to_do(tmp_path: Path) -> None:
    (line,) = _refusal(tmp_path / "census.csv")
    assert "census.csv: cannot be read" in line
    assert "report data rebuild" in line


@pytest.mark.parametrize(
    ("polygon", "rule"),
    [
        ("POINT (113 34)", "a POLYGON or MULTIPOLYGON"),
        ("POLYGON ((113 34, 114 34, 114 35))", "a valid polygon"),
        ("POLYGON ((113 34, 114 35, 114 34, 113 35, 113 34))", "a valid polygon"),
        ("POLYGON ((34 113, 34 114, 35 114, 34 113))", "longitudes from 73 to 136"),
    ],
)
def test_wrong_polygon_is_refused(tmp_path: Path, polygon: str, rule: str) -> None:
    path = tmp_path / "polygons.csv"
    good = "POLYGON ((113 34, 114 34, 114 35, 113 34))"
    header = list(POLYGONS.columns)
    path.write_bytes(_bytes([["410121", "甲县", "county", good]], header))
    assert load_polygons(path)["polygon"].iloc[0].area == 0.5
    path.write_bytes(_bytes([["410121", "甲县", "county", good], ["410122", "乙县", "county", polygon]], header))
    with pytest.raises(TableError) as caught:
        load_polygons(path)
    assert str(caught.value).startswith("polygons.csv, line 3, column polygon: found ")
    assert rule in str(caught.value)


def test_programme_unit_with_the_wrong_type_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "programme_units.csv"
    row = ["410121", "甲县", "Jia", "郑州市", "Zhengzhou", "410121", "410121", "county_city"]
    path.write_bytes(_bytes([row], list(PROGRAMME_UNITS.columns)))
    with pytest.raises(TableError, match="line 2, column type2016: found 'county_city'; allowed: county for"):
        load_programme_units(path)


_FORMS = st.sampled_from(COLUMNS)


@given(row=st.integers(0, 5), column=_FORMS, value=st.text(max_size=12))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_cell_of_another_form_is_refused_in_its_place(tmp_path: Path, row: int, column: str, value: str) -> None:
    if CENSUS.columns[column].matches(value):
        return
    path = tmp_path / "census.csv"
    # Everything in quotes: a bare carriage return would rightly be the end of a line.
    path.write_bytes(_bytes(_with(row, column, value), quoting=csv.QUOTE_ALL))
    assert _refusal(path)[0].startswith(f"census.csv, line {row + 2}, column {column}: found ")


_EDIT = st.tuples(st.integers(0, 10**6), st.integers(0, 3), st.binary(max_size=4))


@given(edits=st.lists(_EDIT, min_size=1, max_size=4))
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_table_is_refused_or_loads_exactly_what_it_says(
    tmp_path: Path, edits: list[tuple[int, int, bytes]]
) -> None:
    content = _bytes(_units())
    for place, dropped, added in edits:
        at = place % len(content)
        content = content[:at] + added + content[at + dropped :]
    path = tmp_path / "census.csv"
    path.write_bytes(content)
    try:
        frame = load_census(path)
    except TableError as error:
        assert len(str(error).splitlines()) <= SHOWN + 1
        assert all(line.startswith(("census.csv", "and ")) for line in str(error).splitlines())
    else:
        said = list(csv.reader(io.StringIO(content.decode(), newline="")))
        assert list(csv.reader(io.StringIO(to_csv(frame).decode(), newline=""))) == said


_ROWS: dict[str, Callable[[list[list[str]], int], list[list[str]]]] = {
    "repeated row": lambda rows, i: [*rows, rows[i]],
    "cell dropped": lambda rows, i: [row[1:] if k == i else row for k, row in enumerate(rows)],
    "cell added": lambda rows, i: [[*row, "1"] if k == i else row for k, row in enumerate(rows)],
    "cells swapped": lambda rows, i: [[row[1], row[0], *row[2:]] if k == i else row for k, row in enumerate(rows)],
}


@pytest.mark.parametrize("damage", _ROWS)
@pytest.mark.parametrize("row", [0, 3, 5])
def test_damaged_rows_are_refused(tmp_path: Path, damage: str, row: int) -> None:
    assert _refusal(_write(tmp_path, _ROWS[damage](_units(), row)))


def test_importing_the_loaders_imports_nothing_heavy() -> None:
    code = "import sys, analysis.data.tables; print({'numpy', 'pandas', 'shapely'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_to_csv_writes_whole_numbers_without_a_point() -> None:
    frame = pd.DataFrame({"a": [1.0, float("nan")], "b": [8.75, 9.5], "c": [3, 4], "d": ["甲", ""]})
    assert to_csv(frame) == "a,b,c,d\n1,8.75,3,甲\n,9.5,4,\n".encode()
