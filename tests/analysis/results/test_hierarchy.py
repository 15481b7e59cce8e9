"""The urban hierarchy, on the real tables by other means and on small ones by hand."""

import csv
from collections import defaultdict

import numpy as np
import pandas as pd
import pytest
from real_tables import found, table

from analysis.designs.errors import DesignError
from analysis.findings import Finding
from analysis.paths import DATA
from analysis.results.hierarchy import SUMS, TIERS, by_tier, with_tiers


@pytest.fixture(scope="module")
def findings() -> dict[str, Finding]:
    return found("hierarchy")


def value(findings: dict[str, Finding], key: str) -> float:
    return findings[f"hierarchy.henan.{key}"].value


def simulated() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Simulated: the capital's district and zone, another district, a county-level city, a county, another zone."""
    kinds = ["district", "zone", "district", "county_city", "county", "zone"]
    codes = ["410102", "", "410202", "410281", "410221", ""]
    units = pd.DataFrame(
        {
            "unit_id": list("abcdef"),
            "unit_type": kinds,
            "code2010": codes,
            "code2020": ["410102", "410171", "410202", "410281", "410221", "410271"],
        }
    )
    rows = pd.DataFrame(
        {
            "unit_id": list("abcdef"),
            "province": "41",
            "prefecture": ["41 x", "41 x", *["41 y"] * 4],
            "side": ["districts", "zones", "districts", "counties", "counties", "zones"],
            "people_start": [10.0, 0, 20, 30, 40, 0],
            "people_end": [15.0, 5, 21, 30, 35, 2],
            "urban_start": [9.0, 0, 12, 10, 10, 0],
            "urban_end": [14.0, 4, 15, 15, 15, 1],
        }
    )
    return rows, units


def test_tiers_by_hand() -> None:
    rows, units = simulated()
    made = with_tiers(rows, units, 2010)
    assert made["tier"].tolist() == ["capital", "zones_capital", "districts", "cities", "counties", "zones"]
    table_ = by_tier(made)
    assert table_.loc["county_level", ["people_start", "people_end", "urban_end", "units"]].tolist() == [70, 65, 30, 2]
    assert table_.loc["all", "people_end"] == 108
    assert table_.loc["zones_all", "urban_end"] == 5


def test_units_of_two_provinces_have_no_one_hierarchy() -> None:
    rows, units = simulated()
    with pytest.raises(DesignError, match="units of 2 provinces"):
        with_tiers(rows.assign(province=["41"] * 5 + ["42"]), units, 2010)


def counted_by_reading() -> dict[str, dict[str, int]]:
    with (DATA / "census.csv").open(encoding="utf-8", newline="") as file:
        census = {(r["year"], r["code"]): r for r in csv.DictReader(file)}
    counts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    with (DATA / "units.csv").open(encoding="utf-8", newline="") as file:
        for unit in csv.DictReader(file):
            if not (unit["code2010"] or unit["code2020"]).startswith("41"):
                continue
            capital = unit["prefecture"] == "郑州市"
            tier = {
                "district": "capital" if capital else "districts",
                "zone": "zones_capital" if capital else "zones",
                "county_city": "cities",
                "county": "counties",
            }[unit["unit_type"]]
            for year in ("2010", "2020"):
                row = census.get((year, unit[f"code{year}"]))
                counts[tier][f"people_{year}"] += int(row["population"]) if row else 0
                counts[tier][f"urban_{year}"] += int(row["urban_population"]) if row else 0
    return counts


def test_people_of_each_tier_by_plain_reading(findings: dict[str, Finding]) -> None:
    counts = counted_by_reading()
    assert set(counts) == set(TIERS)
    more = {t: c["urban_2020"] - c["urban_2010"] for t, c in counts.items()}
    for tier, of_tier in counts.items():
        for what, number in of_tier.items():
            if number:
                assert value(findings, f"{tier}.{what}") == number
            else:
                assert f"hierarchy.henan.{tier}.{what}" not in findings
        assert value(findings, f"{tier}.share_of_urban_growth") == pytest.approx(100 * more[tier] / sum(more.values()))
    level = [counts[t] for t in SUMS["county_level"][0]]
    people, urban = (sum(c[f"{w}_2020"] - c[f"{w}_2010"] for c in level) for w in ("people", "urban"))
    assert value(findings, "county_level.rural_change") == people - urban


def test_the_share_of_growth_is_that_of_the_urban_system(findings: dict[str, Finding]) -> None:
    other = found("urban_system")["urban_system.henan.share_of_urban_growth_in_counties"].value
    assert value(findings, "county_level.share_of_urban_growth") == pytest.approx(other)


def test_bounds_of_what_zones_can_do(findings: dict[str, Finding]) -> None:
    counts = counted_by_reading()

    def grown(*tiers: str) -> float:
        return 100 * np.log(sum(counts[t]["people_2020"] for t in tiers) / sum(counts[t]["people_2010"] for t in tiers))

    level, districts, zones = ("cities", "counties"), ("capital", "districts"), ("zones", "zones_capital")
    base = "county_level_less_districts"
    expected = {
        "zones_with_districts": grown(*level) - grown(*districts, *zones),
        "zones_left_out": grown(*level) - grown(*districts),
        "zones_with_counties": grown(*level, *zones) - grown(*districts),
    }
    for name, number in expected.items():
        assert value(findings, f"{base}.{name}") == pytest.approx(number)


def test_people_of_2000_only_where_the_ground_is_the_same(findings: dict[str, Finding]) -> None:
    census = table("census").set_index(["year", "code"])["population"].to_dict()
    capital = sum(census[2000, f"4101{d}"] for d in ("02", "03", "04", "05", "06", "08"))
    assert value(findings, "capital.people_2000") == capital
    assert {k.split(".")[2] for k in findings if k.endswith("people_2000")} == {"capital", "cities"}


def test_decades_have_the_same_units(findings: dict[str, Finding]) -> None:
    units, census = table("units"), table("census")
    people = census.set_index(["year", "code"])["population"].to_dict()
    own = units[
        (units["province"] == "河南省")
        & units["unit_type"].isin(["county", "county_city"])
        & units["ground_2000_2010"].isin(["same", "zone"])
        & units["ground_2010_2020"].isin(["same", "zone"])
    ]
    counts = [[people[y, getattr(u, f"code{y}")] for y in (2000, 2010, 2020)] for u in own.itertuples()]
    first, second = ([c[i + 1] < c[i] for c in counts] for i in (0, 1))
    assert value(findings, "losing_2000_2010") == sum(first)
    assert value(findings, "losing_2010_2020") == sum(second)
    assert value(findings, "losing_twice") == sum(a and b for a, b in zip(first, second, strict=True))
    assert findings["hierarchy.henan.losing_twice"].n == len(counts)
