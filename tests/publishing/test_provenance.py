import csv
import json
import os
import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from pypdf import PdfReader

from publishing.cli import report
from publishing.errors import UnresolvedError
from publishing.executed import kept_path
from publishing.explain import explain, for_quarto
from publishing.files import read_json, write_json
from publishing.findings import load
from publishing.fingerprint import code_hash, file_hash
from publishing.history import read_history
from publishing.kernel.recorder import record_of
from publishing.press import folds
from publishing.project import load_book
from publishing.provenance import number_words, provenance_hash, read_provenance
from publishing.quarto import find_quarto
from publishing.references import scan
from publishing.source import read_source
from tests.publishing.conftest import TRACKED, copy_press, edit, make
from tests.publishing.pages import check_links, pages

FOUND = find_quarto()
needs_quarto = pytest.mark.skipif(
    FOUND is None or not FOUND.new_enough, reason="Quarto 1.9 or later is not on the path"
)
HEIGHTS = "chapters/01-heights.qmd"


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tracked book, printed once; tests that change it take a copy."""
    root = tmp_path_factory.mktemp("printed") / "book"
    shutil.copytree(TRACKED, root, ignore=shutil.ignore_patterns("__pycache__"))
    make(root)
    return root


@pytest.fixture
def copied(printed: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(printed, tmp_path / "book"))


class Folds(HTMLParser):
    """The text and links of each `<details>` of a page, by what stands before it; and tags left open within."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: dict[str, str] = {}
        self.links: dict[str, list[str]] = {}
        self.last = ""
        self.inside: str | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "figure":
            self.last = str(given.get("id"))
        if tag == "details":
            assert self.inside is None
            self.inside = given.get("id") or self.last
            self.found[self.inside], self.links[self.inside] = "", []
        if self.inside is not None and tag == "a":
            self.links[self.inside].append(str(given["href"]))

    def handle_endtag(self, tag: str) -> None:
        if tag == "details":
            self.inside = None
        elif self.inside is not None and tag in ("dt", "dd", "li", "summary", "p"):
            self.found[self.inside] += "\n"

    def handle_data(self, data: str) -> None:
        if self.inside is not None:
            self.found[self.inside] += data


def folds_of(root: Path, page: str = "chapters/01-heights.html") -> Folds:
    return Folds((root / "_book" / page).read_text(encoding="utf-8"))


def line_of(path: Path, text: str) -> int:
    return next(i for i, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1) if text in line)


def sources_of(root: Path) -> tuple:
    book = load_book(root)
    return book, [read_source(root, entry.path) for entry in book.entries]


def listed(root: Path) -> list[dict[str, Any]]:
    book, sources = sources_of(root)
    return folds.index(read_provenance(book, sources, "embedded"), scan(book, sources)[0])


def git(root: Path, *arguments: str) -> str:
    identity = {"GIT_AUTHOR_NAME": "t", "GIT_AUTHOR_EMAIL": "t", "GIT_COMMITTER_NAME": "t", "GIT_COMMITTER_EMAIL": "t"}
    day = "2001-02-03T04:05:06+0000"
    environment = os.environ | identity | {"GIT_AUTHOR_DATE": day, "GIT_COMMITTER_DATE": day}
    environment |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(
        ["git", *arguments], cwd=root, env=environment, capture_output=True, text=True, check=True
    )  # fmt: skip
    return done.stdout.strip()


def commit(root: Path, message: str) -> str:
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", message)
    return git(root, "rev-parse", "HEAD")


# What a page tells ------------------------------------------------------------------------------------


def test_below_a_table_stands_how_it_was_made(printed: Path) -> None:
    fold = folds_of(printed).found["tbl-heights"]
    line = line_of(printed / "tiny/show.py", "def table(")
    cell = line_of(printed / HEIGHTS, "label: tbl-heights") - 1
    assert f"tiny.show.table, tiny/show.py:{line}; the cell at {HEIGHTS}:{cell}" in fold
    assert "heights.mean 180 points none" in fold
    assert "heights.range 20 points …" in fold  # the same specification as the one before
    assert fold.count("3 simulated rows") == 1
    digest = file_hash(printed / "data/heights.csv")
    assert f"data/heights.csv {digest[:10]}" in fold
    code = read_json(printed / "bld/findings/heights.json")["made_from"]["code"]
    assert f"bld/findings/heights.json, by {len(code)} modules" in fold
    assert "not under version control" in fold
    html = (printed / "_book/chapters/01-heights.html").read_text(encoding="utf-8")
    assert f'title="SHA-256 {digest}"' in html
    assert html.index("</figure>") < html.index("How this was made") < html.index("has the range as")


