"""Compile the county table of the census of 2000, whose columns have no codebook.

What a column is was inferred from sums: `IDENTITIES` hold in every row, or nothing is compiled. Names in
characters are not in the file; one is given only where the code or the place and the printed pinyin agree
with a name that another table has.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from analysis.data.compile.errors import CompileError
from analysis.data.compile.pinyin import can_read
from analysis.data.read.census_2000 import CODE, NAME
from analysis.data.schemas.census import CENSUS, CENSUS_EXCEPTIONS

YEAR = 2000

# A whole and its parts.
IDENTITIES = (
    ("A101001", ("A101002", "A101003")),  # households: family, collective
    ("A101004", ("A101005", "A101006")),  # people: men, women
    ("A101004", ("A101008", "A101012")),  # people: in family, in collective households
    ("A101004", ("A103004", "A104001", "A103010", "A103013")),  # people: registered here, elsewhere, not yet, abroad
    ("A101008", ("A101009", "A101010")),  # in family households: men, women
    ("A103001", ("A103004", "A103007", "A103010", "A103013")),  # registered: present, away, not yet, abroad
    ("A104001", ("A104004", "A104007", "A104010", "A104013")),  # registered elsewhere, by where
    ("A105001", ("A105004", "A105007")),  # people with a registration: agricultural, non-agricultural
    ("A105001", ("A103004", "A104001")),  # the same: registered here, elsewhere
)
# A ratio with two decimals: numerator, denominator, factor.
QUOTIENTS = {
    "A101007": ("A101005", "A101006", 100),  # men per 100 women
    "A101016": ("A101008", "A101002", 1),  # people per family household
    "A103016": ("A103007", "A103001", 100),  # share away
    "A105010": ("A105007", "A105001", 100),  # share non-agricultural
}
COLUMNS = {
    "population": ("A101004",),
    "men": ("A101005",),
    "households": ("A101002",),
    "household_population": ("A101008",),
    "registered_population": ("A103001",),
    "nonagricultural_share": ("A105010",),
    "migrants_same_county": ("A104004", "A104007"),
    "migrants_same_province": ("A104010",),
    "migrants_other_province": ("A104013",),
}

# Printed with a slip of a letter or two, or by another romanization. The code is the unit's in 2010 too, or no other
# name of the prefecture comes near it.
MISSPELLED = dict(
    line.split()
    for line in """
        130902 新华区
        150123 和林格尔县
        150204 青山区
        152223 扎赉特旗
        152723 准格尔旗
        210105 皇姑区
        210402 新抚区
        230624 杜尔伯特蒙古族自治县
        231121 嫩江县
        320382 邳州市
        321102 京口区
        341103 南谯区
        350802 新罗区
        421003 荆州区
        421024 江陵县
        430681 汩罗市
        441723 阳东县
        445323 云安县
        450802 港北区
        469037 西沙群岛
        510603 旌阳区
        510703 涪城区
        620201 嘉峪关市
        622326 天祝藏族自治县
        653001 阿图什市
    """.strip().splitlines()
)

_KINDS = {
    "qu": "district",
    "qun": "district",
    "xinqu": "district",
    "xian": "county",
    "zizhixian": "county",
    "zizhixia": "county",
    "county": "county",
    "(county": "county",
    "(count": "county",
    "(countie": "county",
    "shi": "county_city",
    "qi": "banner",
    "zizhiqi": "banner",
    "lianheqi": "banner",
    "linqu": "other",
    "tequ": "other",
}
_ENDINGS = {"district": "区", "county": "县", "county_city": "市", "banner": "旗"}
_URBAN = "(urban districts)"
_FIRST_CITY = 81  # by GB/T 2260 county-level cities have codes from 81 on
_HANZI_UNIT = re.compile("[\u3400-\u9fff]+?(?:自治县|自治旗|县|市|区|旗)")
_ROUNDING = 0.0051
_DIGITS = 6
_SHOWN = 10
_EVENT_YEARS = range(1999, 2011)


@dataclass(frozen=True)
class Compiled2000:
    """Units in the form of `schemas.CENSUS` and exceptions in that of `CENSUS_EXCEPTIONS`, sorted."""

    units: pd.DataFrame
    exceptions: pd.DataFrame


@dataclass(frozen=True)
class _Found:
    """A name in characters, why it is the unit's, and the unit of 2010 that it stands for, if one does."""

    name: str = ""
    code2010: str = ""
    why: str = ""


@dataclass(frozen=True)
class _Unit:
    """A unit of 2010."""

    code: str
    name: str
    unit_type: str
    province: str
    prefecture: str


