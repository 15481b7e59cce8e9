"""Where each source of `data/` is to be had, how its figures were taken, and what may be done with it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from analysis.data.upstream import load_sources
from analysis.present.numbers import Shown, format_number, quantity
from analysis.present.tables import Column, Link, Row, Table

Entry = Mapping[str, Any]

DOWNLOADED, PACKAGED, READ = "downloaded", "packaged", "read"
_SHORT = 10  # digits of a hash or revision that are shown
_FORMATS = {".xlsx": "Excel workbook", ".csv": "CSV", ".dta": "Stata file"}
_TAKEN = {
    DOWNLOADED: "by program; the file's SHA-256 is checked",
    PACKAGED: "by program from a Python package of a fixed version",
    READ: "by hand from the page",
}


@dataclass(frozen=True)
class Right:
    """A kind of licence: how a stated licence is known to be of it, and what follows for those who use the tables."""

    words: str
    holds: Callable[[str], bool]
    follows: str


RIGHTS = {
    "open": Right(
        "An open licence, stated by those who compiled it",
        lambda licence: licence.startswith(("MIT", "CC BY", "GPL")),
        "The compilation may be used and passed on under it. We pass on our tables of its figures, not the file.",
    ),
    "none": Right(
        "None stated",
        lambda licence: licence == "none stated",
        "Nobody has allowed the file to be passed on, and we do not. Our tables hold its figures in our own form.",
    ),
    "facts": Right(
        "None at issue: single facts and figures, gathered by us",
        lambda licence: licence.startswith(("facts", "figures of public statistics")),
        "We claim nothing over them. Name the office or paper that they are from.",
    ),
}


class UnknownRightError(ValueError):
    """A source states a licence that is of no known kind; the message names both."""


def _how(entry: Entry) -> str:
    if "package" in entry:
        return PACKAGED
    return DOWNLOADED if "sha256" in entry else READ


def right_of(identifier: str, entry: Entry) -> str:
    """The kind of a source's licence: a key of `RIGHTS`.

    Raises:
        UnknownRightError: the licence is of no known kind.
    """
    licence = str(entry["licence"])
    found = next((name for name, right in RIGHTS.items() if right.holds(licence)), None)
    if found is None:
        raise UnknownRightError(f"data/sources.yml, {identifier}: the licence {licence!r} is of no kind in RIGHTS")
    return found


def sources(how: str = "") -> Shown:
    """How many sources there are, or how many of them were downloaded, packaged, or read: "22 sources"."""
    return quantity(sum(how in ("", _how(entry)) for entry in load_sources().values()), "sources", 0)


def sources_with(right: str) -> Shown:
    """How many sources have a licence of a kind, a key of `RIGHTS`: "4 sources"."""
    found = [name for name, entry in load_sources().items() if right_of(name, entry) == right]
    return quantity(len(found), "sources", 0)


def address_words(url: str) -> str:
    """An address as it is read: a file in a repository by repository, revision and path, another by host and path."""
    parts = urlsplit(url)
    path = unquote(parts.path).strip("/")
    if parts.netloc == "raw.githubusercontent.com":
        owner, name, revision, *file = path.split("/")
        return f"github.com/{owner}/{name}, revision {revision[:_SHORT]}: {'/'.join(file)}"
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.netloc}/{path}{query}".rstrip("/")


def _in_ascii(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(path=quote(parts.path, safe="/%")).geturl()


def _breakable(text: str) -> str:
    return re.sub("([_/.?=-])", "\\1\N{ZERO WIDTH SPACE}", text)


def _form(entry: Entry) -> str:
    if "package" in entry:
        return f"{entry['package']} {entry['version']}"
    if "file" not in entry:
        return "Web page"
    suffix = PurePosixPath(entry["file"]).suffix
    return f"{_FORMATS.get(suffix, suffix)}, SHA-256 {entry['sha256'][:_SHORT]}"


def access_table() -> Table:
    """Each source: its form, its public address, and how figures were taken from it."""
    rows = [
        Row(
            [
                _breakable(identifier),
                _form(entry),
                Link(_breakable(address_words(str(entry["url"]))), _in_ascii(str(entry["url"]))),
                _TAKEN[_how(entry)],
            ]
        )
        for identifier, entry in load_sources().items()
    ]
    return Table(
        columns=[
            Column("Source", align="left", width=21),
            Column("Form", align="left", width=19),
            Column("Public address", align="left", width=41),
            Column("Figures taken", align="left", width=19),
        ],
        rows=rows,
        notes=[
            f"SHA-256: the first {_SHORT} characters; data/sources.yml has all of them, and the addresses in full.",
            "Files are had without registration or payment; pages were open to all when they were read.",
        ],
    )


def rights_table() -> Table:
    """Each kind of licence: the sources that have it, and what follows."""
    found: dict[str, list[str]] = {name: [] for name in RIGHTS}
    for identifier, entry in load_sources().items():
        found[right_of(identifier, entry)].append(identifier)
    rows = [
        Row(
            [
                RIGHTS[name].words,
                format_number(len(identifiers), 0),
                _breakable(", ".join(identifiers)),
                RIGHTS[name].follows,
            ]
        )
        for name, identifiers in found.items()
    ]
    return Table(
        columns=[
            Column("Licence", align="left", width=20),
            Column("Sources", width=10),
            Column("Which", align="left", width=38),
            Column("What follows", align="left", width=32),
        ],
        rows=rows,
    )
