"""Numbers as a review shows them: with their unit, as many digits as mean something, and a true minus."""

import math

MINUS = "\N{MINUS SIGN}"
_MOST_DECIMALS = 6
_EXACT_DIGITS = 17


def decimals(value: float, unit: str, standard_error: float | None = None) -> int:
    """How many decimals a number is printed with.

    As many as give the standard error two significant digits, or without one the value three (a whole number: none);
    percentages and percentage points one decimal or two.
    """
    share = unit.startswith(("percent", "percentage point"))
    if standard_error:
        count = 1 - math.floor(math.log10(standard_error))
    elif share:
        count = 1
    elif float(value).is_integer():
        count = 0
    else:
        count = 2 - math.floor(math.log10(abs(value)))
    least, most = (1, 2) if share and " per " not in unit else (0, _MOST_DECIMALS)
    return min(max(count, least), most)


def fixed(value: float, digits: int) -> str:
    """A number with so many decimals and commas between thousands; nought has no sign."""
    shown = f"{value:,.{digits}f}"
    if not shown.strip("-0.,"):
        shown = shown.removeprefix("-")
    return shown.replace("-", MINUS)


def exact(value: float) -> str:
    """A number with all digits that tell it from any other."""
    return repr(int(value) if value.is_integer() and abs(value) < 10**_EXACT_DIGITS else value).replace("-", MINUS)


def p_value(p: float) -> str:
    """A p-value: two decimals, three below 0.1."""
    return "< 0.001" if p < 0.001 else fixed(p, 3 if p < 0.0995 else 2)
