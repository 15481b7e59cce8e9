"""Make the findings of space."""

from pathlib import Path
from typing import Annotated

from pytask import Product

from analysis.data.tables import load_adjacency, load_census, load_polygons, load_units
from analysis.findings import write_findings
from analysis.paths import DATA, FINDINGS, SAMPLES, STUDY
from analysis.pipeline.write import write_table
from analysis.provenance import made_from, sources
from analysis.results.space import DESIGN, findings
from analysis.study import load_study

MODULE = "analysis.pipeline.task_space"


def task_space(
    *,
    units: Path = DATA / "units.csv",
    census: Path = DATA / "census.csv",
    adjacency: Path = DATA / "adjacency.csv",
    polygons: Path = DATA / "polygons.csv",
    study: Path = STUDY,
    code: tuple[Path, ...] = tuple(sources(MODULE)),  # pytask itself looks at this file only
    to_findings: Annotated[Path, Product] = FINDINGS / f"{DESIGN}.json",
    to_placebos: Annotated[Path, Product] = SAMPLES / f"{DESIGN}_placebos.csv",
) -> None:
    """Estimate what space has to say; write its findings, and each province's estimates for figures."""
    found, placebos = findings(
        load_units(units),
        load_census(census),
        load_adjacency(adjacency),
        load_polygons(polygons),
        load_study(study),
        made_from(MODULE, [units, census, adjacency, polygons, study]),
    )
    write_table(placebos, to_placebos)
    write_findings(found, to_findings)
