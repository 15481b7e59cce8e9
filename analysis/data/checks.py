"""Checks between tables: sums against printed totals, and codes of one table against another's."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from analysis.data import tables
from analysis.data.schemas import INDUSTRIES_DIFFER
from analysis.paths import DATA

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


@dataclass(frozen=True)
class Tables:
    """All tables of `data/`, as the loaders give them."""

    census: pd.DataFrame
    totals: pd.DataFrame
    exceptions: pd.DataFrame
    programme: pd.DataFrame
    polygons: pd.DataFrame


def load_all(folder: Path = DATA, elsewhere: dict[str, Path] | None = None) -> Tables:
    """Load and validate every table of a folder; `elsewhere` gives other paths for some file names.

    Raises:
        TableError: a table is missing or a cell breaks a rule.
    """

    def at(path: Path) -> Path:
        return (elsewhere or {}).get(path.name, folder / path.name)

    return Tables(
        census=tables.load_census(at(tables.CENSUS)),
        totals=tables.load_census_totals(at(tables.CENSUS_TOTALS)),
        exceptions=tables.load_census_exceptions(at(tables.CENSUS_EXCEPTIONS)),
        programme=tables.load_programme_units(at(tables.PROGRAMME_UNITS)),
        polygons=tables.load_polygons(at(tables.POLYGONS)),
    )


def remainders(census: pd.DataFrame, totals: pd.DataFrame) -> pd.DataFrame:
    """Sums of units less printed provinces, where they differ: province, year, column, remainder."""
    sums = census.groupby(["province", "year"])[list(SUMMED)].sum()
    printed = totals[totals["level"] == "province"].set_index(["province", "year"])[list(SUMMED)].fillna(0)
    differences = (sums - printed.reindex(sums.index)).reset_index()
    differences = differences.melt(["province", "year"], var_name="column", value_name="remainder")
    return differences[differences["remainder"] != 0].reset_index(drop=True)


def faults(tables: Tables) -> list[str]:
    """Every breach between tables, one line each; none if the tables agree."""
    return [
        *_published(tables),
        *_sums(tables),
        *_empty_cells(tables),
        *_industries(tables),
        *_programme(tables),
        *_polygons(tables),
    ]


def without_polygon(codes: "pd.Series[str]", polygons: pd.DataFrame) -> list[str]:
    """Those codes that no polygon stands under."""
    return sorted(set(codes) - set(polygons["code"]))


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


def _programme(tables: Tables) -> list[str]:
    found = []
    for year in sorted(tables.census["year"].unique()):
        known = set(tables.census.loc[tables.census["year"] == year, "code"])
        found += [
            f"programme_units.csv, unit {u.code} {u.name_}, column code{year}: "
            f"found {getattr(u, f'code{year}')}; census.csv has no such code in {year}"
            for u in tables.programme.rename(columns={"name": "name_"}).itertuples()
            if getattr(u, f"code{year}") not in known
        ]
    return found


def _polygons(tables: Tables) -> list[str]:
    programme = tables.programme.set_index("code2020")["name"]
    missing = without_polygon(tables.programme["code2020"], tables.polygons)
    counties = tables.polygons[tables.polygons["level"] == "county"]
    units = set(tables.census["code"])
    return [
        *(f"polygons.csv: the programme's unit {code} {programme[code]} has no polygon" for code in missing),
        *(
            f"polygons.csv, polygon {code}, column code: census.csv has no such unit"
            for code in counties["code"]
            if code not in units
        ),
    ]
