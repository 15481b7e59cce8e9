import json
import subprocess
import sys
from pathlib import Path

import pytest

from publishing.errors import ConfigError
from publishing.lint import lint
from publishing.lint.fixes import fix
from publishing.lint.rules import RULES
from publishing.project import load_book
from tests.publishing.conftest import edit
from tests.publishing.lint.conftest import write_book

ROOT = Path(__file__).parents[3]
REPORT = Path(sys.executable).with_name("report")
CELL = '```{python}\nfrom made import finding\n```\n\nIt is `{python} finding("made.gain")`.'


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "book"


def found(root: Path, *files: str, list_unused: bool = False) -> list[str]:
    return [f"{a.place} {a.code}" for a in lint(load_book(root), files, list_unused=list_unused).alarms]


def report(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([REPORT, "lint", *arguments], cwd=root, capture_output=True, text=True, check=False)


def record(root: Path, chapter: str, *keys: str) -> None:
    path = root / "bld/reads" / f"{chapter}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    step = {"code": "x", "files": [], "findings": list(keys), "function": None}
    path.write_text(json.dumps({"reads": {}, "steps": [step]}), encoding="utf-8")


def test_this_books_own_chapters_give_no_alarm() -> None:
    outcome = lint(load_book(ROOT))
    assert [str(alarm) for alarm in outcome.alarms] == []
    # Rules that need findings are passed over where there are none, and it is said.
    checked = (ROOT / "bld/findings").is_dir()
    assert any("L601" in note for note in outcome.notes) is not checked


def test_an_entry_that_is_never_cited_is_found_where_it_stands(root: Path) -> None:
    write_book(root, ["Words."])
    bib = root / "references.bib"
    bib.write_text(bib.read_text() + "\n@book{nobody1999,\n  title = {Unread},\n  year = {1999}\n}\n")
    assert found(root) == ["references.bib:7 L404"]
    edit(bib, "@book{nobody1999", "<!-- lint: L404 kept for the next chapter -->\n@book{nobody1999")
    assert found(root) == []
    edit(bib, "<!-- lint: L404 kept for the next chapter -->\n", "")
    edit(root / "_quarto.yml", "lang: en", 'lang: en\nnocite: "@nobody1999"')
    assert found(root) == []


def test_a_chapter_that_cannot_be_read_is_told_and_the_others_are_checked(root: Path) -> None:
    write_book(root, ["Words.\n\n```{r}\nx\n```", "It has 29 rows. See @sec-case-0 and @nowhere."])
    outcome = lint(load_book(root))
    assert [f"{a.place} {a.code}" for a in outcome.alarms] == ["c001.qmd:3 L101", "c000.qmd:5 L502"]
    assert "both engines run Python cells only" in outcome.alarms[1].message
    assert any("L403" in note for note in outcome.notes)  # what the chapter defines is not known


def test_findings_never_used_are_counted_or_listed(root: Path) -> None:
    write_book(root, [CELL])
    assert "no record of c000.qmd" in lint(load_book(root)).notes[0]
    record(root, "c000.qmd", "made.gain", "made.share")
    outcome = lint(load_book(root))
    assert outcome.alarms == []
    assert outcome.notes == ["made: 4 of 6 findings are looked up by no chapter"]
    alarms = lint(load_book(root), list_unused=True).alarms
    assert {a.code for a in alarms} == {"L201"}
    assert {a.message.split()[-1] for a in alarms} == {"made.growth", "made.units", "made.money", "made.years"}
    lines = (root / "bld/findings/made.json").read_text().splitlines()
    assert all(f'"{a.message.split()[-1]}"' in lines[a.place.line - 1] for a in alarms)


def test_rules_that_need_findings_are_passed_over_visibly(root: Path) -> None:
    write_book(root, [CELL.replace("`.", "` percentage points. <!-- lint: L601 on purpose -->")])
    assert found(root) == []
    (root / "bld/findings/made.json").unlink()
    outcome = lint(load_book(root))
    assert outcome.alarms == []  # nor is the silence called idle
    assert outcome.notes == ["not checked without findings in bld/findings/: L201 unused-finding, L601 unit"]


def test_text_in_an_included_file_has_its_own_lines(root: Path) -> None:
    write_book(root, ["First.\n\n{{< include _part.md >}}\n\nIt has 31 rows."])
    (root / "_part.md").write_text("Part.\n\nIt has 29 rows.\n\nIt has 30. <!-- lint: L101 counted -->\n")
    assert found(root) == ["c000.qmd:7 L101", "_part.md:3 L101"]
    assert found(root, "_part.md") == ["_part.md:3 L101"]


def test_what_is_safe_is_mended_and_nothing_else_changes(root: Path) -> None:
    write_book(root, ["Words.", "More."])
    before = (
        "# Case {#sec-case-0}\r\n\r\nLook at Figure @fig-shown, (Tables @tbl-shown) and the table @tbl-shown.  \r\n"
        "In `Figure @fig-shown` and Figure @fig-shown.\r\n"
        "Idle. <!-- lint: L101 nothing -->\r\n<!-- lint: L301 nothing -->\r\n"
        "It has 29 rows <!-- lint: L302, L101 counted --> in all.\r\nNo end of line"
    )
    after = (
        "# Case {#sec-case-0}\r\n\r\nLook at @fig-shown, (@tbl-shown) and the table @tbl-shown.  \r\n"
        "In `Figure @fig-shown` and Figure @fig-shown.\r\n"
        "Idle.\r\n"
        "It has 29 rows <!-- lint: L101 counted --> in all.\r\nNo end of line"
    )
    chapter, other = root / "c000.qmd", root / "c001.qmd"
    chapter.write_bytes(before.encode())
    stood = (other.read_bytes(), other.stat().st_mtime_ns)
    done = report(root, "--fix")
    assert chapter.read_bytes().decode() == after
    assert (other.read_bytes(), other.stat().st_mtime_ns) == stood
    assert done.returncode == 1
    assert [line.split(": ")[0] for line in done.stdout.splitlines()] == ["c000.qmd:3", "c000.qmd:4"]
    assert "5 mended." in done.stderr
    assert not list(root.glob(".*.partial"))


def test_a_mended_line_prints_as_before_but_for_the_word(root: Path) -> None:
    write_book(root, ["Look at Figure @fig-shown."])
    assert report(root, "--fix").returncode == 0
    assert (root / "c000.qmd").read_text() == "# Case {#sec-case-0}\n\nLook at @fig-shown.\n"


def test_all_files_are_mended_or_none(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_book(root, ["See Figure @fig-shown.", "See Table @tbl-shown."])
    book = load_book(root)
    alarms = lint(book).alarms
    write = Path.write_bytes

    def fail(self: Path, data: bytes) -> int:
        if "c001" in self.name:
            raise OSError(28, "No space left on device", str(self))
        return write(self, data)

    monkeypatch.setattr(Path, "write_bytes", fail)
    with pytest.raises(ConfigError, match="nothing was changed"):
        fix(root, alarms)
    assert "Figure @fig-shown" in (root / "c000.qmd").read_text()
    assert not list(root.glob(".*.partial"))


def test_lines_for_people_and_json_for_machines(root: Path) -> None:
    write_book(root, ["See Figure @fig-shown.", "It has 29 rows."])
    done = report(root)
    assert done.returncode == 1
    assert done.stdout.splitlines()[0].startswith("c000.qmd:3: L401 doubled-word: “Figure @fig-shown” prints")
    assert "2 found." in done.stderr
    data = json.loads(report(root, "--json", "c001.qmd").stdout)
    assert [(f["file"], f["line"], f["code"], f["name"], f["fixable"]) for f in data["found"]] == [
        ("c001.qmd", 3, "L101", "typed-number", False)
    ]
    assert data["notes"]


def test_a_book_without_faults_ends_with_0(root: Path) -> None:
    write_book(root, ["Words."])
    done = report(root)
    assert (done.returncode, done.stdout) == (0, "")
    assert "Nothing found." in done.stderr
    # A build that runs meanwhile is not disturbed: what is kept for it is written whole or not at all.
    assert [path.name for path in (root / "bld/press").iterdir()] == ["scans.json"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere.qmd"], "no file of this book"),
        (["../outside.qmd"], "no file of this book"),
        (["--loud"], "No such option"),
    ],
)
def test_errors_end_with_2(root: Path, arguments: list[str], said: str) -> None:
    write_book(root, ["Words."])
    done = report(root, *arguments)
    assert done.returncode == 2
    assert said in done.stderr


def test_outside_a_book_and_with_broken_findings_it_ends_with_2(root: Path) -> None:
    root.mkdir()
    assert report(root).returncode == 2
    write_book(root, ["Words."])
    (root / "bld/findings/made.json").write_text("{", encoding="utf-8")
    done = report(root)
    assert done.returncode == 2
    assert "made.json" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_documentation_lists_the_rules() -> None:
    rows = [f"| {r.code} | {r.name} | {r.summary} | {'yes' if r.fixable else ''} |" for r in RULES.values()]
    text = (ROOT / "docs/lint.md").read_text(encoding="utf-8")
    assert "\n".join(rows) in text
    assert report(ROOT, "--rules").stdout.splitlines()[0].startswith("L101 typed-number: ")
