"""Formulae of power against simulated data, textbook cases and each other."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats

from analysis.designs.coverage import Shocks, draw
from analysis.designs.errors import (
    DrawsError,
    LevelError,
    PanelError,
    TooFewClustersError,
    TooFewUnitsError,
    TreatmentError,
)
from analysis.designs.power import (
    Persistence,
    between_groups,
    covariance_of_changes,
    from_correlation,
    multiplier,
    relative_error,
    units_by_lot,
    variance_of_mean,
    within_group,
)

SHOCKS = Shocks(3.4, 2.8, 5.5)
GROUPS = {f"{i}": [4 + (i + j) % 5 for j in range(5 + i % 3)] for i in range(14)}
DRAWS = 4000
POWER = 0.80
WITHIN = 0.025  # three Monte Carlo errors of a share of 0.8, and a little for what a formula approximates


def numbered(groups: dict[str, list[int]]) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """The group and the cluster of each unit."""
    sizes = [(g, n) for g, clusters in enumerate(groups.values()) for n in clusters]
    of_groups = np.repeat([g for g, _ in sizes], [n for _, n in sizes])
    of_clusters = np.repeat(np.arange(len(sizes)), [n for _, n in sizes])
    return of_groups, of_clusters


def rejections(t: npt.NDArray[np.float64], degrees: int) -> float:
    return float((np.abs(t) > stats.t.ppf(0.975, degrees)).mean())


def two_means(
    values: npt.NDArray[np.float64], chosen: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Difference of the means of rows, chosen less others, and its pooled error; a column a draw."""
    a, b = values[chosen], values[~chosen]
    degrees = len(a) + len(b) - 2
    pooled = (((a - a.mean(axis=0)) ** 2).sum(axis=0) + ((b - b.mean(axis=0)) ** 2).sum(axis=0)) / degrees
    return a.mean(axis=0) - b.mean(axis=0), np.sqrt(pooled * (1 / len(a) + 1 / len(b)))


def test_multiplier_of_the_normal_distribution_is_bloom_s() -> None:
    assert multiplier() == pytest.approx(2.80, abs=0.002)
    assert multiplier(level=0.10, power=0.9) == pytest.approx(1.6449 + 1.2816, abs=1e-3)


@pytest.mark.parametrize("degrees", [1, 2, 7, 23, 400])
def test_multiplier_of_t_has_its_power_in_draws(degrees: int) -> None:
    random = np.random.default_rng(degrees)
    z = random.standard_normal(400_000) + multiplier(degrees)
    t = z / np.sqrt(random.chisquare(degrees, 400_000) / degrees)
    assert rejections(t, degrees) == pytest.approx(POWER, abs=0.003)


def test_few_degrees_of_freedom_cost_power() -> None:
    assert multiplier(3) > multiplier(10) > multiplier(100) > multiplier()


@pytest.mark.parametrize("treated", [1, 3, 7])
def test_between_groups_is_what_simulated_groups_show(treated: int) -> None:
    design = between_groups(GROUPS, treated, SHOCKS)
    groups, clusters = numbered(GROUPS)
    outcomes = draw(groups, clusters, SHOCKS, DRAWS, seed=7)
    means = np.array([outcomes[groups == g].mean(axis=0) for g in range(len(GROUPS))])
    random = np.random.default_rng(11)
    t, estimates = np.empty(DRAWS), np.empty(DRAWS)
    for i in range(DRAWS):
        chosen = np.zeros(len(GROUPS), dtype=bool)
        chosen[random.permutation(len(GROUPS))[:treated]] = True
        difference, error = two_means(means[:, [i]], chosen)
        t[i], estimates[i] = ((difference + design.detectable) / error)[0], difference[0]
    assert estimates.std() == pytest.approx(design.standard_error, rel=0.04)
    assert design.degrees is not None
    assert rejections(t, design.degrees) == pytest.approx(POWER, abs=WITHIN)


