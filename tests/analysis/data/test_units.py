"""The register: names, pinyin, events, links and ground on made-up units; known traps on the committed table."""

from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.data.checks.loaded import Tables, load_all
from analysis.data.checks.units import faults
from analysis.data.compile.errors import CompileError
from analysis.data.compile.events import Becomes, becomes, named, prepared
from analysis.data.compile.ground import cut_out_of, touched, zone_suspects
from analysis.data.compile.links import Link, Listed, link
from analysis.data.compile.names import place_of_zone, stem
from analysis.data.compile.pinyin import confirmed, letters_of, spelled, usual
from analysis.data.samples import samples
from analysis.data.upstream import UpstreamError
from analysis.study import load_study

pytestmark = pytest.mark.usefixtures("tables_loaded_once")


@pytest.fixture(scope="module")
def committed() -> Tables:
    return load_all()


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("开封县", "开封"), ("梅县", "梅"), ("天祝藏族自治县", "天祝"), ("巴里坤哈萨克自治县", "巴里坤"), ("鄂温克族自治旗", "鄂温克"),
        ("双江拉祜族佤族布朗族傣族自治县", "双江"), ("瀍河回族区", "瀍河"), ("沈北新区", "沈北"), ("清新区", "清新"), ("碑林区", "碑林"),
        ("神农架林区", "神农架"), ("城区", "城"), ("津市市", "津市"), ("西沙群岛", "西沙"), ("新市区", "新市"),
    ],
)  # fmt: skip
def test_stem_is_the_place(name: str, place: str) -> None:
    assert stem(name) == place


@pytest.mark.parametrize(
    ("zone", "prefecture", "place"),
    [
        ("郑州高新技术产业开发区", "郑州市", "郑州"),
        ("郑州航空港经济综合实验区", "郑州市", "航空港"),
        ("保定白沟新城", "保定市", "白沟"),
        ("河南商丘经济开发区", "商丘市", "商丘"),
        ("吉林经济开发区", "吉林市", "吉林"),
    ],
)
def test_place_of_a_zone(zone: str, prefecture: str, place: str) -> None:
    assert place_of_zone(zone, prefecture) == place


def test_apostrophes_go_before_a_e_and_o() -> None:
    assert spelled(("xin", "an")) == "Xin'an"
    assert spelled(("dong", "e")) == "Dong'e"
    assert spelled(("e", "er", "gu", "na")) == "E'erguna"
    assert spelled(("hai", "ou")) == "Hai'ou"
    assert spelled(("lü", "shun", "kou")) == "Lüshunkou"


def test_a_spelling_picks_the_reading() -> None:
    assert confirmed("长葛", "changge") == ("chang", "ge")
    assert confirmed("朝阳", "zhaoyang") == ("zhao", "yang")
    assert confirmed("吕梁", "luliang") == ("lü", "liang")
    assert confirmed("中牟", "kaifeng") is None
    assert confirmed("天祝", "tianzhuzang") is None
    assert confirmed("天祝", "tianzhuzang", whole=False) == ("tian", "zhu")
    # A hard name's place in the list outweighs what is printed.
    assert confirmed("乐亭", "leting") is None
    assert usual("乐亭") == ("lao", "ting")


def test_a_character_without_a_reading_is_refused() -> None:
    with pytest.raises(CompileError, match="no reading in pinyin for 'A'"):
        usual("甲A")


@pytest.mark.parametrize(
    ("printed", "letters", "kind"),
    [
        ("Xin'an Xian", "xinan", "xian"),
        ("Daxing  Xian", "daxing", "xian"),
        ("Zhenyuan Yi-Hani-Lahu Zizhixian", "zhenyuanyihanilahu", "zizhixian"),
        ("Huzhou Shi (Urban Districts)", "huzhou", "shi"),
        ("Nanshaquandao", "nanshaquan", "qundao"),
    ],
)
def test_letters_of_a_name_of_2000(printed: str, letters: str, kind: str) -> None:
    assert letters_of(printed) == (letters, kind)


