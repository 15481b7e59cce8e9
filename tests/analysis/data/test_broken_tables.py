"""Whatever table is broken, in whatever way: the loader says where, and nothing passes."""

import csv
import io
import re
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis.data.schemas.every import EVERY
from analysis.data.schemas.forms import Form
from analysis.data.tables import TableError, load
from analysis.paths import DATA

ROWS = 12
PLACE = re.compile(r"^[\w.]+, line \d+(, column \w+)?: |^[\w.]+: the table has a header and no rows$")


@cache
def start_of(name: str) -> tuple[tuple[str, ...], ...]:
    """The header and first rows of a committed table."""
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return tuple(tuple(row) for _, row in zip(range(ROWS + 1), csv.reader(file), strict=False))


def as_bytes(rows: list[list[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


NOT_A_CELL = (
    "\0",
    "-1",
    "1e5",
    "41012",
    "4101222",
    "nan",
    "NULL",
    "1,234",
    "３",
    "县 ",
    " ",
    "<b>",
    "²",
    "+5",
    "0x10",
    "\n",
)


@st.composite
def broken(draw: st.DrawFn, name: str) -> tuple[str, bytes]:
    """A way to break a table, and the broken bytes."""
    rows = [list(row) for row in start_of(name)]
    header = rows[0]
    at = draw(st.integers(1, len(rows) - 1))
    column = draw(st.integers(0, len(header) - 1))
    kind = draw(
        st.sampled_from(
            ["cell", "dropped column", "renamed column", "swapped columns", "added column", "row twice",
             "short row", "long row", "cut", "not UTF-8", "no rows", "empty", "open quote"]
        )
    )  # fmt: skip
    if kind == "cell":
        form: Form = EVERY[name].columns[header[column]]
        wrong = [cell for cell in NOT_A_CELL if not form.matches(cell)]
        rows[at][column] = draw(st.sampled_from(wrong))
    elif kind == "dropped column":
        rows = [row[:column] + row[column + 1 :] for row in rows]
    elif kind == "renamed column":
        header[column] += draw(st.sampled_from(["_", " ", "é", "2"]))
    elif kind == "swapped columns":
        other = (column + 1) % len(header)
        for row in rows:
            row[column], row[other] = row[other], row[column]
    elif kind == "added column":
        rows = [[*row, "x"] for row in rows]
    elif kind == "row twice":
        rows.append(list(rows[at]))
    elif kind == "short row":
        rows[at] = rows[at][:-1]
    elif kind == "long row":
        rows[at] = [*rows[at], ""]
    elif kind == "no rows":
        rows = rows[:1]
    content = as_bytes(rows)
    if kind == "cut":
        last = content.rstrip(b"\n").rindex(b"\n") + 1
        end = content[last:].index(b",")
        content = content[: last + draw(st.integers(1, end))]
    elif kind == "not UTF-8":
        place = draw(st.integers(0, len(content) - 1))
        content = content[:place] + draw(st.sampled_from([b"\xff", b"\xb0", b"\xc3("])) + content[place:]
        # A byte inside a character, or a bare one: neither can be read.
    elif kind == "empty":
        content = b""
    elif kind == "open quote":
        content += b'"'
    return kind, content


@pytest.mark.parametrize("name", EVERY)
def test_a_broken_table_is_refused_with_its_place(name: str, tmp_path: Path) -> None:
    path = tmp_path / name

    @settings(max_examples=60, suppress_health_check=list(HealthCheck))
    @given(broken(name))
    def refused(case: tuple[str, bytes]) -> None:
        kind, content = case
        path.write_bytes(content)
        with pytest.raises(TableError) as caught:
            load(path, EVERY[name])
        lines = str(caught.value).splitlines()
        assert lines, kind
        assert all(PLACE.match(line) or re.match(r"and \d+ more$", line) for line in lines), (kind, lines)
        assert len(lines) <= 11, "an error fits on one screen"

    refused()


def test_the_starts_of_the_tables_are_whole(tmp_path: Path) -> None:
    """What the test above breaks is not refused as it is."""
    for name, table in EVERY.items():
        (tmp_path / name).write_bytes(as_bytes([list(row) for row in start_of(name)]))
        assert len(load(tmp_path / name, table)) >= 1
