"""Money and risk: own revenue and bonds over the years, and four risks by unit."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as MatplotlibFigure
from matplotlib.ticker import MaxNLocator

from analysis.findings import FindingError, Known, load_all
from analysis.paths import FINDINGS
from analysis.present.effects import effects_table
from analysis.present.match import group_labels
from analysis.present.numbers import Shown, format_number
from analysis.present.samples import load_points
from analysis.present.style import COMPARISON, EMPHASIS, INK, SMALL, TREATED, WIDTH, Figure, style, to_svg
from analysis.present.tables import Column, Row, Table
from analysis.study import Study, load_study

MONEY_LABELS = {
    "match.lgfv_bonds.effect": "Bonds, percent of GDP, 2015 to 2020",
    "match.lgfv_bonds.effect_none_is_nought": "The same, no figure read as no bonds",
    "match.lgfv_bonds.effect_without_capitals": "The same, without provincial capitals",
    "match.fiscal_self_sufficiency.effect": "Own revenue, percent of expenditure, 2011 to 2022",
}
PLACEBO_LABELS = {  # short, since the figure's labels take their width from its axis
    "match.lgfv_bonds.effect": "Bonds",
    "match.lgfv_bonds.effect_none_is_nought": "no figure: none",
    "match.lgfv_bonds.effect_without_capitals": "no capitals",
    "match.fiscal_self_sufficiency.effect": "Own revenue",
}
LONGEST_GAP = 4  # years between two figures that a line may join
RISK_LABELS = {  # of each indicator: what the risk is called, what its axis says, and its row in a table
    "cost": (
        "Cost of running towns",
        "Growth of spending per resident, 2011 to 2022 (log points)",
        "Growth of budget spending per resident, 2011 to 2022, current prices",
    ),
    "citizenization": (
        "Incomplete citizenization",
        "Urban share less non-agricultural share, 2010 (points)",
        "Urban share less the share with non-agricultural registration, 2010",
    ),
    "capacity": (
        "Weaker small places",
        "Loss of residents, 2010 to 2020 (log points)",
        "Loss of residents, 2010 to 2020",
    ),
    "work": (
        "Town without work",
        "Urban share less non-farm work, changes (points)",
        "Rise of the urban share less rise of work outside farming, 2010 to 2020",
    ),
}
BINS = 24


def money_table(folder: Path = FINDINGS) -> Table:
    """Effects on bonds and on fiscal self-sufficiency, with the inference of record."""
    return effects_table(
        MONEY_LABELS,
        head="Figure",
        notes=("Units are prefectures for bonds, where each is a cluster of its own, and counties for revenue.",),
        folder=folder,
    )


def _series(known: Known, prefix: str, group: str) -> dict[int, float]:
    start = f"{prefix}.{group}."
    years = {k.removeprefix(start): f.value for k, f in known.starting(start).items()}
    return {int(y): v for y, v in sorted(years.items()) if y.isdecimal()}


def _points(series: Mapping[str, dict[int, float]], name: str) -> pd.DataFrame:
    drawn = [(label, year, value) for label, values in series.items() for year, value in values.items()]
    return pd.DataFrame(drawn, columns=["group", "year", name])


def _lines(axes: Axes, series: Mapping[str, dict[int, float]]) -> None:
    styles = ((TREATED, "D", "-"), (INK, "s", (0, (4, 2))), (COMPARISON, "o", (0, (1, 1))))
    for (label, values), (colour, marker, dashes) in zip(series.items(), styles, strict=False):
        years = np.array(list(values))
        heights = np.array(list(values.values()))
        # No line over years without figures, which nobody knows.
        runs = np.split(np.arange(len(years)), np.flatnonzero(np.diff(years) > LONGEST_GAP) + 1)
        for run in runs:
            axes.plot(
                years[run], heights[run], color=colour, marker=marker, markersize=4.5, linestyle=dashes, linewidth=1.4,
                label=label if run[0] == 0 else None,
            )  # fmt: skip
    axes.set_ylim(bottom=0)
    axes.grid(axis="y")
    axes.xaxis.set_major_formatter(lambda x, _: f"{x:.0f}")


def whole_years(which: str = "all", folder: Path = FINDINGS) -> Shown:
    """The years in which the treated province's units have whole figures of own revenue: first, last, or all."""
    study = load_study()
    own = study.province_names[study.treated].lower()
    years = [str(y) for y in _series(load_all(folder), "match.fiscal_self_sufficiency", own)]
    if len(years) < 2:
        raise FindingError("no findings of fiscal self-sufficiency by year; run `report build`, which makes them")
    all_years = f"{', '.join(years[:-1])} and {years[-1]}"
    return Shown({"first": years[0], "last": years[-1], "all": all_years}[which])


