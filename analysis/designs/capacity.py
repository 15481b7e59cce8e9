"""Composite indices: entropy weights beside equal ones, and the coupling coordination degree of subsystems.

Entropy weights are computed from how unevenly an indicator is spread over the units, and from nothing else. With m
units and a coefficient of variation v of the scaled indicator that is not large, the weight before normalisation is
about v²/(2 ln m). So the weights say which indicator differs most, not which matters most; the twin with equal
weights shows what they change.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from analysis.designs.checks import require_columns, require_finite
from analysis.designs.errors import (
    ConstantIndicatorError,
    NegativeIndicatorError,
    NoVariationError,
    ScoreError,
    TooFewUnitsError,
)


@dataclass(frozen=True)
class Weight:
    """One indicator of an index.

    `low` and `high`, in the indicator's unit, are scaled to 0 and 1. `entropy` and `equal` are its weights, `variation`
    is the coefficient of variation of the scaled indicator.
    """

    indicator: str
    low: float
    high: float
    entropy: float
    equal: float
    variation: float


@dataclass(frozen=True)
class CapacityIndex:
    """An index twice: `scores` has a row a unit, in the order of the data, and columns entropy and equal, 0 to 1."""

    scores: pd.DataFrame
    scaled: pd.DataFrame
    weights: tuple[Weight, ...]

    @property
    def weight_follows_spread(self) -> float:
        """Spearman's rank correlation, over indicators, of entropy weight and coefficient of variation.

        Raises:
            NoVariationError: all weights, or all coefficients of variation, are the same.
        """
        weights, variations = ([getattr(w, name) for w in self.weights] for name in ("entropy", "variation"))
        if min(np.ptp(weights), np.ptp(variations)) == 0:
            raise NoVariationError(f"all {len(self.weights)} indicators are spread alike; their ranks say nothing")
        return float(stats.spearmanr(weights, variations).statistic)


def scale(data: pd.DataFrame, indicators: Sequence[str], unit: str) -> pd.DataFrame:
    """Indicators scaled to 0 at their least and 1 at their largest value.

    Raises:
        UnknownColumnError: a column is not in the data.
        NonFiniteError: a value is missing or infinite.
        NegativeIndicatorError: a value is below nought.
        ConstantIndicatorError: an indicator does not vary.
    """
    require_columns(data, [*indicators, unit])
    require_finite(data, indicators, unit)
    for name in indicators:
        below = data[name] < 0
        if below.any():
            raise NegativeIndicatorError(
                f"indicator {name!r}: unit {data.loc[below, unit].iloc[0]} has {data.loc[below, name].iloc[0]:g}; "
                "indicators are amounts or shares, nought or more: mend the value or leave the unit out"
            )
        if data[name].nunique() < 2:
            raise ConstantIndicatorError(
                f"indicator {name!r}: all {len(data)} units have the same value, so it has no scale; leave it out"
            )
    values = data[list(indicators)].astype(float)
    return (values - values.min()) / (values.max() - values.min())


def entropy_weights(scaled: pd.DataFrame) -> npt.NDArray[np.float64]:
    """Entropy weights of indicators scaled to 0 to 1, in the order of the columns; they sum to 1.

    A unit's share of an indicator's sum is p; e = −Σ p ln p / ln m over m units, with 0 ln 0 = 0; the weight is 1 − e
    over the sum of 1 − e. Method: Zhu, Tian and Yan (2020), "Effectiveness of Entropy Weight Method in
    Decision-Making", Mathematical Problems in Engineering, article 3564835, who also show that it rewards spread and
    values of nought.
    """
    shares = (scaled / scaled.sum()).to_numpy()
    logs = np.log(shares, out=np.zeros_like(shares), where=shares > 0)
    information = 1 + (shares * logs).sum(axis=0) / np.log(len(scaled))
    weights: npt.NDArray[np.float64] = information / information.sum()
    return weights


def capacity(data: pd.DataFrame, indicators: Sequence[str], *, unit: str) -> CapacityIndex:
    """An index of indicators of which more is better, with entropy weights and with equal ones.

    For figures of several years on a common scale, give a row a unit and year: scale and weights are then those of
    all rows together.

    Args:
        data: one row a unit.
        indicators: columns of the indicators, nought or more.
        unit: column that names a unit in error messages.

    Raises:
        TooFewUnitsError: fewer than two indicators.
        DesignError: an indicator cannot be scaled; `scale` lists the causes.
    """
    if len(indicators) < 2:
        raise TooFewUnitsError(f"{len(indicators)} indicator; an index needs two or more")
    scaled = scale(data, indicators, unit)
    weights = entropy_weights(scaled)
    equal = np.full(len(indicators), 1 / len(indicators))
    variation = (scaled.std(ddof=0) / scaled.mean()).to_numpy()
    return CapacityIndex(
        scores=pd.DataFrame({"entropy": scaled @ weights, "equal": scaled @ equal}),
        scaled=scaled,
        weights=tuple(
            Weight(
                indicator=name,
                low=float(data[name].min()),
                high=float(data[name].max()),
                entropy=float(weights[i]),
                equal=float(equal[i]),
                variation=float(variation[i]),
            )
            for i, name in enumerate(indicators)
        ),
    )


def coupling(
    data: pd.DataFrame, subsystems: Sequence[str], *, unit: str, importance: Mapping[str, float] | None = None
) -> pd.DataFrame:
    """How far subsystems have come together: coupling C, development T and coordination D of each unit.

    With n scores U, C is their geometric over their arithmetic mean, T = Σ a U with importances a that sum to 1
    (equal if not given), and D = √(C T). With equal importances C T is the geometric mean, so that D is its root: a
    level, that a rise of either score raises, rather than a measure of balance.
    Method: Wang, Kong, Ren, Zhi and Dai (2021), "Research on misuses and modification of coupling coordination degree
    model in China", Journal of Natural Resources 36(3), the traditional model in its normative form.

    Args:
        data: one row a unit.
        subsystems: columns of scores from 0 to 1, two or more.
        unit: column that names a unit in error messages.
        importance: a of each subsystem.

    Returns:
        Columns coupling, development and coordination, each from 0 to 1, on the index of the data.

    Raises:
        UnknownColumnError, NonFiniteError: a column is missing, or a value.
        TooFewUnitsError: fewer than two subsystems.
        ScoreError: a score lies outside 0 to 1, a unit has nought in all, or importances are not shares of 1.
    """
    if len(subsystems) < 2:
        raise TooFewUnitsError(f"{len(subsystems)} subsystem; coupling needs two or more")
    require_columns(data, [*subsystems, unit])
    require_finite(data, subsystems, unit)
    scores = data[list(subsystems)].to_numpy(dtype=float)
    outside = (scores < 0) | (scores > 1)
    if outside.any():
        row, column = np.argwhere(outside)[0]
        raise ScoreError(
            f"subsystem {subsystems[column]!r}: unit {data[unit].iloc[row]} has {scores[row, column]:g}; "
            "scores lie from 0 to 1: scale them first"
        )
    empty = (scores == 0).all(axis=1)
    if empty.any():
        raise ScoreError(
            f"unit {data[unit].to_numpy()[empty][0]} has nought in all subsystems, so that its coupling is 0/0; "
            "leave it out"
        )
    given = importance or dict.fromkeys(subsystems, 1 / len(subsystems))
    parts = np.array([given.get(s, -1.0) for s in subsystems])
    if (parts <= 0).any() or abs(parts.sum() - 1) > 1e-9:
        raise ScoreError(f"importances are {given}; give each subsystem one above nought, with a sum of 1")
    together = scores.prod(axis=1) ** (1 / scores.shape[1]) / scores.mean(axis=1)
    development = scores @ parts
    return pd.DataFrame(
        {"coupling": together, "development": development, "coordination": np.sqrt(together * development)},
        index=data.index,
    )
