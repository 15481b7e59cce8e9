"""The rule for scenarios, on made-up effects of which it is known what it has to say."""

import csv
import statistics

import numpy as np
import pandas as pd
import pytest
from real_tables import NOTHING, table

from analysis.findings import Finding, FindingError
from analysis.paths import DATA
from analysis.results import scenarios
from analysis.results.claims import EffectClaim
from analysis.results.scenarios import EFFECTS, County, by_chance, corrected, excludes_zero, judge
from analysis.study import Study

PROVINCES = ["41", *(f"{i}" for i in range(50, 90))]  # forty placebos: p can be 0.024
STRONG = "long_difference.urban_share.raw.effect"
CLAIMS = [
    EffectClaim("a", "long_difference.agricultural_employment.effect", 3.0, "percentage points", "decrease"),
    EffectClaim("b", "first_stage.roads.effect", 1.0, "square metres per person", "increase"),
]
LEVEL, APART = "long_difference.urban_share.own.effect", "long_difference.urban_share.raw.without_treated"


def _finding(key: str, value: float, low: float, high: float, unit: str = "percentage points") -> Finding:
    return Finding(
        key, value, unit, "made up", "made up", interval=(low, high), level=0.95, p_value=0.5, n=10, placebos=40,
        smallest_p=1 / 41, detectable=8.0,
    )  # fmt: skip


def known(**changes: Finding) -> dict[str, Finding]:
    """No effect leaves out nought but STRONG, which holds in each of its checks."""
    keys = {key for e in EFFECTS for key in (e.key, e.given_level, e.apart) if key}
    keys |= {scenarios.range_key(o) for o in scenarios.RANGES}
    found = {}
    for key in sorted(keys):
        if key.endswith("p_without_treated"):
            found[key] = Finding(key, 0.6, "p-value", "made up", "made up")
        else:
            found[key] = _finding(key, 1.0, -3.0, 5.0)
    found |= {key: _finding(key, 6.0, 2.0, 10.0) for key in (STRONG, LEVEL, APART)}
    return found | {f.key: f for f in changes.values()}


def placebos(strong: float = 60.0) -> pd.DataFrame:
    random = np.random.default_rng(4)
    frames = []
    for effect in EFFECTS:
        estimates = random.standard_normal(len(PROVINCES))
        estimates[0] = strong if effect.key == STRONG else 0.1
        frames.append(pd.DataFrame({"key": effect.key, "group": PROVINCES, "estimate": estimates}))
    return pd.concat(frames, ignore_index=True)


def row(found: pd.DataFrame, key: str = STRONG) -> pd.Series:
    return found.set_index("key").loc[key]


def test_an_effect_that_holds_everywhere_passes_and_no_other() -> None:
    found = judge(known(), placebos(), "41")
    assert found.loc[found["passes"] == 1, "key"].tolist() == [STRONG]
    assert row(found)["p_corrected"] == pytest.approx(1 / 41)


@pytest.mark.parametrize(
    ("change", "condition"),
    [
        (_finding(STRONG, 6.0, -0.1, 12.0), "excludes_zero"),
        (_finding(LEVEL, 6.0, -0.1, 12.0), "given_level"),
        (_finding(LEVEL, -6.0, -9.0, -1.0), "given_level"),
        (_finding(APART, 6.0, -0.1, 12.0), "apart"),
        (_finding(APART, -6.0, -9.0, -1.0), "apart"),
    ],
)
def test_each_condition_can_stop_it(change: Finding, condition: str) -> None:
    found = judge(known(x=change), placebos(), "41")
    assert row(found)[condition] == 0
    assert found["passes"].sum() == 0


def test_many_effects_can_stop_it() -> None:
    """An estimate that is the largest of its own effect, and not of all."""
    found = judge(known(), placebos(strong=3.2), "41")
    assert row(found)["excludes_zero"] == 1
    assert row(found)["p_corrected"] > 0.05
    assert found["passes"].sum() == 0


def test_an_interval_at_ninety_percent_is_not_enough() -> None:
    loose = Finding("a.b", 1.0, "years", "s", "s", interval=(0.5, 2.0), level=0.90)
    assert not excludes_zero(loose)
    assert not excludes_zero(Finding("a.b", 1.0, "years", "s", "s", p_value=0.01))
    assert excludes_zero(Finding("a.b", 0.04, "p-value", "s", "s"))
    assert not excludes_zero(Finding("a.b", 0.08, "p-value", "s", "s"))


def test_a_check_has_to_point_the_same_way() -> None:
    up, down = _finding("a.b", 6.0, 2.0, 10.0), _finding("a.b", -6.0, -10.0, -2.0)
    assert [excludes_zero(f, sign) for f in (up, down) for sign in (1, -1)] == [True, False, False, True]


@pytest.mark.parametrize(("count", "share"), [(11, 0.0), (18, 0.0), (19, 0.05), (24, 0.04), (39, 0.05), (60, 3 / 61)])
def test_chance_goes_in_steps(count: int, share: float) -> None:
    assert by_chance(count) == pytest.approx(share)


