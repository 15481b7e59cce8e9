"""Every table of `data/` by file name."""

from analysis.data.schemas.census import BULLETIN_TOTALS, CENSUS, CENSUS_EXCEPTIONS, CENSUS_TOTALS
from analysis.data.schemas.forms import Table
from analysis.data.schemas.geography import ADJACENCY, POLYGON_UNITS, POLYGONS
from analysis.data.schemas.policy import POLICY_STEPS
from analysis.data.schemas.prefectures import CITY_ROADS, PREFECTURE_EXCEPTIONS, PREFECTURES
from analysis.data.schemas.programme import PROGRAMME_UNITS
from analysis.data.schemas.units import BOUNDARY_CASES, DESIGNATIONS_TABLE, UNITS
from analysis.data.schemas.yearbook import YEARBOOK, YEARBOOK_UNMATCHED

EVERY: dict[str, Table] = {
    "units.csv": UNITS,
    "boundary_cases.csv": BOUNDARY_CASES,
    "designations.csv": DESIGNATIONS_TABLE,
    "programme_units.csv": PROGRAMME_UNITS,
    "policy_steps.csv": POLICY_STEPS,
    "census.csv": CENSUS,
    "census_totals.csv": CENSUS_TOTALS,
    "census_exceptions.csv": CENSUS_EXCEPTIONS,
    "bulletin_totals.csv": BULLETIN_TOTALS,
    "yearbook.csv": YEARBOOK,
    "yearbook_unmatched.csv": YEARBOOK_UNMATCHED,
    "city_roads.csv": CITY_ROADS,
    "prefectures.csv": PREFECTURES,
    "prefecture_exceptions.csv": PREFECTURE_EXCEPTIONS,
    "polygons.csv": POLYGONS,
    "polygon_units.csv": POLYGON_UNITS,
    "adjacency.csv": ADJACENCY,
}
