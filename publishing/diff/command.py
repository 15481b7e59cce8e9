"""What `report diff` does."""

import json
import os
from contextlib import suppress
from pathlib import Path

import click

from publishing.diff.compare import parse_tolerance
from publishing.diff.editions import LAST, named, work_tree
from publishing.diff.markdown import as_markdown
from publishing.diff.page import as_html
from publishing.diff.report import Diff, as_json, diff
from publishing.diff.revision import Environment
from publishing.diff.saved import builds
from publishing.errors import BookError, RevisionError
from publishing.pipeline import update_findings
from publishing.progress import Progress
from publishing.project import Book


def _printed(book: Book, found: Diff, form: str) -> str:
    if form == "json":
        return json.dumps(as_json(found), ensure_ascii=False, indent=1) + "\n"
    return as_html(found, book.title) if form == "html" else as_markdown(found)


def _write(path: Path, text: str) -> None:
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        raise BookError(f"--output {path}: cannot be written: {error.strerror}.") from error
    finally:
        with suppress(OSError):  # of a folder that is none the error above has told
            partial.unlink()


def run(
    book: Book,
    old: str | None,
    new: str | None,
    form: str,
    tolerance: str,
    environment: Environment,
    output: Path | None,
    progress: Progress,
) -> bool:
    """Compare two editions of a book and print what differs, or write it to a file; returns whether anything does.

    Raises:
        BookError: an edition cannot be had or read, or the file cannot be written.
    """
    allowed = parse_tolerance(tolerance)
    if old is None and not builds(book):
        raise RevisionError(
            "no build is saved yet, so there is nothing to compare with; run `report build` first, or name a Git "
            "revision, as in `report diff HEAD`."
        )
    here = Path.cwd()
    before = named(book, old or LAST, environment, progress, here)
    after = work_tree(book) if new is None else named(book, new, environment, progress, here)
    if new is None:
        with progress.step("findings"):
            update_findings(book)
    found = diff(before, after, allowed, book)
    text = _printed(book, found, form)
    if output is None:
        click.echo(text, nl=False)
    else:
        _write(output, text)
        progress.say(f"{output}: {'nothing differs' if found.equal else 'what differs'}.")
    _point_further(book, old, found, progress)
    return not found.equal


def _point_further(book: Book, old: str | None, found: Diff, progress: Progress) -> None:
    earlier: list[Path] = builds(book)[:-1]
    if old is None and found.equal and earlier:
        progress.say(f"Earlier builds: {', '.join(folder.name for folder in earlier)} (`report diff previous`).")
