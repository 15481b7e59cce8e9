"""Mechanisms: what goes with traits and labels of counties, as tables and one figure."""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure as MatplotlibFigure

from analysis.findings import Finding, load_all
from analysis.paths import FINDINGS
from analysis.present.dose import CLUSTERED, with_error
from analysis.present.numbers import capitalized, format_number, p_words
from analysis.present.points import of_findings
from analysis.present.style import COMPARISON, EMPHASIS, INK, SMALL, TREATED, WIDTH, Figure, style, to_svg
from analysis.present.tables import Column, Row, Table
from analysis.results.mechanisms import DESIGN, LABELS, OUTCOME_WORDS, SLOPES_OF, TRAITS, Trait

SHORT = {
    "km_to_capital": "100 km more to the capital",
    "market_access": "Twice the market access",
    "manufacturing": "10 points more manufacturing",
    "piped_water": "10 points more piped water",
    "agriculture": "10 points more in farming",
    "schooling": "One year more of schooling",
    "services": "10 more in services per 1,000 registered",
    "registered_gap": "10 percent more residents than registered",
    "arrivals": "10 points more from other counties",
    "same_county": "10 points more movers in the county",
    "same_province": "10 points more from the province",
    "other_province": "10 points more from other provinces",
}
THEORIES = {
    "location": "Location",
    "integration": "Integration of town and country",
    "migration": "Migration",
    "institutions": "Institutions",
}
LABEL_WORDS = {
    "province_managed": "Managed by the province directly",
    "special_towns": "Host to a special town",
    "demonstration": "Demonstration county of 2020",
    "poverty": "Poor county, national or provincial list",
    "poverty_national": "Poor county, national list",
}


def _key(trait: Trait, outcome: str) -> str:
    return f"{DESIGN}.{trait.theory}.{trait.name}_{outcome}"


def traits_table(theory: str, folder: Path = FINDINGS) -> Table:
    """What goes with the traits of one theory: growth, earlier growth, and the urban share.

    Args:
        theory: location, integration or migration.
        folder: where the findings are.

    Raises:
        FindingError: a finding is missing.
    """
    known = load_all(folder)
    rows = []
    for trait in (t for t in TRAITS.values() if t.theory == theory):
        people, share = (_key(trait, o) for o in SLOPES_OF)
        shown = [
            with_error(known[key])
            for key in (people, f"{people}.covariates", f"{people}.earlier", share, f"{share}.covariates")
        ]
        p = [p_words(known[f"{key}.p_family"].value) for key in (people, share)]
        values, errors = [v for v, _ in shown], [e for _, e in shown]
        rows.append(
            Row(
                [SHORT[trait.name], *values[:1], p[0], *values[1:4], p[1], values[4]],
                [*errors[:1], None, *errors[1:4], None, errors[4]],
            )
        )
    people = _key(next(t for t in TRAITS.values() if t.theory == theory), "log_population")
    return Table(
        columns=[
            Column("Trait in 2010", align="left", width=27),
            Column("Residents, log points", width=11),
            Column("p, all tests", width=9),
            Column("Given covariates", width=11),
            Column("2000 to 2010", width=10),
            Column("Urban share, points", width=11),
            Column("p, all tests", width=9),
            Column("Given covariates", width=12),
        ],
        rows=rows,
        notes=[
            "Change from 2010 to 2020 that goes with the trait, within provinces. Associations.",
            CLUSTERED,
            f"p, all tests: corrected for the {format_number(known[f'{DESIGN}.tests'].value, 0)} tests of this "
            "chapter (Romano and Wolf, sign flips of prefectures).",
            f"Sample: {known[people].sample}",
        ],
    )


