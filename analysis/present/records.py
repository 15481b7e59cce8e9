"""Tables and sentences of the committed records: can the estimators be trusted, and how fast are they?"""

import math
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from analysis.findings import MadeFrom
from analysis.paths import ROOT
from analysis.present.numbers import Shown, format_number, quantity
from analysis.present.tables import Column, Row, Table
from analysis.provenance import code_hash, file_hash
from analysis.records import BENCH, VALIDATION, Bench, Entry, RecordError, Validation, read_bench, read_validation

AGREES, FAILS = "yes", "no"
_NAMED = 3  # changed files that a sentence names
_FULL = 1e-4  # below this a difference is shown as a power of ten


def validation(path: Path = VALIDATION) -> Validation:
    """The record of the validation suite.

    Raises:
        RecordError: there is none, or it does not have the form of one.
    """
    return read_validation(path)


def bench(path: Path = BENCH) -> Bench:
    """The record of the benchmark.

    Raises:
        RecordError: there is none, or it does not have the form of one.
    """
    return read_bench(path)


def day(record: Validation | Bench) -> Shown:
    """The day of a record: "23 November 2026"."""
    return Shown(f"{record.date.day} {record.date:%B %Y}")


def seed(record: Validation) -> Shown:
    """The seed of the simulated draws: "20161"."""
    return Shown(str(record.seed))


def machine_words(record: Validation | Bench) -> Shown:
    """What the record was made on, and with which versions."""
    m = record.machine
    packages = ", ".join(f"{name} {version}" for name, version in m.packages.items())
    memory = f"{format_number(m.memory_gib, 0)} GiB"
    return Shown(
        f"{m.system} {m.architecture}, {quantity(m.cores, 'cores', 0)}, {memory}, Python {m.python}; {packages}"
    )


@cache
def _hash(path: Path, code: bool) -> str:
    return code_hash(path) if code else file_hash(path)


def changed(made_from: MadeFrom, root: Path = ROOT) -> list[str]:
    """Files that are no longer what a record was made from, or gone."""
    now = []
    for code, hashes in ((True, made_from.code), (False, made_from.data)):
        for name, digest in hashes.items():
            path = root / name
            if not path.is_file() or _hash(path, code) != digest:
                now.append(name)
    return sorted(now)


def stale_sentence(record: Validation | Bench, root: Path = ROOT) -> Shown:
    """Whether the record is of the code and tables that are here, and if not, what changed since."""
    names = changed(record.made_from, root)
    if not names:
        return Shown("The code and tables are still those that it was made from.")
    shown, more = names[:_NAMED], len(names) - _NAMED
    if more > 0:
        shown.append(str(quantity(more, "more files", 0)))
    listed = f"{', '.join(shown[:-1])} and {shown[-1]}" if len(shown) > 1 else shown[0]
    return Shown(f"This record is older than {listed}.")


def _of(record: Validation, group: str) -> list[Entry]:
    found = [e for e in record.checks if e.group == group]
    if not found:
        raise RecordError(f"the record of the validation has no checks of the group {group!r}; run `make validate`")
    return found


def count(group: str, path: Path = VALIDATION) -> Shown:
    """How many checks a group has."""
    return quantity(len(_of(validation(path), group)), "checks", 0)


def failures(path: Path = VALIDATION) -> Shown:
    """How many checks failed that should pass, in words that stand in a sentence: "all of 146 pass"."""
    checks = [e for e in validation(path).checks if e.group != "limits"]
    failed = [e for e in checks if not e.passed]
    total = format_number(len(checks), 0)
    if not failed:
        return Shown(f"all of {total} checks pass")
    return Shown(f"{format_number(len(failed), 0)} of {total} checks fail: {'; '.join(e.name for e in failed)}")


def _decimals(tolerance: float) -> int:
    """How many decimals a printed value has, by its tolerance of half a unit of the last."""
    return max(0, round(-math.log10(2 * tolerance)))


def _small(value: float) -> str:
    """A difference: with decimals where it is large enough to be read, else by a power of ten."""
    if value == 0 or value >= _FULL:
        return format_number(value, 4)
    power = round(math.log10(value))
    if math.isclose(value, 10.0**power):
        return f"10{_superscript(power)}"
    return f"below 10{_superscript(math.floor(math.log10(value)) + 1)}"


def _superscript(number: int) -> str:
    return str(number).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


