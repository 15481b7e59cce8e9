"""Dose and response: the slope of an outcome on a regressor of any size, with absorbed effects and controls.

The slope is an association. Nothing here makes it an effect.
"""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyfixest
from diff_diff.linalg import compute_robust_vcov
from scipy import stats

from analysis.designs.checks import (
    STILL,
    numbers,
    require_columns,
    require_finite,
    require_level,
    require_named,
    require_single,
)
from analysis.designs.errors import (
    CollinearityError,
    DrawsError,
    NonFiniteError,
    NonPositiveDoseError,
    NoVariationError,
    TooFewClustersError,
    TooFewUnitsError,
)
from analysis.designs.multiplicity import stepped
from analysis.designs.regression import error_of

Array = npt.NDArray[np.float64]

_ROW = "row of the data"
_COLLINEAR = 1e-7  # share of a regressor's length that the others leave; rounding gives about 1e-13


@dataclass(frozen=True)
class Slope:
    """The slope of an outcome on a regressor: in units of the outcome per unit of the regressor.

    `standard_error`, `interval` and `p_value` are robust to clustering (CRV1). `t_classical` and `degrees_of_freedom`
    are of the error that takes residuals for independent and of one variance, from which partial R² follow.
    `lone` units are the only ones of their absorbed group: they are left out, since their effect fits them exactly.
    """

    estimate: float
    standard_error: float
    interval: tuple[float, float]
    p_value: float
    n: int
    clusters: int
    lone: int
    level: float
    t_classical: float
    degrees_of_freedom: int


def log_dose(data: pd.DataFrame, dose: str, *, unit: str, drop: bool = False) -> tuple["pd.Series[float]", int]:
    """Natural logarithm of a dose, and how many units have none.

    Args:
        data: one row a unit.
        dose: column of the dose.
        unit: column that names a unit in error messages.
        drop: whether a dose that is missing, nought or less gives NaN and is counted, instead of raising.

    Returns:
        The logarithm under the name `log_<dose>`, with the index of the data, and the count of units without one.

    Raises:
        UnknownColumnError: a column is not in the data.
        NonPositiveDoseError: a dose is nought or less and `drop` is false.
        NonFiniteError: a dose is no number, or it is missing or infinite and `drop` is false.
    """
    require_columns(data, [dose, unit])
    values = numbers(data, dose, unit)
    low = values <= 0
    if not drop:
        if low.any():
            named = ", ".join(f"{u} ({v:g})" for u, v in zip(data.loc[low, unit].head(5), values[low], strict=False))
            raise NonPositiveDoseError(
                f"dose {dose!r}: {low.sum()} of {len(data)} units have nought or less, which has no logarithm, "
                f"first {named}; mend the values, or drop these units and say how many"
            )
        require_finite(data, [dose], unit)
    fine = np.isfinite(values) & ~low
    logged = np.full(len(values), np.nan)
    logged[fine] = np.log(values[fine])
    return pd.Series(logged, index=data.index, name=f"log_{dose}"), int((~fine).sum())


def _checked(
    data: pd.DataFrame,
    outcome: str,
    regressor: str,
    controls: Sequence[str],
    absorb: str | None,
    cluster: str,
    unit: str,
) -> tuple[pd.DataFrame, int]:
    """The data in the columns' plain names, without units that are alone in their absorbed group."""
    columns = [outcome, regressor, *controls]
    groups = [cluster, *([absorb] if absorb else [])]
    require_columns(data, [*columns, *groups, unit])
    require_named(data, groups, unit)
    require_single(data, unit)
    require_finite(data, columns, unit)
    kept = data if absorb is None else data[data.groupby(absorb)[absorb].transform("size") > 1]
    for what, name in (("outcome", outcome), ("regressor", regressor)):
        if len(kept) and kept[name].nunique() < 2:
            raise NoVariationError(f"{what} {name!r}: all {len(kept)} units have the same value")
    frame = pd.DataFrame({f"c{i}": kept[c].to_numpy(dtype=float) for i, c in enumerate(columns)})
    frame["cluster"] = pd.factorize(kept[cluster])[0]
    frame["absorb"] = pd.factorize(kept[absorb])[0] if absorb else 0
    effects = int(frame["absorb"].nunique())
    if len(frame) <= len(columns) - 1 + effects:
        raise TooFewUnitsError(
            f"{len(frame)} units for {len(columns) - 1} slopes and {effects} absorbed effects; take fewer"
        )
    if frame["cluster"].nunique() < 2:
        raise TooFewClustersError(
            f"clusters {cluster!r}: {frame['cluster'].nunique()} holds all units; clustered errors need two or more"
        )
    return frame, len(data) - len(kept)


