"""What the steps of a chapter printed, whoever ran them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Bundle = Mapping[str, Any]


@dataclass(frozen=True)
class Results:
    """What the steps of one chapter printed, in their order: a list of MIME bundles for each."""

    path: str
    outputs: tuple[tuple[Bundle, ...], ...]
