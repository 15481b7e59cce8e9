"""How long a book takes to be made from nothing, how much memory that needs, and how long Quarto takes.

`python -m publishing.whole_build` prints the measures of the book in this folder as JSON. It is made in a copy, so that
the book itself stays as it is.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from publishing.benchmark import BenchmarkError, Measure
from publishing.errors import BookError
from publishing.freshness import STAMP
from publishing.project import Book, find_root, load_book
from publishing.quarto import find_quarto

GOAL_SECONDS = 300
GOAL_GIB = 1
GOAL_SHARE = 1 / 3  # of Quarto's time
_GIB = 1024**3
_EVERY = 0.1  # seconds between two looks at the memory
_PROC = Path("/proc")
# Of what a build keeps, all but the findings and the record of the pipeline.
_KEPT_OF_CHAPTERS = (STAMP, "executed", "reads", "press", "web-fonts")
_STEP = re.compile(r"^ +(\w+) +(\d+\.\d) s$", re.MULTILINE)


@dataclass(frozen=True)
class Built:
    """One build: seconds, seconds of its steps by name, and bytes at the peak; nought where they cannot be read."""

    seconds: float
    steps: dict[str, float]
    peak: int


def copy_project(root: Path, target: Path) -> None:
    """Copy a project without what is hidden and what is made."""
    book = load_book(root)
    made = {root / book.output_dir, book.workshop, root / "_freeze"}

    def left_out(folder: str, names: list[str]) -> Iterable[str]:
        return [n for n in names if n.startswith(".") or n == "__pycache__" or Path(folder, n) in made]

    shutil.copytree(root, target, ignore=left_out)


def _children() -> dict[int, list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    for path in _PROC.glob("[0-9]*/stat"):
        try:
            fields = path.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:  # it ended meanwhile
            continue
        found[int(fields[1])].append(int(path.parent.name))
    return found


def _memory(process: int) -> int:
    try:
        text = (_PROC / str(process) / "smaps_rollup").read_text(encoding="utf-8")
    except OSError:
        return 0
    match = re.search(r"^Pss: +(\d+) kB$", text, re.MULTILINE)
    return 1024 * int(match[1]) if match else 0


def tree_memory(process: int) -> int:
    """Bytes of a process and all below it; what several share is counted once (their proportional set sizes)."""
    children = _children()
    tree, waiting = [], [process]
    while waiting:
        one = waiting.pop()
        tree.append(one)
        waiting += children[one]
    return sum(map(_memory, tree))


def build(root: Path, engine: str = "embedded") -> Built:
    """Make the book in a folder, as pages and as PDF, and watch it.

    Raises:
        BenchmarkError: the build failed; the message has what it said.
    """
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    # A project may hold the packages that make it: those of the copy are meant.
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, (str(root), environment.get("PYTHONPATH", ""))))
    command = [sys.executable, "-c", "from publishing.cli import main; main()", "build", "--engine", engine]
    peak, ended = 0, threading.Event()
    start = time.perf_counter()
    with subprocess.Popen(  # noqa: S603
        command, cwd=root, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:

        def watch() -> None:
            nonlocal peak
            while not ended.wait(_EVERY):
                peak = max(peak, tree_memory(process.pid))

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            said, _ = process.communicate()
            seconds = time.perf_counter() - start
        finally:
            ended.set()
            watcher.join()
    if process.returncode != 0:
        raise BenchmarkError(f"the book could not be made:\n{said.strip()}")
    return Built(seconds, {name: float(value) for name, value in _STEP.findall(said)}, peak)


def forget_chapters(book: Book) -> None:
    """Take away the printed book and what was kept of its chapters; the findings stay."""
    shutil.rmtree(book.output, ignore_errors=True)
    for name in _KEPT_OF_CHAPTERS:
        path = book.workshop / name
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def measure(root: Path) -> list[Measure]:
    """Make the book in a copy of the project: from nothing, with findings fresh, and so with Quarto where it is found.

    Raises:
        BookError: there is no book in the folder.
        BenchmarkError: a build failed.
    """
    with tempfile.TemporaryDirectory(prefix="report-whole-") as folder:
        copy = Path(folder).resolve() / "book"
        copy_project(root, copy)
        whole = build(copy)
        forget_chapters(load_book(copy))
        again = build(copy)
        quarto = find_quarto()
        theirs = None
        if quarto is not None and quarto.new_enough:
            forget_chapters(load_book(copy))
            theirs = build(copy, "quarto")
    found = [
        Measure(
            "book_seconds",
            "This book from nothing with the embedded engine: findings, chapters, HTML and PDF",
            whole.seconds,
            whole.seconds,
            "seconds",
            "under 5 minutes",
            whole.seconds < GOAL_SECONDS,
            1,
            ", ".join(f"{name} {seconds:.1f} s" for name, seconds in whole.steps.items()),
        )
    ]
    if again.peak:
        gib = again.peak / _GIB
        found.append(
            Measure(
                "book_memory",
                "Memory of all processes that make this book, at the peak, with findings fresh",
                gib,
                gib,
                "GiB",
                "under 1 GiB",
                gib < GOAL_GIB,
                1,
                f"proportional set sizes, looked at {1 / _EVERY:.0f} times a second; it took {again.seconds:.1f} s; "
                f"with findings to be made the peak was {whole.peak / _GIB:.2f} GiB",
            )
        )
    if quarto is not None and theirs is not None:
        share = again.seconds / theirs.seconds
        found.append(
            Measure(
                "book_to_quarto",
                "Time of this book, all chapters executed, HTML and PDF, findings fresh, over Quarto's",
                share,
                share,
                "times Quarto's time",
                "at most a third",
                share <= GOAL_SHARE,
                1,
                f"{again.seconds:.0f} s; Quarto {quarto.version} {theirs.seconds:.0f} s",
            )
        )
    return found


def main() -> None:
    """Print the measures as JSON."""
    try:
        found = measure(find_root(Path.cwd()))
    except (BookError, BenchmarkError) as error:
        sys.exit(str(error))
    sys.stdout.write(json.dumps([asdict(one) for one in found], indent=1) + "\n")


if __name__ == "__main__":
    main()
