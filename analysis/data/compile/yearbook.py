"""Compile the county yearbook: figures under our names, rows matched to units, figures flagged.

Pure functions: data frames in, data frames out. Every row of the upstream file is in one of the two tables.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.data.compile.errors import CompileError
from analysis.data.compile.yearbook_flags import flag_figures
from analysis.data.compile.yearbook_match import match_yearbook
from analysis.data.schemas.yearbook import IN_TEN_THOUSANDS, LAG, VARIABLES, YEARBOOK, YEARBOOK_UNMATCHED


@dataclass(frozen=True)
class CompiledYearbook:
    """Tables in the form of `schemas.yearbook.YEARBOOK` and `YEARBOOK_UNMATCHED`, sorted."""

    rows: pd.DataFrame
    unmatched: pd.DataFrame


def compile_yearbook(raw: pd.DataFrame, units: pd.DataFrame) -> CompiledYearbook:
    """Compile rows (as `read.yearbook` gives them) with units (as `yearbook_match.units_of_register` gives them).

    Raises:
        CompileError: columns are missing, a row has two columns of one quantity, or units share an identifier.
    """
    rows = pd.concat([raw[["row", "edition", "province", "name"]], figures(raw)], axis=1)
    matched = match_yearbook(rows, units)
    table = (
        rows.rename(columns={"province": "printed"})
        .merge(matched.rows, on="row", validate="one_to_one")
        .merge(units[["unit_id", "province"]], on="unit_id", validate="many_to_one")
    )
    table["province_printed"] = table["printed"].where(table["printed"] != table["province"], "")
    table["year"] = table["edition"] - LAG
    table["flagged"] = flag_figures(table).to_numpy()
    unmatched = rows.rename(columns={"province": "province_printed"}).merge(matched.left_out, on="row")
    if len(table) + len(unmatched) != len(rows):
        raise CompileError(f"yearbook: {len(rows)} rows became {len(table)} matched and {len(unmatched)} listed ones")
    return CompiledYearbook(
        table.sort_values(["year", "unit_id", "row"], ignore_index=True)[list(YEARBOOK.columns)],
        unmatched.sort_values(["edition", "row"], ignore_index=True)[list(YEARBOOK_UNMATCHED.columns)],
    )


def figures(raw: pd.DataFrame) -> pd.DataFrame:
    """Our variables from the upstream columns, people in people, everything else as printed, two decimals at most.

    Raises:
        CompileError: a column is missing, or a row has a figure in two columns that are one series.
    """
    missing = sorted({c for columns in VARIABLES.values() for c in columns} - set(raw.columns))
    if missing:
        raise CompileError(f"yearbook: columns are missing: {', '.join(missing)}")
    made = {}
    for variable, columns in VARIABLES.items():
        parts = raw[list(columns)].astype("float64")
        twice = parts.notna().sum(axis=1) > 1
        if twice.any():
            row = raw["row"].to_numpy()[int(twice.to_numpy().argmax())]
            raise CompileError(f"yearbook, row {row}: figures in {' and '.join(columns)}, which are one series")
        series = parts.bfill(axis=1).iloc[:, 0]
        made[variable] = np.round(series * (10_000 if variable in IN_TEN_THOUSANDS else 1), 2)
    return pd.DataFrame(made, index=raw.index)
