"""What the benchmark compares gives the same numbers; nothing here is timed."""

import json
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from analysis.designs.event_study import two_way
from analysis.records import RecordError
from analysis.validation import bench

pytestmark = pytest.mark.filterwarnings("ignore:The inplace keyword")  # pyfixest 0.60 on pandas 3.1


def test_our_entry_gives_what_pyfixest_gives_and_finds_the_simulated_effect() -> None:
    data = bench.panel(400)
    found = two_way(data, "y", ["treated", "x"], unit="unit", year="year", cluster="cluster").coefficients["treated"]
    direct = bench._direct("y ~ treated + x | unit + year", data, "cluster")
    assert (found.estimate, found.standard_error) == pytest.approx(direct, rel=1e-12)
    assert abs(found.estimate - 2.0) < 3 * found.standard_error


def test_the_measure_of_the_dummies_compares_equal_estimates() -> None:
    measure = bench.two_way_dummies(units=40)
    assert float(measure.detail.rpartition(" ")[2]) < 1e-10
    assert measure.met == (measure.value >= 100)


def test_the_loop_and_the_shared_algebra_agree_on_the_committed_tables() -> None:
    study = bench._load()
    wanted = [s for s in study.specifications if s.outcome == "urban_share" and s.sample == "all kept kept"]
    wanted = [s for s in wanted if s.comparison == "neighbours"]
    assert len(wanted) == 6
    curve = study.curve(wanted)
    chosen = ("41", "13", "65")
    columns = [curve.groups.index(g) for g in chosen]
    shared = np.stack([curve.estimates[:, columns], curve.errors[:, columns]], axis=2)
    assert shared == pytest.approx(bench.loop_of_regressions(study, wanted, chosen), abs=1e-10)


def test_a_race_takes_turns_and_leaves_the_first_turn_out() -> None:
    order: list[str] = []
    times = bench.race([lambda: order.append("a"), lambda: order.append("b")], 3)
    assert "".join(order) == "abababab"
    assert [len(t) for t in times] == [3, 3]


def test_a_build_that_fails_stops_the_benchmark_with_its_words(monkeypatch: pytest.MonkeyPatch) -> None:
    failed = subprocess.CompletedProcess([], 1, "", "chapters/a.qmd:3: out of order")
    monkeypatch.setattr(bench.subprocess, "run", lambda *_, **__: failed)
    with pytest.raises(RecordError, match=r"publishing\.whole_build failed:\nchapters/a\.qmd:3: out of order"):
        bench.builds("publishing.whole_build")


def test_the_record_says_what_was_measured_on_what(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    measure = bench.Measure("m", "A measure", 2.0, 1.5, "times", "at least 1", True, 3, "detail")
    for name in ("two_way_effects", "two_way_dummies"):
        monkeypatch.setattr(bench, name, lambda: measure)
    for name in ("placebos", "curve_times"):
        monkeypatch.setattr(bench, name, lambda _: [measure])
    monkeypatch.setattr(bench, "pipeline", lambda: [measure])
    monkeypatch.setattr(bench, "builds", lambda module: [replace(measure, name=module)])
    monkeypatch.setattr(bench, "_load", lambda: None)
    said: list[str] = []
    bench.run_bench(tmp_path / "records" / "bench.json", said.append)
    record = json.loads((tmp_path / "records" / "bench.json").read_text(encoding="utf-8"))
    assert len(record["measures"]) == len(said) == 7
    assert [m["name"] for m in record["measures"]][-2:] == ["publishing.benchmark", "publishing.whole_build"]
    assert record["measures"][0] == {"name": "m", "what": "A measure", "value": 2.0, "best": 1.5, "unit": "times", "target": "at least 1", "met": True, "repeats": 3, "detail": "detail"}  # fmt: skip
    assert {"analysis/designs/placebo.py", "analysis/validation/bench.py", "publishing/build.py"} <= set(
        record["made_from"]["code"]
    )
    assert "data/census.csv" in record["made_from"]["data"]
    assert set(record["machine"]) == {"cores", "memory_gib", "system", "architecture", "python", "packages"}
    assert not list(tmp_path.rglob("*.partial"))
