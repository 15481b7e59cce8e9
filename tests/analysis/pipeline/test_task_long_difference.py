import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import jsonschema
import pandas as pd
import pytest

from analysis.findings import load_all, read_findings
from analysis.paths import ROOT
from analysis.pipeline.task_long_difference import task_long_difference
from analysis.present.figures import load_sample
from analysis.provenance import code_hash, file_hash


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the task makes of the real tables."""
    folder = tmp_path_factory.mktemp("made")
    task_long_difference(to_findings=folder / "long_difference.json", to_sample=folder / "samples" / "sample.csv")
    return folder


def test_findings_fit_the_schema(made: Path) -> None:
    schema = json.loads((ROOT / "publishing" / "findings.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(json.loads((made / "long_difference.json").read_text(encoding="utf-8")), schema)


def test_findings_say_what_they_were_made_from(made: Path) -> None:
    made_from = read_findings(made / "long_difference.json").made_from
    assert set(made_from.data) == {
        "data/census.csv",
        "data/census_totals.csv",
        "data/programme_units.csv",
        "study.yml",
    }
    assert made_from.data["data/census.csv"] == file_hash(ROOT / "data" / "census.csv")
    module = "analysis/designs/long_difference.py"
    assert made_from.code[module] == code_hash(ROOT / module)
    assert "analysis/data/schemas/census.py" in made_from.code


def test_what_is_known_of_henan(made: Path) -> None:
    found = load_all(made)
    assert found["long_difference.treated_province.population_start"].value == 94_029_939
    assert found["long_difference.treated_province.population_end"].value == 99_365_519
    assert found["long_difference.programme.units"].value == 106
    assert found["long_difference.treated_province.urban_share_end"].value == pytest.approx(55.43, abs=0.005)


def test_figures_show_the_sample_estimated_on(made: Path) -> None:
    sample = load_sample(made / "samples" / "sample.csv")
    effect = load_all(made)["long_difference.effect_raw"]
    assert len(sample) == effect.n
    means = sample.groupby("treated")["change"].mean()
    assert means[1] - means[0] == pytest.approx(effect.value)
    assert sample["prefecture"].nunique() == effect.clusters
    assert not (sample["code"].str[4:].astype(int) <= 20).any()
    assert pd.api.types.is_string_dtype(sample["code"])


def test_pytask_runs_anew_when_a_module_behind_it_changes(tmp_path: Path) -> None:
    for name in ("analysis", "data", "pyproject.toml", "study.yml"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, tmp_path / name)

    def run() -> str:
        result = subprocess.run(
            [sys.executable, "-m", "pytask", "analysis/pipeline"],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(tmp_path), "NO_COLOR": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout

    findings = tmp_path / "bld" / "findings" / "long_difference.json"
    assert "1  Succeeded" in run()
    first = findings.read_bytes()
    assert "1  Skipped because unchanged" in run()
    module = tmp_path / "analysis" / "designs" / "long_difference.py"
    module.write_text(module.read_text(encoding="utf-8").replace("LEVEL = 0.95", "LEVEL = 0.9"), encoding="utf-8")
    assert "1  Succeeded" in run()
    assert findings.read_bytes() != first
    assert {f.level for f in load_all(findings.parent).values() if f.interval} == {0.9}
