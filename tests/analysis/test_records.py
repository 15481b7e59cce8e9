import json
import math
import platform
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from analysis.findings import MadeFrom
from analysis.records import (
    Bench,
    Entry,
    Machine,
    Measure,
    RecordError,
    Validation,
    read_bench,
    read_validation,
    this_machine,
    write_record,
)

MACHINE = Machine(2, 24.0, "Linux", "x86_64", "3.11.9", {"numpy": "2.4"})
ENTRY = Entry("parity", "simulated", "effect, other", 1.0, 1.0, 0.1, "By hand.", True)
RECORD = Validation(date(2026, 11, 23), MACHINE, MadeFrom({"study.yml": "0"}, {"analysis/a.py": "1"}), 20, 1, (ENTRY,))
RATIO = Measure("ratio", "A ratio", 2.0, 1.9, "times", "at most 3", True, 9, "")
MEASURES = Bench(RECORD.date, MACHINE, RECORD.made_from, "By hand.", (RATIO,))


def test_a_record_comes_back_as_it_was_written(tmp_path: Path) -> None:
    write_record(RECORD, tmp_path / "records" / "validation.json")
    write_record(MEASURES, tmp_path / "records" / "bench.json")
    assert read_validation(tmp_path / "records" / "validation.json") == RECORD
    assert read_bench(tmp_path / "records" / "bench.json") == MEASURES
    assert {p.name for p in (tmp_path / "records").iterdir()} == {"validation.json", "bench.json"}


def test_a_number_that_is_not_finite_leaves_the_old_record(tmp_path: Path) -> None:
    path = tmp_path / "validation.json"
    write_record(RECORD, path)
    with pytest.raises(RecordError, match="not finite"):
        write_record(replace(RECORD, checks=(replace(ENTRY, obtained=math.nan),)), path)
    assert read_validation(path) == RECORD


def edit(change: Callable[[dict[str, Any]], object]) -> str:
    document: dict[str, Any] = {
        "date": "2026-11-23",
        "machine": {"cores": 2, "memory_gib": 24.0, "system": "s", "architecture": "a", "python": "3", "packages": {}},
        "made_from": {"data": {}, "code": {}},
        "draws": 20,
        "seed": 1,
        "checks": [json.loads(json.dumps(ENTRY.__dict__))],
    }
    change(document)
    return json.dumps(document)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", r"records/validation.json: not valid JSON; run `make validate`"),
        ("[]", "found list"),
        (edit(lambda d: d.pop("date")), "date is missing"),
        (edit(lambda d: d.update(date="yesterday")), "date is 'yesterday'; allowed is a day"),
        (edit(lambda d: d.update(draws="many")), "draws is 'many'"),
        (edit(lambda d: d["machine"].pop("cores")), "machine: cores is missing"),
        (edit(lambda d: d["machine"].update(host="here")), "machine: host is unknown"),
        (edit(lambda d: d["machine"].update(packages=["numpy"])), "machine: packages: found"),
        (edit(lambda d: d.update(made_from={"code": {}})), "made_from: found"),
        (edit(lambda d: d.update(made_from={"code": {"a": 1}, "data": {}})), "made_from: code: found"),
        (edit(lambda d: d.update(checks=[])), "checks: found"),
        (edit(lambda d: d.update(checks=["none"])), "checks: entry 1: found 'none'"),
        (edit(lambda d: d["checks"][0].pop("tolerance")), "checks: entry 1: tolerance is missing"),
        (edit(lambda d: d["checks"][0].update(passed="yes")), "checks: entry 1: passed is 'yes'; allowed is bool"),
        (edit(lambda d: d["checks"][0].update(obtained=True)), "checks: entry 1: obtained is True; allowed is float"),
        (edit(lambda d: d["checks"][0].update(obtained=math.nan)), "checks: entry 1: obtained is nan"),
    ],
)
def test_a_broken_record_is_told_by_file_and_field(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "validation.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RecordError, match=words):
        read_validation(path)


def test_a_missing_record_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match=r"records/bench\.json: no such record; run `make bench`"):
        read_bench(tmp_path / "bench.json")


def test_a_machine_is_told_without_its_name() -> None:
    found = this_machine(["numpy", "no-such-package"])
    assert list(found.packages) == ["numpy"]
    assert found.cores >= 1
    assert platform.node() not in found.system
