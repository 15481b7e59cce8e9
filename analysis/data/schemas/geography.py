"""Tables of places on the ground: polygons, which units they show, and which units border on each other."""

from typing import Any

import pandas as pd

from analysis.data.schemas.forms import CODE, HANZI, LINE, WKT, Form, Rule, Table, one_of, or_empty


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


def _one_kind(frame: pd.DataFrame) -> "pd.Series[bool]":
    unit = [frame["year"], frame["code"]]
    return frame["relation"].groupby(unit).transform("nunique") == 1


def _alone(frame: pd.DataFrame) -> "pd.Series[bool]":
    """Only one unit of a year can be a polygon, or have it as a part; others can at most lie in it."""
    whole = frame["relation"].isin(["same", "part"])
    return ~(whole & frame[whole].duplicated(["year", "polygon"], keep=False).reindex(frame.index, fill_value=False))


POLYGON_UNITS = Table(
    columns={
        "year": Form("2010|2020", "2010 or 2020", "whole number"),
        "code": CODE,
        "name": HANZI,
        "relation": one_of("same", "part", "changed", "merged", "none"),
        "polygon": or_empty(CODE),
        "reason": LINE,
    },
    key=("year", "code", "polygon"),
    rules=(
        Rule("polygon", "empty where the relation is none, and only there",
             lambda f: (f["polygon"] == "") == (f["relation"] == "none")),
        Rule("reason", "a reason where the relation is not same",
             lambda f: (f["relation"] == "same") | (f["reason"].str.strip() != "")),
        Rule("relation", "one relation in all rows of a unit and year", _one_kind),
        Rule("polygon", "a polygon that is the same as, or part of, no other unit of the year", _alone),
    ),
)  # fmt: skip

ADJACENCY = Table(
    columns={
        "unit_a": CODE,
        "unit_b": CODE,
        "border_km": Form("(?:0|[1-9][0-9]{0,3})(?:[.][1-9])?", "a number of 0 or more, one decimal at most", "number"),
        "same_province": Form("[01]", "0 or 1", "whole number"),
    },
    key=("unit_a", "unit_b"),
    rules=(
        Rule("unit_b", "greater than unit_a, since each pair stands once", lambda f: f["unit_a"] < f["unit_b"]),
        Rule("border_km", "more than 0", lambda f: f["border_km"] > 0),
    ),
)
