"""Neighbours across a border: pairs of units that touch, one in the treated group and one outside it.

Each pair has an effect of its own, so that a unit is compared only with those it touches. With two units a pair, the
pair effects are removed by taking differences: least squares of the difference in the outcome on an intercept and on
the differences in the controls. The intercept is the estimate.
Methods: Dube, Lester and Reich (2010), "Minimum Wage Effects Across State Borders: Estimates Using Contiguous
Counties", Review of Economics and Statistics 92(4), for stacked pairs; Cameron, Gelbach and Miller (2011), "Robust
Inference With Multiway Clustering", Journal of Business & Economic Statistics 29(2), for the errors.

Pairs that are near share much, but a shock to a whole group stops at its border just as a treatment does. Inference of
record is therefore by placebo groups (`placebo.judge`): each group's border in the place of the treated one's.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from statsmodels.regression.linear_model import WLS

from analysis.designs.checks import require_columns, require_finite, require_named
from analysis.designs.errors import (
    CollinearityError,
    IslandError,
    NoPairError,
    NoVariationError,
    PairError,
    TooFewUnitsError,
    TreatmentError,
)
from analysis.designs.placebo import DETECTABLE, PlaceboTest, Placement, judge

Weighting = Literal["pair", "unit"]

_COLLINEAR = 1e-8  # share of a column's length outside the span of those before it
_STILL = 1e-12  # a variance below this share of the outcome's mean square is rounding
_UNIT = "unit of the graph"
_SHIFT = "the truly treated group's indicator"


@dataclass(frozen=True)
class Pairs:
    """Pairs across a border, the treated side minus the other side.

    `table` has a row a pair: unit and other (the two units), cluster and other_cluster, group and other_group, weight,
    and the difference of each column asked for. `units` and `others` count the units on the two sides.
    """

    table: pd.DataFrame
    units: int
    others: int


@dataclass(frozen=True)
class PairFit:
    """The mean difference across a border, given the differences in the controls.

    `standard_error` is clustered on both sides; it is None where a side has fewer than two clusters, or where the
    two-way variance is not above nought, which can happen with few clusters.
    """

    estimate: float
    standard_error: float | None
    pairs: int
    clusters: tuple[int, int]  # on the treated side, on the other


@dataclass(frozen=True)
class Graph:
    """Units, their groups and clusters, and which units of different groups touch."""

    data: pd.DataFrame  # indexed by unit
    edges: pd.DataFrame  # one, other, one_group, other_group: each border twice, once from either side
    islands: tuple[str, ...]

    @cached_property
    def ends(self) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
        """Where the two units of each edge stand in the data."""
        one, other = (self.data.index.get_indexer(pd.Index(self.edges[side])) for side in ("one", "other"))
        return one, other

    @cached_property
    def rows_of(self) -> dict[str, npt.NDArray[np.intp]]:
        """The rows of the edges that start from each group."""
        return {str(g): np.asarray(rows) for g, rows in self.edges.groupby("one_group").indices.items()}


def graph(
    data: pd.DataFrame,
    pairs: pd.DataFrame,
    columns: Sequence[str],
    *,
    group: str,
    cluster: str,
    unit: str,
    ends: tuple[str, str],
    islands: Collection[str] = (),
) -> Graph:
    """The units of the data and the pairs of them that touch across a border of two groups.

    Args:
        data: one row a unit.
        pairs: one row a pair of units that touch; those with a unit that is not in the data are left out.
        columns: columns of the data that are needed: outcomes and controls.
        group: column of the groups.
        cluster: column of the clusters.
        unit: column of the units' identifiers.
        ends: the two columns of `pairs` with the identifiers.
        islands: units known to touch no other at all, such as those without a polygon; they are in no pair.

    Raises:
        UnknownColumnError: a column is not there.
        NonFiniteError: a needed value is missing or infinite, or a unit has no group or cluster.
        PairError: a unit stands twice in the data, a pair twice in the pairs, or a unit is paired with itself.
        IslandError: a unit stands in no pair and is not among `islands`.
    """
    require_columns(data, [*columns, group, cluster, unit])
    require_columns(pairs, ends)
    require_named(data, [group, cluster], unit)
    require_finite(data, columns, unit)
    twice = data.loc[data[unit].duplicated(), unit]
    if len(twice):
        raise PairError(f"unit {twice.iloc[0]} stands twice in the data; a unit has one row")
    a, b = pairs[ends[0]].to_numpy(), pairs[ends[1]].to_numpy()
    if (a == b).any():
        raise PairError(f"unit {a[a == b][0]} is paired with itself; leave that pair out")
    ordered = pd.DataFrame({"low": np.minimum(a, b), "high": np.maximum(a, b)})
    again = ordered[ordered.duplicated()]
    if len(again):
        raise PairError(f"the pair {again['low'].iloc[0]} and {again['high'].iloc[0]} stands twice; keep one row")
    alone = sorted(set(data[unit]) - set(a) - set(b))
    unknown = [u for u in alone if u not in islands]
    if unknown:
        raise IslandError(
            f"{len(unknown)} units touch no other, first {', '.join(map(str, unknown[:5]))}; "
            "mend their pairs, or name them as islands, which are in no pair"
        )
    indexed = data.set_index(unit)
    groups = indexed[group].astype(str)
    clusters = groups + " " + indexed[cluster].astype(str)  # of one name in two groups: two clusters
    both = np.isin(a, indexed.index) & np.isin(b, indexed.index)
    one = np.concatenate([a[both], b[both]])
    other = np.concatenate([b[both], a[both]])
    edges = pd.DataFrame(
        {
            "one": one,
            "other": other,
            "one_group": groups.loc[one].to_numpy(),
            "other_group": groups.loc[other].to_numpy(),
            "one_cluster": clusters.loc[one].to_numpy(),
            "other_cluster": clusters.loc[other].to_numpy(),
        }
    )
    edges = edges[edges["one_group"] != edges["other_group"]]
    return Graph(
        indexed.assign(**{group: groups}),
        edges.sort_values(["one", "other"]).reset_index(drop=True),
        tuple(map(str, alone)),
    )


def cross(
    g: Graph, columns: Sequence[str], treated: str, others: Collection[str], *, weighting: Weighting = "pair"
) -> Pairs:
    """The pairs across the borders of one group with others, and the differences of columns in each pair.

    With weighting "pair" each pair counts once, so that a unit with many neighbours across counts often. With "unit"
    each row of the stack has a weight of 1/(number of pairs of its unit); within pair effects the two weights of a
    pair, 1/m and 1/n, come to (1/m x 1/n) / (1/m + 1/n) = 1/(m + n).

    Raises:
        UnknownColumnError: a column is not in the graph's data.
        NonFiniteError: a value of a unit on the border is missing or infinite.
        NoPairError: no pair crosses the border.
    """
    rows = g.rows_of.get(treated, np.empty(0, dtype=np.intp))
    reached = set(others)
    rows = rows[[o in reached for o in g.edges["other_group"].to_numpy()[rows]]]
    if not len(rows):
        raise NoPairError(
            f"no unit of group {treated!r} touches a unit of {', '.join(map(repr, others)) or 'another group'}; "
            "check the pairs, or leave the group out"
        )
    require_columns(g.data, columns)
    one, other = g.ends[0][rows], g.ends[1][rows]
    on_border = np.union1d(one, other)
    touching = g.data[list(columns)].take(on_border)
    require_finite(touching.assign(**{_UNIT: touching.index}), columns, _UNIT)
    values = touching.to_numpy(dtype=float)
    differences = values[np.searchsorted(on_border, one)] - values[np.searchsorted(on_border, other)]
    own, across = np.bincount(one), np.bincount(other)
    names = {"one": "unit", "one_cluster": "cluster", "one_group": "group"}
    pairs = g.edges.take(rows).rename(columns=names).reset_index(drop=True)
    table = pd.concat([pd.DataFrame(differences, columns=list(columns)), pairs], axis=1)
    table["weight"] = 1.0 / (own[one] + across[other]) if weighting == "unit" else 1.0
    return Pairs(table, int((own > 0).sum()), int((across > 0).sum()))


def fit_pairs(pairs: Pairs, outcome: str, controls: Sequence[str] = ()) -> PairFit:
    """The treated side's outcome less the other side's, given the differences in the controls.

    The error is clustered by the clusters of the treated side and by those of the other side: V = V1 + V2 - V12, times
    G/(G-1) x (N-1)/(N-K), where G is the smaller number of clusters, N counts the rows of the stack (two a pair) and K
    the coefficients and one more. pyfixest gives the same for the stack with pair effects and
    `vcov={"CRV1": "cluster + other_cluster"}`, where both rows of a pair carry the clusters of both sides.

    Raises:
        UnknownColumnError: a column is not in the pairs.
        NoVariationError: the outcome differs in no pair, or by the same in all.
        TooFewUnitsError: there are no more pairs than coefficients.
        CollinearityError: the differences in a control are a combination of those in others and a constant.
    """
    table = pairs.table
    require_columns(table, [outcome, *controls])
    y = table[outcome].to_numpy(dtype=float)
    name = f"{table['group'].iloc[0]} against {', '.join(sorted(set(table['other_group'])))}"
    count, k = len(y), len(controls) + 1
    if count <= k:
        raise TooFewUnitsError(f"{name}: {count} pairs for {k} coefficients; take fewer controls")
    if np.ptp(y) == 0:
        raise NoVariationError(f"{name}: outcome {outcome!r} differs by {y[0]:g} in all {count} pairs")
    x = np.column_stack([np.ones(count), table[list(controls)].to_numpy(dtype=float)])
    for i in range(1, k):
        rest = x[:, i] - x[:, :i] @ np.linalg.lstsq(x[:, :i], x[:, i], rcond=None)[0]
        if np.linalg.norm(rest) <= _COLLINEAR * np.linalg.norm(x[:, i]):
            raise CollinearityError(
                f"{name}: across pairs, control {controls[i - 1]!r} is a combination of a constant and "
                f"{', '.join(map(repr, controls[: i - 1])) or 'nothing else'}; leave it out"
            )
    clusters = np.column_stack([pd.factorize(table[c])[0] for c in ("cluster", "other_cluster")])
    sizes = (int(clusters[:, 0].max()) + 1, int(clusters[:, 1].max()) + 1)
    model = WLS(y, x, weights=table["weight"].to_numpy(dtype=float))
    if min(sizes) < 2:
        return PairFit(float(model.fit().params[0]), None, count, sizes)
    result = model.fit(cov_type="cluster", cov_kwds={"groups": clusters, "use_correction": False}, use_t=True)
    smaller = min(sizes)
    factor = smaller / (smaller - 1) * (2 * count - 1) / (2 * count - k - 1)
    variance = factor * float(result.cov_params()[0, 0])
    error = float(np.sqrt(variance)) if variance > _STILL * float((y**2).mean()) else None
    return PairFit(float(result.params[0]), error, count, sizes)


def _placement(
    g: Graph,
    outcome: str,
    controls: Sequence[str],
    name: str,
    others: Collection[str],
    truly: str,
    weighting: Weighting,
    label: str | None = None,
) -> Placement:
    pairs = cross(g, [outcome, *(c for c in controls if c != outcome)], name, others, weighting=weighting)
    fit = fit_pairs(pairs, outcome, controls)
    shift = 1.0 if name == truly else 0.0
    if name != truly and truly in set(pairs.table["other_group"]):
        indicator = -(pairs.table["other_group"] == truly).astype(float)
        if np.ptp(indicator) == 0:
            shift = -1.0
        else:
            shift = fit_pairs(
                replace(pairs, table=pairs.table.assign(**{_SHIFT: indicator})), _SHIFT, controls
            ).estimate
    return Placement(
        group=label or name,
        estimate=fit.estimate,
        standard_error=fit.standard_error,
        shift=shift,
        treated_units=pairs.units,
        units=pairs.units + pairs.others,
        treated_clusters=fit.clusters[0],
        clusters=min(fit.clusters),
        controls_used=tuple(sorted(set(pairs.table["other_group"]))),
    )


def candidates(
    g: Graph, treated: str, *, group: str, smallest: int, fewest: int, keep_treated: bool = True
) -> dict[str, tuple[str, ...]]:
    """The groups with `smallest` units and `fewest` pairs across their border, and the groups that those pairs reach.

    Raises:
        NoPairError: the treated group is not among them.
    """
    sizes = g.data[group].value_counts()
    found: dict[str, tuple[str, ...]] = {}
    for name in sorted(sizes.index):
        edges = g.edges[g.edges["one_group"] == name]
        if not keep_treated:
            edges = edges[edges["other_group"] != treated]
        if sizes[name] >= smallest and len(edges) >= fewest:
            found[str(name)] = tuple(sorted(set(edges["other_group"])))
    if treated not in found:
        count = int((g.edges["one_group"] == treated).sum())
        raise NoPairError(
            f"group {treated!r} has {sizes.get(treated, 0)} units and {count} pairs across its border; "
            f"it needs {smallest} units and {fewest} pairs"
        )
    return found


def border_test(
    g: Graph,
    outcome: str,
    treated: str,
    *,
    group: str,
    controls: Sequence[str] = (),
    smallest: int = 20,
    fewest: int = 10,
    weighting: Weighting = "pair",
    keep_treated: bool = True,
    level: float = 0.95,
) -> PlaceboTest:
    """The treated group's border among the borders of other groups, each with all the groups it touches.

    Args:
        g: units and pairs, from `graph`.
        outcome: column of the outcome, such as the change between two years.
        treated: the treated group.
        group: column of the groups.
        controls: columns of the control variables.
        smallest: units that a group needs to be a placebo.
        fewest: pairs across its border that a group needs, and more than there are coefficients.
        weighting: whether each pair or each unit counts once; see `cross`.
        keep_treated: whether pairs with the treated group stay in the placebos of its neighbours.
        level: coverage of the interval.

    Returns:
        The test; a placement's clusters are those of the side with fewer, which give the degrees of freedom.

    Raises:
        DesignError: the data cannot carry the design; `cross`, `fit_pairs` and `judge` name the causes.
    """
    needed = max(fewest, len(controls) + 2)
    found = candidates(g, treated, group=group, smallest=smallest, fewest=needed, keep_treated=keep_treated)
    placements = [_placement(g, outcome, controls, name, others, treated, weighting) for name, others in found.items()]
    return judge(placements, treated, level)


def tests_by_neighbour(
    g: Graph,
    outcome: str,
    treated: str,
    *,
    controls: Sequence[str] = (),
    fewest: int = 5,
    weighting: Weighting = "pair",
    level: float = 0.95,
) -> dict[str, PlaceboTest]:
    """The treated group's border with each neighbour, among the borders of any two groups without the treated one.

    A placebo border is looked at from the group that sorts first. Which side that is means nothing, so `detectable`
    takes the spread of the placebo estimates around nought.

    Raises:
        NoPairError: the treated group has no border of `fewest` pairs.
        DesignError: as `border_test`.
    """
    needed = max(fewest, len(controls) + 2)
    sizes = Counter(zip(g.edges["one_group"], g.edges["other_group"], strict=True))
    borders = sorted((str(a), str(b)) for (a, b), n in sizes.items() if n >= needed)
    own = [b for a, b in borders if a == treated]
    if not own:
        raise NoPairError(f"group {treated!r} has no border of {needed} pairs with another group")
    placebos = [
        _placement(g, outcome, controls, a, [b], treated, weighting, label=f"{a} {b}")
        for a, b in borders
        if a < b and treated not in (a, b)
    ]
    tests = {}
    for b in own:
        label = f"{treated} {b}"
        test = judge(
            [_placement(g, outcome, controls, treated, [b], treated, weighting, label), *placebos], label, level
        )
        size = float(np.sqrt(np.mean([p.estimate**2 for p in test.placebos])))
        tests[b] = replace(test, detectable=DETECTABLE * size)
    return tests


@dataclass(frozen=True)
class Balance:
    """A figure on the two sides of a border before the treatment, and in all units of the groups.

    `gap` and `gap_all` are differences in means over the square root of the mean of the two variances (normalized
    differences), on the border, each unit once, and in all units of the groups.
    """

    treated_mean: float
    other_mean: float
    gap: float
    gap_all: float


def balance(g: Graph, column: str, treated: str, others: Collection[str], *, group: str) -> Balance:
    """How alike the two sides of a border are, and how alike the groups are as wholes.

    Method: Imbens and Rubin (2015), "Causal Inference for Statistics, Social, and Biomedical Sciences", section 14.2.

    Raises:
        NoPairError: no pair crosses the border.
        NoVariationError: the column is the same for all units of both sides.
        TreatmentError: a side has fewer than two units.
    """
    pairs = cross(g, [column], treated, others).table
    require_finite(g.data.assign(**{_UNIT: g.data.index}), [column], _UNIT)
    values = g.data[column].astype(float)
    inside, outside = values.loc[sorted(set(pairs["unit"]))], values.loc[sorted(set(pairs["other"]))]

    def gap(one: pd.Series, other: pd.Series) -> float:
        if min(len(one), len(other)) < 2:
            raise TreatmentError(
                f"{treated!r} has a border with {len(one)} and {len(other)} units; two a side are needed"
            )
        spread = float(np.sqrt((one.var(ddof=1) + other.var(ddof=1)) / 2))
        if max(one.nunique(), other.nunique()) < 2:
            raise NoVariationError(f"column {column!r} is the same for all units on each side of the border")
        return float(one.mean() - other.mean()) / spread

    groups = g.data[group]
    return Balance(
        treated_mean=float(inside.mean()),
        other_mean=float(outside.mean()),
        gap=gap(inside, outside),
        gap_all=gap(values[groups == treated], values[groups.isin(list(others))]),
    )
