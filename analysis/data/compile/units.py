"""The register of county-level units, and the cases that it rests on.

A row is a unit of 2010, or one that only the census of 2000 or of 2020 has. Each code of each census belongs to one
unit. Where units merge or a unit is split, the one with the same name carries on with changed ground; the others end
(their later code is empty) or begin (their earlier code is empty), so that sums over units never count anybody twice.
"""

import re
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis.data.compile.errors import CompileError
from analysis.data.compile.events import becomes, prepared
from analysis.data.compile.judgement import PERIODS, Censuses, Judgement
from analysis.data.compile.links import Link, link
from analysis.data.compile.names import place_of_zone, stem
from analysis.data.compile.pinyin import ENDINGS, confirmed, letters_of, spelled, usual
from analysis.data.compile.rulings import (
    CODES_2016,
    LISTED_2000,
    LISTED_2010,
    MOVED_AFTER_AUGUST_2016,
    NAMES_2000,
    NAMES_2010,
    PREFECTURES_2000,
)
from analysis.data.frames import each

AUGUST_2016 = (2016, 8)
# The census of 2000 has units as of November 2000, with one merger of June not yet made; that of 2010 as of May 2010:
# it still prints apart what was merged in June, and prints under its new name what was renamed in February.
FIRST, TURN = (2000, 11), (2010, 6)
NOT_YET_MADE_IN_2000 = ("WIKI-COUNTY-2000-01-010",)

_TYPE_OF_ENDING = {"县": "county", "区": "district", "市": "county_city", "旗": "banner"}


@dataclass(frozen=True)
class Register:
    """The register, without what is measured on the ground, and its cases."""

    units: pd.DataFrame
    cases: pd.DataFrame


def names_2000(census: pd.DataFrame) -> pd.DataFrame:
    """Code, name in Latin letters as printed, and population of each unit of 2000; sorted by code."""
    first = census.loc[census["year"] == 2000, ["code", "printed_name", "population"]]
    return first.rename(columns={"printed_name": "name"}).sort_values("code", ignore_index=True)


def compile_units(
    census: pd.DataFrame,
    early_names: pd.DataFrame,
    events: pd.DataFrame,
    roster: pd.DataFrame,
    designations: pd.DataFrame,
    adjacent: pd.DataFrame,
    measures: pd.DataFrame,
) -> Register:
    """The register in the form of `schemas.UNITS` and `schemas.BOUNDARY_CASES`.

    `census` is the census table (its rows of 2010 and 2020 are used), `early_names` what `names_2000` gives of it,
    `events` what `read_events` gives, `roster` the programme's units, `designations` the table of policy flags,
    `adjacent` pairs of codes of 2020 that touch, in `unit_a` and `unit_b`, `measures` what `measure_units` gives.

    Raises:
        CompileError: a code would belong to two units, or a ruling names what is not there.
    """
    early = _names_corrected(census[census["year"] == 2010])
    late = census[census["year"] == 2020].set_index("code", drop=False)
    first = _places_2000(early_names, early)
    spelling = _Spelling(first)
    told = prepared(events, census, range(2000, 2021))
    dates = list(zip(told["year"], told["month"], strict=True))
    told = told.assign(
        period=[
            PERIODS[0] if (d >= FIRST and d < TURN) or i in NOT_YET_MADE_IN_2000 else PERIODS[1] if d >= TURN else ""
            for d, i in zip(dates, told["event_id"], strict=True)
        ]
    )
    prefectures = set(census["prefecture"]) | {"襄樊市", "那曲地区", "莱芜市"}
    steps = {period: becomes(told[told["period"] == period], prefectures) for period in PERIODS}
    stems = {code: stem(name) for code, name in zip(early["code"], early["name"], strict=True)}
    own = early["name"].to_dict()
    links = {
        PERIODS[0]: link(first, early, steps[PERIODS[0]], spelling.place, spelling.name, LISTED_2000),
        PERIODS[1]: link(
            early,
            late,
            steps[PERIODS[1]],
            lambda code, name: stems[code] == stem(name),
            lambda code, name: own[code] == name,
            LISTED_2010,
        ),
    }
    units = _rows(first, early, late, links)
    grounds = Judgement(units, Censuses(first, early, late), told, steps, links, adjacent)
    units = grounds.judged()
    units["code2016"] = _codes_2016(units, told, links[PERIODS[1]])
    _spell(units, spelling, roster)
    _flag(units, designations)
    cases = pd.DataFrame(grounds.cases)
    units = units.sort_values("unit_id", ignore_index=True)[COLUMNS].merge(
        measures, on="code2010", how="left", validate="m:1"
    )
    cases = cases.sort_values(["unit_id", "period", "opened_by"], ignore_index=True)
    for year in ("2000", "2010", "2016", "2020"):
        codes = units.loc[units[f"code{year}"] != "", f"code{year}"]
        if codes.duplicated().any():
            raise CompileError(f"units: {year}, code {codes[codes.duplicated()].iloc[0]} belongs to two units")
    return Register(units, cases)


