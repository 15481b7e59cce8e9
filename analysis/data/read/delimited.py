"""Tables of text with a header, separated by commas: the columns that are used, every cell as text."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from analysis.data.upstream import UpstreamError

_SHOWN = 10


def read_delimited(path: Path, columns: Sequence[str], encoding: str = "utf-8-sig", first: int = 2) -> pd.DataFrame:
    """Columns of a file; see `parse_delimited`.

    Raises:
        UpstreamError: the file cannot be read, or as `parse_delimited`.
    """
    try:
        content = path.read_bytes().decode(encoding)
    except OSError as error:
        raise UpstreamError(f"{path.name}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise UpstreamError(f"{path.name}, line {line}: not in {encoding.upper().removesuffix('-SIG')}") from error
    return parse_delimited(content, path.name, columns, first)


def parse_delimited(content: str, file: str, columns: Sequence[str], first: int = 2) -> pd.DataFrame:
    """Columns of a table as text, in the order given.

    Args:
        content: the table; lines may end in a line feed, a carriage return, or both.
        file: its name in messages.
        columns: headers, each of which must stand once.
        first: the number of the first record under the header; the index counts from it.

    Raises:
        UpstreamError: it is not separated by commas, a header is missing or stands twice, a record has more or fewer
            cells than the header, or there is no record.
    """
    try:
        header, *records = list(csv.reader(io.StringIO(content, newline=""), strict=True)) or [[]]
    except csv.Error as error:
        raise UpstreamError(f"{file}: not readable as comma-separated values ({error})") from error
    faults = [
        f"{file}, row {first - 1}: found {header.count(column)} columns {column!r}; expected one"
        for column in columns
        if header.count(column) != 1
    ]
    faults += [
        f"{file}, row {row}: found {len(record)} cells; the header has {len(header)}"
        for row, record in enumerate(records, start=first)
        if len(record) != len(header)
    ]
    refuse(faults or ([] if records else [f"{file}: a header and no rows"]))
    places = [header.index(column) for column in columns]
    picked = [[record[place] for place in places] for record in records]
    return pd.DataFrame(picked, columns=list(columns), index=range(first, first + len(records)), dtype="str")


def refuse(faults: list[str]) -> None:
    """Stop at the first faults, if there are any.

    Raises:
        UpstreamError: there are; one a line, and how many more.
    """
    if faults:
        more = len(faults) - _SHOWN
        raise UpstreamError("\n".join(faults[:_SHOWN] + ([f"and {more} more"] if more > 0 else [])))
