"""The report itself, printed in a copy of the project."""

import io
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import expect
from pypdf import PdfReader
from rich.console import Console

from analysis.data.tables import load_programme_units
from analysis.findings import Finding, load_all
from analysis.paths import ROOT
from analysis.present.numbers import finding
from analysis.records import VALIDATION
from analysis.results.counties import OUTCOMES, SPECIFICATIONS
from publishing.build import build
from publishing.errors import ExecutionError
from publishing.freshness import output_hashes
from publishing.progress import Progress
from publishing.project import load_book
from publishing.quarto import find_quarto
from publishing.status import status_of
from tests.browser import WIDTHS, needs_browser, opened_browser, overflowing, served, violations, watched_page
from tests.publishing.conftest import edit
from tests.publishing.pages import check_links, pages

QUARTO = find_quarto()
MADE = shutil.ignore_patterns(
    ".git", ".venv", "_book", "bld", ".quarto", ".pytask", "pytask.lock", "__pycache__", ".*_cache", ".hypothesis"
)


def copy_project(folder: Path) -> Path:
    shutil.copytree(ROOT, folder / "report", ignore=MADE)
    return folder / "report"


def make(root: Path, engine: str = "embedded") -> str:
    said = io.StringIO()
    build(load_book(root), engine, ["html", "pdf"], Progress(Console(file=said, width=300)))
    return said.getvalue()


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = copy_project(tmp_path_factory.mktemp("project"))
    make(root)
    return root


@needs_browser
def test_every_page_holds_in_a_browser(project: Path) -> None:
    """No complaint of the browser, nothing that axe-core finds, nothing wider than the screen, in light and dark."""
    book = project / "_book"
    screens = [(width, "light") for width in WIDTHS] + [(WIDTHS[-1], "dark")]
    with served(book) as site, opened_browser() as browser:
        for name in pages(book):
            for width, scheme in screens:
                with watched_page(browser, site, width, scheme) as (page, complaints):
                    page.goto(f"{site}/{name}")
                    found = violations(page) if width != WIDTHS[1] else []
                    assert (name, width, scheme, complaints, found, overflowing(page)) == (
                        name,
                        width,
                        scheme,
                        [],
                        [],
                        [],
                    )


@needs_browser
def test_the_search_of_the_report_finds_a_phrase(project: Path) -> None:
    with served(project / "_book") as site, opened_browser() as browser, watched_page(browser, site) as (page, _):
        page.goto(f"{site}/index.html")
        page.locator("#search").fill("minimum detectable effect")
        expect(page.locator(".results a").first).to_be_visible()
        expect(page.locator(".results")).to_contain_text("detectable")


def pdf_text(root: Path) -> str:
    return "".join(page.extract_text() for page in PdfReader(root / "_book/county-towns.pdf").pages)


def check_book(root: Path) -> None:
    """What must hold of the printed report, whichever engine printed it."""
    book = root / "_book"
    found = pages(book)
    assert sorted(found) == sorted(entry.page for entry in load_book(root).entries)
    assert [p.name for p in book.rglob("*.pdf")] == ["county-towns.pdf"]
    pdf = pdf_text(root)
    for text in [pdf, *(page.text for page in found.values())]:
        assert not re.search(r"\?@|\?(fig|tbl|eq|sec)-|\?\?|RESULT|np\.float|\{python\}|Traceback|Warning", text)
    for page in found.values():
        assert all(page.alts), "a picture has no alternative text"
    effect = finding("long_difference.urban_share.effect", digits=1, folder=root / "bld/findings")
    for name in ("chapters/00-summary.html", "chapters/07-urbanization.html"):
        assert str(effect) in found[name].text
        assert str(effect.interval) in found[name].text
    assert str(effect.chinese_interval) in found["index.html"].text
    assert str(effect) in pdf.replace("\n", " ")
    assert str(effect.interval) in pdf.replace("\n", " ")
    for name in ("河南", "滑县", "百城建设提质工程"):
        assert name in pdf


def test_the_report_is_whole(project: Path) -> None:
    check_book(project)
    check_links(project / "_book")


def test_every_unit_of_the_programme_can_be_found_in_the_pdf(project: Path) -> None:
    pdf = pdf_text(project)
    assert [name for name in load_programme_units()["name"] if name not in pdf] == []


