"""The committed tables, and whether they agree with each other, their codebook and the upstream files."""

from dataclasses import fields, replace
from pathlib import Path

import pandas as pd
import pytest
import shapely
import yaml

from analysis.data import tables
from analysis.data.checks import faults
from analysis.data.checks.census import SUMMED, remainders
from analysis.data.checks.geography import without_polygon
from analysis.data.checks.loaded import Tables, load_all
from analysis.data.rebuild import MADE, rebuild
from analysis.data.schemas.every import EVERY
from analysis.data.upstream import load_sources
from analysis.paths import DATA, ROOT
from analysis.study import load_study


@pytest.fixture(scope="module")
def committed() -> Tables:
    return load_all()


def test_tables_agree(committed: Tables) -> None:
    assert faults(committed) == []


@pytest.mark.parametrize(("year", "people"), [(2010, 94_029_939), (2020, 99_365_519)])
def test_units_of_the_treated_province_sum_to_its_population(committed: Tables, year: int, people: int) -> None:
    units = committed.census[(committed.census["year"] == year) & (committed.census["province"] == "河南省")]
    assert units["population"].sum() == people
    assert set(units["code"].str[:2]) == {load_study().treated}


def test_country_total_of_2020(committed: Tables) -> None:
    country = committed.totals[committed.totals["level"] == "country"]
    assert list(country["population"]) == [1_409_778_724]
    assert committed.census.loc[committed.census["year"] == 2020, "population"].sum() == 1_409_778_724


def test_no_remainder_but_the_blank_households(committed: Tables) -> None:
    left = remainders(committed.census, committed.totals)
    assert left.to_dict("records") == [{"province": "海南省", "year": 2010, "column": "households", "remainder": -45.0}]


def test_prefectures_sum_to_their_province(committed: Tables) -> None:
    totals = committed.totals[(committed.totals["year"] == 2010)]
    prefectures = totals[(totals["level"] == "prefecture") & (totals["province"] == "湖北省")]
    direct = totals[(totals["level"] == "subtotal") & (totals["province"] == "湖北省")]
    hubei = totals[totals["name"] == "湖北省"]
    assert prefectures["population"].sum() + direct["population"].sum() == hubei["population"].sum()


def test_every_workbook_row_is_accounted_for(committed: Tables) -> None:
    left_out = committed.exceptions[committed.exceptions["kind"] == "row left out"]
    for year, rows in {2010: 3279, 2020: 3358}.items():
        parts = (committed.census, committed.totals, left_out)
        assert sum((part["year"] == year).sum() for part in parts) == rows


def test_known_traps_are_listed(committed: Tables) -> None:
    e = committed.exceptions
    listed = set(zip(e["year"], e["code"], e["column"], e["printed"], e["kind"], strict=True))
    assert (2010, "411122", "employed_trade", "-1373", "cell left empty") in listed
    assert (2010, "542622", "employed_utilities", "5 5", "cell left empty") in listed
    assert (2010, "632723", "employed", "2821", "sum differs") in listed
    forum = committed.exceptions[committed.exceptions["note"].str.contains("whoever copied")]
    assert (list(forum["year"]), list(forum["row"])) == ([2010], [3280])


def test_industries_of_2010_are_in_the_order_that_the_codebook_says(committed: Tables) -> None:
    census = committed.census
    shares = {}
    for year, place in ((2010, "all"), (2010, "北京市"), (2020, "all")):
        units = census[(census["year"] == year) & ((census["province"] == place) | (place == "all"))]
        shares[year, place] = {
            c: units[f"employed_{c}"].sum() / units["employed"].sum() for c in ("transport", "information", "trade")
        }
    for share in shares.values():
        assert share["trade"] > share["transport"] > 0.02
    assert shares[2010, "all"]["information"] < 0.01
    assert shares[2010, "北京市"]["information"] > 4 * shares[2010, "all"]["information"]
    # The alternatives, a step to either side, would have halved or multiplied a sector within a decade.
    for sector in ("transport", "information", "trade"):
        assert 0.3 < shares[2010, "all"][sector] / shares[2020, "all"][sector] < 1.1


def test_programme_units(committed: Tables) -> None:
    programme = committed.programme
    assert len(programme) == 106
    assert set(programme["code"].str[:2]) == {load_study().treated}
    pinyin = programme.set_index("name")["pinyin"]
    careful = {"浚县": "Xun", "荥阳市": "Xingyang", "长垣县": "Changyuan", "武陟县": "Wuzhi", "郏县": "Jia",
               "睢县": "Sui", "柘城县": "Zhecheng", "渑池县": "Mianchi", "泌阳县": "Biyang",
               "中牟县": "Zhongmu", "汝南县": "Runan", "尉氏县": "Weishi"}  # fmt: skip
    for name, spelled in careful.items():
        assert pinyin[name] == spelled
    moved = programme[programme["code2010"] != programme["code2020"]]
    assert list(moved["name"]) == ["长垣县", "淮阳县"]
    census = committed.census.set_index(["year", "code"])["name"]
    assert [census[2010, code] for code in programme["code2010"]] == list(programme["name"])
    same = programme[programme["code2010"] == programme["code2020"]]
    assert [census[2020, code] for code in same["code2020"]] == list(same["name"])