@pytest.mark.parametrize("early", [[(30, 46)], [(9, 30), (21, 16)]], ids=["by lot", "in strata"])
def test_within_group_is_what_lots_show(early: list[tuple[int, int]]) -> None:
    sizes = [4, 8, 11, 9, 7, 5, 6, 4, 8, 9, 1, 2, 2]
    design = within_group(early, sizes, SHOCKS)
    groups, clusters = numbered({"only": sizes})
    outcomes = draw(groups, clusters, Shocks(50.0, SHOCKS.cluster, SHOCKS.unit), DRAWS, seed=3)
    random = np.random.default_rng(5)
    t, estimates = np.empty(DRAWS), np.empty(DRAWS)
    strata = np.repeat(np.arange(len(early)), [sum(s) for s in early])
    dummies = (strata[:, None] == np.arange(len(early))).astype(float)
    for i in range(DRAWS):
        # Strata and lots fall anywhere among clusters.
        y = outcomes[random.permutation(len(groups)), i]
        first = np.concatenate([random.permutation(np.repeat([1.0, 0.0], s)) for s in early])
        x = np.column_stack([first, dummies])
        coefficients, rest, _, _ = np.linalg.lstsq(x, y + design.detectable * first, rcond=None)
        error = np.sqrt(rest[0] / (len(y) - x.shape[1]) * np.linalg.inv(x.T @ x)[0, 0])
        t[i], estimates[i] = coefficients[0] / error, coefficients[0] - design.detectable
    assert estimates.std() == pytest.approx(design.standard_error, rel=0.04)
    assert design.degrees is not None
    assert rejections(t, design.degrees) == pytest.approx(POWER, abs=WITHIN)


def test_the_shock_to_the_group_cancels_within_it() -> None:
    one = within_group([(30, 46)], [38, 38], SHOCKS)
    assert one == within_group([(30, 46)], [38, 38], Shocks(99.0, SHOCKS.cluster, SHOCKS.unit))
    assert within_group([(30, 46)], [38, 38], SHOCKS, contrast=0.25).detectable == pytest.approx(4 * one.detectable)


def test_a_stratum_of_one_kind_says_nothing() -> None:
    sizes = [10] * 10
    both = within_group([(20, 20), (60, 0)], sizes, SHOCKS)
    assert both.standard_error == pytest.approx(np.sqrt((2.8**2 * 90 / 99 + 5.5**2) / 10))
    assert both.degrees == 38
    assert within_group([(80, 20)], sizes, SHOCKS).standard_error < both.standard_error


def test_equal_clusters_give_the_toolkit_s_formula() -> None:
    """Duflo, Glennerster and Kremer (2007), equation 12, with groups of equal size as what is drawn."""
    size, count, share = 20, 16, 0.5
    total = 3.0**2 + 4.0**2
    correlation = 3.0**2 / total
    error = (
        np.sqrt(1 / (share * (1 - share) * count)) * np.sqrt(correlation + (1 - correlation) / size) * np.sqrt(total)
    )
    design = between_groups({f"{i}": [size] for i in range(count)}, 8, Shocks(3.0, 0.0, 4.0))
    assert design.standard_error == pytest.approx(error)
    assert design.degrees == 14


def test_variance_of_a_mean_never_falls_below_the_group_s_own() -> None:
    assert variance_of_mean([2, 2], Shocks(1.0, 2.0, 4.0)) == pytest.approx(1 + 4 / 2 + 16 / 4)
    assert variance_of_mean([1000] * 1000, SHOCKS) == pytest.approx(SHOCKS.group**2, rel=0.001)


def test_units_by_lot_are_as_many_as_within_group_needs() -> None:
    effect = 2.0
    count = units_by_lot(effect, SHOCKS)
    half = count // 2
    assert within_group([(half, count - half)], [1] * count, SHOCKS).detectable == pytest.approx(effect, rel=0.01)
    assert within_group([(half - 20, half - 20)], [1] * (2 * half - 40), SHOCKS).detectable > effect


def test_two_counts_a_span_apart_are_the_measure() -> None:
    for persistence in (from_correlation(0.0), from_correlation(-0.5), from_correlation(0.3)):
        assert relative_error([2010, 2020], [0, 1], persistence, 10) == pytest.approx(1)
        assert relative_error([2010, 2020], [0, 0.5], persistence, 10) == pytest.approx(2)


def test_a_third_count_helps_as_the_correlation_of_changes_says() -> None:
    """With changes of variance one and correlation r, GLS on (1, a) gives (1 - r^2) / (1 - 2ar + a^2)."""
    for r in (-0.5, -0.2, 0.0, 0.4):
        for a in (0.0, 1.0):
            expected = np.sqrt((1 - r**2) / (1 - 2 * a * r + a**2))
            found = relative_error([2010, 2020, 2030], [0, 1, 1 + a], from_correlation(r), 10)
            assert found == pytest.approx(expected), (r, a)


