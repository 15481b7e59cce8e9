import shutil
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from analysis.data import cli
from analysis.data.describe import coverage, describe, variables
from analysis.data.schemas.every import EVERY
from analysis.data.schemas.forms import CODE, COUNT, COUNT_OR_EMPTY, LINE, Table
from analysis.paths import DATA

pytestmark = pytest.mark.usefixtures("tables_loaded_once")

TABLE = Table(
    {"code": CODE, "year": COUNT, "people": COUNT_OR_EMPTY, "beds": COUNT_OR_EMPTY, "flagged": LINE}, ("code", "year")
)
NAMES = {"41": "河南省", "13": "河北省"}


def _frame() -> pd.DataFrame:
    rows = [
        ("410122", 2010, 5.0, 1.0, "beds people"),
        ("410181", 2010, None, 2.0, ""),
        ("410122", 2020, 7.0, None, ""),
        ("130121", 2020, 8.0, None, ""),
    ]
    return pd.DataFrame(rows, columns=list(TABLE.columns))


def test_coverage_counts_cells_by_variable_year_and_province() -> None:
    found = coverage(_frame(), TABLE, NAMES)
    assert list(found.itertuples(index=False, name=None)) == [
        ("people", 2010, "河南省", 2, 1, 1),
        ("people", 2020, "河北省", 1, 1, 0),
        ("people", 2020, "河南省", 1, 1, 0),
        ("beds", 2010, "河南省", 2, 2, 1),
        ("beds", 2020, "河北省", 1, 0, 0),
        ("beds", 2020, "河南省", 1, 0, 0),
    ]


def test_keys_and_text_are_no_variables() -> None:
    assert variables(TABLE) == ["people", "beds"]


@pytest.mark.parametrize("name", [name for name, table in EVERY.items() if variables(table)])
def test_every_table_can_be_described(name: str) -> None:
    shown = describe(DATA, name)
    for variable in variables(EVERY[name]):
        assert variable in shown


def test_overview_names_every_table_with_figures_and_its_years() -> None:
    shown = CliRunner().invoke(cli.data, ["describe"]).output
    assert [line for line in shown.splitlines() if line.endswith(".csv")] == [
        name for name, table in EVERY.items() if variables(table)
    ]
    line = next(line for line in shown.splitlines() if "registered_population" in line)
    assert "2010" in line


def test_one_variable_by_province() -> None:
    shown = describe(DATA, "census.csv", "registered_population")
    henan = next(line for line in shown.splitlines() if line.startswith("河南省"))
    assert "159/159" in henan


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["none.csv"], "no table none.csv; the tables are units.csv, boundary_cases.csv"),
        (["census.csv", "--variable", "beds"], "no variable beds; the variables are population, urban"),
    ],
)
def test_what_is_unknown_is_answered_with_what_is_known(arguments: list[str], words: str) -> None:
    result = CliRunner().invoke(cli.data, ["describe", *arguments])
    assert result.exit_code == 1
    assert words in result.output


def test_a_broken_table_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(DATA, tmp_path / "data")
    (tmp_path / "data" / "census.csv").unlink()
    monkeypatch.setattr(cli, "DATA", tmp_path / "data")
    result = CliRunner().invoke(cli.data, ["describe"])
    assert result.exit_code == 1
    assert "census.csv: cannot be read" in result.output
