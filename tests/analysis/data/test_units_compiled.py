"""The whole register from a made-up country, and made-up registers that are not one."""

import csv
import io
from functools import cache
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis.data import tables
from analysis.data.compile import judgement, units
from analysis.data.compile.errors import CompileError
from analysis.data.compile.links import Listed
from analysis.data.compile.rulings import Ruling
from analysis.data.compile.units import Register, compile_units
from analysis.data.rebuild import to_csv
from analysis.data.schemas.every import EVERY
from analysis.data.tables import TableError

NAMES_2000 = [
    ("130121", "Xin'an Xian", 100),
    ("130122", "Chang Xian", 100),
    ("130123", "Kaifeng Xian", 100),
    ("130102", "Dongcheng Qu", 100),
    ("130103", "Xicheng Qu", 100),
    ("130124", "Qiao Xian", 100),
]
CENSUS = [
    # 新安 is the same in every year; 长县 becomes a district; 开封 loses a town to a new district and half its people.
    (2010, "130121", "新安县", "county", 150),
    (2010, "130122", "长县", "county", 100),
    (2010, "130123", "开封县", "county", 100),
    (2010, "130102", "东城区", "district", 100),
    (2010, "130106", "子谷区", "district", 100),
    (2020, "130106", "子谷区", "district", 100),
    (2020, "130121", "新安县", "county", 100),
    (2020, "130104", "长安区", "district", 100),
    (2020, "130123", "开封县", "county", 50),
    (2020, "130102", "东城区", "district", 100),
    (2020, "130105", "新区", "district", 50),
    (2020, "130171", "郑州新安开发区", "zone", 50),
]
EVENTS = [
    # 西城 ends under another name, and 桥县 gives ground away before it becomes 子谷区.
    ("A-0", 2004, "5月1日", "西城区更名为卯区"),
    ("A-1", 2005, "5月1日", "撤销卯区、东城区，设立新的东城区"),
    ("A-5", 2006, "5月1日", "将桥县丑镇划归辰市管辖"),
    ("A-6", 2007, "5月1日", "撤销桥县，设立郑州市子谷区"),
    ("A-2", 2016, "9月1日", "撤销长县，设立郑州市长安区"),
    ("A-3", 2017, "1月1日", "设立新区，将开封县的子镇划归新区管辖"),
    ("A-4", 2018, "1月1日", "新安县人民政府驻地迁至子镇"),
]


def _census() -> pd.DataFrame:
    frame = pd.DataFrame(CENSUS, columns=["year", "code", "name", "unit_type", "population"])
    return frame.assign(province="河南省", prefecture="郑州市")


def _names() -> pd.DataFrame:
    return pd.DataFrame(NAMES_2000, columns=["code", "name", "population"])


def _events() -> pd.DataFrame:
    rows = [
        {"event_id": f"WIKI-COUNTY-{i}", "year": year, "kind": "residence_change" if "驻地" in text else "merge",
         "units": "", "old": "", "new": "", "change": text, "description": f"河南省郑州市 | {date} | {text}"}
        for i, year, date, text in EVENTS
    ]  # fmt: skip
    return pd.DataFrame(rows)


ROSTER = pd.DataFrame({"code2010": ["130123"], "pinyin": ["Kaifengg"]})
DESIGNATIONS = pd.DataFrame(
    [("130121", "baicheng", "in programme", "2016", ""), ("130123", "poverty_national", "designated", "", "2018")],
    columns=["code2010", "designation", "status", "from_year", "exit"],
)
MEASURES = pd.DataFrame(
    {"code2010": ["130121"], "longitude": [114.5], "latitude": [38.0012], "area_km2": [603.2], "km_to_capital": [20.0],
     "km_to_border": [60.7], "market_access": [5_000_000.0]}
)  # fmt: skip
ADJACENT = pd.DataFrame({"unit_a": ["130104"], "unit_b": ["130123"]})


