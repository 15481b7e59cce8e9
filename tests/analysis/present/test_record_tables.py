from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from analysis.findings import MadeFrom
from analysis.present import records as shown
from analysis.provenance import code_hash, file_hash
from analysis.records import Bench, Entry, Machine, Measure, RecordError, Validation, write_record

MACHINE = Machine(2, 23.6, "Linux", "x86_64", "3.11.9", {"numpy": "2.4"})
CHECKS = (
    Entry("published", "published", "Card (1995): Return", 0.132, 0.13150384, 0.0005000005, "A book.", True),
    Entry("published", "published", "Card (1995): Year", 1995.0, 1995.2, 0.5000000005, "A book.", True),
    Entry("parity", "long difference", "urban share, raw: error, statsmodels", 1.0, 1.0 + 3e-13, 1e-6, "CRV1.", True),
    Entry("parity", "long difference", "urban share, all: error, statsmodels", 1.0, 1.0, 1e-6, "CRV1.", True),
    Entry("recoveries", "event_study", "effect", 2.0, 2.013, 0.12, "50 draws", True),
    Entry("limits", "long difference", "coverage", 0.95, 0.41, 0.02, "Known.", False),
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "analysis").mkdir()
    for name in ("a", "b", "c", "d"):
        (tmp_path / "analysis" / f"{name}.py").write_text(f"{name} = 1  # as it was\n", encoding="utf-8")
    (tmp_path / "study.yml").write_text("treated: '41'\n", encoding="utf-8")
    return tmp_path


@pytest.fixture
def record(root: Path) -> Validation:
    files = sorted((root / "analysis").iterdir())
    code = {p.relative_to(root).as_posix(): code_hash(p) for p in files}
    made_from = MadeFrom({"study.yml": file_hash(root / "study.yml")}, code)
    shown._hash.cache_clear()
    return Validation(date(2026, 11, 3), MACHINE, made_from, 20, 1, CHECKS)


@pytest.fixture
def path(record: Validation, tmp_path: Path) -> Path:
    write_record(record, tmp_path / "validation.json")
    return tmp_path / "validation.json"


def change(root: Path, *names: str) -> None:
    for name in names:
        with (root / name).open("a", encoding="utf-8") as file:
            file.write("\nx = 2\n")
    shown._hash.cache_clear()


def test_a_record_of_what_is_here_is_not_stale(record: Validation, root: Path) -> None:
    text = (root / "analysis" / "a.py").read_text(encoding="utf-8").replace("# as it was", "# another comment")
    (root / "analysis" / "a.py").write_text(text, encoding="utf-8")
    assert str(shown.stale_sentence(record, root)).startswith("The code and tables are still those")


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["analysis/b.py"], "older than analysis/b.py."),
        (["study.yml", "analysis/b.py"], "older than analysis/b.py and study.yml."),
        (["analysis/a.py", "analysis/b.py", "analysis/c.py", "study.yml"], "analysis/c.py and 1 more file."),
    ],
)
def test_a_stale_record_names_what_changed_since(record: Validation, root: Path, names: list[str], words: str) -> None:
    change(root, *names)
    assert str(shown.stale_sentence(record, root)).endswith(words)


def test_a_file_that_is_gone_makes_a_record_stale(record: Validation, root: Path) -> None:
    (root / "analysis" / "d.py").unlink()
    shown._hash.cache_clear()
    assert shown.changed(record.made_from, root) == ["analysis/d.py"]


def test_published_values_have_the_digits_of_print(path: Path) -> None:
    html = shown.published_table(path).html()
    assert ">0.132</td>" in html
    assert ">0.13150</td>" in html
    assert ">1,995</td>" in html
    assert ">1,995.20</td>" in html
    assert "A book." not in html
    assert [row.cells for row in shown.sources_table(path).rows] == [["Card (1995)", "A book."]]


def test_comparisons_of_one_kind_share_a_row(path: Path) -> None:
    table = shown.parity_table(path)
    assert [list(r.cells) for r in table.rows] == [
        ["long difference: error, statsmodels", "2", "below 10⁻¹²", "10⁻⁶", "yes"]
    ]


def test_recoveries_and_limits_are_shown_with_their_verdict(path: Path) -> None:
    assert [list(r.cells) for r in shown.validation_table("recoveries", path).rows] == [
        ["event study: effect", "2.00", "2.01", "0.12", "yes"]
    ]
    assert shown.validation_table("limits", path).rows[0].cells[-1] == "no"


def test_a_failure_is_named_in_the_sentence(record: Validation, tmp_path: Path) -> None:
    path = tmp_path / "failed.json"
    write_record(record, path)
    assert str(shown.failures(path)) == "all of 5 checks pass"
    write_record(replace(record, checks=(*CHECKS, replace(CHECKS[4], obtained=9.0, passed=False))), path)
    assert str(shown.failures(path)) == "1 of 6 checks fail: effect"


def test_a_group_that_is_not_there_is_an_error(path: Path) -> None:
    with pytest.raises(RecordError, match="no checks of the group 'speed'"):
        shown.validation_table("speed", path)


def test_the_head_of_a_record_is_in_words(record: Validation) -> None:
    assert str(shown.day(record)) == "3 November 2026"
    assert str(shown.machine_words(record)) == "Linux x86_64, 2 cores, 24 GiB, Python 3.11.9; numpy 2.4"


def test_measures_of_speed_say_whether_the_target_is_met(record: Validation, tmp_path: Path) -> None:
    measures = (
        Measure("placebos", "All placebos", 250.0, 240.0, "times as fast", "at least 100", True, 9, "a loop 2 s"),
        Measure("curve", "The curve", 75.0, 70.0, "seconds", "under 60", False, 3, ""),
    )
    path = tmp_path / "bench.json"
    write_record(Bench(record.date, MACHINE, record.made_from, "Timed by hand.", measures), path)
    table = shown.bench_table(path)
    assert [r.cells[-1] for r in table.rows] == ["yes", "no"]
    assert table.notes == ["Timed by hand.", "All placebos: a loop 2 s."]
    assert str(shown.targets(path)) == "1 of 2 targets are missed: The curve"
    write_record(Bench(record.date, MACHINE, record.made_from, "Timed by hand.", measures[:1]), path)
    assert str(shown.targets(path)) == "all of 1 targets are met"
