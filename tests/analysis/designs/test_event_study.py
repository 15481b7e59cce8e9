"""The event study on simulated panels, against pyfixest's two-way fixed effects, and on input that cannot carry it."""

import numpy as np
import pandas as pd
import pyfixest
import pytest
import statsmodels.formula.api as smf

from analysis.designs import errors
from analysis.designs.event_study import (
    Balanced,
    against,
    apply,
    balance,
    beyond_trend,
    clustered_covariance,
    event_study,
    honest_bounds,
    mean_less,
    placebo_covariance,
    slope,
    two_way,
)
from analysis.validation.recover_event_study import AFTER, BASE, START, TREATED, YEARS, estimate, ring, simulate_panel

# pyfixest 0.60 calls pandas in a way that pandas 4 will drop.
pyfixest_on_pandas = pytest.mark.filterwarnings("ignore:The inplace keyword:DeprecationWarning")


@pytest.fixture(scope="module")
def panel() -> pd.DataFrame:
    return simulate_panel(3)


def run(panel: pd.DataFrame, **how):
    return event_study(
        panel,
        "outcome",
        TREATED,
        **(
            {
                "unit": "unit",
                "year": "year",
                "group": "group",
                "cluster": "cluster",
                "neighbours": ring(),
                "base": BASE,
                "start": START,
                "years": YEARS,
                "smallest": 8,
            }
            | how
        ),
    )


def test_a_known_effect_comes_back_and_a_pre_trend_is_taken_off() -> None:
    found = estimate(simulate_panel(1, effect=2.0, pre_trend=0.5, shock=0, noise=1e-7))
    drift = 0.5 * (np.mean(AFTER) - BASE)
    assert found.average.estimate == pytest.approx(2.0 + drift, abs=1e-6)
    assert found.trend.estimate == pytest.approx(0.5, abs=1e-6)
    assert found.beyond_trend.estimate == pytest.approx(2.0, abs=1e-6)
    assert found.change.estimate == pytest.approx(2.0 + 0.5 * (np.mean(AFTER) - np.mean(found.before)), abs=1e-6)
    assert found.years[2016].estimate == pytest.approx(1.5, abs=1e-6)  # half the effect, a year of trend
    assert found.average.p_value == pytest.approx(1 / 21)
    assert set(found.years) == set(YEARS) - {BASE}


def test_the_summaries_are_sums_of_the_years(panel: pd.DataFrame) -> None:
    found = estimate(panel)
    assert found.average.estimate == pytest.approx(np.mean([found.years[y].estimate for y in AFTER]))
    before = [found.years[y].estimate for y in found.before if y != BASE] + [0.0]
    line = np.polyfit(found.before, before, 1)
    gap = found.average.estimate - np.polyval(line, np.mean(AFTER))
    assert found.trend.estimate == pytest.approx(line[0])
    assert found.beyond_trend.estimate == pytest.approx(gap)


@pyfixest_on_pandas
def test_estimates_and_errors_are_those_of_two_way_fixed_effects(panel: pd.DataFrame) -> None:
    found = estimate(panel)
    chosen = panel[panel["group"].isin([TREATED, *found.average.treated.controls_used])].copy()
    chosen["treated"] = (chosen["group"] == TREATED).astype(int)
    theirs = pyfixest.feols(f"outcome ~ i(year, treated, ref={BASE}) | unit + year", chosen, vcov={"CRV1": "cluster"})
    units, clusters = chosen["unit"].nunique(), chosen["cluster"].nunique()
    factor = clusters / (clusters - 1) * (units - 1) / (units - 2)
    align = np.sqrt(factor / theirs._ssc[0][0] if np.ndim(theirs._ssc) else factor / theirs._ssc)
    for year, test in found.years.items():
        name = next(n for n in theirs.coef().index if f"{year}" in n)
        assert test.estimate == pytest.approx(theirs.coef()[name], abs=1e-6)
        assert test.treated.standard_error == pytest.approx(theirs.se()[name] * align, abs=1e-6)
    covariance = clustered_covariance(
        found.frame, list(found.outcomes.values()), TREATED, found.average.treated.controls_used,
        group="group", cluster="cluster",
    )  # fmt: skip
    assert covariance == pytest.approx(theirs._vcov * align**2, abs=1e-6)
    errors_ = [t.treated.standard_error for t in found.years.values()]
    assert np.sqrt(np.diag(covariance)) == pytest.approx(errors_, rel=1e-9)


