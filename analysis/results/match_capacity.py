"""What counties can carry: an index with entropy weights beside equal ones, and how its parts go together."""

from dataclasses import dataclass

import pandas as pd

from analysis.designs.capacity import CapacityIndex, capacity, coupling
from analysis.designs.placebo import PlaceboTest
from analysis.findings import Finding
from analysis.results.counties import complete, province_words
from analysis.results.effects import Meaning
from analysis.results.match_units import DESIGN, comparable, parts, placebos, where_words
from analysis.study import Study

DEVIATIONS = "standard deviations"

# What the index is made of: figures of `match_units.build_units`, of which more is better, that both censuses have.
INDICATORS = {
    "service_employment": "people employed in education, health and public facilities, per 1,000 residents",
    "piped_water": "homes with piped water",
    "toilet": "homes with a toilet",
    "bath": "homes with a bath",
    "kitchen": "homes with a kitchen",
    "nonfarm_employment": "employment outside farming, of all",
    "schooling": "mean years of schooling",
}
FACILITIES = ("service_employment", "piped_water", "toilet", "bath", "kitchen")
PEOPLE = ("urban_share", "nonfarm_employment", "schooling")


@dataclass(frozen=True)
class Capacity:
    """The index of all comparable units in both years on one scale, and the units with its columns.

    The units get, for the index with entropy and with equal weights and for the coordination of facilities and people,
    `<name>_start`, `<name>_end` (0 to 1) and `<name>` (the change, in `deviations` of the first year).
    """

    index: CapacityIndex
    units: pd.DataFrame
    deviations: dict[str, float]
    left_out: int
    rank_correlations: dict[str, float]


def build_capacity(frame: pd.DataFrame) -> Capacity:
    """The capacity index, its equal-weight twin, and the coordination of facilities and people."""
    needed = tuple(dict.fromkeys((*INDICATORS, *PEOPLE)))
    fine, dropped = complete(frame, [f"{n}_{end}" for n in needed for end in ("start", "end")])
    both = pd.concat(
        [
            fine[["unit_id"]].assign(end=end, **{n: fine[f"{n}_{end}"] for n in needed})
            for end in ("start", "end")
        ],
        ignore_index=True,
    )  # fmt: skip
    index = capacity(both, list(INDICATORS), unit="unit_id")
    people = capacity(both, list(PEOPLE), unit="unit_id").scores["equal"]
    both["facilities"], both["people"] = index.scaled[list(FACILITIES)].mean(axis="columns"), people
    joined = coupling(both, ["facilities", "people"], unit="unit_id")
    scores = {
        "capacity": index.scores["equal"],
        "capacity_entropy": index.scores["entropy"],
        "coordination": joined["coordination"],
        "coupling": joined["coupling"],
        "facilities": both["facilities"],
        "people": both["people"],
    }
    n, deviations = len(fine), {}
    for name, score in scores.items():
        fine[f"{name}_start"], fine[f"{name}_end"] = score.iloc[:n].to_numpy(), score.iloc[n:].to_numpy()
        deviations[name] = float(fine[f"{name}_start"].std(ddof=1))
        fine[name] = (fine[f"{name}_end"] - fine[f"{name}_start"]) / deviations[name]
    return Capacity(
        index,
        fine,
        deviations,
        len(dropped),
        {end: float(fine[f"capacity{end}"].corr(fine[f"capacity_entropy{end}"], method="spearman"))
         for end in ("_start", "_end", "")},
    )  # fmt: skip


