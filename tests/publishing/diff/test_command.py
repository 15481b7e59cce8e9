import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from publishing.cli import report
from publishing.diff.saved import save
from publishing.errors import BookError
from publishing.project import load_book
from tests.publishing.conftest import edit
from tests.publishing.diff.conftest import write_findings


@pytest.fixture
def diff(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    def run(root: Path, *arguments: str) -> Result:
        monkeypatch.chdir(root)
        return CliRunner().invoke(report, ["diff", *arguments])

    return run


def test_an_edit_is_held_against_the_last_saved_build(
    tracked_book: Path, made: Callable[..., str], diff: Callable[..., Result]
) -> None:
    made(tracked_book, formats=("html",))
    equal = diff(tracked_book)
    assert equal.exit_code == 0, equal.output
    assert "**Nothing differs.** Findings: 4 equal (as printed)." in equal.stdout
    edit(tracked_book / "data/heights.csv", "a,170", "a,200")
    other = diff(tracked_book)  # brings the findings up to date by itself
    assert other.exit_code == 1
    assert "| `heights.mean` | 180 points | 190 points |" in other.stdout
    assert "- chapters/01-heights.qmd:7, sentence: The mean height is" in other.stdout
    assert diff(tracked_book, "--exit-zero").exit_code == 0


def test_verdicts_and_conditions_that_turn_are_told(
    plain_book: Callable[..., Path], diff: Callable[..., Result]
) -> None:
    root = plain_book(mean=190)
    sentence = '[The rows are tall.]{claim="heights.mean is larger than 185"}'
    edit(root / "chapters/03-words.qmd", "No cell stands here.", f"No cell stands here. {sentence}")
    save(load_book(root))
    plain_book(mean=140)
    found = diff(root, "--format", "json")
    assert found.exit_code == 1
    turned = {t["kind"]: t for t in json.loads(found.stdout)["turned"]}
    assert turned["verdict"] == {
        "kind": "verdict", "name": "tall", "where": "notes/a-note.yml", "says": "The simulated rows are tall.",
        "finding": "heights.mean", "old": "supported", "new": "contradicted", "note": "",
    }  # fmt: skip
    assert turned["condition"] == {
        "kind": "condition", "name": "heights.mean is larger than 185", "where": "chapters/03-words.qmd:3",
        "says": "The rows are tall.", "finding": "heights.mean", "old": "holds", "new": "does not hold", "note": "",
    }  # fmt: skip
    edit(root / "notes/a-note.yml", "at_most: 150", "at_most: 130")
    assert "the rule is another too" in diff(root).stdout


def test_a_file_is_written_whole(plain_book: Callable[..., Path], diff: Callable[..., Result]) -> None:
    root = plain_book(mean=1)
    save(load_book(root))
    write_findings(root, mean=2)
    done = diff(root, "--format", "html", "--output", "out/diff.html")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "what differs" in done.stderr
    assert (root / "out/diff.html").read_text(encoding="utf-8").endswith("</html>\n")
    assert [path.name for path in (root / "out").iterdir()] == ["diff.html"]
    (root / "blocked").write_text("", encoding="utf-8")
    failed = diff(root, "--output", "blocked/diff.md")
    assert isinstance(failed.exception, BookError)
    assert "blocked/diff.md: cannot be written" in str(failed.exception)


def test_two_saved_builds_are_compared_by_name(plain_book: Callable[..., Path], diff: Callable[..., Result]) -> None:
    root = plain_book(mean=1)
    one = save(load_book(root))
    write_findings(root, mean=-2)
    two = save(load_book(root))
    write_findings(root, mean=9)
    found = json.loads(diff(root, one.name, two.name, "--format", "json").stdout)
    assert (found["old"], found["new"]) == (f"build {one.name}", f"build {two.name}")
    assert found["counts"]["signs"] == 1
    assert diff(root, "previous", "last", "--tolerance", "absolute=3").exit_code == 0
    assert diff(root, "last").exit_code == 1


def test_right_after_a_build_the_earlier_ones_are_named(
    plain_book: Callable[..., Path], diff: Callable[..., Result]
) -> None:
    root = plain_book(mean=1)
    one = save(load_book(root))
    write_findings(root, mean=2)
    save(load_book(root))
    found = diff(root)
    assert found.exit_code == 0
    assert f"Earlier builds: {one.name} (`report diff previous`)." in found.stderr


def test_without_a_saved_build_it_says_what_to_do(plain_book: Callable[..., Path], diff: Callable[..., Result]) -> None:
    failed = diff(plain_book(mean=1))
    assert isinstance(failed.exception, BookError)
    assert "run `report build` first, or name a Git revision" in str(failed.exception)


def test_findings_that_cannot_be_read_name_the_edition(
    plain_book: Callable[..., Path], diff: Callable[..., Result]
) -> None:
    root = plain_book(mean=1)
    folder = save(load_book(root))
    (folder / "bld/findings/heights.json").write_text("{", encoding="utf-8")
    failed = diff(root)
    assert isinstance(failed.exception, BookError)
    assert f"build {folder.name}: heights.json: not valid JSON" in str(failed.exception)
