"""The real tables, and what designs make of them, each once a process."""

from collections.abc import Callable
from functools import cache

import pandas as pd

from analysis.data import tables
from analysis.findings import Finding, Findings, MadeFrom
from analysis.results import distance, hierarchy, match, money, rank_size, register, towns, urban_system
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


@cache
def made_urban_system() -> urban_system.Made:
    return urban_system.make(table("units"), table("census"), table("census_totals"), load_study(), NOTHING)


@cache
def made_rank_size() -> tuple[Findings, pd.DataFrame]:
    return rank_size.make(table("units"), table("census"), load_study(), NOTHING)


@cache
def made_distance() -> distance.Made:
    return distance.make(table("units"), table("census"), load_study(), NOTHING)


@cache
def made_money() -> money.Made:
    return money.make(table("units"), table("census"), table("yearbook"), load_study(), NOTHING)


@cache
def made_towns() -> towns.Made:
    names = ("units", "census", "yearbook", "designations")
    return towns.make(*(table(n) for n in names), load_study(), NOTHING)


MAKERS: dict[str, Callable[[], Findings]] = {
    "match": lambda: made_match().findings,
    "money": lambda: made_money().findings,
    "towns": lambda: made_towns().findings,
    "urban_system": lambda: made_urban_system().findings,
    "rank_size": lambda: made_rank_size()[0],
    "distance": lambda: made_distance().findings,
    "hierarchy": lambda: hierarchy.make(table("units"), table("census"), load_study(), NOTHING),
    "register": lambda: register.make(table("units"), load_study(), NOTHING),
}


@cache
def found(design: str) -> dict[str, Finding]:
    return {f.key: f for f in MAKERS[design]().findings}
