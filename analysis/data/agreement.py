"""How far two measurements of one quantity agree."""

from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Agreement:
    """Pairs compared, correlation of logs, median of the first over the second, share within a tenth (0 to 1)."""

    n: int
    correlation: float
    median_ratio: float
    within_10_percent: float


def agreement(first: "pd.Series[float]", second: "pd.Series[float]") -> Agreement:
    """Compare two columns with the same index, where both are above 0; NaN where fewer than three pairs are."""
    pairs = pd.concat([first, second], axis=1, keys=["first", "second"]).dropna()
    pairs = pairs[(pairs["first"] > 0) & (pairs["second"] > 0)]
    if len(pairs) < 3:
        return Agreement(len(pairs), np.nan, np.nan, np.nan)
    ratio = pairs["first"] / pairs["second"]
    return Agreement(
        n=len(pairs),
        correlation=float(np.corrcoef(np.log(pairs["first"]), np.log(pairs["second"]))[0, 1]),
        median_ratio=float(ratio.median()),
        within_10_percent=float(((ratio >= 0.9) & (ratio <= 1.1)).mean()),
    )
