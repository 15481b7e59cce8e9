"""The long difference: did an outcome change more in treated units, from one date to another?"""

from collections.abc import Sequence

import pandas as pd

from analysis.designs.checks import require_columns, require_finite
from analysis.designs.regression import Fit, fit_ols


def estimate(
    data: pd.DataFrame,
    *,
    start: str,
    end: str,
    treatment: str,
    cluster: str,
    unit: str,
    controls: Sequence[str] = (),
    level: float = 0.95,
) -> Fit:
    """The long difference: the change of an outcome on a treatment indicator and controls from the start.

    The coefficient of the treatment is how much more the outcome changed in treated units than in
    untreated ones alike in the controls; it is the effect if both would else have changed alike.
    Method: Angrist and Pischke (2009), "Mostly Harmless Econometrics", section 5.2 (first differences).

    Args:
        data: one row a unit.
        start: column of the outcome before.
        end: column of the outcome after; the estimates have its unit.
        treatment: column of the indicator, 1 for treated units and 0 for others.
        cluster: column that says which cluster a unit is in.
        unit: column that names a unit in error messages.
        controls: columns of control variables, measured before the treatment.
        level: coverage of the intervals.

    Raises:
        DesignError: the data cannot carry the design; `fit_ols` lists the causes.
    """
    require_columns(data, [start, end, unit])
    require_finite(data, [start, end], unit)
    change = f"change from {start} to {end}"
    return fit_ols(
        data.assign(**{change: data[end] - data[start]}),
        change,
        treatment,
        controls,
        cluster=cluster,
        unit=unit,
        level=level,
    )
