"""Flag figures of the county yearbook whose digits cannot be right.

One rule for all variables. Figures are compared on the log scale, after taking out each edition's own level (the
median polish of Tukey, 1977, on units and editions), so that growth or a changed definition counts for nothing. A
figure is out of line if it lies farther than a limit from the unit's figures in the nearest editions. The limit is a
multiple of the spread of that variable's changes by year, growing with the root of the years between, but no less
than one fixed factor and no more than another (which grows too, after a long gap). Where the unit's other figures bear
each other out, that is enough; where they don't (or there is only one), the figure that lies farthest from its peers
is flagged: peers are what the unit's people and its province predict. A unit with one figure has its peers only, with
a wider limit. Last, a part much larger than its whole, a negative figure, and sectors that don't sum to GDP are
flagged.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.data.compile.yearbook_match import median
from analysis.data.schemas.yearbook import VARIABLES


@dataclass(frozen=True)
class Limits:
    """Thresholds of the rule; factors are ratios, multiples count robust standard deviations."""

    factor: float = 2.0
    multiple: float = 4.0
    at_most: float = 6.0
    long: float = 5.0
    neighbours: int = 3
    alone_factor: float = 30.0
    alone_multiple: float = 6.0
    part_of_whole: float = 2.0
    sum_share: float = 0.02


LIMITS = Limits()

# Read as one series, each edition having one of them: the break in definition is in the edition's own level.
SERIES = {v: (v,) for v in VARIABLES if v not in ("urban_investment", "investment_without_rural_households")} | {
    "investment": ("urban_investment", "investment_without_rural_households")
}
# A part and its whole. Rural people and households are counted elsewhere than the registered ones, where migrants are
# many (Yiwu, Cixi), so that only a part well beyond the whole tells of a digit.
PARTS = (
    ("rural_population", "registered_population"),
    ("rural_households", "households"),
    ("primary_value_added", "gdp"),
    ("secondary_value_added", "gdp"),
    ("tertiary_value_added", "gdp"),
)
SECTORS = ("primary_value_added", "secondary_value_added", "tertiary_value_added")
_MINIMUM = 8


def flag_figures(table: pd.DataFrame, limits: Limits = LIMITS) -> "pd.Series[str]":
    """For each row the names of flagged variables, sorted, with blanks between.

    `table`: unit_id, edition, province and `VARIABLES`, one row a unit and edition.
    """
    table = table.reset_index(drop=True)
    cube = _Cube(table)
    flags = pd.DataFrame(False, index=table.index, columns=list(VARIABLES))
    strange = pd.DataFrame(0.0, index=table.index, columns=list(VARIABLES))
    size = cube.size(table)
    for columns in SERIES.values():
        values = table[list(columns)].bfill(axis=1).iloc[:, 0].to_numpy(dtype=float)
        out, how_far = _series(cube, values, size, limits)
        for column in columns:
            here = table[column].notna().to_numpy()
            flags.loc[here, column] = out[here]
            strange.loc[here, column] = how_far[here]
    flags |= table[list(VARIABLES)] < 0
    _parts(table, flags, strange, limits)
    _sums(table, flags, strange, limits)
    names = np.array(sorted(VARIABLES))
    return pd.Series([" ".join(names[row]) for row in flags[names].to_numpy()], index=table.index, dtype="str")


class _Cube:
    """Rows laid out by unit and edition."""

    def __init__(self, table: pd.DataFrame) -> None:
        self.unit, units = pd.factorize(table["unit_id"])
        self.editions, self.edition = np.unique(table["edition"], return_inverse=True)
        self.shape = (len(units), len(self.editions))
        province, _ = pd.factorize(table["province"])
        self.province_of_unit = np.zeros(len(units), dtype=int)
        self.province_of_unit[self.unit] = province

    def lay(self, values: np.ndarray) -> np.ndarray:
        laid = np.full(self.shape, np.nan)
        laid[self.unit, self.edition] = values
        return laid

    def size(self, table: pd.DataFrame) -> np.ndarray:
        """Log of each unit's people, the median of its editions, by row."""
        people = table["registered_population"].to_numpy(dtype=float)
        laid = self.lay(np.log(np.where(people > 0, people, np.nan)))
        return median(laid, axis=1)[self.unit]


