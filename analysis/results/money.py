"""Money and risk: what counties have and spend a head, and an indicator of each of four risks for every unit."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.data.samples import KINDS
from analysis.designs.errors import DesignError
from analysis.findings import Finding, Findings, MadeFrom
from analysis.results.counties import LOG_POINTS, POINTS, complete
from analysis.results.match_money import FIRST, LAST, WHOLE, ratios
from analysis.results.match_units import UNITS, build_units, comparable, groups, parts, where_words
from analysis.study import Study

DESIGN = "money"
TITLE = "Money and risk: budgets a head, loans and savings, and four risks by unit"
COUNTED = "Nothing is estimated."
YUAN = 10_000  # the yearbook prints in this many
PER_HEAD = "yuan per resident"
WORST = 0.75  # above this quantile of all units a unit is in the worst quarter
LENT = 60  # percent of savings lent: the size that the claim on one-way flows names


@dataclass(frozen=True)
class Risk:
    """A risk's indicator, which is higher the worse: its column, what it says, and its unit."""

    name: str
    words: str
    unit: str


RISKS = {
    r.name: r
    for r in (
        Risk(
            "cost",
            f"growth of general budget expenditure per resident, {FIRST} to {LAST}, at current prices and with the "
            "residents of the census before each year",
            LOG_POINTS,
        ),
        Risk("citizenization", "urban share less the share of residents with non-agricultural registration", POINTS),
        Risk("capacity", "loss of residents between the censuses (log)", LOG_POINTS),
        Risk(
            "work",
            "rise of the urban share less rise of the share of employment outside farming, between the censuses",
            POINTS,
        ),
    )
}


@dataclass(frozen=True)
class Made:
    """The findings, and every comparable unit with its four indicators."""

    findings: Findings
    units: pd.DataFrame


def worst_quarter(values: pd.Series) -> "pd.Series[bool]":
    """Which units lie above the third quartile of all; a missing value is in no quarter."""
    return values > values.quantile(WORST)


