"""Match and risk: do services follow people, what can counties carry, and who pays for it?"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.designs.elasticity import Elasticity, elasticity
from analysis.designs.typology import counts, on_opposite_sides
from analysis.findings import Finding, Findings, MadeFrom
from analysis.results import match_capacity, match_money
from analysis.results.effects import CRV1, placebo_rows
from analysis.results.match_units import DESIGN, build_units, comparable, parts, typed, where_words
from analysis.study import Study

TITLE = "Match and risk: services, capacity and money of counties"
PER_HEAD = "employed per 1,000 residents"
COUNTED = "Counted or averaged without weights; nothing is estimated."


@dataclass(frozen=True)
class Made:
    """The findings; the units behind them; and every province's placebo estimates."""

    findings: Findings
    units: pd.DataFrame
    placebos: pd.DataFrame


def _services(frame: pd.DataFrame, study: Study) -> list[Finding]:
    """Levels of service employment, and its elasticity."""
    first, last, where = study.first_year, study.last_year, where_words(study)
    found = []
    for group, part in parts(frame, study).items():
        for year, end in ((first, "start"), (last, "end")):
            column = part[f"service_employment_{end}"].dropna()
            found.append(
                Finding(
                    f"{DESIGN}.services.{group}.{year}",
                    float(column.median()),
                    PER_HEAD,
                    f"{comparable(study, where[group])}.",
                    f"Median over units of people employed in education, health and public facilities in {year}, "
                    "ten times the count of the long form, over residents.",
                    n=len(column),
                )
            )
    positive = frame["service_workers_start"].gt(0) & frame["service_workers_end"].gt(0)
    used = frame[positive & frame["population_start"].gt(0) & frame["population_end"].gt(0)]
    out = len(frame) - len(used)

    def fit(within: str | None = None, part: pd.DataFrame = used) -> Elasticity:
        return elasticity(
            part,
            stock=("service_workers_start", "service_workers_end"),
            people=("population_start", "population_end"),
            cluster="prefecture",
            unit="unit_id",
            within=within,
        )

    without = f"{out} of China's without a service worker in a census's sample are left out: nought has no logarithm."
    words = f"{comparable(study)}. {without}"
    base = (
        f"Least squares of the change in log employment in education, health and public facilities, {first} to {last}, "
        "on the change in log population. Not per head, where population would stand on both sides: "
        "per head the slope is this one less one. "
    )
    ways = {
        "": (None, used, base, words),
        ".within_provinces": ("province", used, f"{base}Each province has its own level. ", words),
    }
    own = study.province_names[study.treated]
    alone = f"{comparable(study, own)}. {without}"
    ways[f".{own.lower()}"] = (None, used[used["province"] == study.treated], base, alone)
    for name, (within, part, how, sample) in ways.items():
        got = fit(within, part)
        found.append(
            Finding(
                f"{DESIGN}.service_elasticity{name}",
                got.slope,
                "elasticity",
                sample,
                f"{how}Errors: {CRV1}. The p-value is of the slope being one.",
                standard_error=got.standard_error,
                interval=got.interval,
                level=got.level,
                p_value=got.p_one,
                n=got.n,
                clusters=got.clusters,
            )
        )
    found.append(
        Finding(
            f"{DESIGN}.service_elasticity.per_head",
            fit().per_head,
            "elasticity",
            words,
            "Slope of the change in log service employment per head on the change in log population. It is the "
            "elasticity less one by construction, since population divides one side and is the other.",
            n=len(used),
        )
    )
    for name, stock in (("correlation_per_head", "service_employment"), ("correlation", "service_workers")):
        change = np.log(used[f"{stock}_end"].to_numpy() / used[f"{stock}_start"].to_numpy())
        per_head = " per head" if stock == "service_employment" else ""
        found.append(
            Finding(
                f"{DESIGN}.services.{name}",
                float(np.corrcoef(change, used["log_population"])[0, 1]),
                "correlation",
                words,
                f"Correlation of the change in log service employment{per_head} with the change in log population, "
                f"{first} to {last}.",
                n=len(used),
            )
        )
    return found


