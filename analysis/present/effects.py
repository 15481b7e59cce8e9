"""Effects with the inference of record: a table of estimates, and where the treated province lies among placebos."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure as MatplotlibFigure

from analysis.designs.placebo import DETECTABLE
from analysis.findings import Finding, FindingError, load_all
from analysis.paths import FINDINGS, SAMPLES
from analysis.present.numbers import capitalized, format_number
from analysis.present.places import PROVINCES
from analysis.present.samples import load_placebos
from analysis.present.style import COMPARISON, EMPHASIS, INK, SMALL, TREATED, WIDTH, Figure, style, to_svg
from analysis.present.tables import Column, Row, Table
from analysis.results.counties import MORE, OUTCOMES

UNBOUNDED = "not bounded"
DETECTABLE_NOTE = f"Detectable: {DETECTABLE} standard deviations of the placebo estimates."
CRV1_NOTE = "CRV1 error: clustered by prefecture, factor G/(G−1) × (N−1)/(N−K); it leaves out shocks to provinces."


def places(finding: Finding, least: int = 0) -> int:
    """Decimals that give the minimum detectable effect two significant digits, and no fewer than the least."""
    scale = finding.detectable or abs(finding.value) or 1.0
    return int(min(max(1 - np.floor(np.log10(scale)), least), 4))


def bracketed_p(finding: Finding) -> str:
    """The p-value of placebo provinces as it stands below an estimate; nothing where there is none."""
    return "" if finding.p_value is None else f"({format_number(finding.p_value, 2)})"


def outcome_words(name: str) -> str:
    """What rows call an outcome; that it is in logs or a share of residents is in its unit or in the text."""
    words = (OUTCOMES | MORE)[name].words.removesuffix(" (log)").removesuffix(", of residents")
    return capitalized(words)


def with_unit(label: str, unit: str) -> str:
    """A row's label with the unit of its numbers; where that says log, the label need not."""
    return f"{label.replace(' (log)', '') if unit.startswith('log ') else label} ({unit})"


def unit_of_all(found: Iterable[Finding]) -> str:
    """The unit, if the findings have one in common: then it stands once, in a column's head; else nothing."""
    units = {f.unit for f in found}
    return units.pop() if len(units) == 1 else ""


def _listed(shown: list[str]) -> str:
    return " or ".join(shown) if len(shown) < 4 else f"{shown[0]} to {shown[-1]}"


def placebo_note(found: Iterable[Finding], what: str = "p is") -> str:
    """Under a table: how many placebo provinces its p-values rest on, and the smallest p that so many can give.

    Args:
        found: the findings with p-values that the table shows, whatever else is among them.
        what: what the placebo provinces give, with its verb.

    Raises:
        FindingError: none of them says how many placebo provinces it rests on.
    """
    known = sorted({(f.placebos, f.smallest_p) for f in found if f.placebos is not None and f.smallest_p is not None})
    if not known:
        raise FindingError("no finding of the table says how many placebo provinces it rests on; run `report build`")
    counts = _listed([format_number(c, 0) for c, _ in known])
    least = _listed([format_number(p, 3) for _, p in known])
    return f"{what} from placebo provinces: {counts} take the treated place, so p is {least} at the least."


