from analysis.validation import recover_dose


def test_a_known_slope_is_recovered() -> None:
    checks = recover_dose.recover(draws=12, seed=1)
    assert [c.name for c in checks if not c.passed] == []
    assert len({c.name for c in checks}) == len(checks) == 6
    assert {c.design for c in checks} == {"dose_response"}


def test_a_wrong_slope_is_noticed(monkeypatch) -> None:
    real = recover_dose.simulate
    monkeypatch.setattr(recover_dose, "simulate", lambda r: real(r).assign(outcome=lambda d: d["outcome"] + d["dose"]))
    failed = [c.name for c in recover_dose.recover(draws=8, seed=1) if not c.passed]
    assert "mean slope within provinces" in failed
    assert "coverage of the 95% interval within prefectures" in failed
