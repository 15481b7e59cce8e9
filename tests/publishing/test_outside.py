"""What a book takes from outside its project is refused, with file and line."""

from pathlib import Path

import pytest

from publishing.build import read_sources
from publishing.errors import BookError
from publishing.project import load_book
from publishing.references import check_references
from tests.publishing.conftest import edit, make


@pytest.fixture
def secret(small_book: Path) -> Path:
    path = small_book.parent / "secret.md"
    path.write_text("Kept to itself.\n", encoding="utf-8")
    return path


def refused(root: Path) -> str:
    with pytest.raises(BookError) as caught:
        book = load_book(root)
        check_references(book, read_sources(book))
    assert "Kept" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    "name", ["../../secret.md", "../chapters/../../secret.md", "{absolute}", "link.md", "folder/secret.md"]
)
def test_an_include_from_outside_is_refused(small_book: Path, secret: Path, name: str) -> None:
    (small_book / "chapters/link.md").symlink_to(secret)
    (small_book / "chapters/folder").symlink_to(secret.parent, target_is_directory=True)
    text = f"{{{{< include {name.replace('{absolute}', str(secret))} >}}}}"
    edit(small_book / "chapters/a-extra.qmd", "## More\n", f"## More\n\n{text}\n")
    said = refused(small_book)
    assert said.startswith("chapters/a-extra.qmd:5: ")
    assert said.endswith("lies outside the project; include files of the project only.")


def test_an_include_within_an_include_is_refused_where_it_stands(small_book: Path, secret: Path) -> None:
    (small_book / "chapters/_part.md").write_text("Words.\n\n{{< include ../../secret.md >}}\n", encoding="utf-8")
    edit(small_book / "chapters/a-extra.qmd", "## More\n", "## More\n\n{{< include _part.md >}}\n")
    assert refused(small_book).startswith("chapters/_part.md:3: ")


@pytest.mark.parametrize("name", ["../../secret.svg", "link.svg", "folder/secret.svg"])
@pytest.mark.parametrize("form", ["![A]({})", "[A]({})"])
def test_a_picture_or_link_outside_is_refused(small_book: Path, secret: Path, name: str, form: str) -> None:
    secret.with_suffix(".svg").write_text("<svg/>", encoding="utf-8")
    (small_book / "chapters/link.svg").symlink_to(secret.with_suffix(".svg"))
    (small_book / "chapters/folder").symlink_to(secret.parent, target_is_directory=True)
    edit(small_book / "chapters/a-extra.qmd", "## More\n", f"## More\n\n{form.format(name)}\n")
    assert refused(small_book).startswith("chapters/a-extra.qmd:5: ")
    assert "lies outside the project" in refused(small_book)
    with pytest.raises(BookError, match="lies outside the project"):
        make(small_book, formats=("html",))


def test_a_path_from_the_root_of_the_machine_is_one_from_the_root_of_the_project(
    small_book: Path, secret: Path
) -> None:
    edit(small_book / "chapters/a-extra.qmd", "## More\n", f"## More\n\n![A]({secret})\n")
    assert "does not exist" in refused(small_book)


@pytest.mark.parametrize(
    "target",
    [
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "&#106;avascript:alert(1)",
        "<&#1;javascript:alert(1)>",
        "vbscript:x",
        "data:text/html;base64,PHNjcmlwdD4=",
        "file:///etc/passwd",
        "//example.org/x",
        "blob:x",
    ],
)
def test_a_link_that_runs_or_reads_something_is_refused(small_book: Path, target: str) -> None:
    edit(small_book / "chapters/a-extra.qmd", "## More\n", f"## More\n\nA [link]({target}).\n")
    said = refused(small_book)
    assert "chapters/a-extra.qmd:" in said
    assert "is not allowed; allowed are https://, http://, mailto:" in said


def test_a_link_in_a_caption_is_refused_at_its_cell(small_book: Path) -> None:
    edit(small_book / "chapters/01-one.qmd", "A line that rises, ", "A [line](javascript:1) that rises, ")
    assert refused(small_book).startswith("chapters/01-one.qmd:25: the link to javascript:1 is not allowed")


@pytest.mark.parametrize(
    "target", ["https://example.org/", "HTTPS://example.org/", "http://example.org/", "mailto:a@example.org"]
)
def test_links_to_pages_and_mail_are_allowed(small_book: Path, target: str) -> None:
    edit(small_book / "chapters/a-extra.qmd", "## More\n", f"## More\n\nA [link]({target}).\n")
    book = load_book(small_book)
    check_references(book, read_sources(book))