def test_what_passes_averages_out_as_means_of_rounds_do() -> None:
    """McKenzie (2012): m rounds before and r after, uncorrelated, have variance (1/m + 1/r) of a round's."""
    years = list(range(2011, 2021))
    found = relative_error(years, [0.0] * 6 + [1.0] * 4, Persistence(0.0, 1.0, 0.0), 10)
    assert found == pytest.approx(np.sqrt((1 / 6 + 1 / 4) / 2))


def test_what_lasts_counts_only_while_the_effect_grows() -> None:
    at_once = relative_error(list(range(2011, 2021)), [0.0] * 6 + [1.0] * 4, from_correlation(0.0), 10)
    assert at_once == pytest.approx(np.sqrt(1 / 10))
    slow = relative_error(list(range(2011, 2022)), [0.0] * 7 + [0.25, 0.5, 0.75, 1.0], from_correlation(0.0), 10)
    assert slow == pytest.approx(np.sqrt(4 / 10))


@pytest.mark.parametrize("correlation", [-0.5, 0.0, 0.35])
def test_relative_error_is_the_spread_of_the_estimator_in_draws(correlation: float) -> None:
    years, path = np.arange(2011.0, 2021.0), np.array([0, 0, 0, 0, 0, 0, 0.2, 0.5, 0.8, 1.0])
    persistence = from_correlation(correlation)
    random = np.random.default_rng(2)
    count = 40_000
    lasting = np.sqrt(persistence.lasting / 10) * np.cumsum(random.standard_normal((len(years), count)), axis=0)
    passing = np.sqrt(persistence.passing / 2) * random.standard_normal((len(years), count))
    drifting = np.sqrt(persistence.drifting) / 10 * (years - 2000)[:, None] * random.standard_normal(count)
    levels = lasting + passing + drifting + 7.0
    assert np.corrcoef(np.diff(levels, axis=0)[:2])[0, 1] == pytest.approx(
        covariance_of_changes(years, persistence, 10)[0, 1] / covariance_of_changes(years, persistence, 10)[0, 0],
        abs=0.02,
    )
    weights = np.linalg.solve(covariance_of_changes(years, persistence, 10), np.diff(path))
    estimates = weights @ np.diff(levels, axis=0) / (weights @ np.diff(path))
    assert estimates.mean() == pytest.approx(0, abs=0.02)
    assert estimates.std() == pytest.approx(relative_error(years, path, persistence, 10), rel=0.02)


@pytest.mark.parametrize(
    ("error", "call"),
    [
        (LevelError, lambda: multiplier(level=0.9)),
        (TooFewUnitsError, lambda: multiplier(0)),
        (TooFewUnitsError, lambda: variance_of_mean([], SHOCKS)),
        (TooFewUnitsError, lambda: variance_of_mean([3, 0], SHOCKS)),
        (TooFewClustersError, lambda: between_groups({"a": [3], "b": [3]}, 1, SHOCKS)),
        (TreatmentError, lambda: between_groups(GROUPS, 0, SHOCKS)),
        (TreatmentError, lambda: between_groups(GROUPS, len(GROUPS), SHOCKS)),
        (TooFewUnitsError, lambda: within_group([(3, 4)], [4, 4], SHOCKS)),
        (TooFewUnitsError, lambda: within_group([(4, 0), (0, 4)], [4, 4], SHOCKS)),
        (TreatmentError, lambda: within_group([(4, 4)], [4, 4], SHOCKS, contrast=0)),
        (TreatmentError, lambda: units_by_lot(0, SHOCKS)),
        (DrawsError, lambda: from_correlation(-0.6)),
        (DrawsError, lambda: Persistence(0.5, 0.6, 0.0)),
        (PanelError, lambda: covariance_of_changes([2010, 2010], from_correlation(0), 10)),
        (PanelError, lambda: relative_error([2010, 2020], [0], from_correlation(0), 10)),
        (PanelError, lambda: relative_error([2010, 2020], [1, 1], from_correlation(0), 10)),
        (PanelError, lambda: relative_error([2010, 2020, 2030], [0, 1, 1], Persistence(0, 0, 1), 10)),
    ],
)
def test_bad_input_is_refused(error: type[Exception], call: Callable[[], object]) -> None:
    with pytest.raises(error):
        call()
