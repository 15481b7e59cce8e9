"""Bounds where trends need not be parallel: diff-diff's against those that R's HonestDiD prints.

Medicaid expansion of 2014 by state, from the README of HonestDiD (Rambachan and Roth 2023, "A More Credible Approach
to Parallel Trends", Review of Economic Studies 90(5)). R's optimizer stops near the fourth decimal, which moves with
the machine, so values are compared to 0.0001, or to half a unit of the last digit printed where that is more.
"""

import numpy as np
import pandas as pd
import pyfixest as pf

from analysis.designs.event_study import honest_bounds
from analysis.validation.checks import Check
from analysis.validation.published import package_file, pandas_4, tolerance

DESIGN = "bounds on trends"
BASE = 2013
STOP = 1e-4
# By size of the restriction: the lower and upper end of the interval for the first year, as printed.
SMOOTH = {
    0.0: ("0.0259", "0.0607"),
    0.01: ("0.0132", "0.0787"),
    0.02: ("0.00286", "0.0907"),
    0.03: ("-0.00714", "0.101"),
}
RELATIVE = {
    0.5: ("0.0240", "0.0672"),
    1.0: ("0.0170", "0.0720"),
    1.5: ("0.00824", "0.0797"),
    2.0: ("-0.000916", "0.0881"),
}
SOURCE = "Rambachan and Roth (2023), as R's HonestDiD prints it. Data: moderndid/core/datasets/ehec_data.pkl.gz."


def _event_study() -> tuple[dict[int, float], np.ndarray]:
    # A pickle can run code as it is read; this one comes with a package whose hash is locked.
    states = pd.read_pickle(package_file("moderndid/core/datasets/ehec_data.pkl.gz"))  # noqa: S301
    states = states[(states["year"] < 2016) & (states["yexp2"] != 2015)]
    years = [y for y in sorted(states["year"].unique()) if y != BASE]
    treated = states["yexp2"] == 2014
    dummies = {f"d{y}": ((states["year"] == y) & treated).astype(float) for y in years}
    with pandas_4():
        fit = pf.feols(
            f"dins ~ {' + '.join(dummies)} | stfips + year", states.assign(**dummies), vcov={"CRV1": "stfips"}
        )
    return {int(y): float(fit.coef()[f"d{y}"]) for y in years}, np.asarray(fit._vcov)


def _compare(method: str, printed: dict[float, tuple[str, str]], words: str, detail: str) -> list[Check]:
    effects, covariance = _event_study()
    found = []
    for size, ends in printed.items():
        bounds = honest_bounds(
            effects,
            covariance,
            base=BASE,
            weights={BASE + 1: 1.0},
            method=method,  # type: ignore[arg-type]
            size=size,
        )
        for side, end, obtained in zip(("lower", "upper"), ends, bounds.interval, strict=True):
            name = f"{words} {size:g}: {side} end of the interval, HonestDiD in R"
            found.append(Check(DESIGN, name, float(end), obtained, max(STOP, tolerance(end)), detail))
    return found


def checks() -> list[Check]:
    """Intervals under smoothness restrictions."""
    return _compare("smoothness", SMOOTH, "change of slope up to", SOURCE)


def limits() -> list[Check]:
    """Intervals under relative magnitudes: diff-diff's take the largest move before the base as known."""
    return _compare(
        "relative_magnitude",
        RELATIVE,
        "relative magnitudes up to",
        f"{SOURCE} diff-diff widens the range by the error of the mean alone, which is too little where it counts.",
    )
