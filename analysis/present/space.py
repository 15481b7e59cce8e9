"""Tables and figures of space, from its findings and its placebo estimates."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure as MatplotlibFigure

from analysis.findings import Finding, FindingError, load_all
from analysis.paths import FINDINGS, SAMPLES
from analysis.present.numbers import Shown, format_number, p_words, quantity
from analysis.present.places import PROVINCES
from analysis.present.samples import load_placebos
from analysis.present.style import COMPARISON, EMPHASIS, INK, LINE, SMALL, TREATED, WIDTH, Figure, style, to_svg
from analysis.present.tables import Column, Row, Table
from analysis.study import load_study

DESIGN = "space"
LABELS = {
    "urban_share": "Urban share",
    "log_population": "Residents",
    "log_urban_population": "Urban residents",
    "migrants_same_county": "Movers within the county",
    "migrants_same_province": "Movers within the province",
    "migrants_other_province": "Movers from other provinces",
    "agricultural_employment": "Agricultural employment",
    "schooling": "Mean years of schooling",
}
REGRESSORS = {
    "urban_share_start": "Urban share, 10 points more",
    "log_population_start": "Residents, 10 log points more",
    "agricultural_employment_start": "Agricultural employment, 10 points more",
    "schooling_start": "Mean years of schooling, one year more",
    "nonagricultural_share_start": "Non-agricultural registration, 10 points more",
    "piped_water_start": "Homes with piped water, 10 points more",
}
_STEP = 10.0  # by which regressors in points or log points are compared; schooling is by the year
_IN_LOGS = "Residents and urban residents in logs."
_TESTS = {"lag": "LM lag", "error": "LM error", "robust_lag": "Robust LM lag", "robust_error": "Robust LM error"}


def _home() -> str:
    study = load_study()
    return study.province_names[study.treated]


def _p(found: Finding) -> str:
    words = p_words(found.p_value) or ""
    return f"p {words}" if words.startswith("<") else f"p = {words}"


def _bracket(found: Finding, digits: int = 2) -> str | None:
    return None if found.standard_error is None else f"({format_number(found.standard_error, digits)})"


def moran_table(folder: Path = FINDINGS) -> Table:
    """Moran's I of changes, of changes within provinces, and of residuals, one row an outcome."""
    known = load_all(folder)
    columns = {
        "moran": "All China",
        "moran_within": "All China, within provinces",
        "moran_residuals": f"Residuals, {_home()} and neighbours",
        "moran_residuals_within": "Residuals, within provinces",
    }
    rows = []
    for outcome, label in LABELS.items():
        found = [known[f"{DESIGN}.{c}.{outcome}"] for c in columns]
        rows.append(Row([label, *(format_number(f.value, 2) for f in found)], [_p(f) for f in found]))
    country, near = known[f"{DESIGN}.units.country"], known[f"{DESIGN}.units.near"]
    return Table(
        columns=[Column("Change in", align="left"), *(Column(c) for c in columns.values())],
        rows=rows,
        notes=[
            f"{_IN_LOGS} Moran’s I, with p below: the slope of neighbours’ mean on a unit’s own value; about nought if "
            "neighbours are no more alike than any two units.",
            f"First two columns: {format_number(country.value, 0)} units; p of the first by permutations, two-sided. "
            f"Last two: {format_number(near.value, 0)} units; residuals of least squares with all controls and the "
            "treated province’s indicator, or indicators of all provinces. p of residuals by the normal approximation.",
        ],
    )


def lm_table(folder: Path = FINDINGS) -> Table:
    """LM tests of the residuals, with the treated province's indicator and with those of all provinces."""
    known = load_all(folder)
    rows = []
    for outcome, label in LABELS.items():
        found = [
            known[f"{DESIGN}.{s}.{outcome}.{t}"] for s in ("lm", "lm_within") for t in ("robust_lag", "robust_error")
        ]
        plain = [known[f"{DESIGN}.lm.{outcome}.{t}"] for t in ("lag", "error")]
        cells = [*plain, *found]
        rows.append(Row([label, *(format_number(f.value, 1) for f in cells)], [_p(f) for f in cells]))
    return Table(
        columns=[
            Column("Residuals of the change in", align="left"),
            Column("LM lag"),
            Column("LM error"),
            Column("Robust LM lag"),
            Column("Robust LM error"),
            Column("Robust LM lag, within provinces"),
            Column("Robust LM error, within provinces"),
        ],
        rows=rows,
        notes=[
            f"{_IN_LOGS} Lagrange multiplier statistics, χ² with one degree of freedom, with p below. Robust: against "
            "the one kind of dependence with the other allowed for. Least squares with all controls and the treated "
            "province’s indicator; within provinces: indicators of all provinces.",
        ],
    )


