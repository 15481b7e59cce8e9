"""Event studies on a balanced panel with one date of treatment, judged by placebo groups.

With one date and a balanced panel the coefficients of a regression on unit effects, year effects and the treated
group's indicator in each year but a base are differences in means: of a unit's outcome less its own in the base year,
treated less untreated. So each year is an outcome of `placebo.placebo_test`, and so is every other weighted sum of
a unit's years: the mean of the years after, or what they leave of a straight line through the years before.
Methods: Sun and Abraham (2021), "Estimating dynamic treatment effects in event studies with heterogeneous treatment
effects", Journal of Econometrics 225(2), section 2, for one cohort; Rambachan and Roth (2023), "A More Credible
Approach to Parallel Trends", Review of Economic Studies 90(5), for bounds.
"""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyfixest
from diff_diff import HonestDiD
from diff_diff.results import MultiPeriodDiDResults, PeriodEffect
from scipy import stats

from analysis.designs.checks import require_columns, require_finite, require_level, require_named, require_positive
from analysis.designs.errors import (
    CollinearityError,
    MissingYearError,
    NonFiniteError,
    NoVariationError,
    PanelError,
    SensitivityError,
    TooFewClustersError,
    TooFewUnitsError,
)
from analysis.designs.placebo import PlaceboTest, placebo_test
from analysis.designs.regression import Coefficient, error_of

Array = npt.NDArray[np.float64]
Contrast = Mapping[int, float]

_COLLINEAR = 1e-9  # pyfixest's own default
_ROW = "row of the frame"
_NAMED = 5  # units that a message names


@dataclass(frozen=True)
class Balanced:
    """A balanced panel: `wide` has a row a unit and a column a year; `dropped` are the units that lack a year."""

    wide: pd.DataFrame
    dropped: tuple[str, ...]


def balance(
    data: pd.DataFrame, unit: str, year: str, outcome: str, years: Sequence[int], *, drop: bool = False
) -> Balanced:
    """The units that have a finite outcome in every one of the years.

    Args:
        data: one row a unit and year; years other than those asked for are left aside.
        unit: column that names units.
        year: column of years, whole numbers.
        outcome: column of the outcome.
        years: the years of the panel.
        drop: whether units that lack a year are dropped, and named in the result, rather than refused.

    Raises:
        UnknownColumnError: a column is not in the data.
        PanelError: a year is asked for twice.
        MissingYearError: a unit stands twice in a year; or it lacks a year and `drop` is false; or none is left.
    """
    require_columns(data, [unit, year, outcome])
    wanted = sorted(years)
    if len(set(wanted)) < len(wanted) or not wanted:
        raise PanelError(f"years: found {list(years)}; give each year of the panel once")
    rows = data.loc[data[year].isin(wanted), [unit, year, outcome]]
    twice = rows.duplicated([unit, year])
    if twice.any():
        row = rows[twice].iloc[0]
        raise MissingYearError(f"unit {row[unit]} stands twice in {row[year]}; keep one row a unit and year")
    wide = rows.pivot(index=unit, columns=year, values=outcome).reindex(columns=wanted).astype(float)
    fine = np.isfinite(wide.to_numpy()).all(axis=1)
    if not fine.all() and not drop:
        lacking = wide.index[~fine]
        first = wide.columns[~np.isfinite(wide.loc[lacking[0]].to_numpy(dtype=float))]
        raise MissingYearError(
            f"outcome {outcome!r}: {len(lacking)} of {len(wide)} units lack a year, such as {lacking[0]} "
            f"({', '.join(map(str, first[:_NAMED]))}); drop them (and say how many) or take fewer years"
        )
    if not fine.any():
        lack = ", ".join(str(y) for y in wide.columns if not np.isfinite(wide[y]).any())
        raise MissingYearError(
            f"outcome {outcome!r}: no unit has a figure in all of {wanted[0]} to {wanted[-1]}"
            + (f"; none has one in {lack}" if lack else "")
            + "; take fewer years"
        )
    return Balanced(wide[fine], tuple(str(u) for u in wide.index[~fine]))


