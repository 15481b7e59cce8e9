"""Codes of the roster and of polygons against the census."""

import pandas as pd

from analysis.data.checks.loaded import Tables


def faults(tables: Tables) -> list[str]:
    """Every breach between roster, polygons and census, one line each."""
    return [*_programme(tables), *_polygons(tables)]


def without_polygon(codes: "pd.Series[str]", polygons: pd.DataFrame) -> list[str]:
    """Those codes that no polygon stands under."""
    return sorted(set(codes) - set(polygons["code"]))


def _programme(tables: Tables) -> list[str]:
    found = []
    for year in sorted(set(tables.census["year"]) & {2010, 2020}):
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
