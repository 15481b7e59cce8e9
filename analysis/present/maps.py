"""Maps of county-level units."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as MatplotlibFigure
from matplotlib.patches import Patch, PathPatch
from matplotlib.path import Path as MatplotlibPath
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator
from shapely import unary_union
from shapely.geometry import Polygon, box
from shapely.geometry.base import BaseGeometry

from analysis.data.tables import load_census, load_polygons, load_programme_units
from analysis.present.numbers import format_number
from analysis.present.style import INK, LAND, LINE, SMALL, WIDTH, Figure, style, to_svg
from analysis.study import Study, load_study

_COLOURS = "YlGnBu"  # lightness falls all the way, so it reads in grey print too
_CLASSES = 6
_UNKNOWN: dict[str, Any] = {"facecolor": "white", "edgecolor": LINE, "hatch": "////"}
_DISTRICT: dict[str, Any] = {"facecolor": LAND, "edgecolor": "white"}
_MARGIN = 0.04  # of the width
_KILOMETRES_PER_DEGREE = 111.2  # of latitude


def draw(axes: Axes, shape: BaseGeometry, **how: Any) -> None:
    """Draw a polygon with its holes, or several."""
    rings = [
        np.asarray(ring.coords)
        for part in getattr(shape, "geoms", [shape])
        if isinstance(part, Polygon)  # cutting can leave a line where borders touch
        for ring in (part.exterior, *part.interiors)
    ]
    if not rings:
        return
    path = MatplotlibPath.make_compound_path(*(MatplotlibPath(ring, closed=True) for ring in rings))
    axes.add_patch(PathPatch(path, **how))


def classes(values: Sequence[float] | pd.Series, count: int = _CLASSES) -> list[float]:
    """Round bounds of about so many classes that hold all values.

    Raises:
        ValueError: there are no values.
    """
    if not len(values):
        raise ValueError("no unit has a comparable value, so there is nothing to fill a map with")
    low, high = float(min(values)), float(max(values))
    locator = MaxNLocator(nbins=count, steps=[1, 2, 2.5, 5, 10])
    return [float(b) for b in locator.tick_values(low, high if high > low else low + 1)]


def comparable_change(census: pd.DataFrame, units: pd.DataFrame, study: Study) -> pd.Series:
    """The change in the urban share by unit code, in percentage points; missing where the code changed.

    Args:
        census: the table `data/census.csv`.
        units: columns code, code2010, code2020.
        study: the study's definition.
    """
    share = (100 * census["urban_population"] / census["population"]).set_axis(
        pd.MultiIndex.from_frame(census[["year", "code"]])
    )
    change = units["code2020"].map(share.loc[study.last_year]) - units["code2010"].map(share.loc[study.first_year])
    return change.where(units["code2010"] == units["code2020"]).set_axis(units["code"])


def _title(change: pd.Series) -> str:
    known = change.dropna()
    risen = int((known > 0).sum())
    if risen == len(known):
        return f"The urban share rose in all {len(known)} units that can be compared"
    return f"The urban share rose in {risen} of the {len(known)} units that can be compared"


def _prefectures(units: pd.DataFrame) -> dict[str, str]:
    """Prefectures' names in pinyin by the four digits of their code."""
    return dict(zip(units["code"].str[:4], units["prefecture_pinyin"], strict=True))


def scale_bar(axes: Axes, x: float, y: float, stretch: float, kilometres: int = 100) -> None:
    """A bar of so many kilometres from a point in degrees; `stretch` is how much higher than wide a degree is drawn."""
    length = kilometres / _KILOMETRES_PER_DEGREE * stretch
    axes.plot([x, x + length], [y, y], color=INK, linewidth=1.2, solid_capstyle="butt")
    axes.annotate(
        f"{kilometres} km",
        (x + length / 2, y),
        xytext=(0, 2),
        textcoords="offset points",
        fontsize=SMALL,
        ha="center",
        va="bottom",
    )


def class_labels(bounds: Sequence[float]) -> list[str]:
    """What a legend calls the classes between bounds, with as many decimals as the bounds need."""
    digits = next(d for d in range(7) if d == 6 or np.allclose(np.round(bounds, d), bounds, atol=1e-9))
    shown = [format_number(b, digits) for b in bounds]
    return [f"{low} to {high}" for low, high in pairwise(shown)]


def county_shapes(polygons: pd.DataFrame, units: pd.DataFrame, study: Study) -> pd.Series:
    """Polygons of the treated province by code; a unit drawn under its later code keeps its own.

    Raises:
        ValueError: a unit has no polygon.
    """
    county_level = (polygons["level"] == "county") & polygons["code"].str.startswith(study.treated)
    shapes = polygons[county_level].set_index("code")["polygon"]
    later = units[~units["code"].isin(shapes.index)].set_index("code2020")["code"]
    shapes = shapes.rename(index=later.to_dict())
    without = [c for c in units["code"] if c not in shapes.index]
    if without:
        raise ValueError(f"no polygon for {', '.join(without)}; add it to the table of polygons")
    return shapes


