import json
from pathlib import Path

import jsonschema
import pandas as pd
import pytest

from analysis.findings import load_all, read_findings
from analysis.paths import ROOT
from analysis.pipeline.task_match import task_match
from analysis.pipeline.task_urban_system import task_register, task_urban_system

pytestmark = pytest.mark.usefixtures("tables_loaded_once")


def run(folder: Path) -> Path:
    task_match(
        to_findings=folder / "match.json", to_units=folder / "match.csv", to_placebos=folder / "match_placebos.csv"
    )
    task_urban_system(to_findings=folder / "urban_system.json", to_prefectures=folder / "urban_system.csv")
    task_register(to_findings=folder / "register.json")
    return folder


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the tasks make of the real tables."""
    return run(tmp_path_factory.mktemp("made"))


@pytest.mark.parametrize("design", ["match", "urban_system", "register"])
def test_findings_fit_the_schema(made: Path, design: str) -> None:
    schema = json.loads((ROOT / "publishing" / "findings.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(json.loads((made / f"{design}.json").read_text(encoding="utf-8")), schema)


def test_findings_say_what_they_were_made_from(made: Path) -> None:
    made_from = read_findings(made / "match.json").made_from
    assert {"data/yearbook.csv", "data/prefectures.csv", "data/adjacency.csv", "study.yml"} <= set(made_from.data)
    assert "analysis/designs/capacity.py" in made_from.code


def test_prefectures_have_names_in_latin_letters(made: Path) -> None:
    table = pd.read_csv(made / "urban_system.csv", keep_default_na=False)
    assert (table["pinyin"] != "").all()
    assert len(table) == load_all(made)["urban_system.henan.district_county_gap_change"].n
