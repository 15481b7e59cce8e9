"""Profiles of the programme's units: what each of them is, in the figures of three censuses and one yearbook."""

from dataclasses import dataclass

import pandas as pd

from analysis.designs.errors import DesignError
from analysis.designs.typology import TYPES
from analysis.findings import Finding, Findings, MadeFrom
from analysis.results import counties
from analysis.results.match_units import build_units, typed
from analysis.study import Study

DESIGN = "profiles"
TITLE = "Profiles of the programme's units"
COUNTED = "Counted over units; nothing is estimated."
BEFORE = 2000  # the census before the study's two
FIGURES = ("urban_share", "agricultural_employment", "piped_water", "service_employment")
SPECIAL_TOWN = "special_town_2017"
MARKS = {
    "province_managed": "managed by the province itself since 2014",
    "national_poverty": "on the national list of poor counties",
    "provincial_poverty": "on the provincial list of poor counties",
    "demonstration": "demonstration county of the list of 2020",
    "special_town": "host to a town of the second national list of special towns, 2017",
    "zone_by_notice": "lost ground to a development zone, by notice",
    "zone_suspected": "loss of ground to a development zone suspected",
}


@dataclass(frozen=True)
class Made:
    """The findings, and the units: a row each (see `build`)."""

    findings: Findings
    units: pd.DataFrame


def _own_revenue(yearbook: pd.DataFrame, first: int) -> pd.DataFrame:
    """Budget revenue in percent of expenditure: own_revenue_<first>; own_revenue of the last year and that year.

    Years are those for which the yearbook has both figures of a unit.
    """
    fine = yearbook[(yearbook["fiscal_expenditure"] > 0) & yearbook["fiscal_revenue"].notna()]
    fine = fine.assign(share=100 * fine["fiscal_revenue"] / fine["fiscal_expenditure"])
    last = fine.sort_values("year").drop_duplicates("unit_id", keep="last").set_index("unit_id")
    start = fine[fine["year"] == first].set_index("unit_id")["share"]
    return pd.DataFrame({f"own_revenue_{first}": start, "own_revenue": last["share"], "own_revenue_year": last["year"]})


def build(
    roster: pd.DataFrame,
    units: pd.DataFrame,
    census: pd.DataFrame,
    yearbook: pd.DataFrame,
    designations: pd.DataFrame,
    study: Study,
) -> pd.DataFrame:
    """The programme's units with their figures, types and marks.

    Args:
        roster: the programme's units, `data/programme_units.csv`.
        units: the register, `data/units.csv`.
        census: the census figures, `data/census.csv`.
        yearbook: the county yearbook, `data/yearbook.csv`.
        designations: policy designations of units, `data/designations.csv`.
        study: the study's definition.

    Returns:
        A row a unit in the order of codes: unit_id; name and pinyin, of 2010; prefecture and prefecture_pinyin; number
        (from one within the prefecture); residents_<year> for 2000 and the study's two censuses; for these two
        urban_share_<year>, agricultural_employment_<year>, piped_water_<year> (percent) and service_employment_<year>
        (employed per 1,000 residents); urban_share (its change, percentage points); own_revenue_<year> of the first
        census's year and own_revenue of the last year that has it, own_revenue_year (percent of expenditure); type and
        urbanizing_while_shrinking; ground_2000 (whether the unit had the same ground in 2000 as in the study's first
        census); a column of true or false for each of `MARKS`; and poverty_exit, empty where there is none.

    Raises:
        DesignError: a unit of the roster is not in the register, or lacks a figure other than own revenue, or a type.
    """
    first, last = study.first_year, study.last_year
    known = units.set_index("unit_id")
    by_code = known.reset_index().set_index("code2010")["unit_id"]
    lost = [c for c in roster["code2010"] if c not in by_code.index]
    if lost:
        raise DesignError(f"data/units.csv: no unit with the code {', '.join(lost)} of 2010, which the programme has")
    listed = roster.sort_values("code2010")
    ids = by_code[listed["code2010"]]
    register = known.loc[ids]
    figures = counties.figures(census).set_index(pd.MultiIndex.from_frame(census[["year", "code"]]))

    def of(year: int) -> pd.DataFrame:
        return figures.reindex([(year, code) for code in register[f"code{year}"]]).set_axis(ids)

    before, start, end = of(BEFORE), of(first), of(last)
    frame = pd.DataFrame(
        {
            "name": register["name"],
            "pinyin": register["pinyin"],
            "prefecture": listed["prefecture"].to_numpy(),
            "prefecture_pinyin": listed["prefecture_pinyin"].to_numpy(),
            f"residents_{BEFORE}": before["population"],
            f"residents_{first}": start["population"],
            f"residents_{last}": end["population"],
            **{f"{name}_{year}": of_year[name] for name in FIGURES for year, of_year in ((first, start), (last, end))},
            "urban_share": end["urban_share"] - start["urban_share"],
        },
        index=pd.Index(ids, name="unit_id"),
    )
    frame.insert(4, "number", frame.groupby("prefecture").cumcount() + 1)
    types = typed(build_units(units, census, study)).set_index("unit_id").reindex(frame.index)
    frame["type"] = types["type"]
    empty = frame.isna().any(axis="columns")
    if empty.any():
        unit = frame[empty].iloc[0]
        raise DesignError(f"no {unit.index[unit.isna()][0]} for {unit['pinyin']} ({unit.name}), a programme unit")
    frame["urbanizing_while_shrinking"] = types["urbanizing_while_shrinking"].astype(bool)
    frame = frame.join(_own_revenue(yearbook, first))
    frame[f"ground_{BEFORE}"] = register[f"ground_{BEFORE}_{first}"] == "same"
    hosts = designations.loc[designations["designation"] == SPECIAL_TOWN, "code2010"]
    by_notice = register[f"ground_{first}_{last}"] == "zone"
    marks = {
        "province_managed": register["province_managed_2014"] != "",
        "national_poverty": register["poverty"] == "national",
        "provincial_poverty": register["poverty"] == "provincial",
        "demonstration": register["ndrc_demonstration_2020"] != "",
        "special_town": register["code2010"].isin(hosts),
        "zone_by_notice": by_notice,
        "zone_suspected": (register["zone_suspected"] == 1) & ~by_notice,
    }
    return frame.assign(**marks, poverty_exit=register["poverty_exit"]).reset_index()


