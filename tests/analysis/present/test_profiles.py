"""Profiles: what a panel, a table's row and an alternative text say of the programme's units."""

import csv
import io
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
import pytest

from analysis.data.tables import load_programme_units
from analysis.paths import ROOT
from analysis.pipeline.task_profiles import task_profiles
from analysis.present import profile_map, profiles
from analysis.present.profiles import UnknownPrefectureError
from analysis.results.profiles import MARKS

CHAPTER = (ROOT / "chapters" / profiles.CHAPTER).read_text(encoding="utf-8")
NUMBERS = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten", "Eleven")
PREFECTURES = list(dict.fromkeys(load_programme_units()["prefecture_pinyin"]))


@pytest.fixture(scope="module")
def units(made_by: Callable[..., Path]) -> pd.DataFrame:
    return profiles.load_profiles(made_by(task_profiles) / "samples")


def simulated(**columns: object) -> pd.DataFrame:
    """Simulated: three units of a prefecture, the last alone in another."""
    frame = pd.DataFrame(
        {
            "unit_id": ["1", "2", "3"],
            "number": [1, 2, 1],
            "name": ["甲县", "乙县", "丙市"],
            "pinyin": ["Jia", "Yi", "Bing"],
            "prefecture": ["子市", "子市", "丑市"],
            "prefecture_pinyin": ["Zi", "Zi", "Chou"],
            "residents_2000": [400_000.0, 100_000, 1_234_567],
            "residents_2010": [500_000.0, 100_000, 1_000_000],
            "residents_2020": [600_000.0, 80_000, 1_000_000],
            "urban_share_2010": [30.0, 20, 50],
            "urban_share_2020": [40.0, 35.25, 49],
            "urban_share": [10.0, 15.25, -1],
            "agricultural_employment_2010": [65.4, 70.6, 19],
            "agricultural_employment_2020": [25.4, 30.6, 9],
            "piped_water_2010": [40.4, 49.6, 50],
            "piped_water_2020": [90.4, 99.6, 100],
            "service_employment_2010": [10.4, 20.6, 30],
            "service_employment_2020": [20.4, 30.6, 40],
            "own_revenue_2010": [53.3, 54.4, 55],
            "own_revenue": [33.3, 44.4, float("nan")],
            "own_revenue_year": [2022, 2011, float("nan")],
            "type": ["growing_poorly_served", "shrinking_well_served", "growing_well_served"],
            "ground_2000": [True, False, True],
            "poverty_exit": ["2016-17", "", ""],
        }
        | {mark: [False, False, False] for mark in MARKS}
        | {"national_poverty": [True, False, False], "special_town": [True, True, False]}
    )
    return frame.assign(**columns)


def rows(table: profiles.Table) -> list[list[str]]:
    return list(csv.reader(io.StringIO(table.csv())))


def test_panels_draw_residents_by_their_number_in_2010() -> None:
    points = profiles.drawn("Zi", simulated())
    assert points["year"].tolist() == [2000, 2010, 2020] * 2
    assert points["residents_index"].tolist() == [80, 100, 120, 100, 100, 80]
    assert points["urban_share"].isna().tolist() == [True, False, False] * 2
    assert points["same_ground"].tolist() == [True, True, True, False, True, True]


def test_a_line_from_other_ground_is_dotted_and_its_legend_says_so() -> None:
    dotted = re.compile(r"stroke-dasharray: [\d.]+,[\d.]+; stroke-dashoffset: 0; stroke: #0b4a7d")
    with_change = profiles.figure("Zi", simulated()).svg
    without = profiles.figure("Zi", simulated(ground_2000=True)).svg
    assert len(dotted.findall(with_change)) == 2  # the line, and its handle in the legend
    assert not dotted.search(without)


@pytest.mark.parametrize("index", [70, 80, 90, 94, 97, 100, 120, 155])
@pytest.mark.parametrize("urban", [float("nan"), 30, 50, 65])
def test_labels_stand_clear_of_lines_and_panels(index: float, urban: float) -> None:
    height, side = profiles._clear(index, urban)
    low, high = (height, height + profiles._LABEL) if side == "bottom" else (height - profiles._LABEL, height)
    assert not low < index < high, "its own point"
    assert low >= 100 or high <= 100, "the line at 100"
    assert not low < urban < high, "the urban share"
    assert low > 0 and high <= profiles.TOP


