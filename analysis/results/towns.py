"""The units that host a special town of the second national list, beside the treated province's other units."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.designs.dose import label_p
from analysis.designs.errors import DesignError, NonFiniteError, TooFewUnitsError
from analysis.designs.placebo import DETECTABLE
from analysis.findings import Finding, Findings, MadeFrom
from analysis.results.counties import LOG_POINTS, LONG_FORM, POINTS, complete
from analysis.results.match_money import FIRST, LAST, ratios
from analysis.results.mechanisms import DRAWS, EARLIER, SEED, SPECIAL_TOWNS, sample
from analysis.study import Study

DESIGN = "towns"
TITLE = "Special towns: the units that host one, beside the others"
COUNTED = "Nothing is estimated."
SIZE = 2  # percentage points: the size that the claim on their promise names
NOTE = "host to the town of "  # how data/designations.csv says which town it is


@dataclass(frozen=True)
class Level:
    """A figure of both censuses: its column's stem, what it says, its unit, and that of its change."""

    column: str
    words: str
    unit: str
    change: str
    change_unit: str


LEVELS = (
    Level("population", "residents", "people", "log_population", LOG_POINTS),
    Level("urban_share", "urban residents, of residents", "percent", "urban_share", POINTS),
    Level("nonfarm_employment", "employment outside farming, of employment", "percent", "nonfarm_employment", POINTS),
)
AT_START = {  # what hosts may have had more of before they were named
    "nonfarm_employment_start": ("nonfarm_employment", "employment outside farming, of employment", POINTS),
    "manufacturing_employment_start": ("manufacturing", "employment in manufacturing, of employment", POINTS),
    "urban_share_start": ("urban_share", "urban residents, of residents", POINTS),
    "log_population_start": ("log_population", "residents (log)", LOG_POINTS),
}
BUDGET = ("self_sufficiency", "general budget revenue over general budget expenditure", POINTS)


@dataclass(frozen=True)
class Made:
    """The findings; and the treated province's comparable units, with the town of each host."""

    findings: Findings
    units: pd.DataFrame


def placing_deviation(values: npt.NDArray[np.float64], labelled: int) -> float:
    """Standard deviation, over all placings of a label on so many units, of labelled mean less the others' mean.

    Exact for a label that does nothing: S² N / (n (N−n)), with S² the variance of all units (N−1).
    Method: Neyman (1923); Imbens and Rubin (2015), "Causal Inference", chapter 6.

    Raises:
        NonFiniteError: a value is missing or infinite.
        TooFewUnitsError: fewer than one unit bears the label, or does not.
    """
    if not np.isfinite(values).all():
        raise NonFiniteError("a unit has no finite value; drop it (and say how many)")
    whole = len(values)
    if not 1 <= labelled < whole:
        raise TooFewUnitsError(f"{labelled} of {whole} units bear the label; one on each side is needed")
    return float(np.sqrt(values.var(ddof=1) * whole / (labelled * (whole - labelled))))


def build(
    units: pd.DataFrame,
    census: pd.DataFrame,
    yearbook: pd.DataFrame,
    designations: pd.DataFrame,
    study: Study,
) -> pd.DataFrame:
    """The treated province's comparable units with levels of both censuses, budgets, and the hosts' towns.

    Returns:
        The columns of `mechanisms.sample`, and town (empty where there is none), nonfarm_employment_start and _end
        (percent), employed_end (people, ten times the long form), self_sufficiency_<year> (percent).

    Raises:
        DesignError: no unit hosts a special town.
    """
    frame = sample(units, census, designations, study)
    frame = frame[frame["home"] == 1].reset_index(drop=True)
    hosts = designations[designations["designation"] == SPECIAL_TOWNS].set_index("code2010")["note"]
    towns = hosts.str.removeprefix(NOTE)
    last = census[census["year"] == study.last_year].set_index("code")["employed"]
    rows = ratios(yearbook, units, study)
    if not frame["special_towns"].any():
        raise DesignError(
            f"data/designations.csv: no comparable unit of {study.province_names[study.treated]} has the designation "
            f"{SPECIAL_TOWNS}; the design {DESIGN} needs hosts"
        )
    for end in ("start", "end"):
        frame[f"nonfarm_employment_{end}"] = 100 - frame[f"agricultural_employment_{end}"]
    budgets = {
        f"self_sufficiency_{year}": frame["unit_id"].map(
            rows[rows["year"] == year].set_index("unit_id")["self_sufficiency"]
        )
        for year in (FIRST, LAST)
    }
    return frame.assign(
        town=frame["code"].map(towns).fillna(""),
        employed_end=LONG_FORM * frame["code_end"].map(last),
        **budgets,
    )


def _groups(frame: pd.DataFrame, study: Study) -> dict[str, tuple[pd.DataFrame, str]]:
    name = study.province_names[study.treated]
    label = frame["special_towns"] == 1
    return {
        "hosts": (frame[label], f"The {int(label.sum())} comparable units of {name} that host a special town."),
        "others": (frame[~label], f"The other {int((~label).sum())} comparable units of {name}."),
    }


