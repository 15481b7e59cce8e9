"""Bring findings up to date by running the project's pipeline where something is stale, and check what it wrote."""

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from publishing.errors import PipelineError
from publishing.files import read_json
from publishing.fingerprint import MISSING
from publishing.freshness import LOCK, Now, change, python_version
from publishing.guard import run_guarded
from publishing.project import Book

SCHEMA = Path(__file__).with_name("findings.schema.json")
RECORD = "pipeline.json"
_PLAN = "pipeline-plan.json"


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


def tasks(book: Book) -> list[dict[str, Any]]:
    """The tasks of the last run: name, what each depended on and produced, with fingerprints by path."""
    return _tasks(book) or []


def _tasks(book: Book) -> list[dict[str, Any]] | None:
    """The tasks of the last run with what they depended on and produced; None where there is no record."""
    record = read_json(book.workshop / RECORD)
    tasks = record.get("tasks") if isinstance(record, dict) else None
    return tasks if isinstance(tasks, list) else None


def _pipeline_files(book: Book) -> set[str]:
    folder = book.root / str(book.settings.pipeline)
    return {p.relative_to(book.root).as_posix() for p in folder.rglob("*.py") if "__pycache__" not in p.parts}


def _made_from(path: Path) -> dict[str, dict[str, str]]:
    document = read_json(path)
    made = document.get("made_from") if isinstance(document, dict) else None
    return made if isinstance(made, dict) else {}


def made_from_changes(book: Book, product: str, now: Now) -> list[str]:
    """What a findings file says that it was made from, and is another now."""
    path = book.root / product
    if path.parent != now.findings or path.suffix != ".json":
        return []
    made = _made_from(path)
    found = []
    for name, digest in sorted(made.get("data", {}).items()):
        if now.file(name) != digest:
            found.append(change(name, digest, now.file(name)))
    for name, digest in sorted(made.get("code", {}).items()):
        file = book.root / name
        is_now = now.code(file) if file.is_file() else MISSING
        if is_now != digest:
            found.append(change(name, digest, is_now))
    return found


def _task_changes(book: Book, task: dict[str, Any], now: Now, stale: dict[str, list[str]]) -> list[str]:
    if task.get("failed"):
        return [f"{task['name']} failed when it last ran"]
    found: list[str] = []
    if task["python"] != python_version():
        found.append(f"Python is {python_version()}; it was {task['python']}")
    for name, digest in sorted(task["depends"].items()):
        if name in stale:
            found += [f"{why} (through {name})" if "(through" not in why else why for why in stale[name]]
        elif now.of(name) != digest:
            found.append(change(name, digest, now.of(name)))
    for name, digest in sorted(task["produces"].items()):
        if now.file(name) == MISSING:
            found.append(f"{name} is missing")
        elif now.file(name) != digest:
            found.append(f"{name} is not as it was made")
        found += made_from_changes(book, name, now)
    return list(dict.fromkeys(found))


def stale_products(book: Book, now: Now) -> tuple[dict[str, list[str]], list[str]]:
    """Of each product of the pipeline that is stale, why; and why the pipeline has to be run besides.

    The products are those that the last run recorded, findings among them, by path.
    """
    if book.settings.pipeline is None:
        return {}, []
    tasks = _tasks(book)
    if tasks is None:
        return {}, [f"the pipeline {book.settings.pipeline} has no record of a run"]
    stale: dict[str, list[str]] = {}
    while True:  # a task may depend on what another makes
        found: dict[str, list[str]] = {}
        for task in tasks:
            why = _task_changes(book, task, now, stale)
            found |= dict.fromkeys(task["produces"], why) if why else {}
        if found.keys() == stale.keys():
            break
        stale = found
    record = read_json(book.workshop / RECORD)
    then: dict[str, str] = record.get("files", {})
    files = _pipeline_files(book)
    told = {word for why in stale.values() for word in why}
    others = [
        change(name, then.get(name), now.of(name))
        for name in sorted(files | then.keys())
        if then.get(name) != (now.of(name) if name in files else None)
    ]
    return stale, [why for why in others if why not in told]


def _drop_leftovers(book: Book, before: Iterable[dict[str, Any]]) -> None:
    """Take away what a task made that is no task any more: a build from nothing would not have it."""
    left = {name for task in before for name in task["produces"]}
    left -= {name for task in _tasks(book) or [] for name in task["produces"]}
    for name in left:
        path = book.root / name
        if path.resolve().is_relative_to(book.workshop.resolve()):
            path.unlink(missing_ok=True)


def _check_made_from(book: Book, before: Now) -> None:
    """A findings file that is stale as soon as it is made would be made again at every build."""
    after = Now(book)
    for path in sorted(after.findings.glob("*.json")):
        made = _made_from(path)
        for name, digest in [*made.get("data", {}).items(), *made.get("code", {}).items()]:
            file = book.root / name
            kind = "code" if name in made.get("code", {}) else "data"
            is_now = MISSING if not file.is_file() else after.code(file) if kind == "code" else after.file(name)
            if is_now != digest and before.of(name) == after.of(name):
                raise PipelineError(
                    f"{path.name}: made_from / {kind} / {name}: found {digest[:12]}..., and the file has "
                    f"{is_now[:12]}...; the description in {SCHEMA.name} says what is hashed."
                )


def update_findings(book: Book) -> bool:
    """Run the pipeline that `[tool.report]` names, if anything it made is stale. Returns whether it was run.

    Raises:
        PipelineError: a task failed, or wrote findings that are not in the format.
    """
    if book.settings.pipeline is None:
        return False
    now = Now(book)
    stale, others = stale_products(book, now)
    now.keep()
    if not stale and not others:
        return False
    book.workshop.mkdir(exist_ok=True)
    before = _tasks(book)
    log, failures = book.workshop / "pipeline.log", book.workshop / "pipeline-failures.json"
    failures.unlink(missing_ok=True)
    plan = book.workshop / _PLAN
    wanted = {
        "root": str(book.root),
        "findings": book.settings.findings,
        "lock": LOCK,
        "record": str(book.workshop / RECORD),
        "all": before is None,
        "products": sorted(stale),
        "files": {name: now.of(name) for name in sorted(_pipeline_files(book))},
    }
    plan.write_text(json.dumps(wanted), encoding="utf-8")
    with log.open("w", encoding="utf-8") as stream:
        code = _run(book, [book.settings.pipeline, str(failures), "", str(plan)], stream)
    if code != 0:
        words = json.loads(failures.read_text(encoding="utf-8")) if failures.is_file() else []
        where = f"the whole output is in {log.relative_to(book.root)}"
        raise PipelineError("\n".join(words or [f"the pipeline {book.settings.pipeline} broke off"]) + f"\n({where})")
    _drop_leftovers(book, before or [])
    check_findings(book.root / book.settings.findings)
    _check_made_from(book, now)
    return True


def _run(book: Book, arguments: list[str], stream: Any) -> int:
    command = [sys.executable, "-m", "publishing.run_pipeline", *arguments]
    return run_guarded(command, book.root, stream).returncode
