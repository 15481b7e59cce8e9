"""Load and validate the committed tables of `data/`.

Importing this module is light; pandas and pandera come in when a table is loaded.
"""

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.paths import DATA

if TYPE_CHECKING:
    import pandas as pd

    from analysis.data.schemas.forms import Table

CENSUS = DATA / "census.csv"
CENSUS_TOTALS = DATA / "census_totals.csv"
CENSUS_EXCEPTIONS = DATA / "census_exceptions.csv"
PROGRAMME_UNITS = DATA / "programme_units.csv"
POLYGONS = DATA / "polygons.csv"
CITY_ROADS = DATA / "city_roads.csv"
PREFECTURES = DATA / "prefectures.csv"
PREFECTURE_EXCEPTIONS = DATA / "prefecture_exceptions.csv"
UNITS = DATA / "units.csv"
BOUNDARY_CASES = DATA / "boundary_cases.csv"
DESIGNATIONS = DATA / "designations.csv"
BULLETIN_TOTALS = DATA / "bulletin_totals.csv"
YEARBOOK = DATA / "yearbook.csv"
YEARBOOK_UNMATCHED = DATA / "yearbook_unmatched.csv"
POLYGON_UNITS = DATA / "polygon_units.csv"
ADJACENCY = DATA / "adjacency.csv"

SHOWN = 10
_LONGEST = 60


class TableError(ValueError):
    """A table is missing, cannot be read, or has cells that break its rules; one line a fault."""


def load_census(path: Path = CENSUS) -> "pd.DataFrame":
    """Census figures, one row a county-level unit and census year.

    Columns as in `data/codebook.yml`: people and households are counts, `schooling_years` years,
    `nonagricultural_share` percent, `rooms_per_household` rooms, `floor_area_per_person` square metres. A column
    that may be empty holds floats, with NaN for an empty cell. `name` can be empty in 2000, for which
    `printed_name` gives the name in Latin letters.

    Raises:
        TableError: the file is missing or a cell breaks a rule.
    """
    from analysis.data.schemas.census import CENSUS as TABLE

    return load(path, TABLE)


def load_census_totals(path: Path = CENSUS_TOTALS) -> "pd.DataFrame":
    """Totals as the census prints them: country (2020), provinces, prefectures and subtotals.

    Raises:
        TableError: the file is missing or a cell breaks a rule.
    """
    from analysis.data.schemas.census import CENSUS_TOTALS as TABLE

    return load(path, TABLE)


def load_census_exceptions(path: Path = CENSUS_EXCEPTIONS) -> "pd.DataFrame":
    """Everything in the census workbooks that the compiler could not take as printed, and what it did.

    Raises:
        TableError: the file is missing or a cell breaks a rule.
    """
    from analysis.data.schemas.census import CENSUS_EXCEPTIONS as TABLE

    return load(path, TABLE)


def load_programme_units(path: Path = PROGRAMME_UNITS) -> "pd.DataFrame":
    """The county-level units of the programme; all columns are text.

    Raises:
        TableError: the file is missing or a cell breaks a rule.
    """
    from analysis.data.schemas.programme import PROGRAMME_UNITS as TABLE

    return load(path, TABLE)


def load_polygons(path: Path = POLYGONS) -> "pd.DataFrame":
    """Simplified polygons: code, name, level (county or province) and polygon (a shapely geometry).

    Those of a level meet without gap or overlap, and a province is the union of its counties. `polygon_units.csv`
    says which units of 2010 and 2020 each county-level polygon shows.

    Coordinates are degrees of longitude and latitude in GCJ-02.

    Raises:
        TableError: the file is missing or a cell breaks a rule.
    """
    import shapely

    from analysis.data.schemas.geography import POLYGONS as TABLE

    frame = load(path, TABLE)
    frame["polygon"] = shapely.from_wkt(frame["polygon"].to_numpy(dtype=object))
    return frame


def load_city_roads(path: Path = CITY_ROADS, *, flagged: bool = False) -> "pd.DataFrame":
    """Road area per head of county-level cities, square metres, one row a unit and year.

    Rows whose figure is flagged (`flagged` is 1; the rule stands in the codebook) are left out unless asked for.

    Raises:
        TableError: the file is missing or a cell breaks a rule.
    """
    from analysis.data.schemas.prefectures import CITY_ROADS as TABLE

    frame = load(path, TABLE)
    return frame if flagged else frame[frame["flagged"] == 0].reset_index(drop=True)


