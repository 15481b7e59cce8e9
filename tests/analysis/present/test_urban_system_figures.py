"""Figures of the urban system, on simulated places, units and prefectures."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.findings import Finding, Findings, MadeFrom, write_findings
from analysis.present.urban_system_figures import beside_figure, distance_figure, rank_size_figure
from analysis.results.rank_size import CITY, UNIT
from analysis.study import Study


def simulated_places() -> pd.DataFrame:
    random = np.random.default_rng(0)
    size = np.sort(random.pareto(1.5, 30) + 1)[::-1] * 1e5
    return pd.DataFrame(
        {
            "place": [f"p{i}" for i in range(30)] + ["elsewhere"],
            "name": "模拟",
            "pinyin": [f"Moni{i}" for i in range(30)] + ["Far"],
            "province": ["41"] * 30 + ["42"],
            "kind": [CITY] * 5 + [UNIT] * 26,
            "urban_start": [*size, 9e9],
            "urban_end": [*(1.5 * size), 9e9],
        }
    )


def folder_with(tmp_path: Path, *found: Finding) -> Path:
    design = found[0].key.split(".")[0]
    write_findings(Findings(design, "t", MadeFrom({}, {}), found), tmp_path / f"{design}.json")
    return tmp_path


def slopes(first: float, last: float, reach: float) -> list[Finding]:
    return [
        Finding(f"rank_size.henan.slope_{y}", v, "slope", "s", "s", interval=(v - reach, v + reach), level=0.95)
        for y, v in ((2010, first), (2020, last))
    ]


@pytest.mark.parametrize(
    ("first", "last", "reach", "words"),
    [
        (1.5, 1.52, 0.3, "a slope of 1.5 in 2020, as in 2010, and steeper than the slope of one"),
        (1.2, 1.4, 0.5, "a slope of 1.4 in 2020, steeper than in 2010, and not told apart from the slope of one"),
        (0.9, 0.7, 0.1, "a slope of 0.7 in 2020, flatter than in 2010, and flatter than the slope of one"),
    ],
)
def test_title_says_how_the_slope_lies(
    study: Study, tmp_path: Path, first: float, last: float, reach: float, words: str
) -> None:
    figure = rank_size_figure(simulated_places(), study, folder_with(tmp_path, *slopes(first, last, reach)))
    assert words in figure.title


def test_ranks_are_of_the_provinces_own_places(study: Study, tmp_path: Path) -> None:
    folder = folder_with(tmp_path, *slopes(1.5, 1.5, 0.3))
    figure = rank_size_figure(simulated_places(), study, folder)
    points = figure.points
    assert points is not None
    assert len(points) == 60
    largest = points[points["year"] == 2020].iloc[0]
    assert (largest["rank"], largest["pinyin"]) == (1, "Moni0")
    assert points["size"].max() < 9e9
    shuffled = simulated_places().sample(frac=1, random_state=1)
    assert rank_size_figure(shuffled, study, folder).svg == figure.svg


def simulated_units() -> pd.DataFrame:
    random = np.random.default_rng(1)
    return pd.DataFrame(
        {
            "unit_id": [f"4101{i}" for i in range(40)],
            "name": "模拟",
            "pinyin": "Moni",
            "province": ["41"] * 39 + ["42"],
            "km_to_capital": np.linspace(10, 330, 40),
            "gave": [True] + [False] * 39,
            "log_population": random.normal(size=40),
            "urban_share": random.normal(15, 3, 40),
        }
    )


def simulated_bands() -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"band": b, "km": b + 20.0, "units": 8, "log_population": 1.0, "urban_share": 15.0, "group": g}
            for g in ("henan", "neighbours")
            for b in (0, 50, 100, 150, 200)
        ]
    )


def test_distance_says_what_the_first_bands_did(study: Study, tmp_path: Path) -> None:
    found = [
        Finding(f"distance.henan.band_{b}.log_population", v, "log points", "s", "s") for b, v in ((0, 8.6), (50, -4.2))
    ]
    figure = distance_figure(simulated_units(), simulated_bands(), study, folder_with(tmp_path, *found))
    assert figure.title == ("Residents changed by 9 log points within 50 km of the capital, by −4 from 50 to 100 km")
    assert figure.points is not None
    assert len(figure.points) == 39
    assert "<svg" in figure.svg


def test_prefectures_where_counties_grew_less_are_counted(study: Study) -> None:
    table = pd.DataFrame(
        {
            "prefecture": ["甲市", "乙市", "丙市"],
            "pinyin": ["Jia", "Yi", "Bing"],
            "county_growth": [0.0, 1.0, 9.0],
            "districts_growth": [10.0, 5.0, 3.0],
            "districts_growth_zones_left_out": [5.0, 0.0, 2.0],
            "county_growth_less_districts": [-10.0, -4.0, 6.0],
        }
    )
    figure = beside_figure(table, study)
    assert figure.title == (
        "The median county grew less than the districts in 2 of 3 prefectures; in 1 if zones are left out"
    )
    assert figure.points is not None
    assert figure.points["pinyin"].tolist() == ["Jia", "Yi", "Bing"]
    assert beside_figure(table.iloc[::-1], study).svg == figure.svg
