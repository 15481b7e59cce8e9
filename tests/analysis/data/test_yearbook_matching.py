import numpy as np
import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from yearbook_rows import UNITS, raw, simulated

from analysis.data.compile.errors import CompileError
from analysis.data.compile.yearbook import compile_yearbook, figures
from analysis.data.compile.yearbook_match import (
    RENAMED,
    Matched,
    match_rates,
    match_yearbook,
    stem,
    units_of_register,
)
from analysis.data.rebuild import to_csv
from analysis.data.schemas.yearbook import EDITIONS, VARIABLES
from analysis.data.tables import load_yearbook, load_yearbook_unmatched


def _match(rows: pd.DataFrame, units: pd.DataFrame = UNITS) -> Matched:
    matched = match_yearbook(rows, units)
    assert sorted([*matched.rows["row"], *matched.left_out["row"]]) == sorted(rows["row"])
    return matched


def _place(rows: pd.DataFrame, edition: int, name: str, province: str | None = None) -> int:
    here = (rows["edition"] == edition) & (rows["name"] == name)
    return int(rows.index[here & ((rows["province"] == province) | (province is None))][0])


def _how(matched: Matched, row: int) -> tuple[str, str]:
    found = matched.rows[matched.rows["row"] == row]
    if len(found):
        return str(found["unit_id"].iloc[0]), str(found["match"].iloc[0])
    left = matched.left_out[matched.left_out["row"] == row]
    return str(left["unit_id"].iloc[0]), str(left["reason"].iloc[0])


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("兰考县", "兰考"), ("大通回族土族自治县", "大通"), ("大通自治县", "大通"), ("前郭尔罗斯蒙古族自治县", "前郭尔罗斯"),
        ("东乡族自治县", "东乡族"), ("双江拉祜族佤族布朗族傣族自治县", "双江"), ("塔什库尔干塔吉克自治县", "塔什库尔干"),
        ("盘县特区", "盘"), ("沧县", "沧"), ("神农架林区", "神农架"), ("新市区", "新"), ("鄂伦春自治旗", "鄂伦春"),
    ],
)  # fmt: skip
def test_stem(name: str, short: str) -> None:
    assert stem(name) == short


def test_names_and_provinces_as_printed_match_exactly() -> None:
    matched = _match(simulated())
    assert set(matched.rows["match"]) == {"exact"}
    assert len(matched.left_out) == 0


def test_a_label_of_the_province_beside_is_corrected() -> None:
    rows = simulated()
    at = _place(rows, 2010, "丁县")
    rows.loc[at, "province"] = "河南省"
    assert _how(_match(rows), rows.at[at, "row"]) == ("370121", "province corrected")


def test_a_label_far_away_in_the_order_of_printing_is_not_corrected() -> None:
    rows = simulated()
    at = _place(rows, 2010, "丁县")
    rows.loc[at, "province"] = "新疆维吾尔自治区"
    assert _how(_match(rows), rows.at[at, "row"]) == ("", "no such unit")


def test_of_two_units_with_one_name_the_figures_choose_under_a_label_between() -> None:
    rows = simulated()
    here = [_place(rows, 2010, "同县", province) for province in ("山东省", "湖北省")]
    rows.loc[here, "province"] = "河南省"
    matched = _match(rows)
    assert _how(matched, rows.at[here[0], "row"]) == ("370122", "province corrected")
    assert _how(matched, rows.at[here[1], "row"]) == ("420121", "province corrected")


def test_two_units_of_a_province_that_share_a_name() -> None:
    twin = UNITS[UNITS["unit_id"] == "410122"].assign(unit_id="410322", registered_population=150_000)
    units = pd.concat([UNITS, twin], ignore_index=True)
    rows = simulated(units=UNITS)
    matched = _match(rows, units)
    assert _how(matched, rows.at[_place(rows, 2010, "乙县"), "row"])[0] == "410122"
    alike = pd.concat([UNITS, twin.assign(registered_population=900_000)], ignore_index=True)
    rows.loc[rows["name"] == "乙县", ["area_km2", "registered_population"]] = np.nan
    reason = _how(_match(rows, alike), rows.at[_place(rows, 2010, "乙县"), "row"])[1]
    assert reason == "several units fit"


def test_a_unit_of_another_type_matches_on_the_same_ground_only() -> None:
    rows = simulated()
    at = _place(rows, 2007, "丙市")
    rows.loc[at, "name"] = "丙县"
    assert _how(_match(rows), rows.at[at, "row"]) == ("410181", "type changed")
    rows.loc[at, "area_km2"] *= 1.5
    assert _how(_match(rows), rows.at[at, "row"]) == ("410181", "other ground")


