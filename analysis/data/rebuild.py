"""Make the tables of `data/` from their upstream files: compile, validate, and only then write."""

import csv
import io
import math
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from analysis.data import tables
from analysis.data.census import compile_census
from analysis.data.checks import faults, load_all
from analysis.data.polygons import PACKAGE, compile_polygons, package_folder, read_shapes
from analysis.data.upstream import find_files, load_sources
from analysis.data.workbooks import LAYOUTS, read_workbook
from analysis.paths import DATA
from analysis.study import load_study

MADE = ("census.csv", "census_totals.csv", "census_exceptions.csv", "polygons.csv")


def rebuild(upstream: Path, folder: Path = DATA, tell: Callable[[str], None] = print) -> None:
    """Compile all made tables and put them in `folder`, all of them or none.

    Raises:
        UpstreamError: an upstream file or package is missing or not the expected one.
        CompileError: a row of a workbook cannot be placed.
        TableError: what was compiled breaks a rule of the tables.
    """
    sources = load_sources()
    identifiers = {year: f"census_county_{year}" for year in LAYOUTS}
    files = find_files(upstream, tuple(identifiers.values()), sources)
    shapes_folder = package_folder(sources[PACKAGE]["version"])
    sheets = {}
    for year, layout in LAYOUTS.items():
        tell(f"reading {files[identifiers[year]].name}")
        sheets[year] = read_workbook(files[identifiers[year]], layout)
    tell("compiling the census tables")
    compiled = compile_census(sheets)
    tell("simplifying polygons")
    study = load_study()
    shapes = read_shapes(shapes_folder, study.treated, study.neighbours)
    polygons = compile_polygons(shapes, compiled.units, compiled.totals)
    frames = dict(zip(MADE, (compiled.units, compiled.totals, compiled.exceptions, polygons), strict=True))
    tell("validating")
    partial = {name: folder / f"{name}.partial" for name in frames}
    try:
        for name, frame in frames.items():
            partial[name].write_bytes(to_csv(frame))
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
