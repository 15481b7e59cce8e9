"""Make the findings of rank and size."""

from pathlib import Path
from typing import Annotated

from pytask import Product

from analysis.data.tables import load_census, load_programme_units, load_units
from analysis.findings import write_findings
from analysis.paths import DATA, FINDINGS, SAMPLES, STUDY
from analysis.pipeline.write import write_table
from analysis.provenance import made_from, sources
from analysis.results import rank_size
from analysis.study import load_study

MODULE = "analysis.pipeline.task_rank_size"


def task_rank_size(
    *,
    units: Path = DATA / "units.csv",
    census: Path = DATA / "census.csv",
    programme_units: Path = DATA / "programme_units.csv",
    study: Path = STUDY,
    code: tuple[Path, ...] = tuple(sources(MODULE)),  # pytask itself looks at this file only
    to_findings: Annotated[Path, Product] = FINDINGS / f"{rank_size.DESIGN}.json",
    to_places: Annotated[Path, Product] = SAMPLES / f"{rank_size.DESIGN}.csv",
) -> None:
    """Rank places by their urban residents; write the findings, and the places for figures and maps."""
    named = load_programme_units(programme_units)  # which has the prefectures' names in Latin letters
    findings, places = rank_size.make(
        load_units(units),
        load_census(census),
        load_study(study),
        made_from(MODULE, [units, census, programme_units, study]),
        dict(zip(named["prefecture"], named["prefecture_pinyin"], strict=True)),
    )
    write_table(places, to_places)
    write_findings(findings, to_findings)
