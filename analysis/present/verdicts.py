"""The verdicts on the sources' claims, as chapters show them.

The rules are applied when the book is built, which writes the verdicts to `bld/verdicts.json` (the format is
`publishing/verdicts.schema.json`); here they are looked up and set beside the findings that they rest on.
"""

import difflib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any

from analysis.paths import BUILD, FINDINGS
from analysis.present.numbers import FindingNumber, Shown, capitalized, finding, quantity, text
from analysis.present.tables import Cell, Column, Link, Row, Table

FORMAT = "report-verdicts/1"
VERDICTS = BUILD / "verdicts.json"
ORDER = ("supported", "contradicted", "inconclusive", "not testable")
_ONE_DECIMAL = ("percent", "percentage points", "log points")
_NOTE = (
    "The size is the smallest that would matter. A claim is supported if the interval leaves out nought and the "
    "estimate reaches the size; a null is contradicted only if the design could have shown the size. Shares and "
    "counts of whole records have no interval. Estimate and interval are in the unit of the size. Rules and sizes were "
    "fixed before the estimates."
)


class VerdictError(ValueError):
    """The verdicts cannot be read, or none is of the claim asked for."""


@dataclass(frozen=True)
class Judged:
    """A claim with its verdict; `entry` has the claim's fields and those of the verdict, `source` the note's."""

    entry: dict[str, Any]
    source: dict[str, Any]

    def __getattr__(self, name: str) -> Any:
        try:
            return self.entry[name]
        except KeyError:
            raise AttributeError(name) from None

    @property
    def chapter_link(self) -> Link:
        """A link to the chapter that discusses the claim, by its number, from another chapter beside it."""
        name = PurePosixPath(self.entry["chapter"]).name
        return Link(name.partition("-")[0].lstrip("0"), name)


@lru_cache(maxsize=4)
def _read(path: Path, *_stat: int) -> tuple[Judged, ...]:
    document = json.loads(path.read_text(encoding="utf-8"))
    if document.get("format") != FORMAT:
        raise VerdictError(f"{path}: not in the format {FORMAT}; delete the file and run `report build`")
    return tuple(Judged(entry, document["notes"][entry["note"]]) for entry in document["verdicts"])


