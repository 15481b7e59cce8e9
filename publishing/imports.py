"""Which local module stands between a chapter's cells and another module: for telling why a chapter is stale."""

import ast
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path, PurePosixPath


def _names(code: str, package: tuple[str, ...]) -> Iterator[str]:
    """The modules that a code may import, `package` being the parts of the package it stands in."""
    try:
        tree = ast.parse(code)
    except SyntaxError:
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*above, *([node.module] if node.module else [])])
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def _imported(code: str, file: str | None, known: Collection[str]) -> Iterator[str]:
    package = PurePosixPath(file).parent.parts if file else ()
    for name in _names(code, package):
        stem = name.replace(".", "/")
        yield from (path for path in (f"{stem}.py", f"{stem}/__init__.py") if path in known)


def first_on_the_way(root: Path, codes: Iterable[str], target: str, known: Collection[str]) -> str | None:
    """The module that cells import and by which they come to `target`, the shortest way; None if there is none.

    Args:
        root: the project.
        codes: the cells.
        target: the file of a module, relative to the root.
        known: the files of the local modules that are loaded.
    """
    starts = list(dict.fromkeys(path for code in codes for path in _imported(code, None, known)))
    queue = [(path, path) for path in starts]
    seen = set(starts)
    for first, path in queue:
        if path == target:
            return first.removesuffix("/__init__.py").removesuffix(".py").replace("/", ".") if first != target else None
        try:
            code = (root / path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            continue
        for inner in _imported(code, path, known):
            if inner not in seen:
                seen.add(inner)
                queue.append((first, inner))
    return None
