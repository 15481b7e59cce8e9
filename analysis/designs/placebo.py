"""Placebo groups: every group in the treated one's place, by shared linear algebra.

One group (a province) is treated and groups differ by shocks of their own, so errors that count units or clusters
say too little of what chance does. Here each group takes the treated one's place against its own neighbours, and
the treated group's estimate is set against what groups without the treatment show.
Methods: Abadie, Diamond and Hainmueller (2010), "Synthetic Control Methods for Comparative Case Studies", Journal of
the American Statistical Association 105(490), for placebo groups; Conley and Taber (2011), "Inference with
'Difference in Differences' with a Small Number of Policy Changes", Review of Economics and Statistics 93(1), for
intervals that invert such a test; Bloom (1995), "Minimum Detectable Effects", Evaluation Review 19(5), for the 2.8.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.designs.checks import (
    STILL,
    require_columns,
    require_finite,
    require_level,
    require_named,
    require_positive,
    require_single,
)
from analysis.designs.errors import (
    CollinearityError,
    NonFiniteError,
    NoPlacementError,
    NoVariationError,
    TooFewPlacebosError,
    TooFewUnitsError,
    TreatmentError,
    UnknownColumnError,
)

Array = npt.NDArray[np.float64]

DETECTABLE = 2.8  # standard errors: found with probability 0.8 by a two-sided test at 5% (1.96 + 0.84)
_COLLINEAR = 1e-10  # share of a squared length outside the span of the others; columns are standardized before
_SAME = 1e-9  # estimates nearer than this share of the treated one are equal, whatever rounding says


@dataclass(frozen=True)
class Placement:
    """One group in the treated one's place, against its neighbours.

    `standard_error` is CRV1; it is None where fewer than two clusters are treated, or untreated. `shift` is how much
    the estimate moves when the outcome of the truly treated group rises by one: 1 for that group itself.
    """

    group: str
    estimate: float
    standard_error: float | None
    shift: float
    treated_units: int
    units: int
    treated_clusters: int
    clusters: int
    controls_used: tuple[str, ...]


@dataclass(frozen=True)
class PlaceboTest:
    """The treated group's estimate among the placebo groups'.

    `p_value` is the share of groups, the treated one included, whose estimate is at least as large in absolute value;
    `p_studentized` the same for the estimate over its CRV1 error, among the groups that have one. `detectable` is the
    minimum detectable effect. `interval` holds the effects that the placebo test does not reject, or is None where
    there are too few placebo groups to bound it at `level`.
    """

    treated: Placement
    placebos: tuple[Placement, ...]
    p_value: float
    p_studentized: float | None
    studentized_placebos: int
    smallest_p: float
    detectable: float
    interval: tuple[float, float] | None
    level: float

    @property
    def estimate(self) -> float:
        """The treated group's estimate."""
        return self.treated.estimate


@dataclass(frozen=True)
class Moments:
    """Cross products of a regression's columns, one set a cluster: all that estimates and errors need.

    With K controls (the intercept included) and M outcomes: `xx` is clusters x K x K, `xy` clusters x K x M,
    `count` the units of each cluster. Controls are standardized and outcomes centred, which changes no estimate of a
    group's difference and keeps the sums well scaled. The last column of `xy` is the treated group's indicator.
    """

    groups: npt.NDArray[np.str_]  # of each cluster
    clusters: tuple[str, ...]
    controls: tuple[str, ...]
    outcomes: tuple[str, ...]
    xx: Array
    xy: Array
    count: Array
    spread: Array  # of each outcome

    @cached_property
    def places(self) -> dict[str, npt.NDArray[np.intp]]:
        """Where the clusters of each group stand."""
        return {str(g): np.flatnonzero(self.groups == g) for g in np.unique(self.groups)}


