"""Findings of designs whose inference of record is the placebo test."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
from scipy import stats

from analysis.designs.multiplicity import step_down
from analysis.designs.placebo import DETECTABLE, PlaceboTest, jackknife_errors, moments
from analysis.designs.regression import conley_errors
from analysis.findings import Finding
from analysis.results.counties import complete

CRV1 = "CRV1 by prefecture with the factor G/(G−1) × (N−1)/(N−K), and t with G−1 degrees of freedom"
CRV3 = "CRV3 by prefecture (cluster jackknife around the estimate, times (G−1)/G), and t with G−1 degrees of freedom"


CUTOFFS = (100, 200, 400)  # kilometres: about one, two and four prefectures across
_TREATED = "in the treated place"


@dataclass(frozen=True)
class Meaning:
    """What an estimate is of: its unit, the sample and the specification in words."""

    unit: str
    sample: str
    specification: str


def inference_words(test: PlaceboTest, names: str = "provinces") -> str:
    """How the interval and the p-value came about, in words."""
    count = len(test.placebos)
    words = (
        f"Inference by placebo {names}: each of {count} others takes the treated place against its neighbours; "
        f"p is the share of the {count + 1} whose estimate is at least as large in absolute value, "
        f"{test.smallest_p:.3f} at the least; "
    )
    if test.interval is None:
        return words + f"so few cannot bound an interval at {test.level:.0%}. "
    return words + f"the interval holds the effects that this test does not reject at {1 - test.level:.0%}. "


def effect(key: str, test: PlaceboTest, meaning: Meaning, *, names: str = "provinces") -> Finding:
    """The estimate with the inference of record; the clustered errors are findings of their own."""
    return Finding(
        key=key,
        value=test.estimate,
        unit=meaning.unit,
        sample=meaning.sample,
        specification=f"{meaning.specification} {inference_words(test, names)}".rstrip(),
        interval=test.interval,
        level=test.level if test.interval else None,
        p_value=test.p_value,
        n=test.treated.units,
        clusters=test.treated.clusters,
        placebos=len(test.placebos),
        smallest_p=test.smallest_p,
        detectable=test.detectable,
    )


def clustered(
    key: str,
    value: float,
    error: float,
    clusters: int,
    meaning: Meaning,
    convention: str,
    *,
    n: int,
    level: float = 0.95,
) -> Finding:
    """The same estimate with an error that forgets shocks to whole provinces, shown beside the one of record."""
    reach = float(stats.t.ppf((1 + level) / 2, clusters - 1)) * error
    return Finding(
        key=key,
        value=value,
        unit=meaning.unit,
        sample=meaning.sample,
        specification=f"{meaning.specification} Errors: {convention}. They leave out shocks to whole provinces.",
        standard_error=error,
        interval=(value - reach, value + reach),
        level=level,
        p_value=float(2 * stats.t.sf(abs(value / error), clusters - 1)),
        n=n,
        clusters=clusters,
    )


def by_distance(
    prefix: str, value: float, errors: Mapping[float, float], meaning: Meaning, *, n: int, level: float = 0.95
) -> list[Finding]:
    """The same estimate with Conley's errors, one finding a cut-off, whose kilometres end the key."""
    quantile = float(stats.norm.ppf((1 + level) / 2))
    return [
        Finding(
            key=f"{prefix}{km:.0f}",
            value=value,
            unit=meaning.unit,
            sample=meaning.sample,
            specification=f"{meaning.specification} Errors: Conley, Bartlett kernel to {km:.0f} km, no small-sample "
            "factor; interval and p by the normal distribution. They leave out shocks to whole provinces.",
            standard_error=error,
            interval=(value - quantile * error, value + quantile * error),
            level=level,
            p_value=float(2 * stats.norm.sf(abs(value / error))),
            n=n,
        )
        for km, error in errors.items()
    ]


def jackknifed(
    key: str,
    test: PlaceboTest,
    data: pd.DataFrame,
    outcome: str,
    meaning: Meaning,
    *,
    cluster: str,
    unit: str,
    group: str = "province",
    controls: Sequence[str] = (),
) -> Finding:
    """The effect under `key` with the CRV3 error, under `<key>.crv3`.

    Args:
        key: of the effect.
        test: its placebo test, made from the same data, outcome and controls by `placebo_test`.
        data: one row a unit.
        outcome: column of the outcome.
        meaning: what the estimate is of.
        cluster: column of the clusters.
        unit: column that names a unit.
        group: column of the groups.
        controls: columns of the control variables.

    Raises:
        DesignError: the data cannot carry the error; the subclasses name the causes.
    """
    own = test.treated
    m = moments(data, [outcome], own.group, group=group, cluster=cluster, unit=unit, controls=controls)
    error = float(jackknife_errors(m, own.group, own.controls_used)[0])
    return clustered(f"{key}.crv3", test.estimate, error, own.clusters, meaning, CRV3, n=own.units)


