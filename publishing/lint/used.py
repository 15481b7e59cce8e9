"""Findings that no chapter looks up, from the records that kernels keep of what chapters read (L201)."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from publishing.errors import ConfigError
from publishing.findings import read
from publishing.kernel.recorder import record_of
from publishing.lint.rules import Alarm
from publishing.source import Place, Source


def load_units(folder: Path) -> dict[str, dict[str, str]]:
    """The unit of each finding, by file and key.

    Raises:
        FindingsError: a file is no findings file.
    """
    return {path.name: {key: f.unit for key, f in read(path).items()} for path in sorted(folder.glob("*.json"))}


def looked_up(root: Path, sources: Sequence[Source]) -> tuple[set[str], list[str]]:
    """The keys that the chapters looked up when they last ran, and the chapters that have no record.

    Raises:
        ConfigError: a record cannot be read.
    """
    keys: set[str] = set()
    missing = []
    for source in sources:
        if not source.steps:
            continue
        path = record_of(root, source.path)
        if not path.is_file():
            missing.append(source.path)
            continue
        try:
            for step in json.loads(path.read_text(encoding="utf-8"))["steps"]:
                keys.update(step["findings"])
        except (ValueError, KeyError, TypeError) as error:
            raise ConfigError(f"{path}: not a record of what a chapter read; build the book again.") from error
    return keys, missing


def _lines(path: Path) -> dict[str, int]:
    lines: dict[str, int] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        for key in re.findall(r'"([a-z][a-z0-9_]*(?:\.[a-z0-9_]+)+)"\s*:', line):
            lines.setdefault(key, number)
    return lines


def summary(units: dict[str, dict[str, str]], used: set[str]) -> Iterator[str]:
    """A line for each file that has findings which no chapter looks up."""
    unused = Counter({name: len(set(found) - used) for name, found in units.items()})
    for name, count in sorted(unused.items()):
        if count:
            yield f"{name.removesuffix('.json')}: {count} of {len(units[name])} findings are looked up by no chapter"


def check_used(root: Path, folder: Path, units: dict[str, dict[str, str]], used: set[str]) -> Iterator[Alarm]:
    """Each finding that no chapter looks up, where it stands in its file."""
    for name, found in units.items():
        unused = [key for key in found if key not in used]
        lines = _lines(folder / name) if unused else {}
        file = (folder / name).relative_to(root).as_posix()
        for key in unused:
            yield Alarm(Place(file, lines.get(key, 1)), "L201", f"no chapter looks up {key}")
