"""Tables: plain semantic HTML, which a book's engines turn into pages and print."""

import csv
import io
import math
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Literal

from analysis.present.numbers import MINUS, Shown, text


@dataclass(frozen=True)
class Link(Shown):
    """A cell that leads to a chapter: `target` is its file, seen from the chapter of the table, and perhaps a label."""

    target: str


Cell = str | Shown | None
Align = Literal["left", "right", "center"]

_CHINESE = re.compile(r"([\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+)")

_NUMBER = re.compile(rf"\(?{MINUS}?[\d,]+(\.\d+)?\)?")

_WIDE = 5  # columns from which on widths follow the text
_FIRST = 0.25  # the least share of the first column where its labels are long
_MANY = 7  # columns from which on print is smaller
_LINE, _SMALL_LINE = 110, 126  # characters of a table's line in print, and of one in the smaller size


@dataclass(frozen=True)
class Column:
    """A column: its head, the unit that its numbers are in, how its cells stand, and its share of the width.

    `width` is in percent; a table gives it for all of its columns or for none, whose widths then follow the text.
    """

    head: str
    unit: str = ""
    align: Align = "right"
    width: int | None = None


@dataclass(frozen=True)
class Row:
    """A row: its first cell is its head, and the rest belong to it.

    `below` is a second line, such as standard errors: one cell less, since it shares the head.
    """

    cells: Sequence[Cell]
    below: Sequence[Cell] = ()


def _html(cell: Cell) -> str:
    if cell is None:
        return ""
    if not isinstance(cell, str | Shown):
        raise TypeError(
            f"a table's cell is text, a shown number or nothing; found {cell!r} ({type(cell).__name__}): "
            "give quantity(value, digits=...) instead"
        )
    shown = _CHINESE.sub(r'<span lang="zh-CN">\1</span>', escape(str(text(cell)), quote=False))
    return f'<a href="{escape(cell.target)}">{shown}</a>' if isinstance(cell, Link) else shown


def _bare(cell: Cell) -> str:
    shown = "" if cell is None else str(text(cell))
    return shown.replace(",", "").replace(MINUS, "-") if _NUMBER.fullmatch(shown) else shown


def _length(words: str) -> int:
    """Characters of a text in print, where a Chinese one takes the room of two and a half others."""
    return math.ceil(sum(2.5 if unicodedata.east_asian_width(c) in "WF" else 1 for c in words))


@dataclass(frozen=True)
class Table:
    """A table with column heads that carry units, rows, and notes at the foot.

    Raises:
        ValueError: a row has more or fewer cells than there are columns, or widths do not sum to 100.
        TypeError: a cell is a bare number.
    """

    columns: Sequence[Column]
    rows: Sequence[Row]
    notes: Sequence[str] = field(default=())

    def __post_init__(self) -> None:
        widths = [column.width for column in self.columns if column.width is not None]
        if widths and (len(widths) != len(self.columns) or sum(widths) != 100):
            raise ValueError(
                f"widths are {widths} for {len(self.columns)} columns; give all or none, with a sum of 100"
            )
        for i, row in enumerate(self.rows, start=1):
            for cells, count in ((row.cells, len(self.columns)), (row.below, len(self.columns) - 1)):
                if len(cells) != count and (cells or cells is row.cells):
                    raise ValueError(f"row {i}: {len(cells)} cells for {count} columns")
            for cell in (*row.cells, *row.below):
                _html(cell)

    def html(self) -> str:
        """The table as HTML, with no styles or ids of its own."""
        widths = [f'<col style="width: {width}%">' for width in self._widths()]
        group = ["<colgroup>", *widths, "</colgroup>"] if widths else []
        lines = ["<table>", *group, "<thead>", "<tr>"]
        for column in self.columns:
            head = f"{column.head} ({column.unit})" if column.unit else column.head
            lines.append(f'<th scope="col" style="text-align: {column.align}">{_html(head)}</th>')
        lines += ["</tr>", "</thead>", "<tbody>"]
        for row in self.rows:
            first, *rest = self.columns
            span = ' rowspan="2"' if row.below else ""
            lines.append("<tr>")
            lines.append(f'<th scope="row"{span} style="text-align: {first.align}">{_html(row.cells[0])}</th>')
            lines += self._cells(rest, row.cells[1:])
            lines.append("</tr>")
            if row.below:
                lines += ["<tr>", *self._cells(rest, row.below), "</tr>"]
        lines.append("</tbody>")
        if self.notes:
            lines.append("<tfoot>")
            lines += [
                f'<tr><td colspan="{len(self.columns)}" style="text-align: left">{_html(note)}</td></tr>'
                for note in self.notes
            ]
            lines.append("</tfoot>")
        lines.append("</table>")
        return "\n".join(lines)

    def csv(self) -> str:
        """The rows as they are shown, as CSV, without notes; a row's second line repeats its head.

        A cell that is one number, or one in brackets, stands bare, without commas and with a plain minus.
        """
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow([f"{c.head} ({c.unit})" if c.unit else c.head for c in self.columns])
        for row in self.rows:
            writer.writerow([_bare(cell) for cell in row.cells])
            if row.below:
                writer.writerow([_bare(cell) for cell in (row.cells[0], *row.below)])
        return out.getvalue()

    def _widths(self) -> list[int]:
        """Shares of the width in percent: those given; else, in a wide table, by the text of each column.

        Engines give many columns equal shares, which breaks the labels of rows into single words. Here numbers get
        the room that they need, and the first column what is left, within bounds.
        """
        given = [c.width for c in self.columns if c.width is not None]
        if given or len(self.columns) < _WIDE:
            return given
        rows = [[str(cell or "") for cell in cells] for r in self.rows for cells in (r.cells, ["", *r.below]) if cells]
        rows = [cells for cells in rows if len(cells) == len(self.columns)]
        needs = []
        for i, column in enumerate(self.columns):
            words = [_length(w) for w in f"{column.head} {column.unit}".split()]
            needs.append(2 + max([*words, *(_length(cells[i]) for cells in rows)], default=1))
        room = sum(needs[1:])
        line = _SMALL_LINE if len(self.columns) >= _MANY else _LINE
        needs[0] = int(min(needs[0], max(_FIRST * room / (1 - _FIRST), 0.9 * (line - room))))
        shares = [100 * n / sum(needs) for n in needs]
        whole = [int(s) for s in shares]
        for i in sorted(range(len(shares)), key=lambda i: whole[i] - shares[i])[: 100 - sum(whole)]:
            whole[i] += 1
        return whole

    @staticmethod
    def _cells(columns: Sequence[Column], cells: Sequence[Cell]) -> list[str]:
        return [
            f'<td style="text-align: {column.align}">{_html(cell)}</td>'
            for column, cell in zip(columns, cells, strict=True)
        ]

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        heads = " | ".join(str(text(c.head)) for c in self.columns)
        # Raw HTML in Markdown: for an output of type text/html Quarto's pages load scripts from the network.
        return {"text/markdown": f"```{{=html}}\n{self.html()}\n```", "text/plain": f"Table: {heads}"}
