"""What goes with a county's growth, one theory a section: description, not cause."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analysis.data.samples import KINDS
from analysis.designs.dose import Hypothesis, Slope, family_p, label_p, log_dose, slope
from analysis.findings import Finding, Findings, MadeFrom
from analysis.results.counties import LONG_FORM, OUTCOMES, POINTS, SERVICES, SPECIFICATIONS, build, complete
from analysis.results.effects import Meaning
from analysis.results.slopes import association
from analysis.results.totals import treated_total
from analysis.study import Study

DESIGN = "mechanisms"
TITLE = "Mechanisms: what goes with growth, theory by theory"
SPECIAL_TOWNS = "special_town_2017"  # a designation of data/designations.csv
DRAWS, SEED = 9_999, 20_240_817
EARLIER = (2000, 2010)

# Provinces for which the list of demonstration counties is at hand; elsewhere an empty cell says nothing.
LISTED_PROVINCES = ("13", "34", "37", "41", "42")


@dataclass(frozen=True)
class Trait:
    """A trait of a unit in 2010: its theory, its column, and the step that a finding is of."""

    theory: str
    name: str
    column: str
    step: str
    times: float


TRAITS = {
    t.name: t
    for t in (
        Trait("location", "km_to_capital", "km_to_capital", "100 kilometres more to the provincial capital", 100),
        Trait("location", "market_access", "log_market_access", "twice the market access of 2010", float(np.log(2))),
        Trait(
            "location",
            "manufacturing",
            "manufacturing_employment_start",
            "ten percentage points more manufacturing employment in 2010",
            10,
        ),
        Trait(
            "location",
            "piped_water",
            "piped_water_start",
            "ten percentage points more homes with piped water in 2010",
            10,
        ),
        Trait(
            "integration",
            "agriculture",
            "agricultural_employment_start",
            "ten percentage points more agricultural employment in 2010",
            10,
        ),
        Trait("integration", "schooling", "schooling_start", "one year more of mean schooling in 2010", 1),
        Trait(
            "integration",
            "services",
            "services_per_registered",
            "ten more people in public services per 1,000 registered residents in 2010",
            10,
        ),
        Trait(
            "integration",
            "registered_gap",
            "residents_less_registered",
            "residents higher by ten percent of registered people in 2010",
            10,
        ),
        Trait(
            "migration",
            "arrivals",
            "arrivals",
            "ten percentage points more residents from other counties in 2010",
            10,
        ),
        Trait(
            "migration",
            "same_county",
            "migrants_same_county_start",
            "ten percentage points more movers within the county in 2010",
            10,
        ),
        Trait(
            "migration",
            "same_province",
            "migrants_same_province_start",
            "ten percentage points more residents from elsewhere in the province in 2010",
            10,
        ),
        Trait(
            "migration",
            "other_province",
            "migrants_other_province_start",
            "ten percentage points more residents from other provinces in 2010",
            10,
        ),
    )
}
SLOPES_OF = ("log_population", "urban_share")


@dataclass(frozen=True)
class Label:
    """A designation that some of the treated province's units bear."""

    name: str
    words: str


LABELS = {
    label.name: label
    for label in (
        Label("province_managed", "managed by the province directly since 2014"),
        Label("special_towns", "host to a special town of the second national list (2017)"),
        Label("demonstration", "demonstration counties of 2020"),
        Label("poverty", "poor counties of the national or provincial list"),
        Label("poverty_national", "poor counties of the national list"),
    )
}
NONFARM = "nonfarm_employment"
OUTCOME_WORDS = {
    "log_population": (OUTCOMES["log_population"].words, OUTCOMES["log_population"].unit),
    "urban_share": (OUTCOMES["urban_share"].words, OUTCOMES["urban_share"].unit),
    NONFARM: ("share of employment outside farming", POINTS),
}


