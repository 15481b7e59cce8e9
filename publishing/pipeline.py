"""Bring findings up to date by running the project's pipeline, and check what it wrote."""

import json
import sys
from pathlib import Path
from typing import Any

from publishing.errors import PipelineError
from publishing.guard import run_guarded
from publishing.project import Book

SCHEMA = Path(__file__).with_name("findings.schema.json")


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
    book.workshop.mkdir(exist_ok=True)
    log, failures = book.workshop / "pipeline.log", book.workshop / "pipeline-failures.json"
    failures.unlink(missing_ok=True)
    command = [sys.executable, "-m", "publishing.run_pipeline", book.settings.pipeline, str(failures)]
    with log.open("w", encoding="utf-8") as stream:
        done = run_guarded(command, book.root, stream)
    if done.returncode != 0:
        words = json.loads(failures.read_text(encoding="utf-8")) if failures.is_file() else []
        where = f"the whole output is in {log.relative_to(book.root)}"
        raise PipelineError("\n".join(words or [f"the pipeline {book.settings.pipeline} broke off"]) + f"\n({where})")
    check_findings(book.root / book.settings.findings)
