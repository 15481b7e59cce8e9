import json
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pandas as pd
import pytest

from analysis.findings import load_all, read_findings
from analysis.paths import ROOT
from analysis.pipeline.task_distance import task_distance
from analysis.pipeline.task_hierarchy import task_hierarchy
from analysis.pipeline.task_match import task_match
from analysis.pipeline.task_money import task_money
from analysis.pipeline.task_profiles import task_profiles
from analysis.pipeline.task_rank_size import task_rank_size
from analysis.pipeline.task_towns import task_towns
from analysis.pipeline.task_urban_system import task_register, task_urban_system
from analysis.present.samples import load_points

pytestmark = pytest.mark.usefixtures("tables_loaded_once")

Made = Callable[[Callable[..., None]], Path]


@pytest.mark.parametrize(
    "task",
    [
        task_match,
        task_money,
        task_towns,
        task_profiles,
        task_urban_system,
        task_register,
        task_rank_size,
        task_distance,
        task_hierarchy,
    ],
)
def test_findings_fit_the_schema(made_by: Made, task: Callable[..., None]) -> None:
    design = task.__name__.removeprefix("task_")
    schema = json.loads((ROOT / "publishing" / "findings.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(json.loads((made_by(task) / "findings" / f"{design}.json").read_text(encoding="utf-8")), schema)


def test_findings_say_what_they_were_made_from(made_by: Made) -> None:
    made_from = read_findings(made_by(task_match) / "findings" / "match.json").made_from
    assert {"data/yearbook.csv", "data/prefectures.csv", "data/adjacency.csv", "study.yml"} <= set(made_from.data)
    assert "analysis/designs/capacity.py" in made_from.code


def test_prefectures_have_names_in_latin_letters(made_by: Made) -> None:
    made = made_by(task_urban_system)
    table = pd.read_csv(made / "samples" / "urban_system.csv", keep_default_na=False)
    assert (table["pinyin"] != "").all()
    assert len(table) == load_all(made / "findings")["urban_system.henan.district_county_gap_change"].n


def test_cities_have_names_in_latin_letters_and_codes_stay_text(made_by: Made) -> None:
    places = load_points("rank_size", made_by(task_rank_size) / "samples")
    own = places[places["province"] == "41"]
    assert own["pinyin"].notna().all()
    assert {"410122", "city 41 郑州市"} <= set(own["place"])
    units = load_points("distance", made_by(task_distance) / "samples")
    assert set(units.loc[units["gave"], "unit_id"]) == {"410122", "410184", "410223", "410725"}
