"""Dose and response: tables of slopes, their checks and bounds, and the binned scatter."""

from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure as MatplotlibFigure
from matplotlib.ticker import MaxNLocator, NullLocator

from analysis.findings import Finding, FindingError, load_all
from analysis.paths import FINDINGS
from analysis.present.effects import outcome_words, with_unit
from analysis.present.numbers import Shown, capitalized, decimals, format_number, p_words
from analysis.present.samples import load_points
from analysis.present.style import COMPARISON, EMPHASIS, INK, SMALL, TREATED, WIDTH, Figure, style, to_svg
from analysis.present.tables import Column, Row, Table
from analysis.results.counties import OUTCOMES
from analysis.results.dose_response import DESIGN, DOSES, VERSIONS
from analysis.study import load_study

CLUSTERED = (
    "Standard errors in brackets are clustered by prefecture, CRV1: factor G/(G−1) × (N−1)/(N−K), where K counts the "
    "effects of provinces, and those of prefectures once. Intervals are from t with G−1 degrees of freedom."
)


def with_error(found: Finding) -> tuple[str, str]:
    """The estimate, and its standard error in brackets, with the same decimals."""
    places = decimals(found.value, found.unit, found.standard_error)
    return format_number(found.value, places), f"({format_number(found.standard_error or 0.0, places)})"


def interval_words(found: Finding) -> str | None:
    """The interval's ends, as a table shows them."""
    if found.interval is None:
        return None
    places = decimals(found.value, found.unit, found.standard_error)
    return " to ".join(format_number(end, places) for end in found.interval)


def _words(outcome: str) -> str:
    """What prose calls an outcome beside its unit, which says that it is in logs."""
    return OUTCOMES[outcome].words.removesuffix(" (log)")


def slopes_table(dose: str, folder: Path = FINDINGS) -> Table:
    """What goes with twice the dose, one row an outcome, one column a version.

    Args:
        dose: a name of `results.dose_response.DOSES`.
        folder: where the findings are.

    Raises:
        FindingError: a finding is missing.
    """
    known = load_all(folder)
    rows = []
    for outcome in OUTCOMES.values():
        base = f"{DESIGN}.{dose}.{outcome.name}"
        shown = [with_error(known[base if version == "province" else f"{base}.{version}"]) for version in VERSIONS]
        rows.append(
            Row(
                [
                    with_unit(outcome_words(outcome.name), outcome.unit),
                    *(value for value, _ in shown),
                    p_words(known[f"{base}.p_family"].value),
                ],
                [*(error for _, error in shown), None],
            )
        )
    any_one = known[f"{DESIGN}.{dose}.{next(iter(OUTCOMES))}"]
    return Table(
        columns=[
            Column("Change that goes with twice the dose", align="left", width=30),
            Column("Within provinces", width=10),
            Column("given urban share", width=10),
            Column("given own level", width=10),
            Column("given covariates", width=10),
            Column("Within prefectures", width=11),
            Column("given covariates", width=10),
            Column("p, several outcomes", width=9),
        ],
        rows=rows,
        notes=[
            f"Dose: {DOSES[dose].words}, {DOSES[dose].years}. Movers are shares of residents. Associations.",
            CLUSTERED,
            "p, several outcomes: of the first column, step-down over sign flips of prefectures (Romano and Wolf).",
            f"Sample: {any_one.sample}",
        ],
    )