def moments(
    data: pd.DataFrame,
    outcomes: Sequence[str],
    treated: str,
    *,
    group: str,
    cluster: str,
    unit: str,
    controls: Sequence[str] = (),
    weight: str | None = None,
) -> Moments:
    """The cross products of controls and outcomes by cluster.

    Clusters lie within groups: the same name in two groups means two clusters.

    Raises:
        UnknownColumnError: a column is not in the data.
        NonFiniteError: a needed value is missing or infinite, or a unit has no group or cluster.
        DuplicateUnitError: a unit stands in two rows.
        NoVariationError: an outcome is the same for all units.
        CollinearityError: a control is the same for all units.
        TreatmentError: no unit is in the treated group, or all are.
    """
    columns = [*outcomes, *controls, *([weight] if weight else [])]
    require_columns(data, [*columns, group, cluster, unit])
    require_named(data, [group, cluster], unit)
    require_single(data, unit)
    require_finite(data, columns, unit)
    here = data[group].astype(str) == treated
    if not here.any() or here.all():
        raise TreatmentError(
            f"group {group!r}: {here.sum()} of {len(data)} units are in {treated!r}; "
            "the design needs units in the treated group and in others"
        )
    y = data[list(outcomes)].to_numpy(dtype=float)
    still = [o for o, size in zip(outcomes, np.ptp(y, axis=0), strict=True) if size == 0]
    if still:
        raise NoVariationError(f"outcome {still[0]!r}: all {len(data)} units have the same value")
    keys = pd.MultiIndex.from_arrays([data[group].astype(str), data[cluster].astype(str)])
    codes, names = pd.factorize(keys, sort=True)
    x = data[list(controls)].to_numpy(dtype=float)
    deviation = x.std(axis=0)
    size = np.abs(x).max(axis=0, initial=0)
    flat = [c for c, d, s in zip(controls, deviation, size, strict=True) if d <= STILL * s]
    if flat:
        raise CollinearityError(f"control {flat[0]!r} is the same for all units; leave it out")
    x = np.column_stack([np.ones(len(data)), (x - x.mean(axis=0)) / deviation])
    spread = y.std(axis=0)
    y = np.column_stack([y - y.mean(axis=0), here.to_numpy(dtype=float)])
    if weight:
        require_positive(data, weight, unit)
    w = data[weight].to_numpy(dtype=float) if weight else np.ones(len(data))
    order = np.argsort(codes, kind="stable")
    starts = np.searchsorted(codes[order], np.arange(len(names)))
    x, y, w = x[order], y[order], w[order]
    xx = np.add.reduceat(np.einsum("i,ik,il->ikl", w, x, x), starts, axis=0)
    xy = np.add.reduceat(np.einsum("i,ik,im->ikm", w, x, y), starts, axis=0)
    return Moments(
        groups=np.array([str(g) for g, _ in names]),
        clusters=tuple(str(c) for _, c in names),
        controls=tuple(controls),
        outcomes=tuple(outcomes),
        xx=xx,
        xy=xy,
        count=np.bincount(codes).astype(float),
        spread=np.append(spread, 1.0),
    )


@dataclass(frozen=True)
class _Solved:
    estimates: Array  # outcomes
    coefficients: Array  # controls x outcomes
    gamma: Array  # controls: of the indicator on the controls
    own: Array  # the indicator's variation that the controls leave
    treated: npt.NDArray[np.bool_]  # of the clusters of the sample


def _scaled(xx: Array) -> Array:
    """Cross products of columns of length one; a column of noughts stays one."""
    length = np.sqrt(np.einsum("...kk->...k", xx))
    length = np.where(length > 0, length, 1.0)
    scaled: Array = xx / (length[..., :, None] * length[..., None, :])
    return scaled


