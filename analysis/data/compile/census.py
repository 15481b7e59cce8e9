"""Compile the census workbooks into units, totals and a list of everything not taken as printed.

Pure functions: data frames in, data frames out. Every row of a workbook becomes a unit, a total, or an
exception of the kind "row left out".
"""

import math
import re
from collections import Counter
from dataclasses import dataclass, field
from numbers import Real
from typing import Any

import pandas as pd

from analysis.data.compile.errors import CompileError
from analysis.data.schemas.census import (
    CENSUS,
    CENSUS_EXCEPTIONS,
    CENSUS_TOTALS,
    COUNTS,
    DWELLINGS,
    GIVEN,
    INDUSTRIES,
    MEANS,
    MIGRANTS,
    TENURES,
    WHOLES,
    YEARS,
)

SUBTOTALS = ("市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划")
# The first of the codes that the table gives itself, per prefecture; no workbook has codes that end so high.
FIRST_OWN_CODE = 91

# Rows without a code in 2010 whose place has a code (or one of our own) in 2020.
SAME_PLACE_2010 = {
    "加格达奇": "232761",
    "松岭区": "232762",
    "新林区": "232763",
    "呼中区": "232764",
    "平桂管理区": "451103",
    "柴旦行委": "632857",
    "西沙群岛": "460391",
}
# Codes whose province does not exist, by year and printed code.
CORRECTED_CODES = {(2020, "170971"): "140971"}

# Legible counts that cannot be right, by year, code and column: a digit too many or too few, as the total of the
# prefecture and the unit's other figures show.
WRONG = {
    (2010, "211422", "aged_15_64"): (
        "48,236 women aged 35 to 39, where the ages around have 15,000 to 23,000: the ages sum to 30,000 more than the "
        "people; the total of the prefecture leaves 373,825"
    ),
    (2010, "371323", "education_university"): (
        "60,491 women, where the units around have 3,000 to 5,000: the levels sum to more than the people aged 5 or "
        "over; the total of the prefecture leaves 14,092"
    ),
    (2020, "450421", "education_none"): (
        "848 women and 1,124 men, where women are two to three times the men in the units around; the total of the "
        "prefecture leaves 4,972"
    ),
}

# Columns that are empty for a unit where the figure they are part of is empty.
_PART_OF = {**dict.fromkeys(INDUSTRIES, "employed"), **dict.fromkeys((*DWELLINGS, *TENURES), "households_surveyed")}
_WORDS = {"population": "ages", "employed": "industries", "households_surveyed": "ways to have a dwelling"}


@dataclass(frozen=True)
class Compiled:
    """Tables in the form of `schemas.CENSUS`, `CENSUS_TOTALS` and `CENSUS_EXCEPTIONS`, sorted."""

    units: pd.DataFrame
    totals: pd.DataFrame
    exceptions: pd.DataFrame


@dataclass(frozen=True)
class _Row:
    """A workbook row with its place: which row, which unit or total, and where it lies."""

    row: int
    level: str
    code: str
    year: int
    name: str
    province: str
    prefecture: str


@dataclass
class _Notes:
    """Exceptions of one year, gathered while rows are read."""

    year: int
    records: list[dict[str, Any]] = field(default_factory=list)

    def add(self, place: "_Row | pd.Series[Any]", kind: str, column: str, printed: object, note: str) -> None:
        self.records.append(
            {
                "year": self.year,
                "row": place.row,
                "code": place.code,
                "name": place.name if isinstance(place, _Row) else place["name"],
                "kind": kind,
                "column": column,
                "printed": _as_printed(printed),
                "note": note,
            }
        )


