"""Match rows of the county yearbook to units: by name, province label, and the figures that hardly move.

The yearbook prints provinces in a fixed order, and the upstream file labels the rows of a page that two provinces
share with either of them. So a label may stand for a province nearby in that order. The printed order of units within
a province is lost upstream (rows are sorted by character), so that what supports a match beside the name is a unit's
own figures: its area, people, households, pupils and villages change slowly.
"""

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from analysis.data.compile.errors import CompileError
from analysis.data.compile.names import PEOPLE
from analysis.data.read.yearbook import MISLABELLED, PROVINCES

# How far a label may be from the true province, in the order of printing.
REACH = 2
# Median ratio of a row's slow figures to the unit's own: beyond the first it is another place; a name that is not
# the unit's own needs the second; a unit on about the same ground has the third.
OTHER_PLACE, SURE, SAME_GROUND = np.log(2.5), np.log(1.1), np.log(1.25)
SLOW = ("area_km2", "registered_population", "households", "rural_households", "rural_employed", "villages",
        "primary_pupils", "secondary_students")  # fmt: skip
# No county-level unit is so large; figures of two such columns tell of a page whose columns are out of step.
_LARGEST = {"registered_population": 4e6, "townships": 200, "villages": 3000}
_MOST_PER_PERSON = {"rural_population": 2.5, "households": 1.0, "rural_employed": 1.0, "primary_pupils": 1.0}
MATCHES_BY_NAME = ("exact", "abbreviated", "renamed", "type changed")
OWN_NAME = ("exact", "abbreviated")

# Names of one unit at different times, where more than its type or its peoples changed.
# By the notices of the Ministry of Civil Affairs on changes of county-level divisions.
_RENAMED = {
    "天津市": ("蓟县 蓟州区",),
    "河北省": ("丘县 邱县", "唐海县 曹妃甸区", "邢台县 信都区", "任县 任泽区", "滦县 滦州市"),
    "山西省": ("大同县 云州区", "长治县 上党区"),
    "辽宁省": ("北宁市 北镇市",),
    "浙江省": ("绍兴县 柯桥区",),
    "安徽省": ("芜湖县 湾沚区", "铜陵县 义安区", "居巢区 巢湖市"),
    "江西省": ("波阳县 鄱阳县", "九江县 柴桑区", "星子县 庐山市", "上饶县 广信区"),
    "山东省": ("陵县 陵城区",),
    "河南省": ("许昌县 建安区", "开封县 祥符区", "陕县 陕州区"),
    "湖北省": ("郧县 郧阳区",),
    "湖南省": ("株洲县 渌口区",),
    "广西壮族自治区": ("横县 横州市",),
    "海南省": ("通什市 五指山市",),
    "重庆市": ("开县 开州区",),
    "四川省": ("郫县 郫都区", "安县 安州区", "宜宾县 叙州区", "达县 达川区"),
    "贵州省": ("盘县特区 盘县 盘州市", "遵义县 播州区", "毕节市 七星关区", "铜仁市 碧江区"),
    "云南省": (
        "临沧县 临翔区",
        "思茅市 翠云区 思茅区",
        "昭通市 昭阳区",
        "普洱自治县 普洱哈尼族彝族自治县 宁洱哈尼族彝族自治县",
        "路南自治县 石林彝族自治县",
    ),
    "西藏自治区": ("日喀则市 桑珠孜区", "昌都县 卡若区", "林芝县 巴宜区", "那曲县 色尼区"),
    "陕西省": ("耀县 耀州区", "户县 鄠邑区", "彬县 彬州市", "华县 华州区"),
    "甘肃省": ("安西县 瓜州县", "定西县 安定区", "平凉市 崆峒区", "庆阳县 庆城县"),
    "宁夏回族自治区": ("中卫县 中卫市市辖区 沙坡头区", "固原市市辖区 原州区"),
    "新疆维吾尔自治区": ("吐鲁番市 高昌区", "哈密市 伊州区"),
}
RENAMED = {
    (province, name): [other for other in names.split() if other != name]
    for province, groups in _RENAMED.items()
    for names in groups
    for name in names.split()
}

_TYPE = re.compile("(?:自治县|自治旗|自治区|特区|林区|市辖区|县|市|区|旗)$")
_AUTONOMOUS = re.compile("自治[县旗]$")
_PEOPLES = re.compile(f"{PEOPLE}$")


