"""What the data chapter shows of the census tables: counts, agreement with printed totals, descriptives."""

import re
from collections.abc import Mapping

import pandas as pd

from analysis.data.checks.census import COUNTRY, REMAINDERS, agreement
from analysis.data.tables import load_bulletin_totals, load_census, load_census_exceptions, load_census_totals
from analysis.present.kept import kept
from analysis.present.numbers import Shown, format_number, quantity
from analysis.present.places import PROVINCES
from analysis.present.samples import load_points
from analysis.present.tables import Column, Row, Table
from analysis.study import Study, load_study

FIRST = 2000

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
    "urban_share": ("Change in the urban share (percentage points)", 1),
    "urban_share_start": ("Urban share at the start (percent)", 1),
    "population_start": ("Residents at the start (people)", 0),
    "agricultural_employment_start": ("Agricultural share of employment (percent)", 1),
    "schooling_start": ("Mean schooling (years)", 2),
    "nonagricultural_share_start": ("Non-agricultural registration (percent)", 1),
    "piped_water_start": ("Households with piped water (percent)", 1),
}


@kept
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


@kept
def _agreement() -> pd.DataFrame:
    return agreement(_census(), load_census_totals(), load_bulletin_totals())


def _cell(value: float) -> str | None:
    return None if pd.isna(value) else format_number(value, 0)


def agreement_table(study: Study | None = None) -> Table:
    """Sums of units against what each census prints for the study's provinces and its bulletin announced."""
    study = load_study() if study is None else study
    names = {
        code: str(_census().loc[_census()["code"].str[:2] == code, "province"].iloc[0]) for code in study.provinces
    }
    return _against({names[code]: study.province_names[code] for code in study.provinces})


def bulletins_table() -> Table:
    """The same for all provinces."""
    places = _census().drop_duplicates("province").sort_values("code")
    names = {}
    for place, code in zip(places["province"], places["code"], strict=True):
        short = re.sub("(?:省|市|(?:壮族|回族|维吾尔)?自治区)$", "", place)
        names[place] = f"{PROVINCES[code[:2]]} {short}"
    return _against(names)


def _against(places: Mapping[str, str]) -> Table:
    found = _agreement()
    found = found[found["province"].isin(places)].assign(
        # The file of 2000 has no totals of its own; its tabulation was published elsewhere.
        printed=lambda f: f["workbook"].where(f["year"] != FIRST, f["tabulation"]),
        above=lambda f: f["units"] - f["bulletin"],
    )
    known = found.dropna(subset="printed")
    apart = known[known["units"] != known["printed"]]
    agree = "In every row with a printed total" if apart.empty else f"In all but {len(apart)} cells"
    years = sorted(found["year"].unique())
    wide = found.pivot(index="province", columns="year", values=["units", "above"])
    rows = [
        Row([label, *(_cell(float(wide[(what, year)][place])) for what in ("units", "above") for year in years)])
        for place, label in places.items()
    ]
    heads = [f"{head}, {year}" for head in ("Units", "Less bulletin") for year in years]
    return Table(
        columns=[Column("Province", align="left"), *(Column(head) for head in heads)],
        rows=rows,
        notes=[
            f"In people. {agree} the sum of units is that total, to the person: the province's row in the volumes of "
            "2010 and 2020, the published tabulation for 2000.",
            "Bulletins give fast counts. That of 2000 is printed in units of 10,000 and adds people whom the census "
            "missed.",
        ],
    )


def bulletin_difference(year: int, province: str | None = None) -> Shown:
    """The sum of the units less the bulletin's figure, for the country or a province (its Chinese name)."""
    found = _agreement()
    row = found[(found["province"] == (province or COUNTRY)) & (found["year"] == year)]
    return quantity(float((row["units"] - row["bulletin"]).iloc[0]), "people")


def bulletin_excess(year: int) -> Shown:
    """By how much the country's bulletin is above the sum of all units."""
    found = _agreement()
    row = found[(found["province"] == COUNTRY) & (found["year"] == year)]
    return quantity(float((row["bulletin"] - row["units"]).iloc[0]), "people")


def largest_bulletin_difference(year: int) -> Shown:
    """The largest difference between units and bulletin among provinces, without its sign."""
    found = _agreement()
    found = found[(found["year"] == year) & (found["province"] != COUNTRY)]
    return quantity(float((found["units"] - found["bulletin"]).abs().max()), "people")


def unexplained() -> Shown:
    """In how many columns of a province and year the units do not sum to the printed total."""
    return quantity(len(REMAINDERS))


def descriptives_table(study: Study | None = None, sample: pd.DataFrame | None = None) -> Table:
    """Means and standard deviations of what the first design uses, treated province and neighbours."""
    study = load_study() if study is None else study
    sample = load_points("long_difference") if sample is None else sample
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
