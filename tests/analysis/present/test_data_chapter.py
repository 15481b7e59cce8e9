"""What the data chapter and its appendix show of the committed tables."""

import re

import pandas as pd
import pytest
import yaml

from analysis.data.samples import samples
from analysis.data.schemas.every import EVERY
from analysis.data.schemas.wanted import WANTED
from analysis.data.tables import load_boundary_cases, load_census, load_units, load_yearbook, load_yearbook_unmatched
from analysis.data.upstream import load_sources
from analysis.paths import DATA
from analysis.present import census, cities, comparisons, dictionary, register, yearbook
from analysis.present.coverage import ground_map, yearbook_map
from analysis.present.numbers import text
from analysis.present.places import PROVINCES
from analysis.present.tables import Column, Row, Table
from analysis.study import load_study

pytestmark = pytest.mark.usefixtures("tables_loaded_once")


def _cells(table: Table) -> list[list[str]]:
    return [["" if cell is None else str(text(cell)) for cell in row.cells] for row in table.rows]


def test_widths_stand_in_the_html_and_sum_to_100() -> None:
    table = Table([Column("A", width=70), Column("B", width=30)], [Row(["a", "b"])])
    assert '<colgroup>\n<col style="width: 70%">\n<col style="width: 30%">\n</colgroup>' in table.html()
    assert "colgroup" not in Table([Column("A")], [Row(["a"])]).html()
    for widths in ((70, 20), (70, None)):
        with pytest.raises(ValueError, match="with a sum of 100"):
            Table([Column("A", width=widths[0]), Column("B", width=widths[1])], [Row(["a", "b"])])


def test_every_table_stands_in_the_overview_with_its_rows() -> None:
    rows = {row[0]: row for row in _cells(dictionary.tables_table())}
    assert list(rows) == list(EVERY)
    assert rows["census.csv"][-1] == f"{len(load_census()):,}"
    assert all(len(row[1]) > 20 for row in rows.values())


def test_every_source_stands_with_its_licence() -> None:
    rows = _cells(dictionary.sources_table())
    assert [row[0].replace("\u200b", "") for row in rows] == list(load_sources())
    assert all(all(row) for row in rows)


@pytest.mark.parametrize("name", EVERY)
def test_the_dictionary_has_every_column(name: str) -> None:
    rows = _cells(dictionary.columns_table(name))
    assert [row[0] for row in rows] == list(EVERY[name].columns)


def test_the_dictionary_counts_cells_and_says_what_was_inferred() -> None:
    rows = {row[0]: row for row in _cells(dictionary.columns_table("census.csv"))}
    urban = load_census()["urban_population"].notna()
    assert rows["urban_population"][3] == f"{urban.sum():,} of {len(urban):,}; 2010, 2020"
    assert "Inferred for 2000: " in rows["men"][1]
    book = yaml.safe_load((DATA / "codebook.yml").read_text(encoding="utf-8"))["tables"]["census.csv"]["columns"]
    of_2000 = load_census().query("year == 2000").dropna(axis=1, how="all").columns
    assert {c["name"] for c in book if "inferred" in c} >= set(of_2000) - {
        "code",
        "year",
        "province",
        "prefecture",
        "unit_type",
        "printed_name",  # told apart in their meaning
    }


def test_an_unknown_table_is_named() -> None:
    with pytest.raises(ValueError, match=r"has no table none\.csv; it has units\.csv"):
        dictionary.columns_table("none.csv")


def test_missing_tables_say_what_to_fill() -> None:
    rows = _cells(dictionary.wanted_table())
    for row, (name, wanted) in zip(rows, WANTED.items(), strict=True):
        assert row[3] == f"supplied/{name}: {', '.join(wanted.table.columns)}"


def test_samples_table_adds_up() -> None:
    rows = _cells(register.samples_table())
    for column in (1, 2, 3):
        numbers = [int(row[column].replace(",", "").replace("\N{MINUS SIGN}", "-")) for row in rows]
        assert sum(numbers[:8]) == numbers[8]
        assert sum(numbers[8:11]) == numbers[11]
    found = samples(load_units(), load_boundary_cases(), load_study()).set_index(["group", "rule"])
    # Unchanged codes alone cost Henan 5 units and its neighbours 63; the register brings Henan's back.
    assert found.loc[("treated", "code in the later census too"), "units"] == -5
    assert found.loc[("neighbours", "code in the later census too"), "units"] == -63
    assert found.loc[("treated", "comparable"), "left"] == found.loc[("treated", "in the earlier census"), "left"]
    assert (
        found.loc[("neighbours", "comparable"), "left"]
        > 0.95 * found.loc[("neighbours", "in the earlier census"), "left"]
    )


