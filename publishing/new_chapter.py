"""A new chapter: its file, from the project's template, and its line in `_quarto.yml`."""

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any
from unicodedata import combining, normalize

import yaml

from publishing.build import read_sources
from publishing.errors import ConfigError
from publishing.files import write_bytes
from publishing.project import CONFIG, Book, Entry, entries_of
from publishing.references import scan

FOLDER = "chapters"
_LONGEST = 40  # characters of a file's name
_PLAIN = """\
# Title {#sec-template}

What does this chapter ask, and what does it find?

## What the figures say {#sec-template-evidence}

The evidence stands here.

## Limits {#sec-template-limits}

What the figures can't say stands here.
"""
_HEADING = re.compile(r"^# .*\{#sec-(?P<name>[\w-]+)\}[ \t]*$", re.MULTILINE)
_LABEL = re.compile(r"(?:\{#|^#\| *label: *)((?:fig|tbl|eq|sec)-[\w-]+)", re.MULTILINE)
_MARKUP = re.compile(r"([\\`*_{}\[\]<>#^~$@|!&])")
_REFERENCES = re.compile(r"^::: *\{#refs\}", re.MULTILINE)


@dataclass(frozen=True)
class New:
    """A chapter to be made: its file, its label, its text, the chapter that it follows, and `_quarto.yml` with it."""

    path: str
    label: str
    text: str
    after: str | None
    config: str


def slug(title: str) -> str:
    """A title as a name for files and labels: ASCII letters and digits, with hyphens; Chinese in pinyin.

    Raises:
        ConfigError: nothing is left of the title, or it has Chinese text and there is no pypinyin to spell it.
    """
    if re.search(r"[\u3400-\u9fff]", title):
        try:
            from pypinyin import lazy_pinyin
        except ImportError as error:
            raise ConfigError(
                f"the title {title!r} has Chinese text, and pypinyin, which spells it, is not installed (it comes "
                "with the extra `data`); give the file a name with --slug."
            ) from error
        title = " ".join(lazy_pinyin(title))
    plain = "".join(letter for letter in normalize("NFKD", title) if not combining(letter))
    words = re.findall(r"[a-z0-9]+", re.sub(r"['’]", "", plain).lower())
    if not words:
        raise ConfigError(f"the title {title!r} has no letters or digits for the file's name; give one with --slug.")
    name: str = words[0][:_LONGEST]
    for word in words[1:]:
        if len(name) + len(word) >= _LONGEST:
            break
        name += f"-{word}"
    return name


def escaped(title: str) -> str:
    """A title as Markdown that prints it; quotation marks and dashes become typographic ones, as in all text.

    Raises:
        ConfigError: the title is empty, has more than one line, has an address, which would be no link, or a shortcode.
    """
    if not title.strip():
        raise ConfigError('the title is empty; write it in quotation marks, as in: report new chapter "Roads".')
    if not title.isprintable():
        raise ConfigError(f"the title {title!r} has a line break or another sign that is not printed; leave it out.")
    if "://" in title:
        raise ConfigError(f"the title {title!r} has an address; an address stands in the text, as <https://...>.")
    if "{{<" in title:
        raise ConfigError(f"the title {title!r} has {{{{<, which Quarto takes for a shortcode however it is written.")
    return _MARKUP.sub(r"\\\1", " ".join(title.split()))


