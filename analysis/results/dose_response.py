"""Changes of county units on investment and on spending per head, all of China: an association, and so called."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analysis.designs.binned import binned_scatter
from analysis.designs.dose import Hypothesis, Slope, conley_error, family_p, log_dose, slope
from analysis.designs.errors import DesignError
from analysis.designs.omitted import benchmarks, oster_bound, partial_r_squared, robustness_value
from analysis.findings import Finding, Findings, MadeFrom
from analysis.results.counties import CONTROLS, MORE, OUTCOMES, SPECIFICATIONS, build, complete
from analysis.results.effects import Meaning, clustered
from analysis.results.slopes import BY_PROVINCE, association
from analysis.study import Study

DESIGN = "dose_response"
TITLE = "Dose and response: changes of counties on investment and spending per head"
DOUBLING = float(np.log(2))
YUAN = 10_000  # the yearbook's money is in 10,000 yuan
BINS = 15  # about 115 units each: enough for a mean, few enough to read
DRAWS, SEED = 9_999, 20_240_816
CUTOFFS_KM = (100, 200, 400)
# Years of the claim, 2006 to 2010, that nearly all units have. Those between are printed for some provinces only.
COMPLETE_YEARS = (2006, 2010)
CLAIM_YEARS = tuple(range(2006, 2011))
# The window. The definition changes between its last two years, which the year's effect takes in.
OTHER_YEARS = tuple(range(2007, 2012))
EXPENDITURE_YEAR = 2011
EARLIER = (2000, 2010)


@dataclass(frozen=True)
class Dose:
    """A dose: its name in keys, in words, the years it is of, and the outcome that a claim ties it to."""

    name: str
    words: str
    years: str
    claimed: str


DOSES = {
    d.name: d
    for d in (
        Dose(
            "investment", "fixed investment in urban areas per registered resident", "2006 and 2010", "log_population"
        ),
        Dose("expenditure", "fiscal expenditure per registered resident", "2011", "urban_share"),
    )
}
# The outcomes that are looked at from all sides; the others stand in the table.
LEADING = ("log_population", "urban_share")


@dataclass(frozen=True)
class Version:
    """What the slope is within, and which of the study's specifications gives its controls."""

    name: str
    words: str
    absorb: str
    specification: str


VERSIONS = {
    v.name: v
    for v in (
        Version("province", "within provinces", "province", "raw"),
        Version("province_share", "within provinces, given the urban share of 2010", "province", "share"),
        Version("province_own", "within provinces, given the outcome's own level of 2010", "province", "own"),
        Version("province_covariates", "within provinces, given covariates of 2010", "province", "all"),
        Version("prefecture", "within prefectures", "prefecture", "raw"),
        Version("prefecture_covariates", "within prefectures, given covariates of 2010", "prefecture", "all"),
    )
}


def _per_head(yearbook: pd.DataFrame, column: str, heads: "pd.Series[float] | None" = None) -> pd.DataFrame:
    """Logarithm of a figure in yuan per registered resident, unit by year; NaN where either is missing or nought."""
    rows = yearbook[yearbook[column].notna()]
    people = rows["registered_population"] if heads is None else rows["unit_id"].map(heads)
    rows = rows.assign(per_head=YUAN * rows[column] / people.where(people > 0))
    rows = rows.assign(log=log_dose(rows, "per_head", unit="unit_id", drop=True)[0])
    return rows.pivot(index="unit_id", columns="year", values="log")


def mean_of_years(logs: pd.DataFrame, years: Sequence[int]) -> "pd.Series[float]":
    """Mean of the logs of some years, of units that have all of them.

    Raises:
        DesignError: a year is missing altogether.
    """
    missing = [y for y in years if y not in logs.columns]
    if missing:
        raise DesignError(f"the yearbook has no figures of {missing[0]}; the years at hand are {list(logs.columns)}")
    mean: pd.Series[float] = logs[list(years)].mean(axis="columns", skipna=False)
    return mean


