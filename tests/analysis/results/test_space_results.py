from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from shapely.geometry import box

from analysis.data.tables import load_adjacency, load_census, load_polygons, load_units
from analysis.designs.space import diagnose, error_model, lag_model, moran
from analysis.designs.weights import contiguity
from analysis.results.counties import OUTCOMES, SPECIFICATIONS
from analysis.results.space import (
    BOUNDS,
    CUTOFFS,
    SMALLEST,
    Sample,
    _conley,
    _henan,
    _models,
    _rings,
    _with_provinces,
    border_distances,
    build_sample,
    provinces_of,
    supported,
)
from analysis.study import Study, load_study

pytestmark = pytest.mark.usefixtures("tables_loaded_once")

PROVINCES = ("41", "13", "14", "34")
SIDE = 6


@pytest.fixture(scope="module")
def study() -> Study:
    whole = load_study()
    return Study(**{**vars(whole), "neighbours": PROVINCES[1:]})


@pytest.fixture(scope="module")
def simulated(study: Study) -> tuple[Sample, pd.DataFrame, pd.DataFrame]:
    """Simulated: four provinces side by side, each 6 by 6 units of 30 km; the treated one gains 4 in the urban share."""
    random = np.random.default_rng(6)
    rows, number = [], {}
    for p, province in enumerate(sorted(PROVINCES)):
        for i in range(SIDE):
            for j in range(SIDE):
                code = f"{province}{i // 2 + 1:02d}{21 + (i % 2) * SIDE + j}"
                number[p * SIDE + j, i] = code
                rows.append({
                    "code": code, "province": province, "prefecture": f"{province} {i // 2}",
                    "longitude": 110 + 0.3 * (p * SIDE + j), "latitude": 33 + 0.3 * i,
                })  # fmt: skip
    data = pd.DataFrame(rows)
    n = len(data)
    for name in {c.removesuffix("_start") for o in OUTCOMES for c in SPECIFICATIONS["all"].controls(o)}:
        data[f"{name}_start"] = random.normal(size=n)
    for name in OUTCOMES:
        data[name] = 0.5 * data[f"{name}_start"] + random.normal(size=n)
    data.loc[data["province"] == study.treated, "urban_share"] += 4.0
    pairs = [
        (number[x, y], number[x + a, y + b]) for x, y in number for a, b in ((0, 1), (1, 0)) if (x + a, y + b) in number
    ]
    touching = {
        p: tuple(q for q in PROVINCES if abs(sorted(PROVINCES).index(p) - sorted(PROVINCES).index(q)) == 1)
        for p in PROVINCES
    }
    frame = _with_provinces(data, study)
    polygons = pd.DataFrame({
        "code": [f"{p}0000" for p in sorted(PROVINCES)], "level": "province",
        "polygon": [box(110 + 1.8 * k - 0.15, 32.85, 111.8 + 1.8 * k - 0.15, 34.65) for k in range(4)],
    })  # fmt: skip
    return Sample(frame, frame, 0, touching), pd.DataFrame(pairs, columns=["unit_a", "unit_b"]), polygons


def test_henan_has_all_its_inference(simulated, study: Study) -> None:
    sample, pairs, polygons = simulated
    found, tests = _henan(sample, pairs, border_distances(sample, polygons), study)
    by_key = {f.key: f for f in found}
    effect = by_key["space.effect.urban_share"]
    assert effect.value == pytest.approx(4.0, abs=1.5)
    assert effect.placebos == 3
    assert effect.smallest_p == pytest.approx(0.25)
    assert by_key["space.error_effect.urban_share"].value == pytest.approx(effect.value, abs=1.0)
    assert by_key["space.spread.urban_share"].value == pytest.approx(effect.detectable / 2.8)
    for km in CUTOFFS:
        conley = by_key[f"space.conley.urban_share.{km}"]
        assert conley.value == effect.value
        assert conley.standard_error > 0
        assert "shocks to whole provinces" in conley.specification
    near = by_key["space.without_near.urban_share"]
    assert near.n < effect.n
    assert set(tests) == {k for k in by_key if k in tests}


def test_rings_take_only_the_neighbours(simulated, study: Study) -> None:
    sample, _, polygons = simulated
    distances = border_distances(sample, polygons)
    own = sample.country.loc[sample.country["province"] == study.treated, "code"]
    assert distances.loc[own, study.treated].isna().all()
    beside = distances.loc[sample.country["province"].isin(sample.neighbours[study.treated]).to_numpy(), study.treated]
    assert beside.between(0, 200).all()


