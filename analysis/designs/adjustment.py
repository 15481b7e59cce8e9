"""The effect on the treated of a binary treatment, three ways: regression, doubly robust, and balancing weights.

All three compare the treated units' mean outcome with a weighted mean of the untreated ones, and say how many
untreated units the weights really use. The effect is on the treated only: an effect on everybody would need treated
units like every untreated one, which a treated province does not have.
Methods: Sant'Anna and Zhao (2020), "Doubly Robust Difference-in-Differences Estimators", Journal of Econometrics
219(1), with a logit by maximum likelihood and least squares on the untreated; Hainmueller (2012), "Entropy Balancing
for Causal Effects", Political Analysis 20(1); Chattopadhyay and Zubizarreta (2023), "On the implied weights of linear
regression for causal inference", Biometrika 110(3); Kish (1965), "Survey Sampling", for the effective sample size.

The doubly robust estimate has the odds divided by their sum, as in the paper. diff-diff divides them by the number of
treated units, which is the same where overlap is good and far off where it is bad, as for many placebo groups; so it
serves as the check, not as the estimator. Entropy balancing is diff-diff's.
"""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from diff_diff.balancing import BalanceError, entropy_balance
from statsmodels.discrete.discrete_model import Logit
from statsmodels.tools.sm_exceptions import ConvergenceWarning, HessianInversionWarning, PerfectSeparationWarning
from statsmodels.tools.tools import add_constant

from analysis.designs.checks import (
    require_columns,
    require_finite,
    require_independent,
    require_indicator,
    require_named,
    require_single,
)
from analysis.designs.errors import DesignError, NoVariationError, OverlapError, TooFewClustersError, TooFewUnitsError
from analysis.designs.placebo import Array, Placement, eligible

REGRESSION, DOUBLY_ROBUST, BALANCED = METHODS = ("regression", "doubly_robust", "balanced")
# Probabilities of treatment above 0.99 are cut there, where odds have no end. Low ones stay: clipping them from below,
# as diff-diff does by default, would count units that are like no treated one.
TRIM = 0.01
_ROW = "row of the data"
_EXACT = 1e-8  # standard deviations: means as near as this are balanced


@dataclass(frozen=True)
class Adjustment:
    """An effect on the treated.

    `weights` are those of the untreated units, by the data's index; they sum to one, and those of a regression can be
    negative. The estimate is the treated units' mean outcome less the untreated ones' mean with these weights.
    `effective` is how many untreated units with equal weights would tell as much (Kish).
    """

    method: str
    estimate: float
    weights: pd.Series
    effective: float


@dataclass(frozen=True)
class Overlap:
    """How alike treated and untreated units are in the probability of treatment that the controls give them.

    `probability` is every unit's, by the data's index, from a logit; `beyond` is the share of treated units whose
    probability is above every untreated unit's; `weights` are the odds of treatment of the untreated units, summing to
    one, and `effective` the effective number of untreated units with these weights.
    """

    probability: pd.Series
    treated: tuple[float, float]
    untreated: tuple[float, float]
    beyond: float
    weights: pd.Series
    effective: float


def effective_size(weights: Array | pd.Series) -> float:
    """Kish's effective sample size: the squared sum of weights over the sum of their squares."""
    w = np.asarray(weights, dtype=float)
    return float(w.sum() ** 2 / (w**2).sum())


def _standardized(x: Array) -> Array:
    z: Array = (x - x.mean(axis=0)) / x.std(axis=0)
    return z


def _require(data: pd.DataFrame, treatment: str, columns: Sequence[str], controls: Sequence[str], unit: str) -> Array:
    require_columns(data, [treatment, *columns, unit])
    require_single(data, unit)
    require_finite(data, [treatment, *columns], unit)
    require_indicator(data, treatment)
    treated: Array = data[treatment].to_numpy(dtype=float)
    _require_estimable(data[list(controls)].to_numpy(dtype=float), treated, controls)
    return treated


def _require_estimable(x: Array, treated: Array, controls: Sequence[str]) -> None:
    own, other = int(treated.sum()), int((1 - treated).sum())
    if min(own, other) <= len(controls) + 1:
        side = "treated" if own <= other else "untreated"
        raise TooFewUnitsError(
            f"{min(own, other)} {side} units for {len(controls) + 1} coefficients; take fewer controls"
        )
    design = np.column_stack([np.ones(len(x)), x])
    for part in (design, design[treated == 0]):
        require_independent(part, ["intercept", *controls])


def _probability(z: Array, treated: Array) -> Array:
    with warnings.catch_warnings():
        # A logit that finds no maximum means that the controls tell the groups apart: an error, with its own words.
        for kind in (PerfectSeparationWarning, ConvergenceWarning, HessianInversionWarning):
            warnings.simplefilter("error", kind)
        # Far out a fitted logit's exponential overflows to infinity, whose probability is 0 or 1 as it should be.
        warnings.filterwarnings("ignore", "overflow encountered in exp", RuntimeWarning)
        try:
            fit = Logit(treated, add_constant(z, has_constant="add")).fit(disp=0, maxiter=200)
        except (PerfectSeparationWarning, ConvergenceWarning, HessianInversionWarning, np.linalg.LinAlgError) as error:
            raise OverlapError(
                f"the controls tell {int(treated.sum())} treated and {int((1 - treated).sum())} untreated units apart "
                "entirely, so no untreated unit is like a treated one; take fewer controls or more groups"
            ) from error
    p: Array = np.asarray(fit.predict(), dtype=float)
    return p


