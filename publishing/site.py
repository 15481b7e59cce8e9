"""What pages need beside their text: style, script, fonts and the search's index, all of them on the site itself."""

import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

from publishing.errors import EngineError
from publishing.files import write_bytes
from publishing.fingerprint import file_hash, text_hash
from publishing.fonts import Font, book_fonts, characters, latin, web_font
from publishing.press import HERE
from publishing.project import Book

# The families by which styles know the fonts of a book, whatever their own names are.
TEXT, HEADINGS, OTHERS = "Book text", "Book headings", "Book fallback"


def _kept_web_font(file: Path, text: str, kept: Path) -> bytes:
    """The part of a font that the pages need; cut anew only if they need another."""
    name = text_hash(f"{metadata.version('fonttools')}\n{file_hash(file)}\n{text}")
    path = kept / f"{name}.woff"
    if not path.is_file():
        shutil.rmtree(kept, ignore_errors=True)
        write_bytes(path, web_font(file, text))
    return path.read_bytes()


def _printed(out: Path) -> str:
    """The text of the pages below a folder."""
    return "".join(page.read_text(encoding="utf-8") for page in sorted(out.rglob("*.html")))


def write_fonts(book: Book, text: str, folder: Path, desk: Path) -> str:
    """Put the fonts that pages with a text need into a folder; returns the style that names them.

    What is cut is kept at the desk.
    """
    fonts, chinese = book_fonts(book), characters([text])
    wanted: list[tuple[str, Font, str]] = [
        *((TEXT, font, latin()) for font in fonts.text),
        *((HEADINGS, font, latin()) for font in fonts.headings),
        *((OTHERS, font, chinese) for font in fonts.others if chinese),
    ]
    folder.mkdir(parents=True, exist_ok=True)
    faces = ""
    for number, (family, font, kept_text) in enumerate(wanted):
        name = f"font-{number}.woff"
        (folder / name).write_bytes(_kept_web_font(font.file, kept_text, desk / "web-fonts" / font.file.stem))
        style = "italic" if font.italic else "normal"
        faces += (
            f'@font-face {{ font-family: "{family}"; font-weight: {font.weight}; font-style: {style}; '
            f'src: url("{name}") format("woff"); font-display: swap; }}\n'
        )
    return faces


def write_assets(book: Book, out: Path, desk: Path) -> None:
    """Put style, script and fonts beside the pages below `out`; what is cut is kept at the desk."""
    assets = out / "assets"
    faces = write_fonts(book, _printed(out), assets, desk)
    shutil.copyfile(HERE / "book.js", assets / "book.js")
    styles = [(HERE / name).read_text(encoding="utf-8") for name in ("look.css", "book.css")]
    (assets / "book.css").write_text("".join([faces, *styles]), encoding="utf-8")


def write_index(out: Path) -> None:
    """Make the index of the search.

    Raises:
        EngineError: Pagefind failed.
    """
    command = [sys.executable, "-m", "pagefind", "--site", str(out), "--quiet"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode != 0:
        raise EngineError(f"Pagefind could not make the search index:\n{done.stdout}{done.stderr}".strip())


def write_quarto_site(book: Book) -> None:
    """Put fonts and script where `_quarto.yml` may name them, `bld/web`, for Quarto to copy to its pages."""
    folder = book.workshop / "web"
    faces = write_fonts(book, "", folder, book.workshop)
    (folder / "fonts.css").write_text(faces, encoding="utf-8")
    script = (HERE / "book.js").read_text(encoding="utf-8")
    (folder / "script.html").write_text(f"<script>\n{script}</script>\n", encoding="utf-8")


def complete_quarto_site(book: Book, out: Path) -> None:
    """Add the fonts that pages need which Quarto has printed below `out`: what Chinese they have is known only now."""
    folder = out / (book.workshop / "web").relative_to(book.root)
    if (folder / "fonts.css").is_file():
        faces = write_fonts(book, _printed(out), folder, book.workshop)
        (folder / "fonts.css").write_text(faces, encoding="utf-8")
