"""How fast the estimators and the builds are: ratios within one run, so that the machine matters little.

Nothing here is a test: times depend on what else a machine does. What each way of computing gives is compared as well.
"""

import hashlib
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
import pyfixest
import statsmodels.api as sm

from analysis.data.tables import ADJACENCY, CENSUS, UNITS, load_adjacency, load_census, load_units
from analysis.designs.event_study import two_way
from analysis.designs.specification_curve import Boolean, Curve, Specification
from analysis.paths import ROOT, STUDY
from analysis.provenance import code_hash, made_from
from analysis.records import RecordError
from analysis.results import robustness
from analysis.results.counties import neighbours
from analysis.study import Study, load_study

MODULE = "analysis.validation.bench"
FORMAT = "report-bench/1"
PACKAGES = ("numpy", "scipy", "pandas", "statsmodels", "pyfixest", "pytask", "pytask-parallel")
CONVENTION = (
    "Each way is run once before it is timed, but not the regression with dummies, which takes minutes; the times are "
    "medians of the repeats, which take turns, and ratios are of medians. The best of the repeats stands in the record."
)
_PIPELINE = ("analysis", "data", "publishing", "seeds", "pyproject.toml", "study.yml")


@dataclass(frozen=True)
class Measure:
    """One promise and what was found: `best` is the same figure from the fastest repeats."""

    name: str
    what: str
    value: float
    best: float
    unit: str
    target: str
    met: bool
    repeats: int
    detail: str


def race(ways: Sequence[Callable[[], object]], repeats: int) -> list[list[float]]:
    """Seconds that each way takes, in turns, after one run of each that does not count."""
    times: list[list[float]] = [[] for _ in ways]
    for turn in range(repeats + 1):
        for way, found in zip(ways, times, strict=True):
            start = time.perf_counter()
            way()
            if turn:
                found.append(time.perf_counter() - start)
    return times


