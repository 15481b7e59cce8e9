"""The project's fonts: found in installed packages, named for Typst, cut down for the web."""

import importlib.util
import io
import re
from collections.abc import Sequence
from pathlib import Path

from publishing.errors import ConfigError
from publishing.project import Book

# Chinese, Japanese and Korean text with its punctuation: what a reader's own fonts may lack.
_CJK = re.compile(r"[⺀-鿿가-힯豈-﫿︰-﹏＀-￯\U00020000-\U0003ffff]")


def font_files(book: Book) -> list[Path]:
    """The font files of the packages that `[tool.report] fonts` names.

    Raises:
        ConfigError: a package is not installed or has no font.
    """
    files: list[Path] = []
    for package in book.settings.fonts:
        found = importlib.util.find_spec(package)
        folders = list(found.submodule_search_locations or []) if found else []
        fonts = [f for folder in folders for f in sorted(Path(folder).glob("*.[ot]t[fc]"))]
        if not fonts:
            raise ConfigError(
                f"pyproject.toml: [tool.report] fonts: no font in the package {package}; is it installed?"
            )
        files += fonts
    return files


def font_families(files: Sequence[Path]) -> list[str]:
    """The family names of font files, in their order."""
    from fontTools.ttLib import TTFont

    families = []
    for file in files:
        with TTFont(file, fontNumber=0, lazy=True) as font:
            families.append(str(font["name"].getBestFamilyName()))
    return families


def characters(texts: Sequence[str]) -> str:
    """The Chinese, Japanese and Korean characters in some texts, sorted, each once."""
    return "".join(sorted({c for text in texts for c in _CJK.findall(text)}))


def web_font(file: Path, text: str) -> bytes:
    """A font with the characters of `text` alone, as WOFF; its language forms are kept."""
    from fontTools import subset

    options = subset.Options(flavor="woff", layout_features=["*"], notdef_outline=True)
    options.drop_tables += ["BASE", "VORG", "vhea", "vmtx"]
    subsetter = subset.Subsetter(options)
    subsetter.populate(text=text)
    buffer = io.BytesIO()
    with subset.load_font(str(file), options, lazy=True) as font:
        subsetter.subset(font)
        subset.save_font(font, buffer, options)
    return buffer.getvalue()
