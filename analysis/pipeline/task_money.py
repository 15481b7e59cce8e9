"""Make the findings of money and risk."""

from pathlib import Path
from typing import Annotated

from pytask import Product

from analysis.data.tables import load_census, load_units, load_yearbook
from analysis.findings import write_findings
from analysis.paths import DATA, FINDINGS, SAMPLES, STUDY
from analysis.pipeline.write import write_table
from analysis.provenance import made_from, sources
from analysis.results.money import DESIGN, make
from analysis.study import load_study

MODULE = "analysis.pipeline.task_money"


def task_money(
    *,
    units: Path = DATA / "units.csv",
    census: Path = DATA / "census.csv",
    yearbook: Path = DATA / "yearbook.csv",
    study: Path = STUDY,
    code: tuple[Path, ...] = tuple(sources(MODULE)),  # pytask itself looks at this file only
    to_findings: Annotated[Path, Product] = FINDINGS / f"{DESIGN}.json",
    to_units: Annotated[Path, Product] = SAMPLES / f"{DESIGN}.csv",
) -> None:
    """Count money a head and four risks by unit; write the findings, and the units for figures."""
    made = make(
        load_units(units),
        load_census(census),
        load_yearbook(yearbook),
        load_study(study),
        made_from(MODULE, [units, census, yearbook, study]),
    )
    write_table(made.units, to_units)
    write_findings(made.findings, to_findings)