def _typology(frame: pd.DataFrame, study: Study) -> tuple[list[Finding], pd.DataFrame]:
    """Counts of types, and the shares that the claims wait for."""
    first, last, where = study.first_year, study.last_year, where_words(study)
    fine = typed(frame)
    fine["out_of_step"] = on_opposite_sides(fine, "log_population", "service_employment_end", unit="unit_id")
    fine["lost"] = fine["population"] < 0
    fine["urban_without_work"] = (fine["urban_share"] > fine["urban_share"].median()) & (
        fine["nonfarm_employment"] < fine["nonfarm_employment"].median()
    )
    rule = (
        f"Growing: no fewer residents in {last} than in {first}. Well served: at least as many people employed in "
        f"education, health and public facilities per 1,000 residents in {last} as the median of all units. "
        f"Urbanizing while shrinking: fewer residents and a higher urban share in {last}."
    )
    shares = {
        "units_losing_residents_share": ("lost", f"Share of units with fewer residents in {last} than in {first}."),
        "units_out_of_step_share": (
            "out_of_step",
            f"Share of units whose log population grew more than the median, {first} to {last}, with fewer people "
            f"employed in public services per 1,000 residents in {last} than the median, or the reverse; medians of "
            "all units. Two unrelated figures give 50. Since population divides the second figure, places that grow "
            "look poorly served if services stand still.",
        ),
        "urban_without_work_share": (
            "urban_without_work",
            f"Share of units whose urban share rose by more than the median of all units, {first} to {last}, while the "
            "share of employment outside farming rose by less than the median of all units. Two unrelated changes give "
            "25.",
        ),
    }
    found = []
    for group, part in parts(fine, study).items():
        sample = f"{comparable(study, where[group])}."
        found.append(Finding(f"{DESIGN}.typology.{group}.units", len(part), "units", sample, COUNTED))
        for name, count in counts(part).items():
            found.append(Finding(f"{DESIGN}.typology.{group}.{name}", count, "units", sample, rule, n=len(part)))
            found.append(
                Finding(
                    f"{DESIGN}.typology.{group}.{name}_share", 100 * count / len(part), "percent", sample, rule,
                    n=len(part),
                )
            )  # fmt: skip
        for name, (column, how) in shares.items():
            middle = "" if group == "all" else f"{group}."
            value = 100 * float(part[column].mean())
            found.append(Finding(f"{DESIGN}.{middle}{name}", value, "percent", sample, how, n=len(part)))
    own, *_ = where
    here = fine[fine["province"] == study.treated]
    behind = (here["urban_share"] > here["urban_share"].median()) & (
        here["nonfarm_employment"] < here["nonfarm_employment"].median()
    )
    found.append(
        Finding(
            f"{DESIGN}.{own}.urban_without_work_share.own_medians",
            100 * float(behind.mean()),
            "percent",
            f"{comparable(study, where[own])}.",
            f"Share of units whose urban share rose by more than the median of {where[own]}'s units, {first} to "
            f"{last}, while the share of employment outside farming rose by less than their median.",
            n=len(here),
        )
    )
    without = fine[fine["zone"] == 0]
    found.append(
        Finding(
            f"{DESIGN}.units_losing_residents_share.without_zones",
            100 * float(without["lost"].mean()),
            "percent",
            f"{comparable(study).removesuffix(', units near development zones included')}, without units that gave, "
            "or may have given, ground to a development zone.",
            shares["units_losing_residents_share"][1],
            n=len(without),
        )
    )
    return found, fine


def make(
    units: pd.DataFrame,
    census: pd.DataFrame,
    yearbook: pd.DataFrame,
    prefectures: pd.DataFrame,
    adjacency: pd.DataFrame,
    study: Study,
    made_from: MadeFrom,
) -> Made:
    """All findings of the design from the tables of these names; `units` of the result has a row a comparable unit.

    Raises:
        DesignError: the tables cannot carry the design.
    """
    frame = build_units(units, census, study)
    types, points = _typology(frame, study)
    made = match_capacity.build_capacity(frame)
    indices, capacity_tests = match_capacity.effects(made, adjacency, study)
    rows = match_money.ratios(yearbook, units, study)
    levels = match_money.levels(rows, units, study)
    money, money_tests = match_money.self_sufficiency_effect(rows, frame, adjacency, study)
    bonds, bond_tests = match_money.bonds(prefectures, adjacency, study)
    found = [
        *_services(frame, study),
        *types,
        *match_capacity.weights(made, study),
        *indices,
        *levels,
        *money,
        *match_money.expenditure(rows, frame, study),
        *bonds,
    ]
    shown = points[
        [
            "unit_id", "name", "pinyin", "province", "group", "prefecture", "log_population", "service_employment_end",
            "urban_share", "nonfarm_employment", "type", "urbanizing_while_shrinking", "out_of_step",
        ]
    ]  # fmt: skip
    scores = made.units[["unit_id", *(f"{n}_{e}" for n in ("capacity", "capacity_entropy") for e in ("start", "end"))]]
    return Made(
        Findings(DESIGN, TITLE, made_from, tuple(found)),
        shown.merge(scores, on="unit_id", how="left"),
        placebo_rows(capacity_tests | money_tests | bond_tests),
    )
