"""The readers of the census of 2000 and of administrative events, on made-up files."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis.data.read import boundary_events, census_2000
from analysis.data.read.boundary_events import read_events
from analysis.data.read.census_2000 import read_names_2000
from analysis.data.upstream import UpstreamError

NAMES = [
    ["AREA", "GBCNTY", "ENAME", "A101004"],
    ["1", "410122", "Zhongmou Xian", "660000"],
    ["2", "110101", "Dongcheng Qu", "535558"],
    ["0", "1", "Taiwan", "0"],
]
EVENTS = [
    [*boundary_events.COLUMNS.values(), "source_url"],
    ["WIKI-COUNTY-2014-01-013", "2014", "abolish_or_merge", "甲县、甲区", "甲县", "甲区", "撤销甲县，设立乙市甲区", "丙省", "x"],
    ["RMRB-COUNTY-1983-10-28-001", "1983", "merge", "", "", "", "两行\n文字", "", "y"],
]  # fmt: skip


def _bytes(rows: list[list[str]], end: str = "\n") -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator=end).writerows(rows)
    return text.getvalue().encode()


def _names(folder: Path, rows: list[list[str]]) -> Path:
    path = folder / "names.csv"
    path.write_bytes(_bytes(rows, "\r"))
    return path


def _events(folder: Path, rows: list[list[str]]) -> Path:
    path = folder / "events.csv"
    path.write_bytes(_bytes(rows))
    return path


def test_names_are_read_sorted_without_places_outside(tmp_path: Path) -> None:
    frame = read_names_2000(_names(tmp_path, NAMES))
    assert frame.to_dict("list") == {
        "code": ["110101", "410122"],
        "name": ["Dongcheng Qu", "Zhongmou Xian"],
        "population": [535558, 660000],
    }


def test_events_are_read_as_printed(tmp_path: Path) -> None:
    frame = read_events(_events(tmp_path, EVENTS))
    assert list(frame["event_id"]) == ["WIKI-COUNTY-2014-01-013", "RMRB-COUNTY-1983-10-28-001"]
    assert list(frame["year"]) == [2014, 1983]
    assert frame["change"][1] == "两行\n文字"


@pytest.mark.parametrize(
    ("row", "column", "value", "says"),
    [
        (1, 1, "41012", "row 2, column GBCNTY: found '41012'; expected a code of six digits"),
        (1, 1, "110101", "row 3, column GBCNTY: '110101' stands there a second time"),
        (2, 3, "-5", "row 3, column A101004: found '-5'; expected a whole number"),
        (2, 2, "中牟", "row 3, column ENAME"),
        (0, 3, "A101005", "row 1: expected the column A101004 once; found it 0 times"),
        (0, 0, "ENAME", "row 1: expected the column ENAME once; found it 2 times"),
    ],
)
def test_wrong_cells_of_2000_are_named(tmp_path: Path, row: int, column: int, value: str, says: str) -> None:
    rows = [list(r) for r in NAMES]
    rows[row][column] = value
    with pytest.raises(UpstreamError) as caught:
        read_names_2000(_names(tmp_path, rows))
    assert f"names.csv, {says}" in str(caught.value)


@pytest.mark.parametrize(
    ("row", "column", "value", "says"),
    [
        (0, 6, "change", "row 1: expected the column change_description once; found it 0 times"),
        (1, 1, "14", "record 2, column year: found '14'; expected a year"),
        (1, 0, "", "record 2, column event_id: found ''"),
        (2, 0, "WIKI-COUNTY-2014-01-013", "record 3, column event_id: 'WIKI-COUNTY-2014-01-013' stands there"),
    ],
)
def test_wrong_cells_of_events_are_named(tmp_path: Path, row: int, column: int, value: str, says: str) -> None:
    rows = [list(r) for r in EVENTS]
    rows[row][column] = value
    with pytest.raises(UpstreamError) as caught:
        read_events(_events(tmp_path, rows))
    assert f"events.csv, {says}" in str(caught.value)


@pytest.mark.parametrize("read", [read_names_2000, read_events])
@pytest.mark.parametrize("content", [None, b"", b"\xff\xfe\x00", b'a,"b\n', b"GBCNTY,ENAME,A101004\r"])
def test_what_is_no_such_file_is_refused(tmp_path: Path, read: object, content: bytes | None) -> None:
    path = tmp_path / "file.csv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UpstreamError, match=r"file\.csv"):
        read(path)  # type: ignore[operator]


_used = {"names": list(census_2000.COLUMNS.values()), "events": list(boundary_events.COLUMNS.values())}


@pytest.mark.parametrize(("kind", "read"), [("names", read_names_2000), ("events", read_events)])
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_broken_files_give_an_upstream_error(tmp_path: Path, kind: str, read: object, data: st.DataObject) -> None:
    rows = [list(r) for r in (NAMES if kind == "names" else EVENTS)]
    wanted = data.draw(st.sampled_from(_used[kind]))
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
        key = rows[0].index("GBCNTY" if kind == "names" else "event_id")
        rows[1][key] = data.draw(
            st.from_regex(r"[0-9]{0,5}|[a-z -]{1,9}", fullmatch=True).filter(lambda t: t not in "123")
        )
    path = tmp_path / f"{kind}.csv"
    path.write_bytes(_bytes(rows, "\r" if kind == "names" else "\n"))
    with pytest.raises(UpstreamError, match=f"{kind}.csv"):
        read(path)  # type: ignore[operator]
