"""Compile prefecture-years from the files on facilities, accounts and bonds, lights, roads and the census."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from analysis.data.compile.errors import CompileError
from analysis.data.compile.irregular import copied, interpolated, out_of_line
from analysis.data.compile.places import CODE_2010, match_places, tuples
from analysis.data.schemas.prefectures import (
    ACCOUNTS,
    FACILITIES,
    PREFECTURE_EXCEPTIONS,
    PREFECTURES,
    RATES,
    SECTORS,
    YEARS,
)

# Below this share of prefectures with the same road area in both compilations, a year's rows are not the prefectures'.
AGREE = 0.5
# Two compilations of GDP further apart than this cannot both be right.
APART = 0.2
SUM_WITHIN = 0.02
# The census figures of both files for 2010, where they differ by more than this, are listed.
CENSUS_WITHIN = 0.001
# Fixed investment is urban investment in many prefectures before, and imputed after.
INVESTMENT_YEARS = (2003, 2016)
# Governments that have bonds of their own: elsewhere the province issues, and its capital is printed with them all.
OWN_BONDS = ("110000", "120000", "310000", "500000", "210200", "330200", "350200", "370200", "440300")
# In the panel Qinghai's Hainan prefecture has the sums of Haikou and Sanya, the two cities of Hainan province.
OTHER_PLACE, SUMMED = "632500", ("460100", "460200")
# Ground of 2000 that is not the ground of 2010, where the files give the people of 2000 under the code of 2010.
GROUND_2000 = {
    "450100": "Nanning took five counties of the former Nanning region in 2002",
    "450200": "Liuzhou took counties of the former Liuzhou region in 2002",
    "451300": "the figure is the former Liuzhou region's, of which Laibin was made in 2002",
    "451400": "the figure is the former Nanning region's, of which Chongzuo was made in 2002",
    "460100": "Haikou took Qiongshan in 2002",
    "640100": "Yinchuan took Lingwu in 2002",
    "640300": "the figure takes in Lingwu, Zhongwei and Zhongning, which Wuzhong lost in 2002 and 2004",
    "640400": "the figure takes in Haiyuan, which Guyuan lost in 2004",
    "640500": "Zhongwei was made in 2004, and the figure is not the sum of its counties",
    "650100": "Urumqi took Miquan in 2007",
}
_ROAD_AREA = ("road_pc", "road_pc_second")


@dataclass(frozen=True)
class Compiled:
    """Tables in the form of `schemas.PREFECTURES` and `schemas.PREFECTURE_EXCEPTIONS`, sorted."""

    prefectures: pd.DataFrame
    exceptions: pd.DataFrame


@dataclass
class _Notes:
    """Exceptions of one source, gathered while it is compiled."""

    source: str
    records: list[dict[str, Any]] = field(default_factory=list)

    def add(self, code: str, name: str, year: object, column: str, kind: str, printed: object, note: str) -> None:
        self.records.append(
            {"source": self.source, "code": code, "name": name, "year": str(year), "column": column, "kind": kind,
             "printed": str(printed), "note": note}
        )  # fmt: skip


def compile_prefectures(
    files: dict[str, pd.DataFrame],
    roads: pd.DataFrame,
    road_exceptions: list[dict[str, Any]],
    census: pd.DataFrame,
    totals: pd.DataFrame,
    places: pd.DataFrame,
) -> Compiled:
    """One row a prefecture and year with a figure.

    `files` holds the frames of `read_fields` by source identifier; `roads` and `road_exceptions` are of
    `compile_city_roads`; `census` and `totals` are the census tables; `places` as `places_2010` gives them.

    Raises:
        CompileError: a code or name is not known, a year is none, or a place has a year twice.
    """
    records = list(road_exceptions)
    parts: list[pd.DataFrame] = [roads.set_index(["code", "year"])]
    steps: dict[str, Callable[[pd.DataFrame, _Notes], pd.DataFrame]] = {
        "municipal_facilities": lambda frame, notes: _facilities(frame, roads, notes),
        "prefecture_panel": _accounts,
        "prefecture_lights": lambda frame, _: frame,
    }
    for source, step in steps.items():
        notes = _Notes(source)
        frame = step(_placed(files[source], places, notes), notes)
        parts.append(frame.set_index(["code", "year"]).drop(columns="name"))
        records += notes.records
    notes = _Notes("prefecture_census_2000_2010")
    parts.append(_census(files[notes.source], census, totals, places, notes))
    records += notes.records
    table = pd.concat(parts, axis=1).dropna(how="all").reset_index()
    table = table[table["year"].between(*YEARS)].sort_values(["code", "year"], ignore_index=True)
    table = table.merge(places, on="code", validate="many_to_one")
    table["flagged"] = _flagged(table)
    for columns, digits in _DIGITS:
        table[list(columns)] = table[list(columns)].round(digits)
    return Compiled(
        prefectures=table[list(PREFECTURES.columns)],
        exceptions=pd.DataFrame(records, columns=list(PREFECTURE_EXCEPTIONS.columns)).sort_values(
            list(PREFECTURE_EXCEPTIONS.key), ignore_index=True
        ),
    )


_DIGITS: tuple[tuple[tuple[str, ...], int], ...] = (
    (FACILITIES, 2),
    (("road_pc_second",), 3),
    (("gdp", "gdp_second", *SECTORS, "gov_bonds", "lgfv_bonds"), 2),
    (("revenue", "expenditure", "fixed_investment"), 4),
    (("lights_urban", "lights_total"), 1),
    (("lights_urban_mean", "lights_total_mean"), 3),
    (("landscan_urban", "landscan_total", "population", "urban_population"), 0),
    (("urban_share",), 2),
)


def misaligned_years(facilities: pd.DataFrame, roads: pd.DataFrame) -> pd.DataFrame:
    """Years in which road area agrees within 1 percent in less than `AGREE` of the prefectures of both files.

    `facilities` and `roads` have code and year, and road_pc or road_pc_second. Columns: year, agree, both (counts).
    """
    both = facilities[["code", "year", "road_pc"]].merge(roads, on=["code", "year"]).dropna()
    both["agree"] = (both["road_pc"] / both["road_pc_second"] - 1).abs() <= 0.01
    counts = both.groupby("year")["agree"].agg(agree="sum", both="size").reset_index()
    return counts[counts["agree"] < AGREE * counts["both"]].reset_index(drop=True)


def _placed(frame: pd.DataFrame, places: pd.DataFrame, notes: _Notes) -> pd.DataFrame:
    """Rows under their code of 2010; series of no place are listed and left out."""
    bad = frame[~frame["year"].between(1990, YEARS[1]) | (frame["year"] % 1 != 0)]
    if len(bad):
        raise CompileError(
            f"{notes.source}, row {bad.index[0]}, column year: found {bad['year'].iloc[0]}; "
            f"expected a year from 1990 to {YEARS[1]}"
        )
    codes, left_out = match_places(frame, places, notes.source)
    for code, name, reason in left_out:
        years = int((frame["code"] == code).sum())
        notes.add(code, name, "", "", "series left out", "", f"{years} years; {reason}")
    placed = frame.assign(code=codes, year=frame["year"].astype(int))[codes != ""]
    twice = placed[placed.duplicated(["code", "year"])]
    if len(twice):
        row = twice.iloc[0]
        raise CompileError(f"{notes.source}, row {twice.index[0]}: {row['code']} has the year {row['year']} twice")
    return placed


def _facilities(frame: pd.DataFrame, roads: pd.DataFrame, notes: _Notes) -> pd.DataFrame:
    wrong = misaligned_years(frame, roads)
    for w in tuples(wrong):
        notes.add(
            "",
            "",
            w.year,
            "",
            "year left out",
            "",
            f"road_pc is that of road_area_per_head in {w.agree} of {w.both} prefectures; in all other years in nearly "
            "all: the rows carry the figures of another city, mostly of the one printed just before",
        )
    return frame[~frame["year"].isin(wrong["year"])]


def _accounts(frame: pd.DataFrame, notes: _Notes) -> pd.DataFrame:
    frame = _without_other_place(frame, notes)
    imputed = {column: interpolated(frame[column], frame["code"], frame["year"]) for column in ACCOUNTS}
    for sector in SECTORS:  # sectors are printed as shares of GDP
        imputed[sector] |= imputed["gdp"]
    for column, found in imputed.items():
        listed = frame[found & frame[column].notna() & frame["year"].between(*_years(column))]
        for row in tuples(listed):
            value = getattr(row, column)
            notes.add(row.code, row.name, row.year, column, "interpolated", f"{value:.4f}", "left empty")
        frame[column] = frame[column].mask(found)
    first, last = INVESTMENT_YEARS
    kept = frame["year"].between(first, last) & (frame["fixed_investment_imputed"].str.lower() == "false")
    frame["fixed_investment"] = frame["fixed_investment"].where(kept)
    notes.add("", "", "", "fixed_investment", "year left out", "", f"kept from {first} to {last}; imputed from 2017 on")
    notes.add(
        "",
        "",
        "",
        "",
        "year left out",
        "",
        f"years before {YEARS[0]}: sectors of 1992 and 1993 are interpolated nearly everywhere, revenue and "
        "expenditure of 1994 to 1998 in more than half of the prefectures",
    )
    return frame[frame["year"] >= YEARS[0]].drop(columns="fixed_investment_imputed")


def _years(column: str) -> tuple[int, int]:
    return INVESTMENT_YEARS if column == "fixed_investment" else YEARS


def _without_other_place(frame: pd.DataFrame, notes: _Notes) -> pd.DataFrame:
    """Drop the rows of `OTHER_PLACE` if they are the sums of `SUMMED`, as in the file that this was written for."""
    there = frame[frame["code"] == OTHER_PLACE].set_index("year")["gdp"].dropna()
    summed = frame[frame["code"].isin(SUMMED)].groupby("year")["gdp"].sum(min_count=2)
    if there.empty or ((there - summed.reindex(there.index)).abs() > 0.001).mean() > 0.5:
        return frame.copy()
    name = frame.loc[frame["code"] == OTHER_PLACE, "name"].iloc[0]
    note = f"{len(there)} years; GDP is the sum of Haikou's (海口) and Sanya's (三亚), of Hainan province"
    notes.add(OTHER_PLACE, name, "", "", "series left out", "", note)
    return frame[frame["code"] != OTHER_PLACE].copy()


def _census(
    older: pd.DataFrame, census: pd.DataFrame, totals: pd.DataFrame, places: pd.DataFrame, notes: _Notes
) -> pd.DataFrame:
    """People and urban people of 2010 and 2020 from the census tables, of 2000 from the other file."""
    columns = ["code", "year", "population", "urban_population"]
    known = pd.concat([totals.loc[totals["code"].ne(""), columns], census[columns]])
    known["code"] = known["code"].replace(CODE_2010)
    known = known[known["code"].isin(places["code"])].drop_duplicates(["code", "year"])
    people = ["population_2000", "population_2010", "urban_population_2000", "urban_population_2010"]
    # The file has four digits: a municipality's are those of its districts.
    codes = older["code"].astype(str) + "00"
    codes = codes.where(~codes.str[:2].isin(["11", "12", "31", "50"]), codes.str[:2] + "0000")
    older = older.assign(code=codes)
    matched, _ = match_places(older, places, notes.source)
    older = older.assign(code=matched)
    if older["code"].duplicated().any():
        raise CompileError(f"{notes.source}: {older.loc[older['code'].duplicated(), 'code'].iloc[0]} stands twice")
    older[people] = (older[people] * 1e4).round()
    for code, reason in GROUND_2000.items():
        named = older[older["code"] == code]
        for row in tuples(named):
            printed = int(row.population_2000)
            notes.add(code, row.name, 2000, "population", "other ground", printed, f"flagged: {reason}")
    both = older.merge(known[known["year"] == 2010], on="code", validate="one_to_one")
    for column in ("population", "urban_population"):
        apart = (both[f"{column}_2010"] / both[column] - 1).abs() > CENSUS_WITHIN
        for row in both[apart].to_dict("records"):
            note = f"the census workbook has {int(row[column])}, which the table takes"
            notes.add(row["code"], row["name"], 2010, column, "sources differ", int(row[f"{column}_2010"]), note)
    of_2000 = older.rename(columns={"population_2000": "population", "urban_population_2000": "urban_population"})
    table = pd.concat([of_2000.assign(year=2000)[columns], known[known["year"].isin([2010, 2020])]])
    table["urban_share"] = 100 * table["urban_population"] / table["population"]
    return table.set_index(["code", "year"])


def _flagged(table: pd.DataFrame) -> "pd.Series[str]":
    """Names of the variables that cannot be right in each row, in the order of the table's columns."""
    place, year = table["code"], table["year"]
    flags: dict[str, pd.Series[bool]] = {}
    # Each compilation of road area has a year that the other lacks: together they tell a jump from an error.
    other = dict(zip(_ROAD_AREA, reversed(_ROAD_AREA), strict=True))
    for column in (*FACILITIES, "road_pc_second"):
        share = column in RATES
        values = table[column].combine_first(table[other[column]]) if column in other else table[column]
        wrong = (values > 100) if share else (values <= 0)
        at_full = values >= 99.995 if share else wrong
        flags[column] = (
            wrong
            | copied(values.mask(at_full), place, year)
            | out_of_line(values.mask(wrong), place, year, shares=share, ends=True)
        )
    for column in ACCOUNTS:
        flags[column] = out_of_line(table[column], place, year, shares=False, ends=False) | copied(
            table[column], place, year, run=2
        )
    apart = (table["gdp"] / table["gdp_second"] - 1).abs() > APART
    sums = (table[list(SECTORS)].sum(axis=1, min_count=3) / table["gdp"] - 1).abs() > SUM_WITHIN
    flags["gdp"] |= apart
    flags["gdp_second"] = apart
    for sector in SECTORS:
        flags[sector] |= sums | flags["gdp"]
    flags["gov_bonds"] = ~place.isin(OWN_BONDS)
    for column in ("population", "urban_population", "urban_share"):
        flags[column] = place.isin(list(GROUND_2000)) & (year == 2000)
    order = [column for column in PREFECTURES.columns if column in flags]
    cells = pd.DataFrame({column: flags[column] & table[column].notna() for column in order})
    return cells.apply(lambda row: " ".join(row.index[row]), axis=1)
