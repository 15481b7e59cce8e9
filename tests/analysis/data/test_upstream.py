import hashlib
from pathlib import Path
from typing import Any

import pytest

from analysis.data.upstream import UpstreamError, find_files, load_sources

SOURCES: dict[str, dict[str, Any]] = {
    "a": {"file": "a.xlsx", "url": "https://example.org/a.xlsx", "sha256": hashlib.sha256(b"a").hexdigest()},
    "b": {"file": "b.xlsx", "url": "https://example.org/b.xlsx", "sha256": hashlib.sha256(b"b").hexdigest()},
}


def test_files_with_the_right_bytes_are_found(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(b"a")
    (tmp_path / "b.xlsx").write_bytes(b"b")
    assert find_files(tmp_path, ("a", "b"), SOURCES) == {"a": tmp_path / "a.xlsx", "b": tmp_path / "b.xlsx"}


def test_missing_file_is_named_with_its_address(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(b"a")
    with pytest.raises(UpstreamError) as caught:
        find_files(tmp_path, ("a", "b"), SOURCES)
    assert "b.xlsx  from  https://example.org/b.xlsx" in str(caught.value)
    assert "example.org/a.xlsx" not in str(caught.value)


def test_missing_folder_names_the_sources_file_and_every_address(tmp_path: Path) -> None:
    with pytest.raises(UpstreamError) as caught:
        find_files(tmp_path / "none", ("a", "b"), SOURCES)
    for part in ("no such folder", "data/sources.yml", "example.org/a.xlsx", "example.org/b.xlsx"):
        assert part in str(caught.value)


def test_other_bytes_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(b"changed")
    with pytest.raises(UpstreamError) as caught:
        find_files(tmp_path, ("a",), SOURCES)
    assert hashlib.sha256(b"changed").hexdigest() in str(caught.value)
    assert SOURCES["a"]["sha256"] in str(caught.value)


@pytest.mark.parametrize("text", ["sources: 3", "- id: a", "a: [", ""])
def test_sources_file_of_another_form_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "sources.yml"
    path.write_text(text)
    with pytest.raises(UpstreamError, match=r"sources\.yml: not a list of sources"):
        load_sources(path)


def test_committed_sources_say_what_each_is() -> None:
    for source in load_sources().values():
        assert {"description", "url", "origin", "compiled_by", "licence", "used_for"} <= set(source)
        assert ("sha256" in source) == ("file" in source)
