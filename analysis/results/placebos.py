"""Every province in the treated one's place: by outcome, before the programme, for prefectures, and by night."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.data.checks.prefectures import light_changes
from analysis.designs.event_study import balance, event_study
from analysis.designs.placebo import PlaceboTest, placebo_test
from analysis.designs.synthetic import synthetic_placebos
from analysis.findings import Finding, Findings, MadeFrom
from analysis.results.counties import (
    CONTROLS,
    LOG_POINTS,
    MORE,
    OUTCOMES,
    POINTS,
    SPECIFICATIONS,
    Outcome,
    build,
    complete,
    neighbours,
    province_words,
)
from analysis.results.effects import Meaning, beside, corrected, effect, jackknifed, placebo_rows, spatial
from analysis.study import Study

DESIGN = "placebos"
TITLE = "Placebo provinces: every outcome, before the programme, prefectures, and night lights"

SMALLEST = 20  # comparable county units that a province needs to be a placebo
SMALLEST_PREFECTURES = 8  # the same where units are prefectures
BEFORE = 2000  # the census before the study's first

# What the census of 2000 has by county too.
BEFORE_OUTCOMES = {
    name: OUTCOMES[name]
    for name in ("log_population", "migrants_same_county", "migrants_same_province", "migrants_other_province")
}

PREFECTURE_OUTCOMES = {
    o.name: o
    for o in (
        Outcome("urban_share", "urban share", POINTS),
        Outcome("log_population", "residents (log)", LOG_POINTS),
        Outcome("log_urban_population", "urban residents (log)", LOG_POINTS),
    )
}

LIGHTS = {"lights": ("lights_total", "night lights"), "lights_urban": ("lights_urban", "night lights on urban land")}
LIGHT_YEARS = tuple(range(2001, 2021))
BASE = 2015  # the last whole year before the programme, which was announced in August 2016
START = 2017  # the first whole year with it; 2016 is shown, and neither before nor after
BREAKS = (2002, 2011, 2013)  # where the instruments behind the lights change; see data/README.md
# With the breaks, from the last of them on, and without the years before which the instruments changed.
WINDOWS = {
    "since_2001": LIGHT_YEARS,
    "since_2013": tuple(y for y in LIGHT_YEARS if y >= BREAKS[-1]),
    "without_breaks": tuple(y for y in LIGHT_YEARS if y not in BREAKS),
}
# The later change with the treated province taken from the controls of its neighbours.
ALONE = "No placebo has the treated province among its controls."


@dataclass(frozen=True)
class _Estimates:
    findings: tuple[Finding, ...]
    tests: dict[str, PlaceboTest]


def _together(parts: Sequence[_Estimates]) -> _Estimates:
    tests: dict[str, PlaceboTest] = {}
    for part in parts:
        tests |= part.tests
    return _Estimates(tuple(f for part in parts for f in part.findings), tests)


def _of_record(key: str, test: PlaceboTest, meaning: Meaning) -> _Estimates:
    """The effect, what stands beside it, and the treated province's rank, the largest estimate first."""
    own = test.estimate
    rank = 1 + sum(p.estimate > own for p in test.placebos)
    return _Estimates(
        (
            effect(key, test, meaning),
            *beside(key, test, meaning),
            Finding(
                f"{key}.rank",
                float(rank),
                f"of {len(test.placebos) + 1} provinces",
                meaning.sample,
                f"{meaning.specification} Rank of the treated province by its estimate, the largest first.",
            ),
        ),
        {key: test},
    )


