"""A chapter as running text: passages of prose with a place for each word, and the elements pandoc found.

What is no prose (code, math, citations, references, expressions) is one sign of its own in a passage.
"""

import bisect
import json
import re
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import pypandoc

from publishing.errors import EngineError
from publishing.press import LONGEST, READER
from publishing.references import is_reference
from publishing.source import CELL_CLASS, INLINE_CLASS, Cell, Place, Source

EXPRESSION, MATH, CODE, CITE, REFERENCE, IMAGE, FOREIGN = (chr(0xE000 + i) for i in range(7))
_SIGNS = f"{EXPRESSION}-{FOREIGN}"
COMMENT = re.compile(r"<!--(?:(?!-->).)*-->", re.DOTALL)
_WORD = re.compile(r"\w+(?:[.,]\d+)*")
# A word is sought this far ahead: across attributes, addresses and the like, not across the chapter.
_WINDOW = 1500
_ABBREVIATIONS = re.compile(
    r"(?:\b(?:[A-Z]|No|Nos|Nr|vs|cf|ca|al|St|Dr|Mr|Mrs|Fig|Figs|Tab|Eq|Sec|approx|e\.g|i\.e|p|pp))\.$"
)
_SENTENCE_END = re.compile(rf"[.!?…]['\"”’)\]]*(?=\s+[A-Z\d\"“‘(\[{_SIGNS}]|\s+[^\x00-\x7f]|\s*$)")


@dataclass
class Passage:
    """Text that belongs together: a paragraph, a heading, a table's row, a caption.

    `signs` has what the signs in `text` stand for, by offset: the number of the step for an expression, the
    citations of pandoc for citations and references.
    """

    kind: str
    text: str = ""
    cited: bool = False
    signs: dict[int, Any] = field(default_factory=dict)
    _starts: list[int] = field(default_factory=list)
    _places: list[Place] = field(default_factory=list)

    def add(self, text: str, place: Place, meaning: Any = None) -> None:
        """Append a piece that stands at a place."""
        if meaning is not None:
            self.signs[len(self.text)] = meaning
        self._starts.append(len(self.text))
        self._places.append(place)
        self.text += text

    @property
    def first(self) -> Place | None:
        """Where its first word stands."""
        word = re.search(r"\w", self.text)
        return self.place(word.start() if word else 0) if self._places else None

    def place(self, offset: int) -> Place:
        """Where the character at an offset stands."""
        return self._places[max(bisect.bisect_right(self._starts, offset) - 1, 0)]

    def sentences(self) -> Iterator[tuple[int, int]]:
        """The sentences, as offsets; a row of a table is one."""
        if self.kind == "row":
            yield 0, len(self.text)
            return
        start = 0
        ends = [m.end() for m in _SENTENCE_END.finditer(self.text) if not _ABBREVIATIONS.search(self.text[: m.end()])]
        for end in [*ends, len(self.text)]:
            # A citation that follows the full stop belongs to the sentence before it.
            rest = re.match(rf"\s*{CITE}[{CITE}\s]*", self.text[end:])
            stop = end + rest.end() if rest else end
            if stop > start:
                yield start, stop
                start = stop


@dataclass(frozen=True)
class Element:
    """An element of pandoc's tree, its attributes, where it stands, and the types of the elements around it."""

    kind: str
    content: Any
    place: Place
    within: tuple[str, ...]

    @property
    def attributes(self) -> tuple[str, list[str], dict[str, str]]:
        """Identifier, classes, and the rest by name; empty for elements that have none."""
        position = 1 if self.kind == "Header" else 0
        if self.kind not in _WITH_ATTRIBUTES:
            return "", [], {}
        identifier, classes, pairs = self.content[position]
        return identifier, classes, dict(pairs)


_WITH_ATTRIBUTES = {"Header", "Div", "Span", "Link", "Image", "CodeBlock", "Code", "Table", "Figure"}


@dataclass
class Chapter:
    """A chapter's source with its passages and elements, in the order of the text."""

    source: Source
    passages: list[Passage]
    elements: list[Element]

    def step(self, number: Any) -> Any:
        """A cell or an expression of the chapter."""
        return self.source.steps[int(number)]


