import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.designs.coverage import Coverage, Shocks, coverage, draw
from analysis.designs.errors import DrawsError, TooFewPlacebosError, TreatmentError
from analysis.designs.placebo import placebo_test
from analysis.designs.regression import fit_ols

GROUPS = 9
RING = {str(g): (str((g - 1) % GROUPS), str((g + 1) % GROUPS)) for g in range(GROUPS)}
HOW = {"group": "group", "cluster": "cluster", "unit": "unit", "neighbours": RING, "smallest": 5}


@pytest.fixture(scope="module")
def units() -> pd.DataFrame:
    """Simulated units of nine groups in a ring, ten clusters each, four units a cluster."""
    g = np.repeat(np.arange(GROUPS), 40)
    return pd.DataFrame(
        {"group": g.astype(str), "cluster": (np.arange(len(g)) // 4).astype(str), "unit": np.arange(len(g))}
    )


def run(units: pd.DataFrame, group_shock: float, **how: object) -> Coverage:
    return coverage(units, Shocks(group_shock, 1.0, 2.0), "0", **(HOW | how))


def test_draws_have_the_sizes_asked_for_and_follow_the_seed() -> None:
    groups, clusters = np.repeat(np.arange(50), 40), np.repeat(np.arange(500), 4)
    drawn = draw(groups, clusters, Shocks(3.0, 2.0, 1.0), 400, seed=1)
    assert drawn.shape == (2000, 400)
    assert drawn.var() == pytest.approx(14, rel=0.02)
    assert np.mean(drawn[0] * drawn[1]) == pytest.approx(13, rel=0.25)  # same cluster
    pairs = drawn.reshape(50, 10, 4, 400)
    assert (pairs[:, 0, 0] * pairs[:, 1, 0]).mean() == pytest.approx(9, rel=0.05)  # same group
    assert (drawn == draw(groups, clusters, Shocks(3.0, 2.0, 1.0), 400, seed=1)).all()
    assert (drawn != draw(groups, clusters, Shocks(3.0, 2.0, 1.0), 400, seed=2)).all()


def test_without_shocks_to_groups_the_clustered_interval_covers_and_with_them_it_does_not(units: pd.DataFrame) -> None:
    without, shaken = run(units, 0.0, draws=2000), run(units, 3.0, draws=2000)
    assert 0.92 < without.crv1.value < 0.97
    assert without.crv1.value <= without.crv3.value < 0.98
    assert shaken.crv1.value < 0.5
    assert without.crv1.error == pytest.approx(np.sqrt(without.crv1.value * (1 - without.crv1.value) / 2000))
    # The groups are alike, so the test by nine of them rejects at 12% in one draw of nine.
    sized = run(units, 3.0, draws=2000, levels=(0.12,))
    assert sized.size[0.12].value == pytest.approx(1 / 9, abs=3 * sized.size[0.12].error)
    assert shaken.size[0.05].value == 0


def test_each_draw_is_judged_as_the_designs_judge_one_outcome(units: pd.DataFrame) -> None:
    shocks = Shocks(1.0, 1.0, 2.0)
    effects = (0.0, 1.5)
    found = coverage(units, shocks, "0", **HOW, draws=12, seed=5, effects=effects, levels=(0.3,))
    groups = units["group"].astype(int).to_numpy()
    # The clusters as `coverage` numbers them: in the order of the groups' and clusters' names.
    clusters = pd.factorize(units["group"] + "|" + units["cluster"], sort=True)[0]
    drawn = draw(groups, clusters, shocks, 12, seed=5)
    held, rejected, power_crv1 = 0, 0, 0
    mine = units["group"] == "0"
    for i in range(12):
        data = units.assign(y=drawn[:, i], treated=mine.astype(int))
        near = data[data["group"].isin(["0", *RING["0"]])]
        fit = fit_ols(near, "y", "treated", cluster="cluster", unit="unit").coefficients["treated"]
        held += fit.interval[0] <= 0 <= fit.interval[1]
        test = placebo_test(data, ["y"], "0", **HOW)["y"]
        rejected += test.p_value <= 0.3
        moved = data.assign(y=data["y"] + 1.5 * mine)
        near = moved[moved["group"].isin(["0", *RING["0"]])]
        power_crv1 += (
            fit_ols(near, "y", "treated", cluster="cluster", unit="unit").coefficients["treated"].p_value < 0.05
        )
    assert found.crv1.value == held / 12
    assert found.size[0.3].value == rejected / 12
    assert found.power_crv1[1.5].value == power_crv1 / 12
    assert (found.clusters, found.placebos) == (30, GROUPS - 1)


def test_an_effect_moves_every_estimate_as_if_it_had_been_drawn(units: pd.DataFrame) -> None:
    data = units.assign(y=np.random.default_rng(1).normal(size=len(units)))
    plain = placebo_test(data, ["y"], "0", **HOW)["y"]
    moved = placebo_test(data.assign(y=data["y"] + 2.5 * (data["group"] == "0")), ["y"], "0", **HOW)["y"]
    for before, after in zip((plain.treated, *plain.placebos), (moved.treated, *moved.placebos), strict=True):
        assert after.estimate == pytest.approx(before.estimate + 2.5 * before.shift)


def test_power_rises_from_the_size_to_one_and_follows_the_normal_law(units: pd.DataFrame) -> None:
    found = run(units, 0.0, draws=2000, effects=(0.0, 1.0, 2.0, 20.0))
    crv1 = [r.value for r in found.power_crv1.values()]
    assert crv1 == sorted(crv1)
    assert crv1[0] == pytest.approx(1 - found.crv1.value)
    assert crv1[-1] == 1
    variance = (1 + 4 / 4) / 10 * (1 + 1 / 2)  # of a mean of ten clusters less a mean of twenty
    expected = stats.norm.sf(1.96 - 1 / np.sqrt(variance))
    assert crv1[1] == pytest.approx(expected, abs=0.05)


def test_more_draws_than_a_batch_are_all_counted(units: pd.DataFrame) -> None:
    assert run(units, 0.0, draws=501).crv1.draws == 501


@pytest.mark.parametrize(
    ("shocks", "draws"),
    [(Shocks(-1.0, 1, 1), 10), (Shocks(1, 1, 0), 10), (Shocks(1, 1, 1), 1), (Shocks(1, np.inf, 1), 9)],
)
def test_draws_that_cannot_be_made_are_refused(units: pd.DataFrame, shocks: Shocks, draws: int) -> None:
    with pytest.raises(DrawsError, match=f"{draws} draws"):
        coverage(units, shocks, "0", **HOW, draws=draws)


def test_bad_input_is_named(units: pd.DataFrame) -> None:
    with pytest.raises(TreatmentError, match="'99'"):
        coverage(units, Shocks(1, 1, 1), "99", **HOW, draws=10)
    with pytest.raises(TooFewPlacebosError, match="1 placebo group"):
        coverage(units[units["group"].isin(["0", "1"])], Shocks(1, 1, 1), "0", **HOW, draws=10)
    lone = units.assign(cluster=units["cluster"].where(units["group"] != "0", "only"))
    with pytest.raises(TooFewPlacebosError, match="fewer than two treated clusters"):
        coverage(lone, Shocks(1, 1, 1), "0", **HOW, draws=10)
