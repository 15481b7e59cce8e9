"""Verdicts on the claims of source notes: by which rule, where they are written, and what makes them stale."""

import json
import re
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner

from publishing.cli import report
from publishing.errors import SourceError, VerdictError
from publishing.freshness import output_hashes
from publishing.project import load_book
from publishing.status import status_of
from publishing.verdicts import SCHEMA, judge, verdicts
from tests.publishing.conftest import edit, make
from tests.publishing.diff.conftest import NOTE, found
from tests.publishing.pages import Page

WORDS = "chapters/03-words.qmd"
SIZE = {"value": 5.0, "unit": "points", "because": "tests"}


def verdict(rule: dict, **of: object) -> str:
    return judge({"rule": rule, "size": SIZE, "finding": "heights.mean"}, {"heights.mean": found(**of)})[0]


@pytest.mark.parametrize(
    ("value", "expected"),
    [(6, "supported"), (5, "supported"), (3, "inconclusive"), (0, "contradicted"), (11, "inconclusive"), (30, "contradicted")],
)  # fmt: skip
def test_a_level_meets_all_of_the_one_or_any_of_the_other(value: float, expected: str) -> None:
    rule = {
        "kind": "level",
        "supported": {"at_least": 5, "at_most": 10},
        "contradicted": {"at_most": 0, "at_least": 20},
    }
    assert verdict(rule, value=value) == expected


@pytest.mark.parametrize(
    ("expects", "value", "interval", "detectable", "expected"),
    [
        ("increase", 6, (1, 11), 9, "supported"),
        ("increase", 4, (1, 7), 9, "inconclusive"),
        ("increase", -6, (-11, -1), 9, "contradicted"),
        ("increase", 1, (-1, 3), 4, "contradicted"),
        ("increase", 1, (-1, 3), 9, "inconclusive"),
        ("increase", 1, (-1, 3), None, "inconclusive"),
        ("increase", 6, None, 4, "inconclusive"),
        ("decrease", -6, (-11, -1), 9, "supported"),
        ("decrease", 6, (1, 11), 9, "contradicted"),
        ("decrease", -1, (-7, 1), 9, "inconclusive"),
        ("no increase", 6, (1, 11), 9, "contradicted"),
        ("no increase", 1, (-1, 3), 4, "supported"),
        ("no increase", 1, (-1, 3), 9, "inconclusive"),
        ("no decrease", -6, (-11, -1), 9, "contradicted"),
    ],
)  # fmt: skip
def test_an_effect_is_held_against_its_size_and_the_power_of_the_design(
    expects: str, value: float, interval: tuple | None, detectable: float | None, expected: str
) -> None:
    rule = {"kind": "effect", "expects": expects}
    assert verdict(rule, value=value, interval=interval, detectable=detectable) == expected


def test_an_association_asks_for_no_power() -> None:
    assert verdict({"kind": "association", "expects": "increase"}, value=1, interval=(-1, 3)) == "contradicted"


def test_what_cannot_be_judged_says_why() -> None:
    level = {"kind": "level", "supported": {"at_least": 5}, "contradicted": {"at_most": 0}}
    assert judge({"rule": {"kind": "none", "because": "no table"}, "size": SIZE, "finding": None}, {}) == (
        "not testable",
        "no table",
    )
    assert verdict(level, unit="miles") == "not judged: the finding is in another unit"
    missing = {"rule": level, "size": SIZE, "finding": "heights.gone"}
    assert judge(missing, {"heights.mean": found()}) == (
        "not judged: no such finding",
        "no finding has the key heights.gone; the nearest are heights.mean",
    )


