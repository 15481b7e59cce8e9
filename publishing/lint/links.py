"""Cross-references, citations and the words around them (L401 to L404)."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from publishing.lint.rules import Alarm, Edit
from publishing.lint.text import REFERENCE, Chapter
from publishing.project import Book
from publishing.references import Scan, faults
from publishing.source import Place, without_code

_WORDS = {
    "fig": r"Figures?|Figs?\.",
    "tbl": r"Tables?|Tabs?\.",
    "eq": r"Equations?|Eqs?\.",
    "sec": r"Sections?|Secs?\.|§+|Chapters?|Chaps?\.|Appendix|Appendices",
}
_CODES = {"reference": "L402", "citation": "L403", "form": "L501"}  # "words" is L301, which knows more of figures


def check_targets(book: Book, chapters: Sequence[Chapter], scans: Sequence[Scan], keys: set[str]) -> Iterator[Alarm]:
    """What points nowhere, as the build itself would say before it stops."""
    for fault in faults(book, [chapter.source for chapter in chapters], scans, keys):
        if fault.kind in _CODES:
            yield Alarm(fault.place, _CODES[fault.kind], fault.message)


def _edit(line: str, words: str, label: str) -> Edit | None:
    """Take the word away, where the line has it once and outside code; capitals stay those of the reference."""
    pattern = re.compile(rf"(?<!\w)(?:{words})(?:[ \u00a0]|\\ )+(?=\[?@{re.escape(label)}(?![\w-]))")
    found = list(pattern.finditer(line))
    if (
        len(found) != 1
        or len(pattern.findall(without_code(line))) != 1
        or re.search(r"\b(?:the|this|a)\s$", line[: found[0].start()], re.IGNORECASE)
    ):
        return None
    return Edit(found[0].start(), found[0].end())


def _line(root: Path, place: Place) -> str:
    lines = (root / place.file).read_text(encoding="utf-8").splitlines()
    return lines[place.line - 1] if place.line <= len(lines) else ""


def check_doubled(root: Path, chapters: Sequence[Chapter]) -> Iterator[Alarm]:
    """Words that a reference prints by itself, before it."""
    for chapter in chapters:
        for passage in chapter.passages:
            for offset, citations in passage.signs.items():
                if passage.text[offset] != REFERENCE or citations[0]["citationMode"]["t"] == "SuppressAuthor":
                    continue
                label = citations[0]["citationId"]
                words = _WORDS[label.partition("-")[0]]
                found = re.search(rf"(?<!\w)({words})\s+[\[(]?$", passage.text[:offset], re.IGNORECASE)
                if found is None:
                    continue
                place = passage.place(offset)
                edit = _edit(_line(root, place), words, label)
                yield Alarm(place, "L401", f"“{found[1]} @{label}” prints the word twice; leave “{found[1]}” out", edit)


def _entry_place(book: Book, key: str) -> Place:
    entry = re.compile(rf"^\s*@\w+\s*[{{(]\s*{re.escape(key)}\s*,|[\"']?id[\"']?\s*:\s*[\"']?{re.escape(key)}\b")
    for name in book.bibliography:
        for number, line in enumerate((book.root / name).read_text(encoding="utf-8").splitlines(), start=1):
            if entry.search(line):
                return Place(name, number)
    return Place(book.bibliography[0], 1)


def check_bibliography(book: Book, scans: Sequence[Scan], keys: set[str]) -> Iterator[Alarm]:
    """Entries that no chapter cites; `nocite` in `_quarto.yml` counts as citing."""
    shown = set(re.findall(r"@(\*|[\w:.#$%&+?<>~/-]*\w)", str(book.config.get("nocite", ""))))
    if "*" in shown:
        return
    cited = {name for scan in scans for name in scan.cites} | shown
    for key in sorted(keys - cited):
        yield Alarm(_entry_place(book, key), "L404", f"no chapter cites {key}; cite it, or take the entry out")
