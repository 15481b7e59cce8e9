"""The tables of `data/` in words: what each column means, and where the figures come from."""

from functools import cache
from typing import Any

import yaml

from analysis.data.upstream import load_sources
from analysis.paths import DATA
from analysis.present.tables import Column, Row, Table


@cache
def _codebook() -> dict[str, Any]:
    tables: dict[str, Any] = yaml.safe_load((DATA / "codebook.yml").read_text(encoding="utf-8"))["tables"]
    return tables


def _line(text: object) -> str:
    return " ".join(str(text).split())


def tables_table() -> Table:
    """Each table of `data/`: what a row is, how many columns there are, which sources it is made from."""
    sources = load_sources()
    rows = [
        Row(
            [
                name,
                _line(entry["about"]),
                str(len(entry["columns"])),
                ", ".join(i for i, source in sources.items() if name in source["used_for"]),
            ]
        )
        for name, entry in _codebook().items()
    ]
    return Table(
        columns=[
            Column("Table", align="left"),
            Column("What it holds", align="left"),
            Column("Columns"),
            Column("Sources", align="left"),
        ],
        rows=rows,
    )


def sources_table() -> Table:
    """Each source: whose figures, who compiled them, and under which licence."""
    rows = [
        Row([identifier, *(_line(source[field]) for field in ("origin", "compiled_by", "licence"))])
        for identifier, source in load_sources().items()
    ]
    return Table(
        columns=[
            Column("Source", align="left"),
            Column("Figures from", align="left"),
            Column("Compiled by", align="left"),
            Column("Licence of the compilation", align="left"),
        ],
        rows=rows,
        notes=["The figures themselves are public statistics; we claim no right over them."],
    )


def columns_table(name: str) -> Table:
    """The columns of one table of `data/`: meaning and unit.

    Raises:
        ValueError: there is no such table.
    """
    if name not in _codebook():
        raise ValueError(f"data/codebook.yml has no table {name}; it has {', '.join(_codebook())}")
    rows = [
        Row([column["name"], _line(column["meaning"]), _line(column["unit"])])
        for column in _codebook()[name]["columns"]
    ]
    return Table(
        columns=[Column("Column", align="left"), Column("Meaning", align="left"), Column("Unit", align="left")],
        rows=rows,
    )