def _series(cube: _Cube, values: np.ndarray, size: np.ndarray, limits: Limits) -> tuple[np.ndarray, np.ndarray]:
    """Which figures of a series are out of line, and how far each is from the unit's own others (or its peers)."""
    known = ~np.isnan(values)
    out, how_far = np.zeros(len(values), dtype=bool), np.zeros(len(values))
    if known.sum() < _MINIMUM:
        return out, how_far
    positive = values[known & (values > 0)]
    # Small counts move by large factors: 2 welfare homes, then 5.
    floor = float(min(np.quantile(positive, 0.01), np.median(positive) / 50))
    y = np.log(np.maximum(values, 0) + floor)
    laid = _without_levels(cube.lay(y))
    peers = _from_peers(laid, cube.lay(size), cube.province_of_unit)
    gaps = np.abs(laid[:, :, None] - laid[:, None, :])
    same = np.arange(gaps.shape[1])
    gaps[:, same, same] = np.nan
    years = np.abs(cube.editions[:, None] - cube.editions[None, :])
    most = np.log(limits.at_most) * np.sqrt(np.maximum(years / limits.long, 1))
    limit = np.clip(limits.multiple * _yearly_spread(laid, years) * np.sqrt(years), np.log(limits.factor), most)
    close = (gaps <= limit) & _nearest(laid, years, limits.neighbours)
    others = (~np.isnan(gaps)).sum(axis=2)
    unsupported = (others > 0) & ~close.any(axis=2)
    borne_out = close.any(axis=(1, 2))[:, None]
    far = np.where(np.isnan(peers), -1.0, np.abs(peers))
    farthest = far == far.max(axis=1, keepdims=True)
    alone = max(np.log(limits.alone_factor), limits.alone_multiple * float(_spread(peers.ravel(), axis=0)))
    flagged = (unsupported & (borne_out | farthest)) | ((others == 0) & (far > alone))
    distance = np.where(others > 0, median(gaps, axis=2), far)
    at = (cube.unit, cube.edition)
    out[known] = flagged[at][known]
    how_far[known] = np.nan_to_num(distance[at][known])
    return out, how_far


def _without_levels(laid: np.ndarray) -> np.ndarray:
    """Logs less each edition's level: median polish, in which the units' own medians stay."""
    levels = np.zeros(laid.shape[1])
    for _ in range(10):
        own = median(laid - levels, axis=1)
        levels += np.nan_to_num(median(laid - levels - own[:, None], axis=0))
    return laid - levels


def _from_peers(laid: np.ndarray, size: np.ndarray, province: np.ndarray) -> np.ndarray:
    """What is left of logs after the unit's people (one slope) and its province; few errors move it little."""
    known = ~np.isnan(laid)
    s = np.where(known, size, np.nan)
    s = np.where(np.isnan(s), median(s[known], axis=0), s)
    use, slope, rest = known, 0.0, laid
    for _ in range(4):
        across = s[use] - s[use].mean()
        spread = float((across**2).sum())
        slope = float((across * laid[use]).sum()) / spread if spread > 0 else 0.0
        rest = laid - slope * s if spread > 0 else laid
        rest = rest - median(rest[use], axis=0)
        use = known & (np.abs(rest) <= 3 * max(float(_spread(rest[known], axis=0)), 1e-9))
    for p in np.unique(province):
        of = np.where((province == p)[:, None], rest, np.nan)
        if (~np.isnan(of)).sum() >= _MINIMUM:
            rest[province == p] -= np.nanmedian(of)
    return rest


def _spread(values: np.ndarray, axis: int) -> np.ndarray:
    return np.nan_to_num(1.4826 * median(np.abs(values - median(values, axis=axis)), axis=axis))


def _yearly_spread(laid: np.ndarray, years: np.ndarray) -> float:
    """Spread of a unit's changes to its next edition, over the root of the years between, as of a normal distribution.

    From the 90th percentile of absolute changes: tails are long in variables that mostly stand still.
    """
    changes = []
    last, when = np.full(len(laid), np.nan), np.zeros(len(laid), dtype=int)
    for e in range(laid.shape[1]):
        here = ~np.isnan(laid[:, e])
        both = here & ~np.isnan(last)
        changes.append(np.abs(laid[both, e] - last[both]) / np.sqrt(years[when[both], e]))
        last, when = np.where(here, laid[:, e], last), np.where(here, e, when)
    joined = np.concatenate(changes)
    return float(np.quantile(joined, 0.9) / 1.645) if len(joined) else 0.0


def _nearest(laid: np.ndarray, years: np.ndarray, count: int) -> np.ndarray:
    """Of each unit's editions, the nearest few to each edition."""
    known = ~np.isnan(laid)
    chosen = np.zeros((*laid.shape, laid.shape[1]), dtype=bool)
    for e in range(laid.shape[1]):
        order = [k for k in np.argsort(years[e], kind="stable") if k != e]
        rank = known[:, order].cumsum(axis=1)
        chosen[:, e, order] = known[:, order] & (rank <= count)
    return chosen


def _parts(table: pd.DataFrame, flags: pd.DataFrame, strange: pd.DataFrame, limits: Limits) -> None:
    for part, whole in PARTS:
        over = (table[part] > table[whole] * limits.part_of_whole) & ~flags[part] & ~flags[whole]
        worse = strange[part] >= strange[whole]
        flags.loc[over & worse, part] = True
        flags.loc[over & ~worse, whole] = True


def _sums(table: pd.DataFrame, flags: pd.DataFrame, strange: pd.DataFrame, limits: Limits) -> None:
    four = ["gdp", *SECTORS]
    short = (table[list(SECTORS)].sum(axis=1, skipna=False) - table["gdp"]).abs() > limits.sum_share * table[
        "gdp"
    ].abs()
    open_ = short & ~flags[four].any(axis=1)
    for row in table.index[open_]:
        flags.at[row, strange.loc[row, four].idxmax()] = True
