"""Space: are neighbours alike, and does a neighbour's outcome or error enter?

Estimation is by the numerical cores of spreg and esda. spreg's classes for users also build printed
summaries, by ways of pandas that are going out of use, so the cores are called.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from esda.moran import Moran as EsdaMoran  # type: ignore[import-untyped]
from scipy import stats
from spreg.diagnostics_sp import LMtests, MoranRes  # type: ignore[import-untyped]
from spreg.error_sp_het import BaseGM_Error_Het  # type: ignore[import-untyped]
from spreg.ml_error import BaseML_Error  # type: ignore[import-untyped]
from spreg.ml_lag import BaseML_Lag  # type: ignore[import-untyped]
from spreg.ols import BaseOLS  # type: ignore[import-untyped]
from spreg.sputils import spmultiplier  # type: ignore[import-untyped]
from spreg.twosls_sp import BaseGM_Lag  # type: ignore[import-untyped]

from analysis.designs.checks import require_columns, require_finite, require_independent
from analysis.designs.errors import (
    BoundaryError,
    NoVariationError,
    TooFewUnitsError,
    UnknownColumnError,
    WithinVariationError,
)
from analysis.designs.placebo import PlaceboTest, Placement, eligible, judge
from analysis.designs.regression import INTERCEPT, Coefficient, error_of
from analysis.designs.weights import Contiguity, contiguity

Array = npt.NDArray[np.float64]

AGREE = 1.96  # GMM's standard errors that maximum likelihood may lie away
PERMUTATIONS = 999
_EDGE = 0.999  # a parameter beyond is at the bound of the search, not at a maximum
_PLACED = "in the treated place"
_FEWEST = 4
_FINE = 1e-10  # tolerance of the search for the spatial parameter


@dataclass(frozen=True)
class Test:
    """A statistic and its p-value."""

    statistic: float
    p_value: float


@dataclass(frozen=True)
class Moran:
    """Moran's I with the moments it has if values fall on units at random.

    `p_permutation` is the two-sided share of permutations at least as far from the expected value, the data counted
    among them; `p_analytical` is the two-sided normal approximation. `permutations` is nought, and `p_permutation`
    None, for residuals, which cannot be permuted: they are not exchangeable.
    """

    statistic: float
    expected: float
    standard_error: float
    z: float
    p_analytical: float
    p_permutation: float | None
    permutations: int
    n: int


@dataclass(frozen=True)
class Diagnosis:
    """Tests of a least-squares fit's residuals for spatial dependence."""

    moran: Moran
    lag: Test
    error: Test
    robust_lag: Test
    robust_error: Test


@dataclass(frozen=True)
class Effects:
    """What a unit's own regressor does to it (direct), to all others (indirect), and both, on average."""

    direct: Coefficient
    indirect: Coefficient
    total: Coefficient


@dataclass(frozen=True)
class SpatialFit:
    """A spatial model by maximum likelihood, with the generalized method of moments beside.

    `parameter` is rho of the lag model or lambda of the error model. `gap` is its distance from GMM's estimate in
    standard errors of that; the two `agree` if it is at most `AGREE`. `filtered` holds the innovations.
    """

    parameter: Coefficient
    coefficients: dict[str, Coefficient]
    gmm_parameter: Coefficient
    gmm_coefficients: dict[str, Coefficient]
    gap: float
    log_likelihood: float
    n: int
    effects: dict[str, Effects]

    @property
    def agree(self) -> bool:
        """Whether maximum likelihood and GMM tell the same of the spatial parameter."""
        return abs(self.gap) <= AGREE


def _normal(estimate: float, error: float, level: float = 0.95) -> Coefficient:
    reach = float(stats.norm.ppf((1 + level) / 2)) * error
    return Coefficient(
        estimate=float(estimate),
        standard_error=float(error),
        interval=(float(estimate - reach), float(estimate + reach)),
        p_value=float(2 * stats.norm.sf(abs(estimate / error))),
    )


def _matrices(
    data: pd.DataFrame, outcome: str, regressors: Sequence[str], unit: str, spare: int = 1
) -> tuple[Array, Array]:
    """Outcome (n x 1) and regressors with an intercept before them (n x K), checked."""
    require_columns(data, [outcome, *regressors, unit])
    require_finite(data, [outcome, *regressors], unit)
    if data[outcome].nunique() < 2:
        raise NoVariationError(f"outcome {outcome!r}: all {len(data)} units have the same value")
    if len(data) <= len(regressors) + 1 + spare:
        raise TooFewUnitsError(
            f"{len(data)} units for {len(regressors) + 1 + spare} coefficients; take fewer regressors"
        )
    design = data[list(regressors)].astype(float)
    design.insert(0, INTERCEPT, 1.0)
    require_independent(design.to_numpy(dtype=float), list(design.columns))
    y, x = data[[outcome]].to_numpy(dtype=float), design.to_numpy(dtype=float)
    rest = y - x @ np.linalg.lstsq(x, y, rcond=None)[0]
    error_of(float((rest**2).mean()), float(y.std()), f"outcome {outcome!r}")
    return y, x


