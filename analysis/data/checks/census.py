"""Sums of units against printed and published totals, and cells against the list of exceptions."""

from dataclasses import dataclass

import pandas as pd

from analysis.data.checks.loaded import Tables
from analysis.data.schemas.census import COUNTS, DIFFER, GIVEN, MIGRANTS, WHOLES, YEARS


@dataclass(frozen=True)
class Published:
    """A total published on its own, the column (or the sum of columns) that it is of, and where it stands."""

    place: str
    year: int
    columns: tuple[str, ...]
    figure: int
    source: str


COUNTRY = "全国"
# Published on their own, so that a fault common to units and totals shows. The columns of 2000 have no other names
# than these totals give them.
PUBLISHED = (
    Published(COUNTRY, 2000, ("population",), 1_242_612_226, "tabulation of 2000, table 1-6: looked up"),
    Published(COUNTRY, 2000, ("men",), 640_275_969, "tabulation of 2000, table 1-6: looked up"),
    Published(
        COUNTRY,
        2000,
        MIGRANTS,
        144_390_748,
        "tabulation of 2000, as cited; looked up: 144.39 million, from the survey of 2005 less the rise since",
    ),
    Published(
        COUNTRY,
        2000,
        ("migrants_other_province",),
        42_418_562,
        "tabulation of 2000, as cited; looked up: 42.42 million, from the survey of 2005 less the rise since",
    ),
    Published("河南省", 2010, ("population",), 94_029_939, "tabulation of 2010"),
    Published(COUNTRY, 2020, ("population",), 1_409_778_724, "tabulation of 2020"),
    Published(COUNTRY, 2020, ("migrants_other_province",), 124_837_153, "bulletin 7 of 2020: looked up"),
    Published("河南省", 2020, ("population",), 99_365_519, "tabulation of 2020 and bulletin"),
)
SUMMED = COUNTS
# Units less the province's own row, where they differ, and why: (province, year, column) to people or households.
REMAINDERS = {
    ("海南省", 2010, "households"): (-45, "the cell of 西沙群岛 is blank"),
    ("河南省", 2020, "household_population"): (
        -270,
        "the province's row has 270 more than its prefectures",
    ),
    ("湖南省", 2010, "aged_0_14"): (-6, "石鼓区 (430407): the ages sum to 6 less than the people"),
    ("辽宁省", 2010, "aged_15_64"): (-373_825, "the cell of 建昌县 (211422) is left empty"),
    ("广西壮族自治区", 2020, "education_none"): (-4_972, "the cell of 苍梧县 (450421) is left empty"),
    ("广西壮族自治区", 2020, "education_preschool"): (-2_148, "the cell of 田阳区 (451003) is left empty"),
    ("江苏省", 2010, "education_primary"): (-235_929, "the cell of 涟水县 (320826) is left empty"),
    ("云南省", 2010, "education_junior"): (1, "in 大理白族自治州; which unit, nothing shows"),
    ("福建省", 2010, "education_junior"): (-5, "in 龙岩市; which unit, nothing shows"),
    ("山东省", 2010, "education_university"): (-14_092, "the cell of 沂水县 (371323) is left empty"),
    ("广西壮族自治区", 2010, "education_university"): (-1_285, "the cell of 凌云县 (451027) is left empty"),
    ("河北省", 2010, "employed_agriculture"): (
        2_388_473,
        "the province's row is misprinted; its prefectures sum to the units",
    ),
    ("湖南省", 2010, "employed_utilities"): (-125, "the cell of 汉寿县 (430722) is left empty"),
    ("西藏自治区", 2010, "employed_utilities"): (-5, "the cell of 工布江达县 (542622) is left empty"),
    ("西藏自治区", 2010, "employed_construction"): (-5, "the cell of 工布江达县 (542622) is left empty"),
    ("四川省", 2010, "employed_transport"): (-613, "the cell of 什邡市 (510682) is left empty"),
    ("四川省", 2010, "employed_public_administration"): (-352, "the cell of 冕宁县 (513433) is left empty"),
    ("河南省", 2010, "employed_trade"): (-1_373, "the cell of 临颍县 (411122) is left empty"),
    ("新疆维吾尔自治区", 2010, "employed_business_services"): (-3, "the cell of 伊吾县 (652223) is left empty"),
    ("青海省", 2010, "employed_business_services"): (
        1,
        "称多县 (632723): the industries sum to one more than the employed",
    ),
    ("河北省", 2010, "employed_personal_services"): (-94, "the cell of 海兴县 (130924) is left empty"),
    ("福建省", 2010, "employed_international"): (-3, "the cell of 荔城区 (350304) is left empty"),
    ("云南省", 2020, "households_lift"): (-349, "the cell of 景东彝族自治县 (530823) is left empty"),
    ("西藏自治区", 2020, "households_lift"): (-12, "the cell of 江孜县 (540222) is left empty"),
    ("浙江省", 2010, "households_rented"): (-554, "the cell of 遂昌县 (331123) is left empty"),
    ("青海省", 2010, "households_bought"): (-61, "贵南县 (632525): the ways to have a dwelling sum to 61 less"),
    ("广东省", 2010, "households_other_tenure"): (-79, "the cell of 鼎湖区 (441203) is left empty"),
    ("福建省", 2020, "migrants_same_province"): (-9_691, "the cell of 长汀县 (350821) is left empty"),
}


