"""Make the findings of the long difference."""

from pathlib import Path
from typing import Annotated

from pytask import Product

from analysis.data.tables import load_adjacency, load_census, load_census_totals, load_programme_units, load_units
from analysis.findings import write_findings
from analysis.paths import DATA, FINDINGS, SAMPLES, STUDY
from analysis.pipeline.write import write_table
from analysis.provenance import made_from, sources
from analysis.results.long_difference import DESIGN, results
from analysis.study import load_study

MODULE = "analysis.pipeline.task_long_difference"


def task_long_difference(
    *,
    units: Path = DATA / "units.csv",
    census: Path = DATA / "census.csv",
    adjacency: Path = DATA / "adjacency.csv",
    totals: Path = DATA / "census_totals.csv",
    programme_units: Path = DATA / "programme_units.csv",
    study: Path = STUDY,
    code: tuple[Path, ...] = tuple(sources(MODULE)),  # pytask itself looks at this file only
    to_findings: Annotated[Path, Product] = FINDINGS / f"{DESIGN}.json",
    to_sample: Annotated[Path, Product] = SAMPLES / f"{DESIGN}.csv",
    to_placebos: Annotated[Path, Product] = SAMPLES / f"{DESIGN}_placebos.csv",
    to_likeness: Annotated[Path, Product] = SAMPLES / f"{DESIGN}_likeness.csv",
) -> None:
    """Estimate the long difference; write its findings, and the units and placebos for figures."""
    found = results(
        load_units(units),
        load_census(census),
        load_adjacency(adjacency),
        load_census_totals(totals),
        load_programme_units(programme_units),
        load_study(study),
        made_from(MODULE, [units, census, adjacency, totals, programme_units, study]),
    )
    for table, path in (
        (found.sample, to_sample),
        (found.placebos, to_placebos),
        (found.likeness, to_likeness),
    ):
        write_table(table, path)
    write_findings(found.findings, to_findings)
