from pathlib import Path

import pytest

from analysis.findings import Finding, Findings, MadeFrom, UnknownFindingError, write_findings
from analysis.paths import ROOT
from analysis.present import theory_diagram as diagram
from analysis.present.hypotheses import EITHER, HYPOTHESES, LESS, MANY, MORE, THEORIES, errors_of, hypotheses_table
from analysis.present.tables import Link


def simulated(folder: Path, leave_out: str = "") -> Path:
    """Findings under the keys that the hypotheses name, their values the places of the keys."""
    for design in {h.key.split(".")[0] for h in HYPOTHESES}:
        found = [
            Finding(
                h.key, float(i), "points", "s", "s", interval=(i - 10.0, i + 10.0), level=0.95, p_value=0.05,
                placebos=25 if h.theory != "institutions" else None, clusters=18,
                detectable=12.0 if h.theory != "institutions" else None,
            )
            for i, h in enumerate(HYPOTHESES)
            if h.key.split(".")[0] == design and h.key != leave_out
        ]  # fmt: skip
        write_findings(Findings(design, "t", MadeFrom({}, {}), tuple(found)), folder / f"{design}.json")
    return folder


def test_each_hypothesis_shows_its_own_finding(tmp_path: Path) -> None:
    rows = hypotheses_table(simulated(tmp_path)).rows
    assert [float(str(r.cells[2])) for r in rows] == list(range(len(HYPOTHESES)))
    first = rows[0].cells
    assert list(first[1:]) == [
        "more",
        "0",
        "−10 to 10",
        "0.050",
        "12",
        "provinces",
        Link("Urbanization", "07-urbanization.qmd"),
    ]
    four = next(r.cells for r, h in zip(rows, HYPOTHESES, strict=True) if h.name == "H4")
    assert (four[5], four[6]) == (None, "prefectures")


def test_a_wrong_key_fails(tmp_path: Path) -> None:
    with pytest.raises(UnknownFindingError, match=r"long_difference\.urban_share\.effect"):
        hypotheses_table(simulated(tmp_path, "long_difference.urban_share.effect"))


def test_a_count_has_no_errors() -> None:
    assert errors_of(Finding("a.b", 1.0, "percent", "s", "s")) == "a count"


def test_hypotheses_are_of_known_theories_and_chapters() -> None:
    keys = [h.key for h in HYPOTHESES]
    assert len(keys) == len(set(keys))
    for h in HYPOTHESES:
        assert h.theory in THEORIES
        assert h.expects in {MORE, LESS, EITHER, MANY}
        assert (ROOT / "chapters" / f"{h.chapter}.qmd").is_file()
    assert {h.theory for h in HYPOTHESES} == set(THEORIES)


def test_the_diagram_draws_every_theory_once() -> None:
    assert [c.theory for c in diagram.CHANNELS] == [diagram.COUNT, *(t for t in THEORIES if t != diagram.COUNT)]
    figure = diagram.theory_diagram()
    assert figure.points is not None
    assert list(dict.fromkeys(figure.points["outcome"])) == diagram.outcomes()
    assert set(figure.points["hypotheses"]) == {h.name.rstrip("abc") for h in HYPOTHESES}


def test_the_title_counts_channels_that_end_in_the_urban_share_alone() -> None:
    one = [c for c in diagram.CHANNELS if c.theory != "location"]
    assert diagram.title_of(one).startswith("1 channel ends")
    assert diagram.title_of(diagram.CHANNELS).startswith("2 channels end in the urban share alone")
