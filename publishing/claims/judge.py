"""Hold conditions against findings."""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from publishing.claims.grammar import (
    ABOUT_WITHIN,
    About,
    Amount,
    Between,
    Compare,
    Condition,
    Covers,
    Multiple,
    Operand,
    Predicate,
    Quantity,
    Sign,
    Significant,
)
from publishing.errors import BookError
from publishing.findings import Found, nearest

# Units in which a third is 0.33; in percent it is 33, and in any other unit a share means nothing.
SHARES = ("p-value", "share", "ratio", "fraction", "proportion", "probability", "correlation", "elasticity")
NUMBER_UNIT = "as a number"
_EQUAL = 1e-9


class JudgementError(BookError):
    """A condition cannot be judged: a key is unknown, a field is missing, or units differ."""


@dataclass(frozen=True)
class Value:
    """A number with its unit, and the finding and field that it is from."""

    number: float
    unit: str
    field: str
    found: Found

    def __str__(self) -> str:
        if self.field != "value":
            return f"{self.field} of {self.found.key} = {shown(self.number)}"
        found = self.found
        more = []
        if found.interval is not None:
            level = f"{100 * found.level:g}% " if found.level else ""
            more.append(f"{level}interval {shown(found.interval[0])} to {shown(found.interval[1])}")
        if found.p_value is not None:
            more.append(f"p = {shown(found.p_value)}")
        return f"{found.key} = {shown(self.number)} {found.unit}" + (f" ({', '.join(more)})" if more else "")


@dataclass(frozen=True)
class Case:
    """One quantity of a condition: whether what is said of it is so, and the values looked at, its own first."""

    holds: bool
    values: tuple[Value, ...]


@dataclass(frozen=True)
class Judgement:
    """A condition held against the findings; `cases` has one quantity, or each one that a count counts."""

    condition: Condition
    holds: bool
    cases: tuple[Case, ...]

    @property
    def against(self) -> tuple[Case, ...]:
        """The cases that speak against a condition that does not hold."""
        if self.condition.count is None:
            return self.cases
        too_many = self.condition.count.kind in ("none", "at most")
        if self.condition.count.kind == "exactly":
            too_many = sum(c.holds for c in self.cases) > self.condition.count.number
        return tuple(case for case in self.cases if case.holds == too_many)


def shown(number: float) -> str:
    """A number for a message: four significant digits, or all before the point."""
    return f"{number:.0f}" if abs(number) >= 1e4 else f"{number:.4g}"


def _field(quantity: Quantity, found: Found) -> Value:
    field, number, unit = quantity.field, None, found.unit
    if field in ("lower", "upper"):
        number = found.interval[field == "upper"] if found.interval else None
    else:
        number = getattr(found, field)
    if number is None:
        has = [n for n in ("interval", "p_value", "n", "detectable") if getattr(found, n) is not None]
        raise JudgementError(f"{found.key} has no {field}; it has its value" + "".join(f", {n}" for n in has))
    if field in ("p_value", "smallest_p", "level"):
        unit = "p-value" if field != "level" else "share"
    elif field in ("n", "clusters", "placebos"):
        unit = NUMBER_UNIT
    return Value(float(number), unit, field, found)


def _unknown(key: str, known: Mapping[str, Found]) -> JudgementError:
    close = nearest(key, known)
    hint = f"the nearest are {', '.join(close)}" if close else f"none of the {len(known)} findings is like it"
    what = "no key matches the pattern" if "*" in key else "no finding has the key"
    return JudgementError(f"{what} {key}; {hint}")


def _one(quantity: Quantity, known: Mapping[str, Found]) -> Value:
    if quantity.key not in known:
        raise _unknown(quantity.key, known)
    return _field(quantity, known[quantity.key])


def _matches(pattern: str, known: Mapping[str, Found]) -> list[tuple[str, tuple[str, ...]]]:
    """The keys that a pattern stands for, each with what its stars stand for; a star holds no point."""
    expression = re.compile("([^.]+)".join(re.escape(part) for part in pattern.split("*")))
    found = [(key, match.groups()) for key in sorted(known) if (match := expression.fullmatch(key))]
    if not found:
        raise _unknown(pattern, known)
    return found


def _filled(quantity: Quantity, stars: tuple[str, ...]) -> Quantity:
    if not quantity.is_pattern:
        return quantity
    parts = quantity.key.split("*")
    key = "".join(part + star for part, star in zip(parts, (*stars, ""), strict=True))
    return Quantity(key, quantity.field)


def _in_unit(amount: Amount, value: Value) -> float:
    """An amount in the unit of a value."""
    if amount.kind == "number":
        return amount.value
    share = amount.value / 100 if amount.kind == "percentage" else amount.value
    if value.unit == "percent":
        return 100 * share
    if any(value.unit == name or value.unit.endswith(f" {name}") for name in SHARES):
        return share
    raise JudgementError(f"{amount} is a share, and {value.found.key} is in {value.unit}; write a number in that unit")


