"""Inference and robustness: tables and figures of variance, coverage, power, the specification curve, and speed."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure as MatplotlibFigure

from analysis.data.tables import load_programme_units
from analysis.findings import FindingError, load_all
from analysis.paths import DATA, FINDINGS, ROOT, SAMPLES
from analysis.present.effects import outcome_words
from analysis.present.numbers import format_number
from analysis.present.places import PROVINCES
from analysis.present.samples import load_points
from analysis.present.style import COMPARISON, EMPHASIS, INK, LINE, SMALL, TREATED, WIDTH, Figure, style, to_svg
from analysis.present.tables import Column, Row, Table
from analysis.results.counties import OUTCOMES
from analysis.results.robustness import EVERYTHING
from analysis.study import load_study

BENCH = ROOT / "records" / "bench.json"
_SPACE = 0.6  # rows between two choices in the lower half of a specification curve

CHOICES: dict[str, dict[str, str]] = {
    "kinds": {"all": "All units", "counties": "No county-level cities"},
    "zones": {"kept": "Ground lost to zones: kept", "out": "Left out"},
    "capital": {"kept": "Capital's prefecture: kept", "out": "Left out"},
    "comparison": {"neighbours": "Against neighbours", "everyone": "Against all provinces"},
    "controls": {
        "raw": "No controls",
        "share": "Given the urban share",
        "own": "Given its own level",
        "all": "Given all",
    },
    "weight": {"none": "Unweighted", "population": "Weighted by population"},
}


def variance_table(folder: Path = FINDINGS) -> Table:
    """The share of each outcome's variance between provinces, prefectures and units."""
    parts = ("province_share", "prefecture_share", "unit_share", "correlation_in_prefecture")
    known = load_all(folder)
    rows = []
    for name, outcome in OUTCOMES.items():
        values = [known[f"inference.variance.{name}.{p}"].value for p in parts]
        rows.append(
            Row([outcome_words(outcome.name), *(format_number(v, 0) for v in values[:3]), format_number(values[3], 2)])
        )
    return Table(
        columns=[
            Column("Change in", align="left"),
            Column("Provinces", "percent"),
            Column("Prefectures", "percent"),
            Column("Units", "percent"),
            Column("Correlation in a prefecture"),
        ],
        rows=rows,
        notes=[
            "Changes from 2010 to 2020, of residents and urban residents in logs. Variance components by restricted "
            "maximum likelihood, no controls. A share of nought is the boundary."
        ],
    )


def coverage_table(folder: Path = FINDINGS) -> Table:
    """Coverage of clustered intervals and size of the placebo test, in a world without and one with province shocks."""
    parts = ("without.crv1", "without.crv3", "with.crv1", "with.crv3", "with.size_5", "with.size_10")
    known = load_all(folder)
    shown = {o: [known[f"inference.coverage.{o}.{p}"] for p in parts] for o in OUTCOMES}
    every = [f for row in shown.values() for f in row]
    errors = [f.standard_error for f in every if f.standard_error is not None]
    draws = max(f.n or 0 for f in every)
    return Table(
        columns=[
            Column("Change in", align="left"),
            Column("Without shocks: CRV1"),
            Column("CRV3"),
            Column("With shocks: CRV1"),
            Column("CRV3"),
            Column("Placebo test at 5 percent"),
            Column("At 10 percent"),
        ],
        rows=[Row([outcome_words(o), *(format_number(f.value, 1) for f in row)]) for o, row in shown.items()],
        notes=[
            f"Percent of {format_number(draws, 0)} simulated draws. CRV1 and CRV3: intervals at 95 percent, clustered "
            "by prefecture, that hold the true effect, which is nought. Placebo test: draws with province shocks in "
            "which it rejects the truth.",
            f"Errors of the simulation: {format_number(max(errors), 1)} percentage points at the most. CRV1: factor "
            "G/(G−1) × (N−1)/(N−K); CRV3: cluster jackknife times (G−1)/G; both with t on G−1 degrees of freedom.",
        ],
    )


def power_table(folder: Path = FINDINGS) -> Table:
    """The minimum detectable effect by formula, and what the placebo test finds in simulated draws."""
    parts = ("detectable", "simulated_detectable", "at_simulated_detectable")
    known = load_all(folder)
    rows = []
    for name, outcome in OUTCOMES.items():
        observed, simulated, share = (known[f"inference.power.{name}.{p}"].value for p in parts)
        needed = known.get(f"inference.power.{name}.needed")
        places = int(min(max(1 - np.floor(np.log10(observed)), 0), 4))
        rows.append(
            Row(
                [
                    f"{outcome_words(outcome.name)} ({outcome.unit})",
                    format_number(observed, places),
                    format_number(simulated, places),
                    format_number(share, 0),
                    "more than was tried" if needed is None else format_number(needed.value, places),
                ]
            )
        )
    return Table(
        columns=[
            Column("Change in", align="left"),
            Column("Detectable, observed"),
            Column("Detectable, simulated"),
            Column("Draws that find the latter", "percent"),
            Column("Found by 80 percent of draws"),
        ],
        rows=rows,
        notes=[
            "Detectable: 2.8 standard deviations of the placebo estimates, observed, and on average over simulated "
            "draws with province shocks. Found: the placebo test rejects at 5 percent."
        ],
    )


