"""Where a printed book goes, and where what is needed to print it again is kept."""

from dataclasses import dataclass
from pathlib import Path

from publishing.project import Book


@dataclass(frozen=True)
class Target:
    """A place for a printed book.

    `output` is the folder of its pages, `name` what that is called, and `desk` the folder that holds the record of the
    printing, what the press keeps, and what is not finished yet.
    """

    output: Path
    name: str
    desk: Path

    @property
    def fresh(self) -> Path:
        """Where pages stand until they are whole."""
        return self.desk / "fresh"

    @property
    def previous(self) -> Path:
        """Where the old pages stand for the moment in which the new ones take their place."""
        return self.desk / "previous"


def book_target(book: Book) -> Target:
    """The finished book."""
    return Target(book.output, f"{book.output_dir}/", book.workshop)


def preview_target(root: Path) -> Target:
    """The preview, which leaves the finished book alone."""
    desk = root / "bld" / "preview"
    return Target(desk / "site", "the preview", desk)
