"""What each table of `data/` must look like: columns in order, form of each cell, rules across cells.

This is the slow import of the package (pandera); `tables.py` imports it only when a table is loaded.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd
import pandera.pandas as pa

YEARS = (2010, 2020)
UNIT_TYPES = ("district", "county", "county_city", "banner", "zone", "city_without_counties", "other")
LEVELS = ("country", "province", "prefecture", "subtotal")
EXCEPTION_KINDS = (
    "row left out",
    "code assigned",
    "code corrected",
    "name respelled",
    "text read as number",
    "cell left empty",
    "sum differs",
)

INDUSTRIES = tuple(
    f"employed_{industry}"
    for industry in (
        "agriculture",
        "mining",
        "manufacturing",
        "utilities",
        "construction",
        "transport",
        "information",
        "trade",
        "hospitality",
        "finance",
        "real_estate",
        "business_services",
        "research",
        "public_facilities",
        "personal_services",
        "education",
        "health",
        "culture",
        "public_administration",
        "international",
    )
)
FACILITIES = ("households_piped_water", "households_kitchen", "households_toilet", "households_bath")
MIGRANTS = ("migrants_same_county", "migrants_same_province", "migrants_other_province")

# The one place for rows that break a rule and are kept as printed; data/census_exceptions.csv says the same.
INDUSTRIES_DIFFER = {
    ("632723", 2010): "the workbook prints a total of 2,821 and industries that sum to 2,822",
}


@dataclass(frozen=True)
class Form:
    """The form of a cell: a pattern for its whole text, the same in words, and what it is read as."""

    pattern: str
    words: str
    read_as: str = "text"

    @cached_property
    def matches(self) -> Callable[[str], bool]:
        """Whether a cell's whole text has the form."""
        compiled = re.compile(self.pattern)
        return lambda text: compiled.fullmatch(text) is not None


def _or_empty(form: Form) -> Form:
    return Form(f"(?:{form.pattern})?", f"{form.words}, or nothing", form.read_as)


def _one_of(*choices: str) -> Form:
    return Form("|".join(re.escape(c) for c in choices), f"one of {', '.join(choices)}")


CODE = Form("[1-8][0-9]{5}", "a code of six digits, the first not 0 or 9")
YEAR = Form("|".join(map(str, YEARS)), f"one of {', '.join(map(str, YEARS))}", "whole number")
HANZI = Form("[\u3400-\u9fff]+", "a name in Chinese characters")
PINYIN = Form("[A-Z][a-z]+(?:'[a-z]+)?", "a name in Latin letters with a capital, such as Xin'an")
# Empty cells make a column of floats; counts stay far below where floats lose whole numbers.
COUNT = Form("0|[1-9][0-9]{0,9}", "a whole number of 0 or more, digits only", "whole number")
COUNT_OR_EMPTY = Form(f"(?:{COUNT.pattern})?", f"{COUNT.words}, or nothing", "number")
DECIMAL = Form("(?:0|[1-9][0-9]{0,2})(?:[.][0-9]?[1-9])?", "a number of 0 or more, two decimals at most", "number")
LINE = Form("[^\r\n\0]*", "text on one line")
WKT = Form(r"(?:MULTI)?POLYGON \(\([0-9., ()]+\)\)", "a POLYGON or MULTIPOLYGON as well-known text")


@dataclass(frozen=True)
class Rule:
    """A rule across cells of a row (or across rows); a breach is reported at `column`."""

    column: str
    words: str
    test: Callable[[pd.DataFrame], "pd.Series[bool]"]


@dataclass(frozen=True)
class Table:
    """A table of `data/`: its columns in order, the columns that tell its rows apart, and its rules."""

    columns: dict[str, Form]
    key: tuple[str, ...]
    rules: tuple[Rule, ...] = ()

    @cached_property
    def text_schema(self) -> pa.DataFrameSchema:
        """The form of each cell, on the table as text."""

        def column(form: Form) -> pa.Column:
            return pa.Column(checks=pa.Check(form.matches, element_wise=True, name=form.words))

        return pa.DataFrameSchema({name: column(form) for name, form in self.columns.items()})

    @cached_property
    def value_schema(self) -> pa.DataFrameSchema:
        """The rules across cells, on the table as numbers; a check's name is its place in `all_rules`."""
        return pa.DataFrameSchema(
            checks=[pa.Check(rule.test, name=str(place), ignore_na=False) for place, rule in enumerate(self.all_rules)]
        )

    @cached_property
    def all_rules(self) -> tuple[Rule, ...]:
        """The key first, then the table's own rules."""
        key = list(self.key)
        words = f"{' and '.join(key)} together stand once in the table"
        return (Rule(key[0], words, lambda frame: ~frame.duplicated(subset=key, keep="first")), *self.rules)


def _at_most(part: str, whole: str) -> Rule:
    return Rule(part, f"no more than {whole}", lambda f: ~(f[part] > f[whole]))


def _industries_sum(frame: pd.DataFrame) -> "pd.Series[bool]":
    total, parts = frame["employed"], frame[list(INDUSTRIES)]
    known = pd.Series(
        [(code, year) in INDUSTRIES_DIFFER for code, year in zip(frame["code"], frame["year"], strict=True)],
        index=frame.index,
        dtype=bool,
    )
    complete = parts.notna().all(axis=1)
    # With a cell left empty the others can only fall short.
    return known | total.isna() | (complete & (parts.sum(axis=1) == total)) | (~complete & (parts.sum(axis=1) <= total))