def against(base: int, year: int) -> Contrast:
    """The weights of a year less the base year."""
    return {year: 1.0, base: -1.0}


def mean_less(base: Sequence[int], after: Sequence[int]) -> Contrast:
    """The weights of the mean of years less the mean of other years."""
    return {**{y: 1 / len(after) for y in after}, **{y: -1 / len(base) for y in base}}


def slope(years: Sequence[int]) -> Contrast:
    """The weights of the least-squares slope through the years, per year."""
    deviation = np.array(years, dtype=float) - np.mean(years)
    return dict(zip(years, (deviation / (deviation**2).sum()).tolist(), strict=True))


def beyond_trend(before: Sequence[int], after: Sequence[int]) -> Contrast:
    """The weights of the mean of the later years less the straight line through the earlier ones, drawn on to there."""
    reach = float(np.mean(after) - np.mean(before))
    line = {y: 1 / len(before) + reach * w for y, w in slope(before).items()}
    return {**{y: 1 / len(after) for y in after}, **{y: -w for y, w in line.items()}}


def apply(wide: pd.DataFrame, contrasts: Mapping[str, Contrast]) -> pd.DataFrame:
    """Each unit's weighted sums of years: one column a contrast.

    Raises:
        MissingYearError: a contrast weighs a year that the panel lacks.
    """
    for name, contrast in contrasts.items():
        lacking = [y for y in contrast if y not in wide.columns]
        if lacking:
            raise MissingYearError(f"contrast {name!r}: the panel has no year {lacking[0]}")
    values = {name: wide[list(c)].to_numpy() @ np.array(list(c.values())) for name, c in contrasts.items()}
    return pd.DataFrame(values, index=wide.index)


@dataclass(frozen=True)
class EventStudy:
    """Tests by year and for summaries of the years, all in the outcome's unit.

    `years` holds each year but the base, relative to it; `average` the mean of the years after, relative to the base;
    `change` the mean of the years after less that of the years before, the base among them; `trend` the slope through
    those years before that `trend_years` names, per year; `beyond_trend` the mean of the years after less that line
    drawn on. Years between base and start are in `years` alone. `frame` has a row a unit: the group, the cluster, and
    a column for each of `outcomes`, the years less the base.
    """

    base: int
    before: tuple[int, ...]
    after: tuple[int, ...]
    trend_years: tuple[int, ...]
    dropped: tuple[str, ...]
    years: dict[int, PlaceboTest]
    average: PlaceboTest
    change: PlaceboTest
    trend: PlaceboTest
    beyond_trend: PlaceboTest
    frame: pd.DataFrame

    @property
    def outcomes(self) -> dict[int, str]:
        """The column of each year in `frame`."""
        return {y: str(y) for y in self.years}