def over_years(logs: pd.DataFrame, years: Sequence[int]) -> "pd.Series[float]":
    """A unit's effect on the logs, given effects of years, over whatever years it has; at the mean year.

    Raises:
        DesignError: no unit has two of the years, so that years cannot be told apart.
    """
    there = logs[[y for y in years if y in logs.columns]].dropna(how="all")
    if there.notna().sum(axis="columns").max() < 2:
        raise DesignError(f"no unit has figures of two of the years {list(years)}")
    long = there.stack().dropna()
    units = long.index.get_level_values(0)
    dummies = pd.get_dummies(long.index.get_level_values(1), dtype=float).set_axis(long.index)
    within = dummies - dummies.groupby(units).transform("mean")
    effects = np.linalg.lstsq(within.to_numpy(), (long - long.groupby(units).transform("mean")).to_numpy(), rcond=None)[
        0
    ]
    effects = effects - effects.mean()
    adjusted: pd.Series[float] = (long - dummies.to_numpy() @ effects).groupby(units).mean()
    return adjusted


def doses(yearbook: pd.DataFrame, registered: "pd.Series[float]") -> pd.DataFrame:
    """Log doses by unit_id: a column each for the two doses and their variants.

    Args:
        yearbook: `data/yearbook.csv`, flagged figures left out.
        registered: registered population in the census of 2010, by unit_id.
    """
    urban = _per_head(yearbook, "urban_investment")
    without_rural = _per_head(yearbook, "investment_without_rural_households")
    joined = urban.combine_first(without_rural)  # no year has both
    spent = _per_head(yearbook, "fiscal_expenditure")
    return pd.DataFrame(
        {
            "investment": mean_of_years(urban, COMPLETE_YEARS),
            "investment_2006": mean_of_years(urban, (2006,)),
            "investment_2010": mean_of_years(urban, (2010,)),
            "investment_any_year": over_years(urban, CLAIM_YEARS),
            "investment_2007_2011": over_years(joined, OTHER_YEARS),
            "investment_census_heads": mean_of_years(
                _per_head(yearbook, "urban_investment", registered), COMPLETE_YEARS
            ),
            "expenditure": mean_of_years(spent, (EXPENDITURE_YEAR,)),
            "expenditure_census_heads": mean_of_years(
                _per_head(yearbook, "fiscal_expenditure", registered), (EXPENDITURE_YEAR,)
            ),
        }
    )


VARIANTS = {
    "investment": {
        "investment_2006": "The dose of 2006 alone.",
        "investment_2010": "The dose of 2010 alone.",
        "investment_any_year": "The dose over whatever years from 2006 to 2010 a unit has, given effects of years.",
        "investment_2007_2011": "The dose over whatever years from 2007 to 2011 a unit has, given effects of years; "
        "the definition of investment changed between 2010 and 2011.",
        "investment_census_heads": "The dose per registered resident of the census of 2010.",
    },
    "expenditure": {"expenditure_census_heads": "The dose per registered resident of the census of 2010."},
}


