"""Forms of cells, rules across cells, and what a table is.

This is the slow import of the package (pandera); `tables.py` imports it only when a table is loaded.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import pandas as pd
import pandera.pandas as pa


@dataclass(frozen=True)
class Form:
    """The form of a cell: a pattern for its whole text, the same in words, and what it is read as."""

    pattern: str
    words: str
    read_as: str = "text"

    @cached_property
    def matches(self) -> Callable[[str], bool]:
        """Whether a cell's whole text has the form."""
        compiled = re.compile(self.pattern)
        return lambda text: compiled.fullmatch(text) is not None


def or_empty(form: Form) -> Form:
    """The form, or an empty cell."""
    return Form(f"(?:{form.pattern})?", f"{form.words}, or nothing", form.read_as)


def one_of(*choices: str) -> Form:
    """One of a few words."""
    return Form("|".join(re.escape(c) for c in choices), f"one of {', '.join(choices)}")


CODE = Form("[1-8][0-9]{5}", "a code of six digits, the first not 0 or 9")
UNIT_ID = Form("[1-8][0-9]{5}(?:-(?:2000|2020))?", "a unit of data/units.csv, such as 410225 or 410172-2020")
HANZI = Form("[\u3400-\u9fff]+", "a name in Chinese characters")
PINYIN = Form("[A-Z][a-z]+(?:'[a-z]+)?", "a name in Latin letters with a capital, such as Xin'an")
# Empty cells make a column of floats; counts stay far below where floats lose whole numbers.
COUNT = Form("0|[1-9][0-9]{0,9}", "a whole number of 0 or more, digits only", "whole number")
COUNT_OR_EMPTY = Form(f"(?:{COUNT.pattern})?", f"{COUNT.words}, or nothing", "number")
DECIMAL = Form("(?:0|[1-9][0-9]{0,2})(?:[.][0-9]?[1-9])?", "a number of 0 or more, two decimals at most", "number")
LINE = Form("[^\r\n\0]*", "text on one line")
WKT = Form(r"(?:MULTI)?POLYGON \(\([0-9., ()]+\)\)", "a POLYGON or MULTIPOLYGON as well-known text")


@dataclass(frozen=True)
class Rule:
    """A rule across cells of a row (or across rows); a breach is reported at `column`."""

    column: str
    words: str
    test: Callable[[pd.DataFrame], "pd.Series[bool]"]


@dataclass(frozen=True)
class Table:
    """A table of `data/`: its columns in order, the columns that tell its rows apart, and its rules."""

    columns: dict[str, Form]
    key: tuple[str, ...]
    rules: tuple[Rule, ...] = ()

    @cached_property
    def text_schema(self) -> pa.DataFrameSchema:
        """The form of each cell, on the table as text."""

        def column(form: Form) -> pa.Column:
            return pa.Column(checks=pa.Check(form.matches, element_wise=True, name=form.words))

        return pa.DataFrameSchema({name: column(form) for name, form in self.columns.items()})

    @cached_property
    def value_schema(self) -> pa.DataFrameSchema:
        """The rules across cells, on the table as numbers; a check's name is its place in `all_rules`."""
        return pa.DataFrameSchema(
            checks=[pa.Check(rule.test, name=str(place), ignore_na=False) for place, rule in enumerate(self.all_rules)]
        )

    @cached_property
    def all_rules(self) -> tuple[Rule, ...]:
        """The key first, then the table's own rules."""
        key = list(self.key)
        words = f"{' and '.join(key)} together stand once in the table"
        return (Rule(key[0], words, lambda frame: ~frame.duplicated(subset=key, keep="first")), *self.rules)


def at_most(part: str, whole: str) -> Rule:
    """A part no larger than its whole; empty cells pass."""
    return Rule(part, f"no more than {whole}", lambda f: ~(f[part] > f[whole]))
