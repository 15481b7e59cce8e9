"""What is asked of Git: which commit a name stands for, whether the work tree is one, and a commit's files."""

import os
import subprocess
from pathlib import Path

from publishing.errors import RevisionError


def git(root: Path, *arguments: str, index: Path | None = None) -> str | None:
    """The output of a Git command, or None where it failed or there is no Git."""
    environment = os.environ | ({"GIT_INDEX_FILE": str(index)} if index else {})
    try:
        done = subprocess.run(  # noqa: S603
            ["git", "-C", str(root), *arguments],  # noqa: S607
            capture_output=True,
            text=True,
            check=False,
            env=environment,
        )
    except FileNotFoundError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def commit_of(root: Path, name: str) -> str | None:
    """The commit that a revision stands for, 40 digits, or None."""
    return git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")


def clean_commit(root: Path) -> str | None:
    """The commit that the project is exactly, or None if it differs from it by a file."""
    return git(root, "rev-parse", "HEAD") if git(root, "status", "--porcelain", "--", ".") == "" else None


def write_tree(root: Path, commit: str, folder: Path) -> Path:
    """Write a commit's files into a folder and give the project's own folder in it.

    An index of its own is used rather than a linked work tree, so that nothing in the repository tells of it and a
    run that was killed leaves it as it was.

    Raises:
        RevisionError: Git could not, or the project's folder was not there at that commit.
    """
    top, below = git(root, "rev-parse", "--show-toplevel"), git(root, "rev-parse", "--show-prefix")
    index, tree = folder / "index", folder / "tree"
    if (
        top is None
        or git(Path(top), "read-tree", commit, index=index) is None
        or git(Path(top), "checkout-index", "--all", f"--prefix={tree}/", index=index) is None
    ):
        raise RevisionError(f"revision {commit[:10]}: Git could not check it out; is the clone whole? See `git fsck`.")
    project = tree / (below or "")
    if not project.is_dir():
        raise RevisionError(f"revision {commit[:10]}: there was no {below} then; name a later revision.")
    return project
