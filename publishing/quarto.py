"""The engine of record: Quarto, where it is found and new enough."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from publishing.errors import EngineError
from publishing.executed import NEVER, UNRECORDED, is_record
from publishing.files import read_json, write_json
from publishing.fingerprint import text_hash
from publishing.freshness import Now, Reason, execution_base, execution_reasons
from publishing.guard import run_guarded
from publishing.kernel.recorder import frozen_record_of
from publishing.progress import Progress
from publishing.project import CONFIG, Book
from publishing.source import Cell, Source

NAME = "quarto"
OLDEST = (1, 9)
_FORMATS = {"html": "html", "pdf": "typst"}
_UNRESOLVED = re.compile(r"quarto-unresolved-ref|\?@(?:fig|tbl|eq|sec)-|>\?(?:fig|tbl|eq|sec)-")


@dataclass(frozen=True)
class Quarto:
    """A Quarto that was found: its program and version."""

    program: str
    version: str

    @property
    def new_enough(self) -> bool:
        """Whether it makes books with Typst."""
        numbers = tuple(int(n) for n in re.findall(r"\d+", self.version)[:2])
        return numbers >= OLDEST


def find_quarto() -> Quarto | None:
    """The Quarto on the path, of whatever version; none where there is none or it doesn't run."""
    program = shutil.which("quarto")
    if program is None:
        return None
    try:
        done = subprocess.run([program, "--version"], capture_output=True, text=True, check=False, timeout=60)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return None
    version = done.stdout.strip()
    return Quarto(program, version) if done.returncode == 0 and re.match(r"\d+\.\d+", version) else None


_ASKS = re.compile(
    r"<(?:script|img|iframe)\b[^>]*\bsrc=[\"']?(?:https?:)?//|<link\b[^>]*\brel=[\"']?stylesheet[^>]*\bhref=[\"']?(?:https?:)?//"
)

_STYLE_ASKS = re.compile(r"""(?:@import\s*(?:url\()?|url\()\s*["']?((?:https?:)?//[^"')\s]+)""")


def _last_words(output: str) -> str:
    return "\n".join([line.rstrip() for line in output.splitlines() if line.strip()][-15:])


def failure_in(output: str, sources: Sequence[Source]) -> str | None:
    """Which cell failed and why, if Quarto's output tells: the last chapter and cell that it named, and the error."""
    chapters = re.findall(r"^\[ *\d+/\d+\] (\S+)$", output, re.MULTILINE)
    numbers = re.findall(r"Cell (\d+)/\d+: ", output)
    _, stopped, report = output.partition("An error occurred while executing the following cell:")
    causes = re.findall(r"^\w*(?:Error|Exception|Interrupt|Exit|Warning)\b.*$", report, re.MULTILINE)
    source = next((s for s in sources if chapters and s.path == chapters[-1]), None)
    if source is None or not stopped or not causes or not numbers:
        return None
    from publishing.execute import failure_words

    cells = [step for step in source.steps if isinstance(step, Cell)]
    place = int(numbers[-1]) - 1
    return failure_words(cells[place], causes[-1].strip(), report) if place < len(cells) else None


def check_pages(out: Path) -> None:
    """Stop if a page has an unresolved reference or a cell's error stream, or asks the network for something.

    Raises:
        EngineError: one does; the message names the page.
    """
    for page in sorted(out.rglob("*.html")):
        text = page.read_text(encoding="utf-8")
        if _UNRESOLVED.search(text):
            raise EngineError(f"{page.relative_to(out)}: Quarto left a cross-reference unresolved.")
        if _ASKS.search(text):
            raise EngineError(
                f"{page.relative_to(out)}: the page asks the network for something. A cell that prints "
                "text/html makes Quarto do so; print Markdown, or a table as raw HTML within Markdown."
            )
        if "cell-output-stderr" in text:
            raise EngineError(
                f"{page.relative_to(out)}: a cell wrote to the error stream, and that stands in the page."
            )
    for style in sorted(out.rglob("*.css")):
        asked = _STYLE_ASKS.search(style.read_text(encoding="utf-8"))
        if asked:
            raise EngineError(
                f"{style.relative_to(out)}: the style asks the network for {asked[1]}. A theme may do so for its font: "
                "`$web-font-path: false;` in a style of the project's own stops it."
            )


def _frozen_base(book: Book, source: Source, now: Now) -> dict[str, str]:
    """What decides what Quarto keeps of a chapter: the text of its included files, and formats, stand in it too.

    Quarto itself looks at the chapter's own file.
    """
    settings = {name: book.config.get(name) for name in ("execute", "format", "jupyter")}
    base = execution_base(book, source, now) | {name: now.of(name) for name in source.files[1:]}
    return base | {f"{CONFIG}: execute and format": text_hash(json.dumps(settings, sort_keys=True, default=str))}


def frozen_folder(book: Book, chapter: str) -> Path:
    """Where Quarto keeps a chapter's results."""
    return book.root / "_freeze" / Path(chapter).with_suffix("")


def frozen_reasons(book: Book, source: Source, now: Now, stale: Mapping[str, Sequence[str]]) -> list[Reason]:
    """Why what Quarto keeps of a chapter does not hold; `stale` says of products of the pipeline why they are stale."""
    if not source.steps:
        return []
    record = read_json(frozen_record_of(book.root, source.path))
    if not isinstance(record, dict) or not isinstance(record.get("base"), dict):
        return [NEVER]
    if not frozen_folder(book, source.path).is_dir():
        return [NEVER]
    if not is_record(record):
        return [UNRECORDED]
    return execution_reasons(source, record["base"], _frozen_base(book, source, now), record, now, stale)


def drop_frozen(book: Book, sources: Sequence[Source], progress: Progress) -> list[str]:
    """Drop what Quarto keeps of exactly the chapters that are stale, saying why; returns their paths."""
    now = Now(book)
    dropped = []
    for source in sources:
        why = frozen_reasons(book, source, now, {})
        if not why:
            continue
        dropped.append(source.path)
        progress.say(f"  {source.path} is executed: {'; '.join(map(str, why))}")
        folder = frozen_folder(book, source.path)
        if folder.exists():
            shutil.rmtree(folder)
        write_json(frozen_record_of(book.root, source.path), {"base": _frozen_base(book, source, now)})
    now.keep()
    return dropped


def render(
    book: Book, quarto: Quarto, sources: Sequence[Source], out: Path, formats: Sequence[str], progress: Progress
) -> None:
    """Render the book with Quarto into `out`.

    Raises:
        EngineError: Quarto failed, or left something unresolved.
    """
    targets = ["--to", _FORMATS[formats[0]]] if len(formats) == 1 else []
    command = [
        sys.executable,
        "-m",
        "publishing.guard",
        quarto.program,
        "render",
        "--output-dir",
        os.path.relpath(out, book.root),
        *targets,
    ]
    # The hook would check and bring up to date again what the build has just done.
    environment = os.environ | {
        "QUARTO_PYTHON": sys.executable,
        "REPORT_PREPARED": "1",
        "PYTHONHASHSEED": "0",
    }
    environment["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), environment.get("PATH", "")])
    with progress.step("quarto"):
        done = run_guarded(command, book.root, subprocess.PIPE, environment)
    output = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout)
    log = book.workshop / "quarto.log"
    log.write_text(output, encoding="utf-8")
    if done.returncode != 0:
        words = failure_in(output, sources) or f"Quarto {quarto.version} failed:\n{_last_words(output)}"
        raise EngineError(f"{words}\n(the whole output is in {log.relative_to(book.root)})")
    check_pages(out)
