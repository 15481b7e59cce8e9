"""Growth by distance, on the real tables by other means and on small ones by hand."""

import numpy as np
import pandas as pd
import pytest
from pyproj import Geod
from real_tables import found, made_distance, table

from analysis.designs.errors import DesignError
from analysis.findings import Finding
from analysis.results.distance import BANDS, GROUND_OF_ZONES, band_of, band_words, by_band, city_centres, great_circle


@pytest.fixture(scope="module")
def findings() -> dict[str, Finding]:
    return found("distance")


def test_distances_are_within_a_hundredth_of_the_geodesic() -> None:
    random = np.random.default_rng(0)
    a, b = (
        pd.DataFrame({"longitude": random.uniform(105, 120, n), "latitude": random.uniform(25, 40, n)}) for n in (6, 4)
    )
    got = great_circle(a, b)
    assert got.shape == (6, 4)
    geod = Geod(ellps="WGS84")
    for i, j in ((0, 0), (3, 2), (5, 3)):
        expected = geod.inv(a["longitude"][i], a["latitude"][i], b["longitude"][j], b["latitude"][j])[2] / 1000
        assert got[i, j] == pytest.approx(expected, rel=0.01)
    assert np.diag(great_circle(a, a)) == pytest.approx(0, abs=1e-6)


def test_a_citys_centre_is_the_mean_of_its_districts_by_people() -> None:
    units = pd.DataFrame(
        {
            "unit_type": ["district", "district", "county", "district"],
            "prefecture": "x",
            "code2010": ["410102", "410103", "410121", "410104"],
            "longitude": [110.0, 114.0, 90.0, np.nan],
            "latitude": [30.0, 34.0, 20.0, np.nan],
        }
    )
    census = pd.DataFrame({"year": 2010, "code": units["code2010"], "population": [300.0, 100, 900, 50]})
    assert city_centres(units, census, 2010).loc["41 x"].tolist() == [111.0, 31.0]
    with pytest.raises(DesignError, match="no district of 2010 has a place"):
        city_centres(units[units["unit_type"] == "county"], census, 2010)


def test_a_band_holds_its_beginning() -> None:
    assert band_of(pd.Series([0.0, 49.9, 50, 99.9, 100, 1000])).tolist() == [0, 0, 50, 50, 100, 200]
    assert [band_words(b) for b in BANDS] == ["0 to 50 km", "50 to 100 km", "100 to 150 km", "150 to 200 km", "200 km and more"]  # fmt: skip


def test_means_by_band_by_hand() -> None:
    frame = pd.DataFrame(
        {"km_to_capital": [10.0, 30, 60], "log_population": [4.0, 8, -1], "urban_share": [10.0, 20, 5]}
    )
    made = by_band(frame)
    assert made[["band", "km", "log_population", "urban_share", "units"]].to_numpy().tolist() == [
        [0, 20, 6, 15, 2],
        [50, 60, -1, 5, 1],
    ]


def test_slopes_by_another_package(findings: dict[str, Finding]) -> None:
    import statsmodels.formula.api as smf

    own = made_distance().units.query("province == '41'")
    for name, rows in (
        ("", own),
        (".without_givers", own[~own["gave"]]),
        (".without_zones", own[(own["zone"] == 0) & ~own["gave"]]),
    ):
        fit = smf.ols("log_population ~ km_to_seat", rows).fit(
            cov_type="cluster", cov_kwds={"groups": pd.factorize(rows["prefecture"])[0]}, use_t=True
        )
        got = findings[f"distance.henan.seat.log_population{name}"]
        assert got.value == pytest.approx(100 * fit.params["km_to_seat"])
        assert got.standard_error == pytest.approx(100 * fit.bse["km_to_seat"], rel=1e-6)
        assert got.n == len(rows)
    near = made_distance().units.query("province != '41'")
    within = smf.ols("urban_share ~ km_to_capital + C(province)", near).fit()
    assert findings["distance.neighbours.capital.urban_share"].value == pytest.approx(
        100 * within.params["km_to_capital"]
    )


def test_the_ring_is_a_difference_of_means(findings: dict[str, Finding]) -> None:
    own = made_distance().units.query("province == '41'")
    ring = own[own["km_to_capital"].between(50, 100, inclusive="left")]["log_population"].mean()
    beyond = own[own["km_to_capital"] >= 100]["log_population"].mean()
    got = findings["distance.henan.shadow.log_population"]
    assert got.value == pytest.approx(ring - beyond)
    assert findings["distance.henan.shadow.log_population.detectable"].value == pytest.approx(2.8 * got.standard_error)


def test_near_units_are_cut_by_prefecture(findings: dict[str, Finding]) -> None:
    near = made_distance().units.query("province == '41' and km_to_capital < 50")
    own = near[near["prefecture"] == "41 郑州市"]["log_population"]
    others = near[near["prefecture"] != "41 郑州市"]["log_population"]
    assert findings["distance.henan.near.own_prefecture.log_population"].value == pytest.approx(own.mean())
    assert findings["distance.henan.near.other_prefectures.log_population"].value == pytest.approx(others.mean())
    assert len(own) + len(others) == findings["distance.henan.band_0.log_population"].n


def test_ground_of_zones_by_plain_sums(findings: dict[str, Finding]) -> None:
    people = table("census").set_index(["year", "code"])["population"].to_dict()
    start = sum(people[2010, c] for c in ("410122", "410184", "410223"))
    end = sum(people[2020, c] for c in ("410122", "410184", "410223"))
    zone = people[2020, "410173"]
    assert findings["distance.henan.airport.counties"].value == pytest.approx(100 * np.log(end / start))
    assert findings["distance.henan.airport.with_zone"].value == pytest.approx(100 * np.log((end + zone) / start))
    yuanyang = people[2020, "410725"] + people[2020, "410773"]
    assert findings["distance.henan.pingyuan.with_zone"].value == pytest.approx(
        100 * np.log(yuanyang / people[2010, "410725"])
    )


def test_zones_and_counties_named_by_code_are_what_they_are_taken_for() -> None:
    names = table("units").set_index("unit_id")["name"]
    called = {z: (names[zone], [names[u] for u in members]) for z, (zone, members) in GROUND_OF_ZONES.items()}
    assert called == {
        "airport": ("郑州航空港经济综合实验区", ["中牟县", "新郑市", "尉氏县"]),
        "pingyuan": ("新乡市平原城乡一体化示范区", ["原阳县"]),
    }


def test_what_the_chapter_says_of_the_map() -> None:
    """Counties around Zhengzhou and to its west are more urban than those of the plain in the east."""
    units, census = table("units"), table("census")
    share = census[census["year"] == 2020].set_index("code").eval("100 * urban_population / population")
    own = units[(units["province"] == "河南省") & units["unit_type"].isin(["county", "county_city"])]
    own = own.assign(share=share.reindex(own["code2020"]).to_numpy())
    east = own["longitude"] > 114.3
    around = own[(own["km_to_capital"] < 100) & ~east]
    west = own[own["longitude"] < 113]
    assert around["share"].mean() > own[east]["share"].mean() + 5
    assert west["share"].mean() > own[east]["share"].mean() + 2
