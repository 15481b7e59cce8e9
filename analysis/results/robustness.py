"""Whether the answer hangs on choices: a specification curve of the long difference, and prefectures left out."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.designs.errors import DesignError
from analysis.designs.placebo import leave_one_out, moments, place
from analysis.designs.specification_curve import (
    Boolean,
    Curve,
    Joint,
    Specification,
    everyone,
    infer,
    specification_curve,
)
from analysis.findings import Finding, Findings, MadeFrom
from analysis.results.counties import CONTROLS, OUTCOMES, SPECIFICATIONS, build, complete, neighbours
from analysis.study import Study

DESIGN = "robustness"
TITLE = "The long difference over all sensible specifications, and without one prefecture at a time"
DEVIATIONS = "standard deviations of the outcome"
SHARE = "percent"
SMALLEST = 20
WEIGHT = "population_start"
EVERYTHING = "all_outcomes"
FALLS = ("agricultural_employment",)  # urbanization lowers it, so its estimates change sign where outcomes are joined
LEFT_OUT = ("raw", "all")  # the specifications that prefectures are left out of

KINDS = {"all": "counties, banners and county-level cities", "counties": "without county-level cities"}
ZONES = {"kept": "units that gave ground to zones kept", "out": "without them"}
CAPITALS = {"kept": "the capital's prefecture kept", "out": "without it"}
COMPARISONS = {"neighbours": "against neighbours", "everyone": "against all other provinces"}
WEIGHTS = {"none": "unweighted", "population": "weighted by population"}


@dataclass(frozen=True)
class Result:
    """Findings, the curve's points and the estimates without one prefecture.

    `curve` has one row a specification: outcome, kinds, zones, capital, comparison, controls, weight, units; scale (the
    standard deviation that estimates are divided by, below nought where a fall is more urban), estimate, p_placebo and
    p_clustered of the treated province; and a column of estimates for each province by its code, empty where it is no
    candidate. `left_out` has outcome, specification, prefecture and the estimate without it, and full, that with all.
    """

    findings: Findings
    curve: pd.DataFrame
    left_out: pd.DataFrame


def capital_prefectures(units: pd.DataFrame, year: int) -> set[str]:
    """The prefecture of each provincial capital: where the district nearest to the capital's centre lies.

    As in the column prefecture of `counties.build`.
    """
    code = units[f"code{year}"]
    districts = units[(units["unit_type"] == "district") & (code != "")].assign(province_code=code.str[:2])
    nearest = districts.sort_values(["km_to_capital", "unit_id"]).drop_duplicates("province_code")
    return set(nearest["province_code"] + " " + nearest["prefecture"])


def _all_levels() -> list[str]:
    return [f"{c}_start" for c in dict.fromkeys([*CONTROLS, *OUTCOMES])]


def data(units: pd.DataFrame, census: pd.DataFrame, study: Study) -> tuple[pd.DataFrame, int]:
    """Units with all outcomes, controls and weights, and how many were left out for want of one."""
    frame = build(units, census, first=study.first_year, last=study.last_year)
    rows, dropped = complete(frame, [*OUTCOMES, *_all_levels(), WEIGHT])
    return rows, len(dropped)


def _samples(rows: pd.DataFrame, capitals: set[str]) -> dict[tuple[str, str, str], Boolean]:
    kinds = {"all": np.ones(len(rows), dtype=bool), "counties": rows["kind"].ne("county_city").to_numpy()}
    zones = {"kept": np.ones(len(rows), dtype=bool), "out": rows["zone"].eq(0).to_numpy()}
    capital = {"kept": np.ones(len(rows), dtype=bool), "out": ~rows["prefecture"].isin(capitals).to_numpy()}
    return {(k, z, c): kinds[k] & zones[z] & capital[c] for k in KINDS for z in ZONES for c in CAPITALS}


def grid(rows: pd.DataFrame, capitals: set[str]) -> tuple[dict[Specification, dict[str, str]], dict[str, Boolean]]:
    """Every combination of choices, each once, with the names of its choices; and the samples by name."""
    samples = _samples(rows, capitals)
    found: dict[Specification, dict[str, str]] = {}
    for outcome in OUTCOMES:
        for (kinds, zones, capital), _ in samples.items():
            for comparison in COMPARISONS:
                for controls in SPECIFICATIONS.values():
                    for weight in WEIGHTS:
                        specification = Specification(
                            outcome,
                            f"{kinds} {zones} {capital}",
                            comparison,
                            controls.controls(outcome),
                            WEIGHT if weight == "population" else None,
                        )
                        choices = {
                            "outcome": outcome,
                            "kinds": kinds,
                            "zones": zones,
                            "capital": capital,
                            "comparison": comparison,
                            "controls": controls.name,
                            "weight": weight,
                        }
                        found.setdefault(specification, choices)  # the urban share's own level is the urban share
    return found, {" ".join(names): rows_in for names, rows_in in samples.items()}


def curve(
    rows: pd.DataFrame,
    specifications: list[Specification],
    samples: dict[str, Boolean],
    adjacency: pd.DataFrame,
    study: Study,
) -> Curve:
    """The study's specification curve."""
    return specification_curve(
        rows,
        specifications,
        study.treated,
        group="province",
        cluster="prefecture",
        unit="unit_id",
        samples=samples,
        comparisons={
            "neighbours": neighbours(adjacency),
            "everyone": everyone(sorted(rows["province"].unique())),
        },
        smallest=SMALLEST,
    )