def _levels(frame: pd.DataFrame, study: Study) -> Iterator[Finding]:
    years = ((study.first_year, "start"), (study.last_year, "end"))
    for group, (part, words) in _groups(frame, study).items():
        base = f"{DESIGN}.{group}"
        yield Finding(f"{base}.units", len(part), "units", words, COUNTED)
        for level in LEVELS:
            for year, end in years:
                values = part[f"{level.column}_{end}"].dropna()
                how = f"Mean over units of {level.words}, {year}. {COUNTED}"
                key = f"{base}.{level.column}.{year}"
                yield Finding(key, float(values.mean()), level.unit, words, how, n=len(values))
            change = part[level.change].dropna()
            how = f"Mean over units of the change of {level.words}, {study.first_year} to {study.last_year}. {COUNTED}"
            key = f"{base}.{level.column}.change"
            yield Finding(key, float(change.mean()), level.change_unit, words, how, n=len(change))
        for year in (FIRST, LAST):
            values = part[f"self_sufficiency_{year}"].dropna()
            yield Finding(
                f"{base}.self_sufficiency.{year}", float(values.median()), "percent", words,
                f"Median over units of general budget revenue over general budget expenditure, {year}. {COUNTED}",
                n=len(values),
            )  # fmt: skip


def _differences(frame: pd.DataFrame, study: Study) -> Iterator[Finding]:
    """What hosts had before they were named, with the chance of as much under random placing."""
    columns = {c: (f"start.{k}", w, u, str(study.first_year)) for c, (k, w, u) in AT_START.items()}
    key, words, unit = BUDGET
    columns[f"self_sufficiency_{FIRST}"] = (f"start.{key}", words, unit, str(FIRST))
    columns["earlier"] = (
        "earlier.log_population", "change of residents (log)", LOG_POINTS, f"{EARLIER[0]} to {EARLIER[1]}",
    )  # fmt: skip
    for column, (key, words, unit, when) in columns.items():
        fine, _ = complete(frame, [column])
        label = (fine["special_towns"] == 1).to_numpy()
        values = fine[column].to_numpy(dtype=float)
        about = f"{len(fine)} units of {study.province_names[study.treated]}, {int(label.sum())} of them hosts."
        how = f"Mean of hosts less mean of the others: {words}, {when}."
        difference = float(values[label].mean() - values[~label].mean())
        yield Finding(f"{DESIGN}.{key}", difference, unit, about, f"{how} {COUNTED}", n=len(fine))
        yield Finding(
            f"{DESIGN}.{key}.p_randomization",
            label_p(values[label], values[~label], draws=DRAWS, seed=SEED),
            "p-value",
            about,
            f"{how} Share of {DRAWS:,} random placings of the label on the units whose difference is at least as large "
            "in absolute value.",
            n=len(fine),
        )


def _power(frame: pd.DataFrame, study: Study) -> Iterator[Finding]:
    """The smallest differences that so few hosts can show, and how many jobs they would take."""
    name = study.province_names[study.treated]
    detectable = {}
    for level in LEVELS:
        fine, _ = complete(frame, [level.change])
        count = int(fine["special_towns"].sum())
        detectable[level.column] = DETECTABLE * placing_deviation(fine[level.change].to_numpy(dtype=float), count)
        yield Finding(
            f"{DESIGN}.{level.column}.detectable",
            detectable[level.column],
            level.change_unit,
            f"{len(fine)} comparable units of {name}, {count} of them hosts.",
            f"Minimum detectable difference in the change of {level.words}, {study.first_year} to {study.last_year}, "
            f"between hosts and others: {DETECTABLE} times the standard deviation of the difference over all placings "
            "of the label.",
            n=len(fine),
        )
    hosts, words = _groups(frame, study)["hosts"]
    employed = float(hosts["employed_end"].mean())
    what = f"employed in {study.last_year}, mean host, ten times the count of the long form"
    yield Finding(f"{DESIGN}.hosts.employed", employed, "people", words, f"People {what}.", n=len(hosts))
    for key, points, of in (
        ("size", float(SIZE), f"{SIZE} percentage points, the size that the claim names,"),
        ("detectable", detectable["nonfarm_employment"], "the minimum detectable difference"),
    ):
        yield Finding(
            f"{DESIGN}.hosts.jobs_for_{key}",
            points / 100 * employed,
            "jobs",
            words,
            f"Jobs outside farming, taken up by people who farmed, that move the share of employment outside farming "
            f"by {of} in a unit with as many people {what}.",
            n=len(hosts),
        )


def make(
    units: pd.DataFrame,
    census: pd.DataFrame,
    yearbook: pd.DataFrame,
    designations: pd.DataFrame,
    study: Study,
    made_from: MadeFrom,
) -> Made:
    """All findings of the design from the tables of these names; `units` of the result has a row a unit.

    Raises:
        DesignError: the tables cannot carry the design.
    """
    frame = build(units, census, yearbook, designations, study)
    found = [*_levels(frame, study), *_differences(frame, study), *_power(frame, study)]
    shown = frame[
        [
            "unit_id", "name", "pinyin", "prefecture", "town", "special_towns", "province_managed",
            *(f"{level.column}_{end}" for level in LEVELS for end in ("start", "end")),
            "nonfarm_employment",
        ]
    ]  # fmt: skip
    return Made(Findings(DESIGN, TITLE, made_from, tuple(found)), shown)
