"""The verdicts on the claims of source notes: each claim's rule, held against the finding that it names.

The rules are those of `source_note.schema.json`; a level is held against thresholds, an effect or an association
against the smallest size that would matter.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from publishing.errors import SourceError
from publishing.findings import Found

SCHEMA = Path(__file__).parents[1] / "source_note.schema.json"
SUPPORTED, CONTRADICTED, INCONCLUSIVE, NOT_TESTABLE = "supported", "contradicted", "inconclusive", "not testable"
NO_FINDING, OTHER_UNIT = "not judged: no such finding", "not judged: the finding is in another unit"


@dataclass(frozen=True)
class Verdict:
    """A claim of a source note, the rule that judges it, and what came of it."""

    claim: str
    file: str
    says: str
    finding: str | None
    rule: str
    verdict: str


def _level(rule: Mapping[str, Any], value: float) -> str:
    def met(thresholds: Mapping[str, float]) -> list[bool]:
        tests = {"at_least": value.__ge__, "at_most": value.__le__}
        return [bool(tests[name](threshold)) for name, threshold in thresholds.items()]

    if all(met(rule["supported"])):
        return SUPPORTED
    return CONTRADICTED if any(met(rule["contradicted"])) else INCONCLUSIVE


def _effect(expects: str, size: float, found: Found, *, needs_power: bool) -> str:
    if found.interval is None:
        return INCONCLUSIVE
    value, (low, high) = found.value, found.interval
    if expects.endswith("decrease"):
        value, low, high = -value, -high, -low
    shown = low > 0 and value >= size
    powered = not needs_power or (found.detectable is not None and found.detectable <= size)
    refuted = high < size and powered
    if expects.startswith("no "):
        return CONTRADICTED if shown else SUPPORTED if high < 0 or refuted else INCONCLUSIVE
    return SUPPORTED if shown else CONTRADICTED if high < 0 or refuted else INCONCLUSIVE


def judge(claim: Mapping[str, Any], findings: Mapping[str, Found]) -> str:
    """The verdict on one claim of a source note."""
    rule = claim["rule"]
    if rule["kind"] == "none":
        return NOT_TESTABLE
    found = findings.get(claim["finding"] or "")
    if found is None:
        return NO_FINDING
    if found.unit != claim["size"]["unit"]:
        return OTHER_UNIT
    if rule["kind"] == "level":
        return _level(rule, found.value)
    return _effect(rule["expects"], float(claim["size"]["value"]), found, needs_power=rule["kind"] == "effect")


def _claims(root: Path, folder: str) -> Iterator[tuple[str, dict[str, Any]]]:
    import jsonschema

    validator = jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))
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
        yield from ((name, claim) for claim in note["claims"])


def verdicts(root: Path, folder: str | None, findings: Mapping[str, Found]) -> dict[str, Verdict]:
    """The verdicts on all claims of a folder of source notes, by the claim's id; none where there is no folder.

    Raises:
        SourceError: a note is not in the format; the message names file and field.
    """
    return {
        claim["id"]: Verdict(
            claim["id"],
            name,
            claim["says"],
            claim["finding"],
            json.dumps([claim["rule"], claim["size"]], sort_keys=True),
            judge(claim, findings),
        )
        for name, claim in (_claims(root, folder) if folder else ())
    }
