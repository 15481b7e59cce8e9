"""Counties beside districts, on the real tables by other means and on small ones by hand."""

import csv
import statistics
from collections import defaultdict

import numpy as np
import pandas as pd
import pytest
from real_tables import NOTHING, found, made_urban_system, table

from analysis.data.samples import KINDS
from analysis.designs.errors import DesignError
from analysis.findings import Finding
from analysis.paths import DATA
from analysis.results import register, urban_system
from analysis.results.urban_system import build_rows, by_prefecture, put_zones, share_of_growth, steady
from analysis.study import Study


@pytest.fixture(scope="module")
def findings() -> dict[str, Finding]:
    return found("urban_system")


def value(findings: dict[str, Finding], key: str) -> float:
    return findings[f"urban_system.{key}"].value


def simulated_rows() -> pd.DataFrame:
    """Simulated: a prefecture of one district, two counties and a zone of the second year."""
    return pd.DataFrame(
        {
            "unit_id": list("dcez"),
            "province": "41",
            "prefecture": "41 x",
            "side": ["districts", "counties", "counties", "zones"],
            "side_end": ["districts", "districts", "counties", "zones"],
            "steady": [True, True, True, False],
            "people_start": [100.0, 200, 300, 0],
            "people_end": [150.0, 200, 200, 50],
            "urban_start": [80.0, 40, 60, 0],
            "urban_end": [120.0, 80, 70, 50],
        }
    )


def test_gaps_by_hand() -> None:
    rows = simulated_rows()
    got = by_prefecture(put_zones(rows, "with_districts")).loc["41 x"]
    assert got["gap_start"] == pytest.approx(80 - 20)
    assert got["gap_end"] == pytest.approx(100 * 170 / 200 - 100 * 150 / 400)
    assert got["gap_change"] == got["gap_end"] - got["gap_start"]
    assert got["districts_growth"] == pytest.approx(100 * np.log(2))
    out = by_prefecture(put_zones(rows, "left_out")).loc["41 x"]
    assert out["gap_end"] == pytest.approx(80 - 37.5)
    assert out["districts_growth"] == pytest.approx(100 * np.log(1.5))


def test_share_of_growth_by_hand() -> None:
    rows = simulated_rows()
    assert share_of_growth(put_zones(rows, "with_districts")) == pytest.approx(100 * 50 / 140)
    assert share_of_growth(put_zones(rows, "with_counties")) == pytest.approx(100 * 100 / 140)
    assert share_of_growth(put_zones(rows, "left_out")) == pytest.approx(100 * 50 / 90)
    assert share_of_growth(put_zones(rows, "with_districts", "side_end")) == pytest.approx(100 * 10 / 140)


def test_prefectures_whose_counties_moved_are_not_steady() -> None:
    rows = simulated_rows()
    assert steady(rows) == ["41 x"]
    assert steady(rows.assign(steady=[True, False, True, False])) == []


def test_rows_count_everybody_once(study: Study) -> None:
    rows = build_rows(table("units"), table("census"), study)
    here = rows[rows["province"] == study.treated]
    totals = table("census_totals").set_index(["code", "year"])
    for year, end in ((2010, "start"), (2020, "end")):
        assert here[f"people_{end}"].sum() == totals.loc[("410000", year), "population"]
        assert here[f"urban_{end}"].sum() == totals.loc[("410000", year), "urban_population"]
    assert rows["unit_id"].is_unique


