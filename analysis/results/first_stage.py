"""The first stage: did infrastructure rise where the programme ran? Roads, equipment of homes, facilities of cities.

The specification of each effect was fixed before any was estimated: what this module says of years, samples and sums
of years is that choice, and the variants beside it are named as such.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from analysis.data.checks.prefectures import CEILING
from analysis.designs.event_study import (
    EventStudy,
    HonestBounds,
    clustered_covariance,
    event_study,
    honest_bounds,
    placebo_covariance,
)
from analysis.designs.placebo import PlaceboTest, judge, placebo_test
from analysis.designs.synthetic import SyntheticDid, synthetic_placebos
from analysis.findings import Finding, Findings, MadeFrom
from analysis.results.counties import MORE, POINTS, SPECIFICATIONS, build, complete, neighbours
from analysis.results.effects import CRV1, Meaning, beside, corrected, effect, jackknifed, placebo_rows, spatial
from analysis.study import Study

DESIGN = "first_stage"
TITLE = "First stage: did infrastructure rise?"
SQUARE_METRES = "square metres per person"
SMALLEST = 8  # cities or prefectures that a province needs to be a placebo
SMALLEST_COUNTIES = 20  # county-level units
NINETY = 0.90  # fewer than 19 placebo provinces cannot bound an interval at 95 percent

# The programme began in August 2016, so that year is half treated; the counties' plans are of 2017.
ROAD_BASE, ROAD_START = 2015, 2017
ROAD_YEARS = tuple(range(2002, 2024))
# From 2006 on the yearbook divides by another count of people: trends and fits before treatment begin there.
DENOMINATOR = 2006
ROAD_TREND = tuple(range(DENOMINATOR, ROAD_BASE + 1))

HOMES = ("piped_water", "toilet", "bath", "kitchen")

# Sixteen of eighteen old city cores joined in February 2018; the facilities of 2023 are another city's.
FACILITY_BASE, FACILITY_START = 2017, 2018
FACILITY_LAST, FACILITY_MISPLACED = 2024, 2023


@dataclass(frozen=True)
class Facility:
    """A figure of the urban core of a prefecture; `first` is the first year of its panel."""

    name: str
    words: str
    unit: str
    first: int = 2003


FACILITIES = {
    f.name: f
    for f in (
        Facility("water_supply_rate", "people with piped water", POINTS),
        Facility("gas_supply_rate", "people with gas", POINTS),
        # Few cities give these before 2006: too few provinces would be left.
        Facility("sewage_rate", "sewage treated", POINTS, DENOMINATOR),
        Facility(
            "drainage_density", "length of drains by built-up area", "kilometres per square kilometre", DENOMINATOR
        ),
        Facility("road_pc", "road area per head", SQUARE_METRES),
        Facility("park_green_pc", "park green per head", SQUARE_METRES),
        Facility("greening_cover_rate", "built-up area covered by plants", POINTS),
    )
}
RATES = ("water_supply_rate", "gas_supply_rate", "sewage_rate")  # these end at 100

HONEST_RELATIVE = (0.0, 0.5, 1.0)  # of the largest move before
HONEST_SMOOTH = (0.0, 0.1)  # square metres per person, by which a yearly rise may change from year to year


@dataclass
class _Made:
    """What is gathered on the way."""

    findings: list[Finding] = field(default_factory=list)
    tests: dict[str, PlaceboTest] = field(default_factory=dict)
    points: list[pd.DataFrame] = field(default_factory=list)
    weights: list[pd.DataFrame] = field(default_factory=list)

    def add(self, name: str, value: float, unit: str, sample: str, specification: str) -> None:
        self.findings.append(Finding(f"{DESIGN}.{name}", float(value), unit, sample, specification))

    def judged(self, name: str, test: PlaceboTest, meaning: Meaning) -> None:
        """An effect, what belongs beside it, and its interval at 90 percent where 95 has no bounds."""
        key = f"{DESIGN}.{name}"
        self.tests[key] = test
        self.findings += [effect(key, test, meaning), *beside(key, test, meaning)]
        if test.interval is None:
            looser = judge([test.treated, *test.placebos], test.treated.group, NINETY)
            self.findings.append(effect(f"{key}.ninety", looser, meaning))


@dataclass(frozen=True)
class FirstStage:
    """The findings, and tables for figures.

    `points`: key, year, group, estimate (relative to the base year), standard_error, treated_units. `placebos`: as
    `effects.placebo_rows`. `weights`: key, kind (unit or year), name, group, weight, of the synthetic comparison.
    """

    findings: Findings
    points: pd.DataFrame
    placebos: pd.DataFrame
    weights: pd.DataFrame


def estimate(
    units: pd.DataFrame,
    census: pd.DataFrame,
    adjacency: pd.DataFrame,
    roads: pd.DataFrame,
    prefectures: pd.DataFrame,
    study: Study,
    made_from: MadeFrom,
) -> FirstStage:
    """All findings of the first stage.

    Args:
        units: the register, `data/units.csv`.
        census: the census figures, `data/census.csv`.
        adjacency: pairs of units that touch, `data/adjacency.csv`.
        roads: road area per head of county-level cities, flagged figures among them, `data/city_roads.csv`.
        prefectures: prefecture-years, flagged figures left out, `data/prefectures.csv`.
        study: the study's definition.
        made_from: what the findings are made from.

    Raises:
        DesignError: the tables cannot carry a design; the message names the unit or column.
    """
    touching = neighbours(adjacency)
    made = _Made()
    _roads(made, roads, units, touching, study)
    _homes(made, units, census, touching, study)
    _facilities(made, prefectures, touching, study)
    return FirstStage(
        Findings(DESIGN, TITLE, made_from, tuple(made.findings)),
        pd.concat(made.points, ignore_index=True),
        placebo_rows(made.tests),
        pd.concat(made.weights, ignore_index=True),
    )


def paths(key: str, study: EventStudy) -> pd.DataFrame:
    """Every group's estimates by year, the base year's nought among them, for a figure."""
    rows = [
        {
            "key": key,
            "year": year,
            "group": p.group,
            "estimate": p.estimate,
            "standard_error": p.standard_error,
            "treated_units": p.treated_units,
        }
        for year, test in study.years.items()
        for p in (test.treated, *test.placebos)
    ]
    table = pd.DataFrame(rows)
    base = table.drop_duplicates("group").assign(year=study.base, estimate=0.0, standard_error=math.nan)
    return pd.concat([table, base]).sort_values(["group", "year"], ignore_index=True)


def _years(made: _Made, name: str, study: EventStudy, meaning: Meaning) -> None:
    """A finding a year, its interval at 90 percent, which is what so few provinces can bound."""
    for year, test in study.years.items():
        looser = judge([test.treated, *test.placebos], test.treated.group, NINETY)
        words = f"Year {year} less {study.base}, {meaning.specification[0].lower()}{meaning.specification[1:]}"
        at = Meaning(meaning.unit, meaning.sample, words)
        made.findings.append(effect(f"{DESIGN}.{name}.year_{year}", looser, at))
    made.points.append(paths(f"{DESIGN}.{name}", study))


def road_panel(roads: pd.DataFrame, units: pd.DataFrame) -> pd.DataFrame:
    """City-years with the province (two-digit code) and the prefecture that the register puts the city in."""
    places = units.set_index("unit_id")["prefecture"]
    province = roads["unit_id"].str[:2]
    prefecture = province + " " + places.reindex(roads["unit_id"]).to_numpy()
    return roads[["unit_id", "year", "name", "road_area", "flagged"]].assign(province=province, prefecture=prefecture)


def _roads(
    made: _Made, roads: pd.DataFrame, units: pd.DataFrame, touching: Mapping[str, Sequence[str]], study: Study
) -> None:
    printed = road_panel(roads, units)
    sound = printed[printed["flagged"] == 0]

    def run(data: pd.DataFrame, years: Sequence[int] = ROAD_YEARS, keep_treated: bool = True) -> EventStudy:
        return event_study(
            data, "road_area", study.treated, unit="unit_id", year="year", group="province", cluster="prefecture",
            neighbours=touching, base=ROAD_BASE, start=ROAD_START, years=years, trend_years=ROAD_TREND,
            smallest=SMALLEST, keep_treated=keep_treated, drop=True,
        )  # fmt: skip

    main = run(sound)
    cities = f"County-level cities with a sound figure in each year of {ROAD_YEARS[0]} to {ROAD_YEARS[-1]}"
    sample = f"{cities}; the province and the provinces that it touches"
    span = f"{ROAD_START} to {ROAD_YEARS[-1]}"

    def meant(words: str, of: str = sample) -> Meaning:
        return Meaning(SQUARE_METRES, of, f"{words} Least squares, cities count once.")

    plain = meant(f"Road area per head, mean of {span} less {ROAD_BASE}, treated less untreated.")
    made.judged("roads.effect", main.average, plain)
    made.findings.append(
        jackknifed(
            f"{DESIGN}.roads.effect", main.average, main.frame, "average", plain, cluster="prefecture", unit="unit_id"
        )
    )
    positions = units.set_index("unit_id")[["latitude", "longitude"]]
    placed = main.frame.join(positions, on="unit_id")
    made.findings += spatial(f"{DESIGN}.roads.effect", main.average, placed, "average", plain, unit="unit_id")
    first = main.before[0]
    made.judged(
        "roads.change",
        main.change,
        meant(f"Mean of {span} less the mean of {first} to {ROAD_BASE}, treated less untreated."),
    )
    line = f"the straight line through {DENOMINATOR} to {ROAD_BASE}"
    made.judged(
        "roads.trend",
        main.trend,
        Meaning(f"{SQUARE_METRES} per year", sample, f"Slope of {line}, treated less untreated. Least squares."),
    )
    made.judged(
        "roads.beyond_trend",
        main.beyond_trend,
        meant(f"Linear-trend sensitivity: mean of {span} less {line}, drawn on, treated less untreated."),
    )
    _years(made, "roads", main, meant("Road area per head, treated less untreated."))
    variants = {
        "with_flagged": (run(printed), "The same with flagged figures kept as printed."),
        "since_2006": (
            run(sound, [y for y in ROAD_YEARS if y >= DENOMINATOR]),
            f"The same with cities that have a figure in each year from {DENOMINATOR} on.",
        ),
        "without_treated": (run(sound, keep_treated=False), "The same, the treated province kept out of controls."),
    }
    for name, (found, words) in variants.items():
        made.judged(f"roads.{name}", found.average, Meaning(SQUARE_METRES, f"{sample}. {words}", plain.specification))
    _honest(made, main, study, meant(f"Mean of {span} less {ROAD_BASE}."))
    _synthetic(made, main, sound, study, cities)
    made.add("roads.cities", len(main.frame), "cities", cities, "Number of cities.")
    made.add(
        "roads.cities_dropped", len(main.dropped), "cities", "County-level cities in the table of roads",
        "Cities that lack a sound figure in some year of the panel.",
    )  # fmt: skip
    made.add(
        "roads.cities_treated", main.average.treated.treated_units, "cities", "The treated province", "In the panel."
    )
    for side, chosen in (("treated", [study.treated]), ("neighbours", list(main.average.treated.controls_used))):
        here = main.frame.loc[main.frame["province"].isin(chosen), "unit_id"]
        rows = sound[sound["unit_id"].isin(here)]
        for year in (first, DENOMINATOR, ROAD_BASE, ROAD_YEARS[-1]):
            made.add(
                f"roads.level_{year}.{side}", rows.loc[rows["year"] == year, "road_area"].mean(), SQUARE_METRES,
                f"County-level cities of the panel, {side}", f"Mean road area per head in {year}.",
            )  # fmt: skip


def _honest(made: _Made, main: EventStudy, study: Study, meaning: Meaning) -> None:
    years = [y for y in main.years if y >= DENOMINATOR]
    estimates = {y: main.years[y].estimate for y in years}
    weights = {y: 1 / len(main.after) for y in main.after}
    others = main.average.treated.controls_used
    clustered = clustered_covariance(
        main.frame, [str(y) for y in years], study.treated, others, group="province", cluster="prefecture"
    )
    # Fewer placebo provinces than years: this covariance cannot be inverted, which the second kind of bounds needs.
    provinces = placebo_covariance(main, years)
    for size in HONEST_RELATIVE:
        rule = (
            f"the difference to parallel trends moves, from year to year, by at most {size:g} times its largest move "
            f"of {DENOMINATOR} to {main.base}"
        )
        name = f"roads.honest.relative_{round(100 * size)}"
        for covariance, key in ((clustered, name), (provinces, f"{name}.provinces")):
            found = honest_bounds(
                estimates, covariance, base=main.base, weights=weights, method="relative_magnitude", size=size
            )
            _bounds(made, key, found, main, meaning, rule)
    for size in HONEST_SMOOTH:
        rule = f"the yearly slope of the difference to parallel trends changes by at most {size:g} from year to year"
        found = honest_bounds(estimates, clustered, base=main.base, weights=weights, method="smoothness", size=size)
        _bounds(made, f"roads.honest.smooth_{round(100 * size)}", found, main, meaning, rule)


def _bounds(made: _Made, name: str, found: HonestBounds, main: EventStudy, meaning: Meaning, rule: str) -> None:
    by_provinces = name.endswith(".provinces")
    errors = (
        "standard deviation of the placebo provinces' estimates"
        if by_provinces
        else f"{CRV1.split(',', maxsplit=1)[0]}; they leave out shocks to whole provinces"
    )
    made.findings.append(
        Finding(
            key=f"{DESIGN}.{name}",
            value=found.estimate,
            unit=meaning.unit,
            sample=meaning.sample,
            specification=f"{meaning.specification} Bounds of Rambachan and Roth: {rule}. Errors: {errors}. "
            "Normal critical values.",
            standard_error=found.standard_error,
            interval=found.interval,
            level=found.level,
            n=main.average.treated.units,
            clusters=None if by_provinces else main.average.treated.clusters,
            placebos=len(main.average.placebos) if by_provinces else None,
        )
    )
    if found.identified and not by_provinces:
        words = f"{meaning.specification} End of the effects that are allowed at the estimates if {rule}."
        made.add(f"{name}.low", found.identified[0], meaning.unit, meaning.sample, words)
        made.add(f"{name}.high", found.identified[1], meaning.unit, meaning.sample, words)


def _synthetic(made: _Made, main: EventStudy, sound: pd.DataFrame, study: Study, sample: str) -> None:
    rows = sound[sound["unit_id"].isin(main.frame["unit_id"]) & (sound["year"] >= DENOMINATOR)]
    wide = rows.pivot(index="unit_id", columns="year", values="road_area")
    places = main.frame.set_index("unit_id")["province"]
    test, fits = synthetic_placebos(wide, places, study.treated, before=ROAD_TREND, after=main.after, smallest=SMALLEST)
    # Some provinces touch ones with a handful of cities, too few to weight; the rule is the same for all.
    sample = f"{sample}; donors are the cities of all other provinces, the treated one's for no other"
    meaning = Meaning(
        SQUARE_METRES,
        sample,
        f"Synthetic difference-in-differences, {ROAD_START} to {ROAD_YEARS[-1]} against {DENOMINATOR} to {ROAD_BASE}.",
    )
    made.judged("roads.synthetic", test, meaning)
    own = fits[study.treated]
    others = float(np.median([f.misfit for g, f in fits.items() if g != study.treated]))
    missed = "Root mean square of what the weighted donors miss of the path before, its mean taken off"
    for name, value, unit, words in (
        ("misfit", own.misfit, SQUARE_METRES, f"{missed}."),
        ("misfit_placebos", others, SQUARE_METRES, f"{missed}; median of the placebo provinces."),
        ("largest_weight", 100 * max(own.unit_weights.values()), "percent", "Largest weight of a donor city."),
        ("donors", len(own.unit_weights), "cities", "Donor cities with some weight."),
    ):
        made.add(f"roads.synthetic.{name}", value, unit, sample, words)
    made.weights.append(weight_rows(f"{DESIGN}.roads.synthetic", own, places))


def weight_rows(key: str, fit: SyntheticDid, groups: "pd.Series[str]") -> pd.DataFrame:
    """The weights of donors and years, largest first: key, kind, name, group, weight."""
    rows = [("unit", u, groups[u], w) for u, w in fit.unit_weights.items()]
    rows += [("year", str(y), "", w) for y, w in fit.time_weights.items()]
    table = pd.DataFrame(rows, columns=["kind", "name", "group", "weight"]).assign(key=key)
    return table.sort_values(["kind", "weight", "name"], ascending=[True, False, True], ignore_index=True)


def _homes(
    made: _Made, units: pd.DataFrame, census: pd.DataFrame, touching: Mapping[str, Sequence[str]], study: Study
) -> None:
    raw: dict[str, PlaceboTest] = {}
    meanings: dict[str, Meaning] = {}
    for zones, keep in ((True, True), (False, True), (True, False)):
        frame = build(units, census, first=study.first_year, last=study.last_year, zones=zones)
        for name in HOMES:
            for specification in SPECIFICATIONS.values():
                controls = specification.controls(name)
                sample, _ = complete(frame, [name, *controls])
                test = placebo_test(
                    sample, [name], study.treated, group="province", neighbours=touching, cluster="prefecture",
                    unit="unit_id", controls=controls, smallest=SMALLEST_COUNTIES, keep_treated=keep,
                )[name]  # fmt: skip
                meaning = Meaning(
                    POINTS,
                    f"Counties and county-level cities on the same ground in {study.first_year} and {study.last_year}"
                    + ("" if zones else ", without those that may have given ground to a zone"),
                    f"Change in the share of {MORE[name].words}, {specification.words}. Least squares, units count "
                    "once." + ("" if keep else " The treated province is no control of its neighbours."),
                )
                suffix = "effect" if specification.name == "raw" else specification.name
                variant = ("" if zones else "_without_zones") + ("" if keep else "_without_treated")
                made.judged(f"{name}.{suffix}{variant}", test, meaning)
                if zones and keep and specification.name == "raw":
                    key = f"{DESIGN}.{name}.{suffix}"
                    made.findings.append(
                        jackknifed(key, test, sample, name, meaning, cluster="prefecture", unit="unit_id")
                    )
                    made.findings += spatial(key, test, sample, name, meaning, unit="unit_id")
                    raw[name], meanings[name] = test, meaning
                    _home_levels(made, name, sample, test, study)
    made.findings += corrected({h: f"{DESIGN}.{h}.p_adjusted" for h in HOMES}, raw, meanings)


def _home_levels(made: _Made, name: str, sample: pd.DataFrame, test: PlaceboTest, study: Study) -> None:
    others = sample[sample["province"].isin(test.treated.controls_used)]
    sides = {"treated": sample[sample["province"] == study.treated], "neighbours": others}
    for side, rows in sides.items():
        for year, column in ((study.first_year, f"{name}_start"), (study.last_year, f"{name}_end")):
            made.add(
                f"{name}.level_{year}.{side}", rows[column].mean(), "percent", f"Comparable units, {side}",
                f"Mean share of {MORE[name].words} in {year}, units count once.",
            )  # fmt: skip
    start = others[f"{name}_start"]
    slope = float(np.cov(start, others[name])[0, 1] / start.var())
    made.add(
        f"{name}.convergence", slope, f"{POINTS} per percentage point", "Comparable units, neighbours",
        f"Slope of the change in the share of {MORE[name].words} on its level of {study.first_year}.",
    )  # fmt: skip


def _facilities(made: _Made, prefectures: pd.DataFrame, touching: Mapping[str, Sequence[str]], study: Study) -> None:
    cities = prefectures[prefectures["level"] == "prefecture"]
    cities = cities.assign(group=cities["code"].str[:2], cluster=cities["code"])
    averages: dict[str, PlaceboTest] = {}
    meanings: dict[str, Meaning] = {}
    for name, facility in FACILITIES.items():
        years = [y for y in range(facility.first, FACILITY_LAST + 1) if y != FACILITY_MISPLACED]
        found, alone = (
            event_study(
                cities, name, study.treated, unit="code", year="year", group="group", cluster="cluster",
                neighbours=touching, base=FACILITY_BASE, start=FACILITY_START, years=years, smallest=SMALLEST,
                keep_treated=keep, drop=True,
            )
            for keep in (True, False)
        )  # fmt: skip
        sample = (
            f"Urban cores of prefectures with a sound figure in each year of {years[0]} to {years[-1]} but "
            f"{FACILITY_MISPLACED}; the province and the provinces that it touches"
        )
        words = facility.words[0].upper() + facility.words[1:]
        span = f"{FACILITY_START} to {FACILITY_LAST}"
        tail = "treated less untreated. Least squares, cities count once."
        averages[name] = found.average
        meanings[name] = Meaning(facility.unit, sample, f"{words}, mean of {span} less {FACILITY_BASE}, {tail}")
        key = f"{DESIGN}.{name}.effect"
        made.judged(f"{name}.effect", found.average, meanings[name])
        # The panel of prefectures has no positions, and a core is not its prefecture's middle: no errors by distance.
        made.findings.append(
            jackknifed(
                key, found.average, found.frame, "average", meanings[name], cluster="cluster", unit="code",
                group="group",
            )
        )  # fmt: skip
        words_alone = f"{meanings[name].specification} The treated province is no control of its neighbours."
        made.judged(f"{name}.without_treated", alone.average, Meaning(facility.unit, sample, words_alone))
        line = f"the straight line through {years[0]} to {FACILITY_BASE}, drawn on"
        made.judged(
            f"{name}.beyond_trend", found.beyond_trend,
            Meaning(facility.unit, sample, f"{words}, mean of {span} less {line}, {tail}"),
        )  # fmt: skip
        _years(made, name, found, Meaning(facility.unit, sample, f"{words}, {tail}"))
        made.add(f"{name}.cities_dropped", len(found.dropped), "prefectures", "Urban cores with any figure",
                 "Those that lack a sound figure in some year of the panel.")  # fmt: skip
        if name in RATES:
            _ceiling(made, name, cities, found, study)
    made.findings += corrected({f: f"{DESIGN}.{f}.p_adjusted" for f in FACILITIES}, averages, meanings)


def _ceiling(made: _Made, name: str, cities: pd.DataFrame, found: EventStudy, study: Study) -> None:
    for side, chosen in (("treated", [study.treated]), ("neighbours", list(found.average.treated.controls_used))):
        here = found.frame.loc[found.frame["group"].isin(chosen), "code"]
        for year in (FACILITY_BASE, FACILITY_LAST):
            values = cities.loc[cities["code"].isin(here) & (cities["year"] == year), name]
            made.add(
                f"{name}.ceiling_{year}.{side}", 100 * float((values >= CEILING).mean()), "percent",
                f"Urban cores of the panel, {side}", f"Share at {CEILING:g} percent or more in {year}.",
            )  # fmt: skip
