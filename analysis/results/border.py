"""Counties on the two sides of the treated province's border."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analysis.designs.border import (
    Graph,
    Pairs,
    Weighting,
    balance,
    border_test,
    cross,
    fit_pairs,
    graph,
    tests_by_neighbour,
)
from analysis.designs.placebo import PlaceboTest
from analysis.designs.regression import conley_errors
from analysis.findings import Finding, Findings, MadeFrom
from analysis.results.counties import (
    CONTROLS,
    LOG_POINTS,
    OUTCOMES,
    POINTS,
    SPECIFICATIONS,
    Specification,
    build,
    complete,
)
from analysis.results.effects import CUTOFFS, Meaning, beside, by_distance, clustered, corrected, effect, placebo_rows
from analysis.study import Study

DESIGN = "border"
TITLE = "Pairs of counties across the border of the treated province"
BEFORE = 2000  # the census before the study's first, for what was different before the programme

SMALLEST = 20  # comparable units that a province needs to be a placebo
FEWEST = 10  # pairs that a province's border needs
FEWEST_BETWEEN = 5  # pairs that a border of two provinces needs: the shortest of Henan's has seven
NEIGHBOUR_SPECIFICATIONS = ("raw", "own")  # a border of seven pairs carries no more than one control
WEIGHTS: dict[Weighting, str] = {
    "pair": "Each pair counts once.",
    "unit": "Each unit counts once: a row of the stack has a weight of 1/(number of pairs of its unit).",
}
FACTOR = (
    "V1 + V2 − V12 with the factor G/(G−1) × (N−1)/(N−K), G the smaller number of clusters, N two rows a pair, "
    "K the coefficients and one more, and t with G−1 degrees of freedom"
)
BY_PREFECTURE = f"two-way by prefecture on either side of the border, {FACTOR}"
BY_PREFECTURE_3 = (
    "CRV3, two-way by prefecture on either side of the border: V1 + V2 − V12, each a jackknife around the estimate "
    "times (G−1)/G, and t with G−1 degrees of freedom, G the smaller number of clusters"
)
BY_UNIT = f"two-way by unit on either side of the border, {FACTOR}"
BALANCED = {
    "urban_share": ("urban share", POINTS),
    "log_population": ("residents (log)", LOG_POINTS),
    "agricultural_employment": ("agricultural share of employment", POINTS),
    "schooling": ("mean years of schooling", "years"),
    "nonagricultural_share": ("residents with non-agricultural registration", POINTS),
    "piped_water": ("homes with piped water", POINTS),
    "migrants_same_county": ("movers within the county", POINTS),
    "migrants_same_province": ("movers from elsewhere in the province", POINTS),
    "migrants_other_province": ("movers from other provinces", POINTS),
}


@dataclass(frozen=True)
class _Sample:
    """Units and pairs; `by_unit` is the same with each unit a cluster of its own."""

    by_prefecture: Graph
    by_unit: Graph
    dropped: int


def _graph(frame: pd.DataFrame, adjacency: pd.DataFrame, columns: list[str], cluster: str) -> Graph:
    touching = {*adjacency["unit_a"], *adjacency["unit_b"]}
    return graph(
        frame.assign(own=frame["unit_id"]),
        adjacency,
        columns,
        group="province",
        cluster=cluster,
        unit="unit_id",
        ends=("unit_a", "unit_b"),
        islands=[u for u in frame["unit_id"] if u not in touching],
    )


def _sample(frame: pd.DataFrame, adjacency: pd.DataFrame) -> _Sample:
    needed = dict.fromkeys([*OUTCOMES, *(f"{o}_start" for o in OUTCOMES), *(f"{c}_start" for c in CONTROLS)])
    fine, dropped = complete(frame, list(needed))
    return _Sample(
        _graph(fine, adjacency, list(needed), "prefecture"), _graph(fine, adjacency, list(needed), "own"), len(dropped)
    )


def _with_errors(key: str, test: PlaceboTest, meaning: Meaning, convention: str, names: str) -> list[Finding]:
    """The effect of record and what is shown beside it, with the errors of a border."""
    found = [effect(key, test, meaning, names=names)]
    found += [f for f in beside(key, test, meaning, names=names) if not f.key.endswith(".crv1")]
    own = test.treated
    if own.standard_error is not None:
        found.append(
            clustered(f"{key}.crv1", own.estimate, own.standard_error, own.clusters, meaning, convention, n=own.units)
        )
    return found


def pair_jackknife(pairs: Pairs, outcome: str) -> float | None:
    """The CRV3 error of the mean difference across a border, clustered on both sides; None where V is not above nought.

    V = V1 + V2 − V12, each the sum of the squared moves of the estimate when a cluster is left out, times (G−1)/G.
    Method: MacKinnon, Nielsen and Webb (2024), "Jackknife inference with two-way clustering", arXiv 2406.08880.
    """
    table = pairs.table
    full = fit_pairs(pairs, outcome).estimate

    def variance(by: list[str]) -> float:
        groups = table.groupby(by, sort=True).ngroup()
        moves = [
            fit_pairs(replace(pairs, table=table[groups != g]), outcome).estimate - full
            for g in range(groups.nunique())
        ]
        return (len(moves) - 1) / len(moves) * float(np.square(moves).sum())

    both = variance(["cluster"]) + variance(["other_cluster"]) - variance(["cluster", "other_cluster"])
    return both**0.5 if both > 0 else None


def pair_distances(pairs: Pairs, outcome: str, positions: pd.DataFrame) -> tuple[dict[float, float], int]:
    """Conley errors of the mean difference across a border, by cut-off, each pair in the middle of its two units.

    The two rows of a pair less the pair's effect are half the difference and minus half of it; the slope on the
    treated side's indicator is then the mean difference, and each pair enters the error as one place.

    Args:
        pairs: pairs that count once each, from `cross`.
        outcome: column of the differences.
        positions: latitude and longitude in degrees, by unit.

    Returns:
        The errors, and how many pairs have a position.
    """
    table = pairs.table
    ends = [positions.reindex(table[side]).to_numpy(dtype=float) for side in ("unit", "other")]
    middle = (ends[0] + ends[1]) / 2
    fine = np.isfinite(middle).all(axis=1)
    half = table[outcome].to_numpy(dtype=float)[fine] / 2
    names = (table["unit"].astype(str) + "–" + table["other"].astype(str)).to_numpy()[fine]
    stack = pd.DataFrame(
        {
            "half_pair": np.concatenate([names + ", one half", names + ", the other"]),
            "half": np.concatenate([half, -half]),
            "treated": np.repeat([1, 0], fine.sum()),
            "latitude": np.tile(middle[fine, 0], 2),
            "longitude": np.tile(middle[fine, 1], 2),
        }
    )
    errors = conley_errors(
        stack, "half", "treated", latitude="latitude", longitude="longitude", cutoffs=CUTOFFS, unit="half_pair"
    )
    return errors, int(fine.sum())


def _other_errors(g: Graph, study: Study) -> list[Finding]:
    """CRV3 and Conley errors of every co-primary outcome without controls."""
    found = []
    raw = SPECIFICATIONS["raw"]
    for outcome, what in OUTCOMES.items():
        test = border_test(g, outcome, study.treated, group="province", smallest=SMALLEST, fewest=FEWEST)
        pairs = cross(g, [outcome], study.treated, test.treated.controls_used)
        meaning = Meaning(what.unit, _sample_words(test, g, study), _words(raw, study))
        key = f"{DESIGN}.{outcome}.raw.effect"
        jackknife = pair_jackknife(pairs, outcome)
        own = test.treated
        if jackknife is not None:
            found.append(
                clustered(f"{key}.crv3", own.estimate, jackknife, own.clusters, meaning, BY_PREFECTURE_3, n=own.units)
            )
        errors, placed = pair_distances(pairs, outcome, g.data[["latitude", "longitude"]])
        words = f"{meaning.specification} {placed} of {len(pairs.table)} pairs have a position, midway between the two."
        at = Meaning(meaning.unit, meaning.sample, words)
        found += by_distance(f"{key}.conley_", own.estimate, errors, at, n=placed)
    return found


def _words(specification: Specification, study: Study, weighting: Weighting = "pair") -> str:
    return (
        f"Difference in the change {study.first_year}–{study.last_year} within pairs of units that touch across the "
        f"border, {specification.words}. {WEIGHTS[weighting]} A shock to a whole province does not stop at its border."
    )


def _sample_words(test: PlaceboTest, g: Graph, study: Study, other: str | None = None) -> str:
    treated = study.treated
    reached = [other] if other else list(test.treated.controls_used)
    pairs = cross(g, [], treated, reached)
    names = ", ".join(study.province_names.get(p, p) for p in reached)
    return (
        f"{len(pairs.table)} pairs of {pairs.units} comparable county units of {study.province_names[treated]} "
        f"and {pairs.others} of {names}."
    )


def _overall(
    g: Graph, study: Study, variant: str, *, weighting: Weighting = "pair", keep_treated: bool = True, more: str = ""
) -> tuple[list[Finding], dict[str, PlaceboTest]]:
    found: list[Finding] = []
    tests: dict[str, PlaceboTest] = {}
    infix = f".{variant}" if variant else ""
    for name, specification in SPECIFICATIONS.items():
        of = {
            o: border_test(
                g,
                o,
                study.treated,
                group="province",
                controls=specification.controls(o),
                smallest=SMALLEST,
                fewest=FEWEST,
                weighting=weighting,
                keep_treated=keep_treated,
            )
            for o in OUTCOMES
        }
        words = f"{_words(specification, study, weighting)} {more}".rstrip()
        meanings = {o: Meaning(OUTCOMES[o].unit, _sample_words(test, g, study), words) for o, test in of.items()}
        stems = {o: f"{DESIGN}.{o}.{name}{infix}" for o in of}
        for outcome, test in of.items():
            key = f"{stems[outcome]}.effect"
            found += _with_errors(key, test, meanings[outcome], BY_PREFECTURE, "provinces")
            tests[key] = test
        found += corrected({o: f"{stem}.adjusted" for o, stem in stems.items()}, of, meanings)
    return found, tests


def _by_neighbour(g: Graph, study: Study) -> tuple[list[Finding], dict[str, PlaceboTest]]:
    found: list[Finding] = []
    tests: dict[str, PlaceboTest] = {}
    for name in NEIGHBOUR_SPECIFICATIONS:
        for outcome, what in OUTCOMES.items():
            specification = SPECIFICATIONS[name]
            of = tests_by_neighbour(
                g, outcome, study.treated, controls=specification.controls(outcome), fewest=FEWEST_BETWEEN
            )
            for other, test in of.items():
                infix = "" if name == "raw" else f".{name}"
                key = f"{DESIGN}.{outcome}.{study.province_names[other].lower()}{infix}.effect"
                meaning = Meaning(what.unit, _sample_words(test, g, study, other), _words(specification, study))
                found += _with_errors(key, test, meaning, BY_UNIT, "borders of two provinces")
                tests[key] = test
    return found, tests


def _balance(g: Graph, study: Study) -> list[Finding]:
    found: list[Finding] = []
    for name, (words, unit) in BALANCED.items():
        column = f"{name}_start"
        test = border_test(g, column, study.treated, group="province", smallest=SMALLEST, fewest=FEWEST)
        sides = balance(g, column, study.treated, test.treated.controls_used, group="province")
        meaning = Meaning(
            unit,
            _sample_words(test, g, study),
            f"Difference in the {words} of {study.first_year} within pairs across the border. {WEIGHTS['pair']}",
        )
        stem = f"{DESIGN}.balance.{name}"
        found += _with_errors(f"{stem}.effect", test, meaning, BY_PREFECTURE, "provinces")
        level = unit if unit != POINTS else "percent"
        for key, value, of, how in (
            ("treated_mean", sides.treated_mean, level, "Mean of the treated side, each unit once."),
            ("other_mean", sides.other_mean, level, "Mean of the other side, each unit once."),
            ("gap", sides.gap, "standard deviations", "Normalized difference of the two sides, each unit once."),
            ("gap_all", sides.gap_all, "standard deviations", "Normalized difference of all units of the provinces."),
        ):
            found.append(Finding(f"{stem}.{key}", value, of, meaning.sample, f"{words}, {study.first_year}. {how}"))
    return found


def _before(
    units: pd.DataFrame, census: pd.DataFrame, adjacency: pd.DataFrame, study: Study
) -> tuple[list[Finding], dict[str, PlaceboTest]]:
    frame, _ = complete(
        build(units, census, first=BEFORE, last=study.first_year), ["log_population", "log_population_start"]
    )
    g = _graph(frame, adjacency, ["log_population", "log_population_start"], "prefecture")
    found: list[Finding] = []
    tests: dict[str, PlaceboTest] = {}
    for name in ("raw", "own"):
        specification = SPECIFICATIONS[name]
        test = border_test(
            g,
            "log_population",
            study.treated,
            group="province",
            controls=specification.controls("log_population"),
            smallest=SMALLEST,
            fewest=FEWEST,
        )
        key = f"{DESIGN}.before.log_population.{name}.effect"
        meaning = Meaning(
            LOG_POINTS,
            _sample_words(test, g, study),
            f"Difference in the change {BEFORE}–{study.first_year}, before the programme, within pairs across the "
            f"border, {specification.words}. {WEIGHTS['pair']}",
        )
        found += _with_errors(key, test, meaning, BY_PREFECTURE, "provinces")
        tests[key] = test
    return found, tests


def _counts(sample: _Sample, study: Study) -> list[Finding]:
    g = sample.by_prefecture
    reached = sorted(set(g.edges.loc[g.edges["one_group"] == study.treated, "other_group"]))
    pairs = cross(g, [], study.treated, reached)
    words = (
        f"Pairs of comparable county units that touch across the border of {study.province_names[study.treated]}, "
        f"{study.first_year}."
    )
    counts: Mapping[str, tuple[float, str]] = {
        "pairs": (len(pairs.table), "pairs"),
        "units.treated": (pairs.units, "units"),
        "units.others": (pairs.others, "units"),
        "most_pairs.treated": (int(pairs.table["unit"].value_counts().max()), "pairs"),
        "most_pairs.others": (int(pairs.table["other"].value_counts().max()), "pairs"),
        "inland.treated": (int((g.data["province"] == study.treated).sum()) - pairs.units, "units"),
        **{
            f"pairs.{study.province_names.get(p, p).lower()}": (int((pairs.table["other_group"] == p).sum()), "pairs")
            for p in reached
        },
    }
    found = [
        Finding(f"{DESIGN}.{name}", float(value), unit, words, "Counted; nothing is estimated.")
        for name, (value, unit) in counts.items()
    ]
    found.append(
        Finding(
            f"{DESIGN}.islands",
            float(len(g.islands)),
            "units",
            "Comparable county units of all provinces.",
            "Units that stand in no pair of the table of borders, for want of a polygon; they are in no comparison.",
        )
    )
    found.append(
        Finding(
            f"{DESIGN}.dropped",
            float(sample.dropped),
            "units",
            "Comparable county units of all provinces.",
            "Units left out since a figure is missing.",
        )
    )
    return found


def findings(
    units: pd.DataFrame, census: pd.DataFrame, adjacency: pd.DataFrame, study: Study, made: MadeFrom
) -> tuple[Findings, pd.DataFrame]:
    """Differences within pairs across the border, overall and by neighbour, and the placebo estimates for figures.

    Args:
        units: the register, `data/units.csv`.
        census: the census figures, `data/census.csv`.
        adjacency: pairs of units of the first census that touch, `data/adjacency.csv`.
        study: the study's definition.
        made: what the findings are made from.

    Returns:
        The findings, and `placebo_rows` of all effects.

    Raises:
        DesignError: the data cannot carry the design.
    """
    sample = _sample(build(units, census, first=study.first_year, last=study.last_year), adjacency)
    kept = _sample(build(units, census, first=study.first_year, last=study.last_year, zones=False), adjacency)
    g = sample.by_prefecture
    found = [*_counts(sample, study), *_balance(g, study), *_other_errors(g, study)]
    tests: dict[str, PlaceboTest] = {}
    treated = study.province_names[study.treated]
    for of, its_tests in (
        _overall(g, study, ""),
        _overall(g, study, "units", weighting="unit"),
        _overall(g, study, "apart", keep_treated=False, more=f"No placebo has {treated} among its controls."),
        _overall(
            kept.by_prefecture,
            study,
            "settled",
            more="Without units that gave, or may have given, ground to a development zone.",
        ),
        _by_neighbour(sample.by_unit, study),
        _before(units, census, adjacency, study),
    ):
        found += of
        tests |= its_tests
    return Findings(DESIGN, TITLE, made, tuple(found)), placebo_rows(tests)