def test_weights_of_years_make_the_sums_they_are_named_for() -> None:
    wide = pd.DataFrame([[1.0, 2.0, 4.0, 10.0]], index=["a"], columns=[2000, 2001, 2002, 2005])
    got = apply(
        wide,
        {
            "against": against(2000, 2005),
            "mean": mean_less([2000, 2001], [2002, 2005]),
            "slope": slope([2000, 2001, 2002]),
            "beyond": beyond_trend([2000, 2001], [2002, 2005]),
        },
    ).loc["a"]
    assert got["against"] == 9
    assert got["mean"] == 7 - 1.5
    assert got["slope"] == pytest.approx(1.5)
    assert got["beyond"] == pytest.approx(((4 - 3) + (10 - 6)) / 2)
    with pytest.raises(errors.MissingYearError, match="'x': the panel has no year 1999"):
        apply(wide, {"x": against(1999, 2005)})


def test_a_missing_year_is_named_or_its_unit_dropped_and_counted(panel: pd.DataFrame) -> None:
    holed = panel[~((panel["unit"] == "u0304") & (panel["year"] == 2012))].copy()
    holed.loc[(holed["unit"] == "u0305") & (holed["year"] == 2013), "outcome"] = np.nan
    with pytest.raises(errors.MissingYearError, match=r"2 of 189 units lack a year, such as u0304 \(2012\)"):
        run(holed)
    found = run(holed, drop=True)
    assert found.dropped == ("u0304", "u0305")
    assert len(found.frame) == 187
    assert isinstance(balance(holed, "unit", "year", "outcome", [2010, 2011]), Balanced)
    with pytest.raises(errors.MissingYearError, match="none has one in 1990"):
        balance(panel, "unit", "year", "outcome", [1990, 2010], drop=True)
    with pytest.raises(errors.MissingYearError, match="unit u0000 stands twice in 2006"):
        run(pd.concat([panel, panel.iloc[[0]]]))
    with pytest.raises(errors.PanelError, match="each year of the panel once"):
        balance(panel, "unit", "year", "outcome", [2010, 2010])
    with pytest.raises(errors.UnknownColumnError, match="'nothing'"):
        balance(panel, "unit", "year", "nothing", [2010])


def test_an_infinite_figure_counts_as_missing(panel: pd.DataFrame) -> None:
    logged = panel.copy()
    logged.loc[5, "outcome"] = -np.inf
    with pytest.raises(errors.MissingYearError, match="such as u0000"):
        run(logged)


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"base": 2005}, "must hold the base"),
        ({"base": 2006}, "a year before it"),
        ({"start": 2030}, "a year from the start on"),
        ({"start": 2015}, "comes after the base"),
        ({"trend_years": [2015]}, "two or more years"),
        ({"trend_years": [2014, 2017]}, r"found \[2014, 2017\]"),
    ],
)
def test_years_that_do_not_fit_together_are_refused(panel: pd.DataFrame, how: dict, words: str) -> None:
    with pytest.raises(errors.PanelError, match=words):
        run(panel, **how)


def test_a_unit_that_moves_and_an_outcome_that_does_not_are_refused(panel: pd.DataFrame) -> None:
    moved = panel.copy()
    moved.loc[0, "cluster"] = "p001"
    with pytest.raises(errors.PanelError, match="unit u0000 changes its group or cluster"):
        run(moved)
    still = panel.assign(outcome=1.0)
    with pytest.raises(errors.NoVariationError):
        run(still)
    with pytest.raises(errors.TreatmentError):
        run(panel, neighbours={TREATED: ()})


