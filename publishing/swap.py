"""Put a finished folder in the place of another, so that at any moment one of the two is there, whole."""

import ctypes
import os
import shutil
import sys
from pathlib import Path

_AT_FDCWD = -100
_EXCHANGE = 2  # RENAME_EXCHANGE of Linux and RENAME_SWAP of macOS


def exchange(one: Path, other: Path) -> bool:
    """Have two folders change places in one step; false where the system or the file system can't."""
    libc = ctypes.CDLL(None, use_errno=True)
    first, second = os.fsencode(one), os.fsencode(other)
    try:
        if sys.platform == "darwin":
            failed = libc.renamex_np(first, second, _EXCHANGE)
        else:
            failed = libc.renameat2(_AT_FDCWD, first, _AT_FDCWD, second, _EXCHANGE)
    except AttributeError:
        return False
    return not failed


def swap(fresh: Path, target: Path, previous: Path) -> None:
    """Put `fresh` in the place of `target`, whose old content goes.

    Where two folders can't change places in one step, the old one is `previous` for the moment between two renames;
    if the process is killed at that very moment, `recover` puts it back.
    """
    if not target.exists():
        fresh.rename(target)
    elif exchange(fresh, target):
        shutil.rmtree(fresh, ignore_errors=True)
    else:
        target.rename(previous)
        fresh.rename(target)
        shutil.rmtree(previous, ignore_errors=True)


def recover(target: Path, previous: Path) -> None:
    """Mend a swap of two renames that was broken off."""
    if previous.exists() and not target.exists():
        previous.rename(target)
    elif previous.exists():
        shutil.rmtree(previous)
