"""How much of an outcome's variance lies between groups, between clusters within groups, and between units."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from statsmodels.regression.mixed_linear_model import MixedLM
from statsmodels.tools.sm_exceptions import ConvergenceWarning

from analysis.designs.checks import require_columns, require_finite, require_independent, require_named, require_single
from analysis.designs.errors import ConvergenceError, NoVariationError, TooFewClustersError, TooFewUnitsError
from analysis.designs.regression import INTERCEPT

_NOUGHT = 1e-6  # a share of the variance below this is the boundary: REML puts it at nought


@dataclass(frozen=True)
class Variances:
    """Variance components, in the outcome's unit squared.

    `boundary` names the components ("group", "cluster") that REML puts at nought: the data show no more variation
    there than what lies below would make by itself. They are given as exactly nought.
    """

    group: float
    cluster: float
    unit: float
    units: int
    clusters: int
    groups: int
    boundary: tuple[str, ...]

    @property
    def total(self) -> float:
        """The sum of the three."""
        return self.group + self.cluster + self.unit

    @property
    def shares(self) -> dict[str, float]:
        """Each component's share of the total: "group", "cluster", "unit"."""
        return {"group": self.group / self.total, "cluster": self.cluster / self.total, "unit": self.unit / self.total}

    @property
    def correlation_in_cluster(self) -> float:
        """The correlation of two units of one cluster."""
        return (self.group + self.cluster) / self.total


def decompose(
    data: pd.DataFrame, outcome: str, *, group: str, cluster: str, unit: str, controls: Sequence[str] = ()
) -> Variances:
    """Variance components of a nested random-effects model by restricted maximum likelihood.

    The outcome is the sum of a mean (linear in the controls), a shock to its group, a shock to its cluster within the
    group, and one of its own, all independent and normal.
    Method: Searle, Casella and McCulloch (1992), "Variance Components", chapter 6. Estimated by statsmodels' MixedLM.

    Args:
        data: one row a unit.
        outcome: column of the outcome.
        group: column of the groups.
        cluster: column of the clusters; clusters of the same name in two groups are two clusters.
        unit: column that names a unit in error messages.
        controls: columns of control variables in the mean.

    Raises:
        UnknownColumnError: a column is not in the data.
        NonFiniteError: a needed value is missing or infinite.
        NoVariationError: the outcome is the same for all units.
        TooFewUnitsError: there are no more units than coefficients.
        CollinearityError: a control is the same for all units, or a combination of others.
        TooFewClustersError: fewer than three groups, or no group with two clusters, or no cluster with two units.
        ConvergenceError: the likelihood has no maximum that the optimizers find.
    """
    require_columns(data, [outcome, *controls, group, cluster, unit])
    require_named(data, [group, cluster], unit)
    require_single(data, unit)
    require_finite(data, [outcome, *controls], unit)
    if len(data) <= len(controls) + 1:
        raise TooFewUnitsError(f"{len(data)} units for {len(controls) + 1} coefficients; take fewer controls")
    y = data[outcome].to_numpy(dtype=float)
    if np.ptp(y) == 0:
        raise NoVariationError(f"outcome {outcome!r}: all {len(data)} units have the same value")
    groups, clusters = _nested(data, group, cluster)
    design = data[list(controls)].astype(float)
    design.insert(0, INTERCEPT, 1.0)
    require_independent(design.to_numpy(dtype=float), list(design.columns))
    x = data[list(controls)].to_numpy(dtype=float)
    x = np.column_stack([np.ones(len(y)), (x - x.mean(axis=0)) / x.std(axis=0)])
    scale = y.std()
    group_variance, cluster_variance, unit_variance = _reml((y - y.mean()) / scale, x, groups, clusters, outcome)
    total = group_variance + cluster_variance + unit_variance
    found = {"group": group_variance, "cluster": cluster_variance}
    boundary = tuple(name for name, value in found.items() if value < _NOUGHT * total)
    return Variances(
        group=0.0 if "group" in boundary else scale**2 * group_variance,
        cluster=0.0 if "cluster" in boundary else scale**2 * cluster_variance,
        unit=scale**2 * unit_variance,
        units=len(y),
        clusters=int(clusters.max()) + 1,
        groups=int(groups.max()) + 1,
        boundary=boundary,
    )


def _nested(data: pd.DataFrame, group: str, cluster: str) -> tuple[np.ndarray, np.ndarray]:
    groups = pd.factorize(data[group].astype(str), sort=True)[0]
    pairs = pd.Series(list(zip(data[group].astype(str), data[cluster].astype(str), strict=True)), index=data.index)
    clusters = pd.factorize(pairs, sort=True)[0]
    if groups.max() < 2:
        raise TooFewClustersError(
            f"groups {group!r}: {groups.max() + 1}; a variance between groups needs three or more"
        )
    per_group = pd.Series(clusters).groupby(groups).nunique()
    if per_group.max() < 2:
        raise TooFewClustersError(f"clusters {cluster!r}: no group has two, so group and cluster are the same thing")
    if np.bincount(clusters).max() < 2:
        raise TooFewClustersError(f"clusters {cluster!r}: none has two units, so cluster and unit are the same thing")
    return groups, clusters


def _reml(
    y: np.ndarray, x: np.ndarray, groups: np.ndarray, clusters: np.ndarray, outcome: str
) -> tuple[float, float, float]:
    frame = pd.DataFrame({"y": y, "group": groups, "cluster": clusters})
    names = [f"x{i}" for i in range(x.shape[1] - 1)]
    frame[names] = x[:, 1:]
    with warnings.catch_warnings():
        # What these say is looked at: `converged`, and the components at the boundary, which are named.
        for kind in (ConvergenceWarning, UserWarning, RuntimeWarning):
            warnings.simplefilter("ignore", kind)
        # Two parameters are left when the mean and the units' variance are solved for, and the simplex finds their
        # maximum, at a boundary too; statsmodels' gradient methods at times stop short of it and call that converged.
        try:
            fit = MixedLM.from_formula(
                " + ".join(["y ~ 1", *names]),
                frame,
                groups="group",
                re_formula="1",
                vc_formula={"cluster": "0 + C(cluster)"},
            ).fit(reml=True, method="nm", ftol=1e-14, maxiter=2000)
        except np.linalg.LinAlgError as error:
            raise ConvergenceError(
                f"outcome {outcome!r}: the likelihood of the variance components cannot be computed ({error}); "
                "look for controls that are combinations of one another"
            ) from error
    found = (float(fit.cov_re.iloc[0, 0]), float(fit.vcomp[0]), float(fit.scale))
    if not fit.converged or not np.isfinite(found).all():
        raise ConvergenceError(
            f"outcome {outcome!r}: no maximum of the restricted likelihood was found for its variance components; "
            "look for units far from all others, or take fewer controls"
        )
    return found
