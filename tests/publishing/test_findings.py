import json
from pathlib import Path
from typing import Any

import pytest

from publishing.errors import FindingsError
from publishing.findings import ENTRY_FIELDS, load, nearest
from publishing.pipeline import SCHEMA, check_findings

ENTRY = {"value": 1.5, "unit": "points", "sample": "9 simulated rows", "specification": "none"}


def write(folder: Path, design: str, entries: dict[str, dict[str, Any]]) -> Path:
    path = folder / f"{design}.json"
    document = {
        "format": "report-findings/1",
        "design": design,
        "title": "Simulated",
        "made_from": {"data": {"data/x.csv": "0" * 64}, "code": {}},
        "findings": entries,
    }
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def test_findings_of_all_files_are_found_by_key(tmp_path: Path) -> None:
    write(tmp_path, "a", {"a.x": ENTRY | {"interval": [1, 2], "level": 0.95, "p_value": 0.01, "n": 9}})
    write(tmp_path, "b", {"b.y": ENTRY})
    check_findings(tmp_path)
    found = load(tmp_path)
    assert list(found) == ["a.x", "b.y"]
    first = found["a.x"]
    assert (first.value, first.unit, first.interval, first.level) == (1.5, "points", (1.0, 2.0), 0.95)
    assert (first.p_value, first.n, first.design, first.made_from.data) == (0.01, 9, "a", {"data/x.csv": "0" * 64})
    assert found["b.y"].interval is None


def test_every_field_of_the_format_is_read() -> None:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    entry = schema["properties"]["findings"]["additionalProperties"]["properties"]
    assert set(ENTRY_FIELDS) == set(entry)


def test_a_folder_that_is_missing_has_no_findings(tmp_path: Path) -> None:
    assert load(tmp_path / "none") == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "a.json: not valid JSON"),
        ("[]", "a.json: not in the format"),
        ('{"format": "report-findings/1"}', "a.json: not in the format"),
        (
            '{"design": "a", "made_from": {"data": {}, "code": {}}, "findings": {"a.x": {"colour": 1}}}',
            "a.json: not in the format .*colour",
        ),
    ],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "a.json").write_text(text, encoding="utf-8")
    with pytest.raises(FindingsError, match=said):
        load(tmp_path)


def test_a_key_in_two_files_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "a", {"a.x": ENTRY})
    write(tmp_path, "b", {"a.x": ENTRY})
    with pytest.raises(FindingsError, match=r"b\.json: a\.x stands in the findings of a too"):
        load(tmp_path)


def test_the_nearest_keys_come_best_first() -> None:
    assert nearest("border.efect", ["dose.x", "border.effects_all", "border.effect"])[0] == "border.effect"
    assert nearest("zzzz", ["border.effect"]) == []