def compile_census(sheets: dict[int, pd.DataFrame]) -> Compiled:
    """Compile workbook sheets (as `workbooks.read_workbook` gives them) by census year.

    Raises:
        CompileError: a row has a code or name that fits no kind of row, or two units share a code.
    """
    units, totals, exceptions = [], [], []
    for year, sheet in sorted(sheets.items()):
        notes = _Notes(year)
        placed = _place_rows(sheet, year, notes)
        figures, blanks = _read_figures(placed, notes)
        frame = pd.concat([placed[["row", "level", "code", "year", "name", "province", "prefecture"]], figures], axis=1)
        is_unit = frame["level"] == "unit"
        year_units, year_totals = frame[is_unit].copy(), frame[~is_unit].copy()
        _fill_blanks(year_units, year_totals, blanks, notes)
        _note_sums(year_units, notes)
        year_units["unit_type"] = [
            unit_type(name, code) for name, code in zip(year_units["name"], year_units["code"], strict=True)
        ]
        year_units["printed_name"] = ""
        units.append(year_units)
        totals.append(year_totals)
        exceptions.append(pd.DataFrame(notes.records, columns=list(CENSUS_EXCEPTIONS.columns)))
    all_units = pd.concat(units, ignore_index=True)
    twice = all_units[all_units.duplicated(["code", "year"], keep=False)]
    if len(twice):
        shown = ", ".join(
            f"{u.code} {u.name_} (row {u.row})" for u in twice.rename(columns={"name": "name_"}).itertuples()
        )
        raise CompileError(f"units share a code in one year: {shown}")
    level_order = {"country": 0, "province": 1, "prefecture": 2, "subtotal": 3}
    return Compiled(
        units=all_units.sort_values(["code", "year"], ignore_index=True)[list(CENSUS.columns)],
        totals=pd.concat(totals, ignore_index=True)
        .assign(order=lambda f: f["level"].map(level_order))
        .sort_values(["year", "order", "row"], ignore_index=True)[list(CENSUS_TOTALS.columns)],
        exceptions=pd.concat(exceptions, ignore_index=True).sort_values(
            ["year", "row", "kind", "column"], ignore_index=True
        ),
    )


def unit_type(name: str, code: str) -> str:
    """Type of a county-level unit, from its name's ending and its code's last two digits (GB/T 2260).

    Raises:
        CompileError: the ending is none of the known ones.
    """
    ending = int(code[4:])
    if name == "神农架林区" or name.endswith(("特区", "行委", "行政委员会", "群岛", "海域")):
        return "other"
    if ending == 0:
        return "city_without_counties"
    # Development zones end in 71 and up, forest districts of Daxing'anling in 61 to 64.
    if 61 <= ending < 81 or ending >= FIRST_OWN_CODE or name.endswith("管理区"):
        return "zone"
    for last, kind in {"旗": "banner", "县": "county", "市": "county_city", "区": "district"}.items():
        if name.endswith(last):
            return kind
    raise CompileError(f"unit {code} {name}: the name's ending tells no type of unit; add it to census.unit_type")


def _blank(cell: object) -> bool:
    return (
        cell is None or (isinstance(cell, float) and math.isnan(cell)) or (isinstance(cell, str) and not cell.strip())
    )


def _as_printed(cell: object) -> str:
    if _blank(cell):
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return re.sub(r"\s+", " ", str(cell)).strip()


def _text(cell: object) -> str | None:
    return None if _blank(cell) else re.sub(r"\s", "", str(cell))


def _place_rows(sheet: pd.DataFrame, year: int, notes: _Notes) -> pd.DataFrame:
    """Each row's level, code, name, province and prefecture beside its figures; rows left out are noted."""
    figures = [c for c in sheet.columns if c not in ("name", "code", "province", "prefecture")]
    walk = _Walk(year, notes, fill_down="province" not in sheet.columns, without_units=_without_units(sheet))
    records = []
    for row, cells in zip(sheet.index, sheet.to_dict("records"), strict=True):
        if all(_blank(cells[column]) for column in figures):
            notes.add(*_left_out(row, year, cells))
        else:
            records.append({column: cells[column] for column in figures} | vars(walk.place(row, cells)))
    return pd.DataFrame(records)


