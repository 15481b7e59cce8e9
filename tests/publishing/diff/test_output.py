import json
import re
from pathlib import Path

import jsonschema

from publishing.diff import report
from publishing.diff.compare import Tolerance, compare
from publishing.diff.markdown import SHOWN, as_markdown
from publishing.diff.page import OPEN_ROWS, as_html
from publishing.diff.reach import Printed
from publishing.diff.report import Diff, Turned, as_json
from publishing.findings import Found
from tests.publishing.diff.conftest import found

SCHEMA = json.loads((Path(report.__file__).parent / "diff.schema.json").read_text(encoding="utf-8"))
HOSTILE = "<script>alert(1)</script> | **b** [x](javascript:1) $x$ `a` @fig-x &lt; # h ~~s~~ ![i](u)"
ONE = Printed("sentence", "a.qmd", "a.qmd", 3, None, "It is `x('a.sign')`.")
TABLE = Printed("table", "b.qmd", "b.qmd", 9, "tbl-b", "A table")
FIGURE = Printed("figure", "a.qmd", "_inc.md", 2, "fig-a", "A figure")


def both(*pairs: tuple[Found | None, Found | None], places: dict | None = None, turned: tuple = ()) -> Diff:
    old = {f.key: f for f, _ in pairs if f}
    new = {f.key: f for _, f in pairs if f}
    compared = compare(old, new, Tolerance(printed=True))
    return Diff("build one", "work tree", Tolerance(printed=True), compared, turned, places or {}, ("a.qmd", "b.qmd"))


def example() -> Diff:
    return both(
        (found("a.plain", 1.0), found("a.plain", 2.0)),
        (found("a.printed", 1.0), found("a.printed", 3.0)),
        (found("a.sign", -1.0, p_value=0.2), found("a.sign", 1.0, p_value=0.2)),
        (found("a.sure", 1.0, p_value=0.2), found("a.sure", 1.0, p_value=0.01)),
        (found("a.words"), found("a.words", sample="other rows")),
        (found("a.same"), found("a.same")),
        (found("a.gone", -5.0), None),
        (None, found("a.fresh", 6.0)),
        places={"a.sign": (ONE, TABLE), "a.printed": (FIGURE,), "a.gone": (TABLE,), "a.same": (ONE,)},
        turned=(Turned("verdict", "tall", "notes/a.yml", "They are tall.", "a.sign", "supported", "contradicted"),),
    )


def test_counts_come_first() -> None:
    assert example().counts == {
        "signs": 1, "significance": 1, "verdicts": 1, "conditions": 0, "changed": 4, "added": 1, "removed": 1,
        "reworded": 1, "equal": 1, "sentences": 1, "tables": 1, "figures": 1, "cells": 0,
    }  # fmt: skip
    assert as_markdown(example()).splitlines()[2] == (
        "**1 verdict, 1 sign and the significance of 1 finding turned.** Findings: 4 changed, 1 added, 1 removed, "
        "1 described otherwise, 1 equal (as printed). What differs is printed in 1 sentence, 1 table and 1 figure."
    )


def test_a_review_reads_what_turned_then_changed_then_added_and_removed() -> None:
    text = as_markdown(example())
    heads = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert heads == [
        "Verdicts turned (1)", "Signs and significance turned (2)", "Changed (2)", "Added (1)", "Removed (1)",
        "Described otherwise (1)", "To read again (3)",
    ]  # fmt: skip
    assert "- They are tall. `tall`: supported → **contradicted**. notes/a.yml" in text
    assert "| `a.sign` | −1 points | 1 points | sign | a.qmd:3, b.qmd:9 (tbl-b) |" in text
    assert "| `a.sure` | 1 points; p 0.20 | 1 points; p 0.010 | significance | – |" in text
    assert text.index("`a.printed` |") < text.index("`a.plain` |")  # what the book prints goes first
    assert "| `a.gone` | −5 points | b.qmd:9 (tbl-b) |" in text
    again = text[text.index("## To read again") :].splitlines()[2:]
    assert again == [
        "- \\_inc.md:2, figure `fig-a`: A figure (`a.printed`)",
        "- a.qmd:3, sentence: It is `x('a.sign')`. (`a.sign`)",
        "- b.qmd:9, table `tbl-b`: A table (`a.gone`, `a.sign`)",
    ]


