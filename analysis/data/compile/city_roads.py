"""Compile the workbook on road area per head into county-level cities and prefecture-level cities."""

import math
import re
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis.data.compile.errors import CompileError
from analysis.data.compile.irregular import copied, out_of_line
from analysis.data.compile.places import CODE_2010, NO_PLACE, tuples

FIRST, LAST = 2002, 2023
SOURCE = "road_area_per_head"

# Cities that became prefecture-level, by printed code: in which year, and their unit of 2010.
PROMOTED = {
    "460400": (2015, "469003"),
    "520500": (2011, "522401"),
    "520600": (2011, "522201"),
    "530800": (2003, "530802"),
    "540200": (2014, "542301"),
    "650400": (2015, "652101"),
    "650500": (2016, "652201"),
}
# Chaohu was a prefecture-level city until 2011; the county-level city since is its one district.
DEMOTED = {"342600": (2011, "341402")}
# Cities that the census of 2010 has under another kind or name, or not yet.
UNIT_2010 = {
    "150802": "150802",  # Linhe (临河), a district since 2003
    "360482": "360482-2020",  # Gongqingcheng (共青城)
    "430681": "430681",  # Miluo (汨罗), printed with a look-alike in 2010
    "532503": "532522",  # Mengzi (蒙自), a county until September 2010
    "532600": "532621",  # Wenshan (文山), a county until December 2010
    "659005": "659005-2020",  # Beitun (北屯)
}


@dataclass(frozen=True)
class Roads:
    """`cities` in the form of `schemas.CITY_ROADS`; `prefectures` with code, year and road_pc_second; what was
    not taken, as records of `schemas.PREFECTURE_EXCEPTIONS`."""

    cities: pd.DataFrame
    prefectures: pd.DataFrame
    exceptions: list[dict[str, Any]]


def compile_city_roads(sheet: pd.DataFrame, census: pd.DataFrame, places: pd.DataFrame) -> Roads:
    """Split the workbook's series by the standing of the city in each year, and put each to its code of 2010.

    `sheet` is as `read_workbook` gives it with `CITY_ROADS`; `census` is the census table; `places` as
    `places_2010` gives them.

    Raises:
        CompileError: a row cannot be read, a series stands twice, or a city is in no census.
    """
    rows, exceptions = _rows(sheet)
    series = rows.drop_duplicates("code")
    units, prefectures = _owners(series, census, places)
    for s in tuples(series):
        if s.code not in units and s.code not in prefectures:
            years = int((rows["code"] == s.code).sum())
            reason = NO_PLACE.get(s.code, "a province as a whole")
            exceptions.append(_exception(s.code, s.name, "series left out", f"{years} years; {reason}"))
        elif s.code in units and s.province[:2] != _province_of(s.code, places):
            exceptions.append(
                _exception(
                    s.code,
                    s.name,
                    "code corrected",
                    f"the code is a place in {_province_of(s.code, places)}; the workbook prints {s.province}, where "
                    f"the city is unit {units[s.code]}",
                )
            )
    known = rows[rows["road_area"].notna()]
    since = known["code"].map({code: year for code, (year, _) in PROMOTED.items()}).fillna(LAST + 1)
    since_unit = known["code"].map({code: year for code, (year, _) in DEMOTED.items()}).fillna(FIRST)
    is_unit = known["code"].isin(units) & (known["year"] < since) & (known["year"] >= since_unit)
    is_prefecture = known["code"].isin(prefectures) & ~is_unit
    return Roads(
        cities=_cities(known[is_unit], units, census),
        prefectures=pd.DataFrame(
            {
                "code": known.loc[is_prefecture, "code"].map(prefectures),
                "year": known.loc[is_prefecture, "year"],
                "road_pc_second": known.loc[is_prefecture, "road_area"],
            }
        ).sort_values(["code", "year"], ignore_index=True),
        exceptions=exceptions,
    )


def irregular_roads(values: "pd.Series[float]", place: "pd.Series[str]", year: "pd.Series[int]") -> "pd.Series[bool]":
    """Road areas per head that are not above zero, repeat the year before in runs of three, or are out of line."""
    return (
        (values <= 0)
        | copied(values, place, year)
        | out_of_line(values.where(values > 0), place, year, shares=False, ends=True)
    )


