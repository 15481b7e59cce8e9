import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from publishing import swap
from publishing.freshness import output_hashes
from publishing.kernel.recorder import Recorder
from publishing.sockets import socket_prefix
from tests.publishing.conftest import TRACKED, edit, make

REPORT = Path(sys.executable).with_name("report")
STATES = ("one", "two")
KILLS = 20


def set_state(root: Path, state: str) -> None:
    """Change what every page and the findings are made from."""
    heights = {"one": "1\n2\n3\n", "two": "4\n5\n7\n"}[state]
    (root / "data/heights.csv").write_text(f"height\n{heights}", encoding="utf-8")
    for path in (root / "index.qmd", root / "chapters/01-heights.qmd", root / "references.qmd"):
        text = path.read_text(encoding="utf-8").partition("\nThis is state")[0]
        path.write_text(f"{text}\nThis is state {state}.\n", encoding="utf-8")


def printed(root: Path) -> tuple[dict[str, str], dict[str, str]]:
    """Every file of the book, and of its findings, with its hash."""
    return output_hashes(root / "_book"), output_hashes(root / "bld/findings")


@dataclass
class Rounds:
    """A book that is built to and fro between two states, and what each gives if built from nothing."""

    root: Path
    wanted: dict[str, tuple[dict[str, str], dict[str, str]]]
    pages: dict[str, Path]
    seconds: float
    state: str

    def turn(self) -> str:
        """Go to the other state; returns the state that was left."""
        old = self.state
        self.state = STATES[1 - STATES.index(old)]
        set_state(self.root, self.state)
        return old

    def check_whole(self, *states: str) -> None:
        """The book is that of one of these states, every file of it."""
        assert output_hashes(self.root / "_book") in [self.wanted[state][0] for state in states]

    def check_next_build(self) -> None:
        """The next build gives what a build from nothing gives, and leaves nothing lying about."""
        make(self.root, formats=("html",))
        assert printed(self.root) == self.wanted[self.state]
        assert list((self.root / "bld").rglob("*.partial")) == []
        assert not (self.root / "bld/previous").exists()


@pytest.fixture(scope="module")
def rounds(tmp_path_factory: pytest.TempPathFactory) -> Rounds:
    """The tracked book, cut down to a design and a chapter that runs, so that it is built in a few seconds."""
    wanted, pages = {}, {}
    for state in reversed(STATES):
        root = tmp_path_factory.mktemp(state) / "book"
        shutil.copytree(TRACKED, root, ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("02-weights", "03-words"):
            (root / f"chapters/{name}.qmd").unlink()
            edit(root / "_quarto.yml", f"    - chapters/{name}.qmd\n", "")
        edit(root / "index.qmd", "@sec-heights, @sec-weights, @sec-words", "@sec-heights")
        tasks = root / "tiny/pipeline/task_means.py"
        tasks.write_text(tasks.read_text(encoding="utf-8").partition("\n\ndef task_weights")[0], encoding="utf-8")
        set_state(root, state)
        started = time.perf_counter()
        make(root, formats=("html",))
        wanted[state] = printed(root)
        pages[state] = shutil.copytree(root / "_book", tmp_path_factory.mktemp("pages") / state)
    assert wanted["one"][0].keys() >= {"index.html", "chapters/01-heights.html", "references.html"}
    assert all(wanted["one"][0][page] != wanted["two"][0][page] for page in ("index.html", "references.html"))
    assert wanted["one"][1] != wanted["two"][1]
    return Rounds(root, wanted, pages, time.perf_counter() - started, STATES[0])


def kill_after(root: Path, seconds: float) -> bool:
    """Start a build and kill all of its process group after a while; returns whether it was still at work."""
    command = [str(REPORT), "build", "--engine", "embedded", "--to", "html"]
    with subprocess.Popen(command, cwd=root, stderr=subprocess.DEVNULL, start_new_session=True) as process:
        try:
            process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
        return process.wait() == -signal.SIGKILL


def test_a_build_killed_at_random_moments_leaves_a_whole_book_and_the_next_is_correct(rounds: Rounds) -> None:
    moments = random.Random(5)  # noqa: S311 no secret
    # The moments are spread evenly over somewhat more than a build takes, in random order.
    spread = [(i + moments.random()) / KILLS * 1.1 * rounds.seconds for i in range(KILLS)]
    moments.shuffle(spread)
    killed = 0
    while spread:
        old = rounds.turn()
        for _ in range(2):  # the next build may be killed as well
            killed += kill_after(rounds.root, spread.pop())
            rounds.check_whole(old, rounds.state)
        rounds.check_next_build()
    assert killed >= KILLS / 2


# Where a build is killed, and whose book is there then.
POINTS = [
    ("exchange", "before hashing", "old"),
    ("exchange", "before exchange", "old"),
    ("exchange", "after exchange", "new"),
    ("exchange", "before record", "new"),
    ("exchange", "after removal", "new"),
    ("rename", "before first rename", "old"),
    ("rename", "after first rename", "none"),
    ("rename", "after second rename", "new"),
]


def kill_at(rounds: Rounds, way: str, point: str) -> None:
    arguments = [str(rounds.root), str(rounds.pages[rounds.state]), way, point]
    command = [sys.executable, "-m", "tests.publishing.killed_build", *arguments]
    done = subprocess.run(command, stderr=subprocess.DEVNULL, start_new_session=True, check=False)
    assert done.returncode == -signal.SIGKILL


@pytest.mark.parametrize(("way", "point", "there"), POINTS)
def test_a_build_killed_around_the_swap_leaves_a_whole_book(rounds: Rounds, way: str, point: str, there: str) -> None:
    old = rounds.turn()
    kill_at(rounds, way, point)
    if there == "none":
        # Where folders can't change places in one step there is a moment without a book; the old one is put back.
        assert not (rounds.root / "_book").exists()
        swap.recover(rounds.root / "_book", rounds.root / "bld/previous")
    rounds.check_whole(rounds.state if there == "new" else old)
    if there == "new":  # what the next build finds is as new as its sources, but has no record
        kill_at(rounds, way, "before exchange" if way == "exchange" else "after first rename")
    rounds.check_next_build()


def test_two_folders_change_places_in_one_step_here(tmp_path: Path) -> None:
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "page").write_text(name, encoding="utf-8")
    assert swap.exchange(tmp_path / "one", tmp_path / "other")
    assert (tmp_path / "one/page").read_text(encoding="utf-8") == "other"
    assert (tmp_path / "other/page").read_text(encoding="utf-8") == "one"
    assert not swap.exchange(tmp_path / "one", tmp_path / "missing")


