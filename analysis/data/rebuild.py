"""Make the tables of `data/` from their upstream files: compile, validate, and only then write."""

import csv
import io
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.data import tables
from analysis.data.checks import faults
from analysis.data.checks.loaded import load_all
from analysis.data.compile.borders import compile_adjacency, shared_edges
from analysis.data.compile.census import compile_census
from analysis.data.compile.measures import measure_units
from analysis.data.compile.polygon_units import link_units
from analysis.data.compile.polygons import check_coverage, compile_polygons, name_polygons
from analysis.data.read.shapes import PACKAGE, package_folder, read_shapes
from analysis.data.read.workbooks import LAYOUTS, read_workbook
from analysis.data.upstream import find_files, load_sources
from analysis.paths import DATA
from analysis.study import load_study

Frames = dict[str, pd.DataFrame]


@dataclass(frozen=True)
class Inputs:
    """What a step can use: upstream files by identifier, tables made by the steps before it, by file name,
    and the folder of the tables that are kept by hand."""

    files: Mapping[str, Path]
    sources: Mapping[str, dict[str, Any]]
    folder: Path
    made: Frames = field(default_factory=dict)


@dataclass(frozen=True)
class Step:
    """A step of the rebuild: what it says, the upstream files it reads, the tables it makes, and how."""

    says: str
    reads: tuple[str, ...]
    makes: tuple[str, ...]
    make: Callable[[Inputs], Frames]


def _census(inputs: Inputs) -> Frames:
    sheets = {year: read_workbook(inputs.files[f"census_county_{year}"], layout) for year, layout in LAYOUTS.items()}
    compiled = compile_census(sheets)
    return {
        "census.csv": compiled.units,
        "census_totals.csv": compiled.totals,
        "census_exceptions.csv": compiled.exceptions,
    }


def _geography(inputs: Inputs) -> Frames:
    shapes = read_shapes(package_folder(inputs.sources[PACKAGE]["version"]))
    check_coverage(shapes)
    census, totals = inputs.made["census.csv"], inputs.made["census_totals.csv"]
    links = link_units(shapes, census)
    edges = shared_edges(shapes["shape"].to_numpy(dtype=object))
    return {
        "polygons.csv": compile_polygons(shapes, links, census, totals, load_study().treated),
        "polygon_units.csv": name_polygons(links),
        "adjacency.csv": compile_adjacency(edges, shapes["code"], links, census),
        # No table by itself: columns of units.csv.
        "unit_measures": measure_units(shapes, edges, links, census),
    }


STEPS = (
    Step(
        "reading and compiling the census",
        tuple(f"census_county_{year}" for year in LAYOUTS),
        ("census.csv", "census_totals.csv", "census_exceptions.csv"),
        _census,
    ),
    Step("measuring and simplifying polygons", (), ("polygons.csv", "polygon_units.csv", "adjacency.csv"), _geography),
)
MADE = tuple(name for step in STEPS for name in step.makes)


def rebuild(upstream: Path, folder: Path = DATA, tell: Callable[[str], None] = print) -> None:
    """Compile all made tables and put them in `folder`, all of them or none.

    Raises:
        UpstreamError: an upstream file or package is missing or not the expected one.
        CompileError: upstream figures cannot be made into a table.
        TableError: what was compiled breaks a rule of the tables.
    """
    sources = load_sources()
    inputs = Inputs(find_files(upstream, tuple(i for step in STEPS for i in step.reads), sources), sources, folder)
    for step in STEPS:
        tell(step.says)
        inputs.made.update(step.make(inputs))
    tell("validating")
    partial = {name: folder / f"{name}.partial" for name in MADE}
    try:
        for name, path in partial.items():
            path.write_bytes(to_csv(inputs.made[name]))
        found = faults(load_all(folder, elsewhere=partial))
        if found:
            raise tables.TableError(tables.message(found))
        for name, path in partial.items():
            path.replace(folder / name)
    finally:
        for path in partial.values():
            path.unlink(missing_ok=True)


def to_csv(frame: pd.DataFrame) -> bytes:
    """A table as bytes that depend on its values alone: UTF-8, line feeds, whole numbers without a point."""
    rows = [[_cell(value) for value in row] for row in frame.itertuples(index=False, name=None)]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(frame.columns)
    writer.writerows(rows)
    return text.getvalue().encode()


def _cell(value: object) -> str:
    if isinstance(value, float):
        if math.isnan(value):
            return ""
        return str(int(value)) if value.is_integer() else repr(float(value))
    return str(value)
