from analysis.records import read_validation


def test_the_committed_record_is_whole() -> None:
    groups = {c.group for c in read_validation().checks}
    assert groups == {"published", "parity", "recoveries", "limits"}