def power_figure(outcome: str = "urban_share", *, folder: Path = FINDINGS, samples: Path = SAMPLES) -> Figure:
    """How often an effect is found, by its size, by the placebo test and by clustered errors."""
    table = load_points("inference_power", samples)
    drawn = table[(table["outcome"] == outcome) & (table["world"] == "with")]
    if drawn.empty:
        raise FindingError(f"inference_power.csv: no power curve of the outcome {outcome!r}")
    known = load_all(folder)
    detectable = known[f"inference.power.{outcome}.detectable"].value
    found = known[f"inference.power.{outcome}.at_detectable"].value
    title = f"{outcome_words(outcome)}: {found:.0f} percent of draws find the minimum detectable effect"
    with style(f"power-{outcome}"):
        figure = MatplotlibFigure(figsize=(WIDTH, 3.2), layout="constrained")
        axes = figure.subplots()
        axes.plot(
            drawn["effect"], drawn["crv1"], color=EMPHASIS, linestyle=(0, (5, 2)), label="Clustered errors (CRV1)"
        )
        axes.plot(drawn["effect"], drawn["placebo"], color=TREATED, linewidth=2, label="Placebo provinces")
        for level, words in ((5, "5"), (80, "80")):
            axes.axhline(level, color=LINE, linewidth=0.8, linestyle=(0, (1, 2)))
            axes.annotate(
                words, (1, level), xycoords=("axes fraction", "data"), xytext=(3, -3), textcoords="offset points",
                fontsize=SMALL,
            )  # fmt: skip
        axes.axvline(detectable, color=INK, linewidth=0.8)
        axes.annotate(
            "minimum detectable effect, observed",
            (detectable, 30), xytext=(4, 0), textcoords="offset points", fontsize=SMALL,
        )  # fmt: skip
        axes.set_ylim(0, 102)
        axes.set_xlim(0, drawn["effect"].max())
        axes.xaxis.set_major_formatter(lambda x, _: format_number(x, 0 if detectable > 2 else 1))
        axes.set_xlabel(f"True effect ({OUTCOMES[outcome].unit})")
        axes.set_ylabel("Draws that call it an effect (percent)")
        axes.legend(loc="lower right")
        figure.suptitle(title, x=0.01, ha="left")
        return Figure(to_svg(figure), title, drawn)


def _curve(outcome: str, samples: Path) -> pd.DataFrame:
    table = load_points("robustness_curve", samples)
    own = table[table["outcome"] == outcome]
    if own.empty:
        raise FindingError(f"robustness_curve.csv: no specification of the outcome {outcome!r}")
    return own.sort_values(["estimate", *CHOICES], kind="stable").reset_index(drop=True)


def curve_figure(outcome: str = "urban_share", *, samples: Path = SAMPLES) -> Figure:
    """A specification curve: estimates from the smallest to the largest, and below them the choices of each."""
    table = _curve(outcome, samples)
    choices = [(column, value) for column, values in CHOICES.items() for value in values]
    there = [(c, v) for c, v in choices if (table[c] == v).any()]
    place, heights, last = 0.0, [], there[0][0]
    for column, _ in there:
        place += _SPACE if column != last else 0.0
        heights.append(place)
        place, last = place + 1, column
    clustered, placebo = table["p_clustered"] <= 0.05, table["p_placebo"] <= 0.05 + 1e-9
    title = (
        f"{outcome_words(outcome)}: of {len(table)} specifications {placebo.sum()} are significant by "
        f"placebos, {clustered.sum()} by clusters"
    )
    with style(f"curve-{outcome}"):
        figure = MatplotlibFigure(figsize=(WIDTH, 6.2), layout="constrained")
        above, below = figure.subplots(2, 1, sharex=True, height_ratios=[1.1, 1.3])
        for keep, colour, marker, words in (
            (~clustered & ~placebo, COMPARISON, "o", "not significant"),
            (clustered & ~placebo, TREATED, "D", "by clustered errors only"),
            (placebo, EMPHASIS, "s", "by placebo provinces"),
        ):
            if keep.any():
                above.scatter(
                    table.index[keep], table["estimate"][keep], s=11, color=colour, marker=marker, label=words
                )
        above.axhline(0, color=INK, linewidth=0.8)
        above.set_ylabel(f"Estimate ({OUTCOMES[outcome].unit})")
        above.grid(visible=True, axis="y")
        above.grid(visible=False, axis="x")
        above.yaxis.set_major_formatter(lambda y, _: format_number(y, 1))
        above.legend(loc="upper left", title="Significant at 5 percent", alignment="left")
        for (column, value), height in zip(there, heights, strict=True):
            chosen = table.index[table[column] == value]
            below.vlines(chosen, height - 0.36, height + 0.36, color=INK, linewidth=1.0)
        below.set_yticks(heights, [CHOICES[c][v] for c, v in there], fontsize=SMALL)
        below.set_ylim(heights[-1] + 0.7, -0.7)
        below.grid(visible=False)
        below.set_xlabel("Specifications, by estimate")
        below.spines["bottom"].set_visible(False)
        below.set_xticks([])
        figure.suptitle(title, x=0.01, ha="left")
        return Figure(
            to_svg(figure), title, table[["outcome", *CHOICES, "units", "estimate", "p_placebo", "p_clustered"]]
        )