def load_prefectures(path: Path = PREFECTURES, *, flagged: bool = False) -> "pd.DataFrame":
    """Prefecture-years; units are those of `data/codebook.yml`, empty cells NaN.

    Figures that the column `flagged` names are NaN too unless asked for.

    Raises:
        TableError: the file is missing or a cell breaks a rule.
    """
    from analysis.data.schemas.prefectures import PREFECTURES as TABLE
    from analysis.data.schemas.prefectures import VARIABLES, is_flagged

    frame = load(path, TABLE)
    if not flagged:
        for variable in VARIABLES:
            frame[variable] = frame[variable].mask(is_flagged(frame, variable))
    return frame


def load_prefecture_exceptions(path: Path = PREFECTURE_EXCEPTIONS) -> "pd.DataFrame":
    """What the compilers of city roads and prefectures left out, corrected or found to differ; all text.

    Raises:
        TableError: the file is missing or a cell breaks a rule.
    """
    from analysis.data.schemas.prefectures import PREFECTURE_EXCEPTIONS as TABLE

    return load(path, TABLE)


def load_units(path: Path = UNITS) -> "pd.DataFrame":
    """The register of county-level units of 2000, 2010 and 2020, and what became of each unit's ground.

    All columns are text, but for `zone_suspected`, which is 0 or 1. An empty code says that the unit was none in
    that year; each code of each census stands once in the table.

    Raises:
        TableError: the file is missing or a cell breaks a rule.
    """
    from analysis.data.schemas.units import UNITS as TABLE

    return load(path, TABLE)


def load_boundary_cases(path: Path = BOUNDARY_CASES) -> "pd.DataFrame":
    """Every case that was opened on a unit and period: by what, the evidence, and how it was decided; all text.

    Raises:
        TableError: the file is missing or a cell breaks a rule.
    """
    from analysis.data.schemas.units import BOUNDARY_CASES as TABLE

    return load(path, TABLE)


def load_designations(path: Path = DESIGNATIONS) -> "pd.DataFrame":
    """Policy designations of units, one a row, with source and confidence; all text.

    Raises:
        TableError: the file is missing or a cell breaks a rule.
    """
    from analysis.data.schemas.units import DESIGNATIONS_TABLE as TABLE

    return load(path, TABLE)


def load_bulletin_totals(path: Path = BULLETIN_TOTALS) -> "pd.DataFrame":
    """People of the country and its provinces as census bulletins and the tabulation of 2000 give them.

    Raises:
        TableError: the file is missing or a cell breaks a rule.
    """
    from analysis.data.schemas.census import BULLETIN_TOTALS as TABLE

    return load(path, TABLE)


def load_yearbook(path: Path = YEARBOOK, flagged: bool = False) -> "pd.DataFrame":
    """Figures of the county yearbook, one row a unit and year; `year` is the year that the figures are of.

    Columns as in `data/codebook.yml`: people and beds are counts, money is in 10,000 yuan. Figures are floats with NaN
    for an empty cell. A figure that the column `flagged` names is NaN too, unless `flagged` is true.

    Raises:
        TableError: the file is missing or a cell breaks a rule.
    """
    from analysis.data.schemas.yearbook import VARIABLES
    from analysis.data.schemas.yearbook import YEARBOOK as TABLE

    frame = load(path, TABLE)
    if not flagged:
        names = frame["flagged"].str.split(" ").explode()
        for variable in VARIABLES:
            frame.loc[names.index[names == variable], variable] = float("nan")
    return frame


def load_yearbook_unmatched(path: Path = YEARBOOK_UNMATCHED) -> "pd.DataFrame":
    """Rows of the county yearbook that stand for no unit's year in `yearbook.csv`, and why.

    Raises:
        TableError: the file is missing or a cell breaks a rule.
    """
    from analysis.data.schemas.yearbook import YEARBOOK_UNMATCHED as TABLE

    return load(path, TABLE)


def load_polygon_units(path: Path = POLYGON_UNITS) -> "pd.DataFrame":
    """Which polygons show which units of 2010 and 2020: a row a unit and polygon.

    Columns year (whole number), code, name, relation (same, part, changed, merged, none), polygon (a code of
    `polygons.csv`, empty where the relation is none) and reason. A unit has a polygon of its own under same, part
    (together with its other rows) and changed (the ground differs somewhat); not under merged and none.

    Raises:
        TableError: the file is missing or a cell breaks a rule.
    """
    from analysis.data.schemas.geography import POLYGON_UNITS as TABLE

    return load(path, TABLE)


