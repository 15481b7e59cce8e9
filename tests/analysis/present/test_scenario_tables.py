"""Tables and figures of scenarios and ranges, from made-up findings and effects."""

import re
from pathlib import Path

import pandas as pd
import pytest

from analysis.findings import Finding, FindingError, Findings, MadeFrom, write_findings
from analysis.present import scenarios
from analysis.results.scenarios import RANGES, range_key

WORDS = ("made up", "made up")


def _effect(key: str, outcome: str, **more: object) -> dict[str, object]:
    own: dict[str, object] = {
        "key": key, "outcome": outcome, "group": "counties", "co_primary": 0, "estimate": 21.85, "low": 0.75,
        "high": 50.62, "unit": "percentage points", "p": 0.04, "placebos": 24, "excludes_zero": 1, "given_level": 0.0,
        "apart": 1, "p_corrected": 0.32, "passes": 0,
    }  # fmt: skip
    return own | more


def write(folder: Path, upper: float = 8.6) -> Path:
    found = [Finding("scenarios.median.population", 630901.0, "residents", *WORDS, n=106)]
    for outcome, counted in RANGES.items():
        key = f"scenarios.people.{outcome}"
        interval = (-46133.4, 54231.1 if upper > 0 else -100.0)
        found.append(Finding(key, 4048.6, counted, *WORDS, interval=interval, level=0.95, detectable=56148.0))
    found.append(Finding("scenarios.size.urban_share", 12618.0, "urban residents", *WORDS))
    ranges = [Finding(range_key(o), 0.64, "points", *WORDS, interval=(-7.31, upper), level=0.95) for o in RANGES]
    for design in ("scenarios", "long_difference", "first_stage"):
        mine = tuple(f for f in [*found, *ranges] if f.key.startswith(f"{design}."))
        write_findings(Findings(design, "Made up", MadeFrom({}, {}), mine), folder / f"{design}.json")
    pd.DataFrame(
        [
            _effect("first_stage.piped_water.effect", "piped_water"),
            _effect("long_difference.urban_share.share.effect", "urban_share", given_level=1.0, passes=1),
            _effect("placebos.lights.since_2013.change.effect", "lights", given_level=None, apart=0),
            _effect("border.schooling.raw.effect", "schooling", excludes_zero=0),
        ]
    ).to_csv(folder / "scenarios_effects.csv", index=False)
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("scenarios"))


def cells(html: str) -> list[list[str]]:
    body = html.split("<tbody>")[1].split("</tbody>", maxsplit=1)[0]
    return [re.findall(r">([^<]*)</t[hd]>", row) for row in re.findall(r"<tr>(.*?)</tr>", body, flags=re.DOTALL)]


def test_only_effects_beyond_nought_are_screened(folder: Path) -> None:
    table = scenarios.screen_table(folder)
    rows = cells(table.html())
    assert rows[0] == [
        "Homes with piped water, without controls (percentage points)", "21.9", "0.8 to 50.6", "no", "yes", "0.32",
        "no",
    ]  # fmt: skip
    assert rows[1][0] == "Urban share, given the urban share (percentage points)"
    assert rows[1][3:] == ["yes", "yes", "0.32", "yes"]
    assert rows[2][0].startswith("Lights")
    assert rows[2][3:5] == ["no such check", "no"]
    assert len(rows) == 3
    assert "All of 4 effects" in table.notes[0]


def test_ranges_stand_in_units_and_in_people(folder: Path) -> None:
    table = scenarios.people_table(folder)
    assert cells(table.html())[0][1:] == [
        "0.6", "−7.3 to 8.6", "urban residents", "4,000", "−46,100 to 54,200", "56,100",
    ]  # fmt: skip
    assert "630,901" in table.notes[1]
    assert "106 units" in table.notes[1]


def test_prose_is_rounded_to_thousands(folder: Path) -> None:
    assert str(scenarios.county(folder)) == "631,000 residents"
    assert str(scenarios.ends("urban_share", folder)) == "−46,000 to 54,000 urban residents"
    assert str(scenarios.size("urban_share", folder)) == "13,000 urban residents"
    with pytest.raises(FindingError, match="schooling"):
        scenarios.ends("schooling", folder)


def test_the_title_counts_the_bars_that_cross_nought(folder: Path, tmp_path: Path) -> None:
    figure = scenarios.people_figure(folder)
    assert figure.title.startswith(f"In {len(RANGES)} of {len(RANGES)} outcomes")
    assert figure.svg == scenarios.people_figure(folder).svg
    points = figure.csv()
    assert points is not None and "scenarios.size.urban_share" in points
    assert scenarios.people_figure(write(tmp_path, upper=-0.1)).title.startswith(f"In 0 of {len(RANGES)}")
