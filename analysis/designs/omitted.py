"""What an omitted variable would have to be to change a slope: the robustness value and Oster's bound."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from analysis.designs.checks import require_columns, require_finite, require_level, require_named, require_single
from analysis.designs.dose import nothing_left, residuals
from analysis.designs.errors import BoundError, CollinearityError, NoVariationError, TooFewUnitsError

# Controls that move R² by less than a hundredth say nothing of how the estimate would move with what they miss.
LEAST_MOVE = 0.01
TIMES = 1.3  # of R² with controls: what Oster (2019, section 4) takes for the most that could be explained


def partial_r_squared(t: float, degrees_of_freedom: int) -> float:
    """Share of the outcome's variance, left by the other terms, that the regressor explains; t is the classical one."""
    return t**2 / (t**2 + degrees_of_freedom)


def robustness_value(t: float, degrees_of_freedom: int, *, share: float = 1.0, level: float | None = None) -> float:
    """The robustness value, from 0 to 1: what a confounder would have to explain of regressor and outcome alike.

    A confounder that explains this share of what the other terms leave of both takes away the given share of the
    estimate or, with a level, brings it down to where that much is no longer told from nought. The algebra is exact for
    the classical t only: a level takes residuals for independent and says too much where clusters share shocks.
    Method: Cinelli and Hazlett (2020), "Making Sense of Sensitivity: Extending Omitted Variable Bias", Journal of the
    Royal Statistical Society, Series B 82(1), section 4.1, with the correction for extreme confounders of the authors'
    package sensemakr.

    Args:
        t: the regressor's t-value with the classical error.
        degrees_of_freedom: units less coefficients.
        share: of the estimate that the confounder takes away.
        level: coverage of the interval that is to reach the reduced estimate, such as 0.95; none for the estimate.

    Raises:
        BoundError: t is not finite, or the numbers leave nothing to bound.
    """
    if not np.isfinite(t) or degrees_of_freedom < 2:
        raise BoundError(
            f"t is {t:g} with {degrees_of_freedom} degrees of freedom; a finite t and two or more are needed"
        )
    if share <= 0:
        raise BoundError(f"the share of the estimate is {share:g}; it has to be above nought")
    f = share * abs(t) / np.sqrt(degrees_of_freedom)
    critical = 0.0
    if level is not None:
        require_level(level)
        lower = degrees_of_freedom - 1
        critical = float(stats.t.ppf((1 + level) / 2, lower)) / np.sqrt(lower)
    adjusted = f - critical
    if adjusted <= 0:
        return 0.0
    if critical and f > 1 / critical:  # the confounder that raises the t most is the one at the limit
        return float((f**2 - critical**2) / (1 + f**2))
    return float((np.sqrt(adjusted**4 + 4 * adjusted**2) - adjusted**2) / 2)


@dataclass(frozen=True)
class OsterBound:
    """How the slope moves with controls, and what that says of what they miss.

    `delta` is how strongly the omitted would have to go with the regressor, measured by how strongly the controls
    do, to bring the slope to nought if all together explained `r_max`; None if no strength would. `adjusted` is the
    slope if the omitted went with the regressor exactly as the controls do (delta of one). `silent` says why the bound
    says nothing here; empty if it speaks. R² are within the absorbed effects.
    """

    short: float
    long: float
    r_short: float
    r_long: float
    r_max: float
    delta: float | None
    adjusted: float
    silent: str


def oster_bound(
    data: pd.DataFrame,
    outcome: str,
    regressor: str,
    controls: Sequence[str],
    *,
    absorb: str | None = None,
    unit: str,
    times: float = TIMES,
) -> OsterBound:
    """Oster's bound for the controls of a regression; absorbed effects are in both the short and the long one.

    Method: Oster (2019), "Unobservable Selection and Coefficient Stability: Theory and Evidence", Journal of Business
    and Economic Statistics 37(2), section 3.2.

    Args:
        data: one row a unit.
        outcome: column of the outcome.
        regressor: column of the regressor.
        controls: columns of the observed controls, at least one.
        absorb: column of groups with effects of their own; all R² are of what they leave.
        unit: column that names a unit in error messages.
        times: R² that could be reached over R² with controls; never above one.

    Raises:
        UnknownColumnError: a column is not in the data.
        NonFiniteError: a needed value is missing or infinite.
        DuplicateUnitError: a unit stands in two rows.
        TooFewUnitsError: there are no more units than coefficients.
        NoVariationError: the absorbed effects leave nothing of the outcome.
        CollinearityError: the regressor is a combination of controls and absorbed effects.
        BoundError: there are no controls.
    """
    if not controls:
        raise BoundError(f"{regressor!r}: no controls; the bound compares slopes with and without them")
    _require(data, outcome, regressor, controls, absorb, unit)
    y, x = residuals(data, [outcome, regressor], (), absorb).T
    y_rest, x_rest = residuals(data, [outcome, regressor], controls, absorb).T
    if nothing_left(y, data[outcome].to_numpy(dtype=float)):
        raise NoVariationError(f"outcome {outcome!r}: nothing of it is left to explain")
    if nothing_left(x_rest, data[regressor].to_numpy(dtype=float)):
        raise CollinearityError(f"regressor {regressor!r} is a combination of controls and effects; leave some out")
    n = len(data)
    long = float(x_rest @ y_rest / (x_rest @ x_rest))
    left = y_rest - long * x_rest
    r_long = float(1 - left @ left / (y @ y))
    return oster(
        short=float(x @ y / (x @ x)),
        r_short=float((x @ y) ** 2 / ((x @ x) * (y @ y))),
        long=long,
        r_long=r_long,
        r_max=min(1.0, times * r_long),
        variance_outcome=float(y @ y / n),
        variance_regressor=float(x @ x / n),
        variance_left=float(x_rest @ x_rest / n),
    )


