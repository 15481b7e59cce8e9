"""A comparison of two editions of a book, put together: findings, verdicts, and what they reach."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from publishing.diff.compare import Change, Comparison, Tolerance, compare, show
from publishing.diff.conditions import conditions
from publishing.diff.editions import Edition
from publishing.diff.reach import Printed, printed
from publishing.errors import BookError, RevisionError
from publishing.findings import Found
from publishing.project import Book
from publishing.verdicts import verdicts

FORMAT = "report-diff/1"


@dataclass(frozen=True)
class Turned:
    """A verdict that turned: on a source note's claim, or on a condition that the text sets."""

    kind: str
    name: str
    where: str
    says: str
    finding: str | None
    old: str
    new: str
    note: str = ""


@dataclass(frozen=True)
class Diff:
    """What differs between two editions.

    `places` are where findings are printed, by key; `chapters` is the order of the book.
    """

    old: str
    new: str
    tolerance: Tolerance
    findings: Comparison
    turned: tuple[Turned, ...]
    places: Mapping[str, tuple[Printed, ...]]
    chapters: tuple[str, ...]

    @property
    def equal(self) -> bool:
        """Whether nothing differs."""
        found = self.findings
        return not (found.added or found.removed or found.changed or self.turned)

    @property
    def changed(self) -> tuple[Change, ...]:
        """Findings whose numbers or unit changed: what turned first, then what the book prints, then by key."""
        changes = (change for change in self.findings.changed if not change.reworded)
        return tuple(sorted(changes, key=lambda c: (not c.turns, c.key not in self.places, c.key)))

    @property
    def reworded(self) -> tuple[Change, ...]:
        """Findings of which only the words for sample or specification changed."""
        return tuple(change for change in self.findings.changed if change.reworded)

    def turns(self, kind: str) -> tuple[Change, ...]:
        """Findings whose `sign` or `significance` turned."""
        return tuple(change for change in self.changed if kind in change.turns)

    @property
    def reached(self) -> tuple[tuple[Printed, tuple[str, ...]], ...]:
        """Where anything that differs is printed, in the order of the book, with the keys."""
        found = self.findings
        keys = [change.key for change in found.changed if not change.reworded]
        keys += [finding.key for finding in (*found.added, *found.removed)]
        by_place: dict[Printed, list[str]] = {}
        for key in keys:
            for place in self.places.get(key, ()):
                by_place.setdefault(place, []).append(key)
        order = {chapter: n for n, chapter in enumerate(self.chapters)}
        ranked = sorted(by_place, key=lambda p: (order.get(p.chapter, len(order)), p.chapter, p.file, p.line))
        return tuple((place, tuple(sorted(by_place[place]))) for place in ranked)

    @property
    def counts(self) -> dict[str, int]:
        """How many of each."""
        kinds = Counter(place.kind for place, _ in self.reached)
        turned = Counter(turn.kind for turn in self.turned)
        return {
            "signs": len(self.turns("sign")),
            "significance": len(self.turns("significance")),
            "verdicts": turned["verdict"],
            "conditions": turned["condition"],
            "changed": len(self.changed),
            "added": len(self.findings.added),
            "removed": len(self.findings.removed),
            "reworded": len(self.reworded),
            "equal": self.findings.equal,
            "sentences": kinds["sentence"],
            "tables": kinds["table"],
            "figures": kinds["figure"],
            "cells": kinds["cell"],
        }


def _verdicts(edition: Edition) -> Any:
    try:
        return verdicts(edition.root, edition.book.settings.source_notes, edition.findings, older=True)
    except BookError as error:
        raise RevisionError(f"{edition.name}: {error}") from error


def _turned_verdicts(old: Edition, new: Edition) -> Iterator[Turned]:
    before, after = _verdicts(old), _verdicts(new)
    for claim in sorted(before.keys() & after.keys()):
        was, now = before[claim], after[claim]
        if was.verdict != now.verdict:
            note = "the rule is another too" if was.rule != now.rule or was.finding != now.finding else ""
            yield Turned("verdict", claim, now.note, now.says, now.finding, was.verdict, now.verdict, note)


def _turned_conditions(here: Book, old: Edition, new: Edition) -> Iterator[Turned]:
    words = {True: "holds", False: "does not hold"}
    try:
        judged = conditions(new.book, here, old.findings, new.findings)
    except BookError as error:
        raise RevisionError(f"{new.name}: {error}") from error
    for was, now in judged:
        told = was.fault is None and now.fault is None
        if told and was.holds != now.holds:
            key = next(iter(now.keys), None)
            claim = now.claim
            yield Turned(
                "condition", claim.text, str(claim.place), claim.sentence, key, words[was.holds], words[now.holds]
            )


def diff(old: Edition, new: Edition, tolerance: Tolerance, here: Book) -> Diff:
    """Compare two editions of the book that is `here`.

    Where findings are printed is told from the newer text, and for findings that are gone from the older. Conditions
    are those of the newer text.

    Raises:
        BookError: an edition cannot be read; the message names it.
    """
    found = compare(old.findings, new.findings, tolerance)
    places = printed(old.book, [f.key for f in found.removed], new.book)
    places = {key: places[key] for key in (f.key for f in found.removed) if key in places}
    places |= printed(new.book, new.findings, old.book)
    turned = (*_turned_verdicts(old, new), *_turned_conditions(here, old, new))
    chapters = tuple(entry.path for entry in new.book.entries)
    return Diff(old.name, new.name, tolerance, found, turned, places, chapters)


def short(places: Iterable[Printed]) -> list[str]:
    """Places in short: file and line, with the label if there is one."""
    return [f"{p.file}:{p.line}" + (f" ({p.label})" if p.label else "") for p in places]


def as_json(found: Diff) -> dict[str, Any]:
    """A comparison as `diff.schema.json` describes it."""

    def whole(finding: Found) -> dict[str, Any]:
        return {
            "key": finding.key,
            "value": finding.value,
            "unit": finding.unit,
            "shown": show(finding),
            "printed": short(found.places.get(finding.key, ())),
        }

    def change(changed: Change) -> dict[str, Any]:
        return {
            "key": changed.key,
            "turned": list(changed.turns),
            "fields": [
                {
                    "field": field.name,
                    "old": list(field.old) if isinstance(field.old, tuple) else field.old,
                    "new": list(field.new) if isinstance(field.new, tuple) else field.new,
                    "old_shown": field.old_shown,
                    "new_shown": field.new_shown,
                }
                for field in changed.fields
            ],
            "printed": short(found.places.get(changed.key, ())),
        }

    return {
        "format": FORMAT,
        "old": found.old,
        "new": found.new,
        "tolerance": str(found.tolerance),
        "differs": not found.equal,
        "counts": found.counts,
        "turned": [vars(turn) for turn in found.turned],
        "changed": [change(changed) for changed in found.changed],
        "reworded": [change(changed) for changed in found.reworded],
        "added": [whole(finding) for finding in found.findings.added],
        "removed": [whole(finding) for finding in found.findings.removed],
        "reached": [{**vars(place), "findings": list(keys)} for place, keys in found.reached],
    }
