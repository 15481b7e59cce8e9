"""The software that the report needs, as `pyproject.toml` asks for it and the files in `requirements/` lock it."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.paths import ROOT
from analysis.present.numbers import Shown, quantity
from analysis.present.tables import Column, Row, Table

LOCKS = ("report", "develop", "validate")  # each holds what the one before it does, and more
_NEEDED = {
    "": "the report",
    "data": "making the tables again",
    "test": "tests",
    "validate": "`make validate`",
    "check": "checks of style and types",
}
_ASKED = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?\s*(.*)")
_PIN = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)==([^\s;\\]+)")
_OLDEST = re.compile(r"^OLDEST = \((\d+), (\d+)\)$", re.MULTILINE)
_BOUND = re.compile(r"(>=|<)\s*3\.(\d+)")


class RequirementsError(ValueError):
    """`pyproject.toml` and the locks do not go together, or one cannot be read; the message says which."""


@dataclass(frozen=True)
class Package:
    """A package that is asked for by name: for what, in which versions, and the version that is locked."""

    name: str
    needed_for: str
    asked: str
    locked: str


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def read_lock(path: Path) -> dict[str, list[str]]:
    """The versions in a lock file by package; several where they depend on the system or on Python.

    Raises:
        RequirementsError: there is no such file, or no version in it.
    """
    found: dict[str, list[str]] = {}
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise RequirementsError(f"requirements/{path.name}: cannot be read; run `make lock`") from error
    for pin in filter(None, map(_PIN.match, lines)):
        versions = found.setdefault(_normal(pin[1]), [])
        versions += [pin[2]] if pin[2] not in versions else []
    if not found:
        raise RequirementsError(f"requirements/{path.name}: holds no version; run `make lock`")
    return found


def _project(root: Path) -> dict[str, Any]:
    project: dict[str, Any] = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return project


def _asked(project: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    groups = {"": project["dependencies"], **project.get("optional-dependencies", {})}
    for group, wanted in groups.items():
        for text in wanted:
            match = _ASKED.fullmatch(text.strip())
            if match is None:
                raise RequirementsError(f"pyproject.toml: {text!r} is no name of a package with its versions")
            if _normal(match[1]) != _normal(project["name"]):
                yield match[1], group, match[2]


def packages(root: Path = ROOT) -> list[Package]:
    """The packages that the project names itself, in its order.

    Raises:
        RequirementsError: one is in no lock.
    """
    locks = [read_lock(root / "requirements" / f"{name}.txt") for name in LOCKS]
    found = []
    for name, group, asked in _asked(_project(root)):
        versions = next((lock[_normal(name)] for lock in locks if _normal(name) in lock), None)
        if versions is None:
            raise RequirementsError(f"pyproject.toml asks for {name}, which no lock has; run `make lock`")
        found.append(Package(name, _NEEDED.get(group, group), asked.replace(",", ", "), " or ".join(versions)))
    return found


def packages_table(root: Path = ROOT) -> Table:
    """Each package that the project names: what needs it, the versions asked for and the one locked."""
    return Table(
        columns=[
            Column("Package", align="left", width=34),
            Column("Needed for", align="left", width=28),
            Column("Asked for", align="left", width=20),
            Column("Locked", align="left", width=18),
        ],
        rows=[Row([p.name, p.needed_for.replace("`", ""), p.asked or "any", p.locked]) for p in packages(root)],
        notes=[
            "Every other package that these need is locked as well, with the hashes of its files.",
        ],
    )


def locked(name: str = "report", root: Path = ROOT) -> Shown:
    """How many packages a lock holds: "141 packages"."""
    return quantity(len(read_lock(root / "requirements" / f"{name}.txt")), "packages", 0)


def python_versions(root: Path = ROOT) -> Shown:
    """The versions of Python that the project allows: "3.11 to 3.13".

    Raises:
        RequirementsError: `requires-python` gives no first and last version.
    """
    asked = _project(root)["requires-python"]
    bounds = dict(_BOUND.findall(asked))
    if set(bounds) != {">=", "<"}:
        raise RequirementsError(
            f"pyproject.toml: requires-python is {asked!r}; allowed is a range such as >=3.11,<3.14"
        )
    return Shown(f"3.{bounds['>=']} to 3.{int(bounds['<']) - 1}")


def oldest_quarto(root: Path = ROOT) -> Shown:
    """The oldest version of Quarto that makes the book: "Quarto 1.9".

    Raises:
        RequirementsError: the code that looks for Quarto does not name it.
    """
    match = _OLDEST.search((root / "publishing/quarto.py").read_text(encoding="utf-8"))
    if match is None:
        raise RequirementsError("publishing/quarto.py: has no line such as OLDEST = (1, 9)")
    return Shown(f"Quarto {match[1]}.{match[2]}")
