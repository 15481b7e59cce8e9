import json
from pathlib import Path

import numpy as np
import pypandoc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from IPython.core.formatters import DisplayFormatter

from analysis.findings import Finding, FindingError, Findings, MadeFrom, UnknownFindingError, write_findings
from analysis.present.numbers import Shown, capitalized, decimals, finding, format_number, p_words, quantity, text

TRAPS = [
    "$x$ and $y$",
    "a @smith2020 and [@smith2020]",
    "<script>alert(1)</script>",
    "http://example.org // path",
    "`code` ``` ~~~ {python} x",
    "- item",
    "+ item",
    "* item",
    "1. x",
    "(a) x",
    "= x",
    "# head",
    "| a | b |",
    ": x",
    "> quoted",
    "Mr. X said \"no\" -- it's ... 'so'",
    "\\alpha \\n {{< include x >}} ::: {.x} [link](x) ![i](x) ^[note] x^2^ H~2~O *a* _b_ **c** &amp; &#32;",
    "河南省兰考县（直）、−1.2 %",
    "a_b__c",
    "---",
    "@fig-x ?@fig-x",
]


def plain_text(block: object) -> str:
    """The text of a pandoc tree; raises on anything but words and spaces."""
    assert isinstance(block, list)
    out = []
    for inline in block:
        if inline["t"] == "Str":
            out.append(inline["c"])
        else:
            assert inline["t"] in {"Space", "SoftBreak"}, inline
            out.append(" ")
    return "".join(out)


def read_back(markdown: list[str]) -> list[str]:
    """What pandoc reads each paragraph as."""
    tree = json.loads(pypandoc.convert_text("\n\n".join(markdown), "json", format="markdown"))
    for block in tree["blocks"]:
        assert block["t"] == "Para", block
    return [plain_text(block["c"]) for block in tree["blocks"]]


@pytest.mark.parametrize("trap", TRAPS)
def test_markdown_of_a_trap_is_text(trap: str) -> None:
    assert read_back([text(trap)._repr_markdown_()]) == [trap]


printable = st.text(st.characters(exclude_categories=("C", "Z"), include_characters=" "), min_size=1)


@settings(max_examples=40)
@given(st.lists(printable.map(text).filter(lambda t: str(t) != ""), min_size=1, max_size=30))
def test_pandoc_reads_any_text_back(shown: list[Shown]) -> None:
    assert read_back([t._repr_markdown_() for t in shown]) == [str(t) for t in shown]
    inside = [f"so {t._repr_markdown_()} is" for t in shown]
    assert read_back(inside) == [f"so {t} is" for t in shown]


def test_white_space_is_one_space() -> None:
    assert str(text("  a \n\t b\u00a0")) == "a b"


@pytest.mark.parametrize(
    ("value", "unit", "digits", "shown"),
    [
        (94_029_939, "people", None, "94,029,939 people"),
        (np.int64(1), "people", None, "1 person"),
        (1, "counties", None, "1 county"),
        (1, "units", None, "1 unit"),
        (-1, "percentage points", 0, "−1 percentage point"),
        (1, "percentage points", None, "1.0 percentage points"),
        (1, "percentage points per year of schooling", 0, "1 percentage point per year of schooling"),
        (1, "of 7 provinces", None, "1 of 7 provinces"),
        (np.float64(-1.25), "percent", 2, "−1.25 percent"),
        (-0.04, "percent", 1, "0.0 percent"),
        (0.001234, "", None, "0.00123"),
        (1234.5678, "yuan", None, "1,235 yuan"),
        (0, "units", None, "0 units"),
    ],
)
def test_quantities(value: float, unit: str, digits: int | None, shown: str) -> None:
    assert str(quantity(value, unit, digits)) == shown


@pytest.mark.parametrize("bad", [float("nan"), np.inf, -np.inf])
def test_only_finite_numbers_are_shown(bad: float) -> None:
    with pytest.raises(ValueError, match="cannot be shown"):
        quantity(bad, "people")


@pytest.mark.parametrize(
    ("value", "unit", "error", "count"),
    [
        (1.597, "percentage points", 0.97, 2),
        (15.97, "percentage points", 9.7, 1),
        (1597.0, "percentage points", 970.0, 1),
        (0.001, "percentage points", 0.0004, 2),
        (0.001, "percentage points per year", 0.0004, 5),
        (1597.0, "people", 970.0, 0),
        (56.43, "percent", None, 1),
        (12.0, "units", None, 0),
        (1.0, "units", 1e-300, 6),
        (0.0, "units", 0.0, 0),
    ],
)
def test_decimals(value: float, unit: str, error: float | None, count: int) -> None:
    assert decimals(value, unit, error) == count