@pytest.mark.parametrize("way", ["exchange", "rename"])
def test_a_swap_puts_the_new_folder_in_the_place_of_the_old(
    tmp_path: Path, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if way == "rename":
        monkeypatch.setattr(swap, "exchange", lambda one, other: False)
    for number in ("1", "2"):
        (tmp_path / "fresh").mkdir()
        (tmp_path / f"fresh/page-{number}").touch()
        swap.swap(tmp_path / "fresh", tmp_path / "book", tmp_path / "previous")
    assert [p.relative_to(tmp_path).as_posix() for p in sorted(tmp_path.rglob("*"))] == ["book", "book/page-2"]


GROUP = """
import subprocess, sys
from publishing.guard import end_with_input
end_with_input()
with subprocess.Popen([sys.executable, "-c", "import time; print('at work', flush=True); time.sleep(600)"]) as inner:
    inner.wait()
"""
BUILD = """
import os, subprocess, sys
from pathlib import Path
from publishing.guard import run_guarded
run_guarded([sys.executable, "-c", sys.argv[1]], Path.cwd(), sys.stdout)
"""


def test_what_a_killed_build_had_started_ends_with_all_its_processes() -> None:
    """The end of the pipe's last writer is the end of the last process: nothing is polled."""
    with subprocess.Popen([sys.executable, "-c", BUILD, GROUP], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "at work\n"
        process.kill()  # this one process alone; the others are in a group of their own
        assert process.stdout.read() == ""


def test_an_orphaned_kernel_writes_no_record(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, tmp_path / "record.json", tmp_path)
    recorder.parent = -1
    recorder.write()
    assert not recorder.target.exists()
    recorder.parent = os.getppid()
    recorder.write()
    assert recorder.target.exists()


def test_what_a_killed_build_left_lying_about_is_removed(
    rounds: Rounds, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    own = tmp_path / f"{socket_prefix(rounds.root)}x"
    others = (tmp_path / f"{socket_prefix(tmp_path)}x", tmp_path / "report-x")
    for folder in (own, *others):
        folder.mkdir()
        (folder / "kernel-1").touch()
    outside = tmp_path / "outside"
    outside.mkdir()
    (tmp_path / f"{socket_prefix(rounds.root)}link").symlink_to(outside)
    left = (rounds.root / "bld/findings/heights.partial", rounds.root / "bld/fresh/1/index.html")
    for path in left:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    make(rounds.root, formats=("html",))
    assert not own.exists()
    assert all(folder.is_dir() for folder in (*others, outside))
    assert not any(path.exists() for path in left)