def sample(units: pd.DataFrame, census: pd.DataFrame, yearbook: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Comparable units of all of China, with more columns.

    `dose_<name>`: log doses. `earlier`: change of log population from 2000 to 2010, log points. `gap`: log of residents
    over registered people in 2010.
    """
    frame = build(units, census, first=study.first_year, last=study.last_year)
    rows = census[census["year"] == study.first_year].set_index("code")["registered_population"]
    registered = frame.set_index("unit_id")["code"].map(rows)
    logs = doses(yearbook, registered)
    frame = frame.join(logs.add_prefix("dose_"), on="unit_id")
    before = build(units, census, first=EARLIER[0], last=EARLIER[1]).set_index("unit_id")["log_population"]
    people = registered.reindex(frame["unit_id"]).to_numpy()
    gap = log_dose(frame.assign(gap=frame["population_start"] / people), "gap", unit="unit_id", drop=True)[0]
    return frame.assign(earlier=frame["unit_id"].map(before), gap=gap)


def _controls(version: Version, outcome: str) -> tuple[str, ...]:
    return SPECIFICATIONS[version.specification].controls(outcome)


def _fit(rows: pd.DataFrame, outcome: str, dose: str, version: Version, cluster: str = "prefecture") -> Slope:
    return slope(
        rows,
        outcome,
        f"dose_{dose}",
        _controls(version, outcome),
        absorb=version.absorb,
        cluster=cluster,
        unit="unit_id",
    )


def complete_rows(frame: pd.DataFrame, dose: str) -> pd.DataFrame:
    """Units that have the dose, all outcomes and all covariates: the same in all versions."""
    needed = [f"dose_{dose}", *OUTCOMES, *(f"{c}_start" for c in dict.fromkeys((*CONTROLS, *OUTCOMES)))]
    return complete(frame, needed)[0]


class _Words:
    def __init__(self, study: Study, dose: Dose, rows: pd.DataFrame, left: int) -> None:
        self.study, self.dose = study, dose
        self.sample = (
            f"{len(rows)} counties, banners and county-level cities of {rows['province'].nunique()} provinces on the "
            f"same ground in {study.first_year} and {study.last_year}, with the dose; {left} others lack it or a "
            "covariate."
        )

    def of(self, outcome: str, version: Version, unit: str, dose_words: str = "") -> Meaning:
        words = {**OUTCOMES, **MORE}[outcome].words
        return Meaning(
            unit,
            self.sample,
            f"Change of {words}, {self.study.first_year} to {self.study.last_year}, for twice the dose: slope on the "
            f"log of {self.dose.words}, {self.dose.years}, times ln 2, {version.words}. {dose_words}".rstrip(),
        )


def _main(rows: pd.DataFrame, dose: Dose, words: _Words) -> Iterator[Finding]:
    hypotheses = {}
    for outcome, about in OUTCOMES.items():
        for version in VERSIONS.values():
            key = f"{DESIGN}.{dose.name}.{outcome}" + ("" if version.name == "province" else f".{version.name}")
            found = _fit(rows, outcome, dose.name, version)
            yield association(key, found, words.of(outcome, version, about.unit), times=DOUBLING)
        hypotheses[outcome] = Hypothesis(outcome, f"dose_{dose.name}", absorb="province")
    adjusted = family_p(rows, hypotheses, cluster="prefecture", draws=DRAWS, seed=SEED)
    for outcome, p in adjusted.items():
        yield Finding(
            f"{DESIGN}.{dose.name}.{outcome}.p_family",
            p,
            "p-value",
            words.sample,
            f"Corrected for {len(hypotheses)} outcomes by step-down over {DRAWS:,} sign flips of prefectures "
            "(Romano and Wolf), within provinces.",
        )


def _errors(rows: pd.DataFrame, dose: Dose, outcome: str, words: _Words) -> Iterator[Finding]:
    version, unit = VERSIONS["province"], OUTCOMES[outcome].unit
    meaning, base = words.of(outcome, version, unit), f"{DESIGN}.{dose.name}.{outcome}"
    by_province = _fit(rows, outcome, dose.name, version, cluster="province")
    yield association(f"{base}.by_province", by_province, meaning, times=DOUBLING, convention=BY_PROVINCE)
    placed = complete(rows, ["latitude", "longitude"])[0]
    for cutoff in CUTOFFS_KM:
        error = conley_error(
            placed,
            outcome,
            f"dose_{dose.name}",
            absorb="province",
            latitude="latitude",
            longitude="longitude",
            cutoff_km=cutoff,
            unit="unit_id",
        )
        own = _fit(placed, outcome, dose.name, version)
        yield clustered(
            f"{base}.conley_{cutoff}",
            DOUBLING * own.estimate,
            DOUBLING * error,
            own.clusters,
            meaning,
            f"Conley, Bartlett weights to {cutoff} km, without small-sample factor, and t as under prefectures",
            n=own.n,
        )


def _omitted(rows: pd.DataFrame, dose: Dose, outcome: str, words: _Words) -> Iterator[Finding]:
    version = VERSIONS["province_covariates"]
    controls, regressor = _controls(version, outcome), f"dose_{dose.name}"
    meaning, base = words.of(outcome, version, OUTCOMES[outcome].unit), f"{DESIGN}.{dose.name}.{outcome}"
    found = _fit(rows, outcome, dose.name, version)

    def share(name: str, value: float, about: str) -> Finding:
        return Finding(
            f"{base}.{name}", 100 * value, "percent", words.sample, f"{meaning.specification} {about}", n=found.n
        )

    yield share(
        "partial_r_squared",
        partial_r_squared(found.t_classical, found.degrees_of_freedom),
        "Share of the outcome's variance, left by the other terms, that the dose explains.",
    )
    yield share(
        "robustness_value",
        robustness_value(found.t_classical, found.degrees_of_freedom),
        "Robustness value: share of what the other terms leave of dose and outcome alike that an omitted variable "
        "would have to explain to bring the slope to nought (Cinelli and Hazlett).",
    )
    table = benchmarks(rows, outcome, regressor, controls, absorb="province", unit="code").set_index("control")
    for name, column, what in (
        ("strongest_with_dose", "with_regressor", "the dose"),
        ("strongest_with_outcome", "with_outcome", "the outcome"),
    ):
        control = str(table[column].idxmax())
        called = {**{k: o.words for k, o in OUTCOMES.items()}, **CONTROLS}[control.removesuffix("_start")]
        yield share(
            name,
            float(table[column].max()),
            f"The most that a covariate explains of {what}, given the others: {called}, {words.study.first_year}.",
        )
    fine = rows[rows.groupby("province")["province"].transform("size") > 1]
    bound = oster_bound(fine, outcome, regressor, controls, absorb="province", unit="unit_id")
    story = (
        f"R² within provinces is {bound.r_short:.3f} without and {bound.r_long:.3f} with covariates; the most that "
        f"could be reached is taken as {bound.r_max:.3f} (Oster)."
    )
    silence = f" It says nothing here: {bound.silent}." if bound.silent else ""
    yield Finding(
        f"{base}.oster_adjusted",
        DOUBLING * bound.adjusted,
        meaning.unit,
        words.sample,
        f"{meaning.specification} The slope if what is omitted went with the dose as the covariates do. "
        f"{story}{silence}",
        n=found.n,
    )
    if bound.delta is not None:
        yield Finding(
            f"{base}.oster_delta",
            bound.delta,
            "times the covariates",
            words.sample,
            f"{meaning.specification} How strongly the omitted would have to go with the dose, measured by how the "
            f"covariates do, to bring the slope to nought. {story}{silence}",
            n=found.n,
        )
    yield Finding(
        f"{base}.oster_speaks",
        float(not bound.silent),
        "yes (1) or no (0)",
        words.sample,
        f"Whether Oster's bound says anything. {bound.silent}".rstrip(),
    )
    for name, value, about in (
        ("r_squared_without", bound.r_short, "R² within provinces, without covariates."),
        ("r_squared_with", bound.r_long, "R² within provinces, with covariates."),
    ):
        yield share(name, value, about)


def _variants(frame: pd.DataFrame, rows: pd.DataFrame, dose: Dose, outcome: str, words: _Words) -> Iterator[Finding]:
    version, unit = VERSIONS["province"], OUTCOMES[outcome].unit
    base = f"{DESIGN}.{dose.name}.{outcome}"
    for name, about in VARIANTS[dose.name].items():
        own = complete(frame, [f"dose_{name}", outcome])[0]
        meaning = replace(words.of(outcome, version, unit, about), sample=f"{len(own)} units with this dose.")
        short = name.removeprefix(f"{dose.name}_")
        key = f"{base}.years_{short}" if short[0].isdigit() else f"{base}.{short}"
        yield association(key, _fit(own, outcome, name, version), meaning, times=DOUBLING)
    own = complete(rows, ["gap"])[0]
    meaning = words.of(outcome, version, unit, "Given the log of residents over registered people in 2010.")
    found = slope(
        own, outcome, f"dose_{dose.name}", ("gap",), absorb=version.absorb, cluster="prefecture", unit="unit_id"
    )
    yield association(f"{base}.given_gap", found, meaning, times=DOUBLING)
    own = rows[rows["zone"] == 0]
    about = "Without units that gave, or may have given, ground to a development zone."
    meaning = replace(words.of(outcome, version, unit, about), sample=f"{len(own)} of the {len(rows)} units.")
    yield association(f"{base}.without_zones", _fit(own, outcome, dose.name, version), meaning, times=DOUBLING)


def _treated(rows: pd.DataFrame, dose: Dose, outcome: str, words: _Words) -> Iterator[Finding]:
    study = words.study
    name = study.province_names[study.treated]
    own = rows[rows["province"] == study.treated]
    # Within one province a province's effect is an intercept.
    for suffix, within in (("", "province"), ("_prefecture", "prefecture")):
        version = Version("own", f"in {name} alone, within the {within}", within, "raw")
        meaning = words.of(outcome, version, OUTCOMES[outcome].unit)
        yield association(
            f"{DESIGN}.{dose.name}.{outcome}.{name.lower()}{suffix}",
            _fit(own, outcome, dose.name, version),
            replace(meaning, sample=f"The {len(own)} units of {name}."),
            times=DOUBLING,
        )


def _placebo(rows: pd.DataFrame, dose: Dose, words: _Words) -> Iterator[Finding]:
    """The same dose on the growth of the decade before, and on how growth changed between the decades."""
    own = complete(rows, ["earlier"])[0]
    own = own.assign(acceleration=own["log_population"] - own["earlier"])
    unit, base = OUTCOMES["log_population"].unit, f"{DESIGN}.{dose.name}.log_population"
    study = words.study
    before, after = f"{EARLIER[0]} to {EARLIER[1]}", f"{study.first_year} to {study.last_year}"
    for key, outcome, what in (
        ("placebo", "earlier", f"Change of residents (log), {before}"),
        ("same_units", "log_population", f"Change of residents (log), {after}"),
        ("acceleration", "acceleration", f"Change of residents (log), {after}, less that of {before}"),
    ):
        for version in (VERSIONS["province"], VERSIONS["prefecture"]):
            meaning = Meaning(
                unit,
                f"{len(own)} of the units, on the same ground since {EARLIER[0]}.",
                f"{what}, for twice the dose of {dose.years}: slope on the log of {dose.words}, times ln 2, "
                f"{version.words}.",
            )
            suffix = "" if version.name == "province" else f"_{version.name}"
            yield association(f"{base}.{key}{suffix}", _fit(own, outcome, dose.name, version), meaning, times=DOUBLING)


def points(rows: pd.DataFrame, dose: Dose, outcome: str) -> pd.DataFrame:
    """The binned scatter of an outcome on a dose within provinces, without and with covariates, for figures.

    Columns: dose, outcome, version, low, high and at (yuan per head), units, mean, standard_error, band_low,
    band_high, critical, clusters.
    """
    tables = []
    for version in (VERSIONS["province"], VERSIONS["province_covariates"]):
        made = binned_scatter(
            rows,
            outcome,
            f"dose_{dose.name}",
            _controls(version, outcome),
            absorb=version.absorb,
            cluster="prefecture",
            unit="unit_id",
            bins=BINS,
            seed=SEED,
        )
        table = made.bins.rename(columns={"dose": "at"})
        for column in ("low", "high", "at"):
            table[column] = np.exp(table[column])
        tables.append(
            table.assign(
                dose=dose.name, outcome=outcome, version=version.name, critical=made.critical, clusters=made.clusters
            )
        )
    return pd.concat(tables, ignore_index=True)


def findings(
    units: pd.DataFrame, census: pd.DataFrame, yearbook: pd.DataFrame, study: Study, made_from: MadeFrom
) -> tuple[Findings, pd.DataFrame]:
    """The findings, and the points of the binned scatters.

    Args:
        units: the register, `data/units.csv`.
        census: `data/census.csv`.
        yearbook: `data/yearbook.csv`, flagged figures left out.
        study: the study's definition.
        made_from: hashes of data and code.
    """
    frame = sample(units, census, yearbook, study)
    found: list[Finding] = []
    scatters = []
    for dose in DOSES.values():
        rows = complete_rows(frame, dose.name)
        words = _Words(study, dose, rows, len(frame) - len(rows))
        whole = f"{len(frame)} comparable units of all of China."
        per_head = np.exp(rows[f"dose_{dose.name}"])
        found += [
            Finding(
                f"{DESIGN}.{dose.name}.units", len(rows), "units", whole, "Units with dose, outcomes and covariates."
            ),
            Finding(f"{DESIGN}.{dose.name}.units_without", len(frame) - len(rows), "units", whole, "Units without."),
            *(
                Finding(
                    f"{DESIGN}.{dose.name}.per_head_p{q}",
                    float(per_head.quantile(q / 100)),
                    "yuan per registered resident",
                    words.sample,
                    f"Percentile {q} of {dose.words}, {dose.years}"
                    + (" (geometric mean of the years)." if dose.name == "investment" else "."),
                )
                for q in (10, 50, 90)
            ),
        ]
        found += _main(rows, dose, words)
        for outcome in LEADING:
            found += _errors(rows, dose, outcome, words)
            found += _omitted(rows, dose, outcome, words)
            found += _variants(frame, rows, dose, outcome, words)
            found += _treated(rows, dose, outcome, words)
            scatters.append(points(rows, dose, outcome))
        found += _placebo(rows, dose, words)
    found.append(
        Finding(f"{DESIGN}.bins", BINS, "bins", "Both doses.", "Bins of the binned scatters, fixed beforehand.")
    )
    return Findings(DESIGN, TITLE, made_from, tuple(found)), pd.concat(scatters, ignore_index=True)
