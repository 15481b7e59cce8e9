"""What is kept is computed once, and its files are opened each time."""

import sys
from contextlib import suppress
from pathlib import Path

import pytest

from analysis.present import kept as module
from analysis.present.kept import kept

OPENED: list[str] = []
sys.addaudithook(lambda event, args: OPENED.append(str(args[0])) if event == "open" else None)


@pytest.fixture(autouse=True)
def _root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ROOT", tmp_path)


def opened_by(call: object, *args: object) -> list[str]:
    OPENED.clear()
    call(*args)  # type: ignore[operator]
    return [Path(name).name for name in OPENED]


def test_a_later_call_opens_the_files_of_the_first_and_computes_nothing(tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text(name, encoding="utf-8")
    runs: list[str] = []

    @kept
    def read(name: str) -> str:
        """Read a file."""
        runs.append(name)
        return (tmp_path / name).read_text(encoding="utf-8")

    @kept
    def both() -> str:
        return read("a.csv") + read("b.csv")

    assert opened_by(both) == opened_by(both) == ["a.csv", "b.csv"]
    assert opened_by(read, "b.csv") == ["b.csv"]
    assert (both(), runs, read.__name__) == ("a.csvb.csv", ["a.csv", "b.csv"], "read")


def test_what_was_kept_before_counts_for_what_is_made_of_it(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a", encoding="utf-8")

    @kept
    def read() -> str:
        return (tmp_path / "a.csv").read_text(encoding="utf-8")

    @kept
    def doubled() -> str:
        return 2 * read()

    read()
    assert opened_by(doubled) == ["a.csv"]  # which `read` opens again
    assert opened_by(doubled) == ["a.csv"]


def test_modules_other_folders_and_what_is_written_do_not_count(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    outside = tmp_path_factory.mktemp("outside") / "x.csv"
    library = tmp_path / ".venv/lib/data.txt"
    library.parent.mkdir(parents=True)
    monkeypatch.setattr(module.sys, "prefix", str(tmp_path / ".venv"))
    for path in (outside, library, tmp_path / "m.py"):
        path.write_text("1", encoding="utf-8")

    @kept
    def read() -> None:
        outside.read_text(encoding="utf-8")
        library.read_text(encoding="utf-8")
        (tmp_path / "m.py").read_text(encoding="utf-8")
        (tmp_path / "out.csv").write_text("1", encoding="utf-8")

    read()
    assert opened_by(read) == []


def test_a_file_that_was_asked_for_in_vain_is_asked_for_again(tmp_path: Path) -> None:
    @kept
    def read() -> str:
        path = tmp_path / "supplied.csv"
        with suppress(FileNotFoundError):
            return path.read_text(encoding="utf-8")
        return "none"

    assert opened_by(read) == opened_by(read) == ["supplied.csv"]


def test_a_call_that_fails_is_not_kept(tmp_path: Path) -> None:
    @kept
    def read() -> str:
        return (tmp_path / "a.csv").read_text(encoding="utf-8")

    with pytest.raises(FileNotFoundError):
        read()
    (tmp_path / "a.csv").write_text("a", encoding="utf-8")
    assert read() == "a"
    assert module._listening == []
