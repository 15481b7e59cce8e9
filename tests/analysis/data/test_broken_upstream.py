"""Upstream files that are not what they were: one clear error, and no table is touched.

The real workbooks are read once and broken in memory; where they are not at hand these tests skip.
"""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner
from test_committed_data import upstream  # noqa: F401  the fixture

from analysis.data import cli, rebuild
from analysis.data.read import workbooks
from analysis.data.upstream import load_sources
from analysis.paths import DATA

pytestmark = pytest.mark.usefixtures("tables_loaded_once")

Sheets = dict[str, pd.DataFrame]


@pytest.fixture(scope="module")
def sheets(upstream: Path) -> Sheets:  # noqa: F811
    files = {year: load_sources()[f"census_county_{year}"]["file"] for year in workbooks.LAYOUTS}
    return {name: workbooks.read_sheet(upstream / name, workbooks.LAYOUTS[year].sheet) for year, name in files.items()}


@pytest.fixture
def tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "data"
    shutil.copytree(DATA, folder)
    monkeypatch.setattr(cli, "DATA", folder)
    return folder


def _fails(tables: Path, upstream: Path, said: str) -> None:  # noqa: F811
    before = {path.name: path.read_bytes() for path in tables.iterdir()}
    result = CliRunner().invoke(cli.data, ["rebuild", "--upstream", str(upstream)])
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit), "no traceback reaches the user"
    assert said in result.output
    assert "no table was changed" in result.output
    assert len(result.output.splitlines()) < 24, "an error fits on one screen"
    assert {path.name: path.read_bytes() for path in tables.iterdir()} == before


@pytest.mark.parametrize("name", ["census_county_2010.xlsx", "yearbook_county_ocr.csv", "prefecture_lights.dta"])
def test_a_flipped_byte_is_found(upstream: Path, tables: Path, tmp_path: Path, name: str) -> None:  # noqa: F811
    folder = tmp_path / "upstream"
    folder.mkdir()
    for path in upstream.iterdir():
        (folder / path.name).symlink_to(path)
    content = bytearray((upstream / name).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / name).unlink()
    (folder / name).write_bytes(bytes(content))
    _fails(tables, folder, f"{name}: SHA-256 is ")


def _dropped_column(raw: pd.DataFrame) -> pd.DataFrame:
    return raw.drop(columns=raw.columns[112])


def _row_of(raw: pd.DataFrame, code: str, column: int) -> int:
    return int(raw.index[raw[column].astype(str) == code][0])


def _duplicated_unit(raw: pd.DataFrame) -> pd.DataFrame:
    at = _row_of(raw, "410122", 1)
    return pd.concat([raw.loc[:at], raw.loc[at:]], ignore_index=True)


def _negative_count(raw: pd.DataFrame) -> pd.DataFrame:
    raw.loc[_row_of(raw, "410122", 1), 113] = -5
    return raw


def _five_digits(raw: pd.DataFrame) -> pd.DataFrame:
    raw.loc[_row_of(raw, "410122", 1), 1] = 41012
    return raw


def _text_in_a_count(raw: pd.DataFrame) -> pd.DataFrame:
    raw.loc[_row_of(raw, "410122", 1), 113] = "about 900"
    return raw


def _dropped_unit(raw: pd.DataFrame) -> pd.DataFrame:
    return raw.drop(index=_row_of(raw, "410122", 1)).reset_index(drop=True)


def _empty(raw: pd.DataFrame) -> pd.DataFrame:
    return raw.iloc[:0]


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (_dropped_column, "census_county_2010.xlsx, sheet 'Sheet1', row 1, column DI (employed): found "),
        (_duplicated_unit, "units share a code in one year: 410122 中牟县 (row "),
        (_negative_count, "(410122 中牟县), column employed_agriculture: found '-5'; a count cannot be negative"),
        (_five_digits, "(中牟县): the code is '41012', not six digits"),
        (_text_in_a_count, "(410122 中牟县), column employed_agriculture: found 'about 900'"),
        (_dropped_unit, "the units less the province's total leave -"),
        (_empty, "census_county_2010.xlsx, sheet 'Sheet1', row 1, column A (name): no such column"),
    ],
)
def test_a_broken_workbook_is_named(
    sheets: Sheets,
    tables: Path,
    upstream: Path,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    fault: Callable[[pd.DataFrame], pd.DataFrame],
    said: str,
) -> None:
    def read(path: Path, _: str) -> pd.DataFrame:
        raw = sheets[path.name].copy()
        return fault(raw) if "2010" in path.name else raw

    monkeypatch.setattr(workbooks, "read_sheet", read)
    steps = rebuild.STEPS[:1]
    rest = {name: pd.read_csv(DATA / name, dtype=str, keep_default_na=False) for name in rebuild.MADE}
    others = tuple(name for name in rebuild.MADE if name not in steps[0].makes)
    monkeypatch.setattr(
        rebuild,
        "STEPS",
        (*steps, rebuild.Step("the rest", (), others, lambda _: {name: rest[name] for name in others})),
    )
    _fails(tables, upstream, said)


def test_a_renamed_sheet_is_named(tables: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from openpyxl import Workbook

    book = Workbook()
    book.active.title = "Sheet2"  # type: ignore[union-attr]
    book.save(tmp_path / "census_county_2010.xlsx")
    files = {f"census_county_{year}": tmp_path / f"census_county_{min(year, 2010)}.xlsx" for year in (2000, 2010, 2020)}
    monkeypatch.setattr(rebuild, "find_files", lambda *_: files)
    _fails(tables, tmp_path, "census_county_2010.xlsx: no sheet 'Sheet1'; found 'Sheet2'")


def test_a_package_that_is_missing_is_named(tables: Path, upstream: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    monkeypatch.setattr(rebuild, "STEPS", rebuild.STEPS[:1])
    _fails(tables, upstream, "reading workbooks needs the package openpyxl; install the extra `data`")
