"""The server of the preview: this machine's own browser sees the pages, and is told when they change."""

import errno
import json
import mimetypes
import re
import sys
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from publishing.errors import ConfigError
from publishing.preview.site import Shown, Site

ADDRESS = "127.0.0.1"
PORT = 4848
_OWN = "/_preview/"
_HERE = Path(__file__).parent
_FILES = {"preview.js": "text/javascript; charset=utf-8", "preview.css": "text/css; charset=utf-8"}
# A page of another site can have its name lead to this machine; its browser then still sends that name.
_LOOPBACK = re.compile(r"(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?", re.IGNORECASE)
_BODY = re.compile(rb"<body\b[^>]*>", re.IGNORECASE)
_WAITING = (
    '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>Preview</title></head>'
    "<body><main><p>{}</p></main></body></html>\n"
)
_HEARTBEAT = 15.0  # seconds


def with_script(page: bytes, name: str, shown: Shown) -> bytes:
    """A page with what keeps it up to date, and with the errors there are; the file itself has neither."""
    head = (
        f'<link rel="stylesheet" href="{_OWN}preview.css">'
        f'<div id="report-preview" role="alert" data-mark="{shown.mark}">{shown.banner}</div>'
        f'<script src="{_OWN}preview.js" data-version="{shown.versions.get(name, "")}"></script>'
    ).encode()
    body = _BODY.search(page)
    place = body.end() if body else 0
    return page[:place] + head + page[place:]


def page_name(path: str) -> str:
    """The file below the site that a path of an address means; a folder means its index."""
    name = unquote(path).lstrip("/")
    return f"{name}index.html" if name == "" or name.endswith("/") else name


class _Handler(BaseHTTPRequestHandler):
    server: "Server"
    server_version = "report-preview"
    sys_version = ""

    def do_GET(self) -> None:
        self._answer(body=True)

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: the terminal is for what is printed."""

    def _answer(self, *, body: bool) -> None:
        if not _LOOPBACK.fullmatch(self.headers.get("Host", "")):
            self._send(HTTPStatus.FORBIDDEN, b"The preview answers to localhost and 127.0.0.1 alone.\n", body=body)
            return
        address = urlsplit(self.path)
        own = address.path.removeprefix(_OWN) if address.path.startswith(_OWN) else None
        if own == "events":
            self._tell(page_name(parse_qs(address.query).get("page", ["/"])[0]))
        elif own in _FILES:
            self._send(HTTPStatus.OK, (_HERE / own).read_bytes(), _FILES[own], body=body)
        else:
            self._send_file(page_name(address.path), body=body)

    def _send_file(self, name: str, *, body: bool) -> None:
        site = self.server.site
        shown = site.shown
        folder = site.folder.resolve()
        try:
            path = (folder / name).resolve()
            content = path.read_bytes() if path.is_relative_to(folder) else None
        except (OSError, ValueError):
            content = None
        if content is not None:
            kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
            content = with_script(content, name, shown) if kind == "text/html" else content
            self._send(
                HTTPStatus.OK, content, f"{kind}; charset=utf-8" if kind.startswith("text/") else kind, body=body
            )
            return
        words = "There is no such page." if shown.turn else "The book is being printed."
        page = _WAITING.format(words).encode()
        self._send(HTTPStatus.NOT_FOUND, with_script(page, name, shown), "text/html; charset=utf-8", body=body)

    def _send(self, status: HTTPStatus, content: bytes, kind: str = "text/plain; charset=utf-8", *, body: bool) -> None:
        self._start(status, kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if body:
            self.wfile.write(content)

    def _start(self, status: HTTPStatus, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Cross-Origin-Resource-Policy", "same-origin")

    def _tell(self, page: str) -> None:
        """An event for each change, the present state first, until the browser or the preview goes."""
        self._start(HTTPStatus.OK, "text/event-stream")
        self.end_headers()
        site, turn = self.server.site, -1
        while not site.closed:
            shown = site.wait(turn, self.server.heartbeat)
            if shown.turn == turn:
                self.wfile.write(b": still here\n\n")
            else:
                turn = shown.turn
                state = {"version": shown.versions.get(page, ""), "mark": shown.mark, "banner": shown.banner}
                self.wfile.write(f"data: {json.dumps(state)}\n\n".encode())
            self.wfile.flush()


class Server(ThreadingHTTPServer):
    """Serves a site on this machine alone."""

    daemon_threads = True

    def __init__(self, site: Site, port: int, heartbeat: float = _HEARTBEAT) -> None:
        self.site, self.heartbeat = site, heartbeat
        super().__init__((ADDRESS, port), _Handler)

    @property
    def address(self) -> str:
        """Where a browser finds the first page."""
        return f"http://{ADDRESS}:{self.server_address[1]}/"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that leaves in the middle is no error; anything else is told in a line."""
        error = sys.exception()
        if not isinstance(error, ConnectionError):
            sys.stderr.write(f"the preview's server: {type(error).__name__}: {error}\n")


def open_server(site: Site, port: int | None, bind: Callable[[Site, int], Server] = Server) -> Server:
    """A server at a port, or if none is named at 4848 or, if that is taken, at any that is free.

    Raises:
        ConfigError: the port is taken or not allowed.
    """
    try:
        return bind(site, PORT if port is None else port)
    except OSError as error:
        if port is None:
            return bind(site, 0)
        why = "is in use" if error.errno == errno.EADDRINUSE else f"cannot be used ({error.strerror})"
        raise ConfigError(f"--port {port}: the port {why}; name another, or none.") from error