@dataclass
class _Names:
    """Where names can come from: the units of 2010 and 2020, and units that an event names."""

    units: Mapping[str, _Unit]
    later: Mapping[str, str]
    by_province: dict[str, list[_Unit]] = field(default_factory=dict)
    events: dict[str, list[tuple[str, str, str]]] = field(default_factory=dict)


def compile_census_2000(table: pd.DataFrame, events: pd.DataFrame, census: pd.DataFrame) -> Compiled2000:
    """Compile the table (as `read_census_2000` gives it) with names from events and from the later censuses.

    Args:
        table: codes, printed names and figures, index the line in the file.
        events: boundary events as `read_events` gives them.
        census: units of 2010 and 2020 in the form of `schemas.CENSUS`.

    Raises:
        CompileError: a row's figures do not add up, a printed name tells no kind of unit, two rows share a
            code, or a province is unknown.
    """
    _check(table)
    records: list[dict[str, Any]] = []
    empty = table["A101004"] == 0
    for line, code, name in zip(table.index[empty], table.loc[empty, CODE], table.loc[empty, NAME], strict=True):
        note = f"{name}, code {code}: no figures; the census of the mainland does not count it here"
        records.append(_exception(int(line), "", "", "row left out", "", name, note))
    kept = table[~empty]
    units = pd.DataFrame(
        {name: kept[list(columns)].sum(axis=1).astype("float64") for name, columns in COLUMNS.items()}
    ).assign(code=kept[CODE], year=YEAR, printed_name=kept[NAME].str.replace(r"\s+", " ", regex=True).str.strip())
    names = _gather(census, events)
    alone = set(kept[CODE].str[:4].drop_duplicates(keep=False))
    lines = [int(line) for line in kept.index]
    printed = dict(zip(lines, zip(units["code"], units["printed_name"], strict=True), strict=True))
    found = {line: _name(code, name, names) for line, (code, name) in printed.items()}
    successors = _successors(units["code"], found, names)
    found |= {line: _converted(*printed[line], names, successors) for line, one in found.items() if not one.name}
    units["name"] = [one.name for one in found.values()]
    units["unit_type"] = [
        _kind(line, code, name, code[:4] in alone, names.units.get(found[line].code2010))
        for line, (code, name) in printed.items()
    ]
    _place(units, found, names, successors)
    for line, one in found.items():
        if one.why or not one.name:
            kind = "name inferred" if one.name else "name left empty"
            note = one.why or "no name in the tables of 2010 and 2020 or in a boundary event agrees with it"
            records.append(_exception(line, printed[line][0], one.name, kind, "name", printed[line][1], note))
    blank = {c: float("nan") for c in CENSUS.columns if c not in units.columns}
    exceptions = pd.DataFrame(records, columns=list(CENSUS_EXCEPTIONS.columns))
    return Compiled2000(
        units=units.assign(**blank)[list(CENSUS.columns)].sort_values("code", ignore_index=True),
        exceptions=exceptions.sort_values(["row", "kind", "column"], ignore_index=True),
    )


def _exception(row: int, code: str, name: str, kind: str, column: str, printed: str, note: str) -> dict[str, Any]:
    return dict(zip(CENSUS_EXCEPTIONS.columns, (YEAR, row, code, name, kind, column, printed, note), strict=True))


def _check(table: pd.DataFrame) -> None:
    named = dict(
        zip(table.index, "census of 2000, line " + table.index.astype(str) + " (" + table[NAME] + ")", strict=True)
    )
    wrong = "the columns are not what they were taken for"
    faults = []
    for whole, parts in IDENTITIES:
        summed = table[list(parts)].sum(axis=1)
        faults += [
            f"{named[line]}: {whole} is {table[whole][line]}, {' + '.join(parts)} is {summed[line]}; {wrong}"
            for line in table.index[table[whole] != summed]
        ]
    for ratio, (part, whole, factor) in QUOTIENTS.items():
        counted = table[table[whole] > 0]
        expected = factor * counted[part] / counted[whole]
        off = (counted[ratio] - expected).abs() > _ROUNDING
        faults += [
            f"{named[line]}: {ratio} is {table[ratio][line]}, {part} over {whole} is {expected[line]:.2f}; {wrong}"
            for line in counted.index[off]
        ]
    faults += [
        f"{named[line]}: the code {table[CODE][line]} has fewer than six digits, though the row has people"
        for line in table.index[(table["A101004"] > 0) & (table[CODE].str.len() != _DIGITS)]
    ]
    faults += [
        f"{named[line]}: the code {table[CODE][line]} stands in two rows"
        for line in table.index[table.duplicated(CODE, keep="first")]
    ]
    if faults:
        raise CompileError(
            "\n".join([*faults[:_SHOWN], *([f"and {len(faults) - _SHOWN} more"] if faults[_SHOWN:] else [])])
        )


