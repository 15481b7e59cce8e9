"""Make the findings of the long difference."""

from pathlib import Path
from typing import Annotated

from pytask import Product

from analysis.data.tables import load_census, load_census_totals, load_programme_units
from analysis.designs.long_difference import DESIGN, findings
from analysis.findings import write_findings
from analysis.paths import DATA, FINDINGS, SAMPLES, STUDY
from analysis.provenance import made_from, sources
from analysis.study import load_study

MODULE = "analysis.pipeline.task_long_difference"


def task_long_difference(
    *,
    census: Path = DATA / "census.csv",
    totals: Path = DATA / "census_totals.csv",
    programme_units: Path = DATA / "programme_units.csv",
    study: Path = STUDY,
    code: tuple[Path, ...] = tuple(sources(MODULE)),  # pytask itself looks at this file only
    to_findings: Annotated[Path, Product] = FINDINGS / f"{DESIGN}.json",
    to_sample: Annotated[Path, Product] = SAMPLES / f"{DESIGN}.csv",
) -> None:
    """Estimate the long difference; write its findings, and the units of its sample for figures."""
    found, units = findings(
        load_census(census),
        load_census_totals(totals),
        load_programme_units(programme_units),
        load_study(study),
        made_from(MODULE, [census, totals, programme_units, study]),
    )
    to_sample.parent.mkdir(parents=True, exist_ok=True)
    partial = to_sample.with_suffix(".partial")
    units.to_csv(partial, index=False, lineterminator="\n")
    partial.replace(to_sample)
    write_findings(found, to_findings)
