"""Where a unit lies: its centroid and area, distances to the capital and the province's border, market access.

All are measured on the package's polygons at full detail, on the WGS 84 ellipsoid, for units of the first census
that have a polygon of their own.
"""

from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import Transformer
from scipy.spatial import cKDTree
from scipy.spatial.distance import cdist

from analysis.data.compile.borders import ELLIPSOID, Edges
from analysis.data.compile.errors import CompileError
from analysis.data.compile.polygon_cases import MERGED
from analysis.data.compile.polygons import OUTLINES_ONLY, OWN

COLUMNS = ("code2010", "longitude", "latitude", "area_km2", "km_to_capital", "km_to_border", "market_access")
# Districts of one city can have centroids a kilometre apart, which says nothing of how far their people are.
NEAREST_KM = 5.0
EARTH_KM = 6371.0088  # mean radius
# Degrees: points on a province's border are no further apart, so that the nearest is at most 0.1 km off.
BORDER_STEP = 0.002
# A province's capital comes first in GB/T 2260. Chongqing's districts reach 400 km from its centre: these are central.
CHONGQING = ("500103", "500104", "500105", "500106", "500107", "500108", "500109", "500112", "500113")
_EQUAL_AREA = Transformer.from_crs("+proj=longlat +ellps=WGS84", "+proj=cea +ellps=WGS84 +units=m", always_xy=True)
# To hundreds: versions of the projection library differ in the tenth digit, which must not show in a table.
MARKET_ACCESS_DIGITS = -2


def unit_shapes(shapes: pd.DataFrame, links: pd.DataFrame, year: int) -> "pd.Series[Any]":
    """One geometry a unit, by code, for units that have a polygon of their own; parts are united.

    Args:
        shapes: columns code and shape, a coverage.
        links: columns year, code, relation, polygon; `polygon` holds codes of `shapes`.
        year: 2010 or 2020.
    """
    own = links[(links["year"] == year) & links["relation"].isin(OWN)]
    by_code = shapes.set_index("code")["shape"]
    parts = pd.Series(by_code.reindex(own["polygon"]).to_numpy(dtype=object), index=own["code"].to_numpy())
    several = parts.index.duplicated(keep=False)
    united = {code: shapely.coverage_union_all(list(of_unit)) for code, of_unit in parts[several].groupby(level=0)}
    return pd.concat([parts[~several], pd.Series(united, dtype=object)]).sort_index()