def moran(
    data: pd.DataFrame,
    column: str,
    graph: Contiguity,
    *,
    unit: str,
    permutations: int = PERMUTATIONS,
    seed: int = 0,
) -> Moran:
    """Moran's I of a column: the slope of neighbours' mean on a unit's own value, by esda.

    The analytical moments are those under randomization.
    Method: Cliff and Ord (1981), "Spatial Processes", chapters 1 and 2.

    Args:
        data: one row a unit; the estimate has no unit.
        column: the column whose values are compared between neighbours.
        graph: row-standardized weights of the data's units.
        unit: column that names a unit.
        permutations: how often values are dealt out anew.
        seed: of the random permutations.

    Raises:
        UnknownColumnError: no such column.
        UnknownUnitError: a unit of the weights has no row.
        NonFiniteError: a value is missing or infinite.
        NoVariationError: all units have the same value.
        TooFewUnitsError: fewer than four units, whose moments under randomization are not defined.
    """
    rows = graph.rows(data, unit)
    require_columns(rows, [column])
    require_finite(rows, [column], unit)
    if rows[column].nunique() < 2:
        raise NoVariationError(f"column {column!r}: all {len(rows)} units have the same value")
    if len(rows) < _FEWEST:
        raise TooFewUnitsError(f"{len(rows)} units; Moran's I needs {_FEWEST} or more")
    before = np.random.get_state()  # esda draws from NumPy's common generator
    np.random.seed(seed)
    try:
        found = EsdaMoran(rows[column].to_numpy(dtype=float), graph.weights, permutations=permutations)
    finally:
        np.random.set_state(before)
    # esda's own p_sim counts the nearer tail only.
    beyond = int((np.abs(found.sim - found.EI) >= abs(found.I - found.EI)).sum())
    return Moran(
        statistic=float(found.I),
        expected=float(found.EI),
        standard_error=float(found.seI_rand),
        z=float(found.z_rand),
        p_analytical=float(found.p_rand),
        p_permutation=(beyond + 1) / (permutations + 1),
        permutations=permutations,
        n=len(rows),
    )


def diagnose(data: pd.DataFrame, outcome: str, regressors: Sequence[str], graph: Contiguity, *, unit: str) -> Diagnosis:
    """Least squares, and tests of its residuals: Moran's I, and LM tests against a lag and an error model, by spreg.

    A robust LM test is of the one kind of dependence with the other allowed for.
    Methods: Cliff and Ord (1981), chapter 8, for Moran's I of residuals; Anselin, Bera, Florax and Yoon (1996),
    "Simple diagnostic tests for spatial dependence", Regional Science and Urban Economics 26(1).

    Args:
        data: one row a unit.
        outcome: column explained.
        regressors: columns that explain; an intercept is added.
        graph: row-standardized weights of the data's units.
        unit: column that names a unit.

    Raises:
        DesignError: the data cannot carry the regression; the subclasses name the causes.
    """
    rows = graph.rows(data, unit)
    y, x = _matrices(rows, outcome, regressors, unit)
    fit = BaseOLS(y, x)
    tests = LMtests(fit, graph.weights, tests=["lme", "lml", "rlme", "rlml"])
    residual = MoranRes(fit, graph.weights, z=True)
    return Diagnosis(
        moran=Moran(
            statistic=float(residual.I),
            expected=float(residual.eI),
            standard_error=float(np.sqrt(residual.vI)),
            z=float(residual.zI),
            p_analytical=float(residual.p_norm),
            p_permutation=None,
            permutations=0,
            n=len(rows),
        ),
        lag=Test(*map(float, tests.lml)),
        error=Test(*map(float, tests.lme)),
        robust_lag=Test(*map(float, tests.rlml)),
        robust_error=Test(*map(float, tests.rlme)),
    )


def _within(name: str, rows: pd.DataFrame, group: str) -> None:
    require_columns(rows, [group])
    spread = rows.groupby(group)[name].agg(lambda v: v.max() - v.min())
    if not (spread > 0).any():
        raise WithinVariationError(
            f"regressor {name!r} is the same within each {group}; a unit never has it without its neighbours, "
            "so direct and indirect effects cannot be told apart. Leave it out of the effects."
        )


def _require_inside(value: float, name: str) -> None:
    if not abs(value) < _EDGE:
        raise BoundaryError(
            f"{name} is {value:.3f}, at the edge of what it can be; the model does not fit these data or weights"
        )


