"""What of a book is stale, and why, told without running anything."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from publishing import executed, quarto
from publishing.fingerprint import MISSING, file_hash
from publishing.freshness import Now, Reason, folder_digest, input_hashes, print_reasons, read_stamp
from publishing.pipeline import stale_products
from publishing.project import Book
from publishing.provenance import provenance_hash
from publishing.source import Source, read_source
from publishing.target import Target, book_target
from publishing.verdicts import stale_verdicts

TOLD = "how tables and figures were made"


@dataclass(frozen=True)
class Line:
    """One thing that is stale: a chapter, what the pipeline makes, or the book as a whole; and why."""

    kind: str
    name: str
    why: Reason

    def __str__(self) -> str:
        return f"{self.name} : {self.why}"


@dataclass(frozen=True)
class Status:
    """What is stale.

    `products` are those of the pipeline, findings among them, and `pipeline` why it has to be run besides; `chapters`
    are those to be executed; `printing` is why the book is to be printed again apart from that.
    """

    products: dict[str, list[str]] = field(default_factory=dict)
    pipeline: list[str] = field(default_factory=list)
    chapters: dict[str, list[Reason]] = field(default_factory=dict)
    printing: list[str] = field(default_factory=list)
    texts: dict[str, list[str]] = field(default_factory=dict)

    def reasons(self) -> list[str]:
        """Every cause once: what changed in the text first, then what changed behind the findings and chapters."""
        causes = [*self.printing, *self.pipeline, *(why for all_why in self.products.values() for why in all_why)]
        for path, all_why in self.chapters.items():
            for why in all_why:
                causes.append(f"{path} {why}" if why.what.startswith(("was ", "its ", "it ")) else why.what)
        return list(dict.fromkeys(causes))

    def lines(self) -> list[Line]:
        """A line for each thing that is stale and each reason."""
        found = [Line("pipeline", "pipeline", Reason(why)) for why in self.pipeline]
        found += [Line("product", name, Reason(why)) for name, all_why in self.products.items() for why in all_why]
        for path in dict.fromkeys([*self.chapters, *self.texts]):
            name = PurePosixPath(path).with_suffix("").as_posix()
            told = [*self.chapters.get(path, [])]
            whats = {why.what for why in told}
            told += [Reason(why) for why in self.texts.get(path, []) if why not in whats]
            found += [Line("chapter", name, why) for why in told]
        in_chapters = {why for all_why in self.texts.values() for why in all_why}
        found += [Line("book", "book", Reason(why)) for why in self.printing if why not in in_chapters]
        return list(dict.fromkeys(found))


def results_hashes(book: Book, sources: Sequence[Source], engine: str) -> dict[str, str]:
    """What the chapters printed, and the findings, as files by their bytes: what a page may show of them."""
    now = Now(book)
    hashes = {
        path.relative_to(book.root).as_posix(): file_hash(path)
        for path in (sorted(now.findings.glob("*.json")) if book.settings.pipeline else [])
    }
    for source in sources:
        if source.steps:
            is_quarto = engine == quarto.NAME
            kept = quarto.frozen_folder(book, source.path) if is_quarto else executed.kept_path(book, source.path)
            hashes[f"the results of {source.path}"] = folder_digest(kept) if kept.exists() else MISSING
    hashes[TOLD] = provenance_hash(book, sources, engine)
    return hashes


def engine_of(book: Book) -> str:
    """The engine that made the book last."""
    last = read_stamp(book.workshop)
    if last is not None:
        return last.engine.partition(" ")[0]
    return quarto.NAME if (book.root / "_freeze").is_dir() else "embedded"


def read_status(
    book: Book, sources: Sequence[Source], engine: str | None = None, target: Target | None = None
) -> Status:
    """What is stale, for an engine or the one that made the book last; of the finished book, or another target.

    Raises:
        SourceError: a chapter has a form that cannot be read.
    """
    now = Now(book)
    target = target or book_target(book)
    last = read_stamp(target.desk)
    engine = engine or engine_of(book)
    products, pipeline = stale_products(book, now)
    verdicts = stale_verdicts(book, now, products)
    judge = quarto.frozen_reasons if engine == quarto.NAME else executed.reasons
    chapters = {source.path: judge(book, source, now, products | verdicts) for source in sources}
    inputs = input_hashes(book, sources, now) | results_hashes(book, sources, engine)
    printing = print_reasons(target, last, inputs)
    now.keep()
    texts = {
        source.path: [why for why in printing if why.rpartition(" ")[0].removesuffix(" is") in source.files]
        for source in sources
    }
    return Status(
        products,
        pipeline,
        {path: why for path, why in chapters.items() if why},
        printing,
        {path: why for path, why in texts.items() if why},
    )


def status_of(book: Book) -> Status:
    """What of a book is stale.

    Raises:
        SourceError: a chapter has a form that cannot be read.
    """
    return read_status(book, [read_source(book.root, entry.path) for entry in book.entries])
