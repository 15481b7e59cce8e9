import pytest

from publishing.diff.numbers import decimals, exact, fixed, p_value


@pytest.mark.parametrize(
    ("value", "unit", "error", "digits"),
    [(1.2345, "points", 0.34, 2), (1234.5, "points", 120.0, 0), (12.0, "counties", None, 0), (0.012345, "ratio", None, 4),
     (12.345, "percent", None, 1), (12.345, "percentage points", 0.0012, 2), (0.0, "points", None, 0),
     (0.00123, "percentage points per year", 0.00045, 5), (1e-12, "ratio", None, 6)],
)  # fmt: skip
def test_decimals_follow_the_error_or_the_size(value: float, unit: str, error: float | None, digits: int) -> None:
    assert decimals(value, unit, error) == digits


def test_a_minus_is_one_and_nought_has_none() -> None:
    assert fixed(-1234.5, 1) == "−1,234.5"
    assert fixed(-0.04, 1) == "0.0"
    assert exact(-2.0) == "−2"
    assert exact(0.1 + 0.2) == "0.30000000000000004"


def test_p_values() -> None:
    assert [p_value(p) for p in (0.0001, 0.034, 0.25)] == ["< 0.001", "0.034", "0.25"]
