"""What became of each unit's ground, and the cases that say on what evidence."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.data.compile.errors import CompileError
from analysis.data.compile.events import Becomes
from analysis.data.compile.ground import cut_out_of, touched, zone_suspects
from analysis.data.compile.links import Link
from analysis.data.compile.names import stem
from analysis.data.compile.pinyin import ENDINGS, letters_of
from analysis.data.compile.rulings import (
    CUT_OUT,
    LISTED_2000,
    LISTED_2010,
    NAMES_2010,
    RULINGS,
    ZONE_FACTS,
    ZONE_FACTS_EVIDENCE,
    Ruling,
)
from analysis.data.frames import each

PERIODS = ("2000-2010", "2010-2020")
ENDS = {PERIODS[0]: ("code2000", "code2010"), PERIODS[1]: ("code2010", "code2020")}
# A change of population beyond this, in log points, opens a case and decides nothing.
LOG_POINTS = 25


@dataclass(frozen=True)
class Censuses:
    """Units of 2000, 2010 and 2020, each by code."""

    first: pd.DataFrame
    early: pd.DataFrame
    late: pd.DataFrame


class Judgement:
    """Ground of each unit in each period; the cases opened on the way are in `cases`."""

    def __init__(
        self,
        units: pd.DataFrame,
        censuses: Censuses,
        told: pd.DataFrame,
        steps: dict[str, list[Becomes]],
        links: dict[str, list[Link]],
        adjacent: pd.DataFrame,
    ) -> None:
        self.units, self.censuses, self.told = units.copy(), censuses, told
        self.steps, self.links, self.adjacent = steps, links, adjacent
        self.cases: list[dict[str, str]] = []

    def judged(self) -> pd.DataFrame:
        """The units with ground_*, reason_* and zone_suspected.

        Raises:
            CompileError: a ruling names a unit that is not there.
        """
        for period in PERIODS:
            judged = self._period(period)
            suffix = period.replace("-", "_")
            self.units[f"ground_{suffix}"] = [ground for ground, _ in judged]
            self.units[f"reason_{suffix}"] = [reason for _, reason in judged]
        for code, name in NAMES_2010.items():
            what = "the workbook of 2010 misprints the name, or has it in another unit's row"
            self._case(code, PERIODS[1], "name match", f"{code}; {name}", what, "name corrected", "high")
        self._suspect_zones()
        self._state_zone_facts()
        for period in PERIODS:
            self._question_populations(period)
        return self.units

    def _case(self, unit: str, period: str, by: str, evidence: str, what: str, decision: str, confidence: str) -> None:
        self.cases.append(
            {
                "unit_id": unit,
                "period": period,
                "opened_by": by,
                "evidence": evidence,
                "what": what,
                "decision": decision,
                "confidence": confidence,
            }
        )

    def _period(self, period: str) -> list[tuple[str, str]]:
        before, after = ENDS[period]
        made = {entry.earlier: entry for entry in self.links[period]}
        rulings = {ruling.code: ruling for ruling in RULINGS if ruling.period == period}
        unknown = sorted(set(rulings) - set(self.units[after]))
        if unknown:
            raise CompileError(f"rulings.RULINGS: {period}: no unit has the code {unknown[0]} in its later year")
        events = touched(self.told[self.told["period"] == period], self._named(period))
        cut = cut_out_of(CUT_OUT[period], self.adjacent)
        judged = []
        for unit in each(self.units):
            earlier, later = getattr(unit, before), getattr(unit, after)
            ids = events.get(unit.unit_id, ())
            if not earlier and not later:
                judged.append(("", ""))
            elif not earlier or not later:
                judged.append(("", self._single(unit, period, bool(later), ids)))
            else:
                reason = self._carried_on(unit.unit_id, period, made[earlier])
                near = cut.get(later, cut.get(unit.code2020, []))
                judged.append(self._ground(unit.unit_id, period, reason, ids, near, rulings.get(later)))
        return judged

    def _single(self, unit: Any, period: str, begins: bool, ids: tuple[str, ...]) -> str:
        """Why a unit is in one of the two censuses only."""
        word = "begins" if begins else "ends"
        year = period[5:] if begins else period[:4]
        code = getattr(unit, f"code{year}")
        if unit.unit_type == "zone":
            reason = f"a zone with a row of its own in {year}"
            self._case(unit.unit_id, period, "zone row", code, reason, word, "high")
            return reason
        if code in CUT_OUT[period]:
            reason = f"begins: cut out of neighbours that no event names ({'; '.join(ids)})"
        else:
            says = f" ({'; '.join(ids)})" if ids else "; no event in the file says how"
            reason = ("begins: formed of other units" if begins else "ends: went into other units") + says
        by, confidence = ("event", "high") if ids else ("code change", "medium")
        what = "the unit is in one of the two censuses only"
        self._case(unit.unit_id, period, by, "; ".join(ids) or code, what, word, confidence)
        return reason

    def _carried_on(self, unit: str, period: str, entry: Link) -> str:
        """Why a unit's codes are one unit's; empty where code and name are the same."""
        codes = f"{entry.earlier}; {entry.later}"
        renamed = entry.earlier == entry.later
        if entry.rule == "event":
            what = "new name under the same code" if renamed else "conversion or new name, and a new code"
            self._case(unit, period, "event", "; ".join(entry.events), what, "carried on", "high")
            return "converted or renamed"
        if entry.rule == "listed":
            listed = {e.earlier: e for e in (LISTED_2000 if period == PERIODS[0] else LISTED_2010)}[entry.earlier]
            by = "name match" if renamed else "code change"
            evidence = "; ".join(entry.events) or codes
            self._case(unit, period, by, evidence, listed.reason, "carried on", listed.confidence)
            return "" if renamed else listed.reason
        if entry.rule == "name":
            inside = entry.earlier[:4] == entry.later[:4]
            reason = "same name under a new code" if inside else "same name under another prefecture's code"
            self._case(unit, period, "name match", codes, reason, "carried on", "medium" if inside else "high")
            return reason
        return ""

    def _ground(
        self, unit: str, period: str, reason: str, ids: tuple[str, ...], near: list[str], ruling: Ruling | None
    ) -> tuple[str, str]:
        ground = "same"
        if ids:
            ground, reason = "changed", f"ground changed hands ({'; '.join(ids)})"
            what = "a merger, a split or a transfer of townships names the unit"
            self._case(unit, period, "event", "; ".join(ids), what, "changed", "high")
        elif near:
            ground, reason = "unknown", f"touches {', '.join(near)}, cut out of units that no event names"
            what = "touches a new unit of unknown origin"
            self._case(unit, period, "code change", "; ".join(near), what, "unknown", "low")
        if ruling:
            ground, reason = ruling.ground, ruling.reason
            self._case(unit, period, "fact", ruling.evidence, reason, ground, ruling.confidence)
        return ground, reason

    def _named(self, period: str) -> pd.DataFrame:
        """Each unit with every name it went by in the period, and the prefectures it lay in."""
        before, after = ENDS[period]
        late = self.censuses.late
        letters = {row.code: letters_of(row.printed) for row in each(self.censuses.first)}
        made = {entry.later: entry for entry in self.links[period]}
        rows = []
        for unit in each(self.units):
            earlier, later = getattr(unit, before), getattr(unit, after)
            if not earlier and not later:
                continue
            names, places = {unit.name}, {unit.prefecture}
            if later and after == "code2020":
                names.add(late.at[later, "name"])
                places.add(late.at[later, "prefecture"])
            if earlier and before == "code2000":
                ending = ENDINGS.get(letters[earlier][1], unit.name[-1])
                names |= {stem(unit.name) + ending} if ending != unit.name[-1] else set()
            # An old name counts for the unit that a link says it was: names such as 郊区 are many units'.
            ids = set(made[later].events) if later in made else set()
            for step in self.steps[period]:
                if step.event_id in ids and step.new in names:
                    names.add(step.old)
                # A unit that ended may have had another name when it did.
                if not later and step.province == unit.province and step.old in names:
                    names.add(step.new)
            prefectures = tuple(sorted(p for p in places if p and p != unit.province))
            rows.append((unit.unit_id, unit.province, tuple(sorted(names)), prefectures))
        return pd.DataFrame(rows, columns=["unit", "province", "names", "prefectures"])

    def _suspect_zones(self) -> None:
        units, late = self.units, self.censuses.late
        both = units[(units["code2010"] != "") & (units["code2020"] != "")]
        # What is a zone in both censuses took nothing in between.
        zones = late[(late["unit_type"] == "zone") & ~late["code"].isin(both["code2020"])]
        others = late[late["unit_type"] != "zone"].rename(columns={"code": "unit"})
        suspects = zone_suspects(others[["unit", "name", "unit_type", "prefecture"]], zones, self.adjacent)
        codes = zones.groupby("prefecture")["code"].apply("; ".join).to_dict()
        units["zone_suspected"] = units["code2020"].isin(suspects) & units["unit_id"].isin(both["unit_id"])
        units["zone_suspected"] = units["zone_suspected"].astype("int64")
        for unit in each(units[units["zone_suspected"] == 1]):
            evidence = codes[late.at[unit.code2020, "prefecture"]]
            what = suspects[unit.code2020]
            self._case(unit.unit_id, PERIODS[1], "zone row", evidence, what, "suspected", "low")

    def _state_zone_facts(self) -> None:
        for code, fact in ZONE_FACTS.items():
            here = self.units["unit_id"] == code
            if not here.any():
                raise CompileError(f"rulings.ZONE_FACTS: there is no unit {code}")
            self.units.loc[here, "ground_2010_2020"] = "zone"
            self.units.loc[here, "reason_2010_2020"] = fact
            self._case(code, PERIODS[1], "fact", ZONE_FACTS_EVIDENCE, fact, "zone", "high")

    def _question_populations(self, period: str) -> None:
        before, after = ENDS[period]
        tables = {"code2000": self.censuses.first, "code2010": self.censuses.early, "code2020": self.censuses.late}
        people = {c: self.units[c].map(tables[c]["population"].to_dict()).astype("float64") for c in (before, after)}
        ground = f"ground_{period.replace('-', '_')}"
        asked = self.units.assign(start=people[before], end=people[after])
        asked = asked[(asked["start"] > 0) & (asked["end"] > 0)]
        asked["change"] = 100 * np.log(asked["end"] / asked["start"])
        for unit in each(asked[asked["change"].abs() > LOG_POINTS]):
            decision = getattr(unit, ground)
            if decision == "same":
                suspected = period == PERIODS[1] and unit.zone_suspected == 1
                decision = "suspected" if suspected else "no evidence of a change of ground found"
            what = f"population {'rose' if unit.change > 0 else 'fell'} by {abs(unit.change):.0f} log points"
            evidence = f"{getattr(unit, before)}; {getattr(unit, after)}"
            self._case(unit.unit_id, period, "population change", evidence, what, decision, "low")
