"""Checks between tables: sums, codes of one table against another's, and lists of exceptions against cells."""

from analysis.data.checks import census, geography, prefectures, units, yearbook
from analysis.data.checks.loaded import Tables


def faults(tables: Tables) -> list[str]:
    """Every breach between tables, one line each; none if the tables agree."""
    return [
        *census.faults(tables),
        *units.faults(tables),
        *geography.faults(tables),
        *yearbook.faults(tables),
        *prefectures.faults(tables),
    ]
