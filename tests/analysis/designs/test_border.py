"""Pairs across a border, on simulated maps and on small ones whose answer can be had by hand."""

import numpy as np
import pandas as pd
import pytest

from analysis.designs.border import Graph, balance, border_test, cross, fit_pairs, graph, tests_by_neighbour
from analysis.designs.errors import (
    CollinearityError,
    DesignError,
    IslandError,
    NonFiniteError,
    NoPairError,
    NoVariationError,
    PairError,
    TooFewPlacebosError,
    TooFewUnitsError,
    TreatmentError,
    UnknownColumnError,
)
from analysis.validation.recover_border import (
    COLUMNS,
    EFFECT,
    TREATED,
    by_pyfixest,
    recover,
    simulate_map,
    simulated_graph,
)

by_neighbour = tests_by_neighbour
del tests_by_neighbour  # pytest would take it for a test


def small(**changes: object) -> Graph:
    """Two groups: a1 touches b1, b2 and b3; a2 touches b4; i1 touches nobody."""
    values = {"a1": 10.0, "a2": 20.0, "b1": 1.0, "b2": 3.0, "b3": 5.0, "b4": 8.0, "i1": 0.0}
    data = pd.DataFrame({"unit": list(values), "y": list(values.values())})
    data["z"] = [1.0, 5.0, 2.0, 4.0, 1.0, 0.0, 9.0]
    data["group"] = data["unit"].str[0].replace("i", "a")
    data["cluster"] = data["unit"]
    pairs = pd.DataFrame(
        [("a1", "b1"), ("b2", "a1"), ("a1", "b3"), ("a2", "b4"), ("a1", "a2"), ("a1", "away")], columns=["p", "q"]
    )
    settings: dict[str, object] = {
        "data": data,
        "pairs": pairs,
        "columns": ["y", "z"],
        "group": "group",
        "cluster": "cluster",
        "unit": "unit",
        "ends": ("p", "q"),
        "islands": ["i1"],
    }
    settings |= {
        k: v(settings[k]) if callable(v) else v  # a function changes what stands there
        for k, v in changes.items()
    }
    data, pairs = settings.pop("data"), settings.pop("pairs")
    return graph(data, pairs, settings.pop("columns"), **settings)  # type: ignore[arg-type]


def reached(g: Graph) -> list[str]:
    return sorted(set(g.edges.loc[g.edges["one_group"] == TREATED, "other_group"]))


def test_a_known_effect_is_recovered() -> None:
    estimates = []
    for seed in range(30):
        units, pairs = simulate_map(seed, side=4)
        g = graph(units, pairs, COLUMNS, group="group", cluster="prefecture", unit="unit", ends=("unit_a", "unit_b"))
        estimates.append(fit_pairs(cross(g, COLUMNS, TREATED, reached(g)), "outcome", ["before"]).estimate)
    assert np.mean(estimates) == pytest.approx(EFFECT, abs=4 * np.std(estimates) / 30**0.5)
    assert np.std(estimates) < EFFECT / 2


@pytest.mark.parametrize("weighting", ["pair", "unit"])
def test_pair_effects_by_pyfixest_agree(weighting: str) -> None:
    g = simulated_graph(7)
    fit = fit_pairs(cross(g, COLUMNS, TREATED, reached(g), weighting=weighting), "outcome", ["before"])  # type: ignore[arg-type]
    estimate, error = by_pyfixest(g, TREATED, reached(g), weighting)  # type: ignore[arg-type]
    assert fit.estimate == pytest.approx(estimate, abs=1e-10)
    assert fit.standard_error == pytest.approx(error, abs=1e-10)


def test_the_error_is_the_sandwich_written_out() -> None:
    g = simulated_graph(3)
    table = cross(g, COLUMNS, TREATED, reached(g)).table
    x = np.column_stack([np.ones(len(table)), table["before"]])
    y = table["outcome"].to_numpy()
    bread = np.linalg.inv(x.T @ x)
    scores = x * (y - x @ (bread @ x.T @ y))[:, None]

    def meat(keys: pd.Series) -> np.ndarray:
        sums = pd.DataFrame(scores).groupby(keys.to_numpy()).sum().to_numpy()
        return sums.T @ sums

    both = table["cluster"] + table["other_cluster"]
    smaller = min(table["cluster"].nunique(), table["other_cluster"].nunique())
    rows = 2 * len(table)
    factor = smaller / (smaller - 1) * (rows - 1) / (rows - 3)
    v = bread @ (meat(table["cluster"]) + meat(table["other_cluster"]) - meat(both)) @ bread
    fit = fit_pairs(cross(g, COLUMNS, TREATED, reached(g)), "outcome", ["before"])
    assert fit.standard_error == pytest.approx(np.sqrt(factor * v[0, 0]), abs=1e-10)


