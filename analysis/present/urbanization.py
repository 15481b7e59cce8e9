"""Tables and figures of the long difference: effects by outcome and specification, and how alike the units are."""

from collections.abc import Mapping
from pathlib import Path
from textwrap import fill

import numpy as np
import pandas as pd
from matplotlib.figure import Figure as MatplotlibFigure

from analysis.designs.adjustment import METHODS
from analysis.designs.placebo import DETECTABLE
from analysis.findings import Finding, FindingError, load_all
from analysis.paths import FINDINGS, SAMPLES
from analysis.present.effects import DETECTABLE_NOTE, bracketed_p, effects_table, placebo_note, places
from analysis.present.numbers import Shown, capitalized, format_number
from analysis.present.samples import load_placebos, load_points
from analysis.present.style import COMPARISON, EMPHASIS, INK, SMALL, TREATED, WIDTH, Figure, style, to_svg
from analysis.present.tables import Column, Row, Table
from analysis.present.verdicts import VERDICTS, load_verdicts
from analysis.results.counties import CONTROLS, OUTCOMES, SPECIFICATIONS
from analysis.results.effects import CUTOFFS
from analysis.results.long_difference import DESIGN, SERVICES, SHOWN, UNLIKELY
from analysis.study import Study, load_study

HEADS = {
    "raw": "No controls",
    "share": "Given urban share",
    "own": "Given own level",
    "all": "Given all",
}
METHOD_HEADS = {"regression": "Regression", "doubly_robust": "Doubly robust", "balanced": "Balanced"}
_P_BELOW = "In brackets: p from placebo provinces."


def _label(name: str) -> str:
    # The unit stands beside it and says log; movers are all of residents, as the text says.
    words = SHOWN[name].words.removesuffix(" (log)").removesuffix(", of residents")
    return capitalized(words)


def outcomes_table(specification: str, folder: Path = FINDINGS) -> Table:
    """The co-primary outcomes in one specification, with the inference of record and the correction for several."""
    keys = {f"{DESIGN}.{o}.{specification}.effect": _label(o) for o in OUTCOMES}
    adjusted = {k: k.removesuffix("effect") + "p_family" for k in keys}
    return effects_table(
        keys,
        adjusted=adjusted,
        folder=folder,
        notes=(
            f"Change of each outcome on an indicator for the treated province, {SPECIFICATIONS[specification].words}.",
            "p, several outcomes: corrected by the step-down of Westfall and Young over the same placebos.",
        ),
    )


def specifications_table(folder: Path = FINDINGS) -> Table:
    """The same effects with each set of controls side by side."""
    known = load_all(folder)
    shown: list[Finding] = []
    rows = []
    for name in SHOWN:
        found = [known[f"{DESIGN}.{name}.{s}.effect"] for s in SPECIFICATIONS]
        shown += found
        digits = places(found[0])
        rows.append(
            Row(
                [f"{_label(name)} ({SHOWN[name].unit})", *(format_number(f.value, digits) for f in found)],
                [bracketed_p(f) for f in found],
            )
        )
    return Table(
        [Column("Outcome", align="left"), *(Column(HEADS[s]) for s in SPECIFICATIONS)],
        rows,
        notes=[
            f"{_P_BELOW} {placebo_note(shown)}",
            "Of the urban share, its own level and the urban share are the same control.",
            "All: the outcome's own level, and, of the first year, " + ", ".join(CONTROLS.values()) + ".",
            f"{_label(SERVICES.name)} are no co-primary outcome; a claim is about them.",
        ],
    )


def variants_table(specification: str = "share", folder: Path = FINDINGS) -> Table:
    """One specification with all units, without those suspected of losing ground, and without the treated control."""
    variants = {"effect": "All units", "no_zones": "No zone suspected", "without_treated": "Henan no control"}
    known = load_all(folder)
    shown: list[Finding] = []
    rows = []
    for name in SHOWN:
        found = [known[f"{DESIGN}.{name}.{specification}.{v}"] for v in variants]
        shown += found
        digits = places(found[0])
        cells = [
            text for f in found for text in (format_number(f.value, digits), format_number(f.detectable or 0.0, digits))
        ]
        rows.append(
            Row(
                [f"{_label(name)} ({SHOWN[name].unit})", *cells],
                [text for f in found for text in (bracketed_p(f), "")],
            )
        )
    counts = {v: sorted({known[f"{DESIGN}.{o}.{specification}.{v}"].n or 0 for o in SHOWN}) for v in variants}
    sizes = "; ".join(
        f"{head}: {' or '.join(format_number(n, 0) for n in counts[v])} units" for v, head in variants.items()
    )
    return Table(
        [
            Column("Outcome", align="left"),
            *(Column(f"{head}, {what}") for head in variants.values() for what in ("estimate", "detectable")),
        ],
        rows,
        notes=[
            f"{_P_BELOW} Each {SPECIFICATIONS[specification].words}. {placebo_note(shown)} {DETECTABLE_NOTE}",
            f"{sizes}. Without Henan as a control its own estimate stays; the placebos change.",
        ],
    )


