"""Source notes are complete, and neither they nor the chapters repeat their documents."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from analysis.paths import ROOT, SEEDS

NOTES = sorted(SEEDS.glob("*.yml"))
DOCUMENTS = ROOT.parent / "shared" / "seeds"
SCHEMA = json.loads((ROOT / "publishing" / "source_note.schema.json").read_text(encoding="utf-8"))
THEORIES = {"location", "integration", "migration", "institutions"}
SEQUENCE = 8


def read(path: Path) -> dict[str, Any]:
    note = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert isinstance(note, dict), f"{path.name}: holds no fields"
    return note


def sequences(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"[a-z0-9]+", text.lower().replace("’", "'").replace("'", ""))
    return {tuple(words[i : i + SEQUENCE]) for i in range(len(words) - SEQUENCE + 1)}


def own_words(note: dict[str, Any]) -> Iterator[str]:
    """All of a note except the citation's title, which has to be the document's."""
    yield note["summary"]
    yield from note["topics"]
    yield from (json.dumps(claim, ensure_ascii=False) for claim in note["claims"])
    for field, value in note["citation"].items():
        if field == "doubts":
            yield from value
        elif field != "title":
            yield value


def test_there_is_a_note_for_each_of_the_five_documents() -> None:
    assert len(NOTES) >= 5


def faults(note: dict[str, Any]) -> list[str]:
    found = Draft202012Validator(SCHEMA).iter_errors(note)
    return [f"{'.'.join(map(str, fault.path))}: {fault.message}" for fault in found]


@pytest.mark.parametrize("path", NOTES, ids=lambda path: path.stem)
def test_note_is_complete(path: Path) -> None:
    note = read(path)
    assert faults(note) == []
    assert note["id"] == path.stem, "the id is the file's name"
    assert note["citation"]["doubts"], "these documents all leave something open"
    assert note["claims"]


@pytest.mark.parametrize(
    "field", ["id", "says", "theory", "implication", "size", "rule", "finding", "chapter", "foreknowledge"]
)
def test_a_claim_that_lacks_a_field_is_refused(field: str) -> None:
    note = read(NOTES[0])
    del note["claims"][0][field]
    assert any(field in fault for fault in faults(note))


def all_claims() -> list[dict[str, Any]]:
    return [claim for path in NOTES for claim in read(path)["claims"]]


def named_in(chapter: Path) -> set[str]:
    """The ids of claims that a chapter's code names, in calls of `verdict` and `verdicts_table`."""
    calls = re.findall(r"\b(?:verdict|verdicts_table)\(([^()]*)\)", chapter.read_text(encoding="utf-8"))
    return {name for call in calls for name in re.findall(r"[\"']([a-z0-9-]+)[\"']", call)}


@pytest.mark.parametrize("claim", all_claims(), ids=lambda claim: claim["id"])
def test_a_claim_is_discussed_in_its_chapter(claim: dict[str, Any]) -> None:
    text = (ROOT / claim["chapter"]).read_text(encoding="utf-8")
    assert re.search(rf"`{{python}} verdict\(\"{claim['id']}\"\)`", text), "its verdict stands in no sentence there"


def test_chapters_name_claims_that_there_are() -> None:
    known = {claim["id"] for claim in all_claims()}
    for chapter in sorted((ROOT / "chapters").glob("*.qmd")):
        assert named_in(chapter) <= known, chapter.name


def test_there_are_thirty_claims_with_names_and_findings_of_their_own() -> None:
    claims = all_claims()
    assert len(claims) >= 30
    for field in ("id", "finding", "says", "implication"):
        values = [claim[field] for claim in claims if claim[field] is not None]
        assert len(values) == len(set(values)), f"a {field} stands twice"


@pytest.mark.parametrize("claim", all_claims(), ids=lambda claim: claim["id"])
def test_a_rule_fits_its_claim(claim: dict[str, Any]) -> None:
    rule = claim["rule"]
    assert claim["theory"] in THEORIES
    assert (claim["finding"] is None) == (rule["kind"] == "none"), "a finding, unless nothing public bears on it"
    if rule["kind"] == "level":
        yes, no = rule["supported"], rule["contradicted"]
        assert not ("at_least" in yes and "at_most" in no) or yes["at_least"] > no["at_most"]
        assert not ("at_most" in yes and "at_least" in no) or yes["at_most"] < no["at_least"]
        assert yes != no
        thresholds = {abs(value) for value in (*yes.values(), *no.values())}
        if claim["id"] != "baicheng-covers-106-units":  # its size is a distance from 106
            assert claim["size"]["value"] in thresholds, "the size that matters is a threshold of the rule"


@pytest.mark.parametrize("path", NOTES, ids=lambda path: path.stem)
def test_summary_has_120_to_200_words(path: Path) -> None:
    assert 120 <= len(read(path)["summary"].split()) <= 200


def test_no_text_of_ours_repeats_eight_words_of_a_document() -> None:
    if not DOCUMENTS.is_dir():
        pytest.skip("no source documents beside this checkout to compare the notes with")
    files = sorted(DOCUMENTS.glob("*.txt"))
    documents = {path.name: sequences(path.read_text(encoding="utf-8")) for path in files}
    assert any(documents.values()), "the source documents are empty"
    texts = {path.name: "\n\n".join(own_words(read(path))) for path in NOTES}
    for path in [ROOT / "index.qmd", *sorted((ROOT / "chapters").glob("*.qmd"))]:
        texts[path.name] = path.read_text(encoding="utf-8")
    repeated = [
        f"{ours}: “{' '.join(words)}” ({document})"
        for ours, text in texts.items()
        for document, theirs in documents.items()
        for words in sorted(sequences(text) & theirs)
    ]
    assert not repeated, "\n".join(repeated)