def outline_neighbours(axes: Axes, home: BaseGeometry, provinces: pd.Series, study: Study) -> None:
    """Outlines of the neighbours; names clear of the edge, of home, and of the legend at the upper left."""
    west, south, east, north = home.bounds
    margin = _MARGIN * (east - west)
    drawn = box(west, south, east, north).buffer(2 * margin)
    corner = box(west - margin, north - 0.35 * (north - south), west + 0.35 * (east - west), north + margin)
    for province in study.neighbours:
        shape = provinces[province + "0000"].intersection(drawn)
        draw(axes, shape, facecolor="none", edgecolor=LINE, linewidth=0.7)
        part = shape.intersection(box(west + margin, south, east - margin, north)).difference(corner)
        clear = part.difference(home.buffer(margin))
        if not part.is_empty:
            point = (part if clear.is_empty else clear).representative_point()
            name = study.province_names[province]
            axes.text(point.x, point.y, name, color=LINE, fontsize=SMALL, ha="center", va="center")


def _legend(axes: Axes, colours: np.ndarray, bounds: Sequence[float], unknown: int, study: Study) -> None:
    swatches = [
        Patch(facecolor=colour, label=label) for colour, label in zip(colours, class_labels(bounds), strict=True)
    ]
    if unknown:
        label = f"code changed ({unknown} {'unit' if unknown == 1 else 'units'})"
        swatches.append(Patch(**_UNKNOWN, label=label))
    swatches.append(Patch(**_DISTRICT, label="districts, not counties"))
    axes.legend(
        handles=swatches,
        title=f"Change in the urban share,\n{study.first_year}–{study.last_year} (percentage points)",
        loc="upper left",
        frameon=True,
        framealpha=1,
        edgecolor="white",
        borderaxespad=0,
        alignment="left",
        handlelength=1.6,
        handleheight=1.0,
        labelspacing=0.35,
    )


def programme_map(
    census: pd.DataFrame | None = None,
    units: pd.DataFrame | None = None,
    polygons: pd.DataFrame | None = None,
    study: Study | None = None,
) -> Figure:
    """The programme's units filled by their change in the urban share between the censuses.

    Districts are grey; units whose code changed between the censuses are hatched, since their figures
    are not known to be of one place. The projection is equirectangular, true at the middle latitude.

    Args:
        census: the table `data/census.csv`.
        units: the programme's units: code, code2010, code2020, prefecture_pinyin.
        polygons: code, name, level ("county" or "province"), polygon (longitude and latitude in degrees).
        study: the study's definition.
        Each is that of the project if not given.

    Raises:
        ValueError: a unit of the programme has no polygon.
    """
    census = load_census() if census is None else census
    units = load_programme_units() if units is None else units
    polygons = load_polygons() if polygons is None else polygons
    study = load_study() if study is None else study
    change = comparable_change(census, units, study)
    shapes = county_shapes(polygons, units, study)
    provinces = polygons[polygons["level"] == "province"].set_index("code")["polygon"]
    home = unary_union(list(shapes))
    west, south, east, north = home.bounds
    margin = _MARGIN * (east - west)
    left, bottom, right, top = west - margin, south - margin, east + margin, north + margin
    stretch = 1 / np.cos(np.radians((south + north) / 2))
    bounds = classes(change.dropna())
    colours = mpl.colormaps[_COLOURS](np.linspace(0.24, 1.0, len(bounds) - 1))
    of_class = pd.cut(change, bounds, include_lowest=True, labels=False)
    halo = [withStroke(linewidth=2, foreground="white")]

    with style("programme_map"):
        height = WIDTH * stretch * (top - bottom) / (right - left)
        figure = MatplotlibFigure(figsize=(WIDTH, height + 0.3), layout="constrained")
        axes = figure.subplots()
        axes.set_axis_off()
        axes.set_aspect(stretch)
        axes.set_xlim(left, right)
        axes.set_ylim(bottom, top)
        outline_neighbours(axes, home, provinces, study)
        districts = shapes[~shapes.index.isin(change.index)]
        for shape in districts:
            draw(axes, shape, **_DISTRICT, linewidth=0.4)
        for code, number in zip(change.index, of_class, strict=True):
            fill = _UNKNOWN if np.isnan(number) else {"facecolor": colours[int(number)], "edgecolor": "white"}
            draw(axes, shapes[code], **fill, linewidth=0.4)
        draw(axes, home, facecolor="none", edgecolor=INK, linewidth=0.9)
        for prefecture, name in _prefectures(units).items():
            parts = districts[districts.index.str.startswith(prefecture)]
            if len(parts):
                point = unary_union(list(parts)).centroid
                axes.text(point.x, point.y, name, fontsize=SMALL, ha="center", va="center", path_effects=halo)
        scale_bar(axes, left + margin / 2, bottom + margin / 2, stretch)
        _legend(axes, colours, bounds, int(change.isna().sum()), study)
        figure.suptitle(_title(change), x=0.01, ha="left")
        return Figure(to_svg(figure), _title(change), change.rename("change").rename_axis("code").reset_index())
