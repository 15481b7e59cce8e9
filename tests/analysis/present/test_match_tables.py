import re
from pathlib import Path

import pandas as pd
import pytest

from analysis.findings import Finding, FindingError, Findings, MadeFrom, write_findings
from analysis.present import match
from analysis.present.match import INDICATOR_LABELS, TYPE_LABELS
from analysis.study import Study

GROUPS = ("henan", "neighbours", "all")


def simulated_findings() -> list[Finding]:
    """Simulated: numbers that can be told apart under every key that the tables and figures read."""
    found = []

    def add(key: str, value: float, unit: str = "percent", **more) -> None:
        found.append(Finding(f"match.{key}", value, unit, "The sample.", "The specification.", **more))

    for g, group in enumerate(GROUPS):
        add(f"typology.{group}.units", 1000 + g, "units")
        for t, name in enumerate(TYPE_LABELS):
            add(f"typology.{group}.{name}", 100 * g + t, "units")
            add(f"typology.{group}.{name}_share", 10 * g + t)
    for i, name in enumerate(INDICATOR_LABELS):
        add(f"capacity.weight_entropy.{name}", 10 + i)
        add(f"capacity.weight_equal.{name}", 100 / 7)
        add(f"capacity.variation.{name}", 0.1 * (i + 1), "ratio")
    add("capacity.weight_follows_spread", 0.75, "rank correlation")
    for n, when in enumerate(("2010", "2020", "change")):
        add(f"capacity.twins.{when}", 0.91 + n / 100, "rank correlation")
    for i, name in enumerate(("", ".within_provinces", ".henan")):
        add(
            f"service_elasticity{name}", 0.5 + i / 10, "elasticity", standard_error=0.11, interval=(0.3, 0.8), level=0.95,
            p_value=0.0004, n=200, clusters=30,
        )  # fmt: skip
    for key in match.CAPACITY_LABELS:
        add(
            key.removeprefix("match."),
            0.5,
            "percentage points",
            p_value=0.4,
            n=90,
            placebos=16,
            smallest_p=1 / 17,
            detectable=2.0,
        )
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("findings")
    write_findings(Findings("match", "Simulated", MadeFrom({}, {}), tuple(simulated_findings())), path / "match.json")
    return path


def cells(html: str) -> list[list[str]]:
    rows = re.findall(r"<tr>(.*?)</tr>", html, re.S)
    return [[re.sub("<.*?>", "", c) for c in re.findall(r"<t[hd].*?>(.*?)</t[hd]>", row, re.S)] for row in rows]


def test_typology_has_counts_and_shares_by_group(folder: Path) -> None:
    rows = cells(match.typology_table(folder).html())
    assert rows[0][1:] == [f"{g} (units, percent in brackets)" for g in ("Henan", "Neighbours", "All of China")]
    assert rows[2] == ["Growing, poorly served", "1 (1)", "101 (11)", "201 (21)"]
    assert rows[6] == ["All units", "1,000", "1,001", "1,002"]


def test_weights_stand_from_the_largest(folder: Path) -> None:
    table = match.weights_table(folder)
    rows = cells(table.html())
    assert [r[0] for r in rows[1:8]] == list(INDICATOR_LABELS.values())[::-1]
    assert rows[1][1:] == ["16.0", "14.3", "0.70"]
    assert "0.75" in table.notes[0] and "0.91 in 2010, 0.92 in 2020, 0.93 of their changes" in table.notes[0]


def test_elasticities_carry_error_interval_and_p(folder: Path) -> None:
    rows = cells(match.elasticity_table(folder).html())
    assert rows[2] == ["All of China, within provinces", "0.60", "0.11", "0.30 to 0.80", "less than 0.001", "200", "30"]
    assert rows[3][0] == "Henan"


def test_effects_without_a_bounded_interval_say_so(folder: Path) -> None:
    assert "not bounded" in match.capacity_table(folder).html()
    assert len(cells(match.capacity_table(folder).html())) == 1 + len(match.CAPACITY_LABELS) + 2


def test_the_placebo_figure_has_the_rows_of_the_tables() -> None:
    assert list(match.PLACEBO_LABELS) == list(match.CAPACITY_LABELS)


def test_quadrants_show_the_units(study: Study) -> None:
    points = pd.DataFrame(
        {
            "province": ["41", "41", "13", "13"],
            "log_population": [-10.0, 5, 3, -4],
            "service_employment_end": [20.0, 30, 25, 28],
        }
    )
    figure = match.quadrant_figure(points, study)
    assert figure.svg == match.quadrant_figure(points, study).svg
    moved = points.assign(log_population=[-9.0, 5, 3, -4])
    assert figure.svg != match.quadrant_figure(moved, study).svg


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    for make in (
        match.typology_table,
        match.weights_table,
        match.elasticity_table,
        match.capacity_table,
    ):
        with pytest.raises(FindingError, match=r"no finding has the key 'match\."):
            make(tmp_path)
