"""Record what a chapter's kernel reads: files, folders, local modules, and the findings that each step looks up.

Both engines run it, since it is started by a start-up file of IPython in this environment. A library that looks
findings up says so by `sys.audit("report.finding", key)`, an audit event, so that it need not know of this module.
"""

import ast
import importlib.metadata
import inspect
import linecache
import os
import pkgutil
import sys
import tokenize
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from publishing.files import read_json, write_json
from publishing.fingerprint import fingerprint

FINDING = "report.finding"
CHANGED_MEANWHILE = "changed between two runs"
# Folders that are made, or are no part of the book.
_PASSED_OVER = {"__pycache__", ".git", ".venv", ".quarto", "_freeze", ".pytask", "node_modules"}
_OWN = Path(__file__).resolve().parent.parent
# Python itself lists folders in its search for modules and packages; modules' files are told from sys.modules.
_IMPORTING = {"<frozen importlib._bootstrap_external>", importlib.metadata.__file__, pkgutil.__file__}
# It also reads their text, if no byte code is kept, and for tracebacks.
_LOADING = {*_IMPORTING, linecache.__file__, tokenize.__file__}
_WRITES = os.O_WRONLY | os.O_RDWR


@dataclass
class Step:
    """What one cell or inline expression read: files by path, findings by key; and the function it calls last.

    Its code tells which step of the chapter's source it is: engines number and mark steps each in their way.
    `csv` is what the object that it shows gives by a method `csv()`, the numbers shown, if it has one.
    """

    code: str
    files: list[str] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)
    function: dict[str, Any] | None = None
    csv: str | None = None


class Recorder:
    """What a kernel read so far, written to `target` after every step.

    Args:
        root: the project's folder; what lies outside does not count.
        target: the JSON file to write.
        findings: the folder of the findings.
        output: folders, relative to the project, that the build itself writes, whose files do not count.
        frozen: the record of what Quarto keeps of the chapter, to which this run adds.
    """

    def __init__(
        self, root: Path, target: Path, findings: Path, output: tuple[str, ...] = (), frozen: Path | None = None
    ) -> None:
        self.root, self.target, self.findings = root.resolve(), target, findings.resolve()
        self.frozen, self.before = frozen, _frozen_before(frozen)
        self.passed_over = tuple(self.root / name for name in output)
        self.reads: dict[str, str] = {}
        self.steps: list[Step] = []
        self.busy = False
        self.parent = os.getppid()

    def _name(self, value: object, *, as_text: bool = False) -> str | None:
        if not isinstance(value, str | bytes | os.PathLike):
            return None
        path = Path(os.path.abspath(os.fsdecode(value)))  # noqa: PTH100 a symbolic link counts by its own name
        if not path.is_relative_to(self.root) or path.is_relative_to(Path(sys.prefix)):
            return None
        if path.is_relative_to(_OWN) and not as_text:
            return None
        if any(path.is_relative_to(folder) for folder in self.passed_over):
            return None
        name = path.relative_to(self.root)
        return None if _PASSED_OVER & set(name.parts) else name.as_posix()

    def _note(self, value: object, *, loading: bool) -> None:
        # Modules are told from sys.modules: those that a cache of byte code gave are never opened. A chapter may read
        # the text of one as well.
        as_text = not loading and os.fsdecode(value).endswith(".py") if isinstance(value, str | os.PathLike) else False
        name = self._name(value, as_text=as_text)
        if name is None or name.endswith(".pyc") or (name.endswith(".py") and not as_text):
            return
        if name not in self.reads:
            self.reads[name] = fingerprint(self.root / name, self.findings)
        # The text of a module is no data.
        if self.steps and not as_text and name not in self.steps[-1].files:
            self.steps[-1].files.append(name)

    def hear(self, event: str, args: tuple[Any, ...]) -> None:
        """The audit hook."""
        if self.busy or not self.steps:
            return
        if event == FINDING:
            if args[0] not in self.steps[-1].findings:
                self.steps[-1].findings.append(str(args[0]))
            return
        reads = event == "open" and not (isinstance(args[2], int) and args[2] & _WRITES)
        lists = event in ("os.listdir", "os.scandir")
        if reads or lists:
            frame = sys._getframe().f_back
            caller = frame.f_code.co_filename if frame else ""
            if lists and caller in _IMPORTING:
                return
            self.busy = True
            try:
                self._note("." if args[0] is None else args[0], loading=caller in _LOADING)
            finally:
                self.busy = False

    def begin(self, info: Any) -> None:
        """Before a cell runs."""
        self.steps.append(Step(info.raw_cell))

    def end(self, result: Any) -> None:
        """After a cell ran: note the modules that are loaded by now and what was called, and write all."""
        from IPython import get_ipython

        self.busy = True
        try:
            self._note_modules()
            shell = get_ipython()
            if self.steps and shell is not None:
                self.steps[-1].function = self._called(self.steps[-1].code, shell.user_ns)
                self.steps[-1].csv = _csv(getattr(result, "result", None))
            self.write()
        finally:
            self.busy = False

    def each_expression(self, evaluate: Callable[[dict[str, str]], Any]) -> Callable[[dict[str, str]], Any]:
        """Wrap a shell's `user_expressions`, by which Quarto runs inline expressions, so that each is a step."""

        def run(expressions: dict[str, str]) -> dict[str, Any]:
            results: dict[str, Any] = {}
            for name, code in expressions.items():
                self.steps.append(Step(f"({code.strip()}\n)"))
                results |= evaluate({name: code})
                self.end(None)
            return results

        return run

    def _note_modules(self) -> None:
        for module in list(sys.modules.values()):
            name = self._name(getattr(module, "__file__", None))
            if name is not None and name.endswith(".py") and name not in self.reads:
                self.reads[name] = fingerprint(self.root / name)

    def _called(self, code: str, names: dict[str, Any]) -> dict[str, Any] | None:
        """Which function the last expression of a cell calls, with its file and line."""
        try:
            last = ast.parse(code).body[-1]
        except (SyntaxError, IndexError):
            return None
        value = last.value if isinstance(last, ast.Expr) else None
        if not isinstance(value, ast.Call):
            return None
        path = ast.unparse(value.func).split(".")
        found: Any = names.get(path[0])
        for name in path[1:]:
            found = getattr(found, name, None)
        if found is None:
            return None
        try:
            found = inspect.unwrap(found)
            file = self._name(inspect.getsourcefile(found))
            line = inspect.getsourcelines(found)[1]
        except (TypeError, OSError):
            return None
        return {"name": f"{found.__module__}.{found.__qualname__}", "file": file, "line": line} if file else None

    def write(self) -> None:
        """Write what was read, whole or not at all; nothing if the build is no more, since another may be under way."""
        if os.getppid() != self.parent:
            return
        record: dict[str, Any] = {"reads": self.reads, "steps": [vars(step) for step in self.steps]}
        write_json(self.target, record)
        if self.frozen is None:
            return
        # Quarto runs a chapter once for each format; what it keeps holds only while what any of the runs read holds.
        reads = dict(self.before.get("reads", {}))
        for name, digest in self.reads.items():
            reads[name] = digest if reads.get(name, digest) == digest else CHANGED_MEANWHILE
        write_json(self.frozen, {**self.before, **record, "reads": reads})


