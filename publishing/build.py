"""Make the book: check, bring findings up to date, print apart, and swap the whole result in."""

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from publishing import quarto
from publishing.claims.book import check_claims
from publishing.diff.saved import save
from publishing.errors import ConfigError, EngineError
from publishing.fonts import book_fonts, fonts_folder
from publishing.freshness import Now, Stamp, asked_reasons, input_hashes, output_hashes, read_stamp, write_stamp
from publishing.lock import hold
from publishing.pipeline import update_findings
from publishing.progress import Progress
from publishing.project import Book
from publishing.references import Scan, check_references
from publishing.site import write_quarto_site
from publishing.sockets import remove_sockets
from publishing.source import Source, read_source
from publishing.status import read_status, results_hashes
from publishing.swap import recover, swap
from publishing.target import Target, book_target
from publishing.verdicts import update_verdicts

_SHOWN_REASONS = 5


def read_sources(book: Book) -> list[Source]:
    """The chapters of a book, read.

    Raises:
        SourceError: a chapter has a form that cannot be read.
    """
    return [read_source(book.root, entry.path) for entry in book.entries]


def choose_engine(asked: str, progress: Progress) -> quarto.Quarto | None:
    """The Quarto to use, or none for the embedded engine; says what it passes over.

    Raises:
        EngineError: Quarto was asked for and there is none that is new enough.
    """
    if asked == "embedded":
        return None
    found = quarto.find_quarto()
    oldest = ".".join(map(str, quarto.OLDEST))
    if found is not None and found.new_enough:
        return found
    old = f"Quarto {found.version} ({found.program}) is older than {oldest}" if found else ""
    if asked == quarto.NAME:
        raise EngineError(
            f"{old or 'no quarto on the path'}; install Quarto {oldest} or later, or use --engine embedded."
        )
    if found is not None:
        progress.say(f"{old}: passed over.")
    return None


def install_fonts(book: Book) -> None:
    """Put the project's fonts where Typst finds them, `bld/fonts`."""
    folder = fonts_folder(book)
    folder.mkdir(parents=True, exist_ok=True)
    files = {font.file.name: font.file for font in book_fonts(book).all}
    for path in folder.iterdir():
        if path.name not in files:
            path.unlink()
    for name, file in files.items():
        target = folder / name
        if not target.exists() or target.stat().st_size != file.stat().st_size:
            shutil.copyfile(file, target)


@contextmanager
def _font_cache(needed: bool) -> Iterator[None]:
    """Have Matplotlib build its font cache meanwhile: it says so on the error stream, which would stand in a page."""
    if not needed or importlib.util.find_spec("matplotlib") is None:
        yield
        return
    command = [sys.executable, "-c", "import matplotlib.font_manager"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL):  # noqa: S603
        yield


def prepare(book: Book, progress: Progress, executes: bool = True) -> tuple[list[Source], list[Scan]]:
    """What must hold before any engine starts: references resolve, findings are up to date and bear the claims out.

    `executes` says whether a chapter may be executed after it.

    Raises:
        BookError: something does not; nothing has been printed.
    """
    sources = read_sources(book)
    scans = check_references(book, sources)
    with progress.step("findings"), _font_cache(executes):
        update_findings(book)
    update_verdicts(book)
    check_claims(book, sources, scans)
    install_fonts(book)
    return sources, scans


def prepare_quarto(book: Book, progress: Progress) -> None:
    """What Quarto's pre-render hook does: prepare, and drop what Quarto keeps of the chapters that are stale.

    Raises:
        BookError: something does not hold; Quarto stops.
    """
    sources, _ = prepare(book, progress)
    quarto.drop_frozen(book, sources, progress)
    write_quarto_site(book)


def _recover(book: Book, target: Target) -> None:
    """Mend and clear away what a build that was killed left; the lock must be held."""
    recover(target.output, target.previous)
    shutil.rmtree(target.fresh, ignore_errors=True)
    for path in book.workshop.rglob("*.partial"):
        path.unlink(missing_ok=True)
    remove_sockets(book.root)


