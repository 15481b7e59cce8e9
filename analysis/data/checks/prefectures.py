"""City roads and prefecture-years against the census, and how far independent compilations agree."""

import numpy as np
import pandas as pd

from analysis.data.checks.loaded import Tables
from analysis.data.compile.places import places_2010
from analysis.data.schemas.prefectures import RATES

CEILING = 99.0


def faults(tables: Tables) -> list[str]:
    """Every breach between these tables and the census, one line each."""
    return [*_units(tables), *_places(tables), *_people(tables)]


def ceilings(prefectures: pd.DataFrame, level: float = CEILING) -> pd.DataFrame:
    """Share of cells of `level` or more in each rate: rows are years with figures, columns the rates in percent."""
    rates = prefectures.set_index("year")[list(RATES)]
    at = (rates >= level).where(rates.notna())
    return at.astype("float64").groupby(level="year").mean().dropna(how="all")


def agreement(prefectures: pd.DataFrame, first: str, second: str) -> pd.DataFrame:
    """How far two columns of the same quantity agree, by year.

    Columns: cells (both given), correlation (Pearson), median_ratio (first over second), within_5_percent (share).
    """
    both = prefectures[["year", first, second]].dropna()
    both = both[both[second] > 0].assign(ratio=lambda f: f[first] / f[second])
    years = both.groupby("year")
    return pd.DataFrame(
        {
            "cells": years.size(),
            "correlation": years[[first, second]].corr().iloc[0::2, 1].droplevel(1),
            "median_ratio": years["ratio"].median(),
            "within_5_percent": years["ratio"].agg(lambda ratio: ((ratio - 1).abs() <= 0.05).mean()),
        }
    )


def light_changes(prefectures: pd.DataFrame, column: str = "lights_total") -> pd.DataFrame:
    """Change of log lights on the year before: median and standard deviation across prefectures, by year."""
    lights = prefectures[["code", "year", column]].dropna()
    wide = lights[lights[column] > 0].pivot(index="year", columns="code", values=column)
    changes = wide.transform(np.log).diff().iloc[1:]
    return pd.DataFrame({"median": changes.median(axis=1), "sd": changes.std(axis=1)})


def _units(tables: Tables) -> list[str]:
    return [
        f"city_roads.csv, unit {unit}, column unit_id: units.csv has no such unit"
        for unit in sorted(set(tables.city_roads["unit_id"]) - set(tables.units["unit_id"]))
    ]


def _places(tables: Tables) -> list[str]:
    known = places_2010(tables.census, tables.totals).set_index("code")[["name", "province", "level"]]
    found = tables.prefectures.drop_duplicates(["code", "name", "province", "level"])
    return [
        f"prefectures.csv, {p['code']} {p['name']}, column code: the census of 2010 has no such {p['level']}"
        for p in found.to_dict("records")
        if p["code"] not in known.index or tuple(known.loc[p["code"]]) != (p["name"], p["province"], p["level"])
    ]


def _people(tables: Tables) -> list[str]:
    """People of 2010, where codes and names are the census tables' own."""
    columns = ["code", "population", "urban_population"]
    units, totals = (t[t["year"] == 2010][columns] for t in (tables.census, tables.totals))
    printed = pd.concat([totals[totals["code"] != ""], units]).drop_duplicates("code")
    mine = tables.prefectures.loc[tables.prefectures["year"] == 2010, [*columns, "name"]]
    both = mine.merge(printed, on="code", how="left", suffixes=("", "_printed"))
    return [
        f"prefectures.csv, {row['code']} {row['name']} 2010, column {column}: found {row[column]:.0f}; "
        f"the census tables have {row[f'{column}_printed']:.0f}"
        for column in columns[1:]
        for row in both[both[column] != both[f"{column}_printed"]].to_dict("records")
    ]
