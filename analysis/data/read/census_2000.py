"""The county table of the census of 2000, with the columns used checked."""

import csv
import io
from pathlib import Path

import pandas as pd

from analysis.data.upstream import UpstreamError

CODE, NAME = "GBCNTY", "ENAME"
# The file has no codebook: what each column is was inferred, see `compile.census_2000` and data/codebook.yml.
COUNTS = (
    *(f"A101{number:03}" for number in (1, 2, 3, 4, 5, 6, 8, 9, 10, 12)),
    *(f"A103{number:03}" for number in (1, 4, 7, 10, 13)),
    *(f"A104{number:03}" for number in (1, 4, 7, 10, 13)),
    *(f"A105{number:03}" for number in (1, 4, 7)),
)
RATIOS = ("A101007", "A101016", "A103016", "A105010")
_SHOWN = 10


def read_census_2000(path: Path) -> pd.DataFrame:
    """Code, printed name, counts and ratios of each row; index is the line in the file (the header is line 1).

    Raises:
        UpstreamError: the file is not readable, a column is missing, or a cell has not the expected form.
    """
    raw = _read(path, (CODE, NAME, *COUNTS, *RATIOS))
    faults = [
        f"{path.name}, line {line}, column {column}: found {raw.at[line, column]!r}; expected {words}"
        for columns, form, words in (
            ((CODE,), r"[0-9]{1,6}", "a code of up to six digits"),
            ((NAME,), r"[A-Za-z][A-Za-z'() -]*", "a name in Latin letters"),
            (COUNTS, r"[0-9]{1,9}", "a whole number of 0 or more"),
            (RATIOS, r"[0-9]{1,7}(?:[.][0-9]{1,2})?", "a number of 0 or more, two decimals at most"),
        )
        for column in columns
        for line in raw.index[~raw[column].str.fullmatch(form)]
    ]
    if faults:
        more = [f"and {len(faults) - _SHOWN} more"] if len(faults) > _SHOWN else []
        raise UpstreamError("\n".join([*faults[:_SHOWN], *more]))
    return raw.astype(dict.fromkeys(COUNTS, "int64") | dict.fromkeys(RATIOS, "float64"))


def _read(path: Path, columns: tuple[str, ...]) -> pd.DataFrame:
    """The columns as text; index is the number of the record, the header being 1."""
    try:
        text = path.read_bytes().decode("latin-1")
        header, *rows = list(csv.reader(io.StringIO(text, newline=""), strict=True)) or [[]]
    except (OSError, UnicodeError, csv.Error) as error:
        raise UpstreamError(f"{path.name}: not readable as comma-separated values ({error})") from error
    missing = [column for column in columns if header.count(column) != 1]
    if missing:
        raise UpstreamError(
            f"{path.name}, line 1: no column {', '.join(missing)}, or more than one; it has {len(header)} columns"
        )
    if not rows:
        raise UpstreamError(f"{path.name}: a header and no rows")
    for line, row in enumerate(rows, start=2):
        if len(row) != len(header):
            raise UpstreamError(f"{path.name}, line {line}: found {len(row)} cells; the header has {len(header)}")
    places = [header.index(column) for column in columns]
    picked = [[row[place] for place in places] for row in rows]
    return pd.DataFrame(picked, columns=list(columns), index=range(2, len(rows) + 2), dtype="str")
