"""What a comparison is between: the work tree, a saved build, or a Git revision."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from publishing.diff import revision
from publishing.diff.git import commit_of
from publishing.diff.saved import CARD, builds, read_card
from publishing.errors import BookError, RevisionError
from publishing.findings import Found, load
from publishing.progress import Progress
from publishing.project import Book, load_book

LAST, PREVIOUS = "last", "previous"


@dataclass(frozen=True)
class Edition:
    """A state of the book: `root` is laid out like the project; `name` is how a review calls it."""

    name: str
    root: Path
    commit: str | None = None

    @cached_property
    def book(self) -> Book:
        """The book as its project files describe it then.

        Raises:
            BookError: they cannot be read; the message names the edition.
        """
        try:
            return load_book(self.root)
        except BookError as error:
            raise RevisionError(f"{self.name}: {error}") from error

    @cached_property
    def findings(self) -> dict[str, Found]:
        """Its findings, by key.

        Raises:
            BookError: a file cannot be read; the message names the edition.
        """
        try:
            return load(self.root / self.book.settings.findings)
        except BookError as error:
            raise RevisionError(f"{self.name}: {error}") from error


def _saved(folder: Path) -> Edition:
    card = read_card(folder)
    if card is None:
        raise RevisionError(f"{folder.name}: {CARD} there cannot be read; name another build, or delete this one.")
    return Edition(f"build {card.name}", folder, card.commit)


def _known(book: Book) -> str:
    names = [folder.name for folder in builds(book)]
    return f"saved builds are {', '.join(names)}" if names else "no build is saved; `report build` saves each"


def work_tree(book: Book) -> Edition:
    """The project as it is."""
    return Edition("work tree", book.root)


def named(book: Book, name: str, environment: revision.Environment, progress: Progress, beside: Path) -> Edition:
    """The edition that a name stands for.

    Args:
        book: the book as it is now.
        name: `last` or `previous` (saved builds), the name or the path of a saved build, or a Git revision; in this
            order.
        environment: what a revision is computed with.
        progress: says what takes time.
        beside: the folder that a path is relative to.

    Raises:
        BookError: it stands for nothing, or cannot be had.
    """
    saved = {folder.name: folder for folder in builds(book)}
    ranks = {LAST: -1, PREVIOUS: -2}
    if name in ranks:
        if len(saved) < -ranks[name]:
            raise RevisionError(f"{name}: there are {len(saved)} saved builds; `report build` saves each.")
        return _saved(list(saved.values())[ranks[name]])
    if name in saved:
        return _saved(saved[name])
    if (beside / name / CARD).is_file():
        return _saved((beside / name).resolve())
    commit = commit_of(book.root, name)
    if commit is None:
        raise RevisionError(f"{name}: no saved build, no folder with a {CARD}, and no Git revision; {_known(book)}.")
    for folder in reversed(saved.values()):
        card = read_card(folder)
        if card is not None and card.commit == commit:
            return Edition(f"revision {name} ({commit[:10]}, saved build)", folder, commit)
    root = revision.findings_of(book, commit, environment, progress)
    how = "" if root.name == commit else ", computed with the environment of now"
    shown = f"{name} ({commit[:10]})" if not commit.startswith(name) else commit[:10]
    return Edition(f"revision {shown}{how}", root, commit)
