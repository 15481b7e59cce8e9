import pytest

from analysis.validation import recover_adjustment
from analysis.validation.recover_long_difference import EFFECT, world


def test_adjusting_finds_what_the_plain_difference_misses() -> None:
    checks = recover_adjustment.recover(20, seed=3)
    assert [c.passed for c in checks] == [True, True, True]
    found = recover_adjustment.simulated(world(provinces=False), 2, seed=3)
    assert abs(found["plain"].mean() - EFFECT) > 3


def test_a_wrong_effect_does_not_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    simulated = recover_adjustment.simulated

    def doubled(*given: object) -> object:
        return 2 * simulated(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(recover_adjustment, "simulated", doubled)
    assert not any(c.passed for c in recover_adjustment.recover(20, seed=3))
