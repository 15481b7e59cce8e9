"""Which inference fits how many treated groups: placebo groups for one, a wild cluster bootstrap for several."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from diff_diff import wild_bootstrap_se

from analysis.designs.checks import (
    require_columns,
    require_finite,
    require_independent,
    require_level,
    require_named,
    require_positive,
    require_single,
)
from analysis.designs.errors import NoVariationError, TooFewClustersError, TreatmentError, VarianceError
from analysis.designs.placebo import PlaceboTest, placebo_test

_LISTED = 20  # groups whose signs diff-diff lists in full rather than draws, if there are draws enough
_SAME = 1e-9  # statistics nearer than this share are equal, whatever rounding says
FEWEST = 6  # groups: with signs of plus and minus one, G groups give no p-value below 2 to the power 1 - G


@dataclass(frozen=True)
class Inference:
    """An estimate and how sure it is.

    `method` is "placebo groups" or "wild cluster bootstrap"; `note` says in a sentence what was used and why.
    `standard_error` is CRV1 (by cluster with placebo groups, by group with the bootstrap), or None where there is
    none; `interval` is None where it has no bound. `test` is the placebo test if that is what was used.
    """

    estimate: float
    standard_error: float | None
    p_value: float
    interval: tuple[float, float] | None
    level: float
    units: int
    groups: int
    method: str
    note: str
    test: PlaceboTest | None = None


def infer(
    data: pd.DataFrame,
    outcome: str,
    treated_groups: Sequence[str],
    *,
    group: str,
    neighbours: Mapping[str, Sequence[str]],
    cluster: str,
    unit: str,
    controls: Sequence[str] = (),
    weight: str | None = None,
    smallest: int = 20,
    level: float = 0.95,
    draws: int = 9999,
    seed: int = 1,
) -> Inference:
    """The effect on the treated groups against their neighbours, with inference that fits the number of groups.

    With one treated group, errors clustered by group are far too small and a bootstrap over groups has nothing to
    draw, so placebo groups take its place (`placebo_test`). With several the test is a wild cluster bootstrap over
    groups with the null imposed, and the interval inverts it.
    Methods: MacKinnon and Webb (2018), "The wild bootstrap for few (treated) clusters", Econometrics Journal 21(2);
    Cameron, Gelbach and Miller (2008), "Bootstrap-Based Improvements for Inference with Clustered Errors", Review of
    Economics and Statistics 90(3). The bootstrap is diff-diff's; its error is CRV1 by group with the factor
    G/(G-1) x (N-1)/(N-K). Draws as large as the estimate's own statistic count against it, the signs as they are
    among them, so that p is never nought; diff-diff leaves such ties out.

    Args:
        data: one row a unit.
        outcome: column of the outcome; the estimate has its unit.
        treated_groups: the treated groups, at least one.
        group: column of the groups.
        neighbours: the groups that each group touches.
        cluster: column of the clusters within groups, used with one treated group.
        unit: column that names a unit in error messages.
        controls: columns of the control variables.
        weight: column of weights above nought.
        smallest: units that a group needs to be a placebo.
        level: coverage of the interval.
        draws: bootstrap draws; where the signs of all groups have fewer combinations, each is taken once.
        seed: of the bootstrap's random numbers.

    Raises:
        TooFewClustersError: several groups are treated, but all groups together are fewer than six, or fewer than two
            are untreated.
        DesignError: the data cannot carry the design; the subclasses name the causes.
    """
    treated = sorted(set(map(str, treated_groups)))
    if not treated:
        raise TreatmentError("no treated group is named; name one or more")
    if len(treated) == 1:
        return _by_placebos(
            placebo_test(
                data,
                [outcome],
                treated[0],
                group=group,
                neighbours=neighbours,
                cluster=cluster,
                unit=unit,
                controls=controls,
                weight=weight,
                smallest=smallest,
                level=level,
            )[outcome]
        )
    columns = [outcome, *controls, *([weight] if weight else [])]
    require_columns(data, [*columns, group, unit])
    require_level(level)
    require_named(data, [group], unit)
    require_single(data, unit)
    groups = data[group].astype(str)
    absent = [t for t in treated if not (groups == t).any()]
    if absent:
        raise TreatmentError(f"group {group!r}: no unit is in {absent[0]!r}, which is named as treated")
    others = sorted({n for t in treated for n in neighbours.get(t, ())} & set(groups) - set(treated))
    here = data[groups.isin([*treated, *others])]
    require_finite(here, columns, unit)
    if here[outcome].nunique() < 2:
        raise NoVariationError(f"outcome {outcome!r}: all {len(here)} units have the same value")
    if len(others) < 2 or len(treated) + len(others) < FEWEST:
        raise TooFewClustersError(
            f"{len(treated)} treated groups and {len(others)} neighbours: a wild cluster bootstrap needs {FEWEST} "
            f"groups, two of them untreated, since fewer give no p-value below {2.0 ** (2 - FEWEST):.3f}; "
            "take in more groups, or treat one group at a time and use placebo groups"
        )
    return _by_bootstrap(here, outcome, treated, others, group, controls, weight, unit, level, draws, seed)


def _by_placebos(test: PlaceboTest) -> Inference:
    count = len(test.placebos)
    return Inference(
        estimate=test.estimate,
        standard_error=test.treated.standard_error,
        p_value=test.p_value,
        interval=test.interval,
        level=test.level,
        units=test.treated.units,
        groups=count + 1,
        method="placebo groups",
        note=(
            f"One group is treated, so inference is by placebo groups: {count} others take its place, and no p-value "
            f"is below {test.smallest_p:.3f}. The clustered error leaves out shocks to whole groups."
        ),
        test=test,
    )


def _by_bootstrap(
    data: pd.DataFrame,
    outcome: str,
    treated: Sequence[str],
    others: Sequence[str],
    group: str,
    controls: Sequence[str],
    weight: str | None,
    unit: str,
    level: float,
    draws: int,
    seed: int,
) -> Inference:
    design = pd.DataFrame({"intercept": 1.0, "treated": data[group].astype(str).isin(treated).astype(float)})
    design = pd.concat([design, data[list(controls)].astype(float)], axis="columns")
    require_independent(design.to_numpy(dtype=float), list(design.columns))
    scale = np.ones(len(data))
    if weight:
        require_positive(data, weight, unit)
        scale = np.sqrt(data[weight].to_numpy(dtype=float))
    x = design.to_numpy() * scale[:, None]
    y = data[outcome].to_numpy(dtype=float) * scale
    estimate = float(np.linalg.lstsq(x, y, rcond=None)[0][1])
    groups = len(treated) + len(others)
    combinations = 2**groups
    listed = combinations <= draws and groups <= _LISTED
    result = wild_bootstrap_se(
        x,
        y,
        np.zeros(0),  # the function no longer uses residuals
        pd.factorize(data[group].astype(str))[0],
        1,
        n_bootstrap=draws,
        alpha=1 - level - (2 / combinations if listed else 0),  # the two draws that tie
        seed=seed,
        return_distribution=True,
    )
    # A perfect fit leaves rounding as its error.
    if result.bootstrap_distribution is None or not result.se > 1e-12 * data[outcome].std():
        raise VarianceError(
            f"outcome {outcome!r}: the bootstrap over {groups} groups has no error to divide by; "
            "the outcome is fitted without a rest, or the controls tell the groups apart"
        )
    sizes = np.abs(result.bootstrap_distribution)
    as_large = int((sizes >= abs(result.t_stat_original) * (1 - _SAME)).sum())
    p_value = as_large / len(sizes) if listed else (as_large + 1) / (len(sizes) + 1)
    ends = (float(result.ci_lower), float(result.ci_upper))
    return Inference(
        estimate=estimate,
        standard_error=float(result.se),
        p_value=p_value,
        interval=ends if np.isfinite(ends).all() else None,
        level=level,
        units=len(data),
        groups=groups,
        method="wild cluster bootstrap",
        note=(
            f"{len(treated)} of {groups} groups are treated, so inference is by a wild cluster "
            f"bootstrap over groups with the null imposed ({result.n_bootstrap:,} draws of signs)."
        ),
    )
