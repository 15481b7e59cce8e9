"""The book that both engines print."""

import shutil
from pathlib import Path
from typing import Any

from publishing.fingerprint import text_hash
from tests.publishing.conftest import edit, make
from tests.publishing.lint.test_constructs import write_chapter
from tests.publishing.parity.said import said

HERE = Path(__file__).parent
SNAPSHOT = HERE / "quarto.json"
TITLE = "A small book"
_WRITTEN = {".qmd", ".md", ".yml", ".bib", ".toml", ".svg"}


def write_book(folder: Path) -> Path:
    """The small book, a chapter with the example of each construct, and one with many forms of them."""
    root = write_chapter(folder)
    shutil.copyfile(HERE / "more.qmd", root / "chapters/04-more.qmd")
    edit(root / "_quarto.yml", "    - chapters/03-all.qmd", "    - chapters/03-all.qmd\n    - chapters/04-more.qmd")
    # The linter refuses it: in a chapter without a number Quarto's pages print another chapter's title.
    edit(root / "index.qmd", "the chapter @sec-one", "[a chapter](chapters/01-one.qmd)")
    return root


def sources_hash(root: Path) -> str:
    """One hash of all that the book is written in; the press is no part of it."""
    files = [p for p in sorted(root.rglob("*")) if p.suffix in _WRITTEN and not {"bld", "_book"} & set(p.parts)]
    return text_hash("\n".join(f"{p.relative_to(root)}\n{p.read_text(encoding='utf-8')}" for p in files))


def print_with(engine: str, root: Path) -> dict[str, Any]:
    """What the book says when an engine has printed it."""
    make(root, engine)
    return said(root / "_book", TITLE)
