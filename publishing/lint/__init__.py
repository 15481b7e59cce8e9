"""Look for what makes a chapter untrue, unprintable or hard to follow, before anything is run."""

import re
import tempfile
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from publishing.errors import SourceError
from publishing.lint.constructs import check_constructs
from publishing.lint.floats import check_floats
from publishing.lint.links import check_bibliography, check_doubled, check_targets
from publishing.lint.numbers import check_numbers
from publishing.lint.rules import RULES, Alarm
from publishing.lint.silences import Silence, read_silences, silenced, unused
from publishing.lint.text import read_chapters
from publishing.lint.units import check_units
from publishing.lint.unnumbered import check_unnumbered
from publishing.lint.used import check_used, load_units, looked_up, summary
from publishing.project import Book
from publishing.references import scan
from publishing.source import Place, Source, read_source

_WHERE = re.compile(r"(?P<file>[^:\n]+?)(?::(?P<line>\d+))?: (?P<message>.*)", re.DOTALL)


@dataclass(frozen=True)
class Outcome:
    """What was found, in the order of the files; `notes` say what was passed over, and why."""

    alarms: list[Alarm]
    notes: list[str]


def _read(book: Book) -> tuple[list[Source], list[Alarm]]:
    sources, alarms = [], []
    for entry in book.entries:
        try:
            sources.append(read_source(book.root, entry.path))
        except SourceError as error:
            match = _WHERE.fullmatch(str(error))
            place = Place(entry.path, 1)
            if match and (book.root / match["file"]).is_file():
                place = Place(match["file"], int(match["line"] or 1))
            alarms.append(Alarm(place, "L502", match["message"] if match else str(error)))
    return sources, alarms


def _findings(
    book: Book, sources: Sequence[Source], notes: list[str]
) -> tuple[dict[str, dict[str, str]], set[str] | None]:
    """Units of findings, and keys that chapters looked up: none where there are no records to tell."""
    folder = book.root / book.settings.findings
    units = load_units(folder) if folder.is_dir() else {}
    if not units:
        notes.append(f"not checked without findings in {book.settings.findings}/: {_names('L201', 'L601')}")
        return units, None
    used, missing = looked_up(book.root, sources)
    if missing or not used:
        why = f"no record of {', '.join(missing[:3])}" if missing else "the records name no findings"
        more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
        notes.append(f"not checked, since the book was not built yet ({why}{more}): {_names('L201')}")
        return units, None
    return units, used


def _names(*codes: str) -> str:
    return ", ".join(f"{code} {RULES[code].name}" for code in codes)


def _text_alarms(
    book: Book, sources: list[Source], units: dict[str, str], notes: list[str], *, whole: bool
) -> tuple[list[Alarm], set[str]]:
    """What the text itself shows, and the rules that were not checked because the book could not be read whole."""
    # In a folder apart, so that a build that runs meanwhile is not disturbed.
    with tempfile.TemporaryDirectory(prefix="report-lint-") as folder, ThreadPoolExecutor() as pool:
        scanning = pool.submit(scan, book, sources)
        chapters = read_chapters(book.root, sources, Path(folder))
        scans, keys = scanning.result()
    alarms = [
        *check_numbers(chapters),
        *check_doubled(book.root, chapters),
        *check_constructs(chapters),
        *check_units(chapters, units),
        *check_floats(book.root, chapters, scans),
        *check_unnumbered(chapters, scans),
    ]
    if whole:
        return [*alarms, *check_targets(book, chapters, scans, keys), *check_bibliography(book, scans, keys)], set()
    skipped = {"L302", "L402", "L403", "L404"}
    notes.append(f"not checked while a chapter cannot be read: {_names(*sorted(skipped))}")
    return [alarm for alarm in alarms if alarm.code not in skipped], skipped


def lint(book: Book, files: Iterable[str] = (), *, list_unused: bool = False) -> Outcome:
    """Check a book.

    Args:
        book: the book.
        files: report on these files only, named relative to the project; the whole book is read all the same.
        list_unused: tell each finding that no chapter looks up; otherwise a note counts them.

    Raises:
        BookError: the book, its findings or its records cannot be read.
    """
    notes: list[str] = []
    sources, alarms = _read(book)
    units, used = _findings(book, sources, notes)
    by_key = {key: unit for found in units.values() for key, unit in found.items()}
    found, skipped = _text_alarms(book, sources, by_key, notes, whole=not alarms)
    alarms += found
    if used is None:
        skipped |= {"L201"}
    elif list_unused:
        alarms += check_used(book.root, book.root / book.settings.findings, units, used)
    else:
        notes += summary(units, used)
    if not units:
        skipped |= {"L601"}
    read = list(read_silences(book.root, sources, book.bibliography))
    silences = [item for item in read if isinstance(item, Silence)]
    alarms = silenced(alarms, silences)
    alarms += [item for item in read if isinstance(item, Alarm)]
    alarms += unused(book.root, silences, skipped)
    return Outcome(_in_order(book, sources, alarms, set(files)), notes)


def _in_order(book: Book, sources: Sequence[Source], alarms: Iterable[Alarm], files: set[str]) -> list[Alarm]:
    order = [*dict.fromkeys([*(name for source in sources for name in source.files), *book.bibliography])]

    def position(alarm: Alarm) -> tuple[int, str, int, str, str]:
        file = alarm.place.file
        known = order.index(file) if file in order else len(order)
        return known, file, alarm.place.line, alarm.code, alarm.message

    return sorted((a for a in set(alarms) if not files or a.place.file in files), key=position)
