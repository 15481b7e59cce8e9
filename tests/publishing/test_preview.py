"""`report preview`: pages that follow the files, errors in the pages, and a server for this machine alone."""

import io
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any

import pytest
import watchfiles
from rich.console import Console

from publishing.errors import ConfigError
from publishing.freshness import output_hashes
from publishing.preview.command import follow, serve, update
from publishing.preview.problems import Problem, banner, problems
from publishing.preview.server import PORT, Server, open_server, page_name, with_script
from publishing.preview.site import Shown, Site, versions
from publishing.preview.watch import Counts, watch
from publishing.progress import Progress
from publishing.target import preview_target
from tests.publishing.conftest import copy_small_book, edit, make

REPORT = Path(sys.executable).with_name("report")
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
# Where tests run in the background, interrupts are ignored, and so they would be by a command that they start.
HEARING = "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); os.execv(sys.argv[1], sys.argv[1:])"
LONGEST = 300  # seconds until a test gives up on something that does not come
ONE, TWO = "chapters/01-one.qmd", "chapters/02-two.qmd"
PAGE = "/chapters/02-two.html"


class Told(Progress):
    """Keeps what is said."""

    def __init__(self) -> None:
        self.stream = io.StringIO()
        super().__init__(Console(file=self.stream, width=300))

    @property
    def text(self) -> str:
        return self.stream.getvalue()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server of a site of two pages and a picture."""
    folder = tmp_path / "site"
    (folder / "chapters").mkdir(parents=True)
    (folder / "index.html").write_text("<html><body class='a'><p>First</p></body></html>", encoding="utf-8")
    (folder / "chapters/a.html").write_text("<html><body><p>Second</p></body></html>", encoding="utf-8")
    (folder / "chapters/a.svg").write_text("<svg/>", encoding="utf-8")
    (tmp_path / "secret.txt").write_text("secret", encoding="utf-8")
    site = Site(folder)
    site.show({"index.html": "v1", "chapters/a.html": "v1"}, "")
    found = Server(site, 0, heartbeat=0.05)
    serve(found)
    yield found
    site.close()
    found.shutdown()
    found.server_close()


def ask(server: Server, path: str, method: str = "GET", **headers: str) -> tuple[HTTPResponse, str]:
    connection = HTTPConnection("127.0.0.1", server.server_address[1], timeout=LONGEST)
    connection.request(method, path, headers=headers)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer, text


class Events:
    """What a browser that looks at a page is told."""

    def __init__(self, server: Server, page: str) -> None:
        self.connection = HTTPConnection("127.0.0.1", server.server_address[1], timeout=LONGEST)
        self.connection.request("GET", f"/_preview/events?page={page}")
        self.answer = self.connection.getresponse()

    def line(self) -> str:
        return self.answer.readline().decode().strip()

    def next(self) -> dict[str, str]:
        while True:
            line = self.line()
            if line.startswith("data: "):
                found: dict[str, str] = json.loads(line.removeprefix("data: "))
                return found


# The server -------------------------------------------------------------------------------------------------------------


def test_a_page_is_sent_with_what_keeps_it_up_to_date(server: Server) -> None:
    answer, text = ask(server, "/")
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert answer.headers["Cache-Control"] == "no-store"
    assert text.startswith("<html><body class='a'><link ")
    assert 'data-version="v1"' in text
    assert text.endswith("<p>First</p></body></html>")
    assert ask(server, "/index.html")[1] == text
    assert "preview" not in (server.site.folder / "index.html").read_text(encoding="utf-8")
    assert "Second" in ask(server, "/chapters/a.html?x=1")[1]
    answer, text = ask(server, "/chapters/a.svg")
    assert (answer.headers["Content-Type"], text) == ("image/svg+xml", "<svg/>")
    answer, text = ask(server, "/chapters/a.svg", "HEAD")
    assert (answer.status, answer.headers["Content-Length"], text) == (200, "6", "")


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:4848", "127.0.0.1.evil.example", "10.0.0.1", "localhost@evil", ""]
)
@pytest.mark.parametrize("path", ["/", "/_preview/events?page=/", "/_preview/preview.js"])
def test_another_host_is_refused(server: Server, host: str, path: str) -> None:
    answer, text = ask(server, path, Host=host)
    assert answer.status == 403
    assert "First" not in text


@pytest.mark.parametrize("host", ["localhost", "localhost:1", "127.0.0.1:4848", "[::1]:4848", "LOCALHOST"])
def test_this_machine_is_answered(server: Server, host: str) -> None:
    assert ask(server, "/", Host=host)[0].status == 200


def test_it_listens_on_this_machine_alone(server: Server) -> None:
    assert server.server_address[0] == "127.0.0.1"


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/chapters/..%2f..%2fsecret.txt",
        "//etc/hostname",
        "/chapters",
        "/no.html",
        "/a%00b",
        "/%ff",
    ],
)
def test_nothing_but_the_site_is_sent(server: Server, path: str) -> None:
    answer, text = ask(server, path)
    assert answer.status == 404
    assert "secret" not in text
    assert "There is no such page" in text
    assert "/_preview/preview.js" in text, "it comes by itself once it is printed"


def test_a_link_that_leads_out_of_the_site_is_not_followed(server: Server) -> None:
    (server.site.folder / "out.txt").symlink_to(server.site.folder.parent / "secret.txt")
    assert ask(server, "/out.txt")[0].status == 404


def test_before_the_first_printing_it_says_so(tmp_path: Path) -> None:
    server = Server(Site(tmp_path / "site"), 0)
    serve(server)
    assert "The book is being printed." in ask(server, "/")[1]
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_nothing_can_be_sent_to_it(server: Server, method: str) -> None:
    assert ask(server, "/", method)[0].status == 501


def test_browsers_are_told_of_the_present_and_of_every_change(server: Server) -> None:
    events = Events(server, "/chapters/a.html")
    assert events.answer.headers["Content-Type"] == "text/event-stream"
    assert events.next() == {"version": "v1", "mark": "", "banner": ""}
    server.site.show({"index.html": "v1", "chapters/a.html": "v2"}, "")
    assert events.next()["version"] == "v2"
    server.site.show({"index.html": "v1", "chapters/a.html": "v2"}, "<p>wrong</p>")
    told = events.next()
    assert (told["version"], told["banner"]) == ("v2", "<p>wrong</p>")
    assert told["mark"]
    while events.line() != ": still here":  # silent connections are kept open
        pass
    server.site.close()
    while events.answer.readline():
        pass


def test_errors_stand_in_a_page_that_is_opened_after_them(server: Server) -> None:
    server.site.show({"index.html": "v1"}, banner([Problem("<script>alert(1)</script>", "a.qmd", 3)]))
    text = ask(server, "/")[1]
    assert '<div id="report-preview" role="alert" data-mark="' in text
    assert "<strong>a.qmd:3</strong> <span>&lt;script&gt;alert(1)&lt;/script&gt;</span>" in text
    assert "<p>First</p>" in text


def test_a_browser_that_leaves_is_no_error(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    events = Events(server, "/")
    events.next()
    events.connection.sock.close() if events.connection.sock else None
    events.answer.close()
    for turn in range(20):
        server.site.show({"index.html": f"v{turn}"}, "")
        assert Events(server, "/").next()["version"] == f"v{turn}"
    assert capsys.readouterr().err == ""


def test_a_fault_of_the_server_is_told_in_a_line(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    try:
        raise KeyError("x")
    except KeyError:
        server.handle_error(None, None)
    assert capsys.readouterr().err == "the preview's server: KeyError: 'x'\n"


def test_a_port_in_use_is_told(server: Server) -> None:
    port = server.server_address[1]
    with pytest.raises(ConfigError, match=f"--port {port}: the port is in use"):
        open_server(server.site, port)


@pytest.mark.parametrize("taken", [True, False])
def test_without_a_port_it_is_the_usual_one_or_any(server: Server, taken: bool) -> None:
    asked: list[int] = []

    def bind(site: Site, port: int) -> Server:
        asked.append(port)
        if taken and port == PORT:
            raise OSError(98, "in use")
        return server

    assert open_server(server.site, None, bind) is server
    assert asked == ([PORT, 0] if taken else [PORT])


def test_addresses_mean_files() -> None:
    assert [page_name(path) for path in ("/", "", "/a/", "/a%20b.html")] == [
        "index.html",
        "index.html",
        "a/index.html",
        "a b.html",
    ]


def test_a_page_without_a_body_gets_the_script_too() -> None:
    assert with_script(b"<p>x", "x.html", Shown({})).endswith(b"</script><p>x")


def test_a_version_is_that_of_the_page_and_of_what_all_pages_use() -> None:
    files = {"a.html": "1", "b.html": "1", "assets/book.css": "1", "pagefind/x": "1"}
    first = versions(files)
    assert set(first) == {"a.html", "b.html"}
    only_a = versions(files | {"a.html": "2"})
    assert only_a["a.html"] != first["a.html"]
    assert only_a["b.html"] == first["b.html"]
    style = versions(files | {"assets/book.css": "2"})
    assert all(style[page] != first[page] for page in first)
    assert versions(files | {"pagefind/x": "2"}) == first


# Errors -----------------------------------------------------------------------------------------------------------------


def test_an_error_is_told_apart_by_its_places(tmp_path: Path) -> None:
    for name in ("a.qmd", "b.bib"):
        (tmp_path / name).touch()
    message = "a.qmd:3: one\n    goes on: here\nb.bib: two\nnot.qmd:3: no file"
    assert problems(message, tmp_path) == [
        Problem("one\n    goes on: here", "a.qmd", 3),
        Problem("two\nnot.qmd:3: no file", "b.bib", None),
    ]
    assert problems("no place: at all", tmp_path) == [Problem("no place: at all")]
    assert banner([]) == ""
    assert "<strong>b.bib</strong>" in banner([Problem("x", "b.bib")])


# Files ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "counted"),
    [
        ("index.qmd", True),
        ("analysis/designs/border.py", True),
        ("data/new.csv", True),
        ("bld/x.json", False),
        ("site/index.html", False),
        (".git/index", False),
        ("chapters/.01-one.qmd.swp", False),
        ("chapters/.#01-one.qmd", False),
        ("chapters/01-one.qmd~", False),
        ("analysis/__pycache__/a.pyc", False),
        ("env/lib/x.py", False),
        ("_freeze/x.json", False),
    ],
)
def test_files_that_count(tmp_path: Path, name: str, counted: bool) -> None:
    (tmp_path / "env").mkdir()
    (tmp_path / "env/pyvenv.cfg").touch()
    counts = Counts(tmp_path, [tmp_path / "bld", tmp_path / "site"])
    assert counts(watchfiles.Change.modified, str(tmp_path.resolve() / name)) is counted
    assert not counts(watchfiles.Change.modified, "/elsewhere/index.qmd")


def test_changes_are_seen_in_folders_old_and_new(tmp_path: Path) -> None:
    root = tmp_path / "project"
    for folder in ("chapters", "bld"):
        (root / folder).mkdir(parents=True)
    stop = threading.Event()
    guard = threading.Timer(LONGEST, stop.set)
    guard.start()
    changes = watch(root, [root / "bld"], stop)

    def until(name: str, write: Callable[[], Any]) -> None:
        # A watch begins in a thread of its own: the file is written until it is heard of.
        write()
        rewriting = threading.Event()

        def again() -> None:
            while not rewriting.wait(0.2):
                write()

        threading.Thread(target=again, daemon=True).start()
        try:
            assert any(name in found for found in changes)
        finally:
            rewriting.set()

    until("chapters/a.qmd", lambda: (root / "chapters/a.qmd").write_text("x", encoding="utf-8"))
    until("index.qmd", lambda: (root / "index.qmd").write_text("x", encoding="utf-8"))

    def new_folder() -> None:
        (root / "more").mkdir(exist_ok=True)
        (root / "bld/x").write_text("x", encoding="utf-8")
        (root / "more/b.qmd").write_text("x", encoding="utf-8")

    until("more/b.qmd", new_folder)
    guard.cancel()
    stop.set()


def test_a_system_with_too_few_watches_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> Iterator[None]:
        raise OSError("OS file watch limit reached.")

    monkeypatch.setattr(watchfiles, "watch", full)
    with pytest.raises(ConfigError, match="cannot be watched: OS file watch limit reached"):
        next(watch(tmp_path, [], threading.Event()))


# The loop ---------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small book with a finished book and a preview."""
    root = copy_small_book(tmp_path_factory.mktemp("preview"))
    make(root, formats=("html",))
    assert update(root, ["html"], Site(preview_target(root).output), Told())
    return root


