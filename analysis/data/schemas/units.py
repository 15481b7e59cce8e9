"""The register of county-level units, its cases, and policy designations."""

import pandas as pd

from analysis.data.frames import each
from analysis.data.schemas.census import UNIT_TYPES
from analysis.data.schemas.forms import CODE, COUNT_OR_EMPTY, HANZI, LINE, UNIT_ID, Form, Rule, Table, one_of, or_empty

GROUNDS = ("same", "changed", "zone", "unknown")
PERIODS = ("2000-2010", "2010-2020")
OPENED_BY = ("event", "code change", "name match", "zone row", "population change", "fact")
DECISIONS = (
    "carried on",
    "begins",
    "ends",
    "name corrected",
    "same",
    "changed",
    "zone",
    "suspected",
    "unknown",
    "no evidence of a change of ground found",
)
BAICHENG = ("in programme", "district by 2016", "district from November 2016")
DESIGNATIONS = (
    "baicheng",
    "province_managed_2014",
    "ndrc_demonstration_2020",
    "poverty_national",
    "poverty_provincial",
    "special_town_2017",
)
CONFIDENCES = ("high", "medium", "low")

# Names of minority areas take several apostrophes, and some places have ü.
PINYIN_WORD = Form("[A-Z][a-zü]*(?:'[a-zü]+)*", "a name in Latin letters with a capital, such as Xin'an")
YEAR_OF_EXIT = Form("20[0-9]{2}(?:-[0-9]{2})?", "a year, or two such as 2016-17")
TEXT = Form("[^\r\n\0]+", "text on one line, not empty")


def _id_fits(frame: pd.DataFrame) -> "pd.Series[bool]":
    fitting = [
        u.unit_id == (u.code2010 or (f"{u.code2000}-2000" if u.code2000 else f"{u.code2020}-2020")) for u in each(frame)
    ]
    return pd.Series(fitting, index=frame.index, dtype=bool)


def _once(column: str) -> Rule:
    return Rule(
        column, "a code once in the table", lambda f: (f[column] == "") | ~f.duplicated(subset=column, keep="first")
    )


def _ground_where_both(before: str, after: str) -> Rule:
    column = f"ground_{before[4:]}_{after[4:]}"
    return Rule(
        column,
        f"given where {before} and {after} are, and nowhere else",
        lambda f: (f[column] != "") == ((f[before] != "") & (f[after] != "")),
    )


def _given_with_longitude(column: str) -> Rule:
    return Rule(column, "given where the longitude is", lambda f: f[column].notna() == f["longitude"].notna())


DEGREES = Form("[1-9][0-9]{0,2}(?:[.][0-9]{0,3}[1-9])?", "degrees, four decimals at most", "number")
TENTHS = Form("(?:0|[1-9][0-9]{0,5})(?:[.][1-9])?", "a number of 0 or more, one decimal at most", "number")

UNITS = Table(
    columns={
        "unit_id": UNIT_ID,
        "name": HANZI,
        "pinyin": PINYIN_WORD,
        "pinyin_source": one_of("roster", "census 2000", "reading"),
        "unit_type": one_of(*UNIT_TYPES),
        "province": HANZI,
        "prefecture": HANZI,
        "code2000": or_empty(CODE),
        "code2010": or_empty(CODE),
        "code2016": or_empty(CODE),
        "code2020": or_empty(CODE),
        "ground_2000_2010": or_empty(one_of(*GROUNDS)),
        "reason_2000_2010": LINE,
        "ground_2010_2020": or_empty(one_of(*GROUNDS)),
        "reason_2010_2020": LINE,
        "zone_suspected": Form("[01]", "0 or 1", "whole number"),
        "baicheng": or_empty(one_of(*BAICHENG)),
        "province_managed_2014": or_empty(Form("2014", "2014")),
        "ndrc_demonstration_2020": or_empty(Form("2020", "2020")),
        "poverty": or_empty(one_of("national", "provincial")),
        "poverty_exit": or_empty(YEAR_OF_EXIT),
        "longitude": or_empty(DEGREES),
        "latitude": or_empty(DEGREES),
        "area_km2": or_empty(TENTHS),
        "km_to_capital": or_empty(TENTHS),
        "km_to_border": or_empty(TENTHS),
        "market_access": COUNT_OR_EMPTY,
    },
    key=("unit_id",),
    rules=(
        Rule("unit_id", "the code of 2010, or of the one year that has the unit with that year", _id_fits),
        *(_once(f"code{year}") for year in (2000, 2010, 2016, 2020)),
        _ground_where_both("code2000", "code2010"),
        _ground_where_both("code2010", "code2020"),
        Rule(
            "reason_2010_2020",
            "given where the ground is not the same",
            lambda f: f["ground_2010_2020"].isin(["", "same"]) | (f["reason_2010_2020"] != ""),
        ),
        Rule(
            "poverty_exit",
            "a year where the unit was designated, and nowhere else",
            lambda f: (f["poverty_exit"] != "") == (f["poverty"] != ""),
        ),
        Rule("longitude", "from 73 to 136 degrees", lambda f: f["longitude"].isna() | f["longitude"].between(73, 136)),
        Rule("latitude", "from 3 to 54 degrees", lambda f: f["latitude"].isna() | f["latitude"].between(3, 54)),
        *(_given_with_longitude(c) for c in ("latitude", "area_km2", "km_to_capital", "market_access")),
    ),
)

BOUNDARY_CASES = Table(
    columns={
        "unit_id": UNIT_ID,
        "period": one_of(*PERIODS),
        "opened_by": one_of(*OPENED_BY),
        "evidence": TEXT,
        "what": TEXT,
        "decision": one_of(*DECISIONS),
        "confidence": one_of(*CONFIDENCES),
    },
    key=("unit_id", "period", "opened_by", "decision"),
)

DESIGNATIONS_TABLE = Table(
    columns={
        "code2010": CODE,
        "name": HANZI,
        "designation": one_of(*DESIGNATIONS),
        "status": one_of("designated", *BAICHENG),
        "from_year": or_empty(Form("20[0-9]{2}", "a year")),
        "exit": or_empty(YEAR_OF_EXIT),
        "confidence": one_of(*CONFIDENCES),
        "source": Form("[a-z][a-z0-9_]+", "an id of data/sources.yml"),
        "note": LINE,
    },
    key=("designation", "code2010"),
    rules=(
        Rule(
            "status",
            "designated, but for baicheng, which says how the unit stands to the programme",
            lambda f: (f["status"] == "designated") == (f["designation"] != "baicheng"),
        ),
    ),
)
