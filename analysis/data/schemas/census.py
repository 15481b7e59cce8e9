"""The census tables: units, printed totals, and what was not taken as printed."""

import pandas as pd

from analysis.data.schemas.forms import (
    CODE,
    COUNT,
    COUNT_OR_EMPTY,
    DECIMAL,
    HANZI,
    LINE,
    Form,
    Rule,
    Table,
    at_most,
    one_of,
    or_empty,
)

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

YEAR = Form("|".join(map(str, YEARS)), f"one of {', '.join(map(str, YEARS))}", "whole number")


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
    at_most("urban_population", "population"),
    _only_in_2010("registered_population"),
    _only_in_2010("nonagricultural_share"),
    Rule("nonagricultural_share", "no more than 100", lambda f: ~(f["nonagricultural_share"] > 100)),
    Rule("schooling_years", "no more than 20", lambda f: f["schooling_years"] <= 20),
    at_most("households", "population"),
    at_most("employed", "population"),
    at_most("households_surveyed", "households"),
)

CENSUS = Table(
    columns={
        "code": CODE,
        "year": YEAR,
        "name": HANZI,
        "unit_type": one_of(*UNIT_TYPES),
        "province": HANZI,
        "prefecture": HANZI,
        "population": COUNT,
        "urban_population": COUNT,
        "registered_population": COUNT_OR_EMPTY,
        "nonagricultural_share": or_empty(DECIMAL),
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
        *(at_most(facility, "households_surveyed") for facility in FACILITIES),
        Rule("migrants_same_county", "the three groups of migrants no more than population", _migrants_fit),
    ),
)

CENSUS_TOTALS = Table(
    columns={
        "code": or_empty(CODE),
        "year": YEAR,
        "level": one_of(*LEVELS),
        "name": HANZI,
        "province": HANZI,
        "population": COUNT,
        "urban_population": COUNT,
        "registered_population": COUNT_OR_EMPTY,
        "nonagricultural_share": or_empty(DECIMAL),
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
        "code": or_empty(CODE),
        "name": LINE,
        "kind": one_of(*EXCEPTION_KINDS),
        "column": LINE,
        "printed": LINE,
        "note": Form("[^\r\n\0]+", "text on one line, not empty"),
    },
    key=("year", "row", "kind", "column"),
)
