"""Where what a book shows is from: the function, findings, data files and revision behind each cell and expression.

A kernel records what the steps of its chapter read (`bld/reads/<chapter>.json`, see `publishing.kernel.recorder`), and
a findings file says what it was made from. Here the two are put together.
"""

import ast
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

from publishing.executed import is_record
from publishing.executed import load as load_kept
from publishing.files import read_json
from publishing.findings import Found, load
from publishing.fingerprint import text_hash
from publishing.history import History, read_history
from publishing.kernel.recorder import frozen_record_of, record_of
from publishing.pipeline import tasks as pipeline_tasks
from publishing.project import Book
from publishing.source import Cell, Inline, Source

_OPTION = re.compile(r"\s*#\|")
_FLOAT = re.compile(r"(fig|tbl)-")


@dataclass(frozen=True)
class Document:
    """What a task of the pipeline made: its findings file if it has one, and hashes of its data and code by path."""

    name: str
    data: Mapping[str, str]
    code: Mapping[str, str]


@dataclass(frozen=True)
class Function:
    """A function that a step calls, and where it stands."""

    name: str
    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.name} ({self.file}:{self.line})"


@dataclass(frozen=True)
class Shown:
    """What one step of a chapter shows, and from what.

    `files` are data files that it read itself, with their SHA-256; `earlier` says that they were read by the steps
    before it, from which it has its data. `ran` is false where the step is not in the record of the last run.
    """

    step: Cell | Inline
    chapter: str
    function: Function | None = None
    findings: tuple[str, ...] = ()
    files: Mapping[str, str] | None = None
    earlier: bool = False
    csv: str | None = None
    ran: bool = False

    @property
    def label(self) -> str | None:
        """The label of a computed table or figure; none for all else."""
        label = self.step.label if isinstance(self.step, Cell) else None
        return label if label is not None and _FLOAT.match(label) else None

    @property
    def caption(self) -> str:
        """The caption of a table or figure, as Markdown."""
        options = self.step.options if isinstance(self.step, Cell) else {}
        return str(options.get("fig-cap") or options.get("tbl-cap") or "")

    @property
    def csv_name(self) -> str | None:
        """The address of its CSV below the folder of the chapter's files."""
        return re.sub(r"[^\w-]", "-", self.label) + ".csv" if self.label and self.csv is not None else None


def number_words(value: float) -> str:
    """A number with six significant digits at least, commas between thousands and a true minus."""
    shown = f"{value:,.0f}" if abs(value) >= 1e6 or float(value).is_integer() else f"{value:,.6g}"
    return shown.replace("-", "\N{MINUS SIGN}")


def read_lines(path: Path) -> list[str]:
    """The lines of a text file; none where it cannot be read."""
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return []


def value_words(found: Found) -> str:
    """The value with its unit."""
    return f"{number_words(found.value)} {found.unit}"


def meaning_words(found: Found) -> str:
    """What it is of and how it was come by."""
    return f"{found.sample}; {found.specification}"


def bare(code: str) -> str:
    """The code of a recorded step without its options, as `source_code` gives that of the source."""
    lines = code.strip().splitlines()
    while lines and _OPTION.match(lines[0]):
        del lines[0]
    return "\n".join(line.rstrip() for line in lines).strip()


def source_code(step: Cell | Inline) -> str:
    """The code of a step as kernels record it, engines wrapping expressions in brackets; without its options."""
    return bare(f"({step.code}\n)" if isinstance(step, Inline) else step.code)


def _matched(source: Source, steps: Sequence[Mapping[str, Any]]) -> Iterator[tuple[Cell | Inline, Mapping[str, Any]]]:
    """Each step of the source with its record; an empty record where it did not run."""
    codes = [bare(str(step["code"])) for step in steps]
    start = 0
    for step in source.steps:
        wanted = source_code(step)
        place = next((i for i in range(start, len(codes)) if codes[i] == wanted), None)
        yield step, {} if place is None else steps[place]
        start = start if place is None else place + 1