def sample(units: pd.DataFrame, census: pd.DataFrame, designations: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Comparable units of all of China with the traits and labels of this design as columns."""
    hosts = designations.loc[designations["designation"] == SPECIAL_TOWNS, "code2010"]
    frame = build(units, census, first=study.first_year, last=study.last_year)
    start = census[census["year"] == study.first_year].set_index("code").reindex(frame["code"])
    registered = start["registered_population"].where(start["registered_population"] > 0).to_numpy(dtype=float)
    served = start[list(SERVICES)].sum(axis="columns", min_count=len(SERVICES)).to_numpy(dtype=float)
    before = build(units, census, first=EARLIER[0], last=EARLIER[1]).set_index("unit_id")["log_population"]
    return frame.assign(
        log_market_access=log_dose(frame, "market_access", unit="unit_id", drop=True)[0],
        services_per_registered=1000 * LONG_FORM * served / registered,
        residents_less_registered=100 * (frame["population_start"] / registered - 1),
        arrivals=frame["migrants_same_province_start"] + frame["migrants_other_province_start"],
        nonfarm_employment=-frame["agricultural_employment"],
        earlier=frame["unit_id"].map(before),
        home=(frame["province"] == study.treated).astype(int),
        listed=frame["province"].isin(LISTED_PROVINCES).astype(int),
        province_managed=(frame["province_managed_2014"] != "").astype(int),
        special_towns=frame["code"].isin(hosts).astype(int),
        demonstration=(frame["ndrc_demonstration_2020"] != "").astype(int),
        poverty_national=(frame["poverty"] == "national").astype(int),
        poverty=(frame["poverty"] != "").astype(int),
    )


def complete_rows(frame: pd.DataFrame) -> pd.DataFrame:
    """Units that have all traits, outcomes and covariates: the same for all slopes."""
    controls = dict.fromkeys(c for o in SLOPES_OF for c in SPECIFICATIONS["all"].controls(o))
    return complete(frame, [*(t.column for t in TRAITS.values()), *OUTCOME_WORDS, *controls])[0]


def _fit(
    rows: pd.DataFrame, outcome: str, column: str, controls: Sequence[str] = (), absorb: str | None = None
) -> Slope:
    return slope(rows, outcome, column, controls, absorb=absorb, cluster="prefecture", unit="unit_id")


def _trait_slopes(rows: pd.DataFrame, whole: int, study: Study) -> Iterator[Finding]:
    words = (
        f"{len(rows)} counties, banners and county-level cities of all of China on the same ground in "
        f"{study.first_year} and {study.last_year}; {whole - len(rows)} others lack a trait or covariate."
    )
    for trait in TRAITS.values():
        for outcome in SLOPES_OF:
            about, unit = OUTCOME_WORDS[outcome]
            base = f"{DESIGN}.{trait.theory}.{trait.name}_{outcome}"
            meaning = Meaning(
                unit,
                words,
                f"Change of {about}, {study.first_year} to {study.last_year}, that goes with {trait.step}, within "
                "provinces.",
            )
            covariates = [c for c in SPECIFICATIONS["all"].controls(outcome) if c != trait.column]
            for key, controls, absorb, more in (
                ("", (), "province", ""),
                (".covariates", covariates, "province", " Given the covariates of the first year."),
                (".prefecture", (), "prefecture", " Within prefectures, too."),
            ):
                found = _fit(rows, outcome, trait.column, controls, absorb)
                own = replace(meaning, specification=meaning.specification + more)
                yield association(f"{base}{key}", found, own, times=trait.times)
            if outcome == "log_population":
                early = complete(rows, ["earlier"])[0]
                own = replace(
                    meaning,
                    sample=f"{len(early)} of the units, on the same ground since {EARLIER[0]}.",
                    specification=f"Change of {about}, {EARLIER[0]} to {EARLIER[1]}, before the trait was measured, "
                    f"that goes with {trait.step}, within provinces.",
                )
                found = _fit(early, "earlier", trait.column, (), "province")
                yield association(f"{base}.earlier", found, own, times=trait.times)


def _label_differences(frame: pd.DataFrame, study: Study) -> Iterator[Finding]:
    name = study.province_names[study.treated]
    home = frame[frame["home"] == 1]
    yield Finding(
        f"{DESIGN}.institutions.managed_with_special_town.units",
        int((home["province_managed"] * home["special_towns"]).sum()),
        "units",
        f"The {len(home)} comparable units of {name}.",
        "Units that the province manages directly and that host a special town: the two labels are not two samples.",
    )
    for label in LABELS.values():
        base = f"{DESIGN}.institutions.{label.name}"
        here = complete(home, [*OUTCOME_WORDS, label.name])[0]
        yield Finding(
            f"{base}.units",
            int(here[label.name].sum()),
            "units",
            f"The {len(here)} comparable units of {name}.",
            f"Units that are {label.words}.",
        )
        for outcome, (about, unit) in OUTCOME_WORDS.items():
            # The start of employment outside farming is told by the share in farming.
            level = "agricultural_employment" if outcome == NONFARM else outcome
            rows, _ = complete(home, [outcome, label.name, *SPECIFICATIONS["all"].controls(level)])
            some = rows[label.name] == 1
            key = f"{base}_{outcome}"
            meaning = Meaning(
                unit,
                f"{len(rows)} units of {name}, {int(some.sum())} with the label.",
                f"Change of {about}, {study.first_year} to {study.last_year}: units that are {label.words} less the "
                "others.",
            )
            clusters = rows.loc[some, "prefecture"].nunique()
            few = f"{int(some.sum())} units in {clusters} prefectures bear the label, too few to trust the error."
            yield association(key, _fit(rows, outcome, label.name), meaning, about=few)
            given = replace(meaning, specification=f"{meaning.specification} Given the covariates of the first year.")
            found = _fit(rows, outcome, label.name, SPECIFICATIONS["all"].controls(level))
            yield association(f"{key}.covariates", found, given, about=few)
            yield Finding(
                f"{key}.p_randomization",
                label_p(
                    rows.loc[some, outcome].to_numpy(dtype=float),
                    rows.loc[~some, outcome].to_numpy(dtype=float),
                    draws=DRAWS,
                    seed=SEED,
                ),
                "p-value",
                meaning.sample,
                f"{meaning.specification} Share of {DRAWS:,} random placings of the label on the units whose "
                "difference is at least as large in absolute value.",
                n=len(rows),
            )


def _demonstration(frame: pd.DataFrame, study: Study) -> Iterator[Finding]:
    rows = frame[frame["listed"] == 1]
    for outcome in SLOPES_OF:
        about, unit = OUTCOME_WORDS[outcome]
        own = complete(rows, [outcome])[0]
        meaning = Meaning(
            unit,
            f"{len(own)} units of the {len(LISTED_PROVINCES)} provinces whose list is at hand, "
            f"{int(own['demonstration'].sum())} of them demonstration counties.",
            f"Change of {about}, {study.first_year} to {study.last_year}: demonstration counties of 2020 less others, "
            "within provinces. They were named in the last year: this says who was chosen, not what it did.",
        )
        found = _fit(own, outcome, "demonstration", (), "province")
        yield association(f"{DESIGN}.institutions.demonstration_listed_{outcome}", found, meaning)


def hypotheses() -> dict[str, Hypothesis]:
    """The tests of the family, by the key of the finding that each is of."""
    found = {
        f"{DESIGN}.{t.theory}.{t.name}_{outcome}": Hypothesis(outcome, t.column, absorb="province", within="in_slopes")
        for t in TRAITS.values()
        for outcome in SLOPES_OF
    }
    for label in LABELS.values():
        for outcome in OUTCOME_WORDS:
            found[f"{DESIGN}.institutions.{label.name}_{outcome}"] = Hypothesis(outcome, label.name, within="home")
    return found


def _levels(frame: pd.DataFrame, census: pd.DataFrame, totals: pd.DataFrame, study: Study) -> Iterator[Finding]:
    last = census[(census["year"] == study.last_year) & census["unit_type"].isin(KINDS)]
    name = study.province_names[study.treated]
    moved = ["migrants_same_county", "migrants_same_province", "migrants_other_province"]
    for key, rows, where in (
        ("same_county_migrants_share_2020", last, "all of China"),
        (
            f"{name.lower()}_same_county_migrants_share_2020",
            last[last["code"].str[:2] == study.treated],
            name,
        ),
    ):
        counted = rows.dropna(subset=moved)
        yield Finding(
            f"{DESIGN}.integration.{key}",
            float(100 * counted[moved[0]].sum() / counted[moved].sum().sum()),
            "percent",
            f"{len(counted)} counties, banners and county-level cities of {where} in {study.last_year}; "
            f"{len(rows) - len(counted)} others lack a figure.",
            "People who live away from their place of registration: share of those who come from the same county.",
            n=len(counted),
        )
    row = treated_total(totals, study, study.first_year)
    urban = float(100 * row["urban_population"] / row["population"])
    without_land = float(row["nonagricultural_share"])
    whole = f"All residents of {name} in {study.first_year}, districts included."
    for key, value, unit, words in (
        ("citizenization_gap_2010", urban - without_land, POINTS, "Urban share less non-agricultural registration."),
        ("urban_share_2010", urban, "percent", "Urban residents, of residents."),
        ("nonagricultural_2010", without_land, "percent", "People with non-agricultural registration, of residents."),
    ):
        yield Finding(f"{DESIGN}.institutions.{name.lower()}_{key}", value, unit, whole, words)
    for key, rows, where in (
        ("residents_below_registered_2010", frame, "all of China"),
        (f"{name.lower()}_residents_below_registered_2010", frame[frame["home"] == 1], name),
    ):
        known = rows["residents_less_registered"].dropna()
        yield Finding(
            f"{DESIGN}.integration.{key}",
            float(100 * (known < 0).mean()),
            "percent",
            f"{len(known)} comparable units of {where}.",
            f"Units with fewer residents than registered people in {study.first_year}, the one year with both.",
            n=len(known),
        )


def findings(
    units: pd.DataFrame,
    census: pd.DataFrame,
    totals: pd.DataFrame,
    designations: pd.DataFrame,
    study: Study,
    made_from: MadeFrom,
) -> Findings:
    """The findings.

    Args:
        units: the register, `data/units.csv`.
        census: `data/census.csv`.
        totals: `data/census_totals.csv`.
        designations: `data/designations.csv`.
        study: the study's definition.
        made_from: hashes of data and code.
    """
    frame = sample(units, census, designations, study)
    rows = complete_rows(frame)
    found = [
        *_levels(frame, census, totals, study),
        *_trait_slopes(rows, len(frame), study),
        *_label_differences(frame, study),
        *_demonstration(frame, study),
    ]
    tests = hypotheses()
    family = frame.assign(in_slopes=frame["unit_id"].isin(rows["unit_id"]).astype(int))
    adjusted = family_p(family, tests, cluster="prefecture", draws=DRAWS, seed=SEED)
    samples = {f.key: f.sample for f in found}
    found += [
        Finding(
            f"{key}.p_family",
            p,
            "p-value",
            samples[key],
            f"Corrected for the {len(tests)} tests of this chapter by step-down over {DRAWS:,} sign flips of "
            "prefectures (Romano and Wolf).",
        )
        for key, p in adjusted.items()
    ]
    found.append(Finding(f"{DESIGN}.tests", len(tests), "tests", "All theories.", "Tests that are corrected together."))
    return Findings(DESIGN, TITLE, made_from, tuple(found))
