"""Small things about data frames."""

from collections.abc import Iterator
from typing import Any

import pandas as pd


def each(frame: pd.DataFrame) -> Iterator[Any]:
    """The rows as named tuples, whose cells are of any type to the type checker."""
    return iter(frame.itertuples())
