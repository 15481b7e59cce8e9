"""Provenance as it is printed: folds below tables and figures in HTML, and the entries of the list of all of them.

Both engines print these same texts; here is where they are escaped.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from itertools import takewhile
from pathlib import Path, PurePosixPath
from typing import Any

from publishing.findings import Found
from publishing.page_data import ZIP, page_files
from publishing.provenance import Document, Provenance, Shown, files_folder, meaning_words, value_words
from publishing.references import Scan, Typed
from publishing.source import Cell, Inline, Place

SHORT = 10  # characters of a hash; its title has all
MOST_KEYS = 6  # findings named in an entry of the list
_SENTENCES = re.compile(r"(?<=[.;]) (?=[A-Z0-9])")
_EMPTY = re.compile(r'(<div class="made-by"[^>]* data-made="([^"]+)"[^>]*>)[^<]*(</div>)')
_HAN = re.compile(r"([\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+)")


def _text(value: object) -> str:
    return _HAN.sub(r'<span lang="zh-CN">\1</span>', escape(str(value)))


def _code(value: object) -> str:
    return f"<code>{_text(value)}</code>"


def _hashes(files: Mapping[str, str]) -> str:
    items = [
        f'<li>{_code(name)} <code class="hash" title="SHA-256 {escape(value)}">{escape(value[:SHORT])}</code></li>'
        for name, value in sorted(files.items())
    ]
    return f"<ul>{''.join(items)}</ul>"


def _value(known: Mapping[str, Found], key: str) -> str:
    found = known.get(key)
    return f"{_code(key)} <strong>{_text(value_words(found))}</strong>" if found else f"{_code(key)} is found no more"


def _findings(known: Mapping[str, Found], keys: Iterable[str]) -> str:
    """Keys with value and meaning, by sample; what a specification shares with the one before it is left out."""
    samples: dict[str, list[str]] = {}
    for key in sorted(keys):
        samples.setdefault(known[key].sample if key in known else "", []).append(key)
    groups = []
    for sample, its_keys in samples.items():
        items, before = [], [""]
        for key in its_keys:
            sentences = _SENTENCES.split(known[key].specification) if key in known else []
            same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(sentences, before, strict=False)))
            words = " ".join(["…"] * bool(same) + sentences[same:])
            items.append(f"<li>{_value(known, key)} {_text(words)}</li>")
            before = sentences
        groups.append(f"<li>{_text(sample)}<ul>{''.join(items)}</ul></li>")
    return f'<ul class="found-list" tabindex="0">{"".join(groups)}</ul>'


def _entry(name: str, content: str) -> str:
    return f"<dt>{name}</dt><dd>{content}</dd>"


def _fold(summary: str, content: Iterable[str], extra: str = "") -> str:
    return (
        f'<details class="made"{extra} data-pagefind-ignore>\n<summary>{summary}</summary>\n'
        + "\n".join(content)
        + "\n</details>"
    )


def _documents(documents: Iterable[Document]) -> str:
    items = [
        f"<li>{_code(d.name)}, by {len(d.code)} {'module' if len(d.code) == 1 else 'modules'}</li>" for d in documents
    ]
    return f"<ul>{''.join(items)}</ul>"


def _cell_words(shown: Shown) -> str:
    return f"the cell at {_code(shown.step.place)}"


def fold(made: Provenance, shown: Shown) -> str:
    """The fold below a computed table or figure, as HTML."""
    function = shown.function
    by = (
        f"{_code(function.name)}, {_code(f'{function.file}:{function.line}')}; {_cell_words(shown)}"
        if function
        else _cell_words(shown)
    )
    content = ["<dl>", _entry("Made by", by)]
    if shown.csv_name:
        address = f"{files_folder(shown.chapter).name}/{shown.csv_name}"
        content.append(_entry("Numbers shown", f'<a href="{escape(address)}" download>CSV</a>'))
    documents = made.behind(shown)
    if documents:
        content.append(_entry("Computed in", _documents(documents)))
    data = made.data(shown)
    if data:
        earlier = ", read earlier in the chapter" if shown.earlier else ""
        content.append(_entry(f"Data{earlier}", _hashes(data)))
    content.append(_entry("Last revision of its inputs", _text(made.revision(shown))))
    if shown.findings:
        more = "; … stands for what the one before it says" if len(shown.findings) > 1 else ""
        content.append(_entry(f"Findings ({len(shown.findings)}{more})", _findings(made.known, shown.findings)))
    return _fold("How this was made", [*content, "</dl>"])


def _place(place: Place, chapter: str) -> str:
    return f"line {place.line}" if place.file == chapter else str(place)


def _in_prose(shown: Shown) -> bool:
    return shown.label is None and (isinstance(shown.step, Inline) or bool(shown.findings))


def _unfounded(shown: Shown) -> bool:
    return isinstance(shown.step, Inline) and not shown.findings


def _anchor(shown: Shown) -> str:
    return f"report-line-{shown.step.place.line}" if _unfounded(shown) else f"report-{shown.findings[0]}"


def link(shown: Shown) -> str | None:
    """The opening tag of the link from a number in prose to its entry in the page's list; none for cells."""
    if isinstance(shown.step, Cell) or not shown.ran:
        return None
    title = ", ".join(shown.findings) or shown.step.code
    return f'<a class="found" href="#{escape(_anchor(shown))}" title="{escape(title)}">'


