"""Make the findings of match and risk."""

from pathlib import Path
from typing import Annotated

from pytask import Product

from analysis.data.tables import load_adjacency, load_census, load_prefectures, load_units, load_yearbook
from analysis.findings import write_findings
from analysis.paths import DATA, FINDINGS, SAMPLES, STUDY
from analysis.pipeline.write import write_table
from analysis.provenance import made_from, sources
from analysis.results.match import make
from analysis.results.match_units import DESIGN
from analysis.study import load_study

MODULE = "analysis.pipeline.task_match"


def task_match(
    *,
    units: Path = DATA / "units.csv",
    census: Path = DATA / "census.csv",
    yearbook: Path = DATA / "yearbook.csv",
    prefectures: Path = DATA / "prefectures.csv",
    adjacency: Path = DATA / "adjacency.csv",
    study: Path = STUDY,
    code: tuple[Path, ...] = tuple(sources(MODULE)),  # pytask itself looks at this file only
    to_findings: Annotated[Path, Product] = FINDINGS / f"{DESIGN}.json",
    to_units: Annotated[Path, Product] = SAMPLES / f"{DESIGN}.csv",
    to_placebos: Annotated[Path, Product] = SAMPLES / f"{DESIGN}_placebos.csv",
) -> None:
    """Estimate the design; write its findings, the units behind them, and every province's placebo estimates."""
    made = make(
        load_units(units),
        load_census(census),
        load_yearbook(yearbook),
        load_prefectures(prefectures),
        load_adjacency(adjacency),
        load_study(study),
        made_from(MODULE, [units, census, yearbook, prefectures, adjacency, study]),
    )
    for frame, path in ((made.units, to_units), (made.placebos, to_placebos)):
        write_table(frame, path)
    write_findings(made.findings, to_findings)