def read(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_baseline_by_plain_reading(findings: dict[str, Finding], study: Study) -> None:
    sums: dict[str, list[float]] = defaultdict(lambda: [0.0] * 4)
    shares: dict[str, list[float]] = defaultdict(list)
    for row in read("census.csv"):
        if row["year"] != "2010" or row["unit_type"] not in KINDS:
            continue
        shares[row["code"][:2]].append(100 * float(row["urban_population"]) / float(row["population"]))
        side = "own" if row["code"][:2] == study.treated else "next" if row["code"][:2] in study.neighbours else ""
        for i, name in enumerate(("employed_agriculture", "employed", "households_piped_water", "households_surveyed")):
            sums[side][i] += float(row[name] or "nan") if side else 0
    percent = {s: (100 * v[0] / v[1], 100 * v[2] / v[3]) for s, v in sums.items() if s}
    for i, key in enumerate(("agricultural_employment", "piped_water")):
        assert value(findings, f"henan.{key}_gap_2010") == pytest.approx(percent["own"][i] - percent["next"][i])
    spread = {p: statistics.stdev(v) for p, v in shares.items() if len(v) > 1}
    expected = spread[study.treated] / statistics.median(spread[p] for p in study.neighbours)
    assert value(findings, "henan.urban_share_spread_ratio_2010") == pytest.approx(expected)


def test_the_country_of_2010_is_the_sum_of_its_units(findings: dict[str, Finding]) -> None:
    rows = [r for r in read("census.csv") if r["year"] == "2010"]
    own = [r for r in rows if r["code"].startswith("41")]
    country, here = (
        100 * sum(int(r["urban_population"]) for r in part) / sum(int(r["population"]) for r in part)
        for part in (rows, own)
    )
    assert value(findings, "henan.urban_share_gap_2010") == pytest.approx(country - here, abs=0.01)


def test_growth_less_districts_by_a_loop(findings: dict[str, Finding], study: Study) -> None:
    units = [r for r in read("units.csv") if (r["code2010"] or r["code2020"]).startswith("41")]
    people = {(r["year"], r["code"]): int(r["population"]) for r in read("census.csv")}
    districts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for r in units:
        if r["unit_type"] not in KINDS:
            districts[r["prefecture"]][0] += people.get(("2010", r["code2010"]), 0)
            districts[r["prefecture"]][1] += people.get(("2020", r["code2020"]), 0)
    less = []
    for r in units:
        before, after = districts.get(r["prefecture"], [0, 0])
        if r["unit_type"] in KINDS and before:
            own = people["2020", r["code2020"]] / people["2010", r["code2010"]]
            less.append(100 * (np.log(own) - np.log(after / before)))
    assert value(findings, "henan.county_growth_less_districts") == pytest.approx(statistics.median(less))
    assert findings["urban_system.henan.county_growth_less_districts"].n == len(less)


def test_prefectures_carry_the_mean(findings: dict[str, Finding]) -> None:
    table_ = made_urban_system().prefectures
    assert value(findings, "henan.district_county_gap_change") == pytest.approx(table_["gap_change"].mean())
    assert value(findings, "henan.prefectures_where_gap_narrowed") == (table_["gap_change"] < 0).sum()
    assert table_["counties"].sum() == findings["urban_system.henan.county_growth_less_districts"].n


def test_a_register_without_districts_is_named(study: Study) -> None:
    units = table("units")
    with pytest.raises(DesignError, match="no prefecture of province 41 has counties and districts"):
        urban_system.make(
            units[(units["province"] != "河南省") | units["unit_type"].isin(KINDS)], table("census"),
            table("census_totals"), study, NOTHING,
        )  # fmt: skip


def test_levels_by_code() -> None:
    codes = pd.Series(["410102", "410122", "410181", "419001", "429021", "411003"])
    assert list(register.level_of(codes)) == ["district", "county", "county_city", "county_city", "county", "district"]


def test_the_programme_is_one_less_than_the_register() -> None:
    # Xuchang county, which became a district in the programme's first year, is not in the programme.
    in_all = found("register")["register.henan.counties_and_cities_2016"].value
    programme = {r["code"] for r in read("programme_units.csv")}
    codes = {r["code2016"] for r in read("units.csv") if r["code2016"].startswith("41")}
    county_level = {c for c in codes if int(c[4:]) > 20 or c[2:4] == "90"}
    assert in_all == len(county_level)
    assert county_level - programme == {"411023"} and programme <= county_level


def test_levels_of_the_last_census_by_plain_reading(findings: dict[str, Finding], study: Study) -> None:
    rows = [r for r in read("census.csv") if r["year"] == "2020"]
    here = [r for r in rows if r["code"][:2] == study.treated]
    whole = 100 * sum(int(r["urban_population"]) for r in here) / sum(int(r["population"]) for r in here)
    assert value(findings, "henan.urban_share_2020") == pytest.approx(whole, abs=0.01)
    near = [r for r in rows if r["code"][:2] in study.neighbours]
    beside = 100 * sum(int(r["urban_population"]) for r in near) / sum(int(r["population"]) for r in near)
    assert value(findings, "henan.neighbours_urban_share_2020") == pytest.approx(beside, abs=0.01)
    counties = [r for r in rows if r["unit_type"] in KINDS and r["employed"]]
    farming = sum(int(r["employed_agriculture"] or "0") for r in counties) / sum(int(r["employed"]) for r in counties)
    assert value(findings, "henan.country_agricultural_employment_2020") == pytest.approx(100 * farming, abs=0.01)
    ours = [r for r in here if r["unit_type"] in KINDS]
    towns = sum(int(r["urban_population"]) for r in ours) / sum(int(r["population"]) for r in ours)
    assert value(findings, "henan.county_urban_share_2020") == pytest.approx(100 * towns)


def test_prefectures_carry_growth_of_both_sides() -> None:
    table_ = made_urban_system().prefectures.set_index("prefecture")
    units = [r for r in read("units.csv") if r["prefecture"] == "郑州市"]
    people = {(r["year"], r["code"]): int(r["population"]) for r in read("census.csv")}
    of = [u for u in units if u["unit_type"] == "district"]
    start, end = (sum(people.get((y, u[f"code{y}"]), 0) for u in of) for y in ("2010", "2020"))
    assert table_.loc["郑州市", "districts_growth_zones_left_out"] == pytest.approx(100 * np.log(end / start))
    with_zones = end + sum(people["2020", u["code2020"]] for u in units if u["unit_type"] == "zone")
    assert table_.loc["郑州市", "districts_growth"] == pytest.approx(100 * np.log(with_zones / start))
    own = [
        100 * np.log(people["2020", u["code2020"]] / people["2010", u["code2010"]])
        for u in units
        if u["unit_type"] in KINDS
    ]
    assert table_.loc["郑州市", "county_growth"] == pytest.approx(statistics.median(own))


def test_what_the_chapter_says_of_prefectures() -> None:
    """Words of chapters/05-urban-system.qmd that no condition of a claim can hold."""
    table_ = made_urban_system().prefectures.set_index("prefecture")
    assert (table_["county_growth"] < table_["districts_growth"]).all()
    grew_more = table_.index[table_["county_growth"] > table_["districts_growth_zones_left_out"]]
    assert set(grew_more) == {"濮阳市", "南阳市", "商丘市", "三门峡市"}
    # "it shrank most where districts began highest, and hardly changed or widened in the south-east"
    assert table_["gap_change"].corr(table_["districts_start"], method="spearman") < -0.6
    assert (table_.loc[["信阳市", "周口市", "驻马店市", "南阳市"], "gap_change"] > -2).all()
