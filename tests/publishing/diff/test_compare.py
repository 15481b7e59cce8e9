import pytest

from publishing.diff.compare import Change, Tolerance, compare, parse_tolerance, significant
from publishing.errors import ConfigError
from publishing.findings import Found
from tests.publishing.diff.conftest import found

PRINTED, EXACT = Tolerance(printed=True), Tolerance()


def changes(old: Found, new: Found, tolerance: Tolerance = PRINTED) -> tuple[Change, ...]:
    return compare({old.key: old}, {new.key: new}, tolerance).changed


def shown(old: Found, new: Found, tolerance: Tolerance = PRINTED) -> dict[str, tuple[str, str]]:
    return {f.name: (f.old_shown, f.new_shown) for c in changes(old, new, tolerance) for f in c.fields}


def test_findings_are_told_apart_as_added_removed_changed_and_equal() -> None:
    old = {f.key: f for f in (found("a.gone"), found("a.same"), found("a.other", 1))}
    new = {f.key: f for f in (found("a.same"), found("a.other", 2), found("a.new"))}
    seen = compare(old, new, PRINTED)
    assert [f.key for f in seen.added] == ["a.new"]
    assert [f.key for f in seen.removed] == ["a.gone"]
    assert [c.key for c in seen.changed] == ["a.other"]
    assert seen.equal == 1


def test_by_default_a_change_counts_if_print_shows_it() -> None:
    precise = {"standard_error": 0.5}
    assert not changes(found(value=1.234, **precise), found(value=1.231, **precise))
    assert shown(found(value=1.234, **precise), found(value=1.26, **precise)) == {
        "value": ("1.23 points", "1.26 points")
    }


def test_every_field_is_compared() -> None:
    whole = {
        "standard_error": 0.5, "interval": (-1.0, 2.0), "level": 0.95, "p_value": 0.3, "n": 10, "clusters": 5,
        "placebos": 4, "smallest_p": 0.2, "detectable": 1.0, "sample": "rows", "specification": "none", "unit": "points",
    }  # fmt: skip
    others = {
        "standard_error": 0.6, "interval": (-1.0, 2.4), "level": 0.9, "p_value": 0.4, "n": 11, "clusters": 6,
        "placebos": 5, "smallest_p": 0.3, "detectable": 1.2, "sample": "columns", "specification": "some", "unit": "miles",
    }  # fmt: skip
    for name, other in others.items():
        for tolerance in (PRINTED, EXACT):
            names = set(shown(found(**whole), found(**whole | {name: other}), tolerance))
            assert name in names, name
            assert name == "unit" or names == {name}
    gone = shown(found(**whole), found(**whole | {"p_value": None}))
    assert gone == {"p_value": ("0.30", "none")}


def test_exact_mode_sees_the_last_digit_and_shows_it() -> None:
    assert not changes(found(value=0.1 + 0.2), found(value=0.3))
    assert shown(found(value=0.1 + 0.2), found(value=0.3), EXACT) == {
        "value": ("0.30000000000000004 points", "0.3 points")
    }


@pytest.mark.parametrize(
    ("tolerance", "differs"),
    [("relative=0.01", False), ("relative=0.001", True), ("absolute=1", False), ("absolute=0.1", True),
     ("relative=0.001,absolute=0.6", False)],
)  # fmt: skip
def test_a_tolerance_is_relative_or_absolute_and_the_wider_counts(tolerance: str, differs: bool) -> None:
    assert bool(changes(found(value=100.0), found(value=100.5), parse_tolerance(tolerance))) == differs


def test_tolerances_are_read_and_others_refused() -> None:
    assert parse_tolerance("printed") == PRINTED
    assert parse_tolerance("exact") == EXACT
    assert parse_tolerance("relative=1e-3, absolute=0.5") == Tolerance(relative=1e-3, absolute=0.5)
    for text in ("", "near", "relative", "relative=x", "relative=-1", "relative=nan", "absolute=1,absolute=2", "0.1"):
        with pytest.raises(ConfigError, match="allowed are printed, exact, relative=NUMBER"):
            parse_tolerance(text)


def test_a_sign_turns_only_where_the_value_changed_beyond_the_tolerance() -> None:
    (change,) = changes(found(value=-1.0), found(value=2.0))
    assert change.turns == ("sign",)
    (change,) = changes(found(value=0.0), found(value=2.0))
    assert change.turns == ()
    assert not changes(found(value=-1e-9, standard_error=1.0), found(value=1e-9, standard_error=1.0))
    (change,) = changes(found(value=-1e-9), found(value=1e-9), EXACT)
    assert change.turns == ("sign",)


def test_a_value_in_another_unit_has_no_sign_to_turn() -> None:
    (change,) = changes(found(value=-1.0), found(value=1.0, unit="miles"))
    assert change.turns == ()
    assert {f.name: f.new_shown for f in change.fields} == {"value": "1 miles", "unit": "miles"}


def test_significance_is_judged_by_p_value_then_interval_at_the_own_level() -> None:
    assert significant(found(p_value=0.04)) is True
    assert significant(found(p_value=0.05, level=0.95)) is True
    assert significant(found(p_value=0.051)) is False
    assert significant(found(p_value=0.04, level=0.99)) is False
    assert significant(found(p_value=0.2, interval=(1.0, 2.0))) is False
    assert significant(found(interval=(1.0, 2.0))) is True
    assert significant(found(interval=(-2.0, -1.0))) is True
    assert significant(found(interval=(-1.0, 2.0))) is False
    assert significant(found(value=0.01, unit="p-value")) is True
    assert significant(found()) is None


def test_significance_turns() -> None:
    (change,) = changes(found(p_value=0.2), found(p_value=0.01))
    assert change.turns == ("significance",)
    (change,) = changes(found(p_value=0.2), found(p_value=0.1))
    assert change.turns == ()
    (change,) = changes(found(value=0.2, unit="p-value"), found(value=0.01, unit="p-value"))
    assert change.turns == ("significance",)
    assert {f.name: (f.old_shown, f.new_shown) for f in change.fields} == {"value": ("0.20", "0.010")}


def test_significance_that_turns_within_what_is_printed_is_told_with_all_digits() -> None:
    (change,) = changes(found(p_value=0.0502), found(p_value=0.0498))
    assert change.turns == ("significance",)
    assert [(f.name, f.old_shown, f.new_shown) for f in change.fields] == [("p_value", "0.0502", "0.0498")]


def test_other_words_alone_are_told_apart_from_other_numbers() -> None:
    (change,) = changes(found(), found(sample="other rows"))
    assert change.reworded
    (change,) = changes(found(), found(value=2.0, sample="other rows"))
    assert not change.reworded


def test_numbers_are_shown_with_unit_sensible_digits_and_a_true_minus() -> None:
    seen = shown(
        found(value=-1234.5678, standard_error=12.3, interval=(-1258.7, -1210.4), n=1000),
        found(value=-1334.5678, standard_error=12.3, interval=(-1358.7, -1310.4), n=1200),
    )
    assert seen == {
        "value": ("−1,235 points", "−1,335 points"),
        "interval": ("−1,259 to −1,210 points", "−1,359 to −1,310 points"),
        "n": ("1000", "1200"),
    }
    assert shown(found(value=1.0, unit="percent"), found(value=1.26, unit="percent")) == {
        "value": ("1.0 percent", "1.3 percent")
    }
