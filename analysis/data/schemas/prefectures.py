"""Road area of county-level cities, the table of prefecture-years, and what was not taken as printed."""

import pandas as pd

from analysis.data.schemas.forms import CODE, HANZI, LINE, Form, Rule, Table, at_most, one_of, or_empty

YEARS = (2000, 2024)
ROAD_YEARS = (2002, 2023)
LEVELS = ("prefecture", "municipality", "direct")
EXCEPTION_KINDS = (
    "row left out",
    "series left out",
    "year left out",
    "code corrected",
    "interpolated",
    "other ground",
    "sources differ",
)

RATES = (
    "water_supply_rate",
    "gas_supply_rate",
    "sewage_rate",
    "sewage_plant_rate",
    "greening_cover_rate",
    "greenspace_rate",
)
FACILITIES = (*RATES[:4], "drainage_density", "road_pc", "park_green_pc", *RATES[4:])
SECTORS = ("gdp_primary", "gdp_secondary", "gdp_tertiary")
ACCOUNTS = ("gdp", *SECTORS, "revenue", "expenditure", "fixed_investment")
LIGHTS = ("lights_urban", "lights_total", "lights_urban_mean", "lights_total_mean", "landscan_urban", "landscan_total")
CENSUS = ("population", "urban_population", "urban_share")


def decimal(places: int) -> Form:
    """A number of 0 or more with so many decimals at most, or an empty cell."""
    decimals = f"(?:[.][0-9]{{0,{places - 1}}}[1-9])?" if places else ""
    words = f"a number of 0 or more, {places} decimals at most" if places else "a whole number of 0 or more"
    return or_empty(Form(f"(?:0|[1-9][0-9]{{0,9}}){decimals}", words, "number"))


def _year(first: int, last: int) -> Form:
    return Form("|".join(map(str, range(first, last + 1))), f"a year from {first} to {last}", "whole number")


_DECIMALS = {
    **dict.fromkeys(FACILITIES, 2),
    "road_pc_second": 3,
    **dict.fromkeys(("gdp", *SECTORS, "gdp_second"), 2),
    **dict.fromkeys(("revenue", "expenditure", "fixed_investment"), 4),
    "gov_bonds": 2,
    "lgfv_bonds": 2,
    **dict.fromkeys(LIGHTS[:2], 1),
    **dict.fromkeys(LIGHTS[2:4], 3),
    **dict.fromkeys(LIGHTS[4:], 0),
    "population": 0,
    "urban_population": 0,
    "urban_share": 2,
}
VARIABLES = tuple(_DECIMALS)


def is_flagged(frame: pd.DataFrame, variable: str) -> "pd.Series[bool]":
    """Whether the column `flagged` of each row names the variable."""
    flagged = frame["flagged"]
    return flagged.map({text: variable in text.split(" ") for text in flagged.unique()}).astype(bool)


def _flags_are_variables(frame: pd.DataFrame) -> "pd.Series[bool]":
    def in_order(text: str) -> bool:
        names = text.split(" ") if text else []
        return names == [name for name in VARIABLES if name in names]

    return frame["flagged"].map(in_order).astype(bool)


def _flags_have_figures(frame: pd.DataFrame) -> "pd.Series[bool]":
    empty = pd.Series(False, index=frame.index)
    for variable in VARIABLES:
        empty |= is_flagged(frame, variable) & frame[variable].isna()
    return ~empty


def _share(variable: str) -> Rule:
    return Rule(variable, "no more than 100, unless flagged", lambda f: ~(f[variable] > 100) | is_flagged(f, variable))


def _sectors_sum(frame: pd.DataFrame) -> "pd.Series[bool]":
    apart = (frame[list(SECTORS)].sum(axis=1, min_count=3) / frame["gdp"] - 1).abs() > 0.0201
    return ~apart | is_flagged(frame, SECTORS[0])


def _share_is_ratio(frame: pd.DataFrame) -> "pd.Series[bool]":
    ratio = 100 * frame["urban_population"] / frame["population"]
    return (frame["urban_share"].isna() & frame["population"].isna()) | ((ratio - frame["urban_share"]).abs() < 0.0051)


def _census_years(frame: pd.DataFrame) -> "pd.Series[bool]":
    return frame["population"].isna() | frame["year"].isin([2000, 2010, 2020])


CITY_ROADS = Table(
    columns={
        "unit_id": Form("[1-8][0-9]{5}(?:-2020)?", "a code of six digits, or one with -2020 after it"),
        "year": _year(*ROAD_YEARS),
        "name": HANZI,
        "province": HANZI,
        "printed_code": CODE,
        "printed_name": Form("[\u3400-\u9fff（）()]+", "a name in Chinese characters, another in brackets"),
        "road_area": Form("(?:0|[1-9][0-9]{0,2})(?:[.][0-9]{0,2}[1-9])?", "a number, three decimals at most", "number"),
        "flagged": Form("[01]", "0 or 1", "whole number"),
    },
    key=("unit_id", "year"),
    rules=(
        Rule("road_area", "more than 0, unless flagged", lambda f: (f["road_area"] > 0) | (f["flagged"] == 1)),
        Rule(
            "printed_code",
            "one series for each unit",
            lambda f: f.groupby("unit_id")["printed_code"].transform("nunique") == 1,
        ),
    ),
)

PREFECTURES = Table(
    columns={
        "code": CODE,
        "year": _year(*YEARS),
        "name": HANZI,
        "province": HANZI,
        "level": one_of(*LEVELS),
        **{variable: decimal(places) for variable, places in _DECIMALS.items()},
        "flagged": Form("(?:[a-z_]+(?: [a-z_]+)*)?", "names of columns with one space between, or nothing"),
    },
    key=("code", "year"),
    rules=(
        Rule("flagged", "names of variables of the table, in its order", _flags_are_variables),
        Rule("flagged", "no variable whose cell is empty", _flags_have_figures),
        *(_share(variable) for variable in RATES),
        Rule("gdp_primary", "the three sectors sum to gdp within 2 percent, unless flagged", _sectors_sum),
        at_most("lights_urban", "lights_total"),
        at_most("landscan_urban", "landscan_total"),
        at_most("urban_population", "population"),
        Rule("population", "given in years of a census only", _census_years),
        Rule("urban_share", "urban_population in percent of population", _share_is_ratio),
    ),
)

PREFECTURE_EXCEPTIONS = Table(
    columns={
        "source": Form("[a-z0-9_]+", "an id of data/sources.yml"),
        "code": or_empty(CODE),
        "name": LINE,
        "year": Form("(?:20[0-2][0-9])?", "a year, or nothing"),
        "column": Form("[a-z_]*", "the name of a column, or nothing"),
        "kind": one_of(*EXCEPTION_KINDS),
        "printed": LINE,
        "note": Form("[^\r\n\0]+", "text on one line, not empty"),
    },
    key=("source", "kind", "code", "year", "column", "note"),
)