def remainders(census: pd.DataFrame, totals: pd.DataFrame) -> pd.DataFrame:
    """Sums of units less printed provinces, where they differ: province, year, column, remainder."""
    census = census[census["year"].isin(totals["year"].unique())]
    sums = census.groupby(["province", "year"])[list(SUMMED)].sum()
    printed = totals[totals["level"] == "province"].set_index(["province", "year"])[list(SUMMED)].fillna(0)
    differences = (sums - printed.reindex(sums.index)).reset_index()
    differences = differences.melt(["province", "year"], var_name="column", value_name="remainder")
    return differences[differences["remainder"] != 0].reset_index(drop=True)


def agreement(census: pd.DataFrame, totals: pd.DataFrame, bulletins: pd.DataFrame) -> pd.DataFrame:
    """People of each province (and of the country, 全国) in each census year, by who counts or prints them.

    Columns: province, year, units (the sum of the units), workbook (the province's row there), tabulation (2000),
    bulletin; NaN where there is none. The bulletins are of the fast count; those of 2000 add people whom the census
    missed, and the country's totals in all of them add servicemen, in 2000 and 2010 also people without a usual
    residence, who are in no province.
    """
    units = census.groupby(["province", "year"])["population"].sum()
    country = census.groupby("year")["population"].sum()
    country.index = pd.MultiIndex.from_product([[COUNTRY], country.index], names=["province", "year"])
    rows = totals[totals["level"].isin(("province", "country"))].set_index(["province", "year"])["population"]
    columns = {"units": pd.concat([units, country]), "workbook": rows}
    for publication in ("tabulation", "bulletin"):
        printed = bulletins[bulletins["publication"] == publication]
        columns[publication] = printed.set_index(["province", "year"])["population"]
    table = pd.DataFrame(columns).loc[columns["units"].index].rename_axis(["province", "year"])
    ordered: pd.DataFrame = table.reset_index().sort_values(["year", "province"], ignore_index=True)
    return ordered


def faults(tables: Tables) -> list[str]:
    """Every breach between the census tables, one line each."""
    return [
        *_published(tables),
        *_sums(tables),
        *_bulletins(tables),
        *_empty_cells(tables),
        *_names(tables),
        *_parts(tables),
    ]


def published_sums(tables: Tables) -> list[tuple[Published, int]]:
    """Each published total with the sum of the units."""
    found = []
    for total in PUBLISHED:
        units = tables.census[tables.census["year"] == total.year]
        if total.place != COUNTRY:
            units = units[units["province"] == total.place]
        found.append((total, int(units[list(total.columns)].sum().sum())))
    return found