def _assigned(code: str, findings: Iterable[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Names that a cell gives to findings, by the keys that stand in the assigned expression."""
    try:
        tree = ast.parse(code)
    except SyntaxError:
        return
    heard = set(findings)
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            texts = (n.value for n in ast.walk(node.value) if isinstance(n, ast.Constant))
            keys = tuple(t for t in texts if isinstance(t, str) and t in heard)
            yield from ((t.id, keys) for t in node.targets if isinstance(t, ast.Name))


def _names(code: str) -> list[str]:
    try:
        return [node.id for node in ast.walk(ast.parse(code.strip())) if isinstance(node, ast.Name)]
    except SyntaxError:
        return []


def _function(root: Path, given: Mapping[str, Any] | None) -> Function | None:
    """The function of a step where it stands now: comments above it may have come or gone since the step ran."""
    if given is None:
        return None
    lines = read_lines(root / given["file"])
    place = 0
    module = PurePosixPath(given["file"]).with_suffix("").as_posix().replace("/", ".")
    for name in given["name"].removeprefix(f"{module}.").split("."):
        opens = re.compile(rf"\s*(?:async\s+def|def|class)\s+{re.escape(name)}\b")
        place = next((i for i in range(place, len(lines)) if opens.match(lines[i])), -1)
        if place < 0:
            return Function(given["name"], given["file"], given["line"])
    return Function(given["name"], given["file"], place + 1)


def _record(book: Book, source: Source, engine: str) -> dict[str, Any]:
    """What the kernel read that gave the results which the engine keeps, whatever ran and failed since."""
    kept = load_kept(book, source) if engine == "embedded" else None
    records = (
        kept.record if kept else None,
        read_json(frozen_record_of(book.root, source.path)) if engine == "quarto" else None,
        read_json(record_of(book.root, source.path)),
    )
    return next(filter(is_record, records), {"reads": {}, "steps": []})


def read_shown(book: Book, source: Source, engine: str) -> list[Shown]:
    """What each step of a chapter shows, as far as the record of the run tells that gave the engine's results."""
    record = _record(book, source, engine)
    findings_folder = book.settings.findings.rstrip("/") + "/"
    held: dict[str, tuple[str, ...]] = {}  # names that hold findings
    read: dict[str | None, dict[str, str]] = {}  # data files read so far, by the module of the function that read them
    shown: list[Shown] = []
    for step, found in _matched(source, record["steps"]):
        keys = list(found.get("findings", ()))
        keys += [key for name in _names(step.code) if isinstance(step, Inline) for key in held.get(name, ())]
        if isinstance(step, Cell):
            held |= dict(_assigned(step.code, keys))
        function = _function(book.root, found.get("function"))
        files = [name for name in found.get("files", ()) if not f"{name}/".startswith(findings_folder)]
        own = {name: record["reads"].get(name, "") for name in files}
        module = function.file if function else None
        behind = own
        if not own and not keys:  # tables are loaded once a chapter
            behind = read.get(module) or {f: h for each in read.values() for f, h in each.items()}
        read.setdefault(module, {}).update(own)
        shown.append(
            Shown(
                step=step,
                chapter=source.path,
                function=function,
                findings=tuple(dict.fromkeys(keys)),
                files=behind,
                earlier=bool(behind) and not own,
                csv=found.get("csv"),
                ran=bool(found),
            )
        )
    return shown


@dataclass(frozen=True)
class Provenance:
    """All that a book shows, with the findings and the history behind it."""

    book: Book
    shown: Mapping[str, Sequence[Shown]]

    @cached_property
    def known(self) -> dict[str, Found]:
        """All findings by key.

        Raises:
            FindingsError: a findings file cannot be read.
        """
        return load(self.book.root / self.book.settings.findings)

    @cached_property
    def history(self) -> History:
        """The history of the project's files."""
        return read_history(self.book.root, self.book.workshop)

    @cached_property
    def _documents(self) -> dict[str, Document]:
        """What findings files say that they were made from, by their names below the project."""
        found: dict[str, Document] = {}
        for path in sorted((self.book.root / self.book.settings.findings).glob("*.json")):
            content = read_json(path)
            made = content.get("made_from", {}) if isinstance(content, dict) else {}
            name = path.relative_to(self.book.root).as_posix()
            found[name] = Document(name, made.get("data", {}), made.get("code", {}))
        return found

    def _file(self, key: str) -> str:
        # A key starts with its design's name, which is its file's.
        return f"{self.book.settings.findings.rstrip('/')}/{key.partition('.')[0]}.json"

    @cached_property
    def _makers(self) -> dict[str, Document]:
        """For each file that the pipeline made, the findings file of the same task, or else the task."""
        makers: dict[str, Document] = {}
        for task in pipeline_tasks(self.book):
            found = next((self._documents[name] for name in task["produces"] if name in self._documents), None)
            depends = {name: value for name, value in task["depends"].items() if name not in self._documents}
            data = {name: value for name, value in depends.items() if not name.endswith(".py")}
            code = {name: value for name, value in depends.items() if name.endswith(".py")}
            makers |= dict.fromkeys(task["produces"], found or Document(task["name"], data, code))
        return makers

    def documents(self, keys: Iterable[str], files: Iterable[str] = ()) -> list[Document]:
        """What made these findings and these files, each once."""
        found = [self._documents[name] for name in {self._file(key) for key in keys} if name in self._documents]
        found += [self._makers[name] for name in files if name in self._makers]
        named = {document.name: document for document in found}
        return [named[name] for name in sorted(named)]

    def behind(self, shown: Shown) -> list[Document]:
        """The findings files behind what a step shows."""
        return self.documents(shown.findings, shown.files or ())

    def data(self, shown: Shown) -> dict[str, str]:
        """SHA-256 by path of the data files behind what a step shows, through findings or read by itself."""
        files = dict(shown.files or {})
        for document in self.behind(shown):
            files |= document.data
        return dict(sorted(files.items()))

    def inputs(self, shown: Shown) -> list[str]:
        """The files whose last revision counts: the function's module, and code and data behind the findings."""
        documents = self.behind(shown)
        own = [shown.function.file] if shown.function else [shown.step.place.file]
        return sorted({*own, *self.data(shown), *(name for d in documents for name in d.code)})

    def revision(self, shown: Shown) -> str:
        """The last revision that touched what a step shows, in words."""
        return self.history.words(self.inputs(shown))

    def floats(self) -> list[Shown]:
        """The computed tables and figures in the order of the book."""
        return [shown for steps in self.shown.values() for shown in steps if shown.label]


def read_provenance(book: Book, sources: Sequence[Source], engine: str) -> Provenance:
    """What the chapters show in the book that an engine, "embedded" or "quarto", makes."""
    return Provenance(book, {source.path: read_shown(book, source, engine) for source in sources})


def provenance_hash(book: Book, sources: Sequence[Source], engine: str) -> str:
    """SHA-256 of what pages tell of their making that is in no result: functions' lines, and last revisions."""
    made = read_provenance(book, sources, engine)
    printed = [s for steps in made.shown.values() for s in steps if s.ran and (s.label or isinstance(s.step, Inline))]
    functions = sorted({str(shown.function) for shown in printed})
    revisions = sorted({made.history.words(names) for names in {tuple(made.inputs(shown)) for shown in printed}})
    return text_hash(json.dumps([functions, revisions]))


def files_folder(chapter: str) -> PurePosixPath:
    """The folder beside a chapter's page for the files that belong to it, below the book's folder."""
    path = PurePosixPath(chapter).with_suffix("")
    return path.with_name(path.name + "_files")
