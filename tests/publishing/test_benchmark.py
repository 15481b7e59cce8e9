"""The book of the benchmark is whole, and what is measured is what is said."""

from pathlib import Path

import pytest

from publishing import benchmark
from publishing.benchmark import BenchmarkError, measure, write_book
from publishing.quarto import Quarto
from tests.publishing.conftest import make
from tests.publishing.pages import Page, check_links


def test_its_book_is_whole(tmp_path: Path) -> None:
    write_book(tmp_path, chapters=3)
    make(tmp_path)
    check_links(tmp_path / "_book")
    page = Page(tmp_path / "_book/chapters/03.html").text
    assert "Table 3.1" in page
    assert "Figure 3.1" in page
    assert "Author (2001c)" in page


def test_it_times_what_changed_and_what_did_not(monkeypatch: pytest.MonkeyPatch) -> None:
    commands: list[tuple[str, int]] = []
    clock = iter(range(1000))

    def run(command: list[str], root: Path) -> None:
        lines = len((root / "chapters/05.qmd").read_text(encoding="utf-8").splitlines())
        commands.append((Path(command[0]).name if "quarto" in command[0] else "report", lines))
        for _ in range(30 if "quarto" in command[0] else 0):
            next(clock)

    monkeypatch.setattr(benchmark, "_run", run)
    monkeypatch.setattr(benchmark, "find_quarto", lambda: Quarto("/opt/quarto", "1.9.38"))
    monkeypatch.setattr(benchmark.time, "perf_counter", lambda: next(clock))
    found = {m.name: m for m in measure(chapters=5, repeats=3, quarto_repeats=2)}
    ours = [lines for name, lines in commands if name == "report"]
    first = ours[0]
    # One build of each kind that does not count, before those that do.
    assert ours == [first] * 4 + [first + 2 * n for n in range(1, 5)]
    assert len(commands) - len(ours) == 6
    assert found["build_unchanged"].value == 1
    assert not found["build_unchanged"].met
    assert found["build_prose"].met
    assert found["build_unchanged_to_quarto"].value == found["build_prose_to_quarto"].value == 31
    assert found["build_prose_to_quarto"].met
    assert "Quarto 1.9.38 31.0 s" in found["build_prose_to_quarto"].detail


def test_without_quarto_there_is_no_ratio(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(benchmark, "_run", lambda *_: None)
    monkeypatch.setattr(benchmark, "find_quarto", lambda: None)
    assert [m.name for m in measure(chapters=5, repeats=1)] == ["build_unchanged", "build_prose"]


def test_a_build_that_fails_is_told(tmp_path: Path) -> None:
    with pytest.raises(BenchmarkError, match="out of order"):
        benchmark._run(["sh", "-c", "echo out of order; exit 3"], tmp_path)