def test_effects_on_neighbours_never_of_the_treatment(simulated, study: Study) -> None:
    sample, pairs, _ = simulated
    graph = contiguity(sample.near, pairs, unit="code")
    found = {f.key: f for f in _models(sample, graph, study)}
    assert not [k for k in found if ".treated." in k or ".province" in k]
    supported = [o for o in OUTCOMES if f"space.lag.{o}.urban_share_start.total" in found]
    assert found["space.lag.supported"].value == len(supported)
    for outcome in OUTCOMES:
        lag = found[f"space.lag.{outcome}.rho"], found[f"space.lag.{outcome}.rho_gmm"]
        gap = (lag[0].value - lag[1].value) / lag[1].standard_error
        assert found[f"space.lag.{outcome}.gap"].value == pytest.approx(gap)
        if abs(gap) > 1.96:
            assert outcome not in supported


@pytest.mark.parametrize(("gap", "p", "given"), [(1.0, 0.01, True), (2.5, 0.01, False), (1.0, 0.2, False)])
def test_effects_need_both_estimators_and_the_robust_test(simulated, gap: float, p: float, given: bool) -> None:
    sample, pairs, _ = simulated
    graph = contiguity(sample.near, pairs, unit="code")
    regressors = ["schooling_start"]
    fit = lag_model(sample.near, "schooling", regressors, graph, unit="code", group="province")
    inside = diagnose(sample.near, "schooling", regressors, graph, unit="code")
    inside = replace(inside, robust_lag=replace(inside.robust_lag, p_value=p))
    assert supported(replace(fit, gap=gap), inside) is given


# What the chapter says in words of the committed tables


@pytest.fixture(scope="module")
def real() -> tuple[Sample, pd.DataFrame, Study]:
    study = load_study()
    adjacency = load_adjacency()
    return build_sample(load_units(), load_census(), adjacency, study), adjacency, study


def test_less_of_the_likeness_is_within_provinces_but_not_little(real) -> None:
    sample, adjacency, _ = real
    country = contiguity(sample.country, adjacency, unit="code", islands="nearest")
    near = contiguity(sample.near, adjacency, unit="code", islands="nearest")
    for name in OUTCOMES:
        raw = moran(sample.country, name, country, unit="code", permutations=9)
        within = diagnose(sample.country, name, provinces_of(sample.country), country, unit="code").moran
        assert raw.statistic > within.statistic > 0.1
        controls = [*provinces_of(sample.near), *SPECIFICATIONS["all"].controls(name)]
        assert diagnose(sample.near, name, controls, near, unit="code").moran.p_analytical < 0.001


def test_conley_errors_rise_and_then_fall(real) -> None:
    sample, _, _ = real
    for name, outcome in OUTCOMES.items():
        controls = SPECIFICATIONS["all"].controls(name)

        class Plain:
            estimate = 0.5

        errors = [f.standard_error for f in _conley(sample, name, outcome, controls, Plain, "where", "base")]
        assert max(errors) > errors[0]
        assert errors[-1] < max(errors)


def test_none_is_nearer_to_henan_than_to_its_own_border(real) -> None:
    sample, _, study = real
    distances = border_distances(sample, load_polygons())[study.treated].dropna()
    own = sample.country.set_index("code")["km_to_border"].reindex(distances.index)
    assert (distances > own - 5).all()  # kilometres that simplified outlines may lie off
    assert distances.min() < 10


def test_rings_of_the_real_tables(real) -> None:
    sample, _, study = real
    found, tests = _rings(sample, border_distances(sample, load_polygons()), study)
    by_key = {f.key: f for f in found}
    assert len(tests) == len(OUTCOMES) * len(BOUNDS)
    assert all(f.placebos >= SMALLEST for k, f in by_key.items() if k in tests)
    adjusted = [
        f.value for k, f in by_key.items() if k.endswith(".p_adjusted") and not k.startswith("space.rings.least")
    ]
    assert by_key["space.rings.least_p_adjusted"].value == min(adjusted)
    below = sum(t.p_value <= 0.05 for t in tests.values())
    assert by_key["space.rings.below_level"].value == below


def test_neither_model_of_movers_from_other_provinces_holds(real) -> None:
    sample, adjacency, _ = real
    near = contiguity(sample.near, adjacency, unit="code", islands="nearest")
    name = "migrants_other_province"
    regressors = [*provinces_of(sample.near), *SPECIFICATIONS["all"].controls(name)]
    assert not lag_model(sample.near, name, regressors, near, unit="code", group="province").agree
    assert not error_model(sample.near, name, regressors, near, unit="code").agree
