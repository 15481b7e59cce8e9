"""The commands `report data rebuild` and `report data verify`."""

from pathlib import Path

import click

from analysis.data import tables
from analysis.paths import DATA, ROOT


@click.group()
def data() -> None:
    """The committed tables: make them from their upstream files, or check them."""


@data.command()
@click.option(
    "--upstream",
    type=click.Path(path_type=Path, file_okay=False),
    default=ROOT / ".upstream",
    show_default=".upstream",
    help="Folder with the upstream files that data/sources.yml describes.",
)
def rebuild(upstream: Path) -> None:
    """Make the tables again from their upstream files."""
    from analysis.data import rebuild as maker
    from analysis.data.compile.errors import CompileError
    from analysis.data.upstream import UpstreamError

    try:
        maker.rebuild(upstream, tell=click.echo)
    except (UpstreamError, CompileError, tables.TableError) as error:
        raise click.ClickException(str(error)) from error
    _report(DATA)


@data.command()
def verify() -> None:
    """Load every table, check cells and totals, and print what is there."""
    try:
        _report(DATA)
    except tables.TableError as error:
        raise click.ClickException(str(error)) from error


def _report(folder: Path) -> None:
    from dataclasses import fields

    from analysis.data.checks import faults
    from analysis.data.checks.census import remainders
    from analysis.data.checks.loaded import load_all

    loaded = load_all(folder)
    found = faults(loaded)
    if found:
        raise tables.TableError(tables.message(found))
    paths = (
        tables.CENSUS,
        tables.CENSUS_TOTALS,
        tables.CENSUS_EXCEPTIONS,
        tables.PROGRAMME_UNITS,
        tables.POLYGONS,
        tables.POLYGON_UNITS,
        tables.ADJACENCY,
    )
    click.echo(f"{'table':<22} {'rows':>6} {'columns':>8} {'bytes':>10}")
    for path, table in zip(paths, fields(loaded), strict=True):
        frame = getattr(loaded, table.name)
        click.echo(f"{path.name:<22} {len(frame):>6} {frame.shape[1]:>8} {(folder / path.name).stat().st_size:>10,}")
    for year, units in loaded.census.groupby("year"):
        people = units["population"].sum()
        click.echo(f"{year}: {len(units):,} units, {people:,} people, {units['urban_population'].sum():,} urban")
    for kind, count in loaded.exceptions["kind"].value_counts().sort_index().items():
        click.echo(f"listed exceptions, {kind}: {count}")
    for row in remainders(loaded.census, loaded.totals).itertuples():
        click.echo(
            f"units less province, {row.province} {row.year} {row.column}: {row.remainder:,.0f} (cells left empty)"
        )
    click.echo("all tables are as they should be")