def _coefficients(names: Sequence[str], betas: Array, covariance: Array) -> dict[str, Coefficient]:
    errors = np.sqrt(np.diagonal(covariance))
    return {name: _normal(b, e) for name, b, e in zip(names, betas.ravel(), errors, strict=True)}


@dataclass(frozen=True)
class _Multiplier:
    """How a unit's change of one comes back to it (direct), and reaches all (total); and the direct one's slope."""

    direct: float
    total: float
    direct_slope: float
    total_slope: float


def _multiplier(rho: float, graph: Contiguity) -> _Multiplier:
    # spreg's "simple" method would take one for the direct effect.
    found = spmultiplier(graph.weights, rho, method="full")
    w = graph.weights.full()[0]
    inverse = np.linalg.inv(np.eye(len(w)) - rho * w)
    slope = float(np.einsum("ij,ji->", inverse @ w, inverse)) / len(w)
    return _Multiplier(float(found["adi"]), float(found["ati"]), slope, 1 / (1 - rho) ** 2)


def _effects(beta: float, covariance: Array, m: _Multiplier) -> Effects:
    """Direct, indirect and total effect; errors by the delta method from the covariance of beta and rho."""
    gradients = {
        "direct": (m.direct, beta * m.direct_slope),
        "total": (m.total, beta * m.total_slope),
        "indirect": (m.total - m.direct, beta * (m.total_slope - m.direct_slope)),
    }
    found = {
        name: _normal(beta * g[0], float(np.sqrt(np.array(g) @ covariance @ np.array(g))))
        for name, g in gradients.items()
    }
    return Effects(found["direct"], found["indirect"], found["total"])


def lag_model(
    data: pd.DataFrame,
    outcome: str,
    regressors: Sequence[str],
    graph: Contiguity,
    *,
    unit: str,
    group: str,
    effects: Sequence[str] = (),
) -> SpatialFit:
    """The spatial lag model, y = rho W y + X beta + e: neighbours' outcomes enter.

    Maximum likelihood by spreg; beside it two-stage least squares with W X as instruments for W y, and White's
    errors. Errors of maximum likelihood are those of the information matrix, with the variance of e divided by n.
    The information matrix is taken from spreg's "full" method: with its "ord" method and contiguity weights the
    library takes the traces from the symmetric matrix similar to W, and the error of rho is off by some percent.
    Methods: Anselin (1988), chapters 6 and 12; Kelejian and Prucha (1998), Journal of Real Estate Finance and
    Economics 17(1), for the instruments; LeSage and Pace (2009), "Introduction to Spatial Econometrics", section 2.7,
    for the effects, whose errors are by the delta method.

    Args:
        data: one row a unit.
        outcome: column explained; estimates have its unit.
        regressors: columns that explain; an intercept is added.
        graph: row-standardized weights of the data's units.
        unit: column that names a unit.
        group: column of the groups within which a regressor must vary to be given effects.
        effects: the regressors that are given direct and indirect effects.

    Raises:
        UnknownColumnError: a column is not in the data, or one of `effects` is no regressor.
        VarianceError: the outcome is fitted without a rest.
        WithinVariationError: a regressor of `effects` does not vary within groups.
        BoundaryError: rho is at the edge.
        DesignError: the data cannot carry the model; the subclasses name the causes.
    """
    rows = graph.rows(data, unit)
    y, x = _matrices(rows, outcome, regressors, unit, spare=2)
    strange = [name for name in effects if name not in regressors]
    if strange:
        raise UnknownColumnError(f"effects of {strange[0]!r}: it is not among the regressors {', '.join(regressors)}")
    for name in effects:
        _within(name, rows, group)
    names = (INTERCEPT, *regressors)
    fit = BaseML_Lag(y, x, graph.weights, method="full", epsilon=_FINE)
    rho, covariance = float(fit.rho), np.asarray(fit.vm, dtype=float)
    _require_inside(rho, "rho")
    moments = BaseGM_Lag(y, x, w=graph.weights, w_lags=1, lag_q=True, robust="white")
    by_moments = _coefficients((*names, "rho"), moments.betas, moments.vm)
    gmm = by_moments.pop("rho")
    found = {}
    multiplier = _multiplier(rho, graph)
    for name in effects:
        i = names.index(name)
        both = np.ix_([i, -1], [i, -1])
        found[name] = _effects(float(fit.betas[i, 0]), covariance[both], multiplier)
    by_likelihood = _coefficients((*names, "rho"), fit.betas, covariance)
    parameter = by_likelihood.pop("rho")
    return SpatialFit(
        parameter=parameter,
        coefficients=by_likelihood,
        gmm_parameter=gmm,
        gmm_coefficients=by_moments,
        gap=(rho - gmm.estimate) / gmm.standard_error,
        log_likelihood=float(fit.logll),
        n=len(rows),
        effects=found,
    )


