"""Tables and figures of inference and robustness, from made-up findings and points."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.findings import Finding, FindingError, Findings, MadeFrom, write_findings
from analysis.present import robustness
from analysis.present.places import PROVINCES
from analysis.results.counties import OUTCOMES

WORDS = ("made up", "made up")


def _finding(key: str, value: float, **more: object) -> Finding:
    return Finding(key, value, "percent", *WORDS, **more)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made-up findings and samples of both designs."""
    folder = tmp_path_factory.mktemp("robust")
    found: dict[str, list[Finding]] = {"inference": [], "robustness": []}
    for i, o in enumerate(OUTCOMES):
        parts = {
            "province_share": 20.0 + i,
            "prefecture_share": 30.0,
            "unit_share": 50.0 - i,
            "correlation_in_prefecture": 0.5,
        }
        found["inference"] += [_finding(f"inference.variance.{o}.{k}", v) for k, v in parts.items()]
        for world in ("without", "with"):
            for part in ("crv1", "crv3", "size_5", "size_10"):
                found["inference"].append(
                    _finding(f"inference.coverage.{o}.{world}.{part}", 40.0 + i, standard_error=0.7, n=5000)
                )
        for part, value in {
            "detectable": 9.5,
            "at_detectable": 54.0,
            "simulated_detectable": 11.3,
            "at_simulated_detectable": 68.0,
        }.items():
            found["inference"].append(_finding(f"inference.power.{o}.{part}", value))
        if o != "schooling":
            found["inference"].append(_finding(f"inference.power.{o}.needed", 12.9))
    for o in [*OUTCOMES, "all_outcomes"]:
        key = f"robustness.curve.{o}"
        found["robustness"] += [
            _finding(f"{key}.specifications", 96.0),
            _finding(f"{key}.median", 0.24, p_value=0.52, placebos=22, smallest_p=1 / 23),
            _finding(f"{key}.low", 0.02),
            _finding(f"{key}.high", 0.45),
            _finding(f"{key}.significant_placebo", 0.0, p_value=1.0),
            _finding(f"{key}.significant_clustered", 39.6, p_value=0.43),
            _finding(f"{key}.others_significant_clustered", 31.2),
        ]
    for design, listed in found.items():
        write_findings(Findings(design, "Made up", MadeFrom({}, {}), tuple(listed)), folder / f"{design}.json")
    random = np.random.default_rng(1)
    power = pd.DataFrame(
        {"effect": np.linspace(0, 30, 31), "placebo": np.linspace(3, 100, 31), "crv1": np.linspace(60, 100, 31)}
    )
    pd.concat([power.assign(outcome=o, world=w) for o in OUTCOMES for w in ("without", "with")]).to_csv(
        folder / "inference_power.csv", index=False
    )
    rows = []
    for o in OUTCOMES:
        for kinds in ("all", "counties"):
            for controls in ("raw", "all"):
                for weight in ("none", "population"):
                    rows.append({"outcome": o, "kinds": kinds, "zones": "kept", "capital": "kept", "comparison": "neighbours", "controls": controls, "weight": weight, "units": 100, "scale": 2.0})  # fmt: skip
    curve = pd.DataFrame(rows)
    for p in ("13", "41", "65"):
        curve[p] = random.normal(size=len(curve))
    curve["11"] = np.nan
    curve["estimate"] = curve["41"]
    curve["p_placebo"], curve["p_clustered"] = 0.5, [0.01, 0.2] * (len(curve) // 2)
    curve.to_csv(folder / "robustness_curve.csv", index=False)
    pd.DataFrame(
        [
            {"outcome": o, "specification": s, "prefecture": p, "estimate": e, "full": 1.3}
            for o in OUTCOMES
            for s in ("raw", "all")
            for p, e in (("41 洛阳市", 0.7), ("41 郑州市", 1.4), ("13 廊坊市", 1.2))
        ]
    ).to_csv(folder / "robustness_left_out.csv", index=False)
    return folder


def cells(html: str) -> list[list[str]]:
    body = html.split("<tbody>")[1].split("</tbody>", maxsplit=1)[0]
    return [re.findall(r">([^<]*)</t[hd]>", row) for row in re.findall(r"<tr>(.*?)</tr>", body, flags=re.DOTALL)]


def test_tables_show_the_findings(folder: Path) -> None:
    assert cells(robustness.variance_table(folder).html())[1] == ["Residents", "21", "30", "49", "0.50"]
    coverage = robustness.coverage_table(folder)
    assert cells(coverage.html())[2][1:] == ["42.0"] * 6
    assert "5,000" in coverage.notes[0]
    assert "0.7 percentage points" in coverage.notes[1]
    power = cells(robustness.power_table(folder).html())
    assert power[0] == ["Urban share (percentage points)", "9.5", "11.3", "68", "12.9"]
    assert power[-1][-1] == "more than was tried"
    curve = robustness.curve_table(folder)
    assert cells(curve.html())[-1] == ["All, signed", "96", "0.24", "0.52", "0.02 to 0.45", "0", "40", "0.43", "31"]
    assert "23 provinces" in curve.notes[1]
    assert "0.043" in curve.notes[1]


def test_the_prefecture_that_moves_an_estimate_most_is_named(folder: Path) -> None:
    table = robustness.leave_one_out_table(samples=folder)
    assert table.rows[0].cells[3] == "Luoyang 洛阳市"
    assert list(table.rows[0].cells[1:3]) == ["1.3", "0.7 to 1.4"]
    assert table.rows[0].cells[4] == "0.7"
    assert "One of 3 prefectures" in table.notes[0]
    assert robustness._prefecture("13 廊坊市", {}) == f"廊坊市, {PROVINCES['13']}"


def test_figures_are_the_same_bytes_each_time_and_draw_every_point(folder: Path) -> None:
    for draw in (
        lambda: robustness.power_figure(folder=folder, samples=folder),
        lambda: robustness.curve_figure(samples=folder),
        lambda: robustness.curves_figure(samples=folder),
        lambda: robustness.leave_one_out_figure(samples=folder),
    ):
        one = draw()
        assert one.svg == draw().svg
        assert one.svg.startswith("<?xml")
    words = "Urban share: of 8 specifications 0 are significant by placebos, 4 by clusters"
    assert robustness.curve_figure(samples=folder).title == words
    assert robustness.curves_figure(samples=folder).title.startswith("Of 3 provinces Henan has the largest median in ")
    assert robustness.power_figure(folder=folder, samples=folder).title.startswith("Urban share: 54 percent of draws")


def test_what_is_missing_is_named(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(FindingError, match=r"inference\.variance\.urban_share\.province_share"):
        robustness.variance_table(tmp_path)
    with pytest.raises(FindingError, match=r"robustness_curve\.csv: no such table of points; run `report build`"):
        robustness.curve_figure(samples=tmp_path)
    with pytest.raises(FindingError, match="no specification of the outcome 'height'"):
        robustness.curve_figure("height", samples=folder)
    with pytest.raises(FindingError, match="no power curve of the outcome 'height'"):
        robustness.power_figure("height", folder=folder, samples=folder)
    with pytest.raises(FindingError, match="'own'"):
        robustness.leave_one_out_table("own", samples=folder)
