"""Maps of a province's places: counties one by one, the districts of a prefecture city as one place."""

from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as MatplotlibFigure
from matplotlib.patches import Patch
from matplotlib.patheffects import withStroke
from shapely import unary_union
from shapely.geometry.base import BaseGeometry

from analysis.data.tables import load_polygon_units, load_polygons
from analysis.present.maps import class_labels, draw, outline_neighbours, scale_bar
from analysis.present.samples import load_points
from analysis.present.style import EMPHASIS, INK, LINE, SMALL, WIDTH, Figure, style, to_svg
from analysis.results.distance import GROUND_OF_ZONES
from analysis.results.rank_size import CITY, DESIGN
from analysis.study import Study, load_study

_MARGIN = 0.04  # of the width
_CITY: dict[str, Any] = {"facecolor": "none", "edgecolor": INK, "linewidth": 1.0}
_GAVE: dict[str, Any] = {"facecolor": "none", "edgecolor": EMPHASIS, "hatch": "////", "linewidth": 0.6}


def place_shapes(places: pd.DataFrame, polygons: pd.DataFrame, links: pd.DataFrame, study: Study) -> pd.Series:
    """One geometry a place of the treated province, by the place's name in the column place.

    A county-level unit is drawn by the polygon of its last code; the rest of a prefecture's polygons are its city.

    Args:
        places: as `results.rank_size` makes them; of the treated province.
        polygons: the table `polygons.csv`.
        links: the table `polygon_units.csv`.
        study: the study's definition.

    Raises:
        ValueError: a place has no polygon.
    """
    own = polygons[(polygons["level"] == "county") & polygons["code"].str.startswith(study.treated)]
    shapes = own.set_index("code")["polygon"]
    here = links["code"].str.startswith(study.treated) & (links["polygon"] != "")
    of_year = links[here & (links["year"] == study.last_year)].set_index("code")["polygon"]
    counties = places[places["kind"] != CITY]
    drawn_by = of_year.reindex(counties["code_end"]).to_numpy()
    found: dict[str, BaseGeometry] = {
        str(place): shapes[code]
        for place, code in zip(counties["place"], drawn_by, strict=True)
        if isinstance(code, str) and code in shapes.index
    }
    rest = shapes.drop([code for code in drawn_by if code in shapes.index])
    prefecture_of = dict(zip(counties["code_end"].str[:4], counties["prefecture"], strict=True))
    names = rest.index.str[:4].map(prefecture_of)
    for city, prefecture in zip(*(places.loc[places["kind"] == CITY, c] for c in ("place", "prefecture")), strict=True):
        parts = list(rest[names == prefecture])
        if parts:
            found[str(city)] = unary_union(parts)
    if without := [str(p) for p in places["place"] if p not in found]:
        raise ValueError(f"no polygon for {', '.join(without)}; add it to data/polygon_units.csv")
    return pd.Series(found, dtype=object)


def tens(values: pd.Series, most: float = np.inf) -> list[float]:
    """Bounds ten apart that hold all values; above `most` there is one class, as wide as it must be.

    Raises:
        ValueError: there are no values.
    """
    if values.empty:
        raise ValueError("no place has a value, so there is nothing to fill a map with")
    low, high = 10 * np.floor(values.min() / 10), 10 * np.ceil(values.max() / 10)
    inner = [float(b) for b in np.arange(low, min(high, most) + 1, 10)]
    return inner if inner[-1] >= high and len(inner) > 1 else [*inner, float(max(high, inner[-1] + 10))]


def _legend(axes: Axes, colours: np.ndarray, bounds: list[float], title: str, hatched: str) -> None:
    swatches = [
        Patch(facecolor=colour, label=label) for colour, label in zip(colours, class_labels(bounds), strict=True)
    ]
    swatches.append(Patch(**_CITY, label="prefecture cities"))
    if hatched:
        swatches.append(Patch(**_GAVE, label=hatched))
    axes.legend(
        handles=swatches, title=title, loc="upper left", frameon=True, framealpha=1, edgecolor="white",
        borderaxespad=0, alignment="left", handlelength=1.6, handleheight=1.0, labelspacing=0.35,
    )  # fmt: skip


