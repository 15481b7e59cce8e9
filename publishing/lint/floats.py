"""Figures without alternative text, and figures and tables that the text never refers to (L301, L302)."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from publishing.lint.rules import Alarm
from publishing.lint.text import Chapter, Element, option_place, plain
from publishing.references import Scan
from publishing.source import Cell, Place


def _words(text: object) -> str:
    return " ".join(re.findall(r"\w+", str(text).lower()))


def _alt_alarm(place: Place, what: str, alt: object, caption: str) -> Iterator[Alarm]:
    if not _words(alt or ""):
        yield Alarm(place, "L301", f"{what} has no alternative text; say in fig-alt what a reader would see")
    elif _words(alt) == _words(caption):
        yield Alarm(place, "L301", f"the fig-alt of {what} repeats the caption; say what a reader would see")


def _cell_alarms(root: Path, cell: Cell) -> Iterator[Alarm]:
    if not (cell.label or "").startswith("fig-"):
        return
    caption, alt = cell.options.get("fig-cap", ""), cell.options.get("fig-alt")
    place = cell.place if alt is None else option_place(root, cell, "fig-alt")
    yield from _alt_alarm(place, str(cell.label), alt, str(caption))


def _image_alarms(image: Element) -> Iterator[Alarm]:
    identifier, _, attributes = image.attributes
    alt = attributes.get("fig-alt", attributes.get("alt"))
    yield from _alt_alarm(image.place, identifier or f"the image {image.content[2][0]}", alt, plain(image.content[1]))


def _defined(chapter: Chapter) -> Iterator[tuple[str, Place]]:
    for step in chapter.source.steps:
        if isinstance(step, Cell) and step.label:
            yield step.label, step.place
    for element in chapter.elements:
        if element.kind in ("Table", "Image", "Figure", "Div") and element.attributes[0]:
            label = element.attributes[0]
            yield label, chapter.source.find(rf"#{re.escape(label)}(?![\w-])")


def check_floats(root: Path, chapters: Sequence[Chapter], scans: Sequence[Scan]) -> Iterator[Alarm]:
    """Figures that blind readers can't see, and floats that no reader is led to."""
    named = {name for scan in scans for name in scan.cites}
    named |= {target.partition("#")[2] for scan in scans for target in scan.links}
    for chapter in chapters:
        for step in chapter.source.steps:
            if isinstance(step, Cell):
                yield from _cell_alarms(root, step)
        for element in chapter.elements:
            if element.kind == "Image":
                yield from _image_alarms(element)
        for label, place in dict(_defined(chapter)).items():
            if re.match(r"(?:fig|tbl)-", label) and label not in named:
                what = "figure" if label.startswith("fig") else "table"
                yield Alarm(
                    place, "L302", f"the text never refers to this {what}; write @{label} where it is discussed"
                )
