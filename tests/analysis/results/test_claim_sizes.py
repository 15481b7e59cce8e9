from pathlib import Path

import pytest

from analysis.findings import FindingError
from analysis.paths import SEEDS
from analysis.results.claims import EffectClaim, effect_claims, read_notes


def test_claims_judged_by_effects_are_taken_with_their_size() -> None:
    notes = [
        {"claims": [
            {"id": "a", "finding": "x.y.effect", "size": {"value": 2, "unit": "years"}, "rule": {"kind": "effect", "expects": "decrease"}},
            {"id": "b", "finding": "x.z", "size": {"value": 1, "unit": "years"}, "rule": {"kind": "level"}},
            {"id": "c", "finding": None, "size": {"value": 1, "unit": "years"}, "rule": {"kind": "none"}},
        ]}
    ]  # fmt: skip
    assert effect_claims(notes) == [EffectClaim("a", "x.y.effect", 2.0, "years", "decrease")]
    assert effect_claims(notes)[0].outcome == "y"


def test_outcomes_of_the_real_claims_are_told_apart() -> None:
    claims = effect_claims(read_notes(SEEDS.glob("*.yml")))
    outcomes = [c.outcome for c in claims]
    assert len(outcomes) == len(set(outcomes)) >= 8
    assert {"urban_share", "log_population", "roads"} <= set(outcomes)


def test_a_file_that_is_no_note_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.yml").write_text("claims: none\n", encoding="utf-8")
    with pytest.raises(FindingError, match=r"x\.yml"):
        read_notes(tmp_path.glob("*.yml"))