def errors_table(specification: str = "share", folder: Path = FINDINGS) -> Table:
    """The spread of placebo estimates beside errors that count prefectures or distance."""
    kinds = {"crv1": "CRV1", "crv3": "CRV3", **{f"conley_{c}": f"Conley, {c} km" for c in CUTOFFS}}
    known = load_all(folder)
    rows = []
    for name in SHOWN:
        key = f"{DESIGN}.{name}.{specification}.effect"
        effect = known[key]
        digits = places(effect) + 1
        spread = (effect.detectable or 0.0) / DETECTABLE
        errors = [known[f"{key}.{k}"].standard_error or 0.0 for k in kinds]
        rows.append(
            Row(
                [
                    f"{_label(name)} ({SHOWN[name].unit})",
                    *(format_number(x, digits) for x in (effect.value, spread, *errors)),
                ]
            )
        )
    return Table(
        [
            Column("Outcome", align="left"),
            Column("Estimate"),
            Column("Placebo spread"),
            *(Column(head) for head in kinds.values()),
        ],
        rows,
        notes=[
            f"Each {SPECIFICATIONS[specification].words}. Placebo spread: standard deviation of the placebo provinces' "
            "estimates. The errors to its right leave out shocks to whole provinces.",
            "CRV1: by prefecture, factor G/(G−1) × (N−1)/(N−K). CRV3: cluster jackknife, factor (G−1)/G. "
            "Conley: Bartlett kernel, no small-sample factor.",
        ],
    )


def adjustment_table(folder: Path = FINDINGS) -> Table:
    """The effect on the treated by three methods, each with its p-value and effective number of untreated units."""
    known = load_all(folder)
    placed: dict[str, set[int]] = {m: set() for m in METHODS}
    shown: list[Finding] = []
    rows = []
    for name in SHOWN:
        found = {m: known[f"{DESIGN}.{name}.adjusted.{m}"] for m in METHODS}
        digits = places(found["regression"])
        shown += found.values()
        for m in METHODS:
            placed[m].add(found[m].placebos or 0)
        rows.append(
            Row(
                [
                    f"{_label(name)} ({SHOWN[name].unit})",
                    *(format_number(found[m].value, digits) for m in METHODS),
                    *(format_number(known[f"{found[m].key}.effective"].value, 0) for m in METHODS),
                ],
                [*(bracketed_p(found[m]) for m in METHODS), *("" for _ in METHODS)],
            )
        )
    untreated = {known[f"{DESIGN}.{o}.adjusted.{m}.effective"].n for o in SHOWN for m in METHODS}
    counts = "; ".join(
        f"{METHOD_HEADS[m].lower()} {' or '.join(format_number(c, 0) for c in sorted(placed[m]))}" for m in METHODS
    )
    return Table(
        [
            Column("Outcome", align="left"),
            *(Column(METHOD_HEADS[m]) for m in METHODS),
            *(Column(f"{METHOD_HEADS[m]}: effective units") for m in METHODS),
        ],
        rows,
        notes=[
            "Change of the treated units less what each method predicts from the untreated ones, given all controls. "
            f"{_P_BELOW} {placebo_note(shown)} Placebos: {counts}. "
            "A province without units like its own is no placebo.",
            "Effective units: how many untreated units with equal weights would tell as much (Kish), of "
            f"{' or '.join(format_number(n or 0, 0) for n in sorted(untreated, key=lambda n: n or 0))}.",
        ],
    )


def balance_table(folder: Path = FINDINGS) -> Table:
    """How far the treated units' means lie from the others', before and after weighting by the odds of treatment."""
    known = load_all(folder)
    rows = []
    for name, words in CONTROLS.items():
        cells = [format_number(known[f"{DESIGN}.balance.{name}.{w}"].value, 2) for w in ("before", "after")]
        rows.append(Row([capitalized(words.removeprefix("the ")), *cells]))
    return Table(
        [
            Column("Control, first year", align="left"),
            Column("All alike", "standard deviations"),
            Column("Weighted by odds", "standard deviations"),
        ],
        rows,
        notes=[
            "Treated less untreated mean, over the treated units' standard deviation. "
            "Balancing weights, and the weights that the other two methods imply, make each difference nought."
        ],
    )


