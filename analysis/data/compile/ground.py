"""Whether a unit's ground is the same in two censuses, and which units may have lost ground to a zone.

Nothing here looks at how many people a unit has.
"""

from collections import defaultdict
from collections.abc import Iterable

import pandas as pd

from analysis.data.compile.events import named
from analysis.data.compile.names import stem
from analysis.data.frames import each

GROUNDS = ("same", "changed", "zone", "unknown")


def touched(events: pd.DataFrame, units: pd.DataFrame) -> dict[str, tuple[str, ...]]:
    """Events that changed the ground of a unit, by its `unit`: identifiers in order.

    `events` as `compile.events.prepared` gives them. `units` has unit, province, prefectures (those it lay in),
    names (every name it went by). An event touches the units that its text names; where several in the province
    have the name, those whose prefecture the text names too, or all of them if none is named.
    """
    found: dict[str, list[str]] = defaultdict(list)
    by_province = dict(iter(units.groupby("province")))
    changes = events[~events["keeps"] & ~events["seat"]]
    for event in each(changes):
        rows = by_province.get(event.province)
        if rows is None:
            continue
        holders: dict[str, list[tuple[str, tuple[str, ...]]]] = defaultdict(list)
        for row in each(rows):
            for name in row.names:
                holders[name].append((row.unit, row.prefectures))
        for name in named(str(event.where), list(holders)):
            here = [unit for unit, prefectures in holders[name] if any(p in str(event.where) for p in prefectures)]
            for unit in here or [unit for unit, _ in holders[name]]:
                if event.event_id not in found[unit]:
                    found[unit].append(str(event.event_id))
    return {unit: tuple(ids) for unit, ids in found.items()}


def zone_suspects(units: pd.DataFrame, zones: pd.DataFrame, adjacent: pd.DataFrame) -> dict[str, str]:
    """Counties, county-level cities and banners that may have lost ground to a zone of 2020, and why.

    A unit is suspected if a zone of its prefecture carries its name, or if its prefecture has zones and it touches
    a district of that prefecture: zones are cut out where the city grows. `units` has unit, name (in 2020),
    unit_type (in 2020), prefecture (in 2020); `zones` has name and prefecture; `adjacent` has a pair of touching
    units in `unit_a` and `unit_b`, either way round.
    """
    names: dict[str, list[str]] = defaultdict(list)
    for zone in each(zones):
        names[str(zone.prefecture)].append(str(zone.name))
    place = units.set_index("unit")[["prefecture", "unit_type"]]
    touching: dict[str, set[str]] = defaultdict(set)
    for a, b in zip(adjacent["unit_a"], adjacent["unit_b"], strict=True):
        touching[a].add(b)
        touching[b].add(a)
    districts = set(place.index[place["unit_type"] == "district"])
    home = place["prefecture"].to_dict()
    suspects = {}
    for unit in each(units[units["unit_type"].isin(["county", "county_city", "banner"])]):
        here = names.get(str(unit.prefecture), [])
        word = stem(str(unit.name))
        # A zone named after its prefecture is not named after a county that has the same name.
        own = len(word) > 1 and word != stem(str(unit.prefecture))
        carrying = [zone for zone in here if own and word in zone]
        near = sorted(d for d in touching[unit.unit] if d in districts and home[d] == unit.prefecture)
        if carrying:
            suspects[str(unit.unit)] = f"a zone of its prefecture carries its name: {', '.join(carrying)}"
        elif here and near:
            suspects[str(unit.unit)] = f"its prefecture has zones and it touches the district {', '.join(near)}"
    return suspects


def cut_out_of(new: Iterable[str], adjacent: pd.DataFrame) -> dict[str, list[str]]:
    """Units that touch a new unit which no event says the origin of, and which new units those are."""
    new = set(new)
    found: dict[str, list[str]] = defaultdict(list)
    for a, b in zip(adjacent["unit_a"], adjacent["unit_b"], strict=True):
        for unit, other in ((a, b), (b, a)):
            if other in new and unit not in new:
                found[unit].append(other)
    return {unit: sorted(others) for unit, others in found.items()}
