"""Load the dated steps of policy.

Apart from `tables.py`, which every design reads: a step that is added makes no estimate stale.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from analysis.data.tables import load
from analysis.paths import DATA

if TYPE_CHECKING:
    import pandas as pd

POLICY_STEPS = DATA / "policy_steps.csv"


def load_policy_steps(path: Path = POLICY_STEPS) -> "pd.DataFrame":
    """Steps of policy in the order of their dates, one a row; all text.

    `date` is of ISO 8601 and as long as `precision` says; `source` is a key of `references.bib`.

    Raises:
        TableError: the file is missing or a cell breaks a rule.
    """
    from analysis.data.schemas.policy import POLICY_STEPS as TABLE

    return load(path, TABLE)
