"""What `report preview` does: print, serve, and print again what changed."""

import threading
import time
import webbrowser
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from publishing import embedded
from publishing.build import at_work, print_book
from publishing.errors import BookError
from publishing.freshness import read_stamp
from publishing.preview.problems import banner, problems
from publishing.preview.server import Server, open_server
from publishing.preview.site import Site, versions
from publishing.preview.watch import watch
from publishing.progress import Progress
from publishing.project import load_book
from publishing.target import preview_target

_COMMAND = "report preview"


def update(root: Path, formats: Sequence[str], site: Site, progress: Progress) -> bool:
    """Print what changed, and show it; what is wrong is told on the terminal and in the pages. Returns if all is well.

    The project's settings are read anew, since they may be what changed.
    """
    target = preview_target(root)
    found = []
    try:
        book = load_book(root)
        with at_work(book, _COMMAND, target, progress):
            print_book(book, embedded.NAME, formats, progress, target)
    except (BookError, OSError) as error:
        progress.say(f"error: {error}")
        found = problems(str(error), root)
    stamp = read_stamp(target.desk)
    site.show(versions(stamp.outputs) if stamp else {}, banner(found))
    return not found


def follow(
    root: Path, formats: Sequence[str], site: Site, progress: Progress, changes: Iterable[Sequence[str]]
) -> None:
    """Show the book, and show it again after each of the changes, which are names of files."""
    update(root, formats, site, progress)
    for names in changes:
        started = time.perf_counter()
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        progress.say(f"{', '.join(names[:3])}{more} changed.")
        if update(root, formats, site, progress):
            progress.say(f"  {'shown':<10}{time.perf_counter() - started:.1f} s")


def serve(server: Server) -> None:
    """Answer browsers, in a thread of its own."""
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()


def preview(root: Path, port: int | None, formats: Sequence[str], progress: Progress, *, browser: bool) -> None:
    """Serve the book until the command is interrupted.

    Raises:
        ConfigError: the port cannot be used, or files cannot be watched.
    """
    book = load_book(root)
    site = Site(preview_target(root).output)
    server = open_server(site, port)
    stop = threading.Event()
    serve(server)
    progress.say(f"The preview is at {server.address}\nEnd it with Ctrl-C.")
    try:
        if browser:
            with suppress(webbrowser.Error):
                webbrowser.open(server.address)
        follow(root, formats, site, progress, watch(root, [book.output, book.workshop], stop))
    except KeyboardInterrupt:
        progress.say("The preview has ended.")
    finally:
        stop.set()
        site.close()
        server.shutdown()
        server.server_close()