def test_counts_in_prose_are_those_of_the_tables() -> None:
    units, cases = load_units(), load_boundary_cases()
    assert str(register.units()) == f"{len(units):,} units"
    assert str(register.cases()) == f"{len(cases):,} cases".removesuffix(" cases")
    assert str(register.exits_by_elimination()) == "11"
    programme = units[units["baicheng"] == "in programme"]
    lost = (programme["zone_suspected"] == 1) | (programme["ground_2010_2020"] == "zone")
    assert str(register.suspected()) == str(lost.sum())
    assert lost.mean() > 0.5, "the chapter calls the rule broad"
    assert str(cities.road_cities("41")) == "21"
    assert str(cities.interpolated()) == "1,170 figures"
    assert str(yearbook.unit_years()) == f"{len(load_yearbook()):,} unit-years"


def test_the_year_of_the_yearbook_fits_the_accounts() -> None:
    fit, pairs = int(str(yearbook.year_pairs_that_fit())), int(str(yearbook.year_pairs()).split()[0])
    assert pairs >= 10
    assert fit > 0.8 * pairs, "the chapter says that the figures are of the year before the edition"


def test_editions_table_accounts_for_every_row_that_is_no_second_print() -> None:
    rows = _cells(yearbook.editions_table())
    printed = sum(int(row[2].replace(",", "")) for row in rows)
    twice = (load_yearbook_unmatched()["reason"] == "printed twice").sum()
    assert printed == len(load_yearbook()) + len(load_yearbook_unmatched()) - twice
    whole = {row[0]: row for row in rows if int(row[2].replace(",", "")) > 1900}
    assert set(whole) == {"2007", "2011", "2012", "2023"}, "the chapter says that four editions are nearly whole"
    assert all(float(row[3]) > 99 for row in whole.values())


def test_flags_table_lists_the_worst_first() -> None:
    shares = [float(row[3]) for row in _cells(yearbook.flags_table())]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] > 0


def test_comparisons_say_what_the_chapter_says() -> None:
    found = {name: c.agreement for name, c in comparisons.comparisons().items()}
    assert found["registered"].within_10_percent > 0.9
    assert found["residents"].within_10_percent < 0.6
    assert found["roads"].within_10_percent > 0.99
    assert all(agreement.n > 1000 for agreement in found.values())
    assert len(_cells(comparisons.comparisons_table())) == len(found)


def test_bulletins_are_those_of_the_chapter() -> None:
    rows = _cells(census.bulletins_table())
    assert [row[0].split(" ")[0] for row in rows] == [name.split(" ")[0] for name in PROVINCES.values()]
    assert {row[6] for row in rows} == {"0"}, "in 2020 no province differs from its bulletin"
    assert str(census.bulletin_excess(2020)) == "2,000,000 people"
    assert str(census.bulletin_difference(2010, "河南省")) == "6,372 people"
    assert any("In every row with a printed total" in note for note in census.agreement_table().notes)


def test_names_of_provinces_fit_their_codes() -> None:
    study = load_study()
    assert {code: PROVINCES[code] for code in study.province_names} == study.province_names
    assert set(PROVINCES) == set(load_census()["code"].str[:2])


def test_investment_map_counts_units() -> None:
    figure = yearbook_map("urban_investment", 2010, "fixed investment of 2010")
    count = re.search(r"([\d,]+) of the 2,870 units of 2010 have fixed investment of 2010", figure.title)
    assert count is not None
    rows = load_yearbook()
    rows = rows[(rows["year"] == 2010) & ~rows["unit_id"].str.contains("-")]
    assert int(count[1].replace(",", "")) == rows["urban_investment"].notna().sum()
    assert pd.api.types.is_float_dtype(rows["urban_investment"])


def test_ground_map_counts_units() -> None:
    units = load_units()
    same = ((units["code2010"] != "") & (units["ground_2010_2020"] == "same")).sum()
    assert f"{same:,} of the 2,870 units of 2010 have the same ground in 2020" in ground_map().title