def labels_table(folder: Path = FINDINGS) -> Table:
    """Units that bear a label less the others of the province, a row a label; randomized labels beside.

    Raises:
        FindingError: a finding is missing.
    """
    known = load_all(folder)
    rows = []
    corrected = []
    for label in LABELS.values():
        cells: list[str | None] = []
        intervals: list[str | None] = []
        for outcome in OUTCOME_WORDS:
            key = f"{DESIGN}.institutions.{label.name}_{outcome}"
            corrected.append(known[f"{key}.p_family"].value)
            cells += [format_number(known[key].value, 1), p_words(known[f"{key}.p_randomization"].value)]
            ends = known[key].interval or ()
            intervals += [f"({' to '.join(format_number(end, 1) for end in ends)})" if ends else None, None]
        units = format_number(known[f"{DESIGN}.institutions.{label.name}.units"].value, 0)
        rows.append(Row([LABEL_WORDS[label.name], units, *cells], [None, *intervals]))
    heads = {o: capitalized(words.removesuffix(" (log)")) for o, (words, _) in OUTCOME_WORDS.items()}
    return Table(
        columns=[
            Column("Label", align="left", width=25),
            Column("Units", width=6),
            *(
                column
                for outcome, (_, unit) in OUTCOME_WORDS.items()
                for column in (Column(heads[outcome], unit, width=16), Column("p", width=7))
            ),
        ],
        rows=rows,
        notes=[
            "Change from 2010 to 2020, units with the label less the province's other units, with 95 percent intervals "
            "below. Associations.",
            "Intervals by prefecture, CRV1: with so few units they are too narrow as often as not. p: share of random "
            "placings of the label on the province's units that give at least as large a difference, which takes units "
            f"for exchangeable. Corrected for all {format_number(known[f'{DESIGN}.tests'].value, 0)} tests of this "
            f"chapter (Romano and Wolf) the smallest p of the table is {p_words(min(corrected))}.",
        ],
    )


def _reach(found: Finding) -> tuple[float, float, float]:
    low, high = found.interval or (found.value, found.value)
    return found.value, found.value - low, high - found.value


def coefficient_figure(folder: Path = FINDINGS) -> Figure:
    """All traits' slopes with 95 percent intervals, by theory; hollow marks are growth of the decade before.

    Raises:
        FindingError: a finding is missing.
    """
    known = load_all(folder)
    order = [t for theory in THEORIES for t in TRAITS.values() if t.theory == theory]
    tested = [known[f"{_key(t, o)}.p_family"].value for t in order for o in ("log_population", "urban_share")]
    small = sum(p <= 0.05 for p in tested)
    title = f"{small} of {len(tested)} slopes differ from nought when corrected for all tests (p at most 0.05)"
    places, heads, place = {}, {}, 0.0
    for trait in order:
        if THEORIES[trait.theory] not in heads:
            heads[THEORIES[trait.theory]] = place
            place += 1
        places[trait.name] = place
        place += 1
    drawn = []
    with style("mechanisms_coefficients"):
        figure = MatplotlibFigure(figsize=(WIDTH, 0.27 * place + 1.0), layout="constrained")
        left, right = figure.subplots(1, 2, sharey=True)
        for axes, outcome in ((left, "log_population"), (right, "urban_share")):
            for trait in order:
                row, key = places[trait.name], _key(trait, outcome)
                marks = [(key, -0.14 if outcome == "log_population" else 0.0, TREATED, TREATED)]
                if outcome == "log_population":
                    marks.append((f"{key}.earlier", 0.22, EMPHASIS, "white"))
                for which, shift, color, fill in marks:
                    drawn.append(known[which])
                    value, low, high = _reach(known[which])
                    axes.errorbar(
                        value,
                        row + shift,
                        xerr=np.array([[low], [high]]),
                        fmt="o",
                        color=color,
                        markerfacecolor=fill,
                        markersize=4,
                        elinewidth=1,
                    )
            axes.axvline(0, color=INK, linewidth=0.8, zorder=1)
            axes.xaxis.set_major_formatter(lambda x, _: format_number(x, 0))
        for row in list(heads.values())[1:]:
            for axes in (left, right):
                axes.axhline(row - 0.5, color=COMPARISON, linewidth=0.5)
        ticks = {**{v: k for k, v in heads.items()}, **{places[t.name]: SHORT[t.name] for t in order}}
        left.set_yticks(list(ticks), list(ticks.values()), fontsize=SMALL)
        for label in left.get_yticklabels():
            label.set_color(TREATED if label.get_text() in heads else INK)
        left.set_ylim(place - 0.3, -0.7)
        left.set_xlabel("Residents (log points)\nfilled: 2010 to 2020; hollow: 2000 to 2010", fontsize=SMALL)
        right.set_xlabel("Urban share (percentage points)\n2010 to 2020", fontsize=SMALL)
        figure.suptitle(title, x=0.01, ha="left")
        return Figure(to_svg(figure), title, of_findings(drawn))
