import numpy as np
import pandas as pd
import pyfixest
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from simulated_groups import NAMED, NAMES, NEIGHBOURS, simulated

from analysis.designs import errors
from analysis.designs.placebo import (
    DETECTABLE,
    Placement,
    all_placements,
    eligible,
    invert,
    jackknife_errors,
    judge,
    leave_one_out,
    moments,
    place,
    placebo_test,
)

# pyfixest 0.60 calls pandas in a way that pandas 4 will drop.
pytestmark = pytest.mark.filterwarnings("ignore:The inplace keyword:DeprecationWarning")


def theirs(data: pd.DataFrame, outcome: str, name: str, others, controls, weight, vcov: str):
    here = data[data["group"].isin([name, *others])].assign(
        d=lambda f: (f["group"] == name) * 1.0, both=lambda f: f["group"] + f["cluster"]
    )
    formula = " + ".join([f"{outcome} ~ d", *controls])
    return pyfixest.feols(formula, here, vcov={vcov: "both"}, weights=weight)


@pytest.mark.parametrize("controls", [(), ("z1", "z2")])
@pytest.mark.parametrize("weight", [None, "weight"])
@pytest.mark.parametrize("name", ["00", "07"])
def test_the_same_as_pyfixest(controls, weight, name: str) -> None:
    data = simulated()
    m = moments(data, ["y1", "y2"], "00", **NAMED, controls=controls, weight=weight)
    others = NEIGHBOURS[name]
    cubes = jackknife_errors(m, name, others)
    for i, (outcome, ours) in enumerate(zip(("y1", "y2"), place(m, name, others), strict=True)):
        fit = theirs(data, outcome, name, others, controls, weight, "CRV1")
        assert ours.estimate == pytest.approx(fit.coef()["d"], abs=1e-10)
        assert ours.standard_error == pytest.approx(fit.se()["d"], abs=1e-10)
        jackknife = theirs(data, outcome, name, others, controls, weight, "CRV3")
        # pyfixest's CRV3 has CRV1's small-sample factor where the cluster jackknife has (G-1)/G.
        g, n, k = 20, 120, 2 + len(controls)
        aligned = ((g - 1) / g / (g / (g - 1) * (n - 1) / (n - k))) ** 0.5
        assert cubes[i] == pytest.approx(aligned * jackknife.se()["d"], abs=1e-10)
        assert (ours.treated_units, ours.units, ours.treated_clusters, ours.clusters) == (24, 120, 4, 20)
        assert ours.controls_used == others


def test_leaving_out_a_cluster_is_refitting_without_it() -> None:
    data = simulated()
    m = moments(data, ["y1", "y2"], "00", **NAMED, controls=["z1"])
    found = leave_one_out(m, "00", NEIGHBOURS["00"])
    assert len(found) == 20
    for position, (group, cluster) in [(0, ("00", "0")), (5, ("01", "1")), (19, ("29", "3"))]:
        rest = data[~((data["group"] == group) & (data["cluster"] == cluster))]
        fit = theirs(rest, "y2", "00", NEIGHBOURS["00"], ["z1"], None, "CRV1")
        assert found.index[position] == cluster
        assert found["y2"].iloc[position] == pytest.approx(fit.coef()["d"], abs=1e-10)


def test_shift_is_how_the_estimate_moves_with_the_treated_groups_outcome() -> None:
    data = simulated()
    raised = data.assign(y1=data["y1"] + 3.0 * (data["group"] == "00"))
    before = placebo_test(data, ["y1"], "00", **NAMED, neighbours=NEIGHBOURS, controls=["z1"])["y1"]
    after = placebo_test(raised, ["y1"], "00", **NAMED, neighbours=NEIGHBOURS, controls=["z1"])["y1"]
    assert before.treated.shift == pytest.approx(1)
    for one, other in zip(before.placebos, after.placebos, strict=True):
        assert other.estimate - one.estimate == pytest.approx(3 * one.shift, abs=1e-9)
        assert (one.shift != 0) == ("00" in one.controls_used)