def test_polygons_are_valid_meet_and_cover_the_programme(committed: Tables) -> None:
    polygons = committed.polygons
    assert shapely.is_valid(polygons["polygon"].to_numpy()).all()
    for _, of_level in polygons.groupby("level"):
        assert shapely.coverage_is_valid(of_level["polygon"].to_numpy())
    assert without_polygon(committed.programme["code2020"], polygons) == []
    provinces = polygons[polygons["level"] == "province"]
    assert set(provinces["code"].str[:2]) > set(load_study().provinces)
    # Of the units of 2020, zones have no polygons, and Jili is part of its neighbour's.
    census = committed.census
    henan = census[(census["year"] == 2020) & (census["province"] == "河南省")]
    missing = without_polygon(henan.loc[henan["unit_type"] != "zone", "code"], polygons)
    assert missing == ["410306"]


@pytest.mark.parametrize("column", SUMMED)
def test_a_changed_figure_does_not_pass(committed: Tables, column: str) -> None:
    census = committed.census.copy()
    row = census[census["year"] == 2010].index[1234]
    census.loc[row, column] += 1
    assert any(column in fault for fault in faults(replace(committed, census=census)))


def test_a_figure_changed_in_units_and_totals_alike_does_not_pass(committed: Tables) -> None:
    census, totals = committed.census.copy(), committed.totals.copy()
    census.loc[census[(census["year"] == 2010) & (census["code"] == "410122")].index, "population"] += 1
    totals.loc[totals[(totals["year"] == 2010) & (totals["name"] == "河南省")].index, "population"] += 1
    found = faults(replace(committed, census=census, totals=totals))
    assert found[0].startswith("census_totals.csv, 河南省 2010, column population: found 94029940")
    assert "the units sum to 94029940" in found[1]


def test_an_emptied_cell_does_not_pass(committed: Tables) -> None:
    census = committed.census.copy()
    census.loc[77, "households_bath"] = float("nan")
    (fault,) = faults(replace(committed, census=census))
    assert "column households_bath: empty, but not listed" in fault


def test_a_dropped_unit_does_not_pass(committed: Tables) -> None:
    found = faults(replace(committed, census=committed.census.drop(index=4321)))
    assert any("column population" in fault for fault in found)


def test_a_programme_unit_that_no_census_knows_does_not_pass(committed: Tables) -> None:
    programme = committed.programme.copy()
    programme.loc[0, "code2020"] = "410199"
    found = faults(replace(committed, programme=programme))
    assert "programme_units.csv, unit 410122 中牟县, column code2020: found 410199" in found[0]
    assert "has no polygon" in found[1]


def test_an_exception_that_is_not_one_does_not_pass(committed: Tables) -> None:
    exceptions = committed.exceptions.copy()
    exceptions.loc[exceptions["kind"] == "sum differs", "code"] = "410122"
    assert len(faults(replace(committed, exceptions=exceptions))) == 2


def test_codebook_describes_every_column() -> None:
    book = yaml.safe_load((DATA / "codebook.yml").read_text(encoding="utf-8"))["tables"]
    assert sorted(book) == sorted(EVERY) == sorted(path.name for path in DATA.glob("*.csv"))
    for name, table in EVERY.items():
        columns = book[name]["columns"]
        assert [column["name"] for column in columns] == list(table.columns)
        assert all(column["meaning"] and column["unit"] and column["source"] for column in columns)


def test_sources_name_every_table() -> None:
    named = {table for source in load_sources().values() for table in source["used_for"]}
    assert named == {path.name for path in DATA.glob("*.csv")}


@pytest.fixture(scope="module")
def upstream() -> Path:
    for folder in (ROOT / ".upstream", ROOT.parent / "shared" / "upstream"):
        if folder.is_dir():
            return folder
    pytest.skip("the upstream files are not here; data/sources.yml says where they are to be had")


def test_rebuild_gives_the_committed_bytes(upstream: Path, tmp_path: Path) -> None:
    (tmp_path / tables.PROGRAMME_UNITS.name).write_bytes(tables.PROGRAMME_UNITS.read_bytes())
    rebuild(upstream, tmp_path, tell=lambda _: None)
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([*MADE, tables.PROGRAMME_UNITS.name])
    for name in MADE:
        assert (tmp_path / name).read_bytes() == (DATA / name).read_bytes(), name


def test_all_tables_are_loaded(committed: Tables) -> None:
    assert all(isinstance(getattr(committed, f.name), pd.DataFrame) for f in fields(committed))
