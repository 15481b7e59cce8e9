"""The file of administrative changes, one row an event; its free text is read and never kept."""

import re
from pathlib import Path

import pandas as pd

from analysis.data.read.delimited import read_delimited, refuse

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
    frame = read_delimited(path, list(COLUMNS.values())).set_axis(list(COLUMNS), axis=1).reset_index(drop=True)
    faults = [
        f"{path.name}, row {i + 2}, column {COLUMNS[column]}: found {frame.at[i, column]!r}; expected {words}"
        for column, pattern, words in (
            ("event_id", "[A-Z]+(?:-[A-Z0-9]+)+", "an identifier such as WIKI-COUNTY-2014-01-013"),
            ("year", "(?:19|20)[0-9]{2}", "a year"),
        )
        for i in frame.index
        if not re.fullmatch(pattern, str(frame.at[i, column]))
    ]
    faults += [
        f"{path.name}, row {i + 2}, column event_id: {frame.at[i, 'event_id']!r} stands there a second time"
        for i in frame.index[frame["event_id"].duplicated()]
    ]
    refuse(faults)
    frame["year"] = frame["year"].astype("int64")
    return frame
