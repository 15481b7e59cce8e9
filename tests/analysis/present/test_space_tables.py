import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
import pytest

from analysis.findings import Finding, FindingError, Findings, MadeFrom, write_findings
from analysis.present import space
from analysis.present.style import TREATED


def _finding(key: str, value: float, unit: str = "unit", **more) -> Finding:
    return Finding(f"space.{key}", value, unit, "sample", "how", **more)


def _findings(given: str = "schooling", share: float = 0.5) -> list[Finding]:
    found = [
        _finding("units.country", 1900, "units"),
        _finding("units.near", 600, "units"),
        _finding("lag.supported", 1, "of 8 outcomes"),
    ]
    for i, o in enumerate(space.LABELS):
        for kind in ("moran", "moran_within", "moran_residuals", "moran_residuals_within"):
            found.append(_finding(f"{kind}.{o}", 0.1 * i + 0.1, p_value=0.001))
        for kind in ("lm", "lm_within"):
            found += [
                _finding(f"{kind}.{o}.{t}", 12.0, p_value=1e-9) for t in ("lag", "error", "robust_lag", "robust_error")
            ]
        for kind, symbol in (("lag", "rho"), ("error", "lambda")):
            found += [_finding(f"{kind}.{o}.{s}", 0.3, standard_error=0.05) for s in (symbol, f"{symbol}_gmm")]
            found.append(_finding(f"{kind}.{o}.log_likelihood", -100.0 if kind == "lag" else -101.0))
        found.append(_finding(f"spread.{o}", 2.0))
        found += [_finding(f"conley.{o}.{km}", 1.0, standard_error=2 * share * s) for km, s in ((50, 0.5), (200, 1.0))]
        if o == given:
            for regressor in ("urban_share_start", f"{o}_start"):
                for part in ("direct", "indirect", "total"):
                    found.append(_finding(f"lag.{o}.{regressor}.{part}", 0.25, "years per point", standard_error=0.1))
    return found


def _write(folder: Path, findings: list[Finding]) -> Path:
    write_findings(Findings("space", "Space", MadeFrom({}, {}), tuple(findings)), folder / "space.json")
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return _write(tmp_path, _findings())


def _placebos(folder: Path, own: float) -> Path:
    rows = [
        {
            "key": f"space.rings.{o}.{ring}",
            "group": g,
            "estimate": e,
            "standard_error": 1.0,
            "treated_units": 9,
            "units": 99,
        }
        for o in space.LABELS
        for ring in ("0_50", "50_100", "100_150")
        for g, e in [("41", own), *((str(k), (k - 22) / 10) for k in range(11, 36))]
    ]
    pd.DataFrame(rows).to_csv(folder / "space_placebos.csv", index=False)
    return folder


def test_tables_show_the_findings(folder: Path) -> None:
    assert space.moran_table(folder).rows[1].cells[1] == "0.20"
    assert space.lm_table(folder).rows[0].below[0] == "p < 0.001"
    models = space.models_table(folder)
    assert [str(r.cells[-1]) for r in models.rows] == ["no"] * 7 + ["yes"]
    assert models.rows[0].cells[5] == "lag"
    assert models.rows[0].below[0] == "(0.05)"


def test_effects_only_where_they_are_given(folder: Path, tmp_path: Path) -> None:
    table = space.effects_on_neighbours(folder)
    assert [c.head for c in table.columns[1:]] == [
        "Mean years of schooling: direct",
        "Mean years of schooling: indirect",
    ]
    assert [r.cells[0] for r in table.rows] == [*space.REGRESSORS.values(), "Its own level, 10 points more"]
    assert table.rows[0].cells[1:] == table.rows[-1].cells[1:] == ["2.50", "2.50"]  # ten points, at 0.25 each
    assert table.rows[0].below == ["(1.00)", "(1.00)"]
    assert table.rows[1].cells[1:] == [None, None]  # no finding
    assert table.rows[3].cells[1:] == [None, None]  # the outcome's own level stands in the last row
    assert "in years," in table.notes[0]
    assert str(space.supported_names(folder)) == "mean years of schooling"
    (tmp_path / "none").mkdir()
    without = _write(tmp_path / "none", _findings(given=""))
    assert str(space.supported_names(without)) == "none"
    assert space.effects_on_neighbours(without).rows[0].cells[0] == "For no outcome do the data bear them"


@pytest.mark.parametrize(
    ("share", "title"),
    [
        (0.5, "At no distance do Conley errors reach the spread of placebo provinces"),
        (1.2, "Conley errors reach the spread of placebo provinces for some outcome"),
    ],
)
def test_conley_title_says_what_is_seen(tmp_path: Path, share: float, title: str) -> None:
    folder = _write(tmp_path, _findings(share=share))
    figure = space.conley_figure(folder)
    assert figure.title == title
    assert figure.svg == space.conley_figure(folder).svg
    assert str(space.most_conley_share(folder)) == f"{100 * share:.0f} percent"


@pytest.mark.parametrize(
    ("own", "title"),
    [
        (0.2, "Henan stands out among placebo provinces in none of 24 rings and outcomes (p at most 0.05)"),
        (9.0, "Henan stands out among placebo provinces in 24 of 24 rings and outcomes (p at most 0.05)"),
    ],
)
def test_rings_title_says_what_is_seen(tmp_path: Path, own: float, title: str) -> None:
    figure = space.rings_figure(_placebos(tmp_path, own))
    assert figure.title == title
    assert ElementTree.fromstring(figure.svg).tag.endswith("svg")  # noqa: S314
    assert figure.svg.lower().count(TREATED) >= 24


def test_range_and_labels(folder: Path) -> None:
    assert str(space.range_of("moran", folder)) == "0.10 to 0.80"
    places = space._apart([0.1, 0.11, 0.12], 0.1)
    assert all(b - a > 0.099 for a, b in pairwise(places))
    assert places[0] >= 0.05 - 1e-9


def test_missing_findings_say_what_makes_them(tmp_path: Path) -> None:
    _write(tmp_path, [_finding("units.country", 1)])
    with pytest.raises(FindingError, match="report build"):
        space.moran_table(tmp_path)
    with pytest.raises(FindingError, match="report build"):
        space.rings_figure(tmp_path)


def test_presenting_loads_no_estimator() -> None:
    script = "import sys, analysis.present.space; print([m for m in ('libpysal', 'spreg', 'esda', 'diff_diff') if m in sys.modules])"
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
