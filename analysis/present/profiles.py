"""Profiles of the programme's units: a figure of small panels and a table for each prefecture, and counts over all."""

from pathlib import Path
from typing import Any, Literal

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as MatplotlibFigure
from matplotlib.lines import Line2D

from analysis.designs.typology import TYPES
from analysis.paths import SAMPLES
from analysis.present.numbers import Shown, format_number, text
from analysis.present.samples import load_points
from analysis.present.style import COMPARISON, EMPHASIS, INK, SMALL, TREATED, WIDTH, Figure, style, to_svg
from analysis.present.tables import Cell, Column, Link, Row, Table
from analysis.results.profiles import BEFORE, FIGURES, MARKS
from analysis.study import Study, load_study

TYPE_WORDS = {
    "growing_well_served": "growing, well served",
    "growing_poorly_served": "growing, poorly served",
    "shrinking_well_served": "shrinking, well served",
    "shrinking_poorly_served": "shrinking, poorly served",
}
LETTERS = {
    "province_managed": "M",
    "national_poverty": "N",
    "provincial_poverty": "P",
    "demonstration": "D",
    "special_town": "T",
    "zone_by_notice": "Z",
    "zone_suspected": "z",
}
MARK_WORDS = {
    "province_managed": "Managed by the province itself since 2014",
    "national_poverty": "National poverty county, and the year in which it left the list",
    "provincial_poverty": "Provincial poverty county, and the year in which it left the list",
    "demonstration": "Demonstration county of the list of 2020",
    "special_town": "Host to a town of the second national list of special towns, 2017",
    "zone_by_notice": "Lost ground to a development zone, by notice, 2010 to 2020",
    "zone_suspected": "Loss of ground to a development zone suspected",
}
CHAPTER = "A2-profiles.qmd"
PANELS = 4  # in a row of a figure
TOP = 180  # of every panel's axis, so that panels compare through the whole chapter
_GAP, _LABEL = 7, 18  # on that axis: from a point to its label, and the height of a label
_ROW, _HEAD, _FOOT = 1.2, 0.66, 0.28  # inches of a figure's height: a row of panels, the title, the labels of years


class UnknownPrefectureError(ValueError):
    """No unit of the programme lies in a prefecture of this name."""


def load_profiles(folder: Path = SAMPLES) -> pd.DataFrame:
    """The units with their figures, types and marks, as the pipeline writes them (see `analysis.results.profiles`)."""
    frame = load_points("profiles", folder)
    return frame.assign(poverty_exit=frame["poverty_exit"].fillna(""))


def _of(prefecture: str, units: pd.DataFrame | None) -> pd.DataFrame:
    units = load_profiles() if units is None else units
    part = units[units["prefecture_pinyin"] == prefecture]
    if part.empty:
        known = ", ".join(units["prefecture_pinyin"].unique())
        raise UnknownPrefectureError(f"no unit lies in a prefecture named {prefecture!r}; there are {known}")
    return part.reset_index(drop=True)


def label(unit: pd.Series) -> str:
    """A unit's number within its prefecture, and its name in pinyin and characters."""
    return f"{unit['number']} {unit['pinyin']} {unit['name']}"


def marks(unit: pd.Series) -> str:
    """A unit's marks as letters; a poverty county's has the year in which it left the list."""
    found = []
    for mark, letter in LETTERS.items():
        if unit[mark]:
            left = unit["poverty_exit"].replace("-", "\N{EN DASH}")
            found.append(f"{letter} {left}".rstrip() if mark.endswith("poverty") else letter)
    return ", ".join(found)


def _index(part: pd.DataFrame, year: int, study: Study) -> pd.Series:
    return 100 * part[f"residents_{year}"] / part[f"residents_{study.first_year}"]


def drawn(prefecture: str, units: pd.DataFrame | None = None, study: Study | None = None) -> pd.DataFrame:
    """What a prefecture's figure draws: a row a unit and census.

    Returns:
        Columns unit_id, number, name, pinyin, year, residents (people), residents_index (first of the study's censuses
        = 100), urban_share (percent; missing for the census before), and same_ground (whether the unit has the same
        ground in this census as in the first of the study's).

    Raises:
        UnknownPrefectureError: no unit lies in such a prefecture.
    """
    study = load_study() if study is None else study
    part = _of(prefecture, units)
    shown = ["unit_id", "number", "name", "pinyin"]
    rows = []
    for year in (BEFORE, study.first_year, study.last_year):
        rows.append(
            part[shown].assign(
                year=year,
                residents=part[f"residents_{year}"],
                residents_index=_index(part, year, study),
                urban_share=float("nan") if year == BEFORE else part[f"urban_share_{year}"],
                same_ground=part["ground_2000"] if year == BEFORE else True,
            )
        )
    return pd.concat(rows).sort_values(["unit_id", "year"]).reset_index(drop=True)


