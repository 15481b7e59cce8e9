import numpy as np
import pandas as pd
import pytest

from analysis.designs import errors
from analysis.designs.adjustment import METHODS
from analysis.designs.long_difference import estimate
from analysis.designs.multiplicity import step_down
from analysis.designs.placebo import placebo_test
from analysis.findings import Finding
from analysis.results.counties import OUTCOMES, SPECIFICATIONS, build, neighbours
from analysis.results.effects import CUTOFFS
from analysis.results.long_difference import CLAIMS, SHOWN, results
from analysis.study import Study


def found(results) -> dict[str, Finding]:
    return {f.key.removeprefix("long_difference."): f for f in results.findings.findings}


@pytest.fixture(scope="session")
def got(simulated_results) -> dict[str, Finding]:
    return found(simulated_results)


@pytest.fixture(scope="session")
def changed(simulate_with, study: Study):
    """Simulated almost without noise, with an effect of 2.5 on the urban share, some units' values and ground missing."""
    tables = simulate_with(effect=2.5, noise=1e-6)
    tables.census["population"] = tables.census["population"].astype(float)
    census = tables.census
    first = census["year"] == study.first_year
    census.loc[first & census["code"].isin(["230121", "330122"]), "education_junior"] = np.nan
    shrunk = (census["year"] == study.last_year) & census["code"].isin(["410121", "410122"])
    census.loc[shrunk, "urban_population"] *= 0.5  # the share stays
    census.loc[shrunk, "population"] *= 0.5
    tables.units.loc[tables.units["code2010"] == "130122", "ground_2010_2020"] = "changed"
    tables.programme_units.loc[tables.programme_units["code"] == "410321", "code2020"] = "410399"
    return tables.results(study)


def test_a_known_effect_comes_back_almost_without_noise(changed) -> None:
    got = found(changed)
    for name in SPECIFICATIONS:
        assert got[f"urban_share.{name}.effect"].value == pytest.approx(2.5, abs=1e-6)
    for method in METHODS:
        assert got[f"urban_share.adjusted.{method}"].value == pytest.approx(2.5, abs=1e-6)
    assert got["urban_share.effect"].value == pytest.approx(2.5, abs=1e-6)
    assert got["urban_share.change.treated"].value == pytest.approx(12.5)
    assert got["urban_share.by_province.hebei"].value == pytest.approx(10)
    assert got["treated_province.rank"].value == 1


def test_units_left_out_are_counted_and_named_only_where_a_value_is_missing(changed) -> None:
    got = found(changed)
    assert got["schooling.raw.left_out"].value == 2
    assert "模拟县230121 (23省), 模拟县330122 (33省)" in got["schooling.raw.effect"].sample
    assert got["urban_share.all.left_out"].value == 2  # schooling is a control
    assert got["urban_share.share.left_out"].value == 0
    assert "left out" not in got["urban_share.share.effect"].sample
    assert got["not_comparable.comparison"].value == 1
    assert got["not_comparable.treated"].value == 0
    assert got["units.comparison"].value == 6 * 21 - 1


def test_programme_counts(changed) -> None:
    got = found(changed)
    assert got["programme.units"].value == 21
    assert got["programme.counted"].value == 20
    assert got["programme.lost_population"].value == 2
    assert got["programme.lost_population_share"].value == pytest.approx(100 * 2 / 20)
    assert got["programme.in_sample"].value == 21


def test_every_outcome_has_every_specification_variant_and_error(got) -> None:
    for outcome in SHOWN:
        for s in SPECIFICATIONS:
            effect = got[f"{outcome}.{s}.effect"]
            assert effect.placebos == 23
            assert effect.detectable == got[f"{outcome}.{s}.effect.detectable"].value
            for kind in ("crv1", "crv3", *(f"conley_{c}" for c in CUTOFFS)):
                beside = got[f"{outcome}.{s}.effect.{kind}"]
                assert beside.value == effect.value
                assert beside.standard_error is not None
                assert "leave out shocks to whole provinces" in beside.specification
            assert got[f"{outcome}.{s}.without_treated"].value == pytest.approx(effect.value)
            assert got[f"{outcome}.{s}.without_treated"].detectable != effect.detectable
            assert effect.n == 147
            assert got[f"{outcome}.{s}.no_zones"].n == 140
            assert "without those suspected" in got[f"{outcome}.{s}.no_zones"].sample
        for method in METHODS:
            key = f"{outcome}.adjusted.{method}"
            assert 1 < got[f"{key}.effective"].value <= 126
            assert got[f"{key}.crv3"].standard_error is not None
        assert ("p_family" in "".join(k for k in got if k.startswith(f"{outcome}."))) == (outcome in OUTCOMES)