def counts(frame: pd.DataFrame, study: Study) -> list[Finding]:
    """How many units are of each type and carry each mark, their residents, and the change of the urban share."""
    first, last = study.first_year, study.last_year
    sample = f"County-level units of the programme's roster ({study.programme})."
    found = []

    def add(key: str, value: float, unit: str, how: str) -> None:
        found.append(Finding(f"{DESIGN}.{key}", float(value), unit, sample, how, n=len(frame)))

    add("units", len(frame), "units", COUNTED)
    add("prefectures", frame["prefecture"].nunique(), "prefectures", f"{COUNTED} A city that the province administers "
        "directly counts as one.")  # fmt: skip
    rule = (
        f"Growing: no fewer residents in {last} than in {first}. Well served: at least as many people employed in "
        f"education, health and public facilities per 1,000 residents in {last} as the median of all comparable "
        f"counties, county-level cities and banners of China. {COUNTED}"
    )
    for name in TYPES:
        add(f"type.{name}", (frame["type"] == name).sum(), "units", rule)
    growing = frame["type"].str.startswith("growing")
    add("growing", growing.sum(), "units", rule)
    add("shrinking", (~growing).sum(), "units", rule)
    add("well_served", frame["type"].str.endswith("well_served").sum(), "units", rule)
    add("urbanizing_while_shrinking", frame["urbanizing_while_shrinking"].sum(), "units",
        f"Fewer residents and a higher urban share in {last} than in {first}. {COUNTED}")  # fmt: skip
    add("urban_share_rose", (frame["urban_share"] > 0).sum(), "units",
        f"A higher urban share in {last} than in {first}. {COUNTED}")  # fmt: skip
    change = f"change of the urban share, {first} to {last}, over units without weights."
    for name, words in (("min", "Smallest"), ("median", "Median"), ("max", "Largest")):
        add(f"urban_share_change.{name}", getattr(frame["urban_share"], name)(), "percentage points",
            f"{words} {change}")  # fmt: skip
    for year in (first, last):
        for name, words in (("agricultural_employment", "agriculture in employment"), ("urban_share", "urban people")):
            add(f"{name}.{year}", frame[f"{name}_{year}"].median(), "percent",
                f"Median over units of the share of {words}, census of {year}.")  # fmt: skip
    for year in (BEFORE, first, last):
        add(f"residents.{year}", frame[f"residents_{year}"].sum(), "people", f"Sum over units, census of {year}.")
    for mark, words in MARKS.items():
        add(f"marks.{mark}", frame[mark].sum(), "units", f"Units {words}. {COUNTED}")
    add("marks.none", (~frame[list(MARKS)].any(axis="columns")).sum(), "units", f"Units with no mark. {COUNTED}")
    add(f"ground_changed_{BEFORE}_{first}", (~frame[f"ground_{BEFORE}"]).sum(), "units",
        f"Units that took or gave ground between the censuses of {BEFORE} and {first}. {COUNTED}")  # fmt: skip
    return found


def make(
    roster: pd.DataFrame,
    units: pd.DataFrame,
    census: pd.DataFrame,
    yearbook: pd.DataFrame,
    designations: pd.DataFrame,
    study: Study,
    made_from: MadeFrom,
) -> Made:
    """Profiles and what is counted over them; arguments as in `build`.

    Raises:
        DesignError: as in `build`.
    """
    frame = build(roster, units, census, yearbook, designations, study)
    return Made(Findings(DESIGN, TITLE, made_from, tuple(counts(frame, study))), frame)
