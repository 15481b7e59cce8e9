"""Which effects may carry a policy scenario, and for the rest how much they could still be, in people of one county.

The rule. A scenario is computed from an effect only if all of these hold:

1. its interval at 95% from placebo provinces leaves out nought;
2. so does the interval given the outcome's own level at the start, with the same sign, where the design has one;
3. so does the interval when the treated province is no control of its neighbours, with the same sign;
4. its p-value, corrected for all effects of its group that were looked at, is 0.05 or less.

What is looked at is every effect of the designs with placebo provinces that is on the programme's years: the eight
co-primary outcomes in four specifications each, in the long difference and at the border; public services and homes
in the same four; the indices of capacity; own revenue; roads, facilities and bonds; and lights. Variants of sample,
weights or method, single neighbours, single years, and years before the programme are checks of these and no effects
of their own; spillovers fall on other units than the programme's.
Groups are corrected apart since their units, and so their placebo provinces, differ.

The rule was written before the effects were counted, but not blind: chapters had printed that piped water leaves out
nought without controls and neither given its level nor with the treated province out of the controls. Levels, variants
and specifications are those that the designs had fixed before; none was added or left out here.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.designs.multiplicity import stepped
from analysis.findings import Finding, FindingError, Findings, MadeFrom
from analysis.results.claims import EffectClaim
from analysis.results.counties import LONG_FORM, OUTCOMES, SPECIFICATIONS
from analysis.results.first_stage import FACILITIES, HOMES
from analysis.results.long_difference import CLAIMS, SERVICES
from analysis.study import Study

DESIGN = "scenarios"
TITLE = "Policy scenarios: which effects may carry one, and what cannot be ruled out"
LEVEL = 0.05
PROGRAMME = "in programme"
CO_PRIMARY = "co_primary"
EVERYTHING = "all"
_SAME = 1e-9


@dataclass(frozen=True)
class Effect:
    """An effect that is looked at: its key, its outcome, its group, and the keys of its checks, where it has them."""

    key: str
    outcome: str
    group: str
    given_level: str | None
    apart: str
    co_primary: bool = False


def _effects() -> list[Effect]:
    found = []
    for outcome in (*OUTCOMES, SERVICES.name):
        for name in SPECIFICATIONS:
            stem = f"long_difference.{outcome}"
            found.append(
                Effect(
                    f"{stem}.{name}.effect", outcome, "counties", f"{stem}.own.effect",
                    f"{stem}.{name}.without_treated", outcome in OUTCOMES,
                )
            )  # fmt: skip
    for outcome in OUTCOMES:
        for name in SPECIFICATIONS:
            stem = f"border.{outcome}"
            found.append(
                Effect(
                    f"{stem}.{name}.effect", outcome, "counties", f"{stem}.own.effect", f"{stem}.{name}.apart.effect",
                    True,
                )
            )  # fmt: skip
    for home in HOMES:
        stem = f"first_stage.{home}"
        found += [
            Effect(f"{stem}.{name}", home, "counties", f"{stem}.own", f"{stem}.{name}_without_treated")
            for name in ("effect", "share", "own", "all")
        ]
    for index in ("capacity", "capacity_entropy", "coordination"):
        level = f"match.{index}.effect_given_start"
        found += [
            Effect(key, index, "counties", level, f"{key}.p_without_treated")
            for key in (f"match.{index}.effect", level)
        ]
    revenue, bonds = "match.fiscal_self_sufficiency.effect", "match.lgfv_bonds.effect"
    found.append(Effect(revenue, "fiscal_self_sufficiency", "counties", None, f"{revenue}.p_without_treated"))
    found.append(Effect(bonds, "lgfv_bonds", "cities", None, f"{bonds}.p_without_treated"))
    found += [
        Effect(f"first_stage.{name}.effect", name, "cities", None, f"first_stage.{name}.without_treated")
        for name in ("roads", *FACILITIES)
    ]
    found += [
        Effect(f"placebos.{name}.since_2013.change.effect", name, "lights", None,
               f"placebos.{name}.since_2013.change.apart.effect")
        for name in ("lights", "lights_urban")
    ]  # fmt: skip
    return found


EFFECTS = tuple(_effects())
GROUPS = {
    "counties": "effects on county-level units",
    "cities": "effects on cities and prefectures",
    "lights": "effects on night lights of prefectures",
}

# Effects of record whose range is told in people, the key of each, and what is counted.
RANGES = {
    "urban_share": "urban residents",
    "log_population": "residents",
    "log_urban_population": "urban residents",
    "migrants_same_county": "movers within the county",
    "migrants_same_province": "movers from elsewhere in the province",
    "migrants_other_province": "movers from other provinces",
    "agricultural_employment": "workers on farms",
    "service_employment": "workers in public services",
    "piped_water": "homes with piped water",
}


@dataclass(frozen=True)
class Results:
    """Findings, and every effect that was looked at.

    `effects` has key, outcome, group, estimate, low, high (empty where not bounded), unit, p, excludes_zero,
    given_level and apart (1 holds, 0 does not, empty where there is no such check), p_corrected, passes.
    """

    findings: Findings
    effects: pd.DataFrame


def range_key(outcome: str) -> str:
    """The key of the effect of record on an outcome, whose range is told in people."""
    if outcome == "piped_water":
        return "first_stage.piped_water.own"
    return f"long_difference.{outcome}.effect" if outcome in CLAIMS else f"long_difference.{outcome}.raw.effect"


def _known(known: Mapping[str, Finding], key: str) -> Finding:
    if key not in known:
        raise FindingError(f"{key}: no such finding; the designs come first")
    return known[key]


def excludes_zero(finding: Finding, sign: float = 0.0) -> bool:
    """Whether the interval leaves out nought, on the side of `sign` if that is not nought.

    A finding that is itself a p-value has no sign; it leaves out nought if it is 0.05 or less.
    """
    if finding.unit == "p-value":
        return finding.value <= LEVEL + _SAME
    if finding.interval is None or finding.level is None or finding.level < 1 - LEVEL - _SAME:
        return False
    low, high = finding.interval
    return (low > 0 and sign >= 0) or (high < 0 and sign <= 0)


def by_chance(placebos: int, level: float = LEVEL) -> float:
    """The probability that a test by so many placebo groups rejects a true null: whole steps of 1 / (placebos + 1)."""
    return float(np.floor(level * (placebos + 1) + _SAME) / (placebos + 1))


def corrected(placebos: pd.DataFrame, keys: Sequence[str], treated: str) -> pd.Series:
    """Step-down max-T p-values of effects taken together, over the provinces that all of them share.

    Args:
        placebos: key, group, estimate: every province's estimate of every effect.
        keys: the effects.
        treated: the treated province.

    Raises:
        FindingError: an effect has no placebo estimates, or fewer than two provinces are shared.
    """
    wide = placebos[placebos["key"].isin(keys)].pivot(index="group", columns="key", values="estimate")
    absent = [k for k in keys if k not in wide.columns]
    if absent:
        raise FindingError(f"{absent[0]}: no placebo estimates")
    scales = wide.drop(index=treated).std(ddof=1)
    shared = (wide[list(keys)].abs() / scales[list(keys)]).dropna()
    if treated not in shared.index or len(shared) < 3:
        raise FindingError(f"{len(shared)} provinces have all of {len(keys)} effects; two beside {treated} are needed")
    draws = shared.drop(index=treated)
    return pd.Series(stepped(shared.loc[treated].to_numpy(), draws.to_numpy()), index=list(keys))


def _firsts(placebos: pd.DataFrame, keys: Sequence[str]) -> pd.Series:
    """How many of the effects each province would call significant if it were the treated one."""
    own = placebos[placebos["key"].isin(keys)].assign(size=lambda t: t["estimate"].abs())
    rank = own.groupby("key")["size"].rank(ascending=False, method="max")
    share = rank / own.groupby("key")["size"].transform("size")
    return (share <= LEVEL + _SAME).groupby(own["group"]).sum()


def judge(known: Mapping[str, Finding], placebos: pd.DataFrame, treated: str) -> pd.DataFrame:
    """Every effect with the four conditions of the rule; `Results.effects` says what the columns are.

    Raises:
        FindingError: an effect, or one of its checks, is not among the findings.
    """
    p_corrected: dict[str, float] = {}
    for group in GROUPS:
        keys = [e.key for e in EFFECTS if e.group == group]
        p_corrected |= dict(zip(keys, corrected(placebos, keys, treated), strict=True))
    rows = []
    for effect in EFFECTS:
        own = _known(known, effect.key)
        sign = float(np.sign(own.value))
        first = excludes_zero(own)
        level = None if effect.given_level is None else excludes_zero(_known(known, effect.given_level), sign)
        apart = excludes_zero(_known(known, effect.apart), sign)
        low, high = own.interval or (None, None)
        rows.append(
            {
                "key": effect.key,
                "outcome": effect.outcome,
                "group": effect.group,
                "co_primary": int(effect.co_primary),
                "estimate": own.value,
                "low": low,
                "high": high,
                "unit": own.unit,
                "p": own.p_value,
                "placebos": own.placebos,
                "excludes_zero": int(first),
                "given_level": None if level is None else int(level),
                "apart": int(apart),
                "p_corrected": p_corrected[effect.key],
                "passes": int(first and level is not False and apart and p_corrected[effect.key] <= LEVEL + _SAME),
            }
        )
    return pd.DataFrame(rows)


def _counts(effects: pd.DataFrame, placebos: pd.DataFrame, study: Study) -> list[Finding]:
    found = []

    def add(name: str, value: float, unit: str, sample: str, how: str) -> None:
        found.append(Finding(f"{DESIGN}.{name}", float(value), unit, sample, how))

    parts = {
        EVERYTHING: (effects, "All effects that the designs with placebo provinces estimate on the programme's years."),
        CO_PRIMARY: (
            effects[effects["co_primary"] == 1],
            f"{len(OUTCOMES)} co-primary outcomes in {len(SPECIFICATIONS)} specifications, in the long difference and "
            "at the border.",
        ),
    }
    for name, (part, sample) in parts.items():
        beyond = part[part["excludes_zero"] == 1]
        add(f"{name}.looked_at", len(part), "effects", sample, "How many there are.")
        add(
            f"{name}.not_bounded", int(part["low"].isna().sum()), "effects", sample,
            "Effects with too few placebo provinces to bound an interval at 95%, which can never leave out nought.",
        )  # fmt: skip
        add(f"{name}.excluding_zero", len(beyond), "effects", sample, "Effects whose 95% interval leaves out nought.")
        add(
            f"{name}.by_chance", sum(by_chance(int(n)) for n in part["placebos"]), "effects", sample,
            "How many would be expected to leave out nought if no programme had any effect: the sum of the levels that "
            "the tests have, which is less than 5% where placebo provinces are few.",
        )  # fmt: skip
        for check, words in (
            ("given_level", "given the outcome's own level at the start, or without such a check"),
            ("apart", "with the treated province out of its neighbours' controls"),
        ):
            holding = beyond[check].fillna(1).sum()
            add(f"{name}.holding_{check}", holding, "effects", sample, f"Of these, effects that leave it out {words}.")
        holding = int((beyond["p_corrected"] <= LEVEL + _SAME).sum())
        add(
            f"{name}.holding_corrected", holding, "effects", sample,
            "Of these, effects with a p-value of 0.05 or less after correction for all effects of their group.",
        )  # fmt: skip
        add(f"{name}.passing", part["passes"].sum(), "effects", sample, "Effects that meet all conditions of the rule.")
    for group, words in GROUPS.items():
        part = effects[effects["group"] == group]
        sample = f"{len(part)} {words}."
        add(
            f"{group}.smallest_p_corrected", part["p_corrected"].min(), "p-value", sample,
            "The smallest p-value after the step-down of Westfall and Young over the placebo provinces that all share.",
        )  # fmt: skip
    counties = [e.key for e in EFFECTS if e.group == "counties"]
    firsts = _firsts(placebos, counties)
    sample = f"{len(counties)} {GROUPS['counties']}; {len(firsts)} provinces, each in the treated one's place."
    how = "Effects with a p-value of 0.05 or less if that province were the treated one."
    add("counties.provinces", len(firsts), "provinces", sample, "How many there are.")
    add("counties.provinces_with_any", int((firsts > 0).sum()), "provinces", sample, f"Provinces that have any. {how}")
    add("counties.most_elsewhere", firsts.drop(index=study.treated).max(), "effects", sample,
        f"The most that a province without the programme has. {how}")  # fmt: skip
    add("counties.own", firsts[study.treated], "effects", sample, f"The treated province's. {how}")
    return found


@dataclass(frozen=True)
class County:
    """A county of the median size: residents, urban residents, people at work and homes, each the median."""

    population: float
    urban_population: float
    employed: float
    households: float

    def people(self, outcome: str) -> Callable[[float], float]:
        """What turns an effect on an outcome into a number of people, or of homes.

        A share is taken of residents, of people at work or of homes; a log difference of d log points in N people is
        N (1 - exp(-d / 100)), which is how many fewer there would be without it.

        Raises:
            FindingError: the outcome is not one of those whose range is told in people.
        """
        logs = {"log_population": self.population, "log_urban_population": self.urban_population}
        if outcome in logs:
            return lambda d: float(logs[outcome] * -np.expm1(-d / 100))
        shares = {
            "agricultural_employment": self.employed / 100,
            "service_employment": self.population / 1000,
            "piped_water": self.households / 100,
        }
        if outcome not in RANGES:
            raise FindingError(f"{outcome}: an effect on it cannot be told in people")
        return lambda d: float(shares.get(outcome, self.population / 100) * d)


def median_county(units: pd.DataFrame, census: pd.DataFrame, study: Study) -> tuple[County, int]:
    """The programme's median unit at the last census, each figure's own median, and how many units there are."""
    codes = units.loc[units["baicheng"] == PROGRAMME, f"code{study.last_year}"]
    rows = census[(census["year"] == study.last_year) & census["code"].isin(codes)]
    medians = rows[["population", "urban_population", "employed", "households_surveyed"]].median()
    return (
        County(
            float(medians["population"]),
            float(medians["urban_population"]),
            LONG_FORM * float(medians["employed"]),
            LONG_FORM * float(medians["households_surveyed"]),
        ),
        len(rows),
    )


def _in_people(key: str, own: Finding, outcome: str, county: County, what: str) -> Finding:
    people = county.people(outcome)
    return Finding(
        key,
        people(own.value),
        RANGES[outcome],
        f"A county of the median size among the programme's. {own.sample}",
        f"{what} {own.key}, turned into a number for such a county.",
        interval=None if own.interval is None else (people(own.interval[0]), people(own.interval[1])),
        level=own.level,
        p_value=own.p_value,
        n=own.n,
        placebos=own.placebos,
        smallest_p=own.smallest_p,
        detectable=None if own.detectable is None else people(own.detectable),
    )


def results(
    units: pd.DataFrame,
    census: pd.DataFrame,
    study: Study,
    claims: Sequence[EffectClaim],
    known: Mapping[str, Finding],
    placebos: pd.DataFrame,
    made_from: MadeFrom,
) -> Results:
    """Judge every effect by the rule, compute scenarios from those that pass, and ranges from those of record.

    Args:
        units: the register, `data/units.csv`.
        census: the census figures, `data/census.csv`.
        study: the study's definition.
        claims: the claims that are judged by an effect.
        known: findings of the designs, by key.
        placebos: key, group, estimate: every province's estimate of every effect.
        made_from: what the findings are made from.

    Raises:
        FindingError: an effect, one of its checks, or its placebo estimates are missing.
    """
    effects = judge(known, placebos, study.treated)
    county, count = median_county(units, census, study)
    found = _counts(effects, placebos, study)
    for name, value, unit in (
        ("population", county.population, "residents"),
        ("urban_population", county.urban_population, "urban residents"),
        ("employed", county.employed, "people at work"),
        ("households", county.households, "homes"),
    ):
        found.append(
            Finding(
                f"{DESIGN}.median.{name}", value, unit, f"{count} units of the programme, census of {study.last_year}.",
                "Median over the units; people at work and homes are the long form's, times ten.", n=count,
            )
        )  # fmt: skip
    for outcome in RANGES:
        own = _known(known, range_key(outcome))
        found.append(_in_people(f"{DESIGN}.people.{outcome}", own, outcome, county, "The effect of record"))
    for claim in claims:
        if claim.outcome in RANGES:
            sign = -1 if claim.expects == "decrease" else 1
            found.append(
                Finding(
                    f"{DESIGN}.size.{claim.outcome}", county.people(claim.outcome)(sign * claim.size),
                    RANGES[claim.outcome], f"A county of the median size among {count} units of the programme.",
                    f"The smallest size that would matter by claim {claim.id}, {claim.size:g} {claim.unit}, turned "
                    "into a number for such a county.",
                )
            )  # fmt: skip
    for key, outcome in effects.loc[effects["passes"] == 1, ["key", "outcome"]].itertuples(index=False):
        if outcome in RANGES:
            what = "A scenario, from the effect"
            found.append(_in_people(f"{DESIGN}.scenario.{key}", known[key], outcome, county, what))
    return Results(Findings(DESIGN, TITLE, made_from, tuple(found)), effects)