def curves_figure(*, samples: Path = SAMPLES) -> Figure:
    """The curves of all outcomes with each province in the treated place: the treated one stands out."""
    table = load_points("robustness_curve", samples)
    treated = load_study().treated
    provinces = [c for c in table.columns if c in PROVINCES and table[c].notna().all()]
    medians = table.groupby("outcome")[provinces].median().abs()
    first = int((medians[treated] >= medians.max(axis=1)).sum())
    name = PROVINCES[treated]
    title = f"Of {len(provinces)} provinces {name} has the largest median in {first} of {len(medians)} outcomes"
    with style("curves"):
        figure = MatplotlibFigure(figsize=(WIDTH, 7.0), layout="constrained")
        panels = figure.subplots(4, 2, sharey=True)
        for axes, (name, outcome) in zip(panels.flat, OUTCOMES.items(), strict=True):
            own = table[table["outcome"] == name]
            scale = own["scale"].abs()
            for province in sorted(provinces, key=lambda p: p == treated):
                values = np.sort((own[province] / scale).to_numpy())
                mine = province == treated
                axes.plot(
                    np.linspace(0, 100, len(values)), values, color=TREATED if mine else COMPARISON,
                    linewidth=2.2 if mine else 0.6, zorder=3 if mine else 2,
                )  # fmt: skip
            axes.axhline(0, color=INK, linewidth=0.6)
            axes.set_title(outcome_words(outcome.name), fontsize=SMALL)
            axes.yaxis.set_major_formatter(lambda y, _: format_number(y, 0))
            axes.set_xlim(0, 100)
        for axes in panels[-1]:
            axes.set_xlabel("Specifications, by estimate (percent)")
        figure.supylabel("Estimate (standard deviations of the outcome)", fontsize=SMALL)
        figure.suptitle(title, x=0.01, ha="left")
        return Figure(to_svg(figure), title, table[["outcome", *CHOICES, "scale", *provinces]])


def curve_table(folder: Path = FINDINGS) -> Table:
    """Inference on the specification curve of each outcome and of all together."""
    parts = (
        "specifications", "median", "low", "high", "significant_placebo",
        "significant_clustered", "others_significant_clustered",
    )  # fmt: skip
    labels = {o: outcome_words(o) for o in OUTCOMES} | {EVERYTHING: "All, signed"}
    known = load_all(folder)
    rows = []
    for name, label in labels.items():
        found = {p: known[f"robustness.curve.{name}.{p}"] for p in parts}
        p_median, p_clustered = found["median"].p_value, found["significant_clustered"].p_value
        if p_median is None or p_clustered is None:
            raise FindingError(f"robustness.curve.{name}: the median or the significant share has no p-value")
        rows.append(
            Row(
                [
                    label,
                    format_number(found["specifications"].value, 0),
                    format_number(found["median"].value, 2),
                    format_number(p_median, 2),
                    f"{format_number(found['low'].value, 2)} to {format_number(found['high'].value, 2)}",
                    format_number(found["significant_placebo"].value, 0),
                    format_number(found["significant_clustered"].value, 0),
                    format_number(p_clustered, 2),
                    format_number(found["others_significant_clustered"].value, 0),
                ]
            )
        )
    median = known[f"robustness.curve.{EVERYTHING}.median"]
    return Table(
        columns=[
            Column("Change in", align="left"),
            Column("Specifications"),
            Column("Median (SD)"),
            Column("p"),
            Column("Range (SD)"),
            Column("Significant, placebo (%)"),
            Column("Significant, clustered (%)"),
            Column("p"),
            Column("The same elsewhere (%)"),
        ],
        rows=rows,
        notes=[
            "SD: standard deviations of the outcome over units. Significant: at 5 percent. The same elsewhere: the "
            "share for a province without the programme, the median of them. All, signed: agricultural employment "
            "with its sign changed.",
            f"p: share of {format_number((median.placebos or 0) + 1, 0)} provinces whose curve shows as much; "
            f"{format_number(median.smallest_p or 0, 3)} at the least.",
        ],
    )


