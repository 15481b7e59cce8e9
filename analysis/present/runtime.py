"""How long the report takes and how much memory it needs, from the record of the benchmark."""

from pathlib import Path

from analysis.present.numbers import Shown, quantity
from analysis.present.records import AGREES, FAILS, bench, day
from analysis.present.tables import Column, Row, Table
from analysis.records import BENCH, Measure

WHOLE, MEMORY = "book_seconds", "book_memory"
_LONGEST = 120  # seconds that are shown as such
_MISSING = {
    WHOLE: "This book from nothing with the embedded engine",
    MEMORY: "Memory of all processes that make this book, at the peak, with findings fresh",
}


def measured(name: str, path: Path = BENCH) -> Measure | None:
    """A measure of the record, or None if the record was made before there was such a measure.

    Raises:
        RecordError: there is no record, or it does not have the form of one.
    """
    return next((m for m in bench(path).measures if m.name == name), None)


def _found(measure: Measure) -> Shown:
    if measure.unit == "seconds" and measure.value > _LONGEST:
        return quantity(measure.value / 60, "minutes", 1)
    return quantity(measure.value, measure.unit)


def whole_sentence(path: Path = BENCH) -> Shown:
    """How long the whole takes, and how much memory, in a sentence or two; or that it was not measured."""
    record, whole, memory = bench(path), measured(WHOLE, path), measured(MEMORY, path)
    on = f"on {quantity(record.machine.cores, 'cores', 0)}"
    if whole is None:
        return Shown(f"How long the whole takes was not measured when the record of {day(record)} was made.")
    first = f"The whole takes {_found(whole)} from nothing {on}"
    return Shown(f"{first}." if memory is None else f"{first}, and {_found(memory)} of memory with findings fresh.")


def runtime_table(path: Path = BENCH) -> Table:
    """The whole book: time and memory found, the targets, and whether they are met."""
    found = {m.name: m for m in bench(path).measures}
    rows, notes = [], []
    for name, what in _MISSING.items():
        m = found.get(name)
        if m is None:
            rows.append(Row([what, "not measured", "", ""]))
        else:
            rows.append(Row([m.what, str(_found(m)), m.target, AGREES if m.met else FAILS]))
            notes += [f"{m.what}: {m.detail}."] if m.detail else []
    return Table(
        columns=[
            Column("What was measured", align="left", width=46),
            Column("Found", align="left", width=18),
            Column("Target", align="left", width=26),
            Column("Met", align="left", width=10),
        ],
        rows=rows,
        notes=notes,
    )
