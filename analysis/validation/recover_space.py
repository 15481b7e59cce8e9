"""Known spatial parameters recovered from simulated outcomes on the study's own map of neighbours."""

import numpy as np
import pandas as pd

from analysis.data.tables import load_adjacency, load_units
from analysis.designs.space import error_model, lag_model
from analysis.designs.weights import Contiguity, contiguity
from analysis.study import load_study
from analysis.validation.checks import Check

RHO, LAMBDA = 0.4, 0.4  # about what the study's own outcomes show
BETA = np.array([1.0, 2.0, -1.0])  # intercept, then two regressors


def study_graph() -> Contiguity:
    """The contiguity graph of the treated province's units and those that border on them, islands joined."""
    treated = load_study().treated
    units, pairs = load_units(), load_adjacency()
    units = units[units["code2010"] != ""].rename(columns={"code2010": "code"})
    inside = pairs["unit_a"].str.startswith(treated) | pairs["unit_b"].str.startswith(treated)
    near = pd.unique(pairs.loc[inside, ["unit_a", "unit_b"]].to_numpy().ravel())
    return contiguity(units[units["code"].isin(near)], pairs, unit="code", islands="nearest")


def recover_on(graph: Contiguity, draws: int, seed: int) -> list[Check]:
    """Draw outcomes with known rho or lambda on a graph, and estimate both models by both ways."""
    random = np.random.default_rng(seed)
    n = len(graph.units)
    w = graph.weights.full()[0]
    by_lag, by_error = np.eye(n) - RHO * w, np.eye(n) - LAMBDA * w
    estimates: dict[str, list[float]] = {}
    inside: dict[str, list[bool]] = {}
    for _ in range(draws):
        x = random.normal(size=(n, 2))
        mean = BETA[0] + x @ BETA[1:]
        noise = random.normal(size=n)
        data = pd.DataFrame({"unit": graph.units, "x1": x[:, 0], "x2": x[:, 1], "group": "all"})
        data["lag"] = np.linalg.solve(by_lag, mean + noise)
        data["error"] = mean + np.linalg.solve(by_error, noise)
        lag = lag_model(data, "lag", ["x1", "x2"], graph, unit="unit", group="group", effects=["x1"])
        error = error_model(data, "error", ["x1", "x2"], graph, unit="unit")
        for name, coefficient, truth in (
            ("rho", lag.parameter, RHO),
            ("rho by two-stage least squares", lag.gmm_parameter, RHO),
            ("total effect", lag.effects["x1"].total, BETA[1] / (1 - RHO)),
            ("lambda", error.parameter, LAMBDA),
            ("lambda by GMM", error.gmm_parameter, LAMBDA),
        ):
            estimates.setdefault(name, []).append(coefficient.estimate)
            low, high = coefficient.interval
            inside.setdefault(name, []).append(bool(low <= truth <= high))
    truths = {"total effect": float(BETA[1] / (1 - RHO))}
    checks = []
    for name, values in estimates.items():
        truth = truths.get(name, RHO if name.startswith("rho") else LAMBDA)
        spread = float(np.std(values, ddof=1)) / draws**0.5
        # Both parameters are estimated with a bias towards nought of the order of 1/n, which the 3/n lets pass.
        checks.append(
            Check("space", name, truth, float(np.mean(values)), 3 * spread + 3 / n, f"mean of {draws} simulated draws")
        )
        cover = 3 * (0.95 * 0.05 / draws) ** 0.5 + 0.02
        detail = f"95 percent intervals that hold the truth, of {draws} simulated draws"
        checks.append(Check("space", f"{name}: coverage", 0.95, float(np.mean(inside[name])), cover, detail))
    return checks


def recover(draws: int, seed: int) -> list[Check]:
    """Recover rho, lambda and a total effect on the study's own contiguity graph.

    The mean of the estimates must lie within three Monte Carlo standard errors of the truth, plus 3/n for the bias of
    finite samples; the coverage of intervals within three of 95 percent, plus two points for normal approximations.
    """
    return recover_on(study_graph(), draws, seed)
