"""Silences: comments that switch a rule off for a line, with a reason (L901 to L903).

`<!-- lint: L101 the reason -->` at a line's end is for that line. On a line of its own it is for the next line; before
a cell it is for all of the cell's options, before a table for the whole table.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from publishing.lint.rules import RULES, Alarm, Edit
from publishing.source import Cell, Place, Source

_SILENCE = re.compile(r"<!--\s*lint\b(?P<colon>\s*:)?\s*(?P<body>.*?)\s*-->")
_OPEN = re.compile(r"<!--\s*lint\b(?!.*-->)")
_CODES = re.compile(r"(?P<codes>L\w+(?:\s*,\s*L\w+)*)(?:\s+|$)(?P<reason>.*)")
_WORD = re.compile(r"\w{2}")


@dataclass
class Silence:
    """A comment's rules and the lines that it covers; `used` are the rules that had something to silence."""

    place: Place
    codes: tuple[str, ...]
    start: int
    end: int
    lines: range
    whole: bool
    used: set[str] = field(default_factory=set)


def _covered(lines: Sequence[str], number: int, prose: set[int], cells: dict[int, int]) -> range:
    """The lines that a comment on the line with this number (from 1), alone on it, is for."""
    start = number + 1
    while start <= len(lines) and (not lines[start - 1].strip() or _alone(lines[start - 1])):
        start += 1
    if start in cells:
        return range(start, cells[start])
    end = start + 1
    if start in prose and lines[start - 1].lstrip().startswith("|"):
        while end <= len(lines) and lines[end - 1].lstrip().startswith("|"):
            end += 1
        caption = end + 1 if end <= len(lines) and not lines[end - 1].strip() else end
        if caption <= len(lines) and re.match(r"\s*(?:Table)?:\s", lines[caption - 1]):
            end = caption + 1
    return range(start, end)


def _alone(line: str) -> bool:
    return _SILENCE.fullmatch(line.strip()) is not None


def _read(file: str, lines: Sequence[str], prose: set[int], cells: dict[int, int]) -> Iterator[Silence | Alarm]:
    for number in sorted(prose):
        line = lines[number - 1]
        place = Place(file, number)
        if _OPEN.search(line):
            yield Alarm(place, "L902", "a silence must stand on one line, as <!-- lint: L101 the reason -->")
        for match in _SILENCE.finditer(line):
            body = _CODES.fullmatch(match["body"]) if match["colon"] else None
            if body is None:
                yield Alarm(place, "L902", "a silence names its rules, as in <!-- lint: L101 the reason -->")
                continue
            codes = tuple(re.split(r"\s*,\s*", body["codes"]))
            unknown = [code for code in codes if code not in RULES]
            if unknown:
                known = ", ".join(RULES)
                yield Alarm(place, "L902", f"there is no rule {', '.join(unknown)}; the rules are {known}")
                continue
            if not _WORD.search(body["reason"]):
                yield Alarm(place, "L901", f"say why {', '.join(codes)} does not hold here, after the code")
                continue
            whole = _alone(line)
            covered = _covered(lines, number, prose, cells) if whole else range(number, number + 1)
            yield Silence(place, codes, match.start(), match.end(), covered, whole)


def read_silences(root: Path, sources: Sequence[Source], others: Iterable[str]) -> Iterator[Silence | Alarm]:
    """The silences of chapters, included files, and other files such as bibliographies; and what is wrong in them."""
    files: dict[str, tuple[set[int], dict[int, int]]] = {name: (set(), {}) for name in others}
    for source in sources:
        for name in source.files:
            files.setdefault(name, (set(), {}))
        for place, line in source.prose:
            if "<!--" in line or line.lstrip().startswith("|"):
                files[place.file][0].add(place.line)
        for step in source.steps:
            if isinstance(step, Cell):
                files[step.place.file][1][step.place.line] = step.first_code_line
    for name, (prose, cells) in files.items():
        lines = (root / name).read_text(encoding="utf-8").splitlines()
        if not name.endswith((".qmd", ".md")):
            prose = set(range(1, len(lines) + 1))  # noqa: PLW2901
        yield from _read(name, lines, prose, cells)


def silenced(alarms: Iterable[Alarm], silences: Sequence[Silence]) -> list[Alarm]:
    """The alarms that no silence covers; silences note what they were used for."""
    left = []
    for alarm in alarms:
        found = [
            s
            for s in silences
            if alarm.code in s.codes and alarm.place.file == s.place.file and alarm.place.line in s.lines
        ]
        for silence in found:
            silence.used.add(alarm.code)
        if not found:
            left.append(alarm)
    return left


def unused(root: Path, silences: Iterable[Silence], skipped: Iterable[str]) -> Iterator[Alarm]:
    """Silences that had nothing to silence; rules that were not checked are not counted."""
    for silence in silences:
        idle = [code for code in silence.codes if code not in silence.used and code not in set(skipped)]
        if not idle:
            continue
        line = (root / silence.place.file).read_text(encoding="utf-8").splitlines()[silence.place.line - 1]
        message = f"{', '.join(idle)} has nothing to silence here; take the comment out"
        if len(idle) < len(silence.codes):
            kept = ", ".join(code for code in silence.codes if code not in idle)
            comment = line[silence.start : silence.end]
            new = re.sub(r"L\w+(?:\s*,\s*L\w+)*", kept, comment, count=1)
            yield Alarm(silence.place, "L903", message, Edit(silence.start, silence.end, new))
            continue
        start = len(line[: silence.start].rstrip()) if not line[silence.end :].strip() else silence.start
        end = silence.end if start < silence.start or not line[silence.end :].startswith(" ") else silence.end + 1
        yield Alarm(silence.place, "L903", message, Edit(start, end, whole=silence.whole))
