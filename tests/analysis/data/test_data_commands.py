import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from analysis.data import cli, rebuild, tables
from analysis.paths import DATA


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
    cells = lines[41].split(",")
    cells[6] = str(int(cells[6]) + 1)
    lines[41] = ",".join(cells)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    result = CliRunner().invoke(cli.data, ["verify"])
    assert result.exit_code == 1
    assert "column population: the units less the province's total leave 1" in result.output


def test_rebuild_without_upstream_files_says_where_they_are(copy: Path, tmp_path: Path) -> None:
    before = {p.name: p.read_bytes() for p in copy.iterdir()}
    result = CliRunner().invoke(cli.data, ["rebuild", "--upstream", str(tmp_path / "none")])
    assert result.exit_code == 1
    assert "data/sources.yml" in result.output
    assert "census_county_2010.xlsx" in result.output
    assert {p.name: p.read_bytes() for p in copy.iterdir()} == before


def test_rebuild_writes_nothing_when_what_it_made_is_wrong(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = {p.name: p.read_bytes() for p in copy.iterdir()}
    loaded = tables.load_census(copy / "census.csv"), tables.load_census_totals(copy / "census_totals.csv")
    units = loaded[0].drop(index=5)
    exceptions = tables.load_census_exceptions(copy / "census_exceptions.csv")
    polygons = tables.load_polygons(copy / "polygons.csv").assign(polygon=lambda f: f["polygon"].map(str))

    made = {
        "census.csv": units,
        "census_totals.csv": loaded[1],
        "census_exceptions.csv": exceptions,
        "polygons.csv": polygons,
        "units.csv": tables.load_units(copy / "units.csv"),
        "boundary_cases.csv": tables.load_boundary_cases(copy / "boundary_cases.csv"),
    }
    monkeypatch.setattr(rebuild, "STEPS", (rebuild.Step("making", (), rebuild.MADE, lambda _: made),))
    with pytest.raises(tables.TableError, match="the units less the province's total leave -"):
        rebuild.rebuild(copy, copy, tell=lambda _: None)
    assert {p.name: p.read_bytes() for p in copy.iterdir()} == before