def event_study(
    data: pd.DataFrame,
    outcome: str,
    treated: str,
    *,
    unit: str,
    year: str,
    group: str,
    cluster: str,
    neighbours: Mapping[str, Sequence[str]],
    base: int,
    start: int,
    years: Sequence[int],
    trend_years: Sequence[int] | None = None,
    smallest: int = 20,
    keep_treated: bool = True,
    drop: bool = False,
    level: float = 0.95,
) -> EventStudy:
    """Each year's difference to the base year in one group, against its neighbours, among placebo groups.

    On the group and its neighbours the estimates are those of two-way fixed effects; CRV1 errors differ from those of
    a regression on the panel by the small-sample factor alone: here G/(G-1) x (N-1)/(N-2) with N units.

    Args:
        data: one row a unit and year.
        outcome: column of the outcome.
        treated: the treated group.
        unit: column that names units.
        year: column of years.
        group: column of groups, the same for a unit in all years.
        cluster: column of clusters, which lie within groups; the same for a unit in all years.
        neighbours: the groups that each group touches.
        base: the year that all others are held against.
        start: first year that counts as treated; years between base and start are shown and not averaged.
        years: the years of the panel.
        trend_years: years, the base or before, that the line is drawn through; all of them if not given.
        smallest: units that a group needs to be a placebo.
        keep_treated: whether the treated group stays among its neighbours' controls.
        drop: whether units that lack a year are dropped, and named in the result, rather than refused.
        level: coverage of the intervals.

    Raises:
        PanelError: base, start and years do not fit together, or a unit changes its group or cluster.
        MissingYearError: as `balance`.
        DesignError: as `placebo_test`.
    """
    require_columns(data, [group, cluster])
    before = tuple(sorted(y for y in years if y <= base))
    after = tuple(sorted(y for y in years if y >= start))
    if base not in before or len(before) < 2 or not after or start <= base:
        raise PanelError(
            f"base {base}, start {start}: the years {list(years)} must hold the base, a year before it, "
            "and a year from the start on, which comes after the base"
        )
    through = tuple(sorted(trend_years)) if trend_years else before
    if len(through) < 2 or not set(through) <= set(before):
        raise PanelError(f"trend_years: found {list(through)}; give two or more years of the panel up to {base}")
    panel = balance(data, unit, year, outcome, years, drop=drop)
    places = data.loc[data[year].isin(list(years)), [unit, group, cluster]].drop_duplicates()
    moving = places.loc[places.duplicated(unit), unit]
    if len(moving):
        raise PanelError(f"unit {moving.iloc[0]} changes its {group} or {cluster} over the years; give it one")
    contrasts: dict[str, Contrast] = {str(y): against(base, y) for y in sorted(years) if y != base}
    contrasts |= {
        "average": mean_less([base], after),
        "change": mean_less(before, after),
        "trend": slope(through),
        "beyond_trend": beyond_trend(through, after),
    }
    frame = places.set_index(unit).join(apply(panel.wide, contrasts), how="inner").rename_axis(unit).reset_index()
    tests = placebo_test(
        frame,
        list(contrasts),
        treated,
        group=group,
        neighbours=neighbours,
        cluster=cluster,
        unit=unit,
        smallest=smallest,
        keep_treated=keep_treated,
        level=level,
    )
    return EventStudy(
        base=base,
        before=before,
        after=after,
        trend_years=through,
        dropped=panel.dropped,
        years={y: tests[str(y)] for y in sorted(years) if y != base},
        average=tests["average"],
        change=tests["change"],
        trend=tests["trend"],
        beyond_trend=tests["beyond_trend"],
        frame=frame,
    )


def clustered_covariance(
    frame: pd.DataFrame, outcomes: Sequence[str], treated: str, others: Sequence[str], *, group: str, cluster: str
) -> Array:
    """CRV1 covariance of the differences in means of several outcomes, treated group less others.

    Factor G/(G-1) x (N-1)/(N-2), as `placebo.place` has it, whose squared errors are the diagonal.

    Raises:
        UnknownColumnError: a column is not in the frame.
        NonFiniteError: an outcome is missing or infinite, or a row has no cluster.
        TooFewClustersError: fewer than two clusters on a side.
    """
    require_columns(frame, [*outcomes, group, cluster])
    chosen = frame[frame[group].isin([treated, *others])]
    chosen = chosen.assign(**{_ROW: chosen.index})
    require_named(chosen, [cluster], _ROW)
    require_finite(chosen, outcomes, _ROW)
    here = (chosen[group] == treated).to_numpy()
    keys = (chosen[group].astype(str) + "|" + chosen[cluster].astype(str)).to_numpy()
    inside, outside = len(set(keys[here])), len(set(keys[~here]))
    if min(inside, outside) < 2:
        raise TooFewClustersError(
            f"{treated} against {', '.join(others)}: {inside} clusters inside and {outside} outside; "
            "clustered errors need two or more on each side"
        )
    y = chosen[list(outcomes)].to_numpy(dtype=float)
    influence = np.empty_like(y)
    for side, sign in ((here, 1.0), (~here, -1.0)):
        influence[side] = sign * (y[side] - y[side].mean(axis=0)) / side.sum()
    codes, names = pd.factorize(keys)
    scores = np.zeros((len(names), y.shape[1]))
    np.add.at(scores, codes, influence)
    clusters, units = len(names), len(chosen)
    covariance: Array = clusters / (clusters - 1) * (units - 1) / (units - 2) * scores.T @ scores
    return covariance


