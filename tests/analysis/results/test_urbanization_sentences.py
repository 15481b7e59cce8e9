"""What chapters/07-urbanization.qmd says in words, held to the findings; if one fails, its sentence has to change."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from analysis.findings import Finding, load_all
from analysis.pipeline.task_long_difference import task_long_difference
from analysis.present.samples import load_placebos, load_points
from analysis.present.urbanization import _label
from analysis.results.counties import CONTROLS, OUTCOMES, SPECIFICATIONS
from analysis.results.long_difference import PROGRAMME, SHOWN

VARIANTS = ("effect", "no_zones", "without_treated")
HENAN = "41"


@pytest.fixture(scope="module")
def made(made_by: Callable[..., Path]) -> Path:
    return made_by(task_long_difference)


@pytest.fixture(scope="module")
def known(made: Path) -> dict[str, Finding]:
    return {k.removeprefix("long_difference."): f for k, f in load_all(made / "findings").items()}


def test_nothing_is_told_from_chance(known: dict[str, Finding]) -> None:
    for outcome in SHOWN:
        for specification in SPECIFICATIONS:
            for variant in VARIANTS:  # "Neither changes what can be said"
                effect = known[f"{outcome}.{specification}.{variant}"]
                assert effect.p_value is not None and effect.p_value > 0.05
                assert effect.interval is not None and effect.interval[0] < 0 < effect.interval[1]
    share = known["urban_share.effect"]
    assert share.value > 0 and share.detectable is not None
    assert share.detectable > known["urban_share.change.treated"].value / 2  # "more than half of the whole rise"
    assert known["family.smallest_single_p"].value < known["family.smallest_p_family"].value


def test_provinces_among_each_other(known: dict[str, Finding]) -> None:
    means = {k: f.value for k, f in known.items() if k.startswith("urban_share.by_province.")}
    own = means.pop("urban_share.by_province.henan")
    assert len(means) == 6  # "of seven"
    assert min(means.values()) < own < max(means.values())  # "lies within the range of the other six"


def test_two_rows_that_deserve_a_sentence(known: dict[str, Finding], made: Path) -> None:
    farms = "agricultural_employment"
    assert known[f"{farms}.start.treated"].value > known[f"{farms}.start.comparison"].value  # "from a higher start"
    assert known[f"{farms}.change.treated"].value < known[f"{farms}.change.comparison"].value < 0
    rows = load_placebos("long_difference", made / "samples")
    rows = rows[rows["key"] == f"long_difference.{farms}.share.effect"].set_index("group")["estimate"]
    assert 1 <= (rows < rows[HENAN]).sum() <= 3  # "with few dots beyond it"
    movers = known["migrants_other_province.share.effect"]
    assert movers.value < 0 and movers.p_value is not None and movers.p_value > 0.2  # "it is ordinary"
    assert known["migrants_other_province.end.treated"].value < 1  # "are few"
    studentized = known["migrants_other_province.share.effect.p_studentized"]
    assert studentized.value == pytest.approx(studentized.smallest_p)  # "the largest of all provinces"


def test_lower_starts_and_more_rise(known: dict[str, Finding]) -> None:
    assert known["urban_share.start.treated"].value < known["urban_share.start.comparison"].value
    slope = known["urban_share.own.slope"]
    assert slope.interval is not None and slope.interval[1] < 0  # "units that began higher rose less"
    assert known["urban_share.raw.effect"].value > known["urban_share.share.effect"].value > 0
    residents = [known[f"log_population.{s}.effect"].value for s in ("share", "raw", "own")]
    assert residents == sorted(residents, reverse=True)
    assert residents[0] > 2 * residents[-1]  # "how far this can go"
    assert known["log_population.change.comparison"].value < known["log_population.change.treated"].value < 0


def test_units_are_unlike_and_methods_agree(known: dict[str, Finding], made: Path) -> None:
    before = {c: known[f"balance.{c}.before"].value for c in CONTROLS}
    assert before["log_population"] > 0.5 and before["agricultural_employment"] > 0.5 and before["piped_water"] < -0.5
    after = {c: abs(known[f"balance.{c}.after"].value) for c in CONTROLS}
    assert max(after.values()) < 0.25
    points = load_points("long_difference_likeness", made / "samples")
    inside, outside = (points.loc[points["treated"] == t, "probability"] for t in (1, 0))
    assert (inside < 0.05).mean() < 0.1  # "as few in Henan do"
    assert 0.45 < (outside < 0.05).mean() < 0.55  # "Half of the neighbours' units"
    assert (outside > 0.6).sum() < 20  # "few are beyond 60 percent"
    assert round(100 * inside.max()) == 87  # "up to about 87 percent"
    for outcome in SHOWN:
        found_by = {m: known[f"{outcome}.adjusted.{m}"] for m in ("regression", "doubly_robust", "balanced")}
        values = [f.value for f in found_by.values()]
        detectable = found_by["regression"].detectable
        assert detectable is not None and np.ptp(values) < 0.15 * detectable  # "agree closely"
        for method, effect in found_by.items():
            assert effect.p_value is not None and effect.smallest_p is not None
            assert effect.p_value > 1.5 * effect.smallest_p  # "in no outcome is Henan's estimate the largest"
            units = known[f"{outcome}.adjusted.{method}.effective"]
            assert units.n is not None and units.n > 500  # "more than five hundred"
            if method != "regression":
                assert 70 <= units.value <= 100, _label(outcome)  # "some seventy to a hundred"


def test_clustered_errors_are_smaller_than_the_spread(known: dict[str, Finding]) -> None:
    for outcome in OUTCOMES:
        effect, error = (known[f"{outcome}.share.effect{end}"] for end in ("", ".crv1"))
        assert effect.detectable is not None and error.standard_error is not None
        assert effect.detectable / 2.8 > error.standard_error


def test_where_the_share_rose(known: dict[str, Finding], made: Path) -> None:
    assert known["programme.units"].value == 106  # in the caption of the map
    sample = load_points("long_difference", made / "samples")
    own = sample[sample["province"] == HENAN].sort_values("urban_share", ascending=False)
    assert set(own.loc[own["baicheng"] != PROGRAMME, "baicheng"]) == {
        "district by 2016",
        "district from November 2016",
    }  # "the others had become districts by 2016 or did so in that year"
    assert own["pinyin"].iloc[0] == "Zhongmu"
    luoyang = own["prefecture"].str.endswith("洛阳市")
    assert luoyang.iloc[1:15].mean() > 2.5 * luoyang.mean()  # "many are in the counties of Luoyang"