def test_a_unit_in_many_pairs_counts_by_pair_or_once() -> None:
    g = small()
    by_pair = cross(g, ["y"], "a", ["b"])
    assert by_pair.table["y"].tolist() == [9.0, 7.0, 5.0, 12.0]
    assert (by_pair.units, by_pair.others) == (2, 4)
    assert fit_pairs(by_pair, "y").estimate == pytest.approx((9 + 7 + 5 + 12) / 4)
    # a1 is in three pairs with units in one each: weights 1/(3+1), and 1/(1+1) for a2.
    once = fit_pairs(cross(g, ["y"], "a", ["b"], weighting="unit"), "y").estimate
    assert once == pytest.approx((9 / 4 + 7 / 4 + 5 / 4 + 12 / 2) / (3 / 4 + 1 / 2))


def test_islands_are_named_and_in_no_pair() -> None:
    assert small().islands == ("i1",)
    with pytest.raises(IslandError, match="1 units touch no other, first i1"):
        small(islands=())


def test_one_cluster_on_a_side_gives_no_error() -> None:
    one = small(data=lambda d: d.assign(cluster=d["unit"].where(d["group"] == "b", "same")))
    assert fit_pairs(cross(one, ["y"], "a", ["b"]), "y").standard_error is None


def test_a_two_way_variance_below_nought_gives_no_error() -> None:
    units = ["a1", "a2", "b1", "b2"]
    data = pd.DataFrame({"unit": units, "y": 0.0, "group": ["a", "a", "b", "b"], "cluster": units})
    pairs = pd.DataFrame([(a, b) for a in units[:2] for b in units[2:]], columns=["p", "q"])
    g = graph(data, pairs, ["y"], group="group", cluster="cluster", unit="unit", ends=("p", "q"))
    crossed = cross(g, ["y"], "a", ["b"])
    # Residuals that cancel within every cluster of either side, and not in their crossings.
    crossed.table["y"] = [1.0, -1.0, -1.0, 1.0]
    assert fit_pairs(crossed, "y").standard_error is None


def test_the_shift_is_what_the_treated_group_does_to_placebos() -> None:
    units, pairs = simulate_map(5, effect=0.0, shock=1.0, side=3)
    more = units.assign(outcome=units["outcome"] + (units["group"] == TREATED))
    tests = [
        border_test(
            graph(u, pairs, COLUMNS, group="group", cluster="prefecture", unit="unit", ends=("unit_a", "unit_b")),
            "outcome",
            TREATED,
            group="group",
            controls=["before"],
            smallest=9,
        )
        for u in (units, more)
    ]
    before, after = ({p.group: p for p in (t.treated, *t.placebos)} for t in tests)
    moved = {name: after[name].estimate - p.estimate for name, p in before.items()}
    assert moved == pytest.approx({name: p.shift for name, p in before.items()}, abs=1e-9)
    assert before[TREATED].shift == 1
    assert sum(abs(p.shift) > 0.1 for p in before.values()) == 5  # itself and its four neighbours


def test_without_the_treated_group_nothing_shifts() -> None:
    test = border_test(simulated_graph(1), "outcome", TREATED, group="group", keep_treated=False)
    assert {p.shift for p in test.placebos} == {0.0}
    assert all(TREATED not in p.controls_used for p in test.placebos)


def test_the_placebo_test_finds_a_large_effect_and_no_absent_one() -> None:
    large = border_test(simulated_graph(2, effect=9.0, shock=1.0), "outcome", TREATED, group="group")
    none = border_test(simulated_graph(2, effect=0.0, shock=1.0), "outcome", TREATED, group="group")
    assert large.p_value == large.smallest_p == pytest.approx(1 / 25)
    assert none.p_value > 0.1
    assert large.interval is not None
    assert large.interval[0] > 0


def test_each_neighbour_is_set_against_borders_of_others() -> None:
    g = simulated_graph(4, shock=1.0)
    tests = by_neighbour(g, "outcome", TREATED, fewest=5)
    assert sorted(tests) == reached(g)
    test = tests[reached(g)[0]]
    assert len(test.placebos) == 50 - 4  # each of 25 groups touches four
    assert not any(TREATED in p.group for p in test.placebos)
    rms = np.sqrt(np.mean([p.estimate**2 for p in test.placebos]))
    assert test.detectable == pytest.approx(2.8 * rms)
    overall = fit_pairs(cross(g, ["outcome"], TREATED, reached(g)), "outcome").estimate
    assert overall == pytest.approx(np.mean([t.estimate for t in tests.values()]))  # six pairs with each


