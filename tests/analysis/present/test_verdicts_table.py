"""Tables of verdicts, from verdicts and findings made up for the test."""

import json
from pathlib import Path

import pytest

from analysis.findings import Finding, Findings, MadeFrom, write_findings
from analysis.present.verdicts import FORMAT, VerdictError, verdict, verdicts_table


@pytest.fixture
def made_up(tmp_path: Path) -> Path:
    claims = [
        {"id": "roads", "finding": "design.roads", "size": {"value": 1, "unit": "square metres per person"}},
        {"id": "people", "finding": "design.people", "size": {"value": 2.5, "unit": "log points"}},
    ]
    verdicts = [{"note": "n", "says": c["id"], "verdict": "inconclusive", **c} for c in claims]
    notes = {"n": {"citation": {"short": "Thesis"}}}
    (tmp_path / "verdicts.json").write_text(
        json.dumps({"format": FORMAT, "notes": notes, "verdicts": verdicts}), encoding="utf-8"
    )
    words = ("made up", "made up")
    found = (
        Finding("design.roads", 0.0682, "square metres per person", *words, detectable=9.88),
        Finding("design.people", 3.157, "log points", *words, standard_error=0.5, interval=(2.05, 4.26), level=0.95),
    )
    write_findings(Findings("design", "Made up", MadeFrom({}, {}), found), tmp_path / "design.json")
    return tmp_path


def test_estimates_have_no_more_digits_than_their_detectable_effect_calls_for(made_up: Path) -> None:
    table = verdicts_table("roads", "people", path=made_up / "verdicts.json", findings=made_up)
    roads, people = ([None if c is None else str(c) for c in row.cells] for row in table.rows)
    assert roads[2:] == ["1 square metre per person", "0.1 square metres per person", None, "inconclusive"]
    assert people[2:] == ["2.5 log points", "3.16 log points", "2.05 to 4.26", "inconclusive"]


def test_an_unknown_claim_is_named_with_the_nearest(made_up: Path) -> None:
    assert str(verdict("roads", made_up / "verdicts.json")) == "inconclusive"
    with pytest.raises(VerdictError, match=r"'road'; the nearest are roads"):
        verdict("road", made_up / "verdicts.json")