def _gather(census: pd.DataFrame, events: pd.DataFrame) -> _Names:
    fields = ["code", "name", "unit_type", "province", "prefecture"]
    units = [_Unit(*map(str, row)) for row in census.loc[census["year"] == YEAR + 10, fields].to_numpy()]
    later = census.loc[census["year"] == YEAR + 20, ["code", "name"]].to_numpy()
    names = _Names(units={unit.code: unit for unit in units}, later={str(code): str(name) for code, name in later})
    for unit in units:
        names.by_province.setdefault(unit.code[:2], []).append(unit)
    by_name: dict[str, set[str]] = {}
    by_prefecture: dict[str, str] = {}
    provinces: dict[str, str] = {}
    for unit in units:
        by_name.setdefault(unit.name, set()).add(unit.code[:2])
        by_prefecture[unit.prefecture] = unit.code[:2]
        provinces[unit.province] = unit.code[:2]
    columns = ["event_id", "prefectures", "units", "old", "change"]
    for row in events.loc[events["year"].isin(_EVENT_YEARS), columns].to_numpy():
        event, placed, every, old, text = map(str, row)
        prefectures = _listed(placed)
        where = {code for name, code in provinces.items() if name in text}
        where |= {by_prefecture[name] for name in prefectures if name in by_prefecture}
        for name in _listed(every) if not where else ():
            if len(by_name.get(name, ())) == 1:
                where |= by_name[name]
        renamed = {match for piece in re.findall("([\u3400-\u9fff]+?)更名", text) for match in _tails(piece)}
        for name in {*_listed(old), *_listed(every), *renamed}:
            for province in where:
                names.events.setdefault(province, []).append((name, event, placed))
    return names


def _listed(cell: str) -> list[str]:
    return [one.strip() for one in cell.split("、") if one.strip()]


def _tails(piece: str) -> Iterable[str]:
    """The unit's own name at the end of a phrase such as 将海南省通什市."""
    after = re.split("[省将]|自治区|自治州|市(?=.)", piece)[-1]
    return [after] if _HANZI_UNIT.fullmatch(after) else []


def _stem(printed: str) -> str:
    return re.sub(r"\(.*", "", printed).split()[0]


def _type_of(code: str, printed: str) -> str | None:
    words = printed.lower().split()
    if printed.lower().endswith(_URBAN):
        return "district"
    if int(code[4:]) >= _FIRST_CITY and words[-1] in _KINDS:
        return "county_city"  # whatever the printed name says
    if printed.lower().endswith("dao"):  # islands
        return "other"
    return _KINDS.get(words[-1])


def _kind(line: object, code: str, printed: str, alone: bool, unit: _Unit | None) -> str:
    if unit is not None and unit.unit_type in ("zone", "other", "city_without_counties"):
        return unit.unit_type
    if printed.lower().endswith(_URBAN) and alone:
        return "city_without_counties"
    kind = _type_of(code, printed) or (unit.unit_type if unit is not None else None)
    if kind is None:
        raise CompileError(
            f"census of 2000, line {line} ({printed}): the name tells no kind of unit; add it to census_2000._KINDS"
        )
    return kind


def _agrees(code: str, printed: str, name: str) -> bool:
    """Whether the printed name can be this name, and is of its kind."""
    kind = _type_of(code, printed)
    if printed.lower().endswith(_URBAN):
        same_kind = name.endswith("市")
    else:
        same_kind = name[-1] not in _ENDINGS.values() or kind not in _ENDINGS or name.endswith(_ENDINGS[kind])
    return same_kind and can_read(_stem(printed), name)


