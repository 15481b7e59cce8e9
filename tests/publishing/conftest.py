"""A small book of its own, copied for each test that builds it."""

import io
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from publishing.build import build
from publishing.press import HERE
from publishing.progress import Progress
from publishing.project import load_book

BOOK = Path(__file__).parent / "book"
TRACKED = Path(__file__).parent / "tracked"


def copy_small_book(folder: Path) -> Path:
    """A copy of the small book, with the files of the press that Quarto is pointed to."""
    root = folder / "book"
    shutil.copytree(BOOK, root)
    copy_press(root, "tables.lua", "order.lua", "typst-template.typ", "typst-show.typ", "page.typ")
    return root


def copy_press(root: Path, *names: str) -> None:
    """Give a book the filter that every one has, and other files of the press, as Quarto is to find them."""
    for name in ("typst.lua", "math_words.lua", "table_height.lua", *names):
        shutil.copyfile(HERE / name, root / name)


def make(root: Path, engine: str = "embedded", formats: tuple[str, ...] = ("html", "pdf")) -> str:
    """Build a book; gives what the build said."""
    said = io.StringIO()
    build(load_book(root), engine, list(formats), Progress(Console(file=said, width=200)))
    return said.getvalue()


@pytest.fixture
def small_book(tmp_path: Path) -> Path:
    return copy_small_book(tmp_path)


@pytest.fixture
def tracked_book(tmp_path: Path) -> Path:
    """A copy of the book that has data, a local package, a pipeline of two designs, and chapters that read them."""
    root = tmp_path / "book"
    shutil.copytree(TRACKED, root, ignore=shutil.ignore_patterns("__pycache__"))
    return root


@pytest.fixture
def made() -> Callable[..., str]:
    """A function that builds a book and gives what the build said."""
    return make


def edit(path: Path, old: str, new: str) -> None:
    """Replace a text that must be there."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
