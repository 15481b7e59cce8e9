"""Simulated tables: made up by a random generator, in the form of the real ones."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from shapely.geometry import MultiPolygon, box

from analysis.designs.long_difference import findings
from analysis.findings import MadeFrom, write_findings
from analysis.study import Study, load_study


@dataclass(frozen=True)
class Simulated:
    """Simulated tables of a country of seven provinces, three prefectures each."""

    census: pd.DataFrame
    totals: pd.DataFrame
    programme_units: pd.DataFrame
    polygons: pd.DataFrame


def simulate(study: Study, seed: int = 1, effect: float = 2.0, noise: float = 1.0) -> Simulated:
    """Urban shares rise by 10 points, in the treated province by `effect` more, with errors by cluster."""
    random = np.random.default_rng(seed)
    rows, shapes = [], []
    for i, province in enumerate(study.provinces):
        for j, prefecture in enumerate(("01", "02", "03")):
            shock = noise * random.normal()
            for k, unit in enumerate(("02", "21", "22", "23", "24", "25", "81")):
                code = province + prefecture + unit
                cell = box(110 + i + k / 8, 33 + j / 4, 110 + i + (k + 1) / 8, 33 + (j + 1) / 4)
                shapes.append((code, "模拟县", "county", cell))
                people = int(random.integers(200_000, 900_000))
                share = random.uniform(20, 50)
                rise = 10 + effect * (province == study.treated) + shock + noise * random.normal()
                for year, percent in ((study.first_year, share), (study.last_year, share + rise)):
                    surveyed = people // 30
                    rows.append(
                        {
                            "code": code,
                            "year": year,
                            "name": "模拟县",
                            "population": people,
                            "urban_population": people * percent / 100,
                            "employed": people / 20,
                            "employed_agriculture": people / 20 * random.uniform(0.3, 0.9),
                            "schooling_years": random.uniform(7, 10),
                            "nonagricultural_share": random.uniform(5, 30) if year == study.first_year else np.nan,
                            "households_surveyed": surveyed,
                            "households_piped_water": surveyed * random.uniform(0.1, 0.9),
                        }
                    )
        shapes.append((province + "0000", "模拟省", "province", MultiPolygon([box(110 + i, 33, 111 + i, 33.75)])))
    census = pd.DataFrame(rows)
    totals = (
        census.assign(code=census["code"].str[:2] + "0000")
        .groupby(["code", "year"], as_index=False)[["population", "urban_population"]]
        .sum()
    )
    codes = sorted(c for c in set(census["code"]) if c.startswith(study.treated) and int(c[4:]) > 20)
    units = pd.DataFrame({"code": codes, "name": "模拟县", "pinyin": "Moni", "code2010": codes, "code2020": codes})
    units["prefecture_pinyin"] = "Moni"
    return Simulated(census, totals, units, pd.DataFrame(shapes, columns=["code", "name", "level", "polygon"]))


@pytest.fixture(scope="session")
def study() -> Study:
    return load_study()


@pytest.fixture
def simulated(study: Study) -> Simulated:
    return simulate(study)


@pytest.fixture
def simulate_with(study: Study):
    return lambda **how: simulate(study, **how)


@pytest.fixture(scope="session")
def findings_folder(study: Study, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the findings of the long difference on simulated tables."""
    folder = tmp_path_factory.mktemp("findings")
    tables = simulate(study)
    found, _ = findings(tables.census, tables.totals, tables.programme_units, study, MadeFrom({}, {}))
    write_findings(found, folder / "long_difference.json")
    return folder