def _left_out(row: int, year: int, cells: dict[Any, Any]) -> tuple[_Row, str, str, object, str]:
    name, code = _text(cells["name"]), _text(cells["code"])
    if not name:
        note = "a code alone" if code else "an empty row"
    elif CENSUS.columns["name"].matches(name):
        note = "a place with no figures"
    else:
        name, note = None, "a note of whoever copied the workbook, no place"
    return (
        _Row(row, "left out", code or "", year, name or "", "", ""),
        "row left out",
        "",
        cells["name"],
        note,
    )


@dataclass
class _Walk:
    """Goes down a workbook and places each row.

    The 2010 workbook names provinces and prefectures only on rows of their own, so that they are filled down;
    that of 2020 names them on every row.
    """

    year: int
    notes: _Notes
    fill_down: bool
    without_units: set[int]
    province: str = ""
    prefecture: str = ""
    prefecture_code: str = ""
    childless: bool = False
    own_codes: Counter[str] = field(default_factory=Counter)

    def place(self, row: int, cells: dict[Any, Any]) -> _Row:
        printed_name, printed_code = _text(cells["name"]), _text(cells["code"])
        where = f"{self.year} workbook, row {row}"
        if printed_name is None:
            raise CompileError(f"{where}: figures without a name")
        if printed_code is not None and not re.fullmatch("[0-9]{6}", printed_code):
            raise CompileError(f"{where} ({printed_name}): the code is {printed_code!r}, not six digits")
        # A look-alike of the character for city stands in some names of 2010.
        name = printed_name.replace("\u5dff", "市")
        code = CORRECTED_CODES.get((self.year, printed_code or ""), printed_code or "")
        level = _level(name, code)
        if not self.fill_down:
            self.province, self.prefecture = str(_text(cells["province"])), str(_text(cells["prefecture"]))
        reason = ""
        if level in ("province", "prefecture"):
            level = self._enter(row, level, name, code)
        elif name == SUBTOTALS[0] and self.childless and self.fill_down:
            # The prefecture's own row was taken as its total; this one, with the same figures, is the unit.
            level, name, code = "unit", self.prefecture, self.prefecture_code
            reason = "the city has no counties and its districts are not printed: this row is the unit"
        elif level == "subtotal":
            self.prefecture = self.province if name in SUBTOTALS[:2] else name
            self.prefecture_code = ""
        elif level == "unit" and not code:
            code, reason = self._own_code(where, name)
        directly = level == "unit" and self.prefecture in SUBTOTALS
        prefecture = name if directly else self.prefecture
        placed = _Row(row, level, code, self.year, name, self.province, prefecture)
        if name != printed_name and not reason:
            self.notes.add(placed, "name respelled", "name", printed_name, "U+5DFF (巿) stands for 市")
        if reason:
            self.notes.add(placed, "code assigned", "code", printed_code, reason)
        elif code != (printed_code or ""):
            note = f"no province has this code; {code} by its prefecture"
            self.notes.add(placed, "code corrected", "code", printed_code, note)
        return placed

    def _enter(self, row: int, level: str, name: str, code: str) -> str:
        self.childless = row in self.without_units
        if self.fill_down:
            self.prefecture = name
            self.province = name if level == "province" else self.province
        self.prefecture_code = code if level == "prefecture" else ""
        return "unit" if self.childless and not self.fill_down else level

    def _own_code(self, where: str, name: str) -> tuple[str, str]:
        if self.year == 2010 and name in SAME_PLACE_2010:
            return SAME_PLACE_2010[name], "none is printed; the code under which the 2020 table lists the place"
        if not self.prefecture_code:
            raise CompileError(f"{where} ({name}): no code, and no prefecture to number it under")
        number = FIRST_OWN_CODE + self.own_codes[self.prefecture_code]
        self.own_codes[self.prefecture_code] += 1
        return f"{self.prefecture_code[:4]}{number}", "none is printed; one of this table's own"


