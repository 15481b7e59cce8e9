"""The county yearbook: figures by unit and year, and the rows that could not be taken."""

import pandas as pd

from analysis.data.schemas.forms import COUNT, HANZI, UNIT_ID, Form, Rule, Table, one_of, or_empty

# Editions of the yearbook that the upstream file holds; each prints figures of the year before.
EDITIONS = (2001, 2002, 2003, 2004, 2005, *range(2007, 2019), 2023)
LAG = 1

MATCHES = ("exact", "province corrected", "abbreviated", "renamed", "type changed", "respelled")
REASONS = (
    "no such unit",
    "several units fit",
    "columns out of step",
    "figures not the unit's",
    "other ground",
    "printed twice",
    "year label wrong",
)

# Our columns in order, and the columns of the upstream file that hold the quantity; never two of them in one row.
VARIABLES = {
    "area_km2": ("area_km2",),
    "townships": ("township_count",),
    "towns": ("town_count",),
    "subdistricts": ("subdistrict_count",),
    "villages": ("village_committee_count",),
    "registered_population": ("total_pop", "registered_pop"),
    "rural_population": ("rural_pop",),
    "households": ("total_households",),
    "rural_households": ("rural_households",),
    "rural_employed": ("rural_employment",),
    "agricultural_employed": ("agri_employment",),
    "secondary_employed": ("secondary_employment",),
    "tertiary_employed": ("tertiary_employment",),
    "gdp": ("gdp",),
    "primary_value_added": ("primary_industry_va",),
    "secondary_value_added": ("secondary_industry_va",),
    "tertiary_value_added": ("tertiary_industry_va",),
    "fiscal_revenue": ("local_fiscal_revenue", "public_fiscal_revenue"),
    "fiscal_expenditure": ("fiscal_expenditure", "local_fiscal_expenditure", "public_fiscal_expenditure"),
    "tax_revenue": ("tax_revenue",),
    "household_deposits": ("deposit_balance",),
    "loans": ("loan_balance",),
    "capital_construction_investment": ("capital_construction_invest",),
    "urban_investment": ("urban_fixed_invest",),
    "investment_without_rural_households": ("fixed_asset_invest_ex_household", "fixed_asset_invest"),
    "industrial_firms": ("above_scale_ind_firms",),
    "industrial_output": ("above_scale_industry_output",),
    "fixed_line_phones": ("local_phone", "fixed_phone"),
    "primary_pupils": ("primary_school_students",),
    "secondary_students": ("middle_school_students",),
    "vocational_students": ("voc_edu_students",),
    "hospital_beds": ("hospital_beds",),
    "welfare_institutions": ("welfare_institutions",),
    "welfare_beds": ("welfare_beds",),
    "grain_tonnes": ("grain_output",),
    "meat_tonnes": ("meat_output",),
}
# Printed in 10,000 people.
IN_TEN_THOUSANDS = ("registered_population", "rural_population")

EDITION = Form("|".join(map(str, EDITIONS)), f"one of {', '.join(map(str, EDITIONS))}", "whole number")
YEAR = Form("[12][0-9]{3}", "a year", "whole number")
# Kept as printed, so that a misread figure may even have a minus; such a figure is flagged.
FIGURE = Form(
    "(?:-?(?:0|[1-9][0-9]{0,10})(?:[.][0-9]?[1-9])?)?", "a number with two decimals at most, or nothing", "number"
)
FLAGGED = Form("[a-z0-9_ ]*", "names of columns with blanks between")


def _flags_name_figures(frame: pd.DataFrame) -> "pd.Series[bool]":
    given = {variable: frame[variable].notna().to_numpy() for variable in VARIABLES}

    def fine(place: int, flagged: str) -> bool:
        names = flagged.split(" ") if flagged else []
        return names == sorted(set(names)) and all(n in given and given[n][place] for n in names)

    return pd.Series([fine(i, f) for i, f in enumerate(frame["flagged"])], index=frame.index, dtype=bool)


def _negative_is_flagged(variable: str) -> Rule:
    def test(frame: pd.DataFrame) -> "pd.Series[bool]":
        flagged = frame["flagged"]
        listed = flagged.map({text: variable in text.split(" ") for text in flagged.unique()}).astype(bool)
        return ~(frame[variable] < 0) | listed

    return Rule(variable, "0 or more, unless it is flagged", test)


def _corrected_is_stated(frame: pd.DataFrame) -> "pd.Series[bool]":
    corrected = frame["province_printed"] != ""
    return (frame["province_printed"] != frame["province"]) & ~(
        ((frame["match"] == "exact") & corrected) | ((frame["match"] == "province corrected") & ~corrected)
    )


YEARBOOK = Table(
    columns={
        "year": YEAR,
        "unit_id": UNIT_ID,
        "edition": EDITION,
        "row": COUNT,
        "name": HANZI,
        "province": HANZI,
        "province_printed": or_empty(HANZI),
        "match": one_of(*MATCHES),
        **dict.fromkeys(VARIABLES, FIGURE),
        "flagged": FLAGGED,
    },
    key=("year", "unit_id"),
    rules=(
        Rule("year", f"the year before the edition ({LAG} less)", lambda f: f["year"] == f["edition"] - LAG),
        Rule("row", "a row of the upstream file once in the table", lambda f: ~f.duplicated(subset="row")),
        Rule(
            "match", "agrees with province_printed, which is empty where province is as printed", _corrected_is_stated
        ),
        *(_negative_is_flagged(variable) for variable in VARIABLES),
        Rule("flagged", "names of columns with a figure in this row, sorted, each once", _flags_name_figures),
    ),
)

YEARBOOK_UNMATCHED = Table(
    columns={
        "edition": Form(f"2000|{EDITION.pattern}", f"2000 or {EDITION.words}", "whole number"),
        "row": COUNT,
        "name": HANZI,
        "province_printed": HANZI,
        "reason": one_of(*REASONS),
        "unit_id": or_empty(UNIT_ID),
        "note": Form("[^\r\n\0]*", "text on one line"),
    },
    key=("row",),
)
