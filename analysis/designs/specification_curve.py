"""A specification curve: one question, every sensible way to ask it, with inference on all the answers together.

Method: Simonsohn, Simmons and Nelson (2020), "Specification curve analysis", Nature Human Behaviour 4. They shuffle the
treatment at random; here one group is treated, so each group takes its place in turn, with all specifications.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from analysis.designs.checks import require_columns, require_named
from analysis.designs.errors import DesignError, NoVariationError, TooFewPlacebosError, UnknownColumnError
from analysis.designs.placebo import eligible, estimate, moments, select

Array = npt.NDArray[np.float64]
Boolean = npt.NDArray[np.bool_]
_K = TypeVar("_K", bound=Hashable)

_SAME = 1e-9  # sizes nearer than this share are equal, whatever rounding says


@dataclass(frozen=True)
class Specification:
    """One way to ask: an outcome, which units, against which groups, controls, and the column of weights if any."""

    outcome: str
    sample: str
    comparison: str
    controls: tuple[str, ...]
    weight: str | None = None


@dataclass(frozen=True)
class Curve:
    """Estimates of all specifications (rows) with each group (columns) in the treated one's place.

    `estimates` and `errors` (CRV1) are NaN where a group is no candidate in that specification's sample, and `errors`
    also where a group has no two clusters or its outcome is fitted without a rest. `clusters` is the number of
    clusters, for the degrees of freedom.
    `units` is the number of units that the treated group's own estimate is of.
    """

    specifications: tuple[Specification, ...]
    groups: tuple[str, ...]
    treated: str
    estimates: Array
    errors: Array
    clusters: Array
    units: npt.NDArray[np.intp]

    @property
    def own(self) -> Array:
        """The treated group's estimates."""
        column: Array = self.estimates[:, self.groups.index(self.treated)]
        return column

    @property
    def shared(self) -> tuple[str, ...]:
        """The groups that are candidates in all specifications."""
        missing = np.isnan(self.estimates).sum(axis=0)
        return tuple(g for g, m in zip(self.groups, missing, strict=True) if not m)

    def p_values(self) -> Array:
        """Each group's placebo p-value in each specification: the share of groups at least as large as it."""
        sizes = np.abs(self.estimates)
        there = ~np.isnan(sizes)
        larger = (sizes[:, None, :] >= sizes[:, :, None] * (1 - _SAME)).sum(axis=2)
        return np.where(there, larger / there.sum(axis=1, keepdims=True), np.nan)

    def clustered_p_values(self) -> Array:
        """Each group's p-value by its CRV1 error and t with G-1 degrees of freedom."""
        p: Array = 2 * stats.t.sf(np.abs(self.estimates / self.errors), self.clusters - 1)
        return p

    def subset(self, keep: Boolean) -> "Curve":
        """The curve of some of the specifications."""
        return Curve(
            tuple(s for s, k in zip(self.specifications, keep, strict=True) if k),
            self.groups,
            self.treated,
            self.estimates[keep],
            self.errors[keep],
            self.clusters[keep],
            self.units[keep],
        )


