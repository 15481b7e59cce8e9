"""Findings: numbers with their meaning, written as JSON and looked up by key.

The format is described by `publishing/findings.schema.json`, which every book of this kind shares.
"""

import difflib
import json
import math
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from analysis.paths import FINDINGS

FORMAT = "report-findings/1"
_KEY = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)+")


class FindingError(ValueError):
    """A finding is ill-formed or a findings file cannot be read."""


class UnknownFindingError(FindingError, KeyError):
    """No finding has the key asked for; the message names the nearest keys."""

    def __str__(self) -> str:
        return str(self.args[0])


@dataclass(frozen=True)
class Finding:
    """One number.

    `value`, `standard_error` and `interval` are in `unit`; `interval` has coverage `level`.
    `sample` and `specification` say in words what the number is of. Where inference is by placebo groups, `placebos`
    is their number, `smallest_p` the smallest p-value that so many can give, and `detectable`, in `unit`, the smallest
    effect that the design would find with probability 0.8.
    """

    key: str
    value: float
    unit: str
    sample: str
    specification: str
    standard_error: float | None = None
    interval: tuple[float, float] | None = None
    level: float | None = None
    p_value: float | None = None
    n: int | None = None
    clusters: int | None = None
    placebos: int | None = None
    smallest_p: float | None = None
    detectable: float | None = None

    def __post_init__(self) -> None:
        if not _KEY.fullmatch(self.key):
            raise FindingError(
                f"finding key {self.key!r}: a key is a design and a name joined by points, in lower case, "
                "such as long_difference.effect"
            )
        names = ("value", "standard_error", "p_value", "smallest_p", "detectable")
        numbers = {name: getattr(self, name) for name in names}
        if self.interval is not None:
            numbers |= {"interval (low)": self.interval[0], "interval (high)": self.interval[1]}
        for name, number in numbers.items():
            if number is not None and not math.isfinite(number):
                raise FindingError(f"finding {self.key}: {name} is {number}; a finding holds finite numbers only")
        if not self.unit:
            raise FindingError(f"finding {self.key}: the unit is empty; name one, such as 'percentage points'")


@dataclass(frozen=True)
class MadeFrom:
    """What findings were made from: SHA-256 by path for data files, and of code without docstrings."""

    data: dict[str, str]
    code: dict[str, str]


@dataclass(frozen=True)
class Findings:
    """The findings of one design; keys start with the design's name."""

    design: str
    title: str
    made_from: MadeFrom
    findings: tuple[Finding, ...] = field(default=())

    def __post_init__(self) -> None:
        keys = [f.key for f in self.findings]
        for key in keys:
            if not key.startswith(f"{self.design}."):
                raise FindingError(f"finding {key}: the key must start with the design's name, {self.design}")
            if keys.count(key) > 1:
                raise FindingError(f"finding {key}: stands twice in {self.design}")


def write_findings(findings: Findings, path: Path) -> None:
    """Write the findings of a design as JSON, sorted, so that equal findings give equal bytes."""
    entries: dict[str, dict[str, Any]] = {}
    for finding in sorted(findings.findings, key=lambda f: f.key):
        entry = asdict(finding)
        del entry["key"]
        entries[finding.key] = entry
    document = {
        "format": FORMAT,
        "design": findings.design,
        "title": findings.title,
        "made_from": asdict(findings.made_from),
        "findings": entries,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.write_text(
        json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True, allow_nan=False) + "\n",
        encoding="utf-8",
    )
    partial.replace(path)


def read_findings(path: Path) -> Findings:
    """Read one findings file.

    Raises:
        FindingError: the file is missing, is no JSON, or is not in the findings format.
    """
    try:
        document: Any = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise FindingError(f"{path}: no such findings file; run `report build`, which makes it") from error
    except json.JSONDecodeError as error:
        raise FindingError(
            f"{path}: line {error.lineno}: not valid JSON; delete the file and run `report build`"
        ) from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise FindingError(f"{path}: not in the format {FORMAT}; delete the file and run `report build`")
    try:
        findings = []
        for key, entry in document["findings"].items():
            interval = entry.get("interval")
            findings.append(Finding(key=key, **(entry | {"interval": tuple(interval) if interval else None})))
        return Findings(document["design"], document["title"], MadeFrom(**document["made_from"]), tuple(findings))
    except (KeyError, TypeError) as error:
        raise FindingError(
            f"{path}: a field is missing or unknown: {error}; delete the file and run `report build`"
        ) from error


@lru_cache(maxsize=64)
def _read_once(path: Path, *_stat: int) -> dict[str, Finding]:
    return {f.key: f for f in read_findings(path).findings}


class Known(Mapping[str, Finding]):
    """The findings of a folder by key, each file read when one of its findings is asked for.

    A key starts with its design's name, which is its file's name: so to look a finding up opens one file, and a chapter
    depends on the designs that it shows. Every look-up raises the audit event `report.finding` with the key. To go
    through all findings, or to ask for a key that none has, opens all files; the latter raises `UnknownFindingError`.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def _file(self, path: Path) -> dict[str, Finding]:
        try:
            stat = path.stat()
        except FileNotFoundError:
            with suppress(FileNotFoundError):
                path.open().close()  # so that whoever listens knows that this file was asked for
            return {}
        return _read_once(path, stat.st_ino, stat.st_mtime_ns, stat.st_size)

    def _of_design(self, key: object) -> dict[str, Finding]:
        if not isinstance(key, str) or not _KEY.fullmatch(key):
            return {}
        return self._file(self._folder / f"{key.partition('.')[0]}.json")

    def _all(self) -> dict[str, Finding]:
        return {key: found for path in sorted(self._folder.glob("*.json")) for key, found in self._file(path).items()}

    def __getitem__(self, key: str) -> Finding:
        found = self._of_design(key).get(key)
        if found is None:
            known = self._all()
            close = nearest(key, known)
            hint = f"the nearest are {', '.join(close)}" if close else f"none of the {len(known)} findings is like it"
            raise UnknownFindingError(f"no finding has the key {key!r}; {hint}; `report build` makes the findings")
        sys.audit("report.finding", key)
        return found

    def get(self, key: str, default: Any = None) -> Any:
        """The finding with this key, or the default; opens the key's own file only."""
        return default if self._of_design(key).get(key) is None else self[key]

    def starting(self, prefix: str) -> dict[str, Finding]:
        """The findings whose keys start so; the prefix has a whole design's name, and its file alone is opened."""
        design, point, _ = prefix.partition(".")
        if not point:
            raise FindingError(f"{prefix!r} must start with a design's name and a point, as keys do")
        found = {k: f for k, f in self._file(self._folder / f"{design}.json").items() if k.startswith(prefix)}
        for key in found:
            sys.audit("report.finding", key)
        return found

    def __contains__(self, key: object) -> bool:
        return key in self._of_design(key)

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())


def load_all(folder: Path = FINDINGS) -> Known:
    """All findings of a folder by key; a file is read when it is needed, and again only when it is another."""
    return Known(folder)


def nearest(key: str, known: Iterable[str], count: int = 3) -> list[str]:
    """The known keys most like the one given, best first."""
    return difflib.get_close_matches(key, list(known), n=count, cutoff=0.4)


def look_up(key: str, folder: Path = FINDINGS) -> Finding:
    """The finding with this key.

    Raises:
        UnknownFindingError: there is none; the message names the nearest keys.
    """
    return load_all(folder)[key]