def _only_in_2010(column: str) -> Rule:
    return Rule(column, "given in 2010, empty in 2020", lambda f: f[column].notna() == (f["year"] == 2010))


def _migrants_fit(frame: pd.DataFrame) -> "pd.Series[bool]":
    return frame[list(MIGRANTS)].sum(axis=1) <= frame["population"]


# What holds of a unit and of a total alike.
_PEOPLE = (
    Rule("population", "at least 1", lambda f: f["population"] >= 1),
    _at_most("urban_population", "population"),
    _only_in_2010("registered_population"),
    _only_in_2010("nonagricultural_share"),
    Rule("nonagricultural_share", "no more than 100", lambda f: ~(f["nonagricultural_share"] > 100)),
    Rule("schooling_years", "no more than 20", lambda f: f["schooling_years"] <= 20),
    _at_most("households", "population"),
    _at_most("employed", "population"),
    _at_most("households_surveyed", "households"),
)

CENSUS = Table(
    columns={
        "code": CODE,
        "year": YEAR,
        "name": HANZI,
        "unit_type": _one_of(*UNIT_TYPES),
        "province": HANZI,
        "prefecture": HANZI,
        "population": COUNT,
        "urban_population": COUNT,
        "registered_population": COUNT_OR_EMPTY,
        "nonagricultural_share": _or_empty(DECIMAL),
        "households": COUNT_OR_EMPTY,
        "employed": COUNT_OR_EMPTY,
        **dict.fromkeys(INDUSTRIES, COUNT_OR_EMPTY),
        "schooling_years": DECIMAL,
        "households_surveyed": COUNT_OR_EMPTY,
        **dict.fromkeys(FACILITIES, COUNT_OR_EMPTY),
        **dict.fromkeys(MIGRANTS, COUNT_OR_EMPTY),
    },
    key=("code", "year"),
    rules=(
        *_PEOPLE,
        Rule("employed", "the sum of the industries", _industries_sum),
        *(_at_most(facility, "households_surveyed") for facility in FACILITIES),
        Rule("migrants_same_county", "the three groups of migrants no more than population", _migrants_fit),
    ),
)

CENSUS_TOTALS = Table(
    columns={
        "code": _or_empty(CODE),
        "year": YEAR,
        "level": _one_of(*LEVELS),
        "name": HANZI,
        "province": HANZI,
        "population": COUNT,
        "urban_population": COUNT,
        "registered_population": COUNT_OR_EMPTY,
        "nonagricultural_share": _or_empty(DECIMAL),
        "households": COUNT,
        "employed": COUNT_OR_EMPTY,
        "schooling_years": DECIMAL,
        "households_surveyed": COUNT_OR_EMPTY,
    },
    key=("year", "province", "level", "name"),
    rules=_PEOPLE,
)

CENSUS_EXCEPTIONS = Table(
    columns={
        "year": YEAR,
        "row": COUNT,
        "code": _or_empty(CODE),
        "name": LINE,
        "kind": _one_of(*EXCEPTION_KINDS),
        "column": LINE,
        "printed": LINE,
        "note": Form("[^\r\n\0]+", "text on one line, not empty"),
    },
    key=("year", "row", "kind", "column"),
)

PROGRAMME_UNITS = Table(
    columns={
        "code": CODE,
        "name": HANZI,
        "pinyin": PINYIN,
        "prefecture": HANZI,
        "prefecture_pinyin": PINYIN,
        "code2010": CODE,
        "code2020": CODE,
        "type2016": _one_of("county", "county_city"),
    },
    key=("code",),
    rules=(
        Rule("code2010", "a code once in the table", lambda f: ~f.duplicated(subset="code2010")),
        Rule("code2020", "a code once in the table", lambda f: ~f.duplicated(subset="code2020")),
        Rule(
            "type2016",
            "county for a name in 县, county_city for a name in 市",
            lambda f: f["type2016"] == f["name"].str[-1].map({"县": "county", "市": "county_city"}),
        ),
    ),
)


def _geometries(frame: pd.DataFrame) -> Any:
    import shapely

    return shapely.from_wkt(frame["polygon"].to_numpy(dtype=object), on_invalid="ignore")


def _readable(frame: pd.DataFrame) -> "pd.Series[bool]":
    import shapely

    geometries = _geometries(frame)
    return pd.Series(shapely.is_valid(geometries) & ~shapely.is_empty(geometries), index=frame.index)


def _in_china(frame: pd.DataFrame) -> "pd.Series[bool]":
    import shapely

    west, south, east, north = shapely.bounds(_geometries(frame)).T
    inside = (west >= 73) & (east <= 136) & (south >= 3) & (north <= 54)
    return pd.Series(inside, index=frame.index)


POLYGONS = Table(
    columns={"code": CODE, "name": HANZI, "level": _one_of("county", "province"), "polygon": WKT},
    key=("code",),
    rules=(
        Rule("polygon", "a valid polygon that is not empty", _readable),
        Rule("polygon", "longitudes from 73 to 136 and latitudes from 3 to 54 degrees", _in_china),
    ),
)
