"""A comparison as an HTML page of its own: one file, no scripts, nothing asked of the network."""

from collections.abc import Callable, Iterable, Sequence
from html import escape
from itertools import groupby
from pathlib import Path

from publishing.diff import words
from publishing.diff.compare import Change, Field, show
from publishing.diff.reach import Printed
from publishing.diff.report import Diff, Turned, short
from publishing.findings import Found

_STYLE = Path(__file__).with_name("page.css")
# A longer list is folded behind its first rows; the reader opens it.
OPEN_ROWS = 30


def _code(text: str) -> str:
    return f"<code>{escape(text)}</code>"


def _sentence(text: str) -> str:
    return "".join(_code(part) if is_code else escape(part) for part, is_code in words.with_code(text))


def _section(name: str, number: int, body: str) -> str:
    return f"<section><h2>{words.HEADS[name]} <small>{number:,}</small></h2>\n{body}\n</section>\n" if number else ""


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f'<th scope="col">{escape(text)}</th>' for text in heads)

    def part(some: Iterable[Sequence[str]]) -> str:
        body = "\n".join(
            f'<tr><th scope="row">{row[0]}</th>{"".join(f"<td>{cell}</td>" for cell in row[1:])}</tr>' for row in some
        )
        return f'<div class="scroll"><table><thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody></table></div>'

    more = rows[OPEN_ROWS:]
    folded = f"<details><summary>{len(more):,} more</summary>\n{part(more)}</details>" if more else ""
    return part(rows[:OPEN_ROWS]) + folded


def _places(found: Diff, key: str) -> str:
    return "".join(f'<span class="place">{escape(name)}</span>' for name in short(found.places.get(key, ()))) or "–"


def _lines(change: Change, shown: Callable[[Field], str], whole: Found, style: str) -> str:
    fields = [field for field in change.fields if field.name not in ("sample", "specification")]
    lines = []
    if not any(field.name == "value" for field in fields):
        lines.append(f'<span class="line">{escape(show(whole))}</span>')
    for field in fields:
        name = words.field_name(field.name)
        label = f'<span class="name">{escape(name)}</span>' if name else ""
        lines.append(f'<span class="line">{label}<span class="{style}">{escape(shown(field))}</span></span>')
    return "".join(lines)


def _change(found: Diff, change: Change) -> list[str]:
    tags = "".join(f'<span class="tag">{turn}</span>' for turn in change.turns)
    return [
        _code(change.key) + (f"<br>{tags}" if tags else ""),
        _lines(change, lambda field: field.old_shown, change.old, "was"),
        _lines(change, lambda field: field.new_shown, change.new, "now"),
        _places(found, change.key),
    ]


def _changes(found: Diff, changes: Sequence[Change]) -> str:
    return _table(["Finding", "Old", "New", "Printed at"], [_change(found, change) for change in changes])


def _whole(found: Diff, findings: Sequence[Found]) -> str:
    rows = [[_code(f.key), escape(show(f)), _places(found, f.key)] for f in findings]
    return _table(["Finding", "Value", "Printed at"], rows)


def _reworded(found: Diff) -> str:
    rows = [
        [_code(c.key), *("".join(f'<span class="line">{escape(text)}</span>' for text in texts) for texts in pairs)]
        for c in found.reworded
        for pairs in [([f.old_shown for f in c.fields], [f.new_shown for f in c.fields])]
    ]
    return _table(["Finding", "Old", "New"], rows)


def _turned(turn: Turned) -> str:
    note = f" ({escape(turn.note)})" if turn.note else ""
    finding = f", {_code(turn.finding)}" if turn.finding else ""
    return (
        f'<li><p class="says">{_sentence(turn.says)}</p><span class="old">{escape(turn.old)}</span> → '
        f'<span class="new">{escape(turn.new)}</span>{note} <span class="place">{escape(turn.where)}: '
        f"{_code(turn.name)}{finding}</span></li>"
    )


def _place(place: Printed, keys: Sequence[str]) -> str:
    label = f" {_code(place.label)}" if place.label else ""
    text = _sentence(place.text) if place.text else "No caption."
    names = ", ".join(map(_code, keys))
    return (
        f'<li><p class="says">{text}</p><span class="place">{escape(f"{place.file}:{place.line}")}, '
        f"{place.kind}{label}: {names}</span></li>"
    )


def _reached(found: Diff) -> str:
    parts = []
    for chapter, places in groupby(found.reached, key=lambda pair: pair[0].chapter):
        items = "\n".join(_place(place, keys) for place, keys in places)
        parts.append(f'<h3 class="chapter">{escape(chapter)}</h3>\n<ul class="places">\n{items}\n</ul>')
    return "\n".join(parts)


def _counts(found: Diff) -> str:
    counts = found.counts
    tiles = [
        ("verdicts", words.noun(counts["verdicts"] + counts["conditions"], "verdict") + " turned", True),
        ("signs", words.noun(counts["signs"], "sign") + " turned", True),
        ("significance", "significance turned", True),
        ("changed", "changed", False),
        ("added", "added", False),
        ("removed", "removed", False),
        ("equal", "equal", False),
    ]
    counts["verdicts"] += counts["conditions"]
    return "".join(
        f'<li class="{"hot" if hot and counts[name] else "cool"}"><b>{counts[name]:,}</b>{text}</li>'
        for name, text, hot in tiles
    )


def as_html(found: Diff, title: str) -> str:
    """A comparison as a page; `title` is the book's."""
    turns = [change for change in found.changed if change.turns]
    rest = [change for change in found.changed if not change.turns]
    counts = found.counts
    hot = any(counts[name] for name in ("verdicts", "conditions", "signs", "significance"))
    turned = f'<ul class="places">{"".join(map(_turned, found.turned))}</ul>'
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>What differs: {escape(title)}</title>
<style>
{_STYLE.read_text(encoding="utf-8")}</style>
</head>
<body>
<header>
<h1>What differs: {escape(title)}</h1>
<p class="editions"><b>{escape(found.old)}</b> → <b>{escape(found.new)}</b></p>
<p class="headline{" turned" if hot else ""}">{escape(words.headline(found))}</p>
<p class="summary">{escape(words.summary(found))}</p>
<ul class="counts">{_counts(found)}</ul>
</header>
<main>
{_section("turned", len(found.turned), turned)}{_section("turns", len(turns), _changes(found, turns))}\
{_section("changed", len(rest), _changes(found, rest))}\
{_section("added", counts["added"], _whole(found, found.findings.added))}\
{_section("removed", counts["removed"], _whole(found, found.findings.removed))}\
{_section("reworded", counts["reworded"], _reworded(found))}\
{_section("reached", len(found.reached), _reached(found))}</main>
</body>
</html>
"""