def _solve(m: Moments, name: str, others: Sequence[str]) -> tuple[_Solved, npt.NDArray[np.intp]]:
    chosen = np.sort(np.concatenate([m.places[g] for g in {name, *others} if g in m.places]))
    treated = m.groups[chosen] == name
    if not treated.any() or treated.all():
        raise TooFewUnitsError(
            f"{name} against {', '.join(others) or 'nobody'}: {'all' if treated.any() else 'no'} units are in {name}; "
            "both it and its neighbours need some"
        )
    units = int(m.count[chosen].sum())
    if units <= m.xx.shape[1] + 1:
        raise TooFewUnitsError(
            f"{name} against {', '.join(others)}: {units} units for {m.xx.shape[1] + 1} coefficients; "
            "take fewer controls or more groups"
        )
    xx = m.xx[chosen].sum(axis=0)
    d = m.xx[chosen][treated].sum(axis=0)[0]
    values, vectors = np.linalg.eigh(_scaled(xx))
    if values[0] < _COLLINEAR:
        worst = m.controls[int(np.abs(vectors[1:, 0]).argmax())]
        raise CollinearityError(
            f"{name} against {', '.join(others)}: {worst!r} is the same for all units or a combination of the other "
            "controls; leave it out"
        )
    xy = m.xy[chosen].sum(axis=0)
    gamma = np.linalg.solve(xx, d)
    own = d[0] - d @ gamma
    if own < _COLLINEAR * d[0]:
        raise CollinearityError(f"{name} against {', '.join(others)}: the controls tell the groups apart entirely")
    estimates = (m.xy[chosen][treated].sum(axis=0)[0] - gamma @ xy) / own
    coefficients = np.linalg.solve(xx, xy - np.outer(d, estimates))
    # An outcome that the controls fit without a rest leaves rounding, which is no estimate to be ranked.
    estimates = np.where(np.abs(estimates) <= STILL * m.spread, 0.0, estimates)
    return _Solved(estimates, coefficients, gamma, own, treated), chosen


def _crv1(m: Moments, solved: _Solved, chosen: npt.NDArray[np.intp]) -> Array:
    xx, xy, d = m.xx[chosen], m.xy[chosen], solved.treated.astype(float)
    residual_moments = xy - xx @ solved.coefficients - (d[:, None] * xx[:, :, 0])[:, :, None] * solved.estimates
    scores = d[:, None] * residual_moments[:, 0, :] - np.einsum("k,gkm->gm", solved.gamma, residual_moments)
    clusters, units = len(chosen), m.count[chosen].sum()
    factor = clusters / (clusters - 1) * (units - 1) / (units - xx.shape[1] - 1)
    errors: Array = np.sqrt(factor * (scores**2).sum(axis=0)) / solved.own
    return errors


@dataclass(frozen=True)
class Estimates:
    """A group's estimates against others, one an outcome: what `place` gives, as arrays.

    `errors` are CRV1; None where fewer than two clusters are treated, or untreated, and NaN where the outcome is fitted
    without a rest. `shift` as in `Placement`.
    """

    values: Array
    errors: Array | None
    shift: float
    clusters: int


def estimate(m: Moments, name: str, others: Sequence[str], *, errors: bool = True) -> Estimates:
    """A group's estimates against other groups as arrays, for thousands of outcomes; `place` has the errors raised."""
    solved, chosen = _solve(m, name, others)
    enough = min(int(solved.treated.sum()), int((~solved.treated).sum())) > 1
    found = _crv1(m, solved, chosen)[:-1] if errors and enough else None
    return Estimates(
        values=solved.estimates[:-1],
        errors=None if found is None else np.where(found <= STILL * m.spread[:-1], np.nan, found),
        shift=float(solved.estimates[-1]),
        clusters=len(chosen),
    )


def select(m: Moments, outcomes: Sequence[str], controls: Sequence[str]) -> Moments:
    """The moments of some of the outcomes and controls, so that many regressions share one pass over the data.

    Raises:
        UnknownColumnError: the moments lack one of them.
    """
    unknown = [c for c in (*outcomes, *controls) if c not in (*m.outcomes, *m.controls)]
    if unknown:
        raise UnknownColumnError(f"no column {', '.join(map(repr, unknown))} in the moments")
    kept = [0, *(1 + m.controls.index(c) for c in controls)]
    shown = [*(m.outcomes.index(o) for o in outcomes), len(m.outcomes)]
    return replace(
        m,
        controls=tuple(controls),
        outcomes=tuple(outcomes),
        xx=m.xx[:, kept][:, :, kept],
        xy=m.xy[:, kept][:, :, shown],
        spread=m.spread[shown],
    )


