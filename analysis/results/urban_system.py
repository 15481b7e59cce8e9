"""The urban system: counties beside the districts of their own prefecture, and Henan beside others in 2010.

Units keep the kind that they had in the first census, so that a county which became a district counts as a county in
both years and no border moves between the two sides. Development zones have rows of their own in the last census only;
they are counted with the districts, whose cities run them, and every figure that this touches is shown otherwise too.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.data.samples import KINDS
from analysis.designs.errors import DesignError
from analysis.findings import Finding, Findings, MadeFrom
from analysis.results import counties
from analysis.results.counties import LOG_POINTS, POINTS, province_words
from analysis.results.totals import treated_total
from analysis.study import Study

DESIGN = "urban_system"
TITLE = "The urban system: counties and the districts of their prefecture"
COUNTED = "Nothing is estimated."
COUNTY, DISTRICT, ZONE = "counties", "districts", "zones"
BESIDE = ("with_counties", "left_out")  # where zones can be put but with the districts


@dataclass(frozen=True)
class Made:
    """The findings, and the treated province's prefectures: a row each (see `by_prefecture`)."""

    findings: Findings
    prefectures: pd.DataFrame


def build_rows(units: pd.DataFrame, census: pd.DataFrame, study: Study) -> pd.DataFrame:
    """All units of both censuses, each once, with people and urban people of both.

    Returns:
        Columns unit_id, province (two-digit code), prefecture (with the province's code before it), side (counties,
        districts or zones, by the kind in the first census), side_end (by the kind in the last), steady (whether the
        register has a county's ground the same in both, zones aside), and people_start, people_end, urban_start,
        urban_end, 0 where a unit is not in a census.
    """
    first, last = study.first_year, study.last_year
    rows = units[(units[f"code{first}"] != "") | (units[f"code{last}"] != "")]
    known = rows[f"code{first}"].where(rows[f"code{first}"] != "", rows[f"code{last}"])
    tables = {year: census[census["year"] == year].set_index("code") for year in (first, last)}

    def side(kinds: "pd.Series[str]") -> npt.NDArray[np.str_]:
        return np.where(kinds.isin(KINDS), COUNTY, np.where(kinds == "zone", ZONE, DISTRICT))

    frame = pd.DataFrame(
        {
            "unit_id": rows["unit_id"].to_numpy(),
            "province": known.str[:2].to_numpy(),
            "prefecture": (known.str[:2] + " " + rows["prefecture"]).to_numpy(),
            "side": side(rows["unit_type"]),
            "steady": (rows[f"ground_{first}_{last}"].isin(["same", "zone"])).to_numpy(),
        }
    )
    kinds_end = tables[last]["unit_type"].reindex(rows[f"code{last}"])
    frame["side_end"] = np.where(kinds_end.isna(), frame["side"], side(kinds_end))
    for year, end in ((first, "start"), (last, "end")):
        of_year = tables[year].reindex(rows[f"code{year}"])
        frame[f"people_{end}"] = of_year["population"].fillna(0).to_numpy(dtype=float)
        frame[f"urban_{end}"] = of_year["urban_population"].fillna(0).to_numpy(dtype=float)
    return frame


def put_zones(rows: pd.DataFrame, where: str, side: str = "side") -> pd.DataFrame:
    """Rows with zones `with_districts`, `with_counties` or `left_out`; the column side says which side."""
    if where == "left_out":
        return rows[rows[side] != ZONE].assign(side=lambda d: d[side])
    to = {"with_districts": DISTRICT, "with_counties": COUNTY}[where]
    return rows.assign(side=rows[side].replace(ZONE, to))


