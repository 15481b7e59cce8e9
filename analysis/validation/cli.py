"""The commands `report validate` and `report bench`."""

import click


@click.command()
@click.option(
    "--draws",
    type=click.IntRange(min=20),
    help="Simulated draws for each recovery; 200 if not given. Where draws are cheap, ten times as many are made.",
)
@click.option("--seed", type=int, help="Seed of the simulated draws.")
@click.option(
    "--only",
    multiple=True,
    type=click.Choice(["published", "parity", "recoveries", "limits"]),
    help="Run this group alone, and write no record; may be given several times.",
)
def validate(draws: int | None, seed: int | None, only: tuple[str, ...]) -> None:
    """Check the estimators against published tables, other programs and known answers; write the record of it."""
    # The libraries take seconds to import, which `report --help` need not wait for.
    from analysis.records import VALIDATION, RecordError, write_record  # noqa: PLC0415
    from analysis.validation import suite  # noqa: PLC0415

    count, start = draws or suite.DRAWS, suite.SEED if seed is None else seed
    try:
        entries = suite.run(count, start, click.echo, only)
        if not only:
            write_record(suite.record(entries, count, start), VALIDATION)
    except (*suite.FAULTS, RecordError) as error:
        raise click.ClickException(f"{error}\nno record was written") from error
    wrong = suite.wrong(entries)
    for entry in wrong:
        known = "known to fail, and passes: take it out of the limits" if entry.passed else "failed"
        click.echo(
            f"{entry.design}: {entry.name}: {known}; expected {entry.expected:.10g}, obtained {entry.obtained:.10g}, "
            f"tolerance {entry.tolerance:.3g}"
        )
    click.echo(f"{len(entries) - len(wrong)} of {len(entries)} checks are as they should be")
    if not only:
        click.echo(f"written: records/{VALIDATION.name}")
    if wrong:
        raise click.exceptions.Exit(1)


@click.command()
def bench() -> None:
    """Measure how fast the estimators are, as ratios within one run; write the record of it."""
    from analysis.designs.errors import DesignError  # noqa: PLC0415
    from analysis.records import BENCH, RecordError, read_bench  # noqa: PLC0415

    try:
        from analysis.validation.bench import run_bench  # noqa: PLC0415

        run_bench(BENCH, click.echo)
        found = read_bench(BENCH)
    except (ImportError, DesignError, RecordError) as error:
        raise click.ClickException(str(error)) from error
    missed = [m for m in found.measures if not m.met]
    click.echo(f"{len(found.measures) - len(missed)} of {len(found.measures)} targets are met")
    click.echo(f"written: records/{BENCH.name}")
    if missed:
        raise click.exceptions.Exit(1)
