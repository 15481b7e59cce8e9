import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from analysis.data.upstream import UpstreamError, find_files, get_files, load_sources

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


class _Answers(BaseHTTPRequestHandler):
    asked: list[str]

    def do_GET(self) -> None:
        self.server.asked.append(self.path)  # type: ignore[attr-defined]
        if self.path == "/missing":
            self.send_error(404)
            return
        body = b"a"
        self.send_response(200)
        if self.path == "/cut":
            self.send_header("Content-Length", "100")
        self.end_headers()
        self.wfile.write(b"other" if self.path == "/other" else body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ThreadingHTTPServer]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with ThreadingHTTPServer(("127.0.0.1", 0), _Answers) as server:
        server.asked = []  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def _at(server: ThreadingHTTPServer, path: str) -> dict[str, dict[str, Any]]:
    return {"a": SOURCES["a"] | {"url": f"http://127.0.0.1:{server.server_port}{path}"}}


def _quiet(_: str) -> None:
    pass


def test_a_missing_file_is_downloaded_once(server: ThreadingHTTPServer, tmp_path: Path) -> None:
    sources, said = _at(server, "/data/原始 数据.csv"), list[str]()
    for _ in range(2):
        get_files(tmp_path / "new", ("a",), sources, said.append)
    assert find_files(tmp_path / "new", ("a",), sources)["a"].read_bytes() == b"a"
    assert server.asked == ["/data/%E5%8E%9F%E5%A7%8B%20%E6%95%B0%E6%8D%AE.csv"]  # type: ignore[attr-defined]
    assert said == [f"getting a.xlsx from 127.0.0.1:{server.server_port}"]


def test_a_file_with_other_bytes_is_downloaded_again(server: ThreadingHTTPServer, tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(b"changed")
    get_files(tmp_path, ("a",), _at(server, "/a"), _quiet)
    assert (tmp_path / "a.xlsx").read_bytes() == b"a"


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/missing", "cannot be had (status 404)"),
        ("/other", f"SHA-256 of what came is {hashlib.sha256(b'other').hexdigest()}"),
        ("/cut", "1 bytes of 100 came"),
    ],
)
def test_what_is_not_the_file_is_not_kept(server: ThreadingHTTPServer, tmp_path: Path, path: str, words: str) -> None:
    with pytest.raises(UpstreamError) as caught:
        get_files(tmp_path, ("a",), _at(server, path), _quiet)
    assert words in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_does_not_answer_is_named(server: ThreadingHTTPServer, tmp_path: Path) -> None:
    sources = _at(server, "/a")
    server.shutdown()
    server.server_close()
    with pytest.raises(UpstreamError, match=r"127\.0\.0\.1.*cannot be had"):
        get_files(tmp_path, ("a",), sources, _quiet)


@pytest.mark.parametrize("url", ["file:///etc/hostname", "ftp://127.0.0.1/a", "a.xlsx"])
def test_only_web_addresses_are_asked(tmp_path: Path, url: str) -> None:
    with pytest.raises(UpstreamError, match=r"sources\.yml, a: found the address"):
        get_files(tmp_path, ("a",), {"a": SOURCES["a"] | {"url": url}}, _quiet)
