"""Slopes on a dose, on simulated units with the study's structure: provinces, prefectures, units."""

import re

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from linearmodels.iv.absorbing import AbsorbingLS

from analysis.designs import errors
from analysis.designs.dose import Hypothesis, conley_error, family_p, label_p, log_dose, residuals, slope


def simulated(seed: int = 0, effect: float = 3.0, noise: float = 1.0) -> pd.DataFrame:
    """Simulated: twelve provinces, five prefectures each, nine units each; provinces and prefectures have shocks."""
    random = np.random.default_rng(seed)
    province = np.repeat(np.arange(12), 45)
    prefecture = np.repeat(np.arange(60), 9)
    n = len(province)
    dose = np.exp(
        8 + random.normal(size=12)[province] + 0.5 * random.normal(size=60)[prefecture] + random.normal(size=n)
    )
    trait = 0.4 * np.log(dose) + random.normal(size=n)
    shock = 5 * random.normal(size=12)[province] + random.normal(size=60)[prefecture] + random.normal(size=n)
    return pd.DataFrame(
        {
            "unit": [f"u{i}" for i in range(n)],
            "province": province.astype(str),
            "prefecture": prefecture.astype(str),
            "dose": dose,
            "log_dose": np.log(dose),
            "trait": trait,
            "latitude": 30 + 0.5 * (province // 4) + random.uniform(size=n),
            "longitude": 110 + province % 4 + random.uniform(size=n),
            "y": effect * np.log(dose) - 2 * trait + noise * shock,
        }
    )


def fit(data: pd.DataFrame, controls=("trait",), absorb="province", **how):
    return slope(data, "y", "log_dose", controls, absorb=absorb, cluster="prefecture", unit="unit", **how)


@pytest.mark.parametrize("absorb", ["province", "prefecture"])
def test_known_slope_comes_back_almost_without_noise(absorb: str) -> None:
    data = simulated(noise=1e-7).assign(y=lambda d: d["y"] + 7 * d[absorb].astype(int))
    assert fit(data, absorb=absorb).estimate == pytest.approx(3, abs=1e-6)
    assert fit(data, (), absorb=absorb).estimate != pytest.approx(3, abs=0.1)


def test_interval_covers_the_slope_about_as_often_as_it_says() -> None:
    covered = 0
    for seed in range(100):
        low, high = fit(simulated(seed)).interval
        covered += low <= 3 <= high
    # Binomial with 100 draws at 0.95: outside 88 to 100 with a probability below one in a hundred.
    assert 88 <= covered <= 100


@pytest.mark.parametrize("controls", [(), ("trait",)])
def test_statsmodels_with_dummies_agrees_within_provinces(controls: tuple[str, ...]) -> None:
    data = simulated()
    design = pd.concat([data[["log_dose", *controls]], pd.get_dummies(data["province"], dtype=float)], axis="columns")
    theirs = sm.OLS(data["y"], design).fit(
        cov_type="cluster",
        cov_kwds={"groups": data["prefecture"].astype(int).to_numpy(), "use_correction": True, "df_correction": True},
        use_t=True,
    )
    ours = fit(data, controls)
    assert ours.estimate == pytest.approx(theirs.params["log_dose"], rel=1e-9)
    assert ours.standard_error == pytest.approx(theirs.bse["log_dose"], rel=1e-8)
    assert ours.interval == pytest.approx(tuple(theirs.conf_int().loc["log_dose"]), rel=1e-8)
    assert ours.p_value == pytest.approx(theirs.pvalues["log_dose"], rel=1e-6, abs=1e-15)
    plain = sm.OLS(data["y"], design).fit()
    assert ours.t_classical == pytest.approx(plain.tvalues["log_dose"], rel=1e-8)
    assert ours.degrees_of_freedom == plain.df_resid


def test_linearmodels_agrees_within_prefectures_once_the_correction_is_aligned() -> None:
    data = simulated()
    theirs = AbsorbingLS(data["y"], data[["log_dose", "trait"]], absorb=data[["prefecture"]].astype("category")).fit(
        cov_type="clustered", clusters=data["prefecture"].astype(int), debiased=False
    )
    ours = fit(data, absorb="prefecture")
    # Nested effects count once: K is two slopes and one. linearmodels without a correction has the bare sandwich.
    groups, n = 60, len(data)
    factor = np.sqrt(groups / (groups - 1) * (n - 1) / (n - 3))
    assert ours.estimate == pytest.approx(float(theirs.params["log_dose"]), rel=1e-8)
    assert ours.standard_error == pytest.approx(factor * float(theirs.std_errors["log_dose"]), rel=1e-6)


def test_a_unit_alone_in_its_group_changes_nothing_and_is_counted() -> None:
    data = simulated()
    more = pd.concat([data, data.iloc[[0]].assign(province="lone", prefecture="lone", y=1e6, unit="lone")])
    assert fit(more).lone == 1
    assert fit(more).estimate == pytest.approx(fit(data).estimate, rel=1e-12)
    assert fit(more).n == len(data)


def test_conley_error_is_the_sum_over_pairs() -> None:
    data = simulated().iloc[::3].reset_index(drop=True)
    ours = conley_error(
        data,
        "y",
        "log_dose",
        ("trait",),
        absorb="province",
        latitude="latitude",
        longitude="longitude",
        cutoff_km=80,
        unit="unit",
    )
    x = pd.concat(
        [data[["log_dose", "trait"]], pd.get_dummies(data["province"], dtype=float)], axis="columns"
    ).to_numpy()
    y = data["y"].to_numpy()
    bread = np.linalg.inv(x.T @ x)
    scores = x * (y - x @ bread @ x.T @ y)[:, None]
    lat, lon = data["latitude"].to_numpy(), data["longitude"].to_numpy()
    apart = (
        2
        * 6371.01
        * np.arcsin(
            np.sqrt(
                np.sin(np.radians(lat[:, None] - lat) / 2) ** 2
                + np.cos(np.radians(lat[:, None]))
                * np.cos(np.radians(lat))
                * np.sin(np.radians(lon[:, None] - lon) / 2) ** 2
            )
        )
    )
    weight = np.clip(1 - apart / 80, 0, None)
    assert ours == pytest.approx(np.sqrt((bread @ (scores.T @ weight @ scores) @ bread)[0, 0]), rel=1e-6)


def test_residuals_are_those_of_a_regression_with_dummies() -> None:
    data = simulated()
    design = pd.concat([data[["trait"]], pd.get_dummies(data["province"], dtype=float)], axis="columns")
    want = sm.OLS(data["y"], design).fit().resid
    assert residuals(data, ["y"], ["trait"], "province")[:, 0] == pytest.approx(want.to_numpy(), abs=1e-9)


def test_log_dose() -> None:
    data = pd.DataFrame({"unit": ["a", "b", "c", "d"], "dose": [1.0, np.e, 0.0, np.nan]})
    with pytest.raises(errors.NonPositiveDoseError, match=r"'dose'.*c \(0\)"):
        log_dose(data, "dose", unit="unit")
    with pytest.raises(errors.NonFiniteError, match="first d"):
        log_dose(data[data["unit"] != "c"], "dose", unit="unit")
    logged, without = log_dose(data, "dose", unit="unit", drop=True)
    assert without == 2
    assert logged.name == "log_dose"
    assert logged.to_list()[:2] == pytest.approx([0, 1])
    assert logged.isna().to_list() == [False, False, True, True]


@pytest.mark.parametrize(
    ("change", "how", "error", "words"),
    [
        (lambda d: d.assign(y=1.0), {}, errors.NoVariationError, "outcome 'y'"),
        (lambda d: d.assign(log_dose=1.0), {}, errors.NoVariationError, "regressor 'log_dose'"),
        (lambda d: d.assign(log_dose=d["province"].astype(float)), {}, errors.CollinearityError, "'log_dose'.*'province'"),
        (lambda d: d.assign(trait=2 * d["log_dose"]), {}, errors.CollinearityError, "'trait'.*'log_dose'"),
        (lambda d: d.assign(y=d["y"].mask(d.index == 7)), {}, errors.NonFiniteError, "'y'.*u7"),
        (lambda d: d.assign(log_dose=d["log_dose"].replace(d.loc[3, "log_dose"], np.inf)), {}, errors.NonFiniteError, "u3"),
        (lambda d: d.assign(province=d["province"].mask(d.index == 7)), {}, errors.NonFiniteError, "'province'.*u7"),
        (lambda d: d.assign(prefecture="one"), {}, errors.TooFewClustersError, "'prefecture': 1"),
        (lambda d: d[["unit", "y", "log_dose", "trait", "province"]], {}, errors.UnknownColumnError, "'prefecture'"),
        (lambda d: d[d.groupby("province").cumcount() < 1], {}, errors.TooFewUnitsError, "0 units"),
        (lambda d: d.iloc[:3], {"absorb": None}, errors.TooFewUnitsError, "3 units"),
    ],
)  # fmt: skip
def test_bad_input_is_named(change, how, error, words: str) -> None:
    with pytest.raises(error, match=words):
        fit(change(simulated()), **how)


def family(data: pd.DataFrame, **how) -> dict[str, float]:
    tests = {n: Hypothesis(n, "log_dose", absorb="province") for n in ("real", "null", "twin")}
    return family_p(data, tests, cluster="prefecture", **({"draws": 999, "seed": 1} | how))


def with_outcomes(seed: int) -> pd.DataFrame:
    data, random = simulated(seed), np.random.default_rng(1000 + seed)
    null = random.normal(size=60)[data["prefecture"].astype(int)] + random.normal(size=len(data))
    return data.assign(real=data["log_dose"] + random.normal(size=len(data)), null=null, twin=2 * null + 5)


def test_family_finds_the_real_one_and_treats_twins_alike() -> None:
    p = family(with_outcomes(0))
    assert p["real"] == 1 / 1000
    assert p["null"] == pytest.approx(p["twin"])
    assert p["null"] > 0.05


def test_family_of_one_is_no_correction_and_more_tests_never_lower_p() -> None:
    data = with_outcomes(3)
    random = np.random.default_rng(0)
    for i in range(8):
        data[f"more{i}"] = random.normal(size=len(data))
    one = family_p(data, {"null": Hypothesis("null", "log_dose")}, cluster="prefecture", draws=1999, seed=1)
    tests = {n: Hypothesis(n, "log_dose") for n in ["null", *(f"more{i}" for i in range(8))]}
    many = family_p(data, tests, cluster="prefecture", draws=1999, seed=1)
    assert many["null"] > one["null"]
    assert family_p(data, tests, cluster="prefecture", draws=1999, seed=1) == many


def test_family_errs_no_more_often_than_one_test() -> None:
    """Of 200 simulated worlds with three true nulls, the smallest corrected p is below 0.1 in about a tenth."""
    rejected = 0
    for seed in range(200):
        data, random = simulated(seed), np.random.default_rng(5000 + seed)
        for name in ("a", "b", "c"):
            data[name] = random.normal(size=60)[data["prefecture"].astype(int)] + random.normal(size=len(data))
        tests = {n: Hypothesis(n, "log_dose", absorb="province") for n in ("a", "b", "c")}
        rejected += min(family_p(data, tests, cluster="prefecture", draws=199, seed=seed).values()) < 0.1
    assert 8 <= rejected <= 34  # binomial with 200 draws at 0.1: outside with a probability below one in a hundred


def test_family_refuses_bad_input() -> None:
    data = simulated()
    with pytest.raises(errors.TooFewClustersError, match="one: 4 clusters"):
        few = data[data["prefecture"].astype(int) < 4]
        family_p(few, {"one": Hypothesis("y", "log_dose")}, cluster="prefecture", draws=9, seed=1)
    with pytest.raises(errors.CollinearityError, match=re.escape("one: regressor 'log_dose'")):
        twin = data.assign(twin=2 * data["log_dose"])
        family_p(twin, {"one": Hypothesis("y", "log_dose", ("twin",))}, cluster="prefecture", draws=9, seed=1)
    with pytest.raises(errors.UnknownColumnError, match="'nowhere'"):
        family_p(data, {"one": Hypothesis("nowhere", "log_dose")}, cluster="prefecture", draws=9, seed=1)


def test_label_p_is_the_exact_share_where_all_placings_are_tried() -> None:
    # Ten placings of two labels on five units; only {4, 5} and its mirror {1, 2} are as far apart.
    p = label_p(np.array([4.0, 5.0]), np.array([1.0, 2.0, 3.0]), draws=9999, seed=1)
    assert p == pytest.approx(2 / 10)


def test_label_p_is_small_for_a_clear_difference_and_refuses_one_unit() -> None:
    random = np.random.default_rng(0)
    assert label_p(random.normal(3, 1, 10), random.normal(0, 1, 99), draws=999, seed=1) == pytest.approx(1 / 1000)
    with pytest.raises(errors.TooFewUnitsError, match="1 units bear"):
        label_p(np.array([1.0]), np.array([1.0, 2.0]), draws=99, seed=1)
