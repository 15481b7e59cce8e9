"""Make the findings of the urban hierarchy."""

from pathlib import Path
from typing import Annotated

from pytask import Product

from analysis.data.tables import load_census, load_units
from analysis.findings import write_findings
from analysis.paths import DATA, FINDINGS, STUDY
from analysis.provenance import made_from, sources
from analysis.results import hierarchy
from analysis.study import load_study

MODULE = "analysis.pipeline.task_hierarchy"


def task_hierarchy(
    *,
    units: Path = DATA / "units.csv",
    census: Path = DATA / "census.csv",
    study: Path = STUDY,
    code: tuple[Path, ...] = tuple(sources(MODULE)),  # pytask itself looks at this file only
    to_findings: Annotated[Path, Product] = FINDINGS / f"{hierarchy.DESIGN}.json",
) -> None:
    """Count residents and urban residents by tier; write the findings."""
    found = hierarchy.make(
        load_units(units), load_census(census), load_study(study), made_from(MODULE, [units, census, study])
    )
    write_findings(found, to_findings)
