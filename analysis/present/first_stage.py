"""Tables and figures of the first stage, from its findings and samples."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as MatplotlibFigure
from matplotlib.ticker import MaxNLocator

from analysis.findings import Finding, FindingError, load_all
from analysis.paths import FINDINGS, SAMPLES
from analysis.present.effects import (
    CRV1_NOTE,
    DETECTABLE_NOTE,
    UNBOUNDED,
    effects_table,
    placebo_note,
    unit_of_all,
    with_unit,
)
from analysis.present.numbers import Shown, capitalized, format_number, text
from analysis.present.places import PROVINCES
from analysis.present.samples import load_placebos, load_points
from analysis.present.style import COMPARISON, EMPHASIS, INK, SMALL, TREATED, WIDTH, Figure, style, to_svg
from analysis.present.tables import Column, Row, Table
from analysis.results.counties import MORE, SPECIFICATIONS
from analysis.results.first_stage import (
    DENOMINATOR,
    DESIGN,
    FACILITIES,
    FACILITY_BASE,
    FACILITY_START,
    HOMES,
    HONEST_RELATIVE,
    HONEST_SMOOTH,
    ROAD_BASE,
    ROAD_START,
    ROAD_YEARS,
)
from analysis.study import Study, load_study

MOST_PROVINCES = 10  # rows of the table of weights

ROADS = {
    "effect": f"{ROAD_START}–{ROAD_YEARS[-1]} less {ROAD_BASE}",
    "with_flagged": "The same, flagged figures kept",
    "since_2006": f"The same, cities complete from {DENOMINATOR}",
    "without_treated": "The same, Henan no control",
    "change": f"Less the mean of {ROAD_YEARS[0]}–{ROAD_BASE}",
    "beyond_trend": f"Less the line through {DENOMINATOR}–{ROAD_BASE}",
    "synthetic": "Synthetic difference-in-differences",
}


def _range(ends: tuple[float, float] | None, places: int) -> str:
    return " to ".join(format_number(e, places) for e in ends) if ends else UNBOUNDED


def _draw(axes: Axes, table: pd.DataFrame, treated: str, base: int, start: int, *, small: bool = False) -> None:
    """The paths of all provinces: the treated one's on top, the base year and the years from the start on marked."""
    axes.axvspan(start - 0.5, table["year"].max() + 0.5, color="#f1efe9", zorder=0, linewidth=0)
    axes.axvline(base, color=EMPHASIS, linewidth=0.8, linestyle=(0, (4, 3)), zorder=1)
    axes.axhline(0, color=INK, linewidth=0.8, zorder=1)
    for province, path in table.groupby("group", sort=True):
        own = province == treated
        axes.plot(
            path["year"],
            path["estimate"],
            color=TREATED if own else COMPARISON,
            linewidth=2 if own else 0.8,
            marker="D" if own else None,
            markersize=2 if small else 3.5,
            alpha=1 if own else 0.75,
            zorder=3 if own else 2,
        )
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
    axes.yaxis.set_major_formatter(lambda y, _: format_number(y, 0) if float(y).is_integer() else format_number(y, 1))


def path_figure(
    key: str, *, base: int, start: int, title: str, breaks: Sequence[int] = (), samples: Path = SAMPLES,
    folder: Path = FINDINGS, study: Study | None = None,
) -> Figure:  # fmt: skip
    """Estimates by year for each province in the treated place.

    Args:
        key: of the path in the sample of points, such as "first_stage.roads"; `<key>.effect` is a finding.
        base: the base year.
        start: the first treated year.
        title: what is seen.
        breaks: years before which a definition changed.
        samples: where the points are.
        folder: where the findings are.
        study: the study's definition; that of `study.yml` if not given.
    """
    study = load_study() if study is None else study
    table = load_points(DESIGN, samples)
    table = table[table["key"] == key]
    if table.empty:
        raise FindingError(f"{DESIGN}: no points under the key {key!r}")
    unit = load_all(folder)[f"{key}.effect"].unit
    with style(key):
        figure = MatplotlibFigure(figsize=(WIDTH, 3.6), layout="constrained")
        axes = figure.subplots()
        _draw(axes, table, study.treated, base, start)
        for year in breaks:
            axes.axvline(year - 0.5, color=INK, linewidth=0.6, linestyle=(0, (1, 2)), zorder=1)
        low, high = axes.get_ylim()
        axes.set_ylim(low, high + 0.1 * (high - low))
        top = axes.get_ylim()[1]
        notes = [(base, f"base {base}", EMPHASIS), (start - 0.5, f"from {start}", INK)]
        notes += [(y - 0.5, f"new denominator {y}", INK) for y in breaks]
        for x, words, color in notes:
            left = x == base
            axes.annotate(
                words, (x, top), xytext=(-3 if left else 3, -2), textcoords="offset points", fontsize=SMALL,
                color=color, ha="right" if left else "left", va="top",
            )  # fmt: skip
        own = table[table["group"] == study.treated].sort_values("year").iloc[0]
        axes.annotate(
            PROVINCES[study.treated], (own["year"], own["estimate"]), xytext=(2, 6), textcoords="offset points",
            fontsize=SMALL, color=TREATED, ha="left",
        )  # fmt: skip
        axes.set_xlim(table["year"].min() - 0.5, table["year"].max() + 0.5)
        axes.set_ylabel(f"Difference to {base},\n{unit}")
        axes.grid(visible=True, axis="y")
        figure.suptitle(title, x=0.01, ha="left")
        return Figure(to_svg(figure), title, table)


