"""A comparison as Markdown, for a review: counts first, then what turned, then what changed."""

import re
from collections.abc import Iterable, Sequence

from publishing.diff import words
from publishing.diff.compare import Change, show
from publishing.diff.report import Diff, Turned, short
from publishing.findings import Found

SHOWN = 40
_PLACES = 3
_MARKUP = re.compile(r"([\\`*_\[\]<>|~$&@#^{}!])")
_LEADING = re.compile(r"^([-+=:]|\d+(?=[.)]))")


def escaped(text: str) -> str:
    """Text that Markdown prints as it is, on one line."""
    text = _MARKUP.sub(r"\\\1", " ".join(text.split()))
    return _LEADING.sub(lambda found: f"\\{found[1]}" if not found[1].isdigit() else f"{found[1]}\\", text)


def code(text: str) -> str:
    """Text in backticks, more of them than it has in a row."""
    text = " ".join(text.split())
    fence = "`" * (max((len(run) for run in re.findall(r"`+", text)), default=0) + 1)
    space = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{space}{text}{space}{fence}"


def _sentence(text: str) -> str:
    return "".join(code(part) if is_code else _inline(part) for part, is_code in words.with_code(text))


def _inline(text: str) -> str:
    """Text within a line: as `escaped`, with the white space at its ends."""
    inner = escaped(text)
    return f"{' ' if text[:1].isspace() else ''}{inner}{' ' if text[-1:].isspace() and inner else ''}"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]], shown: int = SHOWN) -> list[str]:
    listed = list(rows)
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    lines += [f"| {' | '.join(row)} |" for row in listed[:shown]]
    if len(listed) > shown:
        lines += ["", f"And {len(listed) - shown:,} more: `--format json` or `--format html` lists all."]
    return [*lines, ""]


def _places(found: Diff, key: str) -> str:
    names = short(found.places.get(key, ()))
    more = f" and {len(names) - _PLACES} more" if len(names) > _PLACES else ""
    return ", ".join(escaped(name) for name in names[:_PLACES]) + more or "–"


def _values(change: Change, old: bool) -> str:
    parts = []
    for field in change.fields:
        if field.name in ("sample", "specification"):
            continue
        name = words.field_name(field.name)
        parts.append(escaped(f"{name} {field.old_shown if old else field.new_shown}".strip()))
    if not any(field.name == "value" for field in change.fields):
        parts.insert(0, escaped(show(change.old if old else change.new)))
    return "; ".join(parts)


def _turned(turn: Turned) -> str:
    note = f" ({escaped(turn.note)})" if turn.note else ""
    says = f"{_sentence(turn.says)} {code(turn.name)}"
    return f"- {says}: {escaped(turn.old)} → **{escaped(turn.new)}**{note}. {escaped(turn.where)}"


def _changes(found: Diff, changes: Sequence[Change], turned: bool = False) -> list[str]:
    heads = ["Finding", "Old", "New", *(["Turned"] if turned else []), "Printed at"]
    rows = (
        [
            code(c.key),
            _values(c, old=True),
            _values(c, old=False),
            *([" and ".join(c.turns)] if turned else []),
            _places(found, c.key),
        ]
        for c in changes
    )
    return _table(heads, rows)


def _whole(found: Diff, findings: Sequence[Found]) -> list[str]:
    return _table(
        ["Finding", "Value", "Printed at"], ([code(f.key), escaped(show(f)), _places(found, f.key)] for f in findings)
    )


def _reached(found: Diff) -> list[str]:
    lines = []
    for place, keys in found.reached[:SHOWN]:
        label = f" {code(place.label)}" if place.label else ""
        text = f": {_sentence(place.text)}" if place.text else ""
        names = ", ".join(code(key) for key in keys[:_PLACES])
        more = f" and {len(keys) - _PLACES} more" if len(keys) > _PLACES else ""
        lines.append(f"- {escaped(place.file)}:{place.line}, {place.kind}{label}{text} ({names}{more})")
    if len(found.reached) > SHOWN:
        lines += ["", f"And {len(found.reached) - SHOWN:,} more: `--format json` or `--format html` lists all."]
    return [*lines, ""]


def as_markdown(found: Diff) -> str:
    """A comparison as Markdown; long lists are cut, and say so."""
    counts = found.counts
    lines = [
        f"# {escaped(found.old)} → {escaped(found.new)}",
        "",
        f"**{escaped(words.headline(found))}** {escaped(words.summary(found))}",
        "",
    ]
    if found.turned:
        lines += [f"## {words.HEADS['turned']} ({len(found.turned):,})", "", *map(_turned, found.turned), ""]
    turns = [change for change in found.changed if change.turns]
    rest = [change for change in found.changed if not change.turns]
    if turns:
        lines += [f"## {words.HEADS['turns']} ({len(turns):,})", "", *_changes(found, turns, turned=True)]
    if rest:
        lines += [f"## {words.HEADS['changed']} ({len(rest):,})", "", *_changes(found, rest)]
    if found.findings.added:
        lines += [f"## {words.HEADS['added']} ({counts['added']:,})", "", *_whole(found, found.findings.added)]
    if found.findings.removed:
        lines += [f"## {words.HEADS['removed']} ({counts['removed']:,})", "", *_whole(found, found.findings.removed)]
    if found.reworded:
        rows = (
            [code(c.key), " and ".join(field.name for field in c.fields), _places(found, c.key)] for c in found.reworded
        )
        lines += [f"## {words.HEADS['reworded']} ({counts['reworded']:,})", ""]
        lines += _table(["Finding", "Its", "Printed at"], rows)
    if found.reached:
        lines += [f"## {words.HEADS['reached']} ({len(found.reached):,})", "", *_reached(found)]
    return "\n".join(lines).rstrip() + "\n"
