"""Which unit of one census is which unit of the next: by code and name, by events, by name, and by a list kept here.

A unit carries on where one unit of the later census is on mainly the same ground: under the same code and name, by
an event that made one into the other, or under the same name in its province. In a merger or a split the unit with
the same name carries on, with changed ground; where none has it, none carries on.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis.data.compile.errors import CompileError
from analysis.data.compile.events import Becomes
from analysis.data.frames import each

RULES = ("code and name", "event", "name", "listed")


@dataclass(frozen=True)
class Link:
    """A unit of the earlier census and the unit of the later one that carries it on; why."""

    earlier: str
    later: str
    rule: str
    events: tuple[str, ...] = ()


@dataclass(frozen=True)
class Listed:
    """A link that no rule finds, or the ruling on a pair that a rule would get wrong; `later` empty: none."""

    earlier: str
    later: str
    reason: str
    confidence: str = "medium"
    events: tuple[str, ...] = ()


def link(
    earlier: pd.DataFrame,
    later: pd.DataFrame,
    becomes: Iterable[Becomes],
    same_stem: Callable[[str, str], bool],
    same_name: Callable[[str, str], bool],
    listed: Iterable[Listed] = (),
) -> list[Link]:
    """Links between two censuses, each code of either in one link at most; sorted by the earlier code.

    `earlier` and `later` have code, province (as a name), prefecture (as a name or nothing), name.
    `same_stem` says of an earlier code and a later code's name whether the place can be the same; `same_name`
    says of an earlier code and a name in characters whether that is the earlier unit's own name.

    Raises:
        CompileError: a listed link names a code that a census lacks.
    """
    linker = _Linker(earlier, later, same_stem)
    linker.take(listed)
    linker.by_code()
    linker.by_event(becomes, same_name)
    linker.by_name()
    return [linker.links[code] for code in sorted(linker.links)]


class _Linker:
    """Links made so far, the later codes that they take, and earlier codes that no rule may link."""

    def __init__(self, earlier: pd.DataFrame, later: pd.DataFrame, same_stem: Callable[[str, str], bool]) -> None:
        self.left: dict[str, Any] = {row.code: row for row in each(earlier)}
        self.right: dict[str, Any] = {row.code: row for row in each(later)}
        self.same_stem = same_stem
        self.links: dict[str, Link] = {}
        self.taken: set[str] = set()
        self.closed: set[str] = set()

    def add(self, made: Link) -> None:
        self.links[made.earlier] = made
        self.taken.add(made.later)

    def open_left(self) -> list[Any]:
        return [row for code, row in self.left.items() if code not in self.links and code not in self.closed]

    def open_right(self, province: str) -> list[Any]:
        return [row for code, row in self.right.items() if code not in self.taken and row.province == province]

    def take(self, listed: Iterable[Listed]) -> None:
        for entry in listed:
            if entry.earlier not in self.left or (entry.later and entry.later not in self.right):
                raise CompileError(
                    f"links: {entry.earlier} to {entry.later or 'none'} is listed; a census lacks the code"
                )
            if entry.later:
                self.add(Link(entry.earlier, entry.later, "listed", entry.events))
            else:
                self.closed.add(entry.earlier)

    def by_code(self) -> None:
        for row in self.open_left():
            same = self.right.get(row.code)
            if same is not None and row.code not in self.taken and self.same_stem(row.code, same.name):
                self.add(Link(row.code, row.code, "code and name"))

    def by_event(self, becomes: Iterable[Becomes], same_name: Callable[[str, str], bool]) -> None:
        steps: dict[str, list[Becomes]] = defaultdict(list)
        for step in becomes:
            steps[step.province].append(step)
        arrows: dict[tuple[str, str], tuple[str, ...]] = {}
        for row in self.open_left():
            here = steps[row.province]
            reached: dict[str, tuple[str, ...]] = {b.new: (b.event_id,) for b in here if same_name(row.code, b.old)}
            # A county may have become a city, and the city a district.
            for b in [*here, *here]:
                if b.old in reached and b.new not in reached:
                    reached[b.new] = (*reached[b.old], b.event_id)
            found = [r for r in self.open_right(row.province) if r.name in reached]
            near = [r for r in found if r.code[:4] == row.code[:4]]
            exact = [r for r in near if r.code == row.code]
            for choice in (exact, near, found):
                if len(choice) == 1:
                    arrows[row.code, choice[0].code] = reached[choice[0].name]
                    break
        counts = Counter(later for _, later in arrows)
        for (earlier, later), events in sorted(arrows.items()):
            if counts[later] == 1 or earlier == later:
                self.add(Link(earlier, later, "event", tuple(sorted(set(events)))))

    def by_name(self) -> None:
        """Names that are unique in the province; then those that the way of a unit's neighbours makes unique.

        In the first round a name links if one open unit of either census in the province has it. In later rounds
        a unit goes where units of its prefecture, told by the codes' first four digits, went before, if it alone
        of its name can have come that way.
        """
        moved: Counter[tuple[str, str]] = Counter()
        while found := [made for row in self.open_left() if (made := self._named_like(row, moved))]:
            for made in found:
                self.add(made)
                moved[made.earlier[:4], made.later[:4]] += 1

    def _named_like(self, row: Any, moved: "Counter[tuple[str, str]]") -> Link | None:
        targets = [r.code for r in self.open_right(row.province) if self.same_stem(row.code, r.name)]
        if len(targets) > 1:
            targets = [code for code in targets if moved[row.code[:4], code[:4]]]
        if len(targets) != 1:
            return None
        (target,) = targets
        rivals = [
            r.code
            for r in self.open_left()
            if r.code != row.code and r.province == row.province and self.same_stem(r.code, self.right[target].name)
        ]
        came = moved[row.code[:4], target[:4]] and not any(moved[code[:4], target[:4]] for code in rivals)
        return Link(row.code, target, "name") if came or not rivals else None
