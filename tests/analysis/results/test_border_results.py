"""The border's findings on the committed tables, against plain arithmetic; fewer outcomes than the book has."""

import numpy as np
import pandas as pd
import pytest

from analysis.data.tables import load_adjacency, load_census, load_units
from analysis.designs.border import Pairs, border_test, cross, fit_pairs
from analysis.findings import Finding, MadeFrom
from analysis.results import border
from analysis.results.counties import OUTCOMES, SPECIFICATIONS, build, complete
from analysis.study import load_study

KEPT = ("urban_share", "migrants_other_province")


@pytest.fixture(scope="module")
def tables() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    return load_units(), load_census(), load_adjacency()


@pytest.fixture(scope="module")
def made(tables: tuple[pd.DataFrame, ...]) -> tuple[dict[str, Finding], pd.DataFrame]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(border, "OUTCOMES", {o: OUTCOMES[o] for o in KEPT})
        patch.setattr(border, "SPECIFICATIONS", {s: SPECIFICATIONS[s] for s in ("raw", "own")})
        patch.setattr(border, "BALANCED", {"urban_share": border.BALANCED["urban_share"]})
        found, rows = border.findings(*tables, load_study(), MadeFrom({}, {}))
    return {f.key: f for f in found.findings}, rows


@pytest.fixture(scope="module")
def pairs(tables: tuple[pd.DataFrame, ...]) -> pd.DataFrame:
    """Henan's pairs and the urban shares of both sides, straight from the tables."""
    units, census, adjacency = tables
    register = units.set_index("unit_id")
    fine = register[
        register["unit_type"].isin(["county", "banner", "county_city"])
        & ~register["ground_2010_2020"].isin(["changed", "unknown", ""])
        & (register["code2010"] != "")
        & (register["code2020"] != "")
    ]
    share = 100 * census["urban_population"] / census["population"]
    share.index = pd.MultiIndex.from_frame(census[["year", "code"]])
    change = pd.Series(
        share.loc[2020].reindex(fine["code2020"]).to_numpy() - share.loc[2010].reindex(fine["code2010"]).to_numpy(),
        index=fine.index,
    )
    both = adjacency[adjacency["unit_a"].isin(fine.index) & adjacency["unit_b"].isin(fine.index)]
    a_here, b_here = both["unit_a"].str.startswith("41"), both["unit_b"].str.startswith("41")
    both = both[a_here != b_here]
    here = both["unit_a"].where(a_here, both["unit_b"])
    there = both["unit_b"].where(a_here, both["unit_a"])
    return pd.DataFrame({"here": here, "there": there, "difference": here.map(change) - there.map(change)})


def test_pairs_and_units_are_those_of_the_tables(
    made: tuple[dict[str, Finding], pd.DataFrame], pairs: pd.DataFrame
) -> None:
    found, _ = made
    assert found["border.pairs"].value == len(pairs) > 50
    assert found["border.units.treated"].value == pairs["here"].nunique()
    assert found["border.units.others"].value == pairs["there"].nunique()
    assert found["border.most_pairs.others"].value == pairs["there"].value_counts().max()
    by_province = pairs["there"].str[:2].map(load_study().province_names).value_counts()
    assert {name: found[f"border.pairs.{name.lower()}"].value for name in by_province.index} == by_province.to_dict()
    assert found["border.islands"].value > 0


def test_the_raw_effect_is_the_mean_difference_of_pairs(
    made: tuple[dict[str, Finding], pd.DataFrame], pairs: pd.DataFrame
) -> None:
    found, _ = made
    assert found["border.urban_share.raw.effect"].value == pytest.approx(pairs["difference"].mean(), abs=1e-9)
    weights = 1 / (pairs["here"].map(pairs["here"].value_counts()) + pairs["there"].map(pairs["there"].value_counts()))
    assert found["border.urban_share.raw.units.effect"].value == pytest.approx(
        np.average(pairs["difference"], weights=weights), abs=1e-9
    )
    hubei = pairs.loc[pairs["there"].str.startswith("42"), "difference"].mean()
    assert found["border.urban_share.hubei.effect"].value == pytest.approx(hubei, abs=1e-9)


def test_inference_of_record_is_by_placebos(made: tuple[dict[str, Finding], pd.DataFrame]) -> None:
    found, rows = made
    for key, one in found.items():
        if key.endswith(".effect"):
            assert one.placebos is not None, key
            assert one.placebos >= 19, key
            assert one.standard_error is None, key
            assert one.detectable is not None, key
            assert one.interval is not None, key
            assert one.p_value is not None
            assert one.p_value >= one.smallest_p, key  # type: ignore[operator]
    clustered = found["border.urban_share.raw.effect.crv1"]
    assert clustered.standard_error is not None
    assert "two-way by prefecture" in clustered.specification
    assert "two-way by unit" in found["border.urban_share.hubei.effect.crv1"].specification
    own = rows[(rows["key"] == "border.urban_share.raw.effect") & (rows["group"] == "41")]
    assert own["estimate"].item() == found["border.urban_share.raw.effect"].value


