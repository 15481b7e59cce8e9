"""Source notes are complete, and neither they nor the chapters repeat their documents."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from analysis.paths import ROOT, SEEDS

NOTES = sorted(SEEDS.glob("*.yml"))
DOCUMENTS = ROOT.parent / "shared" / "seeds"
REQUIRED = {"id", "citation", "language", "summary", "topics", "claims"}
REQUIRED_IN_CITATION = {"author", "title", "date", "kind", "where", "doubts"}
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
    yield from (str(claim) for claim in note["claims"])
    for field, value in note["citation"].items():
        if field == "doubts":
            yield from value
        elif field != "title":
            yield value


def test_there_is_a_note_for_each_of_the_five_documents() -> None:
    assert len(NOTES) >= 5


@pytest.mark.parametrize("path", NOTES, ids=lambda path: path.stem)
def test_note_has_the_required_fields(path: Path) -> None:
    note = read(path)
    assert note.keys() >= REQUIRED, f"{path.name}: lacks {sorted(REQUIRED - note.keys())}"
    citation = note["citation"]
    missing = REQUIRED_IN_CITATION - citation.keys()
    assert not missing, f"{path.name}: citation lacks {sorted(missing)}"
    assert note["id"] == path.stem, "the id is the file's name"
    for field, value in citation.items():
        if field == "doubts":
            assert value, "a citation without any doubt needs no list, but these documents all have some"
            assert all(isinstance(doubt, str) and doubt.strip() for doubt in value)
        else:
            assert isinstance(value, str), f"citation.{field} is {value!r}: quote it"
            assert value.strip(), f"citation.{field} is empty"
    assert note["topics"], f"{path.name}: no topics"
    assert all(isinstance(topic, str) for topic in note["topics"])
    assert isinstance(note["claims"], list)


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
