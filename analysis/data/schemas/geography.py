"""Tables of places on the ground: polygons."""

from typing import Any

import pandas as pd

from analysis.data.schemas.forms import CODE, HANZI, WKT, Rule, Table, one_of


def _geometries(frame: pd.DataFrame) -> Any:
    import shapely

    return shapely.from_wkt(frame["polygon"].to_numpy(dtype=object), on_invalid="ignore")


def _readable(frame: pd.DataFrame) -> "pd.Series[bool]":
    import shapely

    geometries = _geometries(frame)
    return pd.Series(shapely.is_valid(geometries) & ~shapely.is_empty(geometries), index=frame.index)


def _in_china(frame: pd.DataFrame) -> "pd.Series[bool]":
    import shapely

    west, south, east, north = shapely.bounds(_geometries(frame)).T
    inside = (west >= 73) & (east <= 136) & (south >= 3) & (north <= 54)
    return pd.Series(inside, index=frame.index)


POLYGONS = Table(
    columns={"code": CODE, "name": HANZI, "level": one_of("county", "province"), "polygon": WKT},
    key=("code",),
    rules=(
        Rule("polygon", "a valid polygon that is not empty", _readable),
        Rule("polygon", "longitudes from 73 to 136 and latitudes from 3 to 54 degrees", _in_china),
    ),
)