def _prefecture(name: str, pinyin: Mapping[str, str]) -> str:
    province, chinese = name.split(" ", 1)
    if chinese in pinyin:
        return f"{pinyin[chinese]} {chinese}"
    return f"{chinese}, {PROVINCES[province]}"


def leave_one_out_table(specification: str = "raw", *, samples: Path = SAMPLES, data: Path = DATA) -> Table:
    """The long difference with all prefectures, its range without one, and the prefecture that moves it most."""
    table = load_points("robustness_left_out", samples)
    roster = load_programme_units(data / "programme_units.csv")
    pinyin = dict(zip(roster["prefecture"], roster["prefecture_pinyin"], strict=True))
    rows = []
    for name, outcome in OUTCOMES.items():
        part = table[(table["outcome"] == name) & (table["specification"] == specification)]
        if part.empty:
            raise FindingError(
                f"robustness_left_out.csv: no estimates of {name!r} in the specification {specification!r}"
            )
        moved = part.iloc[int((part["estimate"] - part["full"]).abs().argmax())]
        places = int(min(max(1 - np.floor(np.log10(part["estimate"].abs().max())), 1), 3))
        low, high = (format_number(v, places) for v in (part["estimate"].min(), part["estimate"].max()))
        rows.append(
            Row(
                [
                    f"{outcome_words(outcome.name)} ({outcome.unit})",
                    format_number(part["full"].iloc[0], places),
                    f"{low} to {high}",
                    _prefecture(str(moved["prefecture"]), pinyin),
                    format_number(moved["estimate"], places),
                ]
            )
        )
    count = table.groupby(["outcome", "specification"]).size().max()
    return Table(
        columns=[
            Column("Change in", align="left"),
            Column("All prefectures"),
            Column("Without one"),
            Column("Moves it most", align="left"),
            Column("Without that one"),
        ],
        rows=rows,
        notes=[f"One of {format_number(count, 0)} prefectures, Henan's and its neighbours', is left out at a time."],
    )


def leave_one_out_figure(*, samples: Path = SAMPLES) -> Figure:
    """Every estimate without one prefecture, in standard deviations of the outcome."""
    table = load_points("robustness_left_out", samples)
    curve = load_points("robustness_curve", samples)
    scales = curve.groupby("outcome")["scale"].first().abs()
    turned = table.groupby(["outcome", "specification"])[["estimate", "full"]].apply(
        lambda part: bool((part["estimate"] * part["full"] < 0).any())
    )
    title = f"Without one prefecture the sign can turn in {turned.sum()} of {len(turned)} estimates"
    with style("left-out"):
        figure = MatplotlibFigure(figsize=(WIDTH, 3.6), layout="constrained")
        axes = figure.subplots()
        for row, name in enumerate(OUTCOMES):
            for shift, specification, colour, marker in ((-0.17, "raw", TREATED, "D"), (0.17, "all", EMPHASIS, "s")):
                part = table[(table["outcome"] == name) & (table["specification"] == specification)]
                values = part["estimate"] / scales[name]
                axes.scatter(values, np.full(len(values), row + shift), s=9, color=COMPARISON, linewidths=0)
                words = {"raw": "all prefectures, no controls", "all": "all prefectures, all controls"}[specification]
                axes.scatter(
                    part["full"].iloc[:1] / scales[name], [row + shift], s=24, marker=marker, color=colour, zorder=3,
                    label=words if row == 0 else None,
                )  # fmt: skip
        axes.axvline(0, color=INK, linewidth=0.8, zorder=1)
        axes.set_yticks(range(len(OUTCOMES)), [outcome_words(o.name) for o in OUTCOMES.values()], fontsize=SMALL)
        axes.set_ylim(len(OUTCOMES) - 0.4, -0.6)
        axes.xaxis.set_major_formatter(lambda x, _: format_number(x, 1))
        axes.set_xlabel("Standard deviations of the outcome; dots: without one prefecture")
        figure.legend(loc="outside lower right", ncols=2)
        figure.suptitle(title, x=0.01, ha="left")
        return Figure(to_svg(figure), title, table.assign(scale=table["outcome"].map(scales)))
