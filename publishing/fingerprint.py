"""Fingerprints of what a book is made from: files, folders, modules and findings, each by what counts in it."""

import ast
import hashlib
import json
from pathlib import Path

MISSING = "missing"
MADE = {"__pycache__", ".ipynb_checkpoints", ".pytask", ".quarto", "_book", "_freeze", "bld", "pytask.lock"}
_MADE_ENDINGS = (".partial", ".quarto_ipynb")


def text_hash(text: str) -> str:
    """SHA-256 of a text in UTF-8."""
    return hashlib.sha256(text.encode()).hexdigest()


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
    """SHA-256 of a module's syntax tree without docstrings, as the findings format defines it.

    Comments and layout do not count. A file that is no valid Python counts by its bytes.
    """
    try:
        tree = _WithoutDocstrings().visit(ast.parse(path.read_text(encoding="utf-8"), filename=str(path)))
    except (SyntaxError, UnicodeDecodeError):
        return file_hash(path)
    return text_hash(ast.dump(tree))


def findings_hash(path: Path) -> str:
    """SHA-256 of what a findings file says, whatever it was made from: a rerun that changes no number is none."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        document.pop("made_from", None)
    except (ValueError, AttributeError):
        return file_hash(path)
    return text_hash(json.dumps(document, sort_keys=True))


def folder_hash(path: Path) -> str:
    """SHA-256 of the names in a folder, apart from those that a build makes."""
    names = sorted(p.name for p in path.iterdir() if p.name not in MADE and not p.name.endswith(_MADE_ENDINGS))
    return text_hash("\n".join(names))


def fingerprint(path: Path, findings: Path | None = None) -> str:
    """The fingerprint of whatever is at a path.

    Args:
        path: a module, a findings file, another file, or a folder, which counts by the names in it.
        findings: the folder of the findings; its JSON files count by their numbers.

    Returns:
        A SHA-256, or "missing".
    """
    if path.is_dir():
        return folder_hash(path)
    if not path.is_file():
        return MISSING
    if path.suffix == ".py":
        return code_hash(path)
    if findings is not None and path.suffix == ".json" and path.parent == findings:
        return findings_hash(path)
    return file_hash(path)
