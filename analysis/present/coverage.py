"""Maps of all China that show which county-level units a table has a figure for."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as MatplotlibFigure
from matplotlib.patches import Patch
from numpy.typing import NDArray
from shapely import clip_by_rect, coverage_simplify, coverage_union_all, transform

from analysis.data.tables import load_polygon_units, load_polygons, load_units, load_yearbook
from analysis.present.maps import draw
from analysis.present.numbers import format_number
from analysis.present.style import COMPARISON, LAND, LINE, SMALL, TREATED, WIDTH, Figure, style, to_svg

ALL, SOME, NO = "all", "some", "none"
# Dark, middle and light, so that they can be told apart in grey print and with any colour vision.
_FILLS = {ALL: TREATED, SOME: COMPARISON, NO: LAND}
_TOLERANCE = 0.08  # degrees: less than a point on paper
# Degrees: what the main map shows, and what the inset shows of the South China Sea.
_MAIN = (73.3, 135.2, 18.0, 53.7)
_INSET = (106.5, 120.5, 3.3, 23.5)
_INSET_PLACE = (0.845, 0.02, 0.15, 0.29)  # of the axes
_MARGIN = 0.01


@dataclass(frozen=True)
class Coverage:
    """How many units have a figure, how many there are, and how many of them no polygon shows."""

    have: int
    units: int
    not_drawn: int
    what: str
    year: int

    @property
    def title(self) -> str:
        """What the map shows, in one line."""
        if self.have == self.units:
            return f"All {format_number(self.units, 0)} units of {self.year} have {self.what}"
        have, units = format_number(self.have, 0), format_number(self.units, 0)
        return f"{have} of the {units} units of {self.year} {'has' if self.have == 1 else 'have'} {self.what}"

    @property
    def alt(self) -> str:
        """The alternative text."""
        text = (
            f"Map of China by county-level unit. {self.title}. Units with one are dark, units without one light; "
            "a polygon that holds several units of which some have one is grey."
        )
        if self.not_drawn == 1:
            return f"{text} One unit has no polygon and is not drawn."
        if self.not_drawn:
            return f"{text} {format_number(self.not_drawn, 0)} units have no polygon and are not drawn."
        return text


def covered(values: pd.Series, links: pd.DataFrame, what: str, year: int) -> tuple[Coverage, pd.Series]:
    """Count units with a figure, and tell for each polygon whether all, some or none of its units have one.

    Args:
        values: figures by unit code; a unit that isn't there, or whose value is missing, has none.
        links: the table `polygon_units.csv`.
        what: what the figures are, as it follows "have": "a figure for 2012".
        year: 2010 or 2020, the census whose units these are.

    Raises:
        ValueError: a code is no unit of that year, or stands twice.
    """
    of_year = links[links["year"] == year]
    if unknown := sorted(set(values.index) - set(of_year["code"])):
        raise ValueError(f"no units of {year} have the codes {', '.join(map(str, unknown[:10]))}")
    if values.index.has_duplicates:
        raise ValueError(f"values has more than one row for {values.index[values.index.duplicated()][0]}")
    having = set(values.index[values.notna()])
    codes = of_year["code"].unique()
    drawn = of_year[of_year["polygon"] != ""]
    share = drawn["code"].isin(having).groupby(drawn["polygon"]).mean()
    state = pd.Series(np.select([share == 1, share == 0], [ALL, NO], SOME), index=share.index)
    not_drawn = len(codes) - drawn["code"].nunique()
    return Coverage(len(having), len(codes), not_drawn, what, year), state


def coverage_map(
    values: pd.Series,
    what: str = "a figure",
    year: int = 2010,
    polygons: pd.DataFrame | None = None,
    links: pd.DataFrame | None = None,
    labels: tuple[str, str, str] = ("has a figure", "some of the units within have one", "has none"),
) -> Figure:
    """A small map of China: the county-level units that have a figure are dark, those that have none light.

    The projection is Albers' equal-area conic. The figure's title in text is the alternative text.

    Args:
        values: figures by unit code; a unit that isn't there, or whose value is missing, has none.
        what: what the figures are, as it follows "have": "a figure for 2012".
        year: 2010 or 2020, the census whose units these are.
        polygons: the table `polygons.csv`.
        links: the table `polygon_units.csv`.
            Each table is that of the project if not given.
        labels: what the legend calls polygons of which all, some and none of the units have a figure.

    Raises:
        ValueError: a code is no unit of that year, or stands twice.
    """
    polygons = load_polygons() if polygons is None else polygons
    links = load_polygon_units() if links is None else links
    coverage, state = covered(values, links, what, year)
    outlines = polygons[polygons["level"] == "province"]
    counties = polygons[polygons["level"] == "county"]
    # Hong Kong, Macao and Taiwan have outlines alone.
    alone = outlines[~outlines["code"].str[:2].isin(counties["code"].str[:2])]
    places = pd.concat([counties, alone], ignore_index=True)
    shapes = coverage_simplify(places["polygon"].to_numpy(dtype=object), _TOLERANCE)
    kind = places["code"].map(state).fillna("").to_numpy(dtype=str)
    province = places["code"].str[:2].to_numpy(dtype=str)

    def united(chosen: NDArray[np.bool_]) -> Any:
        return transform(coverage_union_all(shapes[chosen]), _albers)

    filled = {name: united(kind == name) for name in _FILLS if (kind == name).any()}
    bounds = [united(province == code) for code in sorted(set(province))]
    with style(f"coverage_map {what} {year}"):
        left, right, bottom, top = _window(*_MAIN)
        height = WIDTH * (top - bottom) / (right - left)
        figure = MatplotlibFigure(figsize=(WIDTH, height + 0.3), layout="constrained")
        axes = figure.subplots()
        _draw_all(axes, filled, bounds, _MAIN)
        axes.set_axis_off()
        inset = axes.inset_axes(_INSET_PLACE)
        _draw_all(inset, filled, bounds, _INSET)
        inset.set(xticks=[], yticks=[])
        inset.grid(visible=False)
        inset.spines[:].set(visible=True, color=LINE, linewidth=0.6)
        _legend(axes, filled, dict(zip((ALL, SOME, NO), labels, strict=True)))
        figure.suptitle(coverage.title, x=0.01, ha="left")
        drawn = pd.DataFrame({"code": places["code"], "coverage": kind})
        return Figure(to_svg(figure), coverage.alt, drawn[drawn["coverage"] != ""])


def _albers(degrees: NDArray[np.float64]) -> NDArray[np.float64]:
    """Albers' equal-area conic on the unit sphere, true at 25 and 47 degrees (Snyder 1987, p. 100)."""
    longitude, latitude = np.radians(degrees).T
    low, high, origin = np.radians([25.0, 47.0, 105.0])
    n = (np.sin(low) + np.sin(high)) / 2
    radius = np.sqrt(np.cos(low) ** 2 + 2 * n * (np.sin(low) - np.sin(latitude))) / n
    angle = n * (longitude - origin)
    return np.column_stack([radius * np.sin(angle), -radius * np.cos(angle)])


