"""The findings of special towns, on the real tables: once more by other means, and with effects planted."""

import itertools
import math
import statistics
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from real_tables import NOTHING, found, made_towns, table

from analysis.designs.errors import DesignError, NonFiniteError, TooFewUnitsError
from analysis.findings import Finding, load_all
from analysis.pipeline.task_mechanisms import task_mechanisms
from analysis.results import towns
from analysis.results.towns import placing_deviation
from analysis.study import Study

HOSTS = ("410181", "410322", "410482", "410581", "410728", "411282", "411324", "411381", "411481", "411623")


@pytest.fixture(scope="module")
def findings() -> dict[str, Finding]:
    return found("towns")


@pytest.fixture(scope="module")
def points() -> pd.DataFrame:
    return made_towns().units


def value(findings: dict[str, Finding], key: str) -> float:
    return findings[f"towns.{key}"].value


def test_the_deviation_is_that_of_all_placings() -> None:
    values = np.array([1.0, 4, -2, 10, 3, 3.5])
    for labelled in (1, 2, 3, 5):
        differences = []
        for chosen in itertools.combinations(range(len(values)), labelled):
            rest = [i for i in range(len(values)) if i not in chosen]
            differences.append(values[list(chosen)].mean() - values[rest].mean())
        assert placing_deviation(values, labelled) == pytest.approx(statistics.pstdev(differences))


def test_the_deviation_refuses_what_it_cannot_place() -> None:
    with pytest.raises(NonFiniteError):
        placing_deviation(np.array([1.0, math.nan, 2]), 1)
    for labelled in (0, 3):
        with pytest.raises(TooFewUnitsError, match=f"{labelled} of 3 units"):
            placing_deviation(np.array([1.0, 2, 3]), labelled)


def test_hosts_are_those_of_the_list(points: pd.DataFrame, findings: dict[str, Finding]) -> None:
    hosts = points[points["special_towns"] == 1]
    assert tuple(hosts["unit_id"]) == HOSTS
    assert dict(zip(hosts["pinyin"], hosts["town"], strict=True))["Zhenping"] == "Shifosi"
    assert (points.loc[points["special_towns"] == 0, "town"] == "").all()
    assert value(findings, "hosts.units") + value(findings, "others.units") == len(points) == 109


def test_levels_by_plain_reading(findings: dict[str, Finding]) -> None:
    census = table("census")
    codes = dict(zip(table("units")["code2010"], table("units")["code2020"], strict=True))
    people, work, urban, employed = [], [], [], []
    for code in HOSTS:
        start = census[(census["year"] == 2010) & (census["code"] == code)].iloc[0]
        end = census[(census["year"] == 2020) & (census["code"] == codes[code])].iloc[0]
        people.append(end["population"])
        urban.append(100 * end["urban_population"] / end["population"])
        outside = [100 - 100 * r["employed_agriculture"] / r["employed"] for r in (start, end)]
        work.append(outside[1] - outside[0])
        employed.append(10 * end["employed"])
    assert value(findings, "hosts.population.2020") == pytest.approx(statistics.fmean(people))
    assert value(findings, "hosts.urban_share.2020") == pytest.approx(statistics.fmean(urban))
    assert value(findings, "hosts.nonfarm_employment.change") == pytest.approx(statistics.fmean(work))
    assert value(findings, "hosts.employed") == pytest.approx(statistics.fmean(employed))
    assert value(findings, "hosts.jobs_for_size") == pytest.approx(0.02 * statistics.fmean(employed))


@pytest.mark.usefixtures("tables_loaded_once")
def test_changes_differ_as_the_mechanisms_say(made_by: Callable[..., Path], findings: dict[str, Finding]) -> None:
    known = load_all(made_by(task_mechanisms) / "findings")
    for column, outcome in (("population", "log_population"), ("nonfarm_employment", "nonfarm_employment")):
        less = value(findings, f"hosts.{column}.change") - value(findings, f"others.{column}.change")
        assert less == pytest.approx(known[f"mechanisms.institutions.special_towns_{outcome}"].value)


def test_a_planted_start_comes_back_and_is_no_chance(study: Study) -> None:
    """Simulated: the real register, with schooling as it is and ten points more manufacturing in every host."""
    names = ("units", "census", "yearbook", "designations")
    frame = towns.build(*(table(n) for n in names), study)
    random = np.random.default_rng(5)
    planted = frame.assign(manufacturing_employment_start=random.normal(size=len(frame)) + 10 * frame["special_towns"])
    got = {f.key: f for f in towns._differences(planted, study)}
    assert got["towns.start.manufacturing"].value == pytest.approx(10, abs=1)
    assert got["towns.start.manufacturing.p_randomization"].value < 0.001


def test_a_difference_as_large_as_the_detectable_is_mostly_found(study: Study) -> None:
    """Simulated: hosts drawn at random, whose gain is the minimum detectable difference, over many draws."""
    random = np.random.default_rng(6)
    gains = made_towns().units["nonfarm_employment"].to_numpy(dtype=float)
    deviation = placing_deviation(gains, 10)
    seen = 0
    for _ in range(2000):
        chosen = random.permutation(len(gains)) < 10
        difference = gains[chosen].mean() - gains[~chosen].mean() + towns.DETECTABLE * deviation
        seen += abs(difference) > 1.96 * deviation
    assert seen / 2000 == pytest.approx(0.8, abs=0.03)
    detectable = found("towns")["towns.nonfarm_employment.detectable"].value
    assert detectable == pytest.approx(towns.DETECTABLE * deviation)


def test_a_list_without_hosts_is_refused(study: Study) -> None:
    names = ("units", "census", "yearbook")
    designations = table("designations")
    none = designations[designations["designation"] != "special_town_2017"]
    with pytest.raises(DesignError, match=r"data/designations\.csv: no comparable unit of Henan"):
        towns.make(*(table(n) for n in names), none, study, NOTHING)


def test_sentences_of_the_chapter_hold(points: pd.DataFrame) -> None:
    """What chapters/14-towns.qmd says of units by name; if one fails, its sentence has to change."""
    hosts = points[points["special_towns"] == 1].set_index("pinyin")
    start, change = hosts["nonfarm_employment_start"], hosts["nonfarm_employment"]
    assert start["Gongyi"] == pytest.approx(75, abs=2)  # "three quarters"
    assert start.idxmax() == change.idxmin() == "Gongyi"  # the alternative text of the figure
    assert change["Changyuan"] > 100 - start["Gongyi"]  # "could not have gained what Changyuan did"
    assert points["nonfarm_employment_start"].corr(points["nonfarm_employment"]) < -0.5  # "the smaller the gain"
    own = (points["nonfarm_employment"] > 30).mean()
    assert own > 0.8  # "nearly everywhere in Henan"
    assert points["town"].ne("").sum() == 10
