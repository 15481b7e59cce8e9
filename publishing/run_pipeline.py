"""Run a pytask pipeline in a process of its own: `python -m publishing.run_pipeline FOLDER FAILURES`.

What failed is written to FAILURES as JSON, a line of words each; pytask's own output, with tracebacks, goes to the
streams as usual. Tasks that do not wait for one another run at once, each in a process of its own.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

# Sums of floating-point numbers depend on how many threads share them; so what tasks write would depend on the cores.
# It has to be set before anything loads a library of linear algebra, here and in the processes that inherit it.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import pytask  # noqa: E402

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


def run(folder: Path, most: int) -> pytask.Session:
    """Run what is not up to date, with at most so many processes, and no more than there are tasks to run.

    To start a process costs seconds, so nothing is started for a task alone, or if there is nothing to do.
    """
    session = pytask.build(paths=[folder], dry_run=True)
    waiting = sum(r.outcome is pytask.TaskOutcome.WOULD_BE_EXECUTED for r in session.execution_reports)
    if not waiting:
        return session
    _forget(folder.resolve())
    return pytask.build(paths=[folder], n_workers=min(most, waiting))


def main(folder: str, failures: str, most: str | None = None) -> int:
    """Run the pipeline, with as many processes as there are cores if not said otherwise; returns pytask's exit code."""
    session = run(Path(folder), int(most) if most else _cores())
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