def by_prefecture(rows: pd.DataFrame) -> pd.DataFrame:
    """Prefectures that have counties and districts in both years, with both sides' urban shares.

    Returns:
        Index prefecture; columns districts_start, districts_end, counties_start, counties_end (urban share of all
        people of the side, percent), gap_start, gap_end (districts less counties) and gap_change (percentage points),
        districts_growth (log points), and people_start.

    Raises:
        DesignError: no prefecture has both sides.
    """
    sums = rows.groupby(["prefecture", "side"])[["people_start", "people_end", "urban_start", "urban_end"]].sum()
    fine = sums[(sums[["people_start", "people_end"]] > 0).all(axis="columns")].unstack("side").dropna()
    if fine.empty or {DISTRICT, COUNTY} - set(fine["people_start"]):
        where = ", ".join(sorted(set(rows["province"])))
        raise DesignError(
            f"no prefecture of province {where} has counties and districts in both censuses; check data/units.csv"
        )
    out = pd.DataFrame(index=fine.index)
    for side in (DISTRICT, COUNTY):
        for end in ("start", "end"):
            out[f"{side}_{end}"] = 100 * fine[f"urban_{end}"][side] / fine[f"people_{end}"][side]
    for end in ("start", "end"):
        out[f"gap_{end}"] = out[f"{DISTRICT}_{end}"] - out[f"{COUNTY}_{end}"]
    out["gap_change"] = out["gap_end"] - out["gap_start"]
    ratio = (fine["people_end"][DISTRICT] / fine["people_start"][DISTRICT]).to_numpy(dtype=float)
    out["districts_growth"] = 100 * np.log(ratio)
    out["people_start"] = fine["people_start"][DISTRICT] + fine["people_start"][COUNTY]
    return out


def county_growth(frame: pd.DataFrame, prefectures: pd.DataFrame) -> pd.Series:
    """How much less each comparable unit grew than its prefecture's districts, log points; negative is less.

    `frame` is of `counties.build`. Units whose prefecture has no districts are left out.
    """
    districts = frame["prefecture"].map(prefectures["districts_growth"])
    return (frame["log_population"] - districts).set_axis(frame["unit_id"]).dropna()


def steady(rows: pd.DataFrame) -> list[str]:
    """Prefectures in which no county gave ground to, or got it from, another unit but a zone."""
    moved = rows[(rows["side"] == COUNTY) & ~rows["steady"]]["prefecture"]
    return sorted(set(rows["prefecture"].astype(str)) - set(moved.astype(str)))


def share_of_growth(rows: pd.DataFrame, where: str = "counties") -> float:
    """Percent of the additional urban people that live on one side."""
    more = rows["urban_end"] - rows["urban_start"]
    return float(100 * more[rows["side"] == where].sum() / more.sum())