def test_the_fold_links_to_a_csv_of_the_numbers_shown(printed: Path) -> None:
    (link,) = folds_of(printed).links["tbl-heights"]
    with (printed / "_book/chapters" / link).open(encoding="utf-8", newline="") as stream:
        assert list(csv.reader(stream)) == [
            ["Key", "Value"], ["heights.mean", "180 points"], ["heights.range", "20 points"],
        ]  # fmt: skip
    check_links(printed / "_book")


def test_every_number_in_prose_leads_to_its_finding(printed: Path) -> None:
    html = (printed / "_book/chapters/01-heights.html").read_text(encoding="utf-8")
    (target, title, words) = re.findall(r'<a class="found" href="#([^"]+)" title="([^"]+)">([^<]+)</a>', html)[0]
    assert (title, " ".join(words.split())) == ("heights.mean", "180 points")
    entry = re.search(rf'<li id="{re.escape(target)}">(.*?)</li>', html)
    assert entry is not None
    assert "<code>heights.mean</code> <strong>180 points</strong> 3 simulated rows; none" in entry[1]
    assert f"line {line_of(printed / HEIGHTS, 'The mean height')}" in entry[1]
    assert (
        f"data/heights.csv {file_hash(printed / 'data/heights.csv')[:10]}" in folds_of(printed).found["report-numbers"]
    )


def test_every_finding_is_reachable_from_the_page_where_it_is_printed(printed: Path) -> None:
    for chapter in (HEIGHTS, "chapters/02-weights.qmd"):
        keys = {key for step in read_json(record_of(printed, chapter))["steps"] for key in step["findings"]}
        page = folds_of(printed, chapter.replace(".qmd", ".html"))
        assert keys
        for key in keys:
            assert any(key in text for text in page.found.values())


def test_a_number_from_no_finding_leads_to_its_code_and_data(printed: Path) -> None:
    fold = folds_of(printed, "chapters/02-weights.html").found["report-numbers"]
    assert "csv.DictReader(open(" in fold
    assert f"data/weights.csv {file_hash(printed / 'data/weights.csv')[:10]}" in fold.partition("From no finding:")[2]


def test_a_chapter_without_numbers_has_no_fold(printed: Path) -> None:
    assert folds_of(printed, "chapters/03-words.html").found == {}


def test_the_pdf_has_an_index_and_no_folds(printed: Path) -> None:
    text = " ".join("".join(p.extract_text() + " " for p in PdfReader(printed / "_book/tracked.pdf").pages).split())
    index = text.rpartition("How tables and figures were made")[2].replace("\u00a0", " ")
    line = line_of(printed / "tiny/show.py", "def table(")
    digest = file_hash(printed / "data/heights.csv")[:10]
    assert (
        f"Table 1.1. Simulated heights. Made by tiny.show.table (tiny/show.py:{line}). Findings: heights.mean, heights.range."
        in index
    )
    index = index.replace(" ", "")  # a line may break within a path
    assert f"Data:data/heights.csv{digest}.Lastrevisionofitsinputs:notunderversioncontrol." in index
    for words in ("How this was made", "Numbers in this chapter", "report-heights"):
        assert words not in text


def test_the_index_shortens_long_lists(copied: Path) -> None:
    kept = read_json(kept_path(load_book(copied), HEIGHTS))
    kept["record"]["steps"][-1]["findings"] = [f"heights.x{i}" for i in range(9)]
    write_json(kept_path(load_book(copied), HEIGHTS), kept)
    (entry,) = listed(copied)
    assert (len(entry["findings"]), entry["more"]) == (6, 3)


def test_the_same_book_gives_the_same_bytes(copied: Path, printed: Path) -> None:
    shutil.rmtree(copied / "_book")
    make(copied)
    for path in sorted((printed / "_book/chapters").rglob("*.html")):
        assert (copied / "_book/chapters" / path.name).read_bytes() == path.read_bytes()