def residuals(data: pd.DataFrame, columns: Sequence[str], controls: Sequence[str], absorb: str | None) -> Array:
    """What absorbed effects (or an intercept) and controls leave of columns: units x columns.

    Method: Frisch and Waugh (1933), "Partial Time Regressions as Compared with Individual Trends", Econometrica 1(4).
    """
    names = [*columns, *controls]
    values = data[names].astype(float)
    within = values - (values.groupby(data[absorb]).transform("mean") if absorb else values.mean())
    y = within[list(columns)].to_numpy()
    if not controls:
        return y
    x = within[list(controls)].to_numpy()
    x = x / np.where(x.std(axis=0) > 0, x.std(axis=0), 1)
    rest: Array = y - x @ np.linalg.lstsq(x, y, rcond=None)[0]
    return rest


def nothing_left(rest: Array, values: Array) -> bool:
    """Whether what other terms leave of a column's values is no more than rounding."""
    total = np.linalg.norm(values - values.mean())
    return bool(total <= STILL * np.linalg.norm(values) or np.linalg.norm(rest) <= _COLLINEAR * total)


def _require_own_variation(frame: pd.DataFrame, regressor: str, controls: Sequence[str], absorb: str | None) -> None:
    names = ["c1", *(f"c{i + 2}" for i in range(len(controls)))]
    for i, name in enumerate(names):
        before = names[:i]
        if nothing_left(residuals(frame, [name], before, "absorb")[:, 0], frame[name].to_numpy()):
            called = regressor if i == 0 else controls[i - 1]
            others = [regressor, *controls][:i]
            within = f"the effects of {absorb!r}" if absorb else "the intercept"
            raise CollinearityError(
                f"regressor {called!r} is a combination of {', '.join([within, *map(repr, others)])}; leave it out"
            )


def slope(
    data: pd.DataFrame,
    outcome: str,
    regressor: str,
    controls: Sequence[str] = (),
    *,
    absorb: str | None = None,
    cluster: str,
    unit: str,
    level: float = 0.95,
) -> Slope:
    """The least-squares slope of an outcome on a regressor, given absorbed effects and controls.

    The error is CRV1: the sandwich of cluster scores times G/(G-1) x (N-1)/(N-K), with G clusters and N units. K counts
    the slopes and the absorbed effects, except where each absorbed group lies within one cluster: then one for all
    of them. Interval and p-value are from Student's t with G-1 degrees of freedom.
    Method: Cameron and Miller (2015), "A Practitioner's Guide to Cluster-Robust Inference", Journal of Human Resources
    50(2); pyfixest with its default small-sample correction.

    Args:
        data: one row a unit.
        outcome: column of the outcome.
        regressor: column of the dose or trait; mind its unit, which the slope is per one of.
        controls: columns of the control variables.
        absorb: column of groups that each get an effect of their own; an intercept without it.
        cluster: column that says which cluster a unit is in.
        unit: column that names a unit in error messages.
        level: coverage of the interval.

    Raises:
        UnknownColumnError: a column is not in the data.
        NonFiniteError: a needed value is missing or infinite, or a unit is in no group or cluster.
        NoVariationError: the outcome or the regressor is the same for all units.
        TooFewUnitsError: there are no more units than coefficients.
        TooFewClustersError: fewer than two clusters.
        CollinearityError: a regressor is a combination of others or of the absorbed effects.
        VarianceError: the slope has no error, since the outcome is fitted without a rest.
        LevelError: `level` is no share.
        DuplicateUnitError: a unit stands in two rows.
    """
    require_level(level)
    frame, lone = _checked(data, outcome, regressor, controls, absorb, cluster, unit)
    _require_own_variation(frame, regressor, controls, absorb)
    rest = residuals(frame, ["c0"], ["c1", *(f"c{i + 2}" for i in range(len(controls)))], "absorb")
    error_of(float((rest**2).mean()), float(frame["c0"].std()), f"slope on {regressor!r}")
    right = " + ".join(["c1", *(f"c{i + 2}" for i in range(len(controls)))])
    with warnings.catch_warnings():
        # pyfixest 0.60 calls pandas in a way that pandas 4 will drop.
        warnings.filterwarnings("ignore", "The inplace keyword", DeprecationWarning)
        fit = pyfixest.feols(f"c0 ~ {right}" + (" | absorb" if absorb else ""), frame, vcov={"CRV1": "cluster"})
        estimate, error = float(fit.coef()["c1"]), float(fit.se()["c1"])
        interval, p = fit.confint(alpha=1 - level).loc["c1"], float(fit.pvalue()["c1"])
        plain = fit.vcov("iid")
        t = float(plain.tstat()["c1"])
    effects = int(frame["absorb"].nunique())
    return Slope(
        estimate=estimate,
        standard_error=error,
        interval=(float(interval.iloc[0]), float(interval.iloc[1])),
        p_value=p,
        n=len(frame),
        clusters=int(frame["cluster"].nunique()),
        lone=lone,
        level=level,
        t_classical=t,
        degrees_of_freedom=len(frame) - 1 - len(controls) - effects,
    )


