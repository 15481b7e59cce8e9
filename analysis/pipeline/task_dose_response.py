"""Make the findings of dose and response."""

from pathlib import Path
from typing import Annotated

from pytask import Product

from analysis.data.tables import load_census, load_units, load_yearbook
from analysis.findings import write_findings
from analysis.paths import DATA, FINDINGS, SAMPLES, STUDY
from analysis.pipeline.write import write_table
from analysis.provenance import made_from, sources
from analysis.results.dose_response import DESIGN, findings
from analysis.study import load_study

MODULE = "analysis.pipeline.task_dose_response"


def task_dose_response(
    *,
    units: Path = DATA / "units.csv",
    census: Path = DATA / "census.csv",
    yearbook: Path = DATA / "yearbook.csv",
    study: Path = STUDY,
    code: tuple[Path, ...] = tuple(sources(MODULE)),  # pytask itself looks at this file only
    to_findings: Annotated[Path, Product] = FINDINGS / f"{DESIGN}.json",
    to_points: Annotated[Path, Product] = SAMPLES / f"{DESIGN}_bins.csv",
) -> None:
    """Estimate dose and response; write the findings, and the binned scatters for figures."""
    found, points = findings(
        load_units(units),
        load_census(census),
        load_yearbook(yearbook),
        load_study(study),
        made_from(MODULE, [units, census, yearbook, study]),
    )
    write_table(points, to_points)
    write_findings(found, to_findings)
