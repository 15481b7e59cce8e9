"""A known effect on the treated, put on the study's own units, and what three ways of adjusting make of it.

Outcomes are simulated: they rise with the controls, in which the treated units differ from the others, so that the
plain difference is off; shocks are those of prefectures and units that the change in the urban share shows.
"""

import numpy as np
import pandas as pd

from analysis.designs.adjustment import METHODS, effects_on_treated
from analysis.designs.coverage import draw
from analysis.validation.checks import Check
from analysis.validation.recover_long_difference import EFFECT, ERRORS, World, world

DESIGN = "adjustment"
PULL = 3.0  # percentage points by which the outcome rises with a standard deviation of each control


def simulated(w: World, draws: int, seed: int) -> pd.DataFrame:
    """The effect on the treated in each draw (rows): without adjustment, and by each method (columns)."""
    treated = w.country.study.treated
    units = w.units[w.units["province"].isin([treated, *w.country.neighbours[treated]])].reset_index(drop=True)
    d = (units["province"] == treated).to_numpy(dtype=float)
    controls = units[list(w.controls)].to_numpy(dtype=float)
    z = (controls - controls.mean(axis=0)) / controls.std(axis=0)
    rise = PULL * z @ np.sign(z[d == 1].mean(axis=0) - z[d == 0].mean(axis=0))  # every control pulls the same way
    groups = pd.factorize(units["province"], sort=True)[0]
    clusters = pd.factorize(units["prefecture"], sort=True)[0]
    shocks = draw(groups, clusters, w.shocks, draws, seed)
    found = []
    for i in range(draws):
        outcome = EFFECT * d + rise + shocks[:, i]
        data = units[["code", *w.controls]].assign(outcome=outcome, treated=d)
        own = effects_on_treated(data, "outcome", "treated", w.controls, unit="code")
        plain = outcome[d == 1].mean() - outcome[d == 0].mean()
        found.append({"plain": plain, **{m: own[m].estimate for m in METHODS}})
    return pd.DataFrame(found)


def recover(draws: int, seed: int) -> list[Check]:
    """Each method finds the effect on the average, where the plain difference does not."""
    found = simulated(world(provinces=False), draws, seed)
    mean, error = found.mean(), found.std(ddof=1) / np.sqrt(draws)
    detail = (
        f"{draws} simulated draws on the study's own units of the treated province and its neighbours, with shocks to "
        f"prefectures and units; the plain difference gives {mean['plain']:.1f}"
    )
    return [
        Check(
            DESIGN,
            f"mean effect on the treated, {m.replace('_', ' ')}",
            EFFECT,
            float(mean[m]),
            float(ERRORS * error[m]),
            detail,
        )
        for m in METHODS
    ]
