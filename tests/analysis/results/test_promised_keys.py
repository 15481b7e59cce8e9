"""Every finding that a claim waits for exists, in the claim's unit and with what the claim's rule reads."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from analysis.findings import load_all
from analysis.paths import SEEDS
from analysis.pipeline.task_dose_response import task_dose_response
from analysis.pipeline.task_first_stage import task_first_stage
from analysis.pipeline.task_long_difference import task_long_difference
from analysis.pipeline.task_match import task_match
from analysis.pipeline.task_mechanisms import task_mechanisms
from analysis.pipeline.task_urban_system import task_register, task_urban_system

# A design whose findings claims wait for, and the task that makes them.
TASKS: dict[str, Callable[..., None]] = {
    "dose_response": task_dose_response,
    "first_stage": task_first_stage,
    "long_difference": task_long_difference,
    "match": task_match,
    "mechanisms": task_mechanisms,
    "urban_system": task_urban_system,
    "register": task_register,
}

CLAIMS: dict[str, dict[str, Any]] = {
    claim["finding"]: claim
    for path in sorted(SEEDS.glob("*.yml"))
    for claim in yaml.safe_load(path.read_text(encoding="utf-8"))["claims"]
    if claim["finding"]
}


def of(design: str) -> list[str]:
    return sorted(key for key in CLAIMS if key.split(".")[0] == design)


def test_every_design_is_looked_at() -> None:
    assert {key.split(".")[0] for key in CLAIMS} == set(TASKS)


@pytest.mark.parametrize("key", [key for design in TASKS for key in of(design)])
def test_finding_is_what_its_claim_waits_for(made_by: Callable[..., Path], key: str) -> None:
    claim = CLAIMS[key]
    finding = load_all(made_by(TASKS[key.split(".", maxsplit=1)[0]]) / "findings")[key]
    assert finding.unit == claim["size"]["unit"]
    if claim["rule"]["kind"] == "effect":
        assert finding.placebos and finding.smallest_p and finding.detectable
        assert finding.interval or finding.smallest_p > 0.05, "an interval, or too few placebos to bound one"
    if claim["rule"]["kind"] == "association":
        assert finding.interval and finding.clusters
        assert finding.placebos is None