def placebo_covariance(study: EventStudy, years: Sequence[int]) -> Array:
    """Covariance of the placebo groups' estimates over years: what shocks to whole groups do to them.

    Its rank is below the number of placebo groups, so that it cannot be inverted where there are more years.
    """
    paths = np.array([[p.estimate for p in study.years[y].placebos] for y in years])
    covariance: Array = np.atleast_2d(np.cov(paths))
    return covariance


@dataclass(frozen=True)
class HonestBounds:
    """Bounds on a weighted mean of effects where trends need not be parallel.

    `identified` is the range of effects that the restriction allows at the estimates, None where no trend that obeys
    it fits them; `interval` adds sampling error, with normal critical values.
    """

    method: Literal["relative_magnitude", "smoothness"]
    size: float
    estimate: float
    standard_error: float
    identified: tuple[float, float] | None
    interval: tuple[float, float]
    level: float


def honest_bounds(
    estimates: Mapping[int, float],
    covariance: Array,
    *,
    base: int,
    weights: Mapping[int, float],
    method: Literal["relative_magnitude", "smoothness"],
    size: float,
    level: float = 0.95,
) -> HonestBounds:
    """Bounds by diff-diff's HonestDiD (Rambachan and Roth 2023).

    With "relative_magnitude" the trend may move after the base, from one year to the next, by `size` times the largest
    such move before it; with "smoothness" its slope may change by `size` from one year to the next, and 0 means that it
    goes on as a straight line. Intervals under relative magnitudes widen the range of effects by the error of the
    mean alone, which takes the largest move before as known.

    Args:
        estimates: of consecutive years around the base, without it, in order; relative to the base.
        covariance: of the estimates, in the same order.
        base: the base year.
        weights: of years after the base, whose weighted sum is of interest; others weigh nought.
        method: the restriction.
        size: how far it reaches.
        level: coverage of the interval.

    Raises:
        PanelError: the years are not consecutive around the base, or a weight is on another year.
        LevelError: `level` is no share.
        NonFiniteError: an estimate or covariance is missing or infinite.
        NoVariationError: an estimate has no error.
        SensitivityError: the size is below nought, or there is no finite interval.
    """
    require_level(level)
    if not 0 <= size < np.inf:
        raise SensitivityError(f"{method}: size {size}; give how far trends may differ, nought or more")
    years = list(estimates)
    before, after = [y for y in years if y < base], [y for y in years if y > base]
    if not before or not after or years != [*range(before[0], base), *range(base + 1, after[-1] + 1)]:
        raise PanelError(f"base {base}: found the years {years}; bounds need each year from the first to the last")
    if strange := [y for y in weights if y not in after]:
        raise PanelError(f"weights: found {strange[0]}; they weigh years after {base}")
    if covariance.shape != (len(years), len(years)) or not np.isfinite(covariance).all():
        raise NonFiniteError(f"covariance: found shape {covariance.shape}; give {len(years)} x {len(years)} numbers")
    lost = [y for y, e in estimates.items() if not np.isfinite(e)]
    if lost:
        raise NonFiniteError(f"estimates: that of {lost[0]} is {estimates[lost[0]]}; give a number for each year")
    errors = np.sqrt(np.diag(covariance))
    if (errors <= 0).any():
        raise NoVariationError(f"covariance: the error of {years[int(errors.argmin())]} is nought")
    nothing = {"t_stat": 0.0, "p_value": 1.0, "conf_int": (0.0, 0.0)}  # the bounds look at effects and covariance only
    fitted = MultiPeriodDiDResults(
        period_effects={
            y: PeriodEffect(period=y, effect=estimates[y], se=float(e), **nothing)
            for y, e in zip(years, errors, strict=True)
        },
        **{f"avg_{n}": 0.0 for n in ("att", "se", "t_stat", "p_value")},
        avg_conf_int=(0.0, 0.0),
        **{f"n_{n}": 0 for n in ("obs", "treated", "control")},
        pre_periods=before,
        post_periods=after,
        vcov=covariance,
        interaction_indices={y: i for i, y in enumerate(years)},
        reference_period=base,
    )
    vector = np.array([weights.get(y, 0.0) for y in after])
    bounds = HonestDiD(method=method, M=size, alpha=1 - level, l_vec=vector).fit(fitted)
    if not np.isfinite([bounds.ci_lb, bounds.ci_ub]).all():
        raise SensitivityError(
            f"{method} {size:g}: the interval is {bounds.ci_lb} to {bounds.ci_ub}; "
            "take fewer years before the base, or a smaller size"
        )
    # Where the years before bend more than the restriction allows, the library leaves lb and ub empty.
    allowed = bool(np.isfinite([bounds.lb, bounds.ub]).all())
    return HonestBounds(
        method=method,
        size=size,
        estimate=float(bounds.original_estimate),
        standard_error=float(bounds.original_se),
        identified=(float(bounds.lb), float(bounds.ub)) if allowed else None,
        interval=(float(bounds.ci_lb), float(bounds.ci_ub)),
        level=level,
    )


