"""Scenarios and ranges: which effects may carry a scenario, and what cannot be ruled out in one county."""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure as MatplotlibFigure

from analysis.findings import Finding, FindingError, load_all
from analysis.paths import FINDINGS, SAMPLES
from analysis.present.numbers import Shown, capitalized, format_number, text
from analysis.present.points import of_findings
from analysis.present.samples import load_points
from analysis.present.style import EMPHASIS, INK, SMALL, TREATED, WIDTH, Figure, style, to_svg
from analysis.present.tables import Cell, Column, Row, Table
from analysis.results.counties import MORE, OUTCOMES
from analysis.results.scenarios import DESIGN, RANGES, range_key

_SPECIFICATIONS = {
    "effect": "without controls",
    "raw": "without controls",
    "share": "given the urban share",
    "own": "given its own level",
    "all": "given all covariates",
}
_COUNTED = {o: capitalized(counted) for o, counted in RANGES.items()} | {
    "urban_share": "Urban residents, by their share",
    "log_urban_population": "Urban residents, by their number",
}
_HUNDRED = 100.0


def _words(outcome: str) -> str:
    return capitalized((OUTCOMES | MORE)[outcome].words)


def _ends(interval: tuple[float, float] | None, digits: int) -> Cell:
    return None if interval is None else " to ".join(format_number(end, digits) for end in interval)


def _held(value: float) -> str:
    return "no such check" if np.isnan(value) else "yes" if value else "no"


def _thousands(value: float) -> str:
    return format_number(round(value / 1000) * 1000, 0)


def county(folder: Path = FINDINGS) -> Shown:
    """The residents of the county of the median size, rounded to thousands, with their unit."""
    found = load_all(folder)[f"{DESIGN}.median.population"]
    return text(f"{_thousands(found.value)} {found.unit}")


def ends(outcome: str, folder: Path = FINDINGS) -> Shown:
    """What cannot be ruled out in the county of the median size: the interval in thousands, with its unit.

    Raises:
        UnknownFindingError: the range of this outcome is not told in people.
        FindingError: its interval is not bounded.
    """
    found = load_all(folder)[f"{DESIGN}.people.{outcome}"]
    if found.interval is None:
        raise FindingError(f"finding {found.key} has no interval")
    low, high = (_thousands(end) for end in found.interval)
    return text(f"{low} to {high} {found.unit}")


def size(outcome: str, folder: Path = FINDINGS) -> Shown:
    """The smallest size that would matter in the county of the median size, in thousands, with its unit.

    Raises:
        UnknownFindingError: no claim names a size for this outcome.
    """
    found = load_all(folder)[f"{DESIGN}.size.{outcome}"]
    return text(f"{_thousands(found.value)} {found.unit}")


def screen_table(samples: Path = SAMPLES) -> Table:
    """The effects whose interval leaves out nought, and what the other conditions of the rule make of each.

    Raises:
        FindingError: the effects have not been judged.
    """
    effects = load_points(f"{DESIGN}_effects", samples)
    rows = []
    for effect in effects[effects["excludes_zero"] == 1].to_dict("records"):
        name = effect["key"].split(".")[2]
        outcome = effect["outcome"]
        words = _words(outcome) if outcome in OUTCOMES | MORE else capitalized(outcome.replace("_", " "))
        rows.append(
            Row(
                [
                    f"{words}, {_SPECIFICATIONS.get(name, name.replace('_', ' '))} ({effect['unit']})",
                    format_number(effect["estimate"], 1),
                    _ends((effect["low"], effect["high"]), 1),
                    _held(float(effect["given_level"])),
                    _held(float(effect["apart"])),
                    format_number(effect["p_corrected"], 2),
                    "yes" if effect["passes"] else "no",
                ]
            )
        )
    return Table(
        columns=[
            Column("Effect", align="left", width=32),
            Column("Estimate", width=10),
            Column("95 percent interval", width=14),
            Column("Given its level", align="left", width=11),
            Column("Henan out of controls", align="left", width=13),
            Column("p, all effects", width=10),
            Column("May carry a scenario", align="left", width=10),
        ],
        rows=rows,
        notes=[
            f"All of {len(effects)} effects whose placebo interval leaves out nought. The columns say whether the "
            "interval still does so given the outcome's own level in 2010, and with Henan out of its neighbours' "
            "controls. p, all effects: corrected by step-down for all effects on county-level units.",
        ],
    )


