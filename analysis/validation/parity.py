"""The study's own numbers by a second implementation: what agrees, under which convention, and what does not.

Conventions: CRV1 is the sandwich of cluster scores times G/(G-1) x (N-1)/(N-K), with G clusters, N units and K
coefficients. statsmodels ("cluster", with its two corrections), pyfixest ("CRV1") and linearmodels ("clustered",
debiased) have the same factor. CRV3 is the cluster jackknife around the full estimate, times (G-1)/G.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyfixest as pf
import statsmodels.api as sm
from diff_diff import CallawaySantAnna

from analysis.data.tables import load_adjacency, load_census, load_units
from analysis.designs.placebo import jackknife_errors, moments, place
from analysis.designs.regression import fit_ols
from analysis.paths import DATA
from analysis.results import counties
from analysis.study import Study, load_study
from analysis.validation.checks import Check
from analysis.validation.published import pandas_4

DESIGN = "parity"
CLOSE = 1e-6
OUTCOMES = ("urban_share", "log_population")
SPECIFICATIONS = ("raw", "all")
CRV1 = "CRV1 with the factor G/(G−1) × (N−1)/(N−K)"
CRV3 = "CRV3: cluster jackknife around the estimate, times (G−1)/G"


@dataclass(frozen=True)
class Country:
    """Comparable units of all provinces with what changed in them, and which provinces touch."""

    units: pd.DataFrame
    neighbours: Mapping[str, tuple[str, ...]]
    study: Study


def load(data: Path = DATA) -> Country:
    """The study's units between its two censuses, from the committed tables."""
    study = load_study()
    units = counties.build(
        load_units(data / "units.csv"),
        load_census(data / "census.csv"),
        first=study.first_year,
        last=study.last_year,
    )
    return Country(units, counties.neighbours(load_adjacency(data / "adjacency.csv")), study)


def sample(country: Country, outcome: str, controls: Sequence[str]) -> pd.DataFrame:
    """Units of the treated province and its neighbours with all values; `treated` is 0 or 1, `own` its cluster."""
    units, _ = counties.complete(country.units, [outcome, *controls])
    treated = country.study.treated
    units = units[units["province"].isin([treated, *country.neighbours[treated]])].reset_index(drop=True)
    return units.assign(
        treated=(units["province"] == treated).astype(float), own=pd.factorize(units["prefecture"], sort=True)[0]
    )


def _left_out(x: np.ndarray, y: np.ndarray, clusters: np.ndarray) -> float:
    """CRV3 from its definition: a regression without each cluster in turn."""
    full = np.linalg.lstsq(x, y, rcond=None)[0][1]
    names = np.unique(clusters)
    without = [np.linalg.lstsq(x[clusters != c], y[clusters != c], rcond=None)[0][1] for c in names]
    count = len(names)
    return float(np.sqrt((count - 1) / count * ((np.array(without) - full) ** 2).sum()))


def _second(units: pd.DataFrame, outcome: str, controls: Sequence[str]) -> dict[str, tuple[float, float, float | None]]:
    """Estimate, CRV1 and CRV3 of the long difference by other programs."""
    y = units[outcome].to_numpy(dtype=float)
    x = sm.add_constant(units[["treated", *controls]].to_numpy(dtype=float))
    clusters = units["own"].to_numpy()
    by_statsmodels = sm.OLS(y, x).fit(
        cov_type="cluster", cov_kwds={"groups": clusters, "use_correction": True, "df_correction": True}
    )
    formula = f"{outcome} ~ " + " + ".join(["treated", *controls])
    with pandas_4():
        one, three = (pf.feols(formula, units, vcov={kind: "own"}).tidy().loc["treated"] for kind in ("CRV1", "CRV3"))
    from linearmodels.iv import IV2SLS  # noqa: PLC0415  # a test dependency; the report is built without it

    by_linearmodels = IV2SLS(y, x, None, None).fit(cov_type="clustered", clusters=clusters, debiased=True)
    return {
        "statsmodels": (float(by_statsmodels.params[1]), float(by_statsmodels.bse[1]), None),
        "pyfixest": (float(one["Estimate"]), float(one["Std. Error"]), float(three["Std. Error"])),
        "linearmodels": (float(by_linearmodels.params.iloc[1]), float(by_linearmodels.std_errors.iloc[1]), None),
        "each cluster left out": (
            float(np.linalg.lstsq(x, y, rcond=None)[0][1]),
            float(by_statsmodels.bse[1]),
            _left_out(x, y, clusters),
        ),
    }


def long_difference(country: Country) -> list[Check]:
    """The placement of the treated province and `fit_ols` against four other ways, on the committed tables."""
    found = []
    for outcome in OUTCOMES:
        for name in SPECIFICATIONS:
            controls = counties.SPECIFICATIONS[name].controls(outcome)
            units = sample(country, outcome, controls)
            others = country.neighbours[country.study.treated]
            m = moments(
                units,
                [outcome],
                country.study.treated,
                group="province",
                cluster="prefecture",
                unit="code",
                controls=controls,
            )
            placed = place(m, country.study.treated, others)[0]
            jackknife = float(jackknife_errors(m, country.study.treated, others)[0])
            fitted = fit_ols(units, outcome, "treated", controls, cluster="prefecture", unit="code")
            words = f"{counties.OUTCOMES[outcome].words}, {counties.SPECIFICATIONS[name].name}"

            def add(what: str, other: str, expected: float, obtained: float, how: str, words: str = words) -> None:
                found.append(Check("long difference", f"{words}: {what}, {other}", expected, obtained, CLOSE, how))

            for other, (value, one, three) in _second(units, outcome, controls).items():
                add("estimate", other, value, placed.estimate, "Least squares; placement by moments.")
                if other != "each cluster left out":
                    add("error", other, one, float(placed.standard_error or "nan"), f"{CRV1}; placement by moments.")
                    add("error of fit_ols", other, one, fitted.coefficients["treated"].standard_error, f"{CRV1}.")
                if three is not None:
                    add("jackknife error", other, three, jackknife, f"{CRV3}.")
    return found


def _two_periods(country: Country, outcome: str, controls: Sequence[str]) -> pd.DataFrame:
    units = sample(country, outcome, controls)
    years = (country.study.first_year, country.study.last_year)
    panel = pd.concat(
        [units.assign(year=year, level=units[f"{outcome}_{end}"]) for year, end in zip(years, ("start", "end"), strict=True)]
    )
    panel["unit"] = pd.factorize(panel["unit_id"])[0]
    panel["first"] = np.where(panel["treated"] == 1, years[1], 0)
    return panel[["unit", "year", "first", "level", *controls]].reset_index(drop=True)


def _by_diff_diff(panel: pd.DataFrame, controls: Sequence[str], method: str) -> tuple[float, float]:
    fit = CallawaySantAnna(control_group="never_treated", estimation_method=method, pscore_trim=CLOSE).fit(
        panel, outcome="level", unit="unit", time="year", first_treat="first", covariates=list(controls)
    )
    return float(fit.overall_att), float(fit.overall_se)


def _by_csdid(panel: pd.DataFrame, controls: Sequence[str], method: str) -> tuple[float, float]:
    import warnings

    from csdid.att_gt import ATTgt

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "No pre-treatment periods", UserWarning)  # there are two periods only
        fit = ATTgt(
            yname="level",
            gname="first",
            idname="unit",
            tname="year",
            xformla="level ~ " + " + ".join(controls),
            data=panel.copy(),
            control_group=["nevertreated"],
        ).fit(est_method=method)
    return float(fit.results["att"][0]), float(fit.results["se"][0])
