import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from publishing.errors import BookError, ConfigError, EngineError, PipelineError
from publishing.freshness import output_hashes
from tests.publishing.conftest import copy_small_book, edit, make

Made = Callable[..., str]


@pytest.fixture(scope="module")
def built_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = copy_small_book(tmp_path_factory.mktemp("built"))
    make(root, formats=("html",))
    return root


@pytest.fixture
def built_book(built_once: Path, tmp_path: Path) -> Path:
    """A copy of the small book with the pages that were made of it."""
    return shutil.copytree(built_once, tmp_path / "book")


def test_a_second_build_does_nothing_and_says_so(small_book: Path, made: Made) -> None:
    made(small_book, formats=("html",))
    before = {p: p.stat().st_mtime_ns for p in (small_book / "_book").rglob("*")}
    assert made(small_book, formats=("html",)) == "_book/ is up to date: nothing to do.\n"
    assert {p: p.stat().st_mtime_ns for p in (small_book / "_book").rglob("*")} == before


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda root: edit(root / "index.qmd", "The figure is", "The one figure is"), "index.qmd changed"),
        (
            lambda root: edit(root / "references.bib", "Journal of Tests", "Journal of Trials"),
            "references.bib changed",
        ),
        (
            lambda root: edit(root / "_book/index.html", "Preface", "Postface"),
            "_book/ is not as the last build left it",
        ),
        (lambda root: shutil.rmtree(root / "_book"), "_book/ is not as the last build left it"),
        (lambda root: edit(root / "typst.lua", "-- 1.", "-- 1)"), "typst.lua changed"),
        (lambda root: (root / "chapters/new.svg").write_text("<svg/>"), "chapters/new.svg is new"),
    ],
)
def test_a_changed_input_or_output_is_named_and_the_book_made_again(
    built_book: Path, made: Made, change: Callable[[Path], object], why: str
) -> None:
    change(built_book)
    said = made(built_book, formats=("html",))
    assert why in said
    assert "Done: _book/index.html" in said
    assert "Preface" in (built_book / "_book/index.html").read_text(encoding="utf-8")


def test_a_picture_outside_the_chapters_is_an_input(small_book: Path, made: Made) -> None:
    (small_book / "pictures").mkdir()
    (small_book / "chapters/square.svg").rename(small_book / "pictures/square.svg")
    edit(small_book / "chapters/02-two.qmd", "(square.svg)", "(../pictures/square.svg)")
    made(small_book, formats=("html",))
    edit(small_book / "pictures/square.svg", 'width="40"', 'width="41"')
    assert "pictures/square.svg changed" in made(small_book, formats=("html",))
    assert 'width="41"' in (small_book / "_book/pictures/square.svg").read_text(encoding="utf-8")


def test_a_chapter_that_was_renamed_leaves_no_old_page(built_book: Path, made: Made) -> None:
    (built_book / "chapters/a-extra.qmd").rename(built_book / "chapters/b-extra.qmd")
    edit(built_book / "_quarto.yml", "a-extra", "b-extra")
    edit(built_book / "chapters/02-two.qmd", "a-extra", "b-extra")
    made(built_book, formats=("html",))
    assert not (built_book / "_book/chapters/a-extra.html").exists()
    assert (built_book / "_book/chapters/b-extra.html").exists()


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("chapters/01-one.qmd", "value = 6 * 7", "value = 6 / 0", "chapters/01-one.qmd:4: the cell that opens at line 3 failed: ZeroDivisionError"),
        ("chapters/02-two.qmd", "@fig-drawn", "@fig-missing", "unknown cross-reference @fig-missing"),
        ("chapters/01-one.qmd", "@jones1999", "@nobody", "unknown citation key @nobody"),
    ],
)  # fmt: skip
def test_a_build_that_fails_leaves_the_last_good_book(
    built_book: Path, made: Made, file: str, old: str, new: str, said: str
) -> None:
    before = output_hashes(built_book / "_book")
    edit(built_book / file, old, new)
    with pytest.raises(BookError) as caught:
        made(built_book, formats=("html",))
    assert said in str(caught.value)
    assert output_hashes(built_book / "_book") == before
    edit(built_book / file, new, old)
    assert made(built_book, formats=("html",)) == "_book/ is up to date: nothing to do.\n"
    edit(built_book / "index.qmd", "The figure is", "The one figure is")
    assert "Done: _book/index.html" in made(built_book, formats=("html",))


