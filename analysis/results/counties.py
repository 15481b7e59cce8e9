"""The comparison's data: counties of one year with what changed in them until another, one row a unit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.data.samples import KINDS
from analysis.designs.errors import DesignError
from analysis.study import Study

POINTS = "percentage points"
LOG_POINTS = "log points"
SERVICES = ("employed_education", "employed_health", "employed_public_facilities")
SCHOOL_YEARS = {
    "education_none": 0,
    "education_primary": 6,
    "education_junior": 9,
    "education_senior": 12,
    "education_college": 15,
    "education_university": 16,
}
LONG_FORM = 10  # the census asks one household in ten about work and homes


@dataclass(frozen=True)
class Outcome:
    """A census figure and its change: how a sentence names it, and its unit."""

    name: str
    words: str
    unit: str


OUTCOMES = {
    o.name: o
    for o in (
        Outcome("urban_share", "urban share", POINTS),
        Outcome("log_population", "residents (log)", LOG_POINTS),
        Outcome("log_urban_population", "urban residents (log)", LOG_POINTS),
        Outcome("migrants_same_county", "movers within the county, of residents", POINTS),
        Outcome("migrants_same_province", "movers from elsewhere in the province, of residents", POINTS),
        Outcome("migrants_other_province", "movers from other provinces, of residents", POINTS),
        Outcome("agricultural_employment", "agricultural share of employment", POINTS),
        Outcome("schooling", "mean years of schooling", "years"),
    )
}
MORE = {
    o.name: o
    for o in (
        Outcome("service_employment", "employed in public services", "employed per 1,000 residents"),
        Outcome("piped_water", "homes with piped water", POINTS),
        Outcome("toilet", "homes with a toilet", POINTS),
        Outcome("bath", "homes with a bath", POINTS),
        Outcome("kitchen", "homes with a kitchen", POINTS),
    )
}
CONTROLS = {
    "urban_share": "the urban share",
    "log_population": "log population",
    "agricultural_employment": "the agricultural share of employment",
    "schooling": "mean years of schooling",
    "nonagricultural_share": "the share of residents with non-agricultural registration",
    "piped_water": "homes with piped water",
}


def figures(census: pd.DataFrame) -> pd.DataFrame:
    """Outcomes and controls of each row of the census table, under the names used here.

    Shares are in percent, logs times 100, schooling in years, services in employed per 1,000 residents. Mean schooling
    is of those whose level was counted, preschool left out, since the censuses ask from different ages.
    """

    def percent(part: pd.Series, whole: pd.Series) -> pd.Series:
        return 100 * part / whole.where(whole > 0)

    def log(x: pd.Series) -> pd.Series:
        return pd.Series(100 * np.log(x.where(x > 0).to_numpy(dtype=float)), index=x.index)

    people = census["population"]
    counted = census[list(SCHOOL_YEARS)].sum(axis="columns", min_count=len(SCHOOL_YEARS))
    years = sum((n * census[c] for c, n in SCHOOL_YEARS.items()), start=pd.Series(0.0, index=census.index))
    return pd.DataFrame(
        {
            "population": people,
            "urban_share": percent(census["urban_population"], people),
            "log_population": log(people),
            "log_urban_population": log(census["urban_population"]),
            "migrants_same_county": percent(census["migrants_same_county"], people),
            "migrants_same_province": percent(census["migrants_same_province"], people),
            "migrants_other_province": percent(census["migrants_other_province"], people),
            "agricultural_employment": percent(census["employed_agriculture"], census["employed"]),
            "manufacturing_employment": percent(census["employed_manufacturing"], census["employed"]),
            "schooling": years / counted.where(counted > 0),
            "nonagricultural_share": census["nonagricultural_share"],
            "service_employment": 1000
            * LONG_FORM
            * census[list(SERVICES)].sum(axis="columns", min_count=len(SERVICES))
            / people.where(people > 0),
            **{
                name: percent(census[f"households_{name}"], census["households_surveyed"])
                for name in ("piped_water", "toilet", "bath", "kitchen")
            },
        }
    )


def neighbours(adjacency: pd.DataFrame) -> dict[str, tuple[str, ...]]:
    """Which provinces touch: two-digit codes, by the borders of their units."""
    across = adjacency[adjacency["same_province"] == 0]
    a, b = across["unit_a"].str[:2], across["unit_b"].str[:2]
    pairs = sorted({*zip(a, b, strict=True), *zip(b, a, strict=True)})
    found: dict[str, list[str]] = {}
    for one, other in pairs:
        found.setdefault(one, []).append(other)
    return {p: tuple(n) for p, n in found.items()}


def build(
    units: pd.DataFrame,
    census: pd.DataFrame,
    *,
    first: int,
    last: int,
    kinds: Sequence[str] = KINDS,
    zones: bool = True,
) -> pd.DataFrame:
    """Comparable units of all provinces: those on the same ground in both censuses.

    Args:
        units: the register, `data/units.csv`.
        census: the census figures, `data/census.csv`.
        first: year of the earlier census.
        last: year of the later census.
        kinds: kinds of unit, by the register.
        zones: whether units stay in that gave, or may have given, ground to a development zone.

    Returns:
        A frame with unit_id, code (of the first year), name, pinyin, kind, province (two-digit code), province_name,
        prefecture (name, with the province's code before it), zone (0 or 1), the register's places and designations,
        and for each figure its value in the first year (`<figure>_start`), in the last (`<figure>_end`), and the
        difference (`<figure>`). A figure that a census lacks is NaN. Sorted by unit_id.

    Raises:
        DesignError: the register does not link the two censuses.
    """
    ground, before, after = f"ground_{first}_{last}", f"code{first}", f"code{last}"
    if ground not in units.columns:
        raise DesignError(f"data/units.csv: no column {ground}; the register does not link {first} and {last}")
    fine = (units[before] != "") & (units[after] != "") & units["unit_type"].isin(kinds)
    fine &= ~units[ground].isin(["changed", "unknown", ""])
    zone = (units[ground] == "zone") | ((units["zone_suspected"] == 1) & (last == 2020))
    if not zones:
        fine &= ~zone
    chosen = units[fine].sort_values("unit_id")
    table = figures(census)
    keys = census[["year", "code"]]

    def of(year: int, codes: pd.Series) -> pd.DataFrame:
        rows = table[keys["year"] == year].set_axis(keys.loc[keys["year"] == year, "code"])
        return rows.reindex(codes.to_numpy())

    start, end = of(first, chosen[before]), of(last, chosen[after])
    frame = pd.DataFrame(
        {
            "unit_id": chosen["unit_id"].to_numpy(),
            "code": chosen[before].to_numpy(),
            "code_end": chosen[after].to_numpy(),
            "name": chosen["name"].to_numpy(),
            "pinyin": chosen["pinyin"].to_numpy(),
            "kind": chosen["unit_type"].to_numpy(),
            "province": chosen[before].str[:2].to_numpy(),
            "province_name": chosen["province"].to_numpy(),
            "prefecture": (chosen[before].str[:2] + " " + chosen["prefecture"]).to_numpy(),
            "zone": zone[chosen.index].astype(int).to_numpy(),
        }
    )
    for name in (
        "baicheng", "province_managed_2014", "ndrc_demonstration_2020", "poverty", "poverty_exit",
        "longitude", "latitude", "area_km2", "km_to_capital", "km_to_border", "market_access",
    ):  # fmt: skip
        frame[name] = chosen[name].to_numpy()
    for name in table.columns:
        frame[f"{name}_start"] = start[name].to_numpy(dtype=float)
        frame[f"{name}_end"] = end[name].to_numpy(dtype=float)
    return pd.concat(
        [frame, pd.DataFrame({n: frame[f"{n}_end"] - frame[f"{n}_start"] for n in table.columns})], axis="columns"
    )


@dataclass(frozen=True)
class Specification:
    """What units are made equal in: a name for keys, words, and the controls for each outcome."""

    name: str
    words: str

    def controls(self, outcome: str) -> tuple[str, ...]:
        """Columns of the control variables when this is the outcome."""
        shares = {
            "raw": (),
            "share": ("urban_share",),
            "own": (outcome,),
            "all": tuple(dict.fromkeys((*CONTROLS, outcome))),
        }[self.name]
        return tuple(f"{c}_start" for c in shares)


SPECIFICATIONS = {
    s.name: s
    for s in (
        Specification("raw", "without controls"),
        Specification("share", "given the urban share of the first year"),
        Specification("own", "given the outcome's own level of the first year"),
        Specification(
            "all",
            "given the outcome's own level and, of the first year, "
            + ", ".join(list(CONTROLS.values())[:-1])
            + " and "
            + list(CONTROLS.values())[-1],
        ),
    )
}


def complete(frame: pd.DataFrame, columns: Sequence[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows with a finite number in all columns, and the rows left out."""
    fine = np.isfinite(frame[list(columns)].to_numpy(dtype=float)).all(axis=1)
    return frame[fine].reset_index(drop=True), frame[~fine].reset_index(drop=True)


def province_words(study: Study, names: Mapping[str, str] | None = None) -> str:
    """The treated province and its neighbours in words."""
    known = names or study.province_names
    listed = [known[p] for p in study.neighbours]
    return f"{known[study.treated]} and its neighbours {', '.join(listed[:-1])} and {listed[-1]}"
