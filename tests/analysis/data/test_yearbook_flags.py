import numpy as np
import pandas as pd
import pytest
from yearbook_rows import UNITS, simulated

from analysis.data.compile.yearbook_flags import flag_figures
from analysis.data.schemas.yearbook import IN_TEN_THOUSANDS, VARIABLES
from analysis.data.tables import load_yearbook

KINDS = ("digit dropped", "digit doubled", "decimal shifted", "first digit 3 for 8", "any digit 3 for 8")


def _many(noise: float = 0.05) -> pd.DataFrame:
    units = pd.concat([UNITS.assign(unit_id=[f"{410101 + 8 * k + i}" for i in range(8)]) for k in range(10)])
    rows = simulated(noise=noise, units=units)
    return rows.assign(unit_id=list(units["unit_id"]) * 5)


def _flags(rows: pd.DataFrame) -> pd.Series:
    return flag_figures(rows).str.split()


def _set(rows: pd.DataFrame, edition: int, variable: str, factor: float, unit: str = "410101") -> int:
    at = rows.index[(rows["edition"] == edition) & (rows["unit_id"] == unit)][0]
    rows.loc[at, variable] *= factor
    return int(at)


def test_nothing_is_flagged_where_figures_only_grow() -> None:
    assert _flags(_many()).str.len().sum() == 0


@pytest.mark.parametrize("factor", [0.1, 10, 0.3])
def test_a_figure_off_the_units_own_line_is_flagged_alone(factor: float) -> None:
    rows = _many()
    at = _set(rows, 2010, "fiscal_revenue", factor)
    flags = _flags(rows)
    assert flags[at] == ["fiscal_revenue"]
    assert flags.drop(at).str.len().sum() == 0


def test_a_change_that_lasts_is_not_flagged() -> None:
    rows = _many()
    for edition in (2010, 2011, 2012):
        _set(rows, edition, "fiscal_revenue", 5)
    assert _flags(rows).str.len().sum() == 0


def test_a_figure_that_all_units_multiply_is_not_flagged() -> None:
    rows = _many()
    rows.loc[rows["edition"] == 2012, "loans"] *= 20
    assert _flags(rows).str.len().sum() == 0


def test_investment_is_one_line_across_its_two_definitions() -> None:
    rows = _many()
    assert rows.loc[rows["edition"] == 2012, "urban_investment"].isna().all()
    at = _set(rows, 2012, "investment_without_rural_households", 0.1)
    assert _flags(rows)[at] == ["investment_without_rural_households"]


def test_of_two_figures_that_disagree_the_one_far_from_its_peers_is_flagged() -> None:
    rows = _many()
    two = rows[rows["edition"].isin((2011, 2012))].reset_index(drop=True)
    at = _set(two, 2011, "household_deposits", 0.1)
    flags = _flags(two)
    assert flags[at] == ["household_deposits"]
    assert flags.drop(at).str.len().sum() == 0


def test_a_unit_with_one_figure_has_its_peers() -> None:
    rows = _many()
    one = rows[(rows["unit_id"] != "410101") | (rows["edition"] == 2012)].reset_index(drop=True)
    at = _set(one, 2012, "household_deposits", 0.01)
    assert _flags(one)[at] == ["household_deposits"]
    one.loc[at, "household_deposits"] *= 20
    assert _flags(one)[at] == []


def test_negative_figures_parts_beyond_the_whole_and_sums_that_fail() -> None:
    rows = _many()
    rows.loc[0, "hospital_beds"] *= -1
    rows["rural_population"] = rows["registered_population"] * 0.8
    rows.loc[rows["unit_id"] == "410102", "rural_population"] *= 3
    rows["gdp"] = rows["primary_value_added"] + rows["secondary_value_added"] + 1000
    rows["tertiary_value_added"] = 1000.0
    rows.loc[5, "gdp"] *= 1.05
    flags = _flags(rows)
    assert "hospital_beds" in flags[0]
    wrong = rows.index[rows["unit_id"] == "410102"]
    assert all("rural_population" in flags[i] or "registered_population" in flags[i] for i in wrong)
    assert len(set(flags[5]) & {"gdp", "primary_value_added", "secondary_value_added", "tertiary_value_added"}) == 1
    assert not set(flags[6]) & {"gdp", "tertiary_value_added"}


def _misread(figure: float, kind: str, random: np.random.Generator) -> float | None:
    digits = str(round(figure))
    at = int(random.integers(len(digits)))
    threes = [i for i, d in enumerate(digits) if d in "38"]
    if len(digits) < 3:
        return None
    if kind == "digit dropped":
        made = digits[:at] + digits[at + 1 :]
    elif kind == "digit doubled":
        made = digits[: at + 1] + digits[at:]
    elif kind == "decimal shifted":
        made = digits + "0" if random.random() < 0.5 else digits[:-1]
    else:
        if not threes or (kind.startswith("first") and threes[0] != 0):
            return None
        at = 0 if kind.startswith("first") else int(random.choice(threes))
        made = digits[:at] + ("8" if digits[at] == "3" else "3") + digits[at + 1 :]
    return float(made)


def plant(rows: pd.DataFrame, count: int, seed: int) -> tuple[pd.DataFrame, dict[str, set[tuple[int, str]]]]:
    """Misread figures in a copy of a table: which cells by kind of error."""
    random = np.random.default_rng(seed)
    rows, planted, used = rows.copy(), {kind: set() for kind in KINDS}, set()
    while any(len(cells) < count for cells in planted.values()):
        at, variable = int(random.integers(len(rows))), str(random.choice(list(VARIABLES)))
        kind = KINDS[int(random.integers(len(KINDS)))]
        unit = 10_000 if variable in IN_TEN_THOUSANDS else 1
        figure = rows.at[at, variable]
        if (at, variable) in used or len(planted[kind]) >= count or not figure > 0:
            continue
        misread = _misread(figure / unit, kind, random)
        if misread is not None and misread * unit != figure:
            rows.loc[at, variable] = misread * unit
            planted[kind].add((at, variable))
            used.add((at, variable))
    return rows, planted


def test_planted_misreadings_are_found_and_little_else() -> None:
    table = load_yearbook(flagged=True)
    marked = table.loc[table["flagged"] != "", "unit_id"]
    clean = table[~table["unit_id"].isin(marked)].reset_index(drop=True)
    assert len(clean) > 9_000
    before = sum(map(len, _flags(clean)))
    rows, planted = plant(clean, count=400, seed=20)
    found = {(i, name) for i, names in _flags(rows).items() for name in names}
    share = {kind: len(cells & found) / len(cells) for kind, cells in planted.items()}
    # What changes a figure about tenfold is found; a digit within a figure is not, and need not be.
    assert share["digit dropped"] > 0.75
    assert share["digit doubled"] > 0.85
    assert share["decimal shifted"] > 0.8
    assert share["first digit 3 for 8"] > 0.3
    assert share["any digit 3 for 8"] < 0.2
    false = found - set().union(*planted.values())
    cells = int(clean[list(VARIABLES)].notna().to_numpy().sum())
    assert before / cells < 0.0005
    assert len(false) / cells < 0.001