def effects_table(
    labels: Mapping[str, str],
    *,
    head: str = "Outcome",
    adjusted: Mapping[str, str] | None = None,
    notes: tuple[str, ...] = (),
    folder: Path = FINDINGS,
) -> Table:
    """One row an effect: estimate, placebo interval and p-values, minimum detectable effect, CRV1 error, units.

    Args:
        labels: keys of effects (as `results.effects.effect` makes them), each with its row's label.
        head: head of the first column.
        adjusted: for each key the key of the p-value corrected for several outcomes; a column if given.
        notes: sentences at the foot, before those that all tables of effects have.
        folder: where the findings are.

    Raises:
        UnknownFindingError: there is no such key.
    """
    known = load_all(folder)
    unit = unit_of_all(known[key] for key in labels)
    rows = []
    for key, label in labels.items():
        found = known[key]
        digits = places(found)
        interval = " to ".join(format_number(end, digits) for end in found.interval) if found.interval else UNBOUNDED
        studentized, crv1 = known.get(f"{key}.p_studentized"), known.get(f"{key}.crv1")
        rows.append(
            Row(
                [
                    label if unit else with_unit(label, found.unit),
                    format_number(found.value, digits),
                    interval,
                    None if found.p_value is None else format_number(found.p_value, 2),
                    None if studentized is None else format_number(studentized.value, 2),
                    *([format_number(known[adjusted[key]].value, 2)] if adjusted else []),
                    None if found.detectable is None else format_number(found.detectable, digits),
                    None if crv1 is None or crv1.standard_error is None else format_number(crv1.standard_error, digits),
                    None if found.n is None else format_number(found.n, 0),
                ]
            )
        )
    effects = [known[k] for k in labels]
    own = [f for k in labels if (f := known.get(f"{k}.p_studentized")) is not None]
    fewer = {f.placebos for f in own} - {f.placebos for f in effects}
    columns = [
        Column(head, unit, align="left"),  # the unit of all that is not a p or a count
        Column("Estimate"),
        Column("95 percent interval"),
        Column("p"),
        Column("p, studentized"),
        *([Column("p, several outcomes")] if adjusted else []),
        Column("Detectable"),
        Column("CRV1 error"),
        Column("Units"),
    ]
    return Table(
        columns=columns,
        rows=rows,
        notes=[
            *notes,
            f"{placebo_note(effects, 'Interval and p are')} {DETECTABLE_NOTE}",
            *([placebo_note(own, "p, studentized, is")] if fewer else []),
            CRV1_NOTE,
        ],
    )


def placebo_figure(
    name: str, design: str, labels: Mapping[str, str], treated: str, *, title: str, samples: Path = SAMPLES
) -> Figure:
    """Each province's estimate, in standard deviations of the placebo estimates; the treated one stands out.

    Args:
        name: the figure's name, from which its ids are made.
        design: whose placebo estimates.
        labels: keys of effects with the labels of their rows, from the top.
        treated: code of the treated province.
        title: what is seen.
        samples: where the placebo estimates are.
    """
    table = load_placebos(design, samples)
    with style(name):
        figure = MatplotlibFigure(figsize=(WIDTH, 0.36 * len(labels) + 1.25), layout="constrained")
        axes = figure.subplots()
        drawn = []
        for row, key in enumerate(labels):
            own = table[table["key"] == key]
            if own.empty:
                raise FindingError(f"{design}: no placebo estimates under the key {key!r}")
            is_treated = own["group"] == treated
            scale = own.loc[~is_treated, "estimate"].std(ddof=1)
            values = own["estimate"] / scale
            drawn.append(own[["key", "group", "estimate"]].assign(standardized=values))
            axes.scatter(values[~is_treated], np.full((~is_treated).sum(), row), s=14, color=COMPARISON, alpha=0.8)
            axes.scatter(values[is_treated], [row], s=52, marker="D", color=TREATED, zorder=3)
        axes.axvline(0, color=INK, linewidth=0.8, zorder=1)
        for edge in (-1.96, 1.96):
            axes.axvline(edge, color=EMPHASIS, linewidth=0.8, linestyle=(0, (4, 3)), zorder=1)
        axes.annotate(
            "±1.96", (1.96, -0.7), xytext=(3, 0), textcoords="offset points", fontsize=SMALL, color=EMPHASIS, ha="left"
        )
        axes.set_yticks(range(len(labels)), list(labels.values()))
        axes.set_ylim(len(labels) - 0.5, -1.0)
        axes.xaxis.set_major_formatter(lambda x, _: format_number(x, 0))
        axes.set_xlabel(
            "Estimate (standard deviations of the placebo estimates)\n"
            f"diamond: {PROVINCES[treated]}, dots: other provinces"
        )
        figure.suptitle(title, x=0.01, ha="left")
        return Figure(to_svg(figure), title, pd.concat(drawn))
