"""Which figures are there: how many rows of a table have one, by variable, year and province."""

from pathlib import Path
from unicodedata import east_asian_width

import pandas as pd

from analysis.data import tables
from analysis.data.schemas.every import EVERY
from analysis.data.schemas.forms import Table

# Columns that hold a unit's code, whose first two digits are its province, where a table has no column `province`.
_CODES = ("code", "unit_id", "code2010", "unit_a")
_SHOWN_YEARS = 12


def variables(table: Table) -> list[str]:
    """The columns of a table that hold figures: numbers that are no part of its key."""
    figures = [name for name, form in table.columns.items() if form.read_as != "text"]
    return [name for name in figures if name not in (*table.key, "flagged")]


def coverage(frame: pd.DataFrame, table: Table, province_names: dict[str, str]) -> pd.DataFrame:
    """How many rows have a figure.

    Args:
        frame: a table as loaded.
        table: its form.
        province_names: names by the two leading digits of a code.

    Returns:
        Columns variable, year (0 for a table without years), province ("" where a table has none), rows, filled
        and flagged (filled, but listed in the row's column `flagged`).
    """
    names = variables(table)
    place = _province(frame, province_names)
    year = frame["year"] if "year" in frame else pd.Series(0, index=frame.index)
    marked = pd.DataFrame({name: _flagged(frame, table, name) for name in names}, index=frame.index)
    by = [year.rename("year"), place.rename("province")]

    filled = frame[names].notna()
    counts = {"rows": filled | True, "filled": filled, "flagged": filled & marked}
    grouped = {what: cells.groupby(by).sum().reset_index() for what, cells in counts.items()}
    # The same groups in the same order, so that the three can stand side by side.
    melted = {
        what: table.melt(["year", "province"], var_name="variable", value_name=what) for what, table in grouped.items()
    }
    long = melted["rows"].assign(filled=melted["filled"]["filled"], flagged=melted["flagged"]["flagged"])
    order = {name: i for i, name in enumerate(names)}
    long = long.sort_values(["variable", "year", "province"], key=lambda c: c.map(order) if c.name == "variable" else c)
    return long[["variable", "year", "province", "rows", "filled", "flagged"]].reset_index(drop=True)


def _flagged(frame: pd.DataFrame, table: Table, variable: str) -> "pd.Series[bool]":
    """Whether the row's column `flagged` means the variable: it lists variables, or is 1 for all of the row's."""
    if "flagged" not in frame:
        return pd.Series(False, index=frame.index)
    if table.columns["flagged"].read_as != "text":
        return frame["flagged"] == 1
    return pd.Series([variable in row.split() for row in frame["flagged"]], index=frame.index)


def _province(frame: pd.DataFrame, names: dict[str, str]) -> "pd.Series[str]":
    if "province" in frame:
        return frame["province"]
    for column in _CODES:
        if column in frame:
            return frame[column].str[:2].map(names).fillna("")
    return pd.Series("", index=frame.index)


def province_names(totals: pd.DataFrame) -> dict[str, str]:
    """Names of provinces by the two leading digits of their codes, from the printed totals of the census."""
    rows = totals[totals["level"] == "province"]
    return dict(zip(rows["code"].str[:2], rows["name"], strict=True))


def describe(folder: Path, name: str | None = None, variable: str | None = None) -> str:
    """The coverage of all tables of a folder, of one by year, or of one variable by year and province.

    Raises:
        TableError: a table is missing or breaks a rule.
        ValueError: there is no such table or variable; the message lists what there is.
    """
    if name is not None and name not in EVERY:
        raise ValueError(f"no table {name}; the tables are {', '.join(EVERY)}")
    places = province_names(tables.load_census_totals(folder / tables.CENSUS_TOTALS.name))
    if name is None:
        parts = [f"{each}\n{_overview(_cover(folder, each, places))}" for each in EVERY if variables(EVERY[each])]
        return "\n".join(parts)
    covered = _cover(folder, name, places)
    if variable is None:
        return _wide(covered, ["variable"])
    if variable not in set(covered["variable"]):
        raise ValueError(f"{name}: no variable {variable}; the variables are {', '.join(variables(EVERY[name]))}")
    here = covered[covered["variable"] == variable]
    order = {place: i for i, place in enumerate(places.values())}
    return _wide(here.sort_values("province", key=lambda c: c.map(order), kind="stable"), ["province"])


def _cover(folder: Path, name: str, places: dict[str, str]) -> pd.DataFrame:
    return coverage(tables.load(folder / name, EVERY[name]), EVERY[name], places)


def _overview(covered: pd.DataFrame) -> str:
    lines = []
    for variable, rows in covered.groupby("variable", sort=False):
        when = years_in_words(sorted({int(year) for year in rows.loc[rows["filled"] > 0, "year"]} - {0}))
        flagged = rows["flagged"].sum()
        note = f", {flagged:,} flagged" if flagged else ""
        lines.append(f"  {variable!s:<34} {when:<17} {rows['filled'].sum():>9,} of {rows['rows'].sum():>9,}{note}")
    return "\n".join(lines) + "\n"


def years_in_words(years: list[int]) -> str:
    """Years as runs: 2007, 2011–2012."""
    runs: list[list[int]] = []
    for year in years:
        if runs and year == runs[-1][-1] + 1:
            runs[-1].append(year)
        else:
            runs.append([year])
    shown = [str(run[0]) if len(run) == 1 else f"{run[0]}–{run[-1]}" for run in runs]
    return ", ".join(shown) if len(shown) <= 3 else f"{shown[0]}, …, {shown[-1]}"


def _padded(text: str, width: int) -> str:
    """Text padded to a width on the screen, where a Chinese character takes two columns."""
    return text + " " * (width - _columns(text))


def _columns(text: str) -> int:
    return sum(1 + (east_asian_width(character) in "WF") for character in text)


def _wide(covered: pd.DataFrame, by: list[str]) -> str:
    """Cells `filled/rows` with years as columns, in blocks of years that fit a screen."""
    summed = covered.groupby([*by, "year"], sort=False)[["filled", "rows"]].sum()
    cells = (summed["filled"].astype(str) + "/" + summed["rows"].astype(str)).unstack("year").fillna("")
    cells = cells[sorted(cells.columns)]
    width = max(_columns(str(label)) for label in cells.index) + 2
    blocks = []
    for start in range(0, cells.shape[1], _SHOWN_YEARS):
        block = cells.iloc[:, start : start + _SHOWN_YEARS]
        lines = [" " * width + "".join(f"{year or 'all':>11}" for year in block.columns)]
        lines += [
            _padded(str(label), width) + "".join(f"{c:>11}" for c in row)
            for label, row in zip(block.index, block.to_numpy(), strict=True)
        ]
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks) + "\n"