def test_balance_by_hand() -> None:
    found = balance(small(), "y", "a", ["b"], group="group")
    assert (found.treated_mean, found.other_mean) == (15.0, 4.25)
    assert found.gap == pytest.approx(10.75 / np.sqrt((50 + 8.916666666666666) / 2))
    assert found.gap_all == pytest.approx((10 - 4.25) / np.sqrt((100 + 8.916666666666666) / 2))


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"columns": ["y", "w"]}, UnknownColumnError, "'w'"),
        ({"ends": ("p", "r")}, UnknownColumnError, "'r'"),
        ({"data": lambda d: d.assign(y=d["y"].replace(3.0, np.inf))}, NonFiniteError, "'y'.*b2"),
        ({"data": lambda d: d.assign(y=d["y"].replace(3.0, np.nan))}, NonFiniteError, "'y'.*b2"),
        ({"data": lambda d: d.assign(cluster=d["cluster"].where(d["unit"] != "b3"))}, NonFiniteError, "b3 has no"),
        ({"data": lambda d: pd.concat([d, d.tail(1)])}, PairError, "i1 stands twice"),
        ({"pairs": lambda p: pd.concat([p, p.iloc[[1]].rename(columns={"p": "q", "q": "p"})])}, PairError, "a1 and b2"),
        ({"pairs": lambda p: p.replace("away", "a1")}, PairError, "a1 is paired with itself"),
    ],
)
def test_bad_units_and_pairs(changes: dict[str, object], error: type[DesignError], message: str) -> None:
    with pytest.raises(error, match=message):
        small(**changes)


def test_a_border_that_does_not_exist() -> None:
    with pytest.raises(NoPairError, match="no unit of group 'a' touches a unit of 'c'"):
        cross(small(), ["y"], "a", ["c"])
    with pytest.raises(NoPairError, match="'a' has 3 units and 4 pairs"):
        border_test(small(), "y", "a", group="group", smallest=3, fewest=5)
    with pytest.raises(NoPairError, match="no border of 5 pairs"):
        by_neighbour(small(), "y", "a")


def test_pairs_that_cannot_carry_a_fit() -> None:
    g = small()
    pairs = cross(g, ["y", "z"], "a", ["b"])
    with pytest.raises(UnknownColumnError, match="'w'"):
        fit_pairs(pairs, "w")
    with pytest.raises(TooFewUnitsError, match="a against b: 4 pairs for 4 coefficients"):
        fit_pairs(pairs, "y", ["z", "z", "z"])
    pairs.table["double"] = 2 * pairs.table["z"] + 1
    with pytest.raises(CollinearityError, match="'double'"):
        fit_pairs(pairs, "y", ["z", "double"])
    pairs.table["still"] = 3.0
    with pytest.raises(NoVariationError, match="differs by 3 in all 4 pairs"):
        fit_pairs(pairs, "still")
    with pytest.raises(CollinearityError, match="'still'"):
        fit_pairs(pairs, "y", ["still"])


def test_too_few_placebos_or_units() -> None:
    with pytest.raises(TooFewPlacebosError, match="1 placebo group"):
        border_test(small(), "y", "a", group="group", smallest=1, fewest=1)
    lone = small(data=lambda d: d[d["unit"].isin(["a1", "b1"])], islands=())
    with pytest.raises(TreatmentError, match="1 and 1 units"):
        balance(lone, "y", "a", ["b"], group="group")
    flat = small(data=lambda d: d.assign(y=1.0))
    with pytest.raises(NoVariationError, match="'y'"):
        balance(flat, "y", "a", ["b"], group="group")


def test_the_recovery_passes_on_a_few_maps() -> None:
    checks = {c.name: c for c in recover(6, 11)}
    assert checks["mean estimate"].passed
    assert all(c.passed for name, c in checks.items() if "pyfixest" in name)


def test_what_is_no_number_matters_on_the_border_only() -> None:
    def noted(unit: str) -> Graph:
        return small(data=lambda d: d.assign(note=[7.0 if u != unit else "seven" for u in d["unit"]]))

    assert list(cross(noted("i1"), ["note"], "a", ["b"]).table["note"]) == [0.0] * 4
    with pytest.raises(NonFiniteError, match="b3"):
        cross(noted("b3"), ["note"], "a", ["b"])
