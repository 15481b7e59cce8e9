"""The study's own numbers by a second implementation: what agrees, under which convention, and what does not.

Conventions: CRV1 is the sandwich of cluster scores times G/(G-1) x (N-1)/(N-K), with G clusters, N units and K
coefficients. statsmodels ("cluster", with its two corrections), pyfixest ("CRV1") and linearmodels ("clustered",
debiased) have the same factor. CRV3 is the cluster jackknife around the full estimate, times (G-1)/G. pyfixest's
"CRV3" leaves that out and multiplies by the CRV1 factor instead, unless its two corrections are switched off.
"""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
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
from analysis.validation.published import doubly_robust, pandas_4

DESIGN = "parity"
CLOSE = 1e-6
OUTCOMES = ("urban_share", "log_population")
SPECIFICATIONS = ("raw", "all")
CRV1 = "CRV1 with the factor G/(G−1) × (N−1)/(N−K)"
Array = npt.NDArray[np.float64]
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


def _left_out(x: Array, y: Array, clusters: npt.NDArray[np.int64]) -> float:
    """CRV3 from its definition: a regression without each cluster in turn."""
    full = np.linalg.lstsq(x, y, rcond=None)[0][1]
    names = np.unique(clusters)
    without = [np.linalg.lstsq(x[clusters != c], y[clusters != c], rcond=None)[0][1] for c in names]
    count = len(names)
    return float(np.sqrt((count - 1) / count * ((np.array(without) - full) ** 2).sum()))


def _second(units: pd.DataFrame, outcome: str, controls: Sequence[str]) -> dict[str, tuple[float, float, float | None]]:
    """Estimate, CRV1 and CRV3 of the long difference by other programs."""
    from linearmodels.iv import IV2SLS  # noqa: PLC0415  # a test dependency; the report is built without it

    y = units[outcome].to_numpy(dtype=float)
    x = sm.add_constant(units[["treated", *controls]].to_numpy(dtype=float))
    clusters = units["own"].to_numpy()
    by_statsmodels = sm.OLS(y, x).fit(
        cov_type="cluster", cov_kwds={"groups": clusters, "use_correction": True, "df_correction": True}
    )
    formula = f"{outcome} ~ " + " + ".join(["treated", *controls])
    with pandas_4():
        one = pf.feols(formula, units, vcov={"CRV1": "own"}).tidy().loc["treated"]
        bare = pf.feols(formula, units, vcov={"CRV3": "own"}, ssc=pf.ssc(k_adj=False, G_adj=False)).se()["treated"]
    count = len(np.unique(clusters))
    by_linearmodels = IV2SLS(y, x, None, None).fit(cov_type="clustered", clusters=clusters, debiased=True)
    return {
        "statsmodels": (float(by_statsmodels.params[1]), float(by_statsmodels.bse[1]), None),
        "pyfixest": (float(one["Estimate"]), float(one["Std. Error"]), float(bare * np.sqrt((count - 1) / count))),
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


@dataclass(frozen=True)
class Panel:
    """The study's units in two years, in the form that programs for difference-in-differences take."""

    rows: pd.DataFrame  # unit, year, first (year of treatment or 0), level, controls in standard deviations
    units: pd.DataFrame  # one row a unit: change, treated, controls
    controls: tuple[str, ...]


def two_periods(country: Country, outcome: str, controls: Sequence[str]) -> Panel:
    """The treated province and its neighbours in the two census years."""
    units = sample(country, outcome, controls)
    z = units[list(controls)]
    units = pd.DataFrame(
        {
            "unit": np.arange(len(units)),
            "treated": units["treated"],
            "change": units[outcome],
            "start": units[f"{outcome}_start"],
            "end": units[f"{outcome}_end"],
            **((z - z.mean()) / z.std()).to_dict("series"),
        }
    )
    years = (country.study.first_year, country.study.last_year)
    rows = pd.concat(
        [units.assign(year=y, level=units[end]) for y, end in zip(years, ("start", "end"), strict=True)],
        ignore_index=True,
    )
    rows["first"] = np.where(rows["treated"] == 1, years[1], 0)
    return Panel(rows[["unit", "year", "first", "level", *controls]], units, tuple(controls))


def by_diff_diff(panel: Panel, method: str) -> tuple[float, float]:
    """Effect on the treated and its error by diff-diff: "reg", "ipw" or "dr"."""
    fit = CallawaySantAnna(control_group="never_treated", estimation_method=method, pscore_trim=CLOSE).fit(
        panel.rows, outcome="level", unit="unit", time="year", first_treat="first", covariates=list(panel.controls)
    )
    return float(fit.overall_att), float(fit.overall_se)


def by_csdid(panel: Panel, method: str) -> tuple[float, float]:
    """The same by csdid, with analytic errors.

    Raises:
        ImportError: csdid is not installed.
    """
    # In the extra `validate` only.
    from csdid.att_gt import ATTgt  # type: ignore[import-not-found, import-untyped, unused-ignore]  # noqa: PLC0415

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "No pre-treatment periods", UserWarning)  # there are two periods only
        fit = ATTgt(
            yname="level",
            gname="first",
            idname="unit",
            tname="year",
            xformla="level ~ " + " + ".join(panel.controls),
            data=panel.rows.copy(),
            control_group=["nevertreated"],
        ).fit(est_method=method, bstrap=False)
    return float(fit.results["att"][0]), float(np.ravel(fit.results["se"])[0])


def two_period_checks(country: Country) -> list[Check]:
    """diff-diff against csdid on the study's units in two years."""
    controls = counties.SPECIFICATIONS["all"].controls("urban_share")
    panel = two_periods(country, "urban_share", controls)
    found = []
    for method, words in (("reg", "regression"), ("ipw", "inverse probability weights")):
        ours, theirs = by_diff_diff(panel, method), by_csdid(panel, method)
        how = "Two periods, effect on the treated, all controls; analytic errors."
        for what, one, other in zip(("effect", "error"), theirs, ours, strict=True):
            found.append(
                Check("two-period difference", f"urban share by {words}: {what}, csdid", one, other, CLOSE, how)
            )
    paper, by_count = doubly_robust(panel.units, "change", "treated", panel.controls)
    found += [
        Check(
            "two-period difference",
            "urban share, doubly robust: effect, csdid",
            by_csdid(panel, "dr")[0],
            paper,
            CLOSE,
            "The formula of Sant'Anna and Zhao (2020), the odds divided by their sum.",
        ),
        Check(
            "two-period difference",
            "urban share, doubly robust: effect, diff-diff",
            by_diff_diff(panel, "dr")[0],
            by_count,
            CLOSE,
            "The same with the odds divided by the number of treated units, which is what diff-diff does.",
        ),
    ]
    return found


def checks() -> list[Check]:
    """All comparisons with a second implementation."""
    country = load()
    return [*long_difference(country), *two_period_checks(country)]