def equal_area(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Geometries in metres, in Lambert's cylindrical equal-area projection of the ellipsoid."""
    projected: NDArray[np.object_] = shapely.transform(
        shapes, lambda xy: np.column_stack(_EQUAL_AREA.transform(xy[:, 0], xy[:, 1]))
    )
    return projected


def places(shapes: pd.DataFrame, links: pd.DataFrame, units: pd.DataFrame) -> pd.DataFrame:
    """Where the people of each unit of the first census are taken to be, and how large it is.

    Columns longitude, latitude, area_km2 (empty without a polygon of its own), own, by code. The place is the
    polygon's centroid in the equal-area projection; for a unit that was merged, that of the polygon that holds it;
    for a unit that was divided, the mean of its prefecture's other units, weighted by population.
    """
    year = int(links["year"].min())
    census = units[units["year"] == year].set_index("code")
    of_year = links[links["year"] == year]
    own = equal_area_measures(unit_shapes(shapes, links, year))
    merged = of_year[of_year["relation"] == MERGED]
    held = shapes[shapes["code"].isin(merged["polygon"])].set_index("code")["shape"]
    holders = equal_area_measures(held).reindex(merged["polygon"]).set_axis(merged["code"], axis=0)
    frame = pd.concat([own.assign(own=True), holders.assign(own=False, area_km2=np.nan)]).reindex(census.index)
    people = census["population"].where(frame["longitude"].notna())
    group = [census["province"], census["prefecture"]]
    for column in ("longitude", "latitude"):
        mean = (frame[column] * people).groupby(group).transform("sum") / people.groupby(group).transform("sum")
        frame[column] = frame[column].fillna(mean)
    if nowhere := list(frame.index[frame["longitude"].isna()]):
        raise CompileError(f"no place for the units of {year} {', '.join(nowhere)}: no unit of theirs has a polygon")
    return frame.assign(own=frame["own"].eq(True))


def equal_area_measures(shapes: "pd.Series[Any]") -> pd.DataFrame:
    """Longitude and latitude of the centroid and area in km2, by the index of the geometries."""
    projected = equal_area(shapes.to_numpy(dtype=object))
    centroids = shapely.get_coordinates(shapely.centroid(projected))
    longitude, latitude = _EQUAL_AREA.transform(centroids[:, 0], centroids[:, 1], direction="INVERSE")
    columns = {"longitude": longitude, "latitude": latitude, "area_km2": shapely.area(projected) / 1e6}
    return pd.DataFrame(columns, index=shapes.index)


def centroids_outside(shapes: pd.DataFrame, links: pd.DataFrame, measures: pd.DataFrame) -> list[str]:
    """Codes of units whose centroid lies outside them: crescents, groups of islands, units around a city.

    Args:
        shapes: columns code and shape.
        links: columns year, code, relation, polygon.
        measures: columns code2010, longitude, latitude.
    """
    own = unit_shapes(shapes, links, int(links["year"].min()))
    known = measures.dropna(subset=["longitude"]).set_index("code2010")
    inside = shapely.contains_xy(own.reindex(known.index).to_numpy(dtype=object), known["longitude"], known["latitude"])
    return sorted(known.index[~inside])


def kilometres(from_: pd.DataFrame, to: pd.DataFrame) -> NDArray[np.float64]:
    """Geodesic distances between rows of two frames with longitude and latitude."""
    x, y = from_[["longitude", "latitude"]].to_numpy(dtype=float).T
    to_x, to_y = to[["longitude", "latitude"]].to_numpy(dtype=float).T
    return np.asarray(ELLIPSOID.inv(x, y, to_x, to_y)[2]) / 1000


def capitals(located: pd.DataFrame, units: pd.DataFrame) -> pd.DataFrame:
    """The centre of each province's capital: the mean of its districts' places, weighted by their population.

    Args:
        located: longitude and latitude by code.
        units: the rows of one census year: code, unit_type, population.

    Returns:
        Longitude and latitude by the first two digits of the code.
    """
    code = units["code"]
    district = (code.str[2:4] == "01") & (units["unit_type"] == "district")
    chosen = units[district & ((code.str[:2] != "50") | code.isin(CHONGQING))].set_index("code")
    places_ = located.reindex(chosen.index)[["longitude", "latitude"]]
    weighted = places_.mul(chosen["population"], axis=0).groupby(places_.index.str[:2]).sum()
    return weighted.div(chosen["population"].groupby(chosen.index.str[:2]).sum(), axis=0)


def km_to_border(located: pd.DataFrame, edges: Edges, codes: "pd.Series[str]") -> "pd.Series[float]":
    """Geodesic distance to the nearest point of the border that the unit's province shares with another.

    Borders with Hong Kong and Macao don't count, nor does the coast; a province with no such border gives NaN. The
    nearest point is found on the sphere among points at most `BORDER_STEP` apart: within 0.1 km of the nearest.

    Args:
        located: longitude and latitude by unit code.
        edges: shared edges of a coverage.
        codes: the polygons' codes, in the order of the coverage.
    """
    province = codes.str[:2].to_numpy(dtype=str)
    mainland = ~np.isin(province, OUTLINES_ONLY)
    between = edges.where(
        (province[edges.first] != province[edges.second]) & mainland[edges.first] & mainland[edges.second]
    )
    lines = shapely.linestrings(np.stack([between.start, between.end], axis=1))
    points, of_line = shapely.get_coordinates(shapely.segmentize(lines, BORDER_STEP), return_index=True)
    sides = province[np.column_stack([between.first, between.second])][of_line]
    found = pd.Series(np.nan, index=located.index)
    for name, members in located.groupby(located.index.str[:2]):
        on_border = points[(sides == name).any(axis=1)]
        if len(on_border):
            _, nearest = cKDTree(_on_sphere(on_border)).query(_on_sphere(members[["longitude", "latitude"]].to_numpy()))
            target = pd.DataFrame(on_border[nearest], columns=["longitude", "latitude"])
            found[members.index] = kilometres(members, target)
    return found


def _on_sphere(degrees: NDArray[np.float64]) -> NDArray[np.float64]:
    longitude, latitude = np.radians(degrees).T
    return np.column_stack(
        [np.cos(latitude) * np.cos(longitude), np.cos(latitude) * np.sin(longitude), np.sin(latitude)]
    )


def market_access(
    located: pd.DataFrame, population: "pd.Series[int]", nearest: float = NEAREST_KM
) -> "pd.Series[float]":
    """The sum over all other units of their population over their distance, in people per km (Harris 1954).

    Distances are great circles on a sphere, within 0.6% of the geodesic.

    Args:
        located: longitude and latitude by code.
        population: people by code.
        nearest: shorter distances count as this many km.
    """
    people = population.reindex(located.index).to_numpy(dtype=float)
    points = _on_sphere(located[["longitude", "latitude"]].to_numpy(dtype=float))
    apart = np.maximum(2 * EARTH_KM * np.arcsin(cdist(points, points) / 2), nearest)
    np.fill_diagonal(apart, np.inf)
    sums = (people / apart).sum(axis=1)
    return pd.Series(sums, index=located.index)


def measure_units(shapes: pd.DataFrame, edges: Edges, links: pd.DataFrame, units: pd.DataFrame) -> pd.DataFrame:
    """Measures of every unit of the first census, by code; all empty for a unit without a polygon of its own.

    Columns code2010; longitude and latitude in degrees, four decimals; area_km2, km_to_capital and km_to_border
    (empty for a province without a land border to another), one decimal; market_access in people per km, to hundreds.
    The people of a unit without a polygon still count in the market access of others.

    Args:
        shapes: columns code and shape, a coverage at full detail.
        edges: its shared edges.
        links: columns year, code, relation, polygon, as `link_units` gives them.
        units: the table `census.csv`.

    Raises:
        CompileError: a unit has no place, or a province no capital.
    """
    located = places(shapes, links, units)
    census = units[units["year"] == links["year"].min()]
    centres = capitals(located, census)
    province = located.index.str[:2]
    if lacking := sorted(set(province) - set(centres.index)):
        raise CompileError(f"no district of the capital has a place in the provinces {', '.join(lacking)}")
    frame = pd.DataFrame({
        "longitude": located["longitude"].round(4),
        "latitude": located["latitude"].round(4),
        "area_km2": located["area_km2"].round(1),
        "km_to_capital": kilometres(located, centres.loc[province]).round(1),
        "km_to_border": km_to_border(located, edges, shapes["code"]).round(1),
        "market_access": market_access(located, census.set_index("code")["population"]).round(MARKET_ACCESS_DIGITS),
    })  # fmt: skip
    return frame.where(located["own"]).rename_axis("code2010").reset_index().sort_values("code2010", ignore_index=True)
