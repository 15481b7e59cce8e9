"""Bring findings up to date by running the project's pipeline, and check what it wrote."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from publishing.errors import PipelineError
from publishing.project import Book

SCHEMA = Path(__file__).with_name("findings.schema.json")


def _shorten(output: str) -> str:
    """What a failed pytask run says, without the frame around it."""
    lines = [re.sub(r"\s+$", "", line) for line in output.splitlines()]
    kept = [line for line in lines if line and not re.fullmatch(r"[─━╭╮╰╯│┌┐└┘ ]+", line)]
    return "\n".join(kept[-40:])


def check_findings(folder: Path) -> None:
    """Hold every findings file of a folder against the schema.

    Raises:
        PipelineError: a file is no JSON or not in the format; the message names file and field.
    """
    import jsonschema

    schema: Any = json.loads(SCHEMA.read_text(encoding="utf-8"))
    validator = jsonschema.Draft202012Validator(schema)
    for path in sorted(folder.glob("*.json")):
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
        except json.JSONDecodeError as error:
            raise PipelineError(f"{path.name}: line {error.lineno}: not valid JSON: {error.msg}") from error
        fault = next(iter(validator.iter_errors(document)), None)
        if fault is not None:
            where = " / ".join(str(p) for p in fault.absolute_path) or "the document"
            raise PipelineError(f"{path.name}: {where}: {fault.message}")


def update_findings(book: Book) -> None:
    """Run the pipeline that `[tool.report]` names; a project without one has nothing to do.

    Raises:
        PipelineError: a task failed, or wrote findings that are not in the format.
    """
    if book.settings.pipeline is None:
        return
    command = [sys.executable, "-m", "pytask", "build", book.settings.pipeline]
    done = subprocess.run(command, cwd=book.root, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode != 0:
        raise PipelineError(f"the pipeline {book.settings.pipeline} failed:\n{_shorten(done.stdout + done.stderr)}")
    check_findings(book.root / book.settings.findings)
