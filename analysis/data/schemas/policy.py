"""Dated steps of policy, which are kept by hand."""

import pandas as pd

from analysis.data.schemas.forms import Form, Rule, Table, one_of
from analysis.data.schemas.units import CONFIDENCES, TEXT

LEVELS = ("nation", "Henan", "neighbours")
PRECISIONS = {"year": 4, "month": 7, "day": 10}  # characters of an ISO 8601 date of that precision
TOPICS = ("baicheng", "census", "county rule", "county towns", "housing", "plan", "poverty", "small towns")
_MONTH = "(?:0[1-9]|1[0-2])"
DATE = Form(
    f"20[0-9]{{2}}(?:-{_MONTH}(?:-(?:0[1-9]|[12][0-9]|3[01]))?)?", "a year, month or day such as 2016-08 or 2017-04-01"
)


def _as_long_as_said(frame: pd.DataFrame) -> "pd.Series[bool]":
    return frame["date"].str.len() == frame["precision"].map(PRECISIONS)


def _is_a_date(frame: pd.DataFrame) -> "pd.Series[bool]":
    rest = frame["date"].map(lambda date: f"{date}-01-01"[:10])
    return pd.to_datetime(rest, format="%Y-%m-%d", errors="coerce").notna()


POLICY_STEPS = Table(
    columns={
        "step": Form("[a-z][a-z0-9_]*", "a short name such as baicheng_plan"),
        "date": DATE,
        "precision": one_of(*PRECISIONS),
        "date_of": one_of("act", "report"),
        "level": one_of(*LEVELS),
        "topic": one_of(*TOPICS),
        "label": Form("[^\r\n\0]{1,38}", "text of 38 characters at most, on one line"),
        "what": TEXT,
        "source": Form("[a-z][a-zA-Z0-9-]*", "a key of references.bib"),
        "published": TEXT,
        "confidence": one_of(*CONFIDENCES),
    },
    key=("step",),
    rules=(
        Rule("date", "a day of the calendar", _is_a_date),
        Rule("precision", "as many parts as the date has", _as_long_as_said),
        Rule("date", "no earlier than in the row before", lambda f: f["date"].shift(fill_value="") <= f["date"]),
    ),
)
