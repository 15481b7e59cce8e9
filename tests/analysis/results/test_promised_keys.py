"""Every finding that a claim waits for exists, in the claim's unit and with what the claim's rule reads."""

from typing import Any

import pytest
import yaml
from real_tables import MAKERS, found

from analysis.paths import SEEDS

CLAIMS: dict[str, dict[str, Any]] = {
    claim["finding"]: claim
    for path in sorted(SEEDS.glob("*.yml"))
    for claim in yaml.safe_load(path.read_text(encoding="utf-8"))["claims"]
    if claim["finding"]
}


def of(design: str) -> list[str]:
    return sorted(key for key in CLAIMS if key.split(".")[0] == design)


def test_every_design_is_looked_at() -> None:
    assert {key.split(".")[0] for key in CLAIMS} == set(MAKERS)


@pytest.mark.parametrize("key", [key for design in MAKERS for key in of(design)])
def test_finding_is_what_its_claim_waits_for(key: str) -> None:
    claim = CLAIMS[key]
    finding = found(key.split(".", maxsplit=1)[0])[key]
    assert finding.unit == claim["size"]["unit"]
    if claim["rule"]["kind"] == "effect":
        assert finding.placebos and finding.smallest_p and finding.detectable
        assert finding.interval or finding.smallest_p > 0.05, "an interval, or too few placebos to bound one"
    if claim["rule"]["kind"] == "association":
        assert finding.interval and finding.clusters
        assert finding.placebos is None
