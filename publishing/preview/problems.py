"""Why the book cannot be printed, as a page shows it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

_WHERE = re.compile(r"(?P<file>[^\s:][^:\n]*?)(?::(?P<line>\d+))?: (?P<cause>.*)")


@dataclass(frozen=True)
class Problem:
    """One cause; file and line are missing where it is not in a file."""

    cause: str
    file: str | None = None
    line: int | None = None

    @property
    def place(self) -> str:
        """File and line as they are written."""
        return ":".join(str(part) for part in (self.file, self.line) if part is not None)


def problems(message: str, root: Path) -> list[Problem]:
    """The causes in an error's message: each begins with a line `file:line: ...`, and goes on below it."""
    found: list[Problem] = []
    for text in message.splitlines():
        match = _WHERE.fullmatch(text)
        if match and not text[0].isspace() and (root / match["file"]).is_file():
            found.append(Problem(match["cause"], match["file"], int(match["line"]) if match["line"] else None))
        elif found:
            last = found[-1]
            found[-1] = Problem(f"{last.cause}\n{text}", last.file, last.line)
        else:
            found.append(Problem(text))
    return found


def banner(found: Sequence[Problem]) -> str:
    """The causes as HTML; nothing where there are none."""
    if not found:
        return ""
    items = []
    for problem in found:
        place = f"<strong>{escape(problem.place)}</strong> " if problem.file else ""
        items.append(f"<li>{place}<span>{escape(problem.cause)}</span></li>")
    return (
        f"<p>The book cannot be printed as it is now. Below stands what was printed last.</p><ul>{''.join(items)}</ul>"
    )
