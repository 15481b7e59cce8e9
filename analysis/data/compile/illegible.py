"""Cells of the census workbooks that hold no legible count, each seen and judged.

Upstream files change: a cell that cannot be read and is not among these stops the rebuild.
"""

import pandas as pd

from analysis.data.frames import each

SEEN = {
    (2010, "130924", "employed_personal_services"): "0.94",
    (2010, "211422", "aged_15_64"): "403825",
    (2010, "320826", "education_primary"): "1235929",
    (2010, "331123", "households_rented"): "5.54",
    (2010, "371323", "education_university"): "68534",
    (2010, "411122", "employed_trade"): "-1373",
    (2010, "430722", "employed_utilities"): "0.125",
    (2010, "441203", "households_other_tenure"): "0.79",
    (2010, "451027", "education_university"): "87.4",
    (2010, "510682", "employed_transport"): "61.3",
    (2010, "513433", "employed_public_administration"): "3.52",
    (2010, "542622", "employed_utilities"): "5 5",
    (2020, "450421", "education_none"): "1972",
    (2020, "451003", "education_preschool"): "-980",
    (2020, "530823", "households_lift"): "0.349",
    (2020, "540222", "households_lift"): "0.12",
}


def unseen(exceptions: pd.DataFrame, files: dict[int, str]) -> list[str]:
    """A line for each cell that could not be read as printed and is not in `SEEN`.

    Args:
        exceptions: the table `census_exceptions.csv`.
        files: names of the workbooks by census year.
    """
    cells = exceptions[
        exceptions["kind"].isin(["cell left empty", "text read as number"]) & (exceptions["printed"] != "")
    ]
    return [
        f"{files[cell.year]}, row {cell.row} ({cell.code} {cell.name_}), column {cell.column}: "
        f"found {cell.printed!r}; {cell.note}. If the census prints it so, list it in compile/illegible.py"
        for cell in each(cells.rename(columns={"name": "name_"}))
        if SEEN.get((cell.year, cell.code, cell.column)) != cell.printed
    ]
