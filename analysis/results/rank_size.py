"""The sizes of a province's places: prefecture cities, each with all its districts, and county-level units.

The size of a place is its urban residents. Units keep the kind that they had in the first census, so that a county
which became a district is the same place in both years; zones count with the city that runs them.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from analysis.designs.dose import slope
from analysis.designs.rank_size import RankSize, rank_size
from analysis.findings import Finding, Findings, MadeFrom
from analysis.results.effects import Meaning
from analysis.results.slopes import association
from analysis.results.urban_system import COUNTED, COUNTY, build_rows, put_zones
from analysis.study import Study

DESIGN = "rank_size"
TITLE = "Rank and size of places"
CITY, UNIT = "city", "county-level unit"
LARGE = 500_000  # urban residents
UPPER_HALF = 0.5
METHOD = (
    "log (rank less one half) on log size by least squares, sign turned; error: slope times the root of 2/n (Gabaix "
    "and Ibragimov)."
)


def places(rows: pd.DataFrame, units: pd.DataFrame, names: Mapping[str, str] | None = None) -> pd.DataFrame:
    """One row a place, from rows of `urban_system.build_rows` whose zones `put_zones` has put.

    Args:
        rows: units with people and urban people of both censuses; the column side says which side a unit is on.
        units: the register.
        names: prefectures' names in Latin letters by those in characters, for cities.

    Returns:
        Columns place (unit_id of a county-level unit, "city" and the prefecture's name for a city), name, pinyin,
        province, prefecture (with the province's code before it), kind (`CITY` or `UNIT`), code_end (a unit's code in
        the last census), people_start, people_end, urban_start, urban_end; by province, the largest of the last first.
        Places without urban residents in one of the years are left out.
    """
    known = units.set_index("unit_id").reindex(rows["unit_id"])
    is_unit = (rows["side"] == COUNTY).to_numpy()
    cities = rows["prefecture"].str[3:].to_numpy()
    last = next(c for c in sorted(units.columns, reverse=True) if c.startswith("code2"))
    frame = rows.assign(
        place=np.where(is_unit, rows["unit_id"], "city " + rows["prefecture"]),
        kind=np.where(is_unit, UNIT, CITY),
        name=np.where(is_unit, known["name"].to_numpy(), cities),
        pinyin=np.where(is_unit, known["pinyin"].to_numpy(), [(names or {}).get(c, "") for c in cities]),
        code_end=np.where(is_unit, known[last].to_numpy(), ""),
    )
    by = ["place", "name", "pinyin", "province", "prefecture", "kind", "code_end"]
    counts = ["people_start", "people_end", "urban_start", "urban_end"]
    found = frame.groupby(by, as_index=False)[counts].sum()
    found = found[(found[["urban_start", "urban_end"]] > 0).all(axis="columns")]
    return found.sort_values(["province", "urban_end", "place"], ascending=[True, False, True], ignore_index=True)


def _slope(key: str, fit: RankSize, sample: str, how: str) -> Finding:
    return Finding(
        key=key,
        value=fit.slope,
        unit="slope",
        sample=sample,
        specification=how,
        standard_error=fit.standard_error,
        interval=fit.interval,
        level=fit.level,
        n=fit.n,
    )


def _province(of: str, name: str, table: pd.DataFrame, study: Study, words: str) -> list[Finding]:
    """Slopes and the largest place's weight in both years, from the places of one province."""
    found = []
    for year, end in ((study.first_year, "start"), (study.last_year, "end")):
        size = f"urban_{end}"
        ordered = table.sort_values([size, "place"], ascending=[False, True])
        half = ordered.head(round(UPPER_HALF * len(ordered)))
        sample = (
            f"Places of {name}: prefecture cities with all their districts, and counties and county-level cities; "
            f"{words}."
        )
        size_words = f"Urban residents of {year}"
        found += [
            _slope(
                f"{of}.slope_{year}", rank_size(ordered, size, unit="place"), sample, f"{size_words}: {METHOD}"
            ),
            _slope(
                f"{of}.upper_half.slope_{year}", rank_size(half, size, unit="place"),
                f"{sample[:-1]}; the larger half.", f"{size_words}: {METHOD}",
            ),
            Finding(
                f"{of}.largest_share_{year}", float(100 * ordered[size].iloc[0] / ordered[size].sum()), "percent",
                sample, f"{size_words} of the largest place, in percent of those of all. {COUNTED}", n=len(ordered),
            ),
            Finding(
                f"{of}.largest_over_second_{year}", float(ordered[size].iloc[0] / ordered[size].iloc[1]), "ratio",
                sample, f"{size_words} of the largest place over those of the second. {COUNTED}", n=len(ordered),
            ),
        ]  # fmt: skip
    return found


def _counts(of: str, name: str, table: pd.DataFrame, study: Study) -> list[Finding]:
    """How large the places are."""
    found = []
    counties = table[table["kind"] == UNIT]
    for year, end in ((study.first_year, "start"), (study.last_year, "end")):
        large = table[f"urban_{end}"] >= LARGE
        for key, value, unit, sample, how, n in (
            (
                f"large_cities_{year}", float((large & (table["kind"] == CITY)).sum()), "cities",
                f"Prefecture cities of {name}, zones with them.", f"At least {LARGE:,} urban residents in {year}.",
                int((table["kind"] == CITY).sum()),
            ),
            (
                f"large_counties_{year}", float((large & (table["kind"] == UNIT)).sum()), "units",
                f"Counties and county-level cities of {name}.", f"At least {LARGE:,} urban residents in {year}.",
                len(counties),
            ),
            (
                f"median_county_{year}", float(counties[f"urban_{end}"].median()), "people",
                f"Counties and county-level cities of {name}.", f"Median of urban residents in {year}.", len(counties),
            ),
        ):  # fmt: skip
            found.append(Finding(f"{of}.{key}", value, unit, sample, f"{how} {COUNTED}", n=n))
    return found


def _growth_on_size(of: str, name: str, table: pd.DataFrame, study: Study) -> Finding:
    """Whether the larger places grew by more."""
    start, end = (table[f"urban_{e}"].to_numpy(dtype=float) for e in ("start", "end"))
    frame = table.assign(growth=100 * np.log(end / start), doubled=np.log2(start))
    fit = slope(frame, "growth", "doubled", cluster="prefecture", unit="place")
    meaning = Meaning(
        "log points",
        f"{len(frame)} places of {name}; zones count with the cities.",
        f"Change of log urban residents, {study.first_year} to {study.last_year}, that goes with twice the urban "
        f"residents of {study.first_year}.",
    )
    return association(f"{of}.growth_on_size", fit, meaning, about="An error in the first count draws it below nought.")


def make(
    units: pd.DataFrame, census: pd.DataFrame, study: Study, made_from: MadeFrom, names: Mapping[str, str] | None = None
) -> tuple[Findings, pd.DataFrame]:
    """The findings, and the places of the treated province and its neighbours.

    Args:
        units: the register.
        census: census figures.
        study: the study's definition.
        made_from: what the findings are made from.
        names: names of the treated province's prefectures in Latin letters by those in characters.
    """
    rows = build_rows(units, census, study)
    rows = rows[rows["province"].isin(study.provinces)]
    kinds = f"units by their kind in {study.first_year}"
    zones_with = "zones with rows of their own count with the cities"
    table = places(put_zones(rows, "with_districts"), units, names)
    found = []
    for province in study.provinces:
        name = study.province_names[province]
        own = table[table["province"] == province]
        of = f"{DESIGN}.{name.lower()}"
        found += _province(of, name, own, study, f"{kinds}, {zones_with}")
        if province == study.treated:
            found += _counts(of, name, own, study)
            found.append(_growth_on_size(of, name, own, study))
            here = rows[rows["province"] == province]
            for variant, other, words in (
                ("zones_left_out", put_zones(here, "left_out"), f"{kinds}, zones are left out"),
                (
                    "kinds_of_last_year", put_zones(here, "with_districts", "side_end"),
                    f"units by their kind in {study.last_year} in both years, {zones_with}",
                ),
            ):  # fmt: skip
                found += _province(f"{of}.{variant}", name, places(other, units), study, words)
    return Findings(DESIGN, TITLE, made_from, tuple(found)), table
