"""Say in words where a number is from, and hand the same to Quarto's filter."""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from publishing import quarto
from publishing.errors import UnresolvedError
from publishing.findings import Found, nearest
from publishing.fingerprint import code_hash, file_hash
from publishing.page_data import write_data
from publishing.press import folds
from publishing.project import Book
from publishing.provenance import (
    Provenance,
    Shown,
    meaning_words,
    number_words,
    read_provenance,
    value_words,
)
from publishing.references import Scan, scan
from publishing.site import complete_quarto_site
from publishing.source import Cell, read_source
from publishing.status import engine_of

_PLACE = re.compile(r"(.+\.[a-z]+):(\d+)")
_OPTIONAL = {
    "standard_error": "standard error",
    "level": "level of the interval",
    "p_value": "p-value",
    "n": "n",
    "clusters": "clusters",
    "placebos": "placebo groups",
    "smallest_p": "smallest p-value that so many can give",
    "detectable": "minimum detectable effect",
}


def _read(book: Book, engine: str) -> Provenance:
    return read_provenance(book, [read_source(book.root, entry.path) for entry in book.entries], engine)


def _state(root: Path, name: str, value: str) -> str:
    path = root / name
    if not path.is_file():
        return "no longer on disk"
    same = value in {file_hash(path), code_hash(path) if name.endswith(".py") else ""}
    return "as on disk" if same else "changed on disk since"


def _files(root: Path, files: Mapping[str, str], indent: str) -> Iterator[str]:
    for name, value in sorted(files.items()):
        yield f"{indent}{name}  SHA-256 {value}, {_state(root, name, value)}"


def _printed(shown: Shown) -> str:
    if shown.label:
        return f"{shown.step.place}  {shown.label}: {shown.caption}"
    what = "a cell" if isinstance(shown.step, Cell) else f"`{shown.step.code}`"
    return f"{shown.step.place}  {what}"


def _finding_lines(made: Provenance, found: Found) -> Iterator[str]:
    root = made.book.root
    document = next(iter(made.documents([found.key])))
    yield f"{found.key}: {value_words(found)}"
    yield f"  sample: {found.sample}"
    yield f"  specification: {found.specification}"
    if found.interval:
        yield f"  interval: {' to '.join(map(number_words, found.interval))}"
    for name, words in _OPTIONAL.items():
        value = getattr(found, name)
        if value is not None:
            yield f"  {words}: {number_words(value)}"
    yield f"  in {document.name}"
    yield "  made from data:"
    yield from _files(root, document.data, "    ")
    yield "  by code:"
    yield from _files(root, document.code, "    ")
    yield f"  last revision of these: {made.history.words([*document.data, *document.code])}"
    printed = [s for steps in made.shown.values() for s in steps if found.key in s.findings]
    yield "  printed at:" if printed else "  printed nowhere, as far as the last run of each chapter tells"
    yield from (f"    {_printed(shown)}" for shown in printed)


def _shown_lines(made: Provenance, shown: Shown) -> Iterator[str]:
    yield _printed(shown)
    if not shown.ran:
        yield "  not run since it was written; `report build` runs it"
        return
    if shown.function:
        yield f"  made by {shown.function}"
    data = made.data(shown)
    if data:
        yield "  made from data, read earlier in the chapter:" if shown.earlier else "  made from data:"
        yield from _files(made.book.root, data, "    ")
    code = {name: value for d in made.behind(shown) for name, value in d.code.items()}
    if code:
        yield "  by code:"
        yield from _files(made.book.root, code, "    ")
    yield f"  last revision of its inputs: {made.revision(shown)}"
    yield "  findings:" if shown.findings else "  no findings"
    for key in sorted(shown.findings):
        found = made.known.get(key)
        yield (
            f"    {key}: {value_words(found)}; {meaning_words(found)}"
            if found
            else f"    {key}: no longer among the findings"
        )


def _covers(shown: Shown, file: str, line: int) -> bool:
    place, step = shown.step.place, shown.step
    last = step.first_code_line + step.code.count("\n") + 1 if isinstance(step, Cell) else place.line
    return place.file == file and place.line <= line <= last


def _nearest(asked: str, known: Iterable[str]) -> str:
    close = nearest(asked, sorted(set(known)))
    return f"the nearest are {', '.join(close)}" if close else "nothing is like it"


def _at(made: Provenance, file: str, line: int) -> list[Shown]:
    steps = [s for each in made.shown.values() for s in each]
    found = [shown for shown in steps if _covers(shown, file, line)]
    if not found:
        files = {s.step.place.file for s in steps}
        if file not in files:
            raise UnresolvedError(f"{file}: no number is printed there; {_nearest(file, files)}.")
        lines = sorted({s.step.place.line for s in steps if s.step.place.file == file}, key=lambda n: abs(n - line))
        near = ", ".join(f"{file}:{n}" for n in sorted(lines[:3]))
        raise UnresolvedError(f"{file}:{line}: no number is printed there; the nearest are {near}.")
    return found


def explain(book: Book, asked: str) -> str:
    """Where a number is from.

    Args:
        book: the book.
        asked: a finding's key, the label of a computed table or figure, or a place such as "chapters/x.qmd:31".

    Raises:
        UnresolvedError: there is no such thing; the message names the nearest.
    """
    made = _read(book, engine_of(book))
    if asked in made.known:
        return "\n".join(_finding_lines(made, made.known[asked]))
    floats = {str(shown.label): shown for shown in made.floats()}
    if asked in floats:
        return "\n".join(_shown_lines(made, floats[asked]))
    place = _PLACE.fullmatch(asked)
    if place:
        return "\n\n".join("\n".join(_shown_lines(made, shown)) for shown in _at(made, place[1], int(place[2])))
    none = "" if made.known else f"; there are no findings in {book.settings.findings}/: `report build` makes them"
    raise UnresolvedError(
        f"{asked}: no finding, computed table or figure has this name; {_nearest(asked, [*made.known, *floats])}{none}."
    )


def for_quarto(book: Book, chapter: str | None, *, index: bool) -> dict[str, object]:
    """What Quarto's filter adds: the folds of a chapter's page by label and its list of numbers, or the entries of all.

    Args:
        book: the book.
        chapter: the chapter's file, absolute or below the project.
        index: whether the entries of the list of tables and figures are asked for.
    """
    answer: dict[str, object] = {}
    if chapter is not None:
        path = (book.root / chapter).resolve().relative_to(book.root.resolve()).as_posix()
        made = read_provenance(book, [read_source(book.root, path)], quarto.NAME)
        answer["folds"] = {s.label: folds.fold(made, s) for s in made.floats()}
        answer["numbers"] = folds.page_end(made, path)
    if index:
        answer["index"] = folds.index(*_all(book))
    return {name: value for name, value in answer.items() if value is not None}


def _all(book: Book) -> tuple[Provenance, list[Scan]]:
    sources = [read_source(book.root, entry.path) for entry in book.entries]
    return read_provenance(book, sources, quarto.NAME), scan(book, sources)[0]


def after_quarto(book: Book) -> None:
    """Do what is left when all chapters have run: data of the pages, what stands below names in the list, and fonts.

    The folder is the one that Quarto has rendered to, as it names it to its hooks.
    """
    made, scans = _all(book)
    out = book.root / os.environ.get("QUARTO_PROJECT_OUTPUT_DIR", book.output_dir)
    write_data(made, out)
    folds.fill(made, scans, out)
    complete_quarto_site(book, out)