class _Case:
    """One quantity, with what its stars stand for, and the values looked at on the way."""

    def __init__(self, left: Value, stars: tuple[str, ...], known: Mapping[str, Found]) -> None:
        self.left, self.stars, self.known = left, stars, known
        self.values = [left]

    def operand(self, operand: Operand) -> float:
        """The number to compare with, in the unit of the quantity."""
        if isinstance(operand, Amount):
            return _in_unit(operand, self.left)
        quantity = operand.quantity if isinstance(operand, Multiple) else operand
        value = _one(_filled(quantity, self.stars), self.known)
        if value.unit != self.left.unit:
            raise JudgementError(
                f"units differ: {self.left.found.key} is in {self.left.unit}, {value.found.key} in {value.unit}"
                if self.left.field == value.field == "value"
                else f"units differ: {_named(self.left)} is {_unit(self.left)}, {_named(value)} is {_unit(value)}"
            )
        self.values.append(value)
        if isinstance(operand, Quantity):
            return value.number
        factor = operand.amount.value / (100 if operand.amount.kind == "percentage" else 1)
        return factor * value.number

    def significant(self, said: Significant) -> bool:
        found = self.left.found
        if found.p_value is not None:
            return found.p_value <= said.level + _EQUAL
        if found.interval is None or found.level is None:
            raise JudgementError(f"{found.key} has neither p_value nor interval, so nothing says how sure it is")
        if abs(1 - found.level - said.level) > _EQUAL:
            raise JudgementError(
                f"{found.key} has no p_value, and its interval at {100 * found.level:g}% cannot tell significance at "
                f"{100 * said.level:g}%; write `significant at {100 * (1 - found.level):g}%`"
            )
        return not found.interval[0] <= 0 <= found.interval[1]

    def covers(self, said: Covers) -> bool:
        found = self.left.found
        if found.interval is None:
            raise JudgementError(f"{found.key} has no interval")
        return (found.interval[0] <= _in_unit(said.amount, self.left) <= found.interval[1]) == said.included

    def compare(self, said: Compare) -> bool:
        return _compared(said.operator, *self.sized(said.in_size, said.operand))

    def between(self, said: Between) -> bool:
        number, low, high = self.sized(said.in_size, said.low, said.high)
        return _compared("<=", low, number) and _compared("<=", number, high)

    def about(self, said: About) -> bool:
        number, stated = self.sized(said.in_size, said.operand)
        if said.within is None:
            allowed = ABOUT_WITHIN * abs(stated)
        else:
            allowed = said.within.value * (abs(stated) / 100 if said.within.kind == "percentage" else 1)
        return _compared("<=", abs(number - stated), allowed)

    def sized(self, in_size: bool, *operands: Operand) -> list[float]:
        numbers = [self.left.number, *(self.operand(o) for o in operands)]
        return [abs(n) for n in numbers] if in_size else numbers

    def judge(self, said: Predicate) -> Case:
        judge: dict[type, Callable[..., bool]] = {
            Significant: lambda s: self.significant(s) != s.negated,
            Sign: lambda s: (self.left.number * (1 if s.sign == "positive" else -1) > 0) != s.negated,
            Covers: self.covers,
            Compare: self.compare,
            Between: self.between,
            About: self.about,
        }
        holds = judge[type(said)](said)
        return Case(holds, tuple(self.values))


def _named(value: Value) -> str:
    return value.found.key if value.field == "value" else f"{value.field} of {value.found.key}"


def _unit(value: Value) -> str:
    return value.unit if value.unit == NUMBER_UNIT else f"in {value.unit}"


def _compared(operator: str, left: float, right: float) -> bool:
    if math.isclose(left, right, rel_tol=_EQUAL, abs_tol=1e-12):
        return operator in (">=", "<=", "=")
    return {"<": left < right, "<=": left < right, ">": left > right, ">=": left > right}.get(
        operator, operator == "!="
    )


def judge(condition: Condition, known: Mapping[str, Found]) -> Judgement:
    """Hold a condition against the findings.

    Raises:
        JudgementError: a key is unknown, a finding lacks what is asked of it, or units differ.
    """
    cases: dict[tuple[str, str], Case] = {}
    for quantity in condition.quantities:
        keys = _matches(quantity.key, known) if quantity.is_pattern else [(quantity.key, ())]
        for key, stars in keys:
            left = _one(Quantity(key, quantity.field), known)
            cases[key, quantity.field] = _Case(left, stars, known).judge(condition.predicate)
    number = sum(case.holds for case in cases.values())
    count = condition.count
    if count is None or count.kind == "all":
        holds = number == len(cases)
    elif count.kind == "none":
        holds = number == 0
    else:
        bound = {"at least": number >= count.number, "at most": number <= count.number}
        holds = bound.get(count.kind, number == count.number)
    return Judgement(condition, holds, tuple(cases.values()))
