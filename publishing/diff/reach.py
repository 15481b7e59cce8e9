"""Where findings are printed: the sentences, tables and figures of a book, by the finding's key."""

import ast
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from publishing.errors import SourceError
from publishing.kernel.recorder import record_of
from publishing.project import Book
from publishing.provenance import bare, source_code
from publishing.source import Cell, Inline, Source, read_source

Kind = Literal["sentence", "table", "figure", "cell"]

_KINDS: Mapping[str, Kind] = {"tbl": "table", "fig": "figure"}
_SPAN = re.compile(r"(`+)(?:(?!`).)+?\1")
_EXPRESSION = re.compile(r"`\{python\}\s+(.+?)\s*`")
# A sentence ends at a full stop, question or exclamation mark before white space and a capital, digit or markup.
_END = re.compile(r"(?<=[.!?])[)\"”’*_]*\s+(?=[\"“‘(\[*_`@]*[A-Z0-9`@\x00])")
_CLAIM = re.compile(r"""\[([^\[\]]*)\]\{claim=(?:"[^"]*"|'[^']*')\}""")
_MARKER = re.compile(r"^\s*(?:[-*+]|\d+[.)]|>|:)\s+")
_BREAKS = re.compile(r"\s*$|\s{0,3}(?:```|~~~|:::|#|\|)")


@dataclass(frozen=True)
class Printed:
    """A place where findings are printed.

    `text` is a sentence as its source has it, with expressions as code, or a table's or figure's caption.
    """

    kind: Kind
    chapter: str
    file: str
    line: int
    label: str | None
    text: str


def _keys_in(code: str, known: Iterable[str]) -> set[str]:
    """Keys that stand as texts in code: what a step prints if no build recorded it."""
    try:
        tree = ast.parse(code.strip())
    except SyntaxError:
        return set()
    texts = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return texts & set(known)


def _recorded(root: Path, chapter: str) -> dict[str, set[str]]:
    """The findings that each step of a chapter looked up in its last build, by the step's code."""
    try:
        steps = json.loads(record_of(root, chapter).read_text(encoding="utf-8"))["steps"]
        found: dict[str, set[str]] = {}
        for step in steps:
            found.setdefault(bare(step["code"]), set()).update(step["findings"])
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return found


def _paragraph(lines: tuple[str, ...], line: int) -> tuple[int, int]:
    """The first and last line (from 0) of the paragraph or list item that a line (from 0) stands in."""
    first = last = line
    while first > 0 and not _MARKER.match(lines[first]) and not _BREAKS.match(lines[first - 1]):
        first -= 1
    while last + 1 < len(lines) and not _BREAKS.match(lines[last + 1]) and not _MARKER.match(lines[last + 1]):
        last += 1
    return first, last


def sentence(lines: tuple[str, ...], line: int, code: str) -> str:
    """The sentence around an inline expression.

    Args:
        lines: the lines of the file.
        line: where the expression stands, from 1.
        code: the expression.
    """
    first, last = _paragraph(lines, line - 1)
    text = " ".join(_MARKER.sub("", part).strip() for part in lines[first : last + 1])
    hidden: list[str] = []

    def hide(span: re.Match[str]) -> str:
        hidden.append(span[0])
        return f"\0{len(hidden) - 1}\0"

    masked = _CLAIM.sub(r"\1", _SPAN.sub(hide, text))
    own = [n for n, span in enumerate(hidden) if (found := _EXPRESSION.fullmatch(span)) and found[1] == code]
    parts = _END.split(masked)
    part = next((part for part in parts for n in own if f"\0{n}\0" in part), masked)
    shown = re.sub(r"\0(\d+)\0", lambda mark: hidden[int(mark[1])], part)
    return _EXPRESSION.sub(r"`\1`", shown).strip()


def _printed(lines: Callable[[str], tuple[str, ...]], source: Source, step: Cell | Inline) -> Printed:
    if isinstance(step, Inline):
        text = sentence(lines(step.place.file), step.place.line, step.code)
        return Printed("sentence", source.path, step.place.file, step.place.line, None, text)
    kind: Kind = _KINDS.get((step.label or "").partition("-")[0], "cell")
    caption = str(step.options.get("tbl-cap") or step.options.get("fig-cap") or "")
    return Printed(kind, source.path, step.place.file, step.place.line, step.label, caption)


def _steps(book: Book, beside: Book | None, known: Iterable[str]) -> Iterator[tuple[Printed, set[str]]]:
    @cache
    def lines(name: str) -> tuple[str, ...]:
        return tuple((book.root / name).read_text(encoding="utf-8").splitlines())

    for entry in book.entries:
        try:
            source = read_source(book.root, entry.path)
        except SourceError:
            continue  # an old chapter of a form that is read no more: where it printed findings is not told
        own = _recorded(book.root, entry.path)
        other = _recorded(beside.root, entry.path) if beside else {}
        for step in source.steps:
            code = source_code(step)
            keys = own.get(code, other.get(code, set())) | _keys_in(step.code, known)
            if keys:
                yield _printed(lines, source, step), keys


def printed(book: Book, known: Iterable[str], beside: Book | None = None) -> dict[str, tuple[Printed, ...]]:
    """Where each finding is printed, in the order of the book.

    A build's record of what each step looked up tells it; for a step that no record knows, such as one of a revision
    that was not built, the keys that stand in its code do.

    Args:
        book: the edition whose text it is.
        known: keys of findings.
        beside: another edition, whose record counts for steps with the same code that the own record does not know.
    """
    known = frozenset(known)
    places: dict[str, dict[Printed, None]] = {}
    for place, keys in _steps(book, beside, known):
        for key in keys:
            places.setdefault(key, {})[place] = None
    return {key: tuple(found) for key, found in places.items()}
