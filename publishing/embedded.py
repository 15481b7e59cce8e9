"""The embedded engine: the book as HTML and PDF with packages from the Python index alone."""

import base64
import ctypes
import json
import re
import shutil
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib import metadata
from pathlib import Path, PurePosixPath
from typing import Any, Final
from urllib.parse import unquote

import pypandoc
import typst

from publishing.errors import EngineError, ExecutionError
from publishing.executed import update
from publishing.fingerprint import text_hash
from publishing.fonts import Font, Fonts, book_fonts, families, fonts_folder
from publishing.page_data import write_data
from publishing.press import READER, folds, press_hash, run_pandoc
from publishing.progress import Progress
from publishing.project import Book
from publishing.provenance import Provenance, files_folder, read_provenance
from publishing.references import SCHEME, Scan, join
from publishing.results import Bundle, Results
from publishing.site import write_assets, write_index
from publishing.source import CELL_CLASS, INLINE_CLASS, Cell, Inline, Source

NAME = "embedded"
BUILT_IN_FONT = "Libertinus Serif"  # the Typst compiler carries it
# A tagged PDF that can be read by ear: the whole book is held to it, and not printed otherwise.
PDF_STANDARD: Final = "ua-1"
_MIME_ORDER = ("image/svg+xml", "image/png", "text/markdown", "text/plain")


def version() -> str:
    """What the engine is made of, for the record of a build."""
    return f"pandoc {pypandoc.get_pandoc_version()}, typst {metadata.version('typst')}"


def _file_name(step: Cell, number: int, count: int) -> str:
    stem = re.sub(r"[^\w-]", "-", step.label) if step.label else f"cell-{step.place.line}"
    return stem if count == 1 else f"{stem}-{number + 1}"


def _output(bundle: Bundle, step: Cell, name: str, folder: PurePosixPath, out: Path) -> dict[str, str]:
    if "text/html" in bundle:
        raise ExecutionError(
            f"{step.place}: the cell prints text/html, for which Quarto's pages would load scripts from the network; "
            "print Markdown, or a table as raw HTML within Markdown."
        )
    mime = next((m for m in _MIME_ORDER if m in bundle), None)
    if mime is None:
        raise ExecutionError(
            f"{step.place}: the cell prints {', '.join(bundle)}; allowed are {', '.join(_MIME_ORDER)}."
        )
    content = bundle[mime]
    text = "".join(content) if isinstance(content, list) else str(content)
    if not mime.startswith("image/"):
        return {"kind": "markdown" if mime == "text/markdown" else "text", "text": text}
    alt = str(step.options.get("fig-alt") or "")
    if not alt.strip():
        raise ExecutionError(
            f"{step.place}: the cell prints a picture without alternative text; say in fig-alt what a reader would see."
        )
    src = folder / f"{name}.{'svg' if mime == 'image/svg+xml' else 'png'}"
    path = out / src
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if mime == "image/svg+xml" else base64.b64decode(text))
    return {"kind": "image", "src": f"/{src}", "alt": alt}


def _inline_text(step: Inline, bundle: Bundle) -> str:
    if "text/markdown" in bundle:
        return str(bundle["text/markdown"])
    value = str(bundle.get("text/plain", ""))
    if re.match(r"np\.\w+\(", value):
        raise ExecutionError(f"{step.place}: `{step.code}` gives {value}, a NumPy scalar; give a number with its unit.")
    if value[:1] in "'\"" and value[-1:] == value[:1]:
        value = value[1:-1]
    if re.search(r"[$@]", value):
        raise ExecutionError(
            f"{step.place}: `{step.code}` gives the bare text {value!r}, in which Quarto would read $ and @ as markup; "
            "give an object whose Markdown form is escaped."
        )
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", value)


def _steps(book: Book, source: Source, results: Results, out: Path) -> list[dict[str, Any]]:
    folder = files_folder(source.path)
    steps: list[dict[str, Any]] = []
    for step, bundles in zip(source.steps, results.outputs, strict=True):
        if isinstance(step, Inline):
            steps.append({"text": _inline_text(step, bundles[0])})
            continue
        shown = bundles if step.options.get("include", True) else ()
        outputs = [
            _output(bundle, step, _file_name(step, i, len(shown)), folder, out) for i, bundle in enumerate(shown)
        ]
        if step.label and not outputs and re.match(r"(fig|tbl)-", step.label):
            raise ExecutionError(
                f"{step.place}: cell {step.label} prints nothing, so there is nothing to put a caption to."
            )
        steps.append(
            {
                "label": step.label,
                "caption": str(step.options.get("fig-cap") or step.options.get("tbl-cap") or ""),
                "echo": bool(step.options.get("echo", book.echo)) and bool(step.options.get("include", True)),
                "code_fold": bool(step.options.get("code-fold", book.code_fold)),
                "code": step.code,
                "outputs": outputs,
            }
        )
    return steps