def test_nothing_that_differs_is_said_in_two_lines() -> None:
    same = both((found(), found()))
    assert same.equal
    assert as_markdown(same) == "# build one → work tree\n\n**Nothing differs.** Findings: 1 equal (as printed).\n"
    assert "Nothing differs." in as_html(same, "A book")


def test_a_turned_verdict_alone_is_a_difference() -> None:
    assert not both(turned=(Turned("condition", "c", "a.qmd:1", "s", None, "holds", "does not hold"),)).equal


def test_long_lists_are_cut_in_markdown_and_folded_in_the_page() -> None:
    many = both(*((found(f"a.n{n}", 1.0), found(f"a.n{n}", 2.0)) for n in range(SHOWN + 5)))
    text = as_markdown(many)
    assert text.count("| `a.n") == SHOWN
    assert "And 5 more: `--format json` or `--format html` lists all." in text
    page = as_html(many, "A book")
    assert page.count('<th scope="row">') == SHOWN + 5
    assert f"<summary>{SHOWN + 5 - OPEN_ROWS} more</summary>" in page


def test_json_is_as_its_schema_says() -> None:
    document = as_json(example())
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(json.loads(json.dumps(document)), SCHEMA)
    turned = {c["key"]: c["turned"] for c in document["changed"] if c["turned"]}
    assert turned == {"a.sign": ["sign"], "a.sure": ["significance"]}
    (field,) = next(c for c in document["changed"] if c["key"] == "a.printed")["fields"]
    assert field == {"field": "value", "old": 1.0, "new": 3.0, "old_shown": "1 points", "new_shown": "3 points"}
    assert document["removed"] == [
        {"key": "a.gone", "value": -5.0, "unit": "points", "shown": "−5 points", "printed": ["b.qmd:9 (tbl-b)"]}
    ]
    assert [(p["label"], p["findings"]) for p in document["reached"]] == [
        ("fig-a", ["a.printed"]), (None, ["a.sign"]), ("tbl-b", ["a.gone", "a.sign"]),
    ]  # fmt: skip


def hostile() -> Diff:
    place = Printed("table", "a.qmd", "a.qmd", 1, "tbl-a", HOSTILE)
    return Diff(
        HOSTILE,
        HOSTILE,
        Tolerance(),
        compare(
            {"a.x": found("a.x", 1.0, HOSTILE), "a.w": found("a.w", sample="s")},
            {"a.x": found("a.x", 2.0, HOSTILE), "a.w": found("a.w", sample=HOSTILE)},
            Tolerance(),
        ),
        (Turned("verdict", "tall", HOSTILE, HOSTILE, None, HOSTILE, "- x", HOSTILE),),
        {"a.x": (place,)},
        ("a.qmd",),
    )


def test_text_is_escaped_in_the_page() -> None:
    page = as_html(hostile(), HOSTILE)
    assert "<script" not in page
    assert "javascript:1" in page
    assert "<a " not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_the_page_stands_alone() -> None:
    page = as_html(example(), "A book")
    assert not re.search(r"<(script|link|img|iframe)|url\(|@import|https?:", page)
    assert "prefers-color-scheme: dark" in page


def test_text_is_escaped_in_markdown() -> None:
    text = as_markdown(hostile())
    import pypandoc

    html = pypandoc.convert_text(text, "html", format="gfm")
    for markup in ("<script", "<a ", "<img", "<em", "<del", "<math", "<b>"):
        assert markup not in html, markup
    assert html.count("<strong>") == 2  # the headline, and the new verdict
    assert html.count("&lt;script&gt;alert(1)&lt;/script&gt;") >= 6
    assert len(re.findall(r"<tr", html)) == 4