class _Places:
    """Finds words of the tree again in the lines of the source, from the front to the back."""

    def __init__(self, source: Source) -> None:
        self.places = [place for place, _ in source.prose] or [Place(source.path, 1)]
        lines = [line for _, line in source.prose]
        text = "\n".join(lines)
        self.text = COMMENT.sub(lambda m: re.sub(r"[^\n]", " ", m[0]), text)
        self.starts = [0]
        for line in lines[:-1]:
            self.starts.append(self.starts[-1] + len(line) + 1)
        self.cursor = 0
        cells = {step.place for step in source.steps if isinstance(step, Cell)}
        # Lines of fenced code are not in the prose: a gap is a block.
        after = [
            Place(p.file, p.line + 1) for p, q in pairwise(self.places) if p.file == q.file and q.line > p.line + 1
        ]
        after.append(Place(self.places[-1].file, self.places[-1].line + 1))
        self.fences = [place for place in after if place not in cells]

    def at(self, offset: int) -> Place:
        return self.places[max(bisect.bisect_right(self.starts, offset) - 1, 0)]

    @property
    def here(self) -> Place:
        return self.at(self.cursor)

    def _find(self, word: str, start: int, end: int) -> int:
        position = self.text.find(word, start, end)
        while position >= 0:
            before, after = (
                self.text[position - 1 : position],
                self.text[position + len(word) : position + len(word) + 1],
            )
            if not re.match(r"[a-zA-Z0-9]", before) and not re.match(r"[a-zA-Z0-9]", after):
                return position
            position = self.text.find(word, position + 1, end)
        return -1

    def locate(self, string: str) -> Place:
        """The place of the next word that is this; where it isn't found, that of the word before."""
        word = max(_WORD.findall(string), key=len, default="")
        if word:
            position = self._find(word, self.cursor, self.cursor + _WINDOW)
            if position >= 0:
                self.cursor = position + len(word)
                return self.at(position)
        return self.here

    def pass_line(self, place: Place) -> None:
        """Go on from the line at a place, if it lies ahead."""
        if place in self.places:
            self.cursor = max(self.cursor, self.starts[self.places.index(place)])

    def seek(self, pattern: str) -> Place:
        """Where a pattern next stands; the cursor stays."""
        found = re.compile(pattern, re.MULTILINE).search(self.text, self.cursor)
        return self.at(found.start()) if found else self.here

    def code(self, text: str) -> Place:
        """Where a block of code stands: indented in the prose, or in the next of the gaps."""
        indented = re.compile(
            rf"^(?: {{4}}|\t)\s*{re.escape(text.splitlines()[0].strip() if text else '')}$", re.MULTILINE
        )
        found = indented.search(self.text, self.cursor, self.cursor + _WINDOW) if text.strip() else None
        if found:
            return self.at(found.start())
        return self.fences.pop(0) if self.fences else self.here

    def jump(self, inlines: str) -> None:
        """Go to where text that stands elsewhere begins: a footnote's, or a caption's that comes first."""
        words = _WORD.findall(inlines)[:4]
        if not words:
            return
        near = re.compile(r"\W+(?:\w+\W+)?".join(map(re.escape, words)))
        found = near.search(self.text, self.cursor, self.cursor + 40 + len(inlines)) or near.search(self.text)
        if found:
            self.cursor = found.start()


def plain(tree: Any) -> str:
    """The words in a piece of pandoc's tree."""
    if isinstance(tree, list):
        return "".join(plain(item) for item in tree)
    if not isinstance(tree, dict):
        return ""
    name, content = tree.get("t"), tree.get("c", [])
    if name == "Str":
        return str(content)
    if name in ("Space", "SoftBreak", "LineBreak", "Code", "Math", "Cite"):
        return " "
    return (" " if name in ("Para", "Plain") else "") + plain(content)


_SEARCHED = {
    "HorizontalRule": r"^[ \t]*(?:[-*_][ \t]*){3,}$",
    "Div": r"^[ \t]*:::+[ \t]*[^\s:]|<div",
    "Image": r"!\[",
    "Figure": r"!\[",
    "RawBlock": r"<|\\",
    "Header": r"^#+\s|^[=-]+$",
    "LineBlock": r"^\| ",
    "Math": r"\$",
}