def _with_folds(made: Provenance, source: Source, steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    for step, shown in zip(steps, made.shown[source.path], strict=True):
        step |= {"fold": folds.fold(made, shown) if shown.label else None, "link": folds.link(shown)}
    return steps


def chapter_numbers(book: Book, scans: Sequence[Scan]) -> list[str | None]:
    """The number of each chapter: 1, 2, ... and A, B, ... for appendices; none where the title says unnumbered."""
    numbers: list[str | None] = []
    counts = {False: 0, True: 0}
    for entry, found in zip(book.entries, scans, strict=True):
        if found.unnumbered:
            numbers.append(None)
            continue
        counts[entry.appendix] += 1
        count = counts[entry.appendix]
        numbers.append(chr(ord("A") + count - 1) if entry.appendix else str(count))
    return numbers


def _copy_linked_files(book: Book, scans: Sequence[Scan], out: Path) -> None:
    for found in scans:
        for target in found.links:
            name = unquote(target).partition("#")[0]
            if not name or SCHEME.match(target) or name.endswith(".qmd"):
                continue
            path = join(found.path, name)
            (out / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(book.root / path, out / path)


def _families(first: Iterable[Font], fonts: Fonts) -> list[str]:
    """Families in the order in which Typst looks for a character."""
    return [*families(first), BUILT_IN_FONT, *families(fonts.others)]


def _first_words(error: typst.TypstError) -> str:
    """The first of Typst's complaints, with the passage of the book that it is about; it has one for each place."""
    diagnostic = re.split(r"\n\s*\n", str(getattr(error, "diagnostic", "") or "").strip())[0]
    return "\n".join(line[:400] for line in (diagnostic or str(error)).removeprefix("error: ").splitlines())


def _give_memory_back() -> None:
    """Have the C library return what is free, as glibc does not of itself: Typst needs much memory next."""
    if sys.platform == "linux" and (trim := getattr(ctypes.CDLL(None), "malloc_trim", None)):
        trim(0)


def _print_pdf(book: Book, out: Path, typst_source: str) -> None:
    try:
        typst.compile(
            str(out / typst_source),
            output=str(out / f"{book.output_file}.pdf"),
            root=str(out),
            font_paths=[str(fonts_folder(book))],
            ignore_system_fonts=True,
            pdf_standards=[PDF_STANDARD],
        )
    except typst.TypstError as error:
        words = _first_words(error)
        hint = (
            "\nName a package with a font that has it in pyproject.toml: [tool.report.fonts] others."
            if "could not be displayed with font" in words
            else ""
        )
        raise EngineError(f"Typst could not print the PDF: {words}{hint}") from error


def render(
    book: Book,
    sources: Sequence[Source],
    scans: Sequence[Scan],
    out: Path,
    formats: Sequence[str],
    progress: Progress,
    desk: Path,
) -> None:
    """Execute the chapters that are stale, and print the book into the empty folder `out`.

    What was printed before and holds is kept in the folder `desk`.

    Raises:
        ExecutionError: a cell or an inline expression failed.
        EngineError: pandoc, Typst or Pagefind failed.
    """
    results = update(book, sources, progress)
    numbers = chapter_numbers(book, scans)
    made = read_provenance(book, sources, NAME)
    fonts = book_fonts(book)
    typst_source = "book.typ"
    with progress.step("pages"):
        chapters = [
            {
                "path": source.path,
                "page": entry.page,
                "part": entry.part,
                "appendix": entry.appendix,
                "number": number,
                "text": source.text,
                "steps": _with_folds(made, source, _steps(book, source, result, out)),
                "numbers": folds.page_end(made, source.path),
            }
            for entry, source, number, result in zip(book.entries, sources, numbers, results, strict=True)
        ]
        for chapter in chapters:
            parts = [chapter[name] for name in ("text", "steps", "numbers")]
            chapter["key"] = text_hash(json.dumps(parts, sort_keys=True))
        kept = desk / "press" / "kept"
        kept.mkdir(parents=True, exist_ok=True)
        for entry in book.entries:
            (out / entry.page).parent.mkdir(parents=True, exist_ok=True)
        manifest = {
            "task": "print",
            "press": press_hash(),
            "kept": str(kept),
            "reader": READER,
            "cell_class": CELL_CLASS,
            "inline_class": INLINE_CLASS,
            "title": book.title,
            "subtitle": book.subtitle,
            "authors": list(book.authors),
            "lang": book.lang,
            "bibliography": [str(book.root / name) for name in book.bibliography],
            "out": str(out),
            "html": "html" in formats,
            "typst": typst_source if "pdf" in formats else None,
            "pdf": f"{book.output_file}.pdf" if "pdf" in formats else None,
            "search": True,
            "fonts": _families(fonts.text, fonts),
            "heading_fonts": _families(fonts.headings or fonts.text, fonts),
            "chapters": chapters,
            "made": folds.index(made, scans),
        }
        used = set(json.loads(run_pandoc(manifest)))
        for path in kept.iterdir():
            if path.name not in used:
                path.unlink()
        _copy_linked_files(book, scans, out)
        if "html" in formats:
            write_data(made, out)
            write_assets(book, out, desk)
    del results, chapters, manifest
    _give_memory_back()
    # Typst works on one core while the pages get their index on another.
    with ThreadPoolExecutor(max_workers=1) as press:
        printed = press.submit(_print_pdf, book, out, typst_source) if "pdf" in formats else None
        if "html" in formats:
            with progress.step("search"):
                write_index(out)
        if printed:
            with progress.step("PDF"):
                printed.result()
                (out / typst_source).unlink()