def test_p_values_and_power_by_their_definitions() -> None:
    data = simulated(seed=3, effect=0.8)
    test = placebo_test(data, ["y1"], "00", **NAMED, neighbours=NEIGHBOURS, controls=["z1"])["y1"]
    sizes = [abs(theirs(data, "y1", n, NEIGHBOURS[n], ["z1"], None, "CRV1").coef()["d"]) for n in NAMES]
    ratios = [abs(theirs(data, "y1", n, NEIGHBOURS[n], ["z1"], None, "CRV1").tstat()["d"]) for n in NAMES]
    assert test.p_value == pytest.approx(np.mean([s >= sizes[0] - 1e-9 for s in sizes]))
    assert test.p_studentized == pytest.approx(np.mean([r >= ratios[0] - 1e-9 for r in ratios]))
    assert test.smallest_p == pytest.approx(1 / 30)
    assert test.studentized_placebos == len(test.placebos) == 29
    assert test.detectable == pytest.approx(DETECTABLE * np.std([p.estimate for p in test.placebos], ddof=1))


def test_a_known_effect_lies_in_the_interval_and_a_true_null_is_seldom_rejected() -> None:
    covered, rejected = 0, 0
    for seed in range(60):
        data = simulated(seed=seed, effect=2.0, size=12)
        test = placebo_test(data, ["y1"], "00", **NAMED, neighbours=NEIGHBOURS, smallest=10)["y1"]
        assert test.interval is not None
        covered += test.interval[0] <= 2.0 <= test.interval[1]
        null = placebo_test(
            data.assign(y1=data["y1"] - 2.0 * (data["group"] == "00")),
            ["y1"], "00", **NAMED, neighbours=NEIGHBOURS, smallest=10,
        )["y1"]  # fmt: skip
        rejected += null.p_value <= 0.05
    assert covered >= 53
    assert rejected <= 7


def test_the_interval_is_wider_than_one_that_forgets_shocks_to_groups() -> None:
    test = placebo_test(simulated(shocks=3.0), ["y1"], "00", **NAMED, neighbours=NEIGHBOURS)["y1"]
    assert test.interval is not None
    assert test.treated.standard_error is not None
    assert test.interval[1] - test.interval[0] > 2 * 2 * 1.96 * test.treated.standard_error


def p_of(treated: float, estimates, shifts, effect: float) -> float:
    """The placebo test's p-value of an effect, by definition."""
    own = abs(treated - effect)
    size = 1e-9 * (abs(treated) + abs(effect))
    sizes = [abs(a - w * effect) for a, w in zip(estimates, shifts, strict=True)]
    return (1 + sum(s >= own - size for s in sizes)) / (len(sizes) + 1)


NUMBERS = st.integers(-40, 40).map(lambda i: i / 4)
SHIFTS = st.sampled_from([0.0, 0.0, -0.25, -0.5, 0.5, -1.0, 1.0, -1.5, 2.0])


@given(NUMBERS, st.lists(st.tuples(NUMBERS, SHIFTS), min_size=1, max_size=30), st.sampled_from([0.8, 0.9, 0.95]))
@example(1.0, [(0.5, 0.0)] * 18, 0.95)
@example(1.0, [(0.5, 0.0)] * 19, 0.95)
@example(1.0, [(1.0, -1.0)] * 30, 0.95)
def test_the_interval_holds_exactly_what_the_test_does_not_reject(treated, pairs, level) -> None:
    estimates, shifts = np.array([a for a, _ in pairs]), np.array([w for _, w in pairs])
    found = invert(treated, estimates, shifts, level)
    alpha = 1 - level
    # All changes of p lie within 100: an estimate of 10 and a shift of 0.75 or further from one cross below 80.
    grid = np.arange(-200, 200, 0.37)
    kept = [t for t in grid if p_of(treated, estimates, shifts, t) > alpha + 1e-9]
    if found is None:
        unbounded = (
            p_of(treated, estimates, shifts, 1e4) > alpha + 1e-9,
            p_of(treated, estimates, shifts, -1e4) > alpha + 1e-9,
        )
        assert any(unbounded)
        return
    low, high = found
    assert low <= treated <= high
    assert all(low - 1e-6 <= t <= high + 1e-6 for t in kept)
    for end, outward in ((low, -1), (high, 1)):
        assert p_of(treated, estimates, shifts, end) > alpha
        assert p_of(treated, estimates, shifts, end + outward * 1e-4) <= alpha + 1e-9


