"""Make the tables of `data/` from their upstream files: compile, validate, and only then write."""

import csv
import io
import math
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.data import hashes, tables
from analysis.data.checks import faults
from analysis.data.checks.loaded import load_all
from analysis.data.compile.borders import compile_adjacency, shared_edges
from analysis.data.compile.census import compile_census
from analysis.data.compile.census_2000 import compile_census_2000
from analysis.data.compile.city_roads import compile_city_roads
from analysis.data.compile.errors import CompileError
from analysis.data.compile.illegible import unseen
from analysis.data.compile.measures import measure_units
from analysis.data.compile.places import places_2010
from analysis.data.compile.polygon_units import link_units
from analysis.data.compile.polygons import check_coverage, compile_polygons, name_polygons
from analysis.data.compile.prefectures import compile_prefectures
from analysis.data.compile.units import compile_units, names_2000
from analysis.data.compile.yearbook import compile_yearbook
from analysis.data.compile.yearbook_match import units_of_register
from analysis.data.read.boundary_events import read_events
from analysis.data.read.census_2000 import read_census_2000
from analysis.data.read.cities import CITY_ROADS, FIELDS, read_fields
from analysis.data.read.shapes import PACKAGE, package_folder, read_shapes
from analysis.data.read.workbooks import LAYOUTS, read_workbook
from analysis.data.read.yearbook import read_yearbook
from analysis.data.schemas.every import EVERY
from analysis.data.upstream import find_files, get_files, load_sources
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
    later = compile_census(sheets)
    new = unseen(later.exceptions, {year: inputs.files[f"census_county_{year}"].name for year in LAYOUTS})
    if new:
        raise CompileError(tables.message(new))
    first = compile_census_2000(
        read_census_2000(inputs.files["census_county_2000"]),
        read_events(inputs.files["boundary_events"]),
        later.units,
    )
    return {
        "census.csv": pd.concat([first.units, later.units]).sort_values(["code", "year"], ignore_index=True),
        "census_totals.csv": later.totals,
        "census_exceptions.csv": pd.concat([first.exceptions, later.exceptions], ignore_index=True),
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
        # No tables by themselves: the register of units is made from them.
        "unit_measures": measure_units(shapes, edges, links, census),
        "adjacency_2020": compile_adjacency(edges, shapes["code"], links, census, year=2020),
    }


def _cities(inputs: Inputs) -> Frames:
    census, totals = inputs.made["census.csv"], inputs.made["census_totals.csv"]
    totals = totals.assign(code=totals["code"].fillna(""))
    places = places_2010(census, totals)
    roads = compile_city_roads(read_workbook(inputs.files["road_area_per_head"], CITY_ROADS), census, places)
    files = {identifier: read_fields(inputs.files[identifier], fields) for identifier, fields in FIELDS.items()}
    compiled = compile_prefectures(files, roads.prefectures, roads.exceptions, census, totals, places)
    return {
        "city_roads.csv": roads.cities,
        "prefectures.csv": compiled.prefectures,
        "prefecture_exceptions.csv": compiled.exceptions,
    }


def _units(inputs: Inputs) -> Frames:
    census = inputs.made["census.csv"]
    register = compile_units(
        census,
        names_2000(census),
        read_events(inputs.files["boundary_events"]),
        tables.load_programme_units(inputs.folder / tables.PROGRAMME_UNITS.name),
        tables.load_designations(inputs.folder / tables.DESIGNATIONS.name),
        inputs.made["adjacency_2020"],
        inputs.made["unit_measures"],
    )
    return {"units.csv": register.units, "boundary_cases.csv": register.cases}


def _yearbook(inputs: Inputs) -> Frames:
    census = inputs.made["census.csv"]
    units = units_of_register(inputs.made["units.csv"], census)
    compiled = compile_yearbook(read_yearbook(inputs.files["yearbook_county_ocr"]), units)
    return {"yearbook.csv": compiled.rows, "yearbook_unmatched.csv": compiled.unmatched}


STEPS = (
    Step(
        "reading and compiling the census",
        ("census_county_2000", *(f"census_county_{year}" for year in LAYOUTS), "boundary_events"),
        ("census.csv", "census_totals.csv", "census_exceptions.csv"),
        _census,
    ),
    Step("measuring and simplifying polygons", (), ("polygons.csv", "polygon_units.csv", "adjacency.csv"), _geography),
    Step("linking units between censuses", ("boundary_events",), ("units.csv", "boundary_cases.csv"), _units),
    Step(
        "matching and flagging the county yearbook",
        ("yearbook_county_ocr",),
        ("yearbook.csv", "yearbook_unmatched.csv"),
        _yearbook,
    ),
    Step(
        "reading and compiling cities and prefectures",
        ("road_area_per_head", *FIELDS),
        ("city_roads.csv", "prefectures.csv", "prefecture_exceptions.csv"),
        _cities,
    ),
)
MADE = tuple(name for step in STEPS for name in step.makes)


def rebuild(
    upstream: Path,
    folder: Path = DATA,
    tell: Callable[[str], None] = print,
    *,
    download: bool = False,
    write: bool = True,
) -> dict[str, str]:
    """Compile all made tables and put them in `folder`, all of them or none.

    Args:
        upstream: folder of the upstream files.
        folder: where the tables go, and where those kept by hand are.
        tell: is given a line at each step.
        download: get files that are missing in `upstream` from their addresses first.
        write: whether to put the tables in the folder; otherwise they are only compared.

    Returns:
        Where each table that differs from the one in the folder differs, by file name; empty if all are the same.

    Raises:
        UpstreamError: an upstream file or package is missing or not the expected one.
        CompileError: upstream figures cannot be made into a table.
        TableError: what was compiled breaks a rule of the tables.
    """
    sources = load_sources()
    identifiers = dict.fromkeys(i for step in STEPS for i in step.reads)
    if download:
        get_files(upstream, identifiers, sources, tell)
    inputs = Inputs(find_files(upstream, identifiers, sources), sources, folder)
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
        sums = folder / f"{hashes.NAME}.partial"
        sums.write_text(hashes.sums({name: partial.get(name, folder / name) for name in EVERY}), encoding="utf-8")
        everything = partial | {hashes.NAME: sums}
        changed = {name: _difference(folder / name, path) for name, path in everything.items()}
        for name, path in everything.items() if write else ():
            path.replace(folder / name)
        return {name: where for name, where in changed.items() if where}
    finally:
        for path in (*partial.values(), folder / f"{hashes.NAME}.partial"):
            path.unlink(missing_ok=True)


def _difference(old: Path, new: Path) -> str:
    """Where two files differ, in words; nothing if they have the same bytes."""
    if not old.is_file():
        return "is new"
    before, after = old.read_bytes(), new.read_bytes()
    if before == after:
        return ""
    old_lines, new_lines = before.splitlines(), after.splitlines()
    gone, added = (Counter(a) - Counter(b) for a, b in ((old_lines, new_lines), (new_lines, old_lines)))
    pairs = enumerate(zip_longest(old_lines, new_lines), 1)
    first = next((number for number, (left, right) in pairs if left != right), None)
    if first is None:
        return "differs in its line ends"
    return f"differs from line {first}: {gone.total():,} lines gone, {added.total():,} new"


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
