"""Who pays for it: own revenue, loans and spending of counties, and bonds of prefectures' financing vehicles."""

import numpy as np
import pandas as pd

from analysis.data.samples import KINDS
from analysis.designs.errors import DesignError
from analysis.designs.placebo import PlaceboTest
from analysis.designs.regression import fit_ols
from analysis.findings import Finding
from analysis.results.counties import LOG_POINTS, POINTS, complete, province_words
from analysis.results.effects import CRV1, Meaning
from analysis.results.match_units import DESIGN, comparable, groups, parts, placebos, where_words
from analysis.study import Study

FIRST, LAST = 2011, 2022  # years of the county yearbook that the claims name; both nearly complete
WHOLE = 0.8  # a group's year is shown if the yearbook has this share of its units: most years have a few rows only
BONDS_FIRST, BONDS_LAST = 2015, 2020  # the year before the programme, and the last that the claim names
PREFECTURES = 8  # smallest number of prefectures of a placebo province


def ratios(yearbook: pd.DataFrame, units: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Counties' rows of the yearbook with fiscal self-sufficiency and loans to deposits, in percent."""
    kinds = units.set_index("unit_id")["unit_type"]
    rows = yearbook[yearbook["unit_id"].map(kinds).isin(KINDS)].copy()
    rows["province"] = rows["unit_id"].str[:2]
    rows["group"] = groups(rows["province"], study)
    for name, part, whole in (
        ("self_sufficiency", "fiscal_revenue", "fiscal_expenditure"),
        ("loans_to_deposits", "loans", "household_deposits"),
    ):
        rows[name] = 100 * rows[part] / rows[whole].where(rows[whole] > 0)
    return rows


def levels(rows: pd.DataFrame, units: pd.DataFrame, study: Study) -> list[Finding]:
    """Self-sufficiency and loans by year and group, and the medians that the claims wait for."""
    own, where = study.province_names[study.treated], where_words(study)
    kind = "Counties, county-level cities and banners (kind of 2010)"
    revenue = "general budget revenue over general budget expenditure"
    deposits = (
        "loans of financial institutions over household savings deposits at the end of the year: the yearbook has no "
        "deposits of firms and offices, so that loans over all deposits are lower still"
    )
    known = units[units["unit_type"].isin(KINDS) & (units["code2010"] != "")]
    sizes = parts(known.assign(group=groups(known["code2010"].str[:2], study)), study)
    found = []
    for year, of_year in rows.groupby("year"):
        for group, part in parts(of_year, study).items():
            values = part["self_sufficiency"].dropna()
            share = len(values) / len(sizes[group])
            sample = f"{kind} of {where[group]} in the county yearbook with figures of {year}."
            found.append(
                Finding(
                    f"{DESIGN}.fiscal_self_sufficiency.{group}.{year}.coverage", 100 * share, "percent", sample,
                    "Share of the units of 2010 that have both figures.", n=len(values),
                )
            )  # fmt: skip
            if share >= WHOLE:
                how = f"Median over units of {revenue}, {year}."
                key = f"{DESIGN}.fiscal_self_sufficiency.{group}.{year}"
                found.append(Finding(key, float(values.median()), "percent", sample, how, n=len(values)))
    of_year = rows[rows["year"] == FIRST]
    for group, part in parts(of_year, study).items():
        sample = f"{kind} of {where[group]} in the county yearbook with figures of {FIRST}."
        for name, column, how in (
            (f"fiscal_self_sufficiency_{FIRST}", "self_sufficiency", f"Median over units of {revenue}."),
            (f"loans_to_deposits_{FIRST}", "loans_to_deposits", f"Median over units of {deposits}."),
        ):
            values = part[column].dropna()
            if values.empty:
                raise DesignError(
                    f"data/yearbook.csv: no unit of {where[group]} has {column} in {FIRST}; "
                    f"the finding {DESIGN}.{own.lower()}.{name} needs it"
                )
            found.append(
                Finding(f"{DESIGN}.{group}.{name}", float(values.median()), "percent", sample, how, n=len(values))
            )
    return found


def _wide(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    table = rows[rows["year"].isin([FIRST, LAST])].pivot(index="unit_id", columns="year", values=column)
    return table.reindex(columns=[FIRST, LAST])


def self_sufficiency_effect(
    rows: pd.DataFrame, frame: pd.DataFrame, adjacency: pd.DataFrame, study: Study
) -> tuple[list[Finding], dict[str, PlaceboTest]]:
    """The change of self-sufficiency between the two nearly complete years, with placebo provinces."""
    table = _wide(rows, "self_sufficiency")
    data = frame.assign(self_sufficiency=frame["unit_id"].map(table[LAST] - table[FIRST]))
    data, _ = complete(data, ["self_sufficiency"])
    key = f"{DESIGN}.fiscal_self_sufficiency.effect"
    meaning = Meaning(
        POINTS,
        f"{comparable(study, province_words(study))} and have revenue and expenditure in the county yearbook for "
        f"{FIRST} and {LAST}.",
        f"Change of budget revenue in percent of budget expenditure, {FIRST} to {LAST}, on an indicator "
        f"for {study.province_names[study.treated]}, without controls.",
    )
    found, test = placebos(data, "self_sufficiency", key, meaning, adjacency, study)
    return found, {key: test}


def expenditure(rows: pd.DataFrame, frame: pd.DataFrame, study: Study) -> list[Finding]:
    """Growth of expenditure per head in units that lost residents, less that in units that gained them."""
    own = study.province_names[study.treated]
    table = _wide(rows, "fiscal_expenditure")
    here = frame[frame["province"] == study.treated].copy()
    first, last = (here["unit_id"].map(table[y].where(table[y] > 0)) for y in (FIRST, LAST))
    here["shrinking"] = (here["population"] < 0).astype(int)
    here["per_2020"] = 100 * np.log(last.to_numpy(dtype=float) / first.to_numpy(dtype=float))
    here["per_own"] = here["per_2020"] - here["log_population"]
    data, dropped = complete(here, ["per_2020", "per_own"])
    sample = (
        f"{comparable(study, own)} and have expenditure in the county yearbook for {FIRST} and {LAST}; "
        f"{len(dropped)} units without it left out."
    )
    words = (
        f"Growth of log general budget expenditure per head, {FIRST} to {LAST}, current prices, on an "
        f"indicator for units with fewer residents in {study.last_year} than in {study.first_year}. "
    )
    ways = {
        "": ("per_2020", f"The residents are those of {study.last_year} in both years, so that they cancel. "),
        ".own_residents": (
            "per_own",
            f"The residents are those of {study.first_year} and of {study.last_year}, so that a loss of residents "
            "raises the figure by itself. ",
        ),
    }
    found = []
    for name, (outcome, how) in ways.items():
        fit = fit_ols(data, outcome, "shrinking", cluster="prefecture", unit="unit_id")
        c = fit.coefficients["shrinking"]
        found.append(
            Finding(
                f"{DESIGN}.{own.lower()}.expenditure_growth_shrinking{name}",
                c.estimate,
                LOG_POINTS,
                sample,
                f"{words}{how}Least squares without controls: an association. Errors: {CRV1}.",
                standard_error=c.standard_error,
                interval=c.interval,
                level=fit.level,
                p_value=c.p_value,
                n=fit.n,
                clusters=fit.clusters,
            )
        )
    return found


def bonds(
    prefectures: pd.DataFrame, adjacency: pd.DataFrame, study: Study
) -> tuple[list[Finding], dict[str, PlaceboTest]]:
    """Bonds of financing vehicles in percent of output: means by year, and the effect with placebo provinces."""
    table = prefectures.assign(province=prefectures["code"].str[:2])
    table = table[table["gdp"] > 0]
    table["share"] = 100 * table["lgfv_bonds"] / table["gdp"]
    table["or_none"] = table["share"].fillna(0.0)
    where, own = where_words(study), study.province_names[study.treated]

    def changes(column: str) -> pd.DataFrame:
        wide = table.pivot(index="code", columns="year", values=column)
        wide = wide.reindex(columns=[BONDS_FIRST, BONDS_LAST]).dropna()
        change = (wide[BONDS_LAST] - wide[BONDS_FIRST]).rename("change").reset_index()
        return change.assign(province=change["code"].str[:2])

    data = changes("share")
    seats = data["code"].str[2:] == "0100"
    what = (
        f"Change of bonds of local financing vehicles in percent of GDP, {BONDS_FIRST} to {BONDS_LAST}, on an "
        f"indicator for {own}, without controls."
    )
    base = (
        f"Prefectures of {province_words(study)} with bonds and GDP for {BONDS_FIRST} and {BONDS_LAST}; bonds stand at "
        "the vehicle's seat, those of the province with its capital."
    )
    ways = {
        "effect": (data, base, ""),
        "effect_none_is_nought": (
            changes("or_none"), base.replace(" with bonds and GDP", " with GDP"),
            " A prefecture without a figure for bonds is taken to have none.",
        ),
        "effect_without_capitals": (data[~seats], f"{base} Provincial capitals left out.", ""),
    }  # fmt: skip
    found, tests = [], {}
    for name, (part, sample, how) in ways.items():
        key = f"{DESIGN}.lgfv_bonds.{name}"
        meaning = Meaning(POINTS, sample, f"{what}{how}")
        more, tests[key] = placebos(
            part, "change", key, meaning, adjacency, study, cluster="code", unit="code", smallest=PREFECTURES
        )
        found += more
    shown = table[table["code"].isin(data["code"]) & table["share"].notna()]
    shown = shown.assign(group=groups(shown["province"], study))
    total = {g: len(p) for g, p in parts(data.assign(group=groups(data["province"], study)), study).items()}
    for year, of_year in shown.groupby("year"):
        for group, part in parts(of_year, study).items():
            if len(part) < WHOLE * total[group]:
                continue
            found.append(
                Finding(
                    f"{DESIGN}.lgfv_bonds.{group}.{year}",
                    float(part["share"].mean()),
                    "percent of GDP",
                    f"Prefectures of {where[group]} with bonds and GDP for {BONDS_FIRST} and {BONDS_LAST}, those among "
                    f"them with figures of {year}.",
                    f"Mean over prefectures of bonds of local financing vehicles in percent of GDP, {year}.",
                    n=len(part),
                )
            )
    return found, tests
