"""Where the report's numbers depend on random draws, and from which seeds: read from the code that draws.

A function of `analysis/designs` that draws has a parameter `seed`. What calls it, and with which seed, is read from the
syntax trees of the other modules; nothing is imported or run.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from analysis.paths import ROOT
from analysis.present.numbers import Shown, format_number, quantity
from analysis.present.tables import Column, Row, Table

DESIGNS, CALLERS = "analysis/designs", ("analysis/results", "analysis/pipeline", "analysis/present")
SEED, COUNTS = "seed", ("draws", "permutations")
# What each function draws.
DRAWN = {
    "binned_scatter": "normal numbers, for how far a band has to reach to hold all bins at once",
    "coverage": "outcomes with shocks of the sizes of the data and no effect, to see what inference makes of them",
    "draw": "shocks to provinces, prefectures and units",
    "family_p": "signs of prefectures, for p-values of several slopes together",
    "infer": "signs of provinces, where several provinces are treated",
    "label_p": "places of a label that a handful of units bear, for a p-value",
    "moran": "orders of the units on the map, for a p-value",
}


class SeedError(ValueError):
    """A seed cannot be read from the code, or nothing is said of what draws; the message has file and line."""


@dataclass(frozen=True)
class Drawing:
    """A function that draws: its module, its name, and the defaults of its parameters."""

    module: str
    name: str
    defaults: dict[str, ast.expr]


@dataclass(frozen=True)
class Use:
    """A call of such a function: where it stands, and with which seed and how many draws."""

    file: str
    line: int
    drawing: Drawing
    seed: int
    draws: int | None


def _module(file: str) -> str:
    return file.removesuffix(".py").replace("/", ".")


def _trees(root: Path, folder: str) -> Iterator[tuple[str, ast.Module]]:
    for path in sorted((root / folder).rglob("*.py")):
        yield path.relative_to(root).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def _defaults(function: ast.FunctionDef) -> dict[str, ast.expr]:
    given = function.args
    places = [*given.posonlyargs, *given.args]
    pairs = list(zip(places[len(places) - len(given.defaults) :], given.defaults, strict=True))
    pairs += [(a, d) for a, d in zip(given.kwonlyargs, given.kw_defaults, strict=True) if d is not None]
    return {argument.arg: default for argument, default in pairs}


def drawings(root: Path = ROOT) -> dict[str, Drawing]:
    """The functions of designs that draw, by their full names."""
    found: dict[str, Drawing] = {}
    for file, tree in _trees(root, DESIGNS):
        for node in tree.body:
            if not isinstance(node, ast.FunctionDef) or node.name.startswith("_"):
                continue
            names = {a.arg for a in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)}
            if SEED in names:
                found[f"{_module(file)}.{node.name}"] = Drawing(_module(file), node.name, _defaults(node))
    return found


def _imported(tree: ast.Module) -> dict[str, str]:
    """The full names of what a module imports, by the names that it gives them."""
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {alias.asname: alias.name for alias in node.names if alias.asname}
    return found


def _constants(tree: ast.Module) -> dict[str, int]:
    """The whole numbers that a module gives names to, alone or several in one line."""
    found: dict[str, int] = {}
    for node in tree.body:
        if not isinstance(node, ast.Assign) or len(node.targets) != 1:
            continue
        target, value = node.targets[0], node.value
        pairs = [(target, value)]
        if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
            pairs = list(zip(target.elts, value.elts, strict=True))
        for name, number in pairs:
            if isinstance(name, ast.Name) and isinstance(number, ast.Constant) and isinstance(number.value, int):
                found[name.id] = number.value
    return found


def _parameters(tree: ast.Module) -> dict[str, ast.expr]:
    """The defaults of the parameters of a module's functions, by the parameters' names."""
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    return {name: default for function in functions for name, default in _defaults(function).items()}


def _number(root: Path, value: ast.expr, tree: ast.Module) -> int | None:
    """A whole number that stands in a module, or under a name of it or of the module that the name is from."""
    if isinstance(value, ast.Constant) and isinstance(value.value, int):
        return value.value
    if not isinstance(value, ast.Name):
        return None
    constants = _constants(tree)
    if value.id in constants:
        return constants[value.id]
    module, _, name = _imported(tree).get(value.id, "").rpartition(".")
    path = root / f"{module.replace('.', '/')}.py"
    if not module or not path.is_file():
        return None
    return _constants(ast.parse(path.read_text(encoding="utf-8"))).get(name)


def _given(root: Path, call: ast.Call, name: str, drawing: Drawing, tree: ast.Module) -> int | None:
    """A parameter of a call, or its default; None where it has none or is no number of the code."""
    value = next((k.value for k in call.keywords if k.arg == name), None)
    if value is not None:
        return _number(root, value, tree)
    default = drawing.defaults.get(name)
    if default is None:
        return None
    home = root / f"{drawing.module.replace('.', '/')}.py"
    return _number(root, default, ast.parse(home.read_text(encoding="utf-8")))


def _draws(root: Path, call: ast.Call, drawing: Drawing, tree: ast.Module) -> int | None:
    """How many draws a call makes, if that stands in the code: for itself, or as a default of the caller's."""
    for name in COUNTS:
        count = _given(root, call, name, drawing, tree)
        value = next((k.value for k in call.keywords if k.arg == name), None)
        if count is None and isinstance(value, ast.Name) and value.id in _parameters(tree):
            count = _number(root, _parameters(tree)[value.id], tree)
        if count is not None:
            return count
    return None


