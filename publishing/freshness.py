"""What is stale, and why: of the chapters' results, and of the printed book.

A chapter has two fingerprints. One is of what its cells and inline expressions are and read: it decides whether the
chapter is executed. The other is of its whole text and of what prints it: it decides whether the book is printed.
"""

import hashlib
import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from publishing.files import read_json, write_json
from publishing.fingerprint import MISSING, code_hash, file_hash, fingerprint, text_hash
from publishing.imports import first_on_the_way
from publishing.project import CONFIG, Book
from publishing.references import SCHEME, join
from publishing.source import Cell, Source
from publishing.target import Target

STAMP = "book.json"
LOCK = "requirements/report.txt"
_CODE_HASHES = "code-hashes.json"
_PROJECT_FILES = (CONFIG, "pyproject.toml", LOCK)
_PACKAGE = Path(__file__).parent
# What runs cells and records what they read; the rest of this package prints.
_EXECUTING = ("execute.py", "fingerprint.py", "kernel/recorder.py", "kernel/startup.py")
_TARGET = re.compile(r"\]\(([^)\s#]+)")
_IGNORED = {"__pycache__", ".ipynb_checkpoints"}
_STEPS, _PYTHON, _FOLDER = "cells", "Python", "folder"


@dataclass(frozen=True)
class Reason:
    """Why something is stale; `through` names the finding or module by which it depends on what changed."""

    what: str
    through: str | None = None

    def __str__(self) -> str:
        return f"{self.what} (through {self.through})" if self.through else self.what


def python_version() -> str:
    """Python's version, as it counts."""
    return ".".join(map(str, sys.version_info[:3]))


def change(name: str, then: str | None, now: str | None) -> str:
    """In words, how a file's fingerprint differs."""
    if now in (None, MISSING):
        return f"{name} is gone"
    return f"{name} is new" if then in (None, MISSING) else f"{name} changed"


class Now:
    """Fingerprints of the project's files as they are, each taken once.

    To hash a module's syntax tree takes milliseconds, so what a text's tree has for a hash is kept in `bld/`.
    """

    def __init__(self, book: Book) -> None:
        self.root, self.findings = book.root, book.root / book.settings.findings
        self._taken: dict[str, str] = {}
        self._bytes: dict[str, str] = {}
        self._cache = book.workshop / _CODE_HASHES
        # Another Python may have another syntax tree.
        self._key = f"{python_version()} {file_hash(_PACKAGE / 'fingerprint.py')}"
        cached = read_json(self._cache)
        self._known: dict[str, str] = cached.get(self._key, {}) if isinstance(cached, dict) else {}
        self._used: dict[str, str] = {}

    def of(self, name: str) -> str:
        """The fingerprint of a path of the project, as a kernel's record has it; "missing" where there is none."""
        if name not in self._taken:
            path = self.root / name
            is_code = path.suffix == ".py" and path.is_file()
            self._taken[name] = self.code(path) if is_code else fingerprint(path, self.findings)
        return self._taken[name]

    def file(self, name: str) -> str:
        """The SHA-256 of a file's bytes, or "missing"."""
        if name not in self._bytes:
            path = self.root / name
            self._bytes[name] = file_hash(path) if path.is_file() else MISSING
        return self._bytes[name]

    def code(self, path: Path) -> str:
        """The SHA-256 of a module's syntax tree without docstrings."""
        text = file_hash(path)
        if text not in self._used:
            self._used[text] = self._known.get(text) or code_hash(path)
        return self._used[text]

    def keep(self) -> None:
        """Keep the hashes of syntax trees for the next time."""
        if self._cache.parent.is_dir() and not self._used.keys() <= self._known.keys():
            self._known |= self._used
            write_json(self._cache, {self._key: self._known})


def execution_base(book: Book, source: Source, now: Now) -> dict[str, str]:
    """What decides a chapter's results apart from what its kernel reads: its code, Python, the lock file."""
    steps = [
        [step.code, {k: str(v) for k, v in step.options.items()}] if isinstance(step, Cell) else step.code
        for step in source.steps
    ]
    base = {
        _STEPS: text_hash(json.dumps(steps, sort_keys=True)),
        _PYTHON: python_version(),
        _FOLDER: "project" if book.execute_in_root else "chapter",
        LOCK: now.of(LOCK),
    }
    for name in _EXECUTING:
        base[f"publishing/{name}"] = now.code(_PACKAGE / name)
    return base


def _base_change(name: str, then: str | None, now: str) -> str:
    if name == _STEPS:
        return "its cells changed"
    if name == _PYTHON:
        return f"Python is {now}; it was {then}"
    if name == _FOLDER:
        return "it runs in another folder"
    return change(name, then, now)


