"""Cross-references, citation keys and links, resolved before anything is rendered."""

import difflib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote

from publishing.errors import UnresolvedError
from publishing.files import read_json, write_json
from publishing.fingerprint import file_hash, text_hash
from publishing.press import READER, press_hash, run_pandoc
from publishing.project import Book
from publishing.source import CELL_CLASS, INLINE_CLASS, Cell, Place, Source

PREFIXES = ("fig", "tbl", "eq", "sec")
_REFERENCE = re.compile(rf"({'|'.join(PREFIXES)})-")
_COMMENT = re.compile(r"<!--(?:(?!-->).)*-->", re.DOTALL)
SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:|//")
# What a browser reads over in an address, so that "java\tscript:" is one too.
_PASSED_OVER = re.compile(r"[\x00-\x20]")
# What pandoc found in chapters and bibliographies, by their content.
_KEPT = "press/scans.json"
_ALLOWED = ("https://", "http://", "mailto:")


def is_reference(name: str) -> bool:
    """Whether an id that is cited is a cross-reference rather than a key of the bibliography."""
    return _REFERENCE.match(name) is not None


@dataclass(frozen=True)
class Fault:
    """Something that points nowhere, and where it stands; `kind` is "reference", "citation", "form" or "words"."""

    place: Place
    message: str
    kind: str = "reference"

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"


@dataclass(frozen=True)
class Typed:
    """A table or figure in the text itself: its label, its caption as Markdown, the file of a figure, and its place."""

    label: str
    caption: str
    file: str
    place: Place


@dataclass(frozen=True)
class Scan:
    """What a chapter refers to and defines: citation ids, element ids, link targets, and oddities.

    `claims` are the conditions in its text, each with its sentence, in pandoc's order. `floats` are the tables and
    figures in the text itself and, by their numbers among the steps, its cells, in the order in which they stand.
    `silent` are the files of pictures without alternative text.
    """

    path: str
    cites: tuple[str, ...]
    ids: tuple[str, ...]
    links: tuple[str, ...]
    images: tuple[str, ...]
    stray: tuple[str, ...]
    raw: tuple[str, ...]
    titles: int
    unnumbered: bool
    claims: tuple[tuple[str, str], ...] = ()
    floats: tuple[int | Typed, ...] = ()
    silent: tuple[str, ...] = ()


def scan(book: Book, sources: Sequence[Source]) -> tuple[list[Scan], set[str]]:
    """What each chapter refers to and defines, and the keys of the bibliography.

    What pandoc found is kept in the book's workshop, and only what has changed since is read again.
    """
    kept_path = book.workshop / _KEPT
    chapters = [{"path": s.path, "text": s.text, "captions": _captions(s)} for s in sources]
    bibliography = [book.root / name for name in book.bibliography]
    names = [_kept_name("chapter", json.dumps(chapter, sort_keys=True)) for chapter in chapters]
    keys_name = _kept_name("keys", *(f"{path}\n{file_hash(path)}" for path in bibliography))
    kept = read_json(kept_path)
    known: dict[str, Any] = kept if isinstance(kept, dict) else {}
    unread = {name: chapter for name, chapter in zip(names, chapters, strict=True) if name not in known}
    if unread or keys_name not in known:
        manifest = {
            "task": "scan",
            "reader": READER,
            "cell_class": CELL_CLASS,
            "inline_class": INLINE_CLASS,
            "bibliography": [str(path) for path in bibliography] if keys_name not in known else [],
            "chapters": list(unread.values()),
        }
        answer = json.loads(run_pandoc(manifest))
        known |= dict(zip(unread, answer["chapters"], strict=True))
        known.setdefault(keys_name, answer["keys"])
        write_json(kept_path, {name: known[name] for name in (*names, keys_name)})
    scans = []
    for name, source in zip(names, sources, strict=True):
        found = known[name]
        labels = [step.label for step in source.steps if isinstance(step, Cell) and step.label]
        scans.append(
            Scan(
                path=source.path,
                cites=tuple(found["cites"]),
                ids=(*found["ids"], *labels),
                links=tuple(found["links"]),
                images=tuple(found["images"]),
                stray=tuple(found["stray"]),
                raw=tuple(found["raw"]),
                titles=int(found["titles"]),
                unnumbered=bool(found.get("unnumbered", False)),
                claims=tuple((c["claim"], _with_code(c["sentence"], source)) for c in found["claims"]),
                floats=tuple(_float(f, source) for f in found["floats"]),
                silent=tuple(found["silent"]),
            )
        )
    return scans, set(known[keys_name])


