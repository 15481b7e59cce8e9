"""Special towns: their hosts beside the province's other units, and which tables the claims on them wait for."""

from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure as MatplotlibFigure

from analysis.findings import load_all
from analysis.paths import FINDINGS
from analysis.present.numbers import capitalized, format_number
from analysis.present.samples import load_points
from analysis.present.style import COMPARISON, SMALL, TREATED, WIDTH, Figure, style, to_svg
from analysis.present.tables import Column, Row, Table
from analysis.present.verdicts import VERDICTS, load_verdicts
from analysis.study import Study, load_study

CHAPTER = "chapters/14-towns.qmd"
CROWD = (9, 3.5)  # percent and percentage points: as far as a name reaches
COLUMNS = {  # a column of the points, by what follows a group in the key of its mean; its divisor and decimals
    "population_start": ("population.2010", 1000, 0),
    "population_end": ("population.2020", 1000, 0),
    "urban_share_start": ("urban_share.2010", 1, 1),
    "urban_share_end": ("urban_share.2020", 1, 1),
    "nonfarm_employment_start": ("nonfarm_employment.2010", 1, 1),
    "nonfarm_employment_end": ("nonfarm_employment.2020", 1, 1),
}


def hosts_table(points: pd.DataFrame | None = None, study: Study | None = None, folder: Path = FINDINGS) -> Table:
    """Residents, urban share and work outside farming of each host in both censuses, and means beside the others.

    Args:
        points: as `results.towns` makes them; the pipeline's if not given.
        study: the study's definition; that of `study.yml` if not given.
        folder: where the findings are.
    """
    table = load_points("towns") if points is None else points
    study = load_study() if study is None else study
    name, known = study.province_names[study.treated], load_all(folder)
    first, last = study.first_year, study.last_year
    hosts = table[table["special_towns"] == 1].sort_values("unit_id", kind="stable")
    rows = [
        Row(
            [
                f"{row['pinyin']} {row['name']}: {row['town']}",
                *(format_number(float(row[c]) / by, digits) for c, (_, by, digits) in COLUMNS.items()),
            ]
        )
        for _, row in hosts.iterrows()
    ]
    for group, label in (("hosts", "Mean of hosts"), ("others", f"Mean of {name}'s other units")):
        means = [
            format_number(known[f"towns.{group}.{key}"].value / by, digits) for key, by, digits in COLUMNS.values()
        ]
        rows.append(Row([label, *means]))
    return Table(
        columns=[
            Column("Host: special town", align="left", width=34),
            *(Column(f"Residents, {year}", "thousand", width=11) for year in (first, last)),
            *(Column(f"Urban, {year}", "percent", width=11) for year in (first, last)),
            *(Column(f"Outside farming, {year}", "percent of work", width=11) for year in (first, last)),
        ],
        rows=rows,
        notes=[
            "Counties and county-level cities on the same ground in both censuses. Work is of the long form, one "
            "household in ten. The list's eleventh town of the province, Yuecun, lies in a district.",
        ],
    )


def nonfarm_figure(points: pd.DataFrame | None = None, study: Study | None = None, folder: Path = FINDINGS) -> Figure:
    """The change of work outside farming by its start, hosts marked and named.

    Args:
        points: as `results.towns` makes them; the pipeline's if not given.
        study: the study's definition; that of `study.yml` if not given.
        folder: where the findings are.
    """
    table = load_points("towns") if points is None else points
    study = load_study() if study is None else study
    known = load_all(folder)
    gains = {g: known[f"towns.{g}.nonfarm_employment.change"].value for g in ("hosts", "others")}
    title = f"Work outside farming rose by {gains['hosts']:.0f} points in hosts, {gains['others']:.0f} in other units"
    hosts = table["special_towns"] == 1
    start, change = "nonfarm_employment_start", "nonfarm_employment"
    with style("towns_nonfarm"):
        figure = MatplotlibFigure(figsize=(WIDTH, 3.6), layout="constrained")
        axes = figure.subplots()
        for part, colour, size, marker, label in (
            (table[~hosts], COMPARISON, 16, "o", f"Other units of {study.province_names[study.treated]}"),
            (table[hosts], TREATED, 40, "D", "Hosts of a special town"),
        ):
            axes.scatter(part[start], part[change], s=size, color=colour, marker=marker, linewidth=0, label=label)
        for _, row in table[hosts].iterrows():
            # Where hosts crowd, those with a host close to their right have their name on the left.
            beside = table[hosts & (table[start] > row[start]) & (table[start] < row[start] + CROWD[0])]
            left = bool(((beside[change] - row[change]).abs() < CROWD[1]).any())
            axes.annotate(
                row["pinyin"], (row[start], row[change]), xytext=(-6 if left else 6, 0), textcoords="offset points",
                fontsize=SMALL, ha="right" if left else "left", va="center",
            )  # fmt: skip
        axes.set_xlabel(f"Employment outside farming, {study.first_year} (percent)")
        axes.set_ylabel(f"Change to {study.last_year} (percentage points)")
        axes.grid(axis="y")
        axes.legend(loc="lower left")
        figure.suptitle(title, x=0.01, ha="left")
        return Figure(to_svg(figure), title, table[["unit_id", "name", "pinyin", "town", start, change]])


def wanted_table(path: Path = VERDICTS) -> Table:
    """The chapter's claims that public figures do not bear on: why, and which table would make each testable.

    Raises:
        VerdictError: the verdicts are not there.
    """
    claims = [c for c in load_verdicts(path) if c.chapter == CHAPTER and c.rule["kind"] == "none"]
    return Table(
        columns=[
            Column("Claim", align="left", width=28),
            Column("Why it is not testable", align="left", width=28),
            Column("Table that is wanted", align="left", width=22),
            Column("What would be seen if it held", align="left", width=22),
        ],
        rows=[
            Row([c.says, capitalized(c.rule["because"]), capitalized(c.rule["needs"]), c.implication]) for c in claims
        ],
    )