@dataclass(frozen=True)
class Matched:
    """Rows with their unit (`row`, `unit_id`, `match`), one a unit and edition, and rows left out with a reason."""

    rows: pd.DataFrame
    left_out: pd.DataFrame


def out_of_step(rows: pd.DataFrame) -> "pd.Series[bool]":
    """Rows in which two figures or more are beyond what any unit, or the row's own people, allow."""
    breaches = pd.DataFrame({column: rows[column] > most for column, most in _LARGEST.items()})
    for column, most in _MOST_PER_PERSON.items():
        breaches[f"{column} a head"] = rows[column] > most * rows["registered_population"]
    return breaches.sum(axis=1) >= 2


def stem(name: str) -> str:
    """A unit's name without the words for its type and its peoples: 大通 for 大通回族土族自治县 and 大通自治县."""
    short = name
    while len(short) > 1 and (ending := _TYPE.search(short)) and ending.start() > 0:
        short = short[: ending.start()]
    while (people := _PEOPLES.search(short)) and people.start() > 1:
        short = short[: people.start()]
    return short


def units_of_register(register: pd.DataFrame, census: pd.DataFrame) -> pd.DataFrame:
    """Units to match with, from `units.csv`: unit_id, name, province, prefecture, other_names, registered_population.

    `register` has unit_id, name, province, prefecture, code2010 and code2020; `census` is as `tables.load_census`
    gives it: its names under those codes are the other names (separated by blanks), its registered population is that
    of 2010.
    """
    printed = census.set_index(["year", "code"])
    own = set(zip(register["province"], register["name"], strict=True))
    names, people = [], []
    for _, name, province, *codes in register[["unit_id", "name", "province", "code2010", "code2020"]].itertuples(
        index=False
    ):
        keys = [key for key in zip((2010, 2020), codes, strict=True) if key in printed.index]
        found = {str(printed.at[key, "name"]) for key in keys} - {name}
        # A name that another unit bears now is not this unit's as well (Fengnan and Fengrun change places in 2010).
        names.append(" ".join(sorted(n for n in found if (province, n) not in own)))
        people.append(next((printed.at[key, "registered_population"] for key in keys if key[0] == 2010), np.nan))
    kept = register[["unit_id", "name", "province", "prefecture"]].reset_index(drop=True)
    return kept.assign(other_names=names, registered_population=np.array(people, dtype=float))


def match_yearbook(rows: pd.DataFrame, units: pd.DataFrame) -> Matched:
    """Match rows to units.

    `rows`: row, edition, province, name and the figures that `SLOW` and `out_of_step` use (NaN for not known; people,
    not 10,000s).
    `units`: unit_id, name, province, other_names (separated by blanks); registered_population (2010) is used if there.

    A name is looked for in the labelled province first, then in those up to `REACH` places beside it in the order of
    printing; then without its type (县, 市, 区). Of units with that name the nearest whose own slow figures agree is
    taken: the unit's are the medians over the other editions, and its registered population of 2010. A row without
    such a unit is compared, by figures, with units of a name that differs in one character or that ends so, which have
    no row of their own in the edition.

    Raises:
        CompileError: columns are missing, units share an identifier, or a province is unknown.
    """
    _check(rows, units)
    search = _Search(rows, units)
    return search.run()


def _check(rows: pd.DataFrame, units: pd.DataFrame) -> None:
    missing = {"row", "edition", "province", "name", *SLOW, *_LARGEST, *_MOST_PER_PERSON} - set(rows.columns)
    missing |= {"unit_id", "name", "province", "other_names"} - set(units.columns)
    if missing:
        raise CompileError(f"yearbook: columns to match with are missing: {', '.join(sorted(missing))}")
    for frame, column in ((rows, "row"), (units, "unit_id")):
        twice = frame[column][frame[column].duplicated()]
        if len(twice):
            raise CompileError(f"yearbook: {column} {twice.iloc[0]} stands more than once")
    strange = sorted(set(rows["province"]) - set(PROVINCES))
    if strange:
        raise CompileError(f"yearbook: no such province: {', '.join(map(str, strange))}")


