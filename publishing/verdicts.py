"""The verdicts on the claims of source notes: each claim's rule, held against the finding that it names.

The rules are those of `source_note.schema.json`; a level is held against thresholds, an effect or an association
against the smallest size that would matter. A build writes the verdicts to `bld/verdicts.json`, in the format of
`verdicts.schema.json`, where chapters can read them.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from publishing.errors import SourceError, VerdictError
from publishing.files import read_json, write_json
from publishing.findings import Found, load, nearest
from publishing.fingerprint import MISSING
from publishing.freshness import Now, change
from publishing.project import Book
from publishing.provenance import number_words

FORMAT = "report-verdicts/1"
SCHEMA = Path(__file__).with_name("source_note.schema.json")
FILE = "verdicts.json"
_MADE_FROM = "verdicts-made-from.json"
SUPPORTED, CONTRADICTED, INCONCLUSIVE, NOT_TESTABLE = "supported", "contradicted", "inconclusive", "not testable"
_ASKED_FOR_LATER = {"chapter", "short"}
NO_FINDING, OTHER_UNIT = "not judged: no such finding", "not judged: the finding is in another unit"


@dataclass(frozen=True)
class Verdict:
    """A claim of a source note, the rule that judges it, and what came of it.

    `note` is the note's file, `source` all that it says apart from its claims, `entry` the claim as it stands there;
    `why` says in words how the rule came to the verdict.
    """

    note: str
    source: Mapping[str, Any]
    entry: Mapping[str, Any]
    verdict: str
    why: str

    @property
    def claim(self) -> str:
        """The claim's id."""
        return str(self.entry["id"])

    @property
    def says(self) -> str:
        """The claim in the note's words."""
        return str(self.entry["says"])

    @property
    def finding(self) -> str | None:
        """The key of the finding that bears on it."""
        key: str | None = self.entry["finding"]
        return key

    @property
    def rule(self) -> str:
        """The rule and the size that matters, to tell another rule from this."""
        return json.dumps([self.entry["rule"], self.entry["size"]], sort_keys=True)


def _thresholds(thresholds: Mapping[str, float], joined: str) -> str:
    words = {"at_least": "at least", "at_most": "at most"}
    return joined.join(f"{words[name]} {number_words(value)}" for name, value in thresholds.items())


def _level(rule: Mapping[str, Any], value: float) -> tuple[str, str]:
    def met(thresholds: Mapping[str, float]) -> list[bool]:
        tests = {"at_least": value.__ge__, "at_most": value.__le__}
        return [bool(tests[name](threshold)) for name, threshold in thresholds.items()]

    if all(met(rule["supported"])):
        return SUPPORTED, f"the value is {_thresholds(rule['supported'], ' and ')}"
    if any(met(rule["contradicted"])):
        return CONTRADICTED, f"the value is {_thresholds(rule['contradicted'], ' or ')}"
    return INCONCLUSIVE, "the value lies between the thresholds of the rule"


def _effect(expects: str, size: float, found: Found, *, needs_power: bool) -> tuple[str, str]:
    if found.interval is None:
        return INCONCLUSIVE, "the design gives no interval"
    value, (low, high) = found.value, found.interval
    if expects.endswith("decrease"):
        value, low, high = -value, -high, -low
    unpowered = needs_power and (found.detectable is None or found.detectable > size)
    if low > 0 and value >= size:
        why, is_there = "the interval leaves out nought, and the estimate reaches the size that matters", True
    elif high < 0:
        why, is_there = "the interval lies on the other side of nought", False
    elif high < size and not unpowered:
        why = "the interval leaves out the size that matters" + ", which the design could have shown" * needs_power
        is_there = False
    elif high < size:
        return INCONCLUSIVE, "the interval leaves out the size that matters, but the design could not have shown it"
    elif low > 0:
        return INCONCLUSIVE, "the interval leaves out nought, but the estimate is below the size that matters"
    else:
        return INCONCLUSIVE, "the interval holds both nought and the size that matters"
    return (SUPPORTED if is_there != expects.startswith("no ") else CONTRADICTED), why


def judge(claim: Mapping[str, Any], findings: Mapping[str, Found]) -> tuple[str, str]:
    """The verdict on one claim of a source note, and why.

    Args:
        claim: the claim as its note has it.
        findings: all findings, by key.
    """
    rule, size = claim["rule"], claim["size"]
    if rule["kind"] == "none":
        return NOT_TESTABLE, str(rule["because"])
    key = claim["finding"] or ""
    found = findings.get(key)
    if found is None:
        close = nearest(key, findings)
        like = f"the nearest are {', '.join(close)}" if close else "none is like it"
        return NO_FINDING, f"no finding has the key {key}; {like}"
    if found.unit != size["unit"]:
        return OTHER_UNIT, f"{key} is in {found.unit}, the size in {size['unit']}"
    if rule["kind"] == "level":
        return _level(rule, found.value)
    return _effect(rule["expects"], float(size["value"]), found, needs_power=rule["kind"] == "effect")


def _notes(root: Path, folder: str, *, older: bool) -> Iterator[tuple[str, dict[str, Any]]]:
    import jsonschema

    schema: Any = json.loads(SCHEMA.read_text(encoding="utf-8"))
    if older:
        for fields in (schema["$defs"]["claim"], schema["properties"]["citation"]):
            fields["required"] = [name for name in fields["required"] if name not in _ASKED_FOR_LATER]
    validator = jsonschema.Draft202012Validator(schema)
    for path in sorted((root / folder).glob("*.yml")):
        name = path.relative_to(root).as_posix()
        try:
            note: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise SourceError(f"{name}: not valid YAML: {error}") from error
        fault = next(iter(validator.iter_errors(note)), None)
        if fault is not None:
            where = " / ".join(str(part) for part in fault.absolute_path) or "the note"
            raise SourceError(f"{name}: {where}: {fault.message}")
        yield name, note


