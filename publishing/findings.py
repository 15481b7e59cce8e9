"""Findings files, read: every number of a folder of findings by its key, whatever the study is.

The format is `findings.schema.json`; the pipeline's own check (`publishing.pipeline.check_findings`) holds files
against all of it, and what is read here is what the rest of `publishing` works with.
"""

import difflib
import json
from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from publishing.errors import FindingsError


@dataclass(frozen=True)
class MadeFrom:
    """What a design's findings were made from: SHA-256 of data files and of code, by path."""

    data: dict[str, str]
    code: dict[str, str]


@dataclass(frozen=True)
class Found:
    """One finding. `value`, `standard_error`, `interval` and `detectable` are in `unit`; `level` is the coverage."""

    key: str
    design: str
    made_from: MadeFrom
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


# What an entry of the file may hold; the key, the design and what it was made from stand outside the entry.
ENTRY_FIELDS = tuple(f.name for f in fields(Found) if f.name not in ("key", "design", "made_from"))


def read(path: Path) -> dict[str, Found]:
    """The findings of one file, by key.

    Raises:
        FindingsError: the file is missing, is no JSON, or is not in the format; the message names it.
    """
    try:
        document: Any = json.loads(path.read_text(encoding="utf-8"))
        made_from = MadeFrom(**document["made_from"])
        found = {}
        for key, entry in document["findings"].items():
            ends = entry.get("interval")
            found[key] = Found(
                key=key,
                design=document["design"],
                made_from=made_from,
                **(entry | {"interval": (float(ends[0]), float(ends[1])) if ends else None}),
            )
    except OSError as error:
        raise FindingsError(f"{path.name}: {error.strerror}; `report build` makes the findings.") from error
    except ValueError as error:
        raise FindingsError(f"{path.name}: not valid JSON; delete the file and build again: {error}") from error
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise FindingsError(
            f"{path.name}: not in the format of findings ({error}); delete the file and build again."
        ) from error
    return found


def load(folder: Path) -> dict[str, Found]:
    """All findings of a folder, by key; empty where the folder is missing or holds none.

    Raises:
        FindingsError: a file cannot be read, or two files have the same key; the message names the file.
    """
    found: dict[str, Found] = {}
    for path in sorted(folder.glob("*.json")):
        here = read(path)
        twice = sorted(found.keys() & here.keys())
        if twice:
            raise FindingsError(f"{path.name}: {twice[0]} stands in the findings of {found[twice[0]].design} too.")
        found |= here
    return found


def nearest(key: str, known: Iterable[str], count: int = 3) -> list[str]:
    """The known keys most like the one given, best first."""
    return difflib.get_close_matches(key, list(known), n=count, cutoff=0.4)