def weights(made: Capacity, study: Study) -> list[Finding]:
    """Weights beside spread, and what the weights change: rank correlations of the index and its twin."""
    first, last = study.first_year, study.last_year
    words = f"{comparable(study)}, both censuses together; {made.left_out} units without all figures left out."
    scaled = f"Indicators scaled to 0 at the least and 1 at the largest value of {first} and {last} together."
    found = []
    for weight in made.index.weights:
        for name, value, unit, how in (
            ("weight_entropy", 100 * weight.entropy, "percent", "Entropy weight: 1 − e over its sum, e the entropy of "
             "units' shares in the indicator, over its largest value."),
            ("weight_equal", 100 * weight.equal, "percent", "Equal weight."),
            ("variation", weight.variation, "ratio", "Coefficient of variation of the scaled indicator."),
        ):  # fmt: skip
            key = f"{DESIGN}.capacity.{name}.{weight.indicator}"
            found.append(Finding(key, value, unit, words, f"{scaled} {how}", n=2 * len(made.units)))

    def correlation(key: str, value: float, how: str, n: int) -> None:
        found.append(Finding(f"{DESIGN}.capacity.{key}", value, "rank correlation", words, how, n=n))

    twins = "Spearman's rank correlation of the index with entropy weights and with equal weights"
    for end, year in (("_start", str(first)), ("_end", str(last)), ("", "change")):
        when = f"of their changes, {first} to {last}" if year == "change" else f"in {year}"
        correlation(f"twins.{year}", made.rank_correlations[end], f"{twins}, {when}.", len(made.units))
    correlation(
        "weight_follows_spread",
        made.index.weight_follows_spread,
        "Spearman's rank correlation, over indicators, of entropy weight and coefficient of variation.",
        len(made.index.weights),
    )
    found.append(
        Finding(
            f"{DESIGN}.capacity.standard_deviation",
            made.deviations["capacity"],
            "index points of 1",
            words,
            f"Standard deviation (n−1) of the index with equal weights over units in {first}: the unit of its changes.",
            n=len(made.units),
        )
    )
    return found


def effects(made: Capacity, adjacency: pd.DataFrame, study: Study) -> tuple[list[Finding], dict[str, PlaceboTest]]:
    """Levels by group, and the changes with placebo provinces."""
    first, last, where = study.first_year, study.last_year, where_words(study)
    names = {
        "capacity": "the capacity index with equal weights",
        "capacity_entropy": "the capacity index with entropy weights",
        "coordination": "the coordination degree of facilities (services and homes) and people (urban share, work "
        "outside farming, schooling), √(C·T)",
    }
    found = []
    for group, part in parts(made.units, study).items():
        for name, words in (names | {"coupling": "the coupling degree of facilities and people"}).items():
            for year, end in ((first, "_start"), (last, "_end")):
                found.append(
                    Finding(
                        f"{DESIGN}.{name}.{group}.{year}",
                        float(part[f"{name}{end}"].mean()),
                        "index points of 1",
                        f"{comparable(study, where[group])} and have all figures.",
                        f"Mean over units of {words} in {year}, on the common scale of both censuses.",
                        n=len(part),
                    )
                )
    found += [
        Finding(
            f"{DESIGN}.coordination.is_root_of_mean",
            float(
                (made.units["coordination_end"] - (made.units["facilities_end"] * made.units["people_end"]) ** 0.25)
                .abs()
                .max()
            ),
            "index points of 1",
            f"{comparable(study)} and have all figures.",
            "Largest distance between the coordination degree and the square root of the geometric mean of the two "
            "scores: the two are the same number where both subsystems count alike.",
            n=len(made.units),
        )
    ]
    tests: dict[str, PlaceboTest] = {}
    own = study.province_names[study.treated]
    for name, words in names.items():
        for label, how, controls in (
            ("effect", "without controls", ()),
            ("effect_given_start", f"given its level in {first}", (f"{name}_start",)),
        ):
            key = f"{DESIGN}.{name}.{label}"
            meaning = Meaning(
                DEVIATIONS,
                f"{comparable(study, province_words(study))} and have all figures.",
                f"Change of {words}, {first} to {last}, in standard deviations of its level in {first} over all "
                f"comparable units of China, on an indicator for {own}, {how}.",
            )
            more, tests[key] = placebos(made.units, name, key, meaning, adjacency, study, controls=controls)
            found += more
    return found, tests
