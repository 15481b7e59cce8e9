"""One build of a project at a time.

The operating system holds the lock for as long as the process lives, so what a killed build leaves never blocks.
"""

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO

from publishing.errors import LockedError

NAME = "build.lock"


def _take(stream: IO[str], *, wait: bool) -> bool:
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    return True


def _holder(stream: IO[str]) -> str:
    """Who holds the lock, as far as the file tells: the holder writes it just after it has got the lock."""
    stream.seek(0)
    try:
        found = json.load(stream)
        return f"{found['command']} (process {found['pid']}, since {found['since']})"
    except (ValueError, KeyError, TypeError):
        return "another process"


@contextmanager
def hold(workshop: Path, command: str, say: Callable[[str], None], *, wait: bool = True) -> Iterator[None]:
    """Hold the lock of a project, which `workshop` belongs to.

    Args:
        workshop: the folder of the lock's file; made if there is none.
        command: what holds the lock, told to whoever waits for it.
        say: called with a line that says who holds the lock, if one has to wait.
        wait: whether to wait for the one who holds it.

    Raises:
        LockedError: another process holds it, and `wait` is false.
    """
    workshop.mkdir(parents=True, exist_ok=True)
    # The file stays when the lock is given up: another may wait for this very file.
    with (workshop / NAME).open("a+", encoding="utf-8") as stream:
        if not _take(stream, wait=False):
            who = _holder(stream)
            if not wait:
                raise LockedError(
                    f"{who} is at work on this book; wait for it, or leave --no-wait out to have it wait."
                )
            say(f"Waiting for {who}, which is at work on this book.")
            _take(stream, wait=True)
        stream.truncate(0)
        json.dump(
            {"command": command, "pid": os.getpid(), "since": f"{datetime.now().astimezone():%Y-%m-%d %H:%M:%S}"},
            stream,
        )
        stream.flush()
        try:
            yield
        finally:
            stream.truncate(0)