def test_text_is_escaped_everywhere(copied: Path) -> None:
    bad = "<script>alert(\"1\")</script> & 'x' 河南"
    findings = copied / "bld/findings/heights.json"
    document = json.loads(findings.read_text(encoding="utf-8"))
    for entry in document["findings"].values():
        entry |= {"unit": bad, "sample": bad, "specification": bad}
    document["made_from"]["data"] = {f"data/{bad}.csv": "0" * 64}
    findings.write_text(json.dumps(document), encoding="utf-8")
    kept = read_json(kept_path(load_book(copied), HEIGHTS))
    for step in kept["record"]["steps"]:
        step["findings"] = [*step["findings"], bad]
        step["function"] = {"name": bad, "file": bad, "line": 1}
    write_json(kept_path(load_book(copied), HEIGHTS), kept)
    made = read_provenance(*sources_of(copied), "embedded")
    shown = made.shown[HEIGHTS]
    texts = [folds.fold(made, made.floats()[0]), str(folds.numbers(made, HEIGHTS)), *map(str, map(folds.link, shown))]
    for text in texts:
        assert "<script" not in text
        assert "alert" not in text or "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#x27;x&#x27;" in text
    assert 'lang="zh-CN">河南' in texts[0]
    (entry,) = listed(copied)
    assert bad in entry["by"]  # plain text: the engine escapes it
    assert "<script" not in entry["html"]


def test_the_index_is_text_and_no_markup(copied: Path) -> None:
    """What stands in a findings file or a path is printed in the PDF as it is."""
    odd = "a_b*c$x$ #import @fig-x `q` [l](u) // ~"
    from publishing.press import READER, run_pandoc

    entry = {"id": "tbl-heights", "by": odd, "findings": [odd], "more": 0, "data": [odd], "revision": odd}
    text = "# T {#sec-t}\n\n::: {.report-cell n=0}\n:::\n"
    step = {"label": "tbl-heights", "caption": "C", "echo": False, "code": "", "outputs": []}
    chapter = {"path": "index.qmd", "page": "index.html", "appendix": False, "text": text, "steps": [step], "key": "1"}
    out = copied / "odd"
    out.mkdir()
    manifest = {
        "task": "print", "press": "1", "kept": str(out), "reader": READER, "cell_class": "report-cell", "inline_class": "report-inline", "title": "T",
        "authors": ["A"], "lang": "en", "bibliography": [], "out": str(out), "html": False, "typst": "book.typ",
        "search": False, "fonts": ["Libertinus Serif"], "chapters": [chapter], "made": [entry],
    }  # fmt: skip
    run_pandoc(manifest)
    import typst

    typst.compile(str(out / "book.typ"), output=str(out / "book.pdf"), ignore_system_fonts=True)
    pdf = " ".join("".join(p.extract_text() for p in PdfReader(out / "book.pdf").pages).split())
    for before, after in (("Made by ", "."), ("Findings: ", "."), ("Data: ", "."), ("of its inputs: ", ".")):
        assert f"{before}{odd}{after}" in pdf


# The last revision ------------------------------------------------------------------------------------


def test_the_last_revision_is_that_of_the_inputs(copied: Path) -> None:
    (copied / ".gitignore").write_text("bld\n_book\n.pytask\n__pycache__\n", encoding="utf-8")
    git(copied, "init", "-q")
    first = commit(copied, "all")
    edit(copied / "data/weights.csv", "c,95", "c,96")
    second = commit(copied, "weights")
    made = read_provenance(*sources_of(copied), "embedded")
    (table,) = made.floats()
    assert made.revision(table) == f"2001-02-03, revision {first[:10]}"
    weight = next(shown for shown in made.shown["chapters/02-weights.qmd"] if shown.findings)
    assert made.revision(weight) == f"2001-02-03, revision {second[:10]}"
    edit(copied / "tiny/show.py", "def finding", "# a comment\ndef finding")
    third = commit(copied, "function")
    assert read_provenance(*sources_of(copied), "embedded").revision(table) == f"2001-02-03, revision {third[:10]}"
    edit(copied / "data/heights.csv", "c,190", "c,191")
    changed = read_provenance(*sources_of(copied), "embedded").revision(table)
    assert changed == f"2001-02-03, revision {third[:10]}; changed since, in no revision yet: data/heights.csv"