def load_verdicts(path: Path = VERDICTS) -> tuple[Judged, ...]:
    """All claims with their verdicts, in the order of the notes.

    Raises:
        VerdictError: the file is missing or not in the format.
    """
    try:
        path.open().close()  # so that whoever listens knows that this file was asked for, though it is read once
        stat = path.stat()
        return _read(path, stat.st_ino, stat.st_mtime_ns, stat.st_size)
    except FileNotFoundError as error:
        raise VerdictError(f"{path}: no such file; run `report build`, which makes it") from error
    except (json.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
        raise VerdictError(f"{path}: not in the format {FORMAT}; delete the file and run `report build`") from error


def _claims(ids: Sequence[str], path: Path) -> list[Judged]:
    known = {claim.id: claim for claim in load_verdicts(path)}
    unknown = [name for name in ids if name not in known]
    if unknown:
        close = difflib.get_close_matches(unknown[0], known, n=3, cutoff=0.4)
        hint = f"the nearest are {', '.join(close)}" if close else f"none of the {len(known)} claims is like it"
        raise VerdictError(f"no claim of the source notes has the id {unknown[0]!r}; {hint}")
    return [known[name] for name in ids]


def verdict(claim: str, path: Path = VERDICTS) -> Shown:
    """The verdict on a claim in a word or two, for prose.

    Args:
        claim: the claim's id in its source note.
        path: where the verdicts are.

    Raises:
        VerdictError: there is no such claim; the message names the nearest ids.
    """
    return text(_claims([claim], path)[0].verdict)


def count(verdict: str | None = None, path: Path = VERDICTS) -> Shown:
    """How many claims there are, or how many have this verdict.

    Raises:
        VerdictError: there is no such verdict.
    """
    if verdict not in (None, *ORDER):
        raise VerdictError(f"{verdict!r} is no verdict; allowed are {', '.join(ORDER)}")
    found = [c for c in load_verdicts(path) if verdict in (None, c.verdict)]
    return quantity(len(found), "claims")


def _estimate(claim: Judged, findings: Path) -> FindingNumber | None:
    if not claim.finding:
        return None
    whole = finding(claim.finding, folder=findings).raw.is_integer()
    digits = 0 if whole else 1 if claim.size["unit"] in _ONE_DECIMAL else 2
    return finding(claim.finding, digits, findings)


def _interval(found: FindingNumber | None) -> Cell:
    if found is None or found.finding.interval is None:
        return None
    return str(found.interval).removesuffix(f" {found.finding.unit}")


def _size(claim: Judged) -> Shown:
    value = claim.size["value"]
    return quantity(value, claim.size["unit"], digits=len(f"{value:g}".partition(".")[2]))


def _table(claims: Iterable[Judged], findings: Path, *, chapters: bool) -> Table:
    columns = [
        Column("Claim", align="left", width=34 if chapters else 36),
        Column("Source", align="left", width=14 if chapters else 16),
        Column("Size that matters", align="left", width=15),
        Column("Estimate", width=8 if chapters else 9),
        Column("95% interval", width=11),
        Column("Verdict", align="left", width=11 if chapters else 13),
    ]
    columns += [Column("Chapter", width=7)] if chapters else []
    rows = []
    for claim in claims:
        found = _estimate(claim, findings)
        cells: list[Cell] = [claim.says, claim.source["citation"]["short"], _size(claim)]
        cells += [found.number if found else None, _interval(found), claim.verdict]
        rows.append(Row([*cells, claim.chapter_link] if chapters else cells))
    return Table(columns, rows, [_NOTE])


def verdicts_table(*claims: str, path: Path = VERDICTS, findings: Path = FINDINGS) -> Table:
    """These claims with the size that matters, the estimate and the verdict.

    Args:
        claims: ids of claims.
        path: where the verdicts are.
        findings: where the findings are.

    Raises:
        VerdictError: a claim is not known; the message names the nearest ids.
    """
    return _table(_claims(claims, path), findings, chapters=False)


def summary_table(path: Path = VERDICTS, findings: Path = FINDINGS) -> Table:
    """All claims by verdict, each with its estimate, interval and a link to the chapter that discusses it."""
    claims = sorted(load_verdicts(path), key=lambda c: (ORDER.index(c.verdict), c.chapter))
    return _table(claims, findings, chapters=True)


def untestable_table(path: Path = VERDICTS) -> Table:
    """The claims that public figures do not bear on: why, and which table would make each testable."""
    claims = [c for c in load_verdicts(path) if c.rule["kind"] == "none"]
    columns = [
        Column("Claim", align="left", width=30),
        Column("Why not", align="left", width=29),
        Column("What would make it testable", align="left", width=34),
        Column("Chapter", width=7),
    ]
    rows = [Row([c.says, capitalized(c.rule["because"]), capitalized(c.rule["needs"]), c.chapter_link]) for c in claims]
    return Table(columns, rows)


_KINDS = {
    "effect": "Henan less its neighbours, by placebo provinces",
    "association": "Association within provinces or groups, errors clustered by prefecture",
    "level": "Share or count of a whole record",
    "none": "No public figure",
}


def _rule(claim: Judged) -> str:
    """The rule in words, as it stands in the note."""
    rule, size = claim.rule, _size(claim)
    if rule["kind"] == "none":
        return f"None: {rule['because']}."
    if rule["kind"] == "level":
        words = {"at_least": "at least", "at_most": "at most"}

        def ends(of: str, joined: str) -> str:
            return joined.join(f"{words[name]} {quantity(value)}" for name, value in rule[of].items())

        thresholds = f"supported {ends('supported', ' and ')}, contradicted {ends('contradicted', ' or ')}"
        return f"{_KINDS['level']}: {thresholds} ({claim.size['unit']})."
    return f"{_KINDS[rule['kind']]}: {rule['expects']} of {size} or more."


def _of_note(note: str, path: Path) -> list[Judged]:
    claims = [c for c in load_verdicts(path) if c.source["id"] == note]
    if not claims:
        known = sorted({c.source["id"] for c in load_verdicts(path)})
        raise VerdictError(f"no claim is of the note {note!r}; notes are {', '.join(known)}")
    return claims


def citation(note: str, path: Path = VERDICTS) -> Shown:
    """Who wrote the source, what it is, when and where it stands, in one sentence.

    Raises:
        VerdictError: no claim is of that note.
    """
    cited = _of_note(note, path)[0].source["citation"]
    author = f"{capitalized(cited['author'])}" if cited["author"] != "unknown" else "Author unknown"
    return text(f"{author}: {cited['title']}. {capitalized(cited['kind'])}; {cited['where']}; date: {cited['date']}.")


def doubts(note: str, path: Path = VERDICTS) -> Shown:
    """What the source leaves open.

    Raises:
        VerdictError: no claim is of that note.
    """
    return text(" ".join(_of_note(note, path)[0].source["citation"]["doubts"]))


def summary(note: str, path: Path = VERDICTS) -> Shown:
    """What the source says, in our words.

    Raises:
        VerdictError: no claim is of that note.
    """
    return text(_of_note(note, path)[0].source["summary"])


def claims_table(note: str, path: Path = VERDICTS) -> Table:
    """The claims of one source note: what would be seen, by which rule, and what came of it.

    Args:
        note: the note's id.
        path: where the verdicts are.

    Raises:
        VerdictError: no claim is of that note; the message names the notes.
    """
    claims = _of_note(note, path)
    columns = [
        Column("Claim", align="left", width=21),
        Column("What would be seen if it held", align="left", width=30),
        Column("Rule", align="left", width=25),
        Column("Verdict, and why", align="left", width=17),
        Column("Chapter", width=7),
    ]
    rows = []
    for claim in claims:
        why = "" if claim.rule["kind"] == "none" else f": {claim.why}"
        judged = f"{capitalized(claim.verdict)}{why}."
        rows.append(Row([claim.says, claim.implication, _rule(claim), judged, claim.chapter_link]))
    known = [f"{c.says} {c.foreknowledge}" for c in claims if c.foreknowledge != "none"]
    return Table(columns, rows, [f"Known before the rule was written: {words}" for words in known])