def _levels(census: pd.DataFrame, totals: pd.DataFrame, study: Study, year: int) -> list[Finding]:
    """The treated province's counties in a census beside its neighbours' and the country's."""
    own = study.province_names[study.treated]
    name = own.lower()
    provinces = totals[(totals["year"] == year) & (totals["level"] == "province")]
    country = 100 * provinces["urban_population"].sum() / provinces["population"].sum()
    here = treated_total(totals, study, year)
    share = 100 * here["urban_population"] / here["population"]
    found = []

    def add(key: str, value: float, unit: str, sample: str, how: str, n: int | None = None) -> None:
        found.append(Finding(f"{DESIGN}.{name}.{key}", float(value), unit, sample, how, n=n))

    whole = f"{own} and mainland China, all units, districts included; census totals of {year} as printed."
    add(
        f"urban_share_gap_{year}", country - share, POINTS, whole,
        f"Urban residents in percent of residents in {year}: mainland China (sum of provinces, without the armed "
        f"forces) less {own}.",
    )  # fmt: skip
    add(f"urban_share_{year}", share, "percent", whole, f"Urban residents in percent of residents, {own}, {year}.")
    add(f"country_urban_share_{year}", country, "percent", whole, f"The same for mainland China, {year}.")
    near = provinces[provinces["code"].str[:2].isin(study.neighbours)]
    add(
        f"neighbours_urban_share_{year}", 100 * near["urban_population"].sum() / near["population"].sum(), "percent",
        f"{province_words(study).split(' and its ')[1].capitalize()}: all units, districts included; as printed.",
        f"Urban residents in percent of residents, neighbours together, {year}.",
    )  # fmt: skip

    rows = census[(census["year"] == year) & census["unit_type"].isin(KINDS)]
    ours = rows[rows["code"].str[:2] == study.treated]
    theirs = rows[rows["code"].str[:2].isin(study.neighbours)]
    everywhere = f"All counties, county-level cities and banners of mainland China in the census of {year}."
    sample = f"All counties, county-level cities and banners of {province_words(study)} in the census of {year}."
    pairs = {
        "agricultural_employment": ("employed_agriculture", "employed", "of the employed, in farming"),
        "piped_water": ("households_piped_water", "households_surveyed", "of homes, with piped water"),
    }
    for key, (part, all_, words) in pairs.items():
        values = []
        for of, group in (("", ours), ("neighbours_", theirs)):
            fine = group.dropna(subset=[part, all_])
            values.append(
                (100 * fine[part].sum() / fine[all_].sum(), (100 * fine[part] / fine[all_]).mean(), len(fine))
            )
            where = own if not of else "the neighbours"
            add(
                f"{of}{key}_{year}", values[-1][0], "percent", sample,
                f"Percent {words}, in all units of {where} together, {year}.", len(fine),
            )  # fmt: skip
        fine = rows.dropna(subset=[part, all_])
        add(
            f"country_{key}_{year}", 100 * fine[part].sum() / fine[all_].sum(), "percent", everywhere,
            f"Percent {words}, in all units of mainland China together, {year}.", len(fine),
        )  # fmt: skip
        n = values[0][2] + values[1][2]
        add(
            f"{key}_gap_{year}", values[0][0] - values[1][0], POINTS, sample,
            f"Percent {words}, {year}: {own}'s units together less the neighbours' together.", n,
        )  # fmt: skip
        add(
            f"{key}_gap_{year}.unit_means", values[0][1] - values[1][1], POINTS, sample,
            f"Percent {words}, {year}: mean over {own}'s units less mean over the neighbours'.", n,
        )  # fmt: skip
    for of, group, where, of_sample in (
        ("", ours, own, sample), ("neighbours_", theirs, "the neighbours", sample),
        ("country_", rows, "mainland China", everywhere),
    ):  # fmt: skip
        add(
            f"{of}county_urban_share_{year}", 100 * group["urban_population"].sum() / group["population"].sum(),
            "percent", of_sample, f"Percent of residents that are urban, in all units of {where} together, {year}.",
            len(group),
        )  # fmt: skip
    shares = 100 * rows["urban_population"] / rows["population"]
    spreads = shares.groupby(rows["code"].str[:2]).std(ddof=1)
    middle = spreads[list(study.neighbours)].median()
    add(
        f"urban_share_spread_ratio_{year}", spreads[study.treated] / middle, "ratio", sample,
        f"Standard deviation (n−1) of units' urban shares in {year}: {own} over the median of its neighbours.",
        len(ours) + len(theirs),
    )  # fmt: skip
    add(f"urban_share_spread_{year}", spreads[study.treated], POINTS, sample, f"That standard deviation, {own}.")
    add(f"neighbours_urban_share_spread_{year}", middle, POINTS, sample, "That standard deviation, median neighbour.")
    return found


