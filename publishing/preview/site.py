"""The pages that are shown, and the news of them: what the printing changes and the server tells."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path


@dataclass(frozen=True)
class Shown:
    """What there is to see: a version of each page, the banner with errors, and how often this has changed."""

    versions: Mapping[str, str]
    banner: str = ""
    turn: int = 0

    @property
    def mark(self) -> str:
        """What tells one banner from another."""
        return sha256(self.banner.encode()).hexdigest()[:12] if self.banner else ""


def versions(hashes: Mapping[str, str]) -> dict[str, str]:
    """A version of each page: another one if the page changed, or any file that pages are shown with."""
    pages = {name for name in hashes if name.endswith(".html")}
    others = sorted((n, h) for n, h in hashes.items() if n not in pages and not n.startswith("pagefind/"))
    shared = sha256(repr(others).encode()).hexdigest()
    return {name: sha256(f"{hashes[name]} {shared}".encode()).hexdigest()[:12] for name in pages}


class Site:
    """A folder of pages that many threads look at while one prints it anew."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.closed = False
        self._shown = Shown({})
        self._news = threading.Condition()

    @property
    def shown(self) -> Shown:
        """What there is to see now."""
        with self._news:
            return self._shown

    def show(self, found: Mapping[str, str], banner: str) -> None:
        """Tell all who wait of new versions and a new banner."""
        with self._news:
            self._shown = replace(Shown(found, banner), turn=self._shown.turn + 1)
            self._news.notify_all()

    def wait(self, turn: int, seconds: float) -> Shown:
        """What there is to see, as soon as it is another than at that turn, the time is over, or the site closes."""
        with self._news:
            self._news.wait_for(lambda: self.closed or self._shown.turn != turn, seconds)
            return self._shown

    def close(self) -> None:
        """Let all who wait go."""
        with self._news:
            self.closed = True
            self._news.notify_all()
