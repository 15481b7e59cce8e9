"""The county yearbook against the census and against prefectures' totals."""

from dataclasses import asdict
from itertools import pairwise

import numpy as np
import pandas as pd

from analysis.data.agreement import agreement
from analysis.data.checks.loaded import Tables
from analysis.data.compile.yearbook_match import match_rates
from analysis.data.schemas.yearbook import VARIABLES

__all__ = ["against_census", "faults", "flag_counts", "growth_by_lag", "match_rates"]


def faults(tables: Tables) -> list[str]:
    """Every breach between the yearbook's two tables and the census, one line each."""
    return [*_rows(tables), *_units(tables)]


def against_census(yearbook: pd.DataFrame, census: pd.DataFrame) -> pd.DataFrame:
    """The yearbook's year-end figures against the census of 2010.

    Columns: year, yearbook, census, and the fields of `Agreement`.

    Registered people in the yearbook are compared with registered and with resident people of the census: the first
    should agree, the second only where few people have come or gone.
    """
    first = census[census["year"] == 2010].set_index("code")
    pairs = (
        ("registered_population", "registered_population"),
        ("registered_population", "population"),
        ("households", "households"),
    )
    records = []
    for year in (2009, 2010, 2011):
        rows = yearbook[yearbook["year"] == year].set_index("unit_id")
        records += [
            {"year": year, "yearbook": ours, "census": other}
            | asdict(agreement(rows[ours], first[other].reindex(rows.index)))
            for ours, other in pairs
        ]
    return pd.DataFrame(records)


def growth_by_lag(
    yearbook: pd.DataFrame, prefectures: pd.DataFrame, pairs: dict[str, str], lags: tuple[int, ...] = (-1, 0, 1)
) -> pd.DataFrame:
    """Whether the years of the yearbook are right: growth of prefectures' counties against the prefectures' own.

    Args:
        yearbook: with unit_id, year, prefecture and the columns that `pairs` names.
        prefectures: prefecture, year and the columns that `pairs` maps to, in any unit.
        pairs: a column of the yearbook, and the prefectures' column of the same quantity.
        lags: years that are added to the yearbook's before prefectures are looked up.

    Returns:
        variable, first, last (years of the yearbook next to each other), lag, n (prefectures), distance (median
        absolute difference of log growth). The right lag has the smallest distance.
    """
    totals = prefectures.set_index(["prefecture", "year"])
    records = []
    for ours, theirs in pairs.items():
        wide = yearbook.pivot(index=["prefecture", "unit_id"], columns="year", values=ours)
        years = [int(year) for year in wide.columns]
        for first, last in pairwise(years):
            both = wide[[first, last]].dropna()
            both = both[(both > 0).all(axis=1)]
            sums = both.groupby("prefecture").sum()
            for lag in lags:
                ends = [
                    totals[theirs].reindex([(p, year + lag) for p in sums.index]).to_numpy(dtype=float)
                    for year in (first, last)
                ]
                known = np.isfinite(ends[0]) & np.isfinite(ends[1]) & (ends[0] > 0) & (ends[1] > 0)
                if known.sum() < 3:
                    continue
                ratio = (sums[last] / sums[first]).to_numpy(dtype=float)
                gap = np.log(ratio[known]) - np.log(ends[1][known] / ends[0][known])
                records.append((ours, first, last, lag, int(known.sum()), float(np.median(np.abs(gap)))))
    return pd.DataFrame(records, columns=["variable", "first", "last", "lag", "n", "distance"])


def flag_counts(yearbook: pd.DataFrame) -> pd.DataFrame:
    """Flagged figures by variable and year: variable, year, figures, flagged. `yearbook` with flagged figures kept."""
    names = yearbook["flagged"].str.split(" ").explode()
    records = []
    for variable in VARIABLES:
        hit = yearbook.index.isin(names.index[names == variable])
        counts = pd.DataFrame(
            {"year": yearbook["year"], "figures": yearbook[variable].notna(), "flagged": hit}
        ).groupby("year", as_index=False)[["figures", "flagged"]].sum()  # fmt: skip
        records.append(counts[counts["figures"] > 0].assign(variable=variable))
    return pd.concat(records, ignore_index=True)[["variable", "year", "figures", "flagged"]]


def _rows(tables: Tables) -> list[str]:
    rows = pd.concat([tables.yearbook["row"], tables.yearbook_unmatched["row"]])
    twice = sorted(set(rows[rows.duplicated()]))
    gone = sorted(set(range(1, int(rows.max()) + 1)) - set(rows))
    return [
        *(f"yearbook_unmatched.csv, column row: row {row} is also in yearbook.csv" for row in twice),
        *(f"yearbook.csv, column row: row {row} of the upstream file is in neither table" for row in gone),
    ]


def _units(tables: Tables) -> list[str]:
    known = dict(zip(tables.units["unit_id"], tables.units["province"], strict=True))
    found = []
    for unit, year, province in tables.yearbook[["unit_id", "year", "province"]].itertuples(index=False):
        if unit not in known:
            found.append(f"yearbook.csv, unit {unit} {year}, column unit_id: units.csv has no such unit")
        elif known[unit] != province:
            found.append(
                f"yearbook.csv, unit {unit} {year}, column province: found {province}; the unit is in {known[unit]}"
            )
    return found