def place(m: Moments, name: str, others: Sequence[str]) -> list[Placement]:
    """A group's estimates against other groups, one an outcome: the coefficient of the group's indicator.

    Errors are CRV1 with the factor G/(G-1) x (N-1)/(N-K), as in `regression.fit_ols`.

    Raises:
        TooFewUnitsError: there are no more units than coefficients.
        CollinearityError: the controls are combinations of one another, or of the indicator.
    """
    solved, chosen = _solve(m, name, others)
    inside, outside = int(solved.treated.sum()), int((~solved.treated).sum())
    errors = _crv1(m, solved, chosen) if min(inside, outside) > 1 else None
    placements = []
    for i in range(len(m.outcomes)):
        error = None if errors is None or errors[i] <= STILL * m.spread[i] else float(errors[i])
        placements.append(
            Placement(
                group=name,
                estimate=float(solved.estimates[i]),
                standard_error=error,
                shift=float(solved.estimates[-1]),
                treated_units=int(m.count[chosen][solved.treated].sum()),
                units=int(m.count[chosen].sum()),
                treated_clusters=inside,
                clusters=inside + outside,
                controls_used=tuple(sorted(set(m.groups[chosen]) - {name})),
            )
        )
    return placements


def leave_one_out(m: Moments, name: str, others: Sequence[str]) -> pd.DataFrame:
    """The group's estimates without one cluster at a time: one row a cluster left out, one column an outcome.

    The index says which cluster. The spread of these estimates is the cluster jackknife (`jackknife_errors`).

    Raises:
        TooFewUnitsError: a cluster holds all treated, or all untreated, units.
        CollinearityError: without a cluster the controls are combinations of one another, or of the indicator.
    """
    _, chosen = _solve(m, name, others)
    treated = m.groups[chosen] == name
    xx = m.xx[chosen].sum(axis=0) - m.xx[chosen]
    xy = m.xy[chosen].sum(axis=0) - m.xy[chosen]
    own_x = m.xx[chosen][:, 0, :] * treated[:, None]
    own_y = m.xy[chosen][:, 0, :] * treated[:, None]
    d, dy = own_x.sum(axis=0) - own_x, own_y.sum(axis=0) - own_y
    for side, count in (("treated", treated.sum()), ("untreated", (~treated).sum())):
        if count < 2:
            lone = m.clusters[chosen[int((treated == (side == "treated")).argmax())]]
            raise TooFewUnitsError(f"{name}: cluster {lone} holds all {side} units; it cannot be left out")
    singular = np.linalg.eigvalsh(_scaled(xx))[:, 0] < _COLLINEAR
    if not singular.any():
        gamma = np.linalg.solve(xx, d[:, :, None])[:, :, 0]
        own = d[:, 0] - (d * gamma).sum(axis=1)
        singular = own < _COLLINEAR * d[:, 0]
    if singular.any():
        lone = m.clusters[chosen[int(singular.argmax())]]
        raise CollinearityError(
            f"{name}: without cluster {lone} the controls are combinations of one another or tell the groups apart; "
            "take fewer controls"
        )
    estimates = (dy - np.einsum("gk,gkm->gm", gamma, xy)) / own[:, None]
    index = pd.Index([m.clusters[i] for i in chosen], name="left_out")
    return pd.DataFrame(estimates[:, :-1], index=index, columns=list(m.outcomes))


def jackknife_errors(m: Moments, name: str, others: Sequence[str]) -> Array:
    """CRV3 errors, one an outcome: the cluster jackknife around the full estimate, times (G-1)/G.

    Method: MacKinnon, Nielsen and Webb (2023), "Fast and reliable jackknife and bootstrap methods for cluster-robust
    inference", Journal of Applied Econometrics 38(5). pyfixest's "CRV3" has by default the factor of CRV1,
    G/(G-1) x (N-1)/(N-K), in the place of (G-1)/G.
    """
    without = leave_one_out(m, name, others).to_numpy()
    full = np.array([p.estimate for p in place(m, name, others)])
    clusters = len(without)
    errors: Array = np.sqrt((clusters - 1) / clusters * ((without - full) ** 2).sum(axis=0))
    return errors