def _map(
    name: str, values: pd.Series, bounds: list[float], title: str, legend: str, places: pd.DataFrame,
    study: Study, polygons: pd.DataFrame, links: pd.DataFrame, hatched: str = "",
) -> Figure:  # fmt: skip
    shapes = place_shapes(places, polygons, links, study)
    provinces = polygons[polygons["level"] == "province"].set_index("code")["polygon"]
    home = unary_union(list(shapes))
    west, south, east, north = home.bounds
    margin = _MARGIN * (east - west)
    left, bottom, right, top = west - margin, south - margin, east + margin, north + margin
    stretch = 1 / np.cos(np.radians((south + north) / 2))
    colours = mpl.colormaps["YlGnBu"](np.linspace(0.12, 0.95, len(bounds) - 1))
    of_class = pd.cut(values, bounds, include_lowest=True, labels=False)
    gave = [unit for _, members in GROUND_OF_ZONES.values() for unit in members if unit in shapes.index and hatched]
    halo = [withStroke(linewidth=2, foreground="white")]
    with style(name):
        height = WIDTH * stretch * (top - bottom) / (right - left)
        figure = MatplotlibFigure(figsize=(WIDTH, height + 0.3), layout="constrained")
        axes = figure.subplots()
        axes.set_axis_off()
        axes.set_aspect(stretch)
        axes.set_xlim(left, right)
        axes.set_ylim(bottom, top)
        outline_neighbours(axes, home, provinces, study)
        for place, number in zip(values.index, of_class, strict=True):
            draw(axes, shapes[str(place)], facecolor=colours[int(number)], edgecolor="white", linewidth=0.4)
        for place in gave:
            draw(axes, shapes[place], **_GAVE)
        draw(axes, home, facecolor="none", edgecolor=LINE, linewidth=0.9)
        cities = places[places["kind"] == CITY]
        for place, called in zip(cities["place"], cities["pinyin"], strict=True):
            draw(axes, shapes[str(place)], **_CITY)
            point = shapes[str(place)].representative_point()
            axes.text(point.x, point.y, str(called), fontsize=SMALL, ha="center", va="center", path_effects=halo)
        scale_bar(axes, left + margin / 2, bottom + margin / 2, stretch)
        _legend(axes, colours, bounds, legend, hatched)
        figure.suptitle(title, x=0.01, ha="left")
        drawn = places[["place", "name", "pinyin", "kind"]].assign(value=values.reindex(places["place"]).to_numpy())
        return Figure(to_svg(figure), title, drawn)


def _given(
    places: pd.DataFrame | None, study: Study | None, polygons: pd.DataFrame | None, links: pd.DataFrame | None
) -> tuple[pd.DataFrame, Study, pd.DataFrame, pd.DataFrame]:
    study = load_study() if study is None else study
    places = load_points(DESIGN) if places is None else places
    own = places[places["province"] == study.treated].fillna({"pinyin": ""}).reset_index(drop=True)
    return (
        own,
        study,
        load_polygons() if polygons is None else polygons,
        load_polygon_units() if links is None else links,
    )


def urban_share_map(
    places: pd.DataFrame | None = None,
    study: Study | None = None,
    polygons: pd.DataFrame | None = None,
    links: pd.DataFrame | None = None,
) -> Figure:
    """Places of the treated province filled by their urban share in the last census.

    Args:
        places: as `results.rank_size` makes them.
        study: the study's definition.
        polygons: the table `polygons.csv`.
        links: the table `polygon_units.csv`.
        Each is that of the project if not given.

    Raises:
        ValueError: a place has no polygon.
    """
    own, study, polygons, links = _given(places, study, polygons, links)
    share = (100 * own["urban_end"] / own["people_end"]).set_axis(own["place"])
    counties = own["kind"] != CITY
    low, high = share[~counties.to_numpy()].min(), share[counties.to_numpy()].max()
    overlap = int((share[counties.to_numpy()] > low).sum())
    title = (
        f"All {counties.sum()} counties are less urban than the least urban prefecture city"
        if high < low
        else f"{overlap} of {counties.sum()} counties and county-level cities are more urban than some prefecture city"
    )
    legend = f"Urban share, {study.last_year}\n(percent of residents)"
    return _map("urban_share_map", share, tens(share), title, legend, own, study, polygons, links)


def residents_map(
    places: pd.DataFrame | None = None,
    study: Study | None = None,
    polygons: pd.DataFrame | None = None,
    links: pd.DataFrame | None = None,
) -> Figure:
    """Places of the treated province filled by the change of their residents between the censuses, in log points.

    Zones count with the cities; counties that are known to have given ground to a zone are hatched.

    Args:
        places: as `results.rank_size` makes them.
        study: the study's definition.
        polygons: the table `polygons.csv`.
        links: the table `polygon_units.csv`.
        Each is that of the project if not given.

    Raises:
        ValueError: a place has no polygon.
    """
    own, study, polygons, links = _given(places, study, polygons, links)
    ratio = (own["people_end"] / own["people_start"]).to_numpy(dtype=float)
    change = pd.Series(100 * np.log(ratio), index=own["place"])
    counties = (own["kind"] != CITY).to_numpy()
    losing, cities = int((change[counties] < 0).sum()), int((change[~counties] < 0).sum())
    losing_cities = "no prefecture city" if cities == 0 else f"{cities} of {(~counties).sum()} prefecture cities"
    title = f"{losing} of {counties.sum()} counties and county-level cities lost residents, and {losing_cities}"
    legend = f"Change of residents,\n{study.first_year}–{study.last_year} (log points)"
    return _map(
        "residents_map",
        change,
        tens(change, 30),
        title,
        legend,
        own,
        study,
        polygons,
        links,
        hatched="gave ground to a zone",
    )
