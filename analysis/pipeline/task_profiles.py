"""Make the profiles of the programme's units, and what is counted over them."""

from pathlib import Path
from typing import Annotated

from pytask import Product

from analysis.data.tables import load_census, load_designations, load_programme_units, load_units, load_yearbook
from analysis.findings import write_findings
from analysis.paths import DATA, FINDINGS, SAMPLES, STUDY
from analysis.pipeline.write import write_table
from analysis.provenance import made_from, sources
from analysis.results.profiles import DESIGN, make
from analysis.study import load_study

MODULE = "analysis.pipeline.task_profiles"


def task_profiles(
    *,
    roster: Path = DATA / "programme_units.csv",
    units: Path = DATA / "units.csv",
    census: Path = DATA / "census.csv",
    yearbook: Path = DATA / "yearbook.csv",
    designations: Path = DATA / "designations.csv",
    study: Path = STUDY,
    code: tuple[Path, ...] = tuple(sources(MODULE)),  # pytask itself looks at this file only
    to_findings: Annotated[Path, Product] = FINDINGS / f"{DESIGN}.json",
    to_units: Annotated[Path, Product] = SAMPLES / f"{DESIGN}.csv",
) -> None:
    """Put each unit's figures, type and marks together; write them, and the findings."""
    made = make(
        load_programme_units(roster),
        load_units(units),
        load_census(census),
        load_yearbook(yearbook),
        load_designations(designations),
        load_study(study),
        made_from(MODULE, [roster, units, census, yearbook, designations, study]),
    )
    write_table(made.units, to_units)
    write_findings(made.findings, to_findings)