def checks_table(dose: str, outcome: str, folder: Path = FINDINGS) -> Table:
    """The slope of one outcome seen from other sides: earlier growth, other doses, other errors, one province.

    Rows whose finding is missing are left out: not every dose and outcome has all of them.
    """
    known = load_all(folder)
    study = load_study()
    name = study.province_names[study.treated]
    labels = {
        "": "As in the table before",
        ".same_units": "Units on the same ground since 2000",
        ".placebo": "Their growth 2000 to 2010 on the same dose",
        ".acceleration": "Their growth 2010 to 2020 less that of 2000 to 2010",
        ".acceleration_prefecture": "The same, within prefectures",
        ".years_2006": "Dose of 2006 alone",
        ".years_2010": "Dose of 2010 alone",
        ".any_year": "Dose over whatever years from 2006 to 2010",
        ".years_2007_2011": "Dose over whatever years from 2007 to 2011",
        ".census_heads": "Dose per registered resident of the census",
        ".given_gap": "Given residents over registered people, 2010",
        ".without_zones": "Without units near development zones",
        ".by_province": "Error clustered by province",
        ".conley_100": "Conley error, 100 km",
        ".conley_200": "Conley error, 200 km",
        ".conley_400": "Conley error, 400 km",
        f".{name.lower()}": f"{name} alone",
        f".{name.lower()}_prefecture": f"{name} alone, within prefectures",
    }
    base = f"{DESIGN}.{dose}.{outcome}"
    rows = []
    for suffix, label in labels.items():
        found = known.get(f"{base}{suffix}") if suffix else known[base]
        if found is None:
            continue
        value, error = with_error(found)
        rows.append(
            Row(
                [
                    label,
                    value,
                    error.strip("()"),
                    interval_words(found),
                    p_words(found.p_value),
                    None if found.n is None else format_number(found.n, 0),
                ]
            )
        )
    return Table(
        columns=[
            Column("Version", align="left", width=40),
            Column("Estimate", width=11),
            Column("Error", width=10),
            Column("95 percent interval", width=18),
            Column("p", width=10),
            Column("Units", width=11),
        ],
        rows=rows,
        notes=[
            f"Change in {_words(outcome)}, {OUTCOMES[outcome].unit}, that goes with twice the dose, within "
            "provinces unless it says otherwise. Associations.",
            "Errors by prefecture, CRV1, unless it says otherwise. Conley: Bartlett weights, no small-sample factor; "
            "units without a polygon are left out.",
        ],
    )


def omitted_table(folder: Path = FINDINGS) -> Table:
    """What an omitted variable would have to be: robustness values beside covariates, and Oster's bound."""
    known = load_all(folder)
    rows = []
    for dose in DOSES:
        for outcome in ("log_population", "urban_share"):
            base = f"{DESIGN}.{dose}.{outcome}"
            own, speaks = known[f"{base}.province_covariates"], known[f"{base}.oster_speaks"].value == 1
            delta = known.get(f"{base}.oster_delta")
            places = decimals(own.value, own.unit, own.standard_error)

            def percent(name: str, base: str = base) -> str:
                return format_number(known[f"{base}.{name}"].value, 1)

            rows.append(
                Row(
                    [
                        with_unit(f"{capitalized(OUTCOMES[outcome].words)} on {dose}", own.unit),
                        format_number(own.value, places),
                        percent("robustness_value"),
                        f"{percent('strongest_with_dose')}; {percent('strongest_with_outcome')}",
                        f"{percent('r_squared_without')}; {percent('r_squared_with')}",
                        format_number(delta.value, 2) if speaks and delta is not None else "says nothing",
                        format_number(known[f"{base}.oster_adjusted"].value, places) if speaks else "says nothing",
                    ]
                )
            )
    return Table(
        columns=[
            Column("Change that goes with twice the dose", align="left", width=28),
            Column("Estimate", width=11),
            Column("Robustness value", "percent", width=13),
            Column("Strongest covariate: with dose; with outcome", "percent", width=16),
            Column("R² within: without; with covariates", "percent", width=14),
            Column("Delta", width=9),
            Column("Adjusted", width=9),
        ],
        rows=rows,
        notes=[
            "Within provinces, given covariates of 2010. Robustness value: of what the other terms leave of dose and "
            "of outcome, the share that an omitted variable would have to explain of both to bring the slope to "
            "nought. The pair after it is what the strongest covariates explain, given the others.",
            "Delta: how strongly the omitted would have to go with the dose, measured by the covariates, to bring the "
            "slope to nought; adjusted: the slope if as strongly. R² could reach 1.3 times that with covariates.",
        ],
    )


def oster_sentence(dose: str, outcome: str, folder: Path = FINDINGS) -> Shown:
    """Oster's bound in a sentence, or why it says nothing."""
    known = load_all(folder)
    base = f"{DESIGN}.{dose}.{outcome}"
    speaks = known[f"{base}.oster_speaks"]
    if speaks.value != 1:
        reason = speaks.specification.removeprefix("Whether Oster's bound says anything. ")
        return Shown(f"For {_words(outcome)} on {dose} Oster\u2019s bound says nothing: {reason}.")
    delta, adjusted = known.get(f"{base}.oster_delta"), known[f"{base}.oster_adjusted"]
    own = known[f"{base}.province_covariates"]
    places = decimals(own.value, own.unit, own.standard_error)
    needed = (
        "No omitted variable could bring it to nought at that R²"
        if delta is None or delta.value < 0
        else f"To bring it to nought they would have to go with it {format_number(delta.value, 1)} times as strongly"
    )
    return Shown(
        f"If what is omitted went with {dose} as strongly as the covariates do, the slope for "
        f"{_words(outcome)} would be {format_number(adjusted.value, places)} instead of "
        f"{format_number(own.value, places)} {own.unit}. {needed}."
    )


