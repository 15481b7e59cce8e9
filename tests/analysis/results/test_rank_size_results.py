"""Places by rank and size, on the real tables by other means and on small ones by hand."""

import csv
from collections import defaultdict

import numpy as np
import pandas as pd
import pytest
from real_tables import found, made_rank_size, table

from analysis.data.samples import KINDS
from analysis.findings import Finding
from analysis.paths import DATA
from analysis.present.place_maps import place_shapes
from analysis.results.rank_size import CITY, UNIT, places
from analysis.results.urban_system import put_zones
from analysis.study import load_study


@pytest.fixture(scope="module")
def findings() -> dict[str, Finding]:
    return found("rank_size")


def simulated_rows() -> pd.DataFrame:
    """Simulated: two districts, a county, a county that a census lacks, and a zone of the second year."""
    return pd.DataFrame(
        {
            "unit_id": list("abcdz"),
            "province": "41",
            "prefecture": "41 x",
            "side": ["districts", "districts", "counties", "counties", "zones"],
            "people_start": [100.0, 50, 200, 80, 0],
            "people_end": [120.0, 60, 190, 0, 40],
            "urban_start": [90.0, 40, 60, 20, 0],
            "urban_end": [110.0, 55, 80, 0, 30],
        }
    )


def simulated_register() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "unit_id": list("abcdz"),
            "name": list("ABCDZ"),
            "pinyin": ["An", "Bo", "Ci", "Du", "Ze"],
            "code2010": ["1", "2", "3", "4", ""],
            "code2020": ["1", "2", "9", "", "5"],
        }
    )


def test_districts_of_a_prefecture_are_one_place_by_hand() -> None:
    made = places(put_zones(simulated_rows(), "with_districts"), simulated_register(), {"x": "Xi"})
    assert made["place"].tolist() == ["city 41 x", "c"]  # d has nobody in the second year
    assert made["kind"].tolist() == [CITY, UNIT]
    assert made["pinyin"].tolist() == ["Xi", "Ci"]
    assert made["code_end"].tolist() == ["", "9"]
    assert made["urban_start"].tolist() == [130, 60]
    assert made["urban_end"].tolist() == [195, 80]
    without = places(put_zones(simulated_rows(), "left_out"), simulated_register())
    assert without["urban_end"].tolist() == [165, 80]


def sizes_by_plain_reading(year: str) -> list[int]:
    """Henan's places: cities by prefecture with zones, counties by their kind in 2010."""
    with (DATA / "census.csv").open(encoding="utf-8", newline="") as file:
        urban = {r["code"]: int(r["urban_population"]) for r in csv.DictReader(file) if r["year"] == year}
    found_: dict[str, int] = defaultdict(int)
    with (DATA / "units.csv").open(encoding="utf-8", newline="") as file:
        for unit in csv.DictReader(file):
            code = unit[f"code{year}"]
            if code.startswith("41"):
                place = unit["unit_id"] if unit["unit_type"] in KINDS else unit["prefecture"]
                found_[place] += urban[code]
    return sorted(found_.values(), reverse=True)


@pytest.mark.parametrize("year", ["2010", "2020"])
def test_slope_and_weight_of_the_largest_by_plain_reading(findings: dict[str, Finding], year: str) -> None:
    sizes = sizes_by_plain_reading(year)
    ranks = np.arange(1, len(sizes) + 1)
    slope = -np.polyfit(np.log(sizes), np.log(ranks - 0.5), 1)[0]
    own = findings[f"rank_size.henan.slope_{year}"]
    assert own.value == pytest.approx(slope)
    assert own.n == len(sizes) == 126
    assert own.standard_error == pytest.approx(slope * (2 / 126) ** 0.5)
    half = -np.polyfit(np.log(sizes[:63]), np.log(ranks[:63] - 0.5), 1)[0]
    assert findings[f"rank_size.henan.upper_half.slope_{year}"].value == pytest.approx(half)
    assert findings[f"rank_size.henan.largest_share_{year}"].value == pytest.approx(100 * sizes[0] / sum(sizes))
    assert findings[f"rank_size.henan.largest_over_second_{year}"].value == pytest.approx(sizes[0] / sizes[1])


def test_places_hold_all_urban_residents_of_henan() -> None:
    made = made_rank_size()[1]
    own = made[made["province"] == "41"]
    assert own["urban_start"].sum() == sum(sizes_by_plain_reading("2010"))
    assert own["urban_end"].sum() == sum(sizes_by_plain_reading("2020"))
    assert made["place"].is_unique


def test_zones_only_count_where_they_are_put(findings: dict[str, Finding]) -> None:
    """In 2010 there are no zones, so that nothing differs; in 2020 cities without them are smaller."""
    for key in ("slope", "largest_share"):
        before = findings[f"rank_size.henan.zones_left_out.{key}_2010"].value
        assert before == findings[f"rank_size.henan.{key}_2010"].value
    with_, without = (findings[f"rank_size.henan.{v}largest_share_2020"].value for v in ("", "zones_left_out."))
    assert without < with_


def test_growth_on_size_by_another_package(findings: dict[str, Finding]) -> None:
    import statsmodels.formula.api as smf

    own = made_rank_size()[1].query("province == '41'")
    own = own.assign(growth=100 * np.log(own["urban_end"] / own["urban_start"]), doubled=np.log2(own["urban_start"]))
    groups = pd.factorize(own["prefecture"])[0]
    fit = smf.ols("growth ~ doubled", own).fit(cov_type="cluster", cov_kwds={"groups": groups}, use_t=True)
    got = findings["rank_size.henan.growth_on_size"]
    assert got.value == pytest.approx(fit.params["doubled"])
    assert got.standard_error == pytest.approx(fit.bse["doubled"], rel=1e-6)
    assert got.interval == pytest.approx(tuple(fit.conf_int().loc["doubled"]), rel=1e-6)


def test_every_place_of_henan_has_a_polygon_and_every_polygon_a_place() -> None:
    own = made_rank_size()[1].query("province == '41'")
    polygons = table("polygons")
    shapes = place_shapes(own, polygons, table("polygon_units"), load_study())
    counties = polygons[(polygons["level"] == "county") & polygons["code"].str.startswith("41")]["polygon"]
    assert len(shapes) == len(own)
    assert sum(s.area for s in shapes) == pytest.approx(sum(p.area for p in counties))


def test_henans_slope_can_be_told_from_one_neighbours_alone(findings: dict[str, Finding]) -> None:
    """What chapters/05-urban-system.qmd says in words, by the normal law for two independent slopes."""
    own = findings["rank_size.henan.slope_2020"]
    assert own.standard_error
    told = set()
    for name in ("hebei", "shanxi", "anhui", "shandong", "hubei", "shaanxi"):
        other = findings[f"rank_size.{name}.slope_2020"]
        assert other.standard_error
        if own.value - other.value > 1.96 * np.hypot(own.standard_error, other.standard_error):
            told.add(name)
    assert told == {"shaanxi"}
