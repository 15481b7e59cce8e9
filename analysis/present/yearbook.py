"""What the data chapter shows of the county yearbook: what could be matched, and what was flagged."""

import pandas as pd

from analysis.data.checks.yearbook import flag_counts, growth_by_lag, match_rates
from analysis.data.tables import load_prefectures, load_units, load_yearbook, load_yearbook_unmatched
from analysis.present.kept import kept
from analysis.present.numbers import Shown, format_number, quantity
from analysis.present.tables import Column, Row, Table
from analysis.study import Study, load_study

# How many variables the table of flags lists.
_WORST = 8


@kept
def _rows() -> pd.DataFrame:
    return load_yearbook(flagged=True)


@kept
def _rates() -> pd.DataFrame:
    return match_rates(_rows(), load_yearbook_unmatched())


@kept
def _flags() -> pd.DataFrame:
    return flag_counts(_rows())


def unit_years() -> Shown:
    """How many unit-years could be matched."""
    return quantity(len(_rows()), "unit-years")


@kept
def _years() -> pd.DataFrame:
    """For each pair of neighbouring years, how far growth is from the prefectures' own, at three lags."""
    places = load_units().set_index("unit_id")["prefecture"]
    rows = load_yearbook()
    rows = rows.assign(prefecture=rows["unit_id"].map(places))
    accounts = load_prefectures().rename(columns={"name": "prefecture"})
    return growth_by_lag(rows, accounts, {"primary_value_added": "gdp_primary"})


def year_pairs() -> Shown:
    """How many pairs of neighbouring years can tell the year that the figures are of."""
    return quantity(_years().groupby(["first", "last"]).ngroups, "pairs")


def year_pairs_that_fit() -> Shown:
    """In how many of these pairs growth is nearest to the prefectures' own without a lag."""
    nearest = _years().loc[_years().groupby(["first", "last"])["distance"].idxmin(), "lag"]
    return quantity(int((nearest == 0).sum()))


def matched_share() -> Shown:
    """Share of rows, printed once, that could be matched."""
    rates = _rates()
    return quantity(100 * rates["matched"].sum() / rates["rows"].sum(), "percent", digits=1)


def corrected() -> Shown:
    """How many rows stood under another province's label."""
    return quantity(int((_rows()["province_printed"] != "").sum()), "rows")


def flagged() -> Shown:
    """How many figures are flagged."""
    return quantity(int(_flags()["flagged"].sum()), "figures")


def flagged_share() -> Shown:
    """Share of all figures that are flagged."""
    counts = _flags()
    return quantity(100 * counts["flagged"].sum() / counts["figures"].sum(), "percent", digits=2)


def editions_table(study: Study | None = None) -> Table:
    """Rows, match rate and flagged figures of each edition, all of China and the treated province."""
    study = load_study() if study is None else study
    rows, rates, flags = _rows(), _rates(), _flags()
    treated = rows["unit_id"].str[:2] == study.treated
    lines = []
    for edition, here in rates.groupby("edition"):
        own = rows["edition"] == edition
        counted = flags[flags["year"].isin(rows.loc[own, "year"])]
        figures = counted["figures"].sum()
        share = 100 * counted["flagged"].sum() / figures if figures else None
        lines.append(
            Row(
                [
                    str(edition),
                    str(rows.loc[own, "year"].iloc[0]) if own.any() else None,
                    format_number(here["rows"].sum(), 0),
                    format_number(100 * here["matched"].sum() / here["rows"].sum(), 1),
                    format_number(int((own & treated).sum()), 0),
                    None if share is None else format_number(share, 1),
                ]
            )
        )
    return Table(
        columns=[
            Column("Edition", align="left"),
            Column("Figures of"),
            Column("Rows printed"),
            Column("Matched", "percent"),
            Column(f"Units of {study.province_names[study.treated]}"),
            Column("Figures flagged", "percent"),
        ],
        rows=lines,
        notes=[
            "Rows printed: without second prints of the same row. Rows of edition 2000 are in truth of the early "
            "1990s, and none is used. Flagged: kept as printed and left out by default."
        ],
    )


def flags_table() -> Table:
    """The variables with the largest share of flagged figures."""
    counts = _flags().groupby("variable")[["figures", "flagged"]].sum()
    counts["share"] = 100 * counts["flagged"] / counts["figures"]
    worst = counts.sort_values("share", ascending=False).head(_WORST)
    return Table(
        columns=[Column("Variable", align="left"), Column("Figures"), Column("Flagged"), Column("Flagged", "percent")],
        rows=[
            Row(
                [
                    str(name),
                    format_number(r["figures"], 0),
                    format_number(r["flagged"], 0),
                    format_number(r["share"], 1),
                ]
            )
            for name, r in worst.iterrows()
        ],
    )
