"""What intervals and tests do on data simulated with a study's own groups, clusters and sizes of shock."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from analysis.designs.checks import require_columns, require_named
from analysis.designs.errors import DrawsError, TooFewPlacebosError
from analysis.designs.placebo import DETECTABLE, Moments, eligible, estimate, leave_one_out, moments

Array = npt.NDArray[np.float64]

_BATCH = 500  # draws held at once
_SAME = 1e-9


@dataclass(frozen=True)
class Shocks:
    """Standard deviations of the shocks to groups, to clusters within them, and to units, in the outcome's unit."""

    group: float
    cluster: float
    unit: float


@dataclass(frozen=True)
class Rate:
    """A share of draws and its Monte Carlo standard error."""

    value: float
    draws: int

    @property
    def error(self) -> float:
        """The Monte Carlo standard error, that of a share."""
        return float(np.sqrt(self.value * (1 - self.value) / self.draws))


@dataclass(frozen=True)
class Coverage:
    """What inference does where there is no effect, and how often an effect is found.

    `crv1` and `crv3` are the shares of draws whose interval at 95% (t with G-1 degrees of freedom) holds nought;
    `size` is the share of draws in which the placebo test rejects, by level; `power` is the share in which it rejects
    at 5% when there is an effect, and `power_crv1` the share in which the CRV1 interval leaves out nought, by the
    size of the effect; `detectable` is the mean of the minimum detectable effects that the draws give.
    """

    draws: int
    crv1: Rate
    crv3: Rate
    size: dict[float, Rate]
    power: dict[float, Rate]
    power_crv1: dict[float, Rate]
    detectable: float
    placebos: int
    clusters: int


def _require_draws(shocks: Shocks, draws: int) -> None:
    sizes = (shocks.group, shocks.cluster, shocks.unit)
    if min(sizes) < 0 or shocks.unit == 0 or not np.isfinite(sizes).all() or draws < 1:
        raise DrawsError(
            f"{draws} draws with standard deviations {sizes} of groups, clusters and units: none may be below nought, "
            "that of units is above it, and there is one draw or more"
        )


def draw(groups: npt.NDArray[np.intp], clusters: npt.NDArray[np.intp], shocks: Shocks, draws: int, seed: int) -> Array:
    """Simulated outcomes without any effect, one column a draw: normal shocks to groups, clusters and units.

    `groups` and `clusters` number the group and cluster of each unit from nought; draws of one seed share their
    standard normal numbers whatever the sizes of the shocks.

    Raises:
        DrawsError: a standard deviation is below nought, or there is no shock to units, or there is no draw.
    """
    _require_draws(shocks, draws)
    random = np.random.default_rng(seed)
    of_groups = random.standard_normal((groups.max() + 1, draws))
    of_clusters = random.standard_normal((clusters.max() + 1, draws))
    of_units = random.standard_normal((len(groups), draws))
    drawn: Array = shocks.group * of_groups[groups] + shocks.cluster * of_clusters[clusters] + shocks.unit * of_units
    return drawn


@dataclass(frozen=True)
class _Batch:
    estimates: Array  # groups x draws, the treated group first
    shifts: Array  # groups
    crv1: Array  # draws
    crv3: Array
    clusters: int


def _judge(m: Moments, candidates: Mapping[str, Sequence[str]], treated: str) -> _Batch:
    names = [treated, *(g for g in candidates if g != treated)]
    found = [estimate(m, g, candidates[g], errors=g == treated) for g in names]
    own = found[0]
    if own.errors is None:
        raise TooFewPlacebosError(f"{treated}: fewer than two treated clusters; there is no clustered error to judge")
    without = leave_one_out(m, treated, candidates[treated]).to_numpy()
    count = len(without)
    return _Batch(
        estimates=np.array([f.values for f in found]),
        shifts=np.array([f.shift for f in found]),
        crv1=own.errors,
        crv3=np.sqrt((count - 1) / count * ((without - own.values) ** 2).sum(axis=0)),
        clusters=own.clusters,
    )


