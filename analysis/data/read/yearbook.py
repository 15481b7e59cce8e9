"""The county yearbook as upstream has it: a table of text, made by optical character recognition."""

import re
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.data.read.delimited import parse_delimited, read_delimited, refuse
from analysis.data.schemas.yearbook import EDITIONS, VARIABLES

# In the order in which the yearbook prints them; a page's rows often carry the label of the province beside theirs.
_PRINTED = """
    北京市 天津市 河北省 山西省 内蒙古自治区 辽宁省 吉林省 黑龙江省 上海市 江苏省 浙江省 安徽省 福建省 江西省 山东省
    河南省 湖北省 湖南省 广东省 广西壮族自治区 海南省 重庆市 四川省 贵州省 云南省 西藏自治区 陕西省 甘肃省 青海省
    宁夏回族自治区 新疆维吾尔自治区
"""
PROVINCES = tuple(_PRINTED.split())
# An edition whose label cannot be right; its rows are listed.
MISLABELLED = 2000

WANTED = ("year", "province", "county", *(column for columns in VARIABLES.values() for column in columns))

_NUMBER = re.compile(r"-?[0-9]{1,12}(?:\.[0-9]{1,4})?")
_NAME = re.compile("[\u3400-\u9fff]+")


def read_yearbook(path: Path) -> pd.DataFrame:
    """One row a record: row (1 for the first under the header), edition, province, name and `VARIABLES`.

    Names are without blanks. Figures are floats as printed, NaN for an empty cell, under the upstream columns' names.

    Raises:
        UpstreamError: the file cannot be read, a column is missing, or a cell has another form; every one is named.
    """
    return _typed(read_delimited(path, WANTED, first=1), path.name)


def parse_yearbook(content: str, file: str) -> pd.DataFrame:
    """The same from the file's text; `file` is its name in messages.

    Raises:
        UpstreamError: a column is missing, or a cell has another form.
    """
    return _typed(parse_delimited(content, file, WANTED, first=1), file)


def _typed(text: pd.DataFrame, file: str) -> pd.DataFrame:
    editions = {str(edition) for edition in (MISLABELLED, *EDITIONS)}
    names = text["county"].map(lambda cell: re.sub(r"\s", "", cell))
    forms = {
        "year": (text["year"].isin(editions), f"one of {', '.join(sorted(editions))}"),
        "province": (text["province"].isin(PROVINCES), "one of the 31 provinces"),
        "county": (names.map(lambda name: _NAME.fullmatch(name) is not None), "a name in Chinese characters"),
    }
    figures = text.columns[3:]
    for column in figures:
        forms[column] = (
            text[column].map(lambda cell: not cell or _NUMBER.fullmatch(cell) is not None),
            "a number, or nothing",
        )
    refuse(
        [
            f"{file}, row {row}, column {column}: found {str(text.at[row, column])[:60]!r}; expected {words}"
            for column, (fits, words) in forms.items()
            for row in fits.index[~fits.astype(bool)]
        ]
    )
    head = pd.DataFrame(
        {"row": text.index, "edition": text["year"].astype("int64"), "province": text["province"], "name": names}
    )
    numbers = text[figures].replace("", np.nan).astype("float64")
    return pd.concat([head, numbers], axis=1).reset_index(drop=True)