@pytest.fixture
def book(printed: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(printed, tmp_path / "book"))


def site_of(root: Path) -> Site:
    return Site(preview_target(root).output)


def shown_page(root: Path) -> str:
    return (preview_target(root).output / PAGE[1:]).read_text(encoding="utf-8")


BREAKS: dict[str, tuple[str, str, str, str]] = {
    "unknown reference": (
        TWO,
        "see @fig-drawn",
        "see @fig-down",
        "02-two.qmd:15</strong> <span>unknown cross-reference @fig-down",
    ),
    "unknown key": (
        "chapters/a-extra.qmd",
        "@jones1999",
        "@nobody",
        "a-extra.qmd:5</strong> <span>unknown citation key",
    ),
    "failing cell": (
        ONE,
        "value = 6 * 7",
        "value = 6 / 0",
        "01-one.qmd:4</strong> <span>the cell that opens at line 3 failed",
    ),
    "failing expression": (
        ONE,
        "`{python} value`,",
        "`{python} valeu`,",
        "01-one.qmd:23</strong> <span>the inline expression",
    ),
    "options of a cell": (ONE, "#| label: fig-line", "#| label: [", "01-one.qmd:25</strong> <span>the cell"),
    "a claim": (TWO, "A list", '[A list]{claim="a.b is positive"}', "02-two.qmd:14</strong> <span>"),
    "settings": ("_quarto.yml", "lang: en", "lang: [", "_quarto.yml:8</strong> <span>not valid YAML"),
    "report's settings": (
        "pyproject.toml",
        "fonts",
        "typefaces",
        "pyproject.toml</strong> <span>[tool.report] has typefaces",
    ),
    "no such chapter": ("_quarto.yml", "chapters/02-two.qmd", "chapters/02-too.qmd", "_quarto.yml</strong> <span>"),
    "raw markup": (TWO, "A list", "A <b>list</b>", "02-two.qmd:14</strong> <span>raw markup &#x27;&lt;b&gt;"),
}