COLUMNS = [
    "unit_id", "name", "pinyin", "pinyin_source", "unit_type", "province", "prefecture",
    "code2000", "code2010", "code2016", "code2020",
    "ground_2000_2010", "reason_2000_2010", "ground_2010_2020", "reason_2010_2020", "zone_suspected",
    "baicheng", "province_managed_2014", "ndrc_demonstration_2020", "poverty", "poverty_exit",
]  # fmt: skip


class _Spelling:
    """Whether characters can be what the census of 2000 spells in Latin letters."""

    def __init__(self, first: pd.DataFrame) -> None:
        self.letters = {str(r.code): letters_of(str(r.printed)) for r in each(first)}
        self._known: dict[tuple[str, str], tuple[str, ...] | None] = {}

    def reading(self, code: str, name: str) -> tuple[str, ...] | None:
        letters, kind = self.letters[code]
        if (code, name) not in self._known:
            whole = not kind.startswith(("zizhi", "autonomous"))
            self._known[code, name] = confirmed(stem(name), letters, whole=whole)
        return self._known[code, name]

    def place(self, code: str, name: str) -> bool:
        return self.reading(code, name) is not None

    def name(self, code: str, name: str) -> bool:
        ending = ENDINGS.get(self.letters[code][1])
        return (ending is None or name.endswith(ending)) and self.place(code, name)


def _names_corrected(rows: pd.DataFrame) -> pd.DataFrame:
    rows = rows.set_index("code", drop=False)
    missing = sorted(set(NAMES_2010) - set(rows.index))
    if missing:
        raise CompileError(f"rulings.NAMES_2010: census.csv has no unit {missing[0]} in 2010")
    return rows.assign(name=[NAMES_2010.get(code, name) for code, name in zip(rows["code"], rows["name"], strict=True)])


def _places_2000(names: pd.DataFrame, early: pd.DataFrame) -> pd.DataFrame:
    """Units of 2000 with their province, and the prefecture of the units of 2010 with the same four digits."""
    provinces = {code[:2]: name for code, name in zip(early["code"], early["province"], strict=True)}
    unknown = sorted(set(names["code"].str[:2]) - set(provinces))
    if unknown:
        raise CompileError(f"census_county_2000.csv: no province of 2010 has codes that begin with {unknown[0]}")
    prefectures = {code[:4]: name for code, name in zip(early["code"], early["prefecture"], strict=True)}
    return (
        names.rename(columns={"name": "printed"})
        .assign(
            province=[provinces[code[:2]] for code in names["code"]],
            prefecture=[PREFECTURES_2000.get(code, prefectures.get(code[:4], "")) for code in names["code"]],
        )
        .set_index("code", drop=False)
    )


