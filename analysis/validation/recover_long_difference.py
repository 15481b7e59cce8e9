"""A known effect put on the study's own units, and what the long difference and its inference make of it.

Outcomes are simulated: normal shocks to prefectures and units, and in the second world to provinces, of the sizes
that the change in the urban share shows outside the treated province.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.designs.coverage import Coverage, Shocks, coverage, draw
from analysis.designs.placebo import Array, estimate, moments
from analysis.designs.variance import decompose
from analysis.results import counties
from analysis.validation.checks import Check
from analysis.validation.parity import Country, load

DESIGN = "long difference"
OUTCOME = "urban_share"
EFFECT = 2.0  # percentage points
NOMINAL = 0.95
ALLOWED = 0.02  # around the nominal coverage, as the study asks
TIMES = 10  # as many draws as asked for: here each is a column of one regression, which costs little
ERRORS = 4  # Monte Carlo errors that a mean may be off: one such check in 16,000 fails by chance


@dataclass(frozen=True)
class World:
    """The study's units, and how large shocks to provinces, prefectures and units are."""

    country: Country
    units: pd.DataFrame
    controls: tuple[str, ...]
    shocks: Shocks


def world(*, provinces: bool) -> World:
    """The units of all provinces with shocks of the sizes found outside the treated one."""
    country = load()
    controls = counties.SPECIFICATIONS["all"].controls(OUTCOME)
    units, _ = counties.complete(country.units, [OUTCOME, *controls])
    others = units[units["province"] != country.study.treated]
    found = decompose(others, OUTCOME, group="province", cluster="prefecture", unit="code")
    group = float(np.sqrt(found.group)) if provinces else 0.0
    return World(country, units, controls, Shocks(group, float(np.sqrt(found.cluster)), float(np.sqrt(found.unit))))


def simulated(w: World, draws: int, seed: int) -> dict[str, Array]:
    """Estimates of a known effect in each draw: with all controls, and without."""
    treated = w.country.study.treated
    groups = pd.factorize(w.units["province"], sort=True)[0]
    clusters = pd.factorize(w.units["province"] + "|" + w.units["prefecture"], sort=True)[0]
    outcomes = draw(groups, clusters, w.shocks, draws, seed)
    outcomes += EFFECT * (w.units["province"] == treated).to_numpy()[:, None]
    names = [f"draw {i}" for i in range(draws)]
    frame = pd.concat([w.units, pd.DataFrame(outcomes, columns=names, index=w.units.index)], axis="columns")
    found = {}
    for words, controls in (("without controls", ()), ("with all controls", w.controls)):
        m = moments(frame, names, treated, group="province", cluster="prefecture", unit="code", controls=list(controls))
        found[words] = estimate(m, treated, w.country.neighbours[treated], errors=False).values
    return found


def judged(w: World, draws: int, seed: int) -> Coverage:
    """What intervals and the placebo test do in draws without an effect."""
    return coverage(
        w.units,
        w.shocks,
        w.country.study.treated,
        group="province",
        cluster="prefecture",
        unit="code",
        neighbours=w.country.neighbours,
        draws=draws,
        seed=seed,
    )


def _words(w: World, draws: int) -> str:
    kinds = "provinces, prefectures and units" if w.shocks.group else "prefectures and units"
    return f"{draws:,} simulated draws on the study's {len(w.units):,} units with shocks to {kinds}."


def recover(draws: int, seed: int) -> list[Check]:
    """Bias of the long difference, coverage of its clustered interval, and size of the placebo test."""
    draws *= TIMES
    calm, shaken = world(provinces=False), world(provinces=True)
    found = []
    for w in (calm, shaken):
        where = "with" if w.shocks.group else "without"
        for words, values in simulated(w, draws, seed).items():
            error = float(np.std(values, ddof=1) / np.sqrt(draws))
            found.append(
                Check(
                    DESIGN,
                    f"mean estimate {words}, {where} province shocks",
                    EFFECT,
                    float(values.mean()),
                    ERRORS * error,
                    f"{_words(w, draws)} Tolerance: {ERRORS} Monte Carlo errors.",
                )
            )
    quiet = judged(calm, draws, seed)
    for name, rate in (("CRV1", quiet.crv1), ("CRV3", quiet.crv3)):
        found.append(
            Check(
                DESIGN,
                f"coverage of the {name} interval, without province shocks",
                NOMINAL,
                rate.value,
                max(ALLOWED, 2 * rate.error),
                f"{_words(calm, draws)} Clusters are prefectures.",
            )
        )
    for level, rate in judged(shaken, draws, seed).size.items():
        found.append(
            Check(
                DESIGN,
                f"rejections above {level:.0%} by the placebo test, with province shocks",
                0.0,
                max(rate.value - level, 0.0),
                2 * float(np.sqrt(level * (1 - level) / draws)),
                f"{_words(shaken, draws)} There is no effect, and {rate.value:.1%} are rejected. "
                "Tolerance: two Monte Carlo errors.",
            )
        )
    return found


def limits(draws: int, seed: int) -> list[Check]:
    """What clustering by prefecture says where provinces have shocks of their own: known to fall short."""
    draws *= TIMES
    shaken = world(provinces=True)
    found = judged(shaken, draws, seed)
    return [
        Check(
            DESIGN,
            f"coverage of the {name} interval, with province shocks",
            NOMINAL,
            rate.value,
            ALLOWED,
            f"{_words(shaken, draws)} Errors clustered by prefecture leave out what a province has in common.",
        )
        for name, rate in (("CRV1", found.crv1), ("CRV3", found.crv3))
    ]