def _float(found: Mapping[str, Any], source: Source) -> int | Typed:
    if "step" in found:
        return int(found["step"])
    place = source.find(rf"#{re.escape(found['label'])}(?![\w-])")
    file = join(source.path, unquote(found["file"])) if found["file"] else ""
    return Typed(found["label"], found["caption"], file, place)


def _kept_name(*parts: str) -> str:
    return text_hash("\n".join([press_hash(), INLINE_CLASS, *parts]))


def _with_code(sentence: str, source: Source) -> str:
    """A sentence in which each inline expression stands as the author wrote it."""
    return re.sub("\ue000(\\d+)\ue001", lambda m: f"`{source.steps[int(m[1])].code}`", sentence)


def _captions(source: Source) -> list[str]:
    cells = [step for step in source.steps if isinstance(step, Cell)]
    return [str(cell.options[name]) for cell in cells for name in ("fig-cap", "tbl-cap") if name in cell.options]


def _mentioned_at(source: Source, mention: str) -> Place:
    """The place of the first cell whose options match, or of the first prose line."""
    for step in source.steps:
        if isinstance(step, Cell) and any(re.search(mention, str(value)) for value in step.options.values()):
            return step.place
    return source.find(mention)


def _hint(name: str, known: Iterable[str], mark: str) -> str:
    close = difflib.get_close_matches(name, sorted(known), n=2, cutoff=0.5)
    return f"; did you mean {' or '.join(mark + c for c in close)}?" if close else ""


def _unresolved(source: Source, found: Scan, labels: set[str], keys: set[str]) -> Iterable[Fault]:
    for name in dict.fromkeys(found.cites):
        place = _mentioned_at(source, rf"@\{{?{re.escape(name)}(?![\w-])")
        if _REFERENCE.match(name):
            if name not in labels:
                yield Fault(place, f"unknown cross-reference @{name}{_hint(name, labels, '@')}")
        elif name not in keys:
            known = {*keys, *labels}
            yield Fault(place, f"unknown citation key @{name}{_hint(name, known, '@')}", "citation")


def _dead_links(book: Book, source: Source, found: Scan, ids: dict[str, set[str]]) -> Iterable[Fault]:
    pages = {entry.path for entry in book.entries}
    for target in dict.fromkeys(found.links):
        if not target:
            continue
        place = _mentioned_at(source, re.escape(target))
        address = _PASSED_OVER.sub("", target)
        if SCHEME.match(address):
            if target in found.images:
                yield Fault(place, f"the picture {target[:60]} is no file of the project; copy it into the project")
            elif not address.lower().startswith(_ALLOWED):
                yield Fault(place, f"the link to {target[:60]} is not allowed; allowed are {', '.join(_ALLOWED)}")
            continue
        name, _, anchor = unquote(target).partition("#")
        full = source.path if not name else join(source.path, name)
        if full in pages:
            if anchor and anchor not in ids[full]:
                yield Fault(place, f"the link to #{anchor} in {full} points nowhere{_hint(anchor, ids[full], '#')}")
        elif full.endswith(".qmd"):
            yield Fault(place, f"the link to {name} points to no chapter of this book{_hint(full, pages, '')}")
        elif not (book.root / full).resolve().is_relative_to(book.root.resolve()):
            yield Fault(place, f"{name} lies outside the project; a book is made of its own files only")
        elif not (book.root / full).is_file():
            yield Fault(place, f"{name} does not exist (looked for {full})")


