"""The placebo provinces' findings on the committed tables, against other arithmetic; fewer outcomes than the book."""

import numpy as np
import pandas as pd
import pytest

from analysis.data.tables import load_adjacency, load_census, load_prefectures, load_units
from analysis.designs.regression import fit_ols
from analysis.findings import Finding, MadeFrom
from analysis.results import placebos
from analysis.results.counties import MORE, OUTCOMES, SPECIFICATIONS, build, neighbours
from analysis.study import load_study

KEPT = ("urban_share", "schooling")
Tables = tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame]
Made = tuple[dict[str, Finding], pd.DataFrame]


@pytest.fixture(scope="module")
def tables() -> Tables:
    return load_units(), load_census(), load_adjacency(), load_prefectures()


@pytest.fixture(scope="module")
def made(tables: Tables) -> Made:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(placebos, "OUTCOMES", {o: OUTCOMES[o] for o in KEPT})
        patch.setattr(placebos, "MORE", {"piped_water": MORE["piped_water"]})
        patch.setattr(placebos, "SPECIFICATIONS", {s: SPECIFICATIONS[s] for s in ("raw", "own")})
        patch.setattr(placebos, "LIGHTS", {"lights": placebos.LIGHTS["lights"]})
        patch.setattr(placebos, "_synthetic", lambda *_: placebos._Estimates((), {}))
        found, rows = placebos.findings(*tables, load_study(), MadeFrom({}, {}))
    return {f.key: f for f in found.findings}, rows


def against(frame: pd.DataFrame, outcome: str, touching: dict[str, tuple[str, ...]], controls: tuple[str, ...] = ()):  # type: ignore[no-untyped-def]
    """Henan against its neighbours by statsmodels."""
    near = frame[frame["province"].isin(["41", *touching["41"]])].copy()
    near["treated"] = (near["province"] == "41").astype(int)
    return fit_ols(near, outcome, "treated", controls, cluster="cluster", unit="code").coefficients["treated"]


def test_counties_before_the_programme_by_another_estimator(tables: Tables, made: Made) -> None:
    units, census, adjacency, _ = tables
    frame = build(units, census, first=2000, last=2010)
    frame["cluster"] = frame["prefecture"]
    found, _ = made
    assert (frame["province"] == "41").sum() == 103
    for name, controls in (("raw", ()), ("own", ("log_population_start",))):
        own = against(frame, "log_population", neighbours(adjacency), controls)
        key = f"placebos.before.log_population.{name}.effect"
        assert found[key].value == pytest.approx(own.estimate, abs=1e-8)
        assert found[f"{key}.crv1"].standard_error == pytest.approx(own.standard_error, abs=1e-8)


def test_the_turn_is_the_later_change_less_the_earlier_one(tables: Tables, made: Made) -> None:
    units, census, adjacency, _ = tables
    people = census.set_index(["year", "code"])["population"]
    frame = placebos.three_censuses(units, census, load_study())
    codes = units.set_index("unit_id").loc[frame["unit_id"]]
    logs = {
        year: 100 * np.log(people.loc[year].reindex(codes[f"code{year}"]).to_numpy(dtype=float))
        for year in (2000, 2010, 2020)
    }
    assert frame["log_population_turn"].to_numpy() == pytest.approx(logs[2020] - 2 * logs[2010] + logs[2000], abs=1e-9)
    frame["cluster"] = frame["prefecture"]
    own = against(frame, "log_population_turn", neighbours(adjacency))
    assert made[0]["placebos.turn.log_population.raw.effect"].value == pytest.approx(own.estimate, abs=1e-8)
    assert set(frame["unit_id"]) < set(build(units, census, first=2010, last=2020)["unit_id"])


def test_prefectures_of_other_ground_are_left_out(tables: Tables, made: Made) -> None:
    prefectures = tables[3]
    frame = placebos.prefecture_frame(prefectures, load_study())
    flagged = prefectures[(prefectures["year"] == 2000) & prefectures["flagged"].str.contains("urban_share")]
    assert len(flagged) > 0
    assert not set(frame["code"]) & set(flagged["code"])
    share = prefectures.pivot(index="code", columns="year", values="urban_share").loc[frame["code"]]
    henan = frame["province"].to_numpy() == "41"
    near = frame["province"].isin(neighbours(tables[2])["41"]).to_numpy()
    turn = (share[2020] - 2 * share[2010] + share[2000]).to_numpy()
    found = made[0]["placebos.prefectures.urban_share.turn.raw.effect"]
    assert found.value == pytest.approx(turn[henan].mean() - turn[near].mean(), abs=1e-8)
    assert found.n == henan.sum() + near.sum()


def test_lights_are_differences_to_the_base_year(tables: Tables, made: Made) -> None:
    found, _ = made
    wide = placebos.light_panel(tables[3], "lights_total").pivot(index="code", columns="year", values="light").dropna()
    henan = wide.index.str.startswith("41")
    near = wide.index.str[:2].isin(neighbours(tables[2])["41"])

    def gap(values: pd.Series) -> float:
        return float(values[henan].mean() - values[near].mean())

    assert found["placebos.lights.year_2019.effect"].value == pytest.approx(gap(wide[2019] - wide[2015]))
    assert found["placebos.lights.break_2013.effect"].value == pytest.approx(gap(wide[2013] - wide[2012]))
    after = wide[[2017, 2018, 2019, 2020]].mean(axis=1)
    assert found["placebos.lights.since_2013.change.effect"].value == pytest.approx(
        gap(after - wide[[2013, 2014, 2015]].mean(axis=1))
    )
    assert "placebos.lights.year_2015.effect" not in found
    assert "placebos.lights.year_2016.effect" in found
    assert found["placebos.lights.since_2013.trend.effect"].value == pytest.approx(gap((wide[2015] - wide[2013]) / 2))


