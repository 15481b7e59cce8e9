"""Make the findings of the specification curve and of leaving prefectures out."""

from pathlib import Path
from typing import Annotated

from pytask import Product

from analysis.data.tables import load_adjacency, load_census, load_units
from analysis.findings import write_findings
from analysis.paths import DATA, FINDINGS, SAMPLES, STUDY
from analysis.pipeline.write import write_table
from analysis.provenance import made_from, sources
from analysis.results.robustness import DESIGN, results
from analysis.study import load_study

MODULE = "analysis.pipeline.task_robustness"


def task_robustness(
    *,
    units: Path = DATA / "units.csv",
    census: Path = DATA / "census.csv",
    adjacency: Path = DATA / "adjacency.csv",
    study: Path = STUDY,
    code: tuple[Path, ...] = tuple(sources(MODULE)),  # pytask itself looks at this file only
    to_findings: Annotated[Path, Product] = FINDINGS / f"{DESIGN}.json",
    to_curve: Annotated[Path, Product] = SAMPLES / f"{DESIGN}_curve.csv",
    to_left_out: Annotated[Path, Product] = SAMPLES / f"{DESIGN}_left_out.csv",
) -> None:
    """Estimate all specifications; write the findings, and the points of the figures."""
    result = results(
        load_units(units),
        load_census(census),
        load_adjacency(adjacency),
        load_study(study),
        made_from(MODULE, [units, census, adjacency, study]),
    )
    write_table(result.curve, to_curve)
    write_table(result.left_out, to_left_out)
    write_findings(result.findings, to_findings)
