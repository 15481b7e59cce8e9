"""What a printed book says, whichever engine printed it: text, numbers and links of its pages, and the words of its PDF.

Left out is what engines dress a page with: menus, buttons, the names of classes, where a break of lines falls.
`<...>` marks an emphasis and so on in the text, so that what is set otherwise reads otherwise.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote

from pypdf import PdfReader

_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
_BLOCKS = {
    "p", "h1", "h2", "h3", "h4", "li", "td", "th", "figcaption", "pre", "dt", "dd", "div", "section", "figure", "table",
    "tr", "thead", "tbody", "tfoot", "ul", "ol", "blockquote", "details", "summary", "main", "header", "dl",
}  # fmt: skip
_MARKS = {"em": "*", "strong": "**", "code": "`", "sup": "^", "sub": "~"}
# A page's own furniture: what an engine adds around the text and takes no part in it.
_FURNITURE = {"nav", "button", "script", "style"}
_FURNITURE_CLASSES = {"title-block", "quarto-title-meta", "screen-reader-only", "subtitle", "callout-icon-container"}
_LABEL = re.compile(r"(fig|tbl|eq|sec)-")


@dataclass
class Node:
    """An element of a page, or a text."""

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: "list[Node | str]" = field(default_factory=list)

    @property
    def classes(self) -> set[str]:
        return set(self.attributes.get("class", "").split())

    def walk(self) -> "Iterator[Node]":
        yield self
        for child in self.children:
            if isinstance(child, Node):
                yield from child.walk()

    def first(self, *tags: str) -> "Node | None":
        return next((node for node in self.walk() if node.tag in tags), None)


class _Tree(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.root = Node("html")
        self._open = [self.root]
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = Node(tag, {name: value or "" for name, value in attrs})
        self._open[-1].children.append(node)
        if tag not in _VOID:
            self._open.append(node)

    def handle_endtag(self, tag: str) -> None:
        if any(node.tag == tag for node in self._open[1:]):
            while self._open.pop().tag != tag:
                pass

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.handle_endtag(tag)

    def handle_data(self, data: str) -> None:
        self._open[-1].children.append(data)


def tidy(text: str) -> str:
    """One blank between words."""
    return " ".join(text.replace("\u00a0", " ").split())


def _is_furniture(node: Node) -> bool:
    hidden = "display: none" in node.attributes.get("style", "") or node.attributes.get("aria-hidden") == "true"
    return node.tag in _FURNITURE or hidden or bool(_FURNITURE_CLASSES & node.classes)


def _math(node: Node) -> str:
    annotation = next((n for n in node.walk() if n.tag == "annotation"), node)
    tex = tidy("".join(child for child in annotation.children if isinstance(child, str)))
    # Quarto puts an equation's number into the formula, the embedded engine beside it.
    body, number, _ = re.fullmatch(r"(.*?)(?:\s*\\qquad\((.+?)\))?(\s*)", tex).groups()  # type: ignore[union-attr]
    return f"${body}$" + (f" ({number})" if number else "")


def _text(node: Node | str) -> str:  # noqa: PLR0911 - a case each
    """The text of an element, blocks within it on lines of their own."""
    if isinstance(node, str):
        return node
    if _is_furniture(node):
        return ""
    if node.tag == "math":
        return _math(node)
    if node.tag == "br":
        return " / "
    if node.tag == "hr":
        return ""
    if node.tag == "pre":
        return "\n" + "".join(f"| {line}\n" for line in _plain(node).strip("\n").split("\n"))
    inner = "".join(_text(child) for child in node.children)
    mark = _MARKS.get(node.tag)
    if mark and inner.strip():
        inner = f"{mark}{inner}{mark}"
    if re.fullmatch(r"h\d", node.tag):
        # Quarto's pages say "Appendix A — Extra" where the menu says "A Extra".
        title = re.sub(r"^Appendix ([A-Z]) — ", r"\1 ", tidy(inner))
        inner = f"{'#' * int(node.tag[1])} {title}"
    return f"\n{inner}\n" if node.tag in _BLOCKS else inner


def _plain(node: Node | str) -> str:
    return node if isinstance(node, str) else "".join(_plain(child) for child in node.children)


def lines(node: Node) -> list[str]:
    """The text of a page, a paragraph, cell or item a line."""
    found = []
    for line in _text(node).split("\n"):
        text = line if line.startswith("| ") else tidy(line)
        # A callout's title may be a paragraph in bold.
        whole = re.fullmatch(r"\*\*([^*]+|[^*]*\*[^*]+\*[^*]*)\*\*", text)
        text = whole[1] if whole else text
        if text.strip():
            found.append(text)
    return found


def _joined(node: Node) -> list[str]:
    """As `lines`; lines that end in the middle of a paragraph are one."""
    # A source's line breaks within a paragraph are blanks.
    for inner in node.walk():
        if inner.tag not in ("pre", "annotation"):
            within_pre = inner.tag == "code"
            inner.children = [
                child if not isinstance(child, str) or within_pre else re.sub(r"\s+", " ", child)
                for child in inner.children
            ]
    return lines(node)


def _ids(node: Node) -> set[str]:
    return {n.attributes["id"] for n in node.walk() if n.attributes.get("id")}


def _number(node: Node, identifier: str) -> str | None:
    """The number that an element with a label is printed with."""
    kind = identifier.partition("-")[0]
    if kind == "sec":
        heading = node if node.tag.startswith("h") else node.first("h1", "h2", "h3") or node
        number = next((n for n in heading.walk() if {"header-section-number", "chapter-number"} & n.classes), None)
        if number is None:
            found = re.match(r"Appendix ([A-Z])\b", tidy(_plain(heading)))
            return found[1] if found else None
        return tidy(_plain(number))
    if kind == "eq":
        found = re.search(r"\((\w[\w.]*)\)$", tidy(_text(node)))
        return found[1] if found else None
    caption = node.first("figcaption")
    found = re.match(r"(?:Figure|Table) ([\w.]+):", tidy(_text(caption))) if caption else None
    return found[1] if found else None


def _links(
    main: Node, name: str, ids: dict[str, set[str]], titles: dict[str, set[str]], folder: Path
) -> list[list[Any]]:
    found: list[list[Any]] = []
    for node in main.walk():
        # Links from a number to its line, and in code, are furniture; Quarto's pages have them by script or not at all.
        if node.tag != "a" or "href" not in node.attributes or "found" in node.classes or _is_furniture(node):
            continue
        target = node.attributes["href"]
        if re.match(r"\w+:", target):
            found.append([tidy(_text(node)), target, True])
            continue
        file, _, anchor = target.partition("#")
        path = PurePosixPath(name).parent / unquote(file) if file else PurePosixPath(name)
        parts: list[str] = []
        for part in path.parts:
            if part == "..":
                parts.pop()
            else:
                parts.append(part)
        full = "/".join(parts)
        # To a chapter's title or to its page is the same.
        anchor = "" if anchor in titles.get(full, set()) else anchor
        there = anchor in ids.get(full, set()) if anchor else (folder / full).is_file()
        found.append([tidy(_text(node)), f"{full}#{anchor}" if anchor else full, there])
    return found


def _without_furniture(node: Node) -> Node:
    children = [
        c if isinstance(c, str) else _without_furniture(c)
        for c in node.children
        if isinstance(c, str) or not _is_furniture(c)
    ]
    return Node(node.tag, node.attributes, children)


def _with_titles(node: Node) -> Node:
    """Tabs with their titles above each, where Quarto has all titles first."""
    children = [c if isinstance(c, str) else _with_titles(c) for c in node.children]
    if "panel-tabset" in node.classes:
        titles = [n for n in node.walk() if n.tag == "a" and n.attributes.get("role") == "tab"]
        panels = [n for n in node.walk() if "tab-pane" in n.classes]
        assert len(titles) == len(panels)
        children = [
            part for pair in zip(titles, panels, strict=True) for part in (Node("p", {}, pair[0].children), pair[1])
        ]
    return Node(node.tag, node.attributes, children)


def _of_chapter(main: Node) -> Node:
    """Without the book's own title, which Quarto puts above the first chapter's."""
    titles = [n for n in main.walk() if n.tag == "h1"]
    if len(titles) < 2:
        return main
    return Node(main.tag, main.attributes, [c for c in main.children if isinstance(c, str) or c.tag != "header"])


def _title_ids(tree: Node) -> set[str]:
    """The ids of a page's title."""
    holders = [
        n for n in tree.walk() if n.tag in ("section", "header") and {"level1", "quarto-title-block"} & n.classes
    ]
    titles = [n for n in tree.walk() if n.tag == "h1"]
    return {i for n in titles for i in _ids(n)} | {n.attributes["id"] for n in holders if n.attributes.get("id")}


