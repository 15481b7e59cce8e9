"""The committed tables, and whether they agree with each other, their codebook and the upstream files."""

from dataclasses import fields, replace
from pathlib import Path

import pandas as pd
import pytest
import shapely
import yaml

from analysis.data import hashes
from analysis.data.checks import faults
from analysis.data.checks.census import COUNTRY, REMAINDERS, SUMMED, agreement, remainders
from analysis.data.checks.geography import without_polygon
from analysis.data.checks.loaded import Tables, load_all
from analysis.data.rebuild import MADE, rebuild
from analysis.data.schemas.census import GIVEN, YEARS
from analysis.data.schemas.every import EVERY
from analysis.data.upstream import load_sources
from analysis.paths import DATA, ROOT
from analysis.study import load_study

pytestmark = pytest.mark.usefixtures("tables_loaded_once")


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


def test_no_remainder_but_the_explained_ones(committed: Tables) -> None:
    left = remainders(committed.census, committed.totals)
    found = {(r.province, r.year, r.column): r.remainder for r in left.itertuples()}
    assert found == {place: remainder for place, (remainder, _) in REMAINDERS.items()}
    of_people = {"population", "urban_population", "men", "registered_population", "employed", "households_surveyed"}
    assert not of_people & {column for _, _, column in REMAINDERS}


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


def test_units_of_2000_sum_to_every_province_of_the_tabulation(committed: Tables) -> None:
    people = agreement(committed.census, committed.totals, committed.bulletins)
    first = people[people["year"] == 2000]
    assert len(first) == 32
    assert (first["units"] == first["tabulation"]).all()


def test_units_of_2010_and_2020_against_the_bulletins(committed: Tables) -> None:
    people = agreement(committed.census, committed.totals, committed.bulletins).set_index(["year", "province"])
    difference = (people["units"] - people["bulletin"])[lambda d: d.index.get_level_values("province") != COUNTRY]
    assert (difference[2020] == 0).all()
    assert difference[2010, "河南省"] == 94_029_939 - 94_023_567
    assert difference[2010].abs().max() == 17_327
    # In 2000 the bulletin adds people whom the census missed; Tibet and Guizhou hardly differ.
    assert (difference[2000] < 0).all()
    servicemen = people.loc[(2020, COUNTRY), "bulletin"] - people.loc[(2020, COUNTRY), "units"]
    assert servicemen == 2_000_000
    assert (people["units"] == people["workbook"])[people["workbook"].notna()].all()


@pytest.mark.parametrize(
    ("publication", "complaint"), [("bulletin", "the rows below"), ("tabulation", "the units sum")]
)
def test_a_changed_bulletin_does_not_pass(committed: Tables, publication: str, complaint: str) -> None:
    bulletins = committed.bulletins.copy()
    row = bulletins[(bulletins["publication"] == publication) & (bulletins["province"] == "河南省")].index[0]
    bulletins.loc[row, "population"] += 1
    assert any(complaint in fault for fault in faults(replace(committed, bulletins=bulletins)))


def test_bulletins_name_their_sources(committed: Tables) -> None:
    sources = load_sources()
    for source in set(committed.bulletins["source"]):
        assert "bulletin_totals.csv" in sources[source]["used_for"]


def test_a_changed_figure_of_2000_does_not_pass(committed: Tables) -> None:
    first = committed.census[committed.census["year"] == 2000]
    for column in ("men", "migrants_same_county", "migrants_other_province"):
        census = committed.census.copy()
        census.loc[first.index[1500], column] += 1
        found = faults(replace(committed, census=census))
        assert any(f"全国 2000, column {column}" in fault or f"and {column}" in fault for fault in found)


def test_a_lost_name_of_2000_does_not_pass(committed: Tables) -> None:
    census = committed.census.copy()
    census.loc[census[(census["year"] == 2000) & (census["code"] == "410122")].index, "name"] = ""
    (fault,) = faults(replace(committed, census=census))
    assert fault.startswith("census.csv, unit 410122 2000, column name: an empty name and its entry")


def test_legible_figures_that_cannot_be_right_are_listed(committed: Tables) -> None:
    e = committed.exceptions
    listed = set(zip(e["year"], e["code"], e["column"], e["printed"], e["kind"], strict=True))
    for case in (
        (2010, "211422", "aged_15_64", "403825", "cell left empty"),
        (2010, "371323", "education_university", "68534", "cell left empty"),
        (2010, "320826", "education_primary", "1235929", "cell left empty"),
        (2010, "451027", "education_university", "87.4", "cell left empty"),
        (2020, "450421", "education_none", "1972", "cell left empty"),
        (2020, "451003", "education_preschool", "-980", "cell left empty"),
    ):
        assert case in listed, case


@pytest.mark.parametrize("column", SUMMED)
def test_a_changed_figure_does_not_pass(committed: Tables, column: str) -> None:
    census = committed.census.copy()
    year = 2010 if 2010 in GIVEN.get(column, YEARS) else 2020
    row = census[census["year"] == year].index[1234]
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
    census.loc[census.index[census["year"] == 2010][77], "households_bath"] = float("nan")
    found = faults(replace(committed, census=census))
    assert any("column households_bath: empty, but not listed" in fault for fault in found)


def test_a_dropped_unit_does_not_pass(committed: Tables) -> None:
    found = faults(replace(committed, census=committed.census.drop(index=4321)))
    assert any("column population" in fault for fault in found)


def test_a_programme_unit_that_no_census_knows_does_not_pass(committed: Tables) -> None:
    programme = committed.programme.copy()
    programme.loc[0, "code2020"] = "410199"
    found = faults(replace(committed, programme=programme))
    assert any("programme_units.csv, unit 410122 中牟县, column code2020: found 410199" in fault for fault in found)
    assert any("has no polygon" in fault for fault in found)


def test_an_exception_that_is_not_one_does_not_pass(committed: Tables) -> None:
    exceptions = committed.exceptions.copy()
    of_industries = (exceptions["kind"] == "sum differs") & (exceptions["column"] == "employed")
    exceptions.loc[of_industries, "code"] = "410122"
    assert len(faults(replace(committed, exceptions=exceptions))) == 2


def test_codebook_says_how_each_column_of_2000_was_inferred(committed: Tables) -> None:
    book = yaml.safe_load((DATA / "codebook.yml").read_text(encoding="utf-8"))["tables"]["census.csv"]["columns"]
    inferred = {column["name"] for column in book if column.get("inferred", {}).get(2000)}
    units = committed.census[committed.census["year"] == 2000]
    figures = {column for column in units.columns if column in {*GIVEN, *SUMMED} and units[column].notna().any()}
    assert inferred == figures | {"name"}
    told = next(column["inferred"][2000] for column in book if column["name"] == "name")
    kinds = committed.exceptions["kind"].value_counts()
    assert f"{kinds['name inferred']} were found otherwise, {kinds['name left empty']} were not found" in told
    same = len(units) - kinds["name inferred"] - kinds["name left empty"]
    assert told.split(". ")[-1].startswith("") and f"{same:,} names stand under the same code" in told


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
    for name in set(EVERY) - set(MADE):
        (tmp_path / name).write_bytes((DATA / name).read_bytes())
    rebuild(upstream, tmp_path, tell=lambda _: None)
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([*EVERY, hashes.NAME])
    for name in [*MADE, hashes.NAME]:
        assert (tmp_path / name).read_bytes() == (DATA / name).read_bytes(), name


def test_all_tables_are_loaded(committed: Tables) -> None:
    assert all(isinstance(getattr(committed, f.name), pd.DataFrame) for f in fields(committed))
