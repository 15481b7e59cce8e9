"""Who is whose neighbour: contiguity weights from a table of pairs."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from libpysal.weights import W  # type: ignore[import-untyped]

from analysis.designs.checks import require_columns, require_finite, require_single
from analysis.designs.errors import DuplicateUnitError, IslandError, TooFewUnitsError, UnknownUnitError

Array = npt.NDArray[np.float64]

EARTH_KM = 6371.01  # mean radius, as in diff-diff's Conley errors
_NAMED = 5


@dataclass(frozen=True)
class Contiguity:
    """Row-standardized weights: each unit's neighbours share a weight of one.

    `units` are in the order of the weights' rows. `joined` says to which unit an island was tied, `dropped` which
    islands were left out. `pairs` counts pairs of neighbours, `components` the parts that no pair connects.
    """

    units: tuple[str, ...]
    weights: Any = field(repr=False)  # libpysal's W, which carries no types
    joined: dict[str, str]
    dropped: tuple[str, ...]
    pairs: int
    components: int

    def rows(self, data: pd.DataFrame, unit: str) -> pd.DataFrame:
        """The data's rows in the order of the weights; rows of islands left out are left out too.

        Raises:
            UnknownColumnError: no such column.
            UnknownUnitError: a unit of the graph has no row.
            DuplicateUnitError: a unit has two rows.
        """
        require_columns(data, [unit])
        require_single(data, unit)
        names = data[unit].astype(str)
        known = set(names)
        missing = [u for u in self.units if u not in known]
        if missing:
            raise UnknownUnitError(
                f"{len(missing)} units of the contiguity graph have no row in the data, first {missing[0]}; "
                "make the graph from the units that are estimated on"
            )
        return data.set_axis(pd.Index(names)).loc[list(self.units)].reset_index(drop=True)


def great_circle_km(latitude: Array, longitude: Array, at: tuple[float, float]) -> Array:
    """Kilometres on the sphere from points to one point (latitude, longitude), all in degrees."""
    lat, lon = np.radians(latitude), np.radians(longitude)
    lat0, lon0 = np.radians(at[0]), np.radians(at[1])
    half = np.sin((lat - lat0) / 2) ** 2 + np.cos(lat) * np.cos(lat0) * np.sin((lon - lon0) / 2) ** 2
    km: Array = 2 * EARTH_KM * np.arcsin(np.sqrt(np.clip(half, 0.0, 1.0)))
    return km


def _join(
    islands: Sequence[str], data: pd.DataFrame, names: "pd.Series[str]", latitude: str, longitude: str, unit: str
) -> dict[str, str]:
    require_columns(data, [latitude, longitude])
    require_finite(data, [latitude, longitude], unit)
    lat, lon = data[latitude].to_numpy(dtype=float), data[longitude].to_numpy(dtype=float)
    joined = {}
    for island in islands:
        i = int(np.flatnonzero(names.to_numpy() == island)[0])
        km = great_circle_km(lat, lon, (lat[i], lon[i]))
        km[i] = np.inf
        joined[island] = str(names.iloc[int(km.argmin())])
    return joined


def contiguity(
    data: pd.DataFrame,
    pairs: pd.DataFrame,
    *,
    unit: str,
    first: str = "unit_a",
    second: str = "unit_b",
    islands: Literal["refuse", "nearest", "drop"] = "refuse",
    latitude: str = "latitude",
    longitude: str = "longitude",
) -> Contiguity:
    """Row-standardized contiguity weights of the units in the data.

    Pairs with a unit that the data lack are passed over, so a unit all of whose neighbours are missing is an island.
    Method: Anselin (1988), "Spatial Econometrics: Methods and Models", chapter 3.

    Args:
        data: one row a unit.
        pairs: one row a pair of neighbours, in either order; a pair that stands twice counts once.
        unit: column of the data that names a unit.
        first: column of the pairs with one unit.
        second: column of the pairs with the other.
        islands: what to do with a unit that has no neighbour: refuse the data, tie it to the nearest unit (each is
            then the other's neighbour), or drop it.
        latitude: column of the data, in degrees; needed to join islands.
        longitude: column of the data, in degrees.

    Raises:
        UnknownColumnError: a column is not there.
        DuplicateUnitError: a unit stands in two rows, or is paired with itself.
        IslandError: a unit has no neighbour, and islands are refused.
        NonFiniteError: islands are to be joined, and a unit has no position.
        TooFewUnitsError: fewer than three units are left.
    """
    require_columns(data, [unit])
    require_columns(pairs, [first, second])
    require_single(data, unit)
    names = data[unit].astype(str)
    a, b = pairs[first].astype(str), pairs[second].astype(str)
    alone = a[a == b]
    if len(alone):
        raise DuplicateUnitError(f"the pairs hold unit {alone.iloc[0]} with itself; take that row out")
    known = set(names)
    near: dict[str, set[str]] = {n: set() for n in names}
    for one, other in zip(a, b, strict=True):
        if one in known and other in known:
            near[one].add(other)
            near[other].add(one)
    lonely = [n for n in names if not near[n]]
    joined: dict[str, str] = {}
    if lonely and islands == "refuse":
        raise IslandError(
            f"{len(lonely)} of {len(names)} units have no neighbour among the others, first "
            f"{', '.join(lonely[:_NAMED])}; join islands to the nearest unit (islands='nearest'), "
            "drop them (islands='drop'), or add their pairs"
        )
    if lonely and islands == "nearest":
        joined = _join(lonely, data, names, latitude, longitude, unit)
        for island, other in joined.items():
            near[island].add(other)
            near[other].add(island)
    dropped = tuple(lonely) if islands == "drop" else ()
    units = tuple(n for n in names if near[n])
    if len(units) < 3:
        raise TooFewUnitsError(f"{len(units)} units with a neighbour; weights between units need three or more")
    # The library would warn of parts that do not touch, which are no fault (islands of the sea, gaps where units
    # were left out): their number is in the result.
    weights = W({u: sorted(near[u]) for u in units}, id_order=list(units), silence_warnings=True)
    weights.transform = "r"
    return Contiguity(
        units=units,
        weights=weights,
        joined=joined,
        dropped=dropped,
        pairs=sum(len(near[u]) for u in units) // 2,
        components=int(weights.n_components),
    )
