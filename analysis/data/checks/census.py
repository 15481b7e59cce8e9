"""Sums of units against printed totals, and cells against the list of exceptions."""

import pandas as pd

from analysis.data.checks.loaded import Tables
from analysis.data.schemas.census import INDUSTRIES_DIFFER

# Totals published on their own, so that a fault common to units and totals shows: country, 2020, and Henan.
PUBLISHED = (
    ("全国", 2020, 1_409_778_724),
    ("河南省", 2010, 94_029_939),
    ("河南省", 2020, 99_365_519),
)
SUMMED = (
    "population",
    "urban_population",
    "registered_population",
    "households",
    "employed",
    "households_surveyed",
)


def remainders(census: pd.DataFrame, totals: pd.DataFrame) -> pd.DataFrame:
    """Sums of units less printed provinces, where they differ: province, year, column, remainder."""
    sums = census.groupby(["province", "year"])[list(SUMMED)].sum()
    printed = totals[totals["level"] == "province"].set_index(["province", "year"])[list(SUMMED)].fillna(0)
    differences = (sums - printed.reindex(sums.index)).reset_index()
    differences = differences.melt(["province", "year"], var_name="column", value_name="remainder")
    return differences[differences["remainder"] != 0].reset_index(drop=True)


def faults(tables: Tables) -> list[str]:
    """Every breach between the census tables, one line each."""
    return [
        *_published(tables),
        *_sums(tables),
        *_empty_cells(tables),
        *_industries(tables),
    ]


def _published(tables: Tables) -> list[str]:
    found = []
    for place, year, people in PUBLISHED:
        row = tables.totals[(tables.totals["name"] == place) & (tables.totals["year"] == year)]
        units = tables.census[(tables.census["year"] == year)]
        if place != "全国":
            units = units[units["province"] == place]
        if list(row["population"]) != [people]:
            printed = ", ".join(map(str, row["population"])) or "no such row"
            found.append(f"census_totals.csv, {place} {year}, column population: found {printed}; published: {people}")
        if units["population"].sum() != people:
            found.append(
                f"census.csv, {place} {year}, column population: "
                f"the units sum to {units['population'].sum()}; published is {people}"
            )
    return found


def _sums(tables: Tables) -> list[str]:
    empty = tables.exceptions[tables.exceptions["kind"] == "cell left empty"]
    places = tables.census.set_index(["code", "year"])["province"]
    explained = {(places.get((e.code, e.year)), e.year, e.column) for e in empty.itertuples() if e.column in SUMMED}
    return [
        f"census.csv, {r.province} {r.year}, column {r.column}: the units less the province's total leave "
        f"{r.remainder:.0f}; allowed: 0, where no cell is listed as left empty in census_exceptions.csv"
        for r in remainders(tables.census, tables.totals).itertuples()
        if (r.province, r.year, r.column) not in explained
    ]


def _empty_cells(tables: Tables) -> list[str]:
    census = tables.census
    listed = tables.exceptions[tables.exceptions["kind"] == "cell left empty"]
    expected = {(e.code, e.year, e.column) for e in listed.itertuples()}
    found = set()
    for column in census.columns[census.isna().any()]:
        empty = census[census[column].isna()]
        if column in ("registered_population", "nonagricultural_share"):
            empty = empty[empty["year"] == 2010]
        found |= {(code, year, column) for code, year in zip(empty["code"], empty["year"], strict=True)}
    return [
        *(
            f"census.csv, unit {code} {year}, column {column}: empty, but not listed in census_exceptions.csv"
            for code, year, column in sorted(found - expected)
        ),
        *(
            f"census_exceptions.csv, unit {code} {year}, column {column}: listed as empty; census.csv has a figure"
            for code, year, column in sorted(expected - found)
        ),
    ]


def _industries(tables: Tables) -> list[str]:
    listed = tables.exceptions[tables.exceptions["kind"] == "sum differs"]
    expected = set(zip(listed["code"], listed["year"], strict=True))
    return [
        f"census_exceptions.csv, unit {code} {year}, kind sum differs: "
        "listed in only one of this table and schemas.INDUSTRIES_DIFFER"
        for code, year in sorted(expected ^ set(INDUSTRIES_DIFFER))
    ]