def _p_values(estimates: Array, shifts: Array, effect: float) -> Array:
    sizes = np.abs(estimates + shifts[:, None] * effect)
    shares: Array = (sizes >= sizes[0] * (1 - _SAME)).mean(axis=0)
    return shares


def coverage(
    data: pd.DataFrame,
    shocks: Shocks,
    treated: str,
    *,
    group: str,
    cluster: str,
    unit: str,
    neighbours: Mapping[str, Sequence[str]],
    controls: Sequence[str] = (),
    effects: Sequence[float] = (),
    levels: Sequence[float] = (0.05, 0.10),
    smallest: int = 20,
    draws: int = 2000,
    seed: int = 1,
) -> Coverage:
    """Simulate outcomes on the study's own units without an effect and see what its inference makes of them.

    Each draw is an outcome column of one regression, so thousands cost little more than one. An effect adds to the
    treated group's outcome, which moves each group's estimate by a known amount: the power curve needs no new draws.

    Args:
        data: one row a unit; its outcomes play no part.
        shocks: how large the shocks are.
        treated: the treated group.
        group: column of the groups.
        cluster: column of the clusters, which lie within groups.
        unit: column that names a unit in error messages.
        neighbours: the groups that each group touches.
        controls: columns of the control variables.
        effects: effects for the power curve, in the shocks' unit.
        levels: levels of the placebo test.
        smallest: units that a group needs to be a placebo.
        draws: number of draws.
        seed: of the random numbers.

    Raises:
        DrawsError: the draws cannot be made.
        TooFewPlacebosError: the treated group has one cluster, or there are fewer than two placebo groups.
        DesignError: the data cannot carry the design; `placebo.moments` and `placebo.estimate` list the causes.
    """
    _require_draws(shocks, draws)
    require_columns(data, [group, cluster, unit, *controls])
    require_named(data, [group, cluster], unit)
    candidates = eligible(data, treated, group=group, neighbours=neighbours, smallest=smallest)
    if len(candidates) < 3:
        raise TooFewPlacebosError(f"{treated}: {len(candidates) - 1} placebo group; two or more are needed")
    names = data[group].astype(str)
    groups = pd.factorize(names, sort=True)[0]
    clusters = pd.factorize(names + "|" + data[cluster].astype(str), sort=True)[0]
    batches = []
    for number, first in enumerate(range(0, draws, _BATCH)):
        count = min(_BATCH, draws - first)
        drawn = draw(groups, clusters, shocks, count, seed=seed + 1000 * number)
        columns = [f"draw {first + i}" for i in range(count)]
        frame = pd.concat(
            [
                data[list(dict.fromkeys([group, cluster, unit, *controls]))],
                pd.DataFrame(drawn, columns=columns, index=data.index),
            ],
            axis="columns",
        )
        m = moments(frame, columns, treated, group=group, cluster=cluster, unit=unit, controls=controls)
        batches.append(_judge(m, candidates, treated))
    estimates = np.concatenate([b.estimates for b in batches], axis=1)
    crv1, crv3 = (np.concatenate([getattr(b, kind) for b in batches]) for kind in ("crv1", "crv3"))
    shifts, own = batches[0].shifts, np.concatenate([b.estimates[0] for b in batches])
    reach = float(stats.t.ppf(0.975, batches[0].clusters - 1))

    def rate(hits: npt.NDArray[np.bool_]) -> Rate:
        return Rate(float(hits.mean()), draws)

    return Coverage(
        draws=draws,
        crv1=rate(np.abs(own) <= reach * crv1),
        crv3=rate(np.abs(own) <= reach * crv3),
        size={level: rate(_p_values(estimates, shifts, 0.0) <= level + _SAME) for level in levels},
        power={e: rate(_p_values(estimates, shifts, e) <= 0.05 + _SAME) for e in effects},
        power_crv1={e: rate(np.abs(own + e) > reach * crv1) for e in effects},
        detectable=DETECTABLE * float(estimates[1:].std(axis=0, ddof=1).mean()),
        placebos=len(candidates) - 1,
        clusters=batches[0].clusters,
    )