@pytest.mark.parametrize("broken", BREAKS)
def test_what_is_wrong_is_shown_and_goes_when_it_is_mended(book: Path, broken: str) -> None:
    file, old, new, said = BREAKS[broken]
    before = output_hashes(book / "_book")
    text = (book / file).read_text(encoding="utf-8")
    site, told = site_of(book), Told()
    banners: list[str] = []
    pages: list[str] = []

    def changes() -> Iterator[list[str]]:
        for state in (text.replace(old, new), text):
            assert not banners or state != text or banners[-1]
            (book / file).write_text(state, encoding="utf-8")
            yield [file]
            banners.append(site.shown.banner)
            pages.append(shown_page(book))

    follow(book, ["html"], site, told, changes())
    assert old in text
    assert said in re.sub(r"<strong>chapters/", "<strong>", banners[0])
    assert "error: " in told.text
    assert "Traceback" not in told.text
    assert banners[1] == ""
    assert len(set(pages)) == 1, "the last good text stays"
    assert site.shown.versions
    assert output_hashes(book / "_book") == before


def test_only_pages_that_changed_get_a_new_version_and_the_finished_book_stays(book: Path) -> None:
    before, stamp = output_hashes(book / "_book"), (book / "bld/book.json").read_bytes()
    site, told = site_of(book), Told()
    seen = []

    def changes() -> Iterator[list[str]]:
        seen.append(dict(site.shown.versions))
        edit(book / TWO, "A pipe table is", "This table is")
        yield [TWO]
        seen.append(dict(site.shown.versions))

    follow(book, ["html"], site, told, changes())
    assert [name for name in seen[0] if seen[0][name] != seen[1][name]] == ["chapters/02-two.html"]
    assert "This table is" in shown_page(book)
    assert output_hashes(book / "_book") == before
    assert (book / "bld/book.json").read_bytes() == stamp
    assert "is executed" not in told.text
    assert not list(preview_target(book).output.rglob("*.pdf"))


