"""Across designs: errors that leave out shocks to provinces, and p without the treated province among controls."""

from pathlib import Path

import numpy as np

from analysis.designs.placebo import DETECTABLE
from analysis.findings import Finding, load_all
from analysis.paths import FINDINGS
from analysis.present.effects import placebo_note, places
from analysis.present.numbers import Shown, capitalized, format_number
from analysis.present.tables import Column, Row, Table
from analysis.results.counties import MORE, OUTCOMES
from analysis.results.effects import CUTOFFS
from analysis.results.first_stage import FACILITIES, HOMES
from analysis.study import load_study


def _plain(words: str) -> str:
    return words.removesuffix(" (log)")  # the unit says it


COUNTIES = ("urban_share", "log_population", "log_urban_population")
KINDS = {"crv1": "CRV1", "crv3": "CRV3", **{f"conley_{c}": f"Conley, {c} km" for c in CUTOFFS}}
# The headline effects of the designs: without controls, as each chapter has them first.
HEADLINES = {
    **{f"long_difference.{o}.raw.effect": f"All counties: {_plain(OUTCOMES[o].words)}" for o in COUNTIES},
    **{f"border.{o}.raw.effect": f"Border: {_plain(OUTCOMES[o].words)}" for o in COUNTIES},
    "placebos.before.log_population.raw.effect": "Counties, 2000–2010: residents",
    "placebos.turn.log_population.raw.effect": "Counties, change in change: residents",
    **{f"first_stage.{h}.effect": capitalized(MORE[h].words) for h in HOMES},
    "match.capacity.effect": "Counties: capacity index",
    "match.fiscal_self_sufficiency.effect": "Counties: own revenue over spending",
    "first_stage.roads.effect": "County-level cities: road area per head",
    **{f"first_stage.{n}.effect": f"Urban cores: {f.words}" for n, f in FACILITIES.items()},
    "placebos.prefectures.urban_share.turn.raw.effect": "Prefectures, change in change: urban share",
    "placebos.lights.since_2013.change.effect": "Prefectures: night lights, from 2013",
    "match.lgfv_bonds.effect": "Prefectures: bonds over GDP",
}
SPACE = {
    **{f"space.effect.{o}": f"Space, given all: {_plain(OUTCOMES[o].words)}" for o in COUNTIES},
    **{f"space.rings.{o}.0_50": f"Ring up to 50 km: {_plain(OUTCOMES[o].words)}" for o in COUNTIES},
}


def without_treated(key: str) -> str:
    """The key under which an effect's variant stands that has no treated province among the controls of others."""
    design, rest = key.split(".", maxsplit=1)
    stem = rest.removesuffix(".effect")
    if design in ("border", "placebos"):
        return f"{design}.{stem}.apart.effect"
    if design == "match":
        return f"{key}.p_without_treated"
    if design == "first_stage" and stem in HOMES:
        return f"{key}_without_treated"
    return f"{key.removesuffix('.effect')}.without_treated"


def _spread(effect: Finding) -> float:
    return (effect.detectable or 0.0) / DETECTABLE


def _errors(key: str, folder: Path) -> dict[str, float | None]:
    known = load_all(folder)
    found = {kind: known.get(f"{key}.{kind}") for kind in KINDS}
    return {kind: None if f is None else f.standard_error for kind, f in found.items()}


def ratios(folder: Path = FINDINGS) -> dict[str, float]:
    """For each headline effect how many times the largest of its other errors the placebo spread is.

    Raises:
        FindingError: an effect is missing.
    """
    known = load_all(folder)
    return {
        key: _spread(known[key]) / max(e for e in _errors(key, folder).values() if e is not None) for key in HEADLINES
    }


def ratio(which: str, folder: Path = FINDINGS) -> Shown:
    """The smallest, median or largest of the ratios."""
    quantile = {"smallest": 0.0, "median": 0.5, "largest": 1.0}[which]
    return Shown(format_number(float(np.quantile(list(ratios(folder).values()), quantile)), 1))


def wider(folder: Path = FINDINGS) -> Shown:
    """In how many headline effects the placebo spread is above all other errors, such as "22 of 23"."""
    found = ratios(folder)
    return Shown(f"{sum(r > 1 for r in found.values())} of {len(found)}")


def errors_table(folder: Path = FINDINGS) -> Table:
    """The spread of placebo provinces beside errors that count prefectures or distance, design by design."""
    known = load_all(folder)
    above = ratios(folder)
    rows = []
    for key, label in HEADLINES.items():
        effect, errors = known[key], _errors(key, folder)
        digits = places(effect) + 1
        rows.append(
            Row(
                [
                    f"{label} ({effect.unit})",
                    format_number(effect.value, digits),
                    format_number(_spread(effect), digits),
                    *(None if e is None else format_number(e, digits) for e in errors.values()),
                    format_number(above[key], 1),
                ]
            )
        )
    return Table(
        columns=[
            Column("Effect, no controls", align="left"),
            Column("Estimate"),
            Column("Placebo spread"),
            *(Column(head) for head in KINDS.values()),
            Column("Spread over the largest"),
        ],
        rows=rows,
        notes=[
            "Placebo spread: standard deviation of the placebo provinces' estimates. The errors to its right leave out "
            "shocks to whole provinces.",
            "CRV1 and CRV3: by prefecture; where units are prefectures each is a cluster. At the border by prefecture "
            "on either side, V1 + V2 − V12. CRV3: cluster jackknife, factor (G−1)/G. Conley: Bartlett kernel, no "
            "small-sample factor; a pair at the border stands midway between its two units.",
            "No Conley errors for urban cores and prefectures: their tables have no places on the ground.",
        ],
    )


def apart_table(folder: Path = FINDINGS) -> Table:
    """Headline effects with the treated province among the controls of its neighbours, and without."""
    known = load_all(folder)
    study = load_study()
    name = study.province_names[study.treated]
    pairs = {label: (known[key], known[without_treated(key)]) for key, label in (HEADLINES | SPACE).items()}
    rows = []
    for label, (effect, alone) in pairs.items():
        p = (effect.p_value, _p(alone))
        rows.append(
            Row(
                [
                    f"{label} ({effect.unit})",
                    format_number(effect.value, places(effect)),
                    *(None if one is None else format_number(one, 2) for one in p),
                    *(format_number(f.placebos or 0, 0) for f in (effect, alone)),
                ]
            )
        )
    return Table(
        columns=[
            Column("Effect", align="left"),
            Column("Estimate"),
            Column(f"p, {name} a control"),
            Column(f"p, {name} no control"),
            Column("Placebos, a control"),
            Column("Placebos, no control"),
        ],
        rows=rows,
        notes=[
            f"{name}'s own estimate is the same either way; the placebos of the provinces that touch it change.",
            placebo_note(f for pair in pairs.values() for f in pair),
            f"Synthetic comparisons are not here: {name} is no donor of another province in any of them.",
        ],
    )


def _p(found: Finding) -> float | None:
    return found.value if found.unit == "p-value" else found.p_value


def crossings(folder: Path = FINDINGS) -> Shown:
    """How many headline effects have a p on another side of 0.05 without the treated province, such as "1 of 29"."""
    known = load_all(folder)
    keys = list(HEADLINES | SPACE)
    moved = 0
    for key in keys:
        one, other = known[key].p_value, _p(known[without_treated(key)])
        moved += one is not None and other is not None and (one <= 0.05) != (other <= 0.05)
    return Shown(f"{moved} of {len(keys)}")