@pytest.mark.parametrize("target", ["https://example.org/x.svg", "data:image/svg+xml;base64,PHN2Zy8+"])
def test_a_picture_that_is_no_file_of_the_project_is_refused(small_book: Path, target: str) -> None:
    edit(small_book / "chapters/a-extra.qmd", "## More\n", f"## More\n\n![A picture]({target})\n")
    said = refused(small_book)
    assert said.startswith("chapters/a-extra.qmd:5: the picture ")
    assert "is no file of the project; copy it into the project" in said


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("bibliography: references.bib", "bibliography: ../secret.md"),
        ("  - typst.lua", "  - ../secret.md"),
        ("  - typst.lua", "  - path: link.lua\n    at: pre-ast"),
        ("font-paths: bld/fonts", "font-paths: ../"),
        ("papersize: a4", "include-before-body: chapters/../../absent.typ"),
        ("html-math-method: mathml", "css: {absolute}"),
        ("html-math-method: mathml", "css: [~/secret.css]"),
        ("html-math-method: mathml", "template-partials: [folder/secret.md]"),
        ("lang: en", "lang: en\nresources: ['../*.md']"),
    ],
)
def test_settings_that_name_something_outside_are_refused(small_book: Path, secret: Path, old: str, new: str) -> None:
    (small_book / "link.lua").symlink_to(secret)
    (small_book / "folder").symlink_to(secret.parent, target_is_directory=True)
    edit(small_book / "_quarto.yml", old, new.format(absolute=secret))
    lines = (small_book / "_quarto.yml").read_text(encoding="utf-8").splitlines()
    line = next(
        i
        for i, text in enumerate(lines, start=1)
        if any(m in text for m in ("../", "link.lua", "~/", "folder/", str(secret)))
    )
    said = refused(small_book)
    assert said.startswith(f"_quarto.yml:{line}: ")
    assert said.endswith("lies outside the project; a book is made of its own files only: copy it into the project.")


@pytest.mark.parametrize("setting", ['inputs = ["../data"]', 'findings = "../findings"', 'pipeline = "link"'])
def test_folders_of_the_report_outside_are_refused(small_book: Path, secret: Path, setting: str) -> None:
    (small_book / "link").symlink_to(secret.parent, target_is_directory=True)
    edit(small_book / "pyproject.toml", "[tool.report]\n", f"[tool.report]\n{setting}\n")
    assert refused(small_book).startswith("pyproject.toml:2: ")


def test_a_chapter_that_is_a_link_to_outside_is_refused(small_book: Path, secret: Path) -> None:
    (small_book / "chapters/a-extra.qmd").unlink()
    (small_book / "chapters/a-extra.qmd").symlink_to(secret)
    assert "_quarto.yml:20: chapters/a-extra.qmd lies outside the project" in refused(small_book)


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ('@import "../../secret.css";', "../../secret.css lies outside"),
        ("@import url(../../secret.css);", "../../secret.css lies outside"),
        ("p { background: url('../../secret.png') }", "../../secret.png lies outside"),
        ('@font-face { src: url("https://example.org/x.woff") }', "https://example.org/x.woff is on the network"),
        ("@import '//example.org/x.css';", "//example.org/x.css is on the network"),
        ("p { background: url(link.png) }", "link.png lies outside"),
    ],
)
def test_styles_that_ask_for_something_outside_are_refused(
    small_book: Path, secret: Path, rule: str, said: str
) -> None:
    (small_book / "chapters/link.png").symlink_to(secret)
    (small_book / "chapters/book.css").write_text(f"/* one\ntwo */\np {{ color: red }}\n{rule}\n", encoding="utf-8")
    edit(small_book / "_quarto.yml", "html-math-method: mathml", "css: chapters/book.css")
    assert refused(small_book).startswith(f"chapters/book.css:4: {said}")


def test_settings_and_styles_that_stay_inside_are_allowed(small_book: Path) -> None:
    (small_book / "chapters/book.css").write_text(
        "/* url(../../secret.png) */\np { background: url(square.svg), url(data:image/png;base64,AA==), url(#a) }\n",
        encoding="utf-8",
    )
    (small_book / "alias.bib").symlink_to(small_book / "references.bib")
    edit(
        small_book / "_quarto.yml",
        "html-math-method: mathml",
        "css: [chapters/../chapters/book.css, /chapters/book.css]",
    )
    edit(small_book / "_quarto.yml", "bibliography: references.bib", "bibliography: alias.bib")
    edit(small_book / "_quarto.yml", "Made for tests", "/ or ... of https://example.org and // more")
    assert load_book(small_book).bibliography == ("alias.bib",)
