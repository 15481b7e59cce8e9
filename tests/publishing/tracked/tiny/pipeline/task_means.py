"""Make the simulated findings, one design a task."""

from pathlib import Path
from typing import Annotated

from pytask import Product
from tiny.heights import usable
from tiny.means import HERE, write

CODE = (HERE / "tiny/means.py", HERE / "tiny/rounding.py")


def task_heights(
    data: Path = HERE / "data/heights.csv",
    code: tuple[Path, ...] = (*CODE, HERE / "tiny/heights.py"),
    out: Annotated[Path, Product] = HERE / "bld/findings/heights.json",
) -> None:
    write("height", data, out, code, usable)


def task_weights(
    data: Path = HERE / "data/weights.csv",
    code: tuple[Path, ...] = CODE,
    out: Annotated[Path, Product] = HERE / "bld/findings/weights.json",
) -> None:
    write("weight", data, out, code)
