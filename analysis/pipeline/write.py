"""Write a table that figures are drawn from."""

from pathlib import Path

import pandas as pd


def write_table(table: pd.DataFrame, path: Path) -> None:
    """Write a table as CSV: whole or not at all, and equal tables as equal bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    table.to_csv(partial, index=False, lineterminator="\n", float_format="%.10g")
    partial.replace(path)
