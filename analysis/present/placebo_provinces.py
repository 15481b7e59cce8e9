"""Tables and figures of the placebo provinces: outcomes, the decade before, prefectures, and night lights."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import fill

from matplotlib.figure import Figure as MatplotlibFigure

from analysis.findings import Finding, load_all
from analysis.paths import FINDINGS, SAMPLES
from analysis.present.effects import (
    DETECTABLE_NOTE,
    UNBOUNDED,
    bracketed_p,
    effects_table,
    outcome_words,
    placebo_figure,
    placebo_note,
    places,
    with_unit,
)
from analysis.present.numbers import Shown, format_number
from analysis.present.points import of_findings
from analysis.present.style import EMPHASIS, INK, LINE, SMALL, TREATED, WIDTH, Figure, style, to_svg
from analysis.present.tables import Column, Row, Table
from analysis.results.counties import MORE, OUTCOMES
from analysis.results.placebos import BASE, BEFORE_OUTCOMES, BREAKS, DESIGN, LIGHT_YEARS, PREFECTURE_OUTCOMES, START
from analysis.study import load_study

SPECIFICATION_HEADS = {"raw": "Raw", "share": "Given urban share", "own": "Given own level", "all": "Given all"}


def specification_table(
    design: str,
    outcomes: Sequence[str] = tuple(OUTCOMES),
    *,
    stem: str = "{design}.{outcome}.{specification}.effect",
    specifications: Mapping[str, str] = SPECIFICATION_HEADS,
    notes: tuple[str, ...] = (),
    folder: Path = FINDINGS,
) -> Table:
    """Outcomes in rows and specifications in columns: estimates over the p-values of placebo provinces in brackets.

    Args:
        design: whose findings.
        outcomes: names of outcomes, the rows.
        stem: how a key is made.
        specifications: names of specifications with the heads of their columns.
        notes: sentences at the foot.
        folder: where the findings are.

    Raises:
        FindingError: a finding is missing.
    """
    known = load_all(folder)
    units = {name: what.unit for name, what in (OUTCOMES | MORE).items()}
    shown: list[Finding] = []
    rows = []
    for outcome in outcomes:
        found = [known[stem.format(design=design, outcome=outcome, specification=s)] for s in specifications]
        shown += found
        digits = places(found[0], least=1)
        rows.append(
            Row(
                [
                    with_unit(outcome_words(outcome), units[outcome]),
                    *(format_number(f.value, digits) for f in found),
                    None if found[0].detectable is None else format_number(found[0].detectable, digits),
                ],
                [*(bracketed_p(f) for f in found), None],
            )
        )
    return Table(
        columns=[
            Column("Outcome", align="left"),
            *(Column(head) for head in specifications.values()),
            Column("Detectable, first column"),
        ],
        rows=rows,
        notes=[
            "Estimates, with the p-value of placebo provinces in brackets.",
            f"{placebo_note(shown)} {DETECTABLE_NOTE}",
            *notes,
        ],
    )


def _wrapped(labels: Mapping[str, str]) -> dict[str, str]:
    """Labels in short lines, which leave the figure its room."""
    return {key: fill(label, 24) for key, label in labels.items()}


def small_p(
    design: str,
    outcomes: Sequence[str] = tuple(OUTCOMES),
    *,
    stem: str = "{design}.{outcome}.{specification}.effect",
    specifications: Sequence[str] = tuple(SPECIFICATION_HEADS),
    folder: Path = FINDINGS,
) -> Shown:
    """How many of the effects have a placebo p-value of at most 0.05, such as "1 of 32".

    Raises:
        FindingError: a finding is missing.
    """
    known = load_all(folder)
    found = [known[stem.format(design=design, outcome=o, specification=s)] for o in outcomes for s in specifications]
    small = sum(f.p_value is not None and f.p_value <= 0.05 for f in found)
    return Shown(f"{small} of {len(found)}")


def outcomes_figure(folder: Path = FINDINGS, samples: Path = SAMPLES) -> Figure:
    """Where the treated province lies among all, for every outcome, without controls."""
    study = load_study()
    known = load_all(folder)
    keys = {f"{DESIGN}.{o}.raw.effect": outcome_words(o) for o in OUTCOMES | MORE}
    small = sum((known[k].p_value or 1) <= 0.05 for k in keys)
    name = study.province_names[study.treated]
    title = f"{name} among all provinces: p is at most 0.05 for {small} of {len(keys)} outcomes"
    return placebo_figure("placebos-outcomes", DESIGN, _wrapped(keys), study.treated, title=title, samples=samples)


def _decades() -> dict[str, str]:
    study = load_study()
    old = f"2000–{study.first_year}"
    new = f"{study.first_year}–{study.last_year}"
    labels = {f"{DESIGN}.before.log_population.raw.effect": f"Residents, counties, {old}"}
    labels[f"{DESIGN}.turn.log_population.raw.effect"] = "Residents, counties, change in change"
    for outcome in PREFECTURE_OUTCOMES:
        name = outcome_words(outcome)
        labels[f"{DESIGN}.prefectures.{outcome}.before.raw.effect"] = f"{name}, prefectures, {old}"
        labels[f"{DESIGN}.prefectures.{outcome}.during.raw.effect"] = f"{name}, prefectures, {new}"
        labels[f"{DESIGN}.prefectures.{outcome}.turn.raw.effect"] = f"{name}, prefectures, change in change"
    return labels


def before_table(folder: Path = FINDINGS) -> Table:
    """The decade before the programme, the decade of it, and their difference."""
    return effects_table(
        _decades(),
        head="Outcome and decade",
        notes=("Without controls. For prefectures each one is a cluster of its own.",),
        folder=folder,
    )


def before_figure(samples: Path = SAMPLES, folder: Path = FINDINGS) -> Figure:
    """Where the treated province lies among all before the programme, during it, and in the difference."""
    study = load_study()
    known = load_all(folder)
    name, small = study.province_names[study.treated], sum((known[k].p_value or 1.0) <= 0.05 for k in _decades())
    return placebo_figure(
        "placebos-before",
        DESIGN,
        _wrapped(_decades()),
        study.treated,
        title=f"{name} before and during: p is at most 0.05 for {small} of {len(_decades())} estimates",
        samples=samples,
    )


def counties_before_table(folder: Path = FINDINGS) -> Table:
    """County outcomes that the earlier census has too: before, and the change in change three ways."""
    known = load_all(folder)
    versions = {
        "before.{}.raw": "Before",
        "before.{}.own": "Before, given the level",
        "turn.{}.raw": "Change in change",
        "turn.{}.own": "Change in change, given the level",
        "turn.{}.lagged": "Later change, given the earlier",
    }
    shown: list[Finding] = []
    rows = []
    for outcome in BEFORE_OUTCOMES:
        found = [known[f"{DESIGN}.{key.format(outcome)}.effect"] for key in versions]
        shown += found
        digits = places(found[0], least=1)
        rows.append(
            Row(
                [with_unit(outcome_words(outcome), found[0].unit), *(format_number(f.value, digits) for f in found)],
                [bracketed_p(f) for f in found],
            )
        )
        least = [format_number(f.detectable or 0.0, digits) for f in found]
        rows.append(Row([f"{outcome_words(outcome)}: detectable", *least]))
    return Table(
        columns=[
            Column("Outcome", align="left", width=35),
            *(Column(head, width=13) for head in versions.values()),
        ],
        rows=rows,
        notes=[
            "Estimates, with the p-value of placebo provinces in brackets; below them the minimum detectable effect, "
            "in the same unit. Level: of the outcome, in 2000.",
            f"{placebo_note(shown)} {DETECTABLE_NOTE}",
            f"{_listed_units(shown)} counties and county-level cities on the same ground.",
        ],
    )


def _listed_units(found: Sequence[Finding]) -> str:
    return " or ".join(format_number(n, 0) for n in sorted({f.n for f in found if f.n is not None}))


def lights_table(folder: Path = FINDINGS) -> Table:
    """Averages over the years after the start: all years, those from the last break on, and without break years.

    A row a comparison; the two kinds of land stand side by side.
    """
    known = load_all(folder)
    windows = {"since_2001": "From 2001", "since_2013": "From 2013", "without_breaks": "Without break years"}
    parts = {
        "change": "mean after less mean before",
        "trend": "slope before, a year",
        "beyond_trend": "mean after less the line before",
        "synthetic": "synthetic difference-in-differences",
    }
    shown: list[Finding] = []
    rows = []
    for window, years in windows.items():
        for part, words in parts.items():
            cells: list[str | None] = []
            for stem in ("lights", "lights_urban"):
                found = known[f"{DESIGN}.{stem}.{window}.{part}.effect"]
                shown.append(found)
                digits = places(found)
                cells += [
                    format_number(found.value, digits),
                    " to ".join(format_number(end, digits) for end in found.interval) if found.interval else UNBOUNDED,
                    None if found.p_value is None else format_number(found.p_value, 2),
                ]
                if stem == "lights":
                    cells.append(format_number(found.detectable or 0.0, digits))
            rows.append(Row([f"{years}: {words}", *cells]))
    own = [f for f in shown if f.key.endswith(("change.effect", "trend.effect"))]
    donors = [f for f in shown if f.key.endswith("synthetic.effect")]
    return Table(
        columns=[
            Column("Lights, log points", align="left", width=31),
            Column("All land", width=8),
            Column("95 percent interval", width=14),
            Column("p", width=7),
            Column("Detectable", width=11),
            Column("Urban land", width=8),
            Column("95 percent interval", width=14),
            Column("p", width=7),
        ],
        rows=rows,
        notes=[
            f"{placebo_note(shown, 'Intervals and p are')} {DETECTABLE_NOTE}",
            f"{_listed_units(own)} prefectures of the treated province and its neighbours; the synthetic comparison "
            f"has {_listed_units(donors)} of all provinces. After: the mean of the years from {START} on.",
        ],
    )


def breaks_table(folder: Path = FINDINGS) -> Table:
    """The treated province against its neighbours across the years in which the instruments changed."""
    labels = {
        f"{DESIGN}.{stem}.break_{year}.effect": f"{name}, {year} less {year - 1}"
        for stem, name in (("lights", "All land"), ("lights_urban", "Urban land"))
        for year in BREAKS
    }
    return effects_table(labels, head="Lights", notes=("Each prefecture is a cluster of its own.",), folder=folder)


def lights_figure(stem: str = "lights", folder: Path = FINDINGS) -> Figure:
    """Lights by year relative to the base year: estimates, placebo intervals, and clustered ones inside them."""
    study = load_study()
    known = load_all(folder)
    years = [y for y in LIGHT_YEARS if y != BASE]
    found = {y: known[f"{DESIGN}.{stem}.year_{y}.effect"] for y in years}
    name = study.province_names[study.treated]
    after = [y for y in years if y >= START]
    outside = sum(not f.interval[0] <= 0 <= f.interval[1] for y, f in found.items() if y in after and f.interval)
    title = f"Lights in {name}: the interval leaves out nought in {outside} of {len(after)} years after"
    with style(f"{stem}-event-study"):
        figure = MatplotlibFigure(figsize=(WIDTH, 3.4), layout="constrained")
        axes = figure.subplots()
        axes.grid(visible=False, axis="x")
        axes.grid(visible=True, axis="y")
        drawn = list(found.values())
        for year, one in found.items():
            if one.interval is not None:
                axes.plot([year, year], one.interval, color=LINE, linewidth=1.1, zorder=2)
            clustered = known.get(f"{DESIGN}.{stem}.year_{year}.effect.crv1")
            if clustered is not None and clustered.interval is not None:
                drawn.append(clustered)
                axes.plot(
                    [year, year], clustered.interval, color=TREATED, linewidth=3.2, solid_capstyle="butt", zorder=3
                )
        axes.scatter(years, [f.value for f in found.values()], s=20, color=INK, zorder=4)
        axes.scatter([BASE], [0], s=20, facecolor="white", edgecolor=INK, zorder=4)
        axes.axhline(0, color=INK, linewidth=0.8, zorder=1)
        top = axes.get_ylim()[1]
        for year in BREAKS:
            axes.axvline(year - 0.5, color=EMPHASIS, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)
            axes.annotate(
                f"break {year}" if year == BREAKS[0] else f"{year}",
                (year - 0.5, top),
                xytext=(2, -2),
                textcoords="offset points",
                fontsize=SMALL,
                color=EMPHASIS,
                va="top",
            )
        axes.axvspan(START - 0.5, max(years) + 0.5, color=LINE, alpha=0.12, linewidth=0, zorder=0)
        axes.annotate(
            "programme", (START - 0.5, top), xytext=(2, -2), textcoords="offset points", fontsize=SMALL, va="top"
        )
        axes.set_xticks(range(min(years), max(years) + 1, 2))
        axes.set_xlim(min(years) - 0.7, max(years) + 0.7)
        axes.yaxis.set_major_formatter(lambda y, _: format_number(y, 0))
        axes.set_ylabel(f"Log points, relative to {BASE}")
        figure.suptitle(title, x=0.01, ha="left")
        return Figure(to_svg(figure), title, of_findings(drawn))
