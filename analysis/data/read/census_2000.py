"""The county file of the census of 2000: codes, names in Latin letters and population; it has no characters."""

import csv
import io
import re
from pathlib import Path

import pandas as pd

from analysis.data.upstream import UpstreamError

COLUMNS = {"code": "GBCNTY", "name": "ENAME", "population": "A101004"}
# Rows for places outside the mainland have numbers of one digit in place of a code, and no figures.
_OUTSIDE = ("1", "2", "3")


def read_names_2000(path: Path) -> pd.DataFrame:
    """Code, name in Latin letters as printed, and population of each unit of 2000; sorted by code.

    The rows for Taiwan, Hong Kong and Macau, which hold no figures, are left out.

    Raises:
        UpstreamError: the file cannot be read, a header is missing, or a cell is not what it should be.
    """
    try:
        # Latin-1 reads any byte; no name here holds one outside ASCII. Lines end in a carriage return alone.
        text = path.read_bytes().decode("latin-1")
    except OSError as error:
        raise UpstreamError(f"{path.name}: cannot be read ({error.strerror})") from error
    try:
        rows = list(csv.reader(io.StringIO(text.replace("\r\n", "\n").replace("\r", "\n")), strict=True))
    except csv.Error as error:
        raise UpstreamError(f"{path.name}: not readable as comma-separated values ({error})") from error
    header = rows[0] if rows else []
    missing = [name for name in COLUMNS.values() if header.count(name) != 1]
    if missing:
        raise UpstreamError(
            "\n".join(
                f"{path.name}, row 1: expected the column {m} once; found it {header.count(m)} times" for m in missing
            )
        )
    short = [i for i, row in enumerate(rows[1:], start=2) if len(row) != len(header)]
    if short:
        raise UpstreamError(
            f"{path.name}, row {short[0]}: found {len(rows[short[0] - 1])} cells; the header has {len(header)}"
        )
    places = {ours: header.index(theirs) for ours, theirs in COLUMNS.items()}
    frame = pd.DataFrame(
        {ours: [row[place].strip() for row in rows[1:]] for ours, place in places.items()}, dtype=object
    )
    frame = frame[~frame["code"].isin(_OUTSIDE)]
    faults = [
        f"{path.name}, row {i + 2}, column {COLUMNS[column]}: found {frame.at[i, column]!r}; expected {words}"
        for column, pattern, words in (
            ("code", "[1-8][0-9]{5}", "a code of six digits"),
            ("name", "[A-Za-z][A-Za-z' ()-]+", "a name in Latin letters"),
            ("population", "[0-9]{1,10}", "a whole number"),
        )
        for i in frame.index
        if not re.fullmatch(pattern, str(frame.at[i, column]))
    ]
    faults += [
        f"{path.name}, row {i + 2}, column {COLUMNS['code']}: {frame.at[i, 'code']!r} stands there a second time"
        for i in frame.index[frame["code"].duplicated()]
    ]
    if frame.empty:
        faults.append(f"{path.name}: no unit in it")
    if faults:
        raise UpstreamError("\n".join(faults[:10]))
    frame["population"] = frame["population"].astype("int64")
    return frame.sort_values("code", ignore_index=True)
