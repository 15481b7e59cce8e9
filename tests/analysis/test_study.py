from pathlib import Path

import pytest

from analysis.paths import STUDY
from analysis.study import StudyError, load_study

GOOD = STUDY.read_text(encoding="utf-8")


def load_changed(tmp_path: Path, old: str, new: str):
    assert old in GOOD
    path = tmp_path / "study.yml"
    path.write_text(GOOD.replace(old, new, 1), encoding="utf-8")
    return load_study(path)


def test_the_study_is_henan_and_its_neighbours() -> None:
    study = load_study()
    assert study.provinces == ("41", "13", "14", "34", "37", "42", "61")
    assert study.province_names[study.treated] == "Henan"
    assert (study.first_year, study.last_year) == (2010, 2020)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('treated_province: "41"', "", "'treated_province' is missing"),
        ('treated_province: "41"', "treated_province: 41", "treated_province: found 41; .* quoted"),
        ('["13", "14"', '["131", "14"', "neighbour_provinces: found '131'"),
        ('["13", "14"', '["41", "14"', "41 is both treated and a neighbour"),
        ('"61": Shaanxi', "", "lacks 61"),
        ("[2010, 2020]", "[2020, 2010]", "earlier year comes first"),
        ("[2010, 2020]", "[2010]", "wrong form"),
        ("[2010, 2020]", "[2010, last]", "wrong form"),
        ("programme:", "programme: [", "not valid YAML"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, old: str, new: str, says: str) -> None:
    with pytest.raises(StudyError, match=says) as caught:
        load_changed(tmp_path, old, new)
    assert str(caught.value).startswith("study.yml: ")


def test_an_empty_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "study.yml"
    path.write_text("", encoding="utf-8")
    with pytest.raises(StudyError, match="found no fields"):
        load_study(path)
