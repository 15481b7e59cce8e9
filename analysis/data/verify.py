"""Check the committed tables and say what is there."""

from collections.abc import Callable
from pathlib import Path

from analysis.data import hashes, tables
from analysis.data.checks import faults
from analysis.data.checks.census import REMAINDERS, agreement, published_sums
from analysis.data.checks.loaded import load_all
from analysis.data.schemas.every import EVERY
from analysis.data.schemas.wanted import SUPPLIED, WANTED


def verify(folder: Path, tell: Callable[[str], None]) -> None:
    """Load every table of a folder, check forms, sums and hashes, and print a line a table.

    Raises:
        TableError: the first table that fails, with row and column where a cell is at fault.
    """
    tell(f"{'table':<24} {'rows':>7} {'columns':>8} {'bytes':>11}")
    for name, table in EVERY.items():
        rows = len(tables.load(folder / name, table))
        tell(f"{name:<24} {rows:>7,} {len(table.columns):>8} {(folder / name).stat().st_size:>11,}")
    known = None
    for name, wanted in WANTED.items():
        path = folder / SUPPLIED / name
        if path.is_file():
            rows_supplied = tables.load(path, wanted.table)
            known = set(tables.load_units(folder / tables.UNITS.name)["unit_id"]) if known is None else known
            strange = sorted(set(rows_supplied["unit_id"]) - known)
            if strange:
                raise tables.TableError(
                    f"{SUPPLIED}/{name}, column unit_id: found {', '.join(strange[:5])}; units.csv has no such unit"
                )
            tell(f"{f'{SUPPLIED}/{name}':<24} {len(rows_supplied):>7,} {len(wanted.table.columns):>8} supplied by you")
    loaded = load_all(folder)
    for found in (faults(loaded), hashes.faults(folder, EVERY)):
        if found:
            raise tables.TableError(tables.message(found))
    for year, units in loaded.census.groupby("year"):
        urban = units["urban_population"]
        tell(
            f"{year}: {len(units):,} units, {units['population'].sum():,} people, "
            + (f"{urban.sum():,.0f} urban" if urban.notna().any() else "urban not known")
        )
    for kind, count in loaded.exceptions["kind"].value_counts().sort_index().items():
        tell(f"listed exceptions of the census, {kind}: {count}")
    for published, summed in published_sums(loaded):
        columns = " + ".join(published.columns)
        tell(f"published, {published.place} {published.year} {columns}: {published.figure:,}, units {summed:,}")
    for (province, year, column), (remainder, why) in REMAINDERS.items():
        tell(f"units less province, {province} {year} {column}: {remainder:,} ({why})")
    people = agreement(loaded.census, loaded.totals, loaded.bulletins).set_index(["province", "year"])
    differences = (people["units"] - people["bulletin"]).unstack("year")
    for place, row in differences.iterrows():
        tell(f"units less bulletin, {place}: " + ", ".join(f"{year} {by:+,.0f}" for year, by in row.items()))
    total = sum((folder / name).stat().st_size for name in EVERY)
    tell(f"all {len(EVERY)} tables are as they should be: forms, sums and hashes ({total / 1e6:.1f} MB)")
