from pathlib import Path

import pandas as pd
import pytest

from analysis.findings import Finding, FindingError, Findings, MadeFrom, write_findings
from analysis.present.urban_system import prefectures_table
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
