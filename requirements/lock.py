"""Renew the locks: names, exact versions and hashes, for Linux and macOS and Python 3.11 to 3.13.

No download address is written, so the locks work behind any index.
"""

import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent


def compile_lock(name: str, *arguments: str) -> None:
    """Write requirements/<name>.txt from what uv resolves for the arguments."""
    uv = shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv")
    if uv is None:
        sys.exit("make lock needs uv, and it could not be installed here; see requirements/uv.txt.")
    options = [
        "--universal",
        "--python-version",
        "3.11",
        "--generate-hashes",
        "--no-annotate",
        "--no-header",
        "--no-emit-index-url",
        "--no-emit-find-links",
        "--quiet",
        "--output-file",
        f"requirements/{name}.txt",
    ]
    subprocess.run([uv, "pip", "compile", *options, *sys.argv[1:], *arguments], cwd=ROOT, check=True)  # noqa: S603


compile_lock("uv", "requirements/uv.in")
compile_lock("report", "pyproject.toml", "requirements/build.in")
compile_lock(
    "develop",
    "pyproject.toml",
    "requirements/build.in",
    "--extra=data",
    "--extra=test",
    "--extra=check",
    "--constraints",
    "requirements/report.txt",
)
compile_lock(
    "validate",
    "pyproject.toml",
    "requirements/build.in",
    "--all-extras",
    "--constraints",
    "requirements/develop.txt",
)
