"""Spillover rings: did untreated units near the treated group change otherwise than those farther away?

A check of the assumption that a unit's outcome does not hang on another's treatment. Units of the groups that touch
the treated one are sorted into rings by their distance to it, and each ring is compared with the units beyond the
last, within the same group: what happened to a whole group drops out. Units near a border are poorer or emptier than
others with or without a programme beyond it, so each group is put in the treated one's place.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry
from statsmodels.regression.linear_model import OLS

from analysis.designs.checks import require_columns, require_finite, require_named, require_single
from analysis.designs.errors import (
    BadBoundsError,
    CollinearityError,
    DuplicateUnitError,
    NonFiniteError,
    NoVariationError,
    TooFewUnitsError,
    TreatmentError,
)
from analysis.designs.placebo import PlaceboTest, Placement, eligible, judge, moments, place
from analysis.designs.weights import EARTH_KM

Array = npt.NDArray[np.float64]

_HERE = "treated group"
_STILL = 1e-9  # an error below this share of the outcome's spread is rounding


@dataclass(frozen=True)
class Ring:
    """Distances from `above` up to and with `upto`, in kilometres."""

    above: float
    upto: float

    @property
    def name(self) -> str:
        """Such as 0_50, for keys."""
        return f"{self.above:g}_{self.upto:g}"


def rings_of(bounds: Sequence[float]) -> tuple[Ring, ...]:
    """The rings between nought and rising bounds.

    Raises:
        BadBoundsError: there are none, or they do not rise from above nought.
    """
    edges = [0.0, *map(float, bounds)]
    if len(edges) < 2 or any(not b > a for a, b in pairwise(edges)) or not np.isfinite(edges).all():
        raise BadBoundsError(f"bounds {list(bounds)}: give kilometres above nought that rise, such as 50, 100")
    return tuple(Ring(a, b) for a, b in pairwise(edges))


def kilometres_to(data: pd.DataFrame, shape: BaseGeometry, *, unit: str, latitude: str, longitude: str) -> Array:
    """Kilometres from each unit's point to the nearest point of a shape; nought inside a polygon.

    Around each point the map is flattened with east–west distances shrunk by the cosine of its latitude, which is
    within one percent of the great circle up to some 200 km.

    Raises:
        UnknownColumnError: a column is not in the data.
        NonFiniteError: a unit has no position.
    """
    require_columns(data, [latitude, longitude, unit])
    require_finite(data, [latitude, longitude], unit)
    degree = EARTH_KM * np.pi / 180
    found = np.empty(len(data))
    points = data[[longitude, latitude]].to_numpy(dtype=float)
    for i, point in enumerate(points):
        scale = degree * np.array([np.cos(np.radians(point[1])), 1.0])
        flat = shapely.transform(shape, lambda c, p=point, s=scale: (c - p) * s)
        found[i] = flat.distance(shapely.Point(0.0, 0.0))
    return found


def _near(
    data: pd.DataFrame, distances: pd.DataFrame, name: str, neighbours: Sequence[str], group: str, unit: str
) -> tuple[pd.DataFrame, Array]:
    """The neighbours' units, and their distances to the group `name`."""
    if name not in distances.columns:
        raise TreatmentError(f"group {name!r} has no column in the table of distances; add it")
    twice = distances.index[distances.index.duplicated()]
    if len(twice):
        raise DuplicateUnitError(f"unit {twice[0]} stands twice in the table of distances; keep one row")
    here = data[data[group].astype(str).isin(list(neighbours))]
    km = distances[name].reindex(here[unit]).to_numpy(dtype=float)
    if not np.isfinite(km).all():
        lost = here[unit].to_numpy()[~np.isfinite(km)][0]
        raise NonFiniteError(f"unit {lost} has no distance to group {name!r}; give one, or leave the unit out")
    return here.reset_index(drop=True), km


def _inside(km: Array, bounds: Sequence[Ring]) -> Array:
    """Indicators of the rings, a column each."""
    columns = [(km > r.above) & (km <= r.upto) for r in bounds]
    columns[0] |= km == 0.0
    return np.column_stack(columns).astype(float)


