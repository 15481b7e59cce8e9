"""Fonts cut down to the characters that pages need.

`python -m publishing.web_fonts` cuts those that its input lists, as JSON. It is a process of its own since a large font
takes memory that a process does not give back, and the PDF needs much of it next.
"""

import io
import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from publishing.errors import EngineError
from publishing.files import write_bytes


def web_font(file: Path, text: str) -> bytes:
    """A font with the characters of `text` alone, as WOFF; its language forms are kept."""
    from fontTools import subset

    options = subset.Options(flavor="woff", layout_features=["*"], notdef_outline=True)
    options.drop_tables += ["BASE", "VORG", "vhea", "vmtx"]
    subsetter = subset.Subsetter(options)
    subsetter.populate(text=text)
    buffer = io.BytesIO()
    with subset.load_font(str(file), options, lazy=True) as font:
        subsetter.subset(font)
        subset.save_font(font, buffer, options)
    return buffer.getvalue()


def write_web_fonts(wanted: Iterable[tuple[Path, str, Path]]) -> None:
    """Cut fonts, each given as its file, its characters, and the file to write.

    Raises:
        EngineError: a font could not be cut.
    """
    given = json.dumps([(str(file), text, str(path)) for file, text, path in wanted])
    command = [sys.executable, "-m", "publishing.web_fonts"]
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode != 0:
        raise EngineError(f"the fonts of the pages could not be cut:\n{done.stderr.strip()}")


def main() -> None:
    """Cut the fonts of the list on standard input."""
    for file, text, path in json.load(sys.stdin):
        write_bytes(Path(path), web_font(Path(file), text))


if __name__ == "__main__":
    main()
