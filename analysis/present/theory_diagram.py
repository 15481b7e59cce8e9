"""A diagram of the theory: from building in the county seat through its channels to the figures that see them."""

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as MatplotlibFigure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from analysis.present.hypotheses import HYPOTHESES, THEORIES
from analysis.present.style import COMPARISON, EMPHASIS, INK, LAND, NORMAL, SMALL, TREATED, WIDTH, Figure, style, to_svg

CAUSE = "Building in\nthe county seat:\nstreets, pipes,\nschools, homes"
COUNT, SHARE = "count", "Urban share"
BEHAVIOUR = ("location", "integration", "migration", "institutions")
ASIDE = ("space", "money")


@dataclass(frozen=True)
class Channel:
    """One way from building to figures: the theory, what happens in it, and the outcomes that would show it."""

    theory: str
    words: str
    outcomes: tuple[str, ...]


CHANNELS = (
    Channel(COUNT, "A built-up village counts as urban;\nnobody moves", (SHARE,)),
    Channel("location", "A better site for firms and families;\ndistance decides how much", (SHARE,)),
    Channel(
        "integration",
        "Families change work and home\nand stay in their county",
        ("Work outside farming", "Homes with piped water", "Movers by origin"),
    ),
    Channel(
        "migration",
        "Services outweigh part of the wage\ngap to the distant city",
        ("Movers by origin", "Residents"),
    ),
    Channel("institutions", "Rules decide what building can do", ("Ten units under the province",)),
    Channel("space", "Neighbours lose people or share gains", ("Residents next door",)),
    Channel("money", "Building is paid for later", ("Bonds of financing vehicles",)),
)
_LEFT, _MIDDLE, _RIGHT = (0.0, 1.25), (1.72, 4.28), (4.78, WIDTH)  # inches: the columns' sides
_HIGH, _GAP, _LOW = 0.54, 0.11, 0.33  # inches: a channel's box, what is between two, an outcome's box
_DASHES = (0, (3, 2))


def names_of(theory: str) -> str:
    """The hypotheses of a theory as the diagram names them: the number they share, such as H2, or R."""
    names = {h.name.rstrip("abc") for h in HYPOTHESES if h.theory == theory}
    return ", ".join(sorted(names))


def outcomes() -> list[str]:
    """All outcomes in the order in which the channels name them, each once."""
    return list(dict.fromkeys(o for channel in CHANNELS for o in channel.outcomes))


def _box(axes: Axes, sides: tuple[float, float], middle: float, height: float, color: str, *, dashed: bool) -> None:
    left, right = sides
    axes.add_patch(
        FancyBboxPatch(
            (left + 0.04, middle - height / 2 + 0.04),
            right - left - 0.08,
            height - 0.08,
            boxstyle="round,pad=0.04",
            facecolor="white" if dashed else LAND,
            edgecolor=color,
            linewidth=1.0,
            linestyle=_DASHES if dashed else "-",
            zorder=2,
        )
    )


def _arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float], color: str, *, dashed: bool) -> None:
    axes.add_patch(
        FancyArrowPatch(
            start,
            end,
            arrowstyle="-|>",
            mutation_scale=8,
            color=color,
            linewidth=1.0,
            linestyle=_DASHES if dashed else "-",
            shrinkA=0,
            shrinkB=0,
            zorder=1,
        )
    )


def _spread(count: int, top: float, bottom: float) -> list[float]:
    return [top + (bottom - top) * (i + 0.5) / count for i in range(count)]


def _looks(theory: str) -> tuple[str, bool]:
    if theory == COUNT:
        return EMPHASIS, True
    return (TREATED, False) if theory in BEHAVIOUR else (COMPARISON, False)


def title_of(channels: Iterable[Channel]) -> str:
    """What is seen: how many channels lead to the urban share and nowhere else."""
    alone = sum(channel.outcomes == (SHARE,) for channel in channels)
    ends = "channel ends" if alone == 1 else "channels end"
    return f"{alone} {ends} in the urban share alone, and in one of them nobody moves"


def theory_diagram() -> Figure:
    """Boxes and arrows: the cause, its channels with their hypotheses, and the outcomes measured."""
    height = len(CHANNELS) * (_HIGH + _GAP)
    rows = _spread(len(CHANNELS), 0, height)
    shown = outcomes()
    places = dict(zip(shown, _spread(len(shown), 0, height), strict=True))
    title = title_of(CHANNELS)
    with style("theory_diagram"):
        figure = MatplotlibFigure(figsize=(WIDTH, height + 0.75), layout="constrained")
        axes = figure.subplots()
        axes.set(xlim=(0, WIDTH), ylim=(height, -0.35), xticks=[], yticks=[])
        axes.spines[:].set_visible(False)
        axes.grid(visible=False)
        heads = ((_LEFT, "Cause"), (_MIDDLE, "Channel and hypothesis"), (_RIGHT, "Outcome measured"))
        for sides, words in heads:
            axes.text(sum(sides) / 2, -0.2, words, ha="center", va="center", fontsize=NORMAL, color=INK)
        cause = sum(rows[1:5]) / 4
        _box(axes, _LEFT, cause, 1.15, INK, dashed=False)
        axes.text(sum(_LEFT) / 2, cause, CAUSE, ha="center", va="center", fontsize=SMALL, linespacing=1.35)
        for channel, row in zip(CHANNELS, rows, strict=True):
            color, dashed = _looks(channel.theory)
            _box(axes, _MIDDLE, row, _HIGH, color, dashed=dashed)
            head = f"{THEORIES[channel.theory]} ({names_of(channel.theory)})\n"
            axes.text(
                _MIDDLE[0] + 0.1, row, head + channel.words, ha="left", va="center", fontsize=SMALL, linespacing=1.25
            )
            start = cause + (row - cause) * 0.2
            _arrow(axes, (_LEFT[1], start), (_MIDDLE[0], row), color, dashed=dashed)
            for outcome in channel.outcomes:
                end = places[outcome] + (row - places[outcome]) * 0.12
                _arrow(axes, (_MIDDLE[1], row), (_RIGHT[0], end), color, dashed=dashed)
        for outcome, place in places.items():
            _box(axes, _RIGHT, place, _LOW, INK, dashed=False)
            axes.text(sum(_RIGHT) / 2, place, outcome, ha="center", va="center", fontsize=SMALL)
        figure.suptitle(title, x=0.01, ha="left")
        drawn = pd.DataFrame(
            [(THEORIES[c.theory], names_of(c.theory), o) for c in CHANNELS for o in c.outcomes],
            columns=["channel", "hypotheses", "outcome"],
        )
        return Figure(to_svg(figure), title, drawn)