def _share_as_large(values: Array, own: float) -> float:
    return float((np.append(np.abs(values), abs(own)) >= abs(own) * (1 - _SAME)).mean())


def invert(treated: float, estimates: Array, shifts: Array, level: float) -> tuple[float, float] | None:
    """The smallest interval that holds all effects which the placebo test does not reject at 1 - `level`.

    If the effect is t, the treated group's outcome without treatment lies t lower; its own estimate is then
    `treated` - t, and a placebo group with the treated one among its controls has `estimates` - `shifts` x t. The
    test rejects t when the share of groups at least as large in absolute value as the treated one, which counts
    itself, is at most 1 - `level`. The share changes only where a placebo group's size equals the treated one's,
    so that these points, and one between each two, tell all. None where the effects not rejected have no bound.
    """
    roots = []
    for a, w in zip(estimates, shifts, strict=True):
        for sign in (1.0, -1.0):  # a - w t = +-(h - t)
            if abs(sign - w) > _SAME:  # else the two sizes move in step and never cross
                roots.append((sign * treated - a) / (sign - w))
    if not roots:
        return None
    points = np.unique(roots)
    reach = 1 + np.ptp(points)
    between = (points[1:] + points[:-1]) / 2
    tried = np.sort(np.concatenate([[points[0] - reach], points, between, [points[-1] + reach]]))
    own = np.abs(treated - tried)
    sizes = np.abs(estimates[:, None] - shifts[:, None] * tried)
    scale = _SAME * (np.abs(treated) + np.abs(tried) + 1e-300)
    p = ((sizes >= own - scale).sum(axis=0) + 1) / (len(estimates) + 1)
    kept = tried[p > 1 - level + _SAME]
    if len(kept) == 0 or kept[0] == tried[0] or kept[-1] == tried[-1]:
        return None
    return float(kept[0]), float(kept[-1])


def judge(placements: Sequence[Placement], treated: str, level: float = 0.95) -> PlaceboTest:
    """The test for one outcome: the treated group's placement among the others'.

    Raises:
        LevelError: `level` is no share.
        NoPlacementError: the treated group has no placement.
        TooFewPlacebosError: fewer than two other groups.
        NoVariationError: the placebo groups' estimates are all the same.
        NonFiniteError: an estimate, error or shift is missing or infinite.
    """
    require_level(level)
    for p in placements:
        if not np.isfinite([p.estimate, p.shift, p.standard_error or 0.0]).all():
            raise NonFiniteError(f"group {p.group!r}: its estimate, error or shift is not finite; leave the group out")
    own = next((p for p in placements if p.group == treated), None)
    if own is None:
        raise NoPlacementError(
            f"group {treated!r} is not among the {len(placements)} placements; estimate it before it is judged"
        )
    rest = tuple(p for p in placements if p.group != treated)
    if len(rest) < 2:
        raise TooFewPlacebosError(
            f"{treated}: {len(rest)} placebo group; a placebo distribution needs two or more. "
            "Lower the smallest number of units, or take in more groups."
        )
    estimates = np.array([p.estimate for p in rest])
    if np.ptp(estimates) <= STILL * np.abs(estimates).max():
        raise NoVariationError(f"the estimates of all {len(rest)} placebo groups are {estimates[0]:g}")
    ratios = np.array([p.estimate / p.standard_error for p in rest if p.standard_error])
    studentized = None
    if own.standard_error and len(ratios):
        studentized = _share_as_large(ratios, own.estimate / own.standard_error)
    return PlaceboTest(
        treated=own,
        placebos=rest,
        p_value=_share_as_large(estimates, own.estimate),
        p_studentized=studentized,
        studentized_placebos=len(ratios),
        smallest_p=1 / (len(rest) + 1),
        detectable=DETECTABLE * float(estimates.std(ddof=1)),
        interval=invert(own.estimate, estimates, np.array([p.shift for p in rest]), level),
        level=level,
    )