def _rows(first: pd.DataFrame, early: pd.DataFrame, late: pd.DataFrame, links: dict[str, list[Link]]) -> pd.DataFrame:
    back = {made.later: made.earlier for made in links[PERIODS[0]]}
    ahead = {made.earlier: made.later for made in links[PERIODS[1]]}
    rows = [
        {
            "unit_id": r.code, "name": r.name_, "unit_type": r.unit_type, "province": r.province,
            "prefecture": r.prefecture, "code2000": back.get(r.code, ""), "code2010": r.code,
            "code2020": ahead.get(r.code, ""),
        }
        for r in each(early.rename(columns={"name": "name_"}))
    ]  # fmt: skip
    for code in sorted(set(first.index) - set(back.values())):
        if code not in NAMES_2000:
            raise CompileError(
                f"census_county_2000.csv: {code} {first.at[code, 'printed']!r} is no unit of 2010; "
                "link it in rulings.LISTED_2000 or name it in rulings.NAMES_2000"
            )
        name = NAMES_2000[code]
        rows.append(
            {
                "unit_id": f"{code}-2000", "name": name, "unit_type": _TYPE_OF_ENDING.get(name[-1], "other"),
                "province": first.at[code, "province"], "prefecture": first.at[code, "prefecture"],
                "code2000": code, "code2010": "", "code2020": "",
            }
        )  # fmt: skip
    for code in sorted(set(late.index) - set(ahead.values())):
        r = late.loc[code]
        rows.append(
            {
                "unit_id": f"{code}-2020", "name": r["name"], "unit_type": r["unit_type"], "province": r["province"],
                "prefecture": r["prefecture"], "code2000": "", "code2010": "", "code2020": code,
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


def _codes_2016(units: pd.DataFrame, told: pd.DataFrame, links: list[Link]) -> list[str]:
    """Codes in August 2016: the later one for what an event had changed by then, the earlier one for the rest."""
    when = {str(e.event_id): (int(e.year), int(e.month)) for e in each(told)}
    made = {entry.earlier: entry for entry in links}
    found = []
    for u in each(units):
        if u.unit_id in CODES_2016:
            found.append(CODES_2016[u.unit_id])
            continue
        if u.code2010 and u.code2020:
            entry = made[u.code2010]
            ids = [when[i] for i in entry.events if i in when]
            if u.code2010 == u.code2020:
                late = True
            elif ids:
                late = max(ids) <= AUGUST_2016
            else:
                late = not u.code2010.startswith(MOVED_AFTER_AUGUST_2016)
            found.append(u.code2020 if late else u.code2010)
            continue
        if u.code2000 and not u.code2010:
            found.append("")
            continue
        # Units that ended or began: the first event that names them in its reason dates it.
        ids = [when[i] for i in re.findall(r"WIKI-COUNTY-[0-9-]+", u.reason_2010_2020) if i in when]
        code = u.code2010 or u.code2020
        if u.unit_type == "zone" or not ids:
            found.append("")
        elif u.code2010:
            found.append(code if max(ids) > AUGUST_2016 else "")
        else:
            found.append(code if max(ids) <= AUGUST_2016 else "")
    return found


def _spell(units: pd.DataFrame, spelling: _Spelling, roster: pd.DataFrame) -> None:
    kept = dict(zip(roster["code2010"], roster["pinyin"], strict=True))
    words, sources = [], []
    for u in each(units):
        if u.code2010 in kept:
            words.append(kept[u.code2010])
            sources.append("roster")
            continue
        reading = spelling.reading(u.code2000, u.name) if u.code2000 else None
        words.append(
            spelled(reading or usual(place_of_zone(u.name, u.prefecture) if u.unit_type == "zone" else stem(u.name)))
        )
        sources.append("census 2000" if reading else "reading")
    units["pinyin"], units["pinyin_source"] = words, sources


def _flag(units: pd.DataFrame, designations: pd.DataFrame) -> None:
    """Policy flags by code of 2010, from the table of designations."""
    unknown = sorted(set(designations["code2010"]) - set(units["code2010"]))
    if unknown:
        raise CompileError(f"designations.csv: no unit has the code {unknown[0]} in 2010")
    flags: dict[str, dict[str, Any]] = {
        str(kind): {row.code2010: row for row in each(rows)} for kind, rows in designations.groupby("designation")
    }

    def cells(column: str, *kinds: str) -> list[str]:
        found = [next((flags[k][c] for k in kinds if c in flags.get(k, {})), None) for c in units["code2010"]]
        return ["" if row is None else str(getattr(row, column)) for row in found]

    units["baicheng"] = cells("status", "baicheng")
    for kind in ("province_managed_2014", "ndrc_demonstration_2020"):
        units[kind] = cells("from_year", kind)
    poor = cells("designation", "poverty_national", "poverty_provincial")
    units["poverty"] = [kind.removeprefix("poverty_") for kind in poor]
    units["poverty_exit"] = cells("exit", "poverty_national", "poverty_provincial")