def _template(book: Book) -> str:
    name = book.settings.chapter_template
    if name is None:
        return _PLAIN
    where = f"pyproject.toml: [tool.report] chapter_template = {name!r}"
    try:
        text = (book.root / name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{where} cannot be read: {error}") from error
    if not _HEADING.search(text):
        raise ConfigError(f"{where} has no title with a label; its heading must have the form: # Title {{#sec-name}}")
    return text


def fill(template: str, title: str, name: str) -> str:
    """A template with a title, and with a name in the place of its own in every label."""
    heading = _HEADING.search(template)
    assert heading is not None  # noqa: S101 - `_template` has looked
    labels = re.compile(rf"\b(fig|tbl|eq|sec)-{re.escape(heading['name'])}\b")
    before, after = template[: heading.start()], template[heading.end() :]
    return labels.sub(rf"\1-{name}", before) + f"# {title} {{#sec-{name}}}" + labels.sub(rf"\1-{name}", after)


def _number(book: Book, appendix: bool) -> str:
    """The next number of a file's name: 01, 02, ... and A1, A2, ... for appendices."""
    letter = "A" if appendix else ""
    files = [PurePosixPath(entry.path).name for entry in book.entries]
    files += [path.name for path in (book.root / FOLDER).glob("*.qmd")]
    taken = [int(match[1]) for name in files if (match := re.match(rf"{letter}(\d+)-", name))]
    return f"{letter}{max(taken, default=0) + 1:0{1 if appendix else 2}}"


def _named(book: Book, name: str) -> Entry:
    """The chapter that is meant by a path, a file's name, or that without number and ending."""
    ways: dict[str, Entry] = {}
    for entry in book.entries:
        path = PurePosixPath(entry.path)
        for way in (re.sub(r"^A?\d+-", "", path.stem), path.stem, path.name, entry.path):
            ways[way] = entry
    if name not in ways:
        close = difflib.get_close_matches(name, ways, n=1, cutoff=0.4)
        hint = f"; did you mean {ways[close[0]].path}?" if close else f"; {CONFIG} lists the chapters."
        raise ConfigError(f"--after {name}: no such chapter{hint}")
    return ways[name]


def _has_references(book: Book, entry: Entry) -> bool:
    return bool(_REFERENCES.search((book.root / entry.path).read_text(encoding="utf-8")))


def _predecessor(book: Book, after: str | None, appendix: bool) -> str | None:
    """The chapter that the new one follows; None if it is the first appendix."""
    if after is not None:
        entry = _named(book, after)
        if entry.appendix != appendix:
            kind, what = ("an appendix", "add") if entry.appendix else ("no appendix", "leave out")
            raise ConfigError(f"--after {after}: {entry.path} is {kind}; {what} --appendix, or name another chapter.")
        return entry.path
    entries = [entry for entry in book.entries if entry.appendix == appendix]
    numbered = [e for e in entries if appendix or re.match(r"\d", PurePosixPath(e.path).name)]
    plain = [e for e in entries if not _has_references(book, e)]
    return next((found[-1].path for found in (numbered, plain) if found), None)


def _items(node: yaml.Node) -> Iterator[tuple[yaml.SequenceNode, yaml.ScalarNode]]:
    """Every chapter of a list, with the list that it stands in: that of a part, or the whole."""
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            if isinstance(item, yaml.ScalarNode):
                yield node, item
            elif isinstance(item, yaml.MappingNode):
                yield from _items(_child(item, "chapters") or item)


def _child(node: yaml.Node | None, name: str) -> yaml.Node | None:
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    return next((value for key, value in pairs if key.value == name), None)


def enter(text: str, path: str, after: str | None) -> str:
    """`_quarto.yml` with one more chapter, every other character as it was.

    Args:
        text: `_quarto.yml`.
        path: the chapter's file.
        after: the chapter that it follows; None for the first appendix.

    Raises:
        ConfigError: the list is in a form that cannot be added to.
    """
    by_hand = ConfigError(f"{CONFIG}: {path} could not be entered; add it to the list of chapters by hand.")
    book = _child(yaml.compose(text, Loader=yaml.SafeLoader), "book")
    lines = text.splitlines(keepends=True)
    ending = "\r\n" if lines and lines[0].endswith("\r\n") else "\n"
    if after is None:
        if book is None or _child(book, "appendices") is not None or book.start_mark.column == 0:
            raise by_hand
        # The last line of the book's settings that is not blank.
        last = book.end_mark.line if book.end_mark.column else book.end_mark.line - 1
        while last > book.start_mark.line and not lines[last].split("#")[0].strip():
            last -= 1
        indent = " " * book.start_mark.column
        new = [f"{indent}appendices:{ending}", f"{indent}  - {path}{ending}"]
        at = last + 1
    else:
        lists = [node for name in ("chapters", "appendices") if (node := _child(book, name)) is not None]
        found = next(((s, i) for node in lists for s, i in _items(node) if _same(i.value, after)), None)
        if found is None:
            raise by_hand
        sequence, item = found
        if sequence.flow_style:
            end = item.end_mark.index
            return f"{text[:end]}, {path}{text[end:]}"
        dash = re.match(r"[ \t]*-[ \t]+", lines[item.start_mark.line])
        if dash is None or dash.end() != item.start_mark.column:
            raise by_hand
        new = [f"{dash[0]}{path}{ending}"]
        at = item.end_mark.line + 1
    if at and not lines[at - 1].endswith("\n"):
        lines[at - 1] += ending
    return "".join([*lines[:at], *new, *lines[at:]])


def _same(one: str, other: str) -> bool:
    return PurePosixPath(one).as_posix() == other


def _check_entered(before: str, now: str, path: str, after: str | None) -> None:
    """Hold the new `_quarto.yml` against the old one: one more chapter, in its place, and nothing else."""
    then, found = yaml.safe_load(before), yaml.safe_load(now)
    old, new = (list(entries_of(config["book"])) for config in (then, found))
    paths, wanted = [entry.path for entry in new], [entry.path for entry in old]
    wanted.insert(wanted.index(after) + 1 if after else len(wanted), path)
    if paths != wanted or _without_chapters(then) != _without_chapters(found):
        raise ConfigError(f"{CONFIG}: {path} could not be entered without harm; add it to the list by hand.")


def _without_chapters(config: dict[str, Any]) -> dict[str, Any]:
    book = {name: value for name, value in config["book"].items() if name not in ("chapters", "appendices")}
    return config | {"book": book}


def plan(book: Book, title: str, *, appendix: bool = False, after: str | None = None, name: str | None = None) -> New:
    """What a new chapter will be; nothing is written.

    Args:
        book: the book as it is.
        title: the title, as it shall be printed.
        appendix: whether it is an appendix.
        after: the chapter that it follows, if not the last one.
        name: what its file and labels are called, if not after the title.

    Raises:
        ConfigError: title, name or place cannot be used, or a file or label of that name exists.
    """
    heading = escaped(title)
    name = name or slug(title)
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name):
        raise ConfigError(f"--slug {name}: allowed are small letters a to z and digits, joined by single hyphens.")
    predecessor = _predecessor(book, after, appendix)
    path = f"{FOLDER}/{_number(book, appendix)}-{name}.qmd"
    if (book.root / path).exists():
        raise ConfigError(f"{path} exists already; choose another title, or a name with --slug.")
    text = fill(_template(book), heading, name)
    homes = {found: s.path for s in scan(book, read_sources(book))[0] for found in s.ids}
    for label in _LABEL.findall(text):
        if label in homes:
            raise ConfigError(
                f"the label {label} stands in {homes[label]} already, and a label is unique in the book; choose "
                "another title, or a name with --slug."
            )
    with (book.root / CONFIG).open(encoding="utf-8", newline="") as stream:
        before = stream.read()
    config = enter(before, path, predecessor)
    _check_entered(before, config, path, predecessor)
    return New(path, f"sec-{name}", text, predecessor, config)


def make(root: Path, new: New) -> None:
    """Write a new chapter and enter it; if one cannot be done, neither is.

    Raises:
        ConfigError: the chapter's file exists meanwhile, or there is no writing.
    """
    file = root / new.path
    try:
        file.parent.mkdir(exist_ok=True)
        with file.open("x", encoding="utf-8") as stream:
            stream.write(new.text)
    except FileExistsError as error:
        raise ConfigError(f"{new.path} exists already; choose another title, or a name with --slug.") from error
    except OSError as error:
        raise ConfigError(f"{new.path} cannot be written: {error.strerror}.") from error
    try:
        write_bytes(root / CONFIG, new.config.encode())
    except OSError as error:
        file.unlink()
        raise ConfigError(f"{CONFIG} cannot be written: {error.strerror}; nothing was made.") from error
