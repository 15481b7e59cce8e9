import json
from pathlib import Path

import pandas as pd
import pytest

from analysis.findings import FindingError
from analysis.present import urbanization
from analysis.present.verdicts import FORMAT
from analysis.results.counties import OUTCOMES
from analysis.results.long_difference import SHOWN


def cells(table) -> list[list[str]]:
    return [[str(c) for c in row.cells] for row in table.rows]


def test_outcomes_carry_the_inference_of_record(findings_folder: Path) -> None:
    table = urbanization.outcomes_table("raw", folder=findings_folder)
    rows = cells(table)
    assert [r[0].split(" (")[0] for r in rows][:2] == ["Urban share", "Residents"]
    assert len(rows) == len(OUTCOMES)
    assert all(len(r) == 9 for r in rows)
    assert "23 take the treated place" in " ".join(table.notes)
    assert "Westfall and Young" in " ".join(table.notes)


def test_specifications_stand_side_by_side(findings_folder: Path) -> None:
    known = json.loads((findings_folder / "long_difference.json").read_text(encoding="utf-8"))["findings"]
    table = urbanization.specifications_table(findings_folder)
    own = next(r for r in table.rows if str(r.cells[0]).startswith("Mean years"))
    for i, s in enumerate(("raw", "share", "own", "all"), start=1):
        value = known[f"long_difference.schooling.{s}.effect"]
        assert float(str(own.cells[i]).replace("−", "-")) == pytest.approx(value["value"], abs=0.051)
        assert own.below[i - 1] == f"({value['p_value']:.2f})"
    share = table.rows[0].cells
    assert share[2] == share[3]
    assert "23 take the treated place, so p is 0.042 at the least" in " ".join(table.notes)


@pytest.mark.parametrize(
    ("make", "columns"),
    [
        (urbanization.variants_table, 7),
        (urbanization.errors_table, 8),
        (urbanization.adjustment_table, 7),
    ],
)
def test_tables_have_a_row_an_outcome(findings_folder: Path, make, columns: int) -> None:
    table = make(folder=findings_folder)
    assert len(table.rows) == len(SHOWN)
    assert len(table.columns) == columns
    assert "23 take the treated place" in " ".join(table.notes) or make is urbanization.errors_table
    assert "None" not in table.html()
    assert ">nan<" not in table.html()


def test_adjustment_says_how_many_placebos_and_units(findings_folder: Path) -> None:
    notes = " ".join(urbanization.adjustment_table(findings_folder).notes)
    assert "regression 23" in notes
    assert "of 126" in notes


def test_balance_has_a_row_a_control(findings_folder: Path) -> None:
    table = urbanization.balance_table(findings_folder)
    assert [r.cells[0] for r in table.rows][:2] == ["Urban share", "Log population"]


def test_the_overview_counts_what_its_title_says(findings_folder: Path, study, tmp_path: Path) -> None:
    document = json.loads((findings_folder / "long_difference.json").read_text(encoding="utf-8"))
    for i, o in enumerate(OUTCOMES):
        found = document["findings"][f"long_difference.{o}.share.effect"]
        found |= {"value": 6.0 if i < 2 else -1.0, "interval": [0.5 if i < 3 else -4.0, 6.0], "detectable": 5.6}
    (tmp_path / "long_difference.json").write_text(json.dumps(document), encoding="utf-8")

    def make():
        return urbanization.overview_figure(
            sizes={"urban_share": 2.0}, folder=tmp_path, samples=findings_folder, study=study
        )

    figure = make()
    assert figure.title == "Henan: 3 of 8 intervals leave out nought, 2 of 8 estimates reach the detectable effect"
    assert figure.svg == make().svg
    points = figure.points.set_index("key")
    own = points.loc["long_difference.urban_share.share.effect"]
    assert (own["estimate"], own["low"], own["size"]) == pytest.approx((3.0, 0.25, 1.0))  # a deviation is 2
    assert points["size"].notna().sum() == 1


def test_sizes_that_matter_are_those_of_claims_about_an_outcome(tmp_path: Path) -> None:
    def claim(finding: str | None, size: float, **rule: str) -> dict[str, object]:
        return {"note": "n", "finding": finding, "size": {"value": size, "unit": "points"}, "rule": rule}

    claims = [
        claim("long_difference.urban_share.effect", 2, kind="effect", expects="increase"),
        claim("long_difference.agricultural_employment.effect", 3, kind="effect", expects="decrease"),
        claim("long_difference.urban_share.raw.effect", 9, kind="effect", expects="increase"),
        claim(None, 1, kind="none"),
    ]
    path = tmp_path / "verdicts.json"
    path.write_text(json.dumps({"format": FORMAT, "notes": {"n": {}}, "verdicts": claims}), encoding="utf-8")
    assert urbanization.claimed_sizes(path) == {"urban_share": 2.0, "agricultural_employment": -3.0}


def test_the_overview_wants_the_placebo_estimates(findings_folder: Path, study, tmp_path: Path) -> None:
    with pytest.raises(FindingError, match="report build"):
        urbanization.overview_figure(sizes={}, folder=findings_folder, samples=tmp_path, study=study)
    table = pd.read_csv(findings_folder / "long_difference_placebos.csv")
    table[~table["key"].str.contains("schooling")].to_csv(tmp_path / "long_difference_placebos.csv", index=False)
    with pytest.raises(FindingError, match=r"no placebo estimates under the key 'long_difference\.schooling"):
        urbanization.overview_figure(sizes={}, folder=findings_folder, samples=tmp_path, study=study)


def test_overlap_counts_what_its_title_says(study) -> None:
    table = pd.DataFrame({"treated": [1, 1, 0, 0, 0], "probability": [0.9, 0.3, 0.5, 0.01, 0.04]})
    figure = urbanization.overlap_figure(table, study)
    assert figure.title == "2 of 3 units next door have a probability below 5 percent"
    assert figure.svg == urbanization.overlap_figure(table.iloc[::-1], study).svg


def test_words_come_from_the_findings(findings_folder: Path, study) -> None:
    known = json.loads((findings_folder / "long_difference.json").read_text(encoding="utf-8"))["findings"]
    means = {
        n: known[f"long_difference.urban_share.by_province.{n.lower()}"]["value"]
        for p, n in study.province_names.items()
        if p != study.treated
    }
    largest = max(means, key=means.__getitem__)
    assert str(urbanization.neighbour("largest", findings_folder)) == f"{largest} ({means[largest]:.1f})"
    effect = known["long_difference.urban_share.share.effect"]
    times = effect["detectable"] / 2.8 / known["long_difference.urban_share.share.effect.crv1"]["standard_error"]
    assert str(urbanization.spread_over_error("urban_share", folder=findings_folder)) == f"{times:.1f}"
    assert str(urbanization.placebo_count(findings_folder)) == "23"
    assert str(urbanization.smallest_p(findings_folder)) == "0.04"


def test_missing_findings_and_samples_say_what_makes_them(tmp_path: Path) -> None:
    for make in (urbanization.specifications_table, urbanization.variants_table, urbanization.balance_table):
        with pytest.raises(FindingError, match="report build"):
            make(folder=tmp_path)
    with pytest.raises(FindingError, match="report build"):
        urbanization.overlap_figure(samples=tmp_path)
