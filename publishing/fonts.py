"""The project's fonts: found in installed packages, and named for Typst."""

import importlib.util
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from publishing.errors import ConfigError
from publishing.project import Book

# Chinese, Japanese and Korean text with its punctuation: what a reader's own fonts may lack.
_CJK = re.compile(r"[⺀-鿿가-힯豈-﫿︰-﹏＀-￯\U00020000-\U0003ffff]")
# What the text and heading fonts keep for the web, whatever a page says: Latin with pinyin's accents, Greek, and signs
# of writing, money and mathematics. A cut that followed the text would be made anew with each new character.
_LATIN = ((0x20, 0x24F), (0x2B0, 0x2FF), (0x370, 0x3FF), (0x1E00, 0x1EFF), (0x2000, 0x22FF), (0x25A0, 0x25FF))
_REGULAR, _STRONG = 400, (600, 700)


@dataclass(frozen=True)
class Font:
    """A font file, with the family that Typst and CSS know it by, its weight (100 to 900) and slope."""

    file: Path
    family: str
    weight: int
    italic: bool


@dataclass(frozen=True)
class Fonts:
    """The fonts of a book: of its text, of headings and tables, and of what those lack."""

    text: tuple[Font, ...]
    headings: tuple[Font, ...]
    others: tuple[Font, ...]

    @property
    def all(self) -> tuple[Font, ...]:
        """All of them."""
        return (*self.text, *self.headings, *self.others)


def _read(file: Path) -> Font:
    from fontTools.ttLib import TTFont

    with TTFont(file, fontNumber=0, lazy=True) as font:
        weight, italic = int(font["OS/2"].usWeightClass), bool(font["OS/2"].fsSelection & 1)
        return Font(file, str(font["name"].getBestFamilyName()), weight, italic)


def _of_package(package: str) -> list[Font]:
    found = importlib.util.find_spec(package)
    folders = list(found.submodule_search_locations or []) if found else []
    # Of a font in two formats TrueType goes first.
    files = [f for kind in ("tt[fc]", "ot[fc]") for folder in folders for f in sorted(Path(folder).rglob(f"*.{kind}"))]
    if not files:
        raise ConfigError(f"pyproject.toml: [tool.report.fonts]: no font in the package {package}; is it installed?")
    return [_read(file) for file in files]


def _family(package: str | None) -> tuple[Font, ...]:
    """Regular and semibold, or bold where there is no semibold, each upright and italic."""
    if package is None:
        return ()
    fonts = _of_package(package)
    name = min((font.family for font in fonts if font.weight == _REGULAR), key=len, default=fonts[0].family)
    chosen = []
    for italic in (False, True):
        slope = [font for font in fonts if font.italic == italic]
        for weights in ((_REGULAR,), _STRONG):
            found = next((font for weight in weights for font in slope if font.weight == weight), None)
            if found:
                chosen.append(Font(found.file, name, found.weight, italic))
    return tuple(chosen)


def book_fonts(book: Book) -> Fonts:
    """The fonts of the packages that `[tool.report.fonts]` names.

    Raises:
        ConfigError: a package is not installed or has no font.
    """
    named = book.settings.fonts
    others = tuple(font for package in named.others for font in _of_package(package))
    return Fonts(_family(named.text), _family(named.headings), others)


def fonts_folder(book: Book) -> Path:
    """Where Typst finds the fonts of a book."""
    return book.workshop / "fonts"


def families(fonts: Iterable[Font]) -> list[str]:
    """The names of the families, each once, in their order."""
    return list(dict.fromkeys(font.family for font in fonts))


def characters(texts: Sequence[str]) -> str:
    """The Chinese, Japanese and Korean characters in some texts, sorted, each once."""
    return "".join(sorted({c for text in texts for c in _CJK.findall(text)}))


def latin() -> str:
    """The characters that the fonts of text and headings keep for the web."""
    return "".join(chr(code) for first, last in _LATIN for code in range(first, last + 1))
