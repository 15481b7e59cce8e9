"""The urban hierarchy of the treated province: who lives, and who lives in towns, on each of its tiers.

Units keep the kind that they had in the first census. Zones with rows of their own, which the last census alone has,
are tiers apart: their ground was that of districts and counties.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.designs.errors import DesignError
from analysis.findings import Finding, Findings, MadeFrom
from analysis.results import counties
from analysis.results.counties import LOG_POINTS
from analysis.results.urban_system import COUNTED, DISTRICT, ZONE, build_rows
from analysis.study import Study

DESIGN = "hierarchy"
TITLE = "The urban hierarchy: residents and urban residents by tier"
EARLIER = (2000, 2010)


@dataclass(frozen=True)
class Tier:
    """A tier: its name in keys, and in words."""

    name: str
    words: str


TIERS = {
    t.name: t
    for t in (
        Tier("capital", "districts of the capital"),
        Tier("districts", "districts of other prefecture cities"),
        Tier("cities", "county-level cities"),
        Tier("counties", "counties"),
        Tier("zones_capital", "functional zones of the capital"),
        Tier("zones", "functional zones of other prefectures"),
    )
}
# Sums of tiers that chapters speak of.
SUMS = {
    "county_level": (("cities", "counties"), "counties and county-level cities"),
    "districts_all": (("capital", "districts"), "districts"),
    "zones_all": (("zones_capital", "zones"), "functional zones"),
    "all": (tuple(TIERS), "all units"),
}


def capital_prefecture(rows: pd.DataFrame) -> str:
    """The prefecture of the province's capital, whose codes come first in GB/T 2260.

    Raises:
        DesignError: the rows are of no province, or of several.
    """
    if rows["province"].nunique() != 1:
        raise DesignError(f"units of {rows['province'].nunique()} provinces; the hierarchy is of one")
    return str(rows.sort_values("code")["prefecture"].iloc[0])


def with_tiers(rows: pd.DataFrame, units: pd.DataFrame, year: int) -> pd.DataFrame:
    """Rows of one province, from `urban_system.build_rows`, with the column tier; `year` is that of the kinds."""
    known = units.set_index("unit_id").reindex(rows["unit_id"])
    code = known[f"code{year}"].to_numpy()
    last = known[[c for c in known.columns if c.startswith("code2")]].max(axis="columns").to_numpy()
    rows = rows.assign(code=np.where(code != "", code, last), kind=known["unit_type"].to_numpy())
    of_capital = (rows["prefecture"] == capital_prefecture(rows)).to_numpy()
    zone, district = (rows["side"] == ZONE).to_numpy(), (rows["side"] == DISTRICT).to_numpy()
    return rows.assign(
        tier=np.select(
            [zone & of_capital, zone, district & of_capital, district, (rows["kind"] == "county_city").to_numpy()],
            ["zones_capital", "zones", "capital", "districts", "cities"],
            "counties",
        )
    )


def by_tier(rows: pd.DataFrame) -> pd.DataFrame:
    """People and urban people of both years, and units, by tier, with the sums of tiers under their names."""
    counts = ["people_start", "people_end", "urban_start", "urban_end"]
    sums = rows.groupby("tier")[counts].sum().assign(units=rows.groupby("tier").size())
    sums = sums.reindex(list(TIERS), fill_value=0)
    for name, (members, _) in SUMS.items():
        sums.loc[name] = sums.loc[list(members)].sum()
    return sums


def _tier_findings(of: str, own: str, table: pd.DataFrame, study: Study) -> Iterator[Finding]:
    first, last = study.first_year, study.last_year
    words = {t.name: t.words for t in TIERS.values()} | {name: w for name, (_, w) in SUMS.items()}
    kinds = f"Units by their kind in {first}; zones with rows of their own in {last} are apart."
    counts: dict[Any, dict[Any, float]] = table.astype(float).to_dict("index")
    whole = counts["all"]
    for name, about in words.items():
        row = counts[name]
        sample = f"{own}, {about}. {kinds}"
        n = int(row["units"])
        numbers: list[tuple[str, float, str, str]] = [("units", n, "units", "Count of units.")]
        for year, end in ((first, "start"), (last, "end")):
            people, urban = row[f"people_{end}"], row[f"urban_{end}"]
            if not people:
                continue
            numbers += [
                (f"people_{year}", people, "people", f"Residents, {year}."),
                (f"urban_{year}", urban, "people", f"Urban residents, {year}."),
                (f"urban_share_{year}", 100 * urban / people, "percent", f"Urban residents of residents, {year}."),
                (
                    f"share_of_urban_{year}", 100 * urban / whole[f"urban_{end}"], "percent",
                    f"Of all urban residents of {own}, {year}.",
                ),
                (
                    f"share_of_people_{year}", 100 * people / whole[f"people_{end}"], "percent",
                    f"Of all residents of {own}, {year}.",
                ),
            ]  # fmt: skip
        people, urban = (row[f"{c}_end"] - row[f"{c}_start"] for c in ("people", "urban"))
        numbers += [
            (
                "share_of_urban_growth", 100 * urban / (whole["urban_end"] - whole["urban_start"]), "percent",
                f"Of additional urban residents of {own}, {first} to {last}.",
            ),
            ("people_change", people, "people", f"Change of residents, {first} to {last}."),
            ("urban_change", urban, "people", f"Change of urban residents, {first} to {last}."),
            ("rural_change", people - urban, "people", f"Change of residents not urban, {first} to {last}."),
        ]  # fmt: skip
        if row["people_start"]:
            growth = 100 * np.log(row["people_end"] / row["people_start"])
            numbers.append(("growth", growth, LOG_POINTS, f"Change of log residents, {first} to {last}."))
        for what, value, unit, how in numbers:
            yield Finding(f"{of}.{name}.{what}", float(value), unit, sample, f"{how} {COUNTED}", n=n)


def _bounds(of: str, own: str, table: pd.DataFrame, study: Study) -> Iterator[Finding]:
    """How much less county-level units grew than districts, wherever the ground of the zones was."""

    def grown(*names: str) -> float:
        end, start = (table.loc[list(names), f"people_{e}"].sum() for e in ("end", "start"))
        return float(100 * np.log(end / start))

    cases = {
        "zones_with_districts": (("county_level",), ("districts_all", "zones_all"), "zones count with the districts"),
        "zones_left_out": (("county_level",), ("districts_all",), "zones are left out"),
        "zones_with_counties": (("county_level", "zones_all"), ("districts_all",), "zones count with the counties"),
    }
    for name, (ours, theirs, words) in cases.items():
        yield Finding(
            f"{of}.county_level_less_districts.{name}", grown(*ours) - grown(*theirs), LOG_POINTS,
            f"All of {own}. Units by their kind in {study.first_year}; {words}.",
            f"Change of log residents, {study.first_year} to {study.last_year}: counties and county-level cities "
            f"together less districts together. {COUNTED}",
        )  # fmt: skip


def _before(of: str, own: str, rows: pd.DataFrame, units: pd.DataFrame, census: pd.DataFrame) -> Iterator[Finding]:
    """Residents of the earlier census on tiers whose units all stand on the same ground since."""
    first, last = EARLIER
    register = units.set_index("unit_id")
    people = census[census["year"] == first].set_index("code")["population"]
    for name, tier in TIERS.items():
        members = register.loc[rows.loc[rows["tier"] == name, "unit_id"]]
        if members.empty or (members[f"ground_{first}_{last}"] != "same").any():
            continue
        yield Finding(
            f"{of}.{name}.people_{first}", float(people.reindex(members[f"code{first}"]).sum()), "people",
            f"{own}, {tier.words}: the same ground in {first} and {last}.", f"Residents, {first}. {COUNTED}",
            n=len(members),
        )  # fmt: skip


def _decades(of: str, own: str, units: pd.DataFrame, census: pd.DataFrame, study: Study) -> Iterator[Finding]:
    """Counties of the treated province in two decades, the same units in both."""
    early = counties.build(units, census, first=EARLIER[0], last=EARLIER[1])
    late = counties.build(units, census, first=study.first_year, last=study.last_year)
    ours = early[early["province"] == study.treated].set_index("unit_id")["log_population"]
    both = pd.concat({"early": ours, "late": late.set_index("unit_id")["log_population"]}, axis="columns").dropna()
    sample = f"Counties and county-level cities of {own} on the same ground in {EARLIER[0]}, {EARLIER[1]} and "
    sample += f"{study.last_year}."
    for column, years in (("early", EARLIER), ("late", (study.first_year, study.last_year))):
        span = f"{years[0]}_{years[1]}"
        losing = float((both[column] < 0).sum())
        words = f"{years[0]} to {years[1]}. {COUNTED}"
        n = len(both)
        yield Finding(f"{of}.losing_{span}", losing, "units", sample, f"Units that lost residents, {words}", n=n)
        median = float(both[column].median())
        yield Finding(f"{of}.median_growth_{span}", median, LOG_POINTS, sample, f"Median growth, {words}", n=n)
    twice = float(((both["early"] < 0) & (both["late"] < 0)).sum())
    yield Finding(f"{of}.losing_twice", twice, "units", sample, f"Units that lost in both decades. {COUNTED}", n=n)


def make(units: pd.DataFrame, census: pd.DataFrame, study: Study, made_from: MadeFrom) -> Findings:
    """The findings.

    Args:
        units: the register.
        census: census figures.
        study: the study's definition.
        made_from: what the findings are made from.
    """
    own = study.province_names[study.treated]
    of = f"{DESIGN}.{own.lower()}"
    rows = build_rows(units, census, study)
    rows = with_tiers(rows[rows["province"] == study.treated], units, study.first_year)
    table = by_tier(rows)
    found = [
        *_tier_findings(of, own, table, study),
        *_bounds(of, own, table, study),
        *_before(of, own, rows, units, census),
        *_decades(of, own, units, census, study),
    ]
    return Findings(DESIGN, TITLE, made_from, tuple(found))
