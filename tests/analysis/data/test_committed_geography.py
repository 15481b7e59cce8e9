"""The committed polygons, links and pairs, and what is known of them from elsewhere."""

from dataclasses import replace

import pandas as pd
import pytest
import shapely

from analysis.data.checks import geography
from analysis.data.checks.loaded import Tables, load_all
from analysis.data.compile.borders import without_neighbours

pytestmark = pytest.mark.usefixtures("tables_loaded_once")

OWN = ["same", "part", "changed"]


@pytest.fixture(scope="module")
def committed() -> Tables:
    return load_all()


def _links(committed: Tables, year: int) -> pd.DataFrame:
    return committed.polygon_units[committed.polygon_units["year"] == year]


def test_the_tables_agree(committed: Tables) -> None:
    assert geography.faults(committed) == []


def test_there_are_polygons_of_the_whole_country(committed: Tables) -> None:
    polygons = committed.polygons
    provinces = polygons[polygons["level"] == "province"]
    assert len(provinces) == 34
    names = set(committed.totals.loc[committed.totals["level"] == "province", "name"])
    assert set(provinces["name"]) == names | {"台湾省", "香港特别行政区", "澳门特别行政区"}
    counties = polygons[polygons["level"] == "county"]
    assert set(counties["code"].str[:2]) == set(provinces["code"].str[:2]) - {"71", "81", "82"}
    # The southernmost islands are not dropped.
    _, south, _, _ = shapely.total_bounds(counties["polygon"].to_numpy())
    assert south < 4


@pytest.mark.parametrize(
    ("code2010", "polygon"),
    [("410322", "410322"), ("410381", "410381"), ("410728", "410783"), ("411626", "411603"), ("410122", "410122")],
)
def test_units_whose_code_changed_have_their_polygon(committed: Tables, code2010: str, polygon: str) -> None:
    links = _links(committed, 2010).set_index("code")
    assert links.loc[code2010, "polygon"] == polygon
    assert links.loc[code2010, "relation"] in OWN


def test_every_unit_of_the_programme_has_a_polygon_of_its_own_in_both_years(committed: Tables) -> None:
    for year in (2010, 2020):
        links = _links(committed, year)
        own = set(links.loc[links["relation"].isin(OWN), "code"])
        assert set(committed.programme[f"code{year}"]) <= own


def test_county_level_units_under_low_codes_are_themselves(committed: Tables) -> None:
    links = _links(committed, 2010).set_index("code")
    low = {"419001": "济源市", "429004": "仙桃市", "429005": "潜江市", "429006": "天门市"}
    for code, name in low.items():
        assert tuple(links.loc[code, ["name", "relation", "polygon"]]) == (name, "same", code)


def test_only_zones_and_listed_units_have_no_polygon(committed: Tables) -> None:
    kinds = committed.census.set_index(["year", "code"])["unit_type"]
    for year, expected in {2010: 15, 2020: 5}.items():
        links = _links(committed, year)
        none = links.loc[links["relation"] == "none", "code"]
        forest = {"232762", "232763", "232764"}  # the table of 2010 counts these as zones
        assert sum(kinds[year, code] != "zone" or code in forest for code in none) == expected


def test_names_that_the_workbook_of_2010_exchanges_do_not_exchange_polygons(committed: Tables) -> None:
    links = _links(committed, 2010).set_index("code")
    assert list(links.loc[["130207", "130208"], "polygon"]) == ["130207", "130208"]


def test_all_units_with_a_polygon_but_islands_have_neighbours(committed: Tables) -> None:
    # Changhai, Daishan, Nan'ao and Xisha.
    islands = ["210224", "330921", "440523", "460391"]
    assert without_neighbours(committed.adjacency, committed.polygon_units) == islands


