import json
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pandas as pd
import pytest

from analysis.findings import load_all, read_findings
from analysis.paths import ROOT
from analysis.pipeline.task_long_difference import task_long_difference
from analysis.present.samples import load_points
from analysis.provenance import code_hash, file_hash

pytestmark = pytest.mark.usefixtures("tables_loaded_once")

TABLES = ("units", "census", "adjacency", "census_totals", "programme_units")


@pytest.fixture(scope="module")
def made(made_by: Callable[..., Path]) -> Path:
    """What the task makes of the real tables."""
    return made_by(task_long_difference)


def test_findings_fit_the_schema(made: Path) -> None:
    schema = json.loads((ROOT / "publishing" / "findings.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(json.loads((made / "findings" / "long_difference.json").read_text(encoding="utf-8")), schema)


def test_findings_say_what_they_were_made_from(made: Path) -> None:
    made_from = read_findings(made / "findings" / "long_difference.json").made_from
    assert set(made_from.data) == {"study.yml", *(f"data/{name}.csv" for name in TABLES)}
    assert made_from.data["data/census.csv"] == file_hash(ROOT / "data" / "census.csv")
    for module in ("analysis/designs/placebo.py", "analysis/results/long_difference.py"):
        assert made_from.code[module] == code_hash(ROOT / module)
    assert "analysis/data/schemas/census.py" in made_from.code


def test_what_is_known_of_henan(made: Path) -> None:
    found = load_all(made / "findings")
    assert found["long_difference.treated_province.population_start"].value == 94_029_939
    assert found["long_difference.treated_province.population_end"].value == 99_365_519
    assert found["long_difference.programme.units"].value == 106
    assert found["long_difference.programme.in_sample"].value == 106
    assert found["long_difference.units.treated"].value == 109
    assert found["long_difference.treated_province.urban_share_end"].value == pytest.approx(55.43, abs=0.005)
    assert found["long_difference.urban_share.effect"].placebos == 24


def test_figures_show_the_sample_estimated_on(made: Path) -> None:
    sample = load_points("long_difference", made / "samples")
    effect = load_all(made / "findings")["long_difference.urban_share.raw.effect"]
    assert len(sample) == effect.n
    means = sample.groupby("treated")["urban_share"].mean()
    assert means[1] - means[0] == pytest.approx(effect.value)
    assert sample["prefecture"].nunique() == effect.clusters
    assert not (sample["code"].str[4:].astype(int) <= 20).any() or (sample["code"].str[2:4] == "90").any()
    assert pd.api.types.is_string_dtype(sample["code"])
    placebos = pd.read_csv(made / "samples" / "long_difference_placebos.csv", dtype={"group": str})
    own = placebos[placebos["key"] == effect.key]
    assert len(own) == 1 + (effect.placebos or 0)
    assert own.loc[own["group"] == "41", "estimate"].item() == pytest.approx(effect.value)