@dataclass(frozen=True)
class TwoWay:
    """A regression with unit and year effects; `singletons` rows are alone in their unit or year and tell nothing.

    `units` counts all, `clusters` those with rows that tell something.
    """

    coefficients: dict[str, Coefficient]
    n: int
    units: int
    clusters: int
    singletons: int
    level: float


def _together(units: npt.NDArray[np.intp], years: npt.NDArray[np.intp]) -> npt.NDArray[np.bool_]:
    """Which rows are left when those alone in their unit or year are dropped, until none is alone."""
    kept = np.ones(len(units), dtype=bool)
    while True:
        alone = kept & ((np.bincount(units, weights=kept)[units] == 1) | (np.bincount(years, weights=kept)[years] == 1))
        if not alone.any():
            return kept
        kept &= ~alone


def two_way(
    data: pd.DataFrame,
    outcome: str,
    regressors: Sequence[str],
    *,
    unit: str,
    year: str,
    cluster: str,
    weight: str | None = None,
    level: float = 0.95,
) -> TwoWay:
    """Least squares with unit and year effects by pyfixest, with CRV1 errors and t with G-1 degrees of freedom.

    The panel need not be balanced. The small-sample factor is pyfixest's default: G/(G-1) x (N-1)/(N-K), where K counts
    the regressors and an effect for each year, but not those of units, which are nested in clusters.

    Args:
        data: one row a unit and year.
        outcome: column of the outcome.
        regressors: columns of regressors that vary within units and years.
        unit: column of units.
        year: column of years.
        cluster: column of clusters.
        weight: column of weights above nought.
        level: coverage of the intervals.

    Raises:
        UnknownColumnError: a column is not in the data.
        NonFiniteError: a value is missing or infinite, or a weight is not above nought.
        MissingYearError: a unit stands twice in a year.
        NoVariationError: the outcome is the same in all rows.
        CollinearityError: a regressor is a combination of others and of the effects.
        TooFewClustersError: fewer than two clusters.
        TooFewUnitsError: there are no more rows than coefficients.
        VarianceError: a coefficient has no error, since the outcome is fitted without a rest.
        LevelError: `level` is no share.
    """
    columns = [outcome, *regressors, *([weight] if weight else [])]
    require_columns(data, [*columns, unit, year, cluster])
    require_level(level)
    if data.empty or not regressors:
        raise TooFewUnitsError(f"{len(data)} rows and {len(regressors)} regressors; give one or more of each")
    require_finite(data, columns, unit)
    codes = {}
    for name, column in (("unit", unit), ("year", year), ("cluster", cluster)):
        codes[name] = pd.factorize(data[column])[0]  # once: the rest is quick on whole numbers
        if codes[name].min() < 0:
            require_named(data.assign(**{_ROW: data.index}), [column], _ROW)
    count = {name: int(c.max()) + 1 for name, c in codes.items()}
    cells = codes["unit"] * count["year"] + codes["year"]
    twice = np.flatnonzero(np.bincount(cells) > 1)
    if len(twice):
        row = data.loc[cells == twice[0], [unit, year]].iloc[0]
        raise MissingYearError(f"unit {row[unit]} stands twice in {row[year]}; keep one row a unit and year")
    if weight:
        require_positive(data, weight, unit)
    y = data[outcome].to_numpy(dtype=float)
    if (y == y[0]).all():
        raise NoVariationError(f"outcome {outcome!r}: all {len(data)} rows have the same value")
    if len(data) <= len(regressors) + count["unit"] + count["year"] - 1:
        raise TooFewUnitsError(
            f"{len(data)} rows for {len(regressors)} regressors and {count['unit']} units; take more years or units"
        )
    telling = _together(codes["unit"], codes["year"])
    clusters = int(np.count_nonzero(np.bincount(codes["cluster"], weights=telling)))
    if clusters < 2:
        raise TooFewClustersError(
            f"clusters {cluster!r}: all rows are in one, or alone in their unit or year; two or more are needed"
        )
    # Columns get names that no formula can misread.
    names = [f"x{i}" for i in range(len(regressors))]
    frame = pd.DataFrame(
        {
            "y": y,
            **{n: data[r].to_numpy(dtype=float) for n, r in zip(names, regressors, strict=True)},
            **codes,
            **({"weight": data[weight].to_numpy(dtype=float)} if weight else {}),
        }
    )
    with warnings.catch_warnings():
        # pyfixest 0.60 calls pandas in a way that pandas 3.1 announces the end of; nothing of ours.
        warnings.filterwarnings("ignore", message="The inplace keyword")
        # Counted in `singletons`.
        warnings.filterwarnings("ignore", message="[^a-z]*singleton fixed effect")
        # Raised as an error below.
        warnings.filterwarnings("ignore", message=r"\s*\d+ variables dropped due to multicollinearity")
        try:
            fit = pyfixest.feols(
                f"y ~ {' + '.join(names)} | unit + year",
                data=frame,
                vcov={"CRV1": "cluster"},
                weights="weight" if weight else None,
                collin_tol=_COLLINEAR,
                copy_data=False,
                store_data=False,
            )
        except ValueError as error:
            if "collinear" not in str(error):
                raise
            raise CollinearityError(
                f"regressors {', '.join(regressors)}: they do not vary within units and years; leave them out"
            ) from error
    if fit._collin_vars:
        which = regressors[names.index(fit._collin_vars[0])]
        raise CollinearityError(f"regressor {which!r} is a combination of others and of the effects; leave it out")
    tidy = fit.tidy()
    b, se = tidy["Estimate"], tidy["Std. Error"]
    for n, r in zip(names, regressors, strict=True):
        error_of(float(se[n] * frame[n].std()) ** 2, float(y.std()), f"coefficient of {r!r}")
    reach = float(stats.t.ppf((1 + level) / 2, clusters - 1))
    return TwoWay(
        coefficients={
            r: Coefficient(
                estimate=float(b[n]),
                standard_error=float(se[n]),
                interval=(float(b[n] - reach * se[n]), float(b[n] + reach * se[n])),
                p_value=float(2 * stats.t.sf(abs(b[n] / se[n]), clusters - 1)),
            )
            for n, r in zip(names, regressors, strict=True)
        },
        n=int(fit._N),
        units=count["unit"],
        clusters=clusters,
        singletons=len(data) - int(fit._N),
        level=level,
    )