def people_table(folder: Path = FINDINGS) -> Table:
    """Effects of record with their intervals, and what these are in a county of the median size.

    Raises:
        UnknownFindingError: a finding is missing.
    """
    known = load_all(folder)
    rows = []
    for outcome, counted in RANGES.items():
        own, people = known[range_key(outcome)], known[f"{DESIGN}.people.{outcome}"]
        rows.append(
            Row(
                [
                    f"{_words(outcome)} ({own.unit})",
                    format_number(own.value, 1),
                    _ends(own.interval, 1),
                    counted,
                    _hundreds(people.value),
                    _ends_in_hundreds(people),
                    None if people.detectable is None else _hundreds(people.detectable),
                ]
            )
        )
    median = known[f"{DESIGN}.median.population"]
    return Table(
        columns=[
            Column("Change in", align="left", width=28),
            Column("Estimate", width=9),
            Column("95 percent interval", width=13),
            Column("In one county", align="left", width=16),
            Column("Estimate", width=9),
            Column("95 percent interval", width=15),
            Column("Detectable", width=10),
        ],
        rows=rows,
        notes=[
            "Henan less its neighbours, intervals from placebo provinces; specifications of record, for piped water "
            "given its level of 2010.",
            f"One county: {format_number(median.value, 0)} residents in 2020, the median of the programme's "
            f"{format_number(median.n or 0, 0)} units, and the medians of urban residents, people at work and homes; "
            "rounded to hundreds.",
        ],
    )


def _hundreds(value: float) -> str:
    return format_number(round(value / _HUNDRED) * _HUNDRED, 0)


def _ends_in_hundreds(found: Finding) -> Cell:
    return None if found.interval is None else " to ".join(_hundreds(end) for end in found.interval)


def people_figure(folder: Path = FINDINGS) -> Figure:
    """What cannot be ruled out in a county of the median size: intervals in thousands of people or homes.

    Raises:
        UnknownFindingError: a finding is missing.
    """
    known = load_all(folder)
    found = [known[f"{DESIGN}.people.{outcome}"] for outcome in RANGES]
    with_zero = sum(f.interval is not None and f.interval[0] <= 0 <= f.interval[1] for f in found)
    title = f"In {with_zero} of {len(found)} outcomes a county may have gained, lost, or stayed as it was"
    with style("scenarios_people"):
        figure = MatplotlibFigure(figsize=(WIDTH, 0.36 * len(found) + 1.1), layout="constrained")
        axes = figure.subplots()
        drawn = list(found)
        for row, (outcome, own) in enumerate(zip(RANGES, found, strict=True)):
            low, high = own.interval or (own.value, own.value)
            axes.plot([low / 1000, high / 1000], [row, row], color=TREATED, linewidth=1.4)
            axes.scatter([own.value / 1000], [row], s=30, marker="D", color=TREATED, zorder=3)
            matters = known.get(f"{DESIGN}.size.{outcome}")
            if matters is not None:
                drawn.append(matters)
                axes.scatter(
                    [matters.value / 1000], [row], s=150, marker="|", color=EMPHASIS, linewidth=1.8, zorder=4,
                )  # fmt: skip
        axes.axvline(0, color=INK, linewidth=0.8, zorder=1)
        axes.set_yticks(range(len(found)), [_COUNTED[o] for o in RANGES], fontsize=SMALL)
        axes.set_ylim(len(found) - 0.5, -0.7)
        axes.xaxis.set_major_formatter(lambda x, _: format_number(x, 0))
        axes.set_xlabel(
            "Thousands in a county of the median size\nbars: 95 percent intervals; upright strokes: sizes that matter",
            fontsize=SMALL,
        )
        figure.suptitle(title, x=0.01, ha="left")
        return Figure(to_svg(figure), title, of_findings(drawn))