def _without_units(sheet: pd.DataFrame) -> set[int]:
    """Rows of prefectures that no row of a unit follows: cities without counties or printed districts."""
    levels = [(_level(name, code or "") if name else "left out") for name, code in zip(
        map(_text, sheet["name"]), map(_text, sheet["code"]), strict=True)]  # fmt: skip
    following = [*levels[1:], "none"]
    return {
        row
        for row, level, after in zip(sheet.index, levels, following, strict=True)
        if level == "prefecture" and after != "unit"
    }


def _level(name: str, code: str) -> str:
    if name == "全国":
        return "country"
    if name in SUBTOTALS:
        return "subtotal"
    if code.endswith("0000"):
        return "province"
    if code.endswith("00"):
        return "prefecture"
    return "unit"


def _read_figures(placed: pd.DataFrame, notes: _Notes) -> tuple[pd.DataFrame, dict[str, set[int]]]:
    """Figures as floats, NaN where nothing is printed or what is printed cannot be the figure.

    Beside them, by column, the rows where some of the printed columns that make it up are blank.
    """
    figures, blanks = pd.DataFrame(index=placed.index), {}
    for column in (*COUNTS, *MEANS):
        printed = [c for c in placed.columns if c == column or c.startswith(f"{column}:")]
        if not printed:
            figures[column] = float("nan")
            continue
        parts = pd.DataFrame(index=placed.index, columns=printed, dtype="float64")
        unread = pd.Series(False, index=placed.index)
        for part in printed:
            read = [_number(cell, whole=column in COUNTS) for cell in placed[part]]
            parts[part] = pd.Series([value for value, _ in read], index=placed.index, dtype="float64")
            for at, (value, fault) in zip(placed.index, read, strict=True):
                # A fault in a total that no table keeps is none of ours.
                if fault and (placed.at[at, "level"] == "unit" or column in CENSUS_TOTALS.columns):
                    kind = "cell left empty" if value is None else "text read as number"
                    where = f" (the part {part.partition(':')[2]})" if part != column else ""
                    notes.add(placed.loc[at], kind, column, placed.at[at, part], fault + where)
                    unread[at] |= value is None
        figures[column] = parts.sum(axis=1, min_count=1).mask(unread)
        blanks[column] = set(placed.loc[parts.isna().any(axis=1) & ~unread, "row"]) if len(printed) > 1 else set()
    return figures, blanks


def _number(cell: object, *, whole: bool) -> tuple[float | None, str]:
    """A cell's number and, where it is not a plain number, what is wrong with it."""
    if _blank(cell):
        return None, ""
    fault = ""
    if isinstance(cell, str):
        plain = re.fullmatch(r"\s*([0-9]{1,3}(?:,[0-9]{3})+|[0-9]+(?:[.][0-9]+)?)\s*", cell)
        if not plain:
            return None, "text that can be read in more than one way"
        cell, fault = float(plain[1].replace(",", "")), "a number written as text"
    if isinstance(cell, bool) or not isinstance(cell, Real) or not math.isfinite(cell):
        return None, "no number"
    number = float(cell)
    if number < 0:
        return None, "a count cannot be negative" if whole else "a share or mean cannot be negative"
    if whole and not number.is_integer():
        return None, "a count cannot have decimals"
    return number, fault


