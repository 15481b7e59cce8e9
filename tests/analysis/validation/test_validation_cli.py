from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from analysis import records
from analysis.designs.errors import TooFewUnitsError
from analysis.findings import MadeFrom
from analysis.validation import cli, suite
from analysis.validation.checks import Check

GOOD = Check("simulated", "good", 1.0, 1.0, 0.1, "By hand.")
BAD = Check("simulated", "bad", 1.0, 2.0, 0.1, "By hand.")
Groups = Callable[..., Path]


@pytest.fixture
def groups(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Groups:
    """Puts simulated groups of checks in the place of the real ones, and the record in a folder of its own."""

    def put(**found: list[Check]) -> Path:
        monkeypatch.setattr(suite, "groups", lambda draws, seed: {n: (lambda c=c: c) for n, c in found.items()})
        monkeypatch.setattr(records, "VALIDATION", tmp_path / "validation.json")
        return tmp_path / "validation.json"

    return put


def test_a_good_run_writes_the_record(groups: Groups) -> None:
    path = groups(parity=[GOOD], limits=[BAD])
    result = CliRunner().invoke(cli.validate, ["--draws", "30", "--seed", "5"])
    assert result.exit_code == 0, result.output
    assert "2 of 2 checks are as they should be" in result.output
    record = records.read_validation(path)
    assert (record.draws, record.seed) == (30, 5)
    assert [(c.group, c.name, c.passed) for c in record.checks] == [("parity", "good", True), ("limits", "bad", False)]
    assert "analysis/designs/placebo.py" in record.made_from.code
    assert "analysis/validation/cli.py" not in record.made_from.code
    assert "data/census.csv" in record.made_from.data


@pytest.mark.parametrize(
    ("found", "words"),
    [
        ({"parity": [GOOD, BAD]}, "simulated: bad: failed; expected 1, obtained 2, tolerance 0.1"),
        ({"limits": [GOOD]}, "simulated: good: known to fail, and passes"),
    ],
)
def test_a_wrong_check_is_named_and_the_exit_is_1(groups: Groups, found: dict[str, list[Check]], words: str) -> None:
    path = groups(**found)
    result = CliRunner().invoke(cli.validate)
    assert result.exit_code == 1
    assert words in result.output
    assert path.exists()


def test_a_part_of_the_suite_writes_no_record(groups: Groups) -> None:
    path = groups(parity=[GOOD], published=[BAD])
    result = CliRunner().invoke(cli.validate, ["--only", "parity"])
    assert result.exit_code == 0, result.output
    assert "1 of 1" in result.output
    assert not path.exists()


def test_a_fault_is_told_in_words_and_leaves_no_record(groups: Groups, monkeypatch: pytest.MonkeyPatch) -> None:
    path = groups()

    def fail() -> list[Check]:
        raise TooFewUnitsError("3 units for 4 coefficients")

    monkeypatch.setattr(suite, "groups", lambda draws, seed: {"parity": fail})
    result = CliRunner().invoke(cli.validate)
    assert result.exit_code == 1
    assert "Error: 3 units for 4 coefficients\nno record was written" in result.output
    assert not path.exists()


def test_the_groups_are_those_that_the_option_allows() -> None:
    only = next(p for p in cli.validate.params if p.name == "only")
    assert list(only.type.choices) == list(suite.groups(1, 1))  # type: ignore[attr-defined]


def test_bench_says_how_many_targets_are_met(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from analysis.validation import bench

    path = tmp_path / "bench.json"
    machine = records.Machine(2, 24, "Linux", "x86_64", "3.11", {})
    measures = tuple(
        records.Measure(name, name, value, value, "times", "at most 1.2", value <= 1.2, 9, "")
        for name, value in (("one", 1.1), ("other", 1.3))
    )
    made = records.Bench(date(2026, 11, 23), machine, MadeFrom({}, {}), "By hand.", measures)
    monkeypatch.setattr(records, "BENCH", path)
    monkeypatch.setattr(bench, "run_bench", lambda where, say: records.write_record(made, where))
    result = CliRunner().invoke(cli.bench)
    assert "1 of 2 targets are met" in result.output
    assert result.exit_code == 1
    monkeypatch.setattr(bench, "run_bench", lambda where, say: where.write_text("{}"))
    result = CliRunner().invoke(cli.bench)
    assert "Error: records/bench.json: convention is None" in result.output
    assert result.exit_code == 1