def _counties(
    frame: pd.DataFrame,
    touching: Mapping[str, Sequence[str]],
    study: Study,
    variant: str = "",
    *,
    keep_treated: bool = True,
    more: str = "",
) -> _Estimates:
    outcomes = OUTCOMES | MORE
    needed = dict.fromkeys([*outcomes, *(f"{o}_start" for o in outcomes), *(f"{c}_start" for c in CONTROLS)])
    frame, dropped = complete(frame, list(needed))
    infix = f".{variant}" if variant else ""
    parts = []
    for name, specification in SPECIFICATIONS.items():
        tests: dict[str, PlaceboTest] = {}
        words = (
            f"Change {study.first_year}–{study.last_year} against the provinces that touch it, "
            f"{specification.words}. {more}".rstrip()
        )
        sample = (
            f"Comparable county units of {province_words(study)}; {len(dropped)} units of all provinces "
            "are left out since a figure is missing."
        )
        for outcome, what in outcomes.items():
            tests |= placebo_test(
                frame,
                [outcome],
                study.treated,
                group="province",
                neighbours=touching,
                cluster="prefecture",
                unit="unit_id",
                controls=specification.controls(outcome),
                smallest=SMALLEST,
                keep_treated=keep_treated,
            )
            key = f"{DESIGN}.{outcome}.{name}{infix}.effect"
            parts.append(_of_record(key, tests[outcome], Meaning(what.unit, sample, words)))
        keys = {o: f"{DESIGN}.{o}.{name}{infix}.adjusted" for o in OUTCOMES}
        meanings = {o: Meaning(what.unit, sample, words) for o, what in OUTCOMES.items()}
        parts.append(_Estimates(tuple(corrected(keys, {o: tests[o] for o in OUTCOMES}, meanings)), {}))
    return _together(parts)


