"""Tables that the public record lacks.

A reader who has the figures puts them into `data/supplied/`, where `report data verify` checks them.
"""

from dataclasses import dataclass

from analysis.data.schemas.forms import COUNT, COUNT_OR_EMPTY, UNIT_ID, Form, Table, or_empty

SUPPLIED = "supplied"  # folder under data/, never committed

YEAR = Form("20[0-4][0-9]", "a year from 2000 to 2049", "whole number")
DATE = Form("20[0-4][0-9]-(?:0[1-9]|1[0-2])", "a month such as 2016-08")
# Money and areas with up to two decimals; counts of people are whole.
AMOUNT = Form("(?:0|[1-9][0-9]{0,9})(?:[.][0-9]{1,2})?", "a number of 0 or more, two decimals at most", "number")


@dataclass(frozen=True)
class Wanted:
    """A table that is still empty: what it would hold, where the figures are kept, what they would settle."""

    table: Table
    holds: str
    kept: str
    settles: str


WANTED: dict[str, Wanted] = {
    "residents.csv": Wanted(
        Table(
            {"unit_id": UNIT_ID, "year": YEAR, "residents": COUNT, "urban_residents": COUNT_OR_EMPTY},
            ("unit_id", "year"),
        ),
        holds="Residents, and urban residents, of each unit at the end of each year",
        kept="statistical offices of provinces and prefectures; printed unit by unit in yearbooks since about 2011",
        settles="when the urban share rose, and whether it did so before the programme",
    ),
    "county_seats.csv": Wanted(
        Table(
            {
                "unit_id": UNIT_ID,
                "year": YEAR,
                "built_up_km2": or_empty(AMOUNT),
                "road_area_m2": COUNT_OR_EMPTY,
                "investment_10000_yuan": or_empty(AMOUNT),
                "seat_residents": COUNT_OR_EMPTY,
            },
            ("unit_id", "year"),
        ),
        holds="Built-up area, road area, construction investment and residents of each county seat",
        kept="the county-seat volume of the construction yearbook of the ministry of housing; not in a public table",
        settles="the first stage: whether anything more was built in Henan's county seats than elsewhere",
    ),
    "programme_batches.csv": Wanted(
        Table({"unit_id": UNIT_ID, "batch": Form("[1-9]", "1, 2, 3 ..."), "joined": DATE}, ("unit_id",)),
        holds="The batch in which each unit joined the programme, and the month",
        kept="the provincial office of the programme; news gives the size of the first batch and few of its members",
        settles="comparisons within Henan between units that joined early and late, free of the province's own shocks",
    ),
    "programme_investment.csv": Wanted(
        Table(
            {
                "unit_id": UNIT_ID,
                "year": YEAR,
                "planned_10000_yuan": or_empty(AMOUNT),
                "done_10000_yuan": or_empty(AMOUNT),
            },
            ("unit_id", "year"),
        ),
        holds="Money planned and spent under the programme by unit and year",
        kept="the provincial office of the programme; news gives it for single units and years",
        settles="the dose: whether more money brought more, which membership alone cannot show",
    ),
}
