"""Unit words that double or contradict the unit of the finding before them (L601).

A finding's expression by itself, its `.value` and its `.interval` print the unit; its `.number` does not. What any
other expression prints is not known here and left alone.
"""

import ast
import re
from collections.abc import Iterator, Mapping, Sequence

from publishing.lint.rules import Alarm
from publishing.lint.text import EXPRESSION, Chapter, Passage
from publishing.source import Cell

_WITH_UNIT = {"", "value", "interval"}
_BARE = {"number"}
# Units by the words that stand for them. Those of shares exclude one another and every noun.
_SHARES = {
    "percentage points": r"percentage[ -]points?\b|pp\b|p\.p\.",
    "percent": r"percent\b|per cent\b|%|％",
    "basis points": r"basis points?\b|bp\b",
    "log points": r"log[ -]points?\b",
    "standard deviations": r"standard deviations?\b|SDs?\b",
    "standard errors": r"standard errors?\b|SEs?\b",
}
_NOUNS = {
    "yuan": r"yuan\b|RMB\b|CNY\b",
    "kilometres": r"kilomet(?:er|re)s?\b|km\b",
    "square metres": r"square met(?:er|re)s?\b|m²",
    "years": r"years?\b",
    "people": r"people\b|persons?\b|residents\b",
}
_UNITS = {name: re.compile(pattern) for name, pattern in (_SHARES | _NOUNS).items()}
_ASIDE = re.compile(rf"\s*\([^()]*{EXPRESSION}[^()]*\)")
_JOINED = re.compile(rf"\s*(?:,|–|to|and|or|,\s*and)\s*{EXPRESSION}")


def _unit_at(text: str) -> str | None:
    return next((name for name, pattern in _UNITS.items() if pattern.match(text)), None)


def _variables(chapter: Chapter, units: Mapping[str, str]) -> dict[str, str]:
    """Names that cells give to findings, with the key of each."""
    names: dict[str, str] = {}
    for step in chapter.source.steps:
        if not isinstance(step, Cell):
            continue
        try:
            body = ast.parse(step.code).body
        except SyntaxError:
            continue
        for statement in body:
            if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
                target, key = statement.targets[0], _key(statement.value, {}, units)
                if isinstance(target, ast.Name):
                    names.pop(target.id, None)
                    if key is not None:
                        names[target.id] = key
    return names


def _key(node: ast.expr, names: Mapping[str, str], units: Mapping[str, str]) -> str | None:
    if isinstance(node, ast.Name):
        return names.get(node.id)
    if isinstance(node, ast.Call) and len(node.args) == 1 and isinstance(node.args[0], ast.Constant):
        key = node.args[0].value
        return key if isinstance(key, str) and key in units else None
    return None


def _finding(code: str, names: Mapping[str, str], units: Mapping[str, str]) -> tuple[str, str] | None:
    """The key and the attribute that an expression prints, if it prints a finding."""
    try:
        node: ast.expr = ast.parse(code, mode="eval").body
    except SyntaxError:
        return None
    attribute = node.attr if isinstance(node, ast.Attribute) else ""
    key = _key(node.value if isinstance(node, ast.Attribute) else node, names, units)
    return None if key is None else (key, attribute)


def _words_after(text: str, *, bare: bool) -> str:
    """What stands after an expression, past its interval in brackets and, for a bare number, past its companions."""
    text = text[1:]
    while True:
        aside = _ASIDE.match(text)
        joined = _JOINED.match(text) if bare else None
        if aside and not _unit_at(text.lstrip()):
            text = text[aside.end() :]
        elif joined:
            text = text[joined.end() :]
        else:
            return re.sub(r"^[\s-]+", "", text)


def _judge(unit: str, attribute: str, text: str) -> str | None:
    own = _unit_at(unit)
    bare = attribute in _BARE
    after = _words_after(text, bare=bare)
    said = _unit_at(after)
    if not bare and (re.match(rf"{re.escape(unit)}(?!\w)", after) or (said is not None and said == own)):
        return f"prints its unit, “{unit}”, and the text says it again"
    if said is None or said == own or (bare and own not in _SHARES and said not in _SHARES):
        return None
    if not bare and said in _NOUNS:
        return None  # "4.2 percent people" is poor English, but no unit
    return f"is in {unit}, and the text says {said}"


def _alarms(passage: Passage, chapter: Chapter, names: Mapping[str, str], units: Mapping[str, str]) -> Iterator[Alarm]:
    for offset, number in passage.signs.items():
        if passage.text[offset] != EXPRESSION:
            continue
        step = chapter.step(number)
        found = _finding(step.code, names, units)
        if found is None or found[1] not in _WITH_UNIT | _BARE:
            continue
        wrong = _judge(units[found[0]], found[1], passage.text[offset:])
        if wrong:
            yield Alarm(step.place, "L601", f"the finding {found[0]} {wrong}")


def check_units(chapters: Sequence[Chapter], units: Mapping[str, str]) -> Iterator[Alarm]:
    """Compare unit words in the text with the units of the findings printed before them; `units` is by key."""
    for chapter in chapters:
        names = _variables(chapter, units)
        for passage in chapter.passages:
            yield from _alarms(passage, chapter, names, units)