def conley_error(
    data: pd.DataFrame,
    outcome: str,
    regressor: str,
    controls: Sequence[str] = (),
    *,
    absorb: str | None = None,
    latitude: str,
    longitude: str,
    cutoff_km: float,
    unit: str,
) -> float:
    """The slope's error where units within a distance share shocks, less so the farther apart they are.

    Bartlett weights fall from one to nought at the cut-off; no small-sample factor.
    Method: Conley (1999), "GMM Estimation with Cross Sectional Dependence", Journal of Econometrics 92(1); diff-diff.

    Raises:
        UnknownColumnError: a column is not in the data.
        NonFiniteError: a needed value is missing or infinite, or a unit is in no group.
        DuplicateUnitError: a unit stands in two rows.
        NoVariationError: the outcome is the same for all units.
        TooFewUnitsError: there are no more units than coefficients.
        CollinearityError: the regressor is a combination of the other terms.
        VarianceError: the variance comes out as nought or below, which too long a cut-off can do.
    """
    columns = [outcome, regressor, *controls, latitude, longitude]
    groups = [absorb] if absorb else []
    require_columns(data, [*columns, unit, *groups])
    require_named(data, groups, unit)
    require_single(data, unit)
    require_finite(data, columns, unit)
    if data[outcome].nunique() < 2 and len(data):
        raise NoVariationError(f"outcome {outcome!r}: all {len(data)} units have the same value")
    effects = data[absorb].nunique() if absorb else 1
    if len(data) <= 1 + len(controls) + effects:
        raise TooFewUnitsError(f"{len(data)} units for {1 + len(controls) + effects} coefficients; take fewer")
    y, x = residuals(data, [outcome, regressor], controls, absorb).T
    if nothing_left(x, data[regressor].to_numpy(dtype=float)):
        raise CollinearityError(f"regressor {regressor!r} is a combination of the other terms; leave it out")
    rest = y - x * (x @ y) / (x @ x)
    covariance = compute_robust_vcov(
        x[:, None],
        rest,
        vcov_type="conley",
        conley_coords=data[[latitude, longitude]].to_numpy(dtype=float),
        conley_cutoff_km=cutoff_km,
        conley_metric="haversine",
        conley_kernel="bartlett",
    )
    # In standard deviations of the regressor, the error has the outcome's unit.
    length = float(np.asarray(data[regressor], dtype=float).std())
    variance = float(np.asarray(covariance)[0, 0])
    error_of(variance * length**2, float(data[outcome].std()), f"Conley errors at {cutoff_km:g} km")
    return float(np.sqrt(variance))


@dataclass(frozen=True)
class Hypothesis:
    """That an outcome's slope on a regressor is nought, over the units that have all its columns.

    `within` names a column of 0 and 1: only units with 1 count; all if it is empty.
    """

    outcome: str
    regressor: str
    controls: tuple[str, ...] = ()
    absorb: str | None = None
    within: str = ""


