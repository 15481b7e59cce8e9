"""Space: how alike neighbouring counties are, what that does to errors, and whether units near Henan changed otherwise.

Sample, outcomes and controls are those of `results.counties`; the specification is "all" throughout.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd

from analysis.designs.placebo import DETECTABLE, PlaceboTest, placebo_test
from analysis.designs.regression import Coefficient, conley_errors
from analysis.designs.rings import kilometres_to, rings, without_near
from analysis.designs.space import (
    AGREE,
    Diagnosis,
    Moran,
    SpatialFit,
    diagnose,
    error_model,
    error_test,
    graphs,
    lag_model,
    moran,
)
from analysis.designs.weights import Contiguity, contiguity
from analysis.findings import Finding, Findings, MadeFrom
from analysis.results.counties import (
    OUTCOMES,
    SPECIFICATIONS,
    Outcome,
    build,
    complete,
    neighbours,
    province_words,
)
from analysis.results.effects import Meaning, beside, by_distance, corrected, effect, placebo_rows
from analysis.study import Study

DESIGN = "space"
TITLE = "Space: neighbours alike, errors by distance, and rings around the treated province"
SPECIFICATION = SPECIFICATIONS["all"]
UNIT, GROUP, CLUSTER = "code", "province", "prefecture"
SMALLEST = 20  # county units that a province needs to take the treated place
BOUNDS = (50, 100, 150)  # km: one, two and three counties deep
NEAR = 50  # km: the ring next to the border, left out of the comparison
CUTOFFS = (50, 100, 200, 300, 400, 600, 800)  # km: from the next county to about half of the sample's extent
SEED = 20161
LEVEL = 0.05
# The placebo test of the error model fits a model for each province, which takes seconds an outcome.
BY_ERROR_MODEL = ("urban_share", "log_population")
STATISTIC = "Moran’s I"
CHI = "χ² with 1 degree of freedom"
_TREATED = "treated"


@dataclass(frozen=True)
class Sample:
    """Comparable units that have all figures and a position, all of China and around the treated province.

    Both frames have `treated` and an indicator for each province but the first (`provinces_of` names them).
    """

    country: pd.DataFrame
    near: pd.DataFrame
    left_out: int
    neighbours: dict[str, tuple[str, ...]]


def _with_provinces(frame: pd.DataFrame, study: Study) -> pd.DataFrame:
    marks = {f"province {p}": (frame[GROUP] == p).astype(float) for p in sorted(frame[GROUP].unique())[1:]}
    return frame.assign(**{_TREATED: (frame[GROUP] == study.treated).astype(float)}, **marks).reset_index(drop=True)


def provinces_of(frame: pd.DataFrame) -> list[str]:
    """The columns that say which province a unit is in."""
    return [c for c in frame.columns if c.startswith("province ")]


def build_sample(units: pd.DataFrame, census: pd.DataFrame, adjacency: pd.DataFrame, study: Study) -> Sample:
    """The comparable units with a position and a finite value of all outcomes and controls."""
    frame = build(units, census, first=study.first_year, last=study.last_year)
    controls = dict.fromkeys(c for o in OUTCOMES for c in SPECIFICATION.controls(o))
    fine, out = complete(frame, [*OUTCOMES, *controls, "longitude", "latitude"])
    near = fine[fine[GROUP].isin(study.provinces)]
    return Sample(_with_provinces(fine, study), _with_provinces(near, study), len(out), neighbours(adjacency))


def border_distances(sample: Sample, polygons: pd.DataFrame) -> pd.DataFrame:
    """Kilometres from units (index, by code) to the provinces that touch theirs (columns); NaN for others."""
    outlines = polygons[polygons["level"] == "province"]
    shapes = dict(zip(outlines["code"].str[:2], outlines["polygon"], strict=True))
    found = {}
    for province, others in sorted(sample.neighbours.items()):
        here = sample.country[sample.country[GROUP].isin(others)]
        km = kilometres_to(here, shapes[province], unit=UNIT, latitude="latitude", longitude="longitude")
        found[province] = pd.Series(km, index=here[UNIT])
    return pd.DataFrame(found).reindex(sample.country[UNIT])


def _words(sample: Sample, graph: Contiguity, where: str, count: int, study: Study) -> str:
    joined = len(graph.joined)
    return (
        f"{count:,} counties, banners and county-level cities of {where}, on the same ground in {study.first_year} and "
        f"{study.last_year}, with all figures and a position. Neighbours share a border; {joined} without a neighbour "
        "in the sample are joined to the nearest unit."
    )


def _moran(key: str, found: Moran, sample: str, how: str) -> Finding:
    permuted = found.p_permutation is not None
    by = (
        f"p by {found.permutations} random permutations, two-sided, {1 / (found.permutations + 1):.3f} at the least; "
        f"by the normal approximation under randomization z is {found.z:.1f}."
        if permuted
        else f"p by the normal approximation for residuals of least squares, z = {found.z:.1f}."
    )
    return Finding(
        key=f"{DESIGN}.{key}",
        value=found.statistic,
        unit=STATISTIC,
        sample=sample,
        specification=f"{how} {by} Expected without dependence: {found.expected:.3f}.",
        standard_error=found.standard_error,
        p_value=found.p_permutation if permuted else found.p_analytical,
        n=found.n,
    )


def _lm(key: str, found: Diagnosis, sample: str, how: str) -> list[Finding]:
    tests = {
        "lag": (found.lag, "neighbours’ outcomes entering"),
        "error": (found.error, "neighbours’ errors being alike"),
        "robust_lag": (found.robust_lag, "neighbours’ outcomes entering, alike errors allowed for"),
        "robust_error": (found.robust_error, "neighbours’ errors being alike, entering outcomes allowed for"),
    }
    return [
        Finding(
            key=f"{DESIGN}.{key}.{name}",
            value=test.statistic,
            unit=CHI,
            sample=sample,
            specification=f"{how} Lagrange multiplier test against {words}.",
            p_value=test.p_value,
            n=found.moran.n,
        )
        for name, (test, words) in tests.items()
    ]


def _dependence(sample: Sample, country: Contiguity, near: Contiguity, study: Study) -> list[Finding]:
    all_words = _words(sample, country, "mainland China", len(country.units), study)
    near_words = _words(sample, near, province_words(study), len(near.units), study)
    found = []
    for name, outcome in OUTCOMES.items():
        change = f"Change in {outcome.words}, {study.first_year} to {study.last_year}"
        raw = moran(sample.country, name, country, unit=UNIT, seed=SEED)
        found.append(_moran(f"moran.{name}", raw, all_words, f"{change}."))
        within = diagnose(sample.country, name, provinces_of(sample.country), country, unit=UNIT)
        found.append(_moran(f"moran_within.{name}", within.moran, all_words, f"{change}, less its province’s mean."))
        henan = diagnose(sample.near, name, [_TREATED, *SPECIFICATION.controls(name)], near, unit=UNIT)
        how = f"Residuals of least squares of the change in {outcome.words} on the treated province’s indicator and"
        how = f"{how} controls, {SPECIFICATION.words}."
        found.append(_moran(f"moran_residuals.{name}", henan.moran, near_words, how))
        found += _lm(f"lm.{name}", henan, near_words, how)
        inside = diagnose(
            sample.near, name, [*provinces_of(sample.near), *SPECIFICATION.controls(name)], near, unit=UNIT
        )
        how = how.replace("the treated province’s indicator", "indicators of all provinces")
        found.append(_moran(f"moran_residuals_within.{name}", inside.moran, near_words, how))
        found += _lm(f"lm_within.{name}", inside, near_words, how)
    return found


def _estimate(key: str, c: Coefficient, unit: str, sample: str, how: str, n: int) -> Finding:
    return Finding(
        key=f"{DESIGN}.{key}",
        value=c.estimate,
        unit=unit,
        sample=sample,
        specification=how,
        standard_error=c.standard_error,
        interval=c.interval,
        level=0.95,
        p_value=c.p_value,
        n=n,
    )


def supported(fit: SpatialFit, inside: Diagnosis) -> bool:
    """Whether effects on neighbours are given: the estimators agree on rho, and the robust test asks for a lag."""
    return fit.agree and inside.robust_lag.p_value < LEVEL


RULE = (
    "Direct and indirect effects are given only where rho by maximum likelihood lies in the 95 percent interval of "
    f"two-stage least squares and the robust LM test rejects that there is no lag at {LEVEL:.0%}; elsewhere the lag "
    "model takes alike errors for effects on neighbours."
)


def _per(control: str) -> str:
    if control in OUTCOMES:
        unit = OUTCOMES[control].unit
        return {"percentage points": "percentage point", "log points": "log point", "years": "year"}[unit]
    return "percentage point"


def _models(sample: Sample, near: Contiguity, study: Study) -> list[Finding]:
    words = _words(sample, near, province_words(study), len(near.units), study)
    found: list[Finding] = []
    given = 0
    agree = {"lag": 0, "error": 0}
    for name, outcome in OUTCOMES.items():
        controls = SPECIFICATION.controls(name)
        regressors = [*controls, *provinces_of(sample.near)]
        inside = diagnose(sample.near, name, regressors, near, unit=UNIT)
        lag = lag_model(sample.near, name, regressors, near, unit=UNIT, group=GROUP, effects=controls)
        error = error_model(sample.near, name, regressors, near, unit=UNIT)
        base = f"Change in {outcome.words} on controls, {SPECIFICATION.words}, and indicators of provinces"
        how = {
            "lag": f"{base}. Spatial lag model.",
            "error": f"{base}. Spatial error model.",
        }
        ml = "Maximum likelihood; errors by the information matrix, the variance of the innovations divided by n."
        gmm = {
            "lag": "Two-stage least squares with neighbours’ regressors as instruments; White’s errors.",
            "error": "Generalized method of moments, robust to variances that differ between units.",
        }
        for kind, symbol, fit in (("lag", "rho", lag), ("error", "lambda", error)):
            key = f"{kind}.{name}"
            agree[kind] += fit.agree
            unit = f"{symbol}, of neighbours’ mean"
            found.append(_estimate(f"{key}.{symbol}", fit.parameter, unit, words, f"{how[kind]} {ml}", fit.n))
            found.append(
                _estimate(f"{key}.{symbol}_gmm", fit.gmm_parameter, unit, words, f"{how[kind]} {gmm[kind]}", fit.n)
            )
            apart = f"Maximum likelihood less GMM, in GMM’s standard errors; alike if at most {AGREE}."
            found.append(
                Finding(f"{DESIGN}.{key}.gap", fit.gap, "standard errors", words, f"{how[kind]} {apart}", n=fit.n)
            )
            found.append(
                Finding(
                    f"{DESIGN}.{key}.log_likelihood",
                    fit.log_likelihood,
                    "log-likelihood",
                    words,
                    f"{how[kind]} {ml}",
                    n=fit.n,
                )
            )
        shown = supported(lag, inside)
        given += shown
        for control in controls if shown else ():
            per = f"{outcome.unit} per {_per(control.removesuffix('_start'))}"
            effects = lag.effects[control]
            for part in ("direct", "indirect", "total"):
                found.append(
                    _estimate(
                        f"lag.{name}.{control}.{part}",
                        getattr(effects, part),
                        per,
                        words,
                        f"{how['lag']} {ml} Effect by (I − rho W)⁻¹, averaged over units; errors by the delta method. "
                        f"{RULE}",
                        lag.n,
                    )
                )
    for kind, count in agree.items():
        how_agree = f"Maximum likelihood lies in GMM’s 95 percent interval, that is within {AGREE} standard errors."
        found.append(Finding(f"{DESIGN}.{kind}.agree", count, f"of {len(OUTCOMES)} outcomes", words, how_agree))
    found.append(Finding(f"{DESIGN}.lag.supported", given, f"of {len(OUTCOMES)} outcomes", words, RULE))
    return found


def _sample_findings(sample: Sample, country: Contiguity, near: Contiguity, study: Study) -> list[Finding]:
    rows = []
    for name, graph, where in (("country", country, "mainland China"), ("near", near, province_words(study))):
        words = _words(sample, graph, where, len(graph.units), study)
        how = "Counted in the graph of units that share a border."
        rows += [
            Finding(f"{DESIGN}.units.{name}", len(graph.units), "units", words, how),
            Finding(
                f"{DESIGN}.joined.{name}", len(graph.joined), "units", words, f"{how} Units joined to the nearest."
            ),
            Finding(f"{DESIGN}.pairs.{name}", graph.pairs, "pairs", words, how),
        ]
    words = f"Comparable units of mainland China, {study.first_year} to {study.last_year}."
    how = "Units without one of the figures, or without a polygon and so a position."
    rows.append(Finding(f"{DESIGN}.left_out", sample.left_out, "units", words, how))
    return rows


def _henan(
    sample: Sample, adjacency: pd.DataFrame, distances: pd.DataFrame, study: Study
) -> tuple[list[Finding], dict[str, PlaceboTest]]:
    """The treated province's estimate with plain, Conley and error-model inference, and without near units."""
    found: list[Finding] = []
    tests: dict[str, PlaceboTest] = {}
    name = study.province_names[study.treated]
    where = (
        f"Comparable units of {province_words(study)} with all figures and a position, "
        f"{study.first_year} to {study.last_year}"
    )
    around = graphs(
        sample.country,
        study.treated,
        adjacency,
        group=GROUP,
        neighbours=sample.neighbours,
        unit=UNIT,
        smallest=SMALLEST,
    )
    for key, outcome in OUTCOMES.items():
        controls = SPECIFICATION.controls(key)
        base = f"Change in {outcome.words} in {name} against its neighbours, {SPECIFICATION.words}."
        plain = placebo_test(
            sample.country, [key], study.treated, group=GROUP, neighbours=sample.neighbours, cluster=CLUSTER,
            unit=UNIT, controls=controls, smallest=SMALLEST,
        )[key]  # fmt: skip
        meaning = Meaning(outcome.unit, f"{where}.", f"{base} Least squares.")
        tests[f"{DESIGN}.effect.{key}"] = plain
        found += [effect(f"{DESIGN}.effect.{key}", plain, meaning), *beside(f"{DESIGN}.effect.{key}", plain, meaning)]
        found.append(
            Finding(
                f"{DESIGN}.spread.{key}",
                plain.detectable / DETECTABLE,
                outcome.unit,
                f"{where}.",
                f"{base} Standard deviation of the estimates of {len(plain.placebos)} placebo provinces.",
            )
        )
        alone = placebo_test(
            sample.country, [key], study.treated, group=GROUP, neighbours=sample.neighbours, cluster=CLUSTER,
            unit=UNIT, controls=controls, smallest=SMALLEST, keep_treated=False,
        )[key]  # fmt: skip
        apart = Meaning(outcome.unit, f"{where}.", f"{base} Least squares. No placebo has {name} among its controls.")
        found.append(effect(f"{DESIGN}.effect.{key}.without_treated", alone, apart))
        found += _conley(sample, key, outcome, controls, plain, f"{where}.", base)
        far = without_near(
            sample.country, [key], distances, study.treated, farther_than=NEAR, group=GROUP,
            neighbours=sample.neighbours, cluster=CLUSTER, unit=UNIT, controls=controls, smallest=SMALLEST,
        )[key]  # fmt: skip
        tests[f"{DESIGN}.without_near.{key}"] = far
        meaning = Meaning(
            outcome.unit,
            f"{where}; of the neighbours’ units those farther than {NEAR} km from {name}.",
            f"{base} Least squares.",
        )
        key_far = f"{DESIGN}.without_near.{key}"
        found += [effect(key_far, far, meaning), *beside(key_far, far, meaning)]
        if key in BY_ERROR_MODEL:
            by_error = error_test(sample.country, key, study.treated, around, group=GROUP, unit=UNIT, controls=controls)
            tests[f"{DESIGN}.error_effect.{key}"] = by_error
            meaning = Meaning(outcome.unit, f"{where}.", f"{base} Spatial error model by maximum likelihood.")
            key_error = f"{DESIGN}.error_effect.{key}"
            found += [effect(key_error, by_error, meaning), *beside(key_error, by_error, meaning)]
    return found, tests