def claimed_sizes(path: Path = VERDICTS) -> dict[str, float]:
    """For each outcome that a claim is judged by, the smallest size that matters to it, with the sign that it expects.

    Args:
        path: where the verdicts are.

    Raises:
        VerdictError: the verdicts are missing.
    """
    judged = {f"{DESIGN}.{outcome}.effect": outcome for outcome in OUTCOMES}
    return {
        judged[claim.finding]: (-1 if claim.rule["expects"] == "decrease" else 1) * float(claim.size["value"])
        for claim in load_verdicts(path)
        if claim.finding in judged
    }


def overview_figure(
    specification: str = "share",
    other: str = "raw",
    *,
    sizes: Mapping[str, float] | None = None,
    folder: Path = FINDINGS,
    samples: Path = SAMPLES,
    study: Study | None = None,
) -> Figure:
    """All co-primary outcomes at once, each in standard deviations of its placebo estimates.

    A row has the treated province's estimate with the interval that placebo provinces give, those provinces as dots,
    and the estimate of another specification; lines mark the minimum detectable effect. At the right stand estimate
    and detectable effect in the outcome's own unit.

    Args:
        specification: of the estimates, intervals and dots.
        other: the specification of the hollow marks, each in standard deviations of its own placebos.
        sizes: for some outcomes the smallest size that matters, in the outcome's unit, with its sign; those of the
            claims if not given.
        folder: where the findings are.
        samples: where the placebo estimates are.
        study: the study's definition; that of `study.yml` if not given.

    Raises:
        FindingError: a finding or the placebo estimates are missing.
    """
    study = load_study() if study is None else study
    sizes = claimed_sizes() if sizes is None else sizes
    known, table = load_all(folder), load_placebos(DESIGN, samples)
    name = study.province_names[study.treated]
    effects = {o: known[f"{DESIGN}.{o}.{specification}.effect"] for o in OUTCOMES}
    outside = sum(f.interval is not None and not f.interval[0] <= 0 <= f.interval[1] for f in effects.values())
    reached = sum(abs(f.value) >= (f.detectable or np.inf) for f in effects.values())
    title = (
        f"{name}: {outside} of {len(effects)} intervals leave out nought, "
        f"{reached} of {len(effects)} estimates reach the detectable effect"
    )
    drawn, edges = [], []
    with style(f"overview_{specification}"):
        figure = MatplotlibFigure(figsize=(WIDTH, 0.47 * len(effects) + 1.5), layout="constrained")
        axes = figure.subplots()
        right = axes.twinx()
        for row, (outcome, found) in enumerate(effects.items()):
            own = table[(table["key"] == found.key) & (table["group"] != study.treated)]
            if own.empty:
                raise FindingError(f"{DESIGN}: no placebo estimates under the key {found.key!r}; run `report build`")
            scale = (found.detectable or np.nan) / DETECTABLE
            hollow = known[f"{DESIGN}.{outcome}.{other}.effect"]
            ends = found.interval or (np.nan, np.nan)
            marks = {
                "estimate": found.value / scale,
                "low": ends[0] / scale,
                "high": ends[1] / scale,
                other: hollow.value / ((hollow.detectable or np.nan) / DETECTABLE),
                "size": sizes[outcome] / scale if outcome in sizes else np.nan,
            }
            drawn.append({"key": found.key, "unit_per_deviation": scale, **marks})
            edges += [marks["low"], marks["high"]]
            axes.scatter(own["estimate"] / scale, np.full(len(own), row + 0.26), s=9, color=COMPARISON, linewidth=0)
            axes.plot((marks["low"], marks["high"]), (row, row), color=TREATED, linewidth=1.6, zorder=2)
            axes.plot(marks[other], row, "D", color=TREATED, markerfacecolor="white", markersize=5, zorder=3)
            axes.plot(marks["estimate"], row, "D", color=TREATED, markersize=6, zorder=4)
            axes.plot(marks["size"], row, "|", color=EMPHASIS, markersize=15, markeredgewidth=2.2, zorder=5)
        axes.axvline(0, color=INK, linewidth=0.8, zorder=1)
        for edge, side in ((-DETECTABLE, "right"), (DETECTABLE, "left")):
            axes.axvline(edge, color=INK, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)
            axes.annotate(
                "detectable", (edge, -0.62), xytext=(-3 if side == "right" else 3, 0), textcoords="offset points",
                fontsize=SMALL, ha=side, va="center",
            )  # fmt: skip
        reach = max(1.2 * DETECTABLE, *(abs(e) for e in edges if np.isfinite(e)))
        axes.set_xlim(-1.06 * reach, 1.06 * reach)
        axes.set_yticks(range(len(effects)), [fill(_label(o), 22) for o in effects])
        shown = [
            f"{format_number(f.value, places(f))} ({format_number(f.detectable or 0.0, places(f))})\n{f.unit}"
            for f in effects.values()
        ]
        for each in (axes, right):
            each.set_ylim(len(effects) - 0.4, -0.95)
        right.set_yticks(range(len(effects)), shown, fontsize=SMALL)
        right.grid(visible=False)
        right.annotate(
            "estimate\n(detectable)", (1, -0.72), xycoords=("axes fraction", "data"), xytext=(4, 0),
            textcoords="offset points", fontsize=SMALL, va="center",
        )  # fmt: skip
        axes.xaxis.set_major_formatter(lambda x, _: format_number(x, 0))
        axes.set_xlabel("Standard deviations of the estimates of placebo provinces")
        figure.suptitle(title, x=0.01, ha="left")
        return Figure(to_svg(figure), title, pd.DataFrame(drawn))


