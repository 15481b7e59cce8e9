"""Two sets of findings side by side: what was added, removed or changed, and which signs or significance turned."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from publishing.diff import numbers
from publishing.errors import ConfigError
from publishing.findings import Found

Turn = Literal["sign", "significance"]

P_VALUE = "p-value"
LEVEL = 0.95
_ROUNDING = 1e-9  # 1 - 0.95 is not 0.05 exactly
# In the unit of the finding; the others are told by their own names.
_IN_UNIT = ("value", "standard_error", "interval", "detectable")
_P_VALUES = ("p_value", "smallest_p")
_COUNTS = ("n", "clusters", "placebos", "level")
_WORDS = ("unit", "sample", "specification")


@dataclass(frozen=True)
class Tolerance:
    """How far two numbers may lie apart and still count as equal.

    `printed`: as far as nothing that is printed differs. Otherwise by `relative` (to the larger of the two) or
    `absolute` (in the finding's unit), whichever allows more; both nought is exact.
    """

    printed: bool = False
    relative: float = 0.0
    absolute: float = 0.0

    def __str__(self) -> str:
        if self.printed:
            return "as printed"
        if not self.relative and not self.absolute:
            return "exact"
        given = {"relative": self.relative, "absolute": self.absolute}
        return ", ".join(f"{name} {value:g}" for name, value in given.items() if value)


def parse_tolerance(text: str) -> Tolerance:
    """Read `printed`, `exact`, `relative=0.001`, `absolute=0.01`, or the two last joined by a comma.

    Raises:
        ConfigError: it is none of these.
    """
    if text in ("printed", "exact"):
        return Tolerance(printed=text == "printed")
    given: dict[str, float] = {}
    for part in text.split(","):
        name, _, value = (piece.strip() for piece in part.partition("="))
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        if name not in ("relative", "absolute") or name in given or not 0 <= number < math.inf:
            raise ConfigError(
                f"--tolerance: found {text!r}; allowed are printed, exact, relative=NUMBER, absolute=NUMBER, or the "
                "two last joined by a comma, with numbers from 0."
            )
        given[name] = number
    return Tolerance(relative=given.get("relative", 0.0), absolute=given.get("absolute", 0.0))


@dataclass(frozen=True)
class Field:
    """One field of a finding in both sets, as data and as shown; a field that is not there is None and "none"."""

    name: str
    old: float | str | tuple[float, float] | None
    new: float | str | tuple[float, float] | None
    old_shown: str
    new_shown: str


@dataclass(frozen=True)
class Change:
    """A finding that both sets have and that differs: its fields that do, and what turned."""

    key: str
    old: Found
    new: Found
    fields: tuple[Field, ...]
    turns: tuple[Turn, ...]

    @property
    def reworded(self) -> bool:
        """Whether only the words for its sample or specification differ."""
        return not self.turns and {field.name for field in self.fields} <= {"sample", "specification"}


@dataclass(frozen=True)
class Comparison:
    """What differs between two sets of findings, each list by key."""

    added: tuple[Found, ...]
    removed: tuple[Found, ...]
    changed: tuple[Change, ...]
    equal: int


def significant(found: Found) -> bool | None:
    """Whether a finding differs from nought at its own level (0.95 if it names none), or None if it cannot tell.

    By its p-value, else by its interval; a finding that is itself a p-value is judged by its value.
    """
    p = found.value if found.unit == P_VALUE else found.p_value
    if p is not None:
        return p <= 1 - (found.level or LEVEL) + _ROUNDING
    if found.interval is not None:
        return found.interval[0] > 0 or found.interval[1] < 0
    return None


def _digits(old: Found, new: Found) -> int:
    return max(numbers.decimals(found.value, found.unit, found.standard_error) for found in (old, new))


def with_unit(number: str, unit: str) -> str:
    """A shown number with its unit; the unit of p-values goes without saying."""
    return f"{number} {unit}" if unit != P_VALUE else number


def show(found: Found) -> str:
    """A finding's value with its unit."""
    if found.unit == P_VALUE:
        return numbers.p_value(found.value)
    digits = numbers.decimals(found.value, found.unit, found.standard_error)
    return with_unit(numbers.fixed(found.value, digits), found.unit)


def _shown(name: str, found: Found, digits: int, *, whole: bool) -> str:
    value = getattr(found, name)
    if value is None:
        return "none"
    if name in _WORDS:
        return str(value)
    ends = value if name == "interval" else (value,)
    p = name in _P_VALUES or (found.unit == P_VALUE and name in _IN_UNIT)
    if whole:
        texts = [numbers.exact(float(end)) for end in ends]
    elif p:
        texts = [numbers.p_value(float(end)) for end in ends]
    else:
        texts = [numbers.exact(float(end)) if name in _COUNTS else numbers.fixed(end, digits) for end in ends]
    text = " to ".join(texts)
    return with_unit(text, found.unit) if name in _IN_UNIT else text


def _numbers(name: str, found: Found) -> tuple[float, ...] | None:
    value = getattr(found, name)
    if value is None:
        return None
    return tuple(value) if name == "interval" else (float(value),)


def _field(name: str, old: Found, new: Found, tolerance: Tolerance) -> Field | None:
    """The field if it differs by more than the tolerance."""
    before, after = getattr(old, name), getattr(new, name)
    if before == after and (name not in _IN_UNIT or before is None or old.unit == new.unit):
        return None
    digits = _digits(old, new)
    shown = tuple(_shown(name, found, digits, whole=False) for found in (old, new))
    a, b = (None, None) if name in _WORDS else (_numbers(name, old), _numbers(name, new))
    comparable = a is not None and b is not None and old.unit == new.unit
    if tolerance.printed and shown[0] == shown[1] and name not in _WORDS:
        return None
    if not tolerance.printed and comparable and a is not None and b is not None:
        pairs = zip(a, b, strict=True)
        if all(math.isclose(x, y, rel_tol=tolerance.relative, abs_tol=tolerance.absolute) for x, y in pairs):
            return None
    if shown[0] == shown[1]:
        shown = tuple(_shown(name, found, digits, whole=True) for found in (old, new))
    return Field(name, before, after, shown[0], shown[1])


def _change(old: Found, new: Found, tolerance: Tolerance) -> Change | None:
    names = (*_IN_UNIT, *_P_VALUES, *_COUNTS, *_WORDS)
    fields = [field for name in names if (field := _field(name, old, new, tolerance))]
    turns: list[Turn] = []
    if old.unit == new.unit and old.value * new.value < 0 and any(field.name == "value" for field in fields):
        turns.append("sign")
    before, after = significant(old), significant(new)
    if before is not None and after is not None and before != after:
        turns.append("significance")
        if not fields:  # it turned within what is printed: show what it turned by
            telling = "value" if new.unit == P_VALUE else "p_value" if new.p_value is not None else "interval"
            whole = (_shown(telling, found, 0, whole=True) for found in (old, new))
            fields = [Field(telling, getattr(old, telling), getattr(new, telling), *whole)]
    return Change(new.key, old, new, tuple(fields), tuple(turns)) if fields else None


def compare(old: Mapping[str, Found], new: Mapping[str, Found], tolerance: Tolerance) -> Comparison:
    """What differs between two sets of findings.

    A turned significance counts whatever the tolerance; a turned sign only where the value changed by more.
    """
    both = sorted(old.keys() & new.keys())
    changes = tuple(change for key in both if (change := _change(old[key], new[key], tolerance)))
    return Comparison(
        added=tuple(new[key] for key in sorted(new.keys() - old.keys())),
        removed=tuple(old[key] for key in sorted(old.keys() - new.keys())),
        changed=changes,
        equal=len(both) - len(changes),
    )
