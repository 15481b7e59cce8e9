"""Which polygons show which units of the censuses of 2010 and 2020, and which units have none."""

import pandas as pd

from analysis.data.compile.errors import CompileError
from analysis.data.compile.polygon_cases import CASES, NONE, RENAMED, SAME, WITHOUT_UNIT, Case
from analysis.data.read.shapes import PACKAGE

YEARS = (2010, 2020)
COLUMNS = ("year", "code", "name", "relation", "polygon", "reason")
ZONE = "a zone; the package's polygons are those of the units that it lies in"
# Hong Kong, Macao and Taiwan, which the mainland's censuses don't count.
OTHER_PROVINCES = ("71", "81", "82")
_ENDINGS = ("自治县", "自治旗", "县", "市", "区", "旗")


def link_units(
    shapes: pd.DataFrame, units: pd.DataFrame, cases: dict[int, tuple[Case, ...]] | None = None
) -> pd.DataFrame:
    """Link the units of each census to the package's polygons, a row a unit and polygon.

    A unit is linked by the reviewed cases first; then to the polygon of its code if the name is the same but for
    its ending; then to the one polygon of its whole name in its province; then to the one polygon in its prefecture
    whose name differs in the ending alone. A zone without a polygon is listed with none.

    Args:
        shapes: columns code, name, prefecture, province, as `read_shapes` gives them.
        units: the table `census.csv`.
        cases: reviewed cases by year; those of the project if not given.

    Returns:
        Columns year, code, name, relation, polygon (a code of the package, or empty), reason; sorted.

    Raises:
        CompileError: a unit or polygon fits nothing and isn't listed, a case names what isn't there, or two units
            are said to be one polygon.
    """
    index = shapes[~shapes["code"].str[:2].isin(OTHER_PROVINCES)].set_index("code")
    linked = [
        link
        for year in YEARS
        for link in _link_year(year, units[units["year"] == year], index, (CASES if cases is None else cases)[year])
    ]
    frame = pd.DataFrame(linked, columns=list(COLUMNS)).sort_values(["year", "code", "polygon"], ignore_index=True)
    own = frame[(frame["relation"] == SAME)]
    for link in own[own.duplicated(["year", "polygon"])].itertuples():
        raise CompileError(f"{PACKAGE}: polygon {link.polygon} is said to be more than one unit of {link.year}")
    return frame


def _link_year(
    year: int, units: pd.DataFrame, index: pd.DataFrame, cases: tuple[Case, ...]
) -> list[tuple[int, str, str, str, str, str]]:
    reviewed = {case.code: case for case in cases}
    named = dict(zip(index.index, index["name"], strict=True))
    names = dict(zip(units["code"], units["name"], strict=True))
    _check_cases(year, cases, names, index)
    links: list[tuple[int, str, str, str, str, str]] = []
    open_: list[tuple[str, str, str, str, str]] = []
    for code, name, province, prefecture, kind in units[
        ["code", "name", "province", "prefecture", "unit_type"]
    ].itertuples(index=False):
        if code in reviewed:
            case = reviewed[code]
            links += [(year, code, name, case.relation, polygon, case.reason) for polygon in case.polygons or ("",)]
        elif RENAMED.get(code) in named:
            links.append((year, code, name, SAME, RENAMED[code], f"named {named[RENAMED[code]]} there"))
        elif code in named and _stem(named[code]) == _stem(name):
            links.append((year, code, name, SAME, code, ""))
        else:
            open_.append((code, name, province, prefecture, kind))
    free = index[~index.index.isin([link[4] for link in links])]
    left = []
    for code, name, province, prefecture, kind in open_:
        found = free[(free["province"] == province) & (free["name"] == name)]
        if len(found) != 1:
            found = free[(free["prefecture"] == prefecture) & (free["name"].map(_stem) == _stem(name))]
        if len(found) == 1:
            links.append((year, code, name, SAME, found.index[0], f"code {found.index[0]} there"))
        elif kind == "zone":
            links.append((year, code, name, NONE, "", ZONE))
        else:
            left.append(f"{code} {name}")
    if left:
        raise CompileError(
            f"{PACKAGE}: no polygon for the units of {year} {', '.join(left)}; add each to polygon_cases.CASES"
        )
    used = {link[4] for link in links}
    unused = [c for c in index.index if c not in used and c not in WITHOUT_UNIT[year]]
    if unused:
        raise CompileError(
            f"{PACKAGE}: no unit of {year} for the polygons {', '.join(unused)}; "
            "add each to polygon_cases.CASES or polygon_cases.WITHOUT_UNIT"
        )
    return links


def _check_cases(year: int, cases: tuple[Case, ...], names: dict[str, str], index: pd.DataFrame) -> None:
    for case in cases:
        if case.code not in names:
            raise CompileError(f"polygon_cases.CASES: the census of {year} has no unit {case.code}")
        for polygon in case.polygons:
            if polygon not in index.index:
                raise CompileError(f"polygon_cases.CASES: {PACKAGE} has no polygon {polygon} (unit {case.code})")


def _stem(name: str) -> str:
    """A name without its ending for the kind of unit; a name of two characters stays as it is."""
    for ending in _ENDINGS:
        if name.endswith(ending) and len(name) > len(ending) + 1:
            return name.removesuffix(ending)
    return name
