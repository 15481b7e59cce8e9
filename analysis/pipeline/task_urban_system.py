"""Make the findings of the urban system, and the counts of the register."""

from pathlib import Path
from typing import Annotated

from pytask import Product

from analysis.data.tables import load_census, load_census_totals, load_programme_units, load_units
from analysis.findings import write_findings
from analysis.paths import DATA, FINDINGS, SAMPLES, STUDY
from analysis.pipeline.write import write_table
from analysis.provenance import made_from, sources
from analysis.results import register, urban_system
from analysis.study import load_study

MODULE = "analysis.pipeline.task_urban_system"


def task_urban_system(
    *,
    units: Path = DATA / "units.csv",
    census: Path = DATA / "census.csv",
    totals: Path = DATA / "census_totals.csv",
    programme_units: Path = DATA / "programme_units.csv",
    study: Path = STUDY,
    code: tuple[Path, ...] = tuple(sources(MODULE)),  # pytask itself looks at this file only
    to_findings: Annotated[Path, Product] = FINDINGS / f"{urban_system.DESIGN}.json",
    to_prefectures: Annotated[Path, Product] = SAMPLES / f"{urban_system.DESIGN}.csv",
) -> None:
    """Describe counties beside their prefecture's districts; write the findings, and the prefectures for figures."""
    named = load_programme_units(programme_units)  # which has the prefectures' names in Latin letters
    made = urban_system.make(
        load_units(units),
        load_census(census),
        load_census_totals(totals),
        load_study(study),
        made_from(MODULE, [units, census, totals, programme_units, study]),
        dict(zip(named["prefecture"], named["prefecture_pinyin"], strict=True)),
    )
    write_table(made.prefectures, to_prefectures)
    write_findings(made.findings, to_findings)


def task_register(
    *,
    units: Path = DATA / "units.csv",
    study: Path = STUDY,
    code: tuple[Path, ...] = tuple(sources(MODULE)),  # pytask itself looks at this file only
    to_findings: Annotated[Path, Product] = FINDINGS / f"{register.DESIGN}.json",
) -> None:
    """Count the register's units."""
    found = register.make(load_units(units), load_study(study), made_from(MODULE, [units, study]))
    write_findings(found, to_findings)
