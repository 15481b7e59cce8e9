"""The description of mechanisms on the committed tables, with effects planted where a number has to be known."""

import json

import jsonschema
import numpy as np
import pandas as pd
import pytest
import yaml

from analysis.data.tables import load_census, load_census_totals, load_designations, load_units
from analysis.findings import Finding, load_all
from analysis.paths import ROOT, SEEDS
from analysis.pipeline.task_mechanisms import task_mechanisms
from analysis.results import mechanisms
from analysis.results.mechanisms import LABELS, TRAITS
from analysis.study import load_study


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return mechanisms.sample(load_units(), load_census(), load_designations(), load_study())


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Finding]:
    folder = tmp_path_factory.mktemp("made")
    task_mechanisms(to_findings=folder / "mechanisms.json")
    schema = json.loads((ROOT / "publishing" / "findings.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(json.loads((folder / "mechanisms.json").read_text(encoding="utf-8")), schema)
    return load_all(folder)


def test_the_claims_find_what_they_wait_for(made: dict[str, Finding]) -> None:
    waiting = [
        claim
        for path in SEEDS.glob("*.yml")
        for claim in yaml.safe_load(path.read_text(encoding="utf-8"))["claims"]
        if (claim["finding"] or "").startswith("mechanisms.")
    ]
    assert len(waiting) == 8
    for claim in waiting:
        found = made[claim["finding"]]
        assert found.unit == claim["size"]["unit"]
        if claim["rule"]["kind"] == "association":
            assert found.interval is not None
            assert f"{claim['finding']}.p_family" in made


def test_planted_slopes_come_back_for_the_step(frame: pd.DataFrame) -> None:
    rows = mechanisms.complete_rows(frame)
    for trait in (TRAITS["manufacturing"], TRAITS["market_access"], TRAITS["services"]):
        planted = rows.assign(log_population=3 * rows[trait.column] + 5 * rows["province"].astype(int))
        planted["log_population"] += 1e-7 * np.sin(np.arange(len(planted)))  # an exact fit has no error
        found = {f.key: f for f in mechanisms._trait_slopes(planted, len(rows), load_study())}
        got = found[f"mechanisms.{trait.theory}.{trait.name}_log_population"]
        assert got.value == pytest.approx(3 * trait.times, rel=1e-6)
        assert got.unit == "log points"


def test_a_planted_label_comes_back_and_is_no_chance(frame: pd.DataFrame) -> None:
    random = np.random.default_rng(0)
    planted = frame.assign(nonfarm_employment=random.normal(size=len(frame)) + 9 * frame["special_towns"])
    found = {f.key: f for f in mechanisms._label_differences(planted, load_study())}
    key = "mechanisms.institutions.special_towns_nonfarm_employment"
    assert found[key].value == pytest.approx(9, abs=1)
    assert found[f"{key}.p_randomization"].value < 0.001
    assert found["mechanisms.institutions.demonstration_nonfarm_employment.p_randomization"].value > 0.01


def test_traits_by_hand(frame: pd.DataFrame) -> None:
    census = load_census()
    row = census[(census["year"] == 2010) & (census["code"] == "410122")].iloc[0]
    own = frame.set_index("unit_id").loc["410122"]
    served = row["employed_education"] + row["employed_health"] + row["employed_public_facilities"]
    assert own["services_per_registered"] == pytest.approx(10_000 * served / row["registered_population"])
    away = row["migrants_same_province"] + row["migrants_other_province"]
    assert own["arrivals"] == pytest.approx(100 * away / row["population"])
    assert own["residents_less_registered"] == pytest.approx(
        100 * (row["population"] - row["registered_population"]) / row["registered_population"]
    )
    end = census[(census["year"] == 2020) & (census["code"] == own["code_end"])].iloc[0]
    outside = [100 - 100 * r["employed_agriculture"] / r["employed"] for r in (row, end)]
    assert own["nonfarm_employment"] == pytest.approx(outside[1] - outside[0])


def test_special_towns_are_in_units_of_the_province(frame: pd.DataFrame) -> None:
    designated = load_designations().set_index("designation").loc["special_town_2017"]
    own = frame[frame["special_towns"] == 1]
    assert sorted(own["code"]) == sorted(designated["code2010"])
    assert len(own) == 10
    assert (own["home"] == 1).all()


def test_levels_by_hand(made: dict[str, Finding]) -> None:
    census, totals = load_census(), load_census_totals()
    rows = census[(census["year"] == 2020) & census["unit_type"].isin(["county", "county_city", "banner"])]
    moved = rows[["migrants_same_county", "migrants_same_province", "migrants_other_province"]].dropna().sum()
    share = made["mechanisms.integration.same_county_migrants_share_2020"]
    assert share.value == pytest.approx(100 * moved.iloc[0] / moved.sum())
    row = totals[(totals["code"] == "410000") & (totals["year"] == 2010)].iloc[0]
    gap = made["mechanisms.institutions.henan_citizenization_gap_2010"]
    assert gap.value == pytest.approx(100 * 36_219_767 / 94_029_939 - row["nonagricultural_share"])


def test_one_family_holds_every_test(made: dict[str, Finding]) -> None:
    corrected = [k for k in made if k.endswith(".p_family")]
    assert len(corrected) == made["mechanisms.tests"].value
    assert len(corrected) == 2 * len(TRAITS) + 3 * len(LABELS)
    for key in corrected:
        assert made[key].value >= 1 / (mechanisms.DRAWS + 1)


def test_labels_have_as_many_units_as_the_lists(made: dict[str, Finding]) -> None:
    counts = {name: made[f"mechanisms.institutions.{name}.units"].value for name in LABELS}
    assert counts == {
        "province_managed": 10, "special_towns": 10, "demonstration": 5, "poverty": 53, "poverty_national": 38,
    }  # fmt: skip


def test_labels_overlap_as_counted(frame: pd.DataFrame, made: dict[str, Finding]) -> None:
    both = frame[(frame["province_managed"] == 1) & (frame["special_towns"] == 1)]
    assert made["mechanisms.institutions.managed_with_special_town.units"].value == len(both) > 0


def test_sentences_of_the_chapter_that_the_numbers_must_bear(made: dict[str, Finding]) -> None:
    assert made["mechanisms.integration.same_county_migrants_share_2020"].value > 50, "the larger part"
    handful = ("province_managed", "special_towns", "demonstration")
    assert all(made[f"mechanisms.institutions.{name}.units"].value <= 10 for name in handful), "a handful"
    assert made["mechanisms.institutions.henan_citizenization_gap_2010"].value > 0, "less"