class _Search:
    """One matching: names of units, and the slow figures of rows and units."""

    def __init__(self, rows: pd.DataFrame, units: pd.DataFrame) -> None:
        self.rows = rows.reset_index(drop=True)
        self.units = units.reset_index(drop=True)
        self.names: dict[tuple[str, str], list[int]] = defaultdict(list)
        self.stems: dict[tuple[str, str], list[int]] = defaultdict(list)
        for i, (province, name, others) in enumerate(
            self.units[["province", "name", "other_names"]].itertuples(index=False)
        ):
            for known in (name, *others.split()):
                self.names[province, known].append(i)
                if i not in self.stems[province, stem(known)]:
                    self.stems[province, stem(known)].append(i)
        self.near = {
            p: sorted((q for q in PROVINCES if _apart(p, q) <= REACH), key=partial(_apart, p)) for p in PROVINCES
        }
        # As lists: these are asked for one by one.
        self.name: list[str] = self.rows["name"].tolist()
        self.label: list[str] = self.rows["province"].tolist()
        self.printed: list[int] = self.rows["edition"].tolist()
        self.unit_id: list[str] = self.units["unit_id"].tolist()
        self.full_name: list[str] = self.units["name"].tolist()
        self.province: list[str] = self.units["province"].tolist()
        self.slow = _log(self.rows[list(SLOW)])
        self.mixed = out_of_step(self.rows).to_numpy()
        self.editions, self.edition = np.unique(self.rows["edition"], return_inverse=True)
        # Units by edition by slow figure, of rows with the unit's own name; the last place is the census of 2010.
        self.cube = np.full((len(self.units), len(self.editions) + 1, len(SLOW)), np.nan)
        if "registered_population" in self.units.columns:
            people = SLOW.index("registered_population")
            self.cube[:, -1, people] = _log(self.units[["registered_population"]])[:, 0]

    def run(self) -> Matched:
        candidates = [self._candidates(*pair) for pair in zip(self.label, self.name, strict=True)]
        usable = [not mixed and edition != MISLABELLED for mixed, edition in zip(self.mixed, self.printed, strict=True)]
        found = [choices[0] if use and choices else None for use, choices in zip(usable, candidates, strict=True)]
        # Twice: the first choice by name gives the units' figures, by which the choice is then made.
        for _ in range(2):
            self._fill(found)
            gaps = self._gaps(candidates)
            found = [
                self._choose(choices, gap) if use else None
                for use, choices, gap in zip(usable, candidates, gaps, strict=True)
            ]
        # Twice again: a misspelling that an edition shares with the next is compared with it too.
        for _ in range(2):
            self._fill(found)
            taken = {(edition, f[0]) for edition, f in zip(self.printed, found, strict=True) if f}
            for i, choice in enumerate(found):
                if choice is None and usable[i]:
                    unit = self._respelled(i, taken, {u for u, _ in candidates[i]})
                    found[i] = None if unit is None else (unit, "respelled")
        return self._finish(candidates, found, gaps)

    def _candidates(self, province: str, name: str) -> list[tuple[int, str]]:
        """Units that bear the name, the likeliest first, and how each matches."""
        found: dict[int, str] = {}
        for kind in MATCHES_BY_NAME:
            for q in self.near[province]:
                if kind == "exact":
                    units = self.names.get((q, name), [])
                elif kind == "abbreviated":
                    units = [i for i in self.stems.get((q, stem(name)), []) if self._autonomous(name, i)]
                elif kind == "renamed":
                    units = [i for other in RENAMED.get((q, name), ()) for i in self.names.get((q, other), [])]
                else:
                    units = self.stems.get((q, stem(name)), [])
                for unit in units:
                    found.setdefault(unit, kind)
        return list(found.items())

    def _autonomous(self, name: str, unit: int) -> bool:
        return bool(_AUTONOMOUS.search(name) and _AUTONOMOUS.search(self.full_name[unit]))

    def _fill(self, found: "list[tuple[int, str] | None]") -> None:
        self.cube[:, :-1] = np.nan
        for i, choice in enumerate(found):
            if choice is not None and choice[1] in (*OWN_NAME, "respelled"):
                self.cube[choice[0], self.edition[i]] = self.slow[i]

    def _gaps(self, candidates: list[list[tuple[int, str]]]) -> list[list[float]]:
        """For each candidate, the median absolute log ratio of slow figures, row to unit in its other editions.

        For a name of another type or time it is the ratio of areas, if known; 0 where nothing is known.
        """
        row = np.repeat(np.arange(len(candidates)), [len(c) for c in candidates])
        unit = np.array([u for choices in candidates for u, _ in choices], dtype=int)
        own_name = np.array([kind in OWN_NAME for choices in candidates for _, kind in choices], dtype=bool)
        gap = np.zeros(len(row))
        for e in range(len(self.editions)):
            at = np.flatnonzero(self.edition[row] == e)
            others = np.delete(self.cube, e, axis=1)[unit[at]]
            ratios = np.abs(self.slow[row[at]] - median(others, axis=1))
            typical = np.nan_to_num(median(ratios, axis=1))
            areas = ratios[:, SLOW.index("area_km2")]
            by_area = ~own_name[at] & ~np.isnan(areas) & (typical <= OTHER_PLACE)
            gap[at] = np.where(by_area, areas, typical)
        parts = np.split(gap, np.cumsum([len(c) for c in candidates])[:-1])
        return [part.tolist() for part in parts]

    def _choose(self, choices: list[tuple[int, str]], gaps: list[float]) -> "tuple[int, str] | None":
        fitting = [(c, gap) for c, gap in zip(choices, gaps, strict=True) if gap <= _allowed(c[1])]
        if not fitting:
            return None
        first = fitting[0][0]
        province = self.province[first[0]]
        # Units of one province that share the name: only the figures can tell, if one agrees much better.
        peers = [f for f in fitting if f[0][1] == first[1] and self.province[f[0][0]] == province]
        if len(peers) == 1:
            return first
        (best, gap), (_, second) = sorted(peers, key=lambda f: f[1])[:2]
        return best if gap <= SURE and second > 3 * max(gap, 0.05) else None

    def _respelled(self, row: int, taken: set[tuple[int, int]], refused: set[int]) -> "int | None":
        """The unit of a name much like the row's whose figures in some edition are nearly the row's, if there is one.

        Not one that has a row in the edition, or that was refused under its own name.
        """
        name, edition, near = self.name[row], self.printed[row], self.near[self.label[row]]
        looks = {
            unit
            for (province, full), units in self.names.items()
            if province in near and _alike(name, full)
            for unit in units
            if (edition, unit) not in taken and unit not in refused
        }
        scores = []
        for unit in looks:
            closest = np.fmin.reduce(np.abs(self.slow[row] - self.cube[unit]), axis=0)
            if np.isfinite(closest).sum() >= 2:
                scores.append((float(median(closest, axis=0)), unit))
        scores.sort()
        if not scores or scores[0][0] > SURE or (len(scores) > 1 and scores[1][0] < max(SURE / 2, 3 * scores[0][0])):
            return None
        return scores[0][1]

    def _finish(
        self,
        candidates: list[list[tuple[int, str]]],
        found: "list[tuple[int, str] | None]",
        gaps: list[list[float]],
    ) -> Matched:
        records, left_out = [], []
        for i, row in enumerate(self.rows["row"].tolist()):
            choice = found[i]
            if self.printed[i] == MISLABELLED:
                left_out.append((row, "year label wrong", "", "figures of the early 1990s under the label 2000"))
            elif self.mixed[i]:
                likely = self.unit_id[candidates[i][0][0]] if candidates[i] else ""
                left_out.append((row, "columns out of step", likely, "figures stand under other columns' headings"))
            elif choice is None:
                left_out.append((row, *self._reason(candidates[i], gaps[i])))
            else:
                unit, kind = choice
                as_labelled = self.province[unit] == self.label[i]
                if kind == "exact" and not as_labelled:
                    kind = "province corrected"
                records.append((i, row, self.printed[i], unit, self.unit_id[unit], kind, not as_labelled))
        columns = ["at", "row", "edition", "unit", "unit_id", "match", "strange"]
        kept, twice = self._once(pd.DataFrame(records, columns=columns))
        listed = pd.DataFrame(left_out + twice, columns=["row", "reason", "unit_id", "note"])
        return Matched(
            kept[["row", "unit_id", "match"]].sort_values("row", ignore_index=True),
            listed.sort_values("row", ignore_index=True),
        )

    def _reason(self, choices: list[tuple[int, str]], gaps: list[float]) -> tuple[str, str, str]:
        if not choices:
            return "no such unit", "", "no unit of this name in the labelled province or those printed beside it"
        fitting = [self.unit_id[unit] for (unit, kind), gap in zip(choices, gaps, strict=True)
                   if gap <= _allowed(kind)]  # fmt: skip
        if fitting:
            return "several units fit", "", f"fits {' '.join(fitting)}"
        (unit, kind), gap = choices[0], gaps[0]
        reason = "figures not the unit's" if kind in OWN_NAME else "other ground"
        note = f"area, people, households or villages differ from the unit's own by a factor of {np.exp(gap):.2f}"
        return reason, self.unit_id[unit], note

    def _once(self, rows: pd.DataFrame) -> tuple[pd.DataFrame, list[tuple[int, str, str, str]]]:
        """One row a unit and edition: the one nearest to the unit's own figures, then the one labelled rightly."""
        double = rows[rows.duplicated(["edition", "unit"], keep=False)]
        gap = pd.Series(0.0, index=rows.index)
        for i, at, unit in zip(double.index, double["at"].tolist(), double["unit"].tolist(), strict=True):
            others = np.delete(self.cube[unit], self.edition[at], axis=0)
            ratios = np.abs(self.slow[at] - median(others, axis=0))
            gap[i] = np.round(np.nan_to_num(median(ratios, axis=0)), 2)
        rank = {kind: i for i, kind in enumerate(("exact", "province corrected", *MATCHES_BY_NAME[1:], "respelled"))}
        ranked = rows.assign(gap=gap, rank=rows["match"].map(rank)).sort_values(
            ["edition", "unit", "gap", "strange", "rank", "row"]
        )
        again = ranked.duplicated(["edition", "unit"], keep="first")
        keys = ["edition", "unit", "row"]
        first = {(edition, unit): int(row) for edition, unit, row in ranked.loc[~again, keys].to_numpy().tolist()}
        place = self.rows.drop(columns=["edition", "province", "name"]).set_index("row")
        twice = []
        for row, edition, unit, unit_id in ranked.loc[again, ["row", "edition", "unit", "unit_id"]].to_numpy().tolist():
            kept = first[edition, unit]
            pair = place.loc[[kept, row]]
            differ = pair.columns[(pair.nunique(dropna=False) > 1).to_numpy()]
            note = f"differs in {' '.join(differ)}" if len(differ) else "the same figures"
            twice.append((int(row), "printed twice", str(unit_id), f"row {kept} is taken; {note}"))
        return ranked[~again], twice