def load_adjacency(path: Path = ADJACENCY) -> "pd.DataFrame":
    """Pairs of units of 2010 that share a border: unit_a < unit_b, border_km (kilometres), same_province (0 or 1).

    Raises:
        TableError: the file is missing or a cell breaks a rule.
    """
    from analysis.data.schemas.geography import ADJACENCY as TABLE

    return load(path, TABLE)


def load(path: Path, table: "Table") -> "pd.DataFrame":
    """A table of a given form, every cell and rule checked; see `schemas/`.

    Raises:
        TableError: the file is missing or a cell breaks a rule.
    """
    import pandas as pd

    records, lines = _read(path, list(table.columns))
    text = pd.DataFrame(records, columns=list(table.columns), dtype=object)
    _validate(path, table, text, text, lines)
    frame = text.copy()
    for name, form in table.columns.items():
        if form.read_as == "whole number":
            frame[name] = text[name].astype("int64")
        elif form.read_as == "number":
            frame[name] = pd.to_numeric(text[name].where(text[name] != "", None)).astype("float64")
        else:
            frame[name] = text[name].astype("str")
    _validate(path, table, text, frame, lines)
    return frame


def _read(path: Path, header: list[str]) -> tuple[list[list[str]], list[int]]:
    """Records and the line of the file on which each starts."""
    try:
        content = path.read_bytes().decode("utf-8")
    except OSError as error:
        raise TableError(
            f"{path.name}: cannot be read ({error.strerror}); expected it as {path}; "
            "restore it from version control or make it with `report data rebuild`"
        ) from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise TableError(f"{path.name}, line {line}: not in UTF-8; save the table as UTF-8") from error
    records: list[list[str]] = []
    lines: list[int] = []
    reader = csv.reader(io.StringIO(content, newline=""), strict=True)
    start = 1
    try:
        for record in reader:
            records.append(record)
            lines.append(start)
            start = reader.line_num + 1
    except csv.Error as error:
        raise TableError(f"{path.name}, line {start}: not readable as comma-separated values ({error})") from error
    _check_header(path, records[0] if records else [], header)
    short = [
        f"{path.name}, line {line}: found {len(record)} cells; the table has {len(header)} columns"
        for record, line in zip(records[1:], lines[1:], strict=True)
        if len(record) != len(header)
    ]
    if short:
        raise TableError(message(short))
    if len(records) == 1:
        raise TableError(f"{path.name}: the table has a header and no rows")
    return records[1:], lines[1:]


def _check_header(path: Path, found: list[str], expected: list[str]) -> None:
    if found == expected:
        return
    faults = [f"{path.name}, line 1: the column {name} is missing" for name in expected if name not in found]
    faults += [
        f"{path.name}, line 1: unknown column {_shown(name)}; the columns are listed in data/codebook.yml"
        for name in found
        if name not in expected
    ]
    raise TableError(
        message(faults or [f"{path.name}, line 1: the columns must be, in this order: {', '.join(expected)}"])
    )


def _validate(path: Path, table: "Table", text: "pd.DataFrame", frame: "pd.DataFrame", lines: list[int]) -> None:
    from pandera.errors import SchemaErrors

    by_form = frame is text
    try:
        (table.text_schema if by_form else table.value_schema).validate(frame, lazy=True)
    except SchemaErrors as error:
        broken: set[tuple[int, str, str]] = set()
        for case in error.failure_cases[["column", "check", "index"]].itertuples(index=False):
            if by_form:
                column, words = str(case.column), table.columns[str(case.column)].words
            else:
                rule = table.all_rules[int(case.check)]
                column, words = rule.column, rule.words
            broken.add((int(case.index), column, words))
        order = list(table.columns)
        faults = [
            f"{path.name}, line {lines[row]}, column {column}: "
            f"found {_shown(str(text.at[row, column]))}; allowed: {words}"
            for row, column, words in sorted(broken, key=lambda b: (b[0], order.index(b[1]), b[2]))
        ]
        raise TableError(message(faults)) from None


def _shown(value: str) -> str:
    return repr(value if len(value) <= _LONGEST else value[:_LONGEST] + "…")


def message(faults: list[str]) -> str:
    """The first faults, one a line, and how many more there are."""
    more = len(faults) - SHOWN
    return "\n".join(faults[:SHOWN] + ([f"and {more} more"] if more > 0 else []))