def test_bounds_widen_with_what_is_allowed_and_shrink_to_parallel_trends(panel: pd.DataFrame) -> None:
    found = estimate(panel)
    estimates = {y: t.estimate for y, t in found.years.items()}
    covariance = clustered_covariance(
        found.frame, list(found.outcomes.values()), TREATED, found.average.treated.controls_used,
        group="group", cluster="cluster",
    )  # fmt: skip
    weights = {y: 1 / len(AFTER) for y in AFTER}

    def bounds(size: float, matrix=covariance, method: str = "relative_magnitude"):
        return honest_bounds(estimates, matrix, base=BASE, weights=weights, method=method, size=size)

    parallel, half, one = bounds(0.0), bounds(0.5), bounds(1.0)
    for found_bounds in (parallel, half, one):
        assert found_bounds.estimate == pytest.approx(found.average.estimate)
        assert found_bounds.standard_error == pytest.approx(found.average.treated.standard_error)
    assert parallel.identified == pytest.approx((found.average.estimate,) * 2, abs=1e-6)
    reach = 1.959964 * found.average.treated.standard_error
    assert parallel.interval == pytest.approx((parallel.estimate - reach, parallel.estimate + reach), abs=1e-4)
    # With moves of at most m a year, the mean effect of years k after the base may be off by m times the mean of k.
    steps = np.diff([*[estimates[y] for y in range(2006, 2015)], 0.0])
    off = np.abs(steps).max() * np.mean([y - BASE for y in AFTER])
    assert one.identified == pytest.approx((one.estimate - off, one.estimate + off), rel=1e-6)
    assert half.identified == pytest.approx((one.estimate - off / 2, one.estimate + off / 2), rel=1e-6)
    # No straight line fits a noisy path: the range is empty, and the interval stands all the same.
    smooth = bounds(0.0, method="smoothness")
    assert smooth.identified is None
    assert np.isfinite(smooth.interval).all()
    by_provinces = bounds(1.0, placebo_covariance(found, list(found.years)))
    assert by_provinces.standard_error == pytest.approx(found.average.detectable / 2.8)


def test_bounds_refuse_what_they_cannot_read() -> None:
    estimates = {2013: 0.1, 2014: -0.1, 2016: 0.2, 2017: 0.3}
    covariance = 0.01 * np.eye(4)
    how = {"base": 2015, "weights": {2017: 1.0}, "method": "relative_magnitude", "size": 1.0}
    assert honest_bounds(estimates, covariance, **how).estimate == pytest.approx(0.3)
    with pytest.raises(errors.PanelError, match="each year from the first to the last"):
        honest_bounds({y: e for y, e in estimates.items() if y != 2016}, covariance[:3, :3], **how)
    with pytest.raises(errors.PanelError, match="found 2014"):
        honest_bounds(estimates, covariance, **(how | {"weights": {2014: 1.0}}))
    with pytest.raises(errors.NonFiniteError, match="4 x 4"):
        honest_bounds(estimates, covariance[:2, :2], **how)
    with pytest.raises(errors.NoVariationError, match="error of 2013 is nought"):
        honest_bounds(estimates, np.diag([0.0, 1, 1, 1]), **how)


def test_clustered_covariance_needs_clusters_on_both_sides(panel: pd.DataFrame) -> None:
    frame = estimate(panel).frame
    lone = frame.assign(cluster=frame["cluster"].where(frame["group"] != TREATED, "only"))
    with pytest.raises(errors.TooFewClustersError, match="1 clusters inside"):
        clustered_covariance(lone, ["2010"], TREATED, ["g01"], group="group", cluster="cluster")


