"""The language of claims: a small grammar, read by hand; docs/claims.md has it with examples.

claim      = condition { ";" condition }
condition  = [ count "of" ] quantity { "," quantity } predicate
count      = "all" | "none" | ( "at least" | "at most" | "exactly" ) whole
quantity   = [ field "of" ] key            a key may hold "*", which stands for a part between two points
predicate  = is [ "not" ] "significant" [ "at" percentage ]
           | is [ "not" ] ( "positive" | "negative" )
           | [ "interval" ] ( "excludes" | "includes" ) number
           | [ is ] ( ">" | ">=" | "<" | "<=" | "=" | "!=" ) operand [ "in size" ]
           | is [ "not" ] ( "larger" | "smaller" ) "than" operand [ "in size" ]
           | is ( "at least" | "at most" ) operand [ "in size" ]
           | is "between" operand "and" operand [ "in size" ]
           | is "about" operand [ "within" ( percentage | number ) ] [ "in size" ]
operand    = amount | [ "twice" | number "times" | ( fraction | percentage ) "of" ] quantity
amount     = number | percentage | fraction
is         = "is" | "are"
"""

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from publishing.errors import BookError

FIELDS = (
    "value",
    "standard_error",
    "lower",
    "upper",
    "level",
    "p_value",
    "n",
    "clusters",
    "placebos",
    "smallest_p",
    "detectable",
)
OPERATORS = (">=", "<=", "!=", ">", "<", "=")
SIGNIFICANT_AT = 0.05
ABOUT_WITHIN = 0.1

_SIGNS = {"−": "-", "≥": ">=", "≤": "<=", "≠": "!="}
_PARTS = {"third": 3, "thirds": 3, "quarter": 4, "quarters": 4, "fifth": 5, "fifths": 5, "tenth": 10, "tenths": 10}
_COUNTED = {"a": 1, "one": 1, "two": 2, "three": 3, "four": 4}
_TOKEN = re.compile(
    r"\s*(?:(?P<key>[a-z*][a-z0-9_*]*(?:\.[a-z0-9_*]+)+)"
    r"|(?P<number>[+\-−]?\d+(?:\.\d+)?(?![\w.]))"
    r"|(?P<word>[A-Za-z_]+)"
    r"|(?P<sign>>=|<=|!=|[≥≤≠><=;,%])"
    r"|(?P<other>\S[^\s;]*))"
)


class ClaimSyntaxError(BookError):
    """A claim that cannot be read; the message has the claim, a mark under the word, and what is allowed there."""


@dataclass(frozen=True)
class Amount:
    """A number as the author wrote it: plain, in percent, or a fraction in words."""

    text: str
    kind: Literal["number", "percentage", "fraction"] = "number"

    @property
    def value(self) -> float:
        """The number; a percentage is the number before its sign."""
        if self.kind != "fraction":
            return float(self.text)
        if self.text == "half":
            return 0.5
        counted, part = self.text.split()
        return _COUNTED[counted] / _PARTS[part]

    def __str__(self) -> str:
        return f"{self.text}%" if self.kind == "percentage" else self.text


@dataclass(frozen=True)
class Quantity:
    """A field of one finding, or, where the key is a pattern, of several."""

    key: str
    field: str = "value"

    @property
    def is_pattern(self) -> bool:
        """Whether the key stands for several."""
        return "*" in self.key

    def __str__(self) -> str:
        return self.key if self.field == "value" else f"{self.field} of {self.key}"


@dataclass(frozen=True)
class Multiple:
    """A multiple or a share of a quantity."""

    amount: Amount
    quantity: Quantity

    def __str__(self) -> str:
        return f"{self.amount} {'times' if self.amount.kind == 'number' else 'of'} {self.quantity}"


Operand = Amount | Quantity | Multiple


@dataclass(frozen=True)
class Significant:
    """Significance at a level, a share."""

    negated: bool = False
    at: Amount | None = None

    @property
    def level(self) -> float:
        """The level as a share."""
        return SIGNIFICANT_AT if self.at is None else self.at.value / 100

    def __str__(self) -> str:
        return f"is {'not ' if self.negated else ''}significant" + (f" at {self.at}" if self.at else "")


