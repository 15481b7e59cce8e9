"""Numbers and names in prose: with their unit, rounded sensibly, and never taken for markup."""

import math
import re
from dataclasses import dataclass
from pathlib import Path

from analysis.findings import Finding, FindingError, UnknownFindingError, look_up
from analysis.paths import FINDINGS

__all__ = [
    "FindingNumber",
    "Shown",
    "UnknownFindingError",
    "capitalized",
    "decimals",
    "finding",
    "format_number",
    "p_words",
    "quantity",
    "text",
]

MINUS = "\N{MINUS SIGN}"
_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
# Controls, half characters and no characters can't be printed; overrides of direction would turn the text that follows.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufdd0-\ufdef\ufffe\uffff]")
_SINGULARS = {"people": "person", "counties": "county", "cities": "city"}
# Shares and their changes are read with one decimal or two, whatever their error.
_SHARE_DECIMALS = (1, 2)
_MOST_DECIMALS = 6
_CHINESE_UNITS = {
    "percentage points": "个百分点",
    "percent": "%",
    "log points": "个对数点",
    "units": "个县级单位",
    "standard deviations": "个标准差",
    "square metres per person": "平方米（人均）",
}


@dataclass(frozen=True)
class Shown:
    """Something to show in prose or in a table's cell: `str()` gives it as the reader is to see it.

    What can't be printed becomes U+FFFD, the character that stands for one that is unknown.
    """

    plain: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "plain", _UNPRINTABLE.sub("\ufffd", self.plain))

    def __str__(self) -> str:
        return self.plain

    def _repr_markdown_(self) -> str:
        return _PUNCTUATION.sub(r"\\\1", self.plain)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/plain": self.plain, "text/markdown": self._repr_markdown_()}


def text(value: object) -> Shown:
    """Any string from data, such as a county's name; white space counts as one space, as in all prose."""
    return Shown(" ".join(str(value).split()))


def capitalized(words: str) -> str:
    """The words as they stand at the head of a row; what follows the first letter stays as it is."""
    return words[:1].upper() + words[1:]


def p_words(p: float | None) -> str | None:
    """A p-value as a table shows it: two decimals, three below 0.1."""
    if p is None:
        return None
    return "< 0.001" if p < 0.001 else format_number(p, 3 if p < 0.0995 else 2)


def _is_share(unit: str) -> bool:
    return unit.startswith(("percent", "percentage point"))


def decimals(value: float, unit: str, standard_error: float | None = None) -> int:
    """How many decimals a number is shown with.

    With a standard error, as many as give it two significant digits (shares: one or two decimals);
    without one, none for whole numbers, one for shares, else three significant digits.
    """
    if standard_error:
        count = 1 - math.floor(math.log10(standard_error))
    elif _is_share(unit):
        count = 1
    elif float(value).is_integer():
        count = 0
    else:
        count = 2 - math.floor(math.log10(abs(value)))
    least, most = (0, _MOST_DECIMALS)
    if _is_share(unit) and " per " not in unit:
        least, most = _SHARE_DECIMALS
    return min(max(count, least), most)


def format_number(value: float, digits: int) -> str:
    """A number with so many decimals, commas between thousands, and a true minus; nought has no sign.

    Raises:
        ValueError: the number is not finite.
    """
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"{number} cannot be shown: only finite numbers can")
    shown = f"{number:,.{digits}f}"
    if not shown.strip("-0.,"):
        shown = shown.removeprefix("-")
    return shown.replace("-", MINUS)


def _singular(unit: str) -> str:
    """The unit of one: only the noun before "per" or "of" changes, so "of 7 provinces" stays."""
    head, *tail = re.split(r"(?=\b(?:per|of) )", unit, maxsplit=1)
    words = head.split(" ")
    noun = max((i for i, word in enumerate(words) if word), default=0)
    words[noun] = _SINGULARS.get(words[noun], words[noun].removesuffix("s"))
    return " ".join(words) + "".join(tail)


def _with_unit(number: str, unit: str) -> str:
    one = number in {"1", f"{MINUS}1"}
    return f"{number} {_singular(unit) if one else unit}".strip()