def _less_means(values: Array, groups: npt.NDArray[np.intp]) -> Array:
    """Columns less the mean of their group, which is what indicators of groups would do to them."""
    sums = np.zeros((int(groups.max()) + 1, values.shape[1]))
    np.add.at(sums, groups, values)
    less: Array = values - (sums / np.bincount(groups)[:, None])[groups]
    return less


def _supported(inside: Array, clusters: "pd.Series[str]", smallest: int) -> bool:
    """Whether each ring, and the ground beyond the last, has units enough and two clusters."""
    for members in (*(inside > 0).T, ~inside.any(axis=1)):
        if members.sum() < smallest or clusters[members].nunique() < 2:
            return False
    return True


def rings(
    data: pd.DataFrame,
    outcomes: Sequence[str],
    distances: pd.DataFrame,
    treated: str,
    *,
    bounds: Sequence[float],
    group: str,
    neighbours: Mapping[str, Sequence[str]],
    cluster: str,
    unit: str,
    smallest: int = 20,
    smallest_ring: int = 5,
    level: float = 0.95,
) -> dict[str, dict[str, PlaceboTest]]:
    """How much more the outcome changed in each ring around the treated group than beyond the last, by placebo groups.

    Least squares of the outcome on indicators of the rings and of the groups, over the units of the groups that touch
    the treated one; the treated group's own units are not among them. A group takes the treated one's place if it has
    `smallest` units, and each ring and the ground beyond hold `smallest_ring` units of two clusters. Errors are CRV1
    with the factor G/(G-1) x (N-1)/(N-K), K counting rings and groups. The interval of a ring holds the effects on
    that ring that the placebo test does not reject, those on other rings as they are.
    Method: Butts (2021), "Difference-in-Differences Estimation with Spatial Spillovers", arXiv 2105.03737, for rings;
    the inference is that of `placebo_test`.

    Args:
        data: one row a unit.
        outcomes: columns of the outcomes; estimates have their units.
        distances: kilometres from units (index) to groups (columns).
        treated: the treated group.
        bounds: outer bounds of the rings in kilometres, rising.
        group: column of the groups.
        neighbours: the groups that each group touches.
        cluster: column of the clusters.
        unit: column that names a unit.
        smallest: units that a group needs to be a placebo.
        smallest_ring: units that each ring needs.
        level: coverage of the intervals.

    Returns:
        For each outcome a test for each ring, by the ring's name.

    Raises:
        BadBoundsError: the bounds do not rise.
        NoVariationError: an outcome is the same for all units.
        TreatmentError: the treated group, or a ring around it, has too few units.
        DesignError: the data cannot carry the design; the subclasses name the causes.
    """
    around = rings_of(bounds)
    require_columns(data, [*outcomes, group, cluster, unit])
    require_named(data, [group, cluster], unit)
    require_single(data, unit)
    require_finite(data, outcomes, unit)
    still = [o for o in outcomes if len(data) and data[o].nunique() < 2]
    if still:
        raise NoVariationError(f"outcome {still[0]!r}: all {len(data)} units have the same value")
    candidates = eligible(data, treated, group=group, neighbours=neighbours, smallest=smallest)
    own, own_km = _near(data, distances, treated, candidates[treated], group, unit)
    own_inside = _inside(own_km, around)
    if not _supported(own_inside, own[cluster], smallest_ring):
        raise TreatmentError(
            f"around {treated!r} a ring, or the ground beyond {around[-1].upto:g} km, has fewer than {smallest_ring} "
            "units or only one cluster; take wider rings"
        )
    placements: dict[str, dict[str, list[Placement]]] = {o: {r.name: [] for r in around} for o in outcomes}
    for name, others in candidates.items():
        here, km = _near(data, distances, name, others, group, unit)
        inside = _inside(km, around)
        if not _supported(inside, here[cluster], smallest_ring):
            continue
        groups = pd.factorize(here[group].astype(str))[0]
        clusters = pd.factorize(here[group].astype(str) + "|" + here[cluster].astype(str))[0]
        x = _less_means(inside, groups)
        if np.linalg.matrix_rank(x) < len(around):
            raise CollinearityError(f"around {name!r} the rings cannot be told from the groups; take other bounds")
        # What the estimates would do if the outcome of the units in one ring around the treated group rose by one.
        marks = np.column_stack([here[unit].isin(own.loc[column > 0, unit]) for column in own_inside.T]).astype(float)
        shifts = np.diagonal(np.linalg.lstsq(x, _less_means(marks, groups), rcond=None)[0])
        y = _less_means(here[list(outcomes)].to_numpy(dtype=float), groups)
        count = int(clusters.max()) + 1
        coefficients = len(around) + int(groups.max()) + 1
        if len(here) <= coefficients:
            raise TooFewUnitsError(
                f"around {name!r}: {len(here)} units for {coefficients} coefficients; take fewer rings"
            )
        factor = count / (count - 1) * (len(here) - 1) / (len(here) - coefficients)
        for outcome, column in zip(outcomes, y.T, strict=True):
            fit = OLS(column, x).fit(cov_type="cluster", cov_kwds={"groups": clusters, "use_correction": False})
            variances = factor * np.diagonal(fit.cov_params())
            still = (_STILL * column.std()) ** 2
            for j, ring in enumerate(around):
                members = inside[:, j] > 0
                placements[outcome][ring.name].append(
                    Placement(
                        group=name,
                        estimate=float(fit.params[j]),
                        standard_error=float(np.sqrt(variances[j])) if variances[j] > still else None,
                        shift=float(shifts[j]),
                        treated_units=int(members.sum()),
                        units=len(here),
                        treated_clusters=int(here.loc[members, cluster].nunique()),
                        clusters=count,
                        controls_used=tuple(others),
                    )
                )
    return {o: {r: judge(p, treated, level) for r, p in by_ring.items()} for o, by_ring in placements.items()}