@dataclass(frozen=True)
class Sign:
    """The sign of a quantity, whatever its significance."""

    sign: Literal["positive", "negative"]
    negated: bool = False

    def __str__(self) -> str:
        return f"is {'not ' if self.negated else ''}{self.sign}"


@dataclass(frozen=True)
class Covers:
    """Whether the interval holds an amount."""

    amount: Amount
    included: bool

    def __str__(self) -> str:
        return f"interval {'includes' if self.included else 'excludes'} {self.amount}"


@dataclass(frozen=True)
class Compare:
    """A comparison by value, or `in_size`: of absolute values."""

    operator: str
    operand: Operand
    in_size: bool = False

    def __str__(self) -> str:
        return f"{self.operator} {self.operand}{_size(self.in_size)}"


@dataclass(frozen=True)
class Between:
    """A range; both ends belong to it."""

    low: Operand
    high: Operand
    in_size: bool = False

    def __str__(self) -> str:
        return f"is between {self.low} and {self.high}{_size(self.in_size)}"


@dataclass(frozen=True)
class About:
    """An approximation, within a percentage of what is stated or within a number; a tenth of it if none is given."""

    operand: Operand
    within: Amount | None = None
    in_size: bool = False

    def __str__(self) -> str:
        return f"is about {self.operand}" + (f" within {self.within}" if self.within else "") + _size(self.in_size)


Predicate = Significant | Sign | Covers | Compare | Between | About


@dataclass(frozen=True)
class Count:
    """How many of several quantities."""

    kind: Literal["all", "none", "at least", "at most", "exactly"]
    number: int = 0

    def __str__(self) -> str:
        return self.kind if self.kind in ("all", "none") else f"{self.kind} {self.number}"


@dataclass(frozen=True)
class Condition:
    """One condition: which quantities, how many of them, and what is said of each."""

    quantities: tuple[Quantity, ...]
    predicate: Predicate
    count: Count | None = None

    def __str__(self) -> str:
        head = f"{self.count} of " if self.count else ""
        return f"{head}{', '.join(map(str, self.quantities))} {self.predicate}"


def _size(in_size: bool) -> str:
    return " in size" if in_size else ""


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    start: int


def _tokens(text: str) -> list[_Token]:
    found = []
    for match in _TOKEN.finditer(text):
        kind = str(match.lastgroup)
        raw = match[kind]
        word = "".join(_SIGNS.get(c, c) for c in raw) if kind in ("number", "sign") else raw
        found.append(_Token(kind, word.lower() if kind == "word" else word, match.start(kind)))
    return [*found, _Token("end", "", len(text))]