def _full_name(function: ast.expr, imported: dict[str, str]) -> str:
    parts: list[str] = []
    while isinstance(function, ast.Attribute):
        parts.insert(0, function.attr)
        function = function.value
    if not isinstance(function, ast.Name):
        return ""
    return ".".join([imported.get(function.id, function.id), *parts])


def uses(root: Path = ROOT) -> list[Use]:
    """Every call of a function that draws, from the modules that make findings and figures.

    Raises:
        SeedError: the seed of a call is no number that stands in the code.
    """
    known = drawings(root)
    found: list[Use] = []
    for folder in CALLERS:
        for file, tree in _trees(root, folder):
            imported = _imported(tree)
            for node in ast.walk(tree):
                drawing = known.get(_full_name(node.func, imported)) if isinstance(node, ast.Call) else None
                if drawing is None or not isinstance(node, ast.Call):
                    continue
                seed = _given(root, node, SEED, drawing, tree)
                if seed is None:
                    raise SeedError(
                        f"{file}:{node.lineno}: {drawing.name} draws, and its seed is no number that stands in the "
                        "code; give it one by name, such as seed=SEED"
                    )
                if drawing.name not in DRAWN:
                    raise SeedError(f"{file}:{node.lineno}: {drawing.name} draws; say what in DRAWN")
                found.append(Use(file, node.lineno, drawing, seed, _draws(root, node, drawing, tree)))
    return found


def seeds_table(root: Path = ROOT) -> Table:
    """Each module and function that draws: what is drawn for, the seed, and how many draws."""
    rows = {}
    for use in uses(root):
        draws = None if use.draws is None else format_number(use.draws, 0)
        name = use.drawing.name
        cells = [_short(use.file), DRAWN[name], name, draws or "as asked", str(use.seed)]
        rows[tuple(cells)] = Row(cells)
    return Table(
        columns=[
            Column("Module", align="left", width=22),
            Column("What is drawn", align="left", width=36),
            Column("Function", align="left", width=18),
            Column("Draws", width=11),
            Column("Seed", width=13),
        ],
        rows=list(rows.values()),
        notes=[
            "Modules of analysis/results, functions of analysis/designs; both, seeds and draws are read from the code."
        ],
    )


def _short(file: str) -> str:
    return file.removeprefix("analysis/results/").replace("_", "_\N{ZERO WIDTH SPACE}")


def modules(root: Path = ROOT) -> Shown:
    """How many modules draw: "4 modules"."""
    return quantity(len({use.file for use in uses(root)}), "modules", 0)
