"""The sentence that says what p-values of placebo provinces rest on."""

import pytest

from analysis.findings import Finding, FindingError
from analysis.present.effects import placebo_note


def effect(placebos: int | None) -> Finding:
    smallest = None if placebos is None else 1 / (placebos + 1)
    return Finding("made.up", 1.0, "points", "Made up.", "Made up.", placebos=placebos, smallest_p=smallest)


def test_counts_and_least_p_stand_in_the_same_order() -> None:
    note = placebo_note([effect(24), effect(None), effect(23), effect(24)])
    assert note == (
        "p is from placebo provinces: 23 or 24 take the treated place, so p is 0.042 or 0.040 at the least."
    )


def test_many_counts_are_a_range() -> None:
    note = placebo_note([effect(n) for n in (9, 12, 14, 19)], "Interval and p are")
    assert note == (
        "Interval and p are from placebo provinces: 9 to 19 take the treated place, so p is 0.100 to 0.050 at the least."
    )


def test_a_table_without_placebos_has_no_such_note() -> None:
    with pytest.raises(FindingError, match="how many placebo provinces"):
        placebo_note([effect(None)])
