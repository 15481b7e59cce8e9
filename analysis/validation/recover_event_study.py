"""Known effects put into simulated panels, and whether the event study and synthetic designs give them back."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from analysis.designs.event_study import EventStudy, event_study
from analysis.designs.synthetic import synthetic_did
from analysis.validation.checks import Check

DESIGN = "event_study"
TREATED = "g00"
BASE, START = 2015, 2017
YEARS = tuple(range(2006, 2024))
AFTER = tuple(y for y in YEARS if y >= START)
EFFECT = 1.5
SLOPE = 0.3  # a year, in the treated group, in the world with a pre-trend
GROUPS = 21  # the placebo test of 20 others can give p = 1/21
RECORDED = 4  # standard errors of a mean over draws


def simulate_panel(
    seed: int,
    *,
    effect: float = EFFECT,
    pre_trend: float = 0.0,
    shock: float = 0.5,
    noise: float = 1.0,
    groups: int = GROUPS,
    units: int = 9,
    prefectures: int = 3,
) -> pd.DataFrame:
    """A simulated panel: units in prefectures in groups (provinces), of which the first is treated from `START` on.

    Groups have shocks of their own, which pile up over the years, `shock` in standard deviation a year; the year
    before `START` has half the effect. Columns: unit, year, group, cluster, outcome.
    """
    random = np.random.default_rng(seed)
    t = np.array(YEARS)
    path = 0.2 * (t - BASE)
    treated = effect * np.where(t >= START, 1.0, np.where(t > BASE, 0.5, 0.0)) + pre_trend * (t - BASE)
    frames = []
    for g in range(groups):
        own = shock * random.normal(size=len(t)).cumsum()
        for u in range(units):
            outcome = 10 + 2 * random.normal() + path + own + noise * random.normal(size=len(t))
            frames.append(
                pd.DataFrame(
                    {
                        "unit": f"u{g:02}{u:02}",
                        "year": t,
                        "group": f"g{g:02}",
                        "cluster": f"p{g:02}{u % prefectures}",
                        "outcome": outcome + treated * (g == 0),
                    }
                )
            )
    return pd.concat(frames, ignore_index=True)


def ring(groups: int = GROUPS) -> Mapping[str, tuple[str, ...]]:
    """Groups in a ring, each touching two on either side."""
    return {f"g{g:02}": tuple(f"g{(g + d) % groups:02}" for d in (-2, -1, 1, 2)) for g in range(groups)}


def estimate(panel: pd.DataFrame) -> EventStudy:
    """The event study of a simulated panel."""
    return event_study(
        panel,
        "outcome",
        TREATED,
        unit="unit",
        year="year",
        group="group",
        cluster="cluster",
        neighbours=ring(),
        base=BASE,
        start=START,
        years=YEARS,
        smallest=8,
    )


def _mean(name: str, values: list[float], expected: float, detail: str) -> Check:
    error = float(np.std(values, ddof=1) / np.sqrt(len(values)))
    return Check(DESIGN, name, expected, float(np.mean(values)), RECORDED * error, detail)


def recover(draws: int, seed: int) -> list[Check]:
    """Checks of the event study and of synthetic difference-in-differences on `draws` simulated panels each."""
    seeds = [int(s) for s in np.random.default_rng(seed).integers(0, 2**31, draws)]
    plain = [estimate(simulate_panel(s)) for s in seeds]
    trended = [estimate(simulate_panel(s, pre_trend=SLOPE)) for s in seeds]
    null = [estimate(simulate_panel(s, effect=0.0)) for s in seeds]
    drift = SLOPE * float(np.mean(AFTER) - BASE)
    exact = estimate(simulate_panel(seed, shock=0.0, noise=1e-7))
    words = f"mean of {draws} simulated panels with shocks to provinces; tolerance: {RECORDED} Monte Carlo errors"
    rejected = float(np.mean([s.average.p_value <= 0.05 for s in null]))
    covered = float(np.mean([s.average.interval[0] <= EFFECT <= s.average.interval[1] for s in plain]))  # type: ignore[index]
    level = 1 / GROUPS
    spread = 2 * float(np.sqrt(level * (1 - level) / draws))
    few = seeds[: max(draws // 5, 8)]
    weighted = []
    for s in few:
        panel = simulate_panel(s)
        wide = panel.pivot(index="unit", columns="year", values="outcome")
        here = wide.index.str.startswith("u00")
        before = [y for y in YEARS if y <= BASE]
        fit = synthetic_did(wide, list(wide.index[here]), list(wide.index[~here]), before=before, after=AFTER)
        weighted.append(fit.estimate)
    return [
        Check(DESIGN, "effect without noise", EFFECT, exact.average.estimate, 1e-6, "one panel, noise of 1e-7"),
        _mean("effect, parallel trends", [s.average.estimate for s in plain], EFFECT, words),
        _mean("bias with a pre-trend", [s.average.estimate - EFFECT for s in trended], drift, words),
        _mean("effect with a pre-trend, line taken off", [s.beyond_trend.estimate for s in trended], EFFECT, words),
        _mean("slope before", [s.trend.estimate for s in trended], SLOPE, words),
        _mean(
            "effect by synthetic difference-in-differences",
            weighted,
            EFFECT,
            f"mean of {len(few)} simulated panels with shocks to provinces; tolerance: {RECORDED} Monte Carlo errors",
        ),
        Check(
            DESIGN,
            "size of the placebo test at 5%",
            level,
            rejected,
            spread,
            f"share of {draws} panels without an effect that it rejects; {GROUPS - 1} placebos allow {level:.3f}; "
            "tolerance: two Monte Carlo errors",
        ),
        Check(
            DESIGN,
            "coverage of the placebo interval",
            1 - level,
            covered,
            spread,
            f"share of {draws} panels whose interval holds the effect; tolerance: two Monte Carlo errors",
        ),
    ]
