"""Pandoc scripts, templates and styles of the embedded engine, and how they are run."""

import json
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pypandoc

from publishing.errors import EngineError
from publishing.fingerprint import file_hash, text_hash

HERE = Path(__file__).parent
READER = "markdown"
LONGEST = 600  # seconds; a whole book takes a few
TYPST_FILTER = HERE / "typst.lua"


def _without_none(value: Any) -> Any:
    # Lua has no null in tables: what is absent is left out.
    if isinstance(value, dict):
        return {k: _without_none(v) for k, v in value.items() if v is not None}
    if isinstance(value, list):
        return [_without_none(v) for v in value]
    return value


@cache
def press_hash() -> str:
    """One SHA-256 of what prints: the scripts and templates here, and pandoc's version."""
    files = sorted(path for path in HERE.iterdir() if path.suffix in (".lua", ".html", ".typ"))
    parts = [pypandoc.get_pandoc_version(), READER, *(f"{path.name} {file_hash(path)}" for path in files)]
    return text_hash("\n".join(parts))


def run_pandoc(manifest: dict[str, Any]) -> str:
    """Run `book.lua` in one pandoc process, which is given the manifest as JSON; returns what it prints.

    Raises:
        EngineError: pandoc stopped or warned; the message is pandoc's.
    """
    given = json.dumps(_without_none(manifest), ensure_ascii=False)
    command = [pypandoc.get_pandoc_path(), "lua", str(HERE / "book.lua")]
    try:
        done = subprocess.run(  # noqa: S603
            command, input=given, capture_output=True, text=True, encoding="utf-8", check=False, timeout=LONGEST
        )
    except subprocess.TimeoutExpired as error:
        raise EngineError(f"pandoc did not {manifest['task']} the book within {LONGEST} seconds.") from error
    if done.returncode != 0 or done.stderr.strip():
        raise EngineError(f"pandoc could not {manifest['task']} the book:\n{done.stderr.strip()}")
    return done.stdout
