"""The claims of a book's text: where they stand, what they say, and whether the findings bear them out."""

import html
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from publishing.claims.grammar import ClaimSyntaxError, Condition, parse
from publishing.claims.judge import Judgement, JudgementError, judge
from publishing.errors import ClaimError
from publishing.findings import Found, load
from publishing.project import Book
from publishing.references import Scan
from publishing.source import Cell, Place, Source

_SHOWN_CASES = 5
_FORM = '[a sentence]{claim="a condition"}'
# `claims` and other capitals are no attribute of ours, and would pass unheard.
_ATTRIBUTE = re.compile(
    r"""\{(?:[^{}"']|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')*?(?<![\w-])"""
    r"""(?P<name>(?i:claims?))\s*=\s*(?P<value>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[^\s}]*)"""
)
_CAPTIONS = ("fig-cap", "tbl-cap")


@dataclass(frozen=True)
class Claim:
    """A condition as it stands in the text, with the sentence that it is attached to."""

    place: Place
    sentence: str
    text: str


@dataclass(frozen=True)
class Verdict:
    """A claim held against the findings: judgements of its conditions, or what keeps it from being judged."""

    claim: Claim
    judgements: tuple[Judgement, ...] = ()
    fault: str | None = None

    @property
    def holds(self) -> bool:
        """Whether every condition holds."""
        return self.fault is None and all(j.holds for j in self.judgements)

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of the findings that the claim looks at."""
        return tuple(dict.fromkeys(v.found.key for j in self.judgements for case in j.cases for v in case.values))


def _plain(value: str) -> str:
    """An attribute's value as pandoc reads it, with single spaces."""
    if value[:1] in ('"', "'"):
        value = re.sub(r"\\(.)", r"\1", value[1:-1])
    return " ".join(html.unescape(value).split())


def _marks(text: str) -> Iterator[tuple[int, str, str]]:
    """Everything that looks like the attribute of a claim: its position, its name and its value."""
    for match in _ATTRIBUTE.finditer(text):
        yield match.start("name"), match["name"], _plain(match["value"])


def _written(source: Source) -> Iterator[tuple[Place, str, str]]:
    """The marks of a chapter's prose and captions, in that order."""
    for position, name, value in _marks(text := "\n".join(line for _, line in source.prose)):
        yield source.prose[text.count("\n", 0, position)][0], name, value
    for cell in source.steps:
        if isinstance(cell, Cell):
            for option in (*_CAPTIONS, "fig-alt"):
                for _, name, value in _marks(str(cell.options.get(option, ""))):
                    yield cell.place, name, value


def _no_span(place: Place, name: str) -> str:
    if name != "claim":
        return f"{place}: the attribute {name}; write claim, as in {_FORM}."
    return (
        f"{place}: here stands a claim that belongs to no sentence; write {_FORM}, both brackets in one paragraph and "
        "the condition in quotation marks. An alt text is no Markdown: give the cell the option `#| claim:` instead."
    )


def collect(sources: Sequence[Source], scans: Sequence[Scan]) -> list[Claim]:
    """The claims of all chapters, in the order of the text.

    Pandoc says what is a claim and of which sentence; where it stands is found again in the source.

    Raises:
        ClaimError: something looks like a claim and would not be heard; the message has file and line.
    """
    claims: list[Claim] = []
    faults: list[str] = []
    for source, scan in zip(sources, scans, strict=True):
        sentences: dict[str, list[str]] = defaultdict(list)
        for text, sentence in scan.claims:
            sentences[" ".join(text.split())].append(" ".join(sentence.split()))
        for place, name, text in _written(source):
            if name == "claim" and sentences[text]:
                claims.append(Claim(place, sentences[text].pop(0), text))
            else:
                faults.append(_no_span(place, name))
        for cell in source.steps:
            if isinstance(cell, Cell) and "claim" in cell.options:
                words = next((cell.options[o] for o in ("fig-alt", *_CAPTIONS) if o in cell.options), None)
                said = str(words) if words else f"what cell {cell.label or ''} prints".replace("  ", " ")
                claims.append(Claim(cell.place, said, " ".join(str(cell.options["claim"]).split())))
        # Written in a way that pandoc reads and this module does not: still a claim.
        for text, left in sentences.items():
            claims += [Claim(Place(source.path, 1), sentence, text) for sentence in left]
    if faults:
        raise ClaimError("\n".join(faults))
    return claims


