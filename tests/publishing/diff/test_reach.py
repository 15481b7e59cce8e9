import json
from collections.abc import Callable
from pathlib import Path

import pytest

from publishing.diff.reach import Printed, printed, sentence
from publishing.kernel.recorder import record_of
from publishing.project import load_book
from tests.publishing.conftest import edit

KEYS = ("heights.mean", "heights.range", "weights.mean")
CHAPTER = "chapters/01-heights.qmd"


def around(text: str, code: str = "x(1)") -> str:
    lines = tuple(text.splitlines())
    number = next(n for n, line in enumerate(lines, start=1) if f"`{{python}} {code}`" in line)
    return sentence(lines, number, code)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. It is `{python} x(1)` high. Three.", "It is `x(1)` high."),
        ("It is\n`{python} x(1)`\nhigh! Next.", "It is `x(1)` high!"),
        ("Before.\n\nIt is `{python} x(1)`.\n\nAfter.", "It is `x(1)`."),
        ("- One.\n- It is `{python} x(1)`.\n  More of it.\n- Three.", "It is `x(1)`."),
        ("It is 1.5 or `{python} x(1)`, e.g. here. Two.", "It is 1.5 or `x(1)`, e.g. here."),
        ("`{python} y(2)` is low. `{python} x(1)` is high.", "`x(1)` is high."),
        ('Is `{python} x("a. B")`, `{python} x(1)` high? Yes.', 'Is `x("a. B")`, `x(1)` high?'),
        ('One. [It is `{python} x(1)`]{claim="heights.mean > 1. A"} high. Two.', "It is `x(1)` high."),
        ("# Head\nIt is `{python} x(1)`.\n```\ncode\n```", "It is `x(1)`."),
    ],
)
def test_the_sentence_around_an_expression(text: str, expected: str) -> None:
    assert around(text) == expected


def test_a_build_tells_where_findings_are_printed(tracked_book: Path, made: Callable[..., str]) -> None:
    note = tracked_book / "chapters/_note.md"
    note.write_text('Included. Here `{python} finding("heights." + "range")` stands.\n', encoding="utf-8")
    made(tracked_book, formats=("html",))
    seen = printed(load_book(tracked_book), KEYS)
    one = Printed("sentence", CHAPTER, CHAPTER, 7, None, 'The mean height is `finding("heights.mean")`.')
    table = Printed("table", CHAPTER, CHAPTER, 9, "tbl-heights", "Simulated heights")
    included = Printed(
        "sentence", CHAPTER, "chapters/_note.md", 1, None, 'Here `finding("heights." + "range")` stands.'
    )
    assert seen["heights.mean"] == (one, table)
    assert seen["heights.range"] == (table, included)
    assert [place.chapter for place in seen["weights.mean"]] == ["chapters/02-weights.qmd"]


def test_without_a_record_keys_in_the_code_tell(tracked_book: Path) -> None:
    edit(tracked_book / CHAPTER, "tbl-heights\n#| tbl-cap", "fig-heights\n#| fig-cap")
    edit(tracked_book / CHAPTER, "@tbl-heights", "@fig-heights")
    seen = printed(load_book(tracked_book), KEYS)
    assert [(p.kind, p.label) for p in seen["heights.mean"]] == [("sentence", None), ("figure", "fig-heights")]
    assert "heights.gone" not in seen


def test_the_record_of_another_edition_counts_for_steps_with_the_same_code(tracked_book: Path, tmp_path: Path) -> None:
    edit(tracked_book / CHAPTER, 'table("heights.mean", "heights.range")', "table(*ALL)")
    book = load_book(tracked_book)
    assert "heights.range" not in printed(book, KEYS)
    other = tmp_path / "other"
    record = record_of(other, CHAPTER)
    record.parent.mkdir(parents=True)
    steps = [{"code": "table(*ALL)", "files": [], "findings": ["heights.range"], "function": None}]
    record.write_text(json.dumps({"reads": {}, "steps": steps}), encoding="utf-8")
    (other / "_quarto.yml").write_text((tracked_book / "_quarto.yml").read_text(encoding="utf-8"), encoding="utf-8")
    for entry in (*book.entries, *book.bibliography):
        name = entry if isinstance(entry, str) else entry.path
        (other / name).parent.mkdir(exist_ok=True)
        (other / name).write_text("# A chapter\n", encoding="utf-8")
    assert [p.label for p in printed(book, KEYS, load_book(other))["heights.range"]] == ["tbl-heights"]
    record.write_text("{", encoding="utf-8")
    assert "heights.range" not in printed(book, KEYS, load_book(other))


def test_an_old_chapter_that_cannot_be_read_is_passed_over(tracked_book: Path) -> None:
    edit(tracked_book / CHAPTER, "The mean height", "```{r}\n1\n```\n\nThe mean height")
    assert set(printed(load_book(tracked_book), KEYS)) == {"weights.mean"}