def _rows(sheet: pd.DataFrame) -> tuple[pd.DataFrame, list[dict[str, Any]]]:
    records, exceptions, faults = [], [], []
    for row, cells in zip(sheet.index, sheet.to_dict("records"), strict=True):
        if _blank(cells["year"]):
            text = "".join(str(cell) for cell in cells.values() if not _blank(cell))
            if not _blank(cells["road_area"]) or not _blank(cells["code"]):
                faults.append(f"row {row}: a row without a year has a code or a figure; expected a year")
            elif text:
                exceptions.append(_exception("", "", "row left out", f"row {row}: an advertisement of a file shop"))
            continue
        year, code = _whole(cells["year"]), _whole(cells["code"])
        name, province, value = _text(cells["name"]), _text(cells["province"]), cells["road_area"]
        if year is None or not FIRST <= year <= LAST:
            faults.append(f"row {row}, column A (year): found {cells['year']!r}; expected {FIRST} to {LAST}")
        elif code is None or not re.fullmatch("[1-8][0-9]{5}", str(code)):
            faults.append(f"row {row}, column E (code): found {cells['code']!r}; expected six digits")
        elif not name or not province:
            faults.append(f"row {row}, columns B and D: no name or no province for code {code}")
        elif not _blank(value) and _number(value) is None:
            faults.append(f"row {row}, column F (road_area): found {value!r}; expected a number of 0 or more")
        else:
            records.append((row, year, str(code), name, province, math.nan if _blank(value) else _number(value)))
    rows = pd.DataFrame(records, columns=["row", "year", "code", "name", "province", "road_area"])
    rows["road_area"] = rows["road_area"].astype("float64")
    twice = rows[rows.duplicated(["code", "year"])]
    faults += [f"row {r.row}: code {r.code} has the year {r.year} twice" for r in tuples(twice)]
    labels = rows.drop_duplicates(["code", "name", "province"])
    many = labels[labels.duplicated("code", keep=False)]
    faults += [f"row {r.row}: code {r.code} has more than one name or province" for r in tuples(many)]
    if not faults and rows.empty:
        faults.append("no row with a year")
    if faults:
        raise CompileError("\n".join(f"{SOURCE}, {fault}" for fault in faults[:10]))
    return rows, exceptions


def _owners(series: pd.DataFrame, census: pd.DataFrame, places: pd.DataFrame) -> tuple[dict[str, str], dict[str, str]]:
    """Units and prefectures of 2010 by the workbook's codes; a code can be both, in different years."""
    cities = census[(census["year"] == 2010) & (census["unit_type"] == "county_city")]
    by_name = {(p, n): c for p, n, c in zip(cities["province"], cities["name"], cities["code"], strict=True)}
    kinds = places.set_index("code")
    units, prefectures, faults = {}, {}, []
    for s in tuples(series):
        names = [n if n.endswith("市") and len(n) > 2 else f"{n}市" for n in re.split("[（）()]", s.name) if n]
        of_2010 = CODE_2010.get(s.code, s.code)
        is_city = of_2010 in kinds.index and kinds.at[of_2010, "name"] in (*names, "襄樊市")
        if (is_city and kinds.at[of_2010, "level"] != "direct") or s.code in PROMOTED or s.code in DEMOTED:
            prefectures[s.code] = of_2010
        if s.code in PROMOTED or s.code in DEMOTED:
            units[s.code] = (PROMOTED | DEMOTED)[s.code][1]
        elif s.code in UNIT_2010:
            units[s.code] = UNIT_2010[s.code]
        elif s.code not in prefectures:
            found = [by_name[s.province, name] for name in names if (s.province, name) in by_name]
            if len(found) == 1:
                units[s.code] = found[0]
            elif not s.code.endswith("0000") and s.code not in NO_PLACE:
                faults.append(
                    f"{SOURCE}, row {s.row}: {s.province} has no city {s.name} (code {s.code}) in the census of 2010; "
                    "name its unit in city_roads.UNIT_2010"
                )
    taken = pd.Series([unit for code, unit in units.items() if code not in PROMOTED])
    faults += [f"{SOURCE}: two series for the unit {unit}" for unit in taken[taken.duplicated()]]
    if faults:
        raise CompileError("\n".join(faults[:10]))
    return units, prefectures


def _cities(rows: pd.DataFrame, units: dict[str, str], census: pd.DataFrame) -> pd.DataFrame:
    keys = census["code"].where(census["year"] == 2010, census["code"] + "-" + census["year"].astype(str))
    names = pd.Series(census["name"].to_numpy(), index=keys.to_numpy())
    unit_id = rows["code"].map(units)
    missing = sorted(set(unit_id) - set(names.index))
    if missing:
        raise CompileError(f"{SOURCE}: no census has the units {', '.join(missing)}; see city_roads.py")
    frame = pd.DataFrame(
        {
            "unit_id": unit_id,
            "year": rows["year"],
            "name": unit_id.map(names),
            "province": rows["province"],
            "printed_code": rows["code"],
            "printed_name": rows["name"],
            "road_area": rows["road_area"],
        }
    )
    frame["flagged"] = irregular_roads(frame["road_area"], frame["unit_id"], frame["year"]).astype(int)
    return frame.sort_values(["unit_id", "year"], ignore_index=True)


def _province_of(code: str, places: pd.DataFrame) -> str:
    found = places.loc[places["code"].str[:2] == code[:2], "province"]
    return str(found.iloc[0])[:2] if len(found) else ""


def _exception(code: str, name: str, kind: str, note: str) -> dict[str, Any]:
    return {"source": SOURCE, "code": code, "name": name, "year": "", "column": "", "kind": kind,
            "printed": "", "note": note}  # fmt: skip


def _blank(cell: object) -> bool:
    return (
        cell is None or (isinstance(cell, float) and math.isnan(cell)) or (isinstance(cell, str) and not cell.strip())
    )


def _text(cell: object) -> str:
    return "" if _blank(cell) else re.sub(r"\s", "", str(cell))


def _whole(cell: object) -> int | None:
    number = _number(cell)
    return int(number) if number is not None and number == int(number) else None


def _number(cell: object) -> float | None:
    """A cell's number of 0 or more, also where it is kept as text; None for anything else."""
    if isinstance(cell, bool):
        return None
    if isinstance(cell, str) and not re.fullmatch(r"\s*[0-9]+(\.[0-9]+)?\s*", cell):
        return None
    try:
        number = float(cell)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) and number >= 0 else None
