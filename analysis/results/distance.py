"""How counties changed by their distance to the provincial capital and to the nearest prefecture city.

Counties near a city are those from which its zones took ground. So each slope stands beside one without the units
that are known to have given ground, and one without all that may have.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.designs.dose import slope
from analysis.designs.errors import DesignError
from analysis.designs.placebo import DETECTABLE
from analysis.findings import Finding, Findings, MadeFrom
from analysis.results import counties
from analysis.results.counties import LOG_POINTS, OUTCOMES, complete
from analysis.results.effects import Meaning
from analysis.results.slopes import association
from analysis.results.urban_system import COUNTED
from analysis.study import Study

DESIGN = "distance"
TITLE = "Growth by distance to cities"
EARLIER = (2000, 2010)
BANDS = (0, 50, 100, 150, 200)  # kilometres to the capital, where each band begins; the last has no end
NEAR, SHADOW = 50, 100  # kilometres: where the shadow would begin and end
PER = 100  # kilometres that a slope is of
EARTH_KM = 6371.0088  # mean radius
CHANGES = ("log_population", "urban_share")

# Zones that lie, by what is printed of them, on the ground of these counties, wholly or for the most part.
GROUND_OF_ZONES = {
    "airport": ("410173-2020", ("410122", "410184", "410223")),
    "pingyuan": ("410773-2020", ("410725",)),
}


@dataclass(frozen=True)
class Made:
    """The findings; the units of the treated province and its neighbours; and means by band of distance."""

    findings: Findings
    units: pd.DataFrame
    bands: pd.DataFrame


def great_circle(from_: pd.DataFrame, to: pd.DataFrame) -> npt.NDArray[np.float64]:
    """Kilometres from each row of one frame to each of another, by their longitude and latitude, on a sphere."""
    x, y = np.radians(from_[["longitude", "latitude"]].to_numpy(dtype=float)).T[:, :, None]
    to_x, to_y = np.radians(to[["longitude", "latitude"]].to_numpy(dtype=float)).T[:, None, :]
    half = np.sin((to_y - y) / 2) ** 2 + np.cos(y) * np.cos(to_y) * np.sin((to_x - x) / 2) ** 2
    return np.asarray(2 * EARTH_KM * np.arcsin(np.sqrt(half)))


def city_centres(units: pd.DataFrame, census: pd.DataFrame, year: int) -> pd.DataFrame:
    """Where prefecture cities lie: the mean of their districts' centroids, weighted by residents of the year.

    Returns:
        Index prefecture (with the province's code before its name), columns longitude and latitude; districts without
        a polygon are left out.

    Raises:
        DesignError: no district has a place.
    """
    code = units[f"code{year}"]
    rows = units[(units["unit_type"] == "district") & (code != "")].dropna(subset=["longitude", "latitude"])
    if rows.empty:
        raise DesignError(f"data/units.csv: no district of {year} has a place; distances to cities need one")
    people = census[census["year"] == year].set_index("code")["population"].reindex(rows[f"code{year}"]).to_numpy()
    prefecture = rows[f"code{year}"].str[:2] + " " + rows["prefecture"]
    sums = rows[["longitude", "latitude"]].mul(people, axis=0).groupby(prefecture).sum()
    return sums.div(pd.Series(people, index=rows.index).groupby(prefecture).sum(), axis=0).rename_axis("prefecture")


def build(units: pd.DataFrame, census: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Comparable units of all provinces with their distances in kilometres.

    Returns:
        The frame of `counties.build` with km_to_seat (to the nearest prefecture city, of whatever province),
        own_seat (whether that is the unit's own prefecture's), gave (whether it is known to have given ground to a
        zone: by the register, or as one of `GROUND_OF_ZONES`) and earlier (change of log population in the decade
        before, where the ground was the same).
    """
    frame = counties.build(units, census, first=study.first_year, last=study.last_year)
    frame = frame.dropna(subset=["longitude", "latitude"]).reset_index(drop=True)
    centres = city_centres(units, census, study.first_year)
    apart = great_circle(frame, centres)
    ground = units.set_index("unit_id")[f"ground_{study.first_year}_{study.last_year}"]
    named = {unit for _, members in GROUND_OF_ZONES.values() for unit in members}
    before = counties.build(units, census, first=EARLIER[0], last=EARLIER[1]).set_index("unit_id")["log_population"]
    return frame.assign(
        km_to_seat=apart.min(axis=1),
        own_seat=centres.index.to_numpy()[apart.argmin(axis=1)] == frame["prefecture"],
        gave=(ground.reindex(frame["unit_id"]) == "zone").to_numpy() | frame["unit_id"].isin(named).to_numpy(),
        earlier=before.reindex(frame["unit_id"]).to_numpy(),
    )


def band_of(kilometres: pd.Series) -> "pd.Series[int]":
    """Where the band begins that a distance is in; a band holds its beginning, not its end."""
    place = np.searchsorted(BANDS, kilometres.to_numpy(dtype=float), side="right") - 1
    return pd.Series(np.asarray(BANDS)[place], index=kilometres.index)


def band_words(begin: int) -> str:
    """A band for people: "50 to 100 km", or "200 km and more" for the last."""
    later = [b for b in BANDS if b > begin]
    return f"{begin} to {later[0]} km" if later else f"{begin} km and more"


def by_band(frame: pd.DataFrame) -> pd.DataFrame:
    """Means by band of distance to the capital.

    Returns:
        Columns band (where it begins), km (mean distance), units, and the mean change of log_population and
        urban_share over units without weights.
    """
    grouped = frame.groupby(band_of(frame["km_to_capital"]).rename("band"))
    means = grouped[["km_to_capital", *CHANGES]].mean().rename(columns={"km_to_capital": "km"})
    return means.assign(units=grouped.size()).reset_index()


def _band_findings(of: str, whose: str, frame: pd.DataFrame, study: Study) -> Iterator[Finding]:
    bands = band_of(frame["km_to_capital"])
    for begin in sorted(set(bands.tolist())):
        inside = frame[bands == begin]
        sample = f"Comparable counties and county-level cities of {whose}, {band_words(begin)} from the capital."
        for name in CHANGES:
            about, unit = OUTCOMES[name].words, OUTCOMES[name].unit
            words = f"change of {about}, {study.first_year} to {study.last_year}. {COUNTED}"
            key = f"{of}.band_{begin}.{name}"
            yield Finding(key, float(inside[name].mean()), unit, sample, f"Mean {words}", n=len(inside))
            yield Finding(f"{key}.median", float(inside[name].median()), unit, sample, f"Median {words}", n=len(inside))


def _detectable(key: str, error: float, meaning: Meaning) -> Finding:
    """The smallest size that would be found with probability 0.8, from the clustered error."""
    how = f"{meaning.specification} Minimum detectable size: {DETECTABLE} clustered errors."
    return Finding(f"{key}.detectable", DETECTABLE * error, meaning.unit, meaning.sample, how)


def _slopes(of: str, whose: str, frame: pd.DataFrame, study: Study, absorb: str | None) -> Iterator[Finding]:
    """What goes with 100 kilometres more, in units of all of one group of provinces."""
    within = "" if absorb is None else ", within provinces"
    samples = {
        "": (frame, ""),
        ".without_givers": (frame[~frame["gave"]], ", without those that gave ground to a zone"),
        ".without_zones": (
            frame[(frame["zone"] == 0) & ~frame["gave"]],
            ", without those that gave, or may have given, ground to a zone",
        ),
    }
    places = {"capital": ("km_to_capital", "the provincial capital"), "seat": ("km_to_seat", "the nearest city")}
    for place, (column, to) in places.items():
        for outcome in (*CHANGES, "earlier"):
            known = "log_population" if outcome == "earlier" else outcome
            years = EARLIER if outcome == "earlier" else (study.first_year, study.last_year)
            for variant, (rows, less) in samples.items():
                if variant and (outcome == "earlier" or len(rows) == len(frame)):
                    continue
                fine = complete(rows, [outcome, column])[0]
                meaning = Meaning(
                    OUTCOMES[known].unit,
                    f"{len(fine)} comparable counties and county-level cities of {whose}{less}.",
                    f"Change of {OUTCOMES[known].words}, {years[0]} to {years[1]}, that goes with {PER} km more to "
                    f"{to}{within}.",
                )
                fit = slope(fine, outcome, column, absorb=absorb, cluster="prefecture", unit="unit_id")
                key = f"{of}.{place}.{outcome}{variant}"
                yield association(key, fit, meaning, times=PER)
                if not variant:
                    yield _detectable(key, PER * fit.standard_error, meaning)


def _shadow(of: str, whose: str, frame: pd.DataFrame, study: Study, absorb: str | None) -> Iterator[Finding]:
    """The ring that a shadow would darken, less what lies beyond it."""
    outside = frame[frame["km_to_capital"] >= NEAR]
    outside = outside.assign(ring=(outside["km_to_capital"] < SHADOW).astype(float))
    within = "" if absorb is None else " Within provinces."
    for outcome in CHANGES:
        fine = complete(outside, [outcome, "ring"])[0]
        meaning = Meaning(
            OUTCOMES[outcome].unit,
            f"{len(fine)} comparable counties and county-level cities of {whose}, {NEAR} km or more from the capital.",
            f"Change of {OUTCOMES[outcome].words}, {study.first_year} to {study.last_year}: units {NEAR} to {SHADOW} "
            f"km from the capital less those farther off.{within}",
        )
        fit = slope(fine, outcome, "ring", absorb=absorb, cluster="prefecture", unit="unit_id")
        yield association(f"{of}.shadow.{outcome}", fit, meaning)
        yield _detectable(f"{of}.shadow.{outcome}", fit.standard_error, meaning)


def _near(of: str, whose: str, frame: pd.DataFrame, study: Study) -> Iterator[Finding]:
    """The nearest band, cut by whether a unit belongs to the capital's own prefecture."""
    near = frame[band_of(frame["km_to_capital"]) == BANDS[0]]
    own = near["prefecture"] == near.sort_values("km_to_capital")["prefecture"].iloc[0]
    for key, rows, words in (
        ("own_prefecture", near[own], "in the capital's prefecture"),
        ("other_prefectures", near[~own], "in other prefectures"),
    ):
        if rows.empty:
            continue
        yield Finding(
            f"{of}.near.{key}.log_population", float(rows["log_population"].mean()), LOG_POINTS,
            f"Comparable units of {whose} less than {BANDS[1]} km from the capital, {words}.",
            f"Mean change of log population, {study.first_year} to {study.last_year}. {COUNTED}", n=len(rows),
        )  # fmt: skip


def _ground_of_zones(of: str, units: pd.DataFrame, census: pd.DataFrame, study: Study) -> Iterator[Finding]:
    """What counties that gave ground to a zone did without it, and together with it."""
    register = units.set_index("unit_id")[["name", "pinyin", f"code{study.first_year}", f"code{study.last_year}"]]
    for name, (zone, members) in GROUND_OF_ZONES.items():
        if not {zone, *members} <= set(register.index):
            continue
        counted = {
            year: census[census["year"] == year].set_index("code")["population"]
            for year in (study.first_year, study.last_year)
        }
        given = register.loc[list(members)]
        start, end = (float(counted[y].reindex(given[f"code{y}"]).sum()) for y in (study.first_year, study.last_year))
        gained = float(counted[study.last_year].reindex(register.loc[[zone], f"code{study.last_year}"]).sum())
        called = str(register["name"][zone])
        sample = f"{', '.join(given['pinyin'] + ' ' + given['name'])}; the zone is {called}."
        for key, last, words in (("counties", end, "without the zone"), ("with_zone", end + gained, "with the zone")):
            yield Finding(
                f"{of}.{name}.{key}", float(100 * np.log(last / start)), LOG_POINTS, sample,
                f"Change of log residents, {study.first_year} to {study.last_year}, all units together, {words} in the "
                f"last year. {COUNTED}", n=len(members),
            )  # fmt: skip
        yield Finding(
            f"{of}.{name}.zone_people", gained, "people", f"{called}.", f"Residents of {study.last_year}. {COUNTED}"
        )


def make(units: pd.DataFrame, census: pd.DataFrame, study: Study, made_from: MadeFrom) -> Made:
    """The findings, and the points for figures.

    Args:
        units: the register.
        census: census figures.
        study: the study's definition.
        made_from: what the findings are made from.
    """
    frame = build(units, census, study)
    own = study.province_names[study.treated]
    groups = {
        own.lower(): (own, frame[frame["province"] == study.treated], None),
        "neighbours": (f"{own}'s neighbours", frame[frame["province"].isin(study.neighbours)], "province"),
    }
    found: list[Finding] = []
    bands = []
    for name, (whose, rows, absorb) in groups.items():
        of = f"{DESIGN}.{name}"
        found += [
            *_band_findings(of, whose, rows, study),
            *_slopes(of, whose, rows, study, absorb),
            *_shadow(of, whose, rows, study, absorb),
        ]
        bands.append(by_band(rows).assign(group=name))
    home = groups[own.lower()][1]
    found += [*_near(f"{DESIGN}.{own.lower()}", own, home, study)]
    found += [*_ground_of_zones(f"{DESIGN}.{own.lower()}", units, census, study)]
    found.append(
        Finding(
            f"{DESIGN}.{own.lower()}.other_seat_share", float(100 * (~home["own_seat"]).mean()), "percent",
            f"{len(home)} comparable counties and county-level cities of {own}.",
            f"Units whose nearest prefecture city is not their own prefecture's. {COUNTED}", n=len(home),
        )
    )  # fmt: skip
    columns = [
        "unit_id", "name", "pinyin", "province", "prefecture", "km_to_capital", "km_to_seat", "gave", "zone",
        "log_population", "urban_share", "earlier",
    ]  # fmt: skip
    points = frame[frame["province"].isin(study.provinces)][columns].reset_index(drop=True)
    return Made(Findings(DESIGN, TITLE, made_from, tuple(found)), points, pd.concat(bands, ignore_index=True))
