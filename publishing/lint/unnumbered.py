"""What needs a number where there is none (L501): the engines print something else for it each, or nothing."""

from collections.abc import Iterator, Sequence

from publishing.lint.rules import Alarm
from publishing.lint.text import Chapter
from publishing.references import Scan


def _unnumbered(chapters: Sequence[Chapter], bare: set[str]) -> set[str]:
    """The labels of all sections without a number; `bare` are chapters without one."""
    return {
        element.attributes[0]
        for chapter in chapters
        for element in chapter.elements
        if element.kind == "Header"
        and ("unnumbered" in element.attributes[1] or chapter.source.path in bare)
        and element.attributes[0]
    }


def check_unnumbered(chapters: Sequence[Chapter], scans: Sequence[Scan]) -> Iterator[Alarm]:
    """References to sections without a number or from chapters without one, and equations in such chapters."""
    bare = {scan.path for scan in scans if scan.unnumbered}
    without = _unnumbered(chapters, bare)
    for chapter in chapters:
        is_bare = chapter.source.path in bare
        for element in chapter.elements:
            if element.kind != "Cite":
                continue
            for citation in element.content[0]:
                name = citation["citationId"]
                if name in without:
                    yield Alarm(
                        element.place,
                        "L501",
                        f"@{name} refers to a section without a number, which one engine cannot print; write a link, "
                        f"[words](file.qmd#{name})",
                    )
                elif is_bare and name.startswith("sec-"):
                    yield Alarm(
                        element.place,
                        "L501",
                        f"@{name} in a chapter without a number, where one engine prints the section's title; write a "
                        f"link, [words](file.qmd#{name})",
                    )
        if is_bare:
            scan = next(scan for scan in scans if scan.path == chapter.source.path)
            for label in scan.ids:
                if label.startswith("eq-"):
                    yield Alarm(
                        chapter.source.find(rf"#{label}(?![\w-])"),
                        "L501",
                        f"the equation {label} in a chapter without a number, which each engine numbers its own way; "
                        "leave the label out, or give the chapter a number",
                    )