def _published(tables: Tables) -> list[str]:
    found = []
    for total, summed in published_sums(tables):
        place, year, columns = total.place, total.year, " and ".join(total.columns)
        row = tables.totals[(tables.totals["name"] == place) & (tables.totals["year"] == year)]
        printed = [int(figure) for figure in row[list(total.columns)].sum(axis=1)]
        if year in set(tables.totals["year"]) and printed != [total.figure]:
            shown = ", ".join(map(str, printed)) or "no such row"
            found.append(
                f"census_totals.csv, {place} {year}, column {columns}: found {shown}; published: {total.figure}"
            )
        if summed != total.figure:
            found.append(
                f"census.csv, {place} {year}, column {columns}: "
                f"the units sum to {summed}; published is {total.figure} ({total.source})"
            )
    return found


def _sums(tables: Tables) -> list[str]:
    left = remainders(tables.census, tables.totals)
    places = zip(left["province"], left["year"], left["column"], strict=True)
    found = dict(zip(places, left["remainder"], strict=True))
    allowed = {place: remainder for place, (remainder, _) in REMAINDERS.items()}
    return [
        f"census.csv, {province} {year}, column {column}: the units less the province's total leave "
        f"{found.get((province, year, column), 0):.0f}; "
        f"allowed: {allowed.get((province, year, column), 0)} (checks.census.REMAINDERS)"
        for province, year, column in sorted({*found, *allowed})
        if found.get((province, year, column), 0) != allowed.get((province, year, column), 0)
    ]


def _bulletins(tables: Tables) -> list[str]:
    bulletins, found = tables.bulletins, []
    for year in sorted(bulletins["year"].unique()):
        for publication in ("bulletin", "tabulation"):
            rows = bulletins[(bulletins["year"] == year) & (bulletins["publication"] == publication)]
            country = rows.loc[rows["province"] == COUNTRY, "population"].sum()
            parts = rows.loc[rows["province"] != COUNTRY, "population"].sum()
            if country != parts:
                found.append(
                    f"bulletin_totals.csv, {publication} of {year}, column population: "
                    f"the rows below the country sum to {parts}; the country is {country}"
                )
    units = tables.census.groupby(["province", "year"])["population"].sum().to_dict()
    printed = bulletins[(bulletins["publication"] == "tabulation") & (bulletins["province"] != COUNTRY)]
    for province, year, people in zip(printed["province"], printed["year"], printed["population"], strict=True):
        summed = units.get((province, year), 0)
        if summed != people:
            found.append(
                f"census.csv, {province} {year}, column population: the units sum to {summed}; "
                f"bulletin_totals.csv has {people} from the tabulation"
            )
    return found


def _empty_cells(tables: Tables) -> list[str]:
    census = tables.census
    listed = tables.exceptions[tables.exceptions["kind"] == "cell left empty"]
    expected = {(e.code, e.year, e.column) for e in listed.itertuples()}
    found = set()
    for column in census.columns[census.isna().any()]:
        empty = census[census[column].isna() & census["year"].isin(GIVEN.get(column, YEARS))]
        found |= {(code, year, column) for code, year in zip(empty["code"], empty["year"], strict=True)}
    return [
        *(
            f"census.csv, unit {code} {year}, column {column}: empty, but not listed in census_exceptions.csv"
            for code, year, column in sorted(found - expected)
        ),
        *(
            f"census_exceptions.csv, unit {code} {year}, column {column}: listed as empty; census.csv has a figure"
            for code, year, column in sorted(expected - found)
        ),
    ]


def _names(tables: Tables) -> list[str]:
    listed = tables.exceptions[tables.exceptions["kind"] == "name left empty"]
    expected = set(zip(listed["code"], listed["year"], strict=True))
    empty = tables.census[tables.census["name"] == ""]
    return [
        f"census.csv, unit {code} {year}, column name: an empty name and its entry in census_exceptions.csv "
        "stand in only one of the tables"
        for code, year in sorted(expected ^ set(zip(empty["code"], empty["year"], strict=True)))
    ]


def _parts(tables: Tables) -> list[str]:
    listed = tables.exceptions[tables.exceptions["kind"] == "sum differs"]
    expected = set(zip(listed["code"], listed["year"], listed["column"], strict=True))
    allowed = {(code, year, whole) for whole in WHOLES for code, year in DIFFER[whole]}
    return [
        f"census_exceptions.csv, unit {code} {year}, column {column}, kind sum differs: "
        "listed in only one of this table and schemas.census.DIFFER"
        for code, year, column in sorted(expected ^ allowed)
    ]
