import json
import math
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.findings import (
    Finding,
    FindingError,
    Findings,
    MadeFrom,
    UnknownFindingError,
    load_all,
    look_up,
    read_findings,
    write_findings,
)
from analysis.paths import ROOT

SCHEMA = json.loads((ROOT / "publishing" / "findings.schema.json").read_text(encoding="utf-8"))


def finding(key: str = "design.effect", **fields) -> Finding:
    return Finding(**({"key": key, "value": 1.5, "unit": "people", "sample": "s", "specification": "p"} | fields))


def findings(*of: Finding) -> Findings:
    return Findings("design", "A design", MadeFrom({"data/a.csv": "0" * 64}, {"a.py": "1" * 64}), of)


numbers = st.floats(allow_nan=False, allow_infinity=False)


@given(value=numbers, error=st.floats(0, 1e300), low=numbers, high=numbers, words=st.text(min_size=1))
def test_what_is_written_is_read_and_fits_the_schema(tmp_path_factory, *, value, error, low, high, words) -> None:
    path = tmp_path_factory.mktemp("findings") / "design.json"
    full = finding(value=value, standard_error=error, interval=(low, high), level=0.95, p_value=0.5, n=3, clusters=2)
    written = findings(finding("design.bare", sample=words), full)
    write_findings(written, path)
    jsonschema.validate(json.loads(path.read_text(encoding="utf-8")), SCHEMA)
    assert read_findings(path) == written
    assert list(path.parent.iterdir()) == [path]


def test_equal_findings_give_equal_bytes(tmp_path: Path) -> None:
    a, b = finding("design.a"), finding("design.b")
    write_findings(findings(a, b), tmp_path / "1.json")
    write_findings(findings(b, a), tmp_path / "2.json")
    assert (tmp_path / "1.json").read_bytes() == (tmp_path / "2.json").read_bytes()


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("where", ["value", "standard_error", "p_value"])
def test_numbers_that_are_not_finite_are_refused(where: str, number: float) -> None:
    with pytest.raises(FindingError, match=f"design.effect: {where}"):
        finding(**{where: number})


def test_interval_that_is_not_finite_is_refused() -> None:
    with pytest.raises(FindingError, match="interval"):
        finding(interval=(0.0, math.nan))


@pytest.mark.parametrize("key", ["effect", "Design.effect", "design.", "design.a b", "1design.a"])
def test_bad_keys_are_refused(key: str) -> None:
    with pytest.raises(FindingError, match="lower case"):
        finding(key)


def test_key_twice_is_refused() -> None:
    with pytest.raises(FindingError, match=r"design\.effect: stands twice"):
        findings(finding(), finding())


def test_key_of_another_design_is_refused() -> None:
    with pytest.raises(FindingError, match="must start with the design's name"):
        findings(finding("other.effect"))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("{", "line 1: not valid JSON"),
        ("[]", "not in the format"),
        ('{"format": "report-findings/1", "findings": {"a.b": {}}}', "missing or unknown"),
    ],
)
def test_file_that_is_no_findings_file(tmp_path: Path, content: str, says: str) -> None:
    path = tmp_path / "broken.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(FindingError, match=says) as caught:
        read_findings(path)
    assert "broken.json" in str(caught.value)


def test_missing_file_says_what_makes_it(tmp_path: Path) -> None:
    with pytest.raises(FindingError, match="report build"):
        read_findings(tmp_path / "none.json")


def test_wrong_key_names_the_nearest(tmp_path: Path) -> None:
    write_findings(findings(finding("design.effect_raw"), finding("design.units")), tmp_path / "design.json")
    assert set(load_all(tmp_path)) == {"design.effect_raw", "design.units"}
    with pytest.raises(UnknownFindingError, match=r"'design\.efect_raw'; the nearest are design\.effect_raw"):
        look_up("design.efect_raw", tmp_path)


def test_findings_are_read_again_when_a_file_changes(tmp_path: Path) -> None:
    write_findings(findings(finding()), tmp_path / "design.json")
    assert load_all(tmp_path)["design.effect"].value == 1.5
    write_findings(findings(finding(value=2.5)), tmp_path / "design.json")
    assert load_all(tmp_path)["design.effect"].value == 2.5
    (tmp_path / "design.json").unlink()
    assert load_all(tmp_path) == {}


def test_a_look_up_opens_its_design_only_and_says_its_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_findings(findings(finding("design.a"), finding("design.b")), tmp_path / "design.json")
    other = Findings("other", "Another", MadeFrom({}, {}), (finding("other.a"),))
    write_findings(other, tmp_path / "other.json")
    events: list[tuple[object, ...]] = []
    opened: list[str] = []
    monkeypatch.setattr("sys.audit", lambda *event: events.append(event))

    def read(path: Path) -> Findings:
        opened.append(path.name)
        return read_findings(path)

    monkeypatch.setattr("analysis.findings.read_findings", read)
    known = load_all(tmp_path)
    assert known["design.a"].key == "design.a"
    assert known.get("design.c") is None
    assert known.get("nowhere.c", 7) == 7
    assert ("design.b" in known, "design.c" in known, "Design" in known) == (True, False, False)
    assert set(known.starting("design.")) == {"design.a", "design.b"}
    assert opened == ["design.json"]
    assert events == [("report.finding", f"design.{name}") for name in "aab"]
    assert set(known) == {"design.a", "design.b", "other.a"}
    assert opened == ["design.json", "other.json"]
    with pytest.raises(FindingError, match="must start with a design's name"):
        known.starting("design")


def test_a_wrong_key_opens_all_files_for_its_hint(tmp_path: Path) -> None:
    write_findings(findings(finding("design.effect")), tmp_path / "design.json")
    with pytest.raises(UnknownFindingError, match=r"the nearest are design\.effect"):
        load_all(tmp_path)["desing.effect"]
