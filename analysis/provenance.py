"""What a result was made from: hashes of data files and of the local code behind a module."""

import ast
import hashlib
from collections.abc import Iterable
from pathlib import Path

import grimp

from analysis.findings import MadeFrom
from analysis.paths import ROOT

PACKAGE = "analysis"


def file_hash(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


class _WithoutDocstrings(ast.NodeTransformer):
    def _strip(self, node: ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> ast.AST:
        self.generic_visit(node)
        if ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:]
        return node

    visit_Module = visit_ClassDef = visit_FunctionDef = visit_AsyncFunctionDef = _strip  # noqa: N815


def code_hash(path: Path) -> str:
    """SHA-256 of a module's syntax tree without docstrings: comments and layout do not count."""
    tree = _WithoutDocstrings().visit(ast.parse(path.read_text(encoding="utf-8"), filename=str(path)))
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest()


def _source(module: str, root: Path) -> Path:
    base = root.joinpath(*module.split("."))
    package = base / "__init__.py"
    return package if package.exists() else base.with_suffix(".py")


def sources(module: str, root: Path = ROOT) -> list[Path]:
    """The files of a module and of all local modules it imports, transitively.

    Packages on the way count too, since importing a module runs its packages' `__init__`.
    """
    graph = grimp.build_graph(PACKAGE, cache_dir=None)
    modules = {module, *graph.find_upstream_modules(module)}
    modules |= {m.rsplit(".", i)[0] for m in modules for i in range(1, m.count(".") + 1)}
    return sorted(_source(m, root) for m in modules)


def made_from(module: str, data: Iterable[Path], root: Path = ROOT) -> MadeFrom:
    """Hashes of data files, and of a module and all local modules it imports, transitively."""
    return MadeFrom(
        data={p.relative_to(root).as_posix(): file_hash(p) for p in sorted(data)},
        code={p.relative_to(root).as_posix(): code_hash(p) for p in sources(module, root)},
    )
