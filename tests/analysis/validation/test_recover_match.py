import pytest

from analysis.validation import recover_match


def test_known_answers_come_back() -> None:
    checks = recover_match.recover(draws=8, seed=1)
    assert len(checks) == 3
    assert [c.name for c in checks if not c.passed] == []


def test_a_wrong_slope_would_show(monkeypatch: pytest.MonkeyPatch) -> None:
    data = recover_match.simulate
    monkeypatch.setattr(
        recover_match, "simulate", lambda random: data(random).assign(people_end=lambda d: d["people_end"] * 1.5)
    )
    shifted = recover_match.recover(draws=4, seed=1)[0]
    assert shifted.passed, "a growth that all share is taken out"
    monkeypatch.setattr(
        recover_match, "simulate",
        lambda random: data(random).assign(services_end=lambda d: d["services_end"] * (d["people_end"] / d["people_start"]) ** 0.3),
    )  # fmt: skip
    assert not recover_match.recover(draws=4, seed=1)[0].passed