def numbers(made: Provenance, chapter: str) -> str | None:
    """The fold at the end of a chapter that lists every number in its prose, as HTML; none where there is none."""
    prose = [shown for shown in made.shown[chapter] if _in_prose(shown) and shown.ran]
    if not prose:
        return None
    places: dict[str, list[str]] = {}
    for shown in prose:
        for key in shown.findings:
            held = places.setdefault(key, [])
            words = _place(shown.step.place, chapter)
            held += [words] if words not in held else []

    def item(key: str) -> str:
        meaning = f" {_text(meaning_words(made.known[key]))}" if key in made.known else ""
        where = f" <small>{_text(', '.join(places[key]))}</small>"
        return f'<li id="report-{escape(key)}">{_value(made.known, key)}{meaning}{where}</li>'

    content: list[str] = []
    for document in made.documents(places):
        own = [key for key in places if made.documents([key]) == [document]]
        revision = made.history.words([*document.data, *document.code])
        content += [
            f"<p>From {_code(document.name)}, last revision of its inputs: {_text(revision)}.</p>",
            _hashes(document.data),
            f'<ul class="found-list">{"".join(item(key) for key in sorted(own))}</ul>',
        ]
    gone = "".join(item(key) for key in places if not made.documents([key]))
    content += [f'<ul class="found-list">{gone}</ul>'] if gone else []
    others: dict[str, list[Shown]] = {}
    for shown in filter(_unfounded, prose):
        others.setdefault(_anchor(shown), []).append(shown)
    if others:
        files = {name: value for each in others.values() for shown in each for name, value in made.data(shown).items()}
        content.append("<p>From no finding:</p>")
        content.append(f'<ul class="found-list">{"".join(_other(*each) for each in others.items())}</ul>')
        content += ["<p>Data behind these:</p>", _hashes(files)] if files else []
    return _fold("Numbers in this chapter", content, ' id="report-numbers"')


def page_end(made: Provenance, chapter: str) -> str | None:
    """What stands at the end of a chapter's page: the list of its numbers, and the way to its data."""
    files = page_files(made, chapter)
    parts = [numbers(made, chapter)]
    if files:
        address = f"{files_folder(chapter).name}/{ZIP}"
        count = f"{len(files)} CSV {'file' if len(files) == 1 else 'files'}"
        parts.append(
            f'<p class="page-data"><a href="{escape(address)}" download>Data of this page</a> (ZIP, {count})</p>'
        )
    return "\n".join(filter(None, parts)) or None


def _other(anchor: str, shown: list[Shown]) -> str:
    codes = ", ".join(
        dict.fromkeys(
            _code(s.step.code) + (f" by {_code(f'{s.function.file}:{s.function.line}')}" if s.function else "")
            for s in shown
        )
    )
    return (
        f'<li id="{escape(anchor)}">{codes} <small>{_text(_place(shown[0].step.place, shown[0].chapter))}</small></li>'
    )


def _by(shown: Shown) -> str:
    return str(shown.function) if shown.function else f"the cell at {shown.step.place}"


def _by_hand(typed: Typed) -> str:
    return f"hand: {typed.file}, shown at {typed.place}" if typed.file else f"hand at {typed.place}"


def _codes(names: Iterable[str]) -> str:
    return ", ".join(map(_code, names))


def _made_words(entry: Mapping[str, Any], by: str) -> str:
    """The same words as in print, as HTML."""
    more = f" and {entry['more']} more" if entry["more"] else ""
    parts = [
        f"Made by {by}.",
        f"Findings: {_codes(entry['findings'])}{more}." if entry["findings"] else "",
        f"Data: {_codes(entry['data'])}." if entry["data"] else "",
        f"Last revision of its inputs: {_text(entry['revision'])}." if entry["revision"] else "",
    ]
    return " ".join(filter(None, parts))


def _computed(made: Provenance, shown: Shown) -> dict[str, Any]:
    keys = sorted(shown.findings)
    function = shown.function
    entry = {
        "id": shown.label,
        "caption": shown.caption,
        "by": _by(shown),
        "findings": keys[:MOST_KEYS],
        "more": max(len(keys) - MOST_KEYS, 0),
        "data": [f"{name} {value[:SHORT]}" for name, value in made.data(shown).items()],
        "revision": made.revision(shown),
    }
    by = f"{_code(function.name)} ({_code(f'{function.file}:{function.line}')})" if function else _cell_words(shown)
    return entry | {"html": _made_words(entry, by)}


def _typed(typed: Typed) -> dict[str, Any]:
    by = _by_hand(typed)
    entry: dict[str, Any] = {"id": typed.label, "caption": typed.caption, "by": by}
    entry |= {"findings": [], "more": 0, "data": [], "revision": ""}
    return entry | {"html": _made_words(entry, _text(by))}


def index(made: Provenance, scans: Sequence[Scan]) -> list[dict[str, Any]]:
    """An entry for each table and figure in the order of the book.

    `html` is what stands below its name on a page; the others are plain texts for print, which the engine escapes, but
    for `caption`, which is Markdown.
    """
    entries: list[dict[str, Any]] = []
    for found in scans:
        steps = made.shown[found.path]
        for one in found.floats:
            if isinstance(one, Typed):
                entries.append(_typed(one))
            elif steps[one].label:
                entries.append(_computed(made, steps[one]))
    return entries


def fill(made: Provenance, scans: Sequence[Scan], out: Path) -> None:
    """Put into the list on pages below `out` what stands below each name, which another program has left empty."""
    texts: dict[str, str] | None = None
    for page in made.shown:
        path = out / PurePosixPath(page).with_suffix(".html")
        before = path.read_text(encoding="utf-8") if path.is_file() else ""
        if not _EMPTY.search(before):
            continue
        texts = texts or {entry["id"]: entry["html"] for entry in index(made, scans)}
        after = _EMPTY.sub(lambda m: f"{m[1]}{texts.get(m[2], '')}{m[3]}", before)  # noqa: B023 used at once
        path.write_text(after, encoding="utf-8", newline="")
