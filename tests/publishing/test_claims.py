"""Claims: their grammar, how they are judged, where they are found, and that a build stops at one that fails."""

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

from publishing.claims import grammar as g
from publishing.claims.grammar import ClaimSyntaxError, parse
from publishing.claims.judge import JudgementError, judge
from publishing.cli import report
from publishing.errors import ClaimError
from publishing.findings import Found, MadeFrom
from publishing.freshness import output_hashes
from tests.publishing.conftest import TRACKED, copy_press, edit, make
from tests.publishing.pages import Page
from tests.publishing.test_quarto import needs_quarto

# The grammar ------------------------------------------------------------------------------------------------

numbers = st.decimals(min_value=-999, max_value=999, places=2).map(lambda d: g.Amount(str(d)))
positive = st.decimals(min_value="0.01", max_value=99, places=2).map(str)
percentages = positive.map(lambda text: g.Amount(text, "percentage"))
fractions = st.sampled_from(["half", "a third", "two thirds", "three quarters", "a tenth"]).map(
    lambda text: g.Amount(text, "fraction")
)
amounts = numbers | percentages | fractions
parts = st.from_regex(r"[a-z][a-z0-9_]{0,5}", fullmatch=True)
keys = st.lists(parts, min_size=2, max_size=4).map(".".join)
quantities = st.builds(g.Quantity, keys, st.sampled_from(g.FIELDS))
operands = amounts | quantities | st.builds(g.Multiple, amounts, quantities)
not_zero = operands.filter(lambda o: not isinstance(o, g.Amount) or o.value != 0)
ranges = st.tuples(operands, operands).filter(
    lambda t: not (all(isinstance(o, g.Amount) for o in t) and t[0].kind == t[1].kind and t[0].value > t[1].value)
)
of_fields = (
    st.builds(g.Sign, st.sampled_from(["positive", "negative"]), st.booleans())
    | st.builds(g.Compare, st.sampled_from(g.OPERATORS), operands, st.booleans())
    | st.builds(lambda ends, size: g.Between(*ends, size), ranges, st.booleans())
    | st.builds(g.About, not_zero, st.none() | percentages | positive.map(g.Amount), st.booleans())
)
of_findings = st.builds(g.Significant, st.booleans(), st.none() | percentages) | st.builds(
    g.Covers, amounts, st.booleans()
)
counts = st.sampled_from([g.Count("all"), g.Count("none")]) | st.builds(
    g.Count, st.sampled_from(["at least", "at most", "exactly"]), st.integers(0, 99)
)
conditions = (
    st.builds(g.Condition, st.tuples(quantities), of_fields)
    | st.builds(g.Condition, st.tuples(keys.map(g.Quantity)), of_findings)
    | st.builds(g.Condition, st.lists(quantities, min_size=1, max_size=3).map(tuple), of_fields, counts)
)


@given(st.lists(conditions, min_size=1, max_size=3))
def test_a_claim_that_is_written_out_reads_the_same(said: list[g.Condition]) -> None:
    assert list(parse("; ".join(map(str, said)))) == said


@given(
    st.text()
    | st.lists(
        st.sampled_from(
            [
                "a.b",
                "a.*.c",
                "is",
                "are",
                "not",
                ">",
                "3",
                "10%",
                "about",
                "a",
                "third",
                "all",
                "of",
                "at",
                "least",
                ";",
                ",",
                "significant",
            ]
        )
    ).map(" ".join)
)
def test_whatever_stands_there_is_read_or_refused(text: str) -> None:
    try:
        said = parse(text)
    except ClaimSyntaxError:
        return
    assert parse("; ".join(map(str, said))) == said


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("a.b is larger than c.d", "a.b > c.d"),
        ("a.b is not larger than c.d", "a.b <= c.d"),
        ("a.b is smaller than 3", "a.b < 3"),
        ("a.b is not smaller than 3", "a.b >= 3"),
        ("a.b is at least −3.5", "a.b >= -3.5"),
        ("a.b is at most twice c.d in size", "a.b <= 2 times c.d in size"),
        ("a.b are ≥ half of detectable of c.d", "a.b >= half of detectable of c.d"),
        ("all of a.*,\n  b.c exclude 0", "all of a.*, b.c interval excludes 0"),
    ],
)
def test_words_and_signs_say_the_same(written: str, canonical: str) -> None:
    (condition,) = parse(written)
    assert str(condition) == canonical