def judge_claims(claims: Sequence[Claim], known: Mapping[str, Found]) -> list[Verdict]:
    """Each claim held against the findings."""
    verdicts = []
    for claim in claims:
        try:
            conditions: tuple[Condition, ...] = parse(claim.text)
            verdicts.append(Verdict(claim, tuple(judge(c, known) for c in conditions)))
        except ClaimSyntaxError as fault:
            verdicts.append(Verdict(claim, fault=f"the claim cannot be read:\n{fault}"))
        except JudgementError as fault:
            verdicts.append(Verdict(claim, fault=f"the claim cannot be judged:\n    {claim.text}\n    {fault}"))
    return verdicts


def _found(judgement: Judgement) -> list[str]:
    lines = []
    condition = judgement.condition
    if condition.count is not None:
        number = sum(case.holds for case in judgement.cases)
        lines.append(f"so it is of {number} of {len(judgement.cases)}")
    against = judgement.against
    for case in against[:_SHOWN_CASES]:
        lines += [str(value) for value in case.values]
    if len(against) > _SHOWN_CASES:
        lines.append(f"and {len(against) - _SHOWN_CASES} more")
    return list(dict.fromkeys(lines))


def words(verdict: Verdict) -> str:
    """What is wrong with a claim: file and line, sentence, condition and values."""
    claim = verdict.claim
    if verdict.fault is not None:
        return f"{claim.place}: {verdict.fault}\n    sentence:  {claim.sentence}"
    lines = [f"{claim.place}: the findings do not bear this sentence out; change the sentence, or its condition."]
    lines.append(f"    sentence:  {claim.sentence}")
    for judgement in verdict.judgements:
        if not judgement.holds:
            lines.append(f"    condition: {judgement.condition}")
            lines += [f"    found:     {line}" for line in _found(judgement)]
    return "\n".join(lines)


def line(verdict: Verdict) -> str:
    """A claim that holds: file and line, condition, and the values of the quantities that it looks at."""
    lines = [f"{verdict.claim.place}: {verdict.claim.sentence}"]
    for judgement in verdict.judgements:
        lines.append(f"    holds: {judgement.condition}")
        if judgement.condition.count is not None:
            lines.append(f"           so it is of {sum(c.holds for c in judgement.cases)} of {len(judgement.cases)}")
        else:
            lines += [f"           {value}" for value in judgement.cases[0].values]
    return "\n".join(lines)


def check_claims(book: Book, sources: Sequence[Source], scans: Sequence[Scan]) -> None:
    """Stop unless the findings bear out every claim of the book.

    Raises:
        ClaimError: some are not borne out, or cannot be read or judged; the message has a paragraph for each.
    """
    claims = collect(sources, scans)
    if not claims:
        return
    verdicts = judge_claims(claims, load(book.root / book.settings.findings))
    failed = [words(verdict) for verdict in verdicts if not verdict.holds]
    if failed:
        raise ClaimError("\n".join(failed))


def as_json(verdict: Verdict) -> dict[str, Any]:
    """A verdict for a machine; fields that do not apply are left out."""
    claim = verdict.claim
    entry: dict[str, Any] = {
        "file": claim.place.file,
        "line": claim.place.line,
        "sentence": claim.sentence,
        "claim": claim.text,
        "holds": verdict.holds,
    }
    if verdict.fault is not None:
        return entry | {"fault": verdict.fault}
    conditions = []
    for judgement in verdict.judgements:
        cases = [
            {
                "holds": case.holds,
                "values": [
                    {"key": v.found.key, "field": v.field, "number": v.number, "unit": v.unit} for v in case.values
                ],
            }
            for case in judgement.cases
        ]
        conditions.append({"condition": str(judgement.condition), "holds": judgement.holds, "cases": cases})
    return entry | {"conditions": conditions}
