"""What administrative events say about county-level units: who became whom, and whose ground changed.

The upstream text is read by its stock phrases. An event keeps the ground only if every clause of it is one of the
phrases in `_KEEPS`, or its whole text one of them; anything else counts as a change of the ground of every unit that
it names.
"""

import re
from dataclasses import dataclass

import pandas as pd

from analysis.data.compile.errors import CompileError
from analysis.data.frames import each

# 和 joins two names after the end of one, and is a character of others (南和县).
_NAME = "(?:(?![县市区旗]和)[^，；。、与及（）()])+?[县市区旗]"
_BECOMES = re.compile(f"(?:将|原)?(?P<old>{_NAME})(?:县名)?(?:更名为|恢复为)(?P<new>{_NAME})(?=$|[，；。])")
_REPLACED = re.compile(
    f"撤销(?P<old>{_NAME})[，；]?(?:恢复)?(?:设立|成立)(?:新的)?(?P<new>{_NAME})(?:（县级）)?(?=$|[，；。])"
)
_KEEPS = tuple(
    re.compile(pattern)
    for pattern in (
        _BECOMES.pattern,
        _REPLACED.pattern,
        # A whole unit under another prefecture.
        f"将(?:原由|原)?{_NAME}(?:代管的)?(?:县级)?{_NAME}(?:划归|改由){_NAME}(?:管辖|代管)",
        f"将(?:原由)?{_NAME}代管的县级{_NAME}改由{_NAME}代管",
        # A prefecture's own conversion: its units come with it whole.
        "撤销[^，；]*(?:地区|地级|开发区)[^，；]*[，；].*",
        "撤销莱芜市，将其所辖区域划归济南市管辖；.*",
        "撤销[^，；]*行政委员会和[^，；]*行政委员会，设立县级茫崖市",
    )
)
_REFERENCE = re.compile("<ref.*?(?:</ref>|$)", re.DOTALL)
_MONTH_DAY = re.compile("(?:^|[^0-9])([0-9]{1,2})月([0-9]{1,2})日")


@dataclass(frozen=True)
class Becomes:
    """One unit became another, by an event."""

    event_id: str
    year: int
    month: int
    province: str
    old: str
    new: str


def prepared(events: pd.DataFrame, places: pd.DataFrame, years: range) -> pd.DataFrame:
    """Events of some years: event_id, year, month (0 if not said), province, text, keeps, seat.

    `places` has province, prefecture and name of units; an event's province is the one its text names, or that
    of the prefectures and units that it names. `keeps` says that no ground changed hands, `seat` that only a
    government moved house.

    Raises:
        CompileError: an event's province cannot be told.
    """
    of_prefecture = dict(zip(places["prefecture"], places["province"], strict=True))
    provinces = sorted(set(places["province"]))
    rows = []
    for event in each(events[events["year"].isin(years)]):
        change = _REFERENCE.sub("", str(event.change)).strip()
        description = _REFERENCE.sub("", str(event.description)).strip()
        cells = [cell.strip() for cell in re.split(r"\s[|]\s|^[|]|[|]$", change)]
        change = max(cells, key=lambda cell: (bool(re.search("撤销|设立|更名|划归|划入|改由|备案", cell)), len(cell)))
        both = f"{description} {event.change}"
        found = [p for p in provinces if p in both]
        if len(found) != 1:
            named = {of_prefecture[p] for p in of_prefecture if p in both}
            found = [p for p in (found or sorted(named)) if p in named]
        if len(found) != 1:
            if event.kind == "residence_change":
                continue
            raise CompileError(f"boundary_events.csv, {event.event_id}: its province cannot be told; found {found}")
        date = _MONTH_DAY.search(description)
        rows.append(
            {
                "event_id": str(event.event_id),
                "year": int(event.year),
                "month": int(date[1]) if date else 0,
                "province": found[0],
                "text": change,
                "where": f"{change}；{event.units}；{event.old}；{event.new}；{description}",
                "keeps": _keeps(change.rstrip("；。")),
                "seat": event.kind == "residence_change",
            }
        )
    return pd.DataFrame(rows)


def _keeps(change: str) -> bool:
    def stock(text: str) -> bool:
        return any(pattern.fullmatch(text) for pattern in _KEEPS)

    return stock(change) or all(stock(clause) for clause in re.split("[；。]", change))


def becomes(events: pd.DataFrame, prefectures: set[str]) -> list[Becomes]:
    """Every case in which the text says that one unit became one other, whether or not ground changed hands."""
    found = []
    for event in each(events[~events["seat"]]):
        for pattern in (_BECOMES, _REPLACED):
            for match in pattern.finditer(str(event.text)):
                old = bare(match["old"], str(event.province), prefectures)
                new = bare(match["new"], str(event.province), prefectures)
                found.append(
                    Becomes(str(event.event_id), int(event.year), int(event.month), str(event.province), old, new)
                )
    return found


def bare(name: str, province: str, prefectures: set[str]) -> str:
    """A unit's name without the province, prefecture and rank that a text puts before it."""
    name = re.sub(f"^(?:将|原)?(?:中国)?(?:{province})?", "", name)
    for prefecture in prefectures:
        rest = name.removeprefix(prefecture)
        if rest != name and len(rest) > 1:
            name = rest
            break
    return re.sub("^(?:新的|原|县级|地级)+", "", name)


def named(text: str, names: list[str]) -> list[str]:
    """Those of `names` that a text holds; a longer name hides a shorter one inside it."""
    found = []
    for name in sorted(set(names), key=lambda n: (-len(n), n)):
        if name in text:
            found.append(name)
            text = text.replace(name, "※")
    return found
