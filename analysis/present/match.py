"""Facilities and people: types of units, services beside residents, and the weights of the capacity index."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure as MatplotlibFigure

from analysis.findings import FindingError, load_all
from analysis.paths import FINDINGS
from analysis.present.effects import effects_table
from analysis.present.numbers import finding, format_number
from analysis.present.samples import load_points
from analysis.present.style import COMPARISON, EMPHASIS, INK, SMALL, TREATED, WIDTH, Figure, style, to_svg
from analysis.present.tables import Column, Row, Table
from analysis.study import Study, load_study

GROUP_LABELS = {"neighbours": "Neighbours", "all": "All of China"}
TYPE_LABELS = {
    "growing_well_served": "Growing, well served",
    "growing_poorly_served": "Growing, poorly served",
    "shrinking_well_served": "Shrinking, well served",
    "shrinking_poorly_served": "Shrinking, poorly served",
    "urbanizing_while_shrinking": "Urbanizing while shrinking",
}
INDICATOR_LABELS = {
    "service_employment": "Employed in public services, per 1,000 residents",
    "piped_water": "Homes with piped water",
    "toilet": "Homes with a toilet",
    "bath": "Homes with a bath",
    "kitchen": "Homes with a kitchen",
    "nonfarm_employment": "Employment outside farming",
    "schooling": "Mean years of schooling",
}
CAPACITY_LABELS = {
    "match.capacity.effect": "Equal weights",
    "match.capacity.effect_given_start": "Equal weights, given the level of 2010",
    "match.capacity_entropy.effect": "Entropy weights",
    "match.capacity_entropy.effect_given_start": "Entropy weights, given the level of 2010",
    "match.coordination.effect": "Coordination degree",
}
PLACEBO_LABELS = {  # short, since the figure's labels take their width from its axis
    "match.capacity.effect": "Capacity",
    "match.capacity.effect_given_start": "given 2010",
    "match.capacity_entropy.effect": "by entropy",
    "match.capacity_entropy.effect_given_start": "given 2010",
    "match.coordination.effect": "Coordination",
}
ELASTICITY_LABELS = {
    "match.service_elasticity": "All of China",
    "match.service_elasticity.within_provinces": "All of China, within provinces",
}


def group_labels(study: Study) -> dict[str, str]:
    """The groups of the design, as keys name them, in words for heads and legends."""
    own = study.province_names[study.treated]
    return {own.lower(): own} | GROUP_LABELS


def typology_table(folder: Path = FINDINGS) -> Table:
    """How many units are of each type, and their share, by group."""
    groups = group_labels(load_study())
    known = load_all(folder)
    rows = [
        Row(
            [
                label,
                *(
                    f"{format_number(known[f'match.typology.{g}.{t}'].value, 0)} "
                    f"({format_number(known[f'match.typology.{g}.{t}_share'].value, 0)})"
                    for g in groups
                ),
            ]
        )
        for t, label in TYPE_LABELS.items()
    ]
    rows.append(
        Row(["All units", *(format_number(known[f"match.typology.{g}.units"].value, 0) for g in groups)]),
    )
    own = next(iter(groups))
    return Table(
        columns=[
            Column("Type", align="left"),
            *(Column(label, "units, percent in brackets") for label in groups.values()),
        ],
        rows=rows,
        notes=[known[f"match.typology.{own}.growing_well_served"].specification],
    )


def quadrant_figure(points: pd.DataFrame | None = None, study: Study | None = None) -> Figure:
    """Each unit's change of population beside its service workers per head; lines cut the four types.

    Args:
        points: columns province (two digits), log_population (log points) and service_employment_end (employed per
            1,000 residents); the pipeline's if not given.
        study: the study's definition; that of `study.yml` if not given.
    """
    points = load_points("match") if points is None else points
    study = load_study() if study is None else study
    own = study.province_names[study.treated]
    treated = points["province"] == study.treated
    middle = points["service_employment_end"].median()
    lost, elsewhere = (100 * (points.loc[chosen, "log_population"] < 0).mean() for chosen in (treated, ~treated))
    title = f"{lost:.0f} percent of the units in {own} lost residents; elsewhere {elsewhere:.0f} percent did"
    with style("match_quadrants"):
        figure = MatplotlibFigure(figsize=(WIDTH, 4.2), layout="constrained")
        axes = figure.subplots()
        for chosen, colour, size, label in ((~treated, COMPARISON, 5, "Other provinces"), (treated, TREATED, 14, own)):
            part = points[chosen]
            axes.scatter(
                part["log_population"], part["service_employment_end"], s=size, color=colour, linewidth=0,
                alpha=0.55 if colour == COMPARISON else 0.9, label=label, zorder=3 if colour == TREATED else 2,
            )  # fmt: skip
        axes.axvline(0, color=INK, linewidth=0.8, zorder=1)
        axes.axhline(middle, color=INK, linewidth=0.8, zorder=1)
        # A few of the smallest units lie far out; the axes show all but one in two hundred on each side.
        low, high = np.percentile(points["log_population"], [0.5, 99.5])
        top = np.percentile(points["service_employment_end"], 99.5)
        axes.set_xlim(low, high)
        axes.set_ylim(0, top)
        shown = points["log_population"].between(low, high) & (points["service_employment_end"] <= top)
        for x, y, words, side in (
            (0.01, 0.98, "Shrinking, well served", "left"),
            (0.99, 0.98, "Growing, well served", "right"),
            (0.01, 0.03, "Shrinking, poorly served", "left"),
            (0.99, 0.03, "Growing, poorly served", "right"),
        ):
            axes.text(
                x, y, words, transform=axes.transAxes, ha=side, va="top" if y > 0.5 else "bottom", fontsize=SMALL,
                color=EMPHASIS,
            )  # fmt: skip
        axes.xaxis.set_major_formatter(lambda x, _: format_number(x, 0))
        axes.set_xlabel(
            f"Change of population, {study.first_year} to {study.last_year} (log points); "
            f"{int((~shown).sum())} of {format_number(len(points), 0)} units lie outside"
        )
        axes.set_ylabel(f"Service workers per 1,000 residents, {study.last_year}")
        axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2)
        figure.suptitle(title, x=0.01, ha="left")
        return Figure(to_svg(figure), title, points)


def weights_table(folder: Path = FINDINGS) -> Table:
    """Entropy weights beside equal ones and beside each indicator's spread, the largest first."""
    known = load_all(folder)
    order = sorted(INDICATOR_LABELS, key=lambda i: -known[f"match.capacity.weight_entropy.{i}"].value)
    rows = [
        Row(
            [
                INDICATOR_LABELS[i],
                format_number(known[f"match.capacity.weight_entropy.{i}"].value, 1),
                format_number(known[f"match.capacity.weight_equal.{i}"].value, 1),
                format_number(known[f"match.capacity.variation.{i}"].value, 2),
            ]
        )
        for i in order
    ]
    spread = known["match.capacity.weight_follows_spread"].value
    study = load_study()
    twins = {
        f"in {study.first_year}": known[f"match.capacity.twins.{study.first_year}"].value,
        f"in {study.last_year}": known[f"match.capacity.twins.{study.last_year}"].value,
        "of their changes": known["match.capacity.twins.change"].value,
    }
    listed = ", ".join(f"{format_number(v, 2)} {when}" for when, v in twins.items())
    return Table(
        columns=[
            Column("Indicator", align="left"),
            Column("Entropy weight", "percent"),
            Column("Equal weight", "percent"),
            Column("Coefficient of variation"),
        ],
        rows=rows,
        notes=[
            f"Rank correlation of entropy weight and coefficient of variation: {format_number(spread, 2)}. "
            f"Rank correlation of the two indices: {listed}.",
            known[f"match.capacity.variation.{order[0]}"].sample,
        ],
    )