def self_sufficiency_figure(folder: Path = FINDINGS) -> Figure:
    """Own revenue in percent of spending, median county, in the years that the county yearbook has whole."""
    study = load_study()
    known = load_all(folder)
    series = {label: _series(known, "match.fiscal_self_sufficiency", g) for g, label in group_labels(study).items()}
    if not all(series.values()):
        raise FindingError("no findings of fiscal self-sufficiency by year; run `report build`, which makes them")
    name, own = next(iter(series.items()))
    first, last = min(own), max(own)
    title = f"{name}: own revenue paid {own[first]:.0f} percent of spending in {first}, {own[last]:.0f} in {last}"
    with style("match_self_sufficiency"):
        figure = MatplotlibFigure(figsize=(WIDTH, 2.9), layout="constrained")
        axes = figure.subplots()
        _lines(axes, series)
        axes.legend(loc="lower left")
        axes.set_xticks(sorted({y for values in series.values() for y in values}))
        axes.set_ylabel("Percent of expenditure")
        figure.suptitle(title, x=0.01, ha="left")
        return Figure(to_svg(figure), title, _points(series, "percent_of_spending"))


def bonds_figure(folder: Path = FINDINGS) -> Figure:
    """Bonds of financing vehicles in percent of output, mean prefecture, by year."""
    study = load_study()
    known = load_all(folder)
    series = {label: _series(known, "match.lgfv_bonds", g) for g, label in group_labels(study).items()}
    if not all(series.values()):
        raise FindingError("no findings of bonds by year; run `report build`, which makes them")
    name, own = next(iter(series.items()))
    first, last = min(own), max(own)
    title = (
        f"{name}: bonds of financing vehicles, {own[first]:.0f} percent of GDP in {first}, {own[last]:.0f} in {last}"
    )
    with style("match_bonds"):
        figure = MatplotlibFigure(figsize=(WIDTH, 2.9), layout="constrained")
        axes = figure.subplots()
        _lines(axes, series)
        axes.legend(loc="upper left")
        year, month = (int(part) for part in study.start.split("-"))
        start = year + month / 12 - 1  # balances are of the end of the year at whose number they stand
        axes.axvline(start, color=EMPHASIS, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)
        axes.annotate(
            study.programme_short, (start, 0), xytext=(3, 3), textcoords="offset points",
            fontsize=SMALL, color=EMPHASIS,
        )  # fmt: skip
        axes.set_ylabel("Percent of GDP, end of year")
        figure.suptitle(title, x=0.01, ha="left")
        return Figure(to_svg(figure), title, _points(series, "percent_of_gdp"))


def heads_table(folder: Path = FINDINGS) -> Table:
    """Revenue, spending and the gap between them per resident, and loans over savings, by group in two years."""
    groups, known = group_labels(load_study()), load_all(folder)
    years = ("2011", "2022")
    rows = []
    for label, prefix, digits in (
        ("Own revenue (yuan per resident)", "money.per_head.revenue", 0),
        ("Spending (yuan per resident)", "money.per_head.expenditure", 0),
        ("Spending less revenue (yuan per resident)", "money.per_head.gap", 0),
        ("Own revenue (percent of spending)", "match.fiscal_self_sufficiency", 1),
        ("Loans (percent of household savings)", "money.loans_to_savings", 1),
    ):
        found = [known[f"{prefix}.{g}.{year}"] for g in groups for year in years]
        rows.append(Row([label, *(format_number(f.value, digits) for f in found)]))
    return Table(
        columns=[
            Column("Median unit", align="left", width=34),
            *(Column(f"{label}, {year}", width=11) for label in groups.values() for year in years),
        ],
        rows=rows,
        notes=[
            "Counties, county-level cities and banners. Current prices; residents of the census before, 2010 or 2020. "
            "Each row has medians of its own, so that they do not add up.",
        ],
    )


