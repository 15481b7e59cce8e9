"""Run a pytask pipeline in a process of its own: `python -m publishing.run_pipeline FOLDER FAILURES`.

What failed is written to FAILURES as JSON, a line of words each; pytask's own output, with tracebacks, goes to the
streams as usual.
"""

import json
import sys
from pathlib import Path
from typing import Any

import pytask


def _words(what: str, exc_info: Any) -> str:
    kind, error = exc_info[0], exc_info[1]
    return f"{what}: {str(error).strip() or 'no message'} ({kind.__name__})"


def main(folder: str, failures: str) -> int:
    """Run the pipeline; returns pytask's exit code."""
    session = pytask.build(paths=[Path(folder)])
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
    sys.exit(main(*sys.argv[1:]))
