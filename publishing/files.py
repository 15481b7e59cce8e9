"""Files that a build keeps: read if they are whole, and written whole or not at all."""

import json
import os
from pathlib import Path
from typing import Any


def read_json(path: Path) -> Any:
    """What a JSON file holds; None where there is no file, or none that can be read."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def write_json(path: Path, value: Any) -> None:
    """Write a JSON file, sorted, so that equal values give equal bytes."""
    write_bytes(path, (json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode())


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    partial.write_bytes(content)
    partial.replace(path)