def _clear(index: float, urban: float) -> tuple[float, Literal["bottom", "top"]]:
    """Where the label of a point on the line of residents starts, clear of the line at 100 and of the urban share."""
    if index + _GAP + _LABEL <= 100 or index + _GAP >= 100:
        return index + _GAP, "bottom"
    if not index - urban < 2 * _GAP + 1.5 * _LABEL:  # true too where there is no urban share
        return index - _GAP, "top"
    return 100 + _GAP / 2, "bottom"


def _panel(axes: Axes, unit: pd.DataFrame, study: Study) -> None:
    first = unit["year"].eq(study.first_year).to_numpy().nonzero()[0][0]
    years, residents = unit["year"].to_numpy(), unit["residents_index"].to_numpy(dtype=float)
    whole = bool(unit["same_ground"].all())
    how: dict[str, Any] = {"color": TREATED, "marker": "o", "markersize": 3, "linewidth": 1.4, "clip_on": False}
    if not whole:
        axes.plot(years[: first + 1], residents[: first + 1], **how | {"linestyle": (0, (1, 1.5)), "markersize": 0})
        axes.plot(years[:first], residents[:first], **how | {"markerfacecolor": "white", "linewidth": 0})
    axes.plot(*(x[0 if whole else first :] for x in (years, residents)), **how)
    urban = unit.dropna(subset="urban_share")
    axes.plot(
        urban["year"], urban["urban_share"], color=EMPHASIS, marker="s", markersize=3, linewidth=1.4,
        linestyle=(0, (4, 1.5)), clip_on=False,
    )  # fmt: skip
    small: dict[str, Any] = {"fontsize": SMALL - 1, "va": "center"}
    last = unit.iloc[-1]
    for end in (unit.iloc[0], last):
        height, side = _clear(end["residents_index"], end["urban_share"])
        axes.text(
            end["year"],
            height,
            f"{end['residents_index']:.0f}",
            color=TREATED,
            fontsize=SMALL - 1,
            va=side,
            ha="center",
        )
    axes.text(last["year"] + 1.2, last["urban_share"], f"{last['urban_share']:.0f}", color=EMPHASIS, **small)
    start = urban.iloc[0]
    axes.text(
        start["year"] - 1.2, start["urban_share"], f"{start['urban_share']:.0f}", color=EMPHASIS, ha="right", **small
    )
    axes.set_title(f"{last['number']} {last['pinyin']} {last['name']}", fontsize=SMALL, pad=2)
    axes.set_xlim(1998.5, 2025.5)
    axes.set_xticks(years)
    axes.set_ylim(0, TOP)
    axes.set_yticks((0, 50, 100, 150))
    axes.grid(visible=False)
    axes.grid(axis="y")
    axes.axhline(100, color=COMPARISON, linewidth=0.8, zorder=1)
    axes.tick_params(axis="both", labelsize=SMALL - 1, labelleft=False, labelbottom=False)


def _title(part: pd.DataFrame, name: str) -> str:
    growing = int(part["type"].str.startswith("growing").sum())
    rose = int((part["urban_share"] > 0).sum())
    if len(part) == 1:
        return (
            f"{name}: residents {'grew' if growing else 'fell'}, the urban share {'rose' if rose else 'did not rise'}"
        )
    where = {0: "none", len(part): "all"}
    return (
        f"{name}: residents grew in {where.get(growing, growing)} of {len(part)} units, "
        f"the urban share rose in {where.get(rose, rose)}"
    )