class _Walk:
    def __init__(self, source: Source, places: _Places) -> None:
        self.source, self.places = source, places
        self.passages: list[Passage] = []
        self.elements: list[Element] = []
        self.within: tuple[str, ...] = ()

    def _note(self, node: dict[str, Any], place: Place | None = None) -> int:
        kind = node["t"]
        if kind == "CodeBlock":
            place = self.places.code(node["c"][1])
        elif place is None:
            place = self.places.seek(_SEARCHED[kind]) if kind in _SEARCHED else self.places.here
        self.elements.append(Element(kind, node.get("c"), place, self.within))
        return len(self.elements) - 1

    def blocks(self, blocks: Sequence[dict[str, Any]], kind: str = "paragraph") -> None:
        for block in blocks:
            self.block(block, kind)

    def block(self, block: dict[str, Any], kind: str) -> None:  # noqa: PLR0912 a case for each type
        name = block["t"]
        content: Any = block.get("c")
        number = self._note(block)
        outside, self.within = self.within, (*self.within, name)
        first = len(self.passages)
        match name:
            case "Para" | "Plain":
                self.passage(content, kind)
            case "Header":
                self.passage(content[2], "heading")
            case "Div":
                self._div(content)
            case "BlockQuote":
                self.blocks(content)
            case "BulletList":
                for item in content:
                    self.blocks(item, "item")
            case "OrderedList":
                for item in content[1]:
                    self.blocks(item, "item")
            case "DefinitionList":
                for term, definitions in content:
                    self.passage(term, "item")
                    for definition in definitions:
                        self.blocks(definition)
            case "LineBlock":
                for line in content:
                    self.passage(line, "item")
            case "Figure":
                self._figure(content)
            case "Table":
                self._table(content)
        self.within = outside
        place = self.passages[first].first if len(self.passages) > first else None
        if place is not None and name not in _SEARCHED:
            self.elements[number] = Element(name, content, place, outside)

    def _div(self, content: Any) -> None:
        _, classes, pairs = content[0]
        if CELL_CLASS in classes:
            self.places.pass_line(self.source.steps[int(dict(pairs)["n"])].place)
        self.blocks(content[1])

    def _figure(self, content: Any) -> None:
        self.blocks(content[2])

    def _table(self, content: Any) -> None:
        caption, head, bodies, foot = content[1], content[3], content[4], content[5]
        first = len(self.passages)
        rows = [*head[1], *(row for body in bodies for row in (*body[2], *body[3])), *foot[1]]
        for row in rows:
            passage = Passage("row")
            for cell in row[1]:
                for block in cell[4]:
                    if block["t"] in ("Para", "Plain"):
                        self.inlines(block["c"], passage)
                    else:
                        self.block(block, "paragraph")
                passage.add(" | ", self.places.here)
            self.passages.append(passage)
        if caption[1]:
            self.places.jump(plain(caption[1]))
            start = len(self.passages)
            self.blocks(caption[1], "caption")
            if any(CITE in passage.text for passage in self.passages[start:]):
                for passage in self.passages[first:start]:
                    passage.cited = True

    def passage(self, inlines: Sequence[dict[str, Any]], kind: str) -> None:
        passage = Passage(kind)
        self.inlines(inlines, passage)
        self.passages.append(passage)

    def inlines(self, inlines: Sequence[dict[str, Any]], passage: Passage) -> None:
        for inline in inlines:
            self.inline(inline, passage)

    def inline(self, inline: dict[str, Any], passage: Passage) -> None:  # noqa: PLR0912 a case for each type
        name = inline["t"]
        content: Any = inline.get("c")
        if name == "Str":
            place = self.places.locate(content)
            self._note(inline, place)
            passage.add(content.replace("\u00a0", " "), place)
            return
        if name in ("Space", "SoftBreak", "LineBreak"):
            passage.add(" ", self.places.here)
            return
        self._note(inline)
        outside, self.within = self.within, (*self.within, name)
        match name:
            case "Cite":
                citations = content[0]
                reference = any(is_reference(c["citationId"]) for c in citations)
                place = self.places.locate(citations[0]["citationId"])
                self.elements[-1] = Element(name, content, place, outside)
                passage.add(REFERENCE if reference else CITE, place, citations)
            case "Code":
                passage.add(CODE, self.places.here)
            case "Math":
                passage.add(MATH, self.places.here)
            case "Quoted":
                passage.add("“", self.places.here)
                self.inlines(content[1], passage)
                passage.add("”", self.places.here)
            case "Link":
                self.inlines(content[1], passage)
                if re.match(r"(?:[a-z][a-z0-9+.-]*:)?//", content[2][0]):
                    passage.add(CITE, self.places.here)
            case "Image":
                passage.add(IMAGE, self.places.here)
                if "Figure" in self.within:
                    self.passage(content[1], "caption")
                else:
                    self.inlines(content[1], passage)
            case "Note":
                self._footnote(content, passage)
            case "Span":
                self._span(content, passage)
            case "RawInline":
                pass
            case _:
                inner = content if isinstance(content, list) else []
                self.inlines(inner, passage)
        self.within = outside

    def _footnote(self, blocks: Any, passage: Passage) -> None:
        back, first = self.places.cursor, len(self.passages)
        self.places.jump(plain(blocks))
        self.blocks(blocks, "footnote")
        self.places.cursor = back
        if any(CITE in note.text for note in self.passages[first:]):
            passage.add(CITE, self.places.here)

    def _span(self, content: Any, passage: Passage) -> None:
        _, classes, pairs = content[0]
        if INLINE_CLASS in classes:
            number = int(dict(pairs)["n"])
            place = self.source.steps[number].place
            if place != self.places.here:
                self.places.pass_line(place)
            passage.add(EXPRESSION, place, number)
        elif "lang" in dict(pairs):
            self.places.locate(plain(content[1]))
            passage.add(FOREIGN, self.places.here)
        else:
            self.inlines(content[1], passage)