PLACES = pd.DataFrame(
    {
        "province": ["丙省"] * 4 + ["丁省"],
        "prefecture": ["乙市", "乙市", "戊市", "戊市", "己市"],
        "name": ["甲县", "城区", "城区", "南和县", "甲县"],
    }
)


def _event(change: str, where: str = "丙省乙市", year: int = 2014, **cells: str) -> pd.DataFrame:
    base = {
        "event_id": "WIKI-COUNTY-2014-01-002",
        "year": year,
        "kind": "abolish_or_merge",
        "units": "",
        "old": "",
        "new": "",
    }
    return pd.DataFrame([base | {"change": change, "description": f"{where} | 3月1日 | {change}"} | cells])


def _told(change: str, **cells: str) -> pd.DataFrame:
    return prepared(_event(change, **cells), PLACES, range(2010, 2021))


@pytest.mark.parametrize(
    ("change", "keeps"),
    [
        ("撤销甲县，设立乙市子区", True),
        ("甲县更名为子县", True),
        ("乙市更名为庚市；乙市城区更名为庚市子区", True),
        ("将戊市南和县划归乙市管辖", True),
        ("撤销甲县，设立乙市子区；将原甲县的丑镇划归城区管辖", False),
        ("撤销甲县、城区，设立新的城区", False),
        ("设立子区，将甲县的丑镇划归子区管辖", False),
        ("将甲县丑镇划归乙市城区管辖", False),
    ],
)
def test_whether_an_event_keeps_the_ground(change: str, keeps: bool) -> None:
    assert list(_told(change)["keeps"]) == [keeps]


@pytest.mark.parametrize(
    ("change", "old", "new"),
    [
        ("撤销丙省县级甲市，设立乙市甲区", "甲市", "甲区"),
        ("撤销南和县，设立乙市南和区", "南和县", "南和区"),
        ("乙市城区更名为乙市子区；子区辖原城区", "城区", "子区"),
        ("撤销甲县，设立乙市子区；将原甲县的丑镇划归城区管辖", "甲县", "子区"),
    ],
)
def test_who_became_whom(change: str, old: str, new: str) -> None:
    (step,) = becomes(_told(change), {"乙市", "戊市"})
    assert (step.old, step.new, step.province, step.year, step.month) == (old, new, "丙省", 2014, 3)


def test_mergers_and_moves_of_a_seat_make_nobody_another() -> None:
    assert becomes(_told("撤销甲县、城区，设立新的城区"), {"乙市"}) == []
    assert becomes(_told("甲县更名为子县", kind="residence_change"), {"乙市"}) == []


def test_an_event_of_no_province_is_refused() -> None:
    with pytest.raises(CompileError, match="WIKI-COUNTY-2014-01-002: its province cannot be told"):
        prepared(_event("撤销寅县", where="寅"), PLACES, range(2010, 2021))
    assert prepared(_event("撤销寅县", where="寅"), PLACES, range(2000, 2010)).empty


def test_a_longer_name_hides_a_shorter_one() -> None:
    assert named("将德安县的子镇划归永修县", ["安县", "德安县", "永修县"]) == ["德安县", "永修县"]