def panel(units: int, years: int = 20, seed: int = 1) -> pd.DataFrame:
    """A simulated panel: units in clusters of eight, shocks to units, years and clusters, a regressor and an effect."""
    random = np.random.default_rng(seed)
    unit, year = np.repeat(np.arange(units), years), np.tile(np.arange(years), units)
    cluster = unit // 8
    treated = (cluster % 4 == 0) & (year >= years // 2)
    x = random.normal(size=units * years) + random.normal(size=units)[unit]
    y = 2.0 * treated + 0.5 * x + random.normal(size=units)[unit] + random.normal(size=years)[year]
    y += random.normal(size=(cluster.max() + 1, years))[cluster, year] + random.normal(size=units * years)
    return pd.DataFrame(
        {"y": y, "treated": treated.astype(float), "x": x, "unit": unit, "year": year + 2000, "cluster": cluster}
    )


def _direct(formula: str, data: pd.DataFrame, cluster: str, weights: str | None = None) -> tuple[float, float]:
    with warnings.catch_warnings():
        # pyfixest 0.60 calls pandas in a way that pandas 3.1 announces the end of; nothing of ours.
        warnings.filterwarnings("ignore", message="The inplace keyword")
        fit = pyfixest.feols(formula, data, vcov={"CRV1": cluster}, weights=weights)
    name = "treated"
    return float(fit.coef()[name]), float(fit.se()[name])


def two_way_effects(units: int = 2800, repeats: int = 9) -> Measure:
    """Two-way fixed effects through our entry, against pyfixest called directly."""
    data = panel(units)

    def ours() -> tuple[float, float]:
        found = two_way(data, "y", ["treated", "x"], unit="unit", year="year", cluster="cluster")
        c = found.coefficients["treated"]
        return c.estimate, c.standard_error

    def theirs() -> tuple[float, float]:
        return _direct("y ~ treated + x | unit + year", data, "cluster")

    apart = float(np.abs(np.subtract(ours(), theirs())).max())
    a, b = race([ours, theirs], repeats)
    value, best = statistics.median(a) / statistics.median(b), min(a) / min(b)
    return Measure(
        "two_way_to_pyfixest",
        f"Two-way fixed effects, {units:,} units in 20 years, over pyfixest called directly",
        value,
        best,
        "times",
        "at most 1.2 times",
        value <= 1.2,
        repeats,
        f"ours {statistics.median(a):.4f} s, pyfixest {statistics.median(b):.4f} s; "
        f"estimate and error differ by {apart:.1e}",
    )


def two_way_dummies(units: int = 1000, repeats: int = 1) -> Measure:
    """Two-way fixed effects through our entry, against statsmodels with a dummy for each unit and year."""
    data = panel(units)
    years = data["year"].nunique()

    def ours() -> float:
        found = two_way(data, "y", ["treated", "x"], unit="unit", year="year", cluster="cluster")
        return found.coefficients["treated"].estimate

    def dummies() -> float:
        design = np.zeros((len(data), 2 + units + years - 1))
        design[:, :2] = data[["treated", "x"]]
        design[np.arange(len(data)), 2 + data["unit"].to_numpy()] = 1
        later = data["year"].to_numpy() > 2000
        design[np.flatnonzero(later), 1 + units + data["year"].to_numpy()[later] - 2000] = 1
        fit = sm.OLS(data["y"].to_numpy(), design).fit(
            cov_type="cluster", cov_kwds={"groups": data["cluster"].to_numpy()}
        )
        return float(fit.params[0])

    fast = race([ours], 9)[0]
    slow, estimates = [], []
    for _ in range(repeats):
        start = time.perf_counter()
        estimates.append(dummies())
        slow.append(time.perf_counter() - start)
    apart = abs(ours() - estimates[0])
    value, best = statistics.median(slow) / statistics.median(fast), min(slow) / min(fast)
    return Measure(
        "two_way_to_dummies",
        f"Two-way fixed effects, {units:,} units in 20 years, against statsmodels with dummies",
        value,
        best,
        "times as fast",
        "at least 100 times",
        value >= 100,
        repeats,
        f"ours {statistics.median(fast):.4f} s, statsmodels {statistics.median(slow):.2f} s; "
        f"estimates differ by {apart:.1e}",
    )


@dataclass(frozen=True)
class _Study:
    study: Study
    rows: pd.DataFrame
    adjacency: pd.DataFrame
    specifications: list[Specification]
    samples: dict[str, Boolean]

    def curve(self, specifications: Sequence[Specification]) -> Curve:
        return robustness.curve(self.rows, list(specifications), self.samples, self.adjacency, self.study)


def _load() -> _Study:
    study, units, adjacency = load_study(), load_units(), load_adjacency()
    rows, _ = robustness.data(units, load_census(), study)
    specifications, samples = robustness.grid(rows, robustness.capital_prefectures(units, study.first_year))
    return _Study(study, rows, adjacency, list(specifications), samples)


def loop_of_regressions(s: _Study, wanted: Sequence[Specification], groups: Sequence[str]) -> np.ndarray:
    """What the shared linear algebra computes, by one call of pyfixest a regression.

    Returns:
        Estimates and CRV1 errors, specifications x groups x 2; controls are standardized, which changes neither.
    """
    near = neighbours(s.adjacency)
    found = np.empty((len(wanted), len(groups), 2))
    controls = sorted({c for w in wanted for c in w.controls})
    rows = s.rows.copy()
    rows[controls] = (rows[controls] - rows[controls].mean()) / rows[controls].std()
    parts = {}
    for group in groups:
        part = rows[rows["province"].isin([group, *near[group]])]
        parts[group] = part.assign(treated=part["province"].eq(group) * 1.0)
    for i, w in enumerate(wanted):
        formula = " + ".join([f"{w.outcome} ~ treated", *w.controls])
        for j, group in enumerate(groups):
            found[i, j] = _direct(formula, parts[group], "prefecture", w.weight)
    return found


def placebos(s: _Study, repeats: int = 3) -> list[Measure]:
    """All province placebos of all outcomes and sets of controls, against a loop of pyfixest's feols."""
    wanted = [
        w for w in s.specifications if w.sample == "all kept kept" and w.comparison == "neighbours" and w.weight is None
    ]
    kept: dict[str, np.ndarray] = {}
    groups = s.curve(wanted).groups

    def shared() -> None:
        curve = s.curve(wanted)
        kept["shared"] = np.stack([curve.estimates, curve.errors], axis=2)

    def loop() -> None:
        kept["loop"] = loop_of_regressions(s, wanted, groups)

    fast = race([shared], 9)[0]
    slow = race([loop], repeats)[0]
    value, best = statistics.median(slow) / statistics.median(fast), min(slow) / min(fast)
    spread = s.rows[[w.outcome for w in wanted]].std().to_numpy()[:, None, None]
    there = ~np.isnan(kept["shared"])
    apart = float(np.abs((kept["shared"] - kept["loop"]) / spread)[there].max())
    count = f"{len(wanted)} specifications x {len(groups)} provinces"
    return [
        Measure(
            "placebos_to_loop",
            f"All placebo provinces ({count}), shared linear algebra against a loop of feols",
            value,
            best,
            "times as fast",
            "at least 100 times",
            value >= 100,
            repeats,
            f"ours {statistics.median(fast):.4f} s, loop {statistics.median(slow):.2f} s",
        ),
        Measure(
            "placebos_same_numbers",
            "The largest difference of their estimates and errors, in standard deviations of the outcome, times 10^10",
            apart * 1e10,
            apart * 1e10,
            "",
            "at most 1",
            apart <= 1e-10,
            repeats,
            f"{int(there.sum())} numbers",
        ),
    ]


def curve_times(s: _Study, repeats: int = 3) -> list[Measure]:
    """The whole specification curve, and how its cost grows with the number of specifications."""
    whole = s.specifications
    order = np.random.default_rng(1).permutation(len(whole))
    counts = sorted({*(round(n) for n in np.geomspace(10, len(whole), 6)), len(whole)})
    ways = [partial(s.curve, [whole[i] for i in sorted(order[:n])]) for n in counts]
    found = race(ways, repeats)
    times = [statistics.median(t) for t in found]
    slope = float(np.polyfit(np.log(counts), np.log(times), 1)[0])
    provinces = len(s.curve(whole).groups)
    listed = ", ".join(f"{n}: {t:.2f} s" for n, t in zip(counts, times, strict=True))
    return [
        Measure(
            "curve_seconds",
            f"Specification curve, {len(whole)} specifications, each of {provinces} provinces in the treated place",
            times[-1],
            min(found[-1]),
            "seconds",
            "under 60 seconds for 500 or more",
            times[-1] < 60 and len(whole) >= 500,
            repeats,
            listed,
        ),
        Measure(
            "curve_growth",
            f"Power of the number of specifications ({counts[0]} to {counts[-1]}) that the time grows with",
            slope,
            slope,
            "",
            "at most 1.1; 1 is linear",
            slope <= 1.1,
            repeats,
            listed + "; those that share a sample share its sums, so that few cost more each than many",
        ),
    ]


def _hashes(folder: Path) -> dict[str, str]:
    kept = [p for part in ("findings", "samples") for p in (folder / "bld" / part).rglob("*") if p.is_file()]
    return {p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(kept)}


def _pipeline(folder: Path, workers: int) -> float:
    start = time.perf_counter()
    subprocess.run(  # noqa: S603
        [sys.executable, "-m", "publishing.run_pipeline", "analysis/pipeline", "failures.json", str(workers)],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder)},
        check=True,
        capture_output=True,
    )
    return time.perf_counter() - start


