"""Prefectures by their code of 2010: which there are, and under which codes and names other files print them.

Beside prefectures this takes the four municipalities and the units that their province governs directly.
"""

from collections.abc import Iterable
from typing import Any

import pandas as pd

from analysis.data.compile.census import FIRST_OWN_CODE
from analysis.data.compile.errors import CompileError

MUNICIPALITIES = ("110000", "120000", "310000", "500000")

# Codes given after 2010 to prefectures on the same ground; Danzhou was a county-level city until 2015.
CODE_2010 = {
    "342600": "341400",
    "460400": "469003",
    "520500": "522400",
    "520600": "522200",
    "540200": "542300",
    "540300": "542100",
    "540400": "542600",
    "540500": "542200",
    "540600": "542400",
    "630200": "632100",
    "650400": "652100",
    "650500": "652200",
}
# Names that share too little with the name of 2010 to be told from another prefecture's.
OTHER_NAMES = {
    ("420600", "襄阳"): "Xiangfan (襄樊) was renamed Xiangyang (襄阳) on 9 December 2010",
    ("341600", "毫州"): "a look-alike of Bozhou's (亳州) first character",
    ("530800", "思茅"): "Simao (思茅) was renamed Pu'er (普洱) in 2007",
}
NO_PLACE = {
    "460300": "Sansha (三沙) was set up in 2012; the census of 2010 has a few hundred people there and no prefecture",
    "659005": "Beitun (北屯) was set up in 2011",
    "659006": "Tiemenguan (铁门关) was set up in 2012",
    "659007": "Shuanghe (双河) was set up in 2014",
    "659008": "Kokdala (可克达拉) was set up in 2015",
    "659009": "Kunyu (昆玉) was set up in 2016",
    "659010": "Huyanghe (胡杨河) was set up in 2019",
    "659011": "Xinxing (新星) was set up in 2021",
    "710000": "no table here covers Taiwan",
    "810000": "no table here covers Hong Kong",
    "820000": "no table here covers Macau",
}


def places_2010(census: pd.DataFrame, totals: pd.DataFrame) -> pd.DataFrame:
    """Prefectures, municipalities and directly governed units of 2010: code, name, province, level; by code.

    `census` and `totals` are the census tables of this project.
    """
    printed = totals[totals["year"] == 2010]
    prefectures = printed[printed["level"] == "prefecture"].assign(level="prefecture")
    municipalities = printed[printed["code"].isin(MUNICIPALITIES)].assign(level="municipality")
    units = census[(census["year"] == 2010) & (census["prefecture"] == census["name"])].assign(level="direct")
    units = units[units["code"].str[4:].astype(int) < FIRST_OWN_CODE]
    found = pd.concat([prefectures, municipalities, units])[["code", "name", "province", "level"]]
    # A prefecture-level city without counties is a prefecture and a unit at once.
    return found.drop_duplicates("code").sort_values("code", ignore_index=True)


def tuples(frame: pd.DataFrame) -> Iterable[Any]:
    """Rows with the columns as attributes."""
    return frame.itertuples()


def match_places(
    rows: pd.DataFrame, places: pd.DataFrame, file: str
) -> "tuple[pd.Series[str], list[tuple[str, str, str]]]":
    """For rows with `code` and `name` as printed: the code of 2010, or an empty text for what is no place here.

    Also gives the codes left out, each with its name and the reason.

    Raises:
        CompileError: a code is not known, or its name is another place's.
    """
    names = places.set_index("code")["name"]
    codes: dict[str, str] = {}
    left_out, faults = [], []
    for row, (code, name) in rows[["code", "name"]].drop_duplicates().iterrows():
        of_2010 = CODE_2010.get(code, code)
        if code in NO_PLACE:
            codes[code] = ""
            left_out.append((code, name, NO_PLACE[code]))
        elif of_2010 not in names.index:
            faults.append(f"{file}, row {row}: code {code!r} ({name}) is no prefecture of 2010; add it to places.py")
        elif not name or (names[of_2010][:2] != name[:2] and (of_2010, name[:2]) not in OTHER_NAMES):
            faults.append(f"{file}, row {row}: code {code} has the name {name!r}; expected {names[of_2010]}")
        else:
            codes[code] = of_2010
    if faults:
        raise CompileError("\n".join(faults[:10]))
    return rows["code"].map(codes), sorted(left_out)