def _conley(
    sample: Sample, key: str, outcome: Outcome, controls: Sequence[str], plain: PlaceboTest, where: str, base: str
) -> list[Finding]:
    errors = conley_errors(
        sample.near, key, _TREATED, controls, latitude="latitude", longitude="longitude", cutoffs=CUTOFFS, unit=UNIT
    )
    meaning = Meaning(outcome.unit, where, f"{base} Least squares.")
    return by_distance(f"{DESIGN}.conley.{key}.", plain.estimate, errors, meaning, n=len(sample.near))


def _rings(sample: Sample, distances: pd.DataFrame, study: Study) -> tuple[list[Finding], dict[str, PlaceboTest]]:
    name = study.province_names[study.treated]
    found: list[Finding] = []
    tests = {
        (o, r): test
        for o, by_ring in rings(
            sample.country, list(OUTCOMES), distances, study.treated, bounds=BOUNDS, group=GROUP,
            neighbours=sample.neighbours, cluster=CLUSTER, unit=UNIT, smallest=SMALLEST,
        ).items()
        for r, test in by_ring.items()
    }  # fmt: skip
    meanings: dict[str, Meaning] = {}
    for (o, ring), test in tests.items():
        above, upto = ring.split("_")
        where = (
            f"Comparable units of {name}’s neighbours with all figures and a position, {study.first_year} to "
            f"{study.last_year}; {test.treated.treated_units} of {test.treated.units} are in the ring."
        )
        how = (
            f"Change in {OUTCOMES[o].words} in units {above} to {upto} km from {name}’s border, less that in units "
            f"farther than {BOUNDS[-1]} km, within provinces. Least squares on indicators of rings and provinces."
        )
        key = f"{DESIGN}.rings.{o}.{ring}"
        meanings[key] = Meaning(OUTCOMES[o].unit, where, how)
        found += [effect(key, test, meanings[key]), *beside(key, test, meanings[key])]
        found.append(
            Finding(f"{key}.units", test.treated.treated_units, "units", where, f"Units {above} to {upto} km away.")
        )
    others_only = {p: tuple(n for n in near if n != study.treated) for p, near in sample.neighbours.items()}
    for o, by_ring in rings(
        sample.country, list(OUTCOMES), distances, study.treated, bounds=BOUNDS, group=GROUP,
        neighbours=others_only, cluster=CLUSTER, unit=UNIT, smallest=SMALLEST,
    ).items():  # fmt: skip
        for ring, test in by_ring.items():
            key = f"{DESIGN}.rings.{o}.{ring}"
            apart = f"{meanings[key].specification} No placebo has {name} among the provinces around it."
            found.append(effect(f"{key}.without_treated", test, replace(meanings[key], specification=apart)))
    keyed = {f"{DESIGN}.rings.{o}.{ring}": t for (o, ring), t in tests.items()}
    adjusted = corrected({k: f"{k}.p_adjusted" for k in keyed}, keyed, meanings)
    found += adjusted
    found.append(
        Finding(
            f"{DESIGN}.rings.least_p_adjusted",
            min(f.value for f in adjusted),
            "p-value",
            f"Comparable units of {name}’s neighbours with all figures and a position.",
            f"The smallest of {len(tests)} corrected p-values of rings and outcomes.",
        )
    )
    uncorrected = sum(t.p_value <= LEVEL for t in tests.values())
    found.append(
        Finding(
            f"{DESIGN}.rings.below_level",
            uncorrected,
            f"of {len(tests)} rings and outcomes",
            f"Comparable units of {name}’s neighbours with all figures and a position.",
            f"Uncorrected p-values by placebo provinces of at most {LEVEL}.",
        )
    )
    return found, keyed