def pipeline(repeats: int = 3) -> list[Measure]:
    """The whole pipeline with one worker and two: the same bytes, the time, and the time if nothing is to be done."""
    with tempfile.TemporaryDirectory() as name:
        folders = {n: Path(name) / str(n) for n in (1, 2)}
        for folder in folders.values():
            folder.mkdir()
            for part in _PIPELINE:
                if (ROOT / part).is_dir():
                    shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
                else:
                    shutil.copy(ROOT / part, folder / part)
        whole = {n: _pipeline(folder, n) for n, folder in folders.items()}
        hashes = {n: _hashes(folder) for n, folder in folders.items()}
        one, two = race([lambda: _pipeline(folders[1], 1), lambda: _pipeline(folders[2], 2)], repeats)
    differ = sorted(f for f in hashes[1].keys() | hashes[2].keys() if hashes[1].get(f) != hashes[2].get(f))
    idle = statistics.median(two) / statistics.median(one)
    return [
        Measure(
            "pipeline_same_bytes",
            "Files of findings and samples that differ between one worker and two",
            float(len(differ)),
            float(len(differ)),
            f"of {len(hashes[1])}",
            "none",
            not differ and bool(hashes[1]),
            1,
            ", ".join(differ) or "all are the same bytes",
        ),
        Measure(
            "pipeline_two_workers",
            "The whole pipeline with two workers, over one",
            whole[2] / whole[1],
            whole[2] / whole[1],
            "times",
            "less than 1",
            whole[2] < whole[1],
            1,
            f"one worker {whole[1]:.1f} s, two {whole[2]:.1f} s, starting Python and the libraries included",
        ),
        Measure(
            "pipeline_idle",
            "The pipeline when nothing is to be done, with two workers, over one",
            idle,
            min(two) / min(one),
            "times",
            "at most 1.2",
            idle <= 1.2,
            repeats,
            f"one worker {statistics.median(one):.2f} s, two {statistics.median(two):.2f} s",
        ),
    ]


