import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from click.testing import CliRunner

from publishing.cli import report
from publishing.errors import LockedError
from publishing.lock import NAME, hold
from tests.publishing.conftest import copy_small_book

HOLD = """
import sys
from pathlib import Path
from publishing.lock import hold
with hold(Path(sys.argv[1]), "report build", print):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path: Path):
    """Another process that holds the lock of `tmp_path/book/bld` until its input closes."""
    workshop = tmp_path / "book/bld"
    command = [sys.executable, "-c", HOLD, str(workshop)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process


def since(workshop: Path) -> str:
    return str(json.loads((workshop / NAME).read_text(encoding="utf-8"))["since"])


def test_the_second_waits_and_says_for_whom(holder: subprocess.Popen[str], tmp_path: Path) -> None:
    workshop, said, order = tmp_path / "book/bld", [], []
    asked = threading.Event()

    def say(words: str) -> None:
        said.append(words)
        asked.set()

    def second() -> None:
        with hold(workshop, "report build", say):
            order.append("second")

    waiting = threading.Thread(target=second)
    started = since(workshop)
    waiting.start()
    assert asked.wait(30)
    order.append("first")
    assert holder.stdin is not None
    holder.stdin.close()
    waiting.join(30)
    assert order == ["first", "second"]
    assert said == [f"Waiting for report build (process {holder.pid}, since {started}), which is at work on this book."]


def test_a_lock_of_a_killed_process_never_blocks(holder: subprocess.Popen[str], tmp_path: Path) -> None:
    workshop = tmp_path / "book/bld"
    holder.kill()
    holder.wait()
    assert str(holder.pid) in (workshop / NAME).read_text(encoding="utf-8")
    with hold(workshop, "report build", pytest.fail, wait=False):
        pass


def test_a_lock_is_given_up_when_the_work_fails(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), hold(tmp_path, "report build", pytest.fail):
        raise ZeroDivisionError
    with hold(tmp_path, "report build", pytest.fail, wait=False):
        pass


def test_no_wait_says_who_holds_the_lock_and_leaves_with_1(
    holder: subprocess.Popen[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "other"
    root.mkdir()
    root = copy_small_book(root)
    (tmp_path / "book/bld" / NAME).rename(tmp_path / NAME)
    (root / "bld").mkdir()
    (tmp_path / NAME).rename(root / "bld" / NAME)
    done = subprocess.run(
        [str(Path(sys.executable).with_name("report")), "build", "--engine", "embedded", "--no-wait"],
        cwd=root, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert (
        f"error: report build (process {holder.pid}, since {since(root / 'bld')}) is at work on this book"
        in done.stderr
    )
    assert not (root / "_book").exists()


def test_a_holder_that_has_not_said_its_name_yet_is_another_process(
    holder: subprocess.Popen[str], tmp_path: Path
) -> None:
    for content in ("", "{", "[]", "{}"):
        (tmp_path / "book/bld" / NAME).write_text(content, encoding="utf-8")
        with (
            pytest.raises(LockedError, match=r"^another process is at work"),
            hold(tmp_path / "book/bld", "report build", pytest.fail, wait=False),
        ):
            pass


def test_prepare_within_a_build_does_not_wait_for_it(small_book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Quarto runs the hook while `report build` holds the lock."""
    monkeypatch.chdir(small_book)
    monkeypatch.setenv("REPORT_PREPARED", "1")
    with hold(small_book / "bld", "report build", pytest.fail):
        done = CliRunner().invoke(report, ["prepare"], catch_exceptions=False)
    assert done.exit_code == 0


def test_prepare_by_itself_waits_for_a_build(small_book: Path) -> None:
    command = [str(Path(sys.executable).with_name("report")), "prepare"]
    with hold(small_book / "bld", "report build", pytest.fail):
        process = subprocess.Popen(command, cwd=small_book, stderr=subprocess.PIPE, text=True)
        assert process.stderr is not None
        assert "Waiting for report build" in process.stderr.readline()
    _, said = process.communicate(timeout=120)
    assert process.returncode == 0
    assert "findings" in said
