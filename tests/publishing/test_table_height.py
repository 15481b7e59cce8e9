"""The height that a table is thought to have in print, beside the height that Typst gives it."""

import importlib.util
import json
import subprocess
from pathlib import Path

import pypandoc
import pytest
import typst

from publishing.press import HERE, TYPST_FILTER

PROSE = "The share of residents who live in towns rose in all provinces, and most in those where it had been low."


def row(*cells: str, tag: str = "td") -> str:
    return f"<tr>{''.join(cell if cell.startswith('<t') else f'<{tag}>{cell}</{tag}>' for cell in cells)}</tr>"


def table(head: str, body: list[str], foot: str = "", widths: tuple[int, ...] = ()) -> str:
    columns = "".join(f'<col style="width: {width}%" />' for width in widths)
    foot = f"<tfoot>{foot}</tfoot>" if foot else ""
    columns = f"<colgroup>{columns}</colgroup>" if columns else ""
    return f"<table>{columns}<thead>{head}</thead><tbody>{''.join(body)}</tbody>{foot}</table>"


NUMBERS = [row(f"Unit {i}", f"{i * 1.37:.2f}", f"{i * 12345:,}", "−0.12") for i in range(20)]
HEAD = row("Unit", "Share", "Residents", "Effect", tag="th")
TABLES = {
    "numbers": table(HEAD, NUMBERS),
    "cells all alike": table(row("A", "B", tag="th"), [row("one", "two three")] * 20),
    "prose": table(
        row("Claim", "Source", "Verdict", tag="th"),
        [row(PROSE, "A thesis", "supported")] * 8 + [row("Short", PROSE * 2, "open")],
        widths=(50, 30, 20),
    ),
    "columns of no stated width": table(row("Claim", "N", tag="th"), [row(PROSE * 2, "12")] * 6),
    "notes over all columns": table(HEAD, NUMBERS[:5], row(f'<td colspan="4">{PROSE * 6}</td>')),
    "cells over two rows": table(
        HEAD,
        [row('<td rowspan="2">Effect of the programme</td>', "1.2", "3.4", "5") + row("(0.3)", "(0.4)", "(0.5)")] * 9,
    ),
    "many columns": table(
        row(*[f"Column number {i}" for i in range(9)], tag="th"), [row(*["12.5"] * 8, "a few words")] * 12
    ),
    "names": table(
        row("Name", "Meaning", tag="th"),
        [row("share_of_homes_with_piped_water_in_2010", "Percent")] * 6,
        widths=(15, 85),
    ),
    "characters": table(row("名称", "意义", tag="th"), [row("河南省人民政府关于推进城镇化" * 5, "河南")] * 6),
    "lines": table(row("A", "B", tag="th"), [row("one<br />two<br />three", "four")] * 5),
}
BOOK = """
#show: book.with(title: [T], fonts: ("Source Serif Pro", "Noto Sans CJK TC"), heading-fonts: ("Source Sans Pro", "Noto Sans CJK TC"))
"""


def _folder(package: str) -> Path:
    found = importlib.util.find_spec(package)
    assert found is not None and found.submodule_search_locations
    return Path(found.submodule_search_locations[0])


@pytest.fixture(scope="module")
def heights(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[float, float]]:
    """Of each table the height that is stated, and the one that Typst gives it, in points."""
    folder = tmp_path_factory.mktemp("tables")
    text = (HERE / "typst-template.typ").read_text(encoding="utf-8") + BOOK
    for source in TABLES.values():
        command = [pypandoc.get_pandoc_path(), "-f", "html", "-t", "typst", f"--lua-filter={TYPST_FILTER}"]
        done = subprocess.run(command, input=source, capture_output=True, text=True, check=True)
        text += f"""
#let one = [{done.stdout}]
#context [#metadata((stated-height(one).pt(), measure(block(width: 158mm, one)).height.pt())) <height>]
"""
    (folder / "tables.typ").write_text(text, encoding="utf-8")
    fonts = [_folder(name) for name in ("font_source_serif_pro", "font_source_sans_pro", "cvttf_NotoSansCJK_Regular")]
    found = typst.query(
        str(folder / "tables.typ"), "<height>", field="value", font_paths=fonts, ignore_system_fonts=True
    )
    return {name: tuple(pair) for name, pair in zip(TABLES, json.loads(found), strict=True)}


@pytest.mark.parametrize("name", TABLES)
def test_the_stated_height_is_near_the_printed_one(heights: dict[str, tuple[float, float]], name: str) -> None:
    stated, printed = heights[name]
    assert 0.85 < stated / printed < 1.2, (stated, printed)
