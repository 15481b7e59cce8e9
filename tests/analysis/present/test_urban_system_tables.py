from pathlib import Path

import pandas as pd
import pytest

from analysis.findings import Finding, FindingError, Findings, MadeFrom, write_findings
from analysis.present.urban_system import hierarchy_table, level_table, prefectures_table, rank_size_table
from analysis.results.hierarchy import TIERS
from analysis.study import Study


def simulated_prefectures() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "prefecture": ["甲市", "乙市"],
            "pinyin": ["Jia", "Yi"],
            "districts_start": [80.0, 70],
            "districts_end": [85.0, 90],
            "counties_start": [30.0, 20],
            "counties_end": [45.0, 30],
            "gap_change": [-10.0, 10],
            "county_growth_less_districts": [-12.34, -5],
        }
    )


def test_prefectures_stand_by_the_change_of_the_gap(study: Study, tmp_path: Path) -> None:
    found = [
        Finding(f"urban_system.henan.{k}", v, "points", "s", "s")
        for k, v in (("district_county_gap_change", 0.0), ("county_growth_less_districts", -9.99))
    ]
    write_findings(Findings("urban_system", "t", MadeFrom({}, {}), tuple(found)), tmp_path / "urban_system.json")
    table = prefectures_table(simulated_prefectures().iloc[::-1], study, tmp_path)
    assert list(table.rows[0].cells) == ["Jia 甲", "80.0", "85.0", "30.0", "45.0", "−10.0", "−12.3"]
    assert [str(r.cells[0]) for r in table.rows] == ["Jia 甲", "Yi 乙", "Mean, median"]
    assert list(table.rows[-1].cells)[-2:] == ["0.0", "−10.0"]


def test_what_is_missing_is_named(study: Study, tmp_path: Path) -> None:
    with pytest.raises(FindingError, match=r"no finding has the key 'urban_system\.henan\."):
        prefectures_table(simulated_prefectures(), study, tmp_path)


def write(found: list[Finding], folder: Path) -> Path:
    for design in {f.key.split(".")[0] for f in found}:
        of = tuple(f for f in found if f.key.startswith(f"{design}."))
        write_findings(Findings(design, "t", MadeFrom({}, {}), of), folder / f"{design}.json")
    return folder


def test_provinces_stand_by_their_slope_with_errors_below(study: Study, tmp_path: Path) -> None:
    found = []
    for i, code in enumerate(study.provinces):
        of = f"rank_size.{study.province_names[code].lower()}"
        for year in (2010, 2020):
            for half in ("", "upper_half."):
                found.append(
                    Finding(f"{of}.{half}slope_{year}", 1 + i / 10, "slope", "s", "s", standard_error=0.123, n=40 + i)
                )
            found.append(Finding(f"{of}.largest_share_{year}", 10.0 + i, "percent", "s", "s"))
            found.append(Finding(f"{of}.largest_over_second_{year}", 2.0, "ratio", "s", "s"))
    rows = rank_size_table(study, write(found, tmp_path)).rows
    assert [str(r.cells[0]) for r in rows] == [study.province_names[c] for c in reversed(study.provinces)]
    first = next(r for r in rows if r.cells[0] == study.province_names[study.provinces[0]])
    assert list(first.cells)[1:4] == ["40", "1.00", "1.00"]
    assert list(first.below)[1:3] == ["(0.12)", "(0.12)"]
    assert list(first.cells)[-3:] == ["10.0", "10.0", "2.0"]


def test_tiers_without_people_in_a_year_have_empty_cells(study: Study, tmp_path: Path) -> None:
    found = []
    for name in (*TIERS, "all"):
        of = f"hierarchy.henan.{name}"
        found.append(Finding(f"{of}.units", 3.0, "units", "s", "s"))
        found.append(Finding(f"{of}.share_of_urban_growth", 12.34, "percent", "s", "s"))
        for year in (2020,) if name.startswith("zones") else (2010, 2020):
            found.append(Finding(f"{of}.people_{year}", 1_234_567.0, "people", "s", "s"))
            found.append(Finding(f"{of}.urban_{year}", 600_499.0, "people", "s", "s"))
            found.append(Finding(f"{of}.urban_share_{year}", 48.64, "percent", "s", "s"))
    rows = hierarchy_table(study, write(found, tmp_path)).rows
    assert [str(r.cells[0]) for r in rows] == [*(t.words[0].upper() + t.words[1:] for t in TIERS.values()), "All"]
    assert list(rows[0].cells)[1:] == ["3", "1,235", "1,235", "600", "600", "48.6", "48.6", "12.3"]
    zones = next(r for r in rows if str(r.cells[0]).startswith("Functional zones of the capital"))
    assert list(zones.cells)[2:8] == [None, "1,235", None, "600", None, "48.6"]


def test_levels_stand_group_by_group(study: Study, tmp_path: Path) -> None:
    found = [
        Finding(f"urban_system.henan.{of}{key}_{year}", float(i + year - 2010), "percent", "s", "s")
        for key in ("urban_share", "county_urban_share", "agricultural_employment", "piped_water")
        for i, of in enumerate(("", "neighbours_", "country_"))
        for year in (2010, 2020)
    ]
    table = level_table(study, write(found, tmp_path))
    assert [c.head for c in table.columns][1:4] == ["Henan, 2010", "Henan, 2020", "Neighbours, 2010"]
    assert all(list(r.cells)[1:] == ["0.0", "10.0", "1.0", "11.0", "2.0", "12.0"] for r in table.rows)