def models_table(folder: Path = FINDINGS) -> Table:
    """The spatial parameters by maximum likelihood and by GMM, and whether effects on neighbours are given."""
    known = load_all(folder)
    rows = []
    for outcome, label in LABELS.items():
        found = [
            known[f"{DESIGN}.{kind}.{outcome}.{name}"]
            for kind, symbol in (("lag", "rho"), ("error", "lambda"))
            for name in (symbol, f"{symbol}_gmm")
        ]
        likelihoods = [known[f"{DESIGN}.{kind}.{outcome}.log_likelihood"].value for kind in ("lag", "error")]
        better = "lag" if likelihoods[0] > likelihoods[1] else "error"
        given = f"{DESIGN}.lag.{outcome}.urban_share_start.total" in known
        rows.append(
            Row(
                [label, *(format_number(f.value, 2) for f in found), better, "yes" if given else "no"],
                [*(_bracket(f) for f in found), None, None],
            )
        )
    rule = known[f"{DESIGN}.lag.supported"]
    return Table(
        columns=[
            Column("Change in", align="left"),
            Column("ρ, likelihood"),
            Column("ρ, two-stage"),
            Column("λ, likelihood"),
            Column("λ, GMM"),
            Column("Fits better", align="left"),
            Column("Effects on neighbours given", align="left"),
        ],
        rows=rows,
        notes=[
            f"{_IN_LOGS} Standard errors in brackets. All controls and indicators of provinces. Likelihood: maximum "
            "likelihood, errors by the information matrix, variance of the innovations divided by n. Two-stage: least "
            "squares with neighbours’ regressors as instruments, White’s errors. GMM: robust to unequal variances. "
            "Fits better: the larger log-likelihood; both models have as many parameters.",
            rule.specification,
        ],
    )


