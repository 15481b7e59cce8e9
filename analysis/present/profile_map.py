"""A map to find the programme's units by: numbered within their prefecture, filled by type."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure as MatplotlibFigure
from matplotlib.patches import Patch
from matplotlib.patheffects import withStroke
from shapely import unary_union
from shapely.geometry import Polygon, box
from shapely.geometry.base import BaseGeometry
from shapely.ops import polylabel

from analysis.data.tables import load_polygons, load_programme_units
from analysis.present.maps import county_shapes, draw, outline_neighbours, scale_bar
from analysis.present.profiles import TYPE_WORDS, load_profiles
from analysis.present.style import INK, LAND, LINE, SMALL, WIDTH, Figure, style, to_svg
from analysis.study import Study, load_study

# Blue grows, orange shrinks; the darker is the better served, and no two are equally light.
FILLS = {
    "growing_well_served": "#0b4a7d",
    "growing_poorly_served": "#7fb0d6",
    "shrinking_well_served": "#c2571a",
    "shrinking_poorly_served": "#f3d3b5",
}
_DARK = ("growing_well_served", "shrinking_well_served")
_MARGIN = 0.04  # of the width
NUMBER = 6.5  # points


def _names(shapes: pd.Series, units: pd.DataFrame) -> dict[str, tuple[float, float]]:
    """Where the name of a prefecture stands: on its districts, or on its one unit."""
    places = {}
    for name, part in units.groupby("prefecture_pinyin", sort=False):
        here = shapes[shapes.index.str.startswith(part.index[0][:4])]
        districts = here[~here.index.isin(units.index)]
        point = unary_union(list(districts if len(districts) else here)).centroid
        places[str(name)] = (point.x, point.y)
    return places


def _place(shape: BaseGeometry, taken: BaseGeometry) -> tuple[float, float]:
    """The middle of a unit's widest part that no name covers."""
    free = shape.difference(taken)
    parts = [p for p in getattr(free if not free.is_empty else shape, "geoms", [free]) if isinstance(p, Polygon)]
    point = polylabel(max(parts, key=lambda p: p.area), tolerance=0.01)
    return point.x, point.y


def locator_map(
    profiles: pd.DataFrame | None = None,
    polygons: pd.DataFrame | None = None,
    roster: pd.DataFrame | None = None,
    study: Study | None = None,
) -> Figure:
    """The programme's units with their numbers, filled by type; prefectures outlined and named.

    Args:
        profiles: the units with number and type, see `analysis.results.profiles`.
        polygons: code, name, level, polygon, as in `analysis.present.maps`.
        roster: the programme's units: code, code2020.
        study: the study's definition.
        Each is that of the project if not given.

    Raises:
        ValueError: a unit has no polygon.
    """
    study = load_study() if study is None else study
    profiles = load_profiles() if profiles is None else profiles
    polygons = load_polygons() if polygons is None else polygons
    roster = load_programme_units() if roster is None else roster
    shapes = county_shapes(polygons, roster, study)
    provinces = polygons[polygons["level"] == "province"].set_index("code")["polygon"]
    home = unary_union(list(shapes))
    west, south, east, north = home.bounds
    margin = _MARGIN * (east - west)
    stretch = 1 / np.cos(np.radians((south + north) / 2))
    # By the roster's code, which the polygons go by.
    units = profiles.set_index("unit_id").loc[roster["code2010"]].set_axis(roster["code"])
    title = (
        f"{int(units['type'].str.startswith('growing').sum())} of {len(units)} units had no fewer residents in "
        f"{study.last_year} than in {study.first_year}"
    )
    halo = [withStroke(linewidth=2, foreground="white")]
    with style("profiles_map"):
        height = WIDTH * stretch * (north - south + 2 * margin) / (east - west + 2 * margin)
        figure = MatplotlibFigure(figsize=(WIDTH, height + 0.3), layout="constrained")
        axes = figure.subplots()
        axes.set_axis_off()
        axes.set_aspect(stretch)
        axes.set_xlim(west - margin, east + margin)
        axes.set_ylim(south - margin, north + margin)
        outline_neighbours(axes, home, provinces, study)
        types = units["type"].to_dict()
        for code, shape in shapes.items():
            fill = FILLS[types[code]] if code in types else LAND
            draw(axes, shape, facecolor=fill, edgecolor="white", linewidth=0.4)
        for prefecture in sorted({code[:4] for code in units.index}):
            parts = shapes[shapes.index.str.startswith(prefecture)]
            outline = unary_union(list(parts))
            draw(axes, outline, facecolor="none", edgecolor=INK, linewidth=0.8)
        names = _names(shapes, units)
        degrees = (east - west + 2 * margin) / (WIDTH * 72)  # of longitude, to a point
        taken = []
        for name, (x, y) in names.items():
            axes.text(x, y, name, fontsize=SMALL, ha="center", va="center", path_effects=halo)
            wide, high = 0.29 * SMALL * len(name) * degrees, 0.65 * SMALL * degrees / stretch
            taken.append(box(x - wide, y - high, x + wide, y + high))
        for code, number in units["number"].items():
            x, y = _place(shapes[str(code)], unary_union(taken))
            colour = "white" if types[code] in _DARK else INK
            axes.text(x, y, str(number), fontsize=NUMBER, ha="center", va="center", color=colour)
        scale_bar(axes, west - margin / 2, south - margin / 2, stretch)
        swatches = [Patch(facecolor=FILLS[t], label=words.capitalize()) for t, words in TYPE_WORDS.items()]
        swatches.append(Patch(facecolor=LAND, edgecolor=LINE, linewidth=0.4, label="Not in the programme"))
        axes.legend(
            handles=swatches, loc="upper left", frameon=True, framealpha=1, edgecolor="white", borderaxespad=0,
            handlelength=1.6, handleheight=1.0, labelspacing=0.35,
        )  # fmt: skip
        figure.suptitle(title, x=0.01, ha="left")
        points = profiles[["unit_id", "number", "name", "pinyin", "prefecture", "prefecture_pinyin", "type"]]
        return Figure(to_svg(figure), title, points)
