"""What a whole build costs is measured in a copy, and what is measured is what is said."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from publishing import whole_build
from publishing.benchmark import BenchmarkError
from publishing.freshness import output_hashes
from publishing.project import load_book
from publishing.quarto import Quarto
from publishing.whole_build import Built, build, copy_project, forget_chapters, measure, tree_memory
from tests.publishing.conftest import edit

MIB = 1024**2
HOLDS = "import sys; held = bytearray({0}); held[::4096] = b'x' * len(held[::4096]); print('ready', flush=True); sys.stdin.read()"
PARENT = "import subprocess, sys; subprocess.run([sys.executable, '-c', sys.argv[1]], check=True)"
needs_proc = pytest.mark.skipif(
    not Path("/proc/self/smaps_rollup").is_file(), reason="the system does not tell the memory of a process"
)


@needs_proc
def test_memory_is_that_of_a_process_and_all_below_it() -> None:
    command = [sys.executable, "-c", PARENT, HOLDS.format(100 * MIB)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        assert parent.stdin is not None
        assert parent.stdout.readline() == b"ready\n"
        found = tree_memory(parent.pid)
        own = tree_memory(os.getpid())
        parent.stdin.close()
    assert 100 * MIB < found < 160 * MIB
    assert own > found


def test_a_copy_has_all_but_what_is_made_or_hidden(tracked_book: Path, tmp_path: Path) -> None:
    before = output_hashes(tracked_book)
    for name in ("_book/index.html", "bld/book.json", ".venv/pip", "tiny/__pycache__/x.pyc", "_freeze/a.json"):
        (tracked_book / name).parent.mkdir(parents=True, exist_ok=True)
        (tracked_book / name).write_text("made", encoding="utf-8")
    copy_project(tracked_book, tmp_path / "copy")
    assert output_hashes(tmp_path / "copy") == before
    assert not (tmp_path / "copy/tiny/__pycache__").exists()


def test_a_build_is_timed_by_its_steps_and_again_without_the_findings(tracked_book: Path) -> None:
    whole = build(tracked_book)
    assert set(whole.steps) == {"findings", "chapters", "pages", "PDF", "search"}
    assert 0 < sum(whole.steps.values()) < whole.seconds
    findings = {p.name: p.stat().st_mtime_ns for p in (tracked_book / "bld/findings").iterdir()}
    forget_chapters(load_book(tracked_book))
    assert not (tracked_book / "_book").exists()
    again = build(tracked_book)
    assert "chapters" in again.steps
    assert {p.name: p.stat().st_mtime_ns for p in (tracked_book / "bld/findings").iterdir()} == findings
    if Path("/proc/self/smaps_rollup").is_file():
        assert 50 * MIB < again.peak < 4096 * MIB


def test_a_build_that_fails_is_told(tracked_book: Path) -> None:
    edit(tracked_book / "chapters/01-heights.qmd", "@tbl-heights has", "@tbl-hieghts has")
    with pytest.raises(BenchmarkError, match="unknown cross-reference @tbl-hieghts"):
        build(tracked_book)


@pytest.mark.parametrize(("seconds", "gib", "met"), [(299, 0.99, [True, True]), (301, 1.01, [False, False])])
def test_it_says_what_was_measured(
    tracked_book: Path, monkeypatch: pytest.MonkeyPatch, seconds: float, gib: float, met: list[bool]
) -> None:
    built: list[Path] = []

    def fake(root: Path, engine: str = "embedded") -> Built:
        assert engine == "embedded"
        built.append(root)
        first = len(built) == 1
        return Built(seconds if first else 40, {"findings": 120.5, "PDF": 4.0} if first else {}, int(gib * 1024**3))

    monkeypatch.setattr(whole_build, "build", fake)
    monkeypatch.setattr(whole_build, "find_quarto", lambda: None)
    before = output_hashes(tracked_book)
    time, memory = measure(tracked_book)
    assert (time.name, time.value, time.unit, time.target) == ("book_seconds", seconds, "seconds", "under 5 minutes")
    assert time.detail == "findings 120.5 s, PDF 4.0 s"
    assert (memory.name, memory.unit, memory.target) == ("book_memory", "GiB", "under 1 GiB")
    assert memory.value == pytest.approx(gib)
    assert "it took 40.0 s" in memory.detail
    assert [time.met, memory.met] == met
    assert built[0] != tracked_book
    assert not built[0].exists()
    assert output_hashes(tracked_book) == before


def test_where_memory_cannot_be_read_it_is_not_told(tracked_book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whole_build, "build", lambda _: Built(1.0, {}, 0))
    monkeypatch.setattr(whole_build, "find_quarto", lambda: None)
    assert [m.name for m in measure(tracked_book)] == ["book_seconds"]


@pytest.mark.parametrize(("theirs", "met"), [(301.0, True), (299.0, False)])
def test_where_there_is_quarto_its_time_is_taken_too(
    tracked_book: Path, monkeypatch: pytest.MonkeyPatch, theirs: float, met: bool
) -> None:
    kept: list[tuple[str, bool]] = []

    def fake(root: Path, engine: str = "embedded") -> Built:
        kept.append((engine, (root / "bld/executed").exists()))
        (root / "bld/executed").mkdir(parents=True, exist_ok=True)
        return Built({1: 200.0, 2: 100.0, 3: theirs}[len(kept)], {}, 0)

    monkeypatch.setattr(whole_build, "build", fake)
    monkeypatch.setattr(whole_build, "find_quarto", lambda: Quarto("quarto", "1.10.18"))
    ratio = measure(tracked_book)[-1]
    assert kept == [("embedded", False), ("embedded", False), ("quarto", False)], "each executes every chapter"
    assert (ratio.name, ratio.value, ratio.met) == ("book_to_quarto", pytest.approx(100 / theirs), met)
    assert ratio.detail == f"100 s; Quarto 1.10.18 {theirs:.0f} s"