def _verdict(entry: Entry) -> str:
    return AGREES if entry.passed else FAILS


def published_table(path: Path = VALIDATION) -> Table:
    """One row a published value: as printed, as obtained, and whether they agree."""
    entries = _of(validation(path), "published")
    rows = [
        Row(
            [
                e.name,
                format_number(e.expected, _decimals(e.tolerance)),
                format_number(e.obtained, _decimals(e.tolerance) + 2),
                _verdict(e),
            ]
        )
        for e in entries
    ]
    notes = ["Agrees: within half a unit of the last digit printed."]
    return Table([Column("Value", align="left"), Column("Published"), Column("Here"), Column("Agrees")], rows, notes)


def sources_table(path: Path = VALIDATION) -> Table:
    """One row a published table: where it stands, the file of its data, and what estimated it here."""
    sources = {e.name.partition(": ")[0]: e.detail for e in _of(validation(path), "published")}
    columns = [
        Column("Published", align="left", width=24),
        Column("Source, data and estimator", align="left", width=76),
    ]
    return Table(columns, [Row([name, source]) for name, source in sources.items()])


def _kind(entry: Entry) -> str:
    """What is compared with what: a check's name without the part before the colon, which says of which column."""
    return entry.name.rpartition(": ")[2]


def parity_table(path: Path = VALIDATION) -> Table:
    """One row a kind of comparison and other program: how many there are, and how far the farthest apart is."""
    entries = _of(validation(path), "parity")
    kinds: dict[tuple[str, str], list[Entry]] = {}
    for e in entries:
        kinds.setdefault((e.design, _kind(e)), []).append(e)
    rows = []
    for (design, kind), own in kinds.items():
        farthest = max(abs(e.obtained - e.expected) for e in own)
        rows.append(
            Row(
                [
                    f"{design}: {kind}",
                    format_number(len(own), 0),
                    _small(farthest),
                    _small(max(e.tolerance for e in own)),
                    AGREES if all(e.passed for e in own) else FAILS,
                ]
            )
        )
    return Table(
        [
            Column("Number, and the other program", align="left"),
            Column("Compared"),
            Column("Farthest apart"),
            Column("Allowed"),
            Column("Agrees"),
        ],
        rows,
        _notes(entries),
    )


def validation_table(group: str = "recoveries", path: Path = VALIDATION) -> Table:
    """One row a check of a group: what should come out, what does, what is allowed, and whether it agrees."""
    entries = _of(validation(path), group)

    def digits(e: Entry) -> int:
        scale = e.tolerance or abs(e.expected) or 1.0
        return int(min(max(1 - math.floor(math.log10(scale)), 0), 6))

    rows = [
        Row(
            [
                f"{e.design.replace('_', ' ')}: {e.name}",
                format_number(e.expected, digits(e)),
                format_number(e.obtained, digits(e)),
                format_number(e.tolerance, digits(e)),
                _verdict(e),
            ]
        )
        for e in entries
    ]
    columns = [Column("Check", align="left"), *(Column(h) for h in ("Expected", "Obtained", "Allowed", "Agrees"))]
    return Table(columns, rows, _notes(entries))


def _notes(entries: Sequence[Entry]) -> list[str]:
    """What the checks say of themselves, once each, in their order."""
    return [d if d.endswith(".") else f"{d}." for d in dict.fromkeys(e.detail for e in entries)]


def bench_table(path: Path = BENCH) -> Table:
    """One row a measure of speed: what was measured, the target, and whether it is met."""
    found = bench(path)
    rows = [Row([m.what, str(quantity(m.value, m.unit)), m.target, AGREES if m.met else FAILS]) for m in found.measures]
    columns = [Column("Measure", align="left"), Column("Found"), Column("Target", align="left"), Column("Met")]
    details = [f"{m.what}: {m.detail}." for m in found.measures if m.detail]
    return Table(columns, rows, [found.convention, *details])


def targets(path: Path = BENCH) -> Shown:
    """How many targets of speed are met, in words that stand in a sentence: "all of 6 targets are met"."""
    found = bench(path).measures
    missed = [m.what for m in found if not m.met]
    total = format_number(len(found), 0)
    if not missed:
        return Shown(f"all of {total} targets are met")
    return Shown(f"{format_number(len(missed), 0)} of {total} targets are missed: {'; '.join(missed)}")
