from pathlib import Path

import pytest
from publishing.verdicts import judge, verdicts

from publishing.errors import SourceError
from tests.publishing.diff.conftest import NOTE, found

SIZE = {"value": 5.0, "unit": "points", "because": "tests"}


def verdict(rule: dict, **of: object) -> str:
    return judge({"rule": rule, "size": SIZE, "finding": "heights.mean"}, {"heights.mean": found(**of)})[0]


@pytest.mark.parametrize(
    ("value", "expected"),
    [(6, "supported"), (5, "supported"), (3, "inconclusive"), (0, "contradicted"), (11, "inconclusive"), (30, "contradicted")],
)  # fmt: skip
def test_a_level_meets_all_of_the_one_or_any_of_the_other(value: float, expected: str) -> None:
    rule = {
        "kind": "level",
        "supported": {"at_least": 5, "at_most": 10},
        "contradicted": {"at_most": 0, "at_least": 20},
    }
    assert verdict(rule, value=value) == expected


@pytest.mark.parametrize(
    ("expects", "value", "interval", "detectable", "expected"),
    [
        ("increase", 6, (1, 11), 9, "supported"),
        ("increase", 4, (1, 7), 9, "inconclusive"),
        ("increase", -6, (-11, -1), 9, "contradicted"),
        ("increase", 1, (-1, 3), 4, "contradicted"),
        ("increase", 1, (-1, 3), 9, "inconclusive"),
        ("increase", 1, (-1, 3), None, "inconclusive"),
        ("increase", 6, None, 4, "inconclusive"),
        ("decrease", -6, (-11, -1), 9, "supported"),
        ("decrease", 6, (1, 11), 9, "contradicted"),
        ("no increase", 6, (1, 11), 9, "contradicted"),
        ("no increase", 1, (-1, 3), 4, "supported"),
        ("no increase", 1, (-1, 3), 9, "inconclusive"),
        ("no decrease", -6, (-11, -1), 9, "contradicted"),
    ],
)  # fmt: skip
def test_an_effect_is_held_against_its_size_and_the_power_of_the_design(
    expects: str, value: float, interval: tuple | None, detectable: float | None, expected: str
) -> None:
    rule = {"kind": "effect", "expects": expects}
    assert verdict(rule, value=value, interval=interval, detectable=detectable) == expected


def test_an_association_asks_for_no_power() -> None:
    assert verdict({"kind": "association", "expects": "increase"}, value=1, interval=(-1, 3)) == "contradicted"


def test_what_cannot_be_judged_says_why() -> None:
    level = {"kind": "level", "supported": {"at_least": 5}, "contradicted": {"at_most": 0}}
    assert judge({"rule": {"kind": "none", "because": "no table"}, "size": SIZE, "finding": None}, {}) == (
        "not testable",
        "no table",
    )
    assert verdict(level, unit="miles") == "not judged: the finding is in another unit"
    missing = {"rule": level, "size": SIZE, "finding": "heights.gone"}
    assert judge(missing, {"heights.mean": found()}) == (
        "not judged: no such finding",
        "no finding has the key heights.gone; the nearest are heights.mean",
    )


def test_notes_are_read_and_a_fault_names_file_and_field(tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes/a.yml").write_text(NOTE, encoding="utf-8")
    (seen,) = verdicts(tmp_path, "notes", {"heights.mean": found(value=190)}).values()
    assert (seen.claim, seen.note, seen.verdict) == ("tall", "notes/a.yml", "supported")
    assert verdicts(tmp_path, None, {}) == {}
    (tmp_path / "notes/a.yml").write_text(NOTE.replace("unit: points", "unit: 3"), encoding="utf-8")
    with pytest.raises(SourceError, match=r"notes/a\.yml: claims / 0 / size / unit: 3 is not of type"):
        verdicts(tmp_path, "notes", {})
    (tmp_path / "notes/a.yml").write_text("a: [", encoding="utf-8")
    with pytest.raises(SourceError, match=r"notes/a\.yml: not valid YAML"):
        verdicts(tmp_path, "notes", {})