def _without_words(source: Source, found: Scan) -> Iterable[Fault]:
    """Figures without alternative text: the PDF is for readers who hear it too, and isn't printed without."""
    wanted = "no alternative text; say in fig-alt what a reader would see"
    for step in source.steps:
        if not isinstance(step, Cell) or not step.label or not step.label.startswith("fig-"):
            continue
        if not str(step.options.get("fig-alt") or "").strip():
            yield Fault(step.place, f"the figure {step.label} has {wanted}", "words")
    labels = {f.file: f.label for f in found.floats if isinstance(f, Typed)}
    for name in dict.fromkeys(found.silent):
        label = labels.get(join(source.path, unquote(name)), name)
        yield Fault(source.find(re.escape(name)), f"the figure {label} has {wanted}", "words")


def join(chapter: str, name: str) -> str:
    """The path below the project of a file that a chapter names, by its own folder or, after a slash, by the root."""
    parts: list[str] = []
    base = PurePosixPath(name) if name.startswith("/") else PurePosixPath(chapter).parent / name
    for part in base.parts:
        if part == "..":
            if parts and parts[-1] != "..":
                parts.pop()
            else:
                parts.append(part)
        elif part not in ("/", "."):
            parts.append(part)
    return "/".join(parts)


def faults(book: Book, sources: Sequence[Source], scans: Sequence[Scan], keys: set[str]) -> list[Fault]:
    """Everything in the book's text that points nowhere, in the order of the chapters."""
    ids = {s.path: set(s.ids) for s in scans}
    labels = {name for found in scans for name in found.ids if _REFERENCE.match(name)}
    seen: dict[str, str] = {}
    result: list[Fault] = []
    has_refs = any("refs" in found.ids for found in scans)
    for source, found in zip(sources, scans, strict=True):
        result += _unresolved(source, found, labels, keys)
        result += _dead_links(book, source, found, ids)
        result += _without_words(source, found)
        for name in found.ids:
            if not _REFERENCE.match(name):
                continue
            place = next(
                (s.place for s in source.steps if isinstance(s, Cell) and s.label == name),
                source.find(rf"#{re.escape(name)}(?![\w-])"),
            )
            if name in seen:
                result.append(
                    Fault(
                        place,
                        f"the label {name} stands in {seen[name]} already; a label is unique in the book",
                    )
                )
            seen.setdefault(name, source.path)
        for code in found.stray:
            result.append(
                Fault(
                    source.find(r"`\{python\}"),
                    f"the inline expression {code!r} must stand on one line, between single backticks",
                    "form",
                )
            )
        for text in found.raw:
            if _COMMENT.fullmatch(text.strip()):
                continue  # prints nothing in either engine
            first = re.escape(text.strip().splitlines()[0][:40]) if text.strip() else ""
            result.append(
                Fault(
                    source.find(first),
                    f"raw markup {text.strip()[:40]!r}; write Markdown, which both engines print",
                    "form",
                )
            )
        if found.titles != 1:
            result.append(
                Fault(
                    Place(source.path, 1),
                    f"found {found.titles} headings of the first level; a chapter has one, its title",
                    "form",
                )
            )
        if any(not _REFERENCE.match(name) for name in found.cites) and not has_refs:
            result.append(
                Fault(
                    source.find("@"),
                    "a citation, but no chapter has the place for the references: lines `::: {#refs}` and `:::`",
                    "form",
                )
            )
            has_refs = True  # said once
    return result


def check_references(book: Book, sources: Sequence[Source]) -> list[Scan]:
    """Stop unless every reference, key and link of the book resolves; returns what each chapter holds.

    Raises:
        UnresolvedError: some do not; the message has a line for each, with file and line number.
    """
    scans, keys = scan(book, sources)
    found = faults(book, sources, scans, keys)
    if found:
        raise UnresolvedError("\n".join(str(fault) for fault in found))
    return scans