def test_what_the_text_says_of_the_numbers_holds(project: Path) -> None:
    """Sentences of the summary and of the chapter on urbanization, as conditions on the findings."""
    known = load_all(project / "bld/findings")

    def of(key: str) -> Finding:
        return known[f"long_difference.{key}"]

    def value(key: str) -> float:
        return of(key).value

    for name in OUTCOMES:
        for specification in SPECIFICATIONS:
            effect = of(f"{name}.{specification}.effect")
            assert effect.interval is not None
            low, high = effect.interval
            assert low < 0 < high, f"{effect.key}: the text says that it cannot be told from nought"
            for variant in ("no_zones", "without_treated"):
                assert (of(f"{name}.{specification}.{variant}").p_value or 0) > 0.05, "neither changes what can be said"
    assert value("family.rejected") == 0
    assert value("urban_share.effect.detectable") > value("urban_share.change.treated") / 2
    lowest, highest = of("urban_share.effect").interval or (0, 0)
    assert lowest < -5 and highest > 5, "the text says that sizeable gains or losses cannot be ruled out"
    assert 0 < value("urban_share.effect") < value("urban_share.raw.effect"), "the text speaks of a smaller lead"
    assert value("urban_share.own.slope") < 0
    spread = value("urban_share.raw.effect.detectable") / 2.8
    assert spread > value("urban_share.raw.effect"), "other provinces differ from their neighbours by more than that"
    shares = {
        p: value(f"urban_share.by_province.{p}") for p in ("hebei", "henan", "anhui", "shaanxi", "hubei", "shanxi")
    }
    shares["shandong"] = value("urban_share.by_province.shandong")
    assert min(shares.values()) < shares["henan"] < max(shares.values())
    assert value("urban_share.start.treated") < value("urban_share.start.comparison")

    assert of("urban_share.effect").value == of("urban_share.share.effect").value
    farms = of("agricultural_employment.effect")
    assert farms.value < -5, "the text says that it is large"
    assert value("agricultural_employment.start.treated") > value("agricultural_employment.start.comparison")
    elsewhere = of("migrants_other_province.share.effect.p_studentized")
    assert elsewhere.value == elsewhere.smallest_p, "the text says that it is the largest of all in its own error"
    assert (of("migrants_other_province.share.effect").p_value or 0) > 0.25, "the text says that it is ordinary"
    assert value("migrants_other_province.effect") < 0
    assert value("log_population.change.comparison") < value("log_population.change.treated") < 0

    sizes = [value(f"log_population.{s}.effect") for s in ("own", "raw", "share")]
    assert sizes == sorted(sizes)
    assert sizes[2] > 2 * sizes[0]
    assert value("balance.log_population.before") > 0.5
    assert value("balance.agricultural_employment.before") > 0.25
    assert value("balance.piped_water.before") < -0.5
    for name in OUTCOMES:
        methods = [of(f"{name}.adjusted.{m}") for m in ("regression", "doubly_robust", "balanced")]
        values = [m.value for m in methods]
        assert max(values) - min(values) < min(m.detectable or 0 for m in methods) / 4, "the text says that they agree"
        for m in methods:
            assert (m.p_value or 0) > (m.smallest_p or 0) * 1.01, "the text says that Henan is nowhere the extreme"
        for m in methods[1:]:
            assert 65 < known[f"{m.key}.effective"].value < 105
            assert (known[f"{m.key}.effective"].n or 0) > 500

    sample = pd.read_csv(project / "bld/samples/long_difference.csv", dtype={"code": str, "prefecture": str})
    henan = sample[sample["treated"] == 1].set_index("code")
    assert henan["urban_share"].idxmax() == "410122", "the text says that Zhongmu is the darkest unit"
    assert henan.groupby("prefecture")["urban_share"].mean().idxmax() == "41 洛阳市", "the text names Luoyang"
    likeness = pd.read_csv(project / "bld/samples/long_difference_likeness.csv")
    assert (likeness.loc[likeness["treated"] == 1, "probability"] < 0.05).mean() < 0.15, "as few in Henan do"
    assert value("programme.lost_population") > value("programme.units") / 2
    assert value("not_comparable.treated") < value("not_comparable.comparison")


def test_the_copy_was_made_from_its_own_files(project: Path) -> None:
    document = json.loads((project / "bld/findings/long_difference.json").read_text(encoding="utf-8"))
    assert len(document["findings"]) > 20
    assert not list((project / "bld/findings").glob("*.partial"))


def test_a_second_build_does_nothing(project: Path) -> None:
    assert make(project) == "_book/ is up to date: nothing to do.\n"


def test_a_missing_finding_is_named_with_its_neighbours_and_the_book_kept(project: Path) -> None:
    before = output_hashes(project / "_book")
    edit(project / "chapters/00-summary.qmd", "urban_share.raw.effect", "urban_share.raw.efect")
    with pytest.raises(ExecutionError) as caught:
        make(project)
    edit(project / "chapters/00-summary.qmd", "urban_share.raw.efect", "urban_share.raw.effect")
    assert re.search(
        r"chapters/00-summary\.qmd:\d+: .*urban_share\.raw\.efect.*urban_share\.raw\.effect",
        str(caught.value),
    )
    assert output_hashes(project / "_book") == before


def test_a_changed_record_makes_the_chapters_that_print_it_stale(project: Path) -> None:
    record = project / VALIDATION.relative_to(ROOT)
    before = record.read_bytes()
    record.write_bytes(before.rstrip() + b"\n\n")
    lines = [str(line) for line in status_of(load_book(project)).lines()]
    record.write_bytes(before)
    chapters = ("A3-validation", "A6-replication")
    assert lines == [f"chapters/{name} : {VALIDATION.relative_to(ROOT).as_posix()} changed" for name in chapters]


def test_a_bad_cell_of_a_table_stops_the_build_with_its_place(project: Path) -> None:
    before = output_hashes(project / "_book")
    census = project / "data/census.csv"
    text = census.read_text(encoding="utf-8")
    line = next(i for i, row in enumerate(text.splitlines(), start=1) if row.startswith("410122,2010"))
    census.write_text(text.replace("\n410122,2010,", "\n410122,1910,"), encoding="utf-8")
    done = subprocess.run(
        [Path(sys.executable).with_name("report"), "build", "--engine", "embedded"],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    census.write_text(text, encoding="utf-8")
    assert done.returncode == 1
    for part in ("census.csv", str(line), "year", "1910"):
        assert part in done.stderr
    assert output_hashes(project / "_book") == before


@pytest.mark.skipif(QUARTO is None or not QUARTO.new_enough, reason="Quarto 1.9 or later is not on the path")
def test_quarto_prints_the_report(tmp_path: Path) -> None:
    root = copy_project(tmp_path)
    make(root, engine="quarto")
    check_book(root)
