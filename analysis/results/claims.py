"""The sizes that the sources' claims call the smallest that would matter, by the finding that each waits for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from analysis.findings import FindingError


@dataclass(frozen=True)
class EffectClaim:
    """A claim that is judged by an effect: its id, the key of the finding, the size that matters, and its unit.

    `expects` is what the claim says of the effect: increase, decrease or no increase.
    """

    id: str
    finding: str
    size: float
    unit: str
    expects: str

    @property
    def outcome(self) -> str:
        """What the effect is on, as the finding's key names it: its part before the last."""
        return self.finding.split(".")[-2]


def read_notes(paths: Iterable[Path]) -> list[Mapping[str, Any]]:
    """Source notes as they stand in their files.

    Raises:
        FindingError: a file is no YAML mapping with claims.
    """
    notes: list[Mapping[str, Any]] = []
    for path in sorted(paths):
        note = yaml.safe_load(path.read_text(encoding="utf-8"))
        if not isinstance(note, dict) or not isinstance(note.get("claims"), list):
            raise FindingError(f"{path}: no source note; seeds/README.md says what one holds")
        notes.append(note)
    return notes


def effect_claims(notes: Iterable[Mapping[str, Any]]) -> list[EffectClaim]:
    """The claims whose rule waits for an effect, in the order of the notes."""
    return [
        EffectClaim(
            claim["id"],
            claim["finding"],
            float(claim["size"]["value"]),
            claim["size"]["unit"],
            claim["rule"]["expects"],
        )
        for note in notes
        for claim in note["claims"]
        if claim["rule"]["kind"] == "effect"
    ]
