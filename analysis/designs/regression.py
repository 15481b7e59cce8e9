"""Least squares with cluster-robust errors, for any data."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import statsmodels.api as sm
from diff_diff import LinearRegression

from analysis.designs.errors import (
    CollinearityError,
    DuplicateUnitError,
    LevelError,
    NonFiniteError,
    NoVariationError,
    TooFewClustersError,
    TooFewUnitsError,
    TreatmentError,
    UnknownColumnError,
    VarianceError,
)

INTERCEPT = "intercept"

# A regressor whose part outside the span of the others is smaller than this share of its length is
# a combination of them: rounding gives about 1e-15, the closest regressors of any use about 1e-3.
_COLLINEAR = 1e-8
STILL = 1e-12  # a standard error below this share of the outcome's spread is rounding


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
    result = sm.OLS(data[outcome].astype(float).to_numpy(), design).fit(
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