def _window(west: float, east: float, south: float, north: float) -> tuple[float, float, float, float]:
    """Left, right, bottom and top of a window in degrees, projected."""
    x = np.linspace(west, east, 50)
    edges = [np.column_stack([x, np.full_like(x, y)]) for y in (south, north)]
    y = np.linspace(south, north, 50)
    edges += [np.column_stack([np.full_like(y, x_), y]) for x_ in (west, east)]
    points = _albers(np.vstack(edges))
    (left, bottom), (right, top) = points.min(axis=0), points.max(axis=0)
    return float(left), float(right), float(bottom), float(top)


def _draw_all(axes: Axes, filled: dict[str, Any], outlines: list[Any], window: tuple[float, ...]) -> None:
    left, right, bottom, top = _window(*window)
    margin = _MARGIN * (right - left)
    frame = (left - margin, bottom - margin, right + margin, top + margin)
    looks = [(shape, {"facecolor": _FILLS[kind], "linewidth": 0}) for kind, shape in filled.items()]
    looks += [(shape, {"facecolor": "none", "edgecolor": LINE, "linewidth": 0.35}) for shape in outlines]
    for shape, look in looks:
        part = clip_by_rect(shape, *frame)
        if not part.is_empty:
            draw(axes, part, **look)
    axes.set_xlim(frame[0], frame[2])
    axes.set_ylim(frame[1], frame[3])
    axes.set_aspect("equal")


def _legend(axes: Axes, filled: dict[str, Any], labels: dict[str, str]) -> None:
    swatches = [Patch(facecolor=_FILLS[name], edgecolor=LINE, linewidth=0.4, label=labels[name]) for name in filled]
    axes.legend(handles=swatches, loc="lower left", fontsize=SMALL, handlelength=1.6, handleheight=1.0)


def yearbook_map(variable: str, year: int, what: str) -> Figure:
    """Which units of 2010 have a figure of the county yearbook that is not flagged."""
    rows = load_yearbook()
    rows = rows[(rows["year"] == year) & ~rows["unit_id"].str.contains("-")]
    return coverage_map(rows.set_index("unit_id")[variable], what)


def ground_map() -> Figure:
    """Which units of 2010 cover the same ground in 2020, as far as notices tell."""
    units = load_units()
    units = units[units["code2010"] != ""].set_index("code2010")
    same = units["ground_2010_2020"].map({"same": 1.0})
    words = ("the same ground", "some of the units within", "changed, ended or not known")
    return coverage_map(same, "the same ground in 2020", labels=words)
