"""Maps of county-level units."""

from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as MatplotlibFigure
from matplotlib.patches import Patch, PathPatch
from matplotlib.path import Path as MatplotlibPath
from matplotlib.patheffects import withStroke
from shapely import unary_union
from shapely.geometry import box
from shapely.geometry.base import BaseGeometry

from analysis.data.tables import load_census, load_polygons, load_programme_units
from analysis.present.numbers import format_number
from analysis.present.style import INK, LAND, LINE, SMALL, WIDTH, Figure, style, to_svg
from analysis.study import Study, load_study

_COLOURS = "YlGnBu"  # lightness falls all the way, so it reads in grey print too
_CLASSES = 6
_UNKNOWN: dict[str, Any] = {"facecolor": "white", "edgecolor": LINE, "hatch": "////"}
_DISTRICT: dict[str, Any] = {"facecolor": LAND, "edgecolor": "white"}
_KILOMETRES_PER_DEGREE = 111.2  # of latitude


def _draw(axes: Axes, shape: BaseGeometry, **how: Any) -> None:
    rings = [
        np.asarray(ring.coords)
        for part in getattr(shape, "geoms", [shape])
        for ring in (part.exterior, *part.interiors)
    ]
    path = MatplotlibPath.make_compound_path(*(MatplotlibPath(ring, closed=True) for ring in rings))
    axes.add_patch(PathPatch(path, **how))


def classes(values: Sequence[float] | pd.Series, count: int = _CLASSES) -> list[float]:
    """Round bounds of about so many classes that hold all values."""
    bounds = mpl.ticker.MaxNLocator(nbins=count, steps=[1, 2, 2.5, 5, 10]).tick_values(
        min(values), max(values)
    )
    return [float(b) for b in bounds]


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
    change = units["code2020"].map(share.loc[study.last_year]) - units["code2010"].map(
        share.loc[study.first_year]
    )
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


def _scale_bar(axes: Axes, x: float, y: float, stretch: float, kilometres: int = 100) -> None:
    length = kilometres / _KILOMETRES_PER_DEGREE * stretch
    axes.plot([x, x + length], [y, y], color=INK, linewidth=1.2, solid_capstyle="butt")
    axes.text(x + length / 2, y, f"{kilometres} km", fontsize=SMALL, ha="center", va="bottom")


def _class_label(low: float, high: float) -> str:
    digits = 0 if float(low).is_integer() and float(high).is_integer() else 1
    return f"{format_number(low, digits)} to {format_number(high, digits)}"


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
    shapes = polygons[polygons["level"] == "county"].set_index("code")["polygon"]
    provinces = polygons[polygons["level"] == "province"].set_index("code")["polygon"]
    without = [c for c in change.index if c not in shapes.index]
    if without:
        raise ValueError(f"no polygon for {', '.join(without)}; add it to the table of polygons")

    home = provinces[study.treated + "0000"]
    west, south, east, north = home.bounds
    margin = 0.04 * (east - west)
    view = box(west - margin, south - margin, east + margin, north + margin)
    # Neighbours' names stand clear of the edge and of the legend, which has the upper left corner.
    inner = box(west + margin, south, east - margin, north)
    legend = box(view.bounds[0], north - 0.35 * (north - south), west + 0.35 * (east - west), view.bounds[3])
    stretch = 1 / np.cos(np.radians((south + north) / 2))
    bounds = classes(change.dropna())
    colours = mpl.colormaps[_COLOURS](np.linspace(0.24, 1.0, len(bounds) - 1))
    of_class = pd.cut(change, bounds, include_lowest=True, labels=False)
    halo = [withStroke(linewidth=2, foreground="white")]

    with style("programme_map"):
        height = WIDTH * stretch * (view.bounds[3] - view.bounds[1]) / (view.bounds[2] - view.bounds[0])
        figure = MatplotlibFigure(figsize=(WIDTH, height + 0.3), layout="constrained")
        axes = figure.subplots()
        axes.set_axis_off()
        axes.set_aspect(stretch)
        axes.set_xlim(view.bounds[0], view.bounds[2])
        axes.set_ylim(view.bounds[1], view.bounds[3])
        for province in study.neighbours:
            shape = provinces[province + "0000"].intersection(view.buffer(margin))  # drawn past the edge only
            _draw(axes, shape, facecolor="none", edgecolor=LINE, linewidth=0.7)
            part = shape.intersection(inner).difference(legend)
            clear = part.difference(home.buffer(margin))
            if not part.is_empty:
                point = (part if clear.is_empty else clear).representative_point()
                name = study.province_names[province]
                axes.text(point.x, point.y, name, color=LINE, fontsize=SMALL, ha="center", va="center")
        for code, shape in shapes[shapes.index.str.startswith(study.treated)].items():
            if code not in change.index:
                _draw(axes, shape, **_DISTRICT, linewidth=0.4)
        for code, number in of_class.items():
            fill = _UNKNOWN if np.isnan(number) else {"facecolor": colours[int(number)], "edgecolor": "white"}
            _draw(axes, shapes[code], **fill, linewidth=0.4)
        _draw(axes, home, facecolor="none", edgecolor=INK, linewidth=0.9)
        districts = shapes[[c for c in shapes.index if c.startswith(study.treated) and c not in change.index]]
        for prefecture, name in _prefectures(units).items():
            parts = districts[districts.index.str.startswith(prefecture)]
            if len(parts):
                point = unary_union(list(parts)).centroid
                axes.text(point.x, point.y, name, fontsize=SMALL, ha="center", va="center", path_effects=halo)
        _scale_bar(axes, view.bounds[0] + margin / 2, view.bounds[1] + margin / 2, stretch)
        swatches = [
            Patch(facecolor=c, label=_class_label(low, high))
            for c, low, high in zip(colours, bounds[:-1], bounds[1:], strict=True)
        ]
        unknown = int(change.isna().sum())
        if unknown:
            label = f"code changed ({unknown} {'unit' if unknown == 1 else 'units'})"
            swatches.append(Patch(**_UNKNOWN, label=label))
        swatches.append(Patch(**_DISTRICT, label="districts (not in the programme)"))
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
        figure.suptitle(_title(change), x=0.01, ha="left")
        return Figure(to_svg(figure), _title(change))
