"""Make the findings of the first stage."""

from pathlib import Path
from typing import Annotated

from pytask import Product

from analysis.data.tables import load_adjacency, load_census, load_city_roads, load_prefectures, load_units
from analysis.findings import write_findings
from analysis.paths import DATA, FINDINGS, SAMPLES, STUDY
from analysis.pipeline.write import write_table
from analysis.provenance import made_from, sources
from analysis.results.first_stage import DESIGN, estimate
from analysis.study import load_study

MODULE = "analysis.pipeline.task_first_stage"


def task_first_stage(
    *,
    units: Path = DATA / "units.csv",
    census: Path = DATA / "census.csv",
    adjacency: Path = DATA / "adjacency.csv",
    roads: Path = DATA / "city_roads.csv",
    prefectures: Path = DATA / "prefectures.csv",
    study: Path = STUDY,
    code: tuple[Path, ...] = tuple(sources(MODULE)),  # pytask itself looks at this file only
    to_findings: Annotated[Path, Product] = FINDINGS / f"{DESIGN}.json",
    to_points: Annotated[Path, Product] = SAMPLES / f"{DESIGN}.csv",
    to_placebos: Annotated[Path, Product] = SAMPLES / f"{DESIGN}_placebos.csv",
    to_weights: Annotated[Path, Product] = SAMPLES / f"{DESIGN}_weights.csv",
) -> None:
    """Estimate the first stage; write its findings, and the points, placebos and weights that figures show."""
    made = estimate(
        load_units(units),
        load_census(census),
        load_adjacency(adjacency),
        load_city_roads(roads, flagged=True),
        load_prefectures(prefectures),
        load_study(study),
        made_from(MODULE, [units, census, adjacency, roads, prefectures, study]),
    )
    for table, path in ((made.points, to_points), (made.placebos, to_placebos), (made.weights, to_weights)):
        write_table(table, path)
    write_findings(made.findings, to_findings)
