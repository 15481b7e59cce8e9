import pandas as pd
import pytest

from analysis.data.policy import load_policy_steps
from analysis.findings import FindingError
from analysis.present.timeline import date_words, months_between, months_of_building, span, steps_table, timeline
from analysis.study import Study


def simulated_steps(**changed: str) -> pd.DataFrame:
    dates = {
        "census_2010": "2010-11",
        "law": "2015",
        "baicheng_plan": "2017-04-01",
        "notice": "2020-05",
        "census_2020": "2020-11",
    }
    topics = {"census_2010": "census", "baicheng_plan": "baicheng", "census_2020": "census"}
    return pd.DataFrame(
        [
            {
                "step": step, "date": changed.get(step, date), "precision": "month", "level": "Henan",
                "date_of": "report" if step == "notice" else "act", "topic": topics.get(step, "plan"),
                "label": f"The {step}", "what": f"What {step} says", "source": "key", "published": "news",
                "confidence": "low" if step == "law" else "high",
            }
            for step, date in dates.items()
        ]
    )  # fmt: skip


@pytest.mark.parametrize(
    ("date", "start", "end"),
    [
        ("2016", 2016, 2017),
        ("2016-07", 2016.5, 2016.5 + 1 / 12),
        ("2016-07-01", 2016.5, 2016.5 + 1 / 12 / 31),
        ("2016-12-31", 2017 - 1 / 12 / 31, 2017),
    ],
)
def test_a_date_covers_the_time_that_it_leaves_open(date: str, start: float, end: float) -> None:
    assert (span(date).start, span(date).end) == (pytest.approx(start), pytest.approx(end))
    assert span(date).middle == pytest.approx((start + end) / 2)


def test_dates_in_words() -> None:
    assert [date_words(d) for d in ("2016", "2016-08", "2017-04-01")] == ["2016", "August 2016", "1 April 2017"]


def test_months_are_counted_from_month_to_month() -> None:
    assert months_between("2017-04-01", "2020-11") == 43
    assert months_between("2020-11-30", "2020-12-01") == 1
    with pytest.raises(ValueError, match="2016 has no month"):
        months_between("2016", "2020-11")


def test_the_title_counts_the_months_of_building(study: Study) -> None:
    steps = simulated_steps(baicheng_plan="2019-11-05")
    assert months_of_building(steps, study) == 12
    assert timeline(steps, study).title == "12 months lie between the plan of work and the census of 2020"


def test_a_missing_step_is_named(study: Study) -> None:
    steps = simulated_steps()
    with pytest.raises(FindingError, match="no step 'baicheng_plan'"):
        timeline(steps[steps["step"] != "baicheng_plan"], study)


def test_the_figure_passes_its_points(study: Study) -> None:
    figure = timeline(simulated_steps(), study)
    assert figure.points is not None
    assert list(figure.points["step"]) == ["census_2010", "law", "baicheng_plan", "notice", "census_2020"]
    assert timeline(simulated_steps(), study).svg == figure.svg, "the same bytes each time"


def test_the_table_says_which_dates_are_those_of_reports() -> None:
    cells = [list(map(str, row.cells)) for row in steps_table(simulated_steps()).rows]
    assert [c[0] for c in cells] == ["November 2010", "2015", "1 April 2017", "By May 2020", "November 2020"]
    assert cells[1] == ["2015", "Henan", "What law says", "News", "low"]


def test_table_and_figure_have_the_same_steps(study: Study) -> None:
    steps = load_policy_steps()
    figure = timeline()
    assert figure.points is not None
    assert list(figure.points["step"]) == list(steps["step"])
    assert [row.cells[2] for row in steps_table().rows] == list(steps["what"])
