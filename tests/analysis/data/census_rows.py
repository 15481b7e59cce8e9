"""Rows of made-up census figures, for tests."""

from typing import Any

import pandas as pd

from analysis.data.schemas.census import COUNTS, DWELLINGS, EDUCATION, GIVEN, INDUSTRIES, MEANS, MIGRANTS, YEARS


def names(year: int) -> list[str]:
    """The columns of figures that a census has."""
    return [column for column in (*COUNTS, *MEANS) if year in GIVEN.get(column, YEARS)]


def figures(year: int, **changed: Any) -> dict[str, Any]:
    """A row of figures that fit together: 200 employed, 10 in each industry."""
    row: dict[str, Any] = dict.fromkeys(INDUSTRIES, 10)
    row |= dict.fromkeys(DWELLINGS, 50) | dict.fromkeys(MIGRANTS, 30) | dict.fromkeys(EDUCATION, 500)
    row |= {"population": 4000, "urban_population": 1500, "households": 1000, "employed": 200}
    row |= {"men": 2050, "household_population": 3900, "illiterate": 150, "aged_0_14": 800, "aged_65_over": 400}
    row |= {
        "schooling_years": 8.75,
        "households_surveyed": 100,
        "rooms_per_household": 3.5,
        "floor_area_per_person": 31.2,
    }
    row |= {"registered_population": 4200, "nonagricultural_share": 21.5}
    row |= {"households_rented": 15, "households_self_built": 60, "households_bought": 20, "households_inherited": 2}
    row |= {"households_other_tenure": 3 if year == 2020 else 5}
    row |= changed
    row.setdefault("aged_15_64", row["population"] - row["aged_0_14"] - row["aged_65_over"])
    return {name: row[name] for name in names(year)}


def blank(year: int) -> dict[str, Any]:
    return dict.fromkeys(names(year))


def total(year: int, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The sum of rows, as a workbook's own total would print it; blanks count as nothing."""
    return {n: rows[0][n] if n in MEANS else sum(r[n] or 0 for r in rows) for n in names(year)}


def sheet(rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    """Rows of (name, code, figures) or (province, prefecture, name, code, figures) as a sheet."""
    heads = ("name", "code") if len(rows[0]) == 3 else ("province", "prefecture", "name", "code")
    records = [dict(zip(heads, row[:-1], strict=True)) | row[-1] for row in rows]
    return pd.DataFrame(records, index=range(2, len(rows) + 2), dtype=object)
