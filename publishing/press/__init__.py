"""Pandoc scripts, templates and styles of the embedded engine, and how they are run."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pypandoc

from publishing.errors import EngineError

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


def run_pandoc(manifest: dict[str, Any], workshop: Path) -> str:
    """Run `book.lua` in one pandoc process; returns what it prints.

    Raises:
        EngineError: pandoc stopped or warned; the message is pandoc's.
    """
    workshop.mkdir(parents=True, exist_ok=True)
    path = workshop / f"{manifest['task']}.json"
    path.write_text(json.dumps(_without_none(manifest), ensure_ascii=False), encoding="utf-8")
    command = [pypandoc.get_pandoc_path(), "lua", str(HERE / "book.lua"), str(path)]
    try:
        done = subprocess.run(  # noqa: S603
            command, capture_output=True, text=True, encoding="utf-8", check=False, timeout=LONGEST
        )
    except subprocess.TimeoutExpired as error:
        raise EngineError(f"pandoc did not {manifest['task']} the book within {LONGEST} seconds.") from error
    if done.returncode != 0 or done.stderr.strip():
        raise EngineError(f"pandoc could not {manifest['task']} the book:\n{done.stderr.strip()}")
    return done.stdout
