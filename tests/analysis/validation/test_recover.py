import sys
from pathlib import Path
from types import ModuleType

import pytest

from analysis.validation import recover, recover_long_difference

GOOD = """
from analysis.validation.checks import Check
def recover(draws, seed):
    return [Check("simulated", "effect", 1.0, 1.0 + draws * seed, 0.5, "by hand")]
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A package with two recoveries, one of them broken, and a module of another kind."""
    folder = tmp_path / "simulated_suite"
    folder.mkdir()
    for name, text in {
        "__init__": "",
        "recover_good": GOOD,
        "recover_nothing": "def recover(draws, seed):\n    return []\n",
        "recover_none": "",
        "other": "raise RuntimeError\n",
    }.items():
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    for name in [m for m in sys.modules if m.startswith("simulated_suite")]:
        monkeypatch.delitem(sys.modules, name)
    import simulated_suite  # type: ignore[import-not-found]

    return simulated_suite


def test_modules_are_found_by_their_name(package: ModuleType) -> None:
    assert recover.modules(package) == [f"simulated_suite.recover_{n}" for n in ("good", "none", "nothing")]
    assert "analysis.validation.recover_long_difference" in recover.modules()


def test_draws_and_seed_are_handed_on(package: ModuleType) -> None:
    (found,) = recover.collect("simulated_suite.recover_good", "recover", 2, 3)
    assert found.obtained == 7.0
    assert not found.passed


def test_a_module_need_not_have_limits(package: ModuleType) -> None:
    assert recover.collect("simulated_suite.recover_good", "limits", 2, 3) == []


@pytest.mark.parametrize(("name", "words"), [("none", "no function recover"), ("nothing", "a list of one Check")])
def test_a_module_of_another_form_is_named(package: ModuleType, name: str, words: str) -> None:
    with pytest.raises(recover.RecoveryError, match=f"simulated_suite.recover_{name}: .*{words}"):
        recover.collect(f"simulated_suite.recover_{name}", "recover", 2, 3)


def test_the_long_difference_recovers_a_known_effect_on_the_study_s_own_units() -> None:
    checks = recover_long_difference.recover(20, 1)
    assert not [c for c in checks if not c.passed]
    assert recover_long_difference.recover(20, 1) == checks


def test_a_biased_estimator_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    right = recover_long_difference.simulated
    monkeypatch.setattr(recover_long_difference, "simulated", lambda *a: {n: v + 4.0 for n, v in right(*a).items()})
    failed = [c.name for c in recover_long_difference.recover(20, 1) if not c.passed]
    assert len(failed) == 4
    assert all(name.startswith("mean estimate") for name in failed)


def test_clustering_by_prefecture_is_known_to_fall_short() -> None:
    found = recover_long_difference.limits(20, 1)
    assert all(not c.passed and c.obtained < 0.7 for c in found)
