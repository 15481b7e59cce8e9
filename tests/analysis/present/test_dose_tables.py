"""Tables, sentences and figures of dose and mechanisms, on made-up findings."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from analysis.findings import Finding, FindingError, Findings, MadeFrom, load_all, write_findings
from analysis.present import dose, mechanisms
from analysis.results.counties import OUTCOMES
from analysis.results.dose_response import DOSES, VERSIONS
from analysis.results.mechanisms import LABELS, OUTCOME_WORDS, SLOPES_OF, TRAITS


def made_up(key: str, value: float, unit: str, error: float = 0.5) -> Finding:
    return Finding(
        key,
        value,
        unit,
        "Made up.",
        "Made up.",
        standard_error=error,
        interval=(value - 2 * error, value + 2 * error),
        level=0.95,
        p_value=0.04,
        n=100,
        clusters=30,
    )


def plain(key: str, value: float, unit: str = "percent", words: str = "Made up.") -> Finding:
    return Finding(key, value, unit, "Made up.", words)


def dose_findings() -> list[Finding]:
    found = []
    for name in DOSES:
        for i, outcome in enumerate(OUTCOMES.values()):
            base = f"dose_response.{name}.{outcome.name}"
            found += [
                made_up(base if v == "province" else f"{base}.{v}", i + j, outcome.unit) for j, v in enumerate(VERSIONS)
            ]
            found.append(plain(f"{base}.p_family", 0.0004, "p-value"))
        for outcome in ("log_population", "urban_share"):
            base = f"dose_response.{name}.{outcome}"
            found += [
                plain(f"{base}.{n}", v)
                for n, v in (
                    ("robustness_value", 12.34),
                    ("strongest_with_dose", 5.0),
                    ("strongest_with_outcome", 6.0),
                    ("r_squared_without", 7.0),
                    ("r_squared_with", 8.0),
                )
            ]
            found.append(plain(f"{base}.oster_adjusted", 1.25, OUTCOMES[outcome].unit))
            found.append(plain(f"{base}.oster_delta", 1.6, "times the covariates"))
            words = "Whether Oster's bound says anything."
            silent = outcome == "urban_share"
            found.append(
                plain(f"{base}.oster_speaks", float(not silent), "yes", words + (" it is so and so" if silent else ""))
            )
        base = f"dose_response.{name}.log_population"
        found += [made_up(f"{base}.placebo", 2.0, "log points"), made_up(f"{base}.acceleration", 0.5, "log points")]
    return found


def mechanism_findings() -> list[Finding]:
    found = [plain("mechanisms.tests", 39, "tests")]
    for trait in TRAITS.values():
        for outcome in SLOPES_OF:
            base, unit = f"mechanisms.{trait.theory}.{trait.name}_{outcome}", OUTCOME_WORDS[outcome][1]
            found += [made_up(base, 3.0, unit), made_up(f"{base}.covariates", 1.0, unit)]
            found.append(plain(f"{base}.p_family", 0.07, "p-value"))
            if outcome == "log_population":
                found.append(made_up(f"{base}.earlier", 2.0, unit))
    for label in LABELS.values():
        base = f"mechanisms.institutions.{label.name}"
        found.append(plain(f"{base}.units", 10, "units"))
        for outcome, (_, unit) in OUTCOME_WORDS.items():
            found.append(made_up(f"{base}_{outcome}", -2.0, unit))
            found += [plain(f"{base}_{outcome}.{p}", 0.5, "p-value") for p in ("p_family", "p_randomization")]
    return found


def write(folder: Path, found: list[Finding]) -> Path:
    for design in ("dose_response", "mechanisms"):
        own = tuple(f for f in found if f.key.startswith(design))
        write_findings(Findings(design, "Made up", MadeFrom({}, {}), own), folder / f"{design}.json")
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path, dose_findings() + mechanism_findings())


def changed(folder: Path, key: str, **fields: object) -> Path:
    known = load_all(folder)
    return write(folder, [replace(f, **fields) if f.key == key else f for f in known.values()])


def test_slopes_table(folder: Path) -> None:
    table = dose.slopes_table("investment", folder)
    assert len(table.rows) == len(OUTCOMES)
    second = table.rows[1]
    assert second.cells == ["Residents (log points)", "1.00", "2.00", "3.00", "4.00", "5.00", "6.00", "< 0.001"]
    assert second.below == [*["(0.50)"] * 6, None]
    assert "Associations." in table.notes[0]


def test_checks_table_leaves_out_what_is_not_there(folder: Path) -> None:
    table = dose.checks_table("investment", "log_population", folder)
    assert [r.cells[0] for r in table.rows] == [
        "As in the table before",
        "Their growth 2000 to 2010 on the same dose",
        "Their growth 2010 to 2020 less that of 2000 to 2010",
    ]
    assert table.rows[1].cells[1:] == ["2.00", "0.50", "1.00 to 3.00", "0.040", "100"]
    with pytest.raises(FindingError, match=r"dose_response\.nothing"):
        dose.checks_table("nothing", "log_population", folder)


def test_omitted_table_says_nothing_where_the_bound_does(folder: Path) -> None:
    rows = dose.omitted_table(folder).rows
    assert rows[0].cells[2:] == ["12.3", "5.0; 6.0", "7.0; 8.0", "1.60", "1.25"]
    assert rows[1].cells[-2:] == ["says nothing", "says nothing"]


def test_sentence_of_the_bound(folder: Path) -> None:
    speaks = str(dose.oster_sentence("investment", "log_population", folder))
    assert "would be 1.25 instead of 4.00 log points" in speaks
    assert "1.6 times as strongly" in speaks
    assert "says nothing: it is so and so." in str(dose.oster_sentence("investment", "urban_share", folder))
    key = "dose_response.investment.log_population.oster_delta"
    other = str(dose.oster_sentence("investment", "log_population", changed(folder, key, value=-3.0)))
    assert "No omitted variable" in other


@pytest.mark.parametrize(
    ("before", "more", "words"),
    [
        ((1.0, 3.0), (-0.5, 1.5), "already grew faster in the decade before, but how much growth changed"),
        ((-3.0, -1.0), (0.5, 1.5), "already grew more slowly in the decade before, and the slope rose"),
        ((-1.0, 1.0), (-2.0, -1.0), "cannot be told apart by the dose, but the slope fell"),
        ((-1.0, 1.0), (-2.0, 1.0), "cannot be told apart by the dose, and how much growth changed"),
    ],
)
def test_sentence_of_the_decade_before(folder: Path, before, more, words: str) -> None:
    base = "dose_response.investment.log_population"
    changed(folder, f"{base}.placebo", value=sum(before) / 2, interval=before)
    changed(folder, f"{base}.acceleration", value=sum(more) / 2, interval=more)
    assert words in str(dose.earlier_sentence("investment", folder))


def bins() -> pd.DataFrame:
    rows = [
        {
            "dose": "investment",
            "outcome": outcome,
            "version": version,
            "at": at,
            "mean": at / 1000,
            "band_low": at / 1000 - 1,
            "band_high": at / 1000 + 1,
        }
        for outcome in ("log_population", "urban_share")
        for version in ("province", "province_covariates")
        for at in (1500.0, 3000.0, 9000.0)
    ]
    return pd.DataFrame(rows)


def test_binned_figure_is_the_same_bytes_and_asks_for_its_points(folder: Path) -> None:
    figure = dose.binned_figure("investment", bins=bins(), folder=folder)
    assert figure.svg == dose.binned_figure("investment", bins=bins(), folder=folder).svg
    assert figure.svg.count("<use") > 0
    with pytest.raises(FindingError, match="'log_population' on 'expenditure'"):
        dose.binned_figure("expenditure", bins=bins(), folder=folder)


@pytest.mark.parametrize("theory", ["location", "integration", "migration"])
def test_traits_table(folder: Path, theory: str) -> None:
    table = mechanisms.traits_table(theory, folder)
    assert len(table.rows) == 4
    assert table.rows[0].cells[1:] == ["3.00", "0.070", "1.00", "2.00", "3.00", "0.070", "1.00"]
    assert table.rows[0].below == ["(0.50)", None, "(0.50)", "(0.50)", "(0.50)", None, "(0.50)"]
    assert "39 tests" in table.notes[2]


def test_labels_table(folder: Path) -> None:
    table = mechanisms.labels_table(folder)
    assert len(table.rows) == len(LABELS)
    assert table.rows[0].cells[1:] == ["10", *["\u22122.0", "0.50"] * len(OUTCOME_WORDS)]
    assert table.rows[0].below == [None, *["(\u22123.0 to \u22121.0)", None] * len(OUTCOME_WORDS)]
    assert [c.unit for c in table.columns if c.unit] == [unit for _, unit in OUTCOME_WORDS.values()]
    assert "the smallest p of the table is 0.50" in table.notes[-1]


def test_coefficient_figure_shows_every_trait(folder: Path) -> None:
    figure = mechanisms.coefficient_figure(folder)
    assert figure.svg == mechanisms.coefficient_figure(folder).svg
    assert set(mechanisms.SHORT) == set(TRAITS)
    assert set(mechanisms.LABEL_WORDS) == set(LABELS)
    with pytest.raises(FindingError, match="mechanisms"):
        mechanisms.coefficient_figure(folder / "nowhere")