def _require(
    data: pd.DataFrame, outcome: str, regressor: str, controls: Sequence[str], absorb: str | None, unit: str
) -> None:
    columns, groups = [outcome, regressor, *controls], [absorb] if absorb else []
    require_columns(data, [*columns, unit, *groups])
    require_named(data, groups, unit)
    require_single(data, unit)
    require_finite(data, columns, unit)
    effects = data[absorb].nunique() if absorb else 1
    if len(data) <= 1 + len(controls) + effects:
        raise TooFewUnitsError(f"{len(data)} units for {1 + len(controls) + effects} coefficients; take fewer controls")


def oster(
    *,
    short: float,
    r_short: float,
    long: float,
    r_long: float,
    r_max: float,
    variance_outcome: float,
    variance_regressor: float,
    variance_left: float,
    target: float = 0.0,
) -> OsterBound:
    """Oster's bound from the moments of the two regressions; see `oster_bound`.

    Args:
        short: slope without controls.
        r_short: R² without controls.
        long: slope with controls.
        r_long: R² with controls.
        r_max: R² with controls and the omitted.
        variance_outcome: variance of the outcome.
        variance_regressor: variance of the regressor.
        variance_left: variance of the regressor that the controls leave.
        target: the slope that `delta` is to bring about.

    Raises:
        BoundError: `r_max` is below R² with controls, or a variance is not above nought.
    """
    if r_max < r_long:
        raise BoundError(f"R² could reach {r_max:.3f} and is {r_long:.3f} with controls; it has to be at least that")
    if min(variance_outcome, variance_regressor, variance_left) <= 0:
        raise BoundError("a variance is nought; outcome and regressor have to vary given the controls")
    room, gained = (r_max - r_long) * variance_outcome, (r_long - r_short) * variance_outcome
    moved, away = short - long, long - target
    left, total = variance_left, variance_regressor
    denominator = (
        room * moved * total
        + away * room * (total - left)
        + away**2 * left * moved * total
        + away**3 * left * (total - left)
    )
    numerator = (
        away * gained * left
        + away * total * left * moved**2
        + 2 * away**2 * left * moved * total
        + away**3 * left * (total - left)
    )
    delta = None if abs(denominator) <= 1e-12 * abs(numerator) else numerator / denominator
    return OsterBound(
        short=short,
        long=long,
        r_short=r_short,
        r_long=r_long,
        r_max=r_max,
        delta=delta,
        adjusted=_adjusted(long, moved, room, gained, total, left),
        silent=_silent(short, long, r_short, r_long, r_max),
    )


def _adjusted(long: float, moved: float, room: float, gained: float, total: float, left: float) -> float:
    """The slope if delta is one: with v = slope less target, delta's equation becomes a quadratic in v.

    Its roots have opposite signs. Where the omitted works in the direction of the controls (Oster's assumption 3), the
    bias that is left has the sign of the one that the controls took away.
    """
    if room == 0 or abs(moved) <= 1e-12 * max(abs(long), 1e-300):
        return long
    a, b, c = (
        left * moved * total,
        gained * left + total * left * moved**2 - room * (total - left),
        -room * moved * total,
    )
    root = np.sqrt(b**2 - 4 * a * c)
    # The root of the sign of `moved`, in the form that subtracts no near equals.
    bias = (-b + root) / (2 * a) if b <= 0 else 2 * c / (-b - root)
    return float(long - bias)


def _silent(short: float, long: float, r_short: float, r_long: float, r_max: float) -> str:
    if r_max - r_long < 1e-9:
        return "the controls explain all that could be explained, which leaves nothing to omit"
    if r_long - r_short < LEAST_MOVE:
        return (
            f"the controls raise R² from {r_short:.3f} to {r_long:.3f} only: that the slope is stable "
            "beside controls which explain nothing says nothing of what they miss"
        )
    if short * long < 0:
        return (
            "the slope has another sign without controls, so that its way to nought leads through the controls, not on"
        )
    if abs(long) > abs(short):
        return "the controls move the slope away from nought, so that more of their kind would not bring it there"
    return ""


def benchmarks(
    data: pd.DataFrame,
    outcome: str,
    regressor: str,
    controls: Sequence[str],
    *,
    absorb: str | None = None,
    unit: str,
) -> pd.DataFrame:
    """How much each control explains of the regressor and of the outcome: what to hold a robustness value against.

    Returns:
        One row a control, with columns control, with_regressor (partial R² of the control with the regressor, given
        the other controls) and with_outcome (with the outcome, given the regressor and the other controls).

    Raises:
        CollinearityError: a control or the regressor is a combination of the other terms.
        NoVariationError: the other terms leave nothing of the outcome.
        DesignError: as `oster_bound`.
    """
    _require(data, outcome, regressor, controls, absorb, unit)
    rows = []
    for control in controls:
        others = [c for c in controls if c != control]
        x, z = residuals(data, [regressor, control], others, absorb).T
        y, v = residuals(data, [outcome, control], [*others, regressor], absorb).T
        for name, rest in ((control, z), (control, v), (regressor, x)):
            if nothing_left(rest, data[name].to_numpy(dtype=float)):
                raise CollinearityError(f"{name!r} is a combination of the other terms; leave one of them out")
        if nothing_left(y, data[outcome].to_numpy(dtype=float)):
            raise NoVariationError(f"the other terms leave nothing of outcome {outcome!r}")
        rows.append(
            {
                "control": control,
                "with_regressor": float((x @ z) ** 2 / ((x @ x) * (z @ z))),
                "with_outcome": float((y @ v) ** 2 / ((y @ y) * (v @ v))),
            }
        )
    return pd.DataFrame(rows)