def _frozen_before(path: Path | None) -> dict[str, Any]:
    before = read_json(path) if path is not None else None
    return before if isinstance(before, dict) else {}


def _csv(shown: object) -> str | None:
    method = getattr(shown, "csv", None)
    given = method() if callable(method) and not isinstance(shown, type) else None
    return given if isinstance(given, str) else None


def chapter_of_kernel() -> tuple[Path, str] | None:
    """The project's folder and the chapter that this kernel runs, as the engine that started it says.

    The embedded engine sets REPORT_ROOT and REPORT_CHAPTER, Quarto QUARTO_PROJECT_ROOT and QUARTO_DOCUMENT_FILE.
    """
    root, chapter = os.environ.get("REPORT_ROOT"), os.environ.get("REPORT_CHAPTER")
    if root and chapter:
        return Path(root), chapter
    root, folder, file = (
        os.environ.get(f"QUARTO_{name}") for name in ("PROJECT_ROOT", "DOCUMENT_PATH", "DOCUMENT_FILE")
    )
    if not (root and folder and file):
        return None
    path = Path(root, folder, file).resolve()
    base = Path(root).resolve()
    return (base, path.relative_to(base).as_posix()) if path.is_relative_to(base) else None


def start() -> None:
    """Record what this kernel reads, if it runs a chapter of a book; the start-up file of IPython calls this."""
    from IPython import get_ipython

    from publishing.project import load_book

    shell, place = get_ipython(), chapter_of_kernel()
    if shell is None or place is None:
        return
    root, chapter = place
    book = load_book(root)
    outputs = (book.output_dir, "bld/reads", "bld/executed", "bld/frozen", "bld/fresh", "bld/previous")
    frozen = None if os.environ.get("REPORT_CHAPTER") else frozen_record_of(root, chapter)
    recorder = Recorder(root, record_of(root, chapter), root / book.settings.findings, outputs, frozen)
    sys.addaudithook(recorder.hear)
    shell.events.register("pre_run_cell", recorder.begin)
    shell.events.register("post_run_cell", recorder.end)
    shell.user_expressions = recorder.each_expression(shell.user_expressions)


def record_of(root: Path, chapter: str) -> Path:
    """Where the record of a chapter stands."""
    return root / "bld" / "reads" / f"{chapter}.json"


def frozen_record_of(root: Path, chapter: str) -> Path:
    """Where it is recorded what the results depend on that Quarto keeps of a chapter."""
    return root / "bld" / "frozen" / f"{chapter}.json"