def three_censuses(units: pd.DataFrame, census: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Units on the same ground in three censuses: one row a unit, of the two later ones, with the earlier changes.

    `<figure>_before` is the change up to the study's first year, `<figure>_level` the figure in the earliest, and
    `<figure>_turn` the later change less the earlier one.
    """
    earlier = build(units, census, first=BEFORE, last=study.first_year).set_index("unit_id")
    later = build(units, census, first=study.first_year, last=study.last_year)
    later = later[later["unit_id"].isin(earlier.index)].reset_index(drop=True)
    then = earlier.loc[later["unit_id"]]
    columns = {}
    for name in BEFORE_OUTCOMES:
        columns[f"{name}_before"] = then[name].to_numpy()
        columns[f"{name}_level"] = then[f"{name}_start"].to_numpy()
        columns[f"{name}_turn"] = later[name].to_numpy() - then[name].to_numpy()
    return later.assign(**columns)


def _before(
    units: pd.DataFrame, census: pd.DataFrame, touching: Mapping[str, Sequence[str]], study: Study
) -> _Estimates:
    """The decade before the programme, and how much the next one differs from it."""
    columns = [c for o in BEFORE_OUTCOMES for c in (o, f"{o}_start")]
    earlier, _ = complete(build(units, census, first=BEFORE, last=study.first_year), columns)
    columns = [c for o in BEFORE_OUTCOMES for c in (o, f"{o}_before", f"{o}_level", f"{o}_turn")]
    all_three, _ = complete(three_censuses(units, census, study), columns)
    old, new = f"{BEFORE}–{study.first_year}", f"{study.first_year}–{study.last_year}"
    level, turn = f"given the level of {BEFORE}", f"Change {new} less change {old}"
    parts = []
    for outcome, what in BEFORE_OUTCOMES.items():
        for stem, frame, column, control, words in (
            ("before.{}.raw", earlier, outcome, None, f"Change {old}, without controls"),
            ("before.{}.own", earlier, outcome, f"{outcome}_start", f"Change {old}, {level}"),
            ("turn.{}.raw", all_three, f"{outcome}_turn", None, f"{turn}, without controls"),
            (
                "turn.{}.own",
                all_three,
                f"{outcome}_turn",
                f"{outcome}_level",
                f"Change {new} less change {old}, {level}",
            ),
            ("turn.{}.lagged", all_three, outcome, f"{outcome}_before", f"Change {new}, given the change {old}"),
        ):
            test, alone = (
                placebo_test(
                    frame,
                    [column],
                    study.treated,
                    group="province",
                    neighbours=touching,
                    cluster="prefecture",
                    unit="unit_id",
                    controls=[control] if control else [],
                    smallest=SMALLEST,
                    keep_treated=keep,
                )[column]
                for keep in (True, False)
            )
            meaning = Meaning(
                what.unit,
                f"County units of {province_words(study)} on the same ground in "
                f"{'two' if frame is earlier else 'three'} censuses.",
                f"{words}. Against the provinces that touch it.",
            )
            key = f"{DESIGN}.{stem.format(outcome)}"
            parts.append(_of_record(f"{key}.effect", test, meaning))
            apart = Meaning(meaning.unit, meaning.sample, f"{meaning.specification} {ALONE}")
            parts.append(_of_record(f"{key}.apart.effect", alone, apart))
            if control is None:
                errors = (
                    jackknifed(f"{key}.effect", test, frame, column, meaning, cluster="prefecture", unit="unit_id"),
                    *spatial(f"{key}.effect", test, frame, column, meaning, unit="unit_id"),
                )
                parts.append(_Estimates(errors, {}))
    return _together(parts)


def prefecture_frame(prefectures: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Prefectures with people in three censuses: changes of the urban share and of logs, one row a prefecture.

    Shares in percent, logs times 100. `<figure>_before`, `<figure>_during` and `<figure>_turn` are the changes of the
    two decades and the second less the first, `<figure>_level_before` and `<figure>_level_during` where each starts.
    Prefectures whose figure of 2000 is flagged, since it is of other ground, have none and are left out.
    """
    rows = prefectures[prefectures["level"] == "prefecture"]

    def log(column: str) -> pd.Series:
        values = rows[column].where(rows[column] > 0).to_numpy(dtype=float)
        return pd.Series(100 * np.log(values), index=rows.index)

    rows = rows.assign(log_population=log("population"), log_urban_population=log("urban_population"))
    years = {"before": (BEFORE, study.first_year), "during": (study.first_year, study.last_year)}
    wide = rows.pivot(index="code", columns="year", values=list(PREFECTURE_OUTCOMES))
    columns = {}
    for name in PREFECTURE_OUTCOMES:
        for decade, (first, last) in years.items():
            columns[f"{name}_{decade}"] = wide[(name, last)] - wide[(name, first)]
            columns[f"{name}_level_{decade}"] = wide[(name, first)]
        columns[f"{name}_turn"] = columns[f"{name}_during"] - columns[f"{name}_before"]
    frame = pd.DataFrame(columns).rename_axis("code").reset_index()
    frame["province"] = frame["code"].str[:2]
    return complete(frame, list(columns))[0]


def _prefectures(prefectures: pd.DataFrame, touching: Mapping[str, Sequence[str]], study: Study) -> _Estimates:
    frame = prefecture_frame(prefectures, study)
    old, new = f"{BEFORE}–{study.first_year}", f"{study.first_year}–{study.last_year}"
    words = {"before": f"Change {old}", "during": f"Change {new}", "turn": f"Change {new} less change {old}"}
    parts = []
    for outcome, what in PREFECTURE_OUTCOMES.items():
        for stem, change in words.items():
            level = f"{outcome}_level_{'during' if stem == 'during' else 'before'}"
            year = study.first_year if stem == "during" else BEFORE
            for name, given, made_equal in (
                ("raw", (), "without controls"),
                ("own", (level,), f"given the level of {year}"),
            ):
                column = f"{outcome}_{stem}"
                test, alone = (
                    placebo_test(
                        frame,
                        [column],
                        study.treated,
                        group="province",
                        neighbours=touching,
                        cluster="code",
                        unit="code",
                        controls=given,
                        smallest=SMALLEST_PREFECTURES,
                        keep_treated=keep,
                    )[column]
                    for keep in (True, False)
                )
                meaning = Meaning(
                    what.unit,
                    f"Prefectures of {province_words(study)} with figures in three censuses; "
                    "those whose figures are of other ground are left out.",
                    f"{change} against the provinces that touch it, {made_equal}. Each prefecture is a cluster.",
                )
                key = f"{DESIGN}.prefectures.{outcome}.{stem}.{name}"
                parts.append(_of_record(f"{key}.effect", test, meaning))
                apart = Meaning(meaning.unit, meaning.sample, f"{meaning.specification} {ALONE}")
                parts.append(_of_record(f"{key}.apart.effect", alone, apart))
                if not given:
                    crv3 = jackknifed(f"{key}.effect", test, frame, column, meaning, cluster="code", unit="code")
                    parts.append(_Estimates((crv3,), {}))
    return _together(parts)


def light_panel(prefectures: pd.DataFrame, column: str) -> pd.DataFrame:
    """Log lights, times 100, of prefectures: code, cluster, province, year, light (NaN where there is none)."""
    rows = prefectures[(prefectures["level"] == "prefecture") & prefectures["year"].isin(LIGHT_YEARS)]
    values = rows[column].where(rows[column] > 0).to_numpy(dtype=float)
    return pd.DataFrame(
        {
            "code": rows["code"].to_numpy(),
            "cluster": rows["code"].to_numpy(),  # each prefecture is one
            "province": rows["code"].str[:2].to_numpy(),
            "year": rows["year"].to_numpy(),
            "light": 100 * np.log(values),
        }
    )


def _lights(prefectures: pd.DataFrame, touching: Mapping[str, Sequence[str]], study: Study) -> _Estimates:
    parts = []
    for stem, (column, words) in LIGHTS.items():
        panel = light_panel(prefectures, column)
        sample = f"Prefectures of {province_words(study)}."
        name = f"{DESIGN}.{stem}"
        for window, years in WINDOWS.items():
            events, alone = (
                event_study(
                    panel,
                    "light",
                    study.treated,
                    unit="code",
                    year="year",
                    group="province",
                    cluster="cluster",
                    neighbours=touching,
                    base=BASE,
                    start=START,
                    years=years,
                    smallest=SMALLEST_PREFECTURES,
                    keep_treated=keep,
                    drop=True,
                )
                for keep in (True, False)
            )
            against = f"Log {words} against the provinces that touch it"
            left_out = [y for y in BREAKS if y not in years and y > years[0]]
            span = f"{years[0]} to {BASE}"
            if left_out:
                span += f" without {', '.join(map(str, left_out))}"
            after = f"{START} to {years[-1]}"
            if window == "since_2001":
                for year, test in events.years.items():
                    meaning = Meaning(LOG_POINTS, sample, f"{against}, {year} less {BASE}.")
                    parts.append(_of_record(f"{name}.year_{year}.effect", test, meaning))
                meaning = Meaning(LOG_POINTS, sample, f"{against}, mean of {after} less {BASE}.")
                parts.append(_of_record(f"{name}.average.effect", events.average, meaning))
                parts.append(_breaks(name, events.frame, touching, study, f"{against}", sample))
                parts.append(
                    _Estimates(
                        (
                            Finding(
                                f"{name}.dropped",
                                float(len(events.dropped)),
                                "prefectures",
                                "Prefectures of all provinces.",
                                f"Prefectures left out since they have no {words} above nought in some year.",
                            ),
                        ),
                        {},
                    )
                )
            for part, test, unit, how in (
                ("change", events.change, LOG_POINTS, f"mean of {after} less mean of {span}"),
                ("trend", events.trend, f"{LOG_POINTS} per year", f"slope through {span}, before the programme"),
                (
                    "beyond_trend",
                    events.beyond_trend,
                    LOG_POINTS,
                    f"mean of {after} less the line through {span} drawn on",
                ),
            ):
                parts.append(
                    _of_record(f"{name}.{window}.{part}.effect", test, Meaning(unit, sample, f"{against}, {how}."))
                )
            meaning = Meaning(LOG_POINTS, sample, f"{against}, mean of {after} less mean of {span}.")
            key = f"{name}.{window}.change"
            crv3 = jackknifed(f"{key}.effect", events.change, events.frame, "change", meaning, cluster="cluster",
                              unit="code")  # fmt: skip
            parts.append(_Estimates((crv3,), {}))
            apart = Meaning(LOG_POINTS, sample, f"{meaning.specification} {ALONE}")
            parts.append(_of_record(f"{key}.apart.effect", alone.change, apart))
            parts.append(_synthetic(f"{name}.{window}.synthetic", panel, years, words, study, sample))
        medians = light_changes(prefectures, column)["median"]
        parts.append(
            _Estimates(
                tuple(
                    Finding(
                        f"{name}.median_change.year_{year}",
                        100 * float(medians[year]),
                        LOG_POINTS,
                        "Prefectures and places of their rank in all provinces.",
                        f"Median change of log {words} on the year before; nothing is estimated.",
                    )
                    for year in medians.index
                ),
                {},
            )
        )
    return _together(parts)


def _synthetic(
    key: str, panel: pd.DataFrame, years: Sequence[int], words: str, study: Study, sample: str
) -> _Estimates:
    wide = balance(panel, "code", "year", "light", years, drop=True).wide
    test, fits = synthetic_placebos(
        wide,
        pd.Series(wide.index.str[:2], index=wide.index),
        study.treated,
        before=[y for y in years if y <= BASE],
        after=[y for y in years if y >= START],
        smallest=SMALLEST_PREFECTURES,
    )
    gaps = [y for y in range(years[0], BASE) if y not in years]
    skipped = f" without {', '.join(map(str, gaps))}" if gaps else ""
    how = (
        f"Synthetic difference-in-differences of log {words}: prefectures of all other provinces, and the years "
        f"{years[0]} to {BASE}{skipped}, are weighted to follow those of the treated one; effect over {START} to "
        f"{years[-1]}. "
        "The treated province is no donor of the others."
    )
    found = _of_record(f"{key}.effect", test, Meaning(LOG_POINTS, sample, how))
    misses = sorted(f.misfit for f in fits.values())
    own = fits[study.treated].misfit
    misfit = Finding(
        f"{key}.misfit",
        own,
        LOG_POINTS,
        sample,
        f"{how} Root mean square of what the weighted prefectures miss of the treated path before; it is number "
        f"{1 + misses.index(own)} of {len(misses)} provinces, the best fit first.",
    )
    return _Estimates((*found.findings, misfit), found.tests)


def _breaks(
    name: str,
    frame: pd.DataFrame,
    touching: Mapping[str, Sequence[str]],
    study: Study,
    against: str,
    sample: str,
) -> _Estimates:
    """Whether the treated province parts from its neighbours in the very years in which the instruments changed."""
    steps = frame.assign(**{f"break_{y}": frame[str(y)] - frame[str(y - 1)] for y in BREAKS})
    tests = placebo_test(
        steps,
        [f"break_{y}" for y in BREAKS],
        study.treated,
        group="province",
        neighbours=touching,
        cluster="code",
        unit="code",
        smallest=SMALLEST_PREFECTURES,
    )
    return _together(
        [
            _of_record(
                f"{name}.break_{y}.effect",
                tests[f"break_{y}"],
                Meaning(LOG_POINTS, sample, f"{against}, {y} less {y - 1}, between which the instruments changed."),
            )
            for y in BREAKS
        ]
    )


def findings(
    units: pd.DataFrame,
    census: pd.DataFrame,
    adjacency: pd.DataFrame,
    prefectures: pd.DataFrame,
    study: Study,
    made: MadeFrom,
) -> tuple[Findings, pd.DataFrame]:
    """Estimates of every outcome with every province in the treated one's place, and those estimates for figures.

    Args:
        units: the register, `data/units.csv`.
        census: the census figures, `data/census.csv`.
        adjacency: pairs of units that touch, `data/adjacency.csv`, which say which provinces touch.
        prefectures: prefecture-years, `data/prefectures.csv`, without flagged figures.
        study: the study's definition.
        made: what the findings are made from.

    Returns:
        The findings, and `placebo_rows` of all effects.

    Raises:
        DesignError: the data cannot carry a design.
    """
    touching = neighbours(adjacency)
    first, last = study.first_year, study.last_year
    frame = build(units, census, first=first, last=last)
    settled = build(units, census, first=first, last=last, zones=False)
    treated = study.province_names[study.treated]
    of = _together(
        [
            _counties(frame, touching, study),
            _counties(
                frame,
                touching,
                study,
                "apart",
                keep_treated=False,
                more=f"No placebo has {treated} among its controls.",
            ),
            _counties(
                settled,
                touching,
                study,
                "settled",
                more="Without units that gave, or may have given, ground to a development zone.",
            ),
            _before(units, census, touching, study),
            _prefectures(prefectures, touching, study),
            _lights(prefectures, touching, study),
        ]
    )
    return Findings(DESIGN, TITLE, made, of.findings), placebo_rows(of.tests)
