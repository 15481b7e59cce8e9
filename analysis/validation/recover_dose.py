"""A known slope put on the doses of simulated provinces, and what dose and response makes of it.

The data are simulated: doses, covariates and outcomes are drawn; provinces, prefectures and units have shocks.
"""

import numpy as np
import pandas as pd

from analysis.designs.binned import binned_scatter
from analysis.designs.dose import Hypothesis, family_p, slope
from analysis.validation.checks import Check

DESIGN = "dose_response"
SLOPE = 3.0
PROVINCES, PREFECTURES, UNITS = 25, 12, 6  # about the study's: 1,800 units in 300 prefectures
LEVEL = 0.95


def simulate(random: np.random.Generator) -> pd.DataFrame:
    """Simulated units: a covariate goes with the dose, and shocks of provinces go with its mean."""
    province = np.repeat(np.arange(PROVINCES), PREFECTURES * UNITS)
    prefecture = np.repeat(np.arange(PROVINCES * PREFECTURES), UNITS)
    n = len(province)
    of_province = random.normal(size=PROVINCES)
    dose = of_province[province] + 0.5 * random.normal(size=PROVINCES * PREFECTURES)[prefecture] + random.normal(size=n)
    trait = 0.5 * dose + random.normal(size=n)
    shock = (
        8 * of_province[province]
        + 4 * random.normal(size=PROVINCES * PREFECTURES)[prefecture]
        + 10 * random.normal(size=n)
    )
    return pd.DataFrame(
        {
            "unit": np.arange(n),
            "province": province,
            "prefecture": prefecture,
            "dose": dose,
            "trait": trait,
            "outcome": SLOPE * dose - 2 * trait + shock,
            "idle": 4 * random.normal(size=PROVINCES * PREFECTURES)[prefecture] + 10 * random.normal(size=n),
            "idle_too": 4 * random.normal(size=PROVINCES * PREFECTURES)[prefecture] + 10 * random.normal(size=n),
        }
    )


def recover(draws: int, seed: int) -> list[Check]:
    """Mean and coverage of the slope within provinces and prefectures, of the bins' band, and the family's error rate.

    Tolerances are three Monte Carlo standard errors; a coverage may also fall short by a hundredth and a half, since
    clustered errors are good in large numbers of clusters.
    """
    random = np.random.default_rng(seed)
    level = round(100 * LEVEL)
    estimates: dict[str, list[float]] = {"province": [], "prefecture": []}
    covered = {"province": 0, "prefecture": 0}
    band, false = 0, 0
    for _ in range(draws):
        data = simulate(random)
        for absorb, values in estimates.items():
            found = slope(data, "outcome", "dose", ("trait",), absorb=absorb, cluster="prefecture", unit="unit")
            values.append(found.estimate)
            covered[absorb] += found.interval[0] <= SLOPE <= found.interval[1]
        bins = binned_scatter(data, "idle", "dose", cluster="prefecture", unit="unit", bins=15, draws=2_000).bins
        band += bool(((bins["band_low"] <= 0) & (bins["band_high"] >= 0)).all())
        tests = {name: Hypothesis(name, "dose", absorb="province") for name in ("idle", "idle_too")}
        p = family_p(data, tests, cluster="prefecture", draws=499, seed=int(random.integers(1 << 30)))
        false += min(p.values()) <= 1 - LEVEL
    checks = []
    words = f"{draws:,} simulated countries of {PROVINCES * PREFECTURES * UNITS:,} units"
    for absorb, values in estimates.items():
        error = float(np.std(values, ddof=1) / np.sqrt(draws))
        mean = float(np.mean(values))
        checks.append(Check(DESIGN, f"mean slope within {absorb}s", SLOPE, mean, 3 * error, words))
        checks.append(
            _share(f"coverage of the {level}% interval within {absorb}s", LEVEL, covered[absorb], draws, words)
        )
    checks.append(_share(f"coverage of the {level}% band of fifteen bins", LEVEL, band, draws, words))
    checks.append(_share("false rejections in a family of two true nulls", 1 - LEVEL, false, draws, words))
    return checks


def _share(name: str, expected: float, count: int, draws: int, words: str) -> Check:
    tolerance = 3 * float(np.sqrt(expected * (1 - expected) / draws)) + 0.015
    return Check(DESIGN, name, expected, count / draws, tolerance, words)
