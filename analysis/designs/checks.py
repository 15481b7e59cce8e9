"""What every design asks of its data: errors that name the column, the unit and what to do."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.designs.errors import (
    CollinearityError,
    DuplicateUnitError,
    LevelError,
    NonFiniteError,
    TreatmentError,
    UnknownColumnError,
)

# A regressor whose part outside the span of the others is smaller than this share of its length is
# a combination of them: rounding gives about 1e-15, the closest regressors of any use about 1e-3.
_COLLINEAR = 1e-8
STILL = 1e-12  # a standard error below this share of the outcome's spread is rounding


def require_columns(data: pd.DataFrame, columns: Sequence[str]) -> None:
    """Raise `UnknownColumnError` unless the data have all the columns."""
    unknown = [c for c in columns if c not in data.columns]
    if unknown:
        raise UnknownColumnError(
            f"no column {', '.join(map(repr, unknown))} in the data; "
            f"the columns are {', '.join(map(str, data.columns))}"
        )


def numbers(data: pd.DataFrame, column: str, unit: str) -> npt.NDArray[np.float64]:
    """A column's values, NaN where there is none; `NonFiniteError`, which names a unit, if one is no number."""
    try:
        return data[column].to_numpy(dtype=float, na_value=np.nan)
    except (TypeError, ValueError) as error:
        words = data[pd.to_numeric(data[column], errors="coerce").isna() & data[column].notna()]
        found = f"unit {words[unit].iloc[0]} has {words[column].iloc[0]!r}, which" if len(words) else "its kind"
        raise NonFiniteError(f"column {column!r}: {found} is no number; mend it") from error


def require_finite(data: pd.DataFrame, columns: Sequence[str], unit: str) -> None:
    """Raise `NonFiniteError`, which names units, unless every value of the columns is a finite number."""
    block = data[list(dict.fromkeys(columns))]
    if all(dtype == np.float64 for dtype in block.dtypes) and np.isfinite(block.to_numpy()).all():
        return  # thousands of columns in one step
    for column in columns:
        bad = ~np.isfinite(numbers(data, column, unit))
        if bad.any():
            named = ", ".join(str(u) for u in data.loc[bad, unit].head(5))
            raise NonFiniteError(
                f"column {column!r}: {bad.sum()} of {len(data)} units have no finite value, first {named}; "
                "drop them (and say how many) or mend the value"
            )


def require_named(data: pd.DataFrame, columns: Sequence[str], unit: str) -> None:
    """Raise `NonFiniteError`, which names a unit, unless the columns say for each unit which group it is in."""
    for column in columns:
        lost = data[column].isna()
        if lost.any():
            raise NonFiniteError(
                f"column {column!r}: unit {data.loc[lost, unit].iloc[0]} has no {column}, and {lost.sum()} of "
                f"{len(data)} units have none; give them one, or drop them (and say how many)"
            )


def require_positive(data: pd.DataFrame, weight: str, unit: str) -> None:
    """Raise `NonFiniteError`, which names a unit, unless all weights are above nought."""
    low = data[weight] <= 0
    if low.any():
        raise NonFiniteError(
            f"weight {weight!r}: unit {data.loc[low, unit].iloc[0]} has a weight that is not above nought"
        )


def require_single(data: pd.DataFrame, unit: str) -> None:
    """Raise `DuplicateUnitError` if a unit stands in two rows, `NonFiniteError` if a row names none."""
    names = data[unit]
    if names.isna().any():
        raise NonFiniteError(f"column {unit!r}: row {names.index[names.isna()][0]} names no unit; name it or drop it")
    twice = names[names.duplicated()]
    if len(twice):
        raise DuplicateUnitError(f"unit {twice.iloc[0]} stands in {(names == twice.iloc[0]).sum()} rows; keep one")


def require_level(level: float) -> None:
    """Raise `LevelError` unless the coverage of an interval is a share between 0 and 1."""
    if not 0 < level < 1:
        raise LevelError(f"level: found {level}; the coverage of an interval is a share between 0 and 1, such as 0.95")


def require_independent(matrix: npt.NDArray[np.float64], names: Sequence[str]) -> None:
    """Raise `CollinearityError`, which names the regressor, unless no column is a combination of those before it."""
    # Columns of length one, or small ones would be rounding beside large ones.
    length = np.linalg.norm(matrix, axis=0)
    triangle = np.linalg.qr(matrix / np.where(length > 0, length, 1.0), mode="r")
    # What those before it leave of each column; nothing, once there are as many as rows.
    rest = np.zeros(len(names))
    rest[: len(triangle)] = np.abs(np.diagonal(triangle))
    dependent = np.flatnonzero(rest <= _COLLINEAR)
    if len(dependent):
        raise CollinearityError(
            f"regressor {names[dependent[0]]!r} is a linear combination of "
            f"{', '.join(map(str, names[: dependent[0]]))}; leave one of them out"
        )


def require_indicator(data: pd.DataFrame, treatment: str) -> None:
    """Raise `TreatmentError` unless the treatment is 1 for some units and 0 for all others."""
    if data.empty:
        raise TreatmentError(f"treatment {treatment!r}: there is no unit; the design needs treated and untreated units")
    values = data[treatment].astype(float)
    strange = values[~values.isin([0.0, 1.0])]
    if len(strange):
        raise TreatmentError(
            f"treatment {treatment!r}: found {strange.min():g}; an indicator is 1 for treated units and 0 for others"
        )
    if values.nunique() < 2:
        raise TreatmentError(
            f"treatment {treatment!r}: all {len(data)} units have {values.iloc[0]:g}; "
            "the design needs treated and untreated units"
        )