def test_every_variant_and_neighbour_is_there(made: tuple[dict[str, Finding], pd.DataFrame]) -> None:
    found, _ = made
    study = load_study()
    for outcome in KEPT:
        for specification in ("raw", "own"):
            for variant in ("", ".units", ".apart", ".settled"):
                assert f"border.{outcome}.{specification}{variant}.effect" in found
                assert f"border.{outcome}.{specification}{variant}.adjusted" in found
        for p in study.neighbours:
            assert f"border.{outcome}.{study.province_names[p].lower()}.effect" in found
    assert "border.before.log_population.raw.effect" in found
    assert "does not stop at its border" in found["border.urban_share.raw.effect"].specification


def test_a_planted_effect_comes_back(tables: tuple[pd.DataFrame, ...]) -> None:
    units, census, adjacency = tables
    study = load_study()
    plain = build(units, census, first=2010, last=2020)
    more = plain.assign(urban_share=plain["urban_share"] + 30.0 * (plain["province"] == "41"))
    tests = []
    for frame in (plain, more):
        g = border._graph(complete(frame, ["urban_share"])[0], adjacency, ["urban_share"], "prefecture")
        tests.append(border_test(g, "urban_share", study.treated, group="province", smallest=20, fewest=10))
    assert tests[1].estimate - tests[0].estimate == pytest.approx(30.0)
    assert tests[1].p_value == tests[1].smallest_p
    assert tests[1].interval is not None
    assert tests[1].interval[0] > 0


def test_what_the_chapter_says_of_the_border(
    tables: tuple[pd.DataFrame, ...], made: tuple[dict[str, Finding], pd.DataFrame]
) -> None:
    found, _ = made
    share = found["border.urban_share.raw.effect"]
    assert share.value > 0
    assert share.interval is not None
    assert share.interval[0] < 0 < share.interval[1]
    before = found["border.before.log_population.raw.effect"]
    assert before.interval is not None
    assert before.interval[0] < 0 < before.interval[1]
    # "much smaller than what placebo borders show"
    assert share.detectable is not None
    assert 2.8 * (found["border.urban_share.raw.effect.crv1"].standard_error or 0) < share.detectable / 2
    # "The estimates have no common sign", in each of the figure's panels
    outcomes = ["urban_share", "log_population", "log_urban_population"]
    frame, _ = complete(build(tables[0], tables[1], first=2010, last=2020), outcomes)
    g = border._graph(frame, tables[2], outcomes, "own")
    for outcome in outcomes:
        signs = {fit_pairs(cross(g, [outcome], "41", [p]), outcome).estimate > 0 for p in load_study().neighbours}
        assert signs == {True, False}


def test_errors_beside_are_those_of_plain_arithmetic() -> None:
    """Simulated pairs of six prefectures a side: the two-way jackknife by loops, and Conley's sum over all pairs."""
    random = np.random.default_rng(11)
    count = 40
    table = pd.DataFrame(
        {
            "d": random.normal(1, 2, count),
            "unit": [f"u{i}" for i in range(count)],
            "other": [f"o{i}" for i in range(count)],
            "cluster": random.integers(0, 6, count).astype(str),
            "other_cluster": random.integers(0, 6, count).astype(str),
            "group": "41",
            "other_group": "13",
            "weight": 1.0,
        }
    )
    d, mean = table["d"].to_numpy(), table["d"].mean()

    def jackknife(labels: pd.Series) -> float:
        moves = [(d[labels != g].mean() - mean) ** 2 for g in labels.unique()]
        return (len(moves) - 1) / len(moves) * sum(moves)

    one, other = table["cluster"], table["other_cluster"]
    by_hand = (jackknife(one) + jackknife(other) - jackknife(one + "|" + other)) ** 0.5
    simulated = Pairs(table, count, count)
    assert border.pair_jackknife(simulated, "d") == pytest.approx(by_hand, abs=1e-10)
    middle = np.column_stack([random.uniform(33, 36, count), random.uniform(112, 116, count)])
    positions = pd.DataFrame(
        np.vstack([middle + 0.1, middle - 0.1]),
        columns=["latitude", "longitude"],
        index=[*table["unit"], *table["other"]],
    )
    lat, lon = np.radians(middle).T
    cosine = np.sin(lat)[:, None] * np.sin(lat) + np.cos(lat)[:, None] * np.cos(lat) * np.cos(lon[:, None] - lon)
    km = 6371.01 * np.arccos(np.clip(cosine, -1, 1))
    np.fill_diagonal(km, 0)
    found, placed = border.pair_distances(simulated, "d", positions)
    assert placed == count
    for cutoff, error in found.items():
        variance = (d - mean) @ np.clip(1 - km / cutoff, 0, None) @ (d - mean) / count**2
        assert error == pytest.approx(variance**0.5, rel=1e-4)
