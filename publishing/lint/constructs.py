"""Markdown outside the table of what both engines print (L501); the table is `constructs.yml`."""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from publishing.lint.rules import Alarm
from publishing.lint.text import Chapter, Element
from publishing.references import is_reference
from publishing.source import CELL_CLASS, INLINE_CLASS

TABLE = Path(__file__).with_name("constructs.yml")
CALLOUTS = {f"callout-{kind}" for kind in ("note", "tip", "warning", "caution", "important")}
TABS = "panel-tabset"
PLACES = {"refs", "made"}  # what an engine fills
_DEEPEST = 3
_PERCENT = re.compile(r"\d+(?:\.\d+)?%")
_CHECKED_ELSEWHERE = {"RawInline", "RawBlock"}  # by what stops the build, in publishing/references.py


@cache
def table() -> dict[str, Any]:
    """The constructs as read: a list under "allowed", and names of elements under "refused"."""
    read: dict[str, Any] = yaml.safe_load(TABLE.read_text(encoding="utf-8"))
    return read


def as_markdown() -> str:
    """The table of constructs, as the documentation shows it."""
    rows = [f"| {c['construct']} | {c['form']} | {c['notes']} |".replace("  |", " |") for c in table()["allowed"]]
    return "\n".join(["| construct | form | notes |", "|---|---|---|", *rows])


def refused_markdown() -> str:
    """What the linter refuses by name, as the documentation shows it."""
    return "\n".join(dict.fromkeys(f"- {words}" for words in table()["refused"].values()))


def _shown(identifier: str, classes: Sequence[str], attributes: dict[str, str]) -> str:
    parts = [f"#{identifier}"] if identifier else []
    return " ".join([*parts, *(f".{c}" for c in classes), *(f"{k}={v}" for k, v in attributes.items())])


def _extra(
    element: Element, what: str, *, ids: str = "", classes: set[str] | None = None, keys: set[str] | None = None
) -> Iterator[str]:
    """Attributes that the table does not have; `ids` is a pattern for the identifier."""
    identifier, found_classes, attributes = element.attributes
    wrong_id = identifier if not re.fullmatch(ids, identifier) else ""
    wrong_classes = [c for c in found_classes if c not in (classes or set())]
    wrong_keys = {k: v for k, v in attributes.items() if k not in (keys or set())}
    if wrong_id or wrong_classes or wrong_keys:
        yield f"{what} with the attribute {_shown(wrong_id, wrong_classes, wrong_keys)}"


def _header(element: Element) -> Iterator[str]:
    level = element.content[0]
    if level > _DEEPEST:
        yield f"a heading of level {level}; the deepest is ### ({_DEEPEST})"
    yield from _extra(element, "a heading", ids=".*", classes={"unnumbered"})


def _tabs(element: Element) -> Iterator[str]:
    blocks = element.content[1]
    if not blocks or blocks[0]["t"] != "Header":
        yield "a set of tabs that does not begin with a heading, which opens the first tab"
        return
    level = blocks[0]["c"][0]
    for block in blocks:
        if block["t"] == "Header" and block["c"][0] < level:
            yield f"a set of tabs with headings of level {level} and {block['c'][0]}; one level opens tabs"


def _div(element: Element) -> Iterator[str]:
    identifier, classes, attributes = element.attributes
    if CELL_CLASS in classes or identifier in PLACES:
        return
    if TABS in classes:
        yield from _extra(element, "a set of tabs", classes={TABS})
        yield from _tabs(element)
        return
    if not CALLOUTS & set(classes):
        shown = _shown(identifier, classes, attributes)
        yield f"a fenced div {{{shown}}}; allowed are callouts, tabs, {{#refs}} and {{#made}}"
        return
    yield from _extra(element, "a callout", ids=".*", classes=CALLOUTS, keys={"title"})


def _span(element: Element) -> Iterator[str]:
    if INLINE_CLASS not in element.attributes[1]:
        yield from _extra(element, "a span", keys={"lang", "claim"})


def _link(element: Element) -> Iterator[str]:
    yield from _extra(element, "a link", classes={"uri", "email"})


def _shortcode(text: str, what: str) -> Iterator[str]:
    if "{{<" in text:
        yield f"{{{{< in {what}, which Quarto takes for a shortcode, even in code and after a backslash"


