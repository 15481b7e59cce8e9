"""The book as its project files describe it: `_quarto.yml`, and `[tool.report]` in `pyproject.toml`."""

import tomllib
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from publishing.errors import ConfigError, yaml_fault
from publishing.outside import is_inside, outside_faults

CONFIG = "_quarto.yml"
FORMATS = ("html", "pdf")


@dataclass(frozen=True)
class Entry:
    """A chapter's place in the book; `path` is relative to the project, with forward slashes."""

    path: str
    part: str | None = None
    appendix: bool = False

    @property
    def page(self) -> str:
        """The page's address below the output folder."""
        return str(PurePosixPath(self.path).with_suffix(".html"))


@dataclass(frozen=True)
class FontSettings:
    """`[tool.report.fonts]`: packages with the fonts of the text, of headings and tables, and of what those lack."""

    text: str | None
    headings: str | None
    others: tuple[str, ...]


@dataclass(frozen=True)
class Settings:
    """`[tool.report]`: where a project keeps what publishing works on."""

    pipeline: str | None
    findings: str
    source_notes: str | None
    inputs: tuple[str, ...]
    fonts: FontSettings
    commands: dict[str, str]
    chapter_template: str | None = None


@dataclass(frozen=True)
class Book:
    """A Quarto book project; `config` is `_quarto.yml` as read."""

    root: Path
    title: str
    subtitle: str | None
    authors: tuple[str, ...]
    lang: str
    output_file: str
    output_dir: str
    entries: tuple[Entry, ...]
    bibliography: tuple[str, ...]
    echo: bool
    code_fold: bool
    execute_in_root: bool
    config: dict[str, Any]
    settings: Settings

    @property
    def output(self) -> Path:
        """Where the finished book stands."""
        return self.root / self.output_dir

    @property
    def workshop(self) -> Path:
        """Where a build does its work."""
        return self.root / "bld"


def find_root(start: Path) -> Path:
    """The nearest folder at or above `start` with a `_quarto.yml`.

    Raises:
        ConfigError: there is none.
    """
    for folder in (start, *start.parents):
        if (folder / CONFIG).is_file():
            return folder
    raise ConfigError(f"{start}: no {CONFIG} here or in a folder above; run report inside a book project.")


def _strings(value: object, where: str) -> tuple[str, ...]:
    if value is None:
        return ()
    items = value if isinstance(value, list) else [value]
    if not all(isinstance(item, str) for item in items):
        raise ConfigError(f"{where}: found {value!r}; allowed is a text or a list of texts.")
    return tuple(items)


def _fonts(value: object) -> FontSettings:
    where = "pyproject.toml: [tool.report.fonts]"
    known = ("text", "headings", "others")
    if not isinstance(value, dict) or set(value) - set(known):
        raise ConfigError(f"{where}: found {value!r}; allowed is a table with {', '.join(known)}.")
    for name in known[:2]:
        if not isinstance(value.get(name, ""), str):
            raise ConfigError(f"{where}: {name}: found {value[name]!r}; allowed is the name of a package.")
    return FontSettings(value.get("text"), value.get("headings"), _strings(value.get("others"), f"{where}: others"))


def _entries(items: object, where: str, *, appendix: bool, part: str | None = None) -> Iterator[Entry]:
    if not isinstance(items, list):
        raise ConfigError(f"{where}: found {items!r}; allowed is a list of chapter files.")
    for item in items:
        if isinstance(item, str):
            yield Entry(PurePosixPath(item).as_posix(), part, appendix)
        elif isinstance(item, dict) and isinstance(item.get("part"), str) and part is None:
            yield from _entries(
                item.get("chapters", []), f"{where}: {item['part']}", appendix=appendix, part=item["part"]
            )
        else:
            raise ConfigError(f"{where}: found {item!r}; allowed is a file, or a part with its chapters.")


def entries_of(book: dict[str, Any]) -> Iterator[Entry]:
    """The chapters that `book` of `_quarto.yml` lists, in their order.

    Raises:
        ConfigError: a list has something else than files and parts.
    """
    yield from _entries(book.get("chapters", []), f"{CONFIG}: book: chapters", appendix=False)
    yield from _entries(book.get("appendices", []), f"{CONFIG}: book: appendices", appendix=True)


