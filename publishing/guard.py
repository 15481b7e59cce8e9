"""Run a program that ends when the build ends, in whatever way: what is orphaned must not write into the next build.

The program gets a process group of its own and, as its input, a pipe that the build holds open and never writes to.
The pipe closes when the build is no more, and then the whole group is killed. `python -m publishing.guard COMMAND`
does so for a program that is not ours; one of ours calls `end_with_input` itself.
"""

import os
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO


def end_with_input() -> None:
    """Kill this process and its group as soon as its input closes, if `run_guarded` started it."""
    if os.getpgrp() != os.getpid() or not stat.S_ISFIFO(os.fstat(0).st_mode):
        return

    def watch() -> None:
        while os.read(0, 1):
            pass
        os.killpg(os.getpgrp(), signal.SIGKILL)

    threading.Thread(target=watch, daemon=True).start()


def run_guarded(
    command: Sequence[str], cwd: Path, output: IO[str] | int, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a program that calls `end_with_input`; both its streams go to `output`, a file or subprocess.PIPE."""
    lifeline, held = os.pipe()
    try:
        process = subprocess.Popen(  # noqa: S603
            command,
            cwd=cwd,
            env=env,
            stdin=lifeline,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )
    except BaseException:
        os.close(held)
        raise
    finally:
        os.close(lifeline)
    with process:
        try:
            said, _ = process.communicate()
        finally:
            os.close(held)
    return subprocess.CompletedProcess(command, process.returncode, said)


def main(command: Sequence[str]) -> int:
    """Run another program within this process group; returns its exit code."""
    end_with_input()
    return subprocess.run(command, stdin=subprocess.DEVNULL, check=False).returncode  # noqa: S603


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
