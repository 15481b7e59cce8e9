"""Results typed by hand: numbers in prose that are no year, label, convention or cited fact (L101, L102)."""

import re
from collections.abc import Iterable, Iterator, Sequence

from publishing.lint.rules import Alarm
from publishing.lint.text import CITE, Chapter, Passage

_NUMBER = re.compile(r"(?<![^\W_])(?:\d{1,3}(?:[,\u202f ]\d{3})+(?!\d)(?:\.\d+)?|\d+(?:\.\d+)*|\.\d+)")
# Units in which results are given: a number with one of these is no year and no label.
_UNIT_WORDS = (
    r"percentage[ -]points?|percent\b|per cent\b|pp\b|log[ -]points?|standard (?:deviations?|errors?)|basis points?"
)
_UNIT_AFTER = re.compile(rf"\s*-?(?:%|‰|{_UNIT_WORDS})")
_COUNTED_AFTER = re.compile(
    r"\s*(?:km\b|kilomet|yuan|people|persons|residents|households|counties|cities|units|towns|million|billion|points?\b)"
)
_YEAR_BEFORE = re.compile(r"\b(?:in|since|until|till|from|to|between|before|after|during|and|of|by)\s+$", re.IGNORECASE)
_MONTH = r"(?:January|February|March|April|May|June|July|August|September|October|November|December)"
_DAY_AFTER = re.compile(rf"(?:st|nd|rd|th)?(?:\s*[–-]\s*\d{{1,2}})?\s+(?:of\s+)?{_MONTH}\b")
_DAY_BEFORE = re.compile(rf"{_MONTH}\s+(?:\d{{1,2}}\s*[–-]\s*)?$")
_ORDINAL_AFTER = re.compile(r"(?:st|nd|rd|th)\b|-?(?:year|month|week|day|digit|bit|way|dimensional)s?\b|号")
_LABELS = (
    "No|Nos|Nr|Chapter|Section|Part|Appendix|Figure|Fig|Table|Equation|Eq|Panel|Model|Column|Row|Line|Step|Stage|Phase|"
    "Version|Volume|Vol|Issue|Article|Item|Note|Footnote|Page|p|pp|Hypothesis|Assumption|Theorem|Proposition|Scenario|"
    "Round|Wave|Question|Task|Python|Quarto|Typst|pandoc|GB|GB/T|ISO|RFC|Act|Rule|Regulation"
)
_LABEL_BEFORE = re.compile(
    rf"(?:\b(?:{_LABELS})(?:s|es)?\.?|§|\#)\s*(?:\(?\d+(?:\.\d+)*\)?\s*(?:,|–|-|,?\s*(?:and|or|to))\s*)*\(?$",
    re.IGNORECASE,
)
_SCALE = re.compile(
    rf"\b(?:0\s*(?:to|and|–|or)\s*(?:1|10)|of 1)(?![\d.,]*\d|\s*(?:%|{_UNIT_WORDS}))|"
    r"\b0\s*(?:to|and|–)\s*100\b(?![.,]?\d)"
)
_DUMMY_BEFORE = re.compile(
    r"(?:\b(?:equals|equal to|coded(?: as)?|takes the value)\s+|\b(?:yes|no|zero|one|true|false)\s+\()$"
)
_LEVEL_BEFORE = re.compile(r"\bat\s+(?:the\s+)?$|\b(?:level|confidence|significance)s? of\s+$", re.IGNORECASE)
_STATED_AT = re.compile(
    r"\b(?:st[oa][on]ds?|remain\w*|stay\w*|lie[sd]?|lay|was|is|were|are|put|estimated|start\w*|peak\w*|end\w*|"
    r"levell?ed(?: off)?)\s+at\s+$"
)
_LEVEL_AFTER = re.compile(
    r"[\s-]*(?:percent|per cent|%)[\s-]+(?:\w+\s+)?"
    r"(?:confidence|intervals?|bands?|levels?|significance|credible|critical|CIs?\b)"
)
_SHARE_AFTER = re.compile(r"\s*(?:percent|per cent|%)\s+(?:an?|per|of|each|every)\b")
_LEVELS = {"1", "5", "10", "80", "90", "95", "99", "99.9"}
_THRESHOLD_BEFORE = re.compile(r"\b(?:at most|at|below|under|above|over|across|than|levels? of)\s+$", re.IGNORECASE)
_THRESHOLDS = {"0.1", "0.10", "0.05", "0.01", "0.001", ".1", ".05", ".01", ".001"}
_COMPOUND = re.compile(r"[A-Za-z][-−]$|(?:[A-Za-z]\)?|\b[12]\d{3})/$")
_LIST_LABEL = re.compile(r"\((\d{1,2})\)")
_FIRST_YEAR, _LAST_YEAR = 1000, 2100
# Others in that range need a word such as "in" before them.
_LIKELY_YEARS = range(1800, 2051)
_DATED_BEFORE = re.compile(
    r"\b(?:in|since|until|till|from|to|between|before|after|during|around|year)\s+$", re.IGNORECASE
)

