"""Where the kernels of a build listen: sockets in folders of their own, which a build that was killed leaves behind."""

import hashlib
import os
import shutil
import tempfile
from pathlib import Path


def socket_prefix(root: Path) -> str:
    """What the names of the folders of sockets of a project's kernels begin with."""
    return f"report-{hashlib.sha256(os.fsencode(root.resolve())).hexdigest()[:12]}-"


def remove_sockets(root: Path) -> None:
    """Remove the sockets that killed builds of a project left; no build of it may be under way."""
    for folder in Path(tempfile.gettempdir()).glob(f"{socket_prefix(root)}*"):
        if folder.lstat().st_uid == os.getuid():
            shutil.rmtree(folder, ignore_errors=True)
