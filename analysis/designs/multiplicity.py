"""One p-value for each of several outcomes, corrected for there being several."""

from collections.abc import Mapping

import numpy as np

from analysis.designs.errors import NoVariationError, TooFewPlacebosError
from analysis.designs.placebo import Array, PlaceboTest


def stepped(own: Array, draws: Array) -> Array:
    """Step-down max-T p-values of statistics, in their order, from draws of all of them (draws x statistics).

    All are sizes, nought or more. The largest statistic is held against the largest of each draw, the next against the
    largest of those that are left; no p-value is below that of a larger statistic. The data count as one draw.
    """
    order = np.argsort(-own, kind="stable")
    adjusted = np.empty(len(own))
    floor = 0.0
    for i, j in enumerate(order):
        largest = draws[:, order[i:]].max(axis=1)
        floor = max(floor, float(((largest >= own[j] * (1 - 1e-9)).sum() + 1) / (len(draws) + 1)))
        adjusted[j] = floor
    return adjusted


def step_down(tests: Mapping[str, PlaceboTest]) -> dict[str, float]:
    """Step-down max-T p-values over the placebo groups that all outcomes share.

    Each outcome's estimates are divided by the standard deviation of its placebo estimates, so that outcomes in
    different units compare. A group enters with all its outcomes, which keeps how they move together.
    Method: Westfall and Young (1993), "Resampling-Based Multiple Testing", algorithm 2.8; Romano and Wolf (2005),
    "Stepwise Multiple Testing as Formalized Data Snooping", Econometrica 73(4), the same for resamples.

    Raises:
        TooFewPlacebosError: fewer than two placebo groups are shared by all outcomes.
        NoVariationError: the shared placebo groups have the same estimate of an outcome.
    """
    names = list(tests)
    groups = [{p.group for p in tests[n].placebos} for n in names]
    shared = sorted(set.intersection(*groups)) if groups else []
    if len(shared) < 2:
        raise TooFewPlacebosError(
            f"{len(shared)} placebo groups are shared by all {len(names)} outcomes; two or more are needed"
        )
    own = np.empty(len(names))
    placebos = np.empty((len(shared), len(names)))
    for j, name in enumerate(names):
        by_group = {p.group: p.estimate for p in tests[name].placebos}
        column = np.array([by_group[g] for g in shared])
        scale = column.std(ddof=1)
        if scale <= 1e-12 * np.abs(column).max():
            raise NoVariationError(f"{name}: all {len(shared)} shared placebo groups have the estimate {column[0]:g}")
        own[j], placebos[:, j] = abs(tests[name].estimate) / scale, np.abs(column) / scale
    return dict(zip(names, stepped(own, placebos).tolist(), strict=True))