def pages(folder: Path) -> dict[str, dict[str, Any]]:
    """Of each page of a printed book: its text, its numbers by label, its links, and the alt texts of its pictures."""
    files = [p for p in sorted(folder.rglob("*.html")) if "pagefind" not in p.parts and "site_libs" not in p.parts]
    trees = {p.relative_to(folder).as_posix(): _Tree(p.read_text(encoding="utf-8")).root for p in files}
    ids = {name: _ids(tree) for name, tree in trees.items()}
    titles = {name: _title_ids(tree) for name, tree in trees.items()}
    found = {}
    for name, tree in trees.items():
        main = tree.first("main")
        assert main is not None, name
        main = _of_chapter(_without_furniture(_with_titles(main)))
        labelled = [(n.attributes.get("id", ""), n) for n in main.walk()]
        numbers = {i: _number(n, i) for i, n in labelled if _LABEL.match(i) and not i.endswith("caption")}
        found[name] = {
            "links": _links(main, name, ids, titles, folder),
            "numbers": {i: number for i, number in sorted(numbers.items()) if "-caption-" not in i},
            "alts": [n.attributes.get("alt", "") for n in main.walk() if n.tag == "img"],
            "text": _joined(main),
        }
    return found


def _is_running(line: str, number: str, titles: set[str], book: str) -> bool:
    """Whether the first line of a page is its running title: that of a chapter's first page is none."""
    words = tidy(line)
    section = re.sub(r"^(?:\d+|[A-Z])(?:\.\d+)* ", "", words.removesuffix(f" {number}"))
    return (
        words == number
        or (words.startswith(f"{book} ") and words.removeprefix(f"{book} ") in titles)
        or bool(re.match(rf"{number} (?:Chapter|Appendix) ", words))
        or (words.endswith(f" {number}") and section in titles)
    )


