"""Simulated rows of the county yearbook, and the units they belong to."""

import csv
import io

import numpy as np
import pandas as pd

from analysis.data.schemas.yearbook import EDITIONS, VARIABLES

COLUMNS = ["year", "province", "county", *(c for columns in VARIABLES.values() for c in columns)]

# Provinces in the order of printing: 山东省, 河南省, 湖北省 stand side by side.
UNITS = pd.DataFrame(
    [
        ("410121", "甲县", "河南省", "郑州市", "甲区", 500_000),
        ("410122", "乙县", "河南省", "郑州市", "", 900_000),
        ("410181", "丙市", "河南省", "郑州市", "", 700_000),
        ("370121", "丁县", "山东省", "济南市", "", 300_000),
        ("420121", "同县", "湖北省", "武汉市", "", 200_000),
        ("370122", "同县", "山东省", "济南市", "", 1_100_000),
        ("410123", "大同回族土族自治县", "河南省", "郑州市", "", 400_000),
        ("410222", "长葛城县", "河南省", "开封市", "", 450_000),
    ],
    columns=["unit_id", "name", "province", "prefecture", "other_names", "registered_population"],
)


def simulated(editions=(2007, 2009, 2010, 2011, 2012), noise=0.02, seed=1, units=UNITS):
    """Rows of every unit in every edition, under our names, as `match_yearbook` takes them."""
    random = np.random.default_rng(seed)
    rows = []
    for edition in editions:
        for unit in units.itertuples():
            people = unit.registered_population
            figure = dict.fromkeys(VARIABLES, np.nan)
            shares = {"households": 0.3, "rural_population": 0.8, "rural_households": 0.2, "rural_employed": 0.45,
                      "agricultural_employed": 0.3, "villages": 0.0005, "townships": 0.00003, "area_km2": 0.002,
                      "primary_pupils": 0.08, "secondary_students": 0.06, "hospital_beds": 0.002, "loans": 0.8,
                      "household_deposits": 1.0, "fiscal_revenue": 0.1, "fiscal_expenditure": 0.3,
                      "primary_value_added": 0.4, "secondary_value_added": 0.9}  # fmt: skip
            growth = 1.15 ** (edition - 2007)
            shares["urban_investment" if edition < 2012 else "investment_without_rural_households"] = 0.7
            for variable, share in shares.items():
                money = (
                    growth
                    if (share >= 0.1 and "value" in variable) or "fiscal" in variable or "invest" in variable
                    else 1
                )
                figure[variable] = float(round(people * share * money * np.exp(noise * random.normal())))
            figure["registered_population"] = float(round(people, -4))
            rows.append({"edition": edition, "province": unit.province, "name": unit[2], **figure})
    frame = pd.DataFrame(rows)
    frame.insert(0, "row", range(1, len(frame) + 1))
    return frame


def raw(frame):
    """The same under the upstream columns' names, as `read_yearbook` gives them."""
    made = frame[["row", "edition", "province", "name"]].copy()
    for variable, columns in VARIABLES.items():
        for column in columns[1:]:
            made[column] = np.nan
        made[columns[0]] = frame[variable] / (
            10_000 if variable in ("registered_population", "rural_population") else 1
        )
    return made


def text(records=None, header=COLUMNS):
    """A small upstream file as text."""
    if records is None:
        records = [
            [str(year), province, county, *(str(float(10 + i)) if i % 3 else "" for i in range(len(COLUMNS) - 3))]
            for year in (EDITIONS[0], 2012)
            for province, county in (("河南省", "甲县"), ("山东省", "丁\n县"), ("湖北省", "同县"))
        ]
    made = io.StringIO()
    csv.writer(made, lineterminator="\n").writerows([header, *records])
    return made.getvalue()
