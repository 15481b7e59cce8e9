"""The rank-size slope: how fast the sizes of places fall from the largest to the smallest."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from analysis.designs.checks import require_columns, require_finite, require_level, require_single
from analysis.designs.errors import LogarithmError, NoVariationError, TooFewUnitsError

SHIFT = 0.5  # what is taken from the rank, so that the slope is not biased in small samples
FEWEST = 3


@dataclass(frozen=True)
class RankSize:
    """The slope by which log rank falls with log size: one under Zipf's law, more where places are more alike.

    The line is ln(rank - 1/2) = intercept - slope * ln(size), with natural logarithms and rank 1 for the largest.
    """

    slope: float
    standard_error: float
    interval: tuple[float, float]
    intercept: float
    n: int
    level: float


def rank_size(data: pd.DataFrame, size: str, *, unit: str, level: float = 0.95) -> RankSize:
    """The slope of log (rank - 1/2) on log size by least squares, with the error that takes ranks for what they are.

    The standard error is slope times the root of 2/n, for independent draws from a power law: the error of least
    squares is far too small, since ranks are in order and so are their residuals. The interval is from the normal law.
    Places of equal size get ranks one after the other.
    Method: Gabaix and Ibragimov (2011), "Rank - 1/2: A Simple Way to Improve the OLS Estimation of Tail Exponents",
    Journal of Business & Economic Statistics 29(1).

    Args:
        data: one row a place.
        size: column of the size, in any unit: the slope does not depend on it.
        unit: column that names a place in error messages.
        level: coverage of the interval.

    Raises:
        UnknownColumnError: a column is not in the data.
        NonFiniteError: a size is missing or infinite.
        DuplicateUnitError: a place stands in two rows.
        LogarithmError: a size is nought or less.
        TooFewUnitsError: fewer than three places.
        NoVariationError: all places have the same size.
        LevelError: `level` is no share.
    """
    require_columns(data, [size, unit])
    require_level(level)
    require_single(data, unit)
    require_finite(data, [size], unit)
    sizes = data[size].to_numpy(dtype=float)
    if (low := sizes <= 0).any():
        raise LogarithmError(f"size {size!r}: {data.loc[low, unit].iloc[0]} has {sizes[low][0]:g}, which has no log")
    n = len(sizes)
    if n < FEWEST:
        raise TooFewUnitsError(f"{n} places; a rank-size slope needs {FEWEST} or more")
    if len(np.unique(sizes)) < 2:
        raise NoVariationError(f"size {size!r}: all {n} places have the same size")
    x = np.log(np.sort(sizes)[::-1])
    y = np.log(np.arange(1, n + 1) - SHIFT)
    slope = -float(((x - x.mean()) @ y) / ((x - x.mean()) @ (x - x.mean())))
    error = slope * float(np.sqrt(2 / n))
    reach = float(stats.norm.ppf((1 + level) / 2)) * error
    return RankSize(
        slope=slope,
        standard_error=error,
        interval=(slope - reach, slope + reach),
        intercept=float(y.mean() + slope * x.mean()),
        n=n,
        level=level,
    )
