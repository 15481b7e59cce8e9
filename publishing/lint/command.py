"""What `report lint` does and says."""

import json
from pathlib import Path

import click

from publishing.errors import BookError, ConfigError
from publishing.lint import Outcome, lint
from publishing.lint.fixes import fix
from publishing.lint.rules import RULES
from publishing.project import Book, find_root, load_book

_RUNS = 5  # a mended line can bring up a silence that is no longer needed


def _files(book: Book, names: tuple[str, ...]) -> list[str]:
    files = []
    for name in names:
        path = Path(name).resolve()
        if not path.is_file() or not path.is_relative_to(book.root.resolve()):
            raise ConfigError(f"{name}: no file of this book; name chapters, included files or bibliographies.")
        files.append(path.relative_to(book.root.resolve()).as_posix())
    return files


def _mended(book: Book, files: list[str], list_unused: bool) -> tuple[Outcome, int]:
    count = 0
    outcome = lint(book, files, list_unused=list_unused)
    for _ in range(_RUNS):
        mended = fix(book.root, outcome.alarms)
        if not mended:
            break
        count += mended
        outcome = lint(book, files, list_unused=list_unused)
    return outcome, count


def _as_json(outcome: Outcome) -> str:
    found = [
        {
            "file": alarm.place.file,
            "line": alarm.place.line,
            "code": alarm.code,
            "name": alarm.name,
            "message": alarm.message,
            "fixable": alarm.edit is not None,
        }
        for alarm in outcome.alarms
    ]
    return json.dumps({"found": found, "notes": outcome.notes}, indent=2, ensure_ascii=False)


def rules() -> str:
    """The rules, a line each."""
    return "\n".join(f"{r.code} {r.name}: {r.summary}{' (--fix)' if r.fixable else ''}" for r in RULES.values())


def run(start: Path, names: tuple[str, ...], *, mend: bool, as_json: bool, list_unused: bool) -> int:
    """Check the book around a folder and say what was found; returns the exit code."""
    try:
        book = load_book(find_root(start))
        files = _files(book, names)
        outcome, count = _mended(book, files, list_unused) if mend else (lint(book, files, list_unused=list_unused), 0)
    except BookError as error:
        click.echo(f"error: {error}", err=True)
        return 2
    if as_json:
        click.echo(_as_json(outcome))
    else:
        for alarm in outcome.alarms:
            click.echo(str(alarm))
        for note in outcome.notes:
            click.echo(f"note: {note}", err=True)
    if count:
        click.echo(f"{count} mended.", err=True)
    if not as_json:
        click.echo(f"{len(outcome.alarms)} found." if outcome.alarms else "Nothing found.", err=True)
    return 1 if outcome.alarms else 0
