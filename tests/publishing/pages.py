"""Read the pages of a printed book, for tests of any engine."""

import re
from html.parser import HTMLParser
from pathlib import Path


class Page(HTMLParser):
    """The ids, links, pictures and text of a page; `asked` is what a browser fetches to show it."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.targets: list[str] = []
        self.asked: list[str] = []
        self.alts: list[str | None] = []
        self.texts: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))
        self.text = " ".join("".join(self.texts).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if found.get("id"):
            assert found["id"] not in self.ids, f"the id {found['id']} stands twice"
            self.ids.add(str(found["id"]))
        if tag == "img":
            self.alts.append(found.get("alt"))
        if tag in ("script", "img", "link", "iframe"):
            self.asked += [str(found[name]) for name in ("href", "src") if found.get(name)]
        self.targets += [str(found[name]) for name in ("href", "src") if found.get(name)]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def pages(folder: Path) -> dict[str, Page]:
    return {p.relative_to(folder).as_posix(): Page(p) for p in folder.rglob("*.html") if "pagefind" not in p.parts}


def check_links(folder: Path) -> None:
    """Every target in a page is a file of the site, and every anchor an id of its page; outward links are links only."""
    found = pages(folder)
    for name, page in found.items():
        for target in page.asked:
            assert target == "data:," or not re.match(r"\w+:|//", target), f"{name} asks the network for {target}"
        for target in page.targets:
            if re.match(r"\w+:|//", target):
                continue
            file, _, anchor = target.partition("#")
            path = ((folder / name).parent / file).resolve() if file else (folder / name).resolve()
            assert path.is_file(), f"{name} points to {target}"
            if anchor:
                assert anchor in found[path.relative_to(folder.resolve()).as_posix()].ids, f"{name} points to {target}"
