import subprocess
import sys
from xml.etree import ElementTree

import matplotlib as mpl
import pandas as pd
import pytest
from matplotlib.figure import Figure as MatplotlibFigure

from analysis.present.figures import change_by_province
from analysis.present.style import INK, SMALL, TREATED, style, to_svg
from analysis.results.counties import build


def sample_of(tables, study) -> pd.DataFrame:
    frame = build(tables.units, tables.census, first=study.first_year, last=study.last_year)
    return frame[frame["province"].isin(study.provinces)]


def test_the_same_bytes_twice(simulated, study) -> None:
    sample = sample_of(simulated, study)
    first = change_by_province(sample, study).svg
    assert first == change_by_province(sample.sample(frac=1, random_state=1), study).svg
    assert "<dc:date>" not in first


def test_only_svg_reaches_the_engine(simulated, study) -> None:
    figure = change_by_province(sample_of(simulated, study), study)
    bundle = figure._repr_mimebundle_()
    assert set(bundle) == {"image/svg+xml", "text/plain"}
    assert ElementTree.fromstring(bundle["image/svg+xml"]).tag.endswith("svg")  # noqa: S314
    assert bundle["image/svg+xml"].lower().count(TREATED) > 10
    assert figure._repr_svg_() == figure.svg
    assert 'href="http' not in figure.svg


@pytest.mark.parametrize(
    ("effect", "title"),
    [
        (5, "The mean change in Henan is larger than in each of its 6 neighbours"),
        (-5, "The mean change in Henan is smaller than in each of its 6 neighbours"),
    ],
)
def test_title_says_what_is_seen(simulate_with, study, effect: float, title: str) -> None:
    sample = sample_of(simulate_with(effect=effect), study)
    assert change_by_province(sample, study).title == title


def test_title_counts_larger_means(study) -> None:
    means = {"41": 5.0, "13": 9.0, "14": 7.0, "34": 1.0, "37": 2.0, "42": 3.0, "61": 4.0}
    sample = pd.DataFrame({"province": list(means), "urban_share": list(means.values())})
    title = change_by_province(sample, study).title
    assert title == "The mean change in Henan is within the range of its neighbours: larger in 2 of 6"


def test_chinese_glyphs_are_the_simplified_forms() -> None:
    def drawn(language: str) -> str:
        with style("glyphs"), mpl.rc_context({"text.language": language}):
            figure = MatplotlibFigure(figsize=(1, 1))
            figure.text(0.1, 0.5, "骨", color=INK, fontsize=SMALL)
            return to_svg(figure)

    with style("glyphs"):
        used = mpl.rcParams["text.language"]
    assert drawn(used) == drawn("zh-CN")
    assert drawn(used) != drawn("zh-TW")


def test_drawing_opens_no_window_and_leaves_the_settings() -> None:
    code = (
        "import matplotlib, pandas as pd\n"
        "from analysis.present.figures import change_by_province\n"
        "before = dict(matplotlib.rcParams)\n"
        "codes = ['41', '13', '14', '34', '37', '42', '61']\n"
        "change_by_province(pd.DataFrame({'province': codes, 'urban_share': range(7)}))\n"
        "import matplotlib.pyplot as plt\n"
        "assert plt.get_fignums() == []\n"
        "assert {k: v for k, v in matplotlib.rcParams.items() if k != 'backend'} == "
        "{k: v for k, v in before.items() if k != 'backend'}\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
