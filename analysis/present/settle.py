"""What would settle the question: what designs can find beside what would matter, as tables and figures."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure as MatplotlibFigure

from analysis.designs.placebo import DETECTABLE
from analysis.findings import Finding, load_all
from analysis.paths import FINDINGS, SAMPLES
from analysis.present.numbers import capitalized, format_number
from analysis.present.points import of_findings
from analysis.present.samples import load_points
from analysis.present.style import COMPARISON, EMPHASIS, INK, SMALL, TREATED, WIDTH, Figure, style, to_svg
from analysis.present.tables import Cell, Column, Row, Table
from analysis.results.counties import OUTCOMES
from analysis.results.long_difference import CLAIMS
from analysis.results.settle import TREATED as PROVINCES_TREATED

DESIGN = "settle"
# Effects that claims wait for beyond the co-primary outcomes: the key of each, and what it is on.
OTHERS = {
    "service_employment": ("long_difference.service_employment.effect", "Employed in public services"),
    "roads": ("first_stage.roads.effect", "Road area per head of cities"),
    "piped_water": ("first_stage.piped_water.effect", "Homes with piped water"),
    "capacity": ("match.capacity.effect", "Capacity index"),
    "lgfv_bonds": ("match.lgfv_bonds.effect", "Bonds of financing vehicles"),
}
SHOWN = ("urban_share", "log_population", "agricultural_employment")
_HEADS = {
    "urban_share": "Urban share (percentage points)",
    "log_population": "Residents (log points)",
    "agricultural_employment": "Farm share of work (percentage points)",
}
_NUMBERS = {1: "One province", 2: "Two provinces", 4: "Four provinces", 8: "Eight provinces", 12: "Twelve provinces"}


def _of_record(outcome: str) -> tuple[str, str]:
    """The key of the effect of record on an outcome, and what the outcome is called."""
    if outcome in OTHERS:
        return OTHERS[outcome]
    words = capitalized(OUTCOMES[outcome].words)
    return (
        f"long_difference.{outcome}.effect" if outcome in CLAIMS else f"long_difference.{outcome}.raw.effect",
        words,
    )


def _places(scale: float) -> int:
    return int(min(max(1 - np.floor(np.log10(scale)), 0), 3))


def _shown(found: Finding | None, digits: int) -> Cell:
    return None if found is None else format_number(found.value, digits)


def needed_table(folder: Path = FINDINGS) -> Table:
    """Of each outcome: the size that matters, what the design of record can find, and what others could.

    Raises:
        UnknownFindingError: a finding is missing.
    """
    known = load_all(folder)
    rows = []
    for outcome in (*OUTCOMES, *OTHERS):
        key, words = _of_record(outcome)
        own = known[key]
        detectable = known[f"{key}.detectable"]
        digits = _places(detectable.value)
        rows.append(
            Row(
                [
                    f"{words} ({own.unit})",
                    _shown(known.get(f"{DESIGN}.{outcome}.size"), 1),
                    format_number(detectable.value, digits),
                    _shown(known.get(f"{DESIGN}.{outcome}.ratio"), 1),
                    _shown(known.get(f"inference.power.{outcome}.needed"), digits),
                    _shown(known.get(f"{DESIGN}.batches.{outcome}.by_lot"), digits),
                ]
            )
        )
    return Table(
        columns=[
            Column("Effect on", align="left", width=38),
            Column("Size that matters", width=12),
            Column("Detectable now", width=13),
            Column("Times the size", width=10),
            Column("Found by the placebo test", width=14),
            Column("Detectable by lot", width=13),
        ],
        rows=rows,
        notes=[
            f"Size that matters: fixed with the claim's rule; empty where no claim is judged by the effect. Detectable "
            f"now: {DETECTABLE} standard deviations of the placebo estimates, in the specification of record.",
            "Found by the placebo test: the effect that it finds in 80 percent of simulated draws, without controls.",
            "Detectable by lot: by formula, if the first batch of the programme's units had been drawn by lot, had the "
            "whole effect, and later batches none.",
        ],
    )


def needed_figure(folder: Path = FINDINGS) -> Figure:
    """What designs can find, in multiples of the size that matters, outcome by outcome.

    Raises:
        UnknownFindingError: a finding is missing.
    """
    known = load_all(folder)
    rows = [o for o in (*OUTCOMES, *OTHERS) if f"{DESIGN}.{o}.ratio" in known]
    marks = {
        "Now: one province, two censuses": ("D", TREATED, TREATED, 34),
        "Twelve provinces treated": ("s", COMPARISON, COMPARISON, 26),
        "In Henan by lot, late units not yet begun": ("o", EMPHASIS, "white", 30),
    }
    drawn: list[Finding] = []
    points: dict[str, list[tuple[float, int]]] = {words: [] for words in marks}
    for row, outcome in enumerate(rows):
        size = known[f"{DESIGN}.{outcome}.size"].value
        now = known[f"{DESIGN}.{outcome}.ratio"]
        drawn.append(now)
        others = (
            f"{DESIGN}.provinces.{outcome}.treated_{max(PROVINCES_TREATED)}",
            f"{DESIGN}.batches.{outcome}.by_lot",
        )
        values = [now.value, *(known[k].value / size if k in known else None for k in others)]
        drawn += [known[k] for k in others if k in known]
        for words, value in zip(marks, values, strict=True):
            if value is not None:
                points[words].append((value, row))
    reached = int(known[f"{DESIGN}.claims.within_reach"].value)
    title = f"Of {len(rows)} effects {reached or 'none'} could be found at the size that matters"
    with style("settle_needed"):
        figure = MatplotlibFigure(figsize=(WIDTH, 0.36 * len(rows) + 1.5), layout="constrained")
        axes = figure.subplots()
        axes.axvline(1, color=INK, linewidth=1.0)
        axes.annotate(
            "the size that matters", (1, -0.8), xytext=(4, 0), textcoords="offset points", fontsize=SMALL, va="center"
        )
        for words, (marker, color, fill, area) in marks.items():
            x, y = zip(*points[words], strict=True)
            axes.scatter(
                x, y, s=area, marker=marker, facecolor=fill, edgecolor=color, linewidth=1.2, label=words, zorder=3
            )
        axes.set_xscale("log")
        axes.set_xlim(0.45, 14)
        axes.set_xticks([0.5, 1, 2, 5, 10], ["½", "1", "2", "5", "10"])
        axes.minorticks_off()
        axes.set_yticks(range(len(rows)), [_of_record(o)[1] for o in rows], fontsize=SMALL)
        axes.set_ylim(len(rows) - 0.5, -1.2)
        axes.set_xlabel("Minimum detectable effect, in multiples\nof the smallest size that would matter (log scale)")
        figure.legend(loc="outside lower center", ncols=3)
        figure.suptitle(title, x=0.01, ha="left")
        return Figure(to_svg(figure), title, of_findings(drawn))


def _design_rows() -> dict[str, Mapping[str, str]]:
    """The rows of the table of designs: the label, and the key of each outcome shown."""

    def of(pattern: str) -> dict[str, str]:
        return {o: f"{DESIGN}.{pattern.format(o)}" for o in SHOWN}

    return {
        f"{_NUMBERS[1]} treated, two censuses": of("provinces.{}.treated_1"),
        "The same, given the level of 2010": of("given_level.{}.treated_1"),
        **{f"{_NUMBERS[k]} treated": of(f"provinces.{{}}.treated_{k}") for k in PROVINCES_TREATED[1:]},
        "One province, and a census of 2030 by which the effect has doubled": of("one_province.{}.census_2030.doubles"),
        "One province, yearly figures, effect grows": of("one_province.{}.yearly.grows"),
        "One province, yearly figures, effect at once": of("one_province.{}.yearly.at_once"),
        "Within Henan: first batch by lot, later ones not begun": of("batches.{}.by_lot"),
        "Within Henan: the same among units alike in poverty": of("batches.{}.given_poverty"),
        "Within Henan: batches as dated, two censuses": of("batches.{}.as_run"),
        "Within Henan: batches as dated, yearly figures": of("batches.{}.yearly"),
    }


def designs_table(folder: Path = FINDINGS) -> Table:
    """What each design could find, for three outcomes, and in multiples of the size that matters for the first.

    Raises:
        UnknownFindingError: a finding is missing.
    """
    known = load_all(folder)
    size = known[f"{DESIGN}.{SHOWN[0]}.size"].value
    rows = []
    for label, keys in _design_rows().items():
        found = [known.get(keys[o]) for o in SHOWN]
        first = known[keys[SHOWN[0]]].value
        rows.append(Row([label, *(_shown(f, 1) for f in found), format_number(first / size, 1)]))
    sizes = [format_number(known[f"{DESIGN}.{o}.size"].value, 1) for o in SHOWN]
    rows.append(Row(["The size that matters", *sizes, format_number(1, 1)]))
    count = known[f"{DESIGN}.provinces.urban_share.treated_1"].n or 0
    return Table(
        columns=[
            Column("Design", align="left", width=42),
            *(Column(_HEADS[o], width=14) for o in SHOWN),
            Column("Urban share, times the size", width=16),
        ],
        rows=rows,
        notes=[
            f"Minimum detectable effects by formula: 5 percent, power 80 percent, variance components without controls "
            f"but where said. Treated provinces are compared with all others of {format_number(count, 0)}. With more "
            "counts shocks are taken to last.",
            "Yearly figures would have residents and urban residents, and not work. Batches as dated: the effect grows "
            "with the years since a batch began, and the first batch's at the census is what is to be found.",
        ],
    )


def rounds_table(folder: Path = FINDINGS) -> Table:
    """What more counts do to the detectable effect of one province, in three worlds of shocks.

    Raises:
        UnknownFindingError: a finding is missing.
    """
    known = load_all(folder)
    labels = {
        "census_2030.stays": "A census of 2030; the effect stays as in 2020",
        "census_2030.doubles": "A census of 2030; by then it has doubled",
        "yearly.grows": "Yearly figures, 2011 to 2020; it grows evenly from 2017",
        "yearly.at_once": "Yearly figures, 2011 to 2020; it is there at once in 2017",
    }
    worlds = ("lasting", "passing", "drifting")
    rows = [
        Row([label, *(format_number(known[f"{DESIGN}.time.{name}.{w}"].value, 0) for w in worlds)])
        for name, label in labels.items()
    ]
    correlation = known[f"{DESIGN}.decades.log_population.correlation"]
    return Table(
        columns=[
            Column("Counts, and the effect", align="left", width=52),
            Column("Shocks last", width=16),
            Column("Shocks pass", width=16),
            Column("Shocks drift", width=16),
        ],
        rows=rows,
        notes=[
            "Minimum detectable effect in percent of that of the two censuses of 2010 and 2020. Last: changes of two "
            "decades have nothing to do with each other. Pass: each count has a shock of its own. Drift: changes of "
            f"two decades correlate by {format_number(correlation.value, 2)}, as those of residents did.",
        ],
    )


def provinces_figure(outcome: str = "urban_share", *, folder: Path = FINDINGS, samples: Path = SAMPLES) -> Figure:
    """The detectable effect by the number of treated provinces, and what a comparison within Henan would reach.

    Raises:
        UnknownFindingError: a finding is missing.
        FindingError: there is no curve.
    """
    known = load_all(folder)
    curve = load_points(f"{DESIGN}_provinces", samples)
    curve = curve[curve["outcome"] == outcome]
    size = known[f"{DESIGN}.{outcome}.size"]
    lines = {
        f"{DESIGN}.batches.{outcome}.as_run": "within Henan, batches as dated, two censuses",
        f"{DESIGN}.batches.{outcome}.yearly": "the same with yearly figures",
        f"{DESIGN}.batches.{outcome}.by_lot": "first batch by lot, later ones not begun",
        size.key: "the size that matters",
    }
    last = int(curve["treated"].max())
    least = float(curve["detectable"].min())
    above = "still above" if least > size.value else "no longer above"
    title = (
        f"{capitalized(OUTCOMES[outcome].words)}: with {last} provinces treated the detectable effect is {above} "
        "what matters"
    )
    with style("settle_provinces"):
        figure = MatplotlibFigure(figsize=(WIDTH, 3.5), layout="constrained")
        axes = figure.subplots()
        for key, words in lines.items():
            value = known[key].value
            own = key == size.key
            right = key.endswith("as_run") or own
            axes.axhline(value, color=INK if own else EMPHASIS, linewidth=1.0, linestyle="-" if own else (0, (4, 3)))
            below = key.endswith("by_lot")
            axes.annotate(
                words, (last + 0.3 if right else 0.7, value), xytext=(0, -3 if below else 3),
                textcoords="offset points", fontsize=SMALL, ha="right" if right else "left",
                va="top" if below else "bottom", color=INK if own else EMPHASIS,
            )  # fmt: skip
        axes.plot(curve["treated"], curve["detectable"], color=TREATED, marker="D", markersize=4, linewidth=1.6)
        axes.annotate(
            "provinces treated as wholes", (3, float(curve["detectable"].iloc[2])), xytext=(6, 4),
            textcoords="offset points", fontsize=SMALL, color=TREATED,
        )  # fmt: skip
        axes.set_ylim(0, None)
        axes.set_xlim(0.6, last + 0.4)
        axes.set_xticks(range(1, last + 1))
        axes.yaxis.set_major_formatter(lambda y, _: format_number(y, 0))
        axes.grid(visible=True, axis="y")
        axes.grid(visible=False, axis="x")
        axes.set_xlabel("Treated provinces")
        axes.set_ylabel(f"Minimum detectable effect\n({size.unit})")
        figure.suptitle(title, x=0.01, ha="left")
        return Figure(to_svg(figure), title, curve)