def test_known_neighbours(committed: Tables) -> None:
    pairs = set(zip(committed.adjacency["unit_a"], committed.adjacency["unit_b"], strict=True))
    assert ("410122", "410184") in pairs  # Zhongmu and Xinzheng
    assert ("410923", "371522") not in pairs  # the lower code comes first
    assert ("371522", "410923") in pairs  # Shen county in Shandong and Nanle
    assert ("410122", "410225") not in pairs  # Zhongmu and Lankao
    # A county has about six neighbours.
    assert 5 < 2 * len(pairs) / len(set(committed.adjacency["unit_a"]) | set(committed.adjacency["unit_b"])) < 6


def test_no_province_is_cut_off_by_simplifying(committed: Tables) -> None:
    """Units that border on each other in full detail still do, but for a few that meet in less than a kilometre."""
    polygons = committed.polygons[committed.polygons["level"] == "county"].set_index("code")["polygon"]
    links = _links(committed, 2010)
    drawn = links[links["relation"].isin(["same", "changed"])].drop_duplicates("code", keep=False)
    shape = drawn.set_index("code")["polygon"].map(polygons)
    long = committed.adjacency[committed.adjacency["border_km"] > 5]
    long = long[long["unit_a"].isin(shape.index) & long["unit_b"].isin(shape.index)]
    touching = shapely.intersects(shape[long["unit_a"]].to_numpy(), shape[long["unit_b"]].to_numpy())
    assert touching.all()


def _faults(committed: Tables, **changed: pd.DataFrame) -> list[str]:
    return geography.faults(replace(committed, **changed))


def test_a_pair_with_a_unit_that_no_census_has_does_not_pass(committed: Tables) -> None:
    adjacency = committed.adjacency.copy()
    adjacency.loc[0, "unit_a"] = "110999"
    found = _faults(committed, adjacency=adjacency)
    assert "adjacency.csv, column unit_a: 110999 is no unit of 2010" in found[0]


def test_a_wrong_province_mark_does_not_pass(committed: Tables) -> None:
    adjacency = committed.adjacency.copy()
    adjacency.loc[0, "same_province"] = 0
    (found,) = _faults(committed, adjacency=adjacency)
    assert "column same_province: found 0" in found


def test_a_unit_without_a_link_does_not_pass(committed: Tables) -> None:
    links = committed.polygon_units
    found = _faults(committed, polygon_units=links[~((links["year"] == 2020) & (links["code"] == "410122"))])
    assert found == ["polygon_units.csv: unit 410122 of 2020 is missing"]


def test_a_link_to_no_polygon_does_not_pass(committed: Tables) -> None:
    links = committed.polygon_units.copy()
    links.loc[links["polygon"] == "410122", "polygon"] = "410199"
    found = _faults(committed, polygon_units=links)
    assert "polygons.csv, polygon 410122, column code: polygon_units.csv links no unit to it" in found
    assert any("no such county-level polygon as 410199" in fault for fault in found)


def test_another_name_does_not_pass(committed: Tables) -> None:
    links = committed.polygon_units.copy()
    links.loc[(links["year"] == 2010) & (links["code"] == "410122"), "name"] = "中年县"
    (found,) = _faults(committed, polygon_units=links)
    assert "unit 410122 2010, column name: found 中年县; census.csv has 中牟县" in found


def test_a_moved_border_does_not_pass(committed: Tables) -> None:
    polygons = committed.polygons.copy()
    at = polygons.index[polygons["code"] == "410122"][0]
    polygons.loc[at, "polygon"] = polygons.loc[at, "polygon"].buffer(0.1)
    found = _faults(committed, polygons=polygons)
    assert any("polygon 410122: its border does not meet its neighbours', level county" in fault for fault in found)
    assert any("polygon 410000: its area is" in fault for fault in found)


def test_a_province_without_an_outline_does_not_pass(committed: Tables) -> None:
    polygons = committed.polygons
    found = _faults(committed, polygons=polygons[polygons["code"] != "420000"])
    assert found == ["polygons.csv: province 420000 has county-level polygons and no outline"]