def test_a_merge_that_changes_a_file_counts(copied: Path) -> None:
    (copied / ".gitignore").write_text("bld\n_book\n.pytask\n__pycache__\n", encoding="utf-8")
    git(copied, "init", "-q", "-b", "one")
    commit(copied, "all")
    git(copied, "checkout", "-q", "-b", "two")
    edit(copied / "data/heights.csv", "c,190", "c,191")
    commit(copied, "two")
    git(copied, "checkout", "-q", "one")
    edit(copied / "data/heights.csv", "c,190", "c,192")
    commit(copied, "one")
    subprocess.run(["git", "merge", "-q", "two"], cwd=copied, capture_output=True, check=False)
    (copied / "data/heights.csv").write_text("name,height\na,170\nb,180\nc,193\n", encoding="utf-8")
    merge = commit(copied, "merged")
    assert read_history(copied, copied / "bld").words(["data/heights.csv"]).endswith(merge[:10])


def test_without_git_there_is_no_revision(copied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert read_history(copied, copied / "bld").words(["data/heights.csv"]) == "not under version control"


def test_a_commit_alone_makes_the_pages_anew(copied: Path) -> None:
    (copied / ".gitignore").write_text("bld\n_book\n.pytask\n__pycache__\n", encoding="utf-8")
    git(copied, "init", "-q")
    first = commit(copied, "all")
    said = make(copied)
    assert "is executed" not in said
    assert f"2001-02-03, revision {first[:10]}" in folds_of(copied).found["tbl-heights"]
    (copied / "notes.txt").write_text("of no chapter\n", encoding="utf-8")
    commit(copied, "elsewhere")
    assert "up to date" in make(copied)


# Functions, files, and what is kept ---------------------------------------------------------------------


def test_a_function_is_told_where_it_stands_now(copied: Path) -> None:
    """A comment re-executes nothing, and the pages are those of a build from nothing."""
    before = provenance_hash(*sources_of(copied), "embedded")
    edit(copied / "tiny/show.py", "class Shown", "# one\n# two\nclass Shown")
    assert provenance_hash(*sources_of(copied), "embedded") != before
    said = make(copied)
    assert "is executed" not in said
    line = line_of(copied / "tiny/show.py", "def table(")
    assert f"tiny/show.py:{line}" in folds_of(copied).found["tbl-heights"]


def test_the_numbers_hash_is_blind_to_words(copied: Path) -> None:
    before = provenance_hash(*sources_of(copied), "embedded")
    edit(copied / "chapters/03-words.qmd", "No cell", "Still no cell")
    assert provenance_hash(*sources_of(copied), "embedded") == before


def test_a_name_that_holds_a_finding_leads_to_it(copied: Path) -> None:
    edit(copied / HEIGHTS, "from tiny.show import finding, table\n", "from tiny.show import finding, table\n\n"
         'reach = finding("heights.range")\nmean = finding("heights.mean")\n')  # fmt: skip
    edit(copied / HEIGHTS, '`{python} finding("heights.mean")`', "`{python} reach`")
    make(copied)
    html = (copied / "_book/chapters/01-heights.html").read_text(encoding="utf-8")
    assert 'href="#report-heights.range" title="heights.range"' in html


def test_data_that_were_read_once_count_for_what_follows(copied: Path) -> None:
    edit(
        copied / "chapters/02-weights.qmd",
        "The mean weight",
        "```{python}\nrows = len(open('data/weights.csv', encoding='utf-8').readlines())\n```\n\n"
        "Of `{python} rows` lines. The mean weight",
    )
    make(copied, formats=("html",))
    made = read_provenance(*sources_of(copied), "embedded")
    shown = next(s for s in made.shown["chapters/02-weights.qmd"] if s.step.code == "rows")
    assert (dict(shown.files or {}).keys(), shown.earlier) == ({"data/weights.csv"}, True)


def test_what_else_a_task_makes_is_traced_to_its_data(copied: Path) -> None:
    record = read_json(copied / "bld/pipeline.json")
    record["tasks"][0]["produces"]["bld/points/heights.csv"] = "0" * 64
    record["tasks"].append({
        "name": "task_alone", "produces": {"bld/points/alone.csv": "0" * 64},
        "depends": {"data/weights.csv": "1" * 64, "tiny/rounding.py": "2" * 64},
    })  # fmt: skip
    write_json(copied / "bld/pipeline.json", record)
    made = read_provenance(*sources_of(copied), "embedded")
    (own,) = made.documents([], ["bld/points/heights.csv"])
    assert (own.name, list(own.data)) == ("bld/findings/heights.json", ["data/heights.csv"])
    (alone,) = made.documents([], ["bld/points/alone.csv"])
    assert (list(alone.data), list(alone.code)) == (["data/weights.csv"], ["tiny/rounding.py"])


def test_a_finding_that_is_gone_is_told_so(copied: Path) -> None:
    document = read_json(copied / "bld/findings/heights.json")
    del document["findings"]["heights.range"]
    write_json(copied / "bld/findings/heights.json", document)
    made = read_provenance(*sources_of(copied), "embedded")
    assert "<code>heights.range</code> is found no more" in folds.fold(made, made.floats()[0])
    assert "heights.range: no longer among the findings" in explain(load_book(copied), "tbl-heights")


@pytest.mark.parametrize(
    ("value", "words"),
    [(180.0, "180"), (-0.25, "−0.25"), (1234567.8, "1,234,568"), (1e-9, "1e−09"), (12345.678, "12,345.7")],
)
def test_numbers_are_shown_in_full_enough(value: float, words: str) -> None:
    assert number_words(value) == words


# report explain -----------------------------------------------------------------------------------------


def test_explain_a_finding(printed: Path) -> None:
    said = explain(load_book(printed), "heights.mean").splitlines()
    assert said[0] == "heights.mean: 180 points"
    cell = line_of(printed / HEIGHTS, "label: tbl-heights") - 1
    for line in (
        "  sample: 3 simulated rows",
        "  specification: none",
        f"    data/heights.csv  SHA-256 {file_hash(printed / 'data/heights.csv')}, as on disk",
        f"    tiny/means.py  SHA-256 {code_hash(printed / 'tiny/means.py')}, as on disk",
        f'    {HEIGHTS}:{line_of(printed / HEIGHTS, "The mean height")}  `finding("heights.mean")`',
        f"    {HEIGHTS}:{cell}  tbl-heights: Simulated heights",
    ):
        assert line in said


def test_explain_tells_what_else_a_finding_has(copied: Path) -> None:
    document = read_json(copied / "bld/findings/heights.json")
    document["findings"]["heights.mean"] |= {"interval": [-1, 2.5], "level": 0.95, "p_value": 0.25, "n": 3}
    write_json(copied / "bld/findings/heights.json", document)
    said = explain(load_book(copied), "heights.mean")
    for words in ("interval: −1 to 2.5", "level of the interval: 0.95", "p-value: 0.25", "n: 3"):
        assert f"  {words}\n" in said


def test_explain_says_whether_the_inputs_are_still_what_is_on_disk(copied: Path) -> None:
    edit(copied / "data/heights.csv", "c,190", "c,191")
    edit(copied / "tiny/rounding.py", "3)", "4)")
    edit(copied / "tiny/means.py", "import csv\n", "# a comment changes no code\nimport csv\n")
    said = explain(load_book(copied), "heights.mean")
    assert re.search(r"data/heights\.csv .*, changed on disk since", said)
    assert re.search(r"tiny/rounding\.py .*, changed on disk since", said)
    assert re.search(r"tiny/means\.py .*, as on disk", said)
    (copied / "data/heights.csv").unlink()
    assert re.search(r"data/heights\.csv .*, no longer on disk", explain(load_book(copied), "heights.mean"))


def test_explain_a_label_and_a_place(printed: Path) -> None:
    label = explain(load_book(printed), "tbl-heights")
    cell = line_of(printed / HEIGHTS, "label: tbl-heights") - 1
    assert label == explain(load_book(printed), f"{HEIGHTS}:{cell + 3}")
    line = line_of(printed / "tiny/show.py", "def table(")
    assert f"made by tiny.show.table (tiny/show.py:{line})" in label
    assert "heights.range: 20 points; 3 simulated rows; none" in label
    assert re.search(r"data/heights\.csv .*, as on disk", label)
    place = explain(load_book(printed), f"{HEIGHTS}:{line_of(printed / HEIGHTS, 'The mean height')}")
    assert "heights.mean: 180 points; 3 simulated rows; none" in place
    assert "heights.range" not in place


@pytest.mark.parametrize(
    ("asked", "near"),
    [
        ("heights.maen", "heights.mean"),
        ("tbl-hieghts", "tbl-heights"),
        ("chapters/01-height.qmd:7", "chapters/01-heights.qmd"),
        ("chapters/01-heights.qmd:1", "chapters/01-heights.qmd:3"),
    ],
)
def test_explain_names_the_nearest(printed: Path, asked: str, near: str) -> None:
    with pytest.raises(UnresolvedError) as caught:
        explain(load_book(printed), asked)
    assert f"the nearest are {near}" in str(caught.value)


def test_explain_where_nothing_was_made_yet(tracked_book: Path) -> None:
    with pytest.raises(UnresolvedError, match=r"`report build` makes them"):
        explain(load_book(tracked_book), "heights.mean")
    assert "`report build` runs it" in explain(load_book(tracked_book), "tbl-heights")


def test_the_command(printed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(printed / "chapters")
    done = CliRunner().invoke(report, ["explain", "heights.range"])
    assert (done.exit_code, done.output.splitlines()[0]) == (0, "heights.range: 20 points")
    assert "provenance" not in CliRunner().invoke(report, ["--help"]).output


# Quarto ---------------------------------------------------------------------------------------------------


def test_what_quarto_asks_for_is_what_the_embedded_engine_prints(printed: Path) -> None:
    answer = for_quarto(load_book(printed), str(printed / HEIGHTS), index=True)
    html = (printed / "_book/chapters/01-heights.html").read_text(encoding="utf-8")
    assert answer["folds"]["tbl-heights"] in html
    assert answer["numbers"] in html
    assert answer["index"][0]["id"] == "tbl-heights"


@needs_quarto
def test_quarto_prints_the_same(tracked_book: Path, made: Callable[..., str]) -> None:
    copy_press(tracked_book, "provenance.lua")
    edit(
        tracked_book / "_quarto.yml",
        "  pre-render: report prepare\n",
        "  pre-render: report prepare\n  post-render: report provenance --after\n"
        "filters: [typst.lua, {path: provenance.lua, at: pre-ast}]\n",
    )
    made(tracked_book, engine="quarto")
    answer = for_quarto(load_book(tracked_book), HEIGHTS, index=False)
    page = folds_of(tracked_book)
    fold = "\n".join(Folds(answer["folds"]["tbl-heights"]).found.values())
    assert "heights.range 20 points" in fold
    assert page.found["report-numbers"].split() == Folds(str(answer["numbers"])).found["report-numbers"].split()
    assert fold.split() in [text.split() for text in page.found.values()]
    check = pages(tracked_book / "_book")["chapters/01-heights.html"]
    assert "tbl-heights" in check.ids
    weights = folds_of(tracked_book, "chapters/02-weights.html").found["report-numbers"]
    assert "weights.mean 75 points" in weights
    assert (tracked_book / "_book/chapters/01-heights_files/tbl-heights.csv").is_file()
    text = "".join(p.extract_text() + " " for p in PdfReader(tracked_book / "_book/tracked.pdf").pages)
    index = " ".join(text.split()).rpartition("How tables and figures were made")[2].replace("\u00a0", " ")
    assert "Table 1.1. Simulated heights. Made by tiny.show.table" in index
    # An inline expression is a step of its own, and not part of the cell before it.
    steps = read_json(record_of(tracked_book, HEIGHTS))["steps"]
    assert [s["findings"] for s in steps if s["code"].startswith("(finding(")] == [["heights.mean"]]
    assert all(not s["findings"] for s in steps if "import finding" in s["code"])


def test_the_data_of_a_page_are_one_file(printed: Path) -> None:
    page = (printed / "_book" / HEIGHTS).with_suffix(".html")
    name = re.findall(r'<a href="([^"]+)" download>Data of this page</a>', page.read_text(encoding="utf-8"))
    assert name == [f"{page.stem}_files/data.zip"]
    with zipfile.ZipFile(page.parent / name[0]) as archive:
        names = archive.namelist()
        assert names == ["findings.csv", "tbl-heights.csv"]
        beside = page.parent / f"{page.stem}_files" / "tbl-heights.csv"
        assert archive.read("tbl-heights.csv") == beside.read_bytes()
        rows = list(csv.DictReader(archive.read("findings.csv").decode().splitlines()))
    known = load(printed / "bld/findings")
    assert rows
    for row in rows:
        assert float(row["value"]) == known[row["key"]].value
        assert row["unit"] == known[row["key"]].unit


def test_a_csv_without_its_page_is_not_written(printed: Path, tmp_path: Path) -> None:
    from publishing.page_data import write_data

    write_data(read_provenance(*sources_of(printed), "embedded"), tmp_path)
    assert list(tmp_path.rglob("*.csv")) == []
