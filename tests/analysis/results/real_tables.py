"""The findings of designs on the real tables, each made once a session."""

from collections.abc import Callable
from functools import cache

import pandas as pd

from analysis.data import tables
from analysis.findings import Finding, Findings, MadeFrom
from analysis.results import dose_response, first_stage, long_difference, match, mechanisms, register, urban_system
from analysis.study import load_study

NOTHING = MadeFrom({}, {})


@cache
def table(name: str) -> pd.DataFrame:
    frame: pd.DataFrame = getattr(tables, f"load_{name}")()
    return frame


@cache
def made_match() -> match.Made:
    names = ("units", "census", "yearbook", "prefectures", "adjacency")
    return match.make(*(table(n) for n in names), load_study(), NOTHING)


def tables_named(*names: str) -> list[pd.DataFrame]:
    return [table(name) for name in names]


def made_first_stage() -> Findings:
    roads = tables.load_city_roads(flagged=True)
    names = tables_named("units", "census", "adjacency")
    return first_stage.estimate(*names, roads, table("prefectures"), load_study(), NOTHING).findings


@cache
def made_long_difference() -> long_difference.Results:
    names = tables_named("units", "census", "adjacency", "census_totals", "programme_units")
    return long_difference.results(*names, load_study(), NOTHING)


@cache
def made_urban_system() -> urban_system.Made:
    return urban_system.make(table("units"), table("census"), table("census_totals"), load_study(), NOTHING)


# A design whose findings claims wait for, and what makes them.
MAKERS: dict[str, Callable[[], Findings]] = {
    "dose_response": lambda: dose_response.findings(
        *tables_named("units", "census", "yearbook"), load_study(), NOTHING
    )[0],
    "first_stage": made_first_stage,
    "long_difference": lambda: made_long_difference().findings,
    "match": lambda: made_match().findings,
    "mechanisms": lambda: mechanisms.findings(
        *tables_named("units", "census", "census_totals", "designations"), load_study(), NOTHING
    ),
    "urban_system": lambda: made_urban_system().findings,
    "register": lambda: register.make(table("units"), load_study(), NOTHING),
}


@cache
def found(design: str) -> dict[str, Finding]:
    return {f.key: f for f in MAKERS[design]().findings}
