"""Steps of policy in time: a figure and a table from the one list."""

import calendar
from dataclasses import dataclass
from typing import Any

import pandas as pd
from matplotlib.figure import Figure as MatplotlibFigure
from matplotlib.lines import Line2D

from analysis.data.frames import each
from analysis.data.policy import load_policy_steps
from analysis.data.schemas.policy import LEVELS
from analysis.findings import FindingError
from analysis.present.numbers import Shown, capitalized, format_number, quantity
from analysis.present.style import (
    COMPARISON,
    EMPHASIS,
    INK,
    LAND,
    LINE,
    SMALL,
    TREATED,
    WIDTH,
    Figure,
    style,
    to_svg,
)
from analysis.present.tables import Column, Row, Table
from analysis.study import Study, load_study

PROGRAMME, CENSUS = "baicheng", "census"
PLAN = "baicheng_plan"
LEVEL_WORDS = {"nation": "Nation", "Henan": "Henan", "neighbours": "Neighbours"}
_ROW = 0.225  # inches
_TURN = 0.55  # of the axis: marks beyond have their words on the left
# Filled, hollow and a cross can be told apart in any print.
_MARKS: dict[str, dict[str, Any]] = {
    "high": {"marker": "o", "filled": True},
    "medium": {"marker": "o", "filled": False},
    "low": {"marker": "X", "filled": False},
}


@dataclass(frozen=True)
class Span:
    """When a date begins and ends, in years: 2016.5 is the middle of 2016."""

    start: float
    end: float

    @property
    def middle(self) -> float:
        """The middle of the time that the date leaves open."""
        return (self.start + self.end) / 2


def span(date: str) -> Span:
    """The years that a date of ISO 8601 covers; months count as twelfths, days as parts of their month."""
    year, month, day = (int(part) for part in f"{date}-0-0".split("-")[:3])
    if not month:
        return Span(year, year + 1)
    start = year + (month - 1) / 12
    if not day:
        return Span(start, start + 1 / 12)
    length = 1 / 12 / calendar.monthrange(year, month)[1]
    return Span(start + (day - 1) * length, start + day * length)


def date_words(date: str) -> str:
    """A date of ISO 8601 in words: 2016, August 2016, 1 April 2017."""
    year, *rest = date.split("-")
    words = [str(int(day)) for day in rest[1:]] + [calendar.month_name[int(month)] for month in rest[:1]]
    return " ".join([*words, year])


def months_between(first: str, second: str) -> int:
    """Whole months from the month of one date to that of another.

    Raises:
        ValueError: a date has no month.
    """
    found = []
    for date in (first, second):
        year, *rest = date.split("-")
        if not rest:
            raise ValueError(f"{date} has no month; a step whose months are counted needs a date with one")
        found.append(12 * int(year) + int(rest[0]))
    return found[1] - found[0]


def _date_of(steps: pd.DataFrame, step: str) -> str:
    found = steps.loc[steps["step"] == step, "date"]
    if len(found) != 1:
        raise FindingError(f"policy_steps.csv has no step {step!r}; it has {', '.join(sorted(steps['step']))}")
    return str(found.iloc[0])


def months_of_building(steps: pd.DataFrame | None = None, study: Study | None = None) -> int:
    """Months from the programme's plan of work to the last census.

    Raises:
        FindingError: one of the two is no step.
    """
    steps = load_policy_steps() if steps is None else steps
    study = load_study() if study is None else study
    return months_between(_date_of(steps, PLAN), _date_of(steps, f"{CENSUS}_{study.last_year}"))


def building_time() -> Shown:
    """Months from the programme's plan of work to the last census, for prose."""
    return quantity(months_of_building(), "months")


def steps_table(steps: pd.DataFrame | None = None) -> Table:
    """The steps in the order of their dates, with source and confidence.

    Args:
        steps: the table `policy_steps.csv`; that of the project if not given.
    """
    steps = load_policy_steps() if steps is None else steps
    rows = []
    for step in each(steps):
        date = date_words(step.date)
        shown = f"by {date}" if step.date_of == "report" else date
        rows.append(
            Row([capitalized(shown), LEVEL_WORDS[step.level], step.what, capitalized(step.published), step.confidence])
        )
    return Table(
        columns=[
            Column("Date", align="left", width=17),
            Column("Level", align="left", width=12),
            Column("Step", align="left", width=39),
            Column("Where we read of it", align="left", width=20),
            Column("Confidence", align="left", width=12),
        ],
        rows=rows,
        notes=[
            "By: the date is that of the report, and the step no later. Confidence is ours, in date and content. "
            "The text cites each source.",
        ],
    )


