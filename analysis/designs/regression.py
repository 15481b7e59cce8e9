"""Least squares with cluster-robust errors, for any data."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from diff_diff import LinearRegression
from statsmodels.regression.linear_model import OLS

from analysis.designs.checks import (
    STILL,
    require_columns,
    require_finite,
    require_independent,
    require_indicator,
    require_level,
    require_named,
    require_single,
)
from analysis.designs.errors import (
    NoVariationError,
    TooFewClustersError,
    TooFewUnitsError,
    VarianceError,
)

INTERCEPT = "intercept"


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


def _require_treatment(data: pd.DataFrame, treatment: str, cluster: str) -> None:
    require_indicator(data, treatment)
    values = data[treatment].astype(float)
    for value, group in ((1.0, "treated"), (0.0, "untreated")):
        count = data.loc[values == value, cluster].nunique()
        # The residuals of a lone treated cluster sum to nought, which makes the standard error far too small.
        if count < 2:
            raise TooFewClustersError(
                f"clusters {cluster!r}: {count} holds {group} units; clustered errors need two or more in each group; "
                "with one treated cluster use placebo groups (`inference.infer`)"
            )


def error_of(variance: float, spread: float, what: str) -> float:
    """The standard error of a variance.

    Raises:
        VarianceError: the variance is no more than rounding beside the outcome's `spread`, or below nought.
    """
    if not variance > (STILL * spread) ** 2:
        raise VarianceError(
            f"{what}: the variance comes out as {variance:g}; the outcome is fitted without a rest, or (with Conley's) "
            "the cut-off is too long"
        )
    return float(np.sqrt(variance))


def _require_enough(data: pd.DataFrame, outcome: str, regressors: Sequence[str]) -> None:
    if data[outcome].nunique() < 2:
        raise NoVariationError(f"outcome {outcome!r}: all {len(data)} units have the same value")
    if len(data) <= len(regressors) + 1:
        raise TooFewUnitsError(f"{len(data)} units for {len(regressors) + 1} coefficients; take fewer controls")


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
        TooFewUnitsError: fewer than two treated, or untreated, units, or no more units than coefficients.
        VarianceError: the variance is nought or less, which this kernel does not rule out on a map.
        DesignError: the data cannot carry the design; the subclasses name the causes.
    """
    regressors = [treatment, *controls]
    require_columns(data, [outcome, *regressors, latitude, longitude, unit])
    require_single(data, unit)
    require_finite(data, [outcome, *regressors, latitude, longitude], unit)
    require_indicator(data, treatment)
    _require_enough(data, outcome, regressors)
    treated = int((data[treatment] == 1).sum())
    if min(treated, len(data) - treated) < 2:
        # The residual of a lone unit is nought, which makes the error far too small.
        raise TooFewUnitsError(f"{treated} treated and {len(data) - treated} untreated units; two of each are needed")
    design = data[regressors].astype(float)
    design.insert(0, INTERCEPT, 1.0)
    require_independent(design.to_numpy(dtype=float), list(design.columns))
    errors = {}
    for cutoff in cutoffs:
        fit = LinearRegression(
            include_intercept=False,
            vcov_type="conley",
            conley_coords=data[[latitude, longitude]].to_numpy(dtype=float),
            conley_cutoff_km=float(cutoff),
        ).fit(design.to_numpy(), data[outcome].to_numpy(dtype=float))
        variance = float(fit.vcov_[1, 1])
        errors[float(cutoff)] = error_of(variance, float(data[outcome].std()), f"Conley errors at {cutoff:g} km")
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
        DuplicateUnitError: a unit stands in two rows.
        LevelError: `level` is no share.
        TreatmentError: the treatment is not 0 or 1, or does not vary.
        NoVariationError: the outcome does not vary.
        TooFewClustersError: fewer than two clusters hold treated, or untreated, units.
        TooFewUnitsError: there are no more units than coefficients.
        CollinearityError: a regressor is a combination of others.
        VarianceError: a coefficient has no error, since the outcome is fitted without a rest.
    """
    regressors = [treatment, *controls]
    require_columns(data, [outcome, *regressors, cluster, unit])
    require_level(level)
    require_named(data, [cluster], unit)
    require_single(data, unit)
    require_finite(data, [outcome, *regressors], unit)
    _require_treatment(data, treatment, cluster)
    _require_enough(data, outcome, regressors)
    design = data[regressors].astype(float)
    design.insert(0, INTERCEPT, 1.0)
    require_independent(design.to_numpy(dtype=float), list(design.columns))

    groups = pd.factorize(data[cluster])[0]
    result = OLS(data[outcome].astype(float).to_numpy(), design).fit(
        cov_type="cluster",
        cov_kwds={"groups": groups, "use_correction": True, "df_correction": True},
        use_t=True,
    )
    spread = float(data[outcome].std())
    for name, length in np.sqrt((design**2).mean()).items():
        error_of(float(result.bse[name] * length) ** 2, spread, f"coefficient of {name!r}")
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
