"""What inference can be trusted with: where the variance lies, and what intervals and tests do on simulated data."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.designs.coverage import Coverage, Rate, Shocks, coverage
from analysis.designs.placebo import placebo_test
from analysis.designs.variance import Variances, decompose
from analysis.findings import Finding, Findings, MadeFrom
from analysis.results.counties import OUTCOMES, Outcome, build, complete, neighbours
from analysis.results.effects import CRV1, CRV3
from analysis.study import Study

DESIGN = "inference"
TITLE = "Variance between provinces, coverage of intervals, and power"
SHARE = "percent"
DRAWS = 5000
SEED = 20161
STEPS = np.linspace(0, 3, 31)  # effects of the power curve, in minimum detectable effects
SMALLEST = 20
FOUND = 80.0  # percent: the power that the minimum detectable effect promises
WORLDS = {
    "without": "without shocks to provinces, and with shocks to prefectures and units",
    "with": "with shocks to provinces, prefectures and units",
}


@dataclass(frozen=True)
class Result:
    """Findings, and the points of the power curves.

    `power` has outcome, world, effect (in the outcome's unit), placebo and crv1 (percent of draws that find it).
    """

    findings: Findings
    power: pd.DataFrame


def _variance(outcome: Outcome, v: Variances, sample: str) -> list[Finding]:
    words = {"group": "province", "cluster": "prefecture", "unit": "unit"}
    how = (
        f"Variance components of the change in {outcome.words} by restricted maximum likelihood: "
        "provinces, prefectures within them, units within those; all normal, no controls."
    )
    if v.boundary:
        how += f" Put at nought, which is the boundary: {', '.join(words[b] for b in v.boundary)}."
    found = []
    for name, share in v.shares.items():
        key = f"{DESIGN}.variance.{outcome.name}.{words[name]}"
        deviation = float(np.sqrt(getattr(v, name)))
        found += [
            Finding(f"{key}_share", 100 * share, SHARE, sample, how, n=v.units, clusters=v.clusters),
            Finding(f"{key}_sd", deviation, outcome.unit, sample, f"{how} Standard deviation.", n=v.units),
        ]
    found.append(
        Finding(
            f"{DESIGN}.variance.{outcome.name}.correlation_in_prefecture",
            v.correlation_in_cluster,
            "correlation",
            sample,
            f"{how} Correlation of two units of one prefecture.",
            n=v.units,
        )
    )
    return found


def _coverage(outcome: Outcome, world: str, c: Coverage, sample: str) -> list[Finding]:
    how = (
        f"{c.draws:,} simulated draws of the change in {outcome.words} on the study's own units, {WORLDS[world]} "
        f"of the estimated sizes, normal, and no effect; seed {SEED}."
    )

    def finding(name: str, rate: Rate, what: str) -> Finding:
        return Finding(
            f"{DESIGN}.coverage.{outcome.name}.{world}.{name}",
            100 * rate.value,
            SHARE,
            sample,
            f"{how} {what} The standard error is that of the simulation.",
            standard_error=100 * rate.error,
            n=rate.draws,
        )

    found = [
        finding("crv1", c.crv1, f"Share of draws whose 95% interval holds nought; errors: {CRV1}."),
        finding("crv3", c.crv3, f"Share of draws whose 95% interval holds nought; errors: {CRV3}."),
    ]
    for level, rate in c.size.items():
        found.append(
            finding(
                f"size_{100 * level:.0f}",
                rate,
                f"Share of draws in which the test by {c.placebos} placebo provinces rejects at {100 * level:.0f}%.",
            )
        )
    return found


def _crossing(effects: np.ndarray, found: np.ndarray, share: float) -> float | None:
    """The effect at which a rising curve first reaches a share, between its points by a straight line."""
    above = np.flatnonzero(found >= share)
    if not len(above):
        return None
    i = int(above[0])
    if i == 0:
        return float(effects[0])
    part = (share - found[i - 1]) / (found[i] - found[i - 1])
    return float(effects[i - 1] + part * (effects[i] - effects[i - 1]))


def _power(outcome: Outcome, detectable: float, c: Coverage, sample: str) -> list[Finding]:
    effects = np.array(list(c.power))
    placebo = np.array([100 * r.value for r in c.power.values()])
    how = (
        f"{c.draws:,} simulated draws {WORLDS['with']} of the estimated sizes; an effect is added to the treated "
        f"province and the test by {c.placebos} placebo provinces is at 5%; seed {SEED}."
    )
    at = c.power[float(effects[np.abs(effects - detectable).argmin()])]
    found = [
        Finding(
            f"{DESIGN}.power.{outcome.name}.at_detectable",
            100 * at.value,
            SHARE,
            sample,
            f"{how} Share of draws that find an effect as large as the minimum detectable effect.",
            standard_error=100 * at.error,
            n=c.draws,
        ),
        Finding(
            f"{DESIGN}.power.{outcome.name}.detectable",
            detectable,
            outcome.unit,
            sample,
            "Minimum detectable effect: 2.8 times the standard deviation of the placebo provinces' estimates, as "
            "observed, without controls.",
        ),
        Finding(
            f"{DESIGN}.power.{outcome.name}.simulated_detectable",
            c.detectable,
            outcome.unit,
            sample,
            f"{how} Mean over the draws of the minimum detectable effect.",
            n=c.draws,
        ),
    ]
    found.append(
        Finding(
            f"{DESIGN}.power.{outcome.name}.at_simulated_detectable",
            float(np.interp(c.detectable, effects, placebo)),
            SHARE,
            sample,
            f"{how} Share of draws that find an effect as large as the draws' own mean minimum detectable effect.",
            n=c.draws,
        )
    )
    needed = _crossing(effects, placebo, FOUND)
    if needed is not None:
        found.append(
            Finding(
                f"{DESIGN}.power.{outcome.name}.needed",
                needed,
                outcome.unit,
                sample,
                f"{how} The effect that {FOUND:.0f}% of draws find.",
                n=c.draws,
            )
        )
    return found


def results(
    units: pd.DataFrame,
    census: pd.DataFrame,
    adjacency: pd.DataFrame,
    study: Study,
    made_from: MadeFrom,
    *,
    draws: int = DRAWS,
) -> Result:
    """Variance components, coverage in two worlds, and power, of every co-primary outcome without controls."""
    frame = build(units, census, first=study.first_year, last=study.last_year)
    near = neighbours(adjacency)
    columns = {"group": "province", "cluster": "prefecture", "unit": "unit_id"}
    found: list[Finding] = []
    curves = []
    for name, outcome in OUTCOMES.items():
        rows, _ = complete(frame, [name])
        sample = (
            f"{len(rows):,} counties, banners and county-level cities of {rows['province'].nunique()} provinces on the "
            f"same ground in {study.first_year} and {study.last_year}."
        )
        variances = decompose(rows, name, **columns)
        found += _variance(outcome, variances, sample)
        test = placebo_test(rows, [name], study.treated, neighbours=near, smallest=SMALLEST, **columns)[name]
        for world in WORLDS:
            shocks = Shocks(
                float(np.sqrt(variances.group)) if world == "with" else 0.0,
                float(np.sqrt(variances.cluster)),
                float(np.sqrt(variances.unit)),
            )
            c = coverage(
                rows,
                shocks,
                study.treated,
                neighbours=near,
                effects=[float(e) for e in STEPS * test.detectable],
                smallest=SMALLEST,
                draws=draws,
                seed=SEED,
                **columns,
            )
            found += _coverage(outcome, world, c, sample)
            if world == "with":
                found += _power(outcome, test.detectable, c, sample)
            curves.append(
                pd.DataFrame(
                    {
                        "outcome": name,
                        "world": world,
                        "effect": list(c.power),
                        "placebo": [100 * r.value for r in c.power.values()],
                        "crv1": [100 * r.value for r in c.power_crv1.values()],
                    }
                )
            )
    return Result(Findings(DESIGN, TITLE, made_from, tuple(found)), pd.concat(curves, ignore_index=True))