def _name(code: str, printed: str, names: _Names) -> _Found:
    """The unit's name in characters, if one agrees with its code or place and its printed name."""
    unit = names.units.get(code)
    if unit is not None and _agrees(code, printed, unit.name):
        return _Found(unit.name, code)
    if code in names.later and _agrees(code, printed, names.later[code]):
        same = code if unit is not None else ""
        return _Found(names.later[code], same, "as the census of 2020 prints it under the same code")
    in_province = names.by_province.get(code[:2], [])
    within = [u for u in in_province if u.code[:4] == code[:4]]
    if code in MISSPELLED:
        for u in in_province:
            if u.name == MISSPELLED[code] and (u.code == code or unit is None):
                return _Found(u.name, u.code, f"as in 2010 under the code {u.code}; the printed name has other letters")
    district = _type_of(code, printed) == "district" and not printed.lower().endswith(_URBAN)
    for candidates in (within, within if district else in_province):
        match = [u for u in candidates if _agrees(code, printed, u.name)]
        if len(match) == 1:
            why = f"as in 2010 under the code {match[0].code}, the only one there with this name"
            return _Found(match[0].name, match[0].code, why)
    own = {u.prefecture for u in within}
    old = {
        (name, event)
        for name, event, prefectures in names.events.get(code[:2], [])
        if _agrees(code, printed, name) and (not district or own & set(_listed(prefectures)))
    }
    if len({name for name, _ in old}) == 1:
        name, event = min(old)
        return _Found(name, code if unit is not None else "", f"named in boundary event {event}")
    return _Found()


def _successors(codes: "pd.Series[str]", found: Mapping[int, _Found], names: _Names) -> dict[str, list[str]]:
    """For the first four digits of a code, the prefectures of 2010 of its units, the most frequent first."""
    of: dict[str, list[str]] = {}
    for line, code in zip(found, codes, strict=True):
        unit = names.units.get(found[line].code2010)
        if unit is not None:
            of.setdefault(code[:4], []).append(unit.prefecture)
    return {prefix: sorted(set(all_), key=lambda one: (-all_.count(one), one)) for prefix, all_ in of.items()}


def _converted(code: str, printed: str, names: _Names, successors: Mapping[str, list[str]]) -> _Found:
    """The name of a unit that has become a district, or that a prefecture of 2010 is named after."""
    prefectures = set(successors.get(code[:4], []))
    there = [
        u
        for u in names.by_province.get(code[:2], [])
        if u.code[:4] == code[:4] or u.prefecture in prefectures or u.prefecture == u.province  # a municipality
    ]
    same = [u for u in there if _agrees(code, printed, u.name)]
    if len(same) == 1:
        why = f"as in 2010 under the code {same[0].code}, the only one there with this name"
        return _Found(same[0].name, same[0].code, why)
    words, kind = printed.lower().split(), _type_of(code, printed)
    if len(words) != 2 or words[1] not in ("shi", "xian") or kind not in _ENDINGS:
        return _Found()
    districts = [u for u in there if u.name.endswith("区") and can_read(words[0], u.name)]
    if len(districts) == 1:
        name = districts[0].name[:-1] + _ENDINGS[kind]
        why = f"the printed kind with the name that the district has in 2010 under the code {districts[0].code}"
        return _Found(name, districts[0].code, why)
    seats = {p for p in {u.prefecture for u in there} if p.endswith("市") and can_read(words[0], p)}
    if len(seats) == 1:
        name = min(seats)[:-1] + _ENDINGS[kind]
        return _Found(name, "", f"the printed kind with the name of the prefecture, in 2010 {min(seats)}")
    return _Found()


def _place(
    units: pd.DataFrame, found: Mapping[int, _Found], names: _Names, successors: Mapping[str, list[str]]
) -> None:
    """Province and prefecture by the code's first digits, in the names and borders of 2010."""
    provinces = {later.code[:2]: later.province for later in names.units.values()}
    prefectures: dict[str, list[str]] = {}
    for later in names.units.values():
        if later.prefecture != later.name:
            prefectures.setdefault(later.code[:4], []).append(later.prefecture)
    unknown = units.loc[~units["code"].str[:2].isin(provinces), "code"]
    if len(unknown):
        raise CompileError(
            f"census of 2000: no province of 2010 has the code {unknown.iloc[0][:2]} ({unknown.iloc[0]})"
        )
    placed = []
    for (_, one), code, name in zip(found.items(), units["code"], units["name"], strict=True):
        unit, own = names.units.get(one.code2010), sorted(set(prefectures.get(code[:4], [])))
        if unit is not None and unit.prefecture == unit.name:
            placed.append(unit.prefecture)  # the province governs it directly, in 2010 if not before
        elif len(own) == 1:
            placed.append(own[0])
        elif unit is not None:
            placed.append(unit.prefecture)
        elif code[:4] in successors:
            placed.append(successors[code[:4]][0])
        else:
            placed.append(name or provinces[code[:2]])
    units["province"] = units["code"].str[:2].map(provinces)
    units["prefecture"] = placed