def earlier_sentence(dose: str, folder: Path = FINDINGS) -> Shown:
    """Whether growth of the decade before went with the same dose, and whether growth went with it more afterwards."""
    known = load_all(folder)
    base = f"{DESIGN}.{dose}.log_population"
    before, more = known[f"{base}.placebo"], known[f"{base}.acceleration"]
    if before.interval is None or more.interval is None:
        raise FindingError(f"finding {base}.placebo: no interval; run `report build`, which makes the findings")
    older = before.interval[0] > 0 or before.interval[1] < 0
    changed = more.interval[0] > 0 or more.interval[1] < 0
    first = (
        f"Units with a larger dose already grew {'faster' if before.value > 0 else 'more slowly'} in the decade before"
        if older
        else "Growth in the decade before cannot be told apart by the dose"
    )
    second = (
        f"the slope {'rose' if more.value > 0 else 'fell'} from one decade to the next"
        if changed
        else "how much growth changed from one decade to the next cannot be told apart by it"
    )
    return Shown(f"{first}, {'but' if older != changed else 'and'} {second}.")


def _direction(slope: Finding, outcome: str) -> str:
    """What an outcome does where the dose is larger, as far as the slope's interval tells."""
    if slope.interval is None or slope.interval[0] <= 0 <= slope.interval[1]:
        return f"no clear slope of {outcome}"
    return f"a {'larger' if slope.value > 0 else 'smaller'} change in {outcome}"


def binned_figure(
    dose: str, *, outcomes: tuple[str, ...] = ("log_population", "urban_share"), bins: pd.DataFrame | None = None,
    folder: Path = FINDINGS,
) -> Figure:  # fmt: skip
    """Binned scatter of outcomes on a dose within provinces, bars for the uniform band; hollow marks with covariates.

    Args:
        dose: a name of `results.dose_response.DOSES`.
        outcomes: a panel each.
        bins: the points; the pipeline's if not given.
        folder: where the findings are.

    Raises:
        FindingError: there are no points of the dose and an outcome.
    """
    bins = load_points(f"{DESIGN}_bins") if bins is None else bins
    known = load_all(folder)
    seen = [_direction(known[f"{DESIGN}.{dose}.{o}"], _words(o)) for o in outcomes]
    title = f"More {dose} per head: {', '.join(seen)}"
    with style(f"binned_{dose}"):
        figure = MatplotlibFigure(figsize=(WIDTH, 3.1), layout="constrained")
        for axes, outcome in zip(figure.subplots(1, len(outcomes), squeeze=False)[0], outcomes, strict=True):
            own = bins[(bins["dose"] == dose) & (bins["outcome"] == outcome)]
            plain, given = (own[own["version"] == v].sort_values("at") for v in ("province", "province_covariates"))
            if plain.empty or given.empty:
                raise FindingError(f"no binned points of {outcome!r} on {dose!r}; run `report build`")
            axes.grid(axis="y", color="#dcdcda", linewidth=0.6)
            axes.vlines(plain["at"], plain["band_low"], plain["band_high"], color=COMPARISON, alpha=0.5, linewidth=5)
            axes.plot(plain["at"], plain["mean"], "o", color=TREATED, markersize=4)
            axes.plot(given["at"], given["mean"], "o", markerfacecolor="white", color=EMPHASIS, markersize=4)
            axes.axhline(0, color=INK, linewidth=0.8, zorder=1)
            axes.set_xscale("log")
            axes.xaxis.set_minor_locator(NullLocator())
            low, high = own["at"].min(), own["at"].max()
            axes.set_xticks([t for t in (500, 1000, 2000, 5000, 10000, 20000, 50000) if low * 0.8 <= t <= high * 1.25])
            axes.xaxis.set_major_formatter(lambda x, _: format_number(x, 0))
            axes.yaxis.set_major_locator(MaxNLocator(7, integer=True))
            axes.yaxis.set_major_formatter(lambda y, _: format_number(y, 0))
            axes.tick_params(axis="y", labelsize=SMALL)
            axes.set_xlabel("Yuan per registered resident (log scale)", fontsize=SMALL)
            axes.set_title(f"Change in {_words(outcome)} ({OUTCOMES[outcome].unit})", fontsize=SMALL)
        figure.suptitle(title, x=0.01, ha="left")
        return Figure(to_svg(figure), title, bins[(bins["dose"] == dose) & bins["outcome"].isin(outcomes)])