def test_notes_are_read_and_a_fault_names_file_and_field(tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes/a.yml").write_text(NOTE, encoding="utf-8")
    (seen,) = verdicts(tmp_path, "notes", {"heights.mean": found(value=190)}).values()
    assert (seen.claim, seen.note, seen.verdict) == ("tall", "notes/a.yml", "supported")
    assert verdicts(tmp_path, None, {}) == {}
    (tmp_path / "notes/a.yml").write_text(NOTE.replace("unit: points", "unit: 3"), encoding="utf-8")
    with pytest.raises(SourceError, match=r"notes/a\.yml: claims / 0 / size / unit: 3 is not of type"):
        verdicts(tmp_path, "notes", {})
    (tmp_path / "notes/a.yml").write_text("a: [", encoding="utf-8")
    with pytest.raises(SourceError, match=r"notes/a\.yml: not valid YAML"):
        verdicts(tmp_path, "notes", {})


def test_an_association_that_leaves_the_size_out_says_nothing_of_power() -> None:
    rule = {"kind": "association", "expects": "increase"}
    claim = {"rule": rule, "size": SIZE, "finding": "heights.mean"}
    assert judge(claim, {"heights.mean": found(value=1, interval=(-1, 3))})[1] == (
        "the interval leaves out the size that matters"
    )
    effect = {**claim, "rule": {**rule, "kind": "effect"}}
    assert judge(effect, {"heights.mean": found(value=1, interval=(-1, 3), detectable=4)})[1] == (
        "the interval leaves out the size that matters, which the design could have shown"
    )


def test_an_id_stands_once(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.yml").write_text(NOTE, encoding="utf-8")
    with pytest.raises(SourceError, match=r"b\.yml: the claim tall stands in a\.yml too"):
        verdicts(tmp_path, ".", {})


@pytest.mark.parametrize("line", ["    chapter: chapters/01-heights.qmd\n", "short: note, "])
def test_a_note_of_an_older_edition_may_lack_what_is_asked_for_now(tmp_path: Path, line: str) -> None:
    assert line in NOTE
    (tmp_path / "a.yml").write_text(NOTE.replace(line, ""), encoding="utf-8")
    with pytest.raises(SourceError, match="is a required property"):
        verdicts(tmp_path, ".", {})
    assert list(verdicts(tmp_path, ".", {}, older=True)) == ["tall"]


@pytest.fixture
def noted_book(tracked_book: Path) -> Path:
    """The tracked book with a source note, and a chapter that shows its verdict."""
    (tracked_book / "notes").mkdir()
    (tracked_book / "notes/a.yml").write_text(NOTE, encoding="utf-8")
    edit(tracked_book / "pyproject.toml", "[tool.report]\n", '[tool.report]\nsource_notes = "notes"\n')
    cell = "import json\n\nverdicts = json.load(open('bld/verdicts.json', encoding='utf-8'))['verdicts']\n"
    with (tracked_book / WORDS).open("a", encoding="utf-8") as stream:
        stream.write(f"\n```{{python}}\n{cell}```\n\nTall: `{{python}} verdicts[0]['verdict']`.\n")
    make(tracked_book, formats=("html",))
    return tracked_book


def stale(root: Path) -> list[str]:
    return list(map(str, status_of(load_book(root)).lines()))


def shown(root: Path) -> str:
    return re.search(r"Tall: ([\w ]+)\.", Page(root / "_book/chapters/03-words.html").text)[1]


def test_verdicts_are_written_in_their_format_and_shown(noted_book: Path) -> None:
    document = json.loads((noted_book / "bld/verdicts.json").read_text(encoding="utf-8"))
    schema = json.loads(SCHEMA.with_name("verdicts.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(document, schema)
    assert document["notes"]["notes/a.yml"]["citation"]["short"] == "note"
    assert shown(noted_book) == document["verdicts"][0]["verdict"] == "inconclusive"
    assert stale(noted_book) == []
    assert "nothing to do" in make(noted_book, formats=("html",))


def test_a_rule_that_changed_makes_stale_what_shows_its_verdict(noted_book: Path) -> None:
    edit(noted_book / "notes/a.yml", "supported: {at_least: 185}", "supported: {at_least: 100}")
    assert stale(noted_book) == ["chapters/03-words : notes/a.yml changed (through bld/verdicts.json)"]
    assert f"{WORDS} is executed" in make(noted_book, formats=("html",))
    assert shown(noted_book) == "supported"
    assert stale(noted_book) == []


def test_a_number_that_turned_turns_the_verdict(noted_book: Path) -> None:
    edit(noted_book / "data/heights.csv", "a,", "a,9")
    lines = stale(noted_book)
    assert "chapters/03-words : data/heights.csv changed (through bld/verdicts.json)" in lines
    make(noted_book, formats=("html",))
    assert shown(noted_book) == "supported"


def test_a_number_that_turns_no_verdict_executes_nothing_that_shows_it(noted_book: Path) -> None:
    edit(noted_book / "data/weights.csv", "a,", "a,9")
    assert f"{WORDS} is executed" not in make(noted_book, formats=("html",))
    assert stale(noted_book) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("heights.mean", "heights.mena", "notes/a.yml: claim tall: no finding has the key heights.mena; the nearest are heights.mean"),
        ("unit: points", "unit: miles", "notes/a.yml: claim tall: heights.mean is in points, the size in miles"),
        ("01-heights.qmd", "09-heights.qmd", "notes/a.yml: claim tall: chapter chapters/09-heights.qmd is none of the book"),
    ],
)  # fmt: skip
def test_a_claim_that_cannot_be_judged_stops_the_build(noted_book: Path, old: str, new: str, said: str) -> None:
    before = output_hashes(noted_book / "_book")
    edit(noted_book / "notes/a.yml", old, new)
    with pytest.raises(VerdictError) as caught:
        make(noted_book, formats=("html",))
    assert said in str(caught.value)
    assert output_hashes(noted_book / "_book") == before


def test_the_command_prints_verdicts_and_fails_where_there_is_none(
    noted_book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def claims(*options: str) -> tuple[int, str]:
        done = CliRunner().invoke(report, ["claims", *options])
        return done.exit_code, done.output

    monkeypatch.chdir(noted_book)
    code, said = claims()
    assert code == 0
    assert said.startswith(
        "notes/a.yml: tall: inconclusive\n    The simulated rows are tall.\n"
        "    heights.mean; the size that matters is 185 points\n    the value lies between the thresholds of the rule\n"
        "1 claim of source notes: 1 inconclusive.\n"
    )
    assert json.loads(claims("--json")[1])["verdicts"][0]["verdict"] == "inconclusive"
    edit(noted_book / "notes/a.yml", "finding: heights.mean", "finding: heights.mena")
    code, said = claims()
    assert code == 1
    assert "not judged: no such finding" in said
