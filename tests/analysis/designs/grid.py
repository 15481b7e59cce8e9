"""Simulated grids: square units, each a neighbour of those beside it; made up by a random generator."""

import numpy as np
import pandas as pd

SIDE = 12


def grid(
    seed: int = 3, rho: float = 0.0, lam: float = 0.0, side: int = SIDE
) -> tuple[pd.DataFrame, pd.DataFrame, np.ndarray]:
    """Units, pairs of neighbours, and row-standardized weights; y = rho W y + 1 + 2 x1 - x2 + u, u = lam W u + e."""
    random = np.random.default_rng(seed)
    number = {(i, j): i * side + j for i in range(side) for j in range(side)}
    pairs = [
        (number[i, j], number[i + a, j + b]) for i, j in number for a, b in ((0, 1), (1, 0)) if (i + a, j + b) in number
    ]
    n = side * side
    w = np.zeros((n, n))
    for a, b in pairs:
        w[a, b] = w[b, a] = 1.0
    w /= w.sum(axis=1, keepdims=True)
    x1, x2 = random.normal(size=(2, n))
    u = np.linalg.solve(np.eye(n) - lam * w, random.normal(size=n))
    y = np.linalg.solve(np.eye(n) - rho * w, 1 + 2 * x1 - x2 + u)
    rows, columns = np.divmod(np.arange(n), side)
    data = pd.DataFrame(
        {
            "unit": [f"u{k:03d}" for k in range(n)],
            "y": y,
            "x1": x1,
            "x2": x2,
            "band": (columns * 4 // side).astype(str),
            "cluster": (columns * 4 // side).astype(str) + "-" + (rows * 3 // side).astype(str),
            "latitude": 30 + rows * 0.2,
            "longitude": 110 + columns * 0.2,
        }
    )
    table = pd.DataFrame([(f"u{a:03d}", f"u{b:03d}") for a, b in pairs], columns=["unit_a", "unit_b"])
    return data, table, w