def _found_through(name: str, record: Mapping[str, Any]) -> str:
    """The findings of a file that a chapter shows; the file itself if it shows none by key."""
    design = Path(name).stem
    steps = record.get("steps", [])
    keys = list(dict.fromkeys(k for s in steps for k in s.get("findings", []) if k.partition(".")[0] == design))
    if not keys:
        return name
    more = f" and {len(keys) - 1} more" if len(keys) > 1 else ""
    return f"{keys[0]}{more}"


def execution_reasons(
    source: Source,
    then: Mapping[str, str],
    base: Mapping[str, str],
    record: Mapping[str, Any],
    now: Now,
    stale: Mapping[str, Sequence[str]],
) -> list[Reason]:
    """Why a chapter must be executed again; none where its results hold.

    Args:
        source: the chapter.
        then: what decided the results, when they were made.
        base: what decides them now.
        record: what the kernel read.
        now: the files as they are.
        stale: of each product of the pipeline that is stale, why.
    """
    found = [
        Reason(_base_change(name, then.get(name), base.get(name, MISSING)))
        for name in sorted(base.keys() | then.keys())
        if base.get(name) != then.get(name)
    ]
    reads: Mapping[str, str] = record["reads"]
    for name, digest in sorted(reads.items()):
        causes = stale.get(name)
        if causes:
            found += [Reason(why, _found_through(name, record)) for why in causes]
        elif now.of(name) != digest:
            through = None
            if name.startswith(f"{now.findings.relative_to(now.root).as_posix()}/"):
                through = _found_through(name, record)
            elif name.endswith(".py"):
                codes = [step.code for step in source.steps]
                through = first_on_the_way(now.root, codes, name, reads)
            found.append(Reason(change(name, digest, now.of(name)), None if through == name else through))
    return list(dict.fromkeys(found))


@dataclass(frozen=True)
class Stamp:
    """What a build was made from, and the files it printed with their SHA-256."""

    inputs: dict[str, str]
    engine: str
    formats: list[str]
    outputs: dict[str, str]


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
    """Every file that the book is printed from: text, settings, what they name, this package.

    Data and modules are no part of it: they count by the results that they give.
    """
    named = [*_PROJECT_FILES, *book.bibliography, *(f for s in sources for f in s.files), *_named_files(book, sources)]
    named += [entry.path.rpartition("/")[0] for entry in book.entries if "/" in entry.path]
    for name in dict.fromkeys(named):
        yield from _below(book.root / name)
    yield from _below(_PACKAGE)


def input_hashes(book: Book, sources: Sequence[Source], now: Now) -> dict[str, str]:
    """The fingerprint of everything that the book is printed from, by path, and the version of Python."""
    hashes = {_PYTHON: python_version()}
    for path in input_files(book, sources):
        name = path.relative_to(book.root if path.is_relative_to(book.root) else _PACKAGE.parent)
        hashes[name.as_posix()] = now.code(path) if path.suffix == ".py" else file_hash(path)
    return hashes


def output_hashes(folder: Path) -> dict[str, str]:
    """SHA-256 of every file below a folder, by path."""
    return {p.relative_to(folder).as_posix(): file_hash(p) for p in _below(folder)}


def folder_digest(path: Path) -> str:
    """One SHA-256 of a file, or of all files below a folder with their names."""
    if path.is_file():
        return file_hash(path)
    return hashlib.sha256(json.dumps(output_hashes(path), sort_keys=True).encode()).hexdigest()


def read_stamp(desk: Path) -> Stamp | None:
    """The record of the last whole build, if there is one; `desk` is the target's, for the book `bld/`."""
    try:
        return Stamp(**read_json(desk / STAMP))
    except TypeError:
        return None


def write_stamp(desk: Path, stamp: Stamp) -> None:
    """Record a whole build."""
    write_json(desk / STAMP, asdict(stamp))


def print_reasons(target: Target, last: Stamp | None, inputs: dict[str, str]) -> list[str]:
    """Why the book must be printed again though asked for in no other way, a line each; none where it holds."""
    if last is None:
        return ["there is no record of a whole build"]
    names = sorted(n for n in inputs.keys() | last.inputs.keys() if inputs.get(n) != last.inputs.get(n))
    found = [change(name, last.inputs.get(name), inputs.get(name)) for name in names]
    if not found and output_hashes(target.output) != last.outputs:
        found.append(f"{target.name} is not as the last build left it")
    return found


def asked_reasons(last: Stamp | None, engine: str, formats: Sequence[str]) -> list[str]:
    """How what is asked for differs from the last build."""
    found = []
    if last is not None and engine != last.engine:
        found.append(f"the engine is {engine}; it was {last.engine}")
    if last is not None and list(formats) != last.formats:
        found.append(f"the formats are {', '.join(formats)}; they were {', '.join(last.formats)}")
    return found
