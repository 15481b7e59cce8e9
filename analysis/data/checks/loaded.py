"""All tables at once."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from analysis.data import tables
from analysis.paths import DATA


@dataclass(frozen=True)
class Tables:
    """All tables of `data/`, as the loaders give them."""

    census: pd.DataFrame
    totals: pd.DataFrame
    exceptions: pd.DataFrame
    programme: pd.DataFrame
    polygons: pd.DataFrame
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
        programme=tables.load_programme_units(at(tables.PROGRAMME_UNITS)),
        polygons=tables.load_polygons(at(tables.POLYGONS)),
        polygon_units=tables.load_polygon_units(at(tables.POLYGON_UNITS)),
        adjacency=tables.load_adjacency(at(tables.ADJACENCY)),
    )
