"""The two census workbooks: which column holds what, and reading them with every header checked."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from analysis.data.schemas.census import AGES, EDUCATION, INDUSTRIES
from analysis.data.upstream import UpstreamError


@dataclass(frozen=True)
class Layout:
    """A census workbook: its sheet and, for each of our columns, the position (from 0) and header there.

    A column that several of the workbook's make up stands as its parts, named `column:header`.
    """

    year: int
    sheet: str
    columns: dict[str, tuple[int, str]]


def _row(names: tuple[str, ...], first: int, headers: str) -> dict[str, tuple[int, str]]:
    return {name: (first + i, header) for i, (name, header) in enumerate(zip(names, headers.split(), strict=True))}


def _pairs(groups: Mapping[str, tuple[str, ...]], first: int, form: tuple[str, str]) -> dict[str, tuple[int, str]]:
    """Men and women of each group in turn, one column after the other; each group is a sum of its own."""
    headers = [(name, sex.format(one)) for name, ones in groups.items() for one in ones for sex in form]
    return {f"{name}:{header}": (first + i, _SLIPS.get(header, header)) for i, (name, header) in enumerate(headers)}


_SLIPS = {"45-49岁（女）": "45-49岁（女)"}


_AGES_2010 = dict(
    zip(
        AGES,
        (
            ("0岁", "1-4岁", "5-9岁", "10-14岁"),
            tuple(f"{age}-{age + 4}岁" for age in range(15, 65, 5)),
            ("65-69岁", "70-74岁", "75-79岁", "80-84岁", "85岁及以上"),
        ),
        strict=True,
    )
)
_AGES_2020 = dict(
    zip(
        AGES,
        (
            ("0岁", "1到4岁", "5到9岁", "10到14岁"),
            tuple(f"{age}到{age + 4}岁" for age in range(15, 65, 5)),
            ("65到69岁", "70到74岁", "75到79岁", "80到84岁", "85岁以上"),
        ),
        strict=True,
    )
)
_EDUCATION_2010 = dict(
    zip(
        (one for one in EDUCATION if one != "education_preschool"),
        (("未上过学",), ("小学",), ("初中",), ("高中",), ("大学专科",), ("大学本科及以上",)),
        strict=True,
    )
)
_EDUCATION_2020 = dict(
    zip(
        EDUCATION,
        (("未上过学",), ("学前教育",), ("小学",), ("初中",), ("高中",), ("大学专科",), ("本科及以上",)),
        strict=True,
    )
)

# The headers of transport, information and trade are out of step in the 2010 workbook: each has a piece of
# its neighbour's. The figures follow the order of the industry classification of 2002; see data/codebook.yml.
_INDUSTRIES_2010 = (
    "农林牧渔业 采矿业 制造业 电力、燃气及水的生产和供应业 建筑业 "
    "仓储和邮政业 交通运输、计算机服务和软件业 信息传输、批发和零售业 "
    "住宿和餐饮业 金融业 房地产业 租赁和商务服务业 科学研究、技术服务和地质勘察业 水利、环境和公共设施管理业 "
    "居民服务和其他服务业 教育 卫生、社会保障和社会福利业 文化、体育和娱乐业 公共管理和社会组织 国际组织"
)
# The classification of 2017 puts trade before transport, and hospitality before information.
_INDUSTRIES_2020 = (
    "农林牧渔业 采矿业 制造业 电力热力燃气及水生产和供应业 建筑业 "
    "批发和零售业 交通运输仓储和邮政业 住宿和餐饮业 信息传输软件和信息技术服务业 "
    "金融业 房地产业 租赁和商务服务业 科学研究和技术服务业 水利环境和公共设施管理业 "
    "居民服务修理和其服务业 教育 卫生和社会工作 文化体育和娱乐业 公共管理社会保障和社会组织 国际组织"
)
_ORDER_2020 = (
    *INDUSTRIES[:5],
    "employed_trade",
    "employed_transport",
    "employed_hospitality",
    "employed_information",
    *INDUSTRIES[9:],
)

LAYOUTS = {
    2010: Layout(
        2010,
        "Sheet1",
        {
            "name": (0, "地区"),
            "code": (1, "区划代码"),
            "population": (2, "合计"),
            "urban_population": (9, "城镇人口"),
            "men": (3, "男"),
            "registered_population": (6, "户籍人口"),
            "nonagricultural_share": (8, "非农业户口人口比重（%）"),
            "households": (11, "户数"),
            "household_population": (12, "人口数"),
            **_pairs(_AGES_2010, 19, ("{}（男）", "{}（女）")),
            **_pairs(_EDUCATION_2010, 71, ("{}-男", "{}-女")),
            "illiterate": (86, "15岁及以上文盲人口-合计"),
            "employed": (112, "各种行业人口总计"),
            **_row(INDUSTRIES, 113, _INDUSTRIES_2010),
            "schooling_years": (83, "平均受教育年限（年）-合计"),
            "households_surveyed": (156, "长表数据-家庭户"),
            "households_piped_water": (157, "住房内有无管道自来水-有"),
            "households_kitchen": (159, "住房内有无厨房-有"),
            "households_toilet": (161, "住房内有无厕所-有"),
            "households_bath": (163, "住房内有无洗澡设施-有"),
            "households_rented": (165, "住房来源-租赁"),
            "households_self_built": (166, "住房来源-自建"),
            "households_bought": (167, "住房来源-购买"),
            "households_other_tenure": (168, "住房来源-其他"),
            "rooms_per_household": (154, "平均每户住房间数（间/户）"),
            "floor_area_per_person": (155, "人均住房建筑面积（平方米/人）"),
            "migrants_same_county": (68, "迁入人口（人）-本县（市）/本市市区"),
            "migrants_same_province": (69, "迁入人口（人）-本省其他县（市）、市区"),
            "migrants_other_province": (70, "迁入人口（人）-外省"),
        },
    ),
    2020: Layout(
        2020,
        "七普（年鉴）",
        {
            "code": (0, "区划代码"),
            "province": (1, "省"),
            "prefecture": (2, "市"),
            "name": (3, "区县"),
            "population": (4, "人口数_合计"),
            "urban_population": (9, "城镇人口"),
            "men": (5, "人口数_男"),
            "households": (12, "家庭户数"),
            "household_population": (13, "家庭户人口数"),
            **_pairs(_AGES_2020, 20, ("男_{}", "女_{}")),
            **_pairs(_EDUCATION_2020, 69, ("{}_男", "{}_女")),
            "illiterate": (86, "15岁及以上文盲人口"),
            "employed": (100, "各种行业人口总计"),
            **_row(_ORDER_2020, 101, _INDUSTRIES_2020),
            "schooling_years": (83, "平均受教育年限_合计"),
            "households_surveyed": (141, "家庭户户数_长表"),
            "households_piped_water": (142, "住房內有管道自来水"),
            "households_kitchen": (143, "住房內有厨房"),
            "households_toilet": (144, "住房內有厕所"),
            "households_bath": (145, "住房内有洗澡设施"),
            "households_lift": (146, "住房所在建筑有电梯"),
            "households_car": (147, "拥有家用汽车"),
            "households_rented": (148, "住房来源_租赁"),
            "households_self_built": (149, "住房来源_自建"),
            "households_bought": (150, "住房来源_购买"),
            "households_inherited": (151, "住房来源_继承或赠予"),
            "households_other_tenure": (152, "住房来源_其他"),
            "rooms_per_household": (139, "平均每户住房间数"),
            "floor_area_per_person": (140, "人均住房建筑面积"),
            "migrants_same_county": (66, "户口登记地在外乡镇街道人口_本县"),
            "migrants_same_province": (67, "户口登记地在外乡镇街道人口_本省其他县"),
            "migrants_other_province": (68, "户口登记地在外乡镇街道人口_省外"),
        },
    ),
}


def read_workbook(path: Path, layout: Layout) -> pd.DataFrame:
    """The sheet of a census workbook as printed: columns named as ours, index the workbook's row numbers.

    Raises:
        UpstreamError: the file is no workbook, or the sheet or a header is missing or has moved.
    """
    return select_columns(read_sheet(path, layout.sheet), layout, path.name)


def read_sheet(path: Path, sheet: str) -> pd.DataFrame:
    """A sheet of a workbook, all of its cells, without a header row.

    Raises:
        UpstreamError: the file is no workbook or has no such sheet.
    """
    try:
        with pd.ExcelFile(path, engine="openpyxl") as book:
            if sheet not in book.sheet_names:
                raise UpstreamError(f"{path.name}: no sheet {sheet!r}; found {', '.join(map(repr, book.sheet_names))}")
            return pd.read_excel(book, sheet_name=sheet, header=None, dtype=object)
    except ImportError as error:
        raise UpstreamError("reading workbooks needs the package openpyxl; install the extra `data`") from error
    except UpstreamError:
        raise
    except Exception as error:  # openpyxl and zipfile raise many kinds for a damaged file
        raise UpstreamError(f"{path.name}: not a readable workbook ({error})") from error


def select_columns(raw: pd.DataFrame, layout: Layout, file: str) -> pd.DataFrame:
    """Our columns from a sheet read without a header row (row 0 of `raw` is the workbook's row 1).

    Raises:
        UpstreamError: a header is not where the layout has it; every one is named.
    """
    headers = [re.sub(r"\s", "", str(cell)) for cell in raw.iloc[0]] if len(raw) else []
    faults = []
    for name, (position, expected) in layout.columns.items():
        found = headers[position] if position < len(headers) else None
        if found != expected:
            elsewhere = [_letters(i) for i, header in enumerate(headers) if header == expected]
            moved = f"; it stands in column {', '.join(elsewhere)}" if elsewhere else ""
            was = "no such column" if found is None else f"found {found!r}"
            faults.append(
                f"{file}, sheet {layout.sheet!r}, row 1, column {_letters(position)} ({name}): "
                f"{was}; expected {expected!r}{moved}"
            )
    if faults:
        raise UpstreamError("\n".join(faults))
    body = raw.iloc[1:, [position for position, _ in layout.columns.values()]]
    return body.set_axis(list(layout.columns), axis=1).set_axis(range(2, len(raw) + 1), axis=0)


def _letters(position: int) -> str:
    letters = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