_SMALL = (
    "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|"
    "eighteen|nineteen|zero"
)
_TENS = "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
_WORDS = re.compile(
    rf"\b(?:(?:{_TENS})(?:-(?:{_SMALL}))?|{_SMALL}|(?:a|one) hundred|half a|half)(?: point (?:{_SMALL}))?"
    rf"(?: and a half)?[\s-]+(?:{_UNIT_WORDS})",
    re.IGNORECASE,
)


def _is_year(text: str, match: re.Match[str]) -> bool:
    number = match[0]
    if not re.fullmatch(r"\d{4}", number) or not _FIRST_YEAR <= int(number) <= _LAST_YEAR:
        return False
    after = text[match.end() :]
    if _UNIT_AFTER.match(after):
        return False
    if int(number) not in _LIKELY_YEARS and not _DATED_BEFORE.search(text[: match.start()]):
        return False
    return not _COUNTED_AFTER.match(after) or _YEAR_BEFORE.search(text[: match.start()]) is not None


def _is_label(text: str, match: re.Match[str]) -> bool:
    before, after, number = text[: match.start()], text[match.end() :], match[0]
    if _ORDINAL_AFTER.match(after) or re.match(r"0s\b", text[match.end() - 1 :]):
        return True
    if _COMPOUND.search(before) or number.count(".") > 1:
        return True
    whole = number.isdigit()
    if whole and (_DAY_AFTER.match(after) or _DAY_BEFORE.search(before)) and len(number) <= 2:
        return True
    if whole and before.endswith("(") and after.startswith(")"):
        if _LABEL_BEFORE.search(before):
            return True
        labels = [int(label) for label in _LIST_LABEL.findall(text)]
        return len(labels) > 1 and labels == list(range(1, len(labels) + 1))
    return _LABEL_BEFORE.search(before) is not None and not _UNIT_AFTER.match(after) and not _COUNTED_AFTER.match(after)


def _is_convention(text: str, match: re.Match[str]) -> bool:
    """Rates per so many, scales from 0 to 1, codes of yes and no, and levels of tests and intervals."""
    before, after, number = text[: match.start()], text[match.end() :], match[0]
    if re.search(r"\bper\s+$", before) and re.fullmatch(r"10+", re.sub(r"\D", "", number)):
        return True
    if any(m.start() <= match.start() < m.end() for m in _SCALE.finditer(text)):
        return True
    if number in ("0", "1") and _DUMMY_BEFORE.search(before):
        return True
    if number in _LEVELS and re.match(r"[\s-]*(?:percent\b|per cent\b|%)", after):
        at = (
            _LEVEL_BEFORE.search(before) is not None and not _STATED_AT.search(before) and not _SHARE_AFTER.match(after)
        )
        return at or _LEVEL_AFTER.match(after) is not None
    return number in _THRESHOLDS and not _UNIT_AFTER.match(after) and _THRESHOLD_BEFORE.search(before) is not None


def _typed(passage: Passage) -> Iterator[tuple[re.Match[str], bool]]:
    """The numbers of a passage that need a source, and whether their sentence has one."""
    for start, end in passage.sentences():
        text = passage.text[start:end]
        cited = passage.cited or CITE in text
        for match in _NUMBER.finditer(passage.text, start, end):
            whole = passage.text
            if not (_is_year(whole, match) or _is_label(whole, match) or _is_convention(whole, match)):
                yield match, cited


def _digits(number: str) -> str:
    return re.sub(r"\D", "", number).lstrip("0")


def _known_facts(chapters: Iterable[Chapter]) -> set[str]:
    """Numbers of three digits or more that some sentence of the book gives with a source."""
    return {
        match[0]
        for chapter in chapters
        for passage in chapter.passages
        for match, cited in _typed(passage)
        if cited and len(_digits(match[0])) >= 3
    }


def check_numbers(chapters: Sequence[Chapter]) -> Iterator[Alarm]:
    """Numbers typed by hand in prose, headings, tables, captions and alternative texts.

    A number in a sentence (or a table's row) with a citation or a link to a source is a cited fact. So is one of
    three digits or more that is cited elsewhere in the book, unless it has a unit in which results are given.
    """
    facts = _known_facts(chapters)
    for chapter in chapters:
        for passage in chapter.passages:
            for match, cited in _typed(passage):
                after = passage.text[match.end() :]
                if cited or (match[0] in facts and not _UNIT_AFTER.match(after)):
                    continue
                yield Alarm(
                    passage.place(match.start()),
                    "L101",
                    f"the number {match[0]} is typed by hand; print it from a finding, or cite its source in the "
                    "same sentence",
                )
            for start, end in passage.sentences():
                if passage.cited or CITE in passage.text[start:end]:
                    continue
                for match in _WORDS.finditer(passage.text, start, end):
                    yield Alarm(
                        passage.place(match.start()),
                        "L102",
                        f"the result “{match[0]}” is typed by hand; print it from a finding, or cite its source in the "
                        "same sentence",
                    )
