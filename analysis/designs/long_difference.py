"""The long difference: did the urban share rise more where the programme ran, from one census to the next?

`estimate` is the design for any data; the rest is this study's sample and findings.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.designs.errors import DesignError, UnknownColumnError
from analysis.designs.regression import INTERCEPT, Coefficient, Fit, fit_ols
from analysis.findings import Finding, Findings, MadeFrom
from analysis.study import Study

DESIGN = "long_difference"
TITLE = "Long difference of the urban share between two censuses"
LEVEL = 0.95
POINTS = "percentage points"

CONVENTION = (
    "Standard errors are clustered by prefecture: CRV1 with the factor G/(G−1) × (N−1)/(N−K), "
    "and t with G−1 degrees of freedom. "
    "One province is treated, so they leave out shocks that hit a whole province; "
    "a comparison with placebo provinces is work to come."
)
DESCRIPTION = "Counted or averaged without weights; nothing is estimated."


@dataclass(frozen=True)
class Control:
    """A control variable: its column, how a sentence names it, and what its coefficient is per."""

    name: str
    words: str
    per: str


CONTROLS = {
    "urban_share_start": Control("urban_share_start", "the urban share", "percentage point"),
    "log_population": Control("log_population", "log population", "unit of the natural logarithm"),
    "agricultural_employment_share": Control(
        "agricultural_employment_share", "the agricultural share of employment", "percentage point"
    ),
    "schooling_years": Control("schooling_years", "mean years of schooling", "year of schooling"),
    "nonagricultural_share": Control(
        "nonagricultural_share", "the share of residents with non-agricultural registration", "percentage point"
    ),
    "piped_water_share": Control("piped_water_share", "the share of households with piped water", "percentage point"),
}
SPECIFICATIONS: dict[str, tuple[str, ...]] = {
    "raw": (),
    "share": ("urban_share_start",),
    "all": tuple(CONTROLS),
}


def estimate(
    data: pd.DataFrame,
    *,
    start: str,
    end: str,
    treatment: str,
    cluster: str,
    unit: str,
    controls: Sequence[str] = (),
    level: float = LEVEL,
) -> Fit:
    """The long difference: the change of an outcome on a treatment indicator and controls from the start.

    The coefficient of the treatment is how much more the outcome changed in treated units than in
    untreated ones alike in the controls; it is the effect if both would else have changed alike.
    Method: Angrist and Pischke (2009), "Mostly Harmless Econometrics", section 5.2 (first differences).

    Args:
        data: one row a unit.
        start: column of the outcome before.
        end: column of the outcome after; the estimates have its unit.
        treatment: column of the indicator, 1 for treated units and 0 for others.
        cluster: column that says which cluster a unit is in.
        unit: column that names a unit in error messages.
        controls: columns of control variables, measured before the treatment.
        level: coverage of the intervals.

    Raises:
        DesignError: the data cannot carry the design; `fit_ols` lists the causes.
    """
    missing = [c for c in (start, end) if c not in data.columns]
    if missing:
        raise UnknownColumnError(f"no column {', '.join(map(repr, missing))} in the data")
    change = f"change from {start} to {end}"
    return fit_ols(
        data.assign(**{change: data[end] - data[start]}),
        change,
        treatment,
        controls,
        cluster=cluster,
        unit=unit,
        level=level,
    )


@dataclass(frozen=True)
class Sample:
    """The units compared, and how many were left out.

    `units` has one row a unit: code, name, province (two digits), prefecture (four digits), treated (0 or 1),
    population_start and population_end (people), urban_share_start, urban_share_end (percent), change
    (percentage points), and the controls. `dropped` counts units left out: by reason, treated or not.
    """

    units: pd.DataFrame
    dropped: dict[str, tuple[int, int]]


def _percent(part: pd.Series, whole: pd.Series) -> pd.Series:
    return 100 * part / whole.where(whole > 0)


def build_sample(census: pd.DataFrame, study: Study) -> Sample:
    """County-level units of the study's provinces that are no districts and keep their code.

    In GB/T 2260 the two last digits of a district's code are 01 to 20. So are those of the county-level units
    directly under a province (codes ??90??), which this sample leaves out with the districts.

    Args:
        census: the table `data/census.csv`, one row a unit and census year.
        study: the study's definition.

    Raises:
        DesignError: a province of the study has no unit in the sample.
    """
    county_level = census["code"].str[4:].astype(int) > 20
    rows = census[county_level & census["code"].str[:2].isin(study.provinces)]
    start = rows[rows["year"] == study.first_year].set_index("code")
    end = rows[rows["year"] == study.last_year].set_index("code")
    both = start.index.intersection(end.index).sort_values()

    def by_group(codes: pd.Index) -> tuple[int, int]:
        treated = int((codes.str[:2] == study.treated).sum())
        return treated, len(codes) - treated

    before, after = start.loc[both], end.loc[both]
    units = pd.DataFrame(
        {
            "name": after["name"],
            "province": both.str[:2],
            "prefecture": both.str[:4],
            "treated": (both.str[:2] == study.treated).astype(int),
            "population_start": before["population"],
            "population_end": after["population"],
            "urban_share_start": _percent(before["urban_population"], before["population"]),
            "urban_share_end": _percent(after["urban_population"], after["population"]),
            "log_population": np.log(before["population"].where(before["population"] > 0).astype(float)),
            "agricultural_employment_share": _percent(before["employed_agriculture"], before["employed"]),
            "schooling_years": before["schooling_years"],
            "nonagricultural_share": before["nonagricultural_share"],
            "piped_water_share": _percent(before["households_piped_water"], before["households_surveyed"]),
        },
        index=both,
    )
    units["change"] = units["urban_share_end"] - units["urban_share_start"]
    complete = units.notna().all(axis="columns")
    dropped = {
        "only_start": by_group(start.index.difference(end.index)),
        "only_end": by_group(end.index.difference(start.index)),
        "missing": by_group(units.index[~complete]),
    }
    units = units[complete].rename_axis("code").reset_index()
    empty = [study.province_names[p] for p in study.provinces if p not in set(units["province"])]
    if empty:
        raise DesignError(
            f"no unit of {', '.join(empty)} has all values in the censuses of {study.first_year} "
            f"and {study.last_year}; check data/census.csv or take the province out of study.yml"
        )
    return Sample(units, dropped)


def _sentence(controls: Sequence[str], study: Study) -> str:
    if not controls:
        return "Least squares without controls."
    words = [CONTROLS[c].words for c in controls]
    listed = words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
    return f"Least squares with controls for {listed}, all of {study.first_year}."


def sample_words(sample: Sample, study: Study) -> str:
    """The sample in a sentence."""
    names = [study.province_names[p] for p in study.neighbours]
    return (
        f"{len(sample.units):,} county-level units of {study.province_names[study.treated]} and its "
        f"neighbours {', '.join(names[:-1])} and {names[-1]} that are no districts "
        "(two last digits of the code above 20) "
        f"and have the same code in the censuses of {study.first_year} and {study.last_year}."
    )


def _model_findings(sample: Sample, study: Study) -> list[Finding]:
    words = sample_words(sample, study)
    findings = []
    for name, controls in SPECIFICATIONS.items():
        fit = estimate(
            sample.units,
            start="urban_share_start",
            end="urban_share_end",
            treatment="treated",
            cluster="prefecture",
            unit="code",
            controls=controls,
        )
        specification = f"{_sentence(controls, study)} {CONVENTION}"

        def finding(key: str, c: Coefficient, unit: str, fit: Fit = fit, specification: str = specification) -> Finding:
            return Finding(
                key=f"{DESIGN}.{key}",
                value=c.estimate,
                unit=unit,
                sample=words,
                specification=specification,
                standard_error=c.standard_error,
                interval=c.interval,
                level=fit.level,
                p_value=c.p_value,
                n=fit.n,
                clusters=fit.clusters,
            )

        findings.append(finding(f"effect_{name}", fit.coefficients["treated"], POINTS))
        findings.append(finding(f"{name}.{INTERCEPT}", fit.coefficients[INTERCEPT], POINTS))
        findings += [finding(f"{name}.{c}", fit.coefficients[c], f"{POINTS} per {CONTROLS[c].per}") for c in controls]
        findings.append(
            Finding(
                key=f"{DESIGN}.{name}.r_squared",
                value=fit.r_squared,
                unit="share of the variance",
                sample=words,
                specification=specification,
                n=fit.n,
                clusters=fit.clusters,
            )
        )
    return findings


def _sample_findings(sample: Sample, study: Study) -> list[Finding]:
    words = sample_words(sample, study)
    units = sample.units
    findings = []

    def add(
        key: str, value: float, unit: str, n: int | None = None, *, of: str = words, how: str = DESCRIPTION
    ) -> None:
        findings.append(Finding(f"{DESIGN}.{key}", float(value), unit, sample=of, specification=how, n=n))

    add("units.all", len(units), "units")
    add("prefectures.all", units["prefecture"].nunique(), "prefectures")
    reasons = {
        "only_start": f"County-level units in the census of {study.first_year} whose code is not in that of "
        f"{study.last_year}: most became districts or cities.",
        "only_end": f"County-level units in the census of {study.last_year} whose code is not in that of "
        f"{study.first_year}: development zones with rows of their own, and a few new cities and counties.",
        "missing": "County-level units with the same code in both censuses that lack a needed value.",
    }
    for i, group in enumerate(("treated", "comparison")):
        part = units[units["treated"] == 1 - i]
        add(f"units.{group}", len(part), "units")
        add(f"prefectures.{group}", part["prefecture"].nunique(), "prefectures")
        add(f"urban_share_start.{group}", part["urban_share_start"].mean(), "percent", len(part))
        add(f"urban_share_end.{group}", part["urban_share_end"].mean(), "percent", len(part))
        add(f"change.{group}", part["change"].mean(), POINTS, len(part))
        for reason, counts in sample.dropped.items():
            add(f"dropped_{reason}.{group}", counts[i], "units", of=reasons[reason])

    by_province = units.groupby("province")["change"]
    means, sizes = by_province.mean(), by_province.size()
    for province in study.provinces:
        name = study.province_names[province]
        add(
            f"change_by_province.{name.lower()}",
            means[province],
            POINTS,
            int(sizes[province]),
            how=f"Mean change over the units of {name}, without weights; nothing is estimated.",
        )
    add(
        "treated_province.rank",
        means.rank(ascending=False)[study.treated],
        f"of {len(study.provinces)} provinces",
        how="Rank of the treated province by the mean change over its units, the largest first.",
    )
    return findings


def _programme_findings(
    census: pd.DataFrame, programme_units: pd.DataFrame, sample: Sample, study: Study
) -> list[Finding]:
    population = census.set_index(["year", "code"])["population"]
    start = programme_units["code2010"].map(population.loc[study.first_year])
    end = programme_units["code2020"].map(population.loc[study.last_year])
    compared = start.notna() & end.notna()
    lost = int((end[compared] < start[compared]).sum())
    words = f"County-level units of the programme's roster ({study.programme})."
    years = f"{study.first_year} to {study.last_year}"

    def finding(key: str, value: float, unit: str, n: int | None, how: str) -> Finding:
        return Finding(f"{DESIGN}.programme.{key}", float(value), unit, sample=words, specification=how, n=n)

    total, both = len(programme_units), int(compared.sum())
    in_sample = int(programme_units["code2020"].isin(sample.units["code"]).sum())
    return [
        finding("units", total, "units", total, "All units of the roster."),
        finding("in_sample", in_sample, "units", total, "Units of the roster that are in the sample."),
        finding(
            "counted",
            both,
            "units",
            total,
            "Units with a population in both censuses, by their code in each.",
        ),
        finding(
            "lost_population",
            lost,
            "units",
            both,
            f"Units whose resident population fell, {years}, by their codes; some borders moved.",
        ),
        finding(
            "lost_population_share",
            100 * lost / both,
            "percent",
            both,
            f"Share of the units counted whose resident population fell, {years}.",
        ),
    ]


def _province_findings(totals: pd.DataFrame, study: Study) -> list[Finding]:
    """What the censuses say of the whole treated province, districts included."""
    name = study.province_names[study.treated]
    findings = []
    shares = {}
    for when, year in (("start", study.first_year), ("end", study.last_year)):
        row = totals[(totals["code"] == study.treated + "0000") & (totals["year"] == year)]
        if len(row) != 1:
            raise DesignError(
                f"data/census_totals.csv: found {len(row)} rows of {name} "
                f"({study.treated}0000) in {year}; one is needed"
            )
        population, urban = float(row["population"].iloc[0]), float(row["urban_population"].iloc[0])
        shares[when] = 100 * urban / population
        words = f"All of {name}, districts included, census of {year}."
        for key, value, unit in (
            ("population", population, "people"),
            ("urban_population", urban, "people"),
            ("urban_share", shares[when], "percent"),
        ):
            findings.append(
                Finding(
                    f"{DESIGN}.treated_province.{key}_{when}",
                    value,
                    unit,
                    sample=words,
                    specification="Census total.",
                )
            )
    findings.append(
        Finding(
            f"{DESIGN}.treated_province.urban_share_change",
            shares["end"] - shares["start"],
            POINTS,
            sample=f"All of {name}, districts included, {study.first_year} and {study.last_year}.",
            specification="Difference of the census totals' urban shares.",
        )
    )
    return findings


def findings(
    census: pd.DataFrame,
    totals: pd.DataFrame,
    programme_units: pd.DataFrame,
    study: Study,
    made_from: MadeFrom,
) -> tuple[Findings, pd.DataFrame]:
    """All findings of the long difference, and the units of its sample (see `Sample`).

    Raises:
        DesignError: the tables cannot carry the design.
    """
    sample = build_sample(census, study)
    found = [
        *_model_findings(sample, study),
        *_sample_findings(sample, study),
        *_programme_findings(census, programme_units, sample, study),
        *_province_findings(totals, study),
    ]
    return Findings(DESIGN, TITLE, made_from, tuple(found)), sample.units
