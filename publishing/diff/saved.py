"""Saved builds: what each whole build found and read, kept so that a later one can be compared with it.

A saved build is a folder laid out like the project, with the book's text, its source notes, findings and records of
what the chapters read, and a file that says when and from which commit it was made. So whatever reads a project reads
a saved build.
"""

import json
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from publishing.diff.git import clean_commit
from publishing.errors import BookError, SourceError
from publishing.fingerprint import findings_hash
from publishing.project import CONFIG, Book
from publishing.source import read_source

CARD = "build.json"
KEPT = 5
_FORMAT = "report-build/1"


@dataclass(frozen=True)
class Card:
    """What `build.json` says; `commit` is None where the project was no commit exactly."""

    name: str
    time: str
    commit: str | None
    format: str = _FORMAT


def read_card(folder: Path) -> Card | None:
    """The card of a saved build, or None if the folder is none."""
    try:
        card = Card(**json.loads((folder / CARD).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    return card if card.format == _FORMAT else None


def builds(book: Book) -> list[Path]:
    """The saved builds of a book, oldest first."""
    folders = (book.workshop / "builds").glob("[!.]*")
    cards = {folder: card for folder in folders if (card := read_card(folder))}
    return sorted(cards, key=lambda folder: (cards[folder].time, folder.name))


def _text_files(book: Book) -> Iterator[str]:
    yield from (CONFIG, "pyproject.toml", *book.bibliography)
    for entry in book.entries:
        try:
            yield from read_source(book.root, entry.path).files
        except SourceError:
            yield entry.path  # told when it is read


def copy(book: Book, target: Path, card: Card) -> None:
    """Write what a comparison needs of a book into a folder, whole or not at all."""
    partial = target.with_name(f".{target.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        for name in dict.fromkeys(_text_files(book)):
            if (book.root / name).is_file():
                (partial / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(book.root / name, partial / name)
        for folder, pattern in (
            (book.settings.findings, "*.json"),
            (book.settings.source_notes, "*.yml"),
            ("bld/reads", "**/*.json"),
        ):
            for path in (book.root / folder).glob(pattern) if folder else ():
                (partial / path.relative_to(book.root)).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, partial / path.relative_to(book.root))
        (partial / CARD).write_text(json.dumps(asdict(card), indent=1) + "\n", encoding="utf-8")
        shutil.rmtree(target, ignore_errors=True)
        partial.rename(target)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _numbers(root: Path, book: Book) -> dict[str, str]:
    return {path.name: findings_hash(path) for path in (root / book.settings.findings).glob("*.json")}


def _free_name(folder: Path, name: str) -> str:
    """The name, with a number after it if a build of the same second has it."""
    names = (name, *(f"{name}-{count}" for count in range(2, 1000)))
    return next(free for free in names if not (folder / free).exists())


def save(book: Book) -> Path:
    """Keep a build that succeeded, and the last five whose findings differ; returns its folder.

    A build with the same findings as the last one takes its place, so that edits of the text push no numbers out.

    Raises:
        BookError: it could not be written; the book itself is whole.
    """
    now = datetime.now(UTC)
    commit = clean_commit(book.root)
    folder = book.workshop / "builds"
    name = _free_name(folder, now.strftime("%Y-%m-%d-%H%M%S") + (f"-{commit[:10]}" if commit else ""))
    target = folder / name
    try:
        before = builds(book)
        copy(book, target, Card(name, now.isoformat(), commit))
        if before and _numbers(before[-1], book) == _numbers(book.root, book):
            shutil.rmtree(before[-1])
        for old in builds(book)[:-KEPT]:
            shutil.rmtree(old)
    except OSError as error:
        raise BookError(
            f"the book is made, but its findings could not be kept in {folder.relative_to(book.root)} for "
            f"`report diff`: {error.strerror}; make room there and build again."
        ) from error
    return target
