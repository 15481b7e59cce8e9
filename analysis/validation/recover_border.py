"""A known effect put into simulated units on a map, and whether the pairs across a border give it back."""

import numpy as np
import pandas as pd
import pyfixest
from scipy import stats

from analysis.designs.border import Graph, Weighting, border_test, cross, fit_pairs, graph
from analysis.validation.checks import Check

DESIGN = "border"
TREATED = "g00"
EFFECT = 2.0
SHOCK = 1.5  # standard deviation of the groups' shocks, where there are any
COLUMNS = ("outcome", "before")


def simulate_map(
    seed: int, *, effect: float = EFFECT, shock: float = 0.0, across: int = 5, side: int = 4
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Simulated units on a lattice that closes on itself, so that every group has four neighbours and no edge.

    The outcome has a surface that varies smoothly over the map, a figure from before that neighbours share in part, a
    shock to each group, and noise; the units of the first group have the effect too.

    Returns:
        Units (unit, group, prefecture, outcome, before), and pairs that touch (unit_a, unit_b).
    """
    random = np.random.default_rng(seed)
    width = across * side
    row, column = np.divmod(np.arange(width * width), width)
    group = [f"g{r // side}{c // side}" for r, c in zip(row, column, strict=True)]
    half = side // 2
    prefecture = [f"p{r // half:02}{c // half:02}" for r, c in zip(row, column, strict=True)]
    turn = 2 * np.pi / width
    surface = 3 * np.sin(row * turn + random.uniform(0, 7)) + 3 * np.cos(column * turn + random.uniform(0, 7))
    before = 0.5 * surface + random.normal(size=len(row))
    names = sorted(set(group))
    shocks = dict(zip(names, shock * random.normal(size=len(names)), strict=True))
    treated = np.array([g == TREATED for g in group])
    outcome = surface - 0.5 * before + [shocks[g] for g in group] + random.normal(size=len(row)) + effect * treated
    unit = [f"u{i:03}" for i in range(len(row))]
    units = pd.DataFrame({"unit": unit, "group": group, "prefecture": prefecture, "outcome": outcome, "before": before})
    index = np.arange(len(row)).reshape(width, width)
    pairs = [
        (unit[a], unit[b])
        for near in (np.roll(index, -1, axis=0), np.roll(index, -1, axis=1))
        for a, b in zip(index.ravel(), near.ravel(), strict=True)
    ]
    return units, pd.DataFrame(pairs, columns=["unit_a", "unit_b"])


def simulated_graph(seed: int, *, effect: float = EFFECT, shock: float = 0.0) -> Graph:
    """The simulated units and pairs, ready for the design."""
    units, pairs = simulate_map(seed, effect=effect, shock=shock)
    return graph(units, pairs, COLUMNS, group="group", cluster="prefecture", unit="unit", ends=("unit_a", "unit_b"))


def stacked(g: Graph, treated: str, others: list[str]) -> pd.DataFrame:
    """The stack that pair effects are fitted to: two rows a pair, with the clusters of both sides in each.

    Columns: pair, treated, outcome, before, cluster, other_cluster, weight (one over the number of the unit's pairs).
    """
    pairs = cross(g, [], treated, others).table
    sides = []
    for name, inside in (("unit", 1.0), ("other", 0.0)):
        rows = g.data.loc[pairs[name], list(COLUMNS)].reset_index(drop=True)
        counts = pairs[name].map(pairs[name].value_counts())
        sides.append(
            rows.assign(
                pair=np.arange(len(pairs)),
                treated=inside,
                cluster=pairs["cluster"],
                other_cluster=pairs["other_cluster"],
                weight=1 / counts,
            )
        )
    return pd.concat(sides, ignore_index=True)


def by_pyfixest(g: Graph, treated: str, others: list[str], weighting: Weighting) -> tuple[float, float]:
    """Estimate and two-way clustered error of the same comparison, by pyfixest on the stack with pair effects."""
    fit = pyfixest.feols(
        "outcome ~ treated + before | pair",
        stacked(g, treated, others),
        vcov={"CRV1": "cluster + other_cluster"},
        weights="weight" if weighting == "unit" else None,
    )
    return float(fit.coef()["treated"]), float(fit.se()["treated"])


def recover(draws: int, seed: int) -> list[Check]:
    """Whether the design gives back the effect, covers it, and keeps its level under shocks to groups.

    Args:
        draws: simulated maps in each world.
        seed: the first map's; each next has the next number.
    """
    estimates, covered = [], 0
    for i in range(draws):
        g = simulated_graph(seed + i)
        others = sorted(set(g.edges.loc[g.edges["one_group"] == TREATED, "other_group"]))
        fit = fit_pairs(cross(g, COLUMNS, TREATED, others), "outcome", ["before"])
        estimates.append(fit.estimate)
        if fit.standard_error is not None:
            reach = float(stats.t.ppf(0.975, min(fit.clusters) - 1)) * fit.standard_error
            covered += abs(fit.estimate - EFFECT) <= reach
    rejected = rejected_clustered = 0
    for i in range(draws):
        test = border_test(
            simulated_graph(seed + i, effect=0.0, shock=SHOCK), "outcome", TREATED, group="group", smallest=8
        )
        rejected += test.p_value <= 0.05
        error = test.treated.standard_error
        if error is not None:
            rejected_clustered += 2 * stats.t.sf(abs(test.estimate) / error, test.treated.clusters - 1) <= 0.05
    placebos = len(test.placebos)
    level = 1 / (placebos + 1)
    checks = [
        Check(
            DESIGN,
            "mean estimate",
            EFFECT,
            float(np.mean(estimates)),
            4 * float(np.std(estimates, ddof=1)) / draws**0.5,
            f"{draws} simulated maps without shocks to groups; given the figure from before; four errors of the mean",
        ),
        Check(
            DESIGN,
            "coverage, two-way clustered",
            0.95,
            covered / draws,
            0.02 + 2 * (0.95 * 0.05 / draws) ** 0.5,
            f"{draws} simulated maps without shocks to groups; {min(fit.clusters)} clusters on the smaller side",
        ),
        Check(
            DESIGN,
            "rejections by placebo groups",
            level,
            rejected / draws,
            4 * (level * (1 - level) / draws) ** 0.5,
            f"{draws} simulated maps without an effect and with shocks to groups; {placebos} placebo groups can give "
            f"p = {level:.3f} at the least. Two-way clustered errors reject in {rejected_clustered / draws:.2f}",
        ),
    ]
    g = simulated_graph(seed)
    for weighting in ("pair", "unit"):
        fit = fit_pairs(cross(g, COLUMNS, TREATED, others, weighting=weighting), "outcome", ["before"])
        estimate, error = by_pyfixest(g, TREATED, others, weighting)
        words = "pairs count once" if weighting == "pair" else "units count once"
        detail = "one simulated map; differences of pairs against the stack with pair effects by pyfixest"
        checks.append(Check(DESIGN, f"estimate by pyfixest, {words}", estimate, fit.estimate, 1e-6, detail))
        checks.append(Check(DESIGN, f"error by pyfixest, {words}", error, fit.standard_error or 0.0, 1e-6, detail))
    return checks
