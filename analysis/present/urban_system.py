"""Tables of the urban system: its level, its places by size, its tiers, and each prefecture beside itself."""

from pathlib import Path

import pandas as pd

from analysis.findings import load_all
from analysis.paths import FINDINGS
from analysis.present.numbers import capitalized, format_number
from analysis.present.samples import load_points
from analysis.present.tables import Column, Row, Table
from analysis.results import hierarchy, rank_size
from analysis.study import Study, load_study

THOUSAND = 1000


def level_table(study: Study | None = None, folder: Path = FINDINGS) -> Table:
    """The treated province, its neighbours together and mainland China in both censuses.

    Args:
        study: the study's definition; that of `study.yml` if not given.
        folder: where the findings are.
    """
    study = load_study() if study is None else study
    known, own = load_all(folder), study.province_names[study.treated]
    years = (study.first_year, study.last_year)
    rows = []
    for words, key in (
        ("Urban share, all units", "urban_share"),
        ("Urban share, counties and county-level cities", "county_urban_share"),
        ("Employed in farming, the same units", "agricultural_employment"),
        ("Homes with piped water, the same units", "piped_water"),
    ):
        cells = [
            format_number(known[f"urban_system.{own.lower()}.{of}{key}_{year}"].value, 1)
            for of in ("", "neighbours_", "country_")
            for year in years
        ]
        rows.append(Row([words, *cells]))
    return Table(
        columns=[
            Column("Share", align="left"),
            *(
                Column(f"{whose}, {year}", "percent")
                for whose in (own, "Neighbours", "Mainland China")
                for year in years
            ),
        ],
        rows=rows,
        notes=[
            "All units of a group together. Units by their kind in each census. Work and piped water from the long "
            "form, one household in ten.",
        ],
    )


def rank_size_table(study: Study | None = None, folder: Path = FINDINGS) -> Table:
    """Rank-size slopes and the largest city's weight, by province, the steepest of the last census first.

    Args:
        study: the study's definition; that of `study.yml` if not given.
        folder: where the findings are.
    """
    study = load_study() if study is None else study
    known = load_all(folder)
    first, last = study.first_year, study.last_year
    bases = {study.province_names[p]: f"{rank_size.DESIGN}.{study.province_names[p].lower()}" for p in study.provinces}
    rows = []
    for name, of in sorted(bases.items(), key=lambda item: -known[f"{item[1]}.slope_{last}"].value):
        slopes = [known[f"{of}.slope_{y}"] for y in (first, last)]
        slopes += [known[f"{of}.upper_half.slope_{y}"] for y in (first, last)]
        shares = [known[f"{of}.largest_share_{y}"] for y in (first, last)]
        over = known[f"{of}.largest_over_second_{last}"]
        rows.append(
            Row(
                [
                    name,
                    format_number(slopes[0].n or 0, 0),
                    *(format_number(s.value, 2) for s in slopes),
                    *(format_number(s.value, 1) for s in shares),
                    format_number(over.value, 1),
                ],
                ["", *(f"({format_number(s.standard_error or 0, 2)})" for s in slopes), "", "", ""],
            )
        )
    return Table(
        columns=[
            Column("Province", align="left"),
            Column("Places"),
            Column(f"Slope, {first}"),
            Column(f"Slope, {last}"),
            Column(f"Larger half, {first}"),
            Column(f"Larger half, {last}"),
            Column(f"Largest city, {first}", "percent"),
            Column(f"Largest city, {last}", "percent"),
            Column(f"Largest over second, {last}"),
        ],
        rows=rows,
        notes=[
            "Places: prefecture cities with all their districts and zones, and counties and county-level cities, by "
            f"their kind in {first}. Size: urban residents. Slopes: log (rank less one half) on log size, sign turned; "
            "in brackets the slope times the root of 2 over the number of places. Largest city: share of the "
            "province's urban residents.",
        ],
    )


def hierarchy_table(study: Study | None = None, folder: Path = FINDINGS) -> Table:
    """Residents and urban residents by tier in both censuses, and where the additional urban residents live.

    Args:
        study: the study's definition; that of `study.yml` if not given.
        folder: where the findings are.
    """
    study = load_study() if study is None else study
    known, own = load_all(folder), study.province_names[study.treated].lower()
    first, last = study.first_year, study.last_year

    def thousands(key: str) -> str | None:
        found = known.get(key)
        return None if found is None else format_number(found.value / THOUSAND, 0)

    def percent(key: str) -> str | None:
        found = known.get(key)
        return None if found is None else format_number(found.value, 1)

    tiers = {t.name: capitalized(t.words) for t in hierarchy.TIERS.values()} | {"all": "All"}
    rows = []
    for name, words in tiers.items():
        of = f"{hierarchy.DESIGN}.{own}.{name}"
        rows.append(
            Row(
                [
                    words,
                    format_number(known[f"{of}.units"].value, 0),
                    *(thousands(f"{of}.people_{y}") for y in (first, last)),
                    *(thousands(f"{of}.urban_{y}") for y in (first, last)),
                    *(percent(f"{of}.urban_share_{y}") for y in (first, last)),
                    percent(f"{of}.share_of_urban_growth"),
                ]
            )
        )
    return Table(
        columns=[
            Column("Tier", align="left"),
            Column("Units"),
            Column(f"Residents, {first}", "thousands"),
            Column(f"Residents, {last}", "thousands"),
            Column(f"Urban, {first}", "thousands"),
            Column(f"Urban, {last}", "thousands"),
            Column(f"Urban share, {first}", "percent"),
            Column(f"Urban share, {last}", "percent"),
            Column("Of additional urban residents", "percent"),
        ],
        rows=rows,
        notes=[
            f"Units by their kind in {first}. Functional zones have rows of their own in {last} only; until then their "
            "residents are in the rows of districts, county-level cities and counties.",
        ],
    )


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
