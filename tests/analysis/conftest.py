"""Simulated tables: made up by a random generator, in the form of the real ones."""

import fcntl
import hashlib
import inspect
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from shapely.geometry import MultiPolygon, box

from analysis.data import tables
from analysis.data.schemas.forms import Table
from analysis.findings import MadeFrom, write_findings
from analysis.paths import BUILD
from analysis.results.long_difference import DESIGN, Results, results
from analysis.study import Study, load_study

OTHERS = ("21", "22", "23", "32", "33", "35", "36", "43", "44", "45", "51", "52", "53", "54", "62", "63", "65")
WORK = ("employed_agriculture", "employed_manufacturing", "employed_education", "employed_health",
        "employed_public_facilities")  # fmt: skip
SCHOOLING = ("none", "primary", "junior", "senior", "college", "university")
MOVERS = ("migrants_same_county", "migrants_same_province", "migrants_other_province")
HOMES = ("piped_water", "kitchen", "toilet", "bath")


@dataclass(frozen=True)
class Simulated:
    """Simulated tables of a country of 24 provinces, three prefectures each; polygons of the study's seven."""

    census: pd.DataFrame
    totals: pd.DataFrame
    programme_units: pd.DataFrame
    polygons: pd.DataFrame
    units: pd.DataFrame
    adjacency: pd.DataFrame

    def results(self, study: Study) -> Results:
        tables = (self.units, self.census, self.adjacency, self.totals, self.programme_units)
        return results(*tables, study, MadeFrom({}, {}))


def _adjacency(study: Study) -> pd.DataFrame:
    """The treated province touches its neighbours; all others stand in a ring where each touches four."""
    ring = [*study.neighbours, *OTHERS]
    pairs = [(study.treated, n) for n in study.neighbours]
    pairs += [(p, ring[(i + step) % len(ring)]) for i, p in enumerate(ring) for step in (1, 2)]
    frame = pd.DataFrame([(f"{a}0121", f"{b}0121", 10.0, 0) for a, b in pairs])
    return frame.set_axis(["unit_a", "unit_b", "border_km", "same_province"], axis="columns")


def _units(census: pd.DataFrame, study: Study) -> pd.DataFrame:
    first = census[census["year"] == study.first_year]
    random = np.random.default_rng(0)
    frame = pd.DataFrame({"unit_id": first["code"], "name": first["name"] + first["code"], "pinyin": "Moni"})
    for year in (2000, 2010, 2016, 2020):
        frame[f"code{year}"] = first["code"]
    district = first["code"].str[4:].astype(int) <= 20
    frame["unit_type"] = np.where(
        district, "district", np.where(first["code"].str[4:] == "81", "county_city", "county")
    )
    frame["province"] = first["code"].str[:2] + "省"
    frame["prefecture"] = first["code"].str[:4] + "市"
    frame["ground_2010_2020"] = "same"
    frame["zone_suspected"] = (first["code"].str[2:] == "0125").astype(int)
    frame["baicheng"] = np.where(~district & first["code"].str.startswith(study.treated), "in programme", "")
    for name in ("province_managed_2014", "ndrc_demonstration_2020", "poverty", "poverty_exit"):
        frame[name] = ""
    frame["longitude"] = random.uniform(105, 120, len(first))
    frame["latitude"] = random.uniform(25, 40, len(first))
    for name in ("area_km2", "km_to_capital", "km_to_border", "market_access"):
        frame[name] = random.uniform(1, 100, len(first))
    return frame.reset_index(drop=True)


