"""All tables at once."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from analysis.data import tables
from analysis.paths import DATA


@dataclass(frozen=True)
class Tables:
    """All tables of `data/`, as the loaders give them, flagged figures included."""

    census: pd.DataFrame
    totals: pd.DataFrame
    exceptions: pd.DataFrame
    bulletins: pd.DataFrame
    programme: pd.DataFrame
    polygons: pd.DataFrame
    city_roads: pd.DataFrame
    prefectures: pd.DataFrame
    prefecture_exceptions: pd.DataFrame
    units: pd.DataFrame
    cases: pd.DataFrame
    designations: pd.DataFrame
    yearbook: pd.DataFrame
    yearbook_unmatched: pd.DataFrame
    polygon_units: pd.DataFrame
    adjacency: pd.DataFrame


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
        bulletins=tables.load_bulletin_totals(at(tables.BULLETIN_TOTALS)),
        programme=tables.load_programme_units(at(tables.PROGRAMME_UNITS)),
        polygons=tables.load_polygons(at(tables.POLYGONS)),
        city_roads=tables.load_city_roads(at(tables.CITY_ROADS), flagged=True),
        prefectures=tables.load_prefectures(at(tables.PREFECTURES), flagged=True),
        prefecture_exceptions=tables.load_prefecture_exceptions(at(tables.PREFECTURE_EXCEPTIONS)),
        units=tables.load_units(at(tables.UNITS)),
        cases=tables.load_boundary_cases(at(tables.BOUNDARY_CASES)),
        designations=tables.load_designations(at(tables.DESIGNATIONS)),
        yearbook=tables.load_yearbook(at(tables.YEARBOOK), flagged=True),
        yearbook_unmatched=tables.load_yearbook_unmatched(at(tables.YEARBOOK_UNMATCHED)),
        polygon_units=tables.load_polygon_units(at(tables.POLYGON_UNITS)),
        adjacency=tables.load_adjacency(at(tables.ADJACENCY)),
    )
