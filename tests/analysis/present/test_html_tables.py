import re
from html.parser import HTMLParser
from pathlib import Path

import cvttf_NotoSansCJK_Regular
import numpy as np
import pypandoc
import pytest
import typst
from pypdf import PdfReader

from analysis.present.numbers import quantity
from analysis.present.tables import _MANY, Column, Row, Table
from publishing.press import HERE

TABLE = Table(
    columns=[
        Column("Unit", align="left"),
        Column("Urban share", "percent"),
        Column("Change", "percentage points"),
    ],
    rows=[
        Row(["Lankao 兰考县", quantity(25.44, digits=1), quantity(-1.25, digits=2)], [None, "(0.5)"]),
        Row(["a & b <i>", "`$x$` @y // #z", None]),
    ],
    notes=["Simulated: 河南 & others.", "A second note."],
)


class Reader(HTMLParser):
    """The tags that open and close, checked for balance."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_html_is_plain_and_semantic() -> None:
    html = TABLE.html()
    reader = Reader(html)
    assert set(reader.tags) == {"table", "thead", "tbody", "tfoot", "tr", "th", "td", "span"}
    assert reader.attributes == {"scope", "style", "colspan", "rowspan", "lang"}
    assert '<th scope="col" style="text-align: right">Urban share (percent)</th>' in html
    assert '<th scope="row" rowspan="2" style="text-align: left">Lankao <span lang="zh-CN">兰考县</span></th>' in html
    assert '<td style="text-align: right">−1.25</td>' in html
    assert "a &amp; b &lt;i&gt;" in html
    assert html.count('<td colspan="3"') == 2
    assert TABLE._repr_mimebundle_()["text/markdown"] == f"```{{=html}}\n{html}\n```"
    assert "text/html" not in TABLE._repr_mimebundle_()


@pytest.mark.parametrize("bare", [1.5, 3, np.float64(2.0)])
def test_bare_numbers_are_refused(bare: object) -> None:
    with pytest.raises(TypeError, match="quantity"):
        Table([Column("A"), Column("B")], [Row(["a", bare])])  # type: ignore[list-item]


def test_rows_must_fit() -> None:
    with pytest.raises(ValueError, match="row 2: 1 cells for 2 columns"):
        Table([Column("A"), Column("B")], [Row(["a", "b"]), Row(["a"])])
    with pytest.raises(ValueError, match="row 1: 2 cells for 1"):
        Table([Column("A"), Column("B")], [Row(["a", "b"], ["c", "d"])])


def typst_of(table: Table) -> str:
    return pypandoc.convert_text(table.html(), "typst", format="html")


def print_typst(source: str, tmp_path: Path) -> str:
    page = tmp_path / "table.typ"
    page.write_text(f'#set text(font: "Noto Sans CJK TC")\n{source}', encoding="utf-8")
    fonts = str(Path(cvttf_NotoSansCJK_Regular.get_TTF_path()).parent)
    typst.compile(str(page), output=str(tmp_path / "table.pdf"), font_paths=[fonts])
    return "\n".join(p.extract_text() for p in PdfReader(tmp_path / "table.pdf").pages)


def test_pandoc_and_typst_print_the_table(tmp_path: Path) -> None:
    source = typst_of(TABLE)
    assert "align: (left,right,right,)" in source
    assert "table.header(" in source
    assert "table.footer(table.cell(" in source
    assert "rowspan: 2" in source
    printed = print_typst(source, tmp_path)
    for words in ("兰考县", "−1.25", "(0.5)", "`$x$` @y // #z", "a & b <i>", "A second note."):
        assert words in printed


def widths_of(table: Table) -> list[int]:
    return [int(width) for width in re.findall(r'<col style="width: (\d+)%">', table.html())]


def wide(label: str, cell: str, columns: int) -> Table:
    head = [Column("Outcome", align="left"), *(Column("Of") for _ in range(columns - 1))]
    return Table(head, [Row([label, cell, *["1.0"] * (columns - 2)])])


def test_wide_tables_share_the_width_by_their_text() -> None:
    assert widths_of(TABLE) == []  # three columns: engines do well by themselves
    label = "Movers from elsewhere in the province (percentage points)"
    shares = widths_of(wide(label, "−0.47 to 0.46", 6))
    assert sum(shares) == 100
    assert shares[0] > shares[1] > shares[2] >= shares[5]
    assert shares[0] >= 50


def test_no_column_of_a_wide_table_is_narrower_than_its_numbers() -> None:
    many = wide("Movers from other provinces, a label as long as two lines (percentage points)", "−11.5 to 11.6", 9)
    first, interval, *others = widths_of(many)
    line = 126  # characters of the smaller print
    assert interval * line / 100 >= len("−11.5 to 11.6") + 1
    assert min(others) * line / 100 >= len("1.0") + 1
    assert first >= 25


def test_chinese_characters_take_the_room_of_several_others() -> None:
    assert widths_of(wide("Outcome", "郑州市", 5))[1] > widths_of(wide("Outcome", "abc", 5))[1]


def test_smaller_print_begins_where_widths_count_on_it() -> None:
    template = (HERE / "typst-template.typ").read_text(encoding="utf-8")
    assert f"#let many-columns = {_MANY} " in template
