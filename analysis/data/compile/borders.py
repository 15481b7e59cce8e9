"""Borders that two polygons of a coverage share, edge by edge, and the pairs of units that share one."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import Geod

from analysis.data.compile.polygons import OWN

ELLIPSOID = Geod(ellps="WGS84")
# Tenths of a kilometre are printed; a border shorter than half of one is no border but a corner that is not quite one.
SHORTEST = 0.05


@dataclass(frozen=True)
class Edges:
    """Edges that two polygons share: the polygons' places in the coverage, and the two ends in degrees."""

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    start: NDArray[np.float64]
    end: NDArray[np.float64]

    @cached_property
    def kilometres(self) -> NDArray[np.float64]:
        """Geodesic lengths on the WGS 84 ellipsoid."""
        _, _, metres = ELLIPSOID.inv(*self.start.T, *self.end.T)
        return np.asarray(metres) / 1000

    def where(self, chosen: NDArray[np.bool_]) -> "Edges":
        """Some of the edges."""
        return Edges(self.first[chosen], self.second[chosen], self.start[chosen], self.end[chosen])


def shared_edges(coverage: NDArray[np.object_]) -> Edges:
    """Every edge that two polygons of a valid coverage share; in such a coverage shared edges have the same ends."""
    parts, of_part = shapely.get_parts(coverage, return_index=True)
    rings, of_ring = shapely.get_rings(parts, return_index=True)
    points, of_point = shapely.get_coordinates(rings, return_index=True)
    owner = of_part[of_ring]
    within = of_point[1:] == of_point[:-1]
    # A number for each distinct vertex, so that an edge is known by two numbers.
    _, vertex = np.unique(points[:, 0] + 1j * points[:, 1], return_inverse=True)
    a, b = vertex[:-1][within], vertex[1:][within]
    edge = np.minimum(a, b).astype(np.int64) * len(points) + np.maximum(a, b)
    at = np.flatnonzero(within)
    order = np.argsort(edge, kind="stable")
    twin = np.flatnonzero(edge[order][1:] == edge[order][:-1])
    one, other = at[order[twin]], at[order[twin + 1]]
    owners = np.sort(np.column_stack([owner[of_point[one]], owner[of_point[other]]]), axis=1)
    return Edges(owners[:, 0], owners[:, 1], points[one], points[one + 1])


def compile_adjacency(
    edges: Edges, codes: "pd.Series[str]", links: pd.DataFrame, units: pd.DataFrame, year: int = 2010
) -> pd.DataFrame:
    """Pairs of units of a census that share a border, in the form of `schemas.ADJACENCY`.

    Units without a polygon of their own have no pairs: what they bordered on is not on record.

    Args:
        edges: shared edges of the package's polygons at full detail.
        codes: the polygons' codes, in the order of the coverage.
        links: columns year, code, relation, polygon, as `link_units` gives them.
        units: the table `census.csv`.
        year: the census whose units are meant.
    """
    own = links[(links["year"] == year) & links["relation"].isin(OWN)]
    unit = codes.map(dict(zip(own["polygon"], own["code"], strict=True))).to_numpy(dtype=object)
    pair, of_pair = np.unique(edges.first * len(codes) + edges.second, return_inverse=True)
    lengths = np.bincount(of_pair, edges.kilometres, len(pair))
    pairs = pd.DataFrame({"one": unit[pair // len(codes)], "other": unit[pair % len(codes)], "border_km": lengths})
    pairs = pairs.dropna()
    pairs = pairs[pairs["one"] != pairs["other"]]
    pairs["unit_a"], pairs["unit_b"] = pairs[["one", "other"]].min(axis=1), pairs[["one", "other"]].max(axis=1)
    borders = pairs.groupby(["unit_a", "unit_b"])["border_km"].sum()
    frame = borders[borders >= SHORTEST].round(1).reset_index()
    in_year = units[units["year"] == year]
    province = dict(zip(in_year["code"], in_year["province"], strict=True))
    same = frame["unit_a"].map(province) == frame["unit_b"].map(province)
    return frame.assign(same_province=same.astype(int)).sort_values(["unit_a", "unit_b"], ignore_index=True)


def without_neighbours(adjacency: pd.DataFrame, links: pd.DataFrame) -> list[str]:
    """Units of the first census that have a polygon but share a border with no other: islands, above all.

    Args:
        adjacency: columns unit_a and unit_b.
        links: the table `polygon_units.csv`.
    """
    own = links[(links["year"] == links["year"].min()) & links["relation"].isin(OWN)]
    return sorted(set(own["code"]) - set(adjacency["unit_a"]) - set(adjacency["unit_b"]))
