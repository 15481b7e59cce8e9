"""The last revision that touched a file, where the project is under version control."""

import os
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from publishing.files import read_json, write_json

_MARK = "\x01"
_SHOWN = 10  # characters of a revision's hash


@dataclass(frozen=True)
class History:
    """For each file, the place in the log, the hash and the date of its last revision; and the files changed since."""

    last: dict[str, tuple[int, str, str]]
    changed: frozenset[str]

    def words(self, paths: Iterable[str]) -> str:
        """The last revision that touched any of the files, as a date and a short hash, and which changed since."""
        names = sorted(set(paths))
        known = [self.last[name] for name in names if name in self.last]
        if not known:
            return "not under version control"
        _, revision, date = min(known)
        changed = [name for name in names if name in self.changed]
        since = f"; changed since, in no revision yet: {', '.join(changed)}" if changed else ""
        return f"{date}, revision {revision[:_SHOWN]}{since}"


def _git(root: Path, *arguments: str) -> str | None:
    environment = os.environ | {"GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
    try:
        done = subprocess.run(  # noqa: S603
            ["git", "-C", str(root), *arguments],  # noqa: S607
            capture_output=True,
            check=False,
            env=environment,
        )
    except FileNotFoundError:
        return None
    return done.stdout.decode("utf-8", "surrogateescape") if done.returncode == 0 else None


def _read_log(root: Path) -> dict[str, tuple[int, str, str]]:
    log = _git(root, "log", "-z", "-c", "--no-renames", "--name-only", "--relative", f"--format={_MARK}%H %cs")
    last: dict[str, tuple[int, str, str]] = {}
    place, revision, date = 0, "", ""
    for part in (log or "").split("\0"):
        text = part.lstrip("\n")
        if text.startswith(_MARK):
            place += 1
            revision, date = text[1:].split()
        elif text:
            last.setdefault(text, (place, revision, date))
    return last


def read_history(root: Path, workshop: Path) -> History:
    """The history of all files below `root`; empty where there is no git or no revision.

    The log is read once for each head and kept in `workshop`, since a long one takes its time.
    """
    head = _git(root, "rev-parse", "HEAD")
    if head is None:
        return History({}, frozenset())
    cache = workshop / "history.json"
    kept = read_json(cache)
    if isinstance(kept, dict) and kept.get("head") == head.strip():
        last = {name: (place, revision, date) for name, (place, revision, date) in kept["last"].items()}
    else:
        last = _read_log(root)
        if workshop.is_dir():
            write_json(cache, {"head": head.strip(), "last": last})
    changed = _git(root, "diff", "-z", "--name-only", "--no-renames", "--relative", "HEAD") or ""
    return History(last, frozenset(name for name in changed.split("\0") if name))