def _growth(rows: pd.DataFrame, study: Study) -> list[Finding]:
    """Where the additional urban residents live."""
    own = study.province_names[study.treated]
    here = rows[rows["province"] == study.treated]
    sample = f"All of {own}, the censuses of {study.first_year} and {study.last_year}."
    how = (
        f"Additional urban residents, {study.first_year} to {study.last_year}, of counties and county-level cities, in "
        "percent of all. "
    )
    base = f"{how}Units by their kind in {study.first_year}; zones with rows of their own in {study.last_year} "
    f"count with the districts. {COUNTED}"
    otherwise = {
        "zones_with_counties": (put_zones(here, "with_counties"), f"{how}Zones count with the counties. {COUNTED}"),
        "zones_left_out": (put_zones(here, "left_out"), f"{how}Zones are left out of both. {COUNTED}"),
        "kinds_of_last_year": (
            put_zones(here, "with_districts", "side_end"),
            f"{how}Units by their kind in {study.last_year}: counties that became districts count as districts in both "
            f"years. {COUNTED}",
        ),
    }
    main = put_zones(here, "with_districts")
    key = f"{DESIGN}.{own.lower()}.share_of_urban_growth_in_counties"
    total = float((here["urban_end"] - here["urban_start"]).sum())
    return [
        Finding(key, share_of_growth(main), "percent", sample, base, n=len(here)),
        *(Finding(f"{key}.{n}", share_of_growth(r), "percent", sample, w, n=len(r)) for n, (r, w) in otherwise.items()),
        Finding(
            f"{DESIGN}.{own.lower()}.urban_growth", total, "people", sample, f"Additional urban residents. {COUNTED}"
        ),
    ]