def test_too_few_placebos_bound_no_interval() -> None:
    estimates = np.linspace(-1, 1, 18)
    assert invert(0.5, estimates, np.zeros(18), 0.95) is None
    assert invert(0.5, np.append(estimates, 1.5), np.zeros(19), 0.95) == pytest.approx((-1.0, 2.0))


def test_ties_count_against_the_treated_group() -> None:
    placed = [placement("a", 2.0), placement("b", -2.0), placement("c", 2.0 + 1e-12), placement("d", 1.0)]
    test = judge(placed, "a")
    assert test.p_value == pytest.approx(3 / 4)
    assert judge([placement("a", 0.0), *placed[1:]], "a").p_value == 1


def placement(group: str, estimate: float, error: float | None = None, shift: float = 0.0) -> Placement:
    return Placement(group, estimate, error, shift, 5, 20, 2, 6, ("x",))


def test_groups_without_an_error_stay_out_of_the_studentized_p() -> None:
    placed = [placement("a", 2.0, 1.0), placement("b", 1.0, 0.1), placement("c", 9.0), placement("d", 1.0, 1.0)]
    test = judge(placed, "a")
    assert test.studentized_placebos == 2
    assert test.p_studentized == pytest.approx(2 / 3)
    assert judge([placement("a", 2.0), *placed[1:]], "a").p_studentized is None


def test_the_treated_group_can_leave_the_controls_of_others() -> None:
    data = simulated(effect=50.0)
    kept, without = (
        placebo_test(data, ["y1"], "00", **NAMED, neighbours=NEIGHBOURS, keep_treated=keep)["y1"]
        for keep in (True, False)
    )
    assert without.estimate == pytest.approx(kept.estimate)
    assert all("00" not in p.controls_used and p.shift == 0 for p in without.placebos)
    touching = {p.group: p.estimate for p in kept.placebos}["01"]
    own = next(p for p in without.placebos if p.group == "01")
    expected = theirs(data, "y1", "01", [n for n in NEIGHBOURS["01"] if n != "00"], [], None, "CRV1").coef()["d"]
    assert own.estimate == pytest.approx(expected, abs=1e-10)
    assert touching < own.estimate - 5
    assert without.detectable < kept.detectable


def test_a_group_whose_only_neighbour_is_treated_is_left_out_then() -> None:
    neighbours = NEIGHBOURS | {"05": ("00",)}
    found = [
        placebo_test(simulated(), ["y1"], "00", **NAMED, neighbours=neighbours, keep_treated=keep)["y1"]
        for keep in (True, False)
    ]
    assert ["05" in {p.group for p in test.placebos} for test in found] == [True, False]


def test_small_groups_are_controls_but_no_placebos() -> None:
    data = simulated()
    data = data[~((data["group"] == "01") & (data.groupby("group").cumcount() >= 19))]
    candidates = eligible(data, "00", group="group", neighbours=NEIGHBOURS, smallest=20)
    assert "01" not in candidates
    assert "01" in candidates["00"]
    placed = all_placements(moments(data, ["y1"], "00", **NAMED), candidates, "00")["y1"]
    assert {p.group for p in placed} == set(NAMES) - {"01"}


def test_a_clusters_name_counts_within_its_group() -> None:
    data = simulated().replace({"group": {"00": "0|0"}})
    m = moments(data, ["y1"], "0|0", **NAMED)
    assert len(m.clusters) == 120
    assert set(m.groups) == {"0|0", *NAMES[1:]}


def run(data: pd.DataFrame, **how):
    neighbours = how.pop("neighbours", NEIGHBOURS)
    return placebo_test(
        data, how.pop("outcomes", ["y1"]), how.pop("treated", "00"), **NAMED, neighbours=neighbours, **how
    )