def verdicts(
    root: Path, folder: str | None, findings: Mapping[str, Found], *, older: bool = False
) -> dict[str, Verdict]:
    """The verdicts on all claims of a folder of source notes, by the claim's id; none where there is no folder.

    Args:
        root: the project, or an edition of it.
        folder: where the notes are.
        findings: all findings, by key.
        older: whether the notes are of an older edition, and may lack what the format did not ask for at first.

    Raises:
        SourceError: a note is not in the format, or two claims have one id; the message names file and field.
    """
    found: dict[str, Verdict] = {}
    for name, note in _notes(root, folder, older=older) if folder else ():
        source = {field: value for field, value in note.items() if field != "claims"}
        for claim in note["claims"]:
            if claim["id"] in found:
                raise SourceError(f"{name}: the claim {claim['id']} stands in {found[claim['id']].note} too.")
            found[claim["id"]] = Verdict(name, source, claim, *judge(claim, findings))
    return found


def read_verdicts(book: Book) -> dict[str, Verdict]:
    """The verdicts of a book by its notes and findings as they are.

    Raises:
        SourceError: a note is not in the format; the message names file and field.
        FindingsError: findings cannot be read.
        VerdictError: a claim names a chapter that the book does not have.
    """
    found = verdicts(book.root, book.settings.source_notes, load(book.root / book.settings.findings))
    chapters = {entry.path for entry in book.entries}
    faults = [
        f"{v.note}: claim {v.claim}: chapter {v.entry['chapter']} is none of the book; allowed are those that "
        "_quarto.yml lists."
        for v in found.values()
        if v.entry.get("chapter", "") not in {"", *chapters}
    ]
    if faults:
        raise VerdictError("\n".join(faults))
    return found


def as_json(found: Verdict) -> dict[str, Any]:
    """A verdict for a machine: the note's file, the claim as it stands there, and the verdict with its reason."""
    return {"note": found.note, **found.entry, "verdict": found.verdict, "why": found.why}


def line(found: Verdict) -> str:
    """A verdict in words: note, claim and verdict; what is said; the finding and the size that matters; why."""
    lines = [f"{found.note}: {found.claim}: {found.verdict}", found.says]
    if found.finding:
        size = found.entry["size"]
        lines.append(f"{found.finding}; the size that matters is {number_words(size['value'])} {size['unit']}")
    return "\n    ".join([*lines, found.why])


def counts(found: Sequence[Verdict]) -> str:
    """How many claims there are, and how many of each verdict."""
    of = Counter(v.verdict for v in found)
    claims = "claim" if len(found) == 1 else "claims"
    return f"{len(found)} {claims} of source notes: {', '.join(f'{n} {name}' for name, n in sorted(of.items()))}."


def unjudged(found: Sequence[Verdict]) -> list[str]:
    """What is wrong with claims whose rule could not be applied, a line each."""
    return [f"{v.note}: claim {v.claim}: {v.why}" for v in found if v.verdict in (NO_FINDING, OTHER_UNIT)]


def _path(book: Book) -> Path:
    return book.workshop / FILE


def _made_from(book: Book, now: Now) -> dict[str, str]:
    """Fingerprints of what verdicts follow from, by path: the notes, the findings, the rules as they are coded."""
    notes = sorted((book.root / str(book.settings.source_notes)).glob("*.yml"))
    files = [*notes, *sorted(now.findings.glob("*.json"))]
    names = [path.relative_to(book.root).as_posix() for path in files]
    return {name: now.of(name) for name in names} | {"publishing/verdicts.py": now.code(Path(__file__))}


def stale_verdicts(book: Book, now: Now, products: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Why the file of the verdicts is stale, under its path; empty where it holds or where there are no notes.

    Args:
        book: the book.
        now: the files as they are.
        products: of each product of the pipeline that is stale, why.
    """
    if book.settings.source_notes is None:
        return {}
    name = _path(book).relative_to(book.root).as_posix()
    record = read_json(book.workshop / _MADE_FROM)
    then: dict[str, str] = record if isinstance(record, dict) else {}
    if now.of(name) == MISSING or not then:
        return {name: [f"{name} is missing"]}
    is_now = _made_from(book, now)
    why = [cause for file, causes in products.items() if file in then for cause in causes]
    why += [
        change(file, then.get(file), is_now.get(file))
        for file in sorted(then.keys() | is_now.keys())
        if file not in products and then.get(file) != is_now.get(file)
    ]
    return {name: list(dict.fromkeys(why))} if why else {}


def update_verdicts(book: Book) -> None:
    """Write the verdicts where chapters read them, if a note or a finding changed since.

    Raises:
        SourceError: a note is not in the format; the message names file and field.
        VerdictError: a rule cannot be applied, or a claim names an unknown chapter; the message names note and claim.
    """
    now = Now(book)
    if not stale_verdicts(book, now, {}):
        return
    found = read_verdicts(book)
    faults = unjudged(list(found.values()))
    if faults:
        raise VerdictError("\n".join(faults))
    document = {
        "format": FORMAT,
        "notes": {v.note: dict(v.source) for v in found.values()},
        "verdicts": [as_json(v) for v in found.values()],
    }
    write_json(_path(book), document)
    write_json(book.workshop / _MADE_FROM, _made_from(book, Now(book)))
    now.keep()
