"""Make the findings of the mechanisms."""

from pathlib import Path
from typing import Annotated

from pytask import Product

from analysis.data.tables import load_census, load_census_totals, load_designations, load_units
from analysis.findings import write_findings
from analysis.paths import DATA, FINDINGS, STUDY
from analysis.provenance import made_from, sources
from analysis.results.mechanisms import DESIGN, findings
from analysis.study import load_study

MODULE = "analysis.pipeline.task_mechanisms"


def task_mechanisms(
    *,
    units: Path = DATA / "units.csv",
    census: Path = DATA / "census.csv",
    totals: Path = DATA / "census_totals.csv",
    designations: Path = DATA / "designations.csv",
    study: Path = STUDY,
    code: tuple[Path, ...] = tuple(sources(MODULE)),  # pytask itself looks at this file only
    to_findings: Annotated[Path, Product] = FINDINGS / f"{DESIGN}.json",
) -> None:
    """Describe what goes with growth; write the findings."""
    found = findings(
        load_units(units),
        load_census(census),
        load_census_totals(totals),
        load_designations(designations),
        load_study(study),
        made_from(MODULE, [units, census, totals, designations, study]),
    )
    write_findings(found, to_findings)