def eligible(
    data: pd.DataFrame, treated: str, *, group: str, neighbours: Mapping[str, Sequence[str]], smallest: int
) -> dict[str, tuple[str, ...]]:
    """The groups with at least `smallest` units that touch a group with units, and which groups those are.

    Raises:
        UnknownColumnError: there is no column of groups.
        NonFiniteError: a row has no group.
        TreatmentError: the treated group is not among them.
    """
    require_columns(data, [group])
    nameless = data[group].isna()
    if nameless.any():
        raise NonFiniteError(f"column {group!r}: row {data.index[nameless][0]} has no group; give it one, or drop it")
    sizes = data[group].astype(str).value_counts()
    found = {
        str(g): tuple(sorted(n for n in neighbours.get(str(g), ()) if sizes.get(n, 0) > 0))
        for g in sorted(sizes.index)
        if sizes[g] >= smallest
    }
    found = {g: n for g, n in found.items() if n}
    if treated not in found:
        raise TreatmentError(
            f"group {treated!r} has {sizes.get(treated, 0)} units and "
            f"{len([n for n in neighbours.get(treated, ()) if sizes.get(n, 0)])} neighbours with units; "
            f"it needs {smallest} units and one neighbour"
        )
    return found


def all_placements(
    m: Moments, candidates: Mapping[str, Sequence[str]], treated: str, *, keep_treated: bool = True
) -> dict[str, list[Placement]]:
    """Every candidate group in the treated one's place; a list of placements an outcome.

    Without `keep_treated` the treated group is taken from the controls of the others; a group that then has no
    control is left out.
    """
    by_outcome: dict[str, list[Placement]] = {o: [] for o in m.outcomes}
    for name, neighbours in candidates.items():
        others = [n for n in neighbours if keep_treated or n != treated]
        if not others:
            continue
        for outcome, placement in zip(m.outcomes, place(m, name, others), strict=True):
            by_outcome[outcome].append(placement)
    return by_outcome


def placebo_test(
    data: pd.DataFrame,
    outcomes: Sequence[str],
    treated: str,
    *,
    group: str,
    neighbours: Mapping[str, Sequence[str]],
    cluster: str,
    unit: str,
    controls: Sequence[str] = (),
    weight: str | None = None,
    smallest: int = 20,
    keep_treated: bool = True,
    level: float = 0.95,
) -> dict[str, PlaceboTest]:
    """Put each group in the treated one's place and set the treated group's estimate among theirs.

    The estimate is the coefficient of a group's indicator in a least-squares regression of the outcome on it, an
    intercept and the controls, over the group and its neighbours. With the change of an outcome between two years as
    outcome this is the long difference; with the differences to a base year, an event study.

    Args:
        data: one row a unit.
        outcomes: columns of the outcomes; estimates have their units.
        treated: the treated group.
        group: column of the groups.
        neighbours: the groups that each group touches.
        cluster: column of the clusters, which lie within groups.
        unit: column that names a unit in error messages.
        controls: columns of the control variables.
        weight: column of weights above nought.
        smallest: units that a group needs to be a placebo.
        keep_treated: whether the treated group stays among its neighbours' controls.
        level: coverage of the interval.

    Returns:
        A test for each outcome.

    Raises:
        DesignError: the data cannot carry the design; the subclasses name the causes.
    """
    candidates = eligible(data, treated, group=group, neighbours=neighbours, smallest=smallest)
    m = moments(data, outcomes, treated, group=group, cluster=cluster, unit=unit, controls=controls, weight=weight)
    placements = all_placements(m, candidates, treated, keep_treated=keep_treated)
    return {o: judge(p, treated, level) for o, p in placements.items()}
