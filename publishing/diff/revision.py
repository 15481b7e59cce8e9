"""A Git revision's findings: its files checked out apart, its pipeline run with its own lock file."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, entry_points, version
from pathlib import Path
from types import FrameType
from typing import Literal

from publishing.diff.git import write_tree
from publishing.diff.saved import Card, copy, read_card
from publishing.errors import ConfigError, RevisionError
from publishing.progress import Progress
from publishing.project import Book, load_book

Environment = Literal["lock", "current"]

LOCK = "requirements/report.txt"
_PIN = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==([^\s;\\]+)\s*(?:;\s*(.+?))?\s*\\?$")
_LAST_LINES = 40
# As in a build: sums of floating-point numbers depend on how many threads share them.
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """A temporary folder that is removed whatever happens, a request to end the process (SIGTERM) included."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        with tempfile.TemporaryDirectory(prefix="report-revision-", ignore_cleanup_errors=True) as folder:
            yield Path(folder).resolve()
    finally:
        signal.signal(signal.SIGTERM, before)


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def environment_holds(lock: Path) -> bool:
    """Whether the current environment has exactly the versions of a lock file, where it has pins at all."""
    from packaging.markers import Marker

    pins = [pin for line in lock.read_text(encoding="utf-8").splitlines() if (pin := _PIN.match(line.strip()))]
    asked = [(pin[1], pin[2]) for pin in pins if pin[3] is None or Marker(pin[3]).evaluate()]
    return bool(asked) and all(_installed(name) == wanted for name, wanted in asked)


def missing_plugin(project: Path) -> str | None:
    """A module of the project's own that the current environment gives pytask, and that an older revision lacks."""
    for point in entry_points(group="pytask"):
        top, *_ = parts = point.module.split(".")
        place = project.joinpath(*parts)
        if (project / top).is_dir() and not place.is_dir() and not place.with_suffix(".py").is_file():
            return point.module
    return None


def _run(command: list[str], folder: Path, environment: dict[str, str] | None = None) -> tuple[bool, str]:
    done = subprocess.run(  # noqa: S603
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    return done.returncode == 0, "\n".join(done.stdout.strip().splitlines()[-_LAST_LINES:])


def build_environment(lock: Path, folder: Path, name: str) -> Path:
    """Make an environment from a lock file; returns its Python.

    Raises:
        RevisionError: it could not be made, for instance because there is no network.
    """
    made, said = _run([sys.executable, "-m", "venv", str(folder)], lock.parent)
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    ways = [[str(python), "-m", "pip", "--disable-pip-version-check", "install", "--require-hashes", "-r", str(lock)]]
    uv = shutil.which("uv", path=os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", ""))))
    if uv:
        ways.insert(
            0, [uv, "pip", "install", "--system-certs", "--python", str(python), "--require-hashes", "-r", str(lock)]
        )
    for way in ways if made else ():
        done, said = _run(way, lock.parent)
        if done:
            return python
    raise RevisionError(
        f"revision {name}: its environment could not be made from its {LOCK}:\n{said}\n"
        "Try again where packages can be installed, compare with a saved build, or let the present environment "
        "compute its findings: --environment current."
    )


def _python(project: Path, name: str, environment: Environment, folder: Path, progress: Progress) -> Path:
    lacking = missing_plugin(project)
    if environment == "current":
        if lacking:
            raise RevisionError(
                f"revision {name}: it lacks {lacking}, without which the present environment cannot run its pipeline; "
                "use --environment lock, which makes its own."
            )
        return Path(sys.executable)
    lock = project / LOCK
    if not lock.is_file():
        raise RevisionError(
            f"revision {name}: it has no {LOCK}, so what its findings were computed with is not known; "
            "use --environment current to compute them with the present environment."
        )
    if environment_holds(lock) and not lacking:
        return Path(sys.executable)
    with progress.step("packages"):
        return build_environment(lock, folder, name)


def _compute(project: Path, pipeline: str, python: Path, name: str) -> None:
    """Run the pipeline by pytask itself, which needs nothing of how this package ran it then."""
    if not (project / pipeline).is_dir():
        raise RevisionError(f"revision {name}: its pipeline {pipeline} is not there.")
    environment = os.environ | dict.fromkeys(_THREADS, "1") | {"PYTHONPATH": str(project), "PYTHONHASHSEED": "0"}
    command = [str(python), "-m", "pytask", "build", "--do-not-sort-table", pipeline]
    if _run([str(python), "-c", "import pytask_parallel"], project)[0]:
        command += ["--n-workers", str(os.cpu_count() or 1)]
    done, said = _run(command, project, environment)
    if not done:
        raise RevisionError(f"revision {name}: its findings could not be computed; its pipeline said:\n{said}")


def _kept(book: Book, commit: str, environment: Environment) -> Path:
    return book.workshop / "revisions" / (commit if environment == "lock" else f"{commit}-current")


def findings_of(book: Book, commit: str, environment: Environment, progress: Progress) -> Path:
    """A folder like a saved build with a revision's text and findings; computed once, then kept.

    Args:
        book: the book as it is now.
        commit: 40 digits.
        environment: "lock" makes the environment of the revision's own lock file, unless the current one has exactly
            its versions and the revision has all that it gives pytask; "current" takes the current one as it is.
        progress: says what takes time.

    Raises:
        BookError: the revision cannot be checked out, read or computed, or its environment cannot be made.
    """
    choices: tuple[Environment, ...] = ("lock", environment)
    for choice in choices:
        if read_card(kept := _kept(book, commit, choice)):
            return kept
    name = commit[:10]
    target = _kept(book, commit, environment)
    with temporary_folder() as folder:
        project = write_tree(book.root, commit, folder)
        try:
            then = load_book(project)
        except ConfigError as error:
            raise RevisionError(f"revision {name}: {error}") from error
        if then.settings.pipeline is not None:
            python = _python(project, name, environment, folder / "environment", progress)
            with progress.step("revision"):
                _compute(project, then.settings.pipeline, python, name)
        copy(then, target, Card(target.name, datetime.now(UTC).isoformat(), commit))
    return target
