"""What of a book is printed anew, and that the rest is as a build from nothing prints it."""

import re
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from publishing import embedded, press, references, site
from publishing.errors import UnresolvedError
from publishing.freshness import output_hashes
from tests.publishing.conftest import copy_small_book, edit, make

TWO = "chapters/02-two.qmd"
KINDS = ("read", "page", "typst")


@pytest.fixture
def printed(tmp_path: Path) -> Path:
    root = copy_small_book(tmp_path)
    make(root)
    return root


def kept(root: Path) -> set[str]:
    return {path.name for path in (root / "bld/press/kept").iterdir()}


def counts(names: set[str]) -> dict[str, int]:
    return {kind: sum(name.startswith(f"{kind}-") for name in names) for kind in KINDS}


def chapters(root: Path) -> int:
    return len(list((root / "_book").glob("*.html"))) + len(list((root / "_book/chapters").glob("*.html")))


def check_as_from_nothing(root: Path, folder: Path) -> None:
    """The book is that of a build from nothing, whatever was kept."""
    shutil.copytree(root, folder, ignore=shutil.ignore_patterns("_book", "bld"))
    make(folder)
    assert output_hashes(root / "_book") == output_hashes(folder / "_book")


def scanned(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The manifests of all scans from here on."""
    seen: list[dict[str, Any]] = []

    def run(manifest: dict[str, Any]) -> str:
        seen.append(manifest)
        return press.run_pandoc(manifest)

    monkeypatch.setattr(references, "run_pandoc", run)
    return seen


def test_a_prose_edit_prints_its_chapter_alone(printed: Path, tmp_path: Path) -> None:
    before = kept(printed)
    # In print the list of tables and figures is a part of its own.
    whole = dict.fromkeys(KINDS, chapters(printed)) | {"typst": chapters(printed) + 1}
    assert counts(before) == whole
    edit(printed / TWO, "see @fig-drawn", "see again @fig-drawn")
    make(printed)
    after = kept(printed)
    assert counts(after - before) == dict.fromkeys(KINDS, 1)
    assert counts(after) == whole, "what is used no more is thrown away"
    assert "see again" in (printed / "_book/chapters/02-two.html").read_text(encoding="utf-8")
    check_as_from_nothing(printed, tmp_path / "nothing")


def test_a_comment_prints_nothing_anew(printed: Path) -> None:
    before = kept(printed)
    edit(printed / TWO, "see @fig-drawn", "<!-- to be drawn better --> see @fig-drawn")
    make(printed)
    assert counts(kept(printed) - before) == {"read": 1, "page": 0, "typst": 0}


def test_a_title_is_new_on_every_page(printed: Path, tmp_path: Path) -> None:
    before = kept(printed)
    text = (printed / TWO).read_text(encoding="utf-8")
    (printed / TWO).write_text(re.sub(r"(?m)^# [^{\n]*", "# Another name ", text, count=1), encoding="utf-8")
    make(printed)
    assert counts(kept(printed) - before)["page"] == chapters(printed)
    for page in (printed / "_book").glob("*.html"):
        assert "Another name" in page.read_text(encoding="utf-8"), page.name
    check_as_from_nothing(printed, tmp_path / "nothing")


def test_a_reference_follows_what_was_put_before_it(printed: Path, tmp_path: Path) -> None:
    """The reference stands in a chapter whose own text is as it was."""
    one = printed / "chapters/01-one.qmd"
    edit(one, one.read_text(encoding="utf-8"), one.read_text(encoding="utf-8") + "\n$$ a = 1 $$ {#eq-last}\n")
    edit(printed / TWO, "see @fig-drawn", "by @eq-last, see @fig-drawn")
    make(printed)
    page = printed / "_book/chapters/02-two.html"
    number = int(re.findall(r"#eq-last\"[^>]*>Equation\s1\.(\d+)<", page.read_text(encoding="utf-8"))[0])
    text = one.read_text(encoding="utf-8")
    one.write_text(
        text.replace("$$ a = 1 $$ {#eq-last}", "$$ b = 1 $$ {#eq-new}\n\n$$ a = 1 $$ {#eq-last}"), encoding="utf-8"
    )
    make(printed)
    assert f"Equation\u00a01.{number + 1}<" in page.read_text(encoding="utf-8")
    check_as_from_nothing(printed, tmp_path / "nothing")


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda text: b"", id="emptied"),
        pytest.param(lambda text: text[: len(text) // 2], id="cut off"),
        pytest.param(lambda text: text.replace(b"e", b"a"), id="changed"),
        pytest.param(lambda text: b"\xff\xfe\x00", id="no text"),
    ],
)
def test_what_is_kept_and_damaged_is_made_again(
    printed: Path, tmp_path: Path, damage: Callable[[bytes], bytes]
) -> None:
    for path in (printed / "bld/press/kept").iterdir():
        path.write_bytes(damage(path.read_bytes()))
    (printed / "bld/press/scans.json").write_bytes(b"[1")
    edit(printed / TWO, "see @fig-drawn", "see again @fig-drawn")
    make(printed)
    check_as_from_nothing(printed, tmp_path / "nothing")


def test_other_scripts_or_another_pandoc_use_nothing_that_is_kept(
    printed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = kept(printed)
    seen = scanned(monkeypatch)
    for module in (embedded, references):
        monkeypatch.setattr(module, "press_hash", lambda: "another")
    edit(printed / TWO, "see @fig-drawn", "see again @fig-drawn")
    make(printed)
    assert not kept(printed) & before
    assert len(seen[0]["chapters"]) == chapters(printed)


def test_the_press_counts_by_its_files_and_pandoc(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def now() -> str:
        press.press_hash.cache_clear()
        return press.press_hash()

    hashes = [now()]
    monkeypatch.setattr(press, "HERE", Path(shutil.copytree(press.HERE, tmp_path / "press")))
    assert now() == hashes[0]
    for name in (
        "book.lua",
        "typst.lua",
        "provenance.lua",
        "page.html",
        "book.typ",
        "typst-template.typ",
        "math_words.lua",
    ):
        with (tmp_path / "press" / name).open("a", encoding="utf-8") as stream:
            stream.write("\n")
        hashes.append(now())
    monkeypatch.setattr(press.pypandoc, "get_pandoc_version", lambda: "0.1")
    hashes.append(now())
    press.press_hash.cache_clear()
    assert len(set(hashes)) == len(hashes)


def test_only_a_chapter_that_changed_is_scanned(printed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = scanned(monkeypatch)
    make(printed)
    assert seen == []
    edit(printed / TWO, "see @fig-drawn", "see again @fig-drawn")
    make(printed)
    assert [[chapter["path"] for chapter in manifest["chapters"]] for manifest in seen] == [[TWO]]
    assert seen[0]["bibliography"] == []


def test_a_key_that_left_the_bibliography_is_missed(printed: Path) -> None:
    edit(printed / "references.bib", "{smith2001", "{smith2002")
    with pytest.raises(UnresolvedError, match="unknown citation key @smith2001; did you mean @smith2002"):
        make(printed)


def test_a_font_is_cut_anew_for_other_characters_only(printed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cut: list[str] = []
    whole = site.write_web_fonts

    def counted(wanted: Iterable[tuple[Path, str, Path]]) -> None:
        wanted = list(wanted)
        cut.extend(text for _, text, _ in wanted)
        whole(wanted)

    monkeypatch.setattr(site, "write_web_fonts", counted)
    edit(printed / TWO, "see @fig-drawn", "see \u6cb3 @fig-drawn")
    make(printed)
    cut.clear()
    edit(printed / TWO, "see \u6cb3", "look at \u6cb3")
    make(printed)
    assert cut == []
    edit(printed / TWO, "look at \u6cb3", "look at \u6cb3\u5357")
    make(printed)
    assert len(cut) == 1
    assert "\u5357" in cut[0]
    assert len(list((printed / "bld/web-fonts").rglob("*.woff"))) == 1