def _joint(name: str, words: str, j: Joint, sample: str) -> list[Finding]:
    how = (
        f"Specification curve of {words}: {j.specifications} specifications (kinds of unit, zones, the capital's "
        "prefecture, neighbours or all provinces, four sets of controls, weights), each with every province in the "
        "treated place."
    )
    inference = (
        f" p is the share of {j.groups} provinces, those with {SMALLEST} units in every sample, "
        "whose curve shows as much."
    )

    def finding(key: str, value: float, unit: str, what: str, p: float | None = None) -> Finding:
        return Finding(
            f"{DESIGN}.curve.{name}.{key}",
            value,
            unit,
            sample,
            f"{how} {what}{inference if p is not None else ''}",
            p_value=p,
            placebos=None if p is None else j.groups - 1,
            smallest_p=None if p is None else 1 / j.groups,
        )

    return [
        finding("specifications", j.specifications, "specifications", "Their number."),
        finding("median", j.median, DEVIATIONS, "Median estimate.", j.median_p),
        finding("low", j.low, DEVIATIONS, "Smallest estimate."),
        finding("high", j.high, DEVIATIONS, "Largest estimate."),
        finding("positive", 100 * j.positive, SHARE, "Share of estimates above nought."),
        finding(
            "significant_placebo",
            100 * j.share_placebo,
            SHARE,
            "Share of specifications that placebo provinces call significant at 5%.",
            j.share_placebo_p,
        ),
        finding(
            "significant_clustered",
            100 * j.share_clustered,
            SHARE,
            "Share of specifications that errors clustered by prefecture (CRV1) call significant at 5%.",
            j.share_clustered_p,
        ),
        finding(
            "others_significant_clustered",
            100 * j.others_share_clustered,
            SHARE,
            "The same share for a province without the programme: the median over the other provinces.",
        ),
        finding(
            "others_median_size",
            j.others_median_size,
            DEVIATIONS,
            "Size of the median estimate of a province without the programme: the median over the other provinces.",
        ),
    ]