def family_p(
    data: pd.DataFrame, hypotheses: Mapping[str, Hypothesis], *, cluster: str, draws: int, seed: int
) -> dict[str, float]:
    """p-values of several slopes that together err no more often than one would: step-down, by sign flips of clusters.

    Each hypothesis is tested by the sum of its clusters' scores (regressor times outcome, both without what the other
    terms explain) over the root of their sum of squares. A draw flips the signs of whole clusters, the same clusters
    for all hypotheses, which keeps how the tests move together.
    Methods: Romano and Wolf (2005), "Stepwise Multiple Testing as Formalized Data Snooping", Econometrica 73(4);
    Kline and Santos (2012), "A Score Based Approach to Wild Bootstrap Inference", Journal of Econometric Methods 1(1).

    Args:
        data: one row a unit; a hypothesis leaves out rows that lack one of its columns.
        hypotheses: by name.
        cluster: column of the clusters.
        draws: how many sign flips.
        seed: of the random numbers.

    Returns:
        The corrected p-value by name; 1 / (draws + 1) at the least.

    Raises:
        UnknownColumnError: a column is not in the data.
        NonFiniteError: a value is no number, or a row has no cluster.
        TooFewClustersError: a hypothesis is tested on fewer than five clusters, whose signs hardly vary.
        CollinearityError: a regressor is a combination of the other terms.
        NoVariationError: the other terms leave nothing of an outcome.
        DrawsError: there is no draw.
    """
    require_columns(data, [cluster])
    data = data.assign(**{_ROW: data.index})
    require_named(data, [cluster], _ROW)
    if draws < 1:
        raise DrawsError(f"{draws} draws; take one or more")
    clusters = pd.Index(sorted(data[cluster].unique()))
    scores = np.zeros((len(clusters), len(hypotheses)))
    for j, (name, h) in enumerate(hypotheses.items()):
        columns = [h.outcome, h.regressor, *h.controls]
        require_columns(data, [*columns, cluster, *([h.absorb] if h.absorb else []), *([h.within] if h.within else [])])
        rows = data[data[h.within] == 1] if h.within else data
        fine = np.asarray(np.isfinite([numbers(rows, c, _ROW) for c in columns]).all(axis=0), dtype=bool)
        if h.absorb:
            fine &= rows[h.absorb].notna().to_numpy()
        rows = rows.loc[fine]
        if rows[cluster].nunique() < 5:
            raise TooFewClustersError(
                f"{name}: {rows[cluster].nunique()} clusters of {cluster!r}; sign flips need five or more"
            )
        y, x = residuals(rows, [h.outcome, h.regressor], h.controls, h.absorb).T
        if nothing_left(x, rows[h.regressor].to_numpy(dtype=float)):
            raise CollinearityError(f"{name}: regressor {h.regressor!r} is a combination of the other terms")
        if nothing_left(y, rows[h.outcome].to_numpy(dtype=float)):
            raise NoVariationError(f"{name}: the other terms leave nothing of outcome {h.outcome!r} to test")
        summed = pd.Series(x * y).groupby(rows[cluster].to_numpy()).sum().reindex(clusters, fill_value=0.0)
        scores[:, j] = summed / np.sqrt((summed**2).sum())
    own = np.abs(scores.sum(axis=0))
    signs = np.random.default_rng(seed).choice([-1.0, 1.0], size=(draws, len(clusters)))
    flipped = np.abs(signs @ scores)
    return dict(zip(hypotheses, stepped(own, flipped).tolist(), strict=True))


def label_p(labelled: Array, others: Array, *, draws: int, seed: int) -> float:
    """Share of random placings of a label on units whose difference in means is at least as large in absolute value.

    For labels that a handful of units bear, where clustered errors say too little. It takes units for exchangeable:
    that the label went to units of certain kinds, or that neighbours move together, is not in it.
    Method: Fisher (1935), "The Design of Experiments"; scipy's permutation test.

    Raises:
        TooFewUnitsError: fewer than two units bear the label, or do not.
        NonFiniteError: a value is missing or infinite.
        DrawsError: there is no draw.
    """
    if not np.isfinite(labelled).all() or not np.isfinite(others).all():
        raise NonFiniteError("a unit with or without the label has no finite value; drop it (and say how many)")
    if draws < 1:
        raise DrawsError(f"{draws} draws; take one or more")
    if min(len(labelled), len(others)) < 2:
        raise TooFewUnitsError(f"{len(labelled)} units bear the label and {len(others)} do not; two of each are needed")

    def difference(x: Array, y: Array, axis: int) -> Array:
        return np.asarray(np.abs(x.mean(axis=axis) - y.mean(axis=axis)))

    found = stats.permutation_test(
        (labelled, others),
        difference,
        vectorized=True,
        n_resamples=draws,
        rng=np.random.default_rng(seed),
        alternative="greater",
    )
    return float(found.pvalue)