def error_model(
    data: pd.DataFrame, outcome: str, regressors: Sequence[str], graph: Contiguity, *, unit: str
) -> SpatialFit:
    """The spatial error model, y = X beta + u with u = lambda W u + e: neighbours' shocks are alike.

    Maximum likelihood by spreg; beside it the generalized method of moments that allows the variance of e to differ
    between units. Errors of maximum likelihood are those of the information matrix, with the variance of e divided
    by n; the traces are by sparse algebra, for the reason given in `lag_model`.
    Methods: Anselin (1988), chapters 6 and 12; Kelejian and Prucha (2010), "Specification and estimation of spatial
    autoregressive models with autoregressive and heteroskedastic disturbances", Journal of Econometrics 157(1).

    Args and raises as in `lag_model`; there are no effects on neighbours in this model.
    """
    rows = graph.rows(data, unit)
    y, x = _matrices(rows, outcome, regressors, unit, spare=2)
    names = (INTERCEPT, *regressors)
    fit = BaseML_Error(y, x, graph.weights, method="LU", epsilon=_FINE)
    value = float(np.ravel(fit.lam)[0])
    _require_inside(value, "lambda")
    moments = BaseGM_Error_Het(y, x, graph.weights.sparse)
    by_moments = _coefficients((*names, "lambda"), moments.betas, moments.vm)
    gmm = by_moments.pop("lambda")
    by_likelihood = _coefficients((*names, "lambda"), fit.betas, fit.vm)
    parameter = by_likelihood.pop("lambda")
    return SpatialFit(
        parameter=parameter,
        coefficients=by_likelihood,
        gmm_parameter=gmm,
        gmm_coefficients=by_moments,
        gap=(value - gmm.estimate) / gmm.standard_error,
        log_likelihood=float(np.ravel(fit.logll)[0]),
        n=len(rows),
        effects={},
    )


def graphs(
    data: pd.DataFrame,
    treated: str,
    pairs: pd.DataFrame,
    *,
    group: str,
    neighbours: Mapping[str, Sequence[str]],
    unit: str,
    smallest: int = 20,
    latitude: str = "latitude",
    longitude: str = "longitude",
) -> dict[str, Contiguity]:
    """For each group that can take the treated one's place the weights of its units and its neighbours'.

    Islands are joined to the nearest unit. Args and raises as in `error_test` and `contiguity`.
    """
    found = {}
    for name, others in eligible(data, treated, group=group, neighbours=neighbours, smallest=smallest).items():
        sample = data[data[group].astype(str).isin([name, *others])]
        found[name] = contiguity(sample, pairs, unit=unit, islands="nearest", latitude=latitude, longitude=longitude)
    return found


def error_test(
    data: pd.DataFrame,
    outcome: str,
    treated: str,
    around: Mapping[str, Contiguity],
    *,
    group: str,
    unit: str,
    controls: Sequence[str] = (),
    level: float = 0.95,
) -> PlaceboTest:
    """How much more the outcome changed in the treated group, by the error model, among placebo groups.

    The coefficient of a group's indicator in the spatial error model of it and its neighbours, by maximum likelihood
    (`error_model`); every group of `around` takes the treated one's place. The interval takes each lambda as it is
    estimated. There is no studentized test: the model's errors leave out shocks to groups.

    Args:
        data: one row a unit.
        outcome: column explained; the estimate has its unit.
        treated: the treated group.
        around: weights for each group, as `graphs` makes them.
        group: column of the groups.
        unit: column that names a unit.
        controls: columns of the control variables.
        level: coverage of the interval.

    Raises:
        BoundaryError: lambda is at the edge.
        DesignError: the data cannot carry the model; the subclasses name the causes.
    """
    placements = []
    for name, graph in around.items():
        rows = graph.rows(data, unit)
        groups = rows[group].astype(str)
        rows = rows.assign(**{_PLACED: (groups == name).astype(float)})
        y, x = _matrices(rows, outcome, [_PLACED, *controls], unit, spare=2)
        fit = BaseML_Error(y, x, graph.weights, method="LU", epsilon=_FINE)
        value = float(np.ravel(fit.lam)[0])
        _require_inside(value, f"lambda of {name}")
        own = (groups == treated).to_numpy(dtype=float)
        lag = graph.weights.sparse
        shift = np.linalg.lstsq(x - value * (lag @ x), own - value * (lag @ own), rcond=None)[0][1]
        placements.append(
            Placement(
                group=name,
                estimate=float(fit.betas[1, 0]),
                standard_error=None,
                shift=float(shift),
                treated_units=int((groups == name).sum()),
                units=len(rows),
                treated_clusters=1,
                clusters=int(groups.nunique()),
                controls_used=tuple(sorted(set(groups) - {name})),
            )
        )
    return judge(placements, treated, level)
