"""The county table of the census of 2000, with the columns used checked."""

from pathlib import Path

import pandas as pd

from analysis.data.read.delimited import read_delimited, refuse

CODE, NAME = "GBCNTY", "ENAME"
# The file has no codebook: what each column is was inferred, see `compile.census_2000` and data/codebook.yml.
COUNTS = (
    *(f"A101{number:03}" for number in (1, 2, 3, 4, 5, 6, 8, 9, 10, 12)),
    *(f"A103{number:03}" for number in (1, 4, 7, 10, 13)),
    *(f"A104{number:03}" for number in (1, 4, 7, 10, 13)),
    *(f"A105{number:03}" for number in (1, 4, 7)),
)
RATIOS = ("A101007", "A101016", "A103016", "A105010")


def read_census_2000(path: Path) -> pd.DataFrame:
    """Code, printed name, counts and ratios of each row; index is the row of the file (the header is row 1).

    Raises:
        UpstreamError: the file is not readable, a column is missing, or a cell has not the expected form.
    """
    # Latin-1 reads any byte; nothing used here lies outside ASCII.
    raw = read_delimited(path, (CODE, NAME, *COUNTS, *RATIOS), encoding="latin-1")
    faults = [
        f"{path.name}, row {row}, column {column}: found {raw.at[row, column]!r}; expected {words}"
        for columns, form, words in (
            ((CODE,), r"[0-9]{1,6}", "a code of up to six digits"),
            ((NAME,), r"[A-Za-z][A-Za-z'() -]*", "a name in Latin letters"),
            (COUNTS, r"[0-9]{1,9}", "a whole number of 0 or more"),
            (RATIOS, r"[0-9]{1,7}(?:[.][0-9]{1,2})?", "a number of 0 or more, two decimals at most"),
        )
        for column in columns
        for row in raw.index[~raw[column].str.fullmatch(form)]
    ]
    refuse(faults)
    return raw.astype(dict.fromkeys(COUNTS, "int64") | dict.fromkeys(RATIOS, "float64"))
