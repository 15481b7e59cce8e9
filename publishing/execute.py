"""Run a chapter's cells and inline expressions in a Jupyter kernel of its own."""

import asyncio
import os
import re
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

import nbformat

# Must be set before jupyter_core is imported: the kernel of this environment goes before a user's own.
os.environ["JUPYTER_PREFER_ENV_PATH"] = "1"

from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError
from traitlets.config import Config

from publishing.errors import ExecutionError
from publishing.results import Bundle, Results
from publishing.sockets import socket_prefix
from publishing.source import Cell, Inline, Source

_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_SETUP = "%config InlineBackend.figure_formats = ['svg']"


def failure_words(step: Cell | Inline, cause: str, traceback: str) -> str:
    """What failed, as file, line, step and cause; the line within a cell is read from IPython's traceback."""
    if isinstance(step, Inline):
        return f"{step.place}: the inline expression `{step.code}` failed: {cause}"
    line = step.place.line
    inner = re.findall(r"Cell In\[\d+\], line (\d+)", _ANSI.sub("", traceback))
    if inner:
        line = step.first_code_line + int(inner[-1]) - 1
    name = f"cell {step.label}" if step.label else f"the cell that opens at line {step.place.line}"
    return f"{step.place.file}:{line}: {name} failed: {cause}"


def _bundles(step: Cell | Inline, outputs: Sequence[Any]) -> tuple[Bundle, ...]:
    bundles: list[Bundle] = []
    for output in outputs:
        if output["output_type"] in ("display_data", "execute_result"):
            bundles.append(dict(output["data"]))
        elif output["output_type"] == "stream" and output["name"] == "stderr":
            raise ExecutionError(
                f"{step.place}: the code wrote to the error stream, which would stand in the page:\n"
                f"{output['text'].strip()}"
            )
        elif output["output_type"] == "stream":
            bundles.append({"text/plain": output["text"]})
    return tuple(bundles)


class Kernels:
    """The kernels that run, so that whoever is interrupted can end them; a thread that waits for one is not reached."""

    def __init__(self) -> None:
        self._clients: list[NotebookClient] = []
        self.stopped = False

    def add(self, client: NotebookClient) -> None:
        """Remember a kernel's client."""
        self._clients.append(client)

    def stop(self) -> None:
        """End every kernel, and let none begin another step."""
        self.stopped = True
        for client in self._clients:
            process = getattr(getattr(client.km, "provisioner", None), "process", None)
            if process is not None:
                process.kill()


def execute_chapter(source: Source, folder: Path, root: Path | None = None, kernels: Kernels | None = None) -> Results:
    """Run all steps of a chapter, in order, in a fresh kernel with `folder` as its working directory.

    What the kernel reads is recorded below the project's `root`, which is `folder` if not given; `kernels` can end it.

    Raises:
        ExecutionError: a step failed or wrote to the error stream; the message has file, line, step and cause.
    """
    if not source.steps:
        return Results(source.path, ())
    notebook = nbformat.v4.new_notebook(
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    )
    codes = [_SETUP, *(f"({s.code}\n)" if isinstance(s, Inline) else s.code for s in source.steps)]
    notebook.cells = [nbformat.v4.new_code_cell(code) for code in codes]
    current = [0]
    environment = os.environ | {
        "PYTHONHASHSEED": "0",
        "REPORT_ROOT": str(root or folder),
        "REPORT_CHAPTER": source.path,
    }

    kernels = kernels or Kernels()

    def note_step(cell: object, cell_index: int) -> None:
        current[0] = cell_index
        if kernels.stopped:
            raise ExecutionError(f"{source.path}: stopped.")

    try:
        # Sockets in a private folder rather than open ports: no other user of the machine can read along.
        with tempfile.TemporaryDirectory(prefix=socket_prefix(root or folder)) as sockets:
            client = NotebookClient(
                notebook,
                timeout=None,
                resources={"metadata": {"path": str(folder)}},
                config=Config(
                    {
                        "KernelManager": {
                            "transport": "ipc",
                            "ip": f"{sockets}/kernel",
                            "connection_file": f"{sockets}/kernel.json",
                        }
                    }
                ),
                on_cell_start=note_step,
            )
            kernels.add(client)
            asyncio.run(client.async_execute(env=environment))
    except CellExecutionError as error:
        cause = f"{error.ename}: {error.evalue}".strip()
        raise ExecutionError(failure_words(source.steps[max(current[0] - 1, 0)], cause, error.traceback)) from error
    except DeadKernelError as error:
        step = source.steps[max(current[0] - 1, 0)]
        raise ExecutionError(f"{step.place}: the kernel died here; it may have run out of memory.") from error
    outputs = []
    for step, cell in zip(source.steps, notebook.cells[1:], strict=True):
        found = _bundles(step, cell.outputs)
        if isinstance(step, Inline) and len(found) != 1:
            raise ExecutionError(f"{step.place}: the inline expression `{step.code}` gives no value to print.")
        outputs.append(found)
    return Results(source.path, tuple(outputs))


def execute_all(
    sources: Sequence[Source],
    folder_of: Callable[[Source], Path],
    done: Callable[[str], None],
    workers: int | None = None,
    root: Path | None = None,
    keep: Callable[[Results], None] = lambda _: None,
) -> list[Results]:
    """Run chapters side by side; `done` is called with each chapter's path as it ends, `keep` with what it printed.

    Raises:
        ExecutionError: some chapters failed; the message has a line for each.
    """
    results: dict[str, Results] = {}
    failures: dict[str, str] = {}
    kernels = Kernels()
    with ThreadPoolExecutor(max_workers=workers or os.cpu_count() or 1) as pool:
        running = {pool.submit(execute_chapter, s, folder_of(s), root, kernels): s for s in sources}
        try:
            for future in as_completed(running):
                path = running[future].path
                try:
                    results[path] = future.result()
                    keep(results[path])
                except ExecutionError as error:
                    failures[path] = str(error)
                done(path)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            kernels.stop()
            raise
    if failures:
        raise ExecutionError("\n".join(failures[s.path] for s in sources if s.path in failures))
    return [results[s.path] for s in sources]
