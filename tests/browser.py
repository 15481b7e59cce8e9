"""A real browser for tests: headless Chromium where there is one, on a server of the test's own."""

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

WIDTHS = (360, 768, 1440)
_PROGRAMS = ("chromium", "chromium-browser", "google-chrome")


@cache
def chromium() -> str | None:
    """The browser's program, if it is on the path."""
    return next(filter(None, map(shutil.which, _PROGRAMS)), None)


needs_browser = pytest.mark.skipif(chromium() is None, reason="there is no Chromium on the path")


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of a server of a folder, on loopback."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def opened_browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def watched_page(
    browser: Browser, site: str, width: int = 1440, scheme: Any = "light", **more: Any
) -> Iterator[tuple[Page, list[str]]]:
    """A page, and what it complains of: console errors, exceptions, failed answers, requests off the site."""
    context: BrowserContext = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, **more)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(f"console: {said.text}") if said.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(f"exception: {error}"))
    page.on(
        "request",
        lambda asked: (
            complaints.append(f"off the site: {asked.url}")
            if not asked.url.startswith((site, "data:", "blob:"))
            else None
        ),
    )
    page.on("response", lambda got: complaints.append(f"{got.status}: {got.url}") if got.status >= 400 else None)
    try:
        yield page, complaints
    finally:
        context.close()


def violations(page: Page) -> list[str]:
    """What axe-core finds wrong, one line each."""
    found = Axe().run(page).response["violations"]
    return [
        f"{rule['id']} ({rule['impact']}): {node['html'][:160]} {node['any'][0]['message'] if node['any'] else ''}"
        for rule in found
        for node in rule["nodes"]
    ]


def overflowing(page: Page) -> list[str]:
    """What is wider than the screen and not in a box that scrolls."""
    found: list[str] = page.evaluate(
        """() => {
          const width = document.documentElement.clientWidth;
          if (document.documentElement.scrollWidth > width) {
            const scrolls = (e) => e && e !== document.body && (["auto", "scroll", "hidden"].includes(getComputedStyle(e).overflowX) || scrolls(e.parentElement));
            return [...document.querySelectorAll("body *")]
              .filter((e) => e.getBoundingClientRect().right > width + 1 && !scrolls(e.parentElement) && !scrolls(e))
              .map((e) => e.outerHTML.slice(0, 120));
          }
          return [];
        }"""
    )
    return found
