"""Keep what a function makes of the tables, and have it known each time which files that is from.

A book records which files stand behind a table or figure by what is opened while it is made. What `functools.cache`
keeps opens its files for the first table alone, so that the others would seem to be from nowhere.
"""

import os
import sys
from collections.abc import Callable, Hashable
from contextlib import suppress
from functools import wraps
from pathlib import Path
from typing import ParamSpec, TypeVar

from analysis.paths import ROOT

P = ParamSpec("P")
R = TypeVar("R")

_WRITES = os.O_WRONLY | os.O_RDWR
_listening: list[dict[str, None]] = []


def _hear(event: str, args: tuple[object, ...]) -> None:
    if not _listening or event != "open" or not isinstance(args[0], str | os.PathLike):
        return
    if isinstance(args[2], int) and args[2] & _WRITES:
        return
    path = Path(os.path.abspath(args[0]))  # noqa: PTH100 a symbolic link counts by its own name
    name = str(path)
    # The environment lies in the project, and a library that is loaded meanwhile reads its files.
    if path.is_relative_to(ROOT) and not path.is_relative_to(sys.prefix) and path.suffix not in (".py", ".pyc"):
        for files in _listening:
            files[name] = None


sys.addaudithook(_hear)


def kept(function: Callable[P, R]) -> Callable[P, R]:
    """As `functools.cache`; a later call opens again, and reads nothing of, the files that the first has read.

    The arguments are hashable. Files of the project count, but not its modules.
    """
    known: dict[Hashable, tuple[R, tuple[str, ...]]] = {}

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        key = (args, tuple(sorted(kwargs.items())))
        if key in known:
            result, files = known[key]
            for name in files:
                with suppress(FileNotFoundError):  # to have asked for it is what counts
                    Path(name).open("rb").close()
            return result
        heard: dict[str, None] = {}
        _listening.append(heard)
        try:
            result = function(*args, **kwargs)
        finally:
            _listening.pop()
        known[key] = (result, tuple(heard))
        return result

    return call
