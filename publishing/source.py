"""A chapter's source: prose, code cells and inline expressions, told apart line by line.

The prose goes to pandoc with numbered placeholders where cells and expressions stood, so that what they
print is put into the parsed text and never passes through Markdown source.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from publishing.errors import SourceError, yaml_fault

CELL_OPTIONS = {"label", "fig-cap", "fig-alt", "tbl-cap", "claim", "echo", "code-fold", "include"}
INLINE_CLASS = "report-inline"
CELL_CLASS = "report-cell"

_FENCE = re.compile(r"^( {0,3})(`{3,}|~{3,})\s*(.*?)\s*$")
_CODE_SPAN = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)")
_INLINE = re.compile(r"\{python\}\s+(.+?)\s*")
_SHORTCODE = re.compile(r"\{\{<\s*(\S+)\s*(.*?)\s*>\}\}")
_OPTION = re.compile(r"^#\|\s?(.*)$")


@dataclass(frozen=True)
class Place:
    """A line of a file; `file` is relative to the project."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True)
class Cell:
    """A code cell: its code without option lines, its options, and where its fence opens."""

    code: str
    options: dict[str, Any]
    place: Place
    first_code_line: int

    @property
    def label(self) -> str | None:
        """The label, by which the text refers to what the cell prints."""
        value = self.options.get("label")
        return None if value is None else str(value)


@dataclass(frozen=True)
class Inline:
    """An inline expression: the code between backticks after `{python}`."""

    code: str
    place: Place


@dataclass(frozen=True)
class Source:
    """One chapter, read.

    `text` is Markdown with placeholders; `steps` are its cells and expressions in the order of the text;
    `prose` are its lines with code blanked out, by which a position is found again; `files` are all files read.
    """

    path: str
    text: str
    title: str | None
    steps: tuple[Cell | Inline, ...]
    prose: tuple[tuple[Place, str], ...]
    files: tuple[str, ...]

    def find(self, pattern: str) -> Place:
        """The place of the first prose line that matches, or the chapter's first line."""
        for place, line in self.prose:
            if re.search(pattern, line):
                return place
        return Place(self.path, 1)


@dataclass
class _Reader:
    root: Path
    files: list[str] = field(default_factory=list)

    def lines(self, name: str, asked_by: Place | None = None) -> Iterator[tuple[Place, str]]:
        """The lines of a file, with `{{< include >}}` expanded."""
        path = (self.root / name).resolve()
        if not path.is_relative_to(self.root.resolve()):
            raise SourceError(f"{asked_by}: {name} lies outside the project; include files of the project only.")
        name = path.relative_to(self.root.resolve()).as_posix()
        if asked_by is not None and name in self.files:
            raise SourceError(f"{asked_by}: {name} is included within itself or twice; include a file once.")
        self.files.append(name)
        try:
            text = path.read_text(encoding="utf-8")
        except FileNotFoundError as error:
            raise SourceError(f"{asked_by or name}: {name} does not exist.") from error
        except UnicodeDecodeError as error:
            raise SourceError(f"{name}: not UTF-8 text (byte {error.start}); save the file as UTF-8.") from error
        fence: str | None = None
        for number, line in enumerate(text.splitlines(), start=1):
            place = Place(name, number)
            fence = _next_fence(fence, line)
            code = _SHORTCODE.fullmatch(line.strip()) if fence is None else None
            if code and code[1] == "include":
                yield from self.lines((path.parent.relative_to(self.root.resolve()) / code[2]).as_posix(), place)
            else:
                yield place, line


def without_code(line: str) -> str:
    """A line of prose without its code spans."""
    return _CODE_SPAN.sub("", line)


def _next_fence(fence: str | None, line: str) -> str | None:
    """The fence that is open after this line."""
    match = _FENCE.match(line)
    if match is None:
        return fence
    if fence is None:
        return match[2]
    closes = match[2][0] == fence[0] and len(match[2]) >= len(fence) and not match[3]
    return None if closes else fence


def _front_matter(lines: list[tuple[Place, str]]) -> tuple[str | None, int]:
    """The title in a chapter's YAML header, and how many lines the header takes."""
    if not lines or lines[0][1].rstrip() != "---":
        return None, 0
    end = next((i for i, (_, line) in enumerate(lines) if i and line.rstrip() in ("---", "...")), None)
    if end is None:
        raise SourceError(f"{lines[0][0]}: the YAML header that opens here is never closed; end it with a line ---.")
    try:
        header: Any = yaml.safe_load("\n".join(line for _, line in lines[1:end])) or {}
    except yaml.YAMLError as error:
        line, what = yaml_fault(error)
        raise SourceError(f"{lines[line][0]}: the YAML header is not valid: {what}") from error
    unknown = sorted(set(header) - {"title"})
    if unknown:
        raise SourceError(
            f"{lines[0][0]}: the YAML header has {', '.join(unknown)}; a chapter's header holds a title only, "
            "and settings stand in _quarto.yml for the whole book."
        )
    return header.get("title"), end + 1


