"""The reader of administrative events, on made-up files."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis.data.read import boundary_events
from analysis.data.read.boundary_events import read_events
from analysis.data.upstream import UpstreamError

EVENTS = [
    [*boundary_events.COLUMNS.values(), "source_url"],
    ["WIKI-COUNTY-2014-01-013", "2014", "abolish_or_merge", "乙市", "甲县、甲区", "甲县", "甲区", "撤销甲县，设立乙市甲区", "丙省", "x"],
    ["RMRB-COUNTY-1983-10-28-001", "1983", "merge", "", "", "", "", "两行\n文字", "", "y"],
]  # fmt: skip


def _bytes(rows: list[list[str]], end: str = "\n") -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator=end).writerows(rows)
    return text.getvalue().encode()


def _events(folder: Path, rows: list[list[str]]) -> Path:
    path = folder / "events.csv"
    path.write_bytes(_bytes(rows))
    return path


def test_events_are_read_as_printed(tmp_path: Path) -> None:
    frame = read_events(_events(tmp_path, EVENTS))
    assert list(frame["event_id"]) == ["WIKI-COUNTY-2014-01-013", "RMRB-COUNTY-1983-10-28-001"]
    assert list(frame["year"]) == [2014, 1983]
    assert frame["change"][1] == "两行\n文字"


@pytest.mark.parametrize(
    ("row", "column", "value", "says"),
    [
        (0, 7, "change", "row 1: found 0 columns 'change_description'; expected one"),
        (1, 1, "14", "row 2, column year: found '14'; expected a year"),
        (1, 0, "", "row 2, column event_id: found ''"),
        (2, 0, "WIKI-COUNTY-2014-01-013", "row 3, column event_id: 'WIKI-COUNTY-2014-01-013' stands there"),
    ],
)
def test_wrong_cells_of_events_are_named(tmp_path: Path, row: int, column: int, value: str, says: str) -> None:
    rows = [list(r) for r in EVENTS]
    rows[row][column] = value
    with pytest.raises(UpstreamError) as caught:
        read_events(_events(tmp_path, rows))
    assert f"events.csv, {says}" in str(caught.value)


@pytest.mark.parametrize("content", [None, b"", b"\xff\xfe\x00", b'a,"b\n', b"event_id,year\n"])
def test_what_is_no_such_file_is_refused(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "file.csv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UpstreamError, match=r"file\.csv"):
        read_events(path)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_broken_files_give_an_upstream_error(tmp_path: Path, data: st.DataObject) -> None:
    rows = [list(r) for r in EVENTS]
    wanted = data.draw(st.sampled_from(list(boundary_events.COLUMNS.values())))
    place = rows[0].index(wanted)
    how = data.draw(st.sampled_from(["drop column", "rename", "twice", "cut a row", "repeat a row", "bad key"]))
    if how == "drop column":
        rows = [row[:place] + row[place + 1 :] for row in rows]
    elif how == "rename":
        rows[0][place] = data.draw(st.text(max_size=8).filter(lambda t: t not in rows[0] and "\r" not in t))
    elif how == "twice":
        rows = [[*row, row[place]] for row in rows]
    elif how == "cut a row":
        at = data.draw(st.integers(1, 2))
        rows[at] = rows[at][: data.draw(st.integers(1, len(rows[at]) - 1))]
    elif how == "repeat a row":
        rows.insert(1, rows[data.draw(st.integers(1, 2))])
    else:
        key = rows[0].index("event_id")
        rows[1][key] = data.draw(st.from_regex(r"[0-9]{0,5}|[a-z -]{1,9}", fullmatch=True))
    path = tmp_path / "events.csv"
    path.write_bytes(_bytes(rows))
    with pytest.raises(UpstreamError, match=r"events\.csv"):
        read_events(path)