def effects_on_neighbours(folder: Path = FINDINGS) -> Table:
    """Direct and indirect effects of regressors, a row a regressor, on those outcomes for which they are given."""
    known = load_all(folder)
    outcomes = [o for o in LABELS if f"{DESIGN}.lag.{o}.urban_share_start.total" in known]
    if not outcomes:
        return Table([Column("Regressor, 2010", align="left")], [Row(["For no outcome do the data bear them"])])
    each = min(15, 33 // len(outcomes))  # of the width, in percent
    rows = []
    for name, words in (REGRESSORS | {"own": "Its own level, 10 points more"}).items():
        cells: list[str | None] = []
        errors: list[str | None] = []
        for outcome in outcomes:
            own = f"{outcome}_start"
            stem = f"{DESIGN}.lag.{outcome}.{own if name == 'own' else name}"
            # Where a regressor is the outcome's own level, it stands in the last row.
            given = name != own and f"{stem}.total" in known
            for part in ("direct", "indirect"):
                found = known[f"{stem}.{part}"] if given else None
                step = 1.0 if found is not None and found.unit.endswith("per year") else _STEP
                cells.append(None if found is None else format_number(step * found.value, 2))
                error = None if found is None else found.standard_error
                errors.append(None if error is None else f"({format_number(step * error, 2)})")
        rows.append(Row([words, *cells], errors))
    units = dict.fromkeys(
        known[f"{DESIGN}.lag.{o}.urban_share_start.total"].unit.partition(" per ")[0] for o in outcomes
    )
    return Table(
        columns=[
            Column("Regressor, 2010", align="left", width=100 - 2 * len(outcomes) * each),
            *(Column(f"{LABELS[o]}: {part}", width=each) for o in outcomes for part in ("direct", "indirect")),
        ],
        rows=rows,
        notes=[
            f"Change of the outcome, 2010 to 2020, in {' or '.join(units)}, that goes with a regressor larger by what "
            "its row says.",
            "Spatial lag model by maximum likelihood with indicators of provinces; averages over units of "
            "(I − ρW)⁻¹β. Direct: on the unit itself; indirect: on all others together. Errors in brackets are by "
            "the delta method. None is given for the programme: a whole province has it at once.",
        ],
    )


def supported_names(folder: Path = FINDINGS) -> Shown:
    """The outcomes for which effects on neighbours are given, in words."""
    known = load_all(folder)
    names = [
        label[0].lower() + label[1:]
        for outcome, label in LABELS.items()
        if f"{DESIGN}.lag.{outcome}.urban_share_start.total" in known
    ]
    if not names:
        return Shown("none")
    return Shown(names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}")


def ring_counts(folder: Path = FINDINGS) -> Shown:
    """How many units near the treated province lie in each ring, and how many beyond, in words."""
    known = load_all(folder)
    rings = sorted(
        (k.split(".")[3] for k in known.starting(f"{DESIGN}.rings.") if _is_ring(k)),
        key=lambda r: float(r.split("_")[0]),
    )
    counts = [known[f"{DESIGN}.rings.urban_share.{ring}.units"] for ring in rings]
    parts = [
        f"{format_number(c.value, 0)} at {ring.replace('_', ' to ')} km" for ring, c in zip(rings, counts, strict=True)
    ]
    return Shown(", ".join(parts))


def _is_ring(key: str) -> bool:
    parts = key.split(".")
    return parts[:3] == [DESIGN, "rings", "urban_share"] and len(parts) == 4


def range_of(kind: str, folder: Path = FINDINGS, digits: int = 2) -> Shown:
    """The smallest and largest value over outcomes of findings such as moran or moran_within."""
    known = load_all(folder)
    values = [known[f"{DESIGN}.{kind}.{o}"].value for o in LABELS]
    return Shown(f"{format_number(min(values), digits)} to {format_number(max(values), digits)}")


def most_conley_share(folder: Path = FINDINGS) -> Shown:
    """The largest Conley error, at any cut-off, as a percentage of the spread of placebo estimates; over outcomes."""
    shares = [error for by_cutoff in _conley(folder).values() for error in by_cutoff.values()]
    return quantity(100 * max(shares), "percent", digits=0)


def median_conley_share(folder: Path = FINDINGS) -> Shown:
    """The median over outcomes of the largest Conley error as a percentage of the spread of placebo estimates."""
    shares = [max(by_cutoff.values()) for by_cutoff in _conley(folder).values()]
    return quantity(100 * float(np.median(shares)), "percent", digits=0)


def _conley(folder: Path) -> dict[str, dict[int, float]]:
    """For each outcome the Conley error by cut-off, as a share of the spread of the placebo estimates."""
    known = load_all(folder)
    found: dict[str, dict[int, float]] = {}
    for outcome in LABELS:
        prefix = f"{DESIGN}.conley.{outcome}."
        spread = known[f"{DESIGN}.spread.{outcome}"].value
        errors = {int(k.removeprefix(prefix)): f.standard_error for k, f in known.starting(prefix).items()}
        if not errors:
            raise FindingError(f"no finding starts with {prefix!r}; run `report build`, which makes the findings")
        found[outcome] = {km: (errors[km] or 0.0) / spread for km in sorted(errors)}
    return found


def _apart(values: Sequence[float], gap: float) -> list[float]:
    """Places for labels of rising values, pushed apart until they are a gap from one another."""
    places = [float(v) for v in values]
    for _ in range(500):
        for i in range(len(places) - 1):
            short = gap - (places[i + 1] - places[i])
            if short > 0:
                places[i], places[i + 1] = places[i] - short / 2, places[i + 1] + short / 2
    lowest = min(places)
    return [p - min(lowest - gap / 2, 0.0) for p in places]


def conley_figure(folder: Path = FINDINGS) -> Figure:
    """Conley errors by cut-off, as shares of what placebo provinces' estimates spread."""
    shares = _conley(folder)
    largest = max(max(by.values()) for by in shares.values())
    title = (
        "At no distance do Conley errors reach the spread of placebo provinces"
        if largest < 1
        else "Conley errors reach the spread of placebo provinces for some outcome"
    )
    with style("conley"):
        figure = MatplotlibFigure(figsize=(WIDTH, 3.4), layout="constrained")
        axes = figure.subplots()
        ends = []
        for outcome, by in shares.items():
            own = outcome == "urban_share"
            axes.plot(
                list(by), list(by.values()), marker="o", markersize=3.5, linewidth=2.0 if own else 1.1,
                color=TREATED if own else COMPARISON, zorder=3 if own else 2,
            )  # fmt: skip
            ends.append((list(by.values())[-1], outcome))
        top = max(1.12, 1.08 * largest)
        for (value, outcome), place in zip(
            sorted(ends), _apart([v for v, _ in sorted(ends)], 0.052 * top), strict=True
        ):
            end = max(shares[outcome])
            axes.annotate(
                LABELS[outcome], (end, value), xytext=(end * 1.07, place), fontsize=SMALL, va="center",
                color=TREATED if outcome == "urban_share" else INK,
                arrowprops={"arrowstyle": "-", "color": LINE, "linewidth": 0.5, "relpos": (0, 0.5)},
            )  # fmt: skip
        axes.axhline(1, color=EMPHASIS, linewidth=1.0, linestyle=(0, (4, 3)))
        axes.annotate(
            "spread of placebo provinces", (0.01, 1), xycoords=("axes fraction", "data"), xytext=(0, 3),
            textcoords="offset points", fontsize=SMALL, color=EMPHASIS, va="bottom",
        )  # fmt: skip
        cutoffs = list(next(iter(shares.values())))
        axes.set_xticks(cutoffs, [format_number(c, 0) for c in cutoffs])
        axes.set_xlim(0, cutoffs[-1] * 1.42)
        axes.set_ylim(0, top)
        axes.yaxis.set_major_formatter(lambda y, _: format_number(y, 1))
        axes.grid(axis="y")
        axes.set_xlabel("Cut-off of the Conley error (kilometres)")
        axes.set_ylabel("Share of the standard\ndeviation of placebos")
        figure.suptitle(title, x=0.01, ha="left")
        drawn = [(outcome, km, share) for outcome, by in shares.items() for km, share in by.items()]
        return Figure(to_svg(figure), title, pd.DataFrame(drawn, columns=["outcome", "kilometres", "share"]))


def _standing_out(table: pd.DataFrame, treated: str) -> tuple[int, int]:
    """How many of the treated province's estimates have a placebo p of at most 0.05, and of how many."""
    out, keys = 0, table.groupby("key")
    for _, rows in keys:
        sizes = rows["estimate"].abs()
        own = sizes[rows["group"] == treated].iloc[0]
        out += int((sizes >= own * (1 - 1e-9)).mean() <= 0.05)
    return out, keys.ngroups


def rings_figure(samples: Path = SAMPLES) -> Figure:
    """Each province's rings: how much more outcomes changed near it than farther away; the treated one stands out."""
    treated = load_study().treated
    table = load_placebos(DESIGN, samples)
    table = table[table["key"].str.startswith(f"{DESIGN}.rings.")]
    if table.empty:
        raise FindingError(f"{DESIGN}: no placebo estimates of rings; run `report build`, which makes them")
    parts = table["key"].str.split(".")
    table = table.assign(outcome=parts.str[2], ring=parts.str[3])
    names = sorted(table["ring"].unique(), key=lambda r: float(r.split("_")[0]))
    spread = table[table["group"] != treated].groupby("key")["estimate"].std(ddof=1)
    table["scaled"] = table["estimate"] / table["key"].map(spread)
    home = PROVINCES[treated]
    out, count = _standing_out(table, treated)
    title = (
        f"{home} stands out among placebo provinces in {out or 'none'} of {count} rings and outcomes (p at most 0.05)"
    )
    with style("rings"):
        figure = MatplotlibFigure(figsize=(WIDTH, 0.32 * len(LABELS) + 1.4), layout="constrained")
        panels = np.atleast_1d(figure.subplots(1, len(names), sharey=True, sharex=True))
        for axes, ring in zip(panels, names, strict=True):
            for row, outcome in enumerate(LABELS):
                own = table[(table["ring"] == ring) & (table["outcome"] == outcome)]
                here = own["group"] == treated
                axes.scatter(own.loc[~here, "scaled"], np.full((~here).sum(), row), s=11, color=COMPARISON, alpha=0.8)
                axes.scatter(own.loc[here, "scaled"], [row], s=42, marker="D", color=TREATED, zorder=3)
            axes.axvline(0, color=INK, linewidth=0.8, zorder=1)
            low, high = ring.split("_")
            axes.set_title(f"{low} to {high} km", fontsize=SMALL)
            axes.xaxis.set_major_formatter(lambda x, _: format_number(x, 0))
        panels[0].set_yticks(range(len(LABELS)), list(LABELS.values()))
        panels[0].set_ylim(len(LABELS) - 0.5, -0.5)
        figure.supxlabel(
            f"Standard deviations of the placebo estimates; diamond: {home}, dots: other provinces", fontsize=SMALL
        )
        figure.suptitle(title, x=0.01, ha="left")
        return Figure(to_svg(figure), title, table[["outcome", "ring", "group", "estimate", "scaled"]])
