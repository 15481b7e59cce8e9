"""The file of administrative changes, one row an event; its free text is read and never kept."""

import csv
import io
import re
from pathlib import Path

import pandas as pd

from analysis.data.upstream import UpstreamError

COLUMNS = {
    "event_id": "event_id",
    "year": "year",
    "kind": "event_type",
    "prefectures": "prefecture_names",
    "units": "county_names",
    "old": "old_county_units",
    "new": "new_county_units",
    "change": "change_description",
    "description": "description",
}


def read_events(path: Path) -> pd.DataFrame:
    """Events as printed, in the columns of `COLUMNS`; `year` is a whole number, all else text.

    Raises:
        UpstreamError: the file cannot be read, a header is missing, or an identifier or year is not one.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise UpstreamError(f"{path.name}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise UpstreamError(f"{path.name}: not in UTF-8, from byte {error.start} on") from error
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        raise UpstreamError(f"{path.name}: not readable as comma-separated values ({error})") from error
    header = rows[0] if rows else []
    faults = [
        f"{path.name}, row 1: expected the column {name} once; found it {header.count(name)} times"
        for name in COLUMNS.values()
        if header.count(name) != 1
    ]
    faults += [
        f"{path.name}, record {i}: found {len(row)} cells; the header has {len(header)}"
        for i, row in enumerate(rows[1:], start=2)
        if len(row) != len(header)
    ]
    if faults:
        raise UpstreamError("\n".join(faults[:10]))
    frame = pd.DataFrame(
        {ours: [row[header.index(theirs)] for row in rows[1:]] for ours, theirs in COLUMNS.items()}, dtype=object
    )
    faults = [
        f"{path.name}, record {i + 2}, column {COLUMNS[column]}: found {frame.at[i, column]!r}; expected {words}"
        for column, pattern, words in (
            ("event_id", "[A-Z]+(?:-[A-Z0-9]+)+", "an identifier such as WIKI-COUNTY-2014-01-013"),
            ("year", "(?:19|20)[0-9]{2}", "a year"),
        )
        for i in frame.index
        if not re.fullmatch(pattern, str(frame.at[i, column]))
    ]
    faults += [
        f"{path.name}, record {i + 2}, column event_id: {frame.at[i, 'event_id']!r} stands there a second time"
        for i in frame.index[frame["event_id"].duplicated()]
    ]
    if frame.empty:
        faults.append(f"{path.name}: no event in it")
    if faults:
        raise UpstreamError("\n".join(faults[:10]))
    frame["year"] = frame["year"].astype("int64")
    return frame