def elasticity_table(folder: Path = FINDINGS) -> Table:
    """The slope of service employment on population, in logs: over China, within provinces, and in the treated one."""
    study = load_study()
    own = study.province_names[study.treated]
    labels = ELASTICITY_LABELS | {f"match.service_elasticity.{own.lower()}": own}
    known = load_all(folder)
    rows = []
    for key, label in labels.items():
        found = known[key]
        if found.interval is None or found.standard_error is None or found.p_value is None:
            raise FindingError(f"finding {key} has no error, interval or p-value; run `report build`")
        rows.append(
            Row(
                [
                    label,
                    format_number(found.value, 2),
                    format_number(found.standard_error, 2),
                    " to ".join(format_number(end, 2) for end in found.interval),
                    str(finding(key, folder=folder).p),
                    format_number(found.n or 0, 0),
                    format_number(found.clusters or 0, 0),
                ]
            )
        )
    return Table(
        columns=[
            Column("Sample", align="left"),
            Column("Slope"),
            Column("CRV1 error"),
            Column("95 percent interval"),
            Column("p of a slope of one"),
            Column("Units"),
            Column("Prefectures"),
        ],
        rows=rows,
        notes=[known["match.service_elasticity"].specification],
    )


def capacity_table(folder: Path = FINDINGS) -> Table:
    """Effects on the capacity index and the coordination degree, with the inference of record."""
    return effects_table(CAPACITY_LABELS, head="Index", folder=folder)