def _code(element: Element) -> Iterator[str]:
    yield from _extra(element, "code")
    yield from _shortcode(element.content[1], "code")


def _code_block(element: Element) -> Iterator[str]:
    classes = element.attributes[1]
    yield from _extra(element, "a code block", classes=set(classes[:1]))
    yield from _shortcode(element.content[1], "a code block")


def _math(element: Element) -> Iterator[str]:
    yield from _shortcode(element.content[1], "a formula")


def _figure(element: Element) -> Iterator[str]:
    images: list[Any] = [inline for block in element.content[2] for inline in block["c"] if inline["t"] == "Image"]
    label = element.attributes[0] or "".join(image["c"][0][0] for image in images)
    if not label.startswith("fig-"):
        yield 'a figure without a label; add {#fig-x fig-alt="..."}'
    yield from _extra(element, "a figure", ids=".*")


def _image(element: Element) -> Iterator[str]:
    _, _, attributes = element.attributes
    if "Figure" not in element.within:
        yield "an image within a line; a figure is a paragraph of its own, with a label {#fig-x} and a caption"
        return
    yield from _extra(element, "a figure", ids=".*", keys={"fig-alt", "width", "height"})
    for name in ("width", "height"):
        if name in attributes and not _PERCENT.fullmatch(attributes[name]):
            yield f"a figure with {name}={attributes[name]}; only percent reaches both formats"


def _table(element: Element) -> Iterator[str]:
    identifier, _, _ = element.attributes
    _, caption, _, head, bodies, foot = element.content
    yield from _extra(element, "a table", ids="(?:tbl-.*)?")
    if caption[1] and not identifier:
        yield "a table with a caption and no label; end the caption with {#tbl-x}"
    rows = [*head[1], *(row for body in bodies for row in (*body[2], *body[3])), *foot[1]]
    cells = [cell for row in rows for cell in row[1]]
    if any(cell[2] != 1 or cell[3] != 1 for cell in cells):
        yield "a table with cells that span others"
    if any(block["t"] not in ("Plain", "Para") for cell in cells for block in cell[4]):
        yield "a table with lists or other blocks in a cell"


def _ordered(element: Element) -> Iterator[str]:
    if element.content[0][1]["t"] == "Example":
        yield "a list of numbered examples, (@)"


def _bullets(element: Element) -> Iterator[str]:
    for item in element.content:
        first = item[0]["c"][:1] if item and item[0]["t"] in ("Plain", "Para") else []
        if first and first[0]["t"] == "Str" and first[0]["c"] in ("☐", "☒"):
            yield "a list of tasks, [ ]"
            return


def _cite(element: Element) -> Iterator[str]:
    citations = element.content[0]
    references = [c for c in citations if is_reference(c["citationId"])]
    if not references:
        return
    if len(citations) > 1:
        yield f"several references in one pair of brackets; write each by itself, as in @{references[0]['citationId']}"
    elif references[0]["citationPrefix"] or references[0]["citationSuffix"]:
        yield f"words in the brackets of [@{references[0]['citationId']}]; only one engine prints them"


def _text(element: Element) -> Iterator[str]:
    address = re.search(r"https?://\S+", element.content)
    if address and "Link" not in element.within:
        yield f"a bare address, which is no link; write <{address[0].rstrip('.,;:)')}>"
    yield from _shortcode(element.content, "the text")


_CHECKS = {
    "Header": _header,
    "Div": _div,
    "Span": _span,
    "Link": _link,
    "Code": _code,
    "CodeBlock": _code_block,
    "Figure": _figure,
    "Image": _image,
    "Table": _table,
    "OrderedList": _ordered,
    "BulletList": _bullets,
    "Cite": _cite,
    "Str": _text,
    "Math": _math,
}


def check_constructs(chapters: Sequence[Chapter]) -> Iterator[Alarm]:
    """Elements and attributes that the table does not have."""
    allowed = {name for construct in table()["allowed"] for name in construct["elements"]}
    for chapter in chapters:
        for element in chapter.elements:
            if element.kind in _CHECKED_ELSEWHERE:
                continue
            if element.kind not in allowed:
                found = [table()["refused"].get(element.kind, f"the element {element.kind}")]
            else:
                found = list(_CHECKS[element.kind](element)) if element.kind in _CHECKS else []
            for words in found:
                yield Alarm(element.place, "L501", f"not in the table of constructs (docs/markdown.md): {words}")
