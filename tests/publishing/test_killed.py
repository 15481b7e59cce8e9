import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from publishing import swap
from publishing.execute import remove_sockets
from publishing.freshness import output_hashes
from publishing.kernel.recorder import Recorder
from tests.publishing.conftest import TRACKED, edit, make

Made = Callable[..., str]

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
    wanted = {}
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
    assert wanted["one"][0].keys() >= {"index.html", "chapters/01-heights.html", "references.html"}
    assert all(wanted["one"][0][page] != wanted["two"][0][page] for page in ("index.html", "references.html"))
    assert wanted["one"][1] != wanted["two"][1]
    return Rounds(root, wanted, time.perf_counter() - started, STATES[0])


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
    moments = random.Random(5)
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


POINTS = [
    ("exchange", "before hashing"),
    ("exchange", "before exchange"),
    ("exchange", "after exchange"),
    ("exchange", "after removal"),
    ("exchange", "before record"),
    ("rename", "before first rename"),
    ("rename", "after first rename"),
    ("rename", "after second rename"),
    ("rename", "after removal"),
]


@pytest.mark.parametrize(("way", "point"), POINTS)
def test_a_build_killed_around_the_swap_leaves_a_whole_book(rounds: Rounds, way: str, point: str) -> None:
    old = rounds.turn()
    command = [sys.executable, "-m", "tests.publishing.killed_build", str(rounds.root), point, way]
    done = subprocess.run(command, start_new_session=True, check=False)
    assert done.returncode == -signal.SIGKILL
    if (way, point) == ("rename", "after first rename"):
        # Where folders can't change places in one step there is a moment without a book; it is kept, and put back.
        assert not (rounds.root / "_book").exists()
        swap.recover(rounds.root / "_book", rounds.root / "bld/previous")
    turned = point in ("after exchange", "after removal", "before record", "after second rename")
    rounds.check_whole(rounds.state if turned else old)
    rounds.check_next_build()