def test_claims_condition_on_what_they_say_and_nothing_else(got) -> None:
    assert {k.removesuffix(".effect") for k in got if k.count(".") == 1 and k.endswith(".effect")} == set(CLAIMS)
    for outcome, s in CLAIMS.items():
        claim, effect = got[f"{outcome}.effect"], got[f"{outcome}.{s}.effect"]
        assert (claim.value, claim.p_value, claim.interval) == (effect.value, effect.p_value, effect.interval)
        assert f"{outcome}.effect.detectable" in got
        assert ("given the urban share" in claim.specification) == (outcome == "urban_share")
        assert ("without controls" in claim.specification) == (outcome != "urban_share")


def test_effects_are_the_placebo_tests_of_the_study(got, simulated, study: Study) -> None:
    frame = build(simulated.units, simulated.census, first=2010, last=2020)
    touching = neighbours(simulated.adjacency)
    family = {}
    for outcome in OUTCOMES:
        family[outcome] = placebo_test(
            frame, [outcome], "41", group="province", neighbours=touching, cluster="prefecture", unit="unit_id",
            controls=[f"{outcome}_start"],
        )[outcome]  # fmt: skip
        effect = got[f"{outcome}.own.effect"]
        assert effect.value == pytest.approx(family[outcome].estimate)
        assert effect.p_value == family[outcome].p_value
        here = frame[frame["province"].isin(study.provinces)].assign(d=lambda f: (f["province"] == "41") * 1)
        fit = estimate(
            here, start=f"{outcome}_start", end=f"{outcome}_end", treatment="d", controls=[f"{outcome}_start"],
            cluster="prefecture", unit="unit_id",
        )  # fmt: skip
        assert effect.value == pytest.approx(fit.coefficients["d"].estimate)
        assert got[f"{outcome}.own.effect.crv1"].standard_error == pytest.approx(fit.coefficients["d"].standard_error)
        assert got[f"{outcome}.own.slope"].value == pytest.approx(fit.coefficients[f"{outcome}_start"].estimate)
    for outcome, p in step_down(family).items():
        assert got[f"{outcome}.own.p_family"].value == p


def test_the_raw_effect_is_the_difference_of_mean_changes(got) -> None:
    for outcome in SHOWN:
        difference = got[f"{outcome}.change.treated"].value - got[f"{outcome}.change.comparison"].value
        assert got[f"{outcome}.raw.effect"].value == pytest.approx(difference)


def test_summary_is_of_all_co_primary_effects(got) -> None:
    singles = [got[f"{o}.{s}.effect"].p_value for o in OUTCOMES for s in SPECIFICATIONS]
    assert got["family.effects"].value == len(singles) == 32
    assert got["family.smallest_single_p"].value == min(singles)
    assert got["family.rejected"].value == sum(p <= 0.05 for p in singles)
    family = [got[f"{o}.{s}.p_family"].value for o in OUTCOMES for s in SPECIFICATIONS]
    assert got["family.smallest_p_family"].value == min(family)


def test_what_figures_need_agrees_with_the_findings(simulated_results, got) -> None:
    sample = simulated_results.sample
    means = sample.groupby("treated")["urban_share"].mean()
    assert means[1] - means[0] == pytest.approx(got["urban_share.raw.effect"].value)
    placebos = simulated_results.placebos
    own = placebos[(placebos["group"] == "41") & (placebos["key"] == "long_difference.schooling.all.effect")]
    assert own["estimate"].tolist() == [got["schooling.all.effect"].value]
    likeness = simulated_results.likeness
    assert likeness["probability"].between(0, 1).all()
    for weights in ("odds_weight", "balancing_weight"):
        assert likeness.loc[likeness["treated"] == 0, weights].sum() == pytest.approx(1)
        assert likeness.loc[likeness["treated"] == 1, weights].isna().all()


def run(tables, study: Study, **changed: pd.DataFrame):
    from analysis.findings import MadeFrom

    frames = {
        n: changed.get(n, getattr(tables, n)) for n in ("units", "census", "adjacency", "totals", "programme_units")
    }
    return results(*frames.values(), study, MadeFrom({}, {}))


def test_bad_input_is_named(simulated, study: Study) -> None:
    units = simulated.units
    apart = simulated.adjacency[
        ~simulated.adjacency["unit_b"].str.startswith("61") | ~simulated.adjacency["unit_a"].str.startswith("41")
    ]
    with pytest.raises(errors.DesignError, match=r"neighbour_provinces: found 13, .*41 touches"):
        run(simulated, study, adjacency=apart)
    with pytest.raises(errors.DesignError, match="no unit of Shaanxi"):
        run(simulated, study, units=units[~units["code2010"].str.startswith("61")])
    with pytest.raises(errors.DesignError, match="no column ground_2010_2020"):
        run(simulated, study, units=units.drop(columns="ground_2010_2020"))


def test_a_missing_total_is_named(simulated, study: Study) -> None:
    from analysis.results.long_difference import _province

    totals = simulated.totals[simulated.totals["year"] == study.first_year]
    with pytest.raises(errors.DesignError, match=r"found 0 rows of Henan \(410000\) in 2020"):
        _province(totals, study)
