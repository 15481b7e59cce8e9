"""How a stock follows population: the slope of its change in logs on the change of log population."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.regression.linear_model import OLS

from analysis.designs.checks import require_columns, require_finite, require_level, require_named, require_single
from analysis.designs.errors import (
    CollinearityError,
    LogarithmError,
    NoVariationError,
    TooFewClustersError,
    TooFewUnitsError,
)
from analysis.designs.regression import error_of

_STILL = 1e-12  # variation that groups leave, as a share of all: below it there is none but rounding


@dataclass(frozen=True)
class Elasticity:
    """A slope with its CRV1 error, interval, and two-sided p-value of the hypothesis that it is one.

    `groups` counts the groups whose own levels are taken out; nought if none.
    """

    slope: float
    standard_error: float
    interval: tuple[float, float]
    p_one: float
    n: int
    clusters: int
    groups: int
    level: float

    @property
    def per_head(self) -> float:
        """The slope of the stock per head on population, in logs: the slope less one, by construction."""
        return self.slope - 1


def elasticity(
    data: pd.DataFrame,
    *,
    stock: tuple[str, str],
    people: tuple[str, str],
    cluster: str,
    unit: str,
    within: str | None = None,
    level: float = 0.95,
) -> Elasticity:
    """The slope of the change in log stock on the change in log population, by least squares.

    One says that the stock keeps step with people, nought that it does not answer. The stock itself is regressed, not
    the stock per head: that would have population on both sides, with a slope of exactly this one less one, so that a
    stock which does not answer at all would show a slope of minus one per head, and an error in the count of people
    draws the slope per head towards minus one.

    The covariance is CRV1: the sandwich of cluster scores times G/(G-1) x (N-1)/(N-K), K counting the levels of
    `within` too; t with G-1 degrees of freedom, as in `regression.fit_ols`.

    Args:
        data: one row a unit.
        stock: columns of the stock in the first and the last year, above nought.
        people: columns of population in the same years, above nought.
        cluster: column of the clusters.
        unit: column that names a unit in error messages.
        within: column of groups whose own levels are taken out (fixed effects).
        level: coverage of the interval.

    Raises:
        UnknownColumnError, NonFiniteError: a column is missing, or a value.
        LogarithmError: a stock or population is not above nought.
        NoVariationError: the stock changes alike in all units.
        CollinearityError: population changes alike in all units, or within each group.
        TooFewClustersError: fewer than two clusters.
        TooFewUnitsError: no more units than coefficients.
        VarianceError: the slope has no error, since the stock is fitted without a rest.
    """
    columns = [*stock, *people]
    require_columns(data, [*columns, cluster, unit, *([within] if within else [])])
    require_level(level)
    require_named(data, [cluster, *([within] if within else [])], unit)
    require_single(data, unit)
    require_finite(data, columns, unit)
    if data.empty:
        raise TooFewUnitsError("no unit; a slope needs three or more")
    for column in columns:
        below = data[column] <= 0
        if below.any():
            raise LogarithmError(
                f"column {column!r}: unit {data.loc[below, unit].iloc[0]} has {data.loc[below, column].iloc[0]:g}, "
                f"{below.sum()} of {len(data)} units in all; a logarithm needs a number above nought: "
                "leave them out (and say how many)"
            )
    y = np.log(data[stock[1]].to_numpy(dtype=float) / data[stock[0]].to_numpy(dtype=float))
    x = np.log(data[people[1]].to_numpy(dtype=float) / data[people[0]].to_numpy(dtype=float))
    if np.ptp(y) < _STILL:
        raise NoVariationError(f"{stock[1]!r} over {stock[0]!r} is the same for all {len(data)} units")
    groups = pd.factorize(data[within])[0] if within else np.zeros(len(data), dtype=int)
    clusters = pd.factorize(data[cluster])[0]
    count = int(clusters.max()) + 1
    if count < 2:
        raise TooFewClustersError(f"clusters {cluster!r}: {count}; clustered errors need two or more")
    levels = pd.get_dummies(groups).to_numpy(dtype=float)
    if len(data) <= levels.shape[1] + 1:
        raise TooFewUnitsError(f"{len(data)} units for {levels.shape[1] + 1} coefficients; take fewer groups")
    own = x - levels @ (levels.T @ x / levels.sum(axis=0))
    if (own**2).sum() <= _STILL * max((x**2).sum(), 1.0):
        where = f" within each group of {within!r}" if within else ""
        raise CollinearityError(f"population changes alike in all units{where}; no slope can be told")
    result = OLS(y, np.column_stack([x, levels])).fit(
        cov_type="cluster",
        cov_kwds={"groups": clusters, "use_correction": True, "df_correction": True},
        use_t=True,
    )
    slope, error = float(result.params[0]), float(result.bse[0])
    error_of((error * float(x.std())) ** 2, float(y.std()), "slope on population")
    low, high = result.conf_int(alpha=1 - level)[0]
    return Elasticity(
        slope=slope,
        standard_error=error,
        interval=(float(low), float(high)),
        p_one=float(2 * stats.t.sf(abs(slope - 1) / error, count - 1)),
        n=len(data),
        clusters=count,
        groups=levels.shape[1] if within else 0,
        level=level,
    )