def quantity(value: float, unit: str = "", digits: int | None = None) -> Shown:
    """A number straight from a table, with its unit.

    Args:
        value: the number, of Python or NumPy.
        unit: its unit in the plural, such as "people"; may be empty.
        digits: how many decimals; chosen from the number and unit if not given.

    Raises:
        ValueError: the number is not finite.
    """
    number = float(value)
    if digits is None:
        digits = decimals(number, unit) if math.isfinite(number) else 0
    return Shown(_with_unit(format_number(number, digits), unit))


@dataclass(frozen=True)
class FindingNumber(Shown):
    """A finding as prose shows it: by itself, the value with its unit.

    `value` and `interval` carry the unit; `number` and `standard_error` are in it without naming it.
    """

    finding: Finding
    digits: int

    def _given(self, name: str) -> float:
        given: float | None = getattr(self.finding, name)
        if given is None:
            raise FindingError(f"finding {self.finding.key} has no {name}")
        return given

    @property
    def raw(self) -> float:
        """The value as it is in the findings, to compute with."""
        return float(self.finding.value)

    @property
    def value(self) -> Shown:
        """The value with its unit: "1.2 percentage points"."""
        return Shown(self.plain)

    @property
    def number(self) -> Shown:
        """The value without its unit: "1.2"."""
        return Shown(format_number(self.finding.value, self.digits))

    @property
    def unit(self) -> Shown:
        """The unit: "percentage points"."""
        return Shown(self.finding.unit)

    @property
    def standard_error(self) -> Shown:
        """The standard error, in the finding's unit: "0.59"."""
        return Shown(format_number(self._given("standard_error"), self.digits))

    @property
    def interval(self) -> Shown:
        """The ends of the interval with the unit: "0.1 to 2.3 percentage points"."""
        if self.finding.interval is None:
            raise FindingError(f"finding {self.finding.key} has no interval")
        low, high = (format_number(end, self.digits) for end in self.finding.interval)
        return Shown(f"{low} to {high} {self.finding.unit}")

    def _in_chinese(self, number: str) -> Shown:
        unit = _CHINESE_UNITS.get(self.finding.unit)
        if unit is None:
            raise FindingError(
                f"finding {self.finding.key}: the unit {self.finding.unit!r} has no Chinese name; add one in {__name__}"
            )
        return Shown(f"{number}{unit}")

    @property
    def chinese(self) -> Shown:
        """The value with its unit in Chinese: "1.2个百分点"."""
        return self._in_chinese(format_number(self.finding.value, self.digits))

    @property
    def chinese_interval(self) -> Shown:
        """The ends of the interval with the unit in Chinese: "0.1至2.3个百分点"."""
        if self.finding.interval is None:
            raise FindingError(f"finding {self.finding.key} has no interval")
        return self._in_chinese("至".join(format_number(end, self.digits) for end in self.finding.interval))

    @property
    def level(self) -> Shown:
        """The coverage of the interval: "95 percent"."""
        return Shown(f"{100 * self._given('level'):g} percent")

    @property
    def p(self) -> Shown:
        """The p-value, with two decimals, three below 0.1: "0.45", "0.031", "less than 0.001"."""
        shown = p_words(self._given("p_value")) or ""
        return Shown(shown.replace("<", "less than"))

    @property
    def n(self) -> Shown:
        """The number of units: "584"."""
        return Shown(format_number(self._given("n"), 0))

    @property
    def clusters(self) -> Shown:
        """The number of clusters: "80"."""
        return Shown(format_number(self._given("clusters"), 0))

    @property
    def sample(self) -> Shown:
        """What the finding is of, in words."""
        return text(self.finding.sample)

    @property
    def specification(self) -> Shown:
        """How the finding was come by, in words."""
        return text(self.finding.specification)


def finding(key: str, digits: int | None = None, folder: Path = FINDINGS) -> FindingNumber:
    """The finding with this key, to show in prose.

    Args:
        key: such as "long_difference.urban_share.effect".
        digits: how many decimals; chosen from the standard error and unit if not given.
        folder: where the findings are.

    Raises:
        UnknownFindingError: there is none with this key; the message names the nearest keys.
    """
    found = look_up(key, folder)
    if digits is None:
        digits = decimals(found.value, found.unit, found.standard_error)
    return FindingNumber(_with_unit(format_number(found.value, digits), found.unit), found, digits)