def pdf_words(file: Path, titles: set[str], book: str) -> list[str]:
    """The words of a PDF after its contents, in order of the alphabet, without what stands at each page's edges.

    Engines place tables and figures each where there is room; so the order of words is theirs.
    """
    found: list[str] = []
    begun = False
    for page in PdfReader(file).pages:
        body = page.extract_text().strip().split("\n")
        begun = begun or body[0].strip() == "Preface"
        number = re.search(r"\d+$", body[-1].strip())
        if not begun or number is None or any(re.search(r"(?:\. ){5}", line) for line in body):
            continue  # the title, the contents, and Quarto's pages that begin a part
        body = body[:-1]
        if body and _is_running(body[0], number[0], titles, book):
            body = body[1:]
        found += _words("\n".join(body))
    return sorted(word for word in found if word != "Appendices")


def _words(text: str) -> Iterator[str]:
    text = re.sub(r"(?<=\w)[-\u00ad]\n(?=\w)", "", text)
    text = re.sub(r"[\ue000-\uf8ff]|^!(?= )", " ", text, flags=re.MULTILINE)  # a callout's picture
    for word in text.split():
        heading = re.fullmatch(r"(\d+|[A-Z])\.", word)
        yield heading[1] if heading else word.replace("-", "")


def said(folder: Path, book: str) -> dict[str, Any]:
    """All that a printed book says; `book` is its title."""
    found = pages(folder)
    headings = [line for page in found.values() for line in page["text"] if re.match(r"#+ ", line)]
    titles = {re.sub(r"^#+ (?:(?:\d+|[A-Z])(?:\.\d+)* )?", "", re.sub(r"[*`]", "", line)) for line in headings}
    (pdf,) = folder.glob("*.pdf")
    return {"pages": found, "pdf": pdf_words(pdf, titles, book)}


if __name__ == "__main__":
    import sys

    print(json.dumps(said(Path(sys.argv[1]), sys.argv[2]), indent=1, ensure_ascii=False, sort_keys=True))
