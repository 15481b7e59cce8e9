"""The tables of `data/` in words: what each column means, and where the figures come from."""

import csv
import re
from typing import Any

import yaml

from analysis.data.describe import coverage, province_names, years_in_words
from analysis.data.schemas.every import EVERY
from analysis.data.schemas.wanted import SUPPLIED, WANTED
from analysis.data.tables import load, load_census_totals
from analysis.data.upstream import load_sources
from analysis.paths import DATA
from analysis.present.kept import kept
from analysis.present.numbers import format_number
from analysis.present.tables import Column, Row, Table


@kept
def _codebook() -> dict[str, Any]:
    tables: dict[str, Any] = yaml.safe_load((DATA / "codebook.yml").read_text(encoding="utf-8"))["tables"]
    return tables


def _line(text: object) -> str:
    return " ".join(str(text).split())


@kept
def _rows(name: str) -> int:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return sum(1 for _ in csv.reader(file)) - 1


def tables_table() -> Table:
    """Each table of `data/`: what it holds, and how many columns and rows."""
    rows = [
        Row(
            [
                name,
                _line(entry["about"]).split(". ")[0].rstrip("."),
                *map(_number, (len(entry["columns"]), _rows(name))),
            ]
        )
        for name, entry in _codebook().items()
    ]
    return Table(
        columns=[
            Column("Table", align="left", width=28),
            Column("What it holds", align="left", width=50),
            Column("Columns", width=11),
            Column("Rows", width=11),
        ],
        rows=rows,
    )


def _number(count: int) -> str:
    return format_number(count, 0)


def _breakable(text: str) -> str:
    """With places to break a line in names that have no blanks."""
    return re.sub("([_/-])", "\\1\N{ZERO WIDTH SPACE}", text)


def sources_table() -> Table:
    """Each source: whose figures, who compiled them, under which licence, and which tables use it."""
    rows = [
        Row(
            [
                _breakable(identifier),
                *(_breakable(_line(source[field])) for field in ("origin", "compiled_by", "licence")),
                _breakable(", ".join(source["used_for"])),
            ]
        )
        for identifier, source in load_sources().items()
    ]
    return Table(
        columns=[
            Column("Source", align="left", width=21),
            Column("Figures from", align="left", width=22),
            Column("Compiled by", align="left", width=20),
            Column("Licence of the compilation", align="left", width=15),
            Column("Tables", align="left", width=22),
        ],
        rows=rows,
        notes=["The figures themselves are public statistics; we claim no right over them."],
    )


@kept
def _coverage(name: str) -> dict[str, str]:
    """How many cells of each variable have a figure, and in which years, in words."""
    found = {}
    table = load(DATA / name, EVERY[name])
    for variable, rows in coverage(table, EVERY[name], province_names(load_census_totals())).groupby("variable"):
        years = years_in_words(sorted({int(year) for year in rows.loc[rows["filled"] > 0, "year"]} - {0}))
        share = f"{format_number(rows['filled'].sum(), 0)} of {format_number(rows['rows'].sum(), 0)}"
        found[str(variable)] = "; ".join(part for part in (share, years) if part)
    return found


def columns_table(name: str) -> Table:
    """The columns of one table of `data/`: meaning, unit, and how many cells have a figure.

    Raises:
        ValueError: there is no such table.
    """
    if name not in _codebook():
        raise ValueError(f"data/codebook.yml has no table {name}; it has {', '.join(_codebook())}")
    filled = _coverage(name)
    widths = (20, 48, 15, 17) if filled else (22, 58, 20)
    heads = ("Column", "Meaning", "Unit", "Cells with a figure; years")
    columns = [Column(head, align="left", width=width) for head, width in zip(heads, widths, strict=False)]
    rows = []
    for column in _codebook()[name]["columns"]:
        inferred = [f"Inferred for {year}: {_line(how)}" for year, how in column.get("inferred", {}).items()]
        meaning = ". ".join([_line(column["meaning"]), *inferred])
        cells = [column["name"], meaning, _line(column["unit"])]
        rows.append(Row([*cells, filled.get(column["name"], "")] if filled else cells))
    return Table(columns=columns, rows=rows)


def wanted_table() -> Table:
    """What the public record lacks, who keeps it, what it would settle, and which table a reader would fill."""
    rows = [
        Row([wanted.holds, wanted.kept, wanted.settles, f"{SUPPLIED}/{name}: {', '.join(wanted.table.columns)}"])
        for name, wanted in WANTED.items()
    ]
    return Table(
        columns=[
            Column("What is missing", align="left", width=24),
            Column("Where it is kept", align="left", width=25),
            Column("What it would settle", align="left", width=25),
            Column("Table to fill", align="left", width=26),
        ],
        rows=rows,
    )