def _places(steps: pd.DataFrame) -> tuple[dict[str, float], dict[str, float], dict[str, float]]:
    """On which row each step stands, and the first and last row of each level."""
    rows: dict[str, float] = {}
    heads: dict[str, float] = {}
    ends: dict[str, float] = {}
    place = 0.0
    for level in (known for known in LEVELS if (steps["level"] == known).any()):
        heads[level] = place
        for name in steps.loc[steps["level"] == level, "step"]:
            place += 1
            rows[str(name)] = place
        ends[level] = place
        place += 1.3
    return rows, heads, ends


def timeline(steps: pd.DataFrame | None = None, study: Study | None = None) -> Figure:
    """The steps on an axis of years, by level; censuses are upright lines, the programme's years a band.

    Args:
        steps: the table `policy_steps.csv`; that of the project if not given.
        study: the study's definition; that of `study.yml` if not given.

    Raises:
        FindingError: the programme's plan of work or the last census is no step.
    """
    steps = load_policy_steps() if steps is None else steps
    study = load_study() if study is None else study
    months = months_of_building(steps, study)
    title = f"{months} months lie between the plan of work and the census of {study.last_year}"
    censuses, others = (steps[(steps["topic"] == CENSUS) == is_census] for is_census in (True, False))
    rows, heads, ends = _places(others)
    place = max(ends.values()) + 1.3
    spans = {str(name): span(str(date)) for name, date in zip(steps["step"], steps["date"], strict=True)}
    left = min(s.start for s in spans.values()) // 1
    right = -(-max(s.end for s in spans.values()) // 1)
    with style("timeline"):
        figure = MatplotlibFigure(figsize=(WIDTH, _ROW * place + 0.9), layout="constrained")
        axes = figure.subplots()
        start = span(study.start).start
        if study.province_names[study.treated] in heads:
            name = study.province_names[study.treated]
            axes.fill_between(
                [start, start + study.years], heads[name] - 0.45, ends[name] + 0.5, color=LAND, linewidth=0, zorder=0
            )
            axes.annotate(
                f"{study.programme_short}, {study.years} years",
                (start + study.years, heads[name]),
                xytext=(-3, 0),
                textcoords="offset points",
                ha="right",
                va="center",
                fontsize=SMALL,
                color=TREATED,
            )
        for census in each(censuses):
            x = spans[census.step].middle
            axes.axvline(x, color=EMPHASIS, linewidth=1.0, linestyle=(0, (4, 3)), zorder=1)
            axes.annotate(
                f"{census.label} of {census.date[:4]}",
                (x, -0.75),
                xytext=(3, 0),
                textcoords="offset points",
                va="center",
                fontsize=SMALL,
                color=EMPHASIS,
            )
        for step in each(others):
            own, row = spans[step.step], rows[step.step]
            color = TREATED if step.topic == PROGRAMME else INK
            mark = _MARKS[step.confidence]
            axes.plot([own.start, own.end], [row, row], color=color, linewidth=1.5, solid_capstyle="butt", zorder=3)
            axes.plot(
                own.middle,
                row,
                marker=mark["marker"],
                markersize=5.5,
                color=color,
                markerfacecolor=color if mark["filled"] else "white",
                linestyle="",
                zorder=4,
            )
            before = own.middle < left + _TURN * (right - left)
            axes.annotate(
                step.label,
                (own.end if before else own.start, row),
                xytext=(6 if before else -6, 0),
                textcoords="offset points",
                ha="left" if before else "right",
                va="center",
                fontsize=SMALL,
                color=color,
                bbox={"boxstyle": "square,pad=0.1", "facecolor": "white", "alpha": 0.75, "linewidth": 0},
                zorder=2,
            )
        axes.set_yticks(list(heads.values()), [LEVEL_WORDS[level] for level in heads])
        axes.set_ylim(place - 0.6, -1.2)
        axes.set_xlim(left, right)
        axes.set_xticks(range(int(left), int(right) + 1, 2))
        axes.xaxis.set_major_formatter(lambda x, _: format_number(x, 0).replace(",", ""))
        axes.set_xlabel("Year (a tick is its first of January)")
        handles = [
            Line2D(
                [],
                [],
                linestyle="",
                marker=mark["marker"],
                color=INK,
                markersize=5.5,
                markerfacecolor=INK if mark["filled"] else "white",
                label=f"{confidence} confidence",
            )
            for confidence, mark in _MARKS.items()
        ]
        figure.legend(handles=handles, loc="outside lower center", ncols=3, handletextpad=0.1)
        axes.spines["bottom"].set_color(LINE)
        axes.grid(color=COMPARISON, alpha=0.25, axis="x")
        figure.suptitle(title, x=0.01, ha="left")
        return Figure(to_svg(figure), title, steps[["step", "date", "precision", "level", "label", "confidence"]])
