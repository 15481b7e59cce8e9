"""Binned scatter: the mean of an outcome in each bin of a dose, given controls and absorbed effects, with a band."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from statsmodels.regression.linear_model import OLS

from analysis.designs.checks import require_columns, require_finite, require_level, require_named, require_single
from analysis.designs.errors import (
    BinError,
    CollinearityError,
    NoVariationError,
    TooFewClustersError,
    TooFewUnitsError,
)
from analysis.designs.regression import error_of

_SINGULAR = 1e-9  # smallest over largest singular value of the scaled regressors


@dataclass(frozen=True)
class BinnedScatter:
    """Means by bin with pointwise errors and a uniform band.

    `bins` has a row a bin: low and high (its ends in the dose), dose (its mean), units, mean (of the outcome, at the
    means of controls and effects), standard_error, band_low and band_high. The band holds the means of all bins
    together with probability `level`; it reaches `critical` standard errors.
    """

    bins: pd.DataFrame
    critical: float
    level: float
    n: int
    clusters: int


def _edges(dose: npt.NDArray[np.float64], name: str, count: int) -> npt.NDArray[np.float64]:
    if count < 2:
        raise BinError(f"dose {name!r}: {count} bins; two or more show how the outcome goes with it")
    edges = np.quantile(dose, np.linspace(0, 1, count + 1), method="averaged_inverted_cdf")
    if (np.diff(edges) <= 0).any():
        distinct = len(np.unique(dose))
        raise BinError(f"dose {name!r}: {distinct} distinct values do not fill {count} bins; take fewer bins")
    return edges


def binned_scatter(
    data: pd.DataFrame,
    outcome: str,
    dose: str,
    controls: Sequence[str] = (),
    *,
    absorb: str | None = None,
    cluster: str,
    unit: str,
    bins: int,
    level: float = 0.95,
    draws: int = 20_000,
    seed: int = 1,
) -> BinnedScatter:
    """Means of an outcome in bins of a dose that hold about equally many units; a bin holds its upper end.

    The outcome is regressed on the bins' indicators, the controls and the groups' indicators in one regression, and
    shown at the means of controls and groups. (To take controls out of outcome and dose before binning, as older
    figures do, gives means of no function of the dose.) Errors are CRV1 with the factor G/(G-1) x (N-1)/(N-K), K with
    all indicators. The band is for the means of the bins, not for a curve behind them: its reach is the quantile of the
    largest of the bins' t-values, simulated from the normal law with their covariance.
    Method: Cattaneo, Crump, Farrell and Feng (2024), "On Binscatter", American Economic Review 114(5), section 2.

    Args:
        data: one row a unit.
        outcome: column of the outcome.
        dose: column of the dose.
        controls: columns of the control variables.
        absorb: column of groups that each get an effect of their own.
        cluster: column that says which cluster a unit is in.
        unit: column that names a unit in error messages.
        bins: how many.
        level: coverage of the band.
        draws: simulated t-values of the band.
        seed: of the simulation.

    Raises:
        UnknownColumnError: a column is not in the data.
        NonFiniteError: a needed value is missing or infinite.
        BinError: the dose has too few values for so many bins.
        TooFewUnitsError: there are no more units than coefficients.
        TooFewClustersError: there are no more clusters than bins.
        NoVariationError: the outcome is the same for all units.
        VarianceError: a bin's mean has no error, since its units are fitted without a rest.
        CollinearityError: the bins, controls and groups are combinations of one another.
    """
    columns = [outcome, dose, *controls]
    groups = [cluster, *([absorb] if absorb else [])]
    require_columns(data, [*columns, *groups, unit])
    require_level(level)
    require_named(data, groups, unit)
    require_single(data, unit)
    require_finite(data, columns, unit)
    if data.empty:
        raise TooFewUnitsError(f"no unit for {bins} bins")
    if data[outcome].nunique() < 2:
        raise NoVariationError(f"outcome {outcome!r}: all {len(data)} units have the same value")
    x = data[dose].to_numpy(dtype=float)
    edges = _edges(x, dose, bins)
    place = np.clip(np.searchsorted(edges, x, side="left") - 1, 0, bins - 1)  # a bin holds its upper end
    indicators = np.eye(bins)[place]
    others = data[list(controls)].to_numpy(dtype=float)
    if absorb:
        others = np.column_stack([others, pd.get_dummies(data[absorb], drop_first=True, dtype=float).to_numpy()])
    centred = others - others.mean(axis=0)
    codes = pd.factorize(data[cluster])[0]
    clusters = int(codes.max()) + 1
    if clusters <= bins:
        raise TooFewClustersError(f"clusters {cluster!r}: {clusters} for {bins} bins; take fewer bins")
    design = np.column_stack([indicators, centred])
    if len(data) <= design.shape[1]:
        raise TooFewUnitsError(f"{len(data)} units for {design.shape[1]} coefficients; take fewer controls or bins")
    length = np.linalg.norm(design, axis=0)
    values = np.linalg.svd(design / np.where(length > 0, length, 1), compute_uv=False)
    if (length == 0).any() or values[-1] < _SINGULAR * values[0]:
        raise CollinearityError(
            f"{bins} bins of {dose!r}, the controls {', '.join(controls) or '(none)'} and the effects of "
            f"{absorb or '(none)'} are combinations of one another; leave out a control or take fewer bins"
        )
    fit = OLS(data[outcome].to_numpy(dtype=float), design).fit(
        cov_type="cluster", cov_kwds={"groups": codes, "use_correction": True, "df_correction": True}
    )
    means, covariance = fit.params[:bins], np.asarray(fit.cov_params())[:bins, :bins]
    spread = float(data[outcome].std())
    errors = np.array([error_of(v, spread, f"bin {i + 1} of {dose!r}") for i, v in enumerate(np.diag(covariance))])
    spectrum, vectors = np.linalg.eigh(covariance / np.outer(errors, errors))
    half = vectors * np.sqrt(np.clip(spectrum, 0, None))
    normal = np.random.default_rng(seed).standard_normal((draws, bins))
    critical = float(np.quantile(np.abs(normal @ half.T).max(axis=1), level))
    return BinnedScatter(
        bins=pd.DataFrame(
            {
                "low": edges[:-1],
                "high": edges[1:],
                "dose": indicators.T @ x / indicators.sum(axis=0),
                "units": indicators.sum(axis=0).astype(int),
                "mean": means,
                "standard_error": errors,
                "band_low": means - critical * errors,
                "band_high": means + critical * errors,
            }
        ),
        critical=critical,
        level=level,
        n=len(data),
        clusters=clusters,
    )
