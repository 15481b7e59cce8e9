"""Build a book and be killed at a named point: `python -m tests.publishing.killed_build ROOT PAGES WAY POINT`.

PAGES is a folder of finished pages, which spares the engine. WAY is "exchange", or "rename" for a system on which two
folders can't change places in one step. POINT is `before NAME` or `after NAME` of a step that touches the book.
"""

import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from publishing import build, embedded, swap
from tests.publishing.conftest import make

# What a build does once the pages are printed, in its order.
STEPS: dict[str, tuple[object, str, int]] = {
    "hashing": (build, "output_hashes", 0),
    "exchange": (swap, "exchange", 0),
    "first rename": (Path, "rename", 0),
    "second rename": (Path, "rename", 1),
    "removal": (swap.shutil, "rmtree", -1),
    "record": (build, "write_stamp", 0),
}


def _die() -> None:
    os.killpg(os.getpgrp(), signal.SIGKILL)


def arm(point: str) -> None:
    """Have the process killed before or after a step; steps count from the moment that the pages are there."""
    when, _, name = point.partition(" ")
    place, attribute, number = STEPS[name]
    step: Callable[..., Any] = getattr(place, attribute)
    calls = 0

    def dying(*args: Any, **options: Any) -> Any:
        nonlocal calls
        calls += 1
        last = number < 0 and whole
        if (last or calls == number + 1) and when == "before":
            _die()
        result = step(*args, **options)
        if last or calls == number + 1:
            _die()
        return result

    check = build._check_whole
    whole = False

    def armed(*args: Any) -> None:
        nonlocal whole
        check(*args)
        whole = True
        setattr(place, attribute, dying)

    build._check_whole = armed


if __name__ == "__main__":
    root, pages, way, point = sys.argv[1:]
    build.prepare = lambda book, progress, executes: (build.read_sources(book), [])
    embedded.render = lambda book, sources, scans, out, *_: shutil.copytree(pages, out, dirs_exist_ok=True)
    if way == "rename":
        swap.exchange = lambda one, other: False
    arm(point)
    make(Path(root), formats=("html",))
