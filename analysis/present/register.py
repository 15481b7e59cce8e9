"""What the data chapter shows of the register of units: which units stay comparable, and by which rule."""

import pandas as pd

from analysis.data.samples import samples
from analysis.data.tables import load_boundary_cases, load_designations, load_units
from analysis.present.kept import kept
from analysis.present.numbers import Shown, format_number, quantity
from analysis.present.tables import Column, Row, Table
from analysis.study import Study, load_study

RULES = {
    "in the earlier census": "Counties and county-level cities of 2010",
    "code in the later census too": "Code gone by 2020",
    "code now another unit's": "Code given to another unit since",
    "linked by event": "Linked by a notice of change",
    "linked by name": "Linked by name within the province",
    "linked by ruling": "Linked one by one, with reason",
    "ground changed": "Ground changed",
    "ground unknown": "Ground not known",
    "comparable": "Comparable units",
    "zone": "Ground lost to a zone, by notice",
    "zone suspected": "Loss to a zone suspected",
    "comparable without zones": "Comparable, no zone suspected",
}
_SUMS = ("in the earlier census", "comparable", "comparable without zones")


@kept
def _units() -> pd.DataFrame:
    return load_units()


@kept
def _cases() -> pd.DataFrame:
    return load_boundary_cases()


def units() -> Shown:
    """How many units the register has."""
    return quantity(len(_units()), "units")


def cases(decision: str | None = None) -> Shown:
    """How many cases were opened, or decided in one way."""
    frame = _cases()
    return quantity(len(frame) if decision is None else int((frame["decision"] == decision).sum()))


def exits_by_elimination() -> Shown:
    """How many poverty counties have a year of exit that is inferred from what is left over."""
    return quantity(int(load_designations()["note"].str.contains("by elimination").sum()))


def suspected(study: Study | None = None) -> Shown:
    """How many units of the programme gave ground to a zone, by notice or by suspicion."""
    here = _units()[_units()["baicheng"] == "in programme"]
    return quantity(int(((here["zone_suspected"] == 1) | (here["ground_2010_2020"] == "zone")).sum()))


def without_polygon() -> Shown:
    """How many units of 2010 no polygon shows by itself."""
    here = _units()[_units()["code2010"] != ""]
    return quantity(int(here["longitude"].isna().sum()), "units")


def samples_table(study: Study | None = None) -> Table:
    """What each rule adds to the comparable sample or drops from it, 2010 to 2020, by group of provinces."""
    study = load_study() if study is None else study
    found = samples(_units(), _cases(), study)
    heads = {"treated": study.province_names[study.treated], "neighbours": "Neighbours", "others": "Other provinces"}
    rows = []
    for rule, label in RULES.items():
        cells: list[str | None] = [label]
        for group in heads:
            row = found[(found["group"] == group) & (found["rule"] == rule)].iloc[0]
            cells.append(format_number(row["left"] if rule in _SUMS else row["units"], 0))
        rows.append(Row(cells))
    return Table(
        columns=[
            Column("Rule, in the order applied", align="left", width=46),
            *(Column(head, "units", width=18) for head in heads.values()),
        ],
        rows=rows,
        notes=[
            "Counties and county-level cities of 2010. A minus: units dropped.",
            "Suspected: in 2020 the prefecture has a zone with a row of its own, and the zone bears the unit's name or "
            "the unit borders on one of the prefecture's districts. The rule looks at no population figure.",
        ],
    )
