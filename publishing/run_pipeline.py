"""Run a pytask pipeline in a process of its own: `python -m publishing.run_pipeline FOLDER FAILURES [MOST [PLAN]]`.

What failed is written to FAILURES as JSON, a line of words each; pytask's own output, with tracebacks, goes to the
streams as usual. Tasks that do not wait for one another run at once, each in a process of its own, MOST at a time.
PLAN is JSON: which products are to be made again whatever pytask thinks, and where to record what each task depended
on and produced.
"""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# Sums of floating-point numbers depend on how many threads share them; so what tasks write would depend on the cores.
# It has to be set before anything loads a library of linear algebra, here and in the processes that inherit it.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import pytask  # noqa: E402
from pytask import tree_util  # noqa: E402

from publishing import pytask_hooks  # noqa: E402
from publishing.files import write_json  # noqa: E402
from publishing.fingerprint import MISSING, file_hash, fingerprint  # noqa: E402
from publishing.guard import end_with_input  # noqa: E402


def _words(what: str, exc_info: Any) -> str:
    kind, error = exc_info[0], exc_info[1]
    return f"{what}: {str(error).strip() or 'no message'} ({kind.__name__})"


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _forget(folder: Path) -> None:
    """Let the modules of tasks be imported anew: pytask sees a function marked as a task only on its first import."""
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if file and Path(file).parent == folder and Path(file).name.startswith("task_"):
            del sys.modules[name]


def _leaves(nodes: Any) -> Iterator[Path]:
    for node in tree_util.tree_leaves(nodes):
        if isinstance(node, pytask.PPathNode):
            yield Path(str(node.path))


def _name_below(root: Path, path: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)


def _depends(session: pytask.Session, plan: dict[str, Any]) -> dict[str, dict[str, str]]:
    """What each task depends on, by path, with its fingerprint: taken before it runs."""
    root = Path(plan["root"])
    findings = root / plan["findings"]
    made = {path for task in session.tasks for path in _leaves(task.produces)}
    known: dict[Path, str] = {}
    found: dict[str, dict[str, str]] = {}
    for task in session.tasks:
        paths = {*_leaves(task.depends_on), root / plan["lock"]}
        if isinstance(task, pytask.PTaskWithPath):
            paths.add(task.path)
        for path in paths - known.keys() - made:
            known[path] = fingerprint(path, findings)
        found[task.name] = {_name_below(root, path): known.get(path, "") for path in paths}
    return found


def _record(session: pytask.Session, plan: dict[str, Any], depends: dict[str, dict[str, str]]) -> None:
    """Write what every task depended on and produced; a task that failed has no result that holds."""
    root = Path(plan["root"])
    findings = root / plan["findings"]
    good = (pytask.TaskOutcome.SUCCESS, pytask.TaskOutcome.SKIP_UNCHANGED, pytask.TaskOutcome.PERSISTENCE)
    outcomes = {report.task.name: report.outcome for report in session.execution_reports}
    tasks = []
    for task in session.tasks:
        failed = outcomes.get(task.name) not in good
        tasks.append(
            {
                "name": task.name.rpartition("::")[2],
                "failed": failed,
                "python": ".".join(map(str, sys.version_info[:3])),
                # What another task made is as it is after the run.
                "depends": {
                    name: digest or fingerprint(root / name, findings) for name, digest in depends[task.name].items()
                },
                "produces": {
                    _name_below(root, path): file_hash(path) if path.is_file() else MISSING
                    for path in _leaves(task.produces)
                },
            }
        )
    write_json(Path(plan["record"]), {"files": plan["files"], "tasks": tasks})


def run(folder: Path, most: int, plan: dict[str, Any]) -> pytask.Session:
    """Run what is not up to date, with at most so many processes, and no more than there are tasks to run.

    To start a process costs seconds, so nothing is started for a task alone, or if there is nothing to do.
    """
    pytask_hooks.forced.update(Path(plan["root"], name) for name in plan.get("products", []))
    options: dict[str, Any] = {"paths": [folder], "force": plan.get("all", False)}
    session = pytask.build(**options, dry_run=True)
    depends = _depends(session, plan) if plan else {}
    waiting = sum(r.outcome is pytask.TaskOutcome.WOULD_BE_EXECUTED for r in session.execution_reports)
    if waiting:
        _forget(folder.resolve())
        session = pytask.build(**options, n_workers=min(most, waiting))
    if plan and session.execution_reports:
        _record(session, plan, depends)
    return session


def main(folder: str, failures: str, most: str = "", plan: str = "") -> int:
    """Run the pipeline, with as many processes as there are cores if not said otherwise; returns pytask's exit code."""
    wanted: dict[str, Any] = json.loads(Path(plan).read_text(encoding="utf-8")) if plan else {}
    session = run(Path(folder), int(most) if most else _cores(), wanted)
    found = [
        _words(report.task.name.rpartition("::")[2] or report.task.name, report.exc_info)
        for report in session.execution_reports
        if report.outcome is pytask.TaskOutcome.FAIL and report.exc_info
    ]
    found += [
        _words(f"collecting {getattr(report.node, 'name', folder)}", report.exc_info)
        for report in session.collection_reports
        if report.exc_info
    ]
    if session.dag_report is not None and session.dag_report.exc_info:
        found.append(_words("ordering the tasks", session.dag_report.exc_info))
    Path(failures).write_text(json.dumps(found, ensure_ascii=False), encoding="utf-8")
    return int(session.exit_code)


if __name__ == "__main__":
    end_with_input()
    sys.exit(main(*sys.argv[1:]))