def overlap_figure(table: pd.DataFrame | None = None, study: Study | None = None, samples: Path = SAMPLES) -> Figure:
    """What share of units has each probability of being in the treated province, treated ones above, others below.

    Args:
        table: columns treated (0 or 1) and probability; the pipeline's if not given.
        study: the study's definition; that of `study.yml` if not given.
        samples: where the pipeline's table is.
    """
    study = load_study() if study is None else study
    table = load_points(f"{DESIGN}_likeness", samples) if table is None else table
    edges = np.linspace(0, 1, 21)
    groups: Mapping[int, pd.Series] = {t: table.loc[table["treated"] == t, "probability"] for t in (1, 0)}
    name = study.province_names[study.treated]
    beyond = int((groups[1] > groups[0].max()).sum())
    unlike = int((groups[0] < UNLIKELY).sum())
    title = f"{unlike} of {len(groups[0])} units next door have a probability below {100 * UNLIKELY:.0f} percent"
    with style("overlap"):
        figure = MatplotlibFigure(figsize=(WIDTH, 2.9), layout="constrained")
        axes = figure.subplots()
        shares = {t: 100 * np.histogram(groups[t], edges)[0] / len(groups[t]) for t in groups}
        for treated, sign, colour in ((1, 1, TREATED), (0, -1, COMPARISON)):
            axes.bar(
                edges[:-1],
                sign * shares[treated],
                width=0.05,
                align="edge",
                color=colour,
                edgecolor="white",
            )
        axes.axhline(0, color=INK, linewidth=0.8)
        top, bottom = axes.get_ylim()[1], axes.get_ylim()[0]
        axes.text(1.0, top, f"{name}: {len(groups[1])} units, {beyond} beyond all others", ha="right", va="top",
                  fontsize=SMALL, color=TREATED)  # fmt: skip
        axes.text(
            1.0, bottom, f"Neighbours: {len(groups[0])} units", ha="right", va="bottom", fontsize=SMALL, color=INK
        )
        axes.set_xlim(0, 1)
        axes.xaxis.set_major_formatter(lambda x, _: format_number(100 * x, 0))
        axes.yaxis.set_major_formatter(lambda y, _: format_number(abs(y), 0))
        axes.set_xlabel(f"Probability of being in {name}, given the controls (percent)")
        axes.set_ylabel("Percent of the units")
        figure.suptitle(title, x=0.01, ha="left")
        drawn = pd.DataFrame(
            {"from": edges[:-1], "to": edges[1:], "percent_treated": shares[1], "percent_others": shares[0]}
        )
        return Figure(to_svg(figure), title, drawn)


def neighbour(which: str, folder: Path = FINDINGS, study: Study | None = None) -> Shown:
    """The neighbour with the largest, or smallest, mean change in the urban share."""
    study = load_study() if study is None else study
    keys = {p: f"{DESIGN}.urban_share.by_province.{study.province_names[p].lower()}" for p in study.neighbours}
    known = load_all(folder)
    pick = {"largest": max, "smallest": min}[which]
    found = pick(keys, key=lambda p: known[keys[p]].value)
    return Shown(f"{study.province_names[found]} ({format_number(known[keys[found]].value, 1)})")


def spread_over_error(outcome: str, specification: str = "share", folder: Path = FINDINGS) -> Shown:
    """How many times its clustered error the spread of an outcome's placebo estimates is."""
    key = f"{DESIGN}.{outcome}.{specification}.effect"
    known = load_all(folder)
    spread = (known[key].detectable or 0.0) / DETECTABLE
    return Shown(format_number(spread / (known[f"{key}.crv1"].standard_error or np.nan), 1))


def placebo_count(folder: Path = FINDINGS) -> Shown:
    """How many provinces take the treated place in the effect on the urban share."""
    return Shown(format_number(load_all(folder)[f"{DESIGN}.urban_share.effect"].placebos or 0, 0))


def smallest_p(folder: Path = FINDINGS) -> Shown:
    """The smallest p-value that so many placebo provinces can give."""
    return Shown(format_number(load_all(folder)[f"{DESIGN}.urban_share.effect"].smallest_p or 0, 2))
