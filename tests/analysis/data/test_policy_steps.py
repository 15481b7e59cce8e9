"""Dated steps of policy: the form of the table, and that its sources are in the bibliography."""

import re
from pathlib import Path

import pytest

from analysis.data.policy import POLICY_STEPS, load_policy_steps
from analysis.data.schemas.policy import TOPICS
from analysis.data.tables import TableError
from analysis.paths import ROOT
from analysis.study import load_study

HEADER, *ROWS = POLICY_STEPS.read_text(encoding="utf-8").splitlines()


def write(path: Path, *rows: str) -> Path:
    path.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    return path


def row(date: str = "2016-08", precision: str = "month", **other: str) -> str:
    cells = {
        "step": "one", "date": date, "precision": precision, "date_of": "act", "level": "Henan", "topic": "plan",
        "label": "A step", "what": "A step in words", "source": "key", "published": "news", "confidence": "low",
    }  # fmt: skip
    return ",".join((cells | other).values())


def test_a_row_is_read_as_text(tmp_path: Path) -> None:
    steps = load_policy_steps(write(tmp_path / "steps.csv", row("2016", "year"), row("2016-08-01", "day", step="two")))
    assert list(steps["date"]) == ["2016", "2016-08-01"]


@pytest.mark.parametrize(
    ("broken", "column", "allowed"),
    [
        (row("2016-13"), "date", "a year, month or day"),
        (row("August 2016"), "date", "a year, month or day"),
        (row("2017-02-29", "day"), "date", "a day of the calendar"),
        (row("2016-08", "day"), "precision", "as many parts as the date has"),
        (row("2016", "month"), "precision", "as many parts as the date has"),
        (row(level="county"), "level", "one of nation, Henan, neighbours"),
        (row(topic="weather"), "topic", f"one of {', '.join(TOPICS)}"),
        (row(label="x" * 39), "label", "text of 38 characters at most"),
        (row(source="@key"), "source", "a key of references.bib"),
        (row(confidence="certain"), "confidence", "one of high, medium, low"),
    ],
)
def test_a_broken_cell_is_named(tmp_path: Path, broken: str, column: str, allowed: str) -> None:
    with pytest.raises(TableError, match=f"line 2, column {column}: .*{re.escape(allowed)}"):
        load_policy_steps(write(tmp_path / "steps.csv", broken))


def test_steps_stand_in_the_order_of_their_dates(tmp_path: Path) -> None:
    path = write(tmp_path / "steps.csv", row("2017", "year"), row("2016-08", step="two"))
    with pytest.raises(TableError, match=r"line 3, column date: .*no earlier than in the row before"):
        load_policy_steps(path)


def test_sources_are_in_the_bibliography() -> None:
    bibliography = (ROOT / "references.bib").read_text(encoding="utf-8")
    known = set(re.findall(r"^@\w+\{([^,]+),", bibliography, flags=re.MULTILINE))
    assert set(load_policy_steps()["source"]) <= known


def test_the_chapter_cites_each_source() -> None:
    chapter = (ROOT / "chapters" / "02-policy.qmd").read_text(encoding="utf-8")
    cited = set(re.findall(r"@([A-Za-z][\w-]*)", chapter))
    assert set(load_policy_steps()["source"]) <= cited


def test_the_study_begins_and_ends_where_the_steps_do() -> None:
    study, steps = load_study(), load_policy_steps().set_index("step")["date"]
    assert steps["baicheng_decided"] == study.start
    assert [steps[f"census_{year}"][:4] for year in (study.first_year, study.last_year)] == [
        str(study.first_year),
        str(study.last_year),
    ]
