"""Upstream files: where each is described, whether it is there, and whether it has the expected bytes."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from analysis.paths import DATA

SOURCES = DATA / "sources.yml"


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


def find_files(folder: Path, identifiers: tuple[str, ...], sources: dict[str, dict[str, Any]]) -> dict[str, Path]:
    """Paths of upstream files by identifier, each checked against its SHA-256.

    Raises:
        UpstreamError: a file is missing or has other bytes; the message says where each is to be had.
    """
    wanted = {i: Source(i, sources[i]["file"], sources[i]["url"], sources[i]["sha256"]) for i in identifiers}
    missing = [source for source in wanted.values() if not (folder / source.file).is_file()]
    if missing:
        what = "no such folder" if not folder.is_dir() else "not all files are there"
        lines = [f"{folder}: {what}; data/sources.yml describes what is needed. Save there, under these names:"]
        lines += [f"  {source.file}  from  {source.url}" for source in missing]
        raise UpstreamError(
            "\n".join([*lines, "then run `report data rebuild` again (or name a folder: --upstream DIR)"])
        )
    for source in wanted.values():
        found = hashlib.sha256((folder / source.file).read_bytes()).hexdigest()
        if found != source.sha256:
            raise UpstreamError(
                f"{folder / source.file}: SHA-256 is {found}, data/sources.yml says {source.sha256}; "
                f"get the file again from {source.url}"
            )
    return {identifier: folder / source.file for identifier, source in wanted.items()}
