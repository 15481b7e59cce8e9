"""Rows of made-up census figures, for tests."""

from typing import Any

import pandas as pd

from analysis.data.schemas.census import FACILITIES, INDUSTRIES, MIGRANTS

FIGURES_2020 = ("population", "urban_population", "households", "employed", *INDUSTRIES, "schooling_years",
                "households_surveyed", *FACILITIES, *MIGRANTS)  # fmt: skip
FIGURES_2010 = (*FIGURES_2020, "registered_population", "nonagricultural_share")
MEANS = ("schooling_years", "nonagricultural_share")


def figures(year: int, **changed: Any) -> dict[str, Any]:
    """A row of figures that fit together: 200 employed, 10 in each industry."""
    row: dict[str, Any] = dict.fromkeys(INDUSTRIES, 10)
    row |= dict.fromkeys(FACILITIES, 50) | dict.fromkeys(MIGRANTS, 30)
    row |= {"population": 4000, "urban_population": 1500, "households": 1000, "employed": 200}
    row |= {"schooling_years": 8.75, "households_surveyed": 100}
    if year == 2010:
        row |= {"registered_population": 4200, "nonagricultural_share": 21.5}
    return row | changed


def blank(year: int) -> dict[str, Any]:
    return dict.fromkeys(FIGURES_2010 if year == 2010 else FIGURES_2020)


def total(year: int, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The sum of rows, as a workbook's own total would print it; blanks count as nothing."""
    names = FIGURES_2010 if year == 2010 else FIGURES_2020
    return {n: rows[0][n] if n in MEANS else sum(r[n] or 0 for r in rows) for n in names}


def sheet(rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    """Rows of (name, code, figures) or (province, prefecture, name, code, figures) as a sheet."""
    heads = ("name", "code") if len(rows[0]) == 3 else ("province", "prefecture", "name", "code")
    records = [dict(zip(heads, row[:-1], strict=True)) | row[-1] for row in rows]
    return pd.DataFrame(records, index=range(2, len(rows) + 2), dtype=object)