def _left_out(rows: pd.DataFrame, adjacency: pd.DataFrame, study: Study) -> pd.DataFrame:
    near = [n for n in neighbours(adjacency)[study.treated] if (rows["province"] == n).any()]
    parts = []
    for name in LEFT_OUT:
        for outcome in OUTCOMES:
            m = moments(
                rows,
                [outcome],
                study.treated,
                group="province",
                cluster="prefecture",
                unit="unit_id",
                controls=SPECIFICATIONS[name].controls(outcome),
            )
            without = leave_one_out(m, study.treated, near)[outcome]
            parts.append(
                pd.DataFrame(
                    {
                        "outcome": outcome,
                        "specification": name,
                        "prefecture": without.index,
                        "estimate": without.to_numpy(),
                        "full": place(m, study.treated, near)[0].estimate,
                    }
                )
            )
    return pd.concat(parts, ignore_index=True)


def _leave_one_out_findings(table: pd.DataFrame, sample: str) -> list[Finding]:
    found = []
    for (outcome, specification), part in table.groupby(["outcome", "specification"], sort=False):
        name = str(outcome) if specification == "raw" else f"{outcome}_{specification}"
        moved = part.loc[(part["estimate"] - part["full"]).abs().idxmax()]
        low, high = part.loc[part["estimate"].idxmin()], part.loc[part["estimate"].idxmax()]
        how = (
            f"Long difference of {OUTCOMES[str(outcome)].words} {SPECIFICATIONS[str(specification)].words}, against "
            f"neighbours, without one of {len(part)} prefectures at a time."
        )
        for key, row, what in (
            ("low", low, "The smallest estimate"),
            ("high", high, "The largest estimate"),
            ("most_moved", moved, "The estimate farthest from that with all prefectures"),
        ):
            found.append(
                Finding(
                    f"{DESIGN}.leave_one_out.{name}.{key}",
                    float(row["estimate"]),
                    OUTCOMES[str(outcome)].unit,
                    sample,
                    f"{how} {what}: without {row['prefecture'].split(' ', 1)[1]}.",
                )
            )
        found.append(
            Finding(
                f"{DESIGN}.leave_one_out.{name}.full",
                float(part["full"].iloc[0]),
                OUTCOMES[str(outcome)].unit,
                sample,
                f"{how} The estimate with all of them.",
            )
        )
    return found


def results(
    units: pd.DataFrame, census: pd.DataFrame, adjacency: pd.DataFrame, study: Study, made_from: MadeFrom
) -> Result:
    """The specification curve of all co-primary outcomes, and the long difference without one prefecture at a time."""
    rows, dropped = data(units, census, study)
    specifications, samples = grid(rows, capital_prefectures(units, study.first_year))
    found = curve(rows, list(specifications), samples, adjacency, study)
    choices = pd.DataFrame(list(specifications.values()))
    deviations = rows[list(OUTCOMES)].std(ddof=1)
    scale = choices["outcome"].map(deviations).to_numpy(dtype=float)
    sign = np.where(choices["outcome"].isin(FALLS), -1.0, 1.0)
    sample = (
        f"{len(rows):,} counties, banners and county-level cities on the same ground in {study.first_year} and "
        f"{study.last_year}, and parts of them; {dropped} lack a figure."
    )
    listed: list[Finding] = []
    for name, outcome in OUTCOMES.items():
        keep = (choices["outcome"] == name).to_numpy()
        listed += _joint(name, f"the change in {outcome.words}", infer(found.subset(keep), scale[keep]), sample)
    listed += _joint(
        EVERYTHING,
        "all co-primary outcomes, agricultural employment with its sign changed",
        infer(found, scale * sign),
        sample,
    )
    own = found.groups.index(study.treated)
    table = choices.assign(
        units=found.units,
        scale=scale * sign,
        estimate=found.own,
        p_placebo=found.p_values()[:, own],
        p_clustered=found.clustered_p_values()[:, own],
    )
    if table.isna().any(axis=None):
        raise DesignError(f"province {study.treated} lacks an estimate or an error in a specification")
    table = pd.concat([table, pd.DataFrame(found.estimates, columns=list(found.groups))], axis="columns")
    left_out = _left_out(rows, adjacency, study)
    listed += _leave_one_out_findings(left_out, sample)
    return Result(Findings(DESIGN, TITLE, made_from, tuple(listed)), table, left_out)
