"""Fonts, styles and script that pages need, on the site itself."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from publishing.errors import ConfigError, EngineError
from publishing.fonts import book_fonts, families
from publishing.project import load_book
from publishing.quarto import check_pages, find_quarto
from publishing.site import complete_quarto_site, write_quarto_site
from tests.publishing.conftest import edit, make

FONTS = """\
[tool.report.fonts]
text = "font_source_serif_pro"
headings = "font_source_sans_pro"
others = ["cvttf_NotoSansCJK_Regular"]
"""
QUARTO = find_quarto()


def test_text_and_headings_have_two_weights_upright_and_italic(small_book: Path) -> None:
    (small_book / "pyproject.toml").write_text(FONTS, encoding="utf-8")
    fonts = book_fonts(load_book(small_book))
    expected = [(400, False), (600, False), (400, True), (600, True)]
    for family, found in (("Source Serif Pro", fonts.text), ("Source Sans Pro", fonts.headings)):
        assert [(font.weight, font.italic) for font in found] == expected
        assert families(found) == [family]
        assert {font.file.suffix for font in found} == {".ttf"}
    assert len(fonts.others) == 1


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('serif = "x"', "allowed is a table with text, headings, others"),
        ("text = 3", "text: found 3; allowed is the name of a package"),
        ("others = 3", "others: found 3; allowed is a text or a list of texts"),
    ],
)
def test_a_wrong_setting_of_fonts_is_named(small_book: Path, line: str, said: str) -> None:
    (small_book / "pyproject.toml").write_text(f"[tool.report.fonts]\n{line}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"\[tool\.report\.fonts\]") as caught:
        load_book(small_book)
    assert said in str(caught.value)


def test_pages_name_the_fonts_that_stand_beside_them(small_book: Path) -> None:
    (small_book / "pyproject.toml").write_text(FONTS, encoding="utf-8")
    make(small_book, formats=("html",))
    assets = small_book / "_book/assets"
    style = (assets / "book.css").read_text(encoding="utf-8")
    assert style.count("@font-face") == len(list(assets.glob("*.woff"))) == 9
    for family in ("Book text", "Book headings", "Book fallback"):
        assert f'font-family: "{family}"' in style


def test_a_letter_that_no_font_has_stops_the_pdf_with_what_to_do(small_book: Path) -> None:
    (small_book / "pyproject.toml").write_text("", encoding="utf-8")
    with pytest.raises(EngineError, match=r"could not be displayed with font(.|\n)*\[tool\.report\.fonts\] others"):
        make(small_book)


def test_chinese_fonts_come_when_quarto_has_printed(small_book: Path, tmp_path: Path) -> None:
    book = load_book(small_book)
    write_quarto_site(book)
    assert (small_book / "bld/web/fonts.css").read_text(encoding="utf-8") == ""
    out = tmp_path / "out"
    (out / "bld/web").mkdir(parents=True)
    (out / "bld/web/fonts.css").touch()
    (out / "page.html").write_text("<p>\u6cb3\u5357</p>", encoding="utf-8")
    complete_quarto_site(book, out)
    assert "Book fallback" in (out / "bld/web/fonts.css").read_text(encoding="utf-8")
    assert (out / "bld/web/font-0.woff").is_file()


@pytest.mark.parametrize(
    "style", ['@import"https://a.org/x";', "@import url(//a.org/x);", "p { background: url('http://a.org/x') }"]
)
def test_a_style_that_asks_the_network_is_refused(tmp_path: Path, style: str) -> None:
    (tmp_path / "own.css").write_text("p { background: url(data:,) }", encoding="utf-8")
    check_pages(tmp_path)
    (tmp_path / "theme.css").write_text(style, encoding="utf-8")
    with pytest.raises(EngineError, match=r"theme\.css: the style asks the network for .*a\.org/x"):
        check_pages(tmp_path)


@pytest.mark.skipif(QUARTO is None or not QUARTO.new_enough, reason="Quarto 1.9 or later is not on the path")
def test_quarto_alone_prints_with_fonts_and_script(small_book: Path) -> None:
    """`quarto render` with no wrapper: what `_quarto.yml` names in `bld/web` is made by the hook."""
    (small_book / "pyproject.toml").write_text(FONTS, encoding="utf-8")
    hook = "  pre-render: report prepare\n"
    edit(small_book / "_quarto.yml", hook, f"{hook}  post-render: report provenance --after\n")
    web = "    css: bld/web/fonts.css\n    include-after-body: bld/web/script.html\n"
    edit(small_book / "_quarto.yml", "  html:\n", f"  html:\n    theme: default\n{web}")
    assert QUARTO is not None
    environment = os.environ | {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "QUARTO_PYTHON": sys.executable,
    }
    command = [QUARTO.program, "render", "--to", "html"]
    subprocess.run(command, cwd=small_book, env=environment, check=True, capture_output=True)
    check_pages(small_book / "_book")
    faces = (small_book / "_book/bld/web/fonts.css").read_text(encoding="utf-8")
    assert faces.count("@font-face") == 9
    assert "What a page can do beyond being read" in (small_book / "_book/index.html").read_text(encoding="utf-8")