@pytest.fixture
def rows() -> pd.DataFrame:
    random = np.random.default_rng(5)
    data = simulate_panel(5, groups=4, units=4, prefectures=2)
    data["x one"] = random.normal(size=len(data)) + 0.1 * data["year"]
    data["z"] = random.normal(size=len(data))
    data["w"] = random.uniform(0.5, 2, len(data))
    data["outcome"] += 0.7 * data["x one"]
    return data.sample(frac=0.9, random_state=1)


def fit(rows: pd.DataFrame, regressors=("x one", "z"), **how):
    return two_way(rows, "outcome", list(regressors), unit="unit", year="year", cluster="cluster", **how)


@pytest.mark.parametrize("weight", [None, "w"])
def test_two_way_agrees_with_dummies_in_statsmodels(rows: pd.DataFrame, weight: str | None) -> None:
    ours = fit(rows, weight=weight)
    data = rows.rename(columns={"x one": "x"})
    weights = data["w"] if weight else np.ones(len(data))
    groups = pd.factorize(data["cluster"])[0]
    dummies = smf.wls("outcome ~ x + z + C(unit) + C(year)", data, weights=weights)
    theirs = dummies.fit(cov_type="cluster", cov_kwds={"groups": groups, "use_correction": False})
    # K: the regressors and an effect for each year; units are nested in clusters and not counted.
    n, g = len(data), groups.max() + 1
    k = 2 + data["year"].nunique()
    factor = np.sqrt(g / (g - 1) * (n - 1) / (n - k))
    for name, short in (("x one", "x"), ("z", "z")):
        assert ours.coefficients[name].estimate == pytest.approx(theirs.params[short], abs=1e-6)
        assert ours.coefficients[name].standard_error == pytest.approx(theirs.bse[short] * factor, abs=1e-6)
    assert (ours.n, ours.units, ours.clusters, ours.singletons) == (n, 16, 8, 0)


def test_two_way_counts_rows_that_stand_alone(rows: pd.DataFrame) -> None:
    lone = rows.iloc[[0]].assign(unit="alone")
    found = fit(pd.concat([rows, lone]))
    assert (found.singletons, found.n) == (1, len(rows))
    assert found.coefficients["z"].estimate == pytest.approx(fit(rows).coefficients["z"].estimate)


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        (lambda d: d.assign(z=2 * d["x one"]), errors.CollinearityError, "'z' is a combination"),
        (lambda d: d.assign(z=d["year"] * 1.0), errors.CollinearityError, "'z' is a combination"),
        (lambda d: d.assign(outcome=1.0), errors.NoVariationError, "same value"),
        (lambda d: d.assign(z=d["z"].mask(d["unit"] == "u0101")), errors.NonFiniteError, "u0101"),
        (lambda d: d.assign(z=np.where(d["unit"] == "u0101", np.inf, d["z"])), errors.NonFiniteError, "u0101"),
        (lambda d: d.assign(cluster="one"), errors.TooFewClustersError, "all rows are in one"),
        (lambda d: d.assign(cluster=d["cluster"].mask(d["unit"] == "u0101")), errors.NonFiniteError, "'cluster'"),
        (lambda d: pd.concat([d, d.iloc[[0]]]), errors.MissingYearError, "stands twice"),
        (lambda d: d.drop(columns="z"), errors.UnknownColumnError, "'z'"),
        (lambda d: d[d["year"] < 2007], errors.TooFewUnitsError, "more years or units"),
    ],
)
def test_two_way_names_what_is_wrong(rows: pd.DataFrame, change, error, words: str) -> None:
    with pytest.raises(error, match=words):
        fit(change(rows))


def test_two_way_refuses_regressors_that_the_effects_take_up_and_weights_of_nought(rows: pd.DataFrame) -> None:
    with pytest.raises(errors.CollinearityError, match="do not vary within"):
        fit(rows.assign(z=rows["year"] * 1.0), ["z"])
    with pytest.raises(errors.NonFiniteError, match="not above nought"):
        fit(rows.assign(w=0.0), weight="w")