def median(values: np.ndarray, axis: int) -> np.ndarray:
    """Median along an axis without NaN; NaN where nothing else is."""
    ordered = np.moveaxis(np.sort(values, axis=axis), axis, -1)  # NaN comes last
    known = (~np.isnan(ordered)).sum(axis=-1)
    low = np.take_along_axis(ordered, np.maximum((known - 1) // 2, 0)[..., None], axis=-1)[..., 0]
    high = np.take_along_axis(ordered, np.minimum(known // 2, ordered.shape[-1] - 1)[..., None], axis=-1)[..., 0]
    return np.where(known > 0, (low + high) / 2, np.nan)


def _log(frame: pd.DataFrame) -> np.ndarray:
    values = frame.to_numpy(dtype=float)
    return np.log(np.where(values > 0, values, np.nan))


def _apart(label: str, province: str) -> int:
    return abs(PROVINCES.index(label) - PROVINCES.index(province))


def _allowed(kind: str) -> float:
    return float(OTHER_PLACE if kind in OWN_NAME else SAME_GROUND)


def _alike(name: str, full: str) -> bool:
    """One character differs, is missing or is too many; or the name is the end or the beginning of the full one."""
    if len(name) >= 3 and len(full) > len(name) and (full.endswith(name) or full.startswith(name)):
        return True
    if len(name) == len(full):
        return len(name) > 1 and sum(a != b for a, b in zip(name, full, strict=True)) == 1
    if abs(len(name) - len(full)) == 1 and min(len(name), len(full)) >= 3:
        short, long = sorted((name, full), key=len)
        return any(long[:i] + long[i + 1 :] == short for i in range(len(long)))
    return False


def match_rates(yearbook: pd.DataFrame, unmatched: pd.DataFrame) -> pd.DataFrame:
    """Match rate by edition and province as printed.

    Both frames as `tables` loads them. Columns: edition, province_printed, rows (upstream rows that aren't a second
    print of one taken), matched, rate (matched over rows).
    """
    taken = yearbook.assign(
        province_printed=yearbook["province_printed"].where(yearbook["province_printed"] != "", yearbook["province"])
    )
    other = unmatched[unmatched["reason"] != "printed twice"]
    keys = ["edition", "province_printed"]
    counts = pd.concat(
        [taken.groupby(keys).size().rename("matched"), other.groupby(keys).size().rename("other")], axis=1
    )
    counts = counts.fillna(0).astype("int64").reset_index()
    counts["rows"] = counts["matched"] + counts["other"]
    counts["rate"] = counts["matched"] / counts["rows"]
    return counts[[*keys, "rows", "matched", "rate"]].sort_values(keys, ignore_index=True)