def test_an_engine_that_prints_too_little_leaves_the_last_good_book(
    built_book: Path, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = output_hashes(built_book / "_book")
    edit(built_book / "index.qmd", "The figure is", "The one figure is")
    monkeypatch.setattr("publishing.embedded.render", lambda *_: None)
    with pytest.raises(EngineError, match=r"printed no index\.html, chapters/01-one\.html"):
        made(built_book, formats=("html",))
    assert output_hashes(built_book / "_book") == before


def test_a_swap_that_was_broken_off_is_mended(built_book: Path, made: Made) -> None:
    (built_book / "_book").rename(built_book / "bld/previous")
    assert "up to date" in made(built_book, formats=("html",))
    assert (built_book / "_book/index.html").is_file()


def test_an_engine_that_is_missing_or_old_is_named(
    small_book: Path, made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    with pytest.raises(EngineError, match="no quarto on the path"):
        made(small_book, engine="quarto")
    old = programs / "quarto"
    old.write_text("#!/bin/sh\necho 1.8.26\n")
    old.chmod(0o755)
    with pytest.raises(EngineError, match=r"Quarto 1\.8\.26 .* is older than 1\.9"):
        made(small_book, engine="quarto")
    said = made(small_book, engine="auto", formats=("html",))
    assert "is older than 1.9: passed over." in said
    assert "with embedded" in said


@pytest.mark.parametrize(
    ("folder", "said"),
    [
        (".", "must be a folder of its own"),
        ("..", "lies outside the project"),
        ("../elsewhere", "lies outside the project"),
        ("bld", "must be a folder of its own"),
        ("bld/fonts", "must be a folder of its own"),
        ("chapters", "holds 01-one.qmd, 02-two.qmd, a-extra.qmd and no book"),
    ],
)
def test_the_book_is_never_put_over_something_else(small_book: Path, made: Made, folder: str, said: str) -> None:
    edit(small_book / "_quarto.yml", "output-dir: _book", f"output-dir: {folder}")
    with pytest.raises(ConfigError, match=said):
        made(small_book)
    assert (small_book / "index.qmd").is_file()
    assert (small_book / "chapters/01-one.qmd").is_file()


TASK = """
from pathlib import Path
from typing import Annotated
from pytask import Product

def task_make(out: Annotated[Path, Product] = Path(__file__).parents[1] / "bld/findings/d.json") -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text({text!r})
"""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "d.json: line 1: not valid JSON"),
        ('{"format": "report-findings/1"}', "d.json: the document: 'design' is a required property"),
    ],
)
def test_findings_are_held_against_their_format(small_book: Path, made: Made, text: str, said: str) -> None:
    (small_book / "pipeline").mkdir()
    (small_book / "pipeline/task_d.py").write_text(TASK.format(text=text))
    edit(small_book / "pyproject.toml", "[tool.report]", '[tool.report]\npipeline = "pipeline"')
    with pytest.raises(PipelineError) as caught:
        made(small_book)
    assert said in str(caught.value)


def test_a_task_that_fails_is_told_with_its_cause(small_book: Path, made: Made) -> None:
    (small_book / "pipeline").mkdir()
    (small_book / "pipeline/task_d.py").write_text(
        TASK.format(text="").replace("out.parent.mkdir", "raise ValueError('the seventh row is bad')\n    out.mkdir")
    )
    edit(small_book / "pyproject.toml", "[tool.report]", '[tool.report]\npipeline = "pipeline"')
    with pytest.raises(PipelineError, match="the seventh row is bad"):
        made(small_book)
