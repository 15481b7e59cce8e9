from pathlib import Path

import pandas as pd
import pytest

from analysis.data.read.workbooks import LAYOUTS, read_workbook, select_columns
from analysis.data.upstream import UpstreamError


def _raw(year: int) -> pd.DataFrame:
    layout = LAYOUTS[year]
    width = max(position for position, _ in layout.columns.values()) + 1
    raw = pd.DataFrame([[None] * width] * 2, dtype=object)
    for position, header in layout.columns.values():
        raw.iat[0, position] = header
        raw.iat[1, position] = position
    return raw


@pytest.mark.parametrize("year", LAYOUTS)
def test_columns_are_named_and_rows_numbered_as_in_the_workbook(year: int) -> None:
    selected = select_columns(_raw(year), LAYOUTS[year], "a.xlsx")
    assert list(selected.index) == [2]
    for name, (position, _) in LAYOUTS[year].columns.items():
        assert selected.at[2, name] == position


def test_blanks_in_headers_do_not_matter() -> None:
    raw = _raw(2010)
    raw.iat[0, 8] = "非农业户口\n人口比重\n（%）"
    assert len(select_columns(raw, LAYOUTS[2010], "a.xlsx")) == 1


def test_renamed_header_is_refused_by_name() -> None:
    raw = _raw(2010)
    raw.iat[0, 9] = "城镇人口数"
    with pytest.raises(UpstreamError) as caught:
        select_columns(raw, LAYOUTS[2010], "a.xlsx")
    assert str(caught.value) == (
        "a.xlsx, sheet 'Sheet1', row 1, column J (urban_population): found '城镇人口数'; expected '城镇人口'"
    )


def test_moved_header_is_refused_and_found_again() -> None:
    raw = _raw(2020)
    raw.iat[0, 9], raw.iat[0, 10] = "乡村人口", "城镇人口"
    with pytest.raises(UpstreamError, match="it stands in column K"):
        select_columns(raw, LAYOUTS[2020], "a.xlsx")


def test_missing_columns_are_all_named() -> None:
    raw = _raw(2020).iloc[:, :144]
    with pytest.raises(UpstreamError) as caught:
        select_columns(raw, LAYOUTS[2020], "a.xlsx")
    lines = str(caught.value).splitlines()
    assert ["EO (households_toilet): no such column" in lines[0], "households_bath" in lines[1]] == [
        True,
        True,
    ]


def test_workbook_without_the_sheet(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    _raw(2010).to_excel(path, sheet_name="other", header=False, index=False)
    with pytest.raises(UpstreamError, match=r"a\.xlsx: no sheet 'Sheet1'; found 'other'"):
        read_workbook(path, LAYOUTS[2010])


def test_workbook_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    _raw(2020).to_excel(path, sheet_name="七普（年鉴）", header=False, index=False)
    assert read_workbook(path, LAYOUTS[2020]).at[2, "population"] == 4


def test_file_that_is_no_workbook(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    path.write_text("no workbook")
    with pytest.raises(UpstreamError, match=r"a\.xlsx: not a readable workbook"):
        read_workbook(path, LAYOUTS[2010])