def risks_table(folder: Path = FINDINGS) -> Table:
    """Each risk's median by group, how many units are in China's worst quarter, and the treated province's rank."""
    groups, known = group_labels(load_study()), load_all(folder)
    own, name = next(iter(groups.items()))
    rows = []
    for risk, (_, _, label) in RISK_LABELS.items():
        base = f"money.risk.{risk}"
        rank, unit = known[f"{base}.{own}.rank"], known[f"{base}.worst_quarter"].unit
        rows.append(
            Row(
                [
                    f"{label} ({unit})",
                    *(format_number(known[f"{base}.{g}.median"].value, 1) for g in groups),
                    *(format_number(known[f"{base}.{g}.worst_quarter_share"].value, 0) for g in (own, "neighbours")),
                    f"{format_number(rank.value, 0)} {rank.unit.removesuffix(' provinces')}",
                ]
            )
        )
    return Table(
        columns=[
            Column("Indicator; higher is worse", align="left", width=34),
            *(Column(f"Median, {label}", width=12) for label in groups.values()),
            Column(f"In China's worst quarter, {name}", "percent", width=11),
            Column("The same, neighbours", "percent", width=11),
            Column(f"Rank of {name}'s median", width=8),
        ],
        rows=rows,
        notes=[
            "In China's worst quarter: percent of units; 25 would be like China. Rank among provinces with 20 such "
            "units or more; 1 is the worst. Nothing is estimated.",
            known["money.risk.cost.worst_quarter"].sample,
        ],
    )


def risks_figure(points: pd.DataFrame | None = None, study: Study | None = None, folder: Path = FINDINGS) -> Figure:
    """How the four indicators are spread over the treated province's units and over China's, side by side.

    Args:
        points: columns group and the four risks; the pipeline's if not given.
        study: the study's definition; that of `study.yml` if not given.
        folder: where the findings are.
    """
    points = load_points("money") if points is None else points
    study = load_study() if study is None else study
    known = load_all(folder)
    name = study.province_names[study.treated]
    own = name.lower()
    shares = {r: known[f"money.risk.{r}.{own}.worst_quarter_share"].value for r in RISK_LABELS}
    fewer = sum(value < 25 for value in shares.values())
    title = (
        f"By {fewer} of {len(shares)} indicators fewer than a quarter of {name}'s units are in China's worst quarter"
    )
    with style("money_risks"):
        figure = MatplotlibFigure(figsize=(WIDTH, 5.2), layout="constrained")
        for axes, (risk, (label, words, _)) in zip(figure.subplots(2, 2).flat, RISK_LABELS.items(), strict=True):
            values = points[risk].dropna()
            low, high = np.percentile(values, [0.5, 99.5])
            edges = np.linspace(low, high, BINS + 1)
            mine = points.loc[points["group"] == own, risk].dropna()
            # The few units beyond the ends stand in the outermost bins, so that bars add up to all units.
            axes.hist(
                np.clip(values, low, high), bins=edges, weights=np.full(len(values), 100 / len(values)),
                histtype="stepfilled", color=COMPARISON, alpha=0.55, label="China",
            )  # fmt: skip
            axes.hist(
                np.clip(mine, low, high), bins=edges, weights=np.full(len(mine), 100 / len(mine)),
                histtype="step", color=TREATED, linewidth=1.5, label=name,
            )  # fmt: skip
            worst = known[f"money.risk.{risk}.worst_quarter"].value
            axes.axvline(worst, color=EMPHASIS, linewidth=1, linestyle=(0, (4, 3)))
            axes.set_title(f"{label}: {shares[risk]:.0f} percent", fontsize=SMALL + 1)
            axes.set_xlabel(words, fontsize=SMALL)
            axes.xaxis.set_major_formatter(lambda x, _: format_number(x, 0))
            axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
            axes.grid(visible=False)
        for axes in figure.axes[::2]:
            axes.set_ylabel("Percent of units", fontsize=SMALL)
        figure.axes[0].legend(loc="upper left")
        figure.suptitle(title, x=0.01, ha="left")
        return Figure(to_svg(figure), title, points[["group", *RISK_LABELS]])
