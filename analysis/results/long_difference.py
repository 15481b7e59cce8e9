"""The long difference of the study: what changed in the treated province's counties between two censuses, and by how
much more than next door and than in provinces put in its place.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypedDict

import pandas as pd

from analysis.designs.adjustment import METHODS, balance, effects_on_treated, jackknife_error, overlap, placements
from analysis.designs.errors import DesignError
from analysis.designs.long_difference import estimate
from analysis.designs.placebo import PlaceboTest, judge, placebo_test
from analysis.findings import Finding, Findings, MadeFrom
from analysis.results.counties import (
    CONTROLS,
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
from analysis.results.effects import (
    CRV1,
    CRV3,
    Meaning,
    beside,
    clustered,
    corrected,
    effect,
    jackknifed,
    placebo_rows,
    spatial,
)
from analysis.results.totals import treated_total
from analysis.study import Study

DESIGN = "long_difference"
TITLE = "Long difference between two censuses"
SERVICES = MORE["service_employment"]
SHOWN = {**OUTCOMES, SERVICES.name: SERVICES}  # the co-primary outcomes, and one that a claim is about
# What each claim conditions on: its implication says "given the share of 2010" of the urban share alone.
CLAIMS = {
    "urban_share": "share",
    "log_population": "raw",
    "agricultural_employment": "raw",
    "service_employment": "raw",
    "migrants_same_county": "raw",
    "migrants_other_province": "raw",
}
SMALLEST = 20  # county units that a province needs to take the treated place
PROGRAMME = "in programme"
UNLIKELY = 0.05  # a probability of being in the treated province that few of its own units have
DESCRIPTION = "Counted or averaged without weights; nothing is estimated."
METHOD_WORDS = {
    "regression": "Regression adjustment: the outcome without treatment is predicted from the untreated units.",
    "doubly_robust": "Doubly robust: regression adjustment corrected by the untreated units' residuals, weighted by "
    "the odds of treatment.",
    "balanced": "Entropy balancing: the untreated units are weighted to have the treated ones' means.",
}


class _Named(TypedDict):
    group: str
    cluster: str
    unit: str


_NAMED: _Named = {"group": "province", "cluster": "prefecture", "unit": "name"}


@dataclass(frozen=True)
class Results:
    """Findings, and the points that figures need.

    `sample` holds the units of the treated province and its neighbours, as `counties.build` makes them, with treated
    (0 or 1); `placebos` every province's estimate under the key of its effect; `likeness` the probability of being in
    the treated province that the controls give a unit: unit_id, treated, probability, and for untreated units the
    weights by odds and by entropy balancing, each summing to one.
    """

    findings: Findings
    sample: pd.DataFrame
    placebos: pd.DataFrame
    likeness: pd.DataFrame


@dataclass(frozen=True)
class _Data:
    """All comparable units, the provinces' neighbours, and the study."""

    frame: pd.DataFrame
    touching: Mapping[str, tuple[str, ...]]
    study: Study
    zones: bool = True

    def needed(self, columns: Sequence[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
        return complete(self.frame, columns)

    def here(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The units of the treated province and of the provinces that it touches."""
        chosen = frame[frame["province"].isin([self.study.treated, *self.touching[self.study.treated]])]
        return chosen.assign(treated=(chosen["province"] == self.study.treated).astype(int)).reset_index(drop=True)

    def sample_words(self, frame: pd.DataFrame, left_out: pd.DataFrame) -> str:
        """The units of an estimate in words, with those that lack a value."""
        study = self.study
        words = (
            f"{len(self.here(frame)):,} counties and county-level cities of {province_words(study)} on the same ground "
            f"in {study.first_year} and {study.last_year}"
        )
        if not self.zones:
            words += ", without those suspected of losing ground to a zone"
        words += f"; placebo provinces from {len(frame):,} such units of the country"
        if len(left_out):
            names = ", ".join(f"{n} ({p})" for n, p in zip(left_out["name"], left_out["province_name"], strict=True))
            words += f"; left out for want of a value: {names}"
        return words + "."


def _key(*parts: str) -> str:
    return ".".join((DESIGN, *parts))


def _test(
    data: _Data, outcome: str, controls: Sequence[str], *, keep_treated: bool = True
) -> tuple[PlaceboTest, pd.DataFrame, pd.DataFrame]:
    frame, left_out = data.needed([outcome, *controls])
    test = placebo_test(
        frame,
        [outcome],
        data.study.treated,
        **_NAMED,
        neighbours=data.touching,
        controls=controls,
        smallest=SMALLEST,
        keep_treated=keep_treated,
    )[outcome]
    return test, frame, left_out


def _meaning(data: _Data, outcome: Outcome, words: str, frame: pd.DataFrame, left_out: pd.DataFrame) -> Meaning:
    study = data.study
    return Meaning(
        outcome.unit,
        data.sample_words(frame, left_out),
        f"Change in {outcome.words}, {study.first_year} to {study.last_year}, in {study.province_names[study.treated]} "
        f"less that next door. {words}",
    )


def _effects(data: _Data, without_zones: _Data) -> tuple[list[Finding], dict[str, PlaceboTest]]:
    """Every outcome in every specification, with its variants and the correction for several outcomes."""
    found: list[Finding] = []
    tests: dict[str, PlaceboTest] = {}
    for specification in SPECIFICATIONS.values():
        family: dict[str, PlaceboTest] = {}
        meanings: dict[str, Meaning] = {}
        for name, outcome in SHOWN.items():
            controls = specification.controls(name)
            test, frame, left_out = _test(data, name, controls)
            words = f"Least squares, {specification.words}."
            meaning = _meaning(data, outcome, words, frame, left_out)
            key = _key(name, specification.name, "effect")
            tests[key], family[name], meanings[name] = test, test, meaning
            found += [effect(key, test, meaning), *beside(key, test, meaning)]
            found.append(jackknifed(key, test, frame, name, meaning, **_NAMED, controls=controls))
            found += spatial(key, test, frame, name, meaning, unit="name", controls=controls)
            found.append(
                Finding(
                    _key(name, specification.name, "left_out"),
                    len(left_out),
                    "units",
                    meaning.sample,
                    "Comparable units of the country that lack the outcome or a control.",
                )
            )
            alone, frame, left_out = _test(data, name, controls, keep_treated=False)
            words = f"{words} The treated province is no control of its neighbours."
            found.append(
                effect(
                    _key(name, specification.name, "without_treated"),
                    alone,
                    _meaning(data, outcome, words, frame, left_out),
                )
            )
            few, frame, left_out = _test(without_zones, name, controls)
            words = f"Least squares, {specification.words}."
            meaning_few = _meaning(without_zones, outcome, words, frame, left_out)
            tests[_key(name, specification.name, "no_zones")] = few
            found.append(effect(_key(name, specification.name, "no_zones"), few, meaning_few))
            if CLAIMS.get(name) == specification.name:
                claim = _key(name, "effect")
                found += [effect(claim, test, meaning), *beside(claim, test, meaning)]
        keys = {n: _key(n, specification.name, "p_family") for n in OUTCOMES}
        found += corrected(keys, {n: family[n] for n in OUTCOMES}, meanings)
    return found, tests


def _summary(found: Sequence[Finding]) -> list[Finding]:
    """The smallest p-values of the co-primary outcomes, and how many effects are beyond 5%."""
    known = {f.key: f for f in found}
    singles = [known[_key(o, s, "effect")] for o in OUTCOMES for s in SPECIFICATIONS]
    families = [known[_key(o, s, "p_family")] for o in OUTCOMES for s in SPECIFICATIONS]
    sample = f"{len(OUTCOMES)} co-primary outcomes in {len(SPECIFICATIONS)} specifications each."
    single = min(f.p_value for f in singles if f.p_value is not None)
    beyond = sum(f.p_value is not None and f.p_value <= 0.05 for f in singles)
    how = "Placebo test of each effect by itself."
    return [
        Finding(_key("family", "effects"), len(singles), "effects", sample, "All effects of co-primary outcomes."),
        Finding(_key("family", "smallest_single_p"), single, "p-value", sample, f"{how} The smallest p-value."),
        Finding(_key("family", "rejected"), beyond, "effects", sample, f"{how} Those with p of 0.05 or less."),
        Finding(
            _key("family", "smallest_p_family"), min(f.value for f in families), "p-value", sample,
            "The smallest p-value after the correction for several outcomes within a specification.",
        ),
    ]  # fmt: skip


def _slopes(data: _Data) -> list[Finding]:
    """How the change goes with the level at the start: what Lord's paradox turns on."""
    found = []
    for name, outcome in SHOWN.items():
        frame, left_out = data.needed([name, f"{name}_start"])
        fit = estimate(
            data.here(frame), start=f"{name}_start", end=f"{name}_end", treatment="treated", controls=[f"{name}_start"],
            cluster="prefecture", unit="name",
        )  # fmt: skip
        slope = fit.coefficients[f"{name}_start"]
        found.append(
            Finding(
                _key(name, "own", "slope"),
                slope.estimate,
                f"{outcome.unit} per unit of the level",
                data.sample_words(frame, left_out),
                f"Change in {outcome.words} on its own level of the first year and the treated province. "
                f"Errors: {CRV1}.",
                standard_error=slope.standard_error,
                interval=slope.interval,
                level=fit.level,
                p_value=slope.p_value,
                n=fit.n,
                clusters=fit.clusters,
            )
        )
    return found


def _adjusted(data: _Data) -> tuple[list[Finding], dict[str, PlaceboTest]]:
    """The effect on the treated province by three methods, given all controls."""
    found: list[Finding] = []
    tests: dict[str, PlaceboTest] = {}
    specification = SPECIFICATIONS["all"]
    for name, outcome in SHOWN.items():
        controls = specification.controls(name)
        frame, left_out = data.needed([name, *controls])
        placed, unplaced = placements(
            frame, name, data.study.treated, controls, **_NAMED, neighbours=data.touching, smallest=SMALLEST
        )
        here = data.here(frame)
        own = effects_on_treated(here, name, "treated", controls, unit="name")
        names = frame.drop_duplicates("province").set_index("province")["province_name"]
        for method in METHODS:
            test = judge(placed[method], data.study.treated)
            words = f"{METHOD_WORDS[method]} The effect on the treated units, {specification.words}."
            if unplaced[method]:
                words += f" No placebo, for want of units like theirs: {', '.join(names[list(unplaced[method])])}."
            meaning = _meaning(data, outcome, words, frame, left_out)
            key = _key(name, "adjusted", method)
            tests[key] = test
            found += [effect(key, test, meaning), *beside(key, test, meaning)]
            error = jackknife_error(here, name, "treated", controls, method, cluster="prefecture", unit="name")
            found.append(
                clustered(
                    f"{key}.crv3", test.estimate, error, test.treated.clusters, meaning, CRV3, n=test.treated.units
                )
            )
            found.append(
                Finding(
                    f"{key}.effective",
                    own[method].effective,
                    "units",
                    meaning.sample,
                    f"{meaning.specification} Effective number of untreated units (Kish): the squared sum of their "
                    "weights over the sum of squares.",
                    n=len(own[method].weights),
                )
            )
    return found, tests


def _likeness(data: _Data) -> tuple[list[Finding], pd.DataFrame]:
    """How alike the treated province's units and the others are in the controls."""
    controls = [f"{c}_start" for c in CONTROLS]
    frame, left_out = data.needed(controls)
    here = data.here(frame)
    shared = overlap(here, "treated", controls, unit="name")
    words = data.sample_words(frame, left_out)
    how = f"Logit of the treated province on {', '.join(CONTROLS.values())}, of the first year."
    found = [
        Finding(_key("overlap", key), value, unit, words, f"{how} {what}")
        for key, value, unit, what in (
            ("treated_low", 100 * shared.treated[0], "percent", "The lowest probability of a treated unit."),
            ("treated_high", 100 * shared.treated[1], "percent", "The highest probability of a treated unit."),
            ("untreated_low", 100 * shared.untreated[0], "percent", "The lowest probability of an untreated unit."),
            ("untreated_high", 100 * shared.untreated[1], "percent", "The highest probability of an untreated unit."),
            ("beyond", 100 * shared.beyond, "percent", "Treated units above every untreated unit's probability."),
            ("untreated_unlikely", 100 * float((shared.probability[here["treated"] == 0] < UNLIKELY).mean()),
             "percent", f"Untreated units with a probability below {100 * UNLIKELY:.0f} percent."),
            ("effective", shared.effective, "units", "Effective number of untreated units weighted by the odds."),
        )
    ]  # fmt: skip
    # The weights depend on the controls alone; any outcome would do.
    balanced = effects_on_treated(here, "urban_share", "treated", controls, unit="name", methods=["balanced"])
    before, after = balance(here, "treated", controls), balance(here, "treated", controls, shared.weights)
    for control in CONTROLS:
        for when, values, what in (
            ("before", before, "All units count alike."),
            ("after", after, "Untreated units weighted by the odds of treatment."),
        ):
            found.append(
                Finding(
                    _key("balance", control, when),
                    float(values[f"{control}_start"]),
                    "standard deviations",
                    words,
                    f"Treated less untreated mean of {CONTROLS[control]}, of the first year, over the treated units' "
                    f"standard deviation. {what}",
                )
            )
    points = pd.DataFrame(
        {
            "unit_id": here["unit_id"],
            "treated": here["treated"],
            "probability": shared.probability,
            "odds_weight": shared.weights.reindex(here.index),
            "balancing_weight": balanced["balanced"].weights.reindex(here.index),
        }
    )
    return found, points


def _described(data: _Data, without_zones: _Data, units: pd.DataFrame) -> list[Finding]:
    """Counts of units and means by group, and the treated province among its neighbours."""
    study = data.study
    here = data.here(data.frame)
    words = data.sample_words(data.frame, data.frame.iloc[:0])
    found: list[Finding] = []

    def add(
        key: str, value: float, unit: str, n: int | None = None, *, of: str = words, how: str = DESCRIPTION
    ) -> None:
        found.append(Finding(_key(key), float(value), unit, of, how, n=n))

    first = f"code{study.first_year}"
    kinds = data.frame["kind"].unique()
    candidates = units[(units[first] != "") & units["unit_type"].isin(kinds)]
    lost = candidates[~candidates["unit_id"].isin(data.frame["unit_id"])]
    few = without_zones.here(without_zones.frame)
    add("units.all", len(here), "units")
    add("prefectures.all", here["prefecture"].nunique(), "prefectures")
    add("units.country", len(data.frame), "units", of="Comparable units of the country.")
    for i, group in enumerate(("treated", "comparison")):
        provinces = [study.treated] if i == 0 else list(data.touching[study.treated])
        part = here[here["treated"] == 1 - i]
        add(f"units.{group}", len(part), "units")
        add(f"units_without_zones.{group}", int((few["treated"] == 1 - i).sum()), "units")
        add(
            f"not_comparable.{group}",
            int(lost[first].str[:2].isin(provinces).sum()),
            "units",
            of=f"Counties and county-level cities of {study.first_year} that are not on the same ground in "
            f"{study.last_year}, or not known to be ({len(lost)} in the country).",
        )
        add(f"prefectures.{group}", part["prefecture"].nunique(), "prefectures")
        for name, outcome in SHOWN.items():
            level = "percent" if outcome.unit == POINTS else outcome.unit
            for when, unit in (("start", level), ("end", level), ("change", outcome.unit)):
                column = name if when == "change" else f"{name}_{when}"
                values = part[column].dropna()
                add(f"{name}.{when}.{group}", values.mean(), unit, len(values))
    by_province = here.groupby("province")["urban_share"]
    means, sizes = by_province.mean(), by_province.size()
    for province in study.provinces:
        name = study.province_names[province]
        add(
            f"urban_share.by_province.{name.lower()}",
            means[province],
            POINTS,
            int(sizes[province]),
            how=f"Mean change over the units of {name}, without weights; nothing is estimated.",
        )
    add(
        "treated_province.rank",
        means.rank(ascending=False)[study.treated],
        f"of {len(study.provinces)} provinces",
        how="Rank of the treated province by the mean change in the urban share over its units, the largest first.",
    )
    return found


def _programme(census: pd.DataFrame, programme_units: pd.DataFrame, data: _Data) -> list[Finding]:
    study = data.study
    population = census.set_index(["year", "code"])["population"]
    start = programme_units["code2010"].map(population.loc[study.first_year])
    end = programme_units["code2020"].map(population.loc[study.last_year])
    compared = start.notna() & end.notna()
    lost = int((end[compared] < start[compared]).sum())
    words = f"County-level units of the programme's roster ({study.programme})."
    years = f"{study.first_year} to {study.last_year}"
    total, both = len(programme_units), int(compared.sum())
    in_sample = int((data.here(data.frame)["baicheng"] == PROGRAMME).sum())
    return [
        Finding(_key("programme", key), float(value), unit, words, how, n=n)
        for key, value, unit, n, how in (
            ("units", total, "units", total, "All units of the roster."),
            ("in_sample", in_sample, "units", total, "Units of the roster that are in the sample."),
            ("counted", both, "units", total, "Units with a population in both censuses, by their code in each."),
            (
                "lost_population",
                lost,
                "units",
                both,
                f"Units whose resident population fell, {years}, by their codes; some borders moved.",
            ),
            (
                "lost_population_share",
                100 * lost / both,
                "percent",
                both,
                f"Share of the units counted whose resident population fell, {years}.",
            ),
        )
    ]


def _province(totals: pd.DataFrame, study: Study) -> list[Finding]:
    """What the censuses say of the whole treated province, districts included."""
    name = study.province_names[study.treated]
    found = []
    shares = {}
    for when, year in (("start", study.first_year), ("end", study.last_year)):
        row = treated_total(totals, study, year)
        population, urban = float(row["population"]), float(row["urban_population"])
        shares[when] = 100 * urban / population
        words = f"All of {name}, districts included, census of {year}."
        for key, value, unit in (
            ("population", population, "people"),
            ("urban_population", urban, "people"),
            ("urban_share", shares[when], "percent"),
        ):
            found.append(Finding(_key("treated_province", f"{key}_{when}"), value, unit, words, "Census total."))
    found.append(
        Finding(
            _key("treated_province", "urban_share_change"),
            shares["end"] - shares["start"],
            POINTS,
            sample=f"All of {name}, districts included, {study.first_year} and {study.last_year}.",
            specification="Difference of the census totals' urban shares.",
        )
    )
    return found


def results(
    units: pd.DataFrame,
    census: pd.DataFrame,
    adjacency: pd.DataFrame,
    totals: pd.DataFrame,
    programme_units: pd.DataFrame,
    study: Study,
    made_from: MadeFrom,
) -> Results:
    """All findings of the long difference, and what its figures need.

    Raises:
        DesignError: the tables cannot carry the design.
    """
    touching = neighbours(adjacency)
    if set(touching.get(study.treated, ())) != set(study.neighbours):
        raise DesignError(
            f"study.yml: neighbour_provinces: found {', '.join(study.neighbours)}; by data/adjacency.csv "
            f"{study.treated} touches {', '.join(touching.get(study.treated, ())) or 'none'}"
        )
    first, last = study.first_year, study.last_year
    data = _Data(build(units, census, first=first, last=last), touching, study)
    few = build(units, census, first=first, last=last, zones=False)
    without_zones = _Data(few, touching, study, zones=False)
    empty = [study.province_names[p] for p in study.provinces if p not in set(data.frame["province"])]
    if empty:
        raise DesignError(
            f"no unit of {', '.join(empty)} is comparable between {study.first_year} and {study.last_year}; "
            "check data/units.csv or take the province out of study.yml"
        )
    effects, tests = _effects(data, without_zones)
    adjusted, adjusted_tests = _adjusted(data)
    likeness, points = _likeness(data)
    found = [
        *effects,
        *_summary(effects),
        *_slopes(data),
        *adjusted,
        *likeness,
        *_described(data, without_zones, units),
        *_programme(census, programme_units, data),
        *_province(totals, study),
    ]
    return Results(
        Findings(DESIGN, TITLE, made_from, tuple(found)),
        data.here(data.frame),
        placebo_rows(tests | adjusted_tests),
        points,
    )
