"""Make the findings of growth by distance."""

from pathlib import Path
from typing import Annotated

from pytask import Product

from analysis.data.tables import load_census, load_units
from analysis.findings import write_findings
from analysis.paths import DATA, FINDINGS, SAMPLES, STUDY
from analysis.pipeline.write import write_table
from analysis.provenance import made_from, sources
from analysis.results import distance
from analysis.study import load_study

MODULE = "analysis.pipeline.task_distance"


def task_distance(
    *,
    units: Path = DATA / "units.csv",
    census: Path = DATA / "census.csv",
    study: Path = STUDY,
    code: tuple[Path, ...] = tuple(sources(MODULE)),  # pytask itself looks at this file only
    to_findings: Annotated[Path, Product] = FINDINGS / f"{distance.DESIGN}.json",
    to_units: Annotated[Path, Product] = SAMPLES / f"{distance.DESIGN}.csv",
    to_bands: Annotated[Path, Product] = SAMPLES / f"{distance.DESIGN}_bands.csv",
) -> None:
    """Describe growth by distance to cities; write the findings, and units and bands for figures."""
    made = distance.make(
        load_units(units), load_census(census), load_study(study), made_from(MODULE, [units, census, study])
    )
    write_table(made.units, to_units)
    write_table(made.bands, to_bands)
    write_findings(made.findings, to_findings)