def indicators(frame: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """The units with money a head and the indicator of each risk, under the risk's name.

    Args:
        frame: comparable units, of `match_units.build_units`.
        rows: the county yearbook, of `match_money.ratios`.

    Returns:
        The frame with expenditure_<year>, revenue_<year> and gap_<year> (yuan per resident, for the two years of
        nearly complete yearbooks, gap being expenditure less revenue), and the four risks; NaN where a figure lacks.
    """
    table = frame.copy()
    for year, people in ((FIRST, "population_start"), (LAST, "population_end")):
        of_year = rows[rows["year"] == year].set_index("unit_id")
        heads = table[people].where(table[people] > 0)
        for name in ("expenditure", "revenue"):
            money = table["unit_id"].map(of_year[f"fiscal_{name}"])
            table[f"{name}_{year}"] = YUAN * money.where(money > 0) / heads
        table[f"gap_{year}"] = table[f"expenditure_{year}"] - table[f"revenue_{year}"]
    first, last = (table[f"expenditure_{y}"].to_numpy(dtype=float) for y in (FIRST, LAST))
    table["cost"] = 100 * np.log(last / first)
    table["citizenization"] = table["urban_share_start"] - table["nonagricultural_share_start"]
    table["capacity"] = -table["log_population"]
    table["work"] = table["urban_share"] - table["nonfarm_employment"]
    return table


def _heads(table: pd.DataFrame, study: Study) -> list[Finding]:
    """Median money a head, by year and group."""
    where = where_words(study)
    words = {
        "expenditure": "general budget expenditure",
        "revenue": "general budget revenue",
        "gap": "general budget expenditure less revenue, which transfers and debt have to pay for",
    }
    found = []
    for year, census in ((FIRST, study.first_year), (LAST, study.last_year)):
        for group, part in parts(table, study).items():
            for name, what in words.items():
                values = part[f"{name}_{year}"].dropna()
                if values.empty:
                    raise DesignError(
                        f"data/yearbook.csv: no unit of {where[group]} has revenue and expenditure in {year}; "
                        f"the finding {DESIGN}.per_head.{name}.{group}.{year} needs it"
                    )
                found.append(
                    Finding(
                        f"{DESIGN}.per_head.{name}.{group}.{year}",
                        float(values.median()),
                        PER_HEAD,
                        f"{comparable(study, where[group])} and have the figures in the county yearbook for {year}.",
                        f"Median over units of {what} in {year}, current prices, per resident of {census}. {COUNTED}",
                        n=len(values),
                    )
                )
    return found


def _lending(rows: pd.DataFrame, units: pd.DataFrame, study: Study) -> list[Finding]:
    """Loans over savings in the years whose yearbook is whole, and how many units lie below the claim's size."""
    where = where_words(study)
    known = units[units["unit_type"].isin(KINDS) & (units["code2010"] != "")]
    sizes = parts(known.assign(group=groups(known["code2010"].str[:2], study)), study)
    found = []
    for year, of_year in rows.groupby("year"):
        for group, part in parts(of_year, study).items():
            values = part["loans_to_deposits"].dropna()
            if len(values) < WHOLE * len(sizes[group]):
                continue
            sample = f"Counties, county-level cities and banners of {where[group]} in the yearbook of {year}."
            key = f"{DESIGN}.loans_to_savings.{group}.{year}"
            how = "loans of financial institutions over household savings at the end of the year"
            found.append(
                Finding(key, float(values.median()), "percent", sample, f"Median over units of {how}.", n=len(values))
            )
            if year == FIRST:
                found.append(
                    Finding(
                        f"{key}.at_most_{LENT}_share", 100 * float((values <= LENT).mean()), "percent", sample,
                        f"Share of units whose {how} are at most {LENT} percent.", n=len(values),
                    )
                )  # fmt: skip
    return found


def _risks(table: pd.DataFrame, study: Study) -> list[Finding]:
    """Each risk's spread by group, where the worst quarter begins, and the treated province's place."""
    where, found = where_words(study), []
    own = study.province_names[study.treated].lower()
    for risk in RISKS.values():
        fine, dropped = complete(table, [risk.name])
        fine["worst"] = worst_quarter(fine[risk.name])
        base = f"{DESIGN}.risk.{risk.name}"
        without = f" {len(dropped)} units of China's lack a figure." if len(dropped) else ""
        when = f" {study.first_year}." if risk.name == "citizenization" else ""
        what = f"Indicator: {risk.words}; higher is worse.{when}"
        whole = f"{comparable(study)}.{without}"
        threshold = float(fine[risk.name].quantile(WORST))
        found.append(
            Finding(
                f"{base}.worst_quarter", threshold, risk.unit, whole, f"Where the worst quarter begins. {what}",
                n=len(fine),
            )
        )  # fmt: skip
        for group, part in parts(fine, study).items():
            sample = f"{comparable(study, where[group])}.{without if group == 'all' else ''}"
            for name, at in (("lower_quartile", 0.25), ("median", 0.5), ("upper_quartile", 0.75)):
                words = f"{name.replace('_', ' ').capitalize()} over units. {what} {COUNTED}"
                value = float(part[risk.name].quantile(at))
                found.append(Finding(f"{base}.{group}.{name}", value, risk.unit, sample, words, n=len(part)))
            if group != "all":
                found.append(
                    Finding(
                        f"{base}.{group}.worst_quarter_share", 100 * float(part["worst"].mean()), "percent", sample,
                        f"Share of units in the worst quarter of all of China's; 25 if like China. {what}", n=len(part),
                    )
                )  # fmt: skip
        by_province = fine.groupby("province")[risk.name].agg(["median", "size"])
        medians = by_province.loc[by_province["size"] >= UNITS, "median"]
        found.append(
            Finding(
                f"{base}.{own}.rank", int((medians > medians[study.treated]).sum()) + 1, f"of {len(medians)} provinces",
                f"Provinces with {UNITS} such units or more.",
                f"Rank of {where[own]}'s median among provinces; 1 is the worst. {what}", n=len(medians),
            )
        )  # fmt: skip
    return found


def _together(table: pd.DataFrame, study: Study) -> list[Finding]:
    """How many units are in the worst quarter of two or more risks at once."""
    fine, dropped = complete(table, list(RISKS))
    fine["count"] = sum(worst_quarter(fine[name]).astype(int) for name in RISKS)
    where = where_words(study)
    return [
        Finding(
            f"{DESIGN}.risk.{group}.two_or_more_share",
            100 * float((part["count"] >= 2).mean()),
            "percent",
            f"{comparable(study, where[group])} and have all four indicators ({len(dropped)} of China's do not).",
            f"Share of units in the worst quarter of all units by two or more of the {len(RISKS)} indicators; four "
            "unrelated ones give 26.2.",
            n=len(part),
        )
        for group, part in parts(fine, study).items()
    ]


def make(units: pd.DataFrame, census: pd.DataFrame, yearbook: pd.DataFrame, study: Study, made_from: MadeFrom) -> Made:
    """All findings of the design from the tables of these names; `units` of the result has a row a comparable unit.

    Raises:
        DesignError: the tables cannot carry the design.
    """
    rows = ratios(yearbook, units, study)
    table = indicators(build_units(units, census, study), rows)
    found = [
        *_heads(table, study),
        *_lending(rows, units, study),
        *_risks(table, study),
        *_together(table, study),
    ]
    shown = table[["unit_id", "name", "pinyin", "province", "group", *RISKS]]
    return Made(Findings(DESIGN, TITLE, made_from, tuple(found)), shown)
