"""Every table of `data/` by file name."""

from analysis.data.schemas.census import CENSUS, CENSUS_EXCEPTIONS, CENSUS_TOTALS
from analysis.data.schemas.forms import Table
from analysis.data.schemas.geography import ADJACENCY, POLYGON_UNITS, POLYGONS
from analysis.data.schemas.programme import PROGRAMME_UNITS

EVERY: dict[str, Table] = {
    "census.csv": CENSUS,
    "census_totals.csv": CENSUS_TOTALS,
    "census_exceptions.csv": CENSUS_EXCEPTIONS,
    "programme_units.csv": PROGRAMME_UNITS,
    "polygons.csv": POLYGONS,
    "polygon_units.csv": POLYGON_UNITS,
    "adjacency.csv": ADJACENCY,
}
