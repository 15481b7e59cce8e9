"""Simulated units in groups of which each touches four others."""

import numpy as np
import pandas as pd

NAMES = [f"{i:02d}" for i in range(30)]
# A ring of groups with chords, so that the treated one, "00", is among the controls of four.
NEIGHBOURS = {
    n: tuple(sorted({NAMES[(i + step) % 30] for step in (-2, -1, 1, 2)})) for i, n in enumerate(NAMES)
}  # fmt: skip
NAMED = {"group": "group", "cluster": "cluster", "unit": "unit"}


def simulated(
    seed: int = 0, effect: float = 0.0, shocks: float = 1.0, groups: int = 30, size: int = 24
) -> pd.DataFrame:
    """Simulated units in groups of four clusters, with shocks to groups and to clusters."""
    random = np.random.default_rng(seed)
    group = np.repeat(NAMES[:groups], size)
    cluster = np.tile(np.arange(size) % 4, groups)
    n = groups * size
    data = pd.DataFrame({"unit": [f"u{i}" for i in range(n)], "group": group, "cluster": cluster.astype(str)})
    number = data["group"].astype(int).to_numpy()
    data["z1"] = random.normal(size=n) + 0.3 * random.normal(size=groups)[number] + 50
    data["z2"] = random.exponential(size=n)
    data["weight"] = random.uniform(0.5, 3, size=n)
    shock = shocks * random.normal(size=groups)[number]
    local = random.normal(size=(groups, 4))[number, cluster] / 2
    for i, name in enumerate(("y1", "y2")):
        data[name] = (i + 1) * shock + local + data["z1"] / 2 + random.normal(size=n) + effect * (group == "00")
    return data
