"""Figures of the urban system: rank and size, growth by distance, and counties beside their districts."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as MatplotlibFigure
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke
from matplotlib.ticker import FixedLocator, MaxNLocator, NullLocator

from analysis.findings import Finding, load_all
from analysis.paths import FINDINGS
from analysis.present.numbers import capitalized, format_number
from analysis.present.samples import load_points
from analysis.present.style import COMPARISON, EMPHASIS, INK, LINE, SMALL, TREATED, WIDTH, Figure, style, to_svg
from analysis.results import distance, rank_size
from analysis.results.counties import OUTCOMES
from analysis.study import Study, load_study

_NAMED = 4  # places of the last census that are named, the largest first
_SIZES = (50_000, 100_000, 200_000, 500_000, 1_000_000, 2_000_000, 5_000_000)
_RANKS = (1, 2, 5, 10, 20, 50, 100)


def _ranked(places: pd.DataFrame, size: str) -> pd.DataFrame:
    ordered = places.sort_values([size, "place"], ascending=[False, True])
    return ordered.assign(size=ordered[size], rank=np.arange(1, len(ordered) + 1))


def _rank_size_title(name: str, first: Finding, last: Finding, study: Study) -> str:
    own = f"a slope of {format_number(last.value, 1)} in {study.last_year}"
    change = last.value - first.value
    moved = "as" if abs(change) < 0.05 else "steeper than" if change > 0 else "flatter than"
    interval = last.interval or (-np.inf, np.inf)
    zipf = "steeper than" if interval[0] > 1 else "flatter than" if interval[1] < 1 else "not told apart from"
    return f"{name}: {own}, {moved} in {study.first_year}, and {zipf} the slope of one of Zipf"


def rank_size_figure(places: pd.DataFrame | None = None, study: Study | None = None, folder: Path = FINDINGS) -> Figure:
    """Rank less one half against urban residents, both in logs, of the treated province's places in both censuses.

    Args:
        places: as `results.rank_size` makes them; the pipeline's if not given.
        study: the study's definition; that of `study.yml` if not given.
        folder: where the findings are.
    """
    places = load_points(rank_size.DESIGN) if places is None else places
    study = load_study() if study is None else study
    own = places[places["province"] == study.treated]
    name = study.province_names[study.treated]
    known = load_all(folder)
    fits = {y: known[f"{rank_size.DESIGN}.{name.lower()}.slope_{y}"] for y in (study.first_year, study.last_year)}
    title = _rank_size_title(name, fits[study.first_year], fits[study.last_year], study)
    looks = {study.first_year: ("urban_start", COMPARISON), study.last_year: ("urban_end", TREATED)}
    drawn = []
    with style("rank_size"):
        figure = MatplotlibFigure(figsize=(WIDTH, 3.9), layout="constrained")
        axes = figure.subplots()
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.grid(axis="y", color="#dcdcda", linewidth=0.6)
        for year, (size, colour) in looks.items():
            ranked = _ranked(own, size)
            height = ranked["rank"] - 0.5
            for kind, marker, reach in ((rank_size.CITY, "s", 20), (rank_size.UNIT, "o", 13)):
                of_kind = (ranked["kind"] == kind).to_numpy()
                axes.scatter(
                    ranked["size"][of_kind], height[of_kind], marker=marker, s=reach, facecolor="white"
                    if year == study.first_year else colour, edgecolor=colour, linewidth=0.8, zorder=3,
                )  # fmt: skip
            x = np.log(ranked["size"].to_numpy(dtype=float))
            y = np.log(height.to_numpy(dtype=float))
            ends = np.array([x.min(), x.max()])
            line = y.mean() - fits[year].value * (ends - x.mean())
            axes.plot(np.exp(ends), np.exp(line), color=colour, linewidth=1.2, zorder=2)
            drawn.append(ranked.assign(year=year)[["year", "rank", "name", "pinyin", "kind", "size"]])
            if year == study.last_year:
                ends = np.array([x.max() - np.log(20), x.max()])
                zipf = y.min() - (ends - x.max())
                axes.plot(np.exp(ends), np.exp(zipf), color=EMPHASIS, linewidth=1, linestyle=(0, (4, 3)), zorder=1)
                largest = ranked.head(_NAMED)
                for called, at, rank in zip(
                    largest["pinyin"].tolist(), largest["size"].tolist(), largest["rank"].tolist(), strict=True
                ):
                    axes.annotate(
                        str(called), (at, rank - 0.5), xytext=(6, 0), textcoords="offset points", fontsize=SMALL,
                        va="center", path_effects=[withStroke(linewidth=2, foreground="white")], zorder=5,
                    )  # fmt: skip
        axes.set_ylim(0.38, 1.3 * len(own))
        axes.set_xlim(0.8 * float(own["urban_start"].min()), 2.0 * float(own["urban_end"].max()))
        axes.xaxis.set_major_locator(FixedLocator(_SIZES))
        axes.yaxis.set_major_locator(FixedLocator([r - 0.5 for r in _RANKS]))
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_minor_locator(NullLocator())
        axes.xaxis.set_major_formatter(lambda v, _: format_number(v / 1000, 0))
        axes.yaxis.set_major_formatter(lambda v, _: format_number(v + 0.5, 0))
        axes.tick_params(axis="y", labelsize=SMALL)
        axes.set_xlabel("Urban residents (thousands, log scale)")
        axes.set_ylabel("Rank (log scale)")
        handles = [
            Line2D([], [], color=c, marker="o", markersize=4, markerfacecolor="white" if y == study.first_year else c,
                   label=f"{y}: slope {format_number(fits[y].value, 2)}")
            for y, (_, c) in looks.items()
        ]  # fmt: skip
        handles += [
            Line2D([], [], color=EMPHASIS, linewidth=1, linestyle=(0, (4, 3)), label="slope of one (Zipf)"),
            Line2D([], [], color=LINE, marker="s", linestyle="", markersize=4, label="prefecture cities"),
            Line2D([], [], color=LINE, marker="o", linestyle="", markersize=4, label="county-level units"),
        ]
        axes.legend(handles=handles, loc="lower left")
        figure.suptitle(title, x=0.01, ha="left")
        return Figure(to_svg(figure), title, pd.concat(drawn, ignore_index=True))


def _band_ends(begin: int, farthest: float) -> tuple[float, float]:
    later = [b for b in distance.BANDS if b > begin]
    return float(begin), float(later[0]) if later else farthest


def _distance_title(known: Mapping[str, Finding], group: str) -> str:
    first, second = (
        known[f"{distance.DESIGN}.{group}.band_{begin}.log_population"].value for begin in distance.BANDS[:2]
    )
    end, next_end = distance.BANDS[1:3]
    return (
        f"Residents changed by {format_number(first, 0)} log points within {end} km of the capital, by "
        f"{format_number(second, 0)} from {end} to {next_end} km"
    )


def _distance_panel(axes: Axes, outcome: str, units: pd.DataFrame, bands: pd.DataFrame, group: str) -> None:
    axes.grid(axis="y", color="#dcdcda", linewidth=0.6)
    axes.axhline(0, color=INK, linewidth=0.8, zorder=1)
    gave = units["gave"].astype(bool)
    axes.scatter(units.loc[~gave, "km_to_capital"], units.loc[~gave, outcome], s=11, color=TREATED, alpha=0.75,
                 linewidth=0, zorder=2)  # fmt: skip
    axes.scatter(units.loc[gave, "km_to_capital"], units.loc[gave, outcome], s=26, marker="D", facecolor="white",
                 edgecolor=TREATED, linewidth=1, zorder=3)  # fmt: skip
    farthest = float(units["km_to_capital"].max())
    for who, colour, width, dashes in (("neighbours", LINE, 1.6, (0, (3, 2))), (group, EMPHASIS, 2.2, "solid")):
        of_group = bands[bands["group"] == who]
        for begin, value in zip(of_group["band"].tolist(), of_group[outcome].tolist(), strict=True):
            low, high = _band_ends(begin, farthest)
            axes.plot([low + 2, high - 2], [value, value], color=colour, linewidth=width, linestyle=dashes, zorder=4)
    axes.set_xlim(0, farthest + 8)
    axes.xaxis.set_major_locator(FixedLocator([*distance.BANDS, 300]))
    axes.yaxis.set_major_locator(MaxNLocator(7, integer=True))
    axes.yaxis.set_major_formatter(lambda y, _: format_number(y, 0))
    axes.tick_params(axis="y", labelsize=SMALL)
    axes.set_xlabel("Distance to the provincial capital (km)", fontsize=SMALL)
    words = OUTCOMES[outcome].words
    axes.set_title(f"{capitalized(words)}: change, {OUTCOMES[outcome].unit}", fontsize=SMALL)


def distance_figure(
    units: pd.DataFrame | None = None,
    bands: pd.DataFrame | None = None,
    study: Study | None = None,
    folder: Path = FINDINGS,
) -> Figure:
    """Change of residents and of the urban share by distance to the capital, with means of bands of distance.

    Args:
        units: as `results.distance` makes them; the pipeline's if not given.
        bands: means by band, likewise.
        study: the study's definition; that of `study.yml` if not given.
        folder: where the findings are.
    """
    units = load_points(distance.DESIGN) if units is None else units
    bands = load_points(f"{distance.DESIGN}_bands") if bands is None else bands
    study = load_study() if study is None else study
    name = study.province_names[study.treated]
    group = name.lower()
    own = units[units["province"] == study.treated]
    title = _distance_title(load_all(folder), group)
    with style("distance"):
        figure = MatplotlibFigure(figsize=(WIDTH, 3.5), layout="constrained")
        for axes, outcome in zip(figure.subplots(1, len(distance.CHANGES)), distance.CHANGES, strict=True):
            _distance_panel(axes, outcome, own, bands, group)
        handles = [
            Line2D([], [], color=TREATED, marker="o", linestyle="", markersize=3.5, label=f"units of {name}"),
            Line2D([], [], color=TREATED, marker="D", linestyle="", markersize=4.5, markerfacecolor="white",
                   label="gave ground to a zone"),
            Line2D([], [], color=EMPHASIS, linewidth=2.2, label=f"mean of a band, {name}"),
            Line2D([], [], color=LINE, linewidth=1.6, linestyle=(0, (3, 2)), label="neighbours, from their capitals"),
        ]  # fmt: skip
        figure.legend(handles=handles, loc="outside lower center", ncols=4, fontsize=SMALL, columnspacing=1.2,
                      handletextpad=0.5)  # fmt: skip
        figure.suptitle(title, x=0.01, ha="left")
        points = own[["unit_id", "name", "pinyin", "km_to_capital", "gave", *distance.CHANGES]]
        return Figure(to_svg(figure), title, points.sort_values("unit_id"))


def beside_figure(prefectures: pd.DataFrame | None = None, study: Study | None = None) -> Figure:
    """Growth of residents in each prefecture: its median county, and its districts with and without zones.

    Args:
        prefectures: as `results.urban_system` makes them; the pipeline's if not given.
        study: the study's definition; that of `study.yml` if not given.
    """
    table = (load_points("urban_system") if prefectures is None else prefectures).fillna({"pinyin": ""})
    study = load_study() if study is None else study
    table = table.sort_values(["county_growth_less_districts", "prefecture"]).reset_index(drop=True)
    with_zones = int((table["county_growth"] < table["districts_growth"]).sum())
    without = int((table["county_growth"] < table["districts_growth_zones_left_out"]).sum())
    title = (
        f"The median county grew less than the districts in {with_zones} of {len(table)} prefectures; "
        f"in {without} if zones are left out"
    )
    with style("beside"):
        figure = MatplotlibFigure(figsize=(WIDTH, 0.23 * len(table) + 1.0), layout="constrained")
        axes = figure.subplots()
        axes.axvline(0, color=INK, linewidth=0.8, zorder=1)
        rows = np.arange(len(table))
        growth = table[["county_growth", "districts_growth", "districts_growth_zones_left_out"]]
        axes.hlines(rows, growth.min(axis=1), growth.max(axis=1), color="#dcdcda", linewidth=1.5, zorder=1)
        axes.scatter(table["county_growth"], rows, s=26, marker="D", color=EMPHASIS, zorder=4)
        axes.scatter(table["districts_growth_zones_left_out"], rows, s=26, facecolor="white", edgecolor=TREATED,
                     linewidth=1.2, zorder=3)  # fmt: skip
        axes.scatter(table["districts_growth"], rows, s=26, color=TREATED, zorder=3)
        axes.set_yticks(rows, [str(p or n) for p, n in zip(table["pinyin"], table["prefecture"], strict=True)])
        axes.tick_params(axis="y", labelsize=SMALL)
        axes.set_ylim(len(table) - 0.4, -0.6)
        axes.xaxis.set_major_formatter(lambda x, _: format_number(x, 0))
        axes.set_xlabel(f"Change of residents, {study.first_year}–{study.last_year} (log points)")
        handles = [
            Line2D([], [], color=EMPHASIS, marker="D", linestyle="", markersize=4.5, label="median county"),
            Line2D([], [], color=TREATED, marker="o", linestyle="", markersize=5, markerfacecolor="white",
                   label="districts, zones left out"),
            Line2D([], [], color=TREATED, marker="o", linestyle="", markersize=5, label="districts with zones"),
        ]  # fmt: skip
        axes.legend(handles=handles, loc="lower right")
        figure.suptitle(title, x=0.01, ha="left")
        columns = ["prefecture", "pinyin", "county_growth", "districts_growth", "districts_growth_zones_left_out"]
        return Figure(to_svg(figure), title, table[columns])
