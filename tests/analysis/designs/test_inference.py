import itertools

import numpy as np
import pytest
import statsmodels.api as sm
from simulated_groups import NAMED, NAMES, NEIGHBOURS, simulated

from analysis.designs import errors
from analysis.designs.inference import infer
from analysis.designs.placebo import placebo_test

EIGHT = {n: tuple(m for m in NAMES[:8] if m != n) for n in NAMES[:8]}


def test_one_treated_group_is_judged_by_placebos_and_says_so() -> None:
    data = simulated(effect=2.0)
    found = infer(data, "y1", ["00"], **NAMED, neighbours=NEIGHBOURS, controls=["z1"], weight="weight")
    test = placebo_test(data, ["y1"], "00", **NAMED, neighbours=NEIGHBOURS, controls=["z1"], weight="weight")["y1"]
    assert found.method == "placebo groups"
    assert "One group is treated" in found.note
    assert "29 others" in found.note
    assert (found.estimate, found.p_value, found.interval) == (test.estimate, test.p_value, test.interval)
    assert found.standard_error == test.treated.standard_error
    assert found.test == test


def by_hand(data, weight: str | None, null: float = 0.0) -> tuple[float, float]:
    """The estimate, and the share of all sign vectors whose statistic is at least as large; the null is imposed."""
    w = np.sqrt(data[weight].to_numpy()) if weight else np.ones(len(data))
    d = data["group"].isin(["00", "03", "05"]).to_numpy() * 1.0
    x = np.column_stack([np.ones(len(data)), data["z1"], d]) * w[:, None]
    y = data["y1"].to_numpy() * w
    groups = data["group"].astype(int).to_numpy()

    def statistic(outcome: np.ndarray) -> tuple[float, float]:
        fit = sm.OLS(outcome, x).fit(
            cov_type="cluster", cov_kwds={"groups": groups, "use_correction": True, "df_correction": True}
        )
        return fit.params[2], (fit.params[2] - null) / fit.bse[2]

    estimate, own = statistic(y)
    restricted = sm.OLS(y - null * x[:, 2], x[:, :2]).fit()
    fitted = restricted.fittedvalues + null * x[:, 2]
    sizes = [
        abs(statistic(fitted + np.array(signs)[groups] * restricted.resid)[1])
        for signs in itertools.product((-1, 1), repeat=8)
    ]
    return estimate, float(np.mean(np.array(sizes) >= abs(own) * (1 - 1e-9)))


@pytest.mark.parametrize("weight", [None, "weight"])
def test_several_treated_groups_get_the_wild_cluster_bootstrap(weight) -> None:
    data = simulated(groups=8, size=12)
    data["y1"] += 2.0 * data["group"].isin(["00", "03", "05"])
    found = infer(data, "y1", ["05", "00", "03"], **NAMED, neighbours=EIGHT, controls=["z1"], weight=weight)
    assert found.method == "wild cluster bootstrap"
    assert "3 of 8 groups are treated" in found.note
    assert "256 draws" in found.note
    estimate, p = by_hand(data, weight)
    assert found.estimate == pytest.approx(estimate, abs=1e-10)
    assert found.p_value == pytest.approx(p)
    assert found.interval is not None
    low, high = found.interval
    assert low < found.estimate < high
    for inside, outside in ((low + 1e-4, low - 1e-4), (high - 1e-4, high + 1e-4)):
        assert by_hand(data, weight, inside)[1] > 0.05
        assert by_hand(data, weight, outside)[1] <= 0.05
    assert infer(data, "y1", ["05", "00", "03"], **NAMED, neighbours=EIGHT, controls=["z1"], weight=weight) == found


def test_draws_have_a_seed_and_p_is_never_nought() -> None:
    data = simulated(groups=20, size=8)
    data["y1"] += 100.0 * data["group"].isin(NAMES[:10])
    everyone = {n: tuple(m for m in NAMES[:20] if m != n) for n in NAMES[:20]}
    first, again, other = (
        infer(data, "y2", NAMES[:10], **NAMED, neighbours=everyone, draws=199, seed=s) for s in (1, 1, 2)
    )
    assert first == again
    assert first.p_value != other.p_value
    sure = infer(data, "y1", NAMES[:10], **NAMED, neighbours=everyone, draws=199)
    assert sure.p_value == pytest.approx(1 / 200)


def test_bad_input_is_named() -> None:
    data = simulated(groups=8, size=12)
    fit = data.assign(y1=data["group"].isin(["00", "01"]) * 1.0)

    def run(frame=data, treated=("00", "01"), neighbours=EIGHT, **how):
        return infer(frame, "y1", treated, **NAMED, neighbours=neighbours, **how)

    few = {n: tuple(m for m in NAMES[:5] if m != n) for n in NAMES[:5]}
    cases = [
        (errors.TreatmentError, "no treated group is named", lambda: run(treated=())),
        (errors.TreatmentError, "no unit is in '77'", lambda: run(treated=("00", "77"))),
        (errors.TooFewClustersError, "2 treated groups and 3 neighbours", lambda: run(neighbours=few)),
        (errors.TooFewClustersError, "7 treated groups and 1 neighbours", lambda: run(treated=NAMES[:7])),
        (errors.UnknownColumnError, "'nope'", lambda: run(controls=["nope"])),
        (errors.NonFiniteError, "first u0", lambda: run(data.assign(y1=np.inf))),
        (errors.NonFiniteError, "unit u0 has a weight", lambda: run(data.assign(weight=-1.0), weight="weight")),
        (errors.CollinearityError, "'z3'", lambda: run(data.assign(z3=data["z1"] * 2), controls=["z1", "z3"])),
        (errors.VarianceError, "no error to divide by", lambda: run(fit)),
        (errors.TooFewPlacebosError, "placebo", lambda: run(data[data["group"].isin(["00", "01"])], treated=["00"], smallest=5)),
    ]  # fmt: skip
    for kind, words, call in cases:
        with pytest.raises(kind, match=words):
            call()
