import numpy as np
import pandas as pd

from analysis.data.agreement import agreement


def test_fewer_than_three_pairs_tell_nothing() -> None:
    found = agreement(pd.Series([1.0, 2.0, np.nan, 4.0]), pd.Series([1.0, 2.5, 3.0, 0.0]))
    assert found.n == 2
    assert np.isnan([found.correlation, found.median_ratio, found.within_10_percent]).all()


def test_pairs_are_matched_by_index() -> None:
    found = agreement(pd.Series([4.0, 1.0, 2.0], index=[3, 1, 2]), pd.Series([1.0, 2.5, 4.2], index=[1, 2, 3]))
    assert (found.n, found.within_10_percent) == (3, 2 / 3)
    assert found.median_ratio == 4 / 4.2
    assert 0.98 < found.correlation < 1
