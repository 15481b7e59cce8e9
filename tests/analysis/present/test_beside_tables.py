"""Errors beside the placebo spread, and p without the treated province among controls, from made-up findings."""

from pathlib import Path

import pytest

from analysis.findings import Finding, FindingError, Findings, MadeFrom, write_findings
from analysis.present import beside

WORDS = ("points", "Made up.", "Made up.")
NARROW = "first_stage.greening_cover_rate.effect"
MOVED = "first_stage.piped_water.effect"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Spreads of 2 beside errors up to 0.5, but for one whose largest error is 4; one p that crosses 0.05."""
    path = tmp_path_factory.mktemp("findings")
    found: list[Finding] = []
    for key in beside.HEADLINES | beside.SPACE:
        p = 0.04 if key == MOVED else 0.4
        found.append(Finding(key, 1.5, *WORDS, p_value=p, placebos=24, smallest_p=0.04, detectable=5.6))
        error = 4.0 if key == NARROW else 0.5
        found.append(Finding(f"{key}.crv1", 1.5, *WORDS, standard_error=0.25))
        found.append(Finding(f"{key}.crv3", 1.5, *WORDS, standard_error=error))
        alone = beside.without_treated(key)
        if key.startswith("match"):
            found.append(Finding(alone, 0.44, "p-value", "Made up.", "Made up.", placebos=24, smallest_p=0.04))
        else:
            found.append(Finding(alone, 1.5, *WORDS, p_value=0.44, placebos=23, smallest_p=1 / 24))
    for design in {f.key.split(".")[0] for f in found}:
        own = tuple(f for f in found if f.key.startswith(f"{design}."))
        write_findings(Findings(design, "Made up", MadeFrom({}, {}), own), path / f"{design}.json")
    return path


def test_the_ratio_is_the_spread_over_the_largest_error(folder: Path) -> None:
    table = beside.errors_table(folder)
    assert len(table.rows) == len(beside.HEADLINES)
    cells = [None if c is None else str(c) for c in table.rows[0].cells[1:]]
    assert cells == ["1.50", "2.00", "0.25", "0.50", None, None, None, "4.0"]
    assert str(beside.wider(folder)) == f"{len(beside.HEADLINES) - 1} of {len(beside.HEADLINES)}"
    assert [str(beside.ratio(w, folder)) for w in ("smallest", "median", "largest")] == ["0.5", "4.0", "4.0"]


def test_p_stands_with_and_without_the_treated_province(folder: Path) -> None:
    table = beside.apart_table(folder)
    assert len(table.rows) == len(beside.HEADLINES) + len(beside.SPACE)
    assert {str(row.cells[3]) for row in table.rows} == {"0.44"}
    assert "23 or 24 take the treated place, so p is 0.042 or 0.040 at the least" in " ".join(table.notes)
    assert str(beside.crossings(folder)) == f"1 of {len(table.rows)}"


def test_a_missing_variant_is_named(tmp_path: Path) -> None:
    with pytest.raises(FindingError, match="no finding has the key"):
        beside.apart_table(tmp_path)
