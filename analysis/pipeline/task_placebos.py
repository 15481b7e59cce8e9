"""Make the findings of the placebo provinces."""

from pathlib import Path
from typing import Annotated

from pytask import Product

from analysis.data.tables import load_adjacency, load_census, load_prefectures, load_units
from analysis.findings import write_findings
from analysis.paths import DATA, FINDINGS, SAMPLES, STUDY
from analysis.pipeline.write import write_table
from analysis.provenance import made_from, sources
from analysis.results.placebos import DESIGN, findings
from analysis.study import load_study

MODULE = "analysis.pipeline.task_placebos"


def task_placebos(
    *,
    units: Path = DATA / "units.csv",
    census: Path = DATA / "census.csv",
    adjacency: Path = DATA / "adjacency.csv",
    prefectures: Path = DATA / "prefectures.csv",
    study: Path = STUDY,
    code: tuple[Path, ...] = tuple(sources(MODULE)),  # pytask itself looks at this file only
    to_findings: Annotated[Path, Product] = FINDINGS / f"{DESIGN}.json",
    to_placebos: Annotated[Path, Product] = SAMPLES / f"{DESIGN}_placebos.csv",
) -> None:
    """Put every province in the place of the treated one; write the findings, and all estimates for figures."""
    found, placebos = findings(
        load_units(units),
        load_census(census),
        load_adjacency(adjacency),
        load_prefectures(prefectures),
        load_study(study),
        made_from(MODULE, [units, census, adjacency, prefectures, study]),
    )
    write_table(placebos, to_placebos)
    write_findings(found, to_findings)
