"""The urban system: counties and districts of each prefecture, side by side."""

from pathlib import Path

import pandas as pd

from analysis.findings import load_all
from analysis.paths import FINDINGS
from analysis.present.numbers import format_number
from analysis.present.samples import load_points
from analysis.present.tables import Column, Row, Table
from analysis.study import Study, load_study


def prefectures_table(
    prefectures: pd.DataFrame | None = None, study: Study | None = None, folder: Path = FINDINGS
) -> Table:
    """Urban shares of districts and counties, their gap's change, and growth, by prefecture, the largest change last.

    Args:
        prefectures: as `results.urban_system` makes them; the pipeline's if not given.
        study: the study's definition; that of `study.yml` if not given.
        folder: where the findings are.
    """
    table = (load_points("urban_system") if prefectures is None else prefectures).fillna({"pinyin": ""})
    study = load_study() if study is None else study
    first, last, name = study.first_year, study.last_year, study.province_names[study.treated].lower()
    known = load_all(folder)
    means = {
        column: known[f"urban_system.{name}.{key}"]
        for column, key in (
            ("gap_change", "district_county_gap_change"),
            ("county_growth_less_districts", "county_growth_less_districts"),
        )
    }
    columns = ["districts_start", "districts_end", "counties_start", "counties_end", *means]
    rows = [
        Row(
            [
                f"{row['pinyin']} {row['prefecture'].removesuffix('市')}".strip(),
                *(format_number(float(row[c]), 1) for c in columns),
            ]
        )
        for _, row in table.sort_values(["gap_change", "prefecture"], kind="stable").iterrows()
    ]
    gap, growth = means.values()
    rows.append(
        Row(["Mean, median", None, None, None, None, format_number(gap.value, 1), format_number(growth.value, 1)])
    )
    return Table(
        columns=[
            Column("Prefecture", align="left"),
            Column(f"Districts, {first}", "percent urban"),
            Column(f"Districts, {last}", "percent urban"),
            Column(f"Counties, {first}", "percent urban"),
            Column(f"Counties, {last}", "percent urban"),
            Column("Change of the gap", "percentage points"),
            Column("Growth of the median county less districts", "log points"),
        ],
        rows=rows,
        notes=[
            "Units by their kind in the first year; zones with rows of their own count with the districts. Last row: "
            "mean over prefectures of the gap's change, and median over all counties of their growth less that of "
            "their prefecture's districts.",
        ],
    )