@pytest.fixture(autouse=True)
def no_rulings(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rulings are on real units; a made-up country has few."""
    for name, value in {
        "LISTED_2000": (), "LISTED_2010": (), "NAMES_2010": {}, "NAMES_2000": {"130103": "西城区"}, "CODES_2016": {},
        "MOVED_AFTER_AUGUST_2016": (), "PREFECTURES_2000": {}, "CUT_OUT": dict.fromkeys(judgement.PERIODS, ()),
        "RULINGS": (), "ZONE_FACTS": {},
    }.items():  # fmt: skip
        for module in (units, judgement):
            if hasattr(module, name):
                monkeypatch.setattr(module, name, value)


def _compiled(**other: pd.DataFrame) -> Register:
    given = {
        "census": _census(), "early_names": _names(), "events": _events(), "roster": ROSTER,
        "designations": DESIGNATIONS, "adjacent": ADJACENT, "measures": MEASURES,
    }  # fmt: skip
    return compile_units(**(given | other))


def test_a_made_up_country() -> None:
    register = _compiled().units.set_index("unit_id")
    assert list(register.index) == [
        "130102", "130103-2000", "130105-2020", "130106", "130121", "130122", "130123", "130171-2020",
    ]  # fmt: skip
    assert register[["code2000", "code2010", "code2016", "code2020"]].apply(tuple, axis=1).to_dict() == {
        "130102": ("130102", "130102", "130102", "130102"),
        "130103-2000": ("130103", "", "", ""),
        "130105-2020": ("", "", "", "130105"),
        "130106": ("130124", "130106", "130106", "130106"),
        "130121": ("130121", "130121", "130121", "130121"),
        "130122": ("130122", "130122", "130122", "130104"),
        "130123": ("130123", "130123", "130123", "130123"),
        "130171-2020": ("", "", "", "130171"),
    }
    assert register[["ground_2000_2010", "ground_2010_2020"]].apply(tuple, axis=1).to_dict() == {
        "130102": ("changed", "same"),
        "130103-2000": ("", ""),
        "130105-2020": ("", ""),
        "130106": ("changed", "same"),
        "130121": ("same", "same"),
        "130122": ("same", "same"),
        "130123": ("same", "changed"),
        "130171-2020": ("", ""),
    }
    assert register.loc["130103-2000", "reason_2000_2010"] == "ends: went into other units (WIKI-COUNTY-A-1)"
    assert register["zone_suspected"].to_dict() == {
        unit: int(unit in ("130121", "130123")) for unit in register.index
    }  # 新安 by its name, 开封 by the district that it touches
    assert register["pinyin"].to_dict() == {
        "130102": "Dongcheng", "130103-2000": "Xicheng", "130105-2020": "Xin", "130106": "Zigu", "130121": "Xin'an", "130122": "Chang",
        "130123": "Kaifengg", "130171-2020": "Xin'an",
    }  # fmt: skip
    assert register.loc["130121", "baicheng"] == "in programme"
    assert tuple(register.loc["130123", ["poverty", "poverty_exit"]]) == ("national", "2018")


def test_cases_of_a_made_up_country() -> None:
    cases = _compiled().cases
    found = {(c.unit_id, c.period, c.opened_by, c.decision, c.evidence) for c in cases.itertuples()}
    assert ("130122", "2010-2020", "event", "carried on", "WIKI-COUNTY-A-2") in found
    assert ("130123", "2010-2020", "event", "changed", "WIKI-COUNTY-A-3") in found
    assert ("130102", "2000-2010", "event", "changed", "WIKI-COUNTY-A-1") in found
    assert ("130171-2020", "2010-2020", "zone row", "begins", "130171") in found
    assert ("130121", "2010-2020", "zone row", "suspected", "130171") in found
    # A rise by 41 and a fall by 41 log points are asked about, and the ground stays as it was found.
    none = "no evidence of a change of ground found"
    assert ("130121", "2000-2010", "population change", none, "130121; 130121") in found
    assert ("130121", "2010-2020", "population change", "suspected", "130121; 130121") in found
    assert ("130123", "2010-2020", "population change", "changed", "130123; 130123") in found
    assert not any("A-4" in evidence for *_, evidence in found)


def test_rulings_outweigh_events(monkeypatch: pytest.MonkeyPatch) -> None:
    ruling = Ruling("130123", "2010-2020", "unknown", "not said", "130105", "low")
    monkeypatch.setattr(judgement, "RULINGS", (ruling,))
    monkeypatch.setattr(judgement, "ZONE_FACTS", {"130121": "gave ground"})
    monkeypatch.setattr(judgement, "CUT_OUT", {judgement.PERIODS[0]: (), judgement.PERIODS[1]: ("130104",)})
    register = _compiled().units.set_index("unit_id")
    assert register.loc["130123", "ground_2010_2020"] == "unknown"
    assert register.loc["130121", "ground_2010_2020"] == "zone"


def test_units_beside_one_of_unknown_origin_are_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judgement, "CUT_OUT", {judgement.PERIODS[0]: (), judgement.PERIODS[1]: ("130105",)})
    adjacent = pd.DataFrame({"unit_a": ["130105"], "unit_b": ["130121"]})
    register = _compiled(adjacent=adjacent).units.set_index("unit_id")
    assert register.loc["130121", "ground_2010_2020"] == "unknown"
    assert register.loc["130102", "ground_2010_2020"] == "same"


def test_a_name_misprinted_in_2010_is_corrected(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (units, judgement):
        monkeypatch.setattr(module, "NAMES_2010", {"130121": "新安县"})
    census = _census()
    census.loc[0, "name"] = "薪安县"
    register = _compiled(census=census)
    assert register.units.set_index("unit_id").loc["130121", "name"] == "新安县"
    assert "name corrected" in set(register.cases.loc[register.cases["unit_id"] == "130121", "decision"])


def test_what_cannot_be_a_register_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    names = pd.concat([_names(), pd.DataFrame([("130199", "Zi Xian", 1)], columns=["code", "name", "population"])])
    with pytest.raises(CompileError, match="130199 'Zi Xian' is no unit of 2010; link it in rulings"):
        _compiled(early_names=names)
    names.iloc[-1, 0] = "990101"
    with pytest.raises(CompileError, match="no province of 2010 has codes that begin with 99"):
        _compiled(early_names=names)
    with pytest.raises(CompileError, match=r"designations\.csv: no unit has the code 139999"):
        _compiled(designations=DESIGNATIONS.assign(code2010="139999"))
    with pytest.raises(CompileError, match="its province cannot be told"):
        _compiled(events=_events().assign(description="", change="撤销子县", units=""))
    monkeypatch.setattr(units, "LISTED_2010", (Listed("130199", "130121", "no such unit"),))
    with pytest.raises(CompileError, match="130199 to 130121 is listed; a census lacks the code"):
        _compiled()
    monkeypatch.setattr(units, "LISTED_2010", ())
    monkeypatch.setattr(judgement, "RULINGS", (Ruling("130199", "2010-2020", "same", "", ""),))
    with pytest.raises(CompileError, match="no unit has the code 130199"):
        _compiled()
    monkeypatch.setattr(units, "NAMES_2010", {"130199": "子县"})
    with pytest.raises(CompileError, match=r"census\.csv has no unit 130199 in 2010"):
        _compiled()


_EVENT = st.sampled_from(
    [
        "撤销长县",
        "设立郑州市",
        "，",
        "；",
        "新区",
        "划归",
        "管辖",
        "更名为",
        "东城区",
        "、",
        "将",
        "开封县",
        "的子镇",
        "<ref>",
        "|",
        "",
    ]
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(_EVENT, max_size=9), st.sampled_from(["河南省", "郑州市", "", "子"]), st.integers(1999, 2022))
def test_any_event_gives_a_register_or_an_error(words: list[str], where: str, year: int) -> None:
    events = _events()
    events.loc[4, ["change", "description", "year"]] = ["".join(words), where, year]
    try:
        register = _compiled(events=events)
    except CompileError as error:
        assert "WIKI-COUNTY-A-2" in str(error)
    else:
        for census_year in (2000, 2010, 2020):
            codes = register.units[f"code{census_year}"]
            assert not codes[codes != ""].duplicated().any()


VALID = {
    "units.csv": tables.load_units,
    "boundary_cases.csv": tables.load_boundary_cases,
    "designations.csv": tables.load_designations,
}


@cache
def _content(name: str) -> str:
    if name == "designations.csv":
        return "".join(tables.DESIGNATIONS.read_text(encoding="utf-8").splitlines(keepends=True)[:4])
    register = _compiled()
    return to_csv(register.units if name == "units.csv" else register.cases).decode()


def _valid(name: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(_content(name))))


def _load(folder: Path, name: str, rows: list[list[str]]) -> pd.DataFrame:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    path = folder / name
    path.write_text(text.getvalue(), encoding="utf-8")
    return VALID[name](path)


@pytest.mark.parametrize("name", VALID)
def test_valid_tables_load(tmp_path: Path, name: str) -> None:
    rows = _valid(name)
    assert len(_load(tmp_path, name, rows)) == len(rows) - 1


@pytest.mark.parametrize(
    ("unit", "column", "value", "says"),
    [
        ("130121", "code2020", "13012", "found '13012'; allowed: a code of six digits"),
        ("130121", "code2020", "130123", "a code once in the table"),
        ("130121", "code2000", "", "given where code2000 and code2010 are"),
        ("130121", "unit_id", "130121-2000", "the code of 2010, or of the one year"),
        ("130121", "ground_2010_2020", "moved", "one of same, changed, zone, unknown"),
        ("130123", "reason_2010_2020", "", "given where the ground is not the same"),
        ("130121", "poverty_exit", "2018", "a year where the unit was designated"),
        ("130121", "pinyin", "xin'an", "a name in Latin letters"),
        ("130121", "zone_suspected", "2", "0 or 1"),
    ],
)
def test_a_wrong_cell_of_the_register_is_named(tmp_path: Path, unit: str, column: str, value: str, says: str) -> None:
    rows = _valid("units.csv")
    row = next(r for r in rows if r[0] == unit)
    row[rows[0].index(column)] = value
    with pytest.raises(TableError) as caught:
        _load(tmp_path, "units.csv", rows)
    assert says in str(caught.value)
    assert str(caught.value).startswith("units.csv, line ")


@pytest.mark.parametrize("name", VALID)
@settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_broken_tables_give_a_table_error(tmp_path: Path, name: str, data: st.DataObject) -> None:
    rows = _valid(name)
    columns = EVERY[name].columns
    how = data.draw(st.sampled_from(["cell", "cell", "cell", "twice", "column", "row"]))
    at = data.draw(st.integers(1, len(rows) - 1))
    if how == "cell":
        column = data.draw(st.sampled_from([*columns]))
        wrong = st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=9)
        rows[at][rows[0].index(column)] = data.draw(wrong.filter(lambda text: not columns[column].matches(text)))
    elif how == "twice":
        rows.append(rows[at])
    elif how == "column":
        place = data.draw(st.integers(0, len(rows[0]) - 1))
        rows = [row[:place] + row[place + 1 :] for row in rows]
    else:
        rows[at] = rows[at][:-1]
    with pytest.raises(TableError, match=name):
        _load(tmp_path, name, rows)