def overlap(data: pd.DataFrame, treatment: str, controls: Sequence[str], *, unit: str) -> Overlap:
    """The probability of treatment given the controls, and how far treated and untreated units share its range.

    Raises:
        OverlapError: the controls tell treated and untreated units apart entirely.
        DesignError: the data cannot carry the design; the subclasses name the causes.
    """
    treated = _require(data, treatment, controls, controls, unit)
    p = _probability(_standardized(data[list(controls)].to_numpy(dtype=float)), treated)
    own, other = p[treated == 1], p[treated == 0]
    odds = pd.Series(_odds(p, treated), index=data.index[treated == 0])
    return Overlap(
        probability=pd.Series(p, index=data.index),
        treated=(float(own.min()), float(own.max())),
        untreated=(float(other.min()), float(other.max())),
        beyond=float((own > other.max()).mean()),
        weights=odds,
        effective=effective_size(odds),
    )


def _odds(p: Array, treated: Array) -> Array:
    clipped = np.minimum(p[treated == 0], 1 - TRIM)
    odds = clipped / (1 - clipped)
    shares: Array = odds / odds.sum()
    return shares


def _implied(z: Array, target: Array) -> Array:
    """Weights by which a regression on the rows of `z` predicts the outcome at `target`, the intercept first."""
    x = np.column_stack([np.ones(len(z)), z])
    weights: Array = np.asarray(np.linalg.lstsq(x.T, target, rcond=None)[0], dtype=np.float64)
    return weights


def effects_on_treated(
    data: pd.DataFrame,
    outcome: str,
    treatment: str,
    controls: Sequence[str],
    *,
    unit: str,
    methods: Sequence[str] = METHODS,
) -> dict[str, Adjustment]:
    """The effect on the treated by regression adjustment, doubly robust, and with entropy-balancing weights.

    Regression predicts the treated units' outcome without treatment from a least-squares fit on the untreated ones.
    The doubly robust estimate corrects that by the untreated units' residuals, weighted by the odds of
    treatment. Entropy balancing weights the untreated units so that their means of the controls are the treated ones',
    with weights as equal as they can be.

    Args:
        data: one row a unit.
        outcome: column of the outcome, such as a change; the estimates have its unit.
        treatment: column of the indicator, 1 for treated units and 0 for others.
        controls: columns of the control variables, measured before the treatment.
        unit: column that names a unit in error messages.
        methods: which of the three.

    Raises:
        OverlapError: no weights balance the controls, or they tell the groups apart entirely.
        TooFewUnitsError: there are no more treated, or untreated, units than coefficients.
        DesignError: the data cannot carry the design otherwise; the subclasses name the causes.
    """
    treated = _require(data, treatment, [outcome, *controls], controls, unit)
    y = data[outcome].to_numpy(dtype=float)
    if np.ptp(y) == 0:
        raise NoVariationError(f"outcome {outcome!r}: all {len(data)} units have the same value")
    x = data[list(controls)].to_numpy(dtype=float)
    found: dict[str, Adjustment] = {}
    for method in methods:
        weights = _weights(x, treated, controls, method)
        found[method] = Adjustment(
            method,
            _estimate(y, treated, weights),
            pd.Series(weights, index=data.index[treated == 0]),
            effective_size(weights),
        )
    return found


def _estimate(y: Array, treated: Array, weights: Array) -> float:
    return float(y[treated == 1].mean() - weights @ y[treated == 0])


def _weights(x: Array, treated: Array, controls: Sequence[str], method: str) -> Array:
    z = _standardized(x)
    own, other = z[treated == 1].mean(axis=0), z[treated == 0]
    if method == REGRESSION:
        return _implied(other, np.append(1.0, own))
    if method == BALANCED:
        try:
            weights: Array = entropy_balance(other, own, tol=_EXACT)[0]
        except BalanceError as failed:
            worst = controls[int(np.abs(failed.residuals).argmax())]
            raise OverlapError(
                f"no weights give {len(other)} untreated units the treated ones' means; {worst!r} is farthest off: "
                "leave it out or take more groups"
            ) from failed
        return weights
    if method == DOUBLY_ROBUST:
        odds = _odds(_probability(z, treated), treated)
        return odds + _implied(other, np.append(0.0, own - odds @ other))
    raise DesignError(f"method {method!r}: allowed are {', '.join(METHODS)}")


