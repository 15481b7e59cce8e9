"""The SHA-256 of every table, in `data/SHA256SUMS`: a table changed by hand, or not made again, is found out."""

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

from analysis.data.tables import TableError

NAME = "SHA256SUMS"


def sums(paths: Mapping[str, Path]) -> str:
    """Lines as `sha256sum` writes and checks them, sorted by name.

    Args:
        paths: where the bytes of each table are, by file name.
    """
    return "".join(f"{hashlib.sha256(paths[name].read_bytes()).hexdigest()}  {name}\n" for name in sorted(paths))


def faults(folder: Path, names: Iterable[str]) -> list[str]:
    """Tables of a folder whose bytes are not those that the last rebuild left, one line each.

    Raises:
        TableError: there is no list of sums, or a line of it has another form.
    """
    try:
        lines = (folder / NAME).read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise TableError(f"{NAME}: cannot be read ({error.strerror}); `report data rebuild` writes it") from error
    expected = {}
    for number, line in enumerate(lines, 1):
        digest, gap, name = line.partition("  ")
        if not gap or len(digest) != 64:
            raise TableError(f"{NAME}, line {number}: found {line[:80]!r}; allowed: a SHA-256, two blanks, a file name")
        expected[name] = digest
    found = []
    for name in sorted(names):
        digest = hashlib.sha256((folder / name).read_bytes()).hexdigest()
        if name not in expected:
            found.append(f"{NAME}: {name} is not listed; run `report data rebuild`")
        elif digest != expected[name]:
            found.append(
                f"{name}: its cells have the right form, but SHA-256 is {digest}, and {NAME} says {expected[name]}; "
                "restore the table from version control, or, if it is one that is kept by hand and was changed on "
                "purpose, run `report data rebuild`, since other tables are made from it"
            )
    return found + [
        f"{NAME}: {name} is listed, but no such table is known" for name in sorted(set(expected) - set(names))
    ]