def _units(*rows: tuple[str, str, tuple[str, ...], tuple[str, ...]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["unit", "province", "names", "prefectures"])


def test_an_event_touches_the_unit_of_its_prefecture_alone() -> None:
    units = _units(
        ("1", "丙省", ("城区",), ("乙市",)),
        ("2", "丙省", ("城区",), ("戊市",)),
        ("3", "丙省", ("子县", "甲县"), ("乙市",)),
        ("4", "丁省", ("甲县",), ("己市",)),
    )
    told = _told("将甲县丑镇划归乙市城区管辖")
    assert touched(told, units) == {"1": ("WIKI-COUNTY-2014-01-002",), "3": ("WIKI-COUNTY-2014-01-002",)}
    assert touched(_told("撤销甲县，设立乙市子区"), units) == {}


def test_units_upstream_lists_apart_are_touched_too() -> None:
    units = _units(("1", "丙省", ("南和县",), ("戊市",)))
    assert list(touched(_told("设立子区", units="南和县、子区"), units)) == ["1"]


def _census(*rows: tuple[str, str]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["code", "name"])
    return frame.assign(province="丙省", prefecture="")


def _link(
    earlier: list[tuple[str, str]],
    later: list[tuple[str, str]],
    steps: tuple[Becomes, ...] = (),
    listed: tuple[Listed, ...] = (),
) -> list[tuple[str, str, str]]:
    names = dict(earlier)
    made = link(
        _census(*earlier),
        _census(*later),
        steps,
        lambda code, name: stem(names[code]) == stem(name),
        lambda code, name: names[code] == name,
        listed,
    )
    return [(m.earlier, m.later, m.rule) for m in made]


def _step(old: str, new: str) -> Becomes:
    return Becomes(f"E-{old}", 2014, 3, "丙省", old, new)


def test_links_by_code_event_and_name() -> None:
    earlier = [("130121", "甲县"), ("130122", "乙县"), ("130123", "丙县"), ("130124", "丁县")]
    later = [("130121", "甲县"), ("130102", "子区"), ("130223", "丙市"), ("130124", "丑县")]
    assert _link(earlier, later, (_step("乙县", "子区"),)) == [
        ("130121", "130121", "code and name"),
        ("130122", "130102", "event"),
        ("130123", "130223", "name"),
    ]


def test_a_code_given_to_other_ground_is_no_link() -> None:
    # Two neighbours changed codes: names tell.
    earlier, later = [("130121", "甲县"), ("130122", "乙县")], [("130121", "乙县"), ("130122", "甲县")]
    assert _link(earlier, later) == [("130121", "130122", "name"), ("130122", "130121", "name")]


def test_events_are_followed_through_two_steps() -> None:
    steps = (_step("乙市", "子区"), _step("甲县", "乙市"))
    assert _link([("130121", "甲县")], [("130102", "子区")], steps) == [("130121", "130102", "event")]


def test_a_name_of_several_units_links_none_unless_the_prefecture_tells() -> None:
    earlier = [("130121", "甲县"), ("130221", "甲区")]
    assert _link(earlier, [("130301", "甲市")]) == []
    # Most of 1301 went to 1303, so its 甲县 did; the other's way is not known.
    earlier += [("130122", "乙县")]
    later = [("130301", "甲市"), ("130322", "乙县"), ("130401", "甲区")]
    assert ("130121", "130301", "name") in _link(earlier, later)


def test_the_list_comes_first_and_can_close_a_unit() -> None:
    earlier, later = [("130121", "甲县"), ("130122", "乙县")], [("130121", "甲县"), ("130102", "丑区")]
    listed = (Listed("130121", "", "ended"), Listed("130122", "130102", "renamed"))
    assert _link(earlier, later, listed=listed) == [("130122", "130102", "listed")]
    with pytest.raises(CompileError, match="130129 to none is listed; a census lacks the code"):
        _link(earlier, later, listed=(Listed("130129", "", "no such unit"),))


_CODES = st.from_regex("13010[1-4]|13012[1-9]|13022[1-9]", fullmatch=True)
_CENSUS = st.dictionaries(_CODES, st.sampled_from(["甲县", "甲区", "乙县", "乙市", "丙县", "城区", "子区"]), min_size=1)
_STEPS = st.lists(
    st.builds(_step, st.sampled_from(["甲县", "乙市", "城区"]), st.sampled_from(["甲区", "子区", "乙县"]))
)


@settings(max_examples=300)
@given(_CENSUS, _CENSUS, _STEPS)
def test_each_code_is_in_one_link_at_most(earlier: dict[str, str], later: dict[str, str], steps: list[Becomes]) -> None:
    made = _link(list(earlier.items()), list(later.items()), tuple(steps))
    assert len({m[0] for m in made}) == len({m[1] for m in made}) == len(made)
    assert all(m[0] in earlier and m[1] in later for m in made)
    assert all(stem(earlier[a]) == stem(later[b]) for a, b, rule in made if rule != "event")
    # The order of the rows does not matter.
    assert made == _link(list(earlier.items())[::-1], list(later.items())[::-1], tuple(steps))


def _late(*rows: tuple[str, str, str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["unit", "name", "unit_type"]).assign(prefecture="乙市")


ADJACENT = pd.DataFrame({"unit_a": ["1", "3"], "unit_b": ["2", "2"]})


def test_zones_make_neighbours_of_districts_suspect_and_units_they_are_named_after() -> None:
    units = _late(
        ("1", "子丑县", "county"), ("2", "城区", "district"), ("3", "寅区", "district"), ("4", "卯辰市", "county_city")
    )
    zones = pd.DataFrame({"name": ["乙卯辰开发区"], "prefecture": ["乙市"]})
    found = zone_suspects(units, zones, ADJACENT)
    assert list(found) == ["1", "4"]
    assert "touches the district 2" in found["1"]
    assert "carries its name: 乙卯辰开发区" in found["4"]
    # A district of another prefecture is none of this city's growth.
    beside = units.assign(prefecture=["乙市", "戊市", "乙市", "乙市"])
    assert list(zone_suspects(beside, zones, ADJACENT)) == ["4"]
    elsewhere = zones.assign(prefecture="戊市")
    assert zone_suspects(units, elsewhere, ADJACENT) == {}
    assert list(zone_suspects(units, zones, ADJACENT.iloc[:0])) == ["4"]
    assert zone_suspects(units.assign(unit_type="district"), zones, ADJACENT) == {}


def test_a_zone_named_after_the_prefecture_is_not_named_after_its_county() -> None:
    units = _late(("1", "濮阳县", "county")).assign(prefecture="濮阳市")
    zones = pd.DataFrame({"name": ["河南濮阳工业园区"], "prefecture": ["濮阳市"]})
    assert zone_suspects(units, zones, ADJACENT) == {}


def test_neighbours_of_a_unit_of_unknown_origin() -> None:
    assert cut_out_of(["2"], ADJACENT) == {"1": ["2"], "3": ["2"]}
    assert cut_out_of([], ADJACENT) == {}


# The committed table.


def test_register_and_its_neighbours_agree(committed: Tables) -> None:
    assert faults(committed) == []


def _row(tables: Tables, unit: str) -> dict[str, str]:
    (row,) = tables.units[tables.units["unit_id"] == unit].to_dict("records")
    return {str(key): str(value) for key, value in row.items()}


@pytest.mark.parametrize(
    ("unit", "codes"),
    [
        ("410728", ("410728", "410728", "410728", "410783")),  # Changyuan, a city since 2019
        ("411626", ("411626", "411626", "411626", "411603")),  # Huaiyang, a district since 2019
        ("410224", ("410224", "410224", "410212", "410212")),  # Kaifeng county, a district since 2014
        ("411023", ("411023", "411023", "411023", "411003")),  # Xuchang county, a district since November 2016
        ("419001", ("410881", "419001", "419001", "419001")),  # Jiyuan
        ("341422", ("341422", "341422", "340225", "340281")),  # Wuwei, two new codes
        ("469025", ("469030", "469025", "469025", "469025")),  # Baisha: 469025 was Ding'an in 2000
        ("654003", ("654101", "654003", "654002", "654002")),  # Yining, in Kuitun's row in 2010
        ("500222", ("500222", "500222", "500110", "500110")),  # Qijiang, under Wansheng's old code
        ("500110", ("500110", "500110", "", "")),  # Wansheng, merged into it
        ("110103", ("110103", "110103", "", "")),  # Chongwen
        ("130206-2000", ("130206", "", "", "")),
        ("410173-2020", ("", "", "", "410173")),  # the airport zone
    ],
)
def test_codes_of_known_units(committed: Tables, unit: str, codes: tuple[str, ...]) -> None:
    row = _row(committed, unit)
    assert tuple(row[f"code{year}"] for year in (2000, 2010, 2016, 2020)) == codes


@pytest.mark.parametrize(
    ("unit", "first", "second"),
    [
        ("410122", "same", "zone"),
        ("410184", "same", "zone"),
        ("410223", "same", "zone"),
        ("411222", "same", "same"),
        ("411725", "changed", "same"),
        ("411727", "changed", "same"),  # Runan, which upstream's own list of that event's units lacks
        ("130427", "same", "changed"),  # Ci county gave townships to Hanshan
        ("110101", "same", "changed"),  # Dongcheng took in Chongwen, which the census of 2010 still prints
        ("420607", "changed", "same"),  # Xiangyang district changed in 2001 and was renamed in 2010
        ("520321", "changed", "changed"),
        ("654301", "same", "unknown"),
    ],
)
def test_ground_of_known_units(committed: Tables, unit: str, first: str, second: str) -> None:
    row = _row(committed, unit)
    assert (row["ground_2000_2010"], row["ground_2010_2020"]) == (first, second)


def test_pinyin_of_hard_names(committed: Tables) -> None:
    hard = {
        "410182": "Xingyang", "410621": "Xun", "410425": "Jia", "411726": "Biyang", "130225": "Laoting", "130726": "Yu",
        "131025": "Daicheng", "141024": "Hongtong", "140924": "Fanshi", "141031": "Xi", "340823": "Zongyang",
        "341021": "She", "341023": "Yi", "341621": "Guoyang", "361124": "Yanshan", "371722": "Shan", "371522": "Shen",
        "371524": "Dong'e", "330382": "Yueqing", "440113": "Panyu", "441422": "Dabu", "420321": "Yun", "420527": "Zigui",
        "421023": "Jianli", "511123": "Qianwei", "511527": "Junlian", "610829": "Wubu", "611026": "Zhashui",
        "652823": "Yuli", "320116": "Luhe", "320830": "Xuyi", "120225": "Ji", "130526": "Ren", "222404": "Hunchun",
        "210881": "Gaizhou", "130121": "Jingxing", "370724": "Linqu", "371122": "Ju", "511526": "Gong", "140428": "Zhangzi",
        "441900": "Dongguan", "130634": "Quyang", "410323": "Xin'an", "210212": "Lüshunkou", "150784": "E'erguna",
    }  # fmt: skip
    pinyin = committed.units.set_index("unit_id")["pinyin"]
    assert {unit: pinyin[unit] for unit in hard} == hard


def test_people_are_counted_once_in_every_year(committed: Tables) -> None:
    for year in (2010, 2020):
        census = committed.census[committed.census["year"] == year].set_index("code")["population"]
        assert committed.units[f"code{year}"].map(census).sum() == census.sum()


def test_flags(committed: Tables) -> None:
    units = committed.units
    assert units["baicheng"].value_counts().to_dict() == {
        "": len(units) - 109, "in programme": 106, "district by 2016": 2, "district from November 2016": 1,
    }  # fmt: skip
    assert units["poverty"].value_counts().to_dict() == {"": len(units) - 53, "national": 38, "provincial": 15}
    assert (units["province_managed_2014"] == "2014").sum() == 10
    henan = units["province"] == "河南省"
    assert (henan & (units["ndrc_demonstration_2020"] != "")).sum() == 5
    assert not units.loc[~henan, "poverty"].any()


def test_a_change_of_population_decides_nothing(committed: Tables) -> None:
    cases, units = committed.cases, committed.units.set_index("unit_id")
    asked = cases[cases["opened_by"] == "population change"]
    others = cases[cases["opened_by"] != "population change"]
    decided = set(zip(others["unit_id"], others["period"], others["decision"], strict=True))
    for case in asked.itertuples():
        if case.decision in ("changed", "zone", "unknown", "suspected"):
            assert (case.unit_id, case.period, case.decision) in decided
        else:
            assert units.at[case.unit_id, f"ground_{case.period.replace('-', '_')}"] == "same"


def test_samples_start_from_unchanged_codes(committed: Tables) -> None:
    table = samples(committed.units, committed.cases, load_study())
    found = {(r.group, r.rule): r.units for r in table.itertuples()}
    assert found["treated", "code in the later census too"] == -5
    assert found["neighbours", "code in the later census too"] == -63
    units = committed.units[
        committed.units["unit_type"].isin(["county", "county_city", "banner"]) & (committed.units["code2010"] != "")
    ]
    fine = units[units["ground_2010_2020"].isin(["same", "zone"])]
    left = table[table["rule"] == "comparable"].set_index("group")["left"]
    assert left.sum() == len(fine)
    assert left["treated"] == (fine["province"] == "河南省").sum() == 109
    last = table[table["rule"] == "comparable without zones"]["left"].sum()
    assert last == ((fine["ground_2010_2020"] == "same") & (fine["zone_suspected"] == 0)).sum()


def _changed(frame: pd.DataFrame, unit: str, column: str, value: object) -> pd.DataFrame:
    frame = frame.copy()
    frame.loc[frame.iloc[:, 0] == unit, column] = value
    return frame


@pytest.mark.parametrize(
    ("unit", "column", "value", "says"),
    [
        ("410183", "code2020", "", "column code2020: no unit has the code 410183, which census.csv has in 2020"),
        ("410183", "code2010", "410199", "found 410199; census.csv has no such unit in 2010"),
        ("410183", "code2000", "", "the programme's unit 410183 Xinmi, column code2000: empty"),
        ("410183", "pinyin", "Xinmii", "column pinyin: found 'Xinmii'; programme_units.csv has 'Xinmi'"),
        (
            "410224",
            "baicheng",
            "in programme",
            "unit 410224, column baicheng: in programme; programme_units.csv has no",
        ),
        ("410183", "ground_2010_2020", "changed", "unit 410183, 2010-2020: ground is changed and no case decides so"),
        ("410183", "code2016", "410182", ""),
        ("410725", "poverty", "national", "unit 410725, column poverty: not as designations.csv has it"),
    ],
)
def test_a_register_that_disagrees_is_named(committed: Tables, unit: str, column: str, value: str, says: str) -> None:
    found = faults(replace(committed, units=_changed(committed.units, unit, column, value)))
    assert any(says in fault for fault in found) == bool(says)


def test_cases_and_designations_that_disagree_are_named(committed: Tables) -> None:
    cases = _changed(committed.cases, "410728", "unit_id", "419999")
    found = faults(replace(committed, cases=cases))
    assert "boundary_cases.csv: found unit 419999, which units.csv does not have" in found
    assert "boundary_cases.csv: unit 410728 has another code or none after 2010-2020, and no case" in found
    cases = _changed(committed.cases, "410728", "evidence", "419998")
    assert any("evidence names 419998, a code of no unit" in f for f in faults(replace(committed, cases=cases)))
    designations = _changed(committed.designations, "410225", "source", "hearsay")
    assert any("found hearsay; data/sources.yml" in f for f in faults(replace(committed, designations=designations)))


def test_links_name_their_events() -> None:
    made = link(
        _census(("130121", "甲县")), _census(("130102", "子区")), [_step("甲县", "子区")],
        lambda _, __: False, lambda _, name: name == "甲县",
    )  # fmt: skip
    assert made == [Link("130121", "130102", "event", ("E-甲县",))]


def test_readings_without_the_package_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pypinyin", None)
    with pytest.raises(UpstreamError, match="install the extra `data`"):
        usual("甲")