def test_other_names_short_names_and_names_of_another_time() -> None:
    rows = simulated()
    district, short = _place(rows, 2012, "甲县"), _place(rows, 2007, "大同回族土族自治县")
    rows.loc[district, "name"], rows.loc[short, "name"] = "甲区", "大同自治县"
    matched = _match(rows)
    assert _how(matched, rows.at[district, "row"]) == ("410121", "exact")
    assert _how(matched, rows.at[short, "row"]) == ("410123", "abbreviated")
    units = UNITS.assign(name=UNITS["name"].replace("乙县", "陕州区"))
    rows.loc[rows["name"] == "乙县", "name"] = "陕县"
    assert _how(_match(rows, units), rows.at[_place(rows, 2007, "陕县"), "row"]) == ("410122", "renamed")


def test_groups_of_names_have_each_name_once_a_province() -> None:
    assert all(name not in others for (_, name), others in RENAMED.items())
    for (province, name), others in RENAMED.items():
        assert all(name in RENAMED[province, other] for other in others)


def test_a_misread_character_needs_the_figures() -> None:
    rows = simulated()
    at = _place(rows, 2010, "长葛城县")
    rows.loc[at, "name"] = "长曷城县"
    assert _how(_match(rows), rows.at[at, "row"]) == ("410222", "respelled")
    slow = ["area_km2", "registered_population", "households", "rural_households", "rural_employed", "villages"]
    rows.loc[at, slow] *= 1.3
    assert _how(_match(rows), rows.at[at, "row"]) == ("", "no such unit")


def test_a_misread_name_is_not_given_to_a_unit_that_has_its_row() -> None:
    rows = simulated()
    extra = rows.loc[[_place(rows, 2010, "长葛城县")]].assign(row=999, name="长曷城县")
    assert _how(_match(pd.concat([rows, extra], ignore_index=True)), 999) == ("", "no such unit")


def test_a_row_printed_twice_is_listed_with_what_differs() -> None:
    rows = simulated()
    at = _place(rows, 2010, "丁县")
    extra = rows.loc[[at]].assign(row=999, province="河南省", loans=1.0)
    matched = _match(pd.concat([rows, extra], ignore_index=True))
    assert _how(matched, rows.at[at, "row"])[1] == "exact"
    left = matched.left_out[matched.left_out["row"] == 999].iloc[0]
    assert (left["reason"], left["unit_id"]) == ("printed twice", "370121")
    assert left["note"] == f"row {rows.at[at, 'row']} is taken; differs in loans"


def test_of_two_rows_of_a_unit_the_one_with_its_figures_is_taken() -> None:
    rows = simulated()
    at = _place(rows, 2010, "丁县")
    right = rows.loc[[at]].assign(row=999, province="河南省")
    slow = ["area_km2", "registered_population", "households", "rural_households", "rural_employed", "villages"]
    rows.loc[at, slow] *= 2.2
    matched = _match(pd.concat([rows, right], ignore_index=True))
    assert _how(matched, 999) == ("370121", "province corrected")
    assert _how(matched, rows.at[at, "row"])[1] == "printed twice"


def test_columns_out_of_step_and_figures_of_another_place() -> None:
    rows = simulated()
    mixed, other = _place(rows, 2010, "甲县"), _place(rows, 2010, "乙县")
    rows.loc[mixed, ["townships", "villages"]] = rows.loc[mixed, ["villages", "households"]].to_numpy()
    slow = ["area_km2", "registered_population", "households", "rural_households", "rural_employed", "villages"]
    rows.loc[other, slow] /= 4
    matched = _match(rows)
    assert _how(matched, rows.at[mixed, "row"]) == ("410121", "columns out of step")
    assert _how(matched, rows.at[other, "row"]) == ("410122", "figures not the unit's")


def test_rows_with_the_wrong_year_are_listed_and_bear_on_nothing() -> None:
    rows = simulated()
    old = simulated(editions=(2012,)).assign(edition=2000)
    old["row"] += 1000
    matched = _match(pd.concat([rows, old], ignore_index=True))
    assert set(matched.left_out["reason"]) == {"year label wrong"}
    assert len(matched.left_out) == len(old)


def test_what_cannot_be_matched_at_all_is_refused() -> None:
    rows = simulated()
    with pytest.raises(CompileError, match="columns to match with are missing: villages"):
        match_yearbook(rows.drop(columns="villages"), UNITS)
    with pytest.raises(CompileError, match="unit_id 410121 stands more than once"):
        match_yearbook(rows, pd.concat([UNITS, UNITS.head(1)], ignore_index=True))
    with pytest.raises(CompileError, match="row 3 stands more than once"):
        match_yearbook(pd.concat([rows, rows.loc[[2]]], ignore_index=True), UNITS)
    with pytest.raises(CompileError, match="no such province: 某省"):
        match_yearbook(rows.assign(province="某省"), UNITS)


