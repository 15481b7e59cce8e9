import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

TASK = """
import os
from pathlib import Path
from typing import Annotated

import numpy as np
from pytask import Product, task

HERE = Path(__file__).parent

class RowError(ValueError):
    pass

{mark}
def task_{name}(out: Annotated[Path, Product] = HERE / "out/{name}.txt") -> None:
    out.parent.mkdir(exist_ok=True)
    {fault}
    numbers = np.random.default_rng({seed}).normal(size=(400, 400))
    out.write_text(repr((numbers @ numbers.T).sum()))
    (HERE / "{name}.pid").write_text(str(os.getpid()))
    (HERE / "{name}.parent").write_text(str(os.getppid()))
"""
LAST = """
from pathlib import Path
from typing import Annotated

from pytask import Product

HERE = Path(__file__).parent

def task_join(
    a: Path = HERE / "out/a.txt", b: Path = HERE / "out/b.txt", out: Annotated[Path, Product] = HERE / "out/all.txt"
) -> None:
    out.write_text(a.read_text() + b.read_text())
"""


def pipeline(folder: Path, fault: str = "") -> Path:
    """Two tasks that do not wait for one another, one of them marked, and one that waits for both."""
    folder.mkdir()
    (folder / "pyproject.toml").write_text('[tool.pytask.ini_options]\npaths = ["."]\n')
    (folder / "task_a.py").write_text(TASK.format(name="a", seed=1, fault=fault, mark=""))
    (folder / "task_b.py").write_text(TASK.format(name="b", seed=2, fault="", mark="@task"))
    (folder / "task_join.py").write_text(LAST)
    return folder


def run(folder: Path, workers: int) -> tuple[int, list[str], str]:
    done = subprocess.run(
        [sys.executable, "-m", "publishing.run_pipeline", ".", "failures.json", str(workers)],
        cwd=folder,
        env={name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, json.loads((folder / "failures.json").read_text(encoding="utf-8")), done.stdout


def test_one_worker_and_two_make_the_same_bytes_and_two_are_processes(tmp_path: Path) -> None:
    folders = {n: pipeline(tmp_path / f"with{n}") for n in (1, 2)}
    for workers, folder in folders.items():
        code, failures, said = run(folder, workers)
        assert (code, failures) == (0, []), said
        assert "3  Succeeded" in said
    one, two = ({p.name: p.read_bytes() for p in (f / "out").iterdir()} for f in folders.values())
    assert one == two
    assert len(one) == 3
    pids = {n: {(f / f"{name}.pid").read_text() for name in "ab"} for n, f in folders.items()}
    assert (len(pids[1]), len(pids[2])) == (1, 2)
    code, failures, said = run(folders[2], 2)
    assert (code, failures) == (0, [])
    assert "3  Skipped because unchanged" in said
    assert "Succeeded  " not in said


def test_a_lone_task_is_run_without_another_process(tmp_path: Path) -> None:
    folder = pipeline(tmp_path / "lone")
    run(folder, 1)
    file = folder / "task_b.py"
    file.write_text(file.read_text().replace("rng(2)", "rng(3)"))
    (folder / "task_join.py").unlink()
    code, _, said = run(folder, 2)
    assert code == 0, said
    assert "1  Succeeded" in said
    assert (folder / "b.parent").read_text() == str(os.getpid())


@pytest.mark.parametrize("workers", [1, 2])
def test_a_failure_is_told_in_the_same_words_whoever_ran_the_task(tmp_path: Path, workers: int) -> None:
    folder = pipeline(tmp_path / "bad", fault="raise RowError('the seventh row is bad')")
    code, failures, _ = run(folder, workers)
    assert code != 0
    assert failures[0] == "task_a: the seventh row is bad (RowError)"
    assert (folder / "out/b.txt").is_file()
    assert not (folder / "out/all.txt").exists()
