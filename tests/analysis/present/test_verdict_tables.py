"""Verdicts as chapters show them, on a file of simulated verdicts."""

import json
from pathlib import Path

import pytest

from analysis.findings import Finding, Findings, MadeFrom, write_findings
from analysis.present import verdicts
from analysis.present.verdicts import VerdictError, verdict, verdicts_table

CITATION = {"author": "unknown", "title": "A note", "short": "Note", "date": "unknown", "kind": "note", "where": "nowhere", "doubts": ["All.", "Of it."]}  # fmt: skip


def claim(name: str, judged: str, finding: str | None, chapter: str = "chapters/07-x.qmd", **more: object) -> dict:
    rule = {"kind": "effect", "expects": "increase"} if finding else {"kind": "none", "because": "no table", "needs": "one"}  # fmt: skip
    return {
        "note": "seeds/a-note.yml", "id": name, "says": f"Says {name}.", "theory": "location", "implication": "Seen.",
        "size": {"value": 2, "unit": "percentage points", "because": "tests"}, "rule": rule, "finding": finding,
        "chapter": chapter, "foreknowledge": "none", "verdict": judged, "why": "because of tests", **more,
    }  # fmt: skip


@pytest.fixture
def folders(tmp_path: Path) -> dict[str, Path]:
    level = {"kind": "level", "supported": {"at_least": 105, "at_most": 107}, "contradicted": {"at_most": 103}}
    claims = [
        claim("untested", "not testable", None),
        claim("shown", "supported", "tiny.effect", "chapters/12-y.qmd"),
        claim("counted", "inconclusive", "tiny.count", rule=level, foreknowledge="The count was known."),
    ]
    notes = {"seeds/a-note.yml": {"id": "a-note", "citation": CITATION, "summary": "It says little."}}
    path = tmp_path / "verdicts.json"
    path.write_text(json.dumps({"format": "report-verdicts/1", "notes": notes, "verdicts": claims}), encoding="utf-8")
    found = (
        Finding("tiny.effect", 3.21, "percentage points", "s", "s", interval=(0.4, 6.0), level=0.95),
        Finding("tiny.count", 104, "units", "s", "s"),
    )
    write_findings(Findings("tiny", "Tiny", MadeFrom({}, {}), found), tmp_path / "findings/tiny.json")
    return {"path": path, "findings": tmp_path / "findings"}


def test_a_verdict_stands_in_a_sentence(folders: dict[str, Path]) -> None:
    assert str(verdict("shown", folders["path"])) == "supported"
    with pytest.raises(VerdictError, match=r"no claim of the source notes has the id 'show'; the nearest are shown"):
        verdict("show", folders["path"])


def test_the_table_sets_estimate_and_interval_beside_the_size(folders: dict[str, Path]) -> None:
    table = verdicts_table("shown", "counted", "untested", **folders)
    rows = [[str(cell or "") for cell in row.cells] for row in table.rows]
    assert rows[0] == ["Says shown.", "Note", "2 percentage points", "3.2", "0.4 to 6.0", "supported"]  # fmt: skip
    assert rows[1][3:] == ["104", "", "inconclusive"]
    assert rows[2][3:] == ["", "", "not testable"]


def test_the_summary_goes_by_verdict_and_leads_to_chapters(folders: dict[str, Path]) -> None:
    table = verdicts.summary_table(**folders)
    assert [str(row.cells[5]) for row in table.rows] == ["supported", "inconclusive", "not testable"]
    assert '<a href="12-y.qmd">12</a>' in table.html()
    assert '<a href="07-x.qmd">7</a>' in table.html()


def test_what_is_not_testable_says_what_it_needs(folders: dict[str, Path]) -> None:
    (row,) = verdicts.untestable_table(folders["path"]).rows
    assert [str(cell) for cell in row.cells] == ["Says untested.", "No table", "One", "7"]


def test_a_note_has_its_rules_in_words_and_what_was_known(folders: dict[str, Path]) -> None:
    table = verdicts.claims_table("a-note", folders["path"])
    rules = [str(row.cells[2]) for row in table.rows]
    assert rules == [
        "None: no table.",
        "Henan less its neighbours, by placebo provinces: increase of 2 percentage points or more.",
        "Share or count of a whole record: supported at least 105 and at most 107, contradicted at most 103 "
        "(percentage points).",
    ]
    assert [str(row.cells[3]) for row in table.rows] == [
        "Not testable.", "Supported: because of tests.", "Inconclusive: because of tests.",
    ]  # fmt: skip
    assert table.notes == ["Known before the rule was written: Says counted. The count was known."]
    with pytest.raises(VerdictError, match="no claim is of the note 'b-note'; notes are a-note"):
        verdicts.claims_table("b-note", folders["path"])


def test_a_source_is_cited_with_its_doubts(folders: dict[str, Path]) -> None:
    assert str(verdicts.citation("a-note", folders["path"])) == (
        "Author unknown: A note. Note; nowhere; date: unknown."
    )
    assert str(verdicts.doubts("a-note", folders["path"])) == "All. Of it."
    assert str(verdicts.summary("a-note", folders["path"])) == "It says little."


def test_claims_are_counted(folders: dict[str, Path]) -> None:
    assert str(verdicts.count(path=folders["path"])) == "3 claims"
    assert str(verdicts.count("supported", folders["path"])) == "1 claim"
    with pytest.raises(VerdictError, match="'proven' is no verdict"):
        verdicts.count("proven", folders["path"])


@pytest.mark.parametrize("content", ["{", "[]", '{"format": "other"}', '{"format": "report-verdicts/1"}'])
def test_a_file_that_is_none_is_told(tmp_path: Path, content: str) -> None:
    (tmp_path / "v.json").write_text(content, encoding="utf-8")
    with pytest.raises(VerdictError, match="not in the format report-verdicts/1"):
        verdict("x", tmp_path / "v.json")
    with pytest.raises(VerdictError, match="no such file; run `report build`"):
        verdict("x", tmp_path / "w.json")
