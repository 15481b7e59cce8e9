"""Tables that the public record lacks: what a reader supplies is checked like the rest."""

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from analysis.data import cli
from analysis.data.schemas.wanted import SUPPLIED, WANTED
from analysis.paths import DATA

pytestmark = pytest.mark.usefixtures("tables_loaded_once")

ROWS = {
    "residents.csv": "410122,2017,700000,400000\n410122,2018,710000,\n",
    "county_seats.csv": "410122,2017,25.5,,1200.25,150000\n",
    "programme_batches.csv": "410122,1,2017-01\n",
    "programme_investment.csv": "410122,2017,,30000\n",
}


@pytest.fixture
def supplied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "data"
    shutil.copytree(DATA, folder)
    monkeypatch.setattr(cli, "DATA", folder)
    (folder / SUPPLIED).mkdir()
    for name, rows in ROWS.items():
        header = ",".join(WANTED[name].table.columns)
        (folder / SUPPLIED / name).write_text(f"{header}\n{rows}", encoding="utf-8")
    return folder / SUPPLIED


def test_supplied_tables_are_checked_and_named(supplied: Path) -> None:
    result = CliRunner().invoke(cli.data, ["verify"])
    assert result.exit_code == 0, result.output
    for name in WANTED:
        assert f"supplied/{name}" in result.output


@pytest.mark.parametrize(
    ("name", "row", "said"),
    [
        (
            "residents.csv",
            "410122,2017,many,1",
            "residents.csv, line 4, column residents: found 'many'; allowed: a whole",
        ),
        (
            "residents.csv",
            "410122,2017,5,1",
            "line 4, column unit_id: found '410122'; allowed: unit_id and year together",
        ),
        ("programme_batches.csv", "410199,1,2017-01", "supplied/programme_batches.csv, column unit_id: found 410199"),
        ("programme_batches.csv", "410181,1,2017", "column joined: found '2017'; allowed: a month such as 2016-08"),
    ],
)
def test_a_wrong_row_is_named(supplied: Path, name: str, row: str, said: str) -> None:
    with (supplied / name).open("a", encoding="utf-8") as file:
        file.write(f"{row}\n")
    result = CliRunner().invoke(cli.data, ["verify"])
    assert result.exit_code == 1
    assert said in result.output
