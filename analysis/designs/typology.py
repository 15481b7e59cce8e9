"""A typology of units: growing or shrinking, well or poorly served, and whether they urbanize while they shrink."""

from collections.abc import Sequence

import pandas as pd

from analysis.designs.checks import require_columns, require_finite, require_single
from analysis.designs.errors import NoVariationError

TYPES = ("growing_well_served", "growing_poorly_served", "shrinking_well_served", "shrinking_poorly_served")


def _require(data: pd.DataFrame, columns: Sequence[str], unit: str) -> None:
    require_columns(data, [*columns, unit])
    require_single(data, unit)
    require_finite(data, columns, unit)
    for column in columns:
        if data[column].nunique() < 2:
            raise NoVariationError(f"column {column!r}: all {len(data)} units have the same value; no type can be told")


def classify(data: pd.DataFrame, *, growth: str, served: str, urban: str, unit: str) -> pd.DataFrame:
    """Types of units.

    Growing: no loss (`growth` of nought or more). Well served: `served` at the median of all units or above.
    Urbanizing while shrinking: a loss, and `urban` above nought.

    Args:
        data: one row a unit.
        growth: column of the change of population.
        served: column of what services a unit has, for its size.
        urban: column of the change of the urban share.
        unit: column that names a unit in error messages.

    Returns:
        Columns type (one of `TYPES`) and urbanizing_while_shrinking (true or false), on the index of the data.

    Raises:
        UnknownColumnError, NonFiniteError: a column is missing, or a value.
        DuplicateUnitError: a unit stands in two rows.
        NoVariationError: a column is the same for all units.
    """
    _require(data, [growth, served, urban], unit)
    growing = data[growth] >= 0
    well = data[served] >= data[served].median()
    words = growing.map({True: "growing", False: "shrinking"}) + well.map({True: "_well", False: "_poorly"}) + "_served"
    return pd.DataFrame({"type": words, "urbanizing_while_shrinking": ~growing & (data[urban] > 0)}, index=data.index)


def on_opposite_sides(data: pd.DataFrame, one: str, other: str, *, unit: str) -> pd.Series:
    """Whether a unit lies above the median of one column and below that of the other; true or false.

    A unit at a median is on neither side. Of two unrelated columns half of the units are on opposite sides.

    Raises:
        UnknownColumnError, NonFiniteError, NoVariationError: as in `classify`.
    """
    _require(data, [one, other], unit)
    a, b = data[one] - data[one].median(), data[other] - data[other].median()
    return a * b < 0


def counts(types: pd.DataFrame) -> dict[str, int]:
    """How many units are of each type, nought included, and how many urbanize while shrinking."""
    found = types["type"].value_counts()
    shrinking = int(types["urbanizing_while_shrinking"].sum())
    return {t: int(found.get(t, 0)) for t in TYPES} | {"urbanizing_while_shrinking": shrinking}
