"""Make the findings of policy scenarios."""

from pathlib import Path
from typing import Annotated

import pandas as pd
from pytask import Product

from analysis.data.tables import load_census, load_units
from analysis.findings import read_findings, write_findings
from analysis.paths import DATA, FINDINGS, SAMPLES, SEEDS, STUDY
from analysis.pipeline.write import write_table
from analysis.provenance import made_from, sources
from analysis.results.claims import effect_claims, read_notes
from analysis.results.scenarios import DESIGN, results
from analysis.study import load_study

MODULE = "analysis.pipeline.task_scenarios"
DESIGNS = ("border", "first_stage", "long_difference", "match", "placebos")
KNOWN = tuple([FINDINGS / f"{design}.json" for design in DESIGNS])
PLACEBOS = tuple([SAMPLES / f"{design}_placebos.csv" for design in DESIGNS])


def task_scenarios(
    *,
    units: Path = DATA / "units.csv",
    census: Path = DATA / "census.csv",
    study: Path = STUDY,
    notes: tuple[Path, ...] = tuple(sorted(SEEDS.glob("*.yml"))),
    findings: tuple[Path, ...] = KNOWN,
    placebos: tuple[Path, ...] = PLACEBOS,
    code: tuple[Path, ...] = tuple(sources(MODULE)),  # pytask itself looks at this file only
    to_findings: Annotated[Path, Product] = FINDINGS / f"{DESIGN}.json",
    to_effects: Annotated[Path, Product] = SAMPLES / f"{DESIGN}_effects.csv",
) -> None:
    """Judge every effect by the rule; write the findings, and the effects with what the rule makes of each."""
    result = results(
        load_units(units),
        load_census(census),
        load_study(study),
        effect_claims(read_notes(notes)),
        {f.key: f for path in findings for f in read_findings(path).findings},
        pd.concat([pd.read_csv(path, dtype={"group": str}) for path in placebos], ignore_index=True),
        made_from(MODULE, [units, census, study, *notes, *findings, *placebos]),
    )
    write_table(result.effects, to_effects)
    write_findings(result.findings, to_findings)
