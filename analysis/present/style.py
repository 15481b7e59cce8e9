"""How figures look: one font, one palette, one width; and SVG that is the same bytes each time."""

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import cvttf_NotoSansCJK_Regular
import matplotlib as mpl
import pandas as pd
from matplotlib import font_manager
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure as MatplotlibFigure

WIDTH = 6.5  # inches: the width of the text in print

# Told apart by lightness too, so that grey print and any colour vision will do.
INK = "#222222"
TREATED = "#0b4a7d"
COMPARISON = "#9aa5ad"
EMPHASIS = "#c2571a"
LAND = "#ebebe8"
LINE = "#8a8a86"

SMALL, NORMAL, TITLE = 8.0, 9.0, 10.5  # points

_PATH = re.compile(r'(?<= d=")[^"]+')
_FRACTION = re.compile(r"(\.\d\d)\d+")

_RC: Any = {
    "axes.edgecolor": LINE,
    "axes.grid": True,
    "axes.grid.axis": "x",
    "axes.axisbelow": True,
    "axes.labelcolor": INK,
    "axes.labelsize": NORMAL,
    "axes.linewidth": 0.6,
    "axes.spines.left": False,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlecolor": INK,
    "axes.titlelocation": "left",
    "axes.titlesize": TITLE,
    "axes.unicode_minus": True,
    "figure.facecolor": "white",
    "figure.titlesize": TITLE,
    "font.size": NORMAL,
    "grid.color": "#dcdcda",
    "grid.linewidth": 0.6,
    "hatch.linewidth": 0.5,
    "legend.fontsize": SMALL,
    "legend.frameon": False,
    "legend.title_fontsize": SMALL,
    "savefig.facecolor": "white",
    "svg.fonttype": "path",  # the same shapes whatever fonts a reader has
    "text.color": INK,
    "text.language": "zh-CN",  # else the font gives Chinese characters their Traditional forms
    "text.parse_math": False,  # a $ in a name is a $
    "xtick.color": INK,
    "xtick.labelsize": SMALL,
    "xtick.major.size": 3,
    "xtick.major.width": 0.6,
    "ytick.color": INK,
    "ytick.labelsize": NORMAL,
    "ytick.major.size": 0,
}


@dataclass(frozen=True)
class Figure:
    """A figure as SVG, which is all that a book's engine sees of it, and the points drawn in it."""

    svg: str
    title: str
    points: pd.DataFrame | None = field(default=None, compare=False, repr=False)

    def csv(self) -> str | None:
        """The points drawn, as CSV with seven significant digits; None for a figure that came without them."""
        if self.points is None:
            return None
        return self.points.to_csv(index=False, lineterminator="\n", float_format="%.7g")

    def _repr_svg_(self) -> str:
        return self.svg

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/plain": f"Figure: {self.title}", "image/svg+xml": self.svg}


@cache
def _font() -> str:
    """The family of the installed font, which has Latin letters, pinyin's accents and Chinese characters."""
    path = cvttf_NotoSansCJK_Regular.get_TTF_path()
    font_manager.fontManager.addfont(path)
    return font_manager.FontProperties(fname=path).get_name()


@contextmanager
def style(name: str) -> Iterator[None]:
    """The style of figures; `name` salts the SVG's ids, so that two figures on a page keep apart."""
    with mpl.rc_context(_RC | {"font.family": [_font()], "svg.hashsalt": name}):
        yield


def to_svg(figure: MatplotlibFigure) -> str:
    """A figure as SVG text, the same bytes for the same figure; call it under `style`."""
    FigureCanvasSVG(figure)
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    # Hundredths of a point are finer than any print, and make a map half as large.
    return _PATH.sub(lambda path: _FRACTION.sub(r"\1", path[0]), buffer.getvalue())