def figure(prefecture: str, units: pd.DataFrame | None = None, study: Study | None = None) -> Figure:
    """A panel for each unit of a prefecture: residents in three censuses and the urban share in two, on one scale.

    Args:
        prefecture: its name in pinyin, as in the roster, such as "Zhengzhou".
        units: the profiles; the pipeline's if not given.
        study: the study's definition; that of `study.yml` if not given.

    Raises:
        UnknownPrefectureError: no unit lies in such a prefecture.
    """
    study = load_study() if study is None else study
    part = _of(prefecture, units)
    points = drawn(prefecture, part, study)
    name = f"{prefecture} {part['prefecture'].iloc[0]}"
    count = -(-len(part) // PANELS)
    height = _HEAD + count * _ROW + _FOOT
    with style(f"profiles_{prefecture}"):
        whole = MatplotlibFigure(figsize=(WIDTH, height))
        grid = whole.subplots(count, PANELS, squeeze=False)
        whole.subplots_adjust(
            left=0.045, right=0.995, top=1 - _HEAD / height, bottom=_FOOT / height, wspace=0.1, hspace=0.3
        )
        for place, axes in enumerate(grid.flat):
            if place >= len(part):
                axes.set_axis_off()
                continue
            _panel(axes, points[points["unit_id"] == part["unit_id"].iloc[place]], study)
            axes.tick_params(labelleft=place % PANELS == 0, labelbottom=place + PANELS >= len(part))
        handles = [
            Line2D([], [], color=TREATED, marker="o", markersize=3, linewidth=1.4, label="Residents, 2010 = 100"),
            Line2D(
                [], [], color=EMPHASIS, marker="s", markersize=3, linewidth=1.4, linestyle=(0, (4, 1.5)),
                label="Urban share, percent of residents",
            ),
        ]  # fmt: skip
        if not part["ground_2000"].all():
            handles.append(
                Line2D(
                    [], [], color=TREATED, marker="o", markersize=3, markerfacecolor="white", linewidth=1.4,
                    linestyle=(0, (1, 1.5)), label="on other ground in 2000",
                )
            )  # fmt: skip
        whole.legend(
            handles=handles, loc="upper left", bbox_to_anchor=(0.035, 1 - 0.27 / height), ncols=3, labelcolor=INK,
            borderaxespad=0, borderpad=0,
        )  # fmt: skip
        title = _title(part, name)
        whole.suptitle(title, x=0.01, y=1 - 0.04 / height, ha="left", va="top")
        return Figure(to_svg(whole), title, points)


def _thousands(people: float) -> str:
    return format_number(people / 1000, 0)


def _urban(part: pd.DataFrame, year: int) -> float:
    """The urban share of all units together, in percent."""
    people = part[f"residents_{year}"]
    return float((part[f"urban_share_{year}"] * people).sum() / people.sum())


def summary(prefecture: str, units: pd.DataFrame | None = None, study: Study | None = None) -> Shown:
    """How many units a prefecture has in the programme, their residents, and their urban share, as a sentence.

    Raises:
        UnknownPrefectureError: no unit lies in such a prefecture.
    """
    study = load_study() if study is None else study
    part = _of(prefecture, units)
    years = (study.first_year, study.last_year)
    people = [format_number(part[f"residents_{year}"].sum() / 1e6, 2) for year in years]
    urban = [format_number(_urban(part, year), 0) for year in years]
    whose = "The one unit" if len(part) == 1 else f"The {len(part)} units together"
    return text(
        f"{whose} had {people[0]} million residents in {years[0]} and {people[1]} million in {years[1]}; "
        f"{urban[0]} percent and then {urban[1]} percent of them were urban."
    )


def growing(prefecture: str, units: pd.DataFrame | None = None) -> Shown:
    """How many of a prefecture's units had no fewer residents at the end than at the start: "5 of 6 units".

    Raises:
        UnknownPrefectureError: no unit lies in such a prefecture.
    """
    part = _of(prefecture, units)
    return text(f"{part['type'].str.startswith('growing').sum()} of {len(part)} units")


def prefectures_table(units: pd.DataFrame | None = None, study: Study | None = None) -> Table:
    """A row a prefecture: units, residents, urban share and types; the last row has all."""
    study = load_study() if study is None else study
    units = load_profiles() if units is None else units
    years = (study.first_year, study.last_year)

    def row(head: Cell, part: pd.DataFrame) -> Row:
        return Row(
            [
                head,
                format_number(len(part), 0),
                _thousands(part[f"residents_{years[-1]}"].sum()),
                *(format_number(_urban(part, year), 0) for year in years),
                *(format_number((part["type"] == t).sum(), 0) for t in TYPES),
            ]
        )

    rows = []
    for name, part in units.groupby("prefecture_pinyin", sort=False):
        section = f"{CHAPTER}#sec-profiles-{str(name).lower()}"
        rows.append(row(Link(f"{name} {part['prefecture'].iloc[0]}", section), part))
    rows.append(row("All", units))
    return Table(
        columns=[
            Column("Prefecture", align="left"),
            Column("Units"),
            Column(f"Residents {years[-1]}", "1,000"),
            *(Column(f"Urban {year}", "percent") for year in years),
            *(Column(TYPE_WORDS[t].capitalize()) for t in TYPES),
        ],
        rows=rows,
        notes=[
            "The programme's units only, without the districts of a prefecture's city. Urban: share of all residents "
            "of these units. The last four columns count units.",
        ],
    )


def marks_table(units: pd.DataFrame | None = None, study: Study | None = None) -> Table:
    """A row a mark: what it says, how many units carry it, their types, and their median change in the urban share."""
    study = load_study() if study is None else study
    units = load_profiles() if units is None else units

    def row(head: str, letter: str | None, part: pd.DataFrame) -> Row:
        growing = part["type"].str.startswith("growing").sum()
        well = part["type"].str.endswith("well_served").sum()
        change = format_number(part["urban_share"].median(), 1) if len(part) else None
        return Row([head, letter, *(format_number(n, 0) for n in (len(part), growing, well)), change])

    rows = [row(MARK_WORDS[mark], LETTERS[mark], units[units[mark]]) for mark in MARKS]
    rows.append(row("No mark", None, units[~units[list(MARKS)].any(axis="columns")]))
    rows.append(row("All units", None, units))
    return Table(
        columns=[
            Column("What the mark says", align="left"),
            Column("Letter", align="center"),
            Column("Units"),
            Column("Growing"),
            Column("Well served"),
            Column("Median change of the urban share", "percentage points"),
        ],
        rows=rows,
        notes=[
            f"Units of the programme; a unit can carry several marks. Change from {study.first_year} to "
            f"{study.last_year}. Nothing is compared with units outside the programme, and no mark was given by chance."
        ],
    )


NOTES = (
    "Farm work: share of employment. Piped water: share of homes. Service workers: employed in education, health and "
    "public facilities, per 1,000 residents. Own revenue: budget revenue in percent of budget spending, from the "
    "county yearbook.",
    "Growing: no fewer residents in 2020 than in 2010. Well served: at least as many service workers per head in 2020 "
    "as the median county of China.",
    "M managed by the province; N, P national or provincial poverty county, with the year of exit; D demonstration "
    "county; T special town; Z, z ground lost to a zone by notice, or suspected.",
)


def _whole(value: float) -> str | None:
    return None if pd.isna(value) else format_number(value, 0)


def table(prefecture: str, units: pd.DataFrame | None = None, study: Study | None = None) -> Table:
    """Key figures of each unit of a prefecture in the study's two censuses, a line each; beside them type and marks.

    Raises:
        UnknownPrefectureError: no unit lies in such a prefecture.
    """
    study = load_study() if study is None else study
    first, last = study.first_year, study.last_year
    units = load_profiles() if units is None else units
    part = _of(prefecture, units)
    newest = int(units["own_revenue_year"].max())
    rows = []
    for _, unit in part.iterrows():
        own = {year: _whole(unit[name]) for year, name in ((first, f"own_revenue_{first}"), (last, "own_revenue"))}
        if own[last] and unit["own_revenue_year"] != newest:
            own[last] = f"{own[last]} ({unit['own_revenue_year']:.0f})"
        lines = [
            [
                str(year),
                _thousands(unit[f"residents_{year}"]),
                *(_whole(unit[f"{name}_{year}"]) for name in FIGURES),
                own[year],
                beside,
            ]
            for year, beside in ((first, TYPE_WORDS[unit["type"]]), (last, marks(unit)))
        ]
        rows.append(Row([label(unit), *lines[0]], lines[1]))
    return Table(
        columns=[
            Column("Unit", align="left", width=19),
            Column("Year", width=6),
            Column("Residents", "1,000", width=9),
            Column("Urban share", "percent", width=9),
            Column("Farm work", "percent", width=9),
            Column("Piped water", "percent", width=9),
            Column("Service workers", "per 1,000", width=9),
            Column(f"Own revenue {first}, {newest}", "percent", width=9),
            Column("Type, and below it marks", align="left", width=21),
        ],
        rows=rows,
        notes=NOTES,
    )
