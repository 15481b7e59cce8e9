"""Counts of the register: how many counties, county-level cities and districts a province has."""

import pandas as pd

from analysis.findings import Finding, Findings, MadeFrom
from analysis.study import Study

DESIGN = "register"
TITLE = "Units of the register"
START_YEAR = 2016  # the register has codes of August 2016, when the programme began


def level_of(codes: pd.Series) -> pd.Series:
    """What units are by their codes (GB/T 2260): district, county or county_city.

    The two last digits of a district's code are 01 to 20, of a county's 21 to 80, of a county-level city's 81 to 99;
    under a province itself (third and fourth digit 90) 01 to 20 are county-level cities.
    """
    last, direct = codes.str[4:].astype(int), codes.str[2:4] == "90"
    level = pd.Series("county", index=codes.index).mask(last <= 20, "district")
    return level.mask((last > 80) | (direct & (last <= 20)), "county_city")


def make(units: pd.DataFrame, study: Study, made_from: MadeFrom) -> Findings:
    """Counts of the treated province's units when the programme began; `units` is the register."""
    own = study.province_names[study.treated]
    codes = units.loc[units[f"code{START_YEAR}"].str[:2] == study.treated, f"code{START_YEAR}"]
    counted = level_of(codes).value_counts()
    counts = {
        f"counties_and_cities_{START_YEAR}": ("counties and county-level cities", ("county", "county_city")),
        f"counties_{START_YEAR}": ("counties", ("county",)),
        f"cities_{START_YEAR}": ("county-level cities", ("county_city",)),
        f"districts_{START_YEAR}": ("districts", ("district",)),
    }
    return Findings(
        DESIGN,
        TITLE,
        made_from,
        tuple(
            Finding(
                f"{DESIGN}.{own.lower()}.{key}",
                float(counted.reindex(list(levels), fill_value=0).sum()),
                "units",
                f"Units of {own} in the register with a code of August {START_YEAR}.",
                f"Count of {words}, told by code (GB/T 2260).",
            )
            for key, (words, levels) in counts.items()
        ),
    )