def _check_whole(book: Book, out: Path, formats: Sequence[str], target: Target) -> None:
    expected = [entry.page for entry in book.entries] if "html" in formats else []
    if "pdf" in formats:
        expected.append(f"{book.output_file}.pdf")
    missing = [name for name in expected if not (out / name).is_file()]
    if missing:
        raise EngineError(
            f"the engine printed no {', '.join(missing)}; what stands in {target.name} is left as it was."
        )


def _check_output(book: Book) -> None:
    """Never put the book over something that is no book."""
    output, root = book.output.resolve(), book.root.resolve()
    where = f"_quarto.yml: project: output-dir: {book.output_dir}"
    if output == root or not output.is_relative_to(root) or book.workshop.resolve() in (output, *output.parents):
        raise ConfigError(f"{where} must be a folder of its own inside the project.")
    holds = {path.name for path in output.iterdir()} if output.is_dir() else set()
    if holds and not holds & {"index.html", f"{book.output_file}.pdf"}:
        raise ConfigError(
            f"{where} holds {', '.join(sorted(holds)[:3])} and no book; name another folder, or empty this one."
        )


def build(book: Book, engine: str, formats: Sequence[str], progress: Progress, *, wait: bool = True) -> bool:
    """Make the book unless it is up to date; says which. Returns whether it was printed.

    Raises:
        LockedError: another build of the book is under way, and `wait` is false.
        BookError: the build failed; the last good book is as it was.
    """
    _check_output(book)
    with at_work(book, "report build", book_target(book), progress, wait=wait):
        printed = print_book(book, engine, formats, progress, book_target(book))
        if printed:
            save(book)
    if printed:
        first = "index.html" if "html" in formats else f"{book.output_file}.pdf"
        pdf = f"; PDF: {book.output_dir}/{book.output_file}.pdf" if "pdf" in formats and "html" in formats else ""
        progress.say(f"Done: {book.output_dir}/{first}{pdf}")
    return printed


@contextmanager
def at_work(book: Book, command: str, target: Target, progress: Progress, *, wait: bool = True) -> Iterator[None]:
    """Hold the lock of a book, with everything cleared away that a killed build left.

    Raises:
        LockedError: another build of the book is under way, and `wait` is false.
    """
    with hold(book.workshop, command, progress.say, wait=wait):
        _recover(book, target)
        yield


def print_book(book: Book, engine: str, formats: Sequence[str], progress: Progress, target: Target) -> bool:
    """Print the book into its target unless that is up to date; says which. Returns whether it was printed.

    The lock must be held.

    Raises:
        BookError: the printing failed; the target is as it was.
    """
    from publishing import embedded

    found = choose_engine(engine, progress)
    engine_name = f"{quarto.NAME} {found.version}" if found else f"{embedded.NAME} ({embedded.version()})"
    sources = read_sources(book)
    now = Now(book)
    inputs = input_hashes(book, sources, now)
    now.keep()
    name = quarto.NAME if found else embedded.NAME
    status = read_status(book, sources, name, target)
    asked = asked_reasons(read_stamp(target.desk), engine_name, formats)
    why = [*status.reasons(), *asked]
    if not why:
        progress.say(f"{target.name} is up to date: nothing to do.")
        return False
    more = f" (and {len(why) - _SHOWN_REASONS} more)" if len(why) > _SHOWN_REASONS else ""
    progress.say(
        f"Making {target.name} ({', '.join(formats)}) with {engine_name}: {'; '.join(why[:_SHOWN_REASONS])}{more}."
    )
    executes = bool(status.chapters or status.products or status.pipeline)
    sources, scans = prepare(book, progress, executes)
    if executes and not asked and not read_status(book, sources, name, target).reasons():
        progress.say(f"{target.name} is as it was: what was made again is the same.")
        return False
    # A name of its own: what a killed build left running does not write here.
    fresh = target.fresh / str(os.getpid())
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    if found:
        quarto.drop_frozen(book, sources, progress)
        write_quarto_site(book)
        quarto.render(book, found, sources, fresh, formats, progress)
    else:
        embedded.render(book, sources, scans, fresh, formats, progress, target.desk)
    _check_whole(book, fresh, formats, target)
    outputs = output_hashes(fresh)
    inputs |= results_hashes(book, sources, name)
    swap(fresh, target.output, target.previous)
    write_stamp(target.desk, Stamp(inputs, engine_name, list(formats), outputs))
    return True
