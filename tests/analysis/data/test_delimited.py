from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.data.read.delimited import parse_delimited, read_delimited, refuse
from analysis.data.upstream import UpstreamError


def test_columns_come_in_the_order_asked_for_and_rows_by_number() -> None:
    frame = parse_delimited("a,b,c\r1,2,3\r4,5,6\r", "x.csv", ("c", "a"))
    assert frame.to_dict("index") == {2: {"c": "3", "a": "1"}, 3: {"c": "6", "a": "4"}}
    assert list(parse_delimited("a\n1\n", "x.csv", ("a",), first=1).index) == [1]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "x.csv, row 1: found 0 columns 'a'; expected one"),
        ("a,a\n1,2\n", "x.csv, row 1: found 2 columns 'a'; expected one"),
        ("a\n", "x.csv: a header and no rows"),
        ("a,b\n1,2\n3\n", "x.csv, row 3: found 1 cells; the header has 2"),
        ('a\n"1\n', "x.csv: not readable as comma-separated values"),
    ],
)
def test_what_is_no_table_is_named(content: str, said: str) -> None:
    with pytest.raises(UpstreamError) as caught:
        parse_delimited(content, "x.csv", ("a",))
    assert str(caught.value).startswith(said)


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    with pytest.raises(UpstreamError, match=r"none\.csv: cannot be read"):
        read_delimited(tmp_path / "none.csv", ("a",))
    (tmp_path / "b.csv").write_bytes(b"a\n1\n\xff\n")
    with pytest.raises(UpstreamError, match=r"b\.csv, line 3: not in UTF-8"):
        read_delimited(tmp_path / "b.csv", ("a",))


@given(st.text())
def test_any_text_is_a_table_or_an_error(content: str) -> None:
    try:
        frame = parse_delimited(content, "x.csv", ("a",))
    except UpstreamError as error:
        assert str(error).startswith("x.csv")
    else:
        assert len(frame) >= 1


def test_many_faults_fit_on_a_screen() -> None:
    with pytest.raises(UpstreamError) as caught:
        refuse([f"fault {i}" for i in range(30)])
    assert str(caught.value).splitlines()[-1] == "and 20 more"
    refuse([])
