"""The smallest effect that a design would find, from the sizes of the shocks: to compare designs before they are run.

An effect is found with probability `power` by a two-sided test at `level` if it is `multiplier` standard errors large.
What differs between designs is the standard error: which shocks a comparison cancels, and over how many groups,
clusters, units and years it averages the rest.
Methods: Bloom (1995), "Minimum Detectable Effects", Evaluation Review 19(5), for the multiplier; Duflo, Glennerster
and Kremer (2007), "Using Randomization in Development Economics Research: A Toolkit", Handbook of Development
Economics 4, section 4, for shocks to clusters and for a start in phases; Donald and Lang (2007), "Inference with
Difference-in-Differences and Other Panel Data", Review of Economics and Statistics 89(2), for the t-test on means of
groups; McKenzie (2012), "Beyond Baseline and Follow-up", Journal of Development Economics 99(2), and Burlig, Preonas
and Woerman (2020), "Panel Data and Experimental Design", Journal of Development Economics 144, for more rounds and
shocks that last.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import optimize, stats

from analysis.designs.coverage import Shocks
from analysis.designs.errors import (
    DrawsError,
    LevelError,
    PanelError,
    TooFewClustersError,
    TooFewUnitsError,
    TreatmentError,
)

Array = npt.NDArray[np.float64]

LEVEL, POWER = 0.05, 0.80
_NOUGHT = 1e-12


@dataclass(frozen=True)
class Design:
    """What a design can find: the minimum detectable effect and the standard error, both in the outcome's unit.

    `degrees` are the degrees of freedom of its t-test; None stands for the normal distribution.
    """

    detectable: float
    standard_error: float
    degrees: int | None


@dataclass(frozen=True)
class Persistence:
    """Which part of the variance of a change lasts, and how; the three are shares and sum to one.

    `lasting` shocks add up and never fade (a random walk), `passing` ones are gone at the next count, `drifting` ones
    go on at the same pace from year to year.
    """

    lasting: float
    passing: float
    drifting: float

    def __post_init__(self) -> None:
        shares = (self.lasting, self.passing, self.drifting)
        if min(shares) < 0 or abs(sum(shares) - 1) > 1e-9:
            raise DrawsError(f"shares {shares} of lasting, passing and drifting shocks: none below nought, one in all")


def from_correlation(correlation: float) -> Persistence:
    """The persistence that gives two successive changes over equal spans this correlation.

    Below nought what passes makes it, minus one half at the most; above, what drifts.

    Raises:
        DrawsError: the correlation is below -0.5 or above 1.
    """
    if not -0.5 <= correlation <= 1:
        raise DrawsError(
            f"a correlation of successive changes of {correlation}: shocks that last, pass or drift give -0.5 to 1"
        )
    passing, drifting = max(-2 * correlation, 0.0), max(correlation, 0.0)
    return Persistence(1 - passing - drifting, passing, drifting)


def _require(level: float, power: float) -> None:
    if not (0 < level < 1 and level < power < 1):
        raise LevelError(f"level {level}, power {power}: both are shares, and the power is above the level")


def multiplier(degrees: int | None = None, *, level: float = LEVEL, power: float = POWER) -> float:
    """How many standard errors an effect is large that a two-sided test at `level` finds with probability `power`.

    With the normal distribution at 5% and 80% it is 2.80. With t it is taken from the noncentral t, of which Bloom's
    sum of two quantiles of t is an approximation.

    Args:
        degrees: degrees of freedom of the t-test; None for the normal distribution.
        level: level of the test.
        power: probability of finding the effect.

    Raises:
        LevelError: level or power is no share, or the power is not above the level.
        TooFewUnitsError: there is less than one degree of freedom.
    """
    _require(level, power)
    if degrees is None:
        return float(stats.norm.ppf(1 - level / 2) + stats.norm.ppf(power))
    if degrees < 1:
        raise TooFewUnitsError(f"{degrees} degrees of freedom; a test needs one or more")
    reach = float(stats.t.ppf(1 - level / 2, degrees))
    # The square of a noncentral t is a noncentral F, which has both tails in one.
    return float(
        optimize.brentq(
            lambda effect: float(stats.ncf.sf(reach**2, 1, degrees, effect**2)) - power, 1e-3, 2 * reach + 2
        )
    )


def variance_of_mean(clusters: Sequence[int], shocks: Shocks) -> float:
    """Variance of a group's mean over its units, in the outcome's unit squared: its own shock, and what averages out.

    Args:
        clusters: how many units each of its clusters has.
        shocks: standard deviations of the shocks to groups, clusters and units.

    Raises:
        TooFewUnitsError: there is no unit, or a cluster with fewer than one.
    """
    sizes = np.asarray(clusters, dtype=float)
    if not len(sizes) or sizes.min() < 1:
        raise TooFewUnitsError(f"clusters of {list(clusters)} units: a group has clusters, and each has a unit or more")
    shares = sizes / sizes.sum()
    return float(shocks.group**2 + shocks.cluster**2 * (shares**2).sum() + shocks.unit**2 / sizes.sum())


def between_groups(
    groups: Mapping[str, Sequence[int]], treated: int, shocks: Shocks, *, level: float = LEVEL, power: float = POWER
) -> Design:
    """Whole groups are treated, and their means compared with those of the others, each group counted once.

    The standard error is the root of v (1/k + 1/(S-k)) for k treated of S groups, with v the mean variance of a
    group's mean; the test is t with S-2 degrees of freedom. Which groups are treated is taken as random.

    Args:
        groups: how many units each cluster has, by group.
        treated: how many groups are treated.
        shocks: standard deviations of the shocks to groups, clusters and units.
        level: level of the test.
        power: probability of finding the effect.

    Raises:
        TooFewClustersError: there are fewer than three groups.
        TreatmentError: no group is treated, or all are.
        TooFewUnitsError: a group has no unit.
        LevelError: level or power is no share.
    """
    count = len(groups)
    if count < 3:
        raise TooFewClustersError(f"{count} groups; comparing their means needs three or more")
    if not 0 < treated < count:
        raise TreatmentError(f"{treated} of {count} groups are treated; some must be, and some not")
    variance = float(np.mean([variance_of_mean(clusters, shocks) for clusters in groups.values()]))
    error = float(np.sqrt(variance * (1 / treated + 1 / (count - treated))))
    degrees = count - 2
    return Design(multiplier(degrees, level=level, power=power) * error, error, degrees)


def within_group(
    strata: Sequence[tuple[int, int]],
    clusters: Sequence[int],
    shocks: Shocks,
    *,
    contrast: float = 1.0,
    level: float = LEVEL,
    power: float = POWER,
) -> Design:
    """Units of one group start early or late, by lot within strata; the shock to the group cancels.

    Differences of means within strata are weighted by n1 n0 / (n1 + n0), as least squares with strata does. The
    variance of a unit is that of a draw without return from the group: shocks to clusters count in it, less what two
    units share by being of one cluster. With strata other than one this is approximate, since strata may go by cluster.

    Args:
        strata: how many units start early and late in each stratum; one that lacks either says nothing.
        clusters: how many units each cluster of the group has.
        shocks: standard deviations of the shocks to groups, clusters and units; that of groups plays no part.
        contrast: by which share of the effect early and late units differ when they are compared.
        level: level of the test.
        power: probability of finding the effect.

    Raises:
        TooFewUnitsError: strata and clusters do not have the same units, or no stratum has both kinds, or there are
            too few units for a test.
        TreatmentError: the contrast is nought or less, or above one.
        LevelError: level or power is no share.
    """
    early, late = (np.array([s[i] for s in strata], dtype=float) for i in (0, 1))
    sizes = np.asarray(clusters, dtype=float)
    total = float(sizes.sum())
    if early.sum() + late.sum() != total or min(early.min(initial=0), late.min(initial=0)) < 0:
        raise TooFewUnitsError(
            f"strata {list(strata)} have {early.sum() + late.sum():.0f} units, clusters {total:.0f}; they are the same"
        )
    if not 0 < contrast <= 1:
        raise TreatmentError(
            f"a contrast of {contrast}: early and late units differ by more than nought, by one at most"
        )
    both = (early > 0) & (late > 0)
    information = float((early[both] * late[both] / (early[both] + late[both])).sum())
    degrees = int(early[both].sum() + late[both].sum()) - int(both.sum()) - 1
    if information == 0 or degrees < 1:
        raise TooFewUnitsError(f"strata {list(strata)}: none has early and late units enough to be compared")
    apart = (total**2 - (sizes**2).sum()) / (total * (total - 1))  # share of pairs of units that are of two clusters
    variance = shocks.unit**2 + shocks.cluster**2 * apart
    error = float(np.sqrt(variance / information)) / contrast
    return Design(multiplier(degrees, level=level, power=power) * error, error, degrees)


def units_by_lot(
    effect: float, shocks: Shocks, *, early: float = 0.5, level: float = LEVEL, power: float = POWER
) -> int:
    """How many units have to draw lots for an early or a late start, within groups, for an effect to be found.

    The least N with multiplier^2 (cluster^2 + unit^2) / (q (1-q) N) of effect^2 or less, for a share q that is early.

    Args:
        effect: the effect, in the shocks' unit.
        shocks: standard deviations of the shocks to groups, clusters and units; that of groups plays no part.
        early: share of the units that start early.
        level: level of the test.
        power: probability of finding the effect.

    Raises:
        TreatmentError: the effect is not above nought, or all units start early, or none.
        LevelError: level or power is no share.
    """
    if not effect > 0 or not 0 < early < 1:
        raise TreatmentError(
            f"an effect of {effect} with a share of {early} early: it is above nought, and some are late"
        )
    variance = shocks.cluster**2 + shocks.unit**2
    return int(np.ceil(multiplier(level=level, power=power) ** 2 * variance / (early * (1 - early) * effect**2)))


def covariance_of_changes(years: Sequence[float], persistence: Persistence, span: float) -> Array:
    """Covariance of the changes from one count to the next, where the change over `span` years has variance one.

    Args:
        years: when the counts are, rising.
        persistence: which part of the variance of a change over `span` lasts, passes or drifts.
        span: years between the two counts whose change has variance one.

    Returns:
        A square matrix with a row for each change, one less than there are years.

    Raises:
        PanelError: there are fewer than two years, or they do not rise, or the span is not above nought.
    """
    times = np.asarray(years, dtype=float)
    if len(times) < 2 or (np.diff(times) <= 0).any() or not span > 0:
        raise PanelError(f"years {list(years)} with a span of {span}: two or more that rise, and a span above nought")
    since = times - times[0]
    levels = (
        persistence.lasting / span * np.minimum.outer(since, since)
        + persistence.passing / 2 * np.eye(len(times))
        + persistence.drifting / span**2 * np.outer(since, since)
    )
    changes: Array = np.diff(np.diff(levels, axis=0), axis=1)
    return changes


def relative_error(years: Sequence[float], path: Sequence[float], persistence: Persistence, span: float) -> float:
    """Standard error of an effect from counts in these years, over that from two counts `span` years apart.

    The estimator is generalized least squares on the changes from count to count: the best that there is if the
    persistence is known. Two counts a span apart, the second with the whole effect, give one.

    Args:
        years: when the counts are, rising.
        path: which share of the effect is there at each count; the first is usually nought.
        persistence: which part of the variance of a change over `span` lasts, passes or drifts.
        span: years between the two counts of the design that this one is held against.

    Raises:
        PanelError: years and path differ in length, or the effect is the same in all years, or the shocks leave no
            variance to some combination of changes.
    """
    if len(years) != len(path):
        raise PanelError(f"{len(years)} years and {len(path)} shares of the effect; each year has one")
    steps = np.diff(np.asarray(path, dtype=float))
    if not steps.any():
        raise PanelError(f"path {list(path)}: the effect is the same in all years, so that no change shows it")
    covariance = covariance_of_changes(years, persistence, span)
    if np.linalg.eigvalsh(covariance)[0] < _NOUGHT:
        raise PanelError(
            "shocks that only drift leave no variance to changes of changes; let some of them last or pass"
        )
    return float(1 / np.sqrt(steps @ np.linalg.solve(covariance, steps)))