def _fill_blanks(units: pd.DataFrame, totals: pd.DataFrame, blanks: dict[str, set[int]], notes: _Notes) -> None:
    """Read a blank cell as zero where a printed sum proves it; note each cell that stays empty.

    The workbooks leave a cell blank where nobody was counted. That is proved by the row's own total for
    ages, industries and ways to have a dwelling, else by the total of the prefecture or province, which the
    units must reach without it.
    """
    _leave_out_wrong(units, notes)
    unread = {(r["row"], r["column"]): r for r in notes.records if r["kind"] == "cell left empty"}
    printed = units.copy()
    left = {whole: units[whole] - units[list(parts)].sum(axis=1) for whole, parts in WHOLES.items()}
    whole_of = {part: whole for whole, parts in WHOLES.items() for part in parts}
    for column in COUNTS:
        if notes.year not in GIVEN.get(column, YEARS):
            continue
        whole = _PART_OF.get(column)
        remains = left.get(whole_of.get(column, ""))
        partly = units["row"].isin(blanks.get(column, set())) & units[column].notna()
        empty = bool(units[column].isna().any())
        if (empty and (whole or column in MIGRANTS)) or (blanks.get(column) and (empty or partly.any())):
            proved = _reaches_total(printed, totals, column)
            if remains is not None:
                proved |= remains == 0
            taken = units[whole].notna() if whole else pd.Series(True, index=units.index)
            legible = pd.Series([(row, column) not in unread for row in units["row"]], index=units.index)
            units.loc[units[column].isna() & proved & taken & legible, column] = 0.0
            units.loc[partly & ~proved, column] = float("nan")
        words = f"; the total less the other {_WORDS[whole_of[column]]} leaves" if remains is not None else ""
        for at in units.index[units[column].isna()]:
            over = f"{words} {remains[at]:,.0f}" if remains is not None and pd.notna(remains[at]) else ""
            if (units.at[at, "row"], column) in unread:
                unread[units.at[at, "row"], column]["note"] += over
            elif whole and bool(units[whole].isna()[at]):
                notes.add(units.loc[at], "cell left empty", column, "", f"nothing printed, nor for {whole}")
            else:
                note = "nothing printed, and no printed sum shows that it is zero" + over
                notes.add(units.loc[at], "cell left empty", column, "", note)
    _note_empty_means(units, notes)


def _note_empty_means(units: pd.DataFrame, notes: _Notes) -> None:
    unread = {(r["row"], r["column"]) for r in notes.records if r["kind"] == "cell left empty"}
    for column in MEANS:
        if notes.year in GIVEN.get(column, YEARS):
            for at in units.index[units[column].isna()]:
                if (units.at[at, "row"], column) not in unread:
                    notes.add(units.loc[at], "cell left empty", column, "", "nothing printed")


def _leave_out_wrong(units: pd.DataFrame, notes: _Notes) -> None:
    """Leave out what is known to be wrong, and counts larger than the people of their unit."""
    for column in COUNTS:
        if column == "registered_population":
            continue
        known = [WRONG.get((notes.year, code, column)) for code in units["code"]]
        larger = units[column] > units["population"]
        for at, why in zip(units.index, known, strict=True):
            if why or larger[at]:
                note = why or f"more than the unit's {units['population'][at]:,.0f} people"
                notes.add(units.loc[at], "cell left empty", column, units.at[at, column], note)
                units.loc[at, column] = float("nan")


def _reaches_total(units: pd.DataFrame, totals: pd.DataFrame, column: str) -> "pd.Series[bool]":
    """Whether the filled cells of a unit's prefecture (or province if that has no total) reach the total."""
    provinces = totals[totals["level"] == "province"].set_index("province")[column]
    rows = totals[totals["level"] == "prefecture"]
    prefectures = pd.Series(rows[column].to_numpy(), index=rows["province"] + " " + rows["name"])

    def agrees(place: "pd.Series[str]", printed: "pd.Series[float]") -> "pd.Series[bool]":
        return place.map(units.groupby(place)[column].sum()) == place.map(printed)

    place = units["province"] + " " + units["prefecture"]
    return agrees(place, prefectures).where(place.isin(prefectures.index), agrees(units["province"], provinces))


def _note_sums(units: pd.DataFrame, notes: _Notes) -> None:
    """Note rows whose printed parts cannot sum to their printed whole; they are kept as printed."""
    for whole, every in WHOLES.items():
        parts = units[[part for part in every if notes.year in GIVEN.get(part, YEARS)]]
        total, summed = units[whole], parts.sum(axis=1)
        known = parts.notna().any(axis=1) & total.notna()
        differ = known & ((summed > total) | (parts.notna().all(axis=1) & (summed < total)))
        for place in units.index[differ]:
            note = f"the {_WORDS[whole]} sum to {summed[place]:,.0f}; all are kept as printed"
            notes.add(units.loc[place], "sum differs", whole, total[place], note)
