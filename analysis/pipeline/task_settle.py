"""Make the findings of what would settle the question."""

from pathlib import Path
from typing import Annotated

from pytask import Product

from analysis.data.tables import load_census, load_units
from analysis.findings import read_findings, write_findings
from analysis.paths import DATA, FINDINGS, SAMPLES, SEEDS, STUDY
from analysis.pipeline.write import write_table
from analysis.provenance import made_from, sources
from analysis.results.claims import effect_claims, read_notes
from analysis.results.settle import DESIGN, results
from analysis.study import load_study

MODULE = "analysis.pipeline.task_settle"
DESIGNS = ("first_stage", "inference", "long_difference", "match")
KNOWN = tuple([FINDINGS / f"{design}.json" for design in DESIGNS])


def task_settle(
    *,
    units: Path = DATA / "units.csv",
    census: Path = DATA / "census.csv",
    study: Path = STUDY,
    notes: tuple[Path, ...] = tuple(sorted(SEEDS.glob("*.yml"))),
    findings: tuple[Path, ...] = KNOWN,
    code: tuple[Path, ...] = tuple(sources(MODULE)),  # pytask itself looks at this file only
    to_findings: Annotated[Path, Product] = FINDINGS / f"{DESIGN}.json",
    to_provinces: Annotated[Path, Product] = SAMPLES / f"{DESIGN}_provinces.csv",
) -> None:
    """Compute what designs could find; write the findings, and the curve over treated provinces for a figure."""
    result = results(
        load_units(units),
        load_census(census),
        load_study(study),
        effect_claims(read_notes(notes)),
        {f.key: f for path in findings for f in read_findings(path).findings},
        made_from(MODULE, [units, census, study, *notes, *findings]),
    )
    write_table(result.provinces, to_provinces)
    write_findings(result.findings, to_findings)
