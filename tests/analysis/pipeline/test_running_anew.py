"""What makes pytask run a task anew."""

import importlib
import inspect
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from analysis.findings import load_all
from analysis.paths import ROOT
from analysis.provenance import sources

PIPELINE = ROOT / "analysis" / "pipeline"


@pytest.mark.parametrize("name", sorted(path.stem for path in PIPELINE.glob("task_*.py")))
def test_every_module_behind_a_task_is_an_input_of_it(name: str) -> None:
    module = importlib.import_module(f"analysis.pipeline.{name}")
    tasks = [task for key, task in vars(module).items() if key.startswith("task_") and inspect.isfunction(task)]
    assert tasks
    for task in tasks:
        code = inspect.signature(task).parameters["code"].default
        assert code == tuple(sources(module.__name__))
        assert PIPELINE / f"{name}.py" in code


def run(root: Path) -> str:
    result = subprocess.run(
        [sys.executable, "-m", "pytask", "analysis/pipeline"],
        cwd=root,
        env=os.environ | {"PYTHONPATH": str(root), "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def test_pytask_runs_anew_when_a_module_behind_it_changes(tmp_path: Path) -> None:
    """In a copy with one task, one that takes seconds and whose findings have what the change multiplies."""
    for name in ("analysis", "data", "pyproject.toml", "study.yml"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, tmp_path / name)
    for path in (tmp_path / "analysis" / "pipeline").glob("task_*.py"):
        if path.name != "task_match.py":
            path.unlink()
    assert re.search(r"\b1 +Succeeded", run(tmp_path))
    assert re.search(r"\b1 +Skipped because unchanged", run(tmp_path))
    found = load_all(tmp_path / "bld" / "findings").items()
    detectable = {key: finding.detectable for key, finding in found if finding.detectable is not None}
    assert detectable
    module = tmp_path / "analysis" / "designs" / "placebo.py"
    text = module.read_text(encoding="utf-8")
    assert "DETECTABLE = 2.8" in text
    module.write_text(text.replace("DETECTABLE = 2.8", "DETECTABLE = 5.6"), encoding="utf-8")
    assert re.search(r"\b1 +Succeeded", run(tmp_path))
    again = load_all(tmp_path / "bld" / "findings")
    assert {key: again[key].detectable for key in detectable} == pytest.approx(
        {k: 2 * d for k, d in detectable.items()}
    )
