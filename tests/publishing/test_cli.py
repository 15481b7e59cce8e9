import subprocess
import sys
from pathlib import Path

import pytest

from tests.publishing.conftest import edit

REPORT = Path(sys.executable).with_name("report")


def report(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([REPORT, *arguments], cwd=folder, capture_output=True, text=True, check=False)


def test_a_build_from_the_command_line(small_book: Path) -> None:
    done = report(small_book, "build", "--engine", "embedded", "--to", "html")
    assert (done.returncode, done.stdout) == (0, "")
    assert "Done: _book/index.html" in done.stderr
    assert not list((small_book / "_book").glob("*.pdf"))


def test_a_failure_is_told_in_words_with_exit_code_1(small_book: Path) -> None:
    edit(small_book / "index.qmd", "@fig-line", "@fig-lime")
    done = report(small_book, "build", "--engine", "embedded")
    assert done.returncode == 1
    assert "error: index.qmd:3: unknown cross-reference @fig-lime; did you mean @fig-line?" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["build", "--to", "docx"], "found 'docx'; allowed are html and pdf"),
        (["build", "--engine", "word"], "'word' is not one of"),
        (["frobnicate"], "No such command"),
    ],
)
def test_wrong_words_are_refused_with_exit_code_2(small_book: Path, arguments: list[str], said: str) -> None:
    done = report(small_book, *arguments)
    assert done.returncode == 2
    assert said in done.stderr


def test_outside_a_book_it_says_so(tmp_path: Path) -> None:
    done = report(tmp_path, "build")
    assert done.returncode == 1
    assert "no _quarto.yml" in done.stderr


def test_the_hook_stops_at_an_unknown_reference(small_book: Path) -> None:
    assert report(small_book, "prepare").returncode == 0
    assert (small_book / "bld/fonts").is_dir()
    edit(small_book / "chapters/a-extra.qmd", "@jones1999", "@nobody")
    assert report(small_book, "prepare").returncode == 1


def test_a_project_adds_commands_of_its_own(small_book: Path) -> None:
    edit(
        small_book / "pyproject.toml",
        "[tool.report]",
        '[tool.report]\ncommands = { tell = "publishing.cli:prepare", bad = "no.module:x" }',
    )
    assert "tell" in report(small_book, "--help").stdout
    assert report(small_book, "tell").returncode == 0
    done = report(small_book, "bad")
    assert done.returncode == 1
    assert "[tool.report.commands] bad" in done.stderr