def _cell(place: Place, body: list[str]) -> Cell:
    options: list[str] = []
    for line in body:
        match = _OPTION.match(line)
        if match is None:
            break
        options.append(match[1])
    try:
        parsed: Any = yaml.safe_load("\n".join(options)) or {}
    except yaml.YAMLError as error:
        raise SourceError(
            f"{place}: the cell's options (lines that start with #|) are not valid YAML: {yaml_fault(error)[1]}"
        ) from error
    if not isinstance(parsed, dict):
        raise SourceError(f"{place}: the cell's options must have the form `#| name: value`.")
    unknown = sorted(set(parsed) - CELL_OPTIONS)
    if unknown:
        raise SourceError(
            f"{place}: the cell has the option {', '.join(unknown)}; allowed are {', '.join(sorted(CELL_OPTIONS))}."
        )
    cell = Cell("\n".join(body[len(options) :]), parsed, place, place.line + 1 + len(options))
    kinds = [k for k in ("fig", "tbl") if f"{k}-cap" in parsed]
    if len(kinds) > 1:
        raise SourceError(f"{place}: the cell has both fig-cap and tbl-cap; it prints a figure or a table.")
    for kind in kinds:
        if not (cell.label or "").startswith(f"{kind}-"):
            raise SourceError(f"{place}: the cell has {kind}-cap, so its label must start with {kind}-.")
    if cell.label and re.match(r"(fig|tbl)-", cell.label) and not kinds:
        raise SourceError(
            f"{place}: the label {cell.label} needs the option {cell.label[:3]}-cap, which prints the caption."
        )
    return cell


def read_source(root: Path, path: str) -> Source:
    """Read a chapter and tell prose, cells and inline expressions apart.

    Raises:
        SourceError: the text has a form that cannot be read, or that only one engine would print.
    """
    reader = _Reader(root)
    lines = list(reader.lines(path))
    title, skip = _front_matter(lines)
    out: list[str] = [f"# {title}", ""] if title else []
    prose: list[tuple[Place, str]] = []
    steps: list[Cell | Inline] = []
    position = skip
    while position < len(lines):
        place, line = lines[position]
        fence = _FENCE.match(line)
        if fence is None:
            out.append(_mark_inline(place, line, steps))
            prose.append((place, without_code(line)))
            position += 1
            continue
        end = position + 1
        while end < len(lines) and _next_fence(fence[2], lines[end][1]) is not None:
            end += 1
        if end == len(lines):
            raise SourceError(f"{place}: the code block that opens here is never closed; end it with {fence[2]}.")
        info = fence[3]
        if re.fullmatch(r"\{python\b.*\}", info):
            if fence[1] or info != "{python}":
                raise SourceError(
                    f"{place}: a cell opens with ```{{python}} at the line's start, its options as `#|` lines."
                )
            out += ["", f"::: {{.{CELL_CLASS} n={len(steps)}}}", ":::", ""]
            steps.append(_cell(place, [text for _, text in lines[position + 1 : end]]))
        elif re.fullmatch(r"\{[a-z]+\}", info):
            raise SourceError(f"{place}: a cell in {info}; both engines run Python cells only.")
        else:
            out += [text for _, text in lines[position : end + 1]]
        position = end + 1
    if steps and not any(isinstance(step, Cell) for step in steps):
        raise SourceError(
            f"{steps[0].place}: an inline expression in a chapter without a cell, which Quarto would not run; "
            "add a cell, such as the one that imports what the expression needs."
        )
    return Source(path, "\n".join(out) + "\n", title, tuple(steps), tuple(prose), tuple(reader.files))


def _mark_inline(place: Place, line: str, steps: list[Cell | Inline]) -> str:
    shortcode = _SHORTCODE.search(without_code(line))
    if shortcode:
        raise SourceError(
            f"{place}: the shortcode {shortcode[0]}; only {{{{< include file >}}}} is expanded, on a line of its own."
        )

    def mark(span: re.Match[str]) -> str:
        code = _INLINE.fullmatch(span[2]) if span[1] == "`" else None
        if code is None:
            return span[0]
        steps.append(Inline(code[1], place))
        return f"[]{{.{INLINE_CLASS} n={len(steps) - 1}}}"

    return _CODE_SPAN.sub(mark, line)
