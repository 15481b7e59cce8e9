"""Codes of the roster, of polygons and of pairs against the census; polygons against each other."""

import pandas as pd

from analysis.data.checks.loaded import Tables
from analysis.data.compile.polygon_cases import CHANGED, PART, SAME, WITHOUT_UNIT

OWN = (SAME, PART, CHANGED)
_SAME_AREA = 1e-6


def faults(tables: Tables) -> list[str]:
    """Every breach between roster, polygons, pairs and census, one line each."""
    return [*_programme(tables), *_polygons(tables), *_links(tables), *_adjacency(tables)]


def without_polygon(codes: "pd.Series[str]", polygons: pd.DataFrame) -> list[str]:
    """Those codes that no polygon stands under."""
    return sorted(set(codes) - set(polygons["code"]))


def _programme(tables: Tables) -> list[str]:
    found = []
    for year in sorted(set(tables.census["year"]) & {2010, 2020}):
        known = set(tables.census.loc[tables.census["year"] == year, "code"])
        found += [
            f"programme_units.csv, unit {u.code} {u.name_}, column code{year}: "
            f"found {getattr(u, f'code{year}')}; census.csv has no such code in {year}"
            for u in tables.programme.rename(columns={"name": "name_"}).itertuples()
            if getattr(u, f"code{year}") not in known
        ]
    return found


def _polygons(tables: Tables) -> list[str]:
    programme = tables.programme.set_index("code2020")["name"]
    missing = without_polygon(tables.programme["code2020"], tables.polygons)
    counties = tables.polygons[tables.polygons["level"] == "county"]
    drawn = set(tables.polygon_units["polygon"])
    return [
        *(f"polygons.csv: the programme's unit {code} {programme[code]} has no polygon" for code in missing),
        *(
            f"polygons.csv, polygon {code}, column code: polygon_units.csv links no unit to it"
            for code in counties["code"]
            if code not in drawn and all(code not in listed for listed in WITHOUT_UNIT.values())
        ),
        *_coverage(tables.polygons),
    ]


def _coverage(polygons: pd.DataFrame) -> list[str]:
    import shapely

    found = []
    for level, of_level in polygons.groupby("level"):
        edges = shapely.coverage_invalid_edges(of_level["polygon"].to_numpy(dtype=object))
        found += [
            f"polygons.csv, polygon {code}: its border does not meet its neighbours', level {level}"
            for code in of_level["code"][~shapely.is_empty(edges)]
        ]
    counties = polygons[polygons["level"] == "county"]
    areas = pd.Series(shapely.area(counties["polygon"].to_numpy(dtype=object)), index=counties.index)
    outlines = polygons[polygons["level"] == "province"].set_index("code")["polygon"]
    for province, area in areas.groupby(counties["code"].str[:2]).sum().items():
        outline = outlines.get(f"{province}0000")
        if outline is None:
            found.append(f"polygons.csv: province {province}0000 has county-level polygons and no outline")
        elif abs(outline.area / area - 1) > _SAME_AREA:
            found.append(
                f"polygons.csv, polygon {province}0000: its area is {outline.area:.6f} square degrees; "
                f"its county-level polygons sum to {area:.6f}"
            )
    return found


def _links(tables: Tables) -> list[str]:
    links, known = tables.polygon_units, set(tables.polygons.loc[tables.polygons["level"] == "county", "code"])
    found = [
        f"polygon_units.csv, unit {link.code} {link.year}, column polygon: polygons.csv has no such county-level "
        f"polygon as {link.polygon}"
        for link in links[(links["polygon"] != "") & ~links["polygon"].isin(known)].itertuples()
    ]
    for year, of_year in links.groupby("year"):
        census = tables.census.loc[tables.census["year"] == year, ["code", "name"]]
        names = dict(zip(census["code"], census["name"], strict=True))
        found += [f"polygon_units.csv: unit {code} of {year} is missing" for code in set(names) - set(of_year["code"])]
        found += [
            f"polygon_units.csv, unit {link.code} {year}, column name: found {link.name_}; census.csv has "
            f"{names.get(link.code, 'no such code')}"
            for link in of_year.rename(columns={"name": "name_"}).itertuples()
            if names.get(link.code) != link.name_
        ]
    return found


def _adjacency(tables: Tables) -> list[str]:
    links = tables.polygon_units
    year = links["year"].min()
    own = links[(links["year"] == year) & links["relation"].isin(OWN)]["code"]
    census = tables.census[tables.census["year"] == year]
    province = dict(zip(census["code"], census["province"], strict=True))
    found = [
        f"adjacency.csv, column {column}: {code} is no unit of {year} with a polygon of its own in polygon_units.csv"
        for column in ("unit_a", "unit_b")
        for code in sorted(set(tables.adjacency[column]) - (set(own) & set(province)))
    ]
    pairs = tables.adjacency
    same = pairs["unit_a"].map(province) == pairs["unit_b"].map(province)
    return found + [
        f"adjacency.csv, pair {pair.unit_a} {pair.unit_b}, column same_province: found {pair.same_province}; "
        f"census.csv says otherwise"
        for pair in pairs[same != (pairs["same_province"] == 1)].itertuples()
    ]