def without_near(
    data: pd.DataFrame,
    outcomes: Sequence[str],
    distances: pd.DataFrame,
    treated: str,
    *,
    farther_than: float,
    group: str,
    neighbours: Mapping[str, Sequence[str]],
    cluster: str,
    unit: str,
    controls: Sequence[str] = (),
    smallest: int = 20,
    level: float = 0.95,
) -> dict[str, PlaceboTest]:
    """The placebo test of `placebo_test` with those units left out of the controls that lie near the treated group.

    If the treatment spills over the border, units beyond `farther_than` kilometres are the cleaner comparison. The
    same distance is applied around each placebo group; a group with fewer than `smallest` units beyond is left out.

    Raises:
        TreatmentError: too few units are left around the treated group.
        DesignError: the data cannot carry the design; the subclasses name the causes.
    """
    require_columns(data, [*outcomes, *controls, group, cluster, unit])
    candidates = eligible(data, treated, group=group, neighbours=neighbours, smallest=smallest)
    placements: dict[str, list[Placement]] = {o: [] for o in outcomes}
    for name, others in candidates.items():
        here, km = _near(data, distances, name, others, group, unit)
        far = here[km > farther_than]
        if len(far) < smallest:
            if name == treated:
                raise TreatmentError(
                    f"{len(far)} units lie farther than {farther_than:g} km from {treated!r}; "
                    f"{smallest} are needed. Take a smaller distance."
                )
            continue
        sample = pd.concat([data[data[group].astype(str) == name], far], ignore_index=True)
        sample[_HERE] = (sample[group].astype(str) == treated).astype(float)
        marked = sample[_HERE].nunique() > 1
        columns = [*outcomes, *([_HERE] if marked else [])]
        m = moments(sample, columns, name, group=group, cluster=cluster, unit=unit, controls=controls)
        found = place(m, name, sorted(far[group].astype(str).unique()))
        shift = found[len(outcomes)].estimate if marked else 0.0
        for outcome, placement in zip(outcomes, found[: len(outcomes)], strict=True):
            placements[outcome].append(replace(placement, shift=shift))
    return {o: judge(p, treated, level) for o, p in placements.items()}
