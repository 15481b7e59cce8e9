"""The last revision that touched a file, where the project is under version control."""

import os
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

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


def read_history(root: Path) -> History:
    """The history of all files below `root`, from one run of `git log`; empty where there is no git or no revision."""
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
    status = _git(root, "diff", "-z", "--name-only", "--no-renames", "--relative", "HEAD") if last else None
    return History(last, frozenset(name for name in (status or "").split("\0") if name))
