"""Which files of a project changed, as they change."""

import queue
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path

import watchfiles

from publishing.errors import ConfigError
from publishing.fingerprint import MADE

_LEFTOVERS = (".partial", ".swp", ".swx", ".tmp", "~")


class Counts:
    """Whether a file of a project counts: none that is made, hidden, or an editor's own."""

    def __init__(self, root: Path, made: Iterable[Path]) -> None:
        self._root, self._made = root.resolve(), {path.resolve() for path in made}

    def __call__(self, change: watchfiles.Change, path: str) -> bool:
        """As `watchfiles` asks."""
        return self.counts(Path(path))

    def counts(self, path: Path) -> bool:
        """Whether a change of this file or folder may change the book."""
        try:
            parts = path.relative_to(self._root).parts
        except ValueError:
            return False
        if any(part.startswith((".", "#")) or part in MADE or part == "node_modules" for part in parts):
            return False
        if path.name.endswith(_LEFTOVERS) or (self._root / parts[0] / "pyvenv.cfg").exists():
            return False
        return not self._made & {path, *path.parents}


def watch(root: Path, made: Iterable[Path], stop: threading.Event) -> Iterator[list[str]]:
    """The names of files that changed, a list for each time that files rest again, from now on.

    Folders that do not count are not watched at all: an environment or a folder of results has thousands of them.

    Args:
        root: the project's folder.
        made: folders that a build makes.
        stop: ends the watch when it is set.

    Raises:
        ConfigError: the system does not let so many folders be watched.
    """
    root = root.resolve()
    counts = Counts(root, made)
    news: queue.Queue[set[str] | OSError] = queue.Queue()

    def follow(folder: Path, *, recursive: bool) -> None:
        try:
            for changes in watchfiles.watch(
                folder, watch_filter=counts, stop_event=stop, recursive=recursive, raise_interrupt=False, debounce=400
            ):
                news.put({path for _, path in changes})
        except OSError as error:
            news.put(error)
        news.put(set())

    def start(folder: Path, *, recursive: bool) -> None:
        threading.Thread(target=follow, args=(folder,), kwargs={"recursive": recursive}, daemon=True).start()

    def folders() -> set[Path]:
        return {path for path in root.iterdir() if path.is_dir() and counts.counts(path)}

    def changes(watched: set[Path]) -> Iterator[list[str]]:
        while not stop.is_set():
            found = news.get()
            if isinstance(found, OSError):
                raise ConfigError(
                    f"the project's files cannot be watched: {found}; the system may allow too few watches (on Linux "
                    "`sysctl fs.inotify.max_user_watches`)."
                ) from found
            for folder in folders() - watched:
                start(folder, recursive=True)
            watched = folders()
            if found:
                yield sorted(Path(path).relative_to(root).as_posix() for path in found)

    # Begun here and not at the first item: what changes while the book is first printed counts.
    begun = folders()
    start(root, recursive=False)
    for folder in begun:
        start(folder, recursive=True)
    return changes(begun)
