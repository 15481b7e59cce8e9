"""Tables and figures of the pairs across the border."""

import math
from pathlib import Path

from matplotlib.figure import Figure as MatplotlibFigure

from analysis.findings import Finding, load_all
from analysis.paths import FINDINGS
from analysis.present.effects import bracketed_p, effects_table, outcome_words, placebo_note, places, with_unit
from analysis.present.numbers import Shown, capitalized, format_number
from analysis.present.placebo_provinces import specification_table
from analysis.present.points import of_findings
from analysis.present.style import COMPARISON, INK, TREATED, WIDTH, Figure, style, to_svg
from analysis.present.tables import Column, Row, Table
from analysis.results.border import BALANCED, DESIGN
from analysis.results.counties import LOG_POINTS, OUTCOMES
from analysis.study import load_study

SHOWN = ("urban_share", "log_population", "log_urban_population")  # the figure has room for three
CLUSTERS = (
    "On a border the CRV1 error is clustered by the prefecture on either side: V1 + V2 − V12, with G the smaller "
    "number of prefectures and N two rows a pair."
)
VARIANTS = {"": "Pairs count once", "units": "Units count once", "apart": "Placebos apart", "settled": "No zones"}


def border_table(folder: Path = FINDINGS) -> Table:
    """Every co-primary outcome in every specification."""
    return specification_table(
        DESIGN, notes=("Differences in changes within pairs of counties across the border.",), folder=folder
    )


def record_table(folder: Path = FINDINGS) -> Table:
    """Without controls, with the full inference."""
    return effects_table(
        {f"{DESIGN}.{o}.raw.effect": outcome_words(o) for o in OUTCOMES},
        adjusted={f"{DESIGN}.{o}.raw.effect": f"{DESIGN}.{o}.raw.adjusted" for o in OUTCOMES},
        notes=(CLUSTERS,),
        folder=folder,
    )


def variants_table(folder: Path = FINDINGS) -> Table:
    """Each outcome without controls under other weights, placebos and samples."""
    known = load_all(folder)
    shown: list[Finding] = []
    rows = []
    for outcome, what in OUTCOMES.items():
        found = [
            known[f"{DESIGN}.{outcome}.raw.{v}.effect" if v else f"{DESIGN}.{outcome}.raw.effect"] for v in VARIANTS
        ]
        shown += found
        digits = places(found[0], least=1)
        rows.append(
            Row(
                [with_unit(outcome_words(outcome), what.unit), *(format_number(f.value, digits) for f in found)],
                [bracketed_p(f) for f in found],
            )
        )
    treated = load_study().province_names[load_study().treated]
    return Table(
        columns=[Column("Outcome", align="left"), *(Column(head) for head in VARIANTS.values())],
        rows=rows,
        notes=[
            "Without controls. Estimates, with the p-value of placebo provinces in brackets. "
            "Units count once: a row has a weight of one over the number of its unit’s pairs. "
            f"Placebos apart: no placebo province is compared with {treated}. "
            "No zones: without units that gave, or may have given, ground to a development zone.",
            f"{placebo_note(shown)} Intervals and minimum detectable effects of the first column stand in the table of "
            "the full inference.",
        ],
    )


def balance_table(folder: Path = FINDINGS) -> Table:
    """The two sides of the border before the programme, and the provinces as wholes."""
    known = load_all(folder)
    rows = []
    for name, (words, _) in BALANCED.items():
        stem = f"{DESIGN}.balance.{name}"
        effect = known[f"{stem}.effect"]
        digits = places(effect, least=1)
        gaps = [format_number(known[f"{stem}.{g}"].value, 2) for g in ("gap", "gap_all")]
        means = [known[f"{stem}.{side}_mean"].value for side in ("treated", "other")]
        unit = known[f"{stem}.treated_mean"].unit
        if unit == LOG_POINTS:
            # The mean of a logarithm says nothing to a reader; its exponent is the geometric mean.
            label = f"{capitalized(words.removesuffix(' (log)'))} (thousand people; within pairs {unit})"
            levels = [format_number(math.exp(mean / 100) / 1000, 0) for mean in means]
        else:
            label = f"{capitalized(words)} ({unit})"
            levels = [format_number(mean, digits) for mean in means]
        rows.append(
            Row(
                [
                    label,
                    *levels,
                    format_number(effect.value, digits),
                    None if effect.p_value is None else format_number(effect.p_value, 2),
                    *gaps,
                ]
            )
        )
    study = load_study()
    treated = study.province_names[study.treated]
    return Table(
        columns=[
            Column(f"Census of {study.first_year}", align="left"),
            Column(f"{treated} side"),
            Column("Other side"),
            Column("Within pairs"),
            Column("p"),
            Column("Gap at the border"),
            Column("Gap, all counties"),
        ],
        rows=rows,
        notes=[
            "Means count each unit once, geometric ones for residents; differences within pairs count each pair. "
            "Gap: difference in means over the square root of the mean of the two variances.",
            placebo_note(known[f"{DESIGN}.balance.{name}.effect"] for name in BALANCED),
        ],
    )


def nearer(folder: Path = FINDINGS) -> Shown:
    """In how many baseline figures the two sides of the border are nearer than the provinces, such as "7 of 9"."""
    known = load_all(folder)
    gaps = {name: [abs(known[f"{DESIGN}.balance.{name}.{g}"].value) for g in ("gap", "gap_all")] for name in BALANCED}
    return Shown(f"{sum(at < whole for at, whole in gaps.values())} of {len(gaps)}")


def neighbour_figure(folder: Path = FINDINGS) -> Figure:
    """The difference across each neighbour's part of the border, and over all of it, with placebo intervals."""
    study = load_study()
    known = load_all(folder)
    rows = {"": "All"} | {study.province_names[p].lower(): study.province_names[p] for p in study.neighbours}
    found = {
        outcome: [
            known[f"{DESIGN}.{outcome}.{row}.effect" if row else f"{DESIGN}.{outcome}.raw.effect"] for row in rows
        ]
        for outcome in SHOWN
    }
    each = [f for of in found.values() for f in of[1:]]
    beyond = sum(f.interval is not None and not f.interval[0] <= 0 <= f.interval[1] for f in each)
    title = f"Neighbour by neighbour: {beyond} of {len(each)} placebo intervals leave out nought"
    with style("border-neighbours"):
        figure = MatplotlibFigure(figsize=(WIDTH, 2.9), layout="constrained")
        panels = figure.subplots(1, len(SHOWN), sharey=True)
        for axes, (outcome, of) in zip(panels, found.items(), strict=True):
            for y, one in enumerate(of):
                colour = TREATED if y == 0 else INK
                if one.interval is not None:
                    axes.plot(one.interval, [y, y], color=COMPARISON, linewidth=2.2, zorder=2)
                axes.scatter(
                    [one.value], [y], s=40 if y == 0 else 22, marker="D" if y == 0 else "o", color=colour, zorder=3
                )
            axes.axvline(0, color=INK, linewidth=0.8, zorder=1)
            axes.axhline(0.5, color=COMPARISON, linewidth=0.6)
            axes.set_title(outcome_words(outcome))
            axes.set_xlabel(OUTCOMES[outcome].unit.capitalize())
            axes.xaxis.set_major_formatter(lambda x, _: format_number(x, 0))
            axes.set_yticks(range(len(rows)), list(rows.values()))
            axes.set_ylim(len(rows) - 0.5, -0.5)
        figure.suptitle(title, x=0.01, ha="left")
        return Figure(to_svg(figure), title, of_findings(one for of in found.values() for one in of))
