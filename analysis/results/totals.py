"""What the census prints of a whole province, districts included."""

import pandas as pd

from analysis.designs.errors import DesignError
from analysis.study import Study


def treated_total(totals: pd.DataFrame, study: Study, year: int) -> pd.Series:
    """The treated province's row of `data/census_totals.csv` in a year.

    Raises:
        DesignError: the table has no such row, or several.
    """
    code = study.treated + "0000"
    rows = totals[(totals["code"] == code) & (totals["year"] == year)]
    if len(rows) != 1:
        raise DesignError(
            f"data/census_totals.csv: found {len(rows)} rows of {study.province_names[study.treated]} ({code}) in "
            f"{year}; one is needed"
        )
    return rows.iloc[0]
