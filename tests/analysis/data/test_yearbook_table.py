"""The committed yearbook: traps, coverage, and agreement with figures of other sources."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.data.checks import yearbook as checks
from analysis.data.checks.loaded import Tables, load_all
from analysis.data.rebuild import to_csv
from analysis.data.schemas.yearbook import VARIABLES, YEARBOOK
from analysis.data.tables import TableError, load_yearbook
from analysis.paths import DATA
from analysis.study import load_study

pytestmark = pytest.mark.usefixtures("tables_loaded_once")


@pytest.fixture(scope="module")
def committed() -> Tables:
    return load_all()


def test_every_upstream_row_is_in_one_of_the_two_tables(committed: Tables) -> None:
    rows = sorted([*committed.yearbook["row"], *committed.yearbook_unmatched["row"]])
    assert rows == list(range(1, 14_636))
    assert checks.faults(committed) == []


def test_lankao_2012_is_kept_flagged_and_left_out_by_default() -> None:
    cell = "investment_without_rural_households"
    kept, default = (
        f[(f["unit_id"] == "410225") & (f["edition"] == 2012)].iloc[0]
        for f in (load_yearbook(flagged=True), load_yearbook())
    )
    assert (kept["name"], kept[cell], kept["flagged"]) == ("兰考县", 50_475, cell)
    assert np.isnan(default[cell])
    assert default["loans"] == kept["loans"] == 211_859


def test_default_leaves_out_exactly_what_is_flagged(committed: Tables) -> None:
    kept, default = committed.yearbook, load_yearbook()
    gone = (kept[list(VARIABLES)].notna() & default[list(VARIABLES)].isna()).sum().sum()
    assert gone == kept["flagged"].str.split().str.len().sum() > 0
    assert 0.001 < gone / kept[list(VARIABLES)].notna().sum().sum() < 0.003


def test_the_break_in_investment_is_two_columns(committed: Tables) -> None:
    years = committed.yearbook.groupby("edition")[["urban_investment", "investment_without_rural_households"]].count()
    assert set(years.index[years["urban_investment"] > 0]) == set(range(2007, 2012))
    assert set(years.index[years["investment_without_rural_households"] > 0]) == set(range(2012, 2018))


def test_units_of_the_programme_in_the_years_that_are_nearly_complete(committed: Tables) -> None:
    programme = set(committed.programme["code2010"])
    yearbook = committed.yearbook
    missing = {
        year: programme - set(yearbook.loc[yearbook["year"] == year, "unit_id"]) for year in (2006, 2010, 2011, 2022)
    }
    # Yanshi became a district in 2021 on smaller ground.
    assert missing == {2006: set(), 2010: set(), 2011: set(), 2022: {"410381"}}


def test_provinces_with_wrong_labels_are_corrected(committed: Tables) -> None:
    y = committed.yearbook[committed.yearbook["edition"] == 2023].set_index("unit_id")
    printed = ["name", "province", "province_printed", "match"]
    assert y.loc["371728", printed].tolist() == ["东明县", "山东省", "河南省", "province corrected"]
    assert y.loc["542222", printed].tolist() == ["扎襄县", "西藏自治区", "陕西省", "respelled"]
    # Daye is printed under both labels in edition 2012; the row with the right one is taken.
    twice = committed.yearbook_unmatched.query("edition == 2012 and name == '大冶市'")
    assert twice[["province_printed", "reason", "unit_id"]].to_numpy().tolist() == [
        ["河南省", "printed twice", "420281"]
    ]
    henan = committed.yearbook[committed.yearbook["province"] == "河南省"]
    assert set(henan["unit_id"].str[:2]) == {load_study().treated}
    assert (committed.yearbook["province_printed"] != "").sum() > 596


def test_match_rates(committed: Tables) -> None:
    rates = checks.match_rates(committed.yearbook, committed.yearbook_unmatched)
    sums = rates.groupby("edition")[["rows", "matched"]].sum()
    share = sums["matched"] / sums["rows"]
    assert share[2000] == 0
    assert share[[2007, 2011, 2012, 2023]].min() > 0.99
    # Pages of Yunnan, Tibet and Qinghai have columns out of step.
    assert share.drop(2000).idxmin() == 2009


def test_reasons_that_rows_are_left_out(committed: Tables) -> None:
    left = committed.yearbook_unmatched
    assert (left["reason"] == "year label wrong").sum() == 117
    where = left[left["reason"] == "columns out of step"].groupby("province_printed").size()
    assert where[["云南省", "西藏自治区", "青海省", "河北省"]].min() >= 10
    assert (left["reason"] == "printed twice").sum() < 500
    assert set(left.loc[left["reason"] == "no such unit", "name"]) >= {"新星市", "白杨市"}


def test_registered_people_agree_with_the_census(committed: Tables) -> None:
    found = checks.against_census(load_yearbook(), committed.census).set_index(["year", "yearbook", "census"])
    same = found.loc[2010, "registered_population", "registered_population"]
    assert same["n"] > 1900
    assert same["correlation"] > 0.99
    assert 0.98 < same["median_ratio"] < 1.02
    assert same["within_10_percent"] > 0.9
    resident = found.loc[2010, "registered_population", "population"]
    assert resident["within_10_percent"] < 0.6


def test_sectors_sum_to_gdp_where_all_are_printed(committed: Tables) -> None:
    y = load_yearbook().query("edition == 2023")
    sums = y["primary_value_added"] + y["secondary_value_added"] + y["tertiary_value_added"]
    share = (sums / y["gdp"]).dropna()
    assert len(share) > 2000
    assert share.between(0.999, 1.001).all()


def test_a_row_moved_or_a_unit_changed_does_not_pass(committed: Tables) -> None:
    yearbook = committed.yearbook.copy()
    yearbook.loc[7, "unit_id"] = "419999"
    yearbook.loc[8, "province"] = "福建省"
    found = checks.faults(replace(committed, yearbook=yearbook.drop(index=9)))
    assert len(found) == 3
    assert "is in neither table" in found[0]
    assert "unit 419999" in found[1]
    assert "column province: found 福建省" in found[2]


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("flagged", "loans gdp", "names of columns with a figure"),
        ("flagged", "loans  gdp", "names of columns with a figure"),
        ("flagged", "nothing", "names of columns with a figure"),
        ("loans", "-5", "0 or more, unless it is flagged"),
        ("loans", "5.123", "two decimals at most"),
        ("year", "2012", "the year before the edition"),
        ("match", "province corrected", "agrees with province_printed"),
        ("province_printed", "河南省", "agrees with province_printed"),
        ("unit_id", "41022", "a unit of data/units.csv"),
        ("row", "2", "once in the table"),
    ],
)
def test_wrong_cell_is_named(tmp_path, column: str, value: str, words: str) -> None:
    rows = [
        dict.fromkeys(YEARBOOK.columns, "") | {"year": "2011", "unit_id": unit, "edition": "2012", "row": row, "loans": "7",
         "name": "甲县", "province": "河南省", "match": "exact"}
        for unit, row in (("410225", "1"), ("410226", "2"))
    ]  # fmt: skip
    path = tmp_path / "yearbook.csv"
    path.write_bytes(to_csv(pd.DataFrame(rows)))
    assert list(load_yearbook(path)["loans"]) == [7, 7]
    rows[0][column] = value
    path.write_bytes(to_csv(pd.DataFrame(rows)))
    with pytest.raises(TableError, match=words):
        load_yearbook(path)


def test_growth_by_lag_finds_the_year() -> None:
    random = np.random.default_rng(3)
    growth = random.normal(0.1, 0.1, (12, 5)).cumsum(axis=1)
    years = [2006, 2007, 2008, 2009, 2010]
    places = [f"{i}市" for i in range(12)]
    prefectures = pd.DataFrame(
        [(p, y, np.exp(growth[i, j])) for i, p in enumerate(places) for j, y in enumerate(years)],
        columns=["prefecture", "year", "gdp"],
    )
    # A yearbook that calls each year by the next one's number.
    yearbook = pd.DataFrame(
        [(f"{k}", p, y + 1, 50 * k * np.exp(growth[i, j])) for i, p in enumerate(places)
         for j, y in enumerate(years) for k in (1, 2)],
        columns=["unit_id", "prefecture", "year", "value"],
    )  # fmt: skip
    found = checks.growth_by_lag(yearbook, prefectures, {"value": "gdp"})
    best = found.loc[found.groupby(["variable", "first"])["distance"].idxmin()]
    assert set(best["lag"]) == {-1}
    assert best["distance"].max() < 1e-9


def test_flag_counts_sum_to_the_flags(committed: Tables) -> None:
    counts = checks.flag_counts(committed.yearbook)
    assert counts["flagged"].sum() == committed.yearbook["flagged"].str.split().str.len().sum()
    assert counts["figures"].sum() == committed.yearbook[list(VARIABLES)].notna().sum().sum()
    assert (counts["flagged"] <= counts["figures"]).all()


def test_table_is_small(committed: Tables) -> None:
    assert (DATA / "yearbook.csv").stat().st_size < 4_000_000
    assert committed.yearbook[["year", "unit_id"]].apply(tuple, axis=1).is_monotonic_increasing