def jackknife_error(
    data: pd.DataFrame,
    outcome: str,
    treatment: str,
    controls: Sequence[str],
    method: str,
    *,
    cluster: str,
    unit: str,
) -> float:
    """The cluster jackknife error (CRV3) of one method: the spread of the estimates without each cluster in turn.

    Around the full estimate, times (G-1)/G, with G clusters.

    Raises:
        TooFewClustersError: fewer than two clusters hold treated, or untreated, units.
        DesignError: without some cluster there is no estimate; the subclasses name the causes.
    """
    require_columns(data, [outcome, treatment, *controls, cluster, unit])
    require_named(data, [cluster], unit)
    data = data[list(dict.fromkeys([outcome, treatment, *controls, cluster, unit]))]
    full = effects_on_treated(data, outcome, treatment, controls, unit=unit, methods=[method])[method].estimate
    for side, count in data.groupby(treatment)[cluster].nunique().items():
        if count < 2:
            raise TooFewClustersError(
                f"clusters {cluster!r}: {count} holds all units with {treatment!r} {side}; a jackknife needs two"
            )
    y, treated = data[outcome].to_numpy(dtype=float), data[treatment].to_numpy(dtype=float)
    x = data[list(controls)].to_numpy(dtype=float)
    codes, names = pd.factorize(data[cluster], sort=True)
    without: list[float] = []
    for i in range(len(names)):
        kept = codes != i
        _require_estimable(x[kept], treated[kept], controls)
        weights = _weights(x[kept], treated[kept], controls, method)
        without.append(_estimate(y[kept], treated[kept], weights))
    squares = sum((w - full) ** 2 for w in without)
    return float(np.sqrt((len(without) - 1) / len(without) * squares))


def balance(data: pd.DataFrame, treatment: str, controls: Sequence[str], weights: pd.Series | None = None) -> pd.Series:
    """Standardized differences by control: treated less untreated mean, in standard deviations of the treated units.

    `weights` are those of the untreated units, by the data's index; without them all count alike.

    Raises:
        UnknownColumnError: a column is not in the data.
        NonFiniteError: a value is missing or infinite.
        TreatmentError: the treatment is no indicator, or does not vary.
        TooFewUnitsError: there is one treated unit, which has no standard deviation.
        NoVariationError: a control is the same for all treated units.
    """
    require_columns(data, [treatment, *controls])
    require_finite(data.assign(**{_ROW: data.index}), [treatment, *controls], _ROW)
    require_indicator(data, treatment)
    treated = data[treatment] == 1
    if treated.sum() < 2:
        raise TooFewUnitsError("one treated unit has no standard deviation; two or more are needed")
    still = [c for c in controls if data.loc[treated, c].nunique() < 2]
    if still:
        raise NoVariationError(f"control {still[0]!r} is the same for all {treated.sum()} treated units; leave it out")
    own, other = data.loc[treated, list(controls)], data.loc[~treated, list(controls)]
    w = pd.Series(1.0, index=other.index) if weights is None else weights.reindex(other.index)
    means = other.mul(w, axis="index").sum() / w.sum()
    return (own.mean() - means) / own.std(ddof=1)


def placements(
    data: pd.DataFrame,
    outcome: str,
    treated: str,
    controls: Sequence[str],
    *,
    group: str,
    neighbours: Mapping[str, Sequence[str]],
    cluster: str,
    unit: str,
    smallest: int = 20,
    methods: Sequence[str] = METHODS,
) -> tuple[dict[str, list[Placement]], dict[str, dict[str, str]]]:
    """Each group in the treated one's place, by each method; `placebo.judge` makes a test of them.

    Returns:
        The placements by method; and by method the groups that could not be placed, each with the reason.

    Raises:
        DesignError: a value is missing, or the treated group itself cannot be placed; the subclasses name the causes.
    """
    require_columns(data, [outcome, *controls, group, cluster, unit])
    require_named(data, [group, cluster], unit)
    require_single(data, unit)
    require_finite(data, [outcome, *controls], unit)
    unknown = [m for m in methods if m not in METHODS]
    if unknown:
        raise DesignError(f"method {unknown[0]!r}: allowed are {', '.join(METHODS)}")
    data = data[list(dict.fromkeys([outcome, *controls, group, cluster, unit]))].reset_index(drop=True)
    groups = data[group].astype(str)
    placed: dict[str, list[Placement]] = {m: [] for m in methods}
    left_out: dict[str, dict[str, str]] = {m: {} for m in methods}
    for name, others in eligible(data, treated, group=group, neighbours=neighbours, smallest=smallest).items():
        here = data[groups.isin([name, *others])].assign(_placed=(groups == name).astype(int))
        clusters = here.groupby("_placed")[cluster].nunique()
        for method in methods:
            try:
                found = effects_on_treated(here, outcome, "_placed", controls, unit=unit, methods=[method])[method]
            except DesignError as error:
                if name == treated:
                    raise
                left_out[method][name] = str(error)
                continue
            from_treated = groups[found.weights.index] == treated
            placed[method].append(
                Placement(
                    group=name,
                    estimate=found.estimate,
                    standard_error=None,
                    shift=1.0 if name == treated else -float(found.weights[from_treated].sum()),
                    treated_units=int(here["_placed"].sum()),
                    units=len(here),
                    treated_clusters=int(clusters[1]),
                    clusters=int(clusters.sum()),
                    controls_used=others,
                )
            )
    return placed, left_out