def everyone(groups: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Each group against all the others, in the form of neighbours."""
    return {g: tuple(o for o in groups if o != g) for g in groups}


def specification_curve(
    data: pd.DataFrame,
    specifications: Sequence[Specification],
    treated: str,
    *,
    group: str,
    cluster: str,
    unit: str,
    samples: Mapping[str, Boolean],
    comparisons: Mapping[str, Mapping[str, Sequence[str]]],
    smallest: int = 20,
) -> Curve:
    """Estimate all specifications with each group in the treated one's place.

    Specifications with the same sample and weights share one pass over the data: the cross products of all their
    outcomes and controls by cluster; each regression is then a small system of equations. Those that differ in the
    outcome only are solved at once.

    Args:
        data: one row a unit, complete in all outcomes, controls and weights.
        specifications: what to estimate.
        treated: the treated group.
        group: column of the groups.
        cluster: column of the clusters, which lie within groups.
        unit: column that names a unit in error messages.
        samples: by name, which rows of the data belong to it.
        comparisons: by name, the groups that each group is set against.
        smallest: units that a group needs to take the treated one's place.

    Raises:
        UnknownColumnError: a specification names a sample or comparison that is not given.
        DesignError: there is no specification, or one stands twice, or the data cannot carry one.
    """
    if not specifications:
        raise DesignError("no specification is given; a curve needs one or more")
    if len(set(specifications)) < len(specifications):
        twice = next(s for s in specifications if list(specifications).count(s) > 1)
        raise DesignError(f"a specification stands twice: {twice}; leave one out, or the curve counts it double")
    unknown = [s.sample for s in specifications if s.sample not in samples]
    unknown += [s.comparison for s in specifications if s.comparison not in comparisons]
    if unknown:
        raise UnknownColumnError(f"no sample or comparison {unknown[0]!r}; give it with the others")
    require_columns(data, [group, cluster, unit])
    require_named(data, [group, cluster], unit)
    short = [name for name, keep in samples.items() if np.shape(keep) != (len(data),)]
    if short:
        raise DesignError(
            f"sample {short[0]!r}: {np.size(samples[short[0]])} marks for {len(data)} rows; give one a row"
        )
    names = tuple(sorted(data[group].astype(str).unique()))
    column = {g: i for i, g in enumerate(names)}
    shape = (len(specifications), len(names))
    estimates, errors, clusters = (np.full(shape, np.nan) for _ in range(3))
    units = np.zeros(len(specifications), dtype=np.intp)
    for (sample, weight), numbers in _grouped(specifications, lambda s: (s.sample, s.weight)).items():
        part = data[np.asarray(samples[sample])]
        sizes = part[group].astype(str).value_counts()
        wanted = [specifications[i] for i in numbers]
        outcomes = list(dict.fromkeys(s.outcome for s in wanted))
        controls = list(dict.fromkeys(c for s in wanted for c in s.controls))
        whole = moments(
            part, outcomes, treated, group=group, cluster=cluster, unit=unit, controls=controls, weight=weight
        )
        places = {
            c: eligible(part, treated, group=group, neighbours=comparisons[c], smallest=smallest)
            for c in {s.comparison for s in wanted}
        }
        for (chosen, comparison), members in _grouped(wanted, lambda s: (s.controls, s.comparison)).items():
            rows = [numbers[i] for i in members]
            m = select(whole, [wanted[i].outcome for i in members], chosen)
            for name, others in places[comparison].items():
                found = estimate(m, name, others)
                estimates[rows, column[name]] = found.values
                clusters[rows, column[name]] = found.clusters
                if found.errors is not None:
                    errors[rows, column[name]] = found.errors
            units[rows] = sizes[[treated, *places[comparison][treated]]].sum()
    candidates: Boolean = ~np.isnan(estimates).all(axis=0)
    return Curve(
        tuple(specifications),
        tuple(g for g, c in zip(names, candidates, strict=True) if c),
        treated,
        estimates[:, candidates],
        errors[:, candidates],
        clusters[:, candidates],
        units,
    )


def _grouped(specifications: Sequence[Specification], key: Callable[[Specification], _K]) -> dict[_K, list[int]]:
    found: dict[_K, list[int]] = {}
    for i, s in enumerate(specifications):
        found.setdefault(key(s), []).append(i)
    return found


@dataclass(frozen=True)
class Joint:
    """Inference on a whole curve: statistics of the treated group's curve among those of the other groups.

    `median` is the median estimate in standard deviations of the outcome. `share_placebo` and `share_clustered` are
    the shares of specifications with p at most 0.05, by placebo groups and by CRV1. Each p is the share of groups, the
    treated one included, whose statistic is at least as large (in absolute value, for the median). `others_*` are the
    medians of the other groups' statistics.
    """

    specifications: int
    groups: int
    median: float
    median_p: float
    low: float
    high: float
    positive: float
    share_placebo: float
    share_placebo_p: float
    share_clustered: float
    share_clustered_p: float
    others_median_size: float
    others_share_clustered: float


def infer(curve: Curve, scales: Array, *, alpha: float = 0.05) -> Joint:
    """Set the treated group's curve among the curves of all groups that are candidates in every specification.

    Args:
        curve: the estimates.
        scales: what each specification's estimates are divided by, such as the standard deviation of its outcome; below
            nought where a fall of the outcome is what is asked about.
        alpha: below or at which a specification counts as significant.

    Raises:
        TooFewPlacebosError: fewer than three groups are candidates in every specification, or the treated one is not.
        NoVariationError: a scale is nought, missing or infinite.
    """
    if len(scales) != len(curve.specifications) or not np.isfinite(scales).all() or (scales == 0).any():
        raise NoVariationError(
            f"{len(scales)} scales for {len(curve.specifications)} specifications; give each a finite one that is not "
            "nought"
        )
    shared = curve.shared
    if len(shared) < 3 or curve.treated not in shared:
        raise TooFewPlacebosError(
            f"{len(shared)} groups are candidates in all {len(curve.specifications)} specifications; three or more are "
            "needed, and the treated one among them. Lower the smallest number of units, or drop the smallest sample."
        )
    chosen = [curve.groups.index(g) for g in shared]
    own = shared.index(curve.treated)
    scaled = curve.estimates[:, chosen] / scales[:, None]
    placebo = curve.p_values()[:, chosen] <= alpha + _SAME
    clustered = np.nan_to_num(curve.clustered_p_values()[:, chosen], nan=1.0) <= alpha
    medians = np.median(scaled, axis=0)
    by_placebo, by_cluster = placebo.mean(axis=0), clustered.mean(axis=0)

    def p(statistic: Array) -> float:
        return float((statistic >= statistic[own] - _SAME * abs(statistic[own])).mean())

    rest = np.arange(len(shared)) != own
    return Joint(
        specifications=len(curve.specifications),
        groups=len(shared),
        median=float(medians[own]),
        median_p=p(np.abs(medians)),
        low=float(scaled[:, own].min()),
        high=float(scaled[:, own].max()),
        positive=float((scaled[:, own] > 0).mean()),
        share_placebo=float(by_placebo[own]),
        share_placebo_p=p(by_placebo),
        share_clustered=float(by_cluster[own]),
        share_clustered_p=p(by_cluster),
        others_median_size=float(np.median(np.abs(medians[rest]))),
        others_share_clustered=float(np.median(by_cluster[rest])),
    )
