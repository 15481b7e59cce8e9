"""Synthetic difference-in-differences of a group's units against donors, judged by placebo groups.

Donor units and years before are weighted so that the donors' weighted path runs beside the treated units' mean.
Method: Arkhangelsky, Athey, Hirshberg, Imbens and Wager (2021), "Synthetic Difference-in-Differences", American
Economic Review 111(12), by diff-diff, whose weights and penalties are those of the authors' own package.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from diff_diff import SyntheticDiD

from analysis.designs.checks import require_finite
from analysis.designs.errors import (
    DuplicateUnitError,
    NoDonorsError,
    NonFiniteError,
    NoVariationError,
    PanelError,
    TreatmentError,
)
from analysis.designs.placebo import PlaceboTest, Placement, judge

FEWEST_DONORS = 2


@dataclass(frozen=True)
class SyntheticDid:
    """A synthetic difference-in-differences, in the outcome's unit.

    `unit_weights` of donors and `time_weights` of years before sum to one; donors of no weight are left out.
    `misfit` is the root mean square of what the weighted donors miss of the treated path before, its mean taken off.
    """

    estimate: float
    unit_weights: dict[str, float]
    time_weights: dict[int, float]
    misfit: float
    treated_units: int
    donors: int


def synthetic_did(
    wide: pd.DataFrame, treated: Sequence[str], donors: Sequence[str], *, before: Sequence[int], after: Sequence[int]
) -> SyntheticDid:
    """The treated units' mean against weighted donors.

    Args:
        wide: a balanced panel, one row a unit (its index) and one column a year.
        treated: units of the treated group.
        donors: units to weight.
        before: years before treatment, two or more; years in neither list are left aside.
        after: years after.

    Raises:
        PanelError: the panel lacks a year, or the years before are not all earlier than those after.
        TreatmentError: no treated unit, a unit that the panel lacks, or one on both sides.
        DuplicateUnitError: a unit stands in two rows, or is named twice.
        NoDonorsError: fewer than two donors.
        NonFiniteError: a value is missing or infinite.
        NoVariationError: the donors have one and the same value in all years before.
    """
    years = [*before, *after]
    lacking = [y for y in years if y not in wide.columns]
    if lacking or len(before) < 2 or not after or max(before) >= min(after):
        raise PanelError(
            f"before {list(before)}, after {list(after)}: "
            + (f"the panel has no year {lacking[0]}" if lacking else "give two or more years before, all earlier")
        )
    _require_single(wide)
    both = set(treated) & set(donors)
    unknown = [u for u in (*treated, *donors) if u not in wide.index]
    if not treated or both or unknown:
        found = "no treated unit" if not treated else f"unit {(sorted(both) or unknown)[0]}"
        raise TreatmentError(f"{found}: name treated units and donors of the panel, each on one side")
    if len(set(treated)) < len(treated) or len(set(donors)) < len(donors):
        raise DuplicateUnitError("a unit is named twice among the treated units or the donors; name each once")
    if len(donors) < FEWEST_DONORS:
        raise NoDonorsError(f"{len(donors)} donor for {len(treated)} treated units; weights need two or more")
    chosen = wide.loc[[*treated, *donors], years]
    for y in years:
        require_finite(chosen.assign(unit=chosen.index), [y], "unit")  # type: ignore[list-item]
    if np.ptp(chosen.loc[list(donors), list(before)].to_numpy(dtype=float)) == 0:
        raise NoVariationError("all donors have one and the same value in all years before; weights cannot be found")
    long = chosen.rename_axis(index="unit").reset_index().melt("unit", var_name="year", value_name="outcome")
    long["treated"] = long["unit"].isin(list(treated)).astype(int)
    with warnings.catch_warnings():
        # The jackknife is the cheapest of its errors, and none of them is used: placebo groups judge the estimate.
        warnings.filterwarnings("ignore", message="Jackknife|Some jackknife")
        # One draw: the fits of donors in the treated units' place, which rank the misfit, are not used.
        fit = SyntheticDiD(variance_method="jackknife", n_bootstrap=1).fit(
            long, outcome="outcome", treatment="treated", unit="unit", time="year", post_periods=list(after)
        )
    if fit.pre_treatment_fit is None or not np.isfinite([fit.att, fit.pre_treatment_fit]).all():
        raise NonFiniteError(
            f"{len(treated)} treated units, {len(donors)} donors: the estimate is {fit.att} and its fit before "
            f"{fit.pre_treatment_fit}; take more years before or other donors"
        )
    return SyntheticDid(
        estimate=float(fit.att),
        unit_weights={str(u): float(w) for u, w in fit.unit_weights.items() if w > 0},
        time_weights={int(y): float(w) for y, w in fit.time_weights.items()},
        misfit=float(fit.pre_treatment_fit),
        treated_units=len(treated),
        donors=len(donors),
    )


def _require_single(wide: pd.DataFrame) -> None:
    twice = wide.index[wide.index.duplicated()]
    if len(twice):
        raise DuplicateUnitError(f"unit {twice[0]} stands in {(wide.index == twice[0]).sum()} rows; keep one")


def synthetic_placebos(
    wide: pd.DataFrame,
    groups: "pd.Series[str]",
    treated: str,
    *,
    before: Sequence[int],
    after: Sequence[int],
    smallest: int,
    level: float = 0.95,
) -> tuple[PlaceboTest, dict[str, SyntheticDid]]:
    """Each group in the treated one's place, with the units of all other groups as donors.

    The treated group's own units are donors to no other, so that an effect on them does not reach the placebos. Groups
    of `smallest` units or more take part. No clustered error belongs to these estimates, so that there is no
    studentized p-value.

    Args:
        wide: a balanced panel, one row a unit (its index) and one column a year.
        groups: each unit's group, by the same index.
        treated: the treated group.
        before: years before treatment.
        after: years after.
        smallest: units that a group needs to take part.
        level: coverage of the interval.

    Returns:
        The test, and each group's fit.

    Raises:
        TreatmentError: the treated group is too small, or a unit has no group.
        DuplicateUnitError: a unit stands in two rows, or has two groups.
        DesignError: as `synthetic_did` and `placebo.judge`.
    """
    _require_single(wide)
    twice = groups.index[groups.index.duplicated()]
    if len(twice):
        raise DuplicateUnitError(f"unit {twice[0]} is given a group twice; give it one")
    own = groups.reindex(wide.index)
    if own.isna().any():
        raise TreatmentError(f"unit {own.index[own.isna()][0]} has no group; give each unit of the panel one")
    own = own.astype(str)
    sizes = own.value_counts()
    if sizes.get(treated, 0) < smallest:
        raise TreatmentError(f"group {treated!r} has {sizes.get(treated, 0)} units; it needs {smallest}")
    fits, placements = {}, []
    for name in sorted(str(g) for g in sizes.index[sizes >= smallest]):
        inside = [str(u) for u in own.index[own == name]]
        donors = [str(u) for u in own.index[(own != name) & (own != treated)]]
        fits[name] = fit = synthetic_did(wide, inside, donors, before=before, after=after)
        placements.append(
            Placement(
                group=name,
                estimate=fit.estimate,
                standard_error=None,
                shift=float(name == treated),
                treated_units=len(inside),
                units=len(inside) + len(donors),
                treated_clusters=1,
                clusters=int(own[(own == name) | (own != treated)].nunique()),
                controls_used=tuple(sorted({str(g) for g in own.loc[donors]})),
            )
        )
    return judge(placements, treated, level), fits
