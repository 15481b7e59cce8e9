"""Make the findings of variance components, coverage and power."""

from pathlib import Path
from typing import Annotated

from pytask import Product

from analysis.data.tables import load_adjacency, load_census, load_units
from analysis.findings import write_findings
from analysis.paths import DATA, FINDINGS, SAMPLES, STUDY
from analysis.pipeline.write import write_table
from analysis.provenance import made_from, sources
from analysis.results.inference import DESIGN, results
from analysis.study import load_study

MODULE = "analysis.pipeline.task_inference"


def task_inference(
    *,
    units: Path = DATA / "units.csv",
    census: Path = DATA / "census.csv",
    adjacency: Path = DATA / "adjacency.csv",
    study: Path = STUDY,
    code: tuple[Path, ...] = tuple(sources(MODULE)),  # pytask itself looks at this file only
    to_findings: Annotated[Path, Product] = FINDINGS / f"{DESIGN}.json",
    to_power: Annotated[Path, Product] = SAMPLES / f"{DESIGN}_power.csv",
) -> None:
    """Decompose variances and simulate; write the findings, and the power curves for a figure."""
    result = results(
        load_units(units),
        load_census(census),
        load_adjacency(adjacency),
        load_study(study),
        made_from(MODULE, [units, census, adjacency, study]),
    )
    write_table(result.power, to_power)
    write_findings(result.findings, to_findings)
