"""What the loaders of polygon_units.csv and adjacency.csv refuse."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis.data.tables import TableError, load_adjacency, load_polygon_units

LINKS = """year,code,name,relation,polygon,reason
2010,410121,甲县,same,410121,
2010,410122,乙县,part,410122,divided
2010,410122,乙县,part,410123,divided
2010,410124,丙县,merged,410121,merged
2010,410125,丁县,none,,a zone
2020,410121,甲县,changed,410121,grew
"""
PAIRS = """unit_a,unit_b,border_km,same_province
410121,410122,13,1
410121,420122,0.1,0
410122,420122,1100.5,0
"""


def _write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_what_is_right_is_loaded(tmp_path: Path) -> None:
    links = load_polygon_units(_write(tmp_path, "polygon_units.csv", LINKS))
    assert links["year"].tolist() == [2010] * 5 + [2020]
    assert links["polygon"].tolist() == ["410121", "410122", "410123", "410121", "", "410121"]
    pairs = load_adjacency(_write(tmp_path, "adjacency.csv", PAIRS))
    assert pairs["border_km"].tolist() == [13, 0.1, 1100.5]
    assert pairs["same_province"].tolist() == [1, 0, 0]


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("2020,", "2000,", "column year: found '2000'; allowed: 2010 or 2020"),
        ("merged,", "part of,", "column relation: found 'part of'"),
        (",none,,", ",none,410125,", "column polygon: found '410125'; allowed: empty where the relation is none"),
        ("changed,410121", "changed,", "column polygon: found ''; allowed: empty where the relation is none"),
        ("changed,410121,grew", "changed,410121,", "column reason: found ''; allowed: a reason where"),
        ("乙县,part,410123", "乙县,changed,410123", "allowed: one relation in all rows of a unit and year"),
        ("part,410123", "part,410121", "allowed: a polygon that is the same as, or part of, no other unit"),
        ("part,410123", "part,410122", "year and code and polygon together stand once"),
        ("2010,410125", "2010,41012", "column code: found '41012'; allowed: a code of six digits"),
    ],
)
def test_a_wrong_link_is_named(tmp_path: Path, before: str, after: str, message: str) -> None:
    assert LINKS.count(before) == 1
    with pytest.raises(TableError, match=r"polygon_units[.]csv, line [2-7], ") as caught:
        load_polygon_units(_write(tmp_path, "polygon_units.csv", LINKS.replace(before, after)))
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("410121,410122,13", "410122,410121,13", "column unit_b: found '410121'; allowed: greater than unit_a"),
        ("410121,410122,13", "410121,410121,13", "column unit_b: found '410121'; allowed: greater than unit_a"),
        (",0.1,", ",0,", "column border_km: found '0'; allowed: more than 0"),
        (",0.1,", ",-0.1,", "column border_km: found '-0.1'; allowed: a number of 0 or more, one decimal"),
        (",0.1,", ",0.15,", "column border_km: found '0.15'; allowed: a number of 0 or more, one decimal"),
        (",0.1,", ",,", "column border_km: found ''"),
        ("0.1,0", "0.1,no", "column same_province: found 'no'; allowed: 0 or 1"),
        ("410121,420122", "410121,410122", "unit_a and unit_b together stand once in the table"),
    ],
)
def test_a_wrong_pair_is_named(tmp_path: Path, before: str, after: str, message: str) -> None:
    assert PAIRS.count(before) == 1
    with pytest.raises(TableError, match=r"adjacency[.]csv, line [2-4], ") as caught:
        load_adjacency(_write(tmp_path, "adjacency.csv", PAIRS.replace(before, after)))
    assert message in str(caught.value)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(at=st.integers(0, len(LINKS.encode()) - 1), byte=st.integers(0, 255), pairs=st.booleans())
def test_a_changed_byte_is_refused_or_gives_another_table_that_keeps_the_rules(
    tmp_path: Path, at: int, byte: int, pairs: bool
) -> None:
    name, text, load = (
        ("adjacency.csv", PAIRS, load_adjacency) if pairs else ("polygon_units.csv", LINKS, load_polygon_units)
    )
    content = bytearray(text.encode())
    at %= len(content)
    content[at] = byte
    path = tmp_path / name
    path.write_bytes(bytes(content))
    try:
        frame = load(path)
    except TableError as error:
        assert str(error).startswith(name)
        return
    if pairs:
        assert (frame["unit_a"] < frame["unit_b"]).all()
        assert (frame["border_km"] > 0).all()
    else:
        assert ((frame["polygon"] == "") == (frame["relation"] == "none")).all()


@pytest.mark.parametrize(
    ("name", "load"), [("adjacency.csv", load_adjacency), ("polygon_units.csv", load_polygon_units)]
)
def test_a_missing_file_is_named(tmp_path: Path, name: str, load) -> None:
    with pytest.raises(TableError, match=f"{name}: cannot be read"):
        load(tmp_path / name)