def spatial(
    key: str,
    test: PlaceboTest,
    data: pd.DataFrame,
    outcome: str,
    meaning: Meaning,
    *,
    unit: str,
    group: str = "province",
    controls: Sequence[str] = (),
) -> list[Finding]:
    """The effect under `key` with Conley's errors, under `<key>.conley_<kilometres>`, where units have a position.

    Args:
        data: as `jackknifed`, with latitude and longitude in degrees; units without are left out of the error.
        The others are those of `jackknifed`.

    Raises:
        DesignError: the data cannot carry the error; the subclasses name the causes.
    """
    here = data[data[group].isin([test.treated.group, *test.treated.controls_used])]
    here = here.assign(**{_TREATED: (here[group] == test.treated.group).astype(int)}).reset_index(drop=True)
    placed, nowhere = complete(here, ["latitude", "longitude"])
    errors = conley_errors(
        placed, outcome, _TREATED, controls,
        latitude="latitude", longitude="longitude", cutoffs=CUTOFFS, unit=unit,
    )  # fmt: skip
    words = f"{meaning.specification} {len(nowhere)} units without coordinates are left out of the error."
    return by_distance(
        f"{key}.conley_", test.estimate, errors, Meaning(meaning.unit, meaning.sample, words), n=len(placed)
    )


def beside(key: str, test: PlaceboTest, meaning: Meaning, *, names: str = "provinces") -> list[Finding]:
    """What is shown beside the effect under `key`: studentized p, CRV1 error, and the power of the design."""
    found = [
        Finding(
            f"{key}.detectable",
            test.detectable,
            meaning.unit,
            meaning.sample,
            f"{meaning.specification} Minimum detectable effect: {DETECTABLE} times the standard deviation of the "
            f"estimates of {len(test.placebos)} placebo {names}.",
        )
    ]
    if test.p_studentized is not None:
        found.append(
            Finding(
                f"{key}.p_studentized",
                test.p_studentized,
                "p-value",
                meaning.sample,
                f"{meaning.specification} Share of {names} whose estimate over its CRV1 error is at least as large; "
                f"{test.studentized_placebos} placebo {names} have the two treated clusters that such an error needs.",
                placebos=test.studentized_placebos,
                smallest_p=1 / (test.studentized_placebos + 1),
            )
        )
    error = test.treated.standard_error
    if error is not None:
        found.append(
            clustered(f"{key}.crv1", test.estimate, error, test.treated.clusters, meaning, CRV1, n=test.treated.units)
        )
    return found


def corrected(
    keys: Mapping[str, str], tests: Mapping[str, PlaceboTest], meanings: Mapping[str, Meaning]
) -> list[Finding]:
    """The p-values of several outcomes taken together, over the placebo provinces that all of them share.

    Args:
        keys: the key of each outcome's corrected p-value.
        tests: the family, by the same names as the keys.
        meanings: what each estimate is of.
    """
    shared = set.intersection(*({p.group for p in t.placebos} for t in tests.values()))
    return [
        Finding(
            keys[name],
            p,
            "p-value",
            meanings[name].sample,
            f"{meanings[name].specification} Corrected for the {len(tests)} tests made together by the step-down of "
            f"Westfall and Young over the {len(shared)} placebo provinces that all of them have.",
            placebos=len(shared),
            smallest_p=1 / (len(shared) + 1),
        )
        for name, p in step_down(tests).items()
    ]


def placebo_rows(tests: Mapping[str, PlaceboTest]) -> pd.DataFrame:
    """Every group's estimate under the key of its effect, for figures.

    Columns: key, group, estimate, standard_error (CRV1, NaN where there is none), treated_units, units.
    """
    rows = [
        {
            "key": key,
            "group": p.group,
            "estimate": p.estimate,
            "standard_error": p.standard_error,
            "treated_units": p.treated_units,
            "units": p.units,
        }
        for key, test in tests.items()
        for p in (test.treated, *test.placebos)
    ]
    return pd.DataFrame(rows)