def findings(
    units: pd.DataFrame,
    census: pd.DataFrame,
    adjacency: pd.DataFrame,
    polygons: pd.DataFrame,
    study: Study,
    made_from: MadeFrom,
) -> tuple[Findings, pd.DataFrame]:
    """All findings of space, and every province's estimates for figures (columns as in `effects.placebo_rows`).

    Args:
        units: the register.
        census: the census figures.
        adjacency: pairs of units that share a border.
        polygons: columns code, level, polygon.
        study: the study's definition.
        made_from: what the findings are made from.

    Raises:
        DesignError: the data cannot carry a design; the subclasses name the causes.
    """
    sample = build_sample(units, census, adjacency, study)
    country = contiguity(sample.country, adjacency, unit=UNIT, islands="nearest")
    near = contiguity(sample.near, adjacency, unit=UNIT, islands="nearest")
    distances = border_distances(sample, polygons)
    henan, tests = _henan(sample, adjacency, distances, study)
    around, ring_tests = _rings(sample, distances, study)
    rows = [
        *_sample_findings(sample, country, near, study),
        *_dependence(sample, country, near, study),
        *_models(sample, near, study),
        *henan,
        *around,
    ]
    return Findings(DESIGN, TITLE, made_from, tuple(rows)), placebo_rows({**tests, **ring_tests})
