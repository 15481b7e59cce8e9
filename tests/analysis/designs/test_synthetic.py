"""Synthetic difference-in-differences against a quadratic programme of our own, and on input that cannot carry it."""

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize

from analysis.designs import errors
from analysis.designs.synthetic import synthetic_did, synthetic_placebos
from analysis.validation.recover_event_study import AFTER, BASE, TREATED, YEARS, recover, simulate_panel

BEFORE = tuple(y for y in YEARS if y <= BASE)


@pytest.fixture(scope="module")
def panel() -> tuple[pd.DataFrame, pd.Series]:
    data = simulate_panel(11, groups=5, units=4, prefectures=2, shock=0.3)
    groups = data.drop_duplicates("unit").set_index("unit")["group"]
    return data.pivot(index="unit", columns="year", values="outcome"), groups


def simplex(matrix: np.ndarray, target: np.ndarray, penalty: float) -> np.ndarray:
    """Weights on the simplex that bring the columns, their means taken off, near the target: by SLSQP."""
    a, b = matrix - matrix.mean(axis=0), target - target.mean()
    rows, columns = a.shape

    def loss(w: np.ndarray) -> float:
        return float(((a @ w - b) ** 2).sum() / rows + penalty**2 * (w**2).sum())

    def gradient(w: np.ndarray) -> np.ndarray:
        return 2 * a.T @ (a @ w - b) / rows + 2 * penalty**2 * w

    found = minimize(
        loss, np.full(columns, 1 / columns), jac=gradient, method="SLSQP", bounds=[(0, 1)] * columns,
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1, "jac": np.ones_like},
        options={"ftol": 1e-14, "maxiter": 2000},
    )  # fmt: skip
    assert found.success
    return found.x


def test_weights_and_estimate_are_those_of_a_quadratic_programme(panel) -> None:
    wide, groups = panel
    treated, donors = list(groups.index[groups == TREATED]), list(groups.index[groups != TREATED])
    found = synthetic_did(wide, treated, donors, before=BEFORE, after=AFTER)
    y0, y1 = wide.loc[donors, list(BEFORE)].to_numpy().T, wide.loc[donors, list(AFTER)].to_numpy().T
    own = wide.loc[treated].mean()
    noise = np.diff(y0, axis=0).std(ddof=1)
    omega = simplex(y0, own[list(BEFORE)].to_numpy(), (len(treated) * len(AFTER)) ** 0.25 * noise)
    time = simplex(y0.T, y1.mean(axis=0), 1e-6 * noise)
    gap = own[list(AFTER)].mean() - y1.mean(axis=0) @ omega
    estimate = gap - time @ (own[list(BEFORE)].to_numpy() - y0 @ omega)
    # Frank-Wolfe stops when a step gains less than 1e-5 of the noise, squared: weights agree to about 1e-3.
    assert [found.unit_weights.get(u, 0.0) for u in donors] == pytest.approx(omega, abs=2e-3)
    assert list(found.time_weights.values()) == pytest.approx(time, abs=5e-3)
    assert found.estimate == pytest.approx(estimate, abs=5e-3 * noise)
    assert sum(found.unit_weights.values()) == pytest.approx(1)
    missed = own[list(BEFORE)].to_numpy() - y0 @ omega
    assert found.misfit == pytest.approx(missed.std(), abs=1e-2 * noise)


def test_donors_alike_get_equal_weights_and_the_estimate_is_a_difference_in_differences() -> None:
    random = np.random.default_rng(2)
    path = np.array([0.0, 1.0, 0.5, 2.0, 3.0, 3.0])
    levels = np.array([5.0, 1.0, 2.0, 3.0, 4.0, 6.0])
    wide = pd.DataFrame(levels[:, None] + path, index=list("tabcde"), columns=range(2000, 2006))
    wide.loc["t", [2004, 2005]] += 1.25
    wide += 1e-9 * random.normal(size=wide.shape)
    found = synthetic_did(wide, ["t"], list("abcde"), before=range(2000, 2004), after=[2004, 2005])
    assert found.estimate == pytest.approx(1.25, abs=1e-6)
    assert list(found.unit_weights.values()) == pytest.approx([0.2] * 5, abs=1e-3)


def test_placebo_provinces_do_not_see_the_treated_ones_effect(panel) -> None:
    wide, groups = panel
    test, fits = synthetic_placebos(wide, groups, TREATED, before=BEFORE, after=AFTER, smallest=4)
    lifted = wide.copy()
    lifted.loc[groups == TREATED, list(AFTER)] += 10.0
    more, _ = synthetic_placebos(lifted, groups, TREATED, before=BEFORE, after=AFTER, smallest=4)
    assert more.estimate == pytest.approx(test.estimate + 10, abs=1e-6)
    assert [p.estimate for p in more.placebos] == [p.estimate for p in test.placebos]
    assert {p.group for p in test.placebos} == {"g01", "g02", "g03", "g04"}
    assert more.p_value == more.smallest_p == pytest.approx(1 / 5)
    assert test.p_studentized is None
    assert not any(u.startswith("u00") for u in fits["g01"].unit_weights)
    assert any(u.startswith("u04") for u in fits["g01"].unit_weights)


def test_bad_input_is_named(panel) -> None:
    wide, groups = panel
    inside, donors = list(groups.index[groups == TREATED]), list(groups.index[groups != TREATED])

    def run(table=wide, treated=inside, others=donors, before=BEFORE, after=AFTER):
        return synthetic_did(table, treated, others, before=before, after=after)

    with pytest.raises(errors.PanelError, match="no year 1999"):
        run(before=(1999, 2006))
    with pytest.raises(errors.PanelError, match="two or more years before"):
        run(before=(2015,))
    with pytest.raises(errors.PanelError, match="all earlier"):
        run(before=(2006, 2019))
    with pytest.raises(errors.TreatmentError, match="no treated unit"):
        run(treated=[])
    with pytest.raises(errors.TreatmentError, match="u0000"):
        run(others=[*donors, "u0000"])
    with pytest.raises(errors.TreatmentError, match="nowhere"):
        run(others=[*donors, "nowhere"])
    with pytest.raises(errors.NoDonorsError, match="1 donor for 4 treated"):
        run(others=donors[:1])
    holed = wide.copy()
    holed.loc["u0102", 2010] = np.nan
    with pytest.raises(errors.NonFiniteError, match="2010: 1 of 20 units have no finite value, first u0102"):
        run(holed)
    flat = wide.copy()
    flat.loc[donors] = 1.0
    with pytest.raises(errors.NoVariationError, match="one and the same value"):
        run(flat)
    with pytest.raises(errors.TreatmentError, match="has 4 units; it needs 5"):
        synthetic_placebos(wide, groups, TREATED, before=BEFORE, after=AFTER, smallest=5)
    with pytest.raises(errors.TreatmentError, match="u0000 has no group"):
        synthetic_placebos(wide, groups.drop("u0000"), TREATED, before=BEFORE, after=AFTER, smallest=2)


def test_simulated_effects_come_back() -> None:
    failed = [c for c in recover(draws=8, seed=1) if not c.passed]
    assert failed == []
