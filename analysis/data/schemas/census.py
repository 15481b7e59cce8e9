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

YEARS = (2000, 2010, 2020)
WORKBOOK_YEARS = (2010, 2020)
UNIT_TYPES = ("district", "county", "county_city", "banner", "zone", "city_without_counties", "other")
LEVELS = ("country", "province", "prefecture", "subtotal")
EXCEPTION_KINDS = (
    "row left out",
    "code assigned",
    "code corrected",
    "name respelled",
    "name inferred",
    "name left empty",
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

AGES = ("aged_0_14", "aged_15_64", "aged_65_over")
EDUCATION = (
    "education_none",
    "education_preschool",
    "education_primary",
    "education_junior",
    "education_senior",
    "education_college",
    "education_university",
)
TENURES = ("households_rented", "households_self_built", "households_bought", "households_inherited",
           "households_other_tenure")  # fmt: skip
DWELLINGS = (*FACILITIES, "households_lift", "households_car")
MEANS = ("nonagricultural_share", "schooling_years", "rooms_per_household", "floor_area_per_person")

# Every column that a total is the sum of, in the order of the tables.
COUNTS = (
    "population",
    "urban_population",
    "men",
    "registered_population",
    "households",
    "household_population",
    *AGES,
    *EDUCATION,
    "illiterate",
    "employed",
    *INDUSTRIES,
    "households_surveyed",
    *DWELLINGS,
    *TENURES,
    *MIGRANTS,
)
# Parts that sum to a whole.
WHOLES = {"population": AGES, "employed": INDUSTRIES, "households_surveyed": TENURES}
# Years whose table has a column; all years where nothing is said.
GIVEN: dict[str, tuple[int, ...]] = {
    **dict.fromkeys(
        (
            "urban_population",
            *AGES,
            *EDUCATION,
            "illiterate",
            "employed",
            *INDUSTRIES,
            "schooling_years",
            "households_surveyed",
            *DWELLINGS,
            *TENURES,
            "rooms_per_household",
            "floor_area_per_person",
        ),
        WORKBOOK_YEARS,
    ),
    **dict.fromkeys(("registered_population", "nonagricultural_share"), (2000, 2010)),
    **dict.fromkeys(("education_preschool", "households_inherited", "households_lift", "households_car"), (2020,)),
}
# Columns that no table leaves empty for a unit in the years that have them.
_NEVER_EMPTY = ("urban_population", "schooling_years", "registered_population", "nonagricultural_share")

# The one place for rows that break a rule and are kept as printed; data/census_exceptions.csv says the same.
INDUSTRIES_DIFFER = {
    ("632723", 2010): "the workbook prints a total of 2,821 and industries that sum to 2,822",
}
AGES_DIFFER = {
    ("430407", 2010): "the workbook prints 231,592 people and ages that sum to 231,586",
}
TENURES_DIFFER = {
    ("632525", 2010): "the workbook prints 1,799 households and ways to have a dwelling that sum to 1,738",
}
DIFFER = {"population": AGES_DIFFER, "employed": INDUSTRIES_DIFFER, "households_surveyed": TENURES_DIFFER}

YEAR = Form("|".join(map(str, YEARS)), f"one of {', '.join(map(str, YEARS))}", "whole number")
WORKBOOK_YEAR = Form(
    "|".join(map(str, WORKBOOK_YEARS)), f"one of {', '.join(map(str, WORKBOOK_YEARS))}", "whole number"
)
LATIN = Form("[A-Za-z][A-Za-z'() -]*", "a name in Latin letters")


def _sums(whole: str) -> Rule:
    def test(frame: pd.DataFrame) -> "pd.Series[bool]":
        total, parts = frame[whole], frame[list(WHOLES[whole])]
        keys = zip(frame["code"], frame["year"], strict=True)
        known = pd.Series([key in DIFFER[whole] for key in keys], index=frame.index, dtype=bool)
        # With a cell left empty the others can only fall short; a column that the year lacks counts as nothing.
        lacking = [(~frame["year"].isin(GIVEN.get(part, YEARS))).to_numpy() for part in WHOLES[whole]]
        empty = parts.isna() & ~pd.DataFrame(dict(zip(WHOLES[whole], lacking, strict=True)), index=frame.index)
        summed, complete = parts.sum(axis=1), ~empty.any(axis=1)
        fits = (complete & (summed == total)) | (~complete & (summed <= total))
        return known | total.isna() | parts.isna().all(axis=1) | fits

    words = {"population": "ages", "employed": "industries", "households_surveyed": "ways to have a dwelling"}
    return Rule(whole, f"the sum of the {words[whole]}", test)


def _years(years: tuple[int, ...]) -> str:
    return " and ".join(map(str, years))


def _given(column: str, years_of_table: tuple[int, ...] = YEARS) -> Rule:
    """Filled in the years that have the column (if no unit lacks it there), empty in the others."""
    given = tuple(year for year in GIVEN[column] if year in years_of_table)
    lacking = tuple(year for year in years_of_table if year not in given)
    words = f"{'given' if column in _NEVER_EMPTY else 'only'} in {_years(given)}, empty in {_years(lacking)}"
    if column in _NEVER_EMPTY:
        return Rule(column, words, lambda f: f[column].notna() == f["year"].isin(given))
    return Rule(column, words, lambda f: f[column].isna() | f["year"].isin(given))


def _given_rules(columns: tuple[str, ...], years_of_table: tuple[int, ...] = YEARS) -> tuple[Rule, ...]:
    return tuple(
        _given(column, years_of_table)
        for column in columns
        if column in GIVEN and set(years_of_table) - set(GIVEN[column])
    )


def _fits(parts: tuple[str, ...], words: str) -> Rule:
    return Rule(parts[0], words, lambda f: f[list(parts)].sum(axis=1) <= f["population"])


# What holds of a unit and of a total alike.
_PEOPLE = (
    Rule("population", "at least 1", lambda f: f["population"] >= 1),
    at_most("urban_population", "population"),
    at_most("men", "population"),
    at_most("household_population", "population"),
    Rule("household_population", "no less than households", lambda f: ~(f["household_population"] < f["households"])),
    Rule("nonagricultural_share", "no more than 100", lambda f: ~(f["nonagricultural_share"] > 100)),
    Rule("schooling_years", "no more than 20", lambda f: ~(f["schooling_years"] > 20)),
    at_most("households", "population"),
    at_most("illiterate", "population"),
    at_most("employed", "population"),
    at_most("households_surveyed", "households"),
)

CENSUS = Table(
    columns={
        "code": CODE,
        "year": YEAR,
        "name": or_empty(HANZI),
        "unit_type": one_of(*UNIT_TYPES),
        "province": HANZI,
        "prefecture": HANZI,
        "population": COUNT,
        "urban_population": COUNT_OR_EMPTY,
        "men": COUNT_OR_EMPTY,
        "registered_population": COUNT_OR_EMPTY,
        "nonagricultural_share": or_empty(DECIMAL),
        "households": COUNT_OR_EMPTY,
        "household_population": COUNT_OR_EMPTY,
        **dict.fromkeys((*AGES, *EDUCATION, "illiterate", "employed", *INDUSTRIES), COUNT_OR_EMPTY),
        "schooling_years": or_empty(DECIMAL),
        "households_surveyed": COUNT_OR_EMPTY,
        **dict.fromkeys((*DWELLINGS, *TENURES), COUNT_OR_EMPTY),
        "rooms_per_household": or_empty(DECIMAL),
        "floor_area_per_person": or_empty(DECIMAL),
        **dict.fromkeys(MIGRANTS, COUNT_OR_EMPTY),
        "printed_name": or_empty(LATIN),
    },
    key=("code", "year"),
    rules=(
        *_PEOPLE,
        *_given_rules((*COUNTS, *MEANS)),
        Rule(
            "name",
            "given in 2010 and 2020, in 2000 where it is known",
            lambda f: (f["name"] != "") | (f["year"] == 2000),
        ),
        Rule(
            "printed_name",
            "given in 2000, empty in 2010 and 2020",
            lambda f: (f["printed_name"] != "") == (f["year"] == 2000),
        ),
        *(_sums(whole) for whole in WHOLES),
        *(at_most(count, "households_surveyed") for count in (*DWELLINGS, *TENURES)),
        _fits(MIGRANTS, "the three groups of migrants no more than population"),
        _fits(EDUCATION, "the levels of education no more than population"),
    ),
)

CENSUS_TOTALS = Table(
    columns={
        "code": or_empty(CODE),
        "year": WORKBOOK_YEAR,
        "level": one_of(*LEVELS),
        "name": HANZI,
        "province": HANZI,
        "population": COUNT,
        "urban_population": COUNT,
        "men": COUNT,
        "registered_population": COUNT_OR_EMPTY,
        "nonagricultural_share": or_empty(DECIMAL),
        "households": COUNT,
        "household_population": COUNT,
        **dict.fromkeys((*AGES, *EDUCATION, "illiterate", "employed", *INDUSTRIES), COUNT_OR_EMPTY),
        "schooling_years": DECIMAL,
        "households_surveyed": COUNT_OR_EMPTY,
        **dict.fromkeys((*DWELLINGS, *TENURES), COUNT_OR_EMPTY),
        "rooms_per_household": or_empty(DECIMAL),
        "floor_area_per_person": or_empty(DECIMAL),
        **dict.fromkeys(MIGRANTS, COUNT_OR_EMPTY),
    },
    key=("year", "province", "level", "name"),
    rules=(*_PEOPLE, *_given_rules((*COUNTS, *MEANS), WORKBOOK_YEARS)),
)

BULLETIN_TOTALS = Table(
    columns={
        "province": HANZI,
        "year": YEAR,
        "publication": one_of("bulletin", "tabulation"),
        "population": COUNT,
        "source": Form("[a-z][a-z0-9_]*", "an identifier of data/sources.yml"),
        "note": LINE,
    },
    key=("province", "year", "publication"),
    rules=(Rule("population", "at least 1", lambda f: f["population"] >= 1),),
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