BUILDS = ("publishing.benchmark", "publishing.whole_build")


def builds(module: str) -> list[Measure]:
    """What one of the modules that time builds has measured, run as a program.

    `publishing.benchmark` makes a book again after little or nothing changed, beside Quarto where it is found;
    `publishing.whole_build` makes this report from nothing, in a copy.

    Raises:
        RecordError: a build failed; the message has what it said.
    """
    done = subprocess.run([sys.executable, "-m", module], cwd=ROOT, check=False, capture_output=True, text=True)  # noqa: S603
    if done.returncode != 0:
        raise RecordError(f"{module} failed:\n{done.stderr.strip()}")
    return [Measure(**found) for found in json.loads(done.stdout)]


def machine() -> dict[str, object]:
    """What the measures were made on, without any name of it."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "cores": os.cpu_count(),
        "memory_gib": round(memory / 2**30),
        "system": platform.system(),
        "architecture": platform.machine(),
        "python": platform.python_version(),
        "packages": {p: version(p) for p in PACKAGES},
    }


def run_bench(path: Path, say: Callable[[str], object] = lambda _: None) -> list[Measure]:
    """Take all measures and write them as JSON with the date, the machine and the code measured.

    Args:
        path: the record, which is replaced when all is measured.
        say: called with a line as each measure is there.
    """
    measures: list[Measure] = []

    def add(*found: Measure) -> None:
        measures.extend(found)
        for m in found:
            say(f"{m.what}: {m.value:.3g} {m.unit} ({m.target}; {'kept' if m.met else 'not kept'})")

    add(two_way_effects())
    add(two_way_dummies())
    study = _load()
    add(*placebos(study))
    add(*curve_times(study))
    add(*pipeline())
    for module in BUILDS:
        add(*builds(module))
    code = made_from(MODULE, [UNITS, CENSUS, ADJACENCY, STUDY])
    # The builds are not timed by an import, so that their code is named here.
    own = {p.relative_to(ROOT).as_posix(): code_hash(p) for p in sorted((ROOT / "publishing").rglob("*.py"))}
    record = {
        "format": FORMAT,
        "date": datetime.now(UTC).date().isoformat(),
        "machine": machine(),
        "convention": CONVENTION,
        "made_from": {"data": code.data, "code": code.code | own},
        "measures": [asdict(m) for m in measures],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".partial")
    unfinished.write_text(json.dumps(record, ensure_ascii=False, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    unfinished.replace(path)
    return measures