def roads_figure(samples: Path = SAMPLES, folder: Path = FINDINGS) -> Figure:
    """Road area per head of county-level cities, by year, each province in the treated place."""
    name = PROVINCES[load_study().treated]
    others = load_all(folder)[f"{DESIGN}.roads.effect"].placebos
    moved = _as_far(f"{DESIGN}.roads.effect", folder) - 1
    title = f"Road area per head: {moved} of {others} other provinces moved at least as far as {name}"
    return path_figure(
        f"{DESIGN}.roads", base=ROAD_BASE, start=ROAD_START, title=title, breaks=[DENOMINATOR], samples=samples,
        folder=folder,
    )  # fmt: skip


def facilities_figure(samples: Path = SAMPLES, folder: Path = FINDINGS) -> Figure:
    """Facilities of urban cores by year, each province in the treated place: one panel a facility."""
    study = load_study()
    points = load_points(DESIGN, samples)
    known = load_all(folder)
    # With fewer than twenty provinces none can have a p of 0.05, so that to count those would say nothing.
    extreme = sum(_as_far(f"{DESIGN}.{name}.effect", folder) == 1 for name in FACILITIES)
    name = PROVINCES[study.treated]
    count = "none" if not extreme else str(extreme)
    title = f"{name} moved farther than all other provinces in {count} of {len(FACILITIES)} facilities"
    columns = 2
    rows = -(-len(FACILITIES) // columns)
    with style(f"{DESIGN}.facilities"):
        figure = MatplotlibFigure(figsize=(WIDTH, 1.75 * rows + 0.4), layout="constrained")
        panels = figure.subplots(rows, columns, squeeze=False).ravel()
        for axes, (facility_name, facility) in zip(panels, FACILITIES.items(), strict=False):
            table = points[points["key"] == f"{DESIGN}.{facility_name}"]
            if table.empty:
                raise FindingError(f"{DESIGN}: no points under the key {DESIGN}.{facility_name}")
            _draw(axes, table, study.treated, FACILITY_BASE, FACILITY_START, small=True)
            shown = table.loc[table["group"] == study.treated, "estimate"].abs().max()
            reach = 1.15 * max(float(shown), float(np.quantile(table["estimate"].abs(), 0.95)))
            axes.set_ylim(-reach, reach)
            axes.set_xlim(2002.5, points["year"].max() + 0.5)
            unit = known[f"{DESIGN}.{facility_name}.effect"].unit
            axes.set_title(f"{capitalized(facility.words)}\n({unit})", fontsize=SMALL)
            axes.tick_params(axis="y", labelsize=SMALL)
            axes.grid(visible=True, axis="y")
        for axes in panels[len(FACILITIES) :]:
            axes.set_axis_off()
        figure.suptitle(title, x=0.01, ha="left")
        drawn = points[points["key"].isin([f"{DESIGN}.{name}" for name in FACILITIES])]
        return Figure(to_svg(figure), title, drawn)


def city_table(
    labels: Mapping[str, str],
    *,
    adjusted: Mapping[str, str] | None = None,
    notes: Sequence[str] = (),
    folder: Path = FINDINGS,
) -> Table:
    """Effects whose few placebo provinces bound an interval at 90 percent only: one row an effect.

    Args:
        labels: keys of effects with the labels of their rows.
        adjusted: for each key the key of the p-value corrected for several outcomes; a column if given.
        notes: sentences at the foot, before those that all have.
        folder: where the findings are.
    """
    known = load_all(folder)
    unit = unit_of_all(known[key] for key in labels)
    rows = []
    for key, label in labels.items():
        found, looser = known[key], known[f"{key}.ninety"]
        clustered = known.get(f"{key}.crv1")
        error = None if clustered is None or clustered.standard_error is None else clustered.standard_error
        studentized = known.get(f"{key}.p_studentized")
        rows.append(
            Row(
                [
                    label if unit else with_unit(label, found.unit),
                    format_number(found.value, 1),
                    _range(looser.interval, 1),
                    format_number(found.p_value or 0.0, 2),
                    None if studentized is None else format_number(studentized.value, 2),
                    *([format_number(known[adjusted[key]].value, 2)] if adjusted else []),
                    format_number(found.detectable or 0.0, 1),
                    None if error is None else format_number(error, 2),
                    format_number(found.n or 0, 0),
                ]
            )
        )
    return Table(
        columns=[
            Column("Estimate of", unit, align="left"),
            Column("Estimate"),
            Column("90 percent interval"),
            Column("p"),
            Column("p, studentized"),
            *([Column("p, several outcomes")] if adjusted else []),
            Column("Detectable"),
            Column("CRV1 error"),
            Column("Units"),
        ],
        rows=rows,
        notes=[
            *notes,
            f"{placebo_note([known[k] for k in labels], 'Interval and p are')} "
            f"With so few no interval at 95 percent is bounded. {DETECTABLE_NOTE}",
            CRV1_NOTE,
        ],
    )


def roads_table(folder: Path = FINDINGS) -> Table:
    """The effect on road area per head, and what else one might have asked of the same figures."""
    return city_table({f"{DESIGN}.roads.{k}": label for k, label in ROADS.items()}, folder=folder)


def facilities_table(folder: Path = FINDINGS) -> Table:
    """The effects on facilities of urban cores."""
    labels = {f"{DESIGN}.{n}.effect": capitalized(f.words) for n, f in FACILITIES.items()}
    adjusted = {f"{DESIGN}.{n}.effect": f"{DESIGN}.{n}.p_adjusted" for n in FACILITIES}
    corrected = placebo_note((load_all(folder)[k] for k in adjusted.values()), "p, several outcomes, is")
    note = f"{corrected} These are the provinces that have a panel of every facility (Westfall and Young)."
    return city_table(labels, adjusted=adjusted, notes=[note], folder=folder)


def honest_table(folder: Path = FINDINGS) -> Table:
    """Bounds on the effect on roads where trends need not be parallel."""
    rows = []
    rules = [
        (
            f"relative_{round(100 * s)}",
            f"Moves at most {format_number(s, 1)} times the largest before"
            if s
            else "Does not move: trends are parallel",
        )
        for s in HONEST_RELATIVE
    ]
    for size in HONEST_SMOOTH:
        bend = f"Bends by at most {format_number(size, 1)} a year" if size else "Goes on as a straight line"
        rules.append((f"smooth_{round(100 * size)}", bend))
    known = load_all(folder)
    for name, words in rules:
        key = f"{DESIGN}.roads.honest.{name}"
        low, high = known.get(f"{key}.low"), known.get(f"{key}.high")
        provinces = known.get(f"{key}.provinces")
        rows.append(
            Row(
                [
                    words,
                    "none" if low is None or high is None else _range((low.value, high.value), 1),
                    _range(known[key].interval, 1),
                    None if provinces is None else _range(provinces.interval, 1),
                ]
            )
        )
    return Table(
        columns=[
            Column("What the difference to parallel trends does", align="left"),
            Column("Effects allowed"),
            Column("95 percent, clustered"),
            Column("95 percent, provinces"),
        ],
        rows=rows,
        notes=[
            f"Square metres per person; bounds of Rambachan and Roth on the mean of {ROAD_START}–{ROAD_YEARS[-1]} less "
            f"{ROAD_BASE}; years before are {DENOMINATOR}–{ROAD_BASE}. Effects allowed: at the estimates as they are; "
            "none, where the years before bend more than the rule allows.",
            "Clustered: CRV1 errors by prefecture. Provinces: the spread of the placebo provinces' estimates; with "
            "fewer provinces than years it serves the first kind of rule only. Normal critical values. Intervals of "
            "the first kind take the largest move before as known.",
        ],
    )


def weights_table(samples: Path = SAMPLES) -> Table:
    """The synthetic comparison of Henan's cities: provinces of the donor cities, and the years before."""
    table = load_points(f"{DESIGN}_weights", samples)
    units = table[table["kind"] == "unit"]
    sums = (
        units.groupby("group")["weight"].agg(["sum", "size", "max"]).sort_values("sum", ascending=False, kind="stable")
    )
    shown, rest = sums.iloc[:MOST_PROVINCES], sums.iloc[MOST_PROVINCES:]
    rows = [
        Row([PROVINCES[str(p)], format_number(n, 0), format_number(100 * s, 1), format_number(100 * m, 1)])
        for p, s, n, m in zip(shown.index, shown["sum"], shown["size"], shown["max"], strict=True)
    ]
    if len(rest):
        rows.append(
            Row(
                [
                    f"{len(rest)} others",
                    format_number(rest["size"].sum(), 0),
                    format_number(100 * rest["sum"].sum(), 1),
                    format_number(100 * rest["max"].max(), 1),
                ]
            )
        )
    years = table[(table["kind"] == "year") & (table["weight"] > 0.0005)].sort_values("weight", ascending=False)
    listed = ", ".join(f"{y} {format_number(100 * w, 1)}" for y, w in zip(years["name"], years["weight"], strict=True))
    return Table(
        columns=[
            Column("Province", align="left"),
            Column("Donor cities"),
            Column("Weight", "percent"),
            Column("Largest weight of a city", "percent"),
        ],
        rows=rows,
        notes=[f"Weights of years before, percent: {listed}; other years have none."],
    )


def _home(name: str) -> str:
    return capitalized(MORE[name].words.removeprefix("homes with ").removeprefix("a "))


def homes_table(folder: Path = FINDINGS) -> Table:
    """Shares of homes with each equipment: levels, changes and the effect without controls and given the own level."""
    study = load_study()
    first, last = study.first_year, study.last_year
    name = PROVINCES[study.treated]
    rows = []
    known = load_all(folder)
    effects: list[Finding] = []
    for home in HOMES:
        levels = [
            format_number(known[f"{DESIGN}.{home}.level_{year}.{side}"].value, 0)
            for side in ("treated", "neighbours")
            for year in (first, last)
        ]
        raw, own = known[f"{DESIGN}.{home}.effect"], known[f"{DESIGN}.{home}.own"]
        effects += (raw, own)
        rows.append(
            Row(
                [
                    _home(home),
                    *levels,
                    format_number(raw.value, 1),
                    format_number(raw.p_value or 0.0, 2),
                    format_number(known[f"{DESIGN}.{home}.p_adjusted"].value, 2),
                    format_number(own.value, 1),
                    format_number(own.p_value or 0.0, 2),
                ]
            )
        )
    return Table(
        columns=[
            Column("Homes with", align="left"),
            Column(f"{name} {first}"),
            Column(f"{name} {last}"),
            Column(f"Neighbours {first}"),
            Column(f"Neighbours {last}"),
            Column("Difference, no controls"),
            Column("p"),
            Column("p, four outcomes"),
            Column("Difference, given own level"),
            Column("p"),
        ],
        rows=rows,
        notes=[
            f"Levels: means of units, in percent. Differences in the change, {name} less its neighbours, in percentage "
            "points. p, four outcomes: of the first difference, Westfall and Young.",
            f"{placebo_note(effects)} Intervals, minimum detectable effects and clustered errors of the same effects "
            "stand in the table of the full inference.",
        ],
    )


def homes_record_table(folder: Path = FINDINGS) -> Table:
    """The same effects with the full inference: intervals, studentized p, detectable effects, clustered errors."""
    return effects_table(
        {
            f"{DESIGN}.{home}.{key}": f"{_home(home)}, {how}"
            for home in HOMES
            for key, how in (("effect", "no controls"), ("own", "given its own level"))
        },
        head="Homes with",
        notes=("Levels, and p corrected for the four outcomes, stand in the table of levels and changes.",),
        folder=folder,
    )


def piped_water_table(folder: Path = FINDINGS) -> Table:
    """The effect on piped water under each specification, with and without units suspected of losing ground."""
    labels = {}
    for zones, tail in (("", ""), ("_without_zones", ", without suspected units")):
        for s in SPECIFICATIONS:
            words = {
                "raw": "No controls",
                "share": "Given the urban share",
                "own": "Given its own level",
                "all": "Given all six",
            }[s]
            labels[f"{DESIGN}.piped_water.{'effect' if s == 'raw' else s}{zones}"] = words + tail
    return effects_table(labels, head="Piped water", folder=folder)


def _as_far(key: str, folder: Path) -> int:
    """How many provinces are at least as far from nought as the treated one, which counts."""
    found = load_all(folder)[key]
    if found.p_value is None or found.placebos is None:
        raise FindingError(f"finding {key} has no p-value from placebo provinces")
    return round(found.p_value * (found.placebos + 1))


def standing(key: str, folder: Path = FINDINGS) -> Shown:
    """In words: how many provinces are at least as far from nought as the treated one."""
    far = _as_far(key, folder)
    return text(f"{far} of {(load_all(folder)[key].placebos or 0) + 1}")


def farthest(key: str, samples: Path = SAMPLES) -> Shown:
    """The placebo province whose estimate is farthest from nought, with its units and those it is compared with."""
    study = load_study()
    table = load_placebos(DESIGN, samples)
    own = table[(table["key"] == key) & (table["group"] != study.treated)]
    if own.empty:
        raise FindingError(f"{DESIGN}: no placebo estimates under the key {key!r}")
    row = own.iloc[int(own["estimate"].abs().to_numpy().argmax())]
    return text(
        f"{PROVINCES[str(row['group'])]}, where {row['treated_units']} cities are held against "
        f"{row['units'] - row['treated_units']} next door, at {format_number(row['estimate'], 1)}"
    )
