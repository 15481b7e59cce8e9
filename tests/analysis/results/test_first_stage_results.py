"""The first stage on the committed tables: planted effects come back, and the chapter's sentences hold."""

import numpy as np
import pandas as pd
import pytest

from analysis.data.tables import load_adjacency, load_census, load_city_roads, load_prefectures, load_units
from analysis.designs import errors
from analysis.designs.regression import fit_ols
from analysis.findings import MadeFrom
from analysis.results import first_stage
from analysis.results.counties import build, neighbours
from analysis.results.first_stage import FACILITIES, HOMES, RATES, estimate
from analysis.study import load_study

HENAN = "41"


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    return {
        "units": load_units(),
        "census": load_census(),
        "adjacency": load_adjacency(),
        "roads": load_city_roads(flagged=True),
        "prefectures": load_prefectures(),
    }


def run(tables: dict[str, pd.DataFrame]) -> first_stage.FirstStage:
    return estimate(**tables, study=load_study(), made_from=MadeFrom({}, {}))


def values(made: first_stage.FirstStage) -> dict[str, float]:
    return {f.key.removeprefix("first_stage."): f.value for f in made.findings.findings}


@pytest.fixture(scope="module")
def made(tables) -> first_stage.FirstStage:
    return run(tables)


@pytest.fixture(scope="module")
def found(made):
    return {f.key.removeprefix("first_stage."): f for f in made.findings.findings}


def test_effects_planted_in_the_tables_come_back(tables, made) -> None:
    roads, census, cities = (tables[n].copy() for n in ("roads", "census", "prefectures"))
    here = roads["unit_id"].str.startswith(HENAN)
    roads.loc[here & (roads["year"] >= 2017), "road_area"] += 3.0
    roads.loc[here & (roads["year"] == 2016), "road_area"] += 1.0
    late = census["code"].str.startswith(HENAN) & (census["year"] == 2020)
    census.loc[late, "households_piped_water"] += 0.05 * census.loc[late, "households_surveyed"]
    cores = cities["code"].str.startswith(HENAN) & (cities["year"] >= 2018)
    cities.loc[cores, "road_pc"] += 2.0
    before, after = values(made), values(run(tables | {"roads": roads, "census": census, "prefectures": cities}))
    moved = {
        "roads.effect": 3, "roads.year_2016": 1, "roads.year_2017": 3, "roads.beyond_trend": 3, "roads.change": 3,
        "roads.synthetic": 3, "roads.with_flagged": 3, "roads.without_treated": 3, "roads.since_2006": 3,
        "roads.honest.relative_50": 3, "roads.honest.relative_50.low": 3, "roads.trend": 0, "roads.year_2014": 0,
        "piped_water.effect": 5, "piped_water.own": 5, "piped_water.all_without_zones": 5, "toilet.effect": 0,
        "road_pc.effect": 2, "road_pc.year_2018": 2, "road_pc.year_2016": 0, "gas_supply_rate.effect": 0,
    }  # fmt: skip
    for key, by in moved.items():
        assert after[key] - before[key] == pytest.approx(by, abs=1e-6), key


def test_the_effect_on_roads_is_a_difference_of_mean_changes(tables, found, made) -> None:
    sound = tables["roads"][tables["roads"]["flagged"] == 0]
    wide = sound.pivot(index="unit_id", columns="year", values="road_area").dropna()
    change = wide[[y for y in wide if y >= 2017]].mean(axis=1) - wide[2015]
    province = wide.index.str[:2]
    others = province.isin(neighbours(tables["adjacency"])[HENAN])
    by_hand = change[province == HENAN].mean() - change[others].mean()
    assert found["roads.effect"].value == pytest.approx(by_hand, abs=1e-10)
    assert found["roads.cities"].value == len(wide)
    assert found["roads.effect"].placebos == (province.value_counts() >= 8).sum() - 1
    assert set(wide.columns) == set(first_stage.ROAD_YEARS)
    paths = made.points[made.points["key"] == "first_stage.roads"]
    assert paths.loc[paths["year"] == 2015, "estimate"].eq(0).all()
    assert paths.groupby("group").size().eq(22).all()


def test_piped_water_agrees_with_least_squares_in_statsmodels(tables, found) -> None:
    study = load_study()
    frame = build(tables["units"], tables["census"], first=study.first_year, last=study.last_year)
    frame = frame[frame["province"].isin([HENAN, *neighbours(tables["adjacency"])[HENAN]])]
    frame = frame[np.isfinite(frame["piped_water"])].assign(treated=lambda d: (d["province"] == HENAN).astype(float))
    for name, controls in (("effect", []), ("own", ["piped_water_start"])):
        theirs = fit_ols(frame, "piped_water", "treated", controls, cluster="prefecture", unit="unit_id")
        ours = found[f"piped_water.{name}"]
        assert ours.value == pytest.approx(theirs.coefficients["treated"].estimate, abs=1e-6)
        crv1 = found[f"piped_water.{name}.crv1"]
        assert crv1.standard_error == pytest.approx(theirs.coefficients["treated"].standard_error, abs=1e-6)
    assert found["piped_water.effect"].unit == "percentage points"
    assert found["roads.effect"].unit == "square metres per person"  # as the claims have it