@given(st.floats(-1e6, 1e6), st.integers(0, 6))
def test_formatted_numbers_read_back(value: float, digits: int) -> None:
    shown = format_number(value, digits)
    assert "-" not in shown
    assert shown not in {"−0", "−0.0"}
    assert float(shown.replace(",", "").replace("−", "-")) == pytest.approx(value, abs=0.5001 * 10**-digits)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    def one(key: str, value: float, **more) -> Finding:
        words = {"unit": "percentage points", "sample": "A sample.", "specification": "A way."}
        return Finding(**({"key": key, "value": value} | words | more))

    full = {"standard_error": 0.97, "interval": (-0.33, 3.524), "level": 0.95, "n": 1567, "clusters": 92}
    found = (
        one("d.effect", 1.5971, p_value=0.103, **full),
        one("d.small", 1.5971, p_value=0.00004, **full),
        one("d.middling", 1.5971, p_value=0.0314, **full),
        one("d.bare", 2.0, unit="units"),
        one("d.p", 0.2, unit="p-value"),
    )
    write_findings(Findings("d", "D", MadeFrom({}, {}), found), tmp_path / "d.json")
    return tmp_path


def test_a_finding_in_prose(folder: Path) -> None:
    number = finding("d.effect", folder=folder)
    assert str(number) == str(number.value) == "1.60 percentage points"
    assert f"{number}" == "1.60 percentage points"
    assert str(number.number) == "1.60"
    assert str(number.unit) == "percentage points"
    assert str(number.standard_error) == "0.97"
    assert str(number.interval) == "−0.33 to 3.52 percentage points"
    assert str(number.level) == "95 percent"
    assert str(number.p) == "0.10"
    assert str(number.n) == "1,567"
    assert str(number.clusters) == "92"
    assert number.raw == 1.5971
    assert type(number.raw) is float
    assert str(number.sample) == "A sample."
    assert str(number.specification) == "A way."
    assert str(finding("d.effect", digits=1, folder=folder).interval) == "−0.3 to 3.5 percentage points"


def test_a_finding_in_chinese(folder: Path) -> None:
    number = finding("d.effect", digits=1, folder=folder)
    assert str(number.chinese) == "1.6个百分点"
    assert str(number.chinese_interval) == "−0.3至3.5个百分点"
    assert str(finding("d.bare", folder=folder).chinese) == "2个县级单位"
    with pytest.raises(FindingError, match=r"d\.bare has no interval"):
        _ = finding("d.bare", folder=folder).chinese_interval
    with pytest.raises(FindingError, match=r"finding d\.p: the unit 'p-value' has no Chinese name"):
        _ = finding("d.p", folder=folder).chinese


def test_small_p_values(folder: Path) -> None:
    assert str(finding("d.small", folder=folder).p) == "less than 0.001"
    assert str(finding("d.middling", folder=folder).p) == "0.031"


def test_what_a_finding_lacks_is_named(folder: Path) -> None:
    bare = finding("d.bare", folder=folder)
    assert str(bare) == "2 units"
    for name in ("standard_error", "interval", "p", "level", "n", "clusters"):
        with pytest.raises(FindingError, match=r"finding d\.bare has no"):
            getattr(bare, name)


def test_a_wrong_key_names_the_nearest(folder: Path) -> None:
    with pytest.raises(UnknownFindingError, match=r"nearest are d\.effect"):
        finding("d.efect", folder=folder)


def test_a_kernel_shows_the_escaped_form(folder: Path) -> None:
    formatter = DisplayFormatter()
    formatter.active_types = ["text/plain", "text/markdown"]
    shown, _ = formatter.format(finding("d.effect", folder=folder))
    assert shown == {"text/plain": "1.60 percentage points", "text/markdown": r"1\.60 percentage points"}


def test_p_values_as_tables_show_them() -> None:
    assert [p_words(p) for p in (None, 0.0001, 0.04, 0.5)] == [None, "< 0.001", "0.040", "0.50"]


def test_only_the_first_letter_is_raised() -> None:
    assert [capitalized(w) for w in ("gross GDP", "é", "")] == ["Gross GDP", "É", ""]
