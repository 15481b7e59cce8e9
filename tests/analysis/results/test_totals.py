import pytest

from analysis.designs.errors import DesignError
from analysis.results.totals import treated_total
from analysis.study import load_study
from tests.analysis.results.real_tables import table


def test_the_row_is_the_treated_province_s() -> None:
    assert treated_total(table("census_totals"), load_study(), 2010)["population"] == 94_029_939


@pytest.mark.parametrize("copies", [0, 2])
def test_a_row_that_is_missing_or_there_twice_is_named(copies: int) -> None:
    totals = table("census_totals")
    rows = totals.loc[(totals["code"] == "410000") & (totals["year"] == 2010)].index
    other = totals.drop(rows) if copies == 0 else totals.loc[[*totals.index, *rows]]
    with pytest.raises(DesignError, match=rf"found {copies} rows of Henan \(410000\) in 2010; one is needed"):
        treated_total(other, load_study(), 2010)