def test_titles_count() -> None:
    assert profiles.figure("Zi", simulated()).title == (
        "Zi 子市: residents grew in 1 of 2 units, the urban share rose in all"
    )
    assert profiles.figure("Chou", simulated()).title == "Chou 丑市: residents grew, the urban share did not rise"


def test_the_same_bytes_twice() -> None:
    first = profiles.figure("Zi", simulated()).svg
    assert first == profiles.figure("Zi", simulated()).svg
    assert ElementTree.fromstring(first).tag.endswith("svg")  # noqa: S314
    assert first != profiles.figure("Zi", simulated(urban_share_2020=41.0)).svg


def test_rows_have_name_figures_type_and_marks() -> None:
    head, *lines = rows(profiles.table("Zi", simulated()))
    assert head[-2:] == ["Own revenue 2010, 2022 (percent)", "Type, and below it marks"]
    assert lines == [
        ["1 Jia 甲县", "2010", "500", "30", "65", "40", "10", "53", "growing, poorly served"],
        ["1 Jia 甲县", "2020", "600", "40", "25", "90", "20", "33", "N 2016–17, T"],
        ["2 Yi 乙县", "2010", "100", "20", "71", "50", "21", "54", "shrinking, well served"],
        ["2 Yi 乙县", "2020", "80", "35", "31", "100", "31", "44 (2011)", "T"],
    ]


def test_a_unit_without_revenue_has_an_empty_cell() -> None:
    own = rows(profiles.table("Chou", simulated()))
    assert [r[7] for r in own[1:]] == ["55", ""]


def test_every_mark_has_its_letter_and_its_words() -> None:
    assert list(profiles.LETTERS) == list(profiles.MARK_WORDS) == list(MARKS)
    assert len(set(profiles.LETTERS.values())) == len(MARKS)
    listed = rows(profiles.marks_table(simulated()))
    by_letter = {r[1]: r[2:] for r in listed if r[1]}
    assert by_letter["T"] == ["2", "1", "1", "12.6"]
    assert by_letter["D"] == ["0", "0", "0", ""]
    assert listed[-2][2] == "1" and listed[-1][2] == "3"


def test_prefectures_add_up() -> None:
    table = profiles.prefectures_table(simulated())
    found = rows(table)
    assert found[1] == ["Zi 子市", "2", "680", "28", "39", "0", "1", "1", "0"]
    assert found[-1][:3] == ["All", "3", "1680"]
    assert f'href="{profiles.CHAPTER}#sec-profiles-zi"' in table.html()


def test_sentences_count() -> None:
    assert str(profiles.summary("Zi", simulated())) == (
        "The 2 units together had 0.60 million residents in 2010 and 0.68 million in 2020; 28 percent and then "
        "39 percent of them were urban."
    )
    assert str(profiles.summary("Chou", simulated())).startswith("The one unit had 1.00 million")
    assert str(profiles.growing("Zi", simulated())) == "1 of 2 units"


@pytest.mark.parametrize("make", [profiles.figure, profiles.table, profiles.summary, profiles.growing])
def test_an_unknown_prefecture_is_named_with_those_there_are(make: Callable[..., object]) -> None:
    with pytest.raises(UnknownPrefectureError, match=r"'Xuchag'; there are Zi, Chou"):
        make("Xuchag", simulated())


# The chapter, by the real figures.


def test_all_names_stand_in_tables_in_characters(units: pd.DataFrame) -> None:
    shown = re.findall(r'profiles\.table\("(\w+)"\)', CHAPTER)
    assert shown == PREFECTURES
    html = "".join(profiles.table(prefecture, units).html() for prefecture in shown)
    found = re.findall(r'<th scope="row" rowspan="2"[^>]*>\d+ [^<]+ <span lang="zh-CN">(.+?)</span></th>', html)
    roster = load_programme_units()
    assert sorted(found) == sorted(roster["name"])
    assert len(found) == 106


def listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def spoken(prefecture: str, units: pd.DataFrame) -> str:
    """What is seen in a prefecture's figure."""
    part = units[units["prefecture_pinyin"] == prefecture].set_index("pinyin")
    index = part["residents_2020"] / part["residents_2010"]
    rising, falling = [list(index.index[chosen]) for chosen in (index >= 1, index < 1)]
    if len(part) == 1:
        people = "rises" if rising else "falls"
        seen = [f"One panel. The line of residents {people} after 2010, and the dashed line of the urban share rises."]
        assert (part["urban_share"] > 0).all()
        return seen[0]
    seen = [f"{NUMBERS[len(part)]} panels, one for each unit."]
    if not rising or not falling:
        seen.append(f"After 2010 the line of residents {'rises' if rising else 'falls'} in every panel.")
    else:
        few, way, other = (rising, "rises", "falls") if len(rising) <= len(falling) else (falling, "falls", "rises")
        seen.append(f"After 2010 the line of residents {way} in {listed(few)} and {other} in the rest.")
    if len(part) > 2:
        seen.append(f"It ends highest in {index.idxmax()} and lowest in {index.idxmin()}.")
    assert (part["urban_share"] > 0).all()
    most, least = part["urban_share"].idxmax(), part["urban_share"].idxmin()
    seen.append(f"The dashed line of the urban share rises in every panel, most in {most} and least in {least}.")
    moved = list(part.index[~part["ground_2000"]])
    if moved:
        seen.append(f"A dotted stretch before 2010 marks other ground in {listed(moved)}.")
    return " ".join(seen)


@pytest.mark.parametrize("prefecture", PREFECTURES)
def test_alternative_texts_say_what_is_seen(prefecture: str, units: pd.DataFrame) -> None:
    found = re.search(rf'label: fig-profiles-{prefecture.lower()}\n(?:#\| .*\n)*?#\| fig-alt: "(.*)"\n', CHAPTER)
    assert found, f"no figure of {prefecture} with an alternative text in double quotation marks"
    assert found[1] == spoken(prefecture, units)


def test_what_the_chapter_says_beside_the_numbers_holds(units: pd.DataFrame) -> None:
    by_name = units.set_index(units["prefecture_pinyin"] + " " + units["pinyin"])
    growing = by_name["type"].str.startswith("growing")
    well = by_name["type"].str.endswith("_well_served")

    def of(prefecture: str) -> pd.Series:
        return by_name["prefecture_pinyin"] == prefecture

    index = by_name["residents_2020"] / by_name["residents_2010"]
    assert list(index.sort_values().index[-2:]) == ["Zhengzhou Zhongmu", "Zhengzhou Xinzheng"], "the two that grew most"
    assert list(by_name.index[by_name["zone_by_notice"]]) == [
        "Zhengzhou Zhongmu",
        "Zhengzhou Xinzheng",
        "Kaifeng Weishi",
    ]
    assert list(by_name.index[of("Kaifeng") & growing]) == ["Kaifeng Lankao"]
    assert list(by_name.index[by_name["own_revenue_year"] != 2022]) == ["Luoyang Yanshi"]
    for prefecture in ("Jiaozuo", "Sanmenxia", "Hebi"):
        assert not growing[of(prefecture)].any() and well[of(prefecture)].all()
    assert not growing[of("Zhumadian")].any()
    south = of("Nanyang") | of("Zhumadian")
    assert (by_name.loc[south, "type"] == "shrinking_poorly_served").mean() > 0.8, "the palest, by the map's text"
    assert list(by_name.index[of("Nanyang") & growing]) == ["Nanyang Xixia"]
    assert list(by_name.index[of("Shangqiu") & ~growing]) == ["Shangqiu Xiayi"]
    assert by_name["urban_share_2010"].idxmax() == by_name["urban_share"].idxmin() == "Sanmenxia Yima"
    assert by_name["urban_share"].idxmax() == "Zhengzhou Zhongmu"
    assert list(by_name.index[~by_name["ground_2000"]]) == ["Anyang Anyang", "Xinxiang Xinxiang", "Zhumadian Queshan",
                                                            "Zhumadian Runan", "Zhumadian Suiping"]  # fmt: skip
    register = {r["code2010"]: r["code2020"] for r in load_programme_units().to_dict("records")}
    moved = by_name.index[[register[c] != c for c in by_name["unit_id"]]]
    assert list(moved) == ["Xinxiang Changyuan", "Zhoukou Huaiyang"]


def test_the_map_numbers_and_fills_every_unit(units: pd.DataFrame) -> None:
    figure = profile_map.locator_map(units)
    fills = {t: len(re.findall(f"fill: {colour};", figure.svg)) for t, colour in profile_map.FILLS.items()}
    assert fills == {t: (units["type"] == t).sum() for t in profile_map.FILLS}
    grown = units["type"].str.startswith("growing").sum()
    assert figure.title == f"{grown} of 106 units had no fewer residents in 2020 than in 2010"
    assert figure.points is not None and len(figure.points) == 106
