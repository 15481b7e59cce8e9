"""Figures in yearly series that were not counted, or cannot be right: interpolated, copied on, out of line.

All functions take a series of floats (NaN for no figure) with the place and the year of each figure in series of
the same index, and give a boolean series of that index. A place's years stand once each.
"""

import numpy as np
import pandas as pd

# A figure is out of line if it leaves both neighbours by so much and they agree with each other.
RATIO = 1.5
POINTS = 20.0
# The last or first figure of a series has one neighbour only; it takes more.
END_RATIO = 2.0
END_POINTS = 40.0
RUN = 3


def interpolated(
    values: "pd.Series[float]", place: "pd.Series[str]", year: "pd.Series[int]", unit: float = 1e-4
) -> "pd.Series[bool]":
    """Figures that are, to `unit`, the mean of the years just before and after, which differ from each other."""
    before, after, neighbours = _neighbours(values, place, year, gaps=False)
    half = (before + after) / 2
    return neighbours & (before != after) & ((half - values).abs() <= 1.01 * unit)


def copied(
    values: "pd.Series[float]", place: "pd.Series[str]", year: "pd.Series[int]", run: int = RUN
) -> "pd.Series[bool]":
    """Figures that repeat the year before, within runs of `run` equal years or more; a run's first is not meant."""
    order = pd.DataFrame({"place": place, "year": year, "value": values}).sort_values(["place", "year"])
    same = (
        (order["value"] == order["value"].shift())
        & (order["place"] == order["place"].shift())
        & (order["year"] == order["year"].shift() + 1)
    )
    length = order.groupby((~same).cumsum())["value"].transform("size")
    return pd.Series(same & (length >= run)).reindex(values.index)


def out_of_line(
    values: "pd.Series[float]", place: "pd.Series[str]", year: "pd.Series[int]", *, shares: bool, ends: bool
) -> "pd.Series[bool]":
    """Figures that jump and come back.

    A figure counts if it lies above, or below, both its neighbours (the nearest years with a figure) by a factor of
    more than `RATIO`, or for shares in percent by more than `POINTS`, and the neighbours differ from each other by
    less than half of the smaller jump. With `ends`, a series' first and last figure count if they leave their one
    neighbour by more than `END_RATIO` or `END_POINTS`; the neighbour itself must not be a figure that counts.
    Figures of amounts that are not above zero are passed over.
    """
    scaled = values if shares else pd.Series(np.log(values.where(values > 0)), index=values.index)
    jump, end_jump = (POINTS, END_POINTS) if shares else (np.log(RATIO), np.log(END_RATIO))
    before, after, both = _neighbours(scaled, place, year, gaps=True)
    back, forth = scaled - before, scaled - after
    smaller = pd.concat([back.abs(), forth.abs()], axis=1).min(axis=1)
    # Neighbours so near each other lie on one side of the figure.
    within = both & (smaller > jump) & ((after - before).abs() < smaller / 2)
    if not ends:
        return within
    before, after, both = _neighbours(scaled.mask(within), place, year, gaps=True)
    one = scaled.notna() & ~within & (before.isna() ^ after.isna())
    return within | (one & ((scaled - before.fillna(after)).abs() > end_jump))


def _neighbours(
    values: "pd.Series[float]", place: "pd.Series[str]", year: "pd.Series[int]", *, gaps: bool
) -> "tuple[pd.Series[float], pd.Series[float], pd.Series[bool]]":
    """The figures before and after in a place's series, and where there are both; without `gaps` only next years."""
    order = pd.DataFrame({"place": place, "year": year, "value": values}).dropna(subset="value")
    order = order.sort_values(["place", "year"])
    sides = []
    for step in (1, -1):
        there = order["place"] == order["place"].shift(step)
        if not gaps:
            there &= order["year"].shift(step) == order["year"] - step
        sides.append(order["value"].shift(step).where(there).reindex(values.index))
    before, after = sides
    return before, after, before.notna() & after.notna() & values.notna()
