"""The points of a figure that draws findings."""

from collections.abc import Iterable

import pandas as pd

from analysis.findings import Finding


def of_findings(found: Iterable[Finding]) -> pd.DataFrame:
    """A row a finding: key, value and the ends of its interval, in its unit; the ends are missing where it has none."""
    rows = [(f.key, f.value, *(f.interval or (None, None)), f.unit) for f in found]
    return pd.DataFrame(rows, columns=["key", "value", "low", "high", "unit"])