def hole(data: pd.DataFrame, column: str, value: object) -> pd.DataFrame:
    changed = data.copy()
    changed[column] = changed[column].astype(object)
    changed.loc[7, column] = value
    return changed


def test_bad_input_is_named() -> None:
    data = simulated()
    alone = data.assign(cluster=data["cluster"].where(data["group"] != "00", "one"))
    cases = [
        (errors.UnknownColumnError, "'nope'", lambda: run(data, outcomes=["nope"])),
        (errors.NonFiniteError, "'y1'.*first u7", lambda: run(hole(data, "y1", np.nan))),
        (errors.NonFiniteError, "'z1'.*first u7", lambda: run(hole(data, "z1", -np.inf), controls=["z1"])),
        (errors.NonFiniteError, "'cluster': unit u7", lambda: run(hole(data, "cluster", None))),
        (errors.NonFiniteError, "unit u7 has a weight", lambda: run(hole(data, "weight", 0.0), weight="weight")),
        (errors.NoVariationError, "'y1': all 720", lambda: run(data.assign(y1=1.0))),
        (errors.TreatmentError, "'99' has 0 units", lambda: run(data, treated="99")),
        (errors.TreatmentError, "0 neighbours", lambda: run(data, neighbours=NEIGHBOURS | {"00": ()})),
        (errors.TreatmentError, "720 of 720", lambda: moments(data.assign(group="00"), ["y1"], "00", **NAMED)),
        (errors.CollinearityError, "'flat' is the same", lambda: run(data.assign(flat=0.1), controls=["flat"])),
        (
            errors.CollinearityError,
            "'(z1|double)' is the same for all units or a combination",
            lambda: run(data.assign(double=2 * data["z1"] + 1), controls=["z1", "double"]),
        ),
        (
            errors.CollinearityError,
            "'part' is the same",
            lambda: run(data.assign(part=(data["group"] == "15") * 1.0), controls=["z1", "part"]),
        ),
        (
            errors.CollinearityError,
            "tell the groups apart",
            lambda: run(data.assign(own=(data["group"] == "00") * 1.0), controls=["own"]),
        ),
        (errors.TooFewUnitsError, "3 units for 3", lambda: run(data.groupby("group").head(1)[lambda d: d["group"].isin(["00", "01", "02"])], controls=["z1"], smallest=1)),
        (errors.TooFewUnitsError, "against nobody", lambda: place(moments(data, ["y1"], "00", **NAMED), "00", [])),
        (errors.TooFewUnitsError, "cluster one holds all treated", lambda: leave_one_out(moments(alone, ["y1"], "00", **NAMED), "00", ["01"])),
        (errors.TooFewUnitsError, "cluster one holds all untreated", lambda: leave_one_out(moments(alone, ["y1"], "00", **NAMED), "01", ["00"])),
        (errors.TooFewPlacebosError, "1 placebo group", lambda: run(data[data["group"].isin(["00", "01"])])),
        (errors.NoPlacementError, "'a' is not among", lambda: judge([placement("b", 1.0)], "a")),
        (errors.NonFiniteError, "group 'b'", lambda: judge([placement("a", 1.0), placement("b", np.nan)], "a")),
        (errors.NoVariationError, "all 2 placebo", lambda: judge([placement(g, 1.0) for g in "abc"], "a")),
    ]  # fmt: skip
    for kind, words, call in cases:
        with pytest.raises(kind, match=words):
            call()


def test_a_cluster_that_alone_makes_a_control_vary_is_named() -> None:
    data = simulated()
    only = (data["group"] == "01") & (data["cluster"] == "2")
    m = moments(data.assign(rare=only * 1.0), ["y1"], "00", **NAMED, controls=["rare"])
    with pytest.raises(errors.CollinearityError, match="without cluster 2 the controls"):
        leave_one_out(m, "00", NEIGHBOURS["00"])


def test_one_treated_cluster_has_no_clustered_error() -> None:
    data = simulated().assign(cluster=lambda d: d["cluster"].where(d["group"] != "00", "one"))
    test = run(data)["y1"]
    assert test.treated.standard_error is None
    assert test.p_studentized is None
    assert test.interval is not None
