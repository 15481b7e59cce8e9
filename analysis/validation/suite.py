"""The validation suite: every check, and the record that is made of them."""

import pkgutil
import time
from collections.abc import Callable, Sequence
from datetime import date

from analysis import validation
from analysis.designs.errors import DesignError
from analysis.findings import MadeFrom
from analysis.paths import DATA, ROOT, STUDY
from analysis.provenance import code_hash, file_hash, sources
from analysis.records import Entry, Validation, this_machine
from analysis.validation import honest, parity, published, recover
from analysis.validation.checks import Check

DRAWS, SEED = 200, 20161
LIMITS = "limits"
# Changes to these change no result.
_NOT_CHECKS = {"cli", "suite", "bench"}
_TABLES = ("units.csv", "census.csv", "adjacency.csv")


def _parity() -> list[Check]:
    return [*parity.checks(), *honest.checks()]


def groups(draws: int, seed: int) -> dict[str, Callable[[], list[Check]]]:
    """Names of the groups of checks, and what makes them; those under `limits` are known to fail."""
    return {
        "published": published.checks,
        "parity": _parity,
        "recoveries": lambda: recover.checks(draws, seed),
        LIMITS: lambda: [*recover.limits(draws, seed), *honest.limits()],
    }


def wrong(entries: Sequence[Entry]) -> list[Entry]:
    """Checks that should pass and fail, and checks under `limits` that pass though they are known to fail."""
    return [e for e in entries if e.passed == (e.group == LIMITS)]


def run(
    draws: int, seed: int, say: Callable[[str], None] = lambda _: None, only: Sequence[str] = ()
) -> tuple[Entry, ...]:
    """Run the groups asked for, all if none is named, and tell each when it is done."""
    found: list[Entry] = []
    for group, make in groups(draws, seed).items():
        if only and group not in only:
            continue
        start = time.monotonic()
        entries = [
            Entry(group, c.design, c.name, float(c.expected), float(c.obtained), float(c.tolerance), c.detail, c.passed)
            for c in make()
        ]
        found += entries
        failed = len(wrong(entries))
        say(f"{group}: {len(entries)} checks, {failed} wrong, {time.monotonic() - start:.0f} s")
    return tuple(found)


def made_from() -> MadeFrom:
    """Hashes of the code that the checks are of, and of the tables that they read."""
    names = [m.name for m in pkgutil.iter_modules(validation.__path__) if m.name not in _NOT_CHECKS]
    files = {path for name in names for path in sources(f"analysis.validation.{name}")}
    return MadeFrom(
        data={p.relative_to(ROOT).as_posix(): file_hash(p) for p in sorted([*(DATA / t for t in _TABLES), STUDY])},
        code={p.relative_to(ROOT).as_posix(): code_hash(p) for p in sorted(files)},
    )


def record(entries: Sequence[Entry], draws: int, seed: int) -> Validation:
    """The record of a run of all groups."""
    return Validation(date.today(), this_machine(), made_from(), draws, seed, tuple(entries))


FAULTS = (DesignError, published.PackageDataError, recover.RecoveryError, ImportError)
