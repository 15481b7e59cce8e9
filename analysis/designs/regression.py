"""Least squares with cluster-robust errors, for any data."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import statsmodels.api as sm
from diff_diff import LinearRegression

from analysis.designs.errors import (
    CollinearityError,
    NonFiniteError,
    NoVariationError,
    TooFewClustersError,
    TooFewUnitsError,
    TreatmentError,
    UnknownColumnError,
)

INTERCEPT = "intercept"

# A regressor whose part outside the span of the others is smaller than this share of its length is
# a combination of them: rounding gives about 1e-15, the closest regressors of any use about 1e-3.
_COLLINEAR = 1e-8


@dataclass(frozen=True)
class Coefficient:
    """An estimate, its standard error, interval and two-sided p-value of the hypothesis that it is nought."""

    estimate: float
    standard_error: float
    interval: tuple[float, float]
    p_value: float


@dataclass(frozen=True)
class Fit:
    """A fitted regression; `coefficients` holds the intercept under `intercept`, then the regressors."""

    coefficients: dict[str, Coefficient]
    n: int
    clusters: int
    r_squared: float
    level: float


def require_columns(data: pd.DataFrame, columns: Sequence[str]) -> None:
    """Raise `UnknownColumnError` unless the data have all the columns."""
    unknown = [c for c in columns if c not in data.columns]
    if unknown:
        raise UnknownColumnError(
            f"no column {', '.join(map(repr, unknown))} in the data; "
            f"the columns are {', '.join(map(str, data.columns))}"
        )


def require_finite(data: pd.DataFrame, columns: Sequence[str], unit: str) -> None:
    """Raise `NonFiniteError`, which names units, unless every value of the columns is a finite number."""
    for column in columns:
        bad = ~np.isfinite(data[column].to_numpy(dtype=float, na_value=np.nan))
        if bad.any():
            named = ", ".join(str(u) for u in data.loc[bad, unit].head(5))
            raise NonFiniteError(
                f"column {column!r}: {bad.sum()} of {len(data)} units have no finite value, first {named}; "
                "drop them (and say how many) or mend the value"
            )


def require_independent(design: pd.DataFrame) -> None:
    """Raise `CollinearityError`, which names the regressor, unless no column is a combination of those before it."""
    matrix = design.to_numpy(dtype=float)
    for i, name in enumerate(design.columns):
        column, before = matrix[:, i], matrix[:, :i]
        rest = column - before @ np.linalg.lstsq(before, column, rcond=None)[0] if i else column
        if np.linalg.norm(rest) <= _COLLINEAR * np.linalg.norm(column):
            others = [str(c) for c in design.columns[:i]]
            raise CollinearityError(
                f"regressor {name!r} is a linear combination of {', '.join(others)}; leave one of them out"
            )


def require_indicator(data: pd.DataFrame, treatment: str) -> None:
    """Raise `TreatmentError` unless the treatment is 1 for some units and 0 for all others."""
    values = data[treatment].astype(float)
    strange = sorted(set(values) - {0.0, 1.0})
    if strange:
        raise TreatmentError(
            f"treatment {treatment!r}: found {strange[0]:g}; an indicator is 1 for treated units and 0 for others"
        )
    if values.nunique() < 2:
        raise TreatmentError(
            f"treatment {treatment!r}: all {len(data)} units have {values.iloc[0]:g}; "
            "the design needs treated and untreated units"
        )


def _require_treatment(data: pd.DataFrame, treatment: str, cluster: str) -> None:
    require_indicator(data, treatment)
    values = data[treatment].astype(float)
    for value, group in ((1.0, "treated"), (0.0, "untreated")):
        count = data.loc[values == value, cluster].nunique()
        # The residuals of a lone treated cluster sum to nought, which makes the standard error far too small.
        if count < 2:
            raise TooFewClustersError(
                f"clusters {cluster!r}: {count} holds {group} units; clustered errors need two or more in each group"
            )


def conley_errors(
    data: pd.DataFrame,
    outcome: str,
    treatment: str,
    controls: Sequence[str] = (),
    *,
    latitude: str,
    longitude: str,
    cutoffs: Sequence[float],
    unit: str,
) -> dict[float, float]:
    """The treatment coefficient's error when units nearby share shocks, one a cut-off distance in kilometres.

    Covariances fall off in a straight line (Bartlett kernel) and are nought from the cut-off on; distances are great
    circles on a sphere of 6,371.01 km; no small-sample factor. The estimator is diff-diff's.
    Method: Conley (1999), "GMM estimation with cross sectional dependence", Journal of Econometrics 92(1).

    Args:
        latitude: column of the latitude in degrees.
        longitude: column of the longitude in degrees.
        cutoffs: distances in kilometres.
        The others are those of `fit_ols`.

    Raises:
        DesignError: the data cannot carry the design; the subclasses name the causes.
    """
    regressors = [treatment, *controls]
    require_columns(data, [outcome, *regressors, latitude, longitude, unit])
    require_finite(data, [outcome, *regressors, latitude, longitude], unit)
    require_indicator(data, treatment)
    design = data[regressors].astype(float)
    design.insert(0, INTERCEPT, 1.0)
    require_independent(design)
    errors = {}
    for cutoff in cutoffs:
        fit = LinearRegression(
            include_intercept=False,
            vcov_type="conley",
            conley_coords=data[[latitude, longitude]].to_numpy(dtype=float),
            conley_cutoff_km=float(cutoff),
        ).fit(design.to_numpy(), data[outcome].to_numpy(dtype=float))
        variance = float(fit.vcov_[1, 1])
        if not variance > 0:
            raise NoVariationError(f"outcome {outcome!r}: its Conley variance at {cutoff:g} km is {variance:g}")
        errors[float(cutoff)] = variance**0.5
    return errors


def fit_ols(
    data: pd.DataFrame,
    outcome: str,
    treatment: str,
    controls: Sequence[str] = (),
    *,
    cluster: str,
    unit: str,
    level: float = 0.95,
) -> Fit:
    """Regress an outcome on a treatment indicator and controls, with errors robust to clustering.

    The covariance is CRV1: the sandwich of cluster scores times G/(G-1) x (N-1)/(N-K), with G clusters,
    N units and K coefficients. Intervals and p-values are from Student's t with G-1 degrees of freedom.
    Method: Cameron and Miller (2015), "A Practitioner's Guide to Cluster-Robust Inference", Journal of
    Human Resources 50(2), sections II.B and VI.D. pyfixest's "CRV1" gives the same by default.

    Args:
        data: one row a unit.
        outcome: column of the outcome; its unit is the unit of the estimates.
        treatment: column of the indicator, 1 for treated units and 0 for others.
        controls: columns of the control variables.
        cluster: column that says which cluster a unit is in.
        unit: column that names a unit in error messages.
        level: coverage of the intervals.

    Raises:
        UnknownColumnError: a column is not in the data.
        NonFiniteError: a needed value is missing or infinite.
        TreatmentError: the treatment is not 0 or 1, or does not vary.
        NoVariationError: the outcome does not vary.
        TooFewClustersError: fewer than two clusters hold treated, or untreated, units.
        TooFewUnitsError: there are no more units than coefficients.
        CollinearityError: a regressor is a combination of others.
    """
    regressors = [treatment, *controls]
    require_columns(data, [outcome, *regressors, cluster, unit])
    if data[cluster].isna().any():
        nameless = data.loc[data[cluster].isna(), unit].iloc[0]
        raise NonFiniteError(f"column {cluster!r}: unit {nameless} is in no cluster")
    require_finite(data, [outcome, *regressors], unit)
    _require_treatment(data, treatment, cluster)
    if data[outcome].nunique() < 2:
        raise NoVariationError(f"outcome {outcome!r}: all {len(data)} units have the same value")
    if len(data) <= len(regressors) + 1:
        raise TooFewUnitsError(f"{len(data)} units for {len(regressors) + 1} coefficients; take fewer controls")
    design = data[regressors].astype(float)
    design.insert(0, INTERCEPT, 1.0)
    require_independent(design)

    groups = pd.factorize(data[cluster])[0]
    result = sm.OLS(data[outcome].astype(float).to_numpy(), design).fit(
        cov_type="cluster",
        cov_kwds={"groups": groups, "use_correction": True, "df_correction": True},
        use_t=True,
    )
    intervals = result.conf_int(alpha=1 - level)
    return Fit(
        coefficients={
            name: Coefficient(
                estimate=float(result.params[name]),
                standard_error=float(result.bse[name]),
                interval=(float(intervals.loc[name, 0]), float(intervals.loc[name, 1])),
                p_value=float(result.pvalues[name]),
            )
            for name in design.columns
        },
        n=len(data),
        clusters=int(groups.max()) + 1,
        r_squared=float(result.rsquared),
        level=level,
    )