CAPTIONS = ("fig-cap", "tbl-cap")


def option_place(root: Path, cell: Cell, name: str) -> Place:
    """The line of a cell's option."""
    lines = (root / cell.place.file).read_text(encoding="utf-8").splitlines()
    for number in range(cell.place.line, min(cell.first_code_line, len(lines))):
        if re.match(rf"#\|\s*{re.escape(name)}\s*:", lines[number]):
            return Place(cell.place.file, number + 1)
    return cell.place


def _trees(texts: Sequence[str], workshop: Path) -> list[Any]:
    path = workshop / "lint.json"
    path.write_text(json.dumps({"reader": READER, "texts": list(texts)}, ensure_ascii=False), encoding="utf-8")
    script = Path(__file__).with_name("parse.lua")
    try:
        done = subprocess.run(  # noqa: S603
            [pypandoc.get_pandoc_path(), "lua", str(script), str(path)],
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
            timeout=LONGEST,
        )
    except subprocess.TimeoutExpired as error:
        raise EngineError(f"pandoc did not read the book within {LONGEST} seconds.") from error
    if done.returncode != 0:
        raise EngineError(f"pandoc could not read the book:\n{done.stderr.strip()}")
    trees: list[Any] = json.loads(done.stdout)
    return trees


def read_chapters(root: Path, sources: Sequence[Source], workshop: Path) -> list[Chapter]:
    """Read chapters into passages and elements, with one process of pandoc for all, which works in `workshop`.

    Raises:
        EngineError: pandoc failed.
    """
    captions = [
        (number, name, step)
        for number, source in enumerate(sources)
        for step in source.steps
        if isinstance(step, Cell)
        for name in CAPTIONS
        if name in step.options
    ]
    texts = [*(source.text for source in sources), *(str(cell.options[name]) for _, name, cell in captions)]
    trees = _trees(texts, workshop)
    chapters = []
    for source, tree in zip(sources, trees, strict=False):
        walk = _Walk(source, _Places(source))
        walk.blocks(tree["blocks"])
        chapters.append(Chapter(source, walk.passages, walk.elements))
    for (number, name, cell), tree in zip(captions, trees[len(sources) :], strict=True):
        place = option_place(root, cell, name)
        caption = Source(place.file, "", None, (), ((place, str(cell.options[name])),), ())
        walk = _Walk(caption, _Places(caption))
        walk.blocks(tree["blocks"], "caption")
        chapters[number].passages += walk.passages
        chapters[number].elements += walk.elements
    for number, source in enumerate(sources):
        for step in source.steps:
            if isinstance(step, Cell) and "fig-alt" in step.options:
                passage = Passage("alt")
                passage.add(str(step.options["fig-alt"]), option_place(root, step, "fig-alt"))
                chapters[number].passages.append(passage)
    return chapters