class _Reader:
    """Reads tokens from left to right."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = _tokens(text)
        self.at = 0

    @property
    def token(self) -> _Token:
        return self.tokens[self.at]

    def take(self) -> _Token:
        token = self.token
        self.at += 1
        return token

    def sees(self, *words: str) -> bool:
        ahead = self.tokens[self.at : self.at + len(words)]
        return [t.text for t in ahead if t.kind in ("word", "sign")] == list(words)

    def accept(self, *words: str) -> bool:
        if not self.sees(*words):
            return False
        self.at += len(words)
        return True

    def choose(self, choices: Sequence[str]) -> str | None:
        return next((c for c in choices if self.accept(*c.split())), None)

    def expect(self, *choices: str) -> str:
        found = self.choose(choices)
        if found is None:
            raise self.fault(choices)
        return found

    def fault(self, allowed: Sequence[str], at: _Token | None = None, why: str = "") -> ClaimSyntaxError:
        """What is wrong at a token, with the claim and a mark below the word."""
        token = at or self.token
        close = difflib.get_close_matches(token.text, [a for a in allowed if " " not in a], n=1, cutoff=0.7)
        found = f"found {token.text!r}" if token.text else "the condition ends too early"
        words = why or f"{found}; allowed here: {', '.join(allowed)}"
        hint = f"; did you mean {close[0]}?" if close else ""
        mark = " " * token.start + "^" * max(len(token.text), 1)
        return ClaimSyntaxError(f"    {self.text}\n    {mark}\n    {words}{hint}")


_KEY_WORDS = ("a key such as design.effect", "a field and `of`, such as p_value of KEY")
_COUNTS: tuple[Literal["at least", "at most", "exactly"], ...] = ("at least", "at most", "exactly")


def _amount(r: _Reader) -> Amount | None:
    if r.accept("half"):
        return Amount("half", "fraction")
    ahead = [t.text for t in r.tokens[r.at : r.at + 2]]
    if len(ahead) == 2 and ahead[0] in _COUNTED and ahead[1] in _PARTS:
        r.at += 2
        return Amount(" ".join(ahead), "fraction")
    if r.token.kind != "number":
        return None
    text = r.take().text
    return Amount(text, "percentage" if r.accept("%") else "number")


def _quantity(r: _Reader, allowed: Sequence[str] = _KEY_WORDS) -> Quantity:
    field = "value"
    if r.token.kind == "word":
        token = r.token
        if token.text == "interval":
            raise r.fault((), token, "say `KEY interval excludes 0`, `lower of KEY` or `upper of KEY`")
        if token.text not in FIELDS:
            raise r.fault((*allowed, *FIELDS) if r.tokens[r.at + 1].text == "of" else allowed, token)
        field = r.take().text
        r.expect("of")
    if r.token.kind != "key":
        raise r.fault(("a key such as design.effect",) if field != "value" else allowed)
    return Quantity(r.take().text, field)


def _operand(r: _Reader) -> Operand:
    allowed = ("a number", "a percentage", "a fraction such as a third", "twice", *_KEY_WORDS)
    if r.accept("twice"):
        return Multiple(Amount("2"), _quantity(r))
    amount = _amount(r)
    if amount is None:
        return _quantity(r, allowed)
    if r.accept("times" if amount.kind == "number" else "of"):
        return Multiple(amount, _quantity(r))
    return amount


def _compare(r: _Reader, operator: str) -> Compare:
    operand = _operand(r)
    return Compare(operator, operand, r.accept("in", "size"))


def _number(r: _Reader, *kinds: str, allowed: str) -> Amount:
    token = r.token
    amount = _amount(r)
    if amount is None or amount.kind not in kinds:
        raise r.fault((allowed,), token)
    return amount


def _significant(r: _Reader, negated: bool) -> Significant:
    if not r.accept("at"):
        return Significant(negated)
    token = r.token
    at = _number(r, "percentage", allowed="a percentage such as 10%")
    if not 0 < at.value < 100:
        raise r.fault(("a percentage between 0% and 100%",), token)
    return Significant(negated, at)


def _about(r: _Reader) -> About:
    token = r.token
    operand = _operand(r)
    within = None
    if r.accept("within"):
        place = r.token
        within = _number(r, "percentage", "number", allowed="a percentage or a number, such as 10% or 0.5")
        if within.value <= 0:
            raise r.fault(("a number above zero",), place)
    relative = within is None or within.kind == "percentage"
    if isinstance(operand, Amount) and operand.value == 0 and relative:
        raise r.fault((), token, "a tenth of nought is nought: say how near, as in `about 0 within 0.5`")
    return About(operand, within, r.accept("in", "size"))


def _between(r: _Reader) -> Between:
    token = r.token
    low = _operand(r)
    r.expect("and")
    high = _operand(r)
    if isinstance(low, Amount) and isinstance(high, Amount) and low.kind == high.kind and low.value > high.value:
        raise r.fault((), token, f"the range is empty: {low} is above {high}")
    return Between(low, high, r.accept("in", "size"))


_IS = ("is", "are")
_AFTER_NOT = ("significant", "positive", "negative", "larger than", "smaller than")
_AFTER_IS = (*_AFTER_NOT, "not", "at least", "at most", "between", "about", *OPERATORS)
_COVERS = ("excludes", "exclude", "includes", "include")
_COMPARED = {"larger than": (">", "<="), "smaller than": ("<", ">="), "at least": (">=", ""), "at most": ("<=", "")}


def _predicate(r: _Reader) -> Predicate:
    operator = r.choose(OPERATORS)
    if operator:
        return _compare(r, operator)
    named = r.accept("interval")
    covers = r.choose(_COVERS)
    if covers:
        amount = _number(r, "number", "percentage", "fraction", allowed="a number")
        return Covers(amount, covers.startswith("include"))
    if named:
        raise r.fault(("excludes", "includes"))
    if not r.choose(_IS):
        raise r.fault((*_IS, *OPERATORS, "interval excludes", "interval includes", "a comma and another key"))
    return _said(r)


def _said(r: _Reader) -> Predicate:
    operator = r.choose(OPERATORS)
    if operator:
        return _compare(r, operator)
    negated = r.accept("not")
    word = r.expect(*(_AFTER_NOT if negated else _AFTER_IS))
    if word in _COMPARED:
        return _compare(r, _COMPARED[word][negated])
    if word == "significant":
        return _significant(r, negated)
    if word == "about":
        return _about(r)
    return _between(r) if word == "between" else Sign("positive" if word == "positive" else "negative", negated)


def _count(r: _Reader) -> Count | None:
    if r.accept("all"):
        r.expect("of")
        return Count("all")
    if r.accept("none"):
        r.expect("of")
        return Count("none")
    kind = next((k for k in _COUNTS if r.accept(*k.split())), None)
    if kind is None:
        return None
    token = r.token
    if token.kind != "number" or not token.text.isdigit():
        raise r.fault(("a whole number",))
    r.take()
    r.expect("of")
    return Count(kind, int(token.text))


def _operands(predicate: Predicate) -> tuple[Operand, ...]:
    if isinstance(predicate, Compare | About):
        return (predicate.operand,)
    return (predicate.low, predicate.high) if isinstance(predicate, Between) else ()


def _check_patterns(r: _Reader, condition: Condition, start: _Token) -> None:
    several = len(condition.quantities) > 1 or any(q.is_pattern for q in condition.quantities)
    if several and condition.count is None:
        raise r.fault(
            (), start, "several findings: say how many, as in `all of`, `none of`, `at least 2 of`, `exactly 1 of`"
        )
    predicate = condition.predicate
    for quantity in condition.quantities:
        if isinstance(predicate, Significant | Covers) and quantity.field != "value":
            word = "significance" if isinstance(predicate, Significant) else "an interval"
            raise r.fault((), start, f"a finding has {word}, a field has not: leave out `{quantity.field} of`")
    for operand in _operands(predicate):
        other = operand.quantity if isinstance(operand, Multiple) else operand
        stars = other.key.count("*") if isinstance(other, Quantity) else 0
        if stars and any(q.key.count("*") != stars for q in condition.quantities):
            raise r.fault((), start, f"each * of {other} stands for what it stands for on the left: as many as there")


def _condition(r: _Reader) -> Condition:
    start = r.token
    count = _count(r)
    allowed = (
        _KEY_WORDS if count else (*_KEY_WORDS, "all of", "none of", "at least N of", "at most N of", "exactly N of")
    )
    quantities = [_quantity(r, allowed)]
    while r.accept(","):
        quantities.append(_quantity(r))
    condition = Condition(tuple(quantities), _predicate(r), count)
    _check_patterns(r, condition, start)
    return condition


def parse(text: str) -> tuple[Condition, ...]:
    """Read a claim: one condition, or several that must all hold.

    Raises:
        ClaimSyntaxError: it is not in the grammar; the message marks the word and lists what is allowed there.
    """
    r = _Reader(" ".join(text.split()))
    conditions = [_condition(r)]
    while r.accept(";"):
        conditions.append(_condition(r))
    if r.token.kind != "end":
        raise r.fault(("; and another condition", "the end"))
    return tuple(conditions)
