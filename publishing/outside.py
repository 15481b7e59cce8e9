"""A book is made of its own files: settings and styles that name others are refused before anything reads them."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]+:|//")
_CSS = re.compile(r"""url\(\s*["']?([^"')]+)|@(?:import|use|forward)\s+["']([^"']+)""")
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
SETTINGS = ("_quarto.yml", "pyproject.toml")


def is_inside(root: Path, path: Path) -> bool:
    """Whether a path is one of the project, after `..` and symbolic links."""
    return path.resolve().is_relative_to(root.resolve())


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner)


def _leads_outside(root: Path, name: str) -> bool:
    """Whether a text of the settings is the path of something outside; a text that is no path is not."""
    if "\n" in name or _SCHEME.match(name):
        return False
    # A slash at the start means the project's root.
    path = root / name.lstrip("/")
    if name.startswith(("~/", "../")) or "/../" in name or name == "..":
        return name.startswith("~/") or not is_inside(root, path)
    if name.startswith("/"):
        return Path(name).exists() and not (os.path.lexists(path) and is_inside(root, path))
    return os.path.lexists(path) and not is_inside(root, path)


def _line(file: Path, text: str) -> int:
    """The line of a file that has a text, or the first."""
    lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
    return next((number for number, line in enumerate(lines, start=1) if text in line), 1)


def _style_faults(root: Path, file: Path) -> Iterator[str]:
    # Comments give way to as many lines, so that numbers hold.
    text = _COMMENT.sub(lambda c: "\n" * c[0].count("\n"), file.read_text(encoding="utf-8"))
    for number, line in enumerate(text.splitlines(), start=1):
        for match in _CSS.finditer(line):
            target = (match[1] or match[2]).strip()
            where = f"{file.relative_to(root).as_posix()}:{number}: {target}"
            if target.lower().startswith("data:") or target.startswith("#"):
                continue
            if _SCHEME.match(target):
                yield f"{where} is on the network, which no page asks for anything; copy it into the project."
            elif not is_inside(root, file.parent / target if not target.startswith("/") else root / target[1:]):
                yield f"{where} lies outside the project; copy it into the project."


def outside_faults(root: Path, config: dict[str, Any], settings: dict[str, Any]) -> Iterator[str]:
    """What the settings, and the styles that they name, take from outside the project: a line each.

    Args:
        root: the project's folder.
        config: `_quarto.yml` as read.
        settings: `[tool.report]` as read, without its commands.
    """
    for name, values in zip(SETTINGS, (config, settings), strict=True):
        for text in dict.fromkeys(_texts(values)):
            path = root / text.lstrip("/")
            if _leads_outside(root, text):
                yield (
                    f"{name}:{_line(root / name, text)}: {text} lies outside the project; "
                    "a book is made of its own files only: copy it into the project."
                )
            elif path.suffix in (".css", ".scss") and "\n" not in text and path.is_file():
                yield from _style_faults(root, path)
