"""Match and risk on simulated data whose answers are known; all data here are simulated."""

import numpy as np
import pandas as pd

from analysis.designs.capacity import entropy_weights
from analysis.designs.elasticity import elasticity
from analysis.validation.checks import Check

SLOPE = 0.6  # what services answer to people
PROVINCES, PREFECTURES, UNITS = 25, 13, 6  # 325 prefectures and 1,950 units, as many as the study has


def simulate(random: np.random.Generator) -> pd.DataFrame:
    """Simulated units of two years: people, service workers that follow them by `SLOPE`, and shocks of prefectures.

    Provinces have their own rise of services, which goes with the growth of their people, so that the slope between
    provinces is not the slope within them.
    """
    prefecture = np.repeat(np.arange(PROVINCES * PREFECTURES), UNITS)
    province = prefecture // PREFECTURES
    n = len(prefecture)
    drift = random.normal(-0.03, 0.08, PROVINCES)
    growth = drift[province] + random.normal(0, 0.05, len(set(prefecture)))[prefecture] + random.normal(0, 0.1, n)
    shock = random.normal(0, 0.08, len(set(prefecture)))[prefecture] + random.normal(0, 0.15, n)
    answer = 0.5 + SLOPE * growth + 0.5 * drift[province] + shock
    people, services = random.uniform(1e5, 1e6, n), random.uniform(1e3, 1e4, n)
    return pd.DataFrame(
        {
            "unit": [str(i) for i in range(n)],
            "prefecture": prefecture,
            "province": province,
            "people_start": people,
            "people_end": people * np.exp(growth),
            "services_start": services,
            "services_end": services * np.exp(answer),
        }
    )


def recover(draws: int, seed: int) -> list[Check]:
    """Whether the elasticity comes back, its interval covers as often as it says, and entropy weights are spread."""
    random = np.random.default_rng(seed)
    found = [
        elasticity(
            simulate(random),
            stock=("services_start", "services_end"),
            people=("people_start", "people_end"),
            cluster="prefecture",
            unit="unit",
            within="province",
        )
        for _ in range(draws)
    ]
    slopes = np.array([f.slope for f in found])
    covered = np.mean([f.interval[0] <= SLOPE <= f.interval[1] for f in found])
    spread = np.array([0.02, 0.05, 0.1])
    even = pd.DataFrame(1 + spread * random.normal(size=(20_000, 3)), columns=["a", "b", "c"])
    squared = ((even.std(ddof=0) / even.mean()) ** 2).to_numpy()
    return [
        Check(
            "match", "elasticity within provinces, mean of estimates", SLOPE, float(slopes.mean()),
            4 * float(slopes.std(ddof=1)) / draws**0.5, f"{draws} draws of simulated provinces; four standard errors",
        ),
        Check(
            "match", "elasticity, coverage of the interval clustered by prefecture", 0.95, float(covered),
            0.02 + 3 * (0.95 * 0.05 / draws) ** 0.5, f"{draws} draws; 0.02 and three Monte Carlo standard errors",
        ),
        Check(
            "match", "entropy weights against squared coefficients of variation", 0.0,
            float(np.abs(entropy_weights(even) - squared / squared.sum()).max()), 0.01,
            "largest difference of three weights; 20,000 simulated units of small spread",
        ),
    ]  # fmt: skip
