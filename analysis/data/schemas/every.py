"""Every table of `data/` by file name."""

from analysis.data.schemas.census import BULLETIN_TOTALS, CENSUS, CENSUS_EXCEPTIONS, CENSUS_TOTALS
from analysis.data.schemas.forms import Table
from analysis.data.schemas.geography import POLYGONS
from analysis.data.schemas.programme import PROGRAMME_UNITS

EVERY: dict[str, Table] = {
    "census.csv": CENSUS,
    "census_totals.csv": CENSUS_TOTALS,
    "census_exceptions.csv": CENSUS_EXCEPTIONS,
    "bulletin_totals.csv": BULLETIN_TOTALS,
    "programme_units.csv": PROGRAMME_UNITS,
    "polygons.csv": POLYGONS,
}
