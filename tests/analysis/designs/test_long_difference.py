import numpy as np
import pandas as pd
import pyfixest
import pytest

from analysis.designs import errors
from analysis.designs.long_difference import estimate


def simulated(seed: int = 5, effect: float = 3.0) -> pd.DataFrame:
    """Simulated towns in ten regions, half of which built."""
    random = np.random.default_rng(seed)
    data = pd.DataFrame({"town": range(60), "region": np.arange(60) // 6, "before": random.normal(size=60)})
    data["built"] = data["region"] % 2
    data["size"] = random.normal(size=60)
    shock = random.normal(size=10)[data["region"]]
    data["after"] = data["before"] + effect * data["built"] + shock + random.normal(size=60)
    return data


def run(data: pd.DataFrame, **how):
    return estimate(
        data, start=how.pop("start", "before"), end="after", treatment="built", cluster="region", unit="town", **how
    )


def test_runs_on_data_of_anybody() -> None:
    data = simulated()
    data["after"] = data["before"] + 3 * data["built"] + 1e-8 * data["size"]
    assert run(data).coefficients["built"].estimate == pytest.approx(3)


def test_effect_lies_in_its_interval_on_simulated_data() -> None:
    # Ten clusters: coverage falls short of 95 percent, so only a floor is asked.
    covered = 0
    for seed in range(40):
        low, high = run(simulated(seed)).coefficients["built"].interval
        covered += low <= 3 <= high
    assert covered >= 30


# pyfixest 0.60 calls pandas in a way that pandas 4 will drop.
@pytest.mark.filterwarnings("ignore:The inplace keyword:DeprecationWarning")
@pytest.mark.parametrize("controls", [(), ("before", "size")])
def test_agrees_with_pyfixest(controls) -> None:
    data = simulated().assign(change=lambda d: d["after"] - d["before"])
    theirs = pyfixest.feols(" + ".join(["change ~ built", *controls]), data, vcov={"CRV1": "region"})
    ours = run(data, controls=controls).coefficients["built"]
    assert ours.estimate == pytest.approx(theirs.coef()["built"], rel=1e-8)
    assert ours.standard_error == pytest.approx(theirs.se()["built"], rel=1e-8)
    assert ours.p_value == pytest.approx(theirs.pvalue()["built"], rel=1e-6)


def test_unknown_outcome_is_named() -> None:
    with pytest.raises(errors.UnknownColumnError, match="'nope'"):
        run(simulated(), start="nope")
