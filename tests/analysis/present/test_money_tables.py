import re
from pathlib import Path

import pandas as pd
import pytest

from analysis.findings import Finding, FindingError, Findings, MadeFrom, load_all, write_findings
from analysis.present import money
from analysis.present.money import RISK_LABELS
from analysis.results.money import RISKS
from analysis.study import Study

GROUPS = ("henan", "neighbours", "all")


def simulated_findings() -> dict[str, list[Finding]]:
    """Simulated: numbers that can be told apart under every key that the tables and figures read, by design."""
    found: dict[str, list[Finding]] = {"match": [], "money": []}

    def add(key: str, value: float, unit: str = "percent", **more) -> None:
        found[key.partition(".")[0]].append(Finding(key, value, unit, "The sample.", "The specification.", **more))

    for g, group in enumerate(GROUPS):
        for year in (2006, 2010, 2011, 2022):
            add(f"match.fiscal_self_sufficiency.{group}.{year}", 20 + g + year - 2006)
            add(f"match.fiscal_self_sufficiency.{group}.{year}.coverage", 90)
            add(f"money.loans_to_savings.{group}.{year}", 50 + g)
            for i, name in enumerate(("revenue", "expenditure", "gap")):
                add(f"money.per_head.{name}.{group}.{year}", 1000 * i + 100 * g + year - 2000, "yuan per resident")
        for year in (2013, 2014, 2015, 2016, 2017):
            add(f"match.lgfv_bonds.{group}.{year}", 2 + g + year - 2013, "percent of GDP")
        for i, risk in enumerate(RISK_LABELS):
            add(f"money.risk.{risk}.{group}.median", 10 * g + i, "points")
            if group != "all":
                add(f"money.risk.{risk}.{group}.worst_quarter_share", 5 + 20 * g + i)
    for i, risk in enumerate(RISK_LABELS):
        add(f"money.risk.{risk}.worst_quarter", 2.5, "points")
        add(f"money.risk.{risk}.henan.rank", 3 + i, "of 25 provinces")
    for key in money.MONEY_LABELS:
        add(key, 0.5, "percentage points", p_value=0.4, n=90, placebos=16, smallest_p=1 / 17, detectable=2.0)
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("findings")
    for design, found in simulated_findings().items():
        write_findings(Findings(design, "Simulated", MadeFrom({}, {}), tuple(found)), path / f"{design}.json")
    return path


@pytest.fixture
def points() -> pd.DataFrame:
    values = {risk: [float(v + i) for v in range(8)] for i, risk in enumerate(RISK_LABELS)}
    return pd.DataFrame({"group": ["henan"] * 3 + ["neighbours"] * 3 + ["others"] * 2, **values})


def cells(html: str) -> list[list[str]]:
    rows = re.findall(r"<tr>(.*?)</tr>", html, re.S)
    return [[re.sub("<.*?>", "", c) for c in re.findall(r"<t[hd].*?>(.*?)</t[hd]>", row, re.S)] for row in rows]


def test_every_risk_of_the_findings_is_shown() -> None:
    assert list(RISK_LABELS) == list(RISKS)


def test_money_a_head_stands_by_group_and_year(folder: Path) -> None:
    rows = cells(money.heads_table(folder).html())
    assert rows[0][1:3] == ["Henan, 2011", "Henan, 2022"]
    assert rows[2] == ["Spending (yuan per resident)", "1,011", "1,022", "1,111", "1,122", "1,211", "1,222"]
    assert rows[4][1:3] == ["25.0", "36.0"]


def test_risks_have_medians_shares_and_rank(folder: Path) -> None:
    rows = cells(money.risks_table(folder).html())
    assert rows[2][1:] == ["1.0", "11.0", "21.0", "6", "26", "4 of 25"]
    assert rows[2][0].endswith("(points)")


def test_the_title_counts_the_risks_below_a_quarter(folder: Path, points: pd.DataFrame, study: Study) -> None:
    figure = money.risks_figure(points, study, folder)
    assert figure.title.startswith("By 4 of 4 indicators fewer than a quarter of Henan's units")
    assert figure.svg == money.risks_figure(points, study, folder).svg
    assert figure.points is not None and len(figure.points) == len(points)


def test_effects_without_a_bounded_interval_say_so(folder: Path) -> None:
    assert "not bounded" in money.money_table(folder).html()
    assert len(cells(money.money_table(folder).html())) == 1 + len(money.MONEY_LABELS) + 3


@pytest.mark.parametrize("make", [money.self_sufficiency_figure, money.bonds_figure])
def test_figures_of_years_are_the_same_bytes_twice(make, folder: Path) -> None:
    assert make(folder).svg == make(folder).svg
    assert make(folder).svg.startswith("<?xml")


def test_no_line_is_drawn_over_years_without_figures(folder: Path) -> None:
    known = load_all(folder)
    assert money._series(known, "match.fiscal_self_sufficiency", "henan") == {2006: 20, 2010: 24, 2011: 25, 2022: 36}
    svg = money.self_sufficiency_figure(folder).svg
    # Each group has a line over three years, and for the last year a line of one point.
    paths = [
        p for p in re.findall(r'<path d="(M [^"]*)" clip-path[^>]*stroke-width: 1.4', svg) if p.count("L") in (0, 2)
    ]
    assert [p.count("L") for p in paths].count(2) == 3


def test_the_placebo_figure_has_the_rows_of_the_table() -> None:
    assert list(money.PLACEBO_LABELS) == list(money.MONEY_LABELS)


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    for make in (money.money_table, money.heads_table, money.risks_table):
        with pytest.raises(FindingError, match=r"no finding has the key '(match|money)\."):
            make(tmp_path)
    for make in (money.self_sufficiency_figure, money.bonds_figure):
        with pytest.raises(FindingError, match="no findings of"):
            make(tmp_path)