def test_correction_by_hand() -> None:
    """Two effects, four placebo provinces; sizes over the standard deviations of the placebos."""
    rows = [("a", "41", 3.0), ("b", "41", 1.0)]
    a, b = [1.0, -1.0, 2.0, -2.0], [0.5, -0.5, 1.5, -1.5]
    rows += [("a", f"{i}", x) for i, x in enumerate(a)] + [("b", f"{i}", x) for i, x in enumerate(b)]
    got = corrected(pd.DataFrame(rows, columns=["key", "group", "estimate"]), ["a", "b"], "41")
    # a: 3 / 1.83 = 1.64, above every maximum (1.10, 1.10, 1.16, 1.16 with b / 1.29): 1 of 5.
    # b: 1 / 1.29 = 0.77, below two of its own (1.16): 3 of 5.
    assert got["a"] == pytest.approx(1 / 5)
    assert got["b"] == pytest.approx(3 / 5)


def test_a_large_effect_does_not_shrink_itself() -> None:
    """The scale is that of the placebos alone: with the treated province in it, 100 would be smaller than b's 6."""
    rows = [("a", "41", 100.0), ("b", "41", 0.0)]
    rows += [("a", f"{i}", x) for i, x in enumerate([1.0, -1.0, 1.0, -1.0])]
    rows += [("b", f"{i}", x) for i, x in enumerate([6.0, 1.0, 1.0, 1.0])]
    assert corrected(pd.DataFrame(rows, columns=["key", "group", "estimate"]), ["a", "b"], "41")["a"] == 1 / 5


def test_a_province_without_all_effects_is_no_draw() -> None:
    rows = placebos()
    rows = rows[~((rows["group"] == "50") & (rows["key"] == STRONG))]
    assert row(judge(known(), rows, "41"))["p_corrected"] == pytest.approx(1 / 40)


def test_people_of_a_county_by_hand() -> None:
    county = County(600_000, 250_000, 300_000, 200_000)
    assert county.people("urban_share")(2.0) == pytest.approx(12_000)
    assert county.people("agricultural_employment")(-10.0) == pytest.approx(-30_000)
    assert county.people("service_employment")(3.0) == pytest.approx(1_800)
    assert county.people("piped_water")(5.0) == pytest.approx(10_000)
    assert county.people("log_population")(10.0) == pytest.approx(600_000 - 600_000 / np.exp(0.1))
    assert county.people("log_urban_population")(-10.0) == pytest.approx(250_000 - 250_000 * np.exp(0.1))
    with pytest.raises(FindingError, match="schooling"):
        county.people("schooling")


def test_the_median_county_by_hand(study: Study) -> None:
    with (DATA / "units.csv").open(encoding="utf-8", newline="") as file:
        codes = {row["code2020"] for row in csv.DictReader(file) if row["baicheng"] == "in programme"}
    with (DATA / "census.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["year"] == "2020" and row["code"] in codes]
    county, count = scenarios.median_county(table("units"), table("census"), study)
    assert count == len(rows) == 106
    assert county.population == statistics.median(float(r["population"]) for r in rows)
    assert county.employed == 10 * statistics.median(float(r["employed"]) for r in rows)


def test_findings_count_and_tell(study: Study) -> None:
    made = scenarios.results(table("units"), table("census"), study, CLAIMS, known(), placebos(), NOTHING)
    found = {f.key.removeprefix("scenarios."): f for f in made.findings.findings}
    value = {k: f.value for k, f in found.items()}
    # STRONG, and the version given the level that is one of its checks.
    assert value["all.looked_at"] == len(EFFECTS) == 102
    assert value["co_primary.looked_at"] == 64
    assert value["all.excluding_zero"] == value["co_primary.excluding_zero"] == 2
    assert value["all.passing"] == 1
    assert value["all.by_chance"] == pytest.approx(102 * 2 / 41)
    county, _ = scenarios.median_county(table("units"), table("census"), study)
    scenario = found[f"scenario.{STRONG}"]
    assert scenario.value == pytest.approx(6 / 100 * county.population)
    assert scenario.interval == pytest.approx((2 / 100 * county.population, 10 / 100 * county.population))
    assert scenario.unit == "urban residents"
    share = found["people.urban_share"]
    assert share.interval == pytest.approx((-3 / 100 * county.population, 5 / 100 * county.population))
    assert found["size.agricultural_employment"].value == pytest.approx(-3 / 100 * county.employed)
    assert "size.roads" not in found
    assert share.detectable == pytest.approx(8 / 100 * county.population)


def test_provinces_that_come_first_are_counted(study: Study) -> None:
    made = scenarios.results(table("units"), table("census"), study, CLAIMS, known(), placebos(), NOTHING)
    value = {f.key.removeprefix("scenarios."): f.value for f in made.findings.findings}
    own = placebos()
    own = own[own["key"].isin([e.key for e in EFFECTS if e.group == "counties"])]
    beyond = []  # with forty placebos the two largest have 0.05 or less
    for _, part in own.groupby("key"):
        beyond += part.assign(size=part["estimate"].abs()).nlargest(2, "size")["group"].tolist()
    counts = pd.Series(beyond).value_counts()
    assert value["counties.provinces_with_any"] == len(counts)
    assert value["counties.own"] == counts["41"] == 1
    assert value["counties.most_elsewhere"] == counts.drop("41").max()


def test_what_is_missing_is_named() -> None:
    for gone in (STRONG, LEVEL, APART):
        left = {k: f for k, f in known().items() if k != gone}
        with pytest.raises(FindingError, match=gone):
            judge(left, placebos(), "41")
    rows = placebos()
    with pytest.raises(FindingError, match=STRONG):
        judge(known(), rows[rows["key"] != STRONG], "41")


def test_every_effect_is_looked_at_once() -> None:
    keys = [e.key for e in EFFECTS]
    assert len(keys) == len(set(keys))
    assert {e.group for e in EFFECTS} == set(scenarios.GROUPS)
