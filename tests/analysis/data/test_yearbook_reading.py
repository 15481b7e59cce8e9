import csv
import io
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from yearbook_rows import COLUMNS, text

from analysis.data.read.yearbook import _NAME, _NUMBER, PROVINCES, parse_yearbook, read_yearbook
from analysis.data.schemas.yearbook import EDITIONS
from analysis.data.upstream import UpstreamError


def _records() -> list[list[str]]:
    return list(csv.reader(io.StringIO(text(), newline="")))[1:]


def _with(row: int, column: str, cell: str) -> str:
    records = _records()
    records[row - 1][COLUMNS.index(column)] = cell
    return text(records)


def test_rows_are_numbered_and_names_without_blanks(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"\xef\xbb\xbf" + text().encode())
    frame = read_yearbook(path)
    assert list(frame["row"]) == [1, 2, 3, 4, 5, 6]
    assert list(frame["name"]) == ["甲县", "丁县", "同县"] * 2
    assert frame["area_km2"].isna().all()
    assert list(frame["town_count"].dropna()) == [12.0] * 6


@pytest.mark.parametrize(
    ("column", "cell", "words"),
    [
        ("year", "2006", "one of 2000, 2001"),
        ("year", "2012.0", "one of 2000, 2001"),
        ("year", "", "one of 2000, 2001"),
        ("province", "河南", "one of the 31 provinces"),
        ("county", "", "a name in Chinese characters"),
        ("county", "Lankao", "a name in Chinese characters"),
        ("gdp", "12a", "a number, or nothing"),
        ("gdp", "nan", "a number, or nothing"),
        ("gdp", "1e9", "a number, or nothing"),
        ("gdp", "inf", "a number, or nothing"),
        ("gdp", " 12", "a number, or nothing"),
        ("gdp", "１２", "a number, or nothing"),
    ],
)
def test_wrong_cell_is_named(column: str, cell: str, words: str) -> None:
    with pytest.raises(UpstreamError) as caught:
        parse_yearbook(_with(4, column, cell), "a.csv")
    assert str(caught.value).startswith(f"a.csv, row 4, column {column}: found {cell!r}; expected {words}")


def test_missing_and_repeated_columns_are_named() -> None:
    header = ["area" if c == "area_km2" else "gdp" if c == "tax_revenue" else c for c in COLUMNS]
    with pytest.raises(UpstreamError) as caught:
        parse_yearbook(text(_records(), header), "a.csv")
    lines = str(caught.value).splitlines()
    assert "a.csv, row 0: found 0 columns 'area_km2'; expected one" in lines
    assert "a.csv, row 0: found 2 columns 'gdp'; expected one" in lines


@pytest.mark.parametrize(
    ("content", "words"),
    [("", "expected one"), (text([]), "a header and no rows"), (text([["2012"]]), "row 1: found 1 cells"),
     ('year,"pro', "not readable as comma-separated")],
)  # fmt: skip
def test_files_that_are_no_table(content: str, words: str) -> None:
    with pytest.raises(UpstreamError, match=words):
        parse_yearbook(content, "a.csv")


def test_file_that_is_not_there_or_in_another_encoding(tmp_path: Path) -> None:
    with pytest.raises(UpstreamError, match="cannot be read"):
        read_yearbook(tmp_path / "none.csv")
    path = tmp_path / "a.csv"
    path.write_bytes(text().encode("gb18030"))
    with pytest.raises(UpstreamError, match=r"a\.csv, line 2: not in UTF-8"):
        read_yearbook(path)


@given(row=st.integers(1, 6), column=st.sampled_from(COLUMNS), cell=st.text(max_size=10))
@settings(max_examples=150)
def test_any_cell_of_another_form_is_refused_in_its_place(row: int, column: str, cell: str) -> None:
    bare = "".join(cell.split())
    fits = {
        "year": cell in {"2000", *map(str, EDITIONS)},
        "province": cell in PROVINCES,
        "county": _NAME.fullmatch(bare) is not None,
    }.get(column, not cell or _NUMBER.fullmatch(cell) is not None)
    records = _records()
    records[row - 1][COLUMNS.index(column)] = cell
    made = io.StringIO()
    # Everything in quotes: a bare carriage return would rightly be the end of a line.
    csv.writer(made, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows([COLUMNS, *records])
    if fits:
        assert len(parse_yearbook(made.getvalue(), "a.csv")) == 6
        return
    with pytest.raises(UpstreamError) as caught:
        parse_yearbook(made.getvalue(), "a.csv")
    assert str(caught.value).startswith(f"a.csv, row {row}, column {column}: ")


@given(
    edits=st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 5), st.binary(max_size=4)), min_size=1, max_size=4)
)
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_file_is_refused_or_read_as_it_says(tmp_path: Path, edits: list[tuple[int, int, bytes]]) -> None:
    content = text().encode()
    for place, dropped, added in edits:
        at = place % len(content)
        content = content[:at] + added + content[at + dropped :]
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    try:
        frame = read_yearbook(path)
    except UpstreamError as error:
        assert len(str(error).splitlines()) <= 11
        assert all(line.startswith(("a.csv", "and ")) for line in str(error).splitlines())
    else:
        said = pd.DataFrame(
            (records := list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))))[1:], columns=records[0]
        )
        assert list(frame["name"]) == ["".join(name.split()) for name in said["county"]]
        for column in COLUMNS[3:]:
            assert list(frame[column].fillna(-1)) == [float(cell) if cell else -1 for cell in said[column]]
