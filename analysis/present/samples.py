"""The points that figures and tables are drawn from, as the pipeline writes them."""

from pathlib import Path

import pandas as pd

from analysis.findings import FindingError
from analysis.paths import SAMPLES

# Columns of codes and names: read as numbers they would lose noughts and turn to floats.
_TEXT = (
    "unit_id", "code", "code_end", "province", "prefecture", "poverty_exit", "group", "key", "kind", "name", "pinyin",
    "place",
)  # fmt: skip


def load_points(name: str, folder: Path = SAMPLES) -> pd.DataFrame:
    """A table of points.

    Args:
        name: such as "long_difference" or "border_placebos".
        folder: where the pipeline writes them.

    Raises:
        FindingError: there is no such table.
    """
    path = folder / f"{name}.csv"
    try:
        return pd.read_csv(path, dtype=dict.fromkeys(_TEXT, str))
    except FileNotFoundError as error:
        raise FindingError(f"{path}: no such table of points; run `report build`, which makes it") from error


def load_placebos(design: str, folder: Path = SAMPLES) -> pd.DataFrame:
    """A design's estimates with each province in the treated place: key, group, estimate and more.

    Raises:
        FindingError: there are none.
    """
    return load_points(f"{design}_placebos", folder)