def test_units_from_the_register() -> None:
    def unit(code: str, year: int, name: str, kind: str = "county") -> dict[str, object]:
        people = 500_000 if year == 2010 else np.nan
        return {"code": code, "year": year, "name": name, "unit_type": kind, "province": "河南省",
                "prefecture": "郑州市", "registered_population": people}  # fmt: skip

    census = pd.DataFrame([unit("410122", 2010, "乙县"), unit("410182", 2020, "乙市", "county_city")])
    register = pd.DataFrame({"unit_id": ["410122"], "name": ["乙县"], "province": ["河南省"], "prefecture": ["郑州市"],
                             "code2010": ["410122"], "code2020": ["410182"]})  # fmt: skip
    (from_register,) = units_of_register(register, census).to_dict("records")
    assert (from_register["other_names"], from_register["registered_population"]) == ("乙市", 500_000)


def test_figures_are_in_people_and_headings_of_one_series_are_joined() -> None:
    rows = raw(simulated(editions=(2012,)))
    rows.loc[0, ["total_pop", "registered_pop", "public_fiscal_revenue", "local_fiscal_revenue"]] = [
        np.nan,
        26.04,
        7.5,
        np.nan,
    ]
    made = figures(rows)
    assert made.loc[0, "registered_population"] == 260_400
    assert made.loc[0, "fiscal_revenue"] == 7.5
    rows.loc[0, "total_pop"] = 26
    with pytest.raises(CompileError, match="row 1: figures in total_pop and registered_pop, which are one series"):
        figures(rows)
    with pytest.raises(CompileError, match="columns are missing: gdp"):
        figures(rows.drop(columns="gdp"))


def test_match_rates_leave_second_prints_out(tmp_path) -> None:
    rows = simulated()
    extra = rows.loc[[_place(rows, 2010, "丁县")]].assign(row=999, province="河南省")
    stray = rows.loc[[0]].assign(row=1000, name="无县")
    compiled = compile_yearbook(raw(pd.concat([rows, extra, stray], ignore_index=True)), UNITS)
    rates = match_rates(compiled.rows, compiled.unmatched)
    assert rates["rows"].sum() == len(rows) + 1
    henan = rates[(rates["edition"] == 2007) & (rates["province_printed"] == "河南省")].iloc[0]
    assert (henan["rows"], henan["matched"]) == (6, 5)


_NAMES = st.sampled_from(["甲县", "乙县", "丙市", "同县", "丁县", "甲区", "自治县", "长葛城", "无名县", "县", "某"])
_ROW = st.fixed_dictionaries(
    {
        "at": st.integers(0, 39),
        "name": _NAMES,
        "province": st.sampled_from(["河南省", "山东省", "湖北省", "北京市", "新疆维吾尔自治区"]),
        "edition": st.sampled_from([2000, *EDITIONS]),
        "column": st.sampled_from(list(VARIABLES)),
        "figure": st.one_of(st.none(), st.integers(-10, 10), st.integers(0, 10**9)),
        "again": st.booleans(),
    }
)


@given(changes=st.lists(_ROW, min_size=1, max_size=6))
@settings(max_examples=60, phases=(Phase.explicit, Phase.generate))
def test_broken_rows_are_refused_or_end_in_one_of_two_valid_tables(
    tmp_path_factory: pytest.TempPathFactory, changes: list[dict]
) -> None:
    rows = simulated()
    for change in changes:
        at = change["at"]
        rows.loc[at, ["name", "province", "edition"]] = [change["name"], change["province"], change["edition"]]
        rows.loc[at, change["column"]] = np.nan if change["figure"] is None else float(change["figure"])
        if change["again"]:
            rows = pd.concat([rows, rows.loc[[at]].assign(row=len(rows) + 1)], ignore_index=True)
    compiled = compile_yearbook(raw(rows), UNITS)
    assert sorted([*compiled.rows["row"], *compiled.unmatched["row"]]) == list(range(1, len(rows) + 1))
    folder = tmp_path_factory.mktemp("tables")
    (folder / "yearbook.csv").write_bytes(to_csv(compiled.rows))
    loaded = load_yearbook(folder / "yearbook.csv", flagged=True)
    pd.testing.assert_frame_equal(loaded, compiled.rows, check_dtype=False)
    if len(compiled.unmatched):
        (folder / "unmatched.csv").write_bytes(to_csv(compiled.unmatched))
        assert len(load_yearbook_unmatched(folder / "unmatched.csv")) == len(compiled.unmatched)
