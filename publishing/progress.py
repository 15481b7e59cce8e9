"""What a build says while it works: a moving line on a terminal, plain lines elsewhere."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console


class Progress:
    """Says which step is under way and how long each took; errors and progress go to the error stream."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(stderr=True, highlight=False, soft_wrap=True)

    def say(self, text: str) -> None:
        """Print a line as it is."""
        self.console.print(text, markup=False)

    @contextmanager
    def step(self, name: str, total: int | None = None) -> Iterator[Callable[[str], None]]:
        """A step of the build; the function it gives counts one of `total` parts as done."""
        started = time.perf_counter()
        finished = 0
        width = 10

        if self.console.is_terminal:
            with self.console.status(f"{name} ...") as status:

                def advance(part: str) -> None:
                    nonlocal finished
                    finished += 1
                    status.update(f"{name} {finished}/{total}: {part}")

                yield advance
        else:

            def advance(part: str) -> None:
                nonlocal finished
                finished += 1
                self.say(f"  {name:<{width}}{finished}/{total} {part}")

            yield advance
        self.say(f"  {name:<{width}}{time.perf_counter() - started:.1f} s")
