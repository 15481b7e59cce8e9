"""What would settle the question: the effects that designs could find, by the sizes of shocks that the data show.

Beside what the present design can find stands what each claim calls the smallest size that would matter. Then come
designs that nobody has run: more provinces, a start by batch within the province, another census, yearly figures.
Their standard errors follow from the variance components of `inference`; nothing here is estimated on outcomes but
how far a decade's change foretells the next, and variance components given the level at the start.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.designs.coverage import Shocks
from analysis.designs.power import (
    Persistence,
    between_groups,
    from_correlation,
    multiplier,
    relative_error,
    units_by_lot,
    within_group,
)
from analysis.designs.variance import decompose
from analysis.findings import Finding, FindingError, Findings, MadeFrom
from analysis.results.claims import EffectClaim
from analysis.results.counties import OUTCOMES, Outcome, build, complete
from analysis.results.placebos import three_censuses
from analysis.study import Study

DESIGN = "settle"
TITLE = "What would settle the question: detectable effects of designs not yet run"
SMALLEST = 20  # comparable units that a province needs to be counted, as everywhere
TREATED = (1, 2, 4, 8, 12)  # provinces treated, for the table
PROGRAMME = "in programme"

# The first batch had 45 units and the second 17 that were not on the poverty list (chapter 2 has the source); the rest
# is what is left of the programme's units.
FIRST, SECOND = 45, 17
# Plan of work, April 2017; second batch, February 2018; no date of the last is known: a year after the second is taken.
STARTS = (2017.25, 2018.1, 2019.1)
CENSUS = 2020.83  # 1 November 2020
DECADE = 10.0  # years between the censuses whose change the variance components are of
YEARS = tuple(range(2011, 2021))  # yearbooks print residents unit by unit since about 2011
YEARLY = ("urban_share", "log_population", "log_urban_population")  # what such yearbooks could give
GIVEN_LEVEL = ("urban_share", "log_population", "agricultural_employment")  # the three first claims of the programme
CARRIER = "log_population"  # the only outcome that three censuses count alike in counties
WORLDS = {
    "lasting": "shocks last: changes of two decades have nothing to do with each other",
    "passing": "shocks pass: each count has a shock of its own, which is gone at the next",
    "drifting": "shocks drift: changes of two decades are alike as those of residents were",
}
_FORMULA = "Minimum detectable effect at 5% with power 80%, by formula, from variance components without controls."


@dataclass(frozen=True)
class Results:
    """Findings, and the points of a figure: outcome, treated (provinces), detectable (in the outcome's unit)."""

    findings: Findings
    provinces: pd.DataFrame


@dataclass(frozen=True)
class _Places:
    """How many units each prefecture has: of every province, and of the programme; and how many of these are poor."""

    provinces: Mapping[str, Sequence[int]]
    programme: Sequence[int]
    poor: int

    @property
    def batches(self) -> tuple[int, int, int]:
        return FIRST, SECOND, sum(self.programme) - FIRST - SECOND

    @property
    def strata(self) -> dict[str, list[tuple[int, int]]]:
        """Units of the first batch and of later ones: all together, and apart by poverty (poor, not poor).

        The second batch has no poor unit; the last, by elimination, is poor as far as there are poor units.
        """
        first, second, last = self.batches
        late_poor = min(last, self.poor)
        early_poor = self.poor - late_poor
        return {
            "by_lot": [(first, second + last)],
            "given_poverty": [(early_poor, late_poor), (first - early_poor, second + last - late_poor)],
        }


def _shocks(known: Mapping[str, Finding], outcome: str) -> Shocks:
    keys = [f"inference.variance.{outcome}.{part}_sd" for part in ("province", "prefecture", "unit")]
    missing = [k for k in keys if k not in known]
    if missing:
        raise FindingError(f"{missing[0]}: no such finding; the variance components come first")
    return Shocks(*(known[k].value for k in keys))


def _places(frame: pd.DataFrame, units: pd.DataFrame) -> _Places:
    sizes = frame.groupby("province").size()
    enough = frame[frame["province"].isin(sizes.index[sizes >= SMALLEST])]
    counts = enough.groupby(["province", "prefecture"]).size()
    roster = units[units["baicheng"] == PROGRAMME]
    return _Places(
        {str(p): [int(n) for n in counts.loc[p]] for p in counts.index.get_level_values(0).unique()},
        [int(n) for n in roster.groupby("prefecture").size()],
        int((roster["poverty"] != "").sum()),
    )


def _claims(claims: Sequence[EffectClaim], known: Mapping[str, Finding]) -> list[Finding]:
    """What each claim calls the smallest size that matters, and what its design can find, over it."""
    if not claims:
        raise FindingError("no claim of the source notes is judged by an effect; seeds/ holds the notes")
    found, ratios = [], []
    for claim in claims:
        judged = known.get(claim.finding)
        if judged is None or judged.detectable is None or judged.unit != claim.unit:
            raise FindingError(f"claim {claim.id}: {claim.finding} is no effect with a minimum detectable effect in "
                               f"{claim.unit}")  # fmt: skip
        ratios.append(judged.detectable / claim.size)
        key = f"{DESIGN}.{claim.outcome}"
        found += [
            Finding(
                f"{key}.size", claim.size, claim.unit, f"Claim {claim.id} of the source notes.",
                "The smallest size that would matter, fixed with the claim's rule.",
            ),
            Finding(
                f"{key}.ratio", ratios[-1], "times", judged.sample,
                f"Minimum detectable effect of {claim.finding} over the smallest size that would matter.",
            ),
        ]  # fmt: skip
    sample = f"{len(claims)} claims that are judged by an effect with placebo provinces."
    how = "Minimum detectable effect over the smallest size that would matter."
    for name, value, unit, what in (
        ("judged", len(ratios), "claims", "How many there are."),
        ("within_reach", sum(r <= 1 for r in ratios), "claims", f"{how} Those with one or less."),
        ("smallest_ratio", min(ratios), "times", f"{how} The smallest."),
        ("largest_ratio", max(ratios), "times", f"{how} The largest."),
    ):
        found.append(Finding(f"{DESIGN}.claims.{name}", float(value), unit, sample, what))
    return found


def _provinces(outcome: Outcome, shocks: Shocks, places: _Places, name: str, given: str) -> list[Finding]:
    """More treated provinces, each against those that are not."""
    sample = (
        f"{len(places.provinces)} provinces with {SMALLEST} comparable units or more, and the units that they have."
    )
    return [
        Finding(
            f"{DESIGN}.{name}.{outcome.name}.treated_{k}",
            between_groups(places.provinces, k, shocks).detectable,
            outcome.unit,
            sample,
            f"{_FORMULA} Change in {outcome.words}; {k} provinces treated, the others not; means of provinces compared "
            f"by t.{given}",
            n=len(places.provinces),
        )
        for k in TREATED
    ]


def _roster(places: _Places) -> list[Finding]:
    """How many units each batch has, and how many of the first are poor, by elimination."""
    first, second, last = places.batches
    (early_poor, _), _ = places.strata["given_poverty"]
    sample = f"{sum(places.programme)} units of the programme."
    poor = "The last batch is taken to be poor as far as there are poor units, and the second not poor."
    return [
        Finding(f"{DESIGN}.roster.{name}", float(value), "units", sample, how)
        for name, value, how in (
            ("units", sum(places.programme), "All of them."),
            ("first", first, "The first batch, by the source."),
            ("second", second, "The second batch, by the source."),
            ("last", last, "What is left."),
            ("poor", places.poor, "Units on a poverty list."),
            ("poor_in_first", early_poor, f"Poor units in the first batch, by elimination. {poor}"),
        )
    ]


def _many_units(outcome: Outcome, shocks: Shocks, places: _Places) -> Finding:
    """What one treated province would leave to be found if provinces had units without end."""
    count = len(places.provinces)
    return Finding(
        f"{DESIGN}.provinces.{outcome.name}.many_units",
        multiplier(count - 2) * shocks.group * float(np.sqrt(1 + 1 / (count - 1))),
        outcome.unit,
        f"{count} provinces with {SMALLEST} comparable units or more.",
        f"{_FORMULA} Change in {outcome.words}; one province treated; provinces have so many units that only shocks to "
        "whole provinces are left.",
        n=count,
    )


def _exposure(when: float, start: float) -> float:
    return max(0.0, when - start)


def _lead(when: float, batches: Sequence[int]) -> float:
    """By how much exposure of the first batch is ahead of that of later ones, in its own exposure at the census."""
    first, *later = (_exposure(when, s) for s in STARTS)
    rest = sum(n * e for n, e in zip(batches[1:], later, strict=True)) / sum(batches[1:])
    return (first - rest) / _exposure(CENSUS, STARTS[0])


def _batches(outcome: Outcome, shocks: Shocks, places: _Places) -> list[Finding]:
    """A start by batch within the province, where the province's shock cancels."""
    first, second, last = places.batches
    sample = f"{first + second + last} units of the programme, {first} in the first batch and {second + last} later."
    at_census = _lead(CENSUS, places.batches)
    yearly = relative_error(
        [y + 1.0 for y in YEARS], [_lead(y + 1.0, places.batches) for y in YEARS], from_correlation(0.0), DECADE
    )
    lot = "which unit is in the first batch is as good as drawn by lot"
    ways = [
        ("by_lot", "by_lot", 1.0, f"The first batch has the whole effect and later ones none; {lot}."),
        ("given_poverty", "given_poverty", 1.0, "The first batch has the whole effect and later ones none; which unit "
         f"is in it is as good as drawn among units alike in poverty. {places.poor} units are poor: by elimination all "
         "of the last batch, none of the second."),
        ("as_run", "by_lot", at_census, f"Censuses of 2010 and 2020; {lot}; the effect grows with the years since the "
         f"start, taken as {STARTS[0]}, {STARTS[1]} and {STARTS[2]}, so that the batches differ by {at_census:.2f} of "
         "the first batch's effect."),
    ]  # fmt: skip
    found = [
        Finding(
            f"{DESIGN}.batches.{outcome.name}.{name}",
            within_group(places.strata[strata], places.programme, shocks, contrast=contrast).detectable,
            outcome.unit,
            sample,
            f"{_FORMULA} Change in {outcome.words}, first batch less later ones. {words}",
            n=first + second + last,
        )
        for name, strata, contrast, words in ways
    ]
    if outcome.name in YEARLY:
        whole = within_group(places.strata["by_lot"], places.programme, shocks)
        found.append(
            Finding(
                f"{DESIGN}.batches.{outcome.name}.yearly",
                yearly * whole.detectable,
                outcome.unit,
                sample,
                f"{_FORMULA} {outcome.words.capitalize()} at the end of each year, {YEARS[0]} to {YEARS[-1]}; {lot}; "
                f"the effect grows as in the comparison of two censuses; {WORLDS['lasting']}.",
                n=first + second + last,
            )
        )
    return found


def _decades(units: pd.DataFrame, census: pd.DataFrame, study: Study) -> Finding:
    """How far a province's change in one decade foretells that of the next."""
    before = f"{CARRIER}_before"
    rows, _ = complete(three_censuses(units, census, study), [CARRIER, before])
    by_province = rows.groupby("province")[[CARRIER, before]]
    means = by_province.mean()[by_province.size() >= SMALLEST]
    count = len(means)
    correlation = float(means[CARRIER].corr(means[before]))
    reach = 1.96 / np.sqrt(count - 3)
    low, high = (float(np.tanh(np.arctanh(correlation) + sign * reach)) for sign in (-1, 1))
    return Finding(
        f"{DESIGN}.decades.{CARRIER}.correlation",
        correlation,
        "correlation",
        f"Means over units of {count} provinces with {SMALLEST} units or more on the same ground in three censuses.",
        f"Correlation of the change of residents (log) from {study.first_year} to {study.last_year} with that of the "
        "decade before, over provinces. Interval by Fisher's transformation.",
        interval=(low, high),
        level=0.95,
        n=count,
    )


def _rounds(study: Study) -> dict[str, tuple[list[float], list[float], str]]:
    """More counts: years, the share of the effect that is there at each, and words."""
    first, last = float(study.first_year), float(study.last_year)
    ends = [y + 1.0 for y in YEARS]
    grown = [_exposure(e, STARTS[0]) / _exposure(ends[-1], STARTS[0]) for e in ends]
    years = f"figures at the end of each year, {YEARS[0]} to {YEARS[-1]}"
    start = int(STARTS[0])
    return {
        "census_2030.stays": ([first, last, 2030.0], [0.0, 1.0, 1.0], "a census of 2030; the effect of 2020 stays"),
        "census_2030.doubles": ([first, last, 2030.0], [0.0, 1.0, 2.0], "a census of 2030; the effect is then twice "
                                "what it was in 2020, which is what is to be found"),
        "yearly.grows": (ends, grown, f"{years}; the effect grows evenly from {STARTS[0]} on"),
        "yearly.at_once": (ends, [float(y >= start) for y in YEARS],
                           f"{years}; the effect is whole by the end of {start}"),
    }  # fmt: skip


def _time(study: Study, correlation: float) -> list[Finding]:
    """What more counts do to the standard error, in three worlds of shocks."""
    worlds = {
        "lasting": from_correlation(0.0),
        "passing": Persistence(0.0, 1.0, 0.0),
        "drifting": from_correlation(max(correlation, 0.0)),
    }
    return [
        Finding(
            f"{DESIGN}.time.{name}.{world}",
            100 * relative_error(years, path, persistence, DECADE),
            "percent",
            "One treated province; applies to every outcome that is counted so.",
            f"Minimum detectable effect in percent of that of two censuses: {words}; {WORLDS[world]}; generalized "
            "least squares on the changes from count to count.",
        )
        for name, (years, path, words) in _rounds(study).items()
        for world, persistence in worlds.items()
    ]


def _given_level(rows: pd.DataFrame, outcome: Outcome, places: _Places) -> list[Finding]:
    """The same with the level at the start taken out of the change."""
    control = f"{outcome.name}_start"
    fine, _ = complete(rows, [outcome.name, control])
    v = decompose(fine, outcome.name, group="province", cluster="prefecture", unit="unit_id", controls=[control])
    shocks = Shocks(*(float(np.sqrt(x)) for x in (v.group, v.cluster, v.unit)))
    given = " Variance components given the outcome's level of the first year."
    lot = within_group(places.strata["by_lot"], places.programme, shocks)
    return [
        _provinces(outcome, shocks, places, "given_level", given)[0],
        Finding(
            f"{DESIGN}.given_level.{outcome.name}.by_lot", lot.detectable, outcome.unit,
            f"{sum(places.programme)} units of the programme.",
            f"{_FORMULA} Change in {outcome.words}, first batch less later ones, as good as drawn by lot.{given}",
        ),
    ]  # fmt: skip


def results(
    units: pd.DataFrame,
    census: pd.DataFrame,
    study: Study,
    claims: Sequence[EffectClaim],
    known: Mapping[str, Finding],
    made_from: MadeFrom,
) -> Results:
    """All findings on what would settle the question.

    Args:
        units: the register, `data/units.csv`.
        census: the census figures, `data/census.csv`.
        study: the study's definition.
        claims: the claims that are judged by an effect.
        known: findings of the designs, by key: the variance components, and the effects that claims wait for.
        made_from: what the findings are made from.

    Raises:
        FindingError: a finding that is needed is not known, or is not in its claim's unit.
        DesignError: the tables cannot carry the designs.
    """
    rows = build(units, census, first=study.first_year, last=study.last_year)
    places = _places(rows, units)
    decades = _decades(units, census, study)
    found = [*_claims(claims, known), *_roster(places), decades, *_time(study, decades.value)]
    factors = {f.key: f.value / 100 for f in found if f.key.startswith(f"{DESIGN}.time.")}
    sizes = {claim.outcome: claim.size for claim in claims}
    curves = []
    for name, outcome in OUTCOMES.items():
        shocks = _shocks(known, name)
        provinces = _provinces(outcome, shocks, places, "provinces", "")
        found += [*provinces, _many_units(outcome, shocks, places), *_batches(outcome, shocks, places)]
        if name in GIVEN_LEVEL:
            found += _given_level(rows, outcome, places)
        if name in YEARLY:
            found += [
                Finding(
                    f"{DESIGN}.one_province.{name}.{rounds}",
                    factors[f"{DESIGN}.time.{rounds}.lasting"] * provinces[0].value,
                    outcome.unit,
                    provinces[0].sample,
                    f"{_FORMULA} {outcome.words.capitalize()}: {words}; {WORLDS['lasting']}. One province treated.",
                )
                for rounds, (_, _, words) in _rounds(study).items()
            ]
        if name in sizes:
            count = units_by_lot(sizes[name], shocks)
            found.append(
                Finding(
                    f"{DESIGN}.lots.{name}.units", count, "units",
                    f"Units like those of {len(places.provinces)} provinces; half of them start early.",
                    f"Units that have to draw lots for an early or late start, within provinces, for an effect on the "
                    f"{outcome.words} of {sizes[name]:g} {outcome.unit} to be found at 5% with power 80%.",
                )
            )  # fmt: skip
        curves.append(
            pd.DataFrame(
                {
                    "outcome": name,
                    "treated": range(1, len(places.provinces) // 2 + 1),
                    "detectable": [
                        between_groups(places.provinces, k, shocks).detectable
                        for k in range(1, len(places.provinces) // 2 + 1)
                    ],
                }
            )
        )
    return Results(Findings(DESIGN, TITLE, made_from, tuple(found)), pd.concat(curves, ignore_index=True))
