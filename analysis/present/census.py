"""What the data chapter shows of the census tables: counts, agreement with printed totals, descriptives."""

from collections.abc import Mapping
from functools import cache

import pandas as pd

from analysis.data.tables import load_census, load_census_exceptions, load_census_totals
from analysis.present.figures import load_sample
from analysis.present.numbers import Shown, format_number, quantity
from analysis.present.tables import Column, Row, Table
from analysis.study import Study, load_study

UNIT_TYPES = {
    "county": "Counties",
    "county_city": "County-level cities",
    "banner": "Banners",
    "district": "Districts",
    "zone": "Functional zones",
    "city_without_counties": "Cities printed as one unit",
    "other": "Other",
}

# What the first design uses: column of its sample, label, unit, decimals.
DESCRIBED: Mapping[str, tuple[str, int]] = {
    "change": ("Change in the urban share (percentage points)", 1),
    "urban_share_start": ("Urban share at the start (percent)", 1),
    "population_start": ("Residents at the start (people)", 0),
    "agricultural_employment_share": ("Agricultural share of employment (percent)", 1),
    "schooling_years": ("Mean schooling (years)", 2),
    "nonagricultural_share": ("Non-agricultural registration (percent)", 1),
    "piped_water_share": ("Households with piped water (percent)", 1),
}


@cache
def _census() -> pd.DataFrame:
    return load_census()


def rows(year: int) -> Shown:
    """How many rows the table has for a census year: county-level units, and zones with a row of their own."""
    return quantity(int((_census()["year"] == year).sum()), "rows")


def residents(year: int, province: str | None = None) -> Shown:
    """The sum of the units' residents in a census year, of the country or of a province (two digits)."""
    frame = _census()[_census()["year"] == year]
    if province is not None:
        frame = frame[frame["code"].str[:2] == province]
    return quantity(int(frame["population"].sum()), "people")


def exceptions(kind: str | None = None, study: Study | None = None) -> Shown:
    """How many exceptions are listed for the study's two censuses, of one kind or of all."""
    study = load_study() if study is None else study
    frame = load_census_exceptions()
    frame = frame[frame["year"].isin((study.first_year, study.last_year))]
    return quantity(len(frame) if kind is None else int((frame["kind"] == kind).sum()))


def unit_types_table(study: Study | None = None) -> Table:
    """Units of each type in the study's two censuses, with their residents and urban share."""
    study = load_study() if study is None else study
    frame = _census()
    years = (study.first_year, study.last_year)
    lines = []
    for kind, label in UNIT_TYPES.items():
        cells: list[str | None] = [label]
        for year in years:
            part = frame[(frame["year"] == year) & (frame["unit_type"] == kind)]
            people = float(part["population"].sum())
            cells += [format_number(len(part), 0), format_number(people / 1e6, 1)]
            cells.append(format_number(100 * float(part["urban_population"].sum()) / people, 1) if people else None)
        lines.append(Row(cells))
    heads = [f"{head}, {year}" for year in years for head in ("Units", "Residents (million)", "Urban (percent)")]
    return Table(
        columns=[Column("Type of unit", align="left"), *(Column(head) for head in heads)],
        rows=lines,
        notes=[
            "Most functional zones have rows of their own only in 2020; before, their people were counted in the "
            "units that the zones were cut from."
        ],
    )


def agreement_table(study: Study | None = None) -> Table:
    """Sums of units against the total that the census prints, for the study's provinces."""
    study = load_study() if study is None else study
    frame, totals = _census(), load_census_totals()
    provinces = totals[totals["level"] == "province"].assign(province_code=lambda t: t["code"].str[:2])
    years = (study.first_year, study.last_year)
    lines = []
    for code in study.provinces:
        cells: list[str | None] = [study.province_names[code]]
        for year in years:
            own = frame[(frame["year"] == year) & (frame["code"].str[:2] == code)]
            printed = provinces[(provinces["year"] == year) & (provinces["province_code"] == code)]
            total = int(printed["population"].iloc[0])
            cells += [format_number(total, 0), format_number(int(own["population"].sum()) - total, 0)]
        lines.append(Row(cells))
    heads = [f"{head}, {year} (people)" for year in years for head in ("Printed", "Units less printed")]
    return Table(
        columns=[Column("Province", align="left"), *(Column(head) for head in heads)],
        rows=lines,
        notes=["Printed: the province's own row in the census tables."],
    )


def descriptives_table(study: Study | None = None, sample: pd.DataFrame | None = None) -> Table:
    """Means and standard deviations of what the first design uses, treated province and neighbours."""
    study = load_study() if study is None else study
    sample = load_sample() if sample is None else sample
    groups = {
        study.province_names[study.treated]: sample[sample["treated"] == 1],
        "Neighbours": sample[sample["treated"] == 0],
    }
    lines = []
    for column, (label, digits) in DESCRIBED.items():
        cells: list[str | None] = [label]
        for part in groups.values():
            cells += [
                format_number(part[column].mean(), digits),
                format_number(part[column].std(ddof=1), digits),
            ]
        lines.append(Row(cells))
    lines.append(Row(["Units", *(cell for part in groups.values() for cell in (format_number(len(part), 0), None))]))
    heads = [f"{name}, {what}" for name in groups for what in ("mean", "standard deviation")]
    return Table(
        columns=[Column("Figure", align="left"), *(Column(head) for head in heads)],
        rows=lines,
        notes=[
            f"Start: {study.first_year}. Every unit counts once, whatever its size. Work and piped water are from the "
            "long form, which one household in ten filled in."
        ],
    )