def _sides(rows: pd.DataFrame, frame: pd.DataFrame, study: Study) -> tuple[list[Finding], pd.DataFrame]:
    """Gaps and growth between counties and the districts of their prefecture."""
    own, first, last = study.province_names[study.treated], study.first_year, study.last_year
    name = own.lower()
    here, comparable = rows[rows["province"] == study.treated], frame[frame["province"] == study.treated]
    kinds = f"Units by their kind in {first}, on the same ground in both years"

    def gaps(of: str, table: pd.DataFrame, sample: str, zones: str) -> list[Finding]:
        how = (
            "Urban residents in percent of residents, districts together less counties and county-level cities "
            f"together, by prefecture; mean over prefectures without weights. {kinds}; {zones}. {COUNTED}"
        )
        means = {
            f"district_county_gap_{first}": "gap_start",
            f"district_county_gap_{last}": "gap_end",
            "district_county_gap_change": "gap_change",
        }
        return [
            Finding(of.format(key), float(table[column].mean()), POINTS, sample, how, n=len(table))
            for key, column in means.items()
        ]

    def more(of: str, table: pd.DataFrame, sample: str) -> list[Finding]:
        weighted = float(np.average(table["gap_change"], weights=table["people_start"]))
        narrowed = float((table["gap_change"] < 0).sum())
        return [
            Finding(
                of.format("district_county_gap_change.weighted"), weighted, POINTS, sample,
                f"Change of that gap, prefectures weighted by residents of {first}.", n=len(table),
            ),
            Finding(
                of.format("prefectures_where_gap_narrowed"), narrowed, "prefectures", sample,
                f"Prefectures in which that gap was smaller in {last} than in {first}.", n=len(table),
            ),
        ]  # fmt: skip

    def growth(of: str, less: pd.Series, sample: str, zones: str) -> Finding:
        how = (
            f"Change of log population of a unit, {first} to {last}, less that of its prefecture's districts together; "
            f"median over units. {kinds}; {zones}. {COUNTED}"
        )
        return Finding(
            of.format("county_growth_less_districts"), float(less.median()), LOG_POINTS, sample, how, n=len(less)
        )

    sample = f"Prefectures of {own} with counties and districts in both censuses."
    units_sample = (
        f"Counties and county-level cities of {own} on the same ground in both censuses, in prefectures with districts."
    )
    zones_words = {
        "with_districts": "zones count with the districts",
        "with_counties": "zones count with the counties",
        "left_out": "zones are left out",
    }
    table = by_prefecture(put_zones(here, "with_districts"))
    less = county_growth(comparable, table)
    main, of = zones_words["with_districts"], f"{DESIGN}.{name}.{{}}"
    found = [*gaps(of, table, sample, main), *more(of, table, sample), growth(of, less, units_sample, main)]
    for where in BESIDE:
        other = by_prefecture(put_zones(here, where))
        found += gaps(f"{of}.zones_{where}", other, sample, zones_words[where])
    left_out = county_growth(comparable, by_prefecture(put_zones(here, "left_out")))
    found.append(growth(f"{of}.zones_left_out", left_out, units_sample, zones_words["left_out"]))
    far = county_growth(comparable[comparable["zone"] == 0], table)
    found.append(
        growth(
            f"{of}.without_zone_units",
            far,
            f"{units_sample[:-1]}, without those that may have given ground to a zone.",
            main,
        )
    )
    found.append(
        Finding(
            of.format("counties_that_grew_less_share"), 100 * float((less < 0).mean()), "percent", units_sample,
            f"Share of units whose log population grew less, {first} to {last}, than their prefecture's districts.",
            n=len(less),
        )
    )  # fmt: skip

    near = rows[rows["province"].isin(study.neighbours)]
    beside = by_prefecture(put_zones(near[near["prefecture"].isin(steady(near))], "with_districts"))
    which = "with counties and districts in both censuses in which no county's ground changed but for zones."
    of = f"{DESIGN}.neighbours.{{}}"
    near_sample = f"Prefectures of {own}'s neighbours {which}"
    found += [*gaps(of, beside, near_sample, main), *more(of, beside, near_sample)]
    there = put_zones(near[near["prefecture"].isin(beside.index)], "with_districts")
    in_counties = there[there["side"] == COUNTY]
    for key, value, words in (
        (
            "share_of_urban_growth_in_counties", share_of_growth(there),
            f"Additional urban residents, {first} to {last}, of counties and county-level cities, in percent of all.",
        ),
        (
            f"share_of_urban_in_counties_{first}", 100 * in_counties["urban_start"].sum() / there["urban_start"].sum(),
            f"Urban residents of {first} in counties and county-level cities, in percent of all.",
        ),
    ):  # fmt: skip
        how = f"{words} Units by their kind in {first}; {main}. {COUNTED}"
        found.append(Finding(of.format(key), float(value), "percent", near_sample, how, n=len(beside)))
    near_less = county_growth(frame[frame["province"].isin(study.neighbours)], beside)
    near_units = (
        f"Counties and county-level cities of {own}'s neighbours on the same ground in both, in prefectures {which}"
    )
    found.append(growth(of, near_less, near_units, main))

    own_growth = comparable.set_index("unit_id")["log_population"].reindex(less.index)
    prefecture = comparable.set_index("unit_id")["prefecture"].reindex(less.index)
    table["county_growth_less_districts"] = less.groupby(prefecture).median()
    table["county_growth"] = own_growth.groupby(prefecture).median()
    table["districts_growth_zones_left_out"] = by_prefecture(put_zones(here, "left_out"))["districts_growth"]
    table["counties"] = less.groupby(prefecture).size()
    return found, table


def make(
    units: pd.DataFrame,
    census: pd.DataFrame,
    totals: pd.DataFrame,
    study: Study,
    made_from: MadeFrom,
    names: Mapping[str, str] | None = None,
) -> Made:
    """All findings of the design from the tables of these names.

    Args:
        units: the register.
        census: census figures.
        totals: totals as the census prints them.
        study: the study's definition.
        made_from: what the findings are made from.
        names: names of the treated province's prefectures in Latin letters by those in characters.
    """
    rows = build_rows(units, census, study)
    frame = counties.build(units, census, first=study.first_year, last=study.last_year)
    sides, table = _sides(rows, frame, study)
    prefectures = table.rename_axis("prefecture").reset_index()
    prefectures["prefecture"] = prefectures["prefecture"].str[3:]
    prefectures.insert(1, "pinyin", [(names or {}).get(p, "") for p in prefectures["prefecture"]])
    levels = [f for year in (study.first_year, study.last_year) for f in _levels(census, totals, study, year)]
    found = [*levels, *_growth(rows, study), *sides]
    return Made(Findings(DESIGN, TITLE, made_from, tuple(found)), prefectures)
