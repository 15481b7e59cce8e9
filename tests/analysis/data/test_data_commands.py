import shutil
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from analysis.data import cli, rebuild, tables
from analysis.paths import DATA

pytestmark = pytest.mark.usefixtures("tables_loaded_once")


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of data/ that the commands work on."""
    folder = tmp_path / "data"
    shutil.copytree(DATA, folder)
    monkeypatch.setattr(cli, "DATA", folder)
    return folder


def test_verify_prints_a_table(copy: Path) -> None:
    result = CliRunner().invoke(cli.data, ["verify"])
    assert result.exit_code == 0, result.output
    for path in copy.glob("*.csv"):
        assert path.name in result.output
    assert "1,409,778,724 people" in result.output


def test_verify_names_a_wrong_cell(copy: Path) -> None:
    path = copy / "census.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    cells = lines[41].split(",")
    cells[6] = f"-{cells[6]}"
    lines[41] = ",".join(cells)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    result = CliRunner().invoke(cli.data, ["verify"])
    assert result.exit_code == 1
    assert f"census.csv, line 42, column population: found '{cells[6]}'; allowed: a whole number" in result.output


def test_verify_names_a_wrong_sum(copy: Path) -> None:
    path = copy / "census.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    line = next(i for i, one in enumerate(lines) if ",2010," in one)
    cells, column = lines[line].split(","), lines[0].split(",").index("registered_population")
    cells[column] = str(int(cells[column]) + 1)
    lines[line] = ",".join(cells)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    result = CliRunner().invoke(cli.data, ["verify"])
    assert result.exit_code == 1
    assert "column registered_population: the units less the province's total leave 1; allowed: 0" in result.output


def test_rebuild_without_upstream_files_says_where_they_are(copy: Path, tmp_path: Path) -> None:
    before = {p.name: p.read_bytes() for p in copy.iterdir()}
    result = CliRunner().invoke(cli.data, ["rebuild", "--upstream", str(tmp_path / "none")])
    assert result.exit_code == 1
    assert "data/sources.yml" in result.output
    assert "census_county_2010.xlsx" in result.output
    assert {p.name: p.read_bytes() for p in copy.iterdir()} == before


def test_rebuild_writes_nothing_when_what_it_made_is_wrong(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = {p.name: p.read_bytes() for p in copy.iterdir()}
    made = {name: pd.read_csv(copy / name, dtype=str, keep_default_na=False) for name in rebuild.MADE}
    made["census.csv"] = made["census.csv"].drop(index=5)
    monkeypatch.setattr(rebuild, "STEPS", (rebuild.Step("making", (), rebuild.MADE, lambda _: made),))
    with pytest.raises(tables.TableError, match="the units less the province's total leave -"):
        rebuild.rebuild(copy, copy, tell=lambda _: None)
    assert {p.name: p.read_bytes() for p in copy.iterdir()} == before


def test_verify_finds_a_change_that_no_rule_can(copy: Path) -> None:
    path = copy / "census_exceptions.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("an empty row", "no empty row", 1), encoding="utf-8")
    result = CliRunner().invoke(cli.data, ["verify"])
    assert result.exit_code == 1
    assert "Error: census_exceptions.csv: its cells have the right form, but SHA-256 is" in result.output


@pytest.mark.parametrize(
    ("text", "words"),
    [(None, "SHA256SUMS: cannot be read"), ("abc  census.csv\n", "SHA256SUMS, line 1: found 'abc  census.csv'"),
     ("", "SHA256SUMS: adjacency.csv is not listed")],
)  # fmt: skip
def test_verify_needs_the_list_of_hashes(copy: Path, text: str | None, words: str) -> None:
    path = copy / "SHA256SUMS"
    path.unlink()
    if text is not None:
        path.write_text(text, encoding="utf-8")
    result = CliRunner().invoke(cli.data, ["verify"])
    assert result.exit_code == 1
    assert words in result.output


def test_a_table_that_is_gone_is_still_listed(copy: Path) -> None:
    with (copy / "SHA256SUMS").open("a", encoding="utf-8") as file:
        file.write(f"{'0' * 64}  gone.csv\n")
    assert "gone.csv is listed, but no such table" in CliRunner().invoke(cli.data, ["verify"]).output


@pytest.fixture
def same_tables(copy: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, pd.DataFrame]:
    """A rebuild that makes what is committed, without upstream files."""
    made = {name: pd.read_csv(copy / name, dtype=str, keep_default_na=False) for name in rebuild.MADE}
    monkeypatch.setattr(rebuild, "STEPS", (rebuild.Step("making", (), rebuild.MADE, lambda _: made),))
    return made


def test_rebuild_says_that_nothing_differs(copy: Path, same_tables: dict[str, pd.DataFrame]) -> None:
    before = {p.name: p.read_bytes() for p in copy.iterdir()}
    result = CliRunner().invoke(cli.data, ["rebuild", "--upstream", str(copy)])
    assert result.exit_code == 0, result.output
    assert f"all {len(rebuild.MADE)} made tables are the same, byte for byte" in result.output
    assert {p.name: p.read_bytes() for p in copy.iterdir()} == before


@pytest.mark.parametrize("check", [True, False])
def test_rebuild_says_where_a_table_differs(copy: Path, same_tables: dict[str, pd.DataFrame], check: bool) -> None:
    same_tables["census_exceptions.csv"].loc[3, "note"] = "changed"
    before = {p.name: p.read_bytes() for p in copy.iterdir()}
    result = CliRunner().invoke(cli.data, ["rebuild", "--upstream", str(copy), *(["--check"] if check else [])])
    assert result.exit_code == check
    assert "census_exceptions.csv differs from line 5: 1 lines gone, 1 new" in result.output
    assert "SHA256SUMS differs from line " in result.output
    after = {p.name: p.read_bytes() for p in copy.iterdir()}
    assert {name for name in after if after[name] != before[name]} == (
        set() if check else {"census_exceptions.csv", "SHA256SUMS"}
    )
