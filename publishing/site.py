"""What pages need beside their text: style, script, fonts and the search's index, all of them on the site itself."""

import shutil
import subprocess
import sys
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

from publishing.errors import EngineError
from publishing.fingerprint import file_hash, text_hash
from publishing.fonts import Font, book_fonts, characters, latin
from publishing.press import HERE
from publishing.project import Book
from publishing.web_fonts import write_web_fonts

# The families by which styles know the fonts of a book, whatever their own names are.
TEXT, HEADINGS, OTHERS = "Book text", "Book headings", "Book fallback"


def _kept_web_fonts(wanted: Sequence[tuple[Path, str]], desk: Path) -> list[bytes]:
    """The parts of fonts that the pages need, each a file and its characters; cut anew only if they need others."""
    kept = []
    for file, text in wanted:
        name = text_hash(f"{metadata.version('fonttools')}\n{file_hash(file)}\n{text}")
        kept.append(desk / "web-fonts" / file.stem / f"{name}.woff")
    missing = [(file, text, path) for (file, text), path in zip(wanted, kept, strict=True) if not path.is_file()]
    if missing:
        write_web_fonts(missing)
        for path in {other for one in kept for other in one.parent.iterdir()} - set(kept):
            path.unlink()
    return [path.read_bytes() for path in kept]


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
    cut = _kept_web_fonts([(font.file, kept_text) for _, font, kept_text in wanted], desk)
    for number, ((family, font, _), content) in enumerate(zip(wanted, cut, strict=True)):
        name = f"font-{number}.woff"
        (folder / name).write_bytes(content)
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
