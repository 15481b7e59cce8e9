"""What the data chapter shows of quantities that two sources give: how far they agree."""

from dataclasses import dataclass

import pandas as pd

from analysis.data.agreement import Agreement, agreement
from analysis.data.tables import load_census, load_prefectures, load_units, load_yearbook
from analysis.present.kept import kept
from analysis.present.numbers import Shown, format_number, quantity
from analysis.present.tables import Column, Row, Table


@dataclass(frozen=True)
class Comparison:
    """One quantity by two sources, and whether they measured it apart."""

    quantity: str
    sources: str
    independent: str
    agreement: Agreement


@kept
def comparisons() -> dict[str, Comparison]:
    """All comparisons by a short name; flagged figures are left out."""
    census, prefectures, yearbook, units = load_census(), load_prefectures(), load_yearbook(), load_units()
    of_2010 = census[census["year"] == 2010].set_index("code")
    book = yearbook[yearbook["year"] == 2010].set_index("unit_id")
    area = yearbook.dropna(subset="area_km2").groupby("unit_id")["area_km2"].median()
    measured = units.set_index("unit_id")["area_km2"]

    def of(column: str) -> "pd.Series[float]":
        return of_2010[column].reindex(book.index)

    return {
        "roads": Comparison(
            "Road area per head, cities at prefecture level, 2003 to 2022",
            "two compilations",
            "no: both copy one yearbook",
            agreement(prefectures["road_pc"], prefectures["road_pc_second"]),
        ),
        "gdp": Comparison(
            "Gross domestic product, prefectures, 2001 to 2020",
            "two compilations",
            "in part: one source, other editions",
            agreement(prefectures["gdp"], prefectures["gdp_second"]),
        ),
        "registered": Comparison(
            "Registered population, units, 2010",
            "yearbook and census",
            "yes: registers and enumeration",
            agreement(book["registered_population"], of("registered_population")),
        ),
        "residents": Comparison(
            "Registered population in the yearbook, residents in the census, 2010",
            "yearbook and census",
            "yes, and not the same quantity",
            agreement(book["registered_population"], of("population")),
        ),
        "households": Comparison(
            "Households, units, 2010",
            "yearbook and census",
            "yes: registers and enumeration",
            agreement(book["households"], of("households")),
        ),
        "area": Comparison(
            "Area of units",
            "yearbook and polygons",
            "yes: survey of land and outlines",
            agreement(area, measured.reindex(area.index)),
        ),
    }


def within(name: str) -> Shown:
    """Share of a comparison's pairs within a tenth of each other."""
    return quantity(100 * comparisons()[name].agreement.within_10_percent, "percent", digits=1)


def comparisons_table() -> Table:
    """How far two sources of one quantity agree."""
    return Table(
        columns=[
            Column("Quantity", align="left", width=25),
            Column("Sources", align="left", width=14),
            Column("Measured apart", align="left", width=17),
            Column("Pairs", width=9),
            Column("Correlation of logs", width=13),
            Column("Median ratio", width=10),
            Column("Within a tenth", "percent", width=12),
        ],
        rows=[
            Row(
                [
                    c.quantity,
                    c.sources,
                    c.independent,
                    format_number(c.agreement.n, 0),
                    format_number(c.agreement.correlation, 3),
                    format_number(c.agreement.median_ratio, 3),
                    format_number(100 * c.agreement.within_10_percent, 1),
                ]
            )
            for c in comparisons().values()
        ],
        notes=["Ratio: the first source over the second. Flagged figures are left out."],
    )
