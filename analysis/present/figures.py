"""Figures of the long difference."""

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure as MatplotlibFigure

from analysis.present.numbers import format_number
from analysis.present.samples import load_points
from analysis.present.style import COMPARISON, EMPHASIS, INK, SMALL, TREATED, WIDTH, Figure, style, to_svg
from analysis.study import Study, load_study


def _title(means: pd.Series, study: Study) -> str:
    """What is seen: where the treated province's mean stands among its neighbours'.

    No apostrophe: the font sets it as wide as a Chinese character.
    """
    name, own = study.province_names[study.treated], means[study.treated]
    others = means.drop(study.treated)
    larger = int((others > own).sum())
    if larger == 0:
        return f"The mean change in {name} is larger than in each of its {len(others)} neighbours"
    if larger == len(others):
        return f"The mean change in {name} is smaller than in each of its {len(others)} neighbours"
    others_larger = f"larger in {larger} of {len(others)}"
    return f"The mean change in {name} is within the range of its neighbours: {others_larger}"


def change_by_province(sample: pd.DataFrame | None = None, study: Study | None = None) -> Figure:
    """Each unit's change in the urban share, by province, with the provinces' means.

    Args:
        sample: columns province (two digits) and urban_share, its change in percentage points; the pipeline's if
            not given.
        study: the study's definition; that of `study.yml` if not given.
    """
    sample = load_points("long_difference") if sample is None else sample
    study = load_study() if study is None else study
    means = sample.groupby("province")["urban_share"].mean().sort_values(ascending=False)
    counts = sample.groupby("province").size()
    rows = {province: i for i, province in enumerate(means.index)}
    # Points are spread in their row by the golden ratio: evenly, and the same each time.
    ordered = sample.sort_values(["province", "urban_share"], kind="stable")
    place = ordered.groupby("province").cumcount()
    spread = (place * (np.sqrt(5) - 1) / 2) % 1 - 0.5
    points = pd.DataFrame(
        {
            "change": ordered["urban_share"],
            "row": ordered["province"].map(rows) + 0.5 * spread,
            "treated": ordered["province"] == study.treated,
        }
    )
    title = _title(means, study)
    with style("change_by_province"):
        figure = MatplotlibFigure(figsize=(WIDTH, 0.52 * len(rows) + 1.0), layout="constrained")
        axes = figure.subplots()
        sns.scatterplot(
            points,
            x="change",
            y="row",
            hue="treated",
            palette={True: TREATED, False: COMPARISON},
            s=9,
            linewidth=0,
            alpha=0.75,
            legend=False,
            ax=axes,
        )
        for province, mean in means.items():
            row = rows[str(province)]
            axes.plot([mean, mean], [row - 0.36, row + 0.36], color=EMPHASIS, linewidth=2, solid_capstyle="butt")
            axes.annotate(
                f"mean {format_number(mean, 1)}" if row == 0 else format_number(mean, 1),
                (mean, row - 0.36),
                xytext=(0, 1.5),
                textcoords="offset points",
                ha="center",
                va="bottom",
                fontsize=SMALL,
                color=INK,
            )
        axes.axvline(0, color=INK, linewidth=0.8, zorder=1)
        axes.set_yticks(list(rows.values()), [f"{study.province_names[str(p)]}\n{counts[p]} units" for p in rows])
        for label, province in zip(axes.get_yticklabels(), rows, strict=True):
            label.set_color(TREATED if province == study.treated else INK)
        axes.set_ylim(len(rows) - 0.45, -0.75)
        axes.xaxis.set_major_formatter(lambda x, _: format_number(x, 0))
        axes.set_xlabel(f"Change in the urban share, {study.first_year}–{study.last_year} (percentage points)")
        axes.set_ylabel("")
        figure.suptitle(title, x=0.01, ha="left")
        drawn = [name for name in ("code", "name", "pinyin", "province", "urban_share") if name in sample]
        return Figure(to_svg(figure), title, ordered[drawn])
