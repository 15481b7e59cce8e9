"""The register against the censuses, the roster, the cases and the designations."""

import re
from collections import Counter

import pandas as pd
import yaml

from analysis.data.checks.loaded import Tables
from analysis.data.frames import each
from analysis.data.schemas.units import PERIODS
from analysis.paths import DATA

_COLUMNS = {"2000-2010": ("code2000", "code2010"), "2010-2020": ("code2010", "code2020")}


def faults(tables: Tables) -> list[str]:
    """Every breach between the register and the tables around it, one line each."""
    return [
        *_reached(tables),
        *_roster(tables),
        *_cases(tables),
        *_designations(tables),
    ]


def _reached(tables: Tables) -> list[str]:
    """Each code of each census belongs to exactly one unit (that it stands once is a rule of the table)."""
    found = []
    for year in sorted(set(tables.census["year"])):
        known = set(tables.census.loc[tables.census["year"] == year, "code"])
        column = tables.units[f"code{year}"]
        listed = set(column[column != ""])
        found += [
            f"units.csv, column code{year}: no unit has the code {code}, which census.csv has in {year}"
            for code in sorted(known - listed)
        ]
        found += [
            f"units.csv, column code{year}: found {code}; census.csv has no such unit in {year}"
            for code in sorted(listed - known)
        ]
    return found


def _roster(tables: Tables) -> list[str]:
    """The programme's units have codes of all censuses, and the same names and codes as in the roster."""
    units = tables.units.set_index("unit_id")
    found = []
    for r in each(tables.programme):
        where = f"units.csv, the programme's unit {r.code2010} {r.pinyin}"
        if r.code2010 not in units.index:
            found.append(f"{where}: there is no such unit")
            continue
        unit = units.loc[r.code2010]
        found += [f"{where}, column code{year}: empty" for year in (2000, 2016) if not unit[f"code{year}"]]
        found += [
            f"{where}, column {column}: found {unit[column]!r}; programme_units.csv has {wanted!r}"
            for column, wanted in (
                ("code2020", r.code2020),
                ("pinyin", r.pinyin),
                ("prefecture", r.prefecture),
                ("baicheng", "in programme"),
            )
            if unit[column] != wanted
        ]
    extra = set(units.index[units["baicheng"] == "in programme"]) - set(tables.programme["code2010"])
    return found + [
        f"units.csv, unit {code}, column baicheng: in programme; programme_units.csv has no such unit"
        for code in sorted(extra)
    ]


def _cases(tables: Tables) -> list[str]:
    """Cases are of units, and each unit whose code changed or whose ground did has one for the period."""
    units, cases = tables.units, tables.cases
    found = [
        f"boundary_cases.csv: found unit {unit}, which units.csv does not have"
        for unit in sorted(set(cases["unit_id"]) - set(units["unit_id"]))
    ]
    has = Counter(zip(cases["unit_id"], cases["period"], strict=True))
    decided = set(zip(cases["unit_id"], cases["period"], cases["decision"], strict=True))
    for period in PERIODS:
        before, after = _COLUMNS[period]
        ground = units[f"ground_{period.replace('-', '_')}"]
        moved = (units[before] != "") & (units[after] != "") & (units[before] != units[after])
        single = (units[before] != "") != (units[after] != "")
        for unit in units.loc[moved | single, "unit_id"]:
            if not has[unit, period]:
                found.append(f"boundary_cases.csv: unit {unit} has another code or none after {period}, and no case")
        for unit, value in zip(units["unit_id"], ground, strict=True):
            if value not in ("", "same") and (unit, period, value) not in decided:
                found.append(f"boundary_cases.csv: unit {unit}, {period}: ground is {value} and no case decides so")
    codes = set(units[["code2000", "code2010", "code2016", "code2020"]].to_numpy().ravel())
    for case in each(cases):
        for code in re.findall(r"(?<![0-9-])[1-8][0-9]{5}(?![0-9])", case.evidence):
            if code not in codes:
                found.append(f"boundary_cases.csv, unit {case.unit_id}: evidence names {code}, a code of no unit")
    return found


def _designations(tables: Tables) -> list[str]:
    units = tables.units[tables.units["code2010"] != ""].set_index("code2010")
    sources = yaml.safe_load((DATA / "sources.yml").read_text(encoding="utf-8"))["sources"]
    known = {source["id"] for source in sources}
    found = []
    for d in each(tables.designations):
        where = f"designations.csv, {d.designation} {d.code2010}"
        if d.code2010 not in units.index:
            found.append(f"{where}: units.csv has no such unit in 2010")
        elif units.at[d.code2010, "name"] != d.name:
            found.append(f"{where}, column name: found {d.name}; units.csv has {units.at[d.code2010, 'name']!r}")
        if d.source not in known:
            found.append(f"{where}, column source: found {d.source}; data/sources.yml has no such id")
    return found + _flags(tables)


def _flags(tables: Tables) -> list[str]:
    """The flags of the register are those of the designations."""
    by: dict[str, pd.DataFrame] = {str(kind): rows for kind, rows in tables.designations.groupby("designation")}
    found = []
    for kind, column, value in (
        ("baicheng", "baicheng", None),
        ("province_managed_2014", "province_managed_2014", None),
        ("ndrc_demonstration_2020", "ndrc_demonstration_2020", None),
        ("poverty_national", "poverty", "national"),
        ("poverty_provincial", "poverty", "provincial"),
    ):
        listed = set(by[kind]["code2010"]) if kind in by else set()
        cells = tables.units[column]
        flagged = set(tables.units.loc[(cells != "") if value is None else (cells == value), "code2010"])
        found += [
            f"units.csv, unit {code}, column {column}: not as designations.csv has it under {kind}"
            for code in sorted(listed ^ flagged)
        ]
    return found