def test_each_year_has_an_interval_and_a_p_value(found) -> None:
    for name, base, last in (("roads", 2015, 2023), ("road_pc", 2017, 2024)):
        years = {int(k.rsplit("_", 1)[1]) for k in found if k.startswith(f"{name}.year_")}
        first = min(years)
        assert years == {*range(first, last + 1)} - {base} - ({2023} if name == "road_pc" else set())
        for year in years:
            of = found[f"{name}.year_{year}"]
            assert of.level == 0.9 and of.interval is not None
            low, high = of.interval
            assert low <= of.value <= high
            assert of.p_value >= of.smallest_p == pytest.approx(1 / (of.placebos + 1))


def test_what_the_chapter_says_holds(tables, found, made) -> None:
    value = {k: f.value for k, f in found.items()}
    # "the figures cannot tell": no effect on roads or facilities is told from chance, and none could be at 5 percent
    for name in ("roads", *FACILITIES):
        effect = found[f"{name}.effect"]
        assert effect.p_value > 0.1
        assert effect.interval is None and effect.smallest_p > 0.05
    assert value["roads.effect.detectable"] > 1
    # "Henan's cities fell behind long before": higher in 2002, most at the change of the denominator, flat from 2010
    assert value["roads.year_2002"] > 3
    drop = value["roads.year_2005"] - value["roads.year_2006"]
    steps = [value[f"roads.year_{y}"] - value[f"roads.year_{y + 1}"] for y in range(2002, 2014)]
    assert drop == pytest.approx(max(steps))
    assert drop > 0.3 * value["roads.year_2002"]
    assert value["roads.trend"] < 0 < value["roads.beyond_trend"]
    assert all(abs(value[f"roads.year_{y}"]) < 1 for y in range(2010, 2024) if y != 2015)
    assert found["roads.beyond_trend"].p_value > 0.1 and found["roads.synthetic"].p_value > 0.1
    # bounds: nought is inside under relative magnitudes; a straight line alone leaves it out, a small bend undoes that
    low, high = found["roads.honest.relative_100"].interval
    assert low < 0 < high
    assert found["roads.honest.smooth_0"].interval[0] > 0
    assert found["roads.honest.smooth_10"].interval[0] < 0
    assert "roads.honest.smooth_0.low" not in found
    # "Much of the spread is one province", with a handful of cities next door
    placebos = made.placebos[(made.placebos["key"] == "first_stage.roads.effect") & (made.placebos["group"] != HENAN)]
    far = placebos.loc[placebos["estimate"].abs().idxmax()]
    rest = placebos["estimate"].drop(far.name)
    assert rest.std() < 0.7 * placebos["estimate"].std()
    assert far["units"] - far["treated_units"] < 8
    # piped water: the least p there can be without controls, nothing given its own level; no other outcome
    water, own = found["piped_water.effect"], found["piped_water.own"]
    assert water.p_value == pytest.approx(water.smallest_p)
    assert own.p_value > 0.1 and own.value < water.value / 3
    alone = found["piped_water.effect_without_treated"]
    assert alone.value == pytest.approx(water.value) and alone.p_value > water.p_value
    assert {found[f"{n}.p_adjusted"].placebos for n in FACILITIES} == {8}  # far fewer than any one facility has
    assert min(found[f"{n}.effect"].placebos for n in FACILITIES) > 8
    assert value["piped_water.level_2010.treated"] < value["piped_water.level_2010.neighbours"] - 10
    assert abs(value["piped_water.level_2020.treated"] - value["piped_water.level_2020.neighbours"]) < 2
    assert value["piped_water.convergence"] < -0.5
    assert all(found[f"{h}.effect"].p_value > 0.1 for h in HOMES if h != "piped_water")
    bath = value["bath.own"] / value["bath.effect"]
    assert bath > 0.8 and found["bath.own"].p_value > 0.1
    for bath in (found["bath.effect.p_studentized"], found["bath.own.p_studentized"]):
        assert bath.value == pytest.approx(bath.smallest_p)  # "the largest of all provinces both times"
    # facilities: ceilings, and park green as the one nearest to a rise
    assert all(value[f"{r}.ceiling_2024.treated"] > 90 for r in RATES)
    assert value["water_supply_rate.ceiling_2024.treated"] == 100
    assert value["park_green_pc.effect"] == max(value[f"{n}.effect"] for n in FACILITIES)
    assert found["park_green_pc.effect"].p_value == min(found[f"{n}.effect"].p_value for n in FACILITIES)
    # "a fifth of the programme's units"
    members = tables["units"][tables["units"]["baicheng"] == "in programme"]
    share = (members["unit_type"] == "county_city").mean()
    assert 0.175 < share < 0.225


def test_a_city_without_a_prefecture_and_a_table_without_a_year_are_named(tables) -> None:
    units = tables["units"][tables["units"]["unit_id"] != "410181"]
    with pytest.raises(errors.NonFiniteError, match="unit 410181 has no prefecture"):
        run(tables | {"units": units})
    roads = tables["roads"][tables["roads"]["year"] != 2015]
    with pytest.raises(errors.MissingYearError, match="none has one in 2015"):
        run(tables | {"roads": roads})
