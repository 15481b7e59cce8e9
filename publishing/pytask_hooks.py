"""What pytask holds a module to: its code, not its bytes, so that a comment or a docstring re-runs no task."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytask
from pytask import PathNode, Task, hookimpl
from pytask.tree_util import tree_map

from publishing.fingerprint import code_hash

# The tasks that make these are run whatever pytask thinks; `run_pipeline` says which.
forced: set[Path] = set()


def _state(path: Path) -> str | None:
    return code_hash(path) if path.is_file() else None


@dataclass(kw_only=True)
class CodeNode(PathNode):
    """A module that a task depends on."""

    def state(self) -> str | None:
        """The hash of its syntax tree without docstrings; None if there is no such file."""
        return _state(Path(str(self.path)))


@dataclass(kw_only=True)
class CodeTask(Task):
    """A task that counts by the code of the module it stands in."""

    def state(self) -> str | None:
        """The hash of the module's syntax tree, which is made another where the task is to be run in any case."""
        state = _state(self.path)
        return f"{state} forced" if self.attributes.get("forced") else state


def _paths(nodes: Any) -> set[Path]:
    return {Path(str(node.path)) for node in pytask.tree_util.tree_leaves(nodes) if isinstance(node, pytask.PPathNode)}


def _by_code(node: Any) -> Any:
    if type(node) is PathNode and node.path.suffix == ".py":
        return CodeNode(name=node.name, path=node.path, attributes=node.attributes)
    return node


@hookimpl(wrapper=True)
def pytask_collect_task() -> Any:
    """Let collected tasks and the modules they depend on count by their code."""
    task = yield
    if type(task) is not Task:
        return task
    found = CodeTask(
        base_name=task.base_name,
        path=task.path,
        function=task.function,
        depends_on={name: tree_map(_by_code, nodes) for name, nodes in task.depends_on.items()},
        produces=task.produces,
        markers=task.markers,
        report_sections=task.report_sections,
        attributes=task.attributes,
    )
    if forced & _paths(found.produces):
        found.attributes["forced"] = True
    return found


@hookimpl(tryfirst=True)
def pytask_execute_task(session: Any, task: Any) -> None:
    """A forced task that is being run has its own state again, which is what is recorded."""
    if not session.config["dry_run"]:
        task.attributes.pop("forced", None)