def test_a_preview_and_a_build_leave_what_the_other_keeps(book: Path) -> None:
    edit(book / TWO, "A pipe table is", "This table is")
    kept = book / "bld/press/kept"
    before = {path.name for path in kept.iterdir()}
    update(book, ["html"], site_of(book), Told())
    assert {path.name for path in kept.iterdir()} == before
    make(book, formats=("html",))
    assert "This table is" in (book / "_book/chapters/02-two.html").read_text(encoding="utf-8")
    told = Told()
    update(book, ["html"], site_of(book), told)
    assert told.text == "the preview is up to date: nothing to do.\n"


def test_the_pdf_is_printed_if_asked_for(book: Path) -> None:
    update(book, ["html", "pdf"], site_of(book), Told())
    assert (preview_target(book).output / "small.pdf").stat().st_size > 1000


def test_a_module_that_changes_brings_findings_up_to_date(tracked_book: Path) -> None:
    site, told = site_of(tracked_book), Told()

    def changes() -> Iterator[list[str]]:
        edit(tracked_book / "tiny/heights.py", "value > 0", "value > 175")
        yield ["tiny/heights.py"]

    follow(tracked_book, ["html"], site, told, changes())
    assert site.shown.banner == ""
    after = told.text.partition("tiny/heights.py changed.")[2]
    assert "chapters/01-heights.qmd is executed: bld/findings/heights.json changed" in after
    assert "185 points" in (site.folder / "chapters/01-heights.html").read_text(encoding="utf-8")


