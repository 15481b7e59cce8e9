"""Whether the finished book is still what its inputs would give. For now any changed input rebuilds all."""

import hashlib
import json
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import unquote

from publishing.project import CONFIG, Book
from publishing.references import SCHEME, join
from publishing.source import Source

STAMP = "book.json"
_PROJECT_FILES = (CONFIG, "pyproject.toml", "requirements/report.txt")
_PACKAGE = Path(__file__).parent
_TARGET = re.compile(r"\]\(([^)\s#]+)")
_IGNORED = {"__pycache__", ".ipynb_checkpoints"}


@dataclass(frozen=True)
class Stamp:
    """What a build was made from, and the files it printed with their SHA-256."""

    inputs: dict[str, str]
    engine: str
    formats: list[str]
    outputs: dict[str, str]


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _below(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
    elif path.is_dir():
        for inner in sorted(path.iterdir()):
            if inner.name not in _IGNORED and not inner.name.endswith(".partial"):
                yield from _below(inner)


def _texts(value: object) -> Iterator[str]:
    """Every text in a YAML value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def _named_files(book: Book, sources: Sequence[Source]) -> Iterator[str]:
    """Files that the settings name (filters, styles) or that chapters link to (pictures)."""
    for name in _texts(book.config):
        if (book.root / name).is_file():
            yield name
    for source in sources:
        for _, line in source.prose:
            for target in _TARGET.findall(line):
                name = join(source.path, unquote(target))
                if not SCHEME.match(target) and (book.root / name).is_file():
                    yield name


def input_files(book: Book, sources: Sequence[Source]) -> Iterable[Path]:
    """Every file that the book is made from: text, settings, what they name, inputs of the pipeline, this package."""
    named = [
        *_PROJECT_FILES,
        *book.bibliography,
        *(f for s in sources for f in s.files),
        *book.settings.inputs,
        *_named_files(book, sources),
    ]
    named += [entry.path.rpartition("/")[0] for entry in book.entries if "/" in entry.path]
    for name in dict.fromkeys(named):
        yield from _below(book.root / name)
    yield from _below(_PACKAGE)


def input_hashes(book: Book, sources: Sequence[Source]) -> dict[str, str]:
    """SHA-256 of every input by path, and the version of Python."""
    hashes = {"python": ".".join(map(str, sys.version_info[:3]))}
    for path in input_files(book, sources):
        name = path.relative_to(book.root if path.is_relative_to(book.root) else _PACKAGE.parent)
        hashes[name.as_posix()] = _hash(path)
    return hashes


def output_hashes(folder: Path) -> dict[str, str]:
    """SHA-256 of every file below a folder, by path."""
    return {p.relative_to(folder).as_posix(): _hash(p) for p in _below(folder)}


def read_stamp(book: Book) -> Stamp | None:
    """The record of the last whole build, if there is one."""
    try:
        return Stamp(**json.loads((book.workshop / STAMP).read_text(encoding="utf-8")))
    except (FileNotFoundError, json.JSONDecodeError, TypeError):
        return None


def write_stamp(book: Book, stamp: Stamp) -> None:
    """Record a whole build."""
    path = book.workshop / STAMP
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(asdict(stamp), indent=1, sort_keys=True) + "\n", encoding="utf-8")
    partial.replace(path)


def reasons(book: Book, last: Stamp | None, inputs: dict[str, str], engine: str, formats: Sequence[str]) -> list[str]:
    """Why the book must be made again, a line each; none where it is up to date."""
    if last is None:
        return ["there is no record of a whole build"]
    found: list[str] = []
    for name in sorted(inputs.keys() | last.inputs.keys()):
        if name not in last.inputs:
            found.append(f"{name} is new")
        elif name not in inputs:
            found.append(f"{name} is gone")
        elif inputs[name] != last.inputs[name]:
            found.append(f"{name} changed")
    if engine != last.engine:
        found.append(f"the engine is {engine}; it was {last.engine}")
    if list(formats) != last.formats:
        found.append(f"the formats are {', '.join(formats)}; they were {', '.join(last.formats)}")
    if not found and output_hashes(book.output) != last.outputs:
        found.append(f"{book.output_dir}/ is not as the last build left it")
    return found
