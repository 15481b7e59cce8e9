"""Upstream files: where each is described, getting it, and whether it has the expected bytes."""

import hashlib
import http.client
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from analysis.paths import DATA

SOURCES = DATA / "sources.yml"

_TIMEOUT = 60  # seconds without an answer
_CHUNK = 1 << 16


class UpstreamError(ValueError):
    """An upstream file or package is missing or is not the one that the tables are made from."""


@dataclass(frozen=True)
class Source:
    """One upstream file: its identifier, file name, public address and the SHA-256 of its bytes."""

    id: str
    file: str
    url: str
    sha256: str


def load_sources(path: Path = SOURCES) -> dict[str, dict[str, Any]]:
    """All entries of `sources.yml` by identifier.

    Raises:
        UpstreamError: the file is missing or is not a list of sources with identifiers.
    """
    try:
        entries = yaml.safe_load(path.read_text(encoding="utf-8"))
        return {entry["id"]: entry for entry in entries["sources"]}
    except (OSError, yaml.YAMLError, KeyError, TypeError) as error:
        raise UpstreamError(f"{path.name}: not a list of sources, each with an id: {error}") from error


def find_files(folder: Path, identifiers: Iterable[str], sources: dict[str, dict[str, Any]]) -> dict[str, Path]:
    """Paths of upstream files by identifier, each checked against its SHA-256.

    Raises:
        UpstreamError: a file is missing or has other bytes; the message says where each is to be had.
    """
    wanted = _wanted(identifiers, sources)
    missing = [source for source in wanted if not (folder / source.file).is_file()]
    if missing:
        what = "no such folder" if not folder.is_dir() else "not all files are there"
        lines = [f"{folder}: {what}; data/sources.yml describes what is needed. Save there, under these names:"]
        lines += [f"  {source.file}  from  {source.url}" for source in missing]
        raise UpstreamError("\n".join([*lines, "or run `report data rebuild` without --upstream, which gets them"]))
    for source in wanted:
        found = _sha256(folder / source.file)
        if found != source.sha256:
            raise UpstreamError(
                f"{folder / source.file}: SHA-256 is {found}, data/sources.yml says {source.sha256}; "
                f"get the file again from {source.url}"
            )
    return {source.id: folder / source.file for source in wanted}


def get_files(
    folder: Path,
    identifiers: Iterable[str],
    sources: dict[str, dict[str, Any]],
    tell: Callable[[str], None],
) -> None:
    """Download what is missing in `folder`, or has other bytes, from the addresses in `sources.yml`.

    A file appears under its name only when it is whole and its SHA-256 is right.

    Raises:
        UpstreamError: a file cannot be had or is not the expected one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for source in _wanted(identifiers, sources):
        path = folder / source.file
        if path.is_file() and _sha256(path) == source.sha256:
            continue
        tell(f"getting {source.file} from {urllib.parse.urlsplit(source.url).netloc}")
        partial = path.with_name(path.name + ".partial")
        try:
            _download(source, partial)
            found = _sha256(partial)
            if found != source.sha256:
                raise UpstreamError(
                    f"{source.url}: SHA-256 of what came is {found}, data/sources.yml says {source.sha256}; "
                    f"nothing was kept. If the file is to be had elsewhere, save it as {path}"
                )
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)


def _wanted(identifiers: Iterable[str], sources: dict[str, dict[str, Any]]) -> list[Source]:
    return [Source(i, sources[i]["file"], sources[i]["url"], sources[i]["sha256"]) for i in identifiers]


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _download(source: Source, to: Path) -> None:
    parts = urllib.parse.urlsplit(source.url)
    if parts.scheme not in ("http", "https"):
        raise UpstreamError(f"data/sources.yml, {source.id}: found the address {source.url!r}; allowed: http or https")
    # Addresses are kept readable in sources.yml, with Chinese file names; a request wants them in ASCII.
    address = parts._replace(path=urllib.parse.quote(parts.path, safe="/%")).geturl()
    try:
        with urllib.request.urlopen(address, timeout=_TIMEOUT) as answer, to.open("wb") as file:  # noqa: S310  scheme checked above
            while chunk := answer.read(_CHUNK):
                file.write(chunk)
            promised = answer.headers.get("Content-Length")
            if promised is not None and file.tell() != int(promised):
                raise UpstreamError(
                    f"{source.url}: {file.tell()} bytes of {promised} came; run the command again, "
                    f"or save the file yourself as {source.file} and name its folder with --upstream"
                )
    except (OSError, http.client.HTTPException) as error:  # URLError and time-outs are OSErrors
        reason = str(getattr(error, "reason", error))
        if isinstance(error, urllib.error.HTTPError):
            reason = f"status {error.code}"
            error.close()
        raise UpstreamError(
            f"{source.url}: cannot be had ({reason}); run the command again, "
            f"or save the file yourself as {source.file} and name its folder with --upstream"
        ) from error