def test_it_waits_for_a_build_and_gives_the_lock_back(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from publishing.lock import hold
    from publishing.preview import command

    whole = command.print_book
    held: list[str] = []

    def printing(*given: Any) -> bool:
        with pytest.raises(Exception, match="report preview"), hold(book / "bld", "another", held.append, wait=False):
            held.append("got in")
        return whole(*given)

    monkeypatch.setattr(command, "print_book", printing)
    assert update(book, ["html"], site_of(book), Told())
    with hold(book / "bld", "another", held.append, wait=False):
        held.append("after")
    assert held == ["after"]


# The command ------------------------------------------------------------------------------------------------------------


class Running:
    """The command in a process of its own, that says where it serves."""

    def __init__(self, root: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", HEARING, REPORT, "preview", "--no-browser", "--port", "0"],
            cwd=root,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        # A reader of what it says would wait for ever for a process that hangs.
        self._guard = threading.Timer(LONGEST, self.process.kill)
        self._guard.start()
        self.said: list[str] = []
        self.address = re.findall(r"http://\S+", self.until("The preview is at"))[0]

    def until(self, words: str) -> str:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.said.append(line)
            if words in line:
                return line
        raise AssertionError("".join(self.said))

    def interrupt(self) -> tuple[int, str]:
        """As Ctrl-C does: the exit code, and the rest of what was said."""
        os.killpg(self.process.pid, signal.SIGINT)
        assert self.process.stderr is not None
        with self.process.stderr as stream:
            rest = stream.read()
        self._guard.cancel()
        return self.process.wait(LONGEST), rest

    def end(self) -> None:
        """However it stands, it runs no longer."""
        self._guard.cancel()
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def running(book: Path) -> Iterator[Running]:
    found = Running(book)
    yield found
    if found.process.returncode is None:
        found.end()


def test_it_ends_with_an_interrupt(running: Running) -> None:
    running.until("the preview is up to date")
    code, rest = running.interrupt()
    assert (code, rest.splitlines()[-1]) == (0, "The preview has ended.")


def test_an_interrupt_in_the_middle_of_a_cell_leaves_no_kernel(book: Path, tmp_path: Path) -> None:
    told = tmp_path / "kernel"
    os.mkfifo(told)
    cell = (
        f"import os, threading\nopen({str(told)!r}, 'w').write(str(os.getpid()))\nthreading.Event().wait()\nvalue = 42"
    )
    edit(book / ONE, "value = 6 * 7", cell)
    running = Running(book)
    kernel = int(told.read_text(encoding="utf-8"))
    code, rest = running.interrupt()
    assert (code, rest.splitlines()[-1]) == (0, "The preview has ended.")
    assert "Traceback" not in rest
    with pytest.raises(ProcessLookupError):
        os.kill(kernel, 0)


def test_a_taken_port_is_told_in_words(book: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            [REPORT, "preview", "--no-browser", "--port", port], cwd=book, capture_output=True, text=True, check=False
        )
    assert (done.returncode, done.stderr) == (1, f"error: --port {port}: the port is in use; name another, or none.\n")


@pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on the path")
def test_a_browser_sees_text_change_and_errors_come_and_go(running: Running, book: Path) -> None:
    from playwright.sync_api import expect, sync_playwright

    running.until("the preview is up to date")
    edit_long = "\n\nA line of text.\n" * 80
    (book / TWO).write_text((book / TWO).read_text(encoding="utf-8") + edit_long, encoding="utf-8")
    running.until("shown")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1200, "height": 700})
        page.set_default_timeout(LONGEST * 1000)
        expect.set_options(timeout=LONGEST * 1000)
        faults: list[str] = []
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(running.address + PAGE[1:])
        page.evaluate("scrollTo(0, 600)")
        edit(book / TWO, "A pipe table is", "This table is")
        expect(page.get_by_text("This table is")).to_be_visible()
        page.wait_for_function("scrollY === 600")
        alert = page.get_by_role("alert")
        expect(alert).to_be_empty()
        edit(book / TWO, "see @fig-drawn", "see @fig-down*<i>*")
        expect(alert).to_contain_text("chapters/02-two.qmd:15 unknown cross-reference @fig-down")
        expect(alert).to_be_in_viewport()
        expect(alert.locator("i")).to_have_count(0)
        expect(page.get_by_text("This table is")).to_be_attached()
        if os.environ.get("REPORT_PICTURE"):
            page.screenshot(path=os.environ["REPORT_PICTURE"])
        edit(book / TWO, "see @fig-down*<i>*", "see again @fig-drawn")
        expect(alert).to_be_empty()
        expect(page.get_by_text("see again")).to_be_attached()
        page.wait_for_function("scrollY === 600")
        assert faults == []
        browser.close()
    code, rest = running.interrupt()
    assert code == 0
    assert "Traceback" not in rest