def simulate(study: Study, seed: int = 1, effect: float = 2.0, noise: float = 1.0) -> Simulated:
    """Urban shares rise by 10 points, in the treated province by `effect` more, with errors by cluster."""
    random = np.random.default_rng(seed)
    rows, shapes = [], []
    for i, province in enumerate((*study.provinces, *OTHERS)):
        for j, prefecture in enumerate(("01", "02", "03")):
            shock = noise * random.normal()
            for k, unit in enumerate(("02", "21", "22", "23", "24", "25", "26", "81")):
                code = province + prefecture + unit
                cell = box(110 + i + k / 8, 33 + j / 4, 110 + i + (k + 1) / 8, 33 + (j + 1) / 4)
                if province in study.provinces:
                    shapes.append((code, "模拟县", "county", cell))
                people = int(random.integers(200_000, 900_000))
                share = random.uniform(20, 50)
                rise = 10 + effect * (province == study.treated) + shock + noise * random.normal()
                for year, percent in ((study.first_year, share), (study.last_year, share + rise)):
                    if year == study.last_year:
                        people = int(people * random.uniform(1.01, 1.2))
                    surveyed = people // 30
                    work = random.uniform(0.05, 0.15, len(WORK))
                    rows.append(
                        {
                            "code": code,
                            "year": year,
                            "name": "模拟县",
                            "population": people,
                            "urban_population": people * percent / 100,
                            "employed": people / 20,
                            **dict(zip(WORK, people / 20 * work, strict=True)),
                            **{m: people * random.uniform(0.01, 0.1) for m in MOVERS},
                            **{f"education_{s}": people * random.uniform(0.05, 0.2) for s in SCHOOLING},
                            "schooling_years": random.uniform(7, 10),
                            "nonagricultural_share": random.uniform(5, 30) if year == study.first_year else np.nan,
                            "households_surveyed": surveyed,
                            **{f"households_{h}": surveyed * random.uniform(0.1, 0.9) for h in HOMES},
                        }
                    )
        if province in study.provinces:
            outline = MultiPolygon([box(110 + i, 33, 111 + i, 33.75)])
            shapes.append((province + "0000", "模拟省", "province", outline))
    census = pd.DataFrame(rows)
    totals = (
        census.assign(code=census["code"].str[:2] + "0000")
        .groupby(["code", "year"], as_index=False)[["population", "urban_population"]]
        .sum()
    )
    codes = sorted(c for c in set(census["code"]) if c.startswith(study.treated) and int(c[4:]) > 20)
    programme = pd.DataFrame({"code": codes, "name": "模拟县", "pinyin": "Moni", "code2010": codes, "code2020": codes})
    programme["prefecture_pinyin"] = "Moni"
    polygons = pd.DataFrame(shapes, columns=["code", "name", "level", "polygon"])
    return Simulated(census, totals, programme, polygons, _units(census, study), _adjacency(study))


@pytest.fixture(scope="session")
def study() -> Study:
    return load_study()


@pytest.fixture
def simulated(study: Study) -> Simulated:
    return simulate(study)


@pytest.fixture(scope="session")
def simulate_with(study: Study):
    return lambda **how: simulate(study, **how)


@pytest.fixture(scope="session")
def simulated_results(study: Study) -> Results:
    """The long difference on simulated tables."""
    return simulate(study).results(study)


@pytest.fixture(scope="session")
def findings_folder(simulated_results: Results, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the findings and samples of the long difference on simulated tables."""
    folder = tmp_path_factory.mktemp("findings")
    write_findings(simulated_results.findings, folder / f"{DESIGN}.json")
    for name in ("placebos", "likeness"):
        getattr(simulated_results, name).to_csv(folder / f"{DESIGN}_{name}.csv", index=False)
    return folder


LOADED: dict[tuple[int, bytes], tuple[Table, pd.DataFrame]] = {}


@pytest.fixture(scope="module")
def tables_loaded_once() -> Iterator[None]:
    """Loaders read and check the same bytes once in a process; what differs by a byte is read and checked anew."""
    load = tables.load

    def load_once(path: Path, table: Table) -> pd.DataFrame:
        if not path.is_file():
            return load(path, table)
        key = id(table), hashlib.sha256(path.read_bytes()).digest()
        if key not in LOADED:
            LOADED[key] = table, load(path, table)  # the table is kept, so that its id is no other's
        return LOADED[key][1].copy()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tables, "load", load_once)
        yield


@pytest.fixture(scope="session")
def made_by(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Callable[..., None]], Path]:
    """A function that gives a folder with what a task of the pipeline makes of the real tables, as in `bld/`.

    Each task is run once in a session: whichever of pytest's processes asks first runs it, and the others wait.
    """
    own = tmp_path_factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own

    def made(task: Callable[..., None]) -> Path:
        folder = shared / "made" / task.__name__
        folder.mkdir(parents=True, exist_ok=True)
        done = folder / "done"
        with (folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # let go when the file is closed
            if not done.exists():
                parameters = inspect.signature(task).parameters
                products = {n: folder / p.default.relative_to(BUILD) for n, p in parameters.items() if n[:3] == "to_"}
                task(**products)
                done.touch()
        return folder

    return made