def test_the_breaks_are_where_all_lights_jump(made: Made) -> None:
    found, _ = made
    medians = {int(k[-4:]): f.value for k, f in found.items() if k.startswith("placebos.lights.median_change.year_")}
    assert set(sorted(medians, key=medians.__getitem__)[-3:]) == set(placebos.BREAKS)


def test_ranks_and_inference(made: Made) -> None:
    found, rows = made
    for key in (k for k in found if k.endswith(".effect")):
        one = found[key]
        own = rows[rows["key"] == key]
        larger = int((own.loc[own["group"] != "41", "estimate"] > one.value).sum())
        assert found[f"{key}.rank"].value == larger + 1
        assert one.placebos == len(own) - 1 >= 19, key
        assert one.p_value is not None
        assert one.p_value >= 1 / len(own)
        assert one.standard_error is None
    for key in ("placebos.urban_share.raw.adjusted", "placebos.urban_share.own.settled.adjusted"):
        assert found[key].value >= found[key.replace("adjusted", "effect")].p_value  # type: ignore[operator]


def test_synthetic_on_the_lights_since_the_last_break(tables: Tables) -> None:
    panel = placebos.light_panel(tables[3], "lights_total")
    # Seven provinces are enough here, and fast; Henan's lights are raised after the start.
    panel = panel[panel["province"].isin(["41", "13", "14", "34", "37", "42", "61"])].copy()
    years = [y for y in placebos.LIGHT_YEARS if y >= 2013]

    def estimate(data: pd.DataFrame) -> tuple[dict[str, Finding], float]:
        of = placebos._synthetic("placebos.lights.x.synthetic", data, years, "night lights", load_study(), "All.")
        found = {f.key: f for f in of.findings}
        return found, found["placebos.lights.x.synthetic.effect"].value

    raised = panel.assign(light=panel["light"] + 50.0 * ((panel["province"] == "41") & (panel["year"] >= 2017)))
    plain, first = estimate(panel)
    _, second = estimate(raised)
    assert second - first == pytest.approx(50.0, abs=1e-6)
    assert plain["placebos.lights.x.synthetic.misfit"].value >= 0
    assert not any(k.endswith(".crv1") for k in plain)


def test_outcomes_that_are_extreme_in_their_own_error(tables: Tables) -> None:
    units, census, adjacency, _ = tables
    frame = build(units, census, first=2010, last=2020)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(placebos, "SPECIFICATIONS", {"raw": SPECIFICATIONS["raw"]})
        made = placebos._counties(frame, neighbours(adjacency), load_study())
    found = {f.key: f for f in made.findings}
    assert len(OUTCOMES | MORE) == 13  # "thirteen outcomes"
    extreme = {}
    for end in ("p_studentized", "by_size"):
        tests = {
            o: found[f"placebos.{o}.raw.effect" + (".p_studentized" if end == "p_studentized" else "")]
            for o in OUTCOMES | MORE
        }
        p = {o: f.value if end == "p_studentized" else f.p_value for o, f in tests.items()}
        extreme[end] = {o for o, f in tests.items() if p[o] == pytest.approx(f.smallest_p)}
    assert extreme["p_studentized"] == {"piped_water", "bath", "migrants_other_province"}
    assert extreme["by_size"] == {"piped_water"}


def test_what_the_chapter_says(made: Made) -> None:
    found, _ = made

    def includes_nought(key: str) -> bool:
        interval = found[key].interval
        assert interval is not None
        return interval[0] < 0 < interval[1]

    # "Every interval includes zero": before the programme, in the change in change, and by night
    for key in (
        "placebos.before.log_population.raw.effect",
        "placebos.turn.log_population.raw.effect",
        "placebos.prefectures.urban_share.turn.raw.effect",
        "placebos.lights.since_2013.change.effect",
    ):
        assert includes_nought(key)
    assert found["placebos.before.log_population.raw.effect"].value < 0  # "no sign of a lead"
    assert found["placebos.lights.since_2013.change.effect"].value > 0  # "Lights rose"
    assert found["placebos.lights.since_2013.trend.effect"].value > 0  # "They rose before as well"
    both = [found[f"placebos.lights.{w}.change.effect"] for w in ("since_2001", "without_breaks")]
    assert abs(both[0].value - both[1].value) < 2  # "Leaving the three break years themselves out changes little"
    assert all(f.p_value is not None and f.p_value > 0.5 for f in both)
    # Piped water stands apart raw, and no more once the start is taken off.
    raw, own = (found[f"placebos.piped_water.{s}.effect"] for s in ("raw", "own"))
    assert found["placebos.piped_water.raw.effect.rank"].value == 1
    assert raw.p_value == raw.smallest_p
    assert own.p_value is not None
    assert own.p_value > 0.2
    # A break that clustered errors take for an effect, and placebo provinces do not.
    clustered = found["placebos.lights.break_2011.effect.crv1"]
    assert clustered.interval is not None
    assert clustered.interval[0] > 0
    assert includes_nought("placebos.lights.break_2011.effect")
    wide, narrow = (found[f"placebos.lights.year_{y}.effect"].detectable for y in (2012, 2014))
    assert wide is not None
    assert narrow is not None
    assert wide > 3 * narrow
    medians = {y: found[f"placebos.lights.median_change.year_{y}"].value for y in range(2014, 2021)}
    assert max(medians, key=medians.__getitem__) == 2017