def load_settings(root: Path) -> Settings:
    """Read `[tool.report]`; a project without it has the defaults.

    Raises:
        ConfigError: the file is not valid, or has a setting that is not known.
    """
    path = root / "pyproject.toml"
    table: dict[str, Any] = {}
    if path.is_file():
        try:
            table = tomllib.loads(path.read_text(encoding="utf-8")).get("tool", {}).get("report", {})
        except tomllib.TOMLDecodeError as error:
            raise ConfigError(f"pyproject.toml: not valid TOML: {error}") from error
    known = {"pipeline", "findings", "source_notes", "inputs", "fonts", "commands", "chapter_template"}
    unknown = sorted(set(table) - known)
    if unknown:
        raise ConfigError(
            f"pyproject.toml: [tool.report] has {', '.join(unknown)}; allowed are {', '.join(sorted(known))}."
        )
    return Settings(
        pipeline=table.get("pipeline"),
        findings=table.get("findings", "bld/findings"),
        source_notes=table.get("source_notes"),
        inputs=_strings(table.get("inputs"), "pyproject.toml: [tool.report] inputs"),
        fonts=_fonts(table.get("fonts", {})),
        commands=dict(table.get("commands", {})),
        chapter_template=table.get("chapter_template"),
    )


def _inside(root: Path, name: str, where: str) -> None:
    if not is_inside(root, root / name):
        raise ConfigError(f"{where}: {name} lies outside the project; a book is made of its own files only.")
    if not (root / name).is_file():
        raise ConfigError(f"{where}: {name} does not exist; create it or take it off the list.")


def load_book(root: Path) -> Book:
    """Read a book project.

    Raises:
        ConfigError: a file is missing, unreadable, or says something that is not allowed.
    """
    try:
        config: Any = yaml.safe_load((root / CONFIG).read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        line, what = yaml_fault(error)
        raise ConfigError(f"{CONFIG}:{line}: not valid YAML: {what}") from error
    if not isinstance(config, dict) or not isinstance(config.get("book"), dict):
        raise ConfigError(f"{CONFIG}: no book; a project of type book with a list of chapters is needed.")
    settings = load_settings(root)
    outside = list(outside_faults(root, config, asdict(replace(settings, commands={}))))
    if outside:
        raise ConfigError("\n".join(outside))
    book = config["book"]
    where = f"{CONFIG}: book: chapters"
    entries = list(entries_of(book))
    if not entries or entries[0].path != "index.qmd":
        raise ConfigError(f"{where}: the first chapter must be index.qmd, the book's first page.")
    for entry in entries:
        _inside(root, entry.path, where)
        if not entry.path.endswith(".qmd"):
            raise ConfigError(f"{where}: {entry.path} is no .qmd file.")
    twice = sorted({e.path for e in entries if [x.path for x in entries].count(e.path) > 1})
    if twice:
        raise ConfigError(f"{where}: {', '.join(twice)} stands twice.")
    bibliography = _strings(config.get("bibliography"), f"{CONFIG}: bibliography")
    for name in bibliography:
        _inside(root, name, f"{CONFIG}: bibliography")
    authors = book.get("author")
    names = [a.get("name") if isinstance(a, dict) else a for a in (authors if isinstance(authors, list) else [authors])]
    if not isinstance(book.get("title"), str) or not all(isinstance(n, str) for n in names):
        raise ConfigError(f"{CONFIG}: book: a title and an author (a text, or a list of them) are needed.")
    project = config.get("project") or {}
    formats = config.get("format")
    html = formats.get("html") if isinstance(formats, dict) else None
    return Book(
        root=root,
        title=book["title"],
        subtitle=book.get("subtitle"),
        authors=tuple(str(n) for n in names),
        lang=str(config.get("lang", "en")),
        output_file=str(book.get("output-file") or book["title"]),
        output_dir=str(project.get("output-dir", "_book")),
        entries=tuple(entries),
        bibliography=bibliography,
        echo=bool((config.get("execute") or {}).get("echo", True)),
        code_fold=isinstance(html, dict) and html.get("code-fold") is True,
        execute_in_root=project.get("execute-dir") == "project",
        config=config,
        settings=settings,
    )