@pytest.mark.parametrize(
    ("claim", "word", "said"),
    [
        ("a.b is signficant", "signficant", "did you mean significant?"),
        ("a.b is", "", "the condition ends too early; allowed here: significant, positive"),
        ("", "", "the condition ends too early"),
        ("a.b is positive c.d is negative", "c.d", "allowed here: ; and another condition, the end"),
        ("a.b is positive;", "", "the condition ends too early"),
        ("effect > 3", "effect", "allowed here: a key such as design.effect"),
        ("p_valu of a.b < 0.1", "p_valu", "did you mean p_value?"),
        ("a.b is significant at 0.1", "0.1", "allowed here: a percentage such as 10%"),
        ("a.b is significant at 100%", "100", "a percentage between 0% and 100%"),
        ("a.* is positive", "a.*", "several findings: say how many, as in `all of`"),
        ("a.b, c.d are positive", "a.b", "several findings: say how many"),
        ("at least three of a.* are positive", "three", "allowed here: a whole number"),
        ("at least -1 of a.* are positive", "-1", "allowed here: a whole number"),
        ("p_value of a.b is significant", "p_value", "leave out `p_value of`"),
        ("interval of a.b excludes 0", "interval", "say `KEY interval excludes 0`"),
        ("a.b is between 3 and 2", "3", "the range is empty: 3 is above 2"),
        ("a.b is about 0", "0", "say how near, as in `about 0 within 0.5`"),
        ("a.b is about 3 within 0%", "0", "a number above zero"),
        ("a.b is not about 3", "about", "allowed here: significant, positive, negative, larger than, smaller than"),
        ("all of a.* < b.*.c.*", "all", "as many as there"),
        ("a.b > §3", "§3", "allowed here: a number"),
        ("a.b > 3 percent", "percent", "allowed here: ; and another condition, the end"),
        ("a.b > 1.2.3", "1.2.3", "allowed here: a number"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_marked_at_the_word(claim: str, word: str, said: str) -> None:
    with pytest.raises(ClaimSyntaxError) as caught:
        parse(claim)
    shown, mark, words = str(caught.value).split("\n")
    assert said in words
    assert shown[mark.index("^") :].startswith(word)
    assert mark.count("^") == max(len(word), 1)


# Judging ----------------------------------------------------------------------------------------------------


def found(key: str, value: float, unit: str = "points", **more: object) -> Found:
    plain = Found(key, key.partition(".")[0], MadeFrom({}, {}), value, unit, "simulated", "none")
    return replace(plain, **more)  # type: ignore[arg-type]


KNOWN = {
    f.key: f
    for f in [
        found("a.big", 6.0, p_value=0.03, interval=(1.0, 11.0), level=0.95, n=40, clusters=8, detectable=4.0),
        found("a.small", -3.0, p_value=0.08, interval=(-7.0, 1.0), level=0.95, n=80),
        found("a.flat", 0.0, p_value=0.05, interval=(-2.0, 2.0), level=0.95),
        found("a.bounds", 2.0, interval=(0.5, 3.5), level=0.90),
        found("a.bare", 106.0, "units"),
        found("a.share", 33.3, "percent"),
        found("a.ratio", 0.34, "ratio"),
        found("g.x.one.effect", 1.0),
        found("g.x.two.effect", 2.0),
        found("g.x.six.effect", -6.0),
        found("g.x.one.limit", 3.0),
        found("g.x.two.limit", 3.0),
        found("g.x.six.limit", 3.0),
        found("h.years", 2.0, "years"),
        found("h.points", 2.0),
    ]
}


@pytest.mark.parametrize(
    ("true", "false"),
    [
        ("a.big is significant", "a.small is significant"),
        ("a.flat is significant", "a.flat is significant at 4%"),  # a p-value at the level is below it
        ("a.small is significant at 10%", "a.small is not significant at 10%"),
        ("a.small is not significant", "a.big is not significant"),
        ("a.big is significant at 3%", "a.big is significant at 1%"),
        ("a.bounds is significant at 10%", "a.bounds is not significant at 10%"),
        ("a.big is positive", "a.small is positive"),
        ("a.small is negative", "a.big is negative"),
        ("a.flat is not positive", "a.big is not positive"),
        ("a.flat is not negative", "a.small is not negative"),
        ("a.big interval excludes 0", "a.small interval excludes 0"),
        ("a.small interval includes 0", "a.big includes 0"),
        ("a.big interval includes 11", "a.big interval excludes 11"),
        ("a.big > 5.9", "a.big > 6"),
        ("a.big >= 6", "a.big >= 6.1"),
        ("a.big < 6.1", "a.big < 6"),
        ("a.big <= 6", "a.big <= 5.9"),
        ("a.bare = 106", "a.bare = 105"),
        ("a.bare != 105", "a.bare != 106"),
        ("a.big is larger than a.small", "a.small is larger than a.big"),
        ("a.small is smaller than a.flat", "a.flat is smaller than a.small"),
        ("a.small is larger than a.bounds in size", "a.small is larger than a.bounds"),
        ("a.big is at least twice a.small in size", "a.big is larger than twice a.small in size"),
        ("a.small >= half of g.x.six.effect in size", "a.bounds is larger than half of a.big"),
        ("g.x.two.effect = 0.5 times detectable of a.big", "g.x.two.effect = 0.6 times detectable of a.big"),
        ("a.bounds < 40% of a.big", "a.bounds < 30% of a.big"),
        ("a.bounds is about a third of a.big", "a.bounds is about half of a.big"),
        ("a.big is between 5 and 6", "a.big is between 6.1 and 7"),
        ("a.big is between a.bounds and 4 times a.bounds", "a.big is between a.small and a.bounds"),
        ("a.small is between 2 and 3 in size", "a.small is between 2 and 3"),
        ("a.share is about a third", "a.share is about half"),
        ("a.ratio is about a third", "a.ratio is about a quarter"),
        ("a.ratio is about 33%", "a.ratio is about 33% within 1%"),
        ("a.ratio < 35%", "a.ratio < 33%"),
        ("a.share > 33%", "a.share > 34%"),
        ("a.share is about 33 within 0.5", "a.share is about 33 within 0.2"),
        ("a.flat is about 0 within 0.1", "a.bounds is about 0 within 0.1"),
        ("a.big is about 6.6", "a.big is about 6.7"),  # a tenth of what is stated
        ("a.small is about 3 in size", "a.small is about 3"),
        ("p_value of a.big < 0.05", "p_value of a.small < 0.05"),
        ("n of a.small is at least twice n of a.big", "n of a.small is larger than twice n of a.big"),
        ("lower of a.big is positive", "lower of a.small is positive"),
        ("upper of a.big = 11", "upper of a.big = 1"),
        ("level of a.big = 95%", "level of a.bounds = 95%"),
        ("a.big is larger than detectable of a.big", "a.small is larger than detectable of a.big"),
        ("all of a.big, a.flat are significant", "all of a.big, a.small are significant"),
        ("none of g.x.*.limit are negative", "none of g.x.*.effect are negative"),
        ("all of g.*.*.limit = 3", "all of g.*.*.effect > 0"),
        ("at least 2 of g.x.*.effect are positive", "at least 3 of g.x.*.effect are positive"),
        ("at most 2 of g.x.*.effect are positive", "at most 1 of g.x.*.effect are positive"),
        ("exactly 1 of g.x.*.effect is negative", "exactly 2 of g.x.*.effect are negative"),
        ("none of g.x.*.effect > g.x.*.limit", "none of g.x.*.effect > g.x.*.limit in size"),
        ("all of g.x.t*.effect > 1", "all of g.x.*.effect > 1"),
        ("a.big > 5; a.small < 0", "a.big > 5; a.small > 0"),
    ],
)  # fmt: skip
def test_conditions_are_judged_both_ways(true: str, false: str) -> None:
    assert all(judge(c, KNOWN).holds for c in parse(true))
    assert not all(judge(c, KNOWN).holds for c in parse(false))


@pytest.mark.parametrize(
    ("claim", "said"),
    [
        ("a.bigg > 3", "no finding has the key a.bigg; the nearest are a.big"),
        ("a.big > a.smal", "no finding has the key a.smal; the nearest are a.small"),
        ("all of g.*.effect > 0", "no key matches the pattern g.*.effect; the nearest are g.x."),
        ("all of g.x.*.effect < g.x.*.limits", "no finding has the key g.x.one.limits; the nearest are g.x.one.limit"),
        ("zz.qq > 3", "none of the 15 findings is like it"),
        ("a.bare is significant", "a.bare has neither p_value nor interval"),
        ("a.bounds is significant", "its interval at 90% cannot tell significance at 5%; write `significant at 10%`"),
        ("a.bare interval excludes 0", "a.bare has no interval"),
        ("p_value of a.bare < 0.1", "a.bare has no p_value; it has its value"),
        ("h.years > h.points", "units differ: h.years is in years, h.points in points"),
        ("h.years is about a.share", "units differ: h.years is in years, a.share in percent"),
        ("p_value of a.big < a.small", "units differ: p_value of a.big is in p-value, a.small is in points"),
        ("n of a.big > a.small", "units differ: n of a.big is as a number, a.small is in points"),
        ("all of h.* > 1", "units differ: the quantities are in points and years, and 1 can be in one of them only"),
        ("all of h.* is about 0 within 2", "units differ"),
        ("all of h.* interval excludes 3", "units differ"),
        ("h.years < 10%", "10% is a share, and h.years is in years"),
        ("h.points is about a third", "a third is a share, and h.points is in points"),
    ],
)
def test_what_cannot_be_judged_is_refused(claim: str, said: str) -> None:
    with pytest.raises(JudgementError) as caught:
        [judge(c, KNOWN) for c in parse(claim)]
    assert said in str(caught.value)


def test_quantities_of_many_units_have_signs_and_significance() -> None:
    (condition,) = parse("all of h.* > 0")
    assert judge(condition, KNOWN).holds


@pytest.mark.parametrize(
    ("claim", "against"),
    [
        ("all of g.x.*.effect > 0", ["g.x.six.effect"]),
        ("none of g.x.*.effect > 1", ["g.x.two.effect"]),
        ("at least 3 of g.x.*.effect > 1", ["g.x.one.effect", "g.x.six.effect"]),
        ("exactly 1 of g.x.*.effect > 0", ["g.x.one.effect", "g.x.two.effect"]),
        ("exactly 3 of g.x.*.effect > 0", ["g.x.six.effect"]),
        ("a.big < 3", ["a.big"]),
    ],
)
def test_the_cases_against_a_count_are_those_that_break_it(claim: str, against: list[str]) -> None:
    (condition,) = parse(claim)
    assert [case.values[0].found.key for case in judge(condition, KNOWN).against] == against


# In a book --------------------------------------------------------------------------------------------------

CHAPTER = "chapters/01-heights.qmd"
HEADS = 'The mean height is `{python} finding("heights.mean")`.'


def with_claims(folder: Path) -> Path:
    """The tracked book with claims that hold: in a sentence over two lines, a table cell, a caption, an included file
    and on a cell."""
    root = folder / "book"
    shutil.copytree(TRACKED, root, ignore=shutil.ignore_patterns("__pycache__"))
    edit(
        root / CHAPTER,
        HEADS,
        'Before it stands a word. [The mean *height* `{python} finding("heights.mean")`, @tbl-heights,\n'
        'is > 100.]{claim="heights.mean > 100;\n  heights.mean is larger than heights.range"}\n\n'
        'In `[code]{claim="no.claim > 3"}` there is none.\n\n'
        '| a |\n|---|\n| [= large]{claim="heights.range is positive"} |\n',
    )
    edit(
        root / CHAPTER,
        '#| tbl-cap: "Simulated heights"',
        "#| tbl-cap: 'Simulated [heights, all above 1 m]{claim=\"heights.mean > 100\"}'\n"
        '#| claim: "heights.range < 100"',
    )
    note = root / "chapters/_note.md"
    note.write_text(note.read_text(encoding="utf-8") + "\n[A note.]{claim='heights.range &gt; 1'}\n", encoding="utf-8")
    return root


@pytest.fixture(scope="module")
def built_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = with_claims(tmp_path_factory.mktemp("claims"))
    make(root)
    return root


@pytest.fixture
def in_book(built_once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the book with its findings and pages, which is the working directory."""
    root = shutil.copytree(built_once, tmp_path / "book", ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.chdir(root)
    return root


def claims(*arguments: str) -> tuple[int, str]:
    answer = CliRunner().invoke(report, ["claims", *arguments])
    return answer.exit_code, answer.output + (str(answer.exception) if isinstance(answer.exception, ClaimError) else "")


def line_of(path: Path, text: str) -> int:
    lines = path.read_text(encoding="utf-8").splitlines()
    return next(i for i, line in enumerate(lines, start=1) if text in line)


def check_print(out: Path) -> None:
    """The sentences are printed, and the conditions are not."""
    page = (out / "chapters/01-heights.html").read_text(encoding="utf-8")
    pdf = "".join(p.extract_text() for p in PdfReader(out / "tracked.pdf").pages)
    for text in (Page(out / "chapters/01-heights.html").text, " ".join(pdf.split())):
        assert re.search(r"a word\. The mean height [\d.]+ points, Table.1\.1, is > 100\.", text)
        assert "heights, all above 1 m" in text
        assert "= large" in text
        assert "A note." in text
        assert text.count("{claim") == 1 and "is larger" not in text
        assert '[code]{claim="no.claim > 3"}' in text
    assert 'data-claim="heights.range is positive"' in page


def test_sentences_with_claims_are_printed_in_both_formats(built_once: Path) -> None:
    check_print(built_once / "_book")


@needs_quarto
def test_quarto_prints_sentences_with_claims(tmp_path: Path) -> None:
    root = with_claims(tmp_path)
    copy_press(root)
    edit(root / "_quarto.yml", "execute:", "filters:\n  - typst.lua\nexecute:")
    make(root, engine="quarto")
    check_print(root / "_book")


def test_claims_are_listed_with_place_sentence_and_values(in_book: Path) -> None:
    code, said = claims()
    assert code == 0
    place = f"{CHAPTER}:{line_of(in_book / CHAPTER, 'is > 100')}"
    assert f'{place}: The mean height `finding("heights.mean")`, @tbl-heights, is > 100.' in said
    assert "holds: heights.mean > heights.range" in said
    assert re.search(r"heights\.mean = [\d.]+ points", said)
    assert "5 of 5 claims in the text hold." in said


def test_claims_are_listed_for_a_machine(in_book: Path) -> None:
    code, said = claims("--json")
    entries = json.loads(said)["text"]
    assert code == 0
    note = line_of(in_book / "chapters/_note.md", "A note")
    assert [(e["file"], e["claim"], e["holds"]) for e in entries] == [
        (CHAPTER, "heights.mean > 100; heights.mean is larger than heights.range", True),
        (CHAPTER, "heights.range is positive", True),
        ("chapters/_note.md", "heights.range > 1", True),
        (CHAPTER, "heights.mean > 100", True),
        (CHAPTER, "heights.range < 100", True),
    ]
    assert entries[2]["line"] == note
    assert entries[3]["sentence"] == "heights, all above 1 m"
    assert entries[4]["sentence"] == 'Simulated [heights, all above 1 m]{claim="heights.mean > 100"}'
    value = entries[4]["conditions"][0]["cases"][0]["values"][0]
    assert (value["key"], value["field"], value["unit"]) == ("heights.range", "value", "points")


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        (CHAPTER, "heights.mean > 100;", "heights.mean > 200;", ["the findings do not bear this sentence out", "condition: heights.mean > 200", "found:     heights.mean = "]),
        (CHAPTER, "heights.mean > 100;", "heights.mena > 100;", ["no finding has the key heights.mena; the nearest are heights.mean"]),
        (CHAPTER, "heights.mean > 100;", "heights.mean is > 100 tall;", ["found 'tall'; allowed here"]),
        (CHAPTER, "heights.range is positive", "heights.range is negative", ["sentence:  = large", "condition: heights.range is negative"]),
        (CHAPTER, '{claim="heights.mean > 100"}', '{claim="heights.mean < 100"}', ["sentence:  heights, all above 1 m"]),
        (CHAPTER, "heights.range < 100", "heights.range > 100", ["condition: heights.range > 100"]),
        ("chapters/_note.md", "&gt;", "&lt;", ["chapters/_note.md:", "sentence:  A note."]),
        ("chapters/03-words.qmd", "No cell", '[No\n\ncell]{claim="heights.mean > 3"} No cell', ["belongs to no sentence"]),
        ("chapters/03-words.qmd", "No cell", "[No cell]{claim=heights.mean > 3}", ["chapters/03-words.qmd:3", "belongs to no sentence"]),
        ("chapters/03-words.qmd", "No cell", '[No cell]{claims="heights.mean > 3"}', ["the attribute claims; write claim"]),
        (CHAPTER, '#| claim: "heights.range < 100"', "#| fig-alt: '[An alt]{claim=\"heights.mean > 3\"}'", ["give the cell the option `#| claim:`"]),
    ],
)  # fmt: skip
def test_a_claim_that_fails_is_shown_with_place_sentence_condition_and_values(
    in_book: Path, file: str, old: str, new: str, said: list[str]
) -> None:
    edit(in_book / file, old, new)
    code, answer = claims()
    assert code == 1
    for words in (f"{file}:", *said):
        assert words in answer


def test_a_build_stops_at_a_claim_and_the_last_good_book_stays(in_book: Path) -> None:
    before = output_hashes(in_book / "_book")
    edit(in_book / CHAPTER, "heights.mean > 100;", "heights.mean > 200;")
    edit(in_book / "chapters/_note.md", "heights.range &gt; 1", "heights.rnage > 1")
    with pytest.raises(ClaimError) as caught:
        make(in_book)
    assert "condition: heights.mean > 200" in str(caught.value)
    assert "the nearest are heights.range" in str(caught.value)
    assert output_hashes(in_book / "_book") == before
    assert not (in_book / "bld/fresh").exists()


def test_findings_that_turn_stop_the_build(in_book: Path) -> None:
    before = output_hashes(in_book / "_book")
    data = in_book / "data/heights.csv"
    rows = data.read_text(encoding="utf-8").splitlines()
    data.write_text(
        "\n".join([rows[0], *(re.sub(r"1(\d\d)", r"\1", row) for row in rows[1:])]) + "\n", encoding="utf-8"
    )
    with pytest.raises(ClaimError) as caught:
        make(in_book)
    place = f"{CHAPTER}:{line_of(in_book / CHAPTER, 'is > 100')}"
    assert f"{place}: the findings do not bear this sentence out" in str(caught.value)
    assert str(caught.value).count("bear this sentence out") == 2  # the caption says it too
    assert output_hashes(in_book / "_book") == before
    edit(in_book / CHAPTER, "heights.mean > 100;", "heights.mean > 1;")
    edit(in_book / CHAPTER, '{claim="heights.mean > 100"}', '{claim="heights.mean < 100"}')
    assert "Done: _book/index.html" in make(in_book)


def test_a_failed_claim_is_listed_for_a_machine(in_book: Path) -> None:
    edit(in_book / CHAPTER, "heights.range is positive", "heights.range is positiv")
    edit(in_book / CHAPTER, "heights.range < 100", "heights.range > 100")
    code, said = claims("--json")
    entries = json.loads(said)["text"]
    assert code == 1
    assert [e["holds"] for e in entries] == [True, False, True, True, False]
    assert "found 'positiv'" in entries[1]["fault"]


def test_a_book_without_claims_needs_no_findings(small_book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(small_book)
    assert claims() == (0, "0 of 0 claims in the text hold.\n")
