from xml.etree import ElementTree

import pandas as pd
import pytest

from analysis.present.maps import classes, comparable_change, programme_map


def drawn(tables, study, units: pd.DataFrame | None = None):
    return programme_map(tables.census, tables.programme_units if units is None else units, tables.polygons, study)


def test_change_is_in_points_and_by_code(simulate_with, study) -> None:
    tables = simulate_with(effect=3.0, noise=0.0)
    change = comparable_change(tables.census, tables.programme_units, study)
    assert list(change.index) == list(tables.programme_units["code"])
    assert change.tolist() == pytest.approx([13.0] * len(change))


def test_a_changed_code_has_no_comparable_change(simulated, study) -> None:
    units = simulated.programme_units.copy()
    units.loc[0, "code2010"] = units.loc[1, "code2010"]
    change = comparable_change(simulated.census, units, study)
    assert change.isna().tolist() == [True] + [False] * (len(units) - 1)


def test_the_same_bytes_twice(simulated, study) -> None:
    first = drawn(simulated, study)
    assert first.svg == drawn(simulated, study).svg
    assert ElementTree.fromstring(first.svg).tag.endswith("svg")  # noqa: S314
    assert set(first._repr_mimebundle_()) == {"image/svg+xml", "text/plain"}


def test_units_that_cannot_be_compared_are_hatched(simulated, study) -> None:
    units = simulated.programme_units.copy()
    units.loc[0, "code2010"] = units.loc[1, "code2010"]
    assert "<pattern" not in drawn(simulated, study).svg
    with_one = drawn(simulated, study, units)
    assert "<pattern" in with_one.svg
    assert with_one.title == f"The urban share rose in all {len(units) - 1} units that can be compared"


def test_title_counts_units_that_rose(simulate_with, study) -> None:
    tables = simulate_with(effect=-10.0, noise=2.0)
    risen = int((comparable_change(tables.census, tables.programme_units, study) > 0).sum())
    assert 0 < risen < 21
    assert drawn(tables, study).title == f"The urban share rose in {risen} of the 21 units that can be compared"


def test_a_unit_without_a_polygon_is_named(simulated, study) -> None:
    tables = type(simulated)(
        simulated.census,
        simulated.totals,
        simulated.programme_units,
        simulated.polygons[simulated.polygons["code"] != "410121"],
        simulated.units,
        simulated.adjacency,
    )
    with pytest.raises(ValueError, match="no polygon for 410121"):
        drawn(tables, study)


@pytest.mark.parametrize(
    ("values", "bounds"), [([1.0, 29.0], [0, 5, 10, 15, 20, 25, 30]), ([0.1, 0.4], [0.1, 0.2, 0.3, 0.4])]
)
def test_classes_are_round_and_hold_all_values(values: list[float], bounds: list[float]) -> None:
    got = classes(values)
    assert got[: len(bounds)] == pytest.approx(bounds)
    assert got[0] <= min(values) <= max(values) <= got[-1]


def test_no_comparable_value_is_said() -> None:
    with pytest.raises(ValueError, match="no unit has a comparable value"):
        classes([])
