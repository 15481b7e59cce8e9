import numpy as np
import pandas as pd
import pyfixest as pf
import pytest

from analysis.designs.placebo import jackknife_errors, moments
from analysis.validation import honest, parity
from analysis.validation.published import doubly_robust, pandas_4


@pytest.fixture(scope="module")
def country() -> parity.Country:
    return parity.load()


def test_the_long_difference_agrees_with_other_programs(country: parity.Country) -> None:
    checks = parity.long_difference(country)
    assert {c.name.rsplit(", ", 1)[1] for c in checks} == {
        "statsmodels",
        "pyfixest",
        "linearmodels",
        "each cluster left out",
    }
    assert not [c for c in checks if not c.passed]


def test_two_periods_agree_with_csdid(country: parity.Country) -> None:
    pytest.importorskip("csdid", reason="csdid is not installed; `make validate` installs it")
    assert not [c for c in parity.two_period_checks(country) if not c.passed]


def test_the_two_doubly_robust_forms_differ(country: parity.Country) -> None:
    panel = parity.two_periods(country, "urban_share", ("urban_share_start", "log_population_start"))
    paper, by_count = doubly_robust(panel.units, "change", "treated", panel.controls)
    assert abs(paper - by_count) > parity.CLOSE
    assert parity.by_diff_diff(panel, "dr")[0] == pytest.approx(by_count, abs=parity.CLOSE)


def test_another_small_sample_factor_is_seen() -> None:
    random = np.random.default_rng(3)
    units = pd.DataFrame({"cluster": np.repeat(np.arange(12), 5), "unit": np.arange(60).astype(str)})
    units["group"] = np.where(units["cluster"] < 6, "a", "b")
    units["own"] = units["cluster"].astype(str)
    units["treated"] = (units["group"] == "a").astype(float)
    units["y"] = random.normal(size=60) + random.normal(size=12)[units["cluster"]]
    m = moments(units, ["y"], "a", group="group", cluster="own", unit="unit")
    ours = float(jackknife_errors(m, "a", ["b"])[0])
    with pandas_4():
        default = pf.feols("y ~ treated", units, vcov={"CRV3": "cluster"}).se()["treated"]
        bare = pf.feols("y ~ treated", units, vcov={"CRV3": "cluster"}, ssc=pf.ssc(k_adj=False, G_adj=False)).se()[
            "treated"
        ]
    assert ours == pytest.approx(bare * np.sqrt(11 / 12), abs=1e-10)
    assert default == pytest.approx(ours * np.sqrt((12 / 11) ** 2 * 59 / 58), abs=1e-10)


@pytest.fixture
def medicaid() -> None:
    pytest.importorskip("moderndid", reason="moderndid is not installed; `make validate` installs it")


@pytest.mark.usefixtures("medicaid")
def test_smooth_bounds_agree_and_relative_ones_are_known_not_to() -> None:
    assert not [c for c in honest.checks() if not c.passed]
    assert not [c for c in honest.limits() if c.passed]
