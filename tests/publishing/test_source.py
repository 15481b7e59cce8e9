from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publishing.errors import SourceError
from publishing.source import Cell, Inline, Place, read_source


def read(folder: Path, text: str, name: str = "a.qmd"):
    (folder / name).write_text(text, encoding="utf-8")
    return read_source(folder, name)


def test_cells_and_expressions_come_out_in_order_with_their_places(tmp_path: Path) -> None:
    source = read(
        tmp_path,
        "# T\n\nBefore `{python} x`.\n\n```{python}\n#| label: fig-a\n#| fig-cap: C\ny = 1\nz\n```\n\nAfter `{python} y + 1`, `{python} z`.\n",
    )
    first, cell, second, third = source.steps
    assert first == Inline("x", Place("a.qmd", 3))
    assert isinstance(cell, Cell)
    assert (cell.label, cell.code, cell.place, cell.first_code_line) == (
        "fig-a",
        "y = 1\nz",
        Place("a.qmd", 5),
        8,
    )
    assert [second, third] == [Inline("y + 1", Place("a.qmd", 12)), Inline("z", Place("a.qmd", 12))]
    assert "python" not in source.text


def test_code_that_is_shown_is_left_alone(tmp_path: Path) -> None:
    text = "# T\n\n````markdown\n```{python}\n1\n```\n`{python} x`\n````\n\n`` `{python} x` ``\n"
    source = read(tmp_path, text)
    assert source.steps == ()
    assert source.text == text


def test_includes_keep_their_own_lines(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "b.md").write_text("one\n\ntwo @fig-x `{python} v`\n", encoding="utf-8")
    source = read(tmp_path, "# T\n\n{{< include parts/b.md >}}\n\nend\n\n```{python}\n1\n```\n")
    assert source.files == ("a.qmd", "parts/b.md")
    assert source.find("@fig-x") == Place("parts/b.md", 3)
    assert source.steps[0] == Inline("v", Place("parts/b.md", 3))
    assert source.steps[1].place == Place("a.qmd", 7)


def test_a_title_in_the_header_is_the_heading(tmp_path: Path) -> None:
    assert read(tmp_path, "---\ntitle: Short\n---\n\nText\n").text.startswith("# Short\n")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("# T\n\n```{python}\n1\n", "a.qmd:3: the code block that opens here is never closed"),
        ("# T\n\n```{r}\n1\n```\n", "a.qmd:3: a cell in {r}"),
        ("# T\n\n- x\n\n  ```{python}\n  1\n  ```\n", "a.qmd:5: a cell opens with"),
        ("# T\n\n```{python}\n#| lable: x\n1\n```\n", "a.qmd:3: the cell has the option lable"),
        ("# T\n\n```{python}\n#| label: x\n#| fig-cap: C\n1\n```\n", "its label must start with fig-"),
        ("# T\n\n```{python}\n#| label: tbl-x\n1\n```\n", "needs the option tbl-cap"),
        ("# T\n\n```{python}\n#| label: [\n1\n```\n", "are not valid YAML"),
        ("# T\n\n{{< video x >}}\n", "a.qmd:3: the shortcode"),
        ("# T\n\nText {{< include b.md >}} inside\n", "on a line of its own"),
        ("# T\n\n{{< include none.md >}}\n", "a.qmd:3: none.md does not exist"),
        ("# T\n\n{{< include ../x.md >}}\n", "lies outside the project"),
        ("# T\n\n{{< include a.qmd >}}\n", "included within itself"),
        ("# T\n\nText `{python} x`\n", "a.qmd:3: an inline expression in a chapter without a cell"),
        ("---\ntitle: x\nengine: knitr\n---\n", "the YAML header has engine"),
        ("---\ntitle: x\n", "never closed"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(SourceError) as caught:
        read(tmp_path, text)
    assert said in str(caught.value)


def test_a_file_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.qmd").write_bytes("# 河南\n".encode("gb18030"))
    with pytest.raises(SourceError, match=r"a\.qmd: not UTF-8"):
        read_source(tmp_path, "a.qmd")


PROSE = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), max_size=40).filter(
    lambda line: not line.lstrip().startswith(("```", "~~~")) and "{{<" not in line and "`{python}" not in line
)


@given(st.lists(PROSE, max_size=12))
def test_prose_passes_through_unchanged(tmp_path_factory: pytest.TempPathFactory, lines: list[str]) -> None:
    text = "\n".join(["# T", "", *lines]) + "\n"
    source = read(tmp_path_factory.mktemp("prose"), text)
    assert source.text == text
    assert source.steps == ()
