"""The commands `report data rebuild`, `verify` and `describe`."""

from pathlib import Path

import click

from analysis.data import tables
from analysis.paths import DATA, ROOT

_SCREEN = 20


def _failure(error: Exception, end: str = "") -> click.ClickException:
    """The error as one screen of text."""
    lines = str(error).splitlines()
    more = [f"and {len(lines) - _SCREEN} more lines"] if len(lines) > _SCREEN else []
    return click.ClickException("\n".join([*lines[:_SCREEN], *more, *([end] if end else [])]))


@click.group()
def data() -> None:
    """The committed tables: make them from their upstream files, check them, see what they cover."""


@data.command()
@click.option(
    "--upstream",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder with the upstream files that data/sources.yml describes. Without it they are kept in .upstream, "
    "and those that are missing there are downloaded.",
)
@click.option("--check", is_flag=True, help="Only compare with the committed tables; exit 1 if one differs.")
def rebuild(upstream: Path | None, check: bool) -> None:
    """Make the tables again from their upstream files, all of them or none."""
    from analysis.data import rebuild as maker
    from analysis.data.compile.errors import CompileError
    from analysis.data.upstream import UpstreamError

    try:
        changed = maker.rebuild(
            upstream or ROOT / ".upstream", DATA, click.echo, download=upstream is None, write=not check
        )
    except (UpstreamError, CompileError, tables.TableError) as error:
        raise _failure(error, "no table was changed") from error
    for name, where in changed.items():
        click.echo(f"{name} {where}")
    if not changed:
        click.echo(f"all {len(maker.MADE)} made tables are the same, byte for byte")
    elif check:
        raise click.ClickException("what was made is not what is committed; no table was changed")
    else:
        click.echo("written; see what changed with version control before you commit")


@data.command()
def verify() -> None:
    """Load every table, check cells, sums and hashes, and print what is there; exit 1 at the first fault."""
    from analysis.data.verify import verify as run

    try:
        run(DATA, click.echo)
    except tables.TableError as error:
        raise _failure(error) from error


@data.command()
@click.argument("table", required=False)
@click.option("--variable", help="Show one variable of the table, by year and province.")
def describe(table: str | None, variable: str | None) -> None:
    """How many rows of TABLE (or of each table) have a figure, for each variable and year."""
    from analysis.data.describe import describe as run

    try:
        click.echo(run(DATA, table, variable), nl=False)
    except (tables.TableError, ValueError) as error:
        raise _failure(error) from error
