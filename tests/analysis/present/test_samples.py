from pathlib import Path

import pytest

from analysis.findings import FindingError
from analysis.present.samples import load_placebos, load_points


def test_codes_stay_text_and_figures_are_numbers(tmp_path: Path) -> None:
    (tmp_path / "border_placebos.csv").write_text("key,group,estimate\nborder.a.effect,04,1.5\n", encoding="utf-8")
    table = load_placebos("border", tmp_path)
    assert table.to_dict("records") == [{"key": "border.a.effect", "group": "04", "estimate": 1.5}]


def test_missing_points_say_what_makes_them(tmp_path: Path) -> None:
    with pytest.raises(FindingError, match=r"none\.csv: no such table of points; run `report build`"):
        load_points("none", tmp_path)
