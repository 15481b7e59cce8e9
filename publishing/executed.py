"""What the embedded engine keeps of each chapter: its results, what decided them, and what its kernel read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from publishing.files import read_json, write_json
from publishing.freshness import Now, Reason, execution_base, execution_reasons
from publishing.kernel.recorder import record_of
from publishing.project import Book
from publishing.results import Results
from publishing.source import Source

if TYPE_CHECKING:
    from publishing.progress import Progress

NEVER = Reason("was never executed")
UNRECORDED = Reason("its kernel kept no record of what it read")


@dataclass(frozen=True)
class Kept:
    """A chapter's results as they are kept.

    `base` decides them apart from what was read; `record` is what the kernel read, None if it did not say;
    `outputs` are MIME bundles, a list for each step.
    """

    base: Mapping[str, str]
    record: Mapping[str, Any] | None
    outputs: Sequence[Sequence[Mapping[str, Any]]]


def kept_path(book: Book, chapter: str) -> Path:
    """Where the results of a chapter are kept."""
    return book.workshop / "executed" / f"{chapter}.json"


def is_record(record: object) -> bool:
    """Whether something read from a file is what a kernel records."""
    return isinstance(record, dict) and isinstance(record.get("reads"), dict) and isinstance(record.get("steps"), list)


def load(book: Book, source: Source) -> Kept | None:
    """The results that are kept of a chapter, if there are any."""
    found = read_json(kept_path(book, source.path))
    if not isinstance(found, dict) or set(found) != {"base", "record", "outputs"}:
        return None
    base, outputs = found["base"], found["outputs"]
    if not isinstance(base, dict) or not isinstance(outputs, list):
        return None
    return Kept(base, found["record"] if is_record(found["record"]) else None, outputs)


def reasons(book: Book, source: Source, now: Now, stale: Mapping[str, Sequence[str]]) -> list[Reason]:
    """Why a chapter must be executed; `stale` says of products of the pipeline why they are stale."""
    if not source.steps:
        return []
    kept = load(book, source)
    if kept is None:
        return [NEVER]
    base = execution_base(book, source, now)
    if kept.record is None:
        return [UNRECORDED]
    found = execution_reasons(source, kept.base, base, kept.record, now, stale)
    return found or ([NEVER] if len(kept.outputs) != len(source.steps) else [])


def _results(source: Source, kept: Kept) -> Results:
    return Results(source.path, tuple(tuple(step) for step in kept.outputs))


def update(book: Book, sources: Sequence[Source], progress: "Progress") -> list[Results]:
    """The results of all chapters; only those are executed whose results do not hold, and why is said.

    Raises:
        ExecutionError: some chapters failed; those that did not are kept.
    """
    now = Now(book)
    why = {source.path: reasons(book, source, now, {}) for source in sources}
    stale = [source for source in sources if why[source.path]]
    fresh: dict[str, Results] = {}
    if stale:
        fresh = _execute(book, stale, why, now, progress)
    now.keep()
    results = []
    for source in sources:
        kept = load(book, source) if source.steps and source.path not in fresh else None
        if kept is not None:
            # Another engine, or a run that failed, may have recorded something else since.
            record_path = record_of(book.root, source.path)
            if read_json(record_path) != kept.record:
                write_json(record_path, kept.record)
            results.append(_results(source, kept))
        else:
            results.append(fresh.get(source.path) or _results(source, Kept({}, None, [])))
    return results


def _execute(
    book: Book, stale: Sequence[Source], why: Mapping[str, Sequence[Reason]], now: Now, progress: "Progress"
) -> dict[str, Results]:
    from publishing.execute import execute_all

    def folder_of(source: Source) -> Path:
        return book.root if book.execute_in_root else (book.root / source.path).parent

    bases = {source.path: execution_base(book, source, now) for source in stale}
    fresh: dict[str, Results] = {}

    def keep(result: Results) -> None:
        record = read_json(record_of(book.root, result.path))
        kept = {"base": bases[result.path], "record": record, "outputs": result.outputs}
        write_json(kept_path(book, result.path), kept)
        fresh[result.path] = result

    for source in stale:
        # A record from before must not be taken for one of this run.
        record_of(book.root, source.path).unlink(missing_ok=True)
        progress.say(f"  {source.path} is executed: {'; '.join(map(str, why[source.path]))}")
    with progress.step("chapters", total=len(stale)) as advance:
        execute_all(stale, folder_of, advance, root=book.root, keep=keep)
    return fresh
