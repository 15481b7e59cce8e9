"""What the parts of the design `match` share: its units, their groups in words, and its placebo test."""

import pandas as pd

from analysis.designs.placebo import PlaceboTest, placebo_test
from analysis.designs.typology import classify
from analysis.findings import Finding
from analysis.results import counties
from analysis.results.counties import LONG_FORM, SERVICES, complete
from analysis.results.effects import Meaning, beside, effect, jackknifed, spatial
from analysis.study import Study

DESIGN = "match"
UNITS = 20  # smallest number of county units of a placebo province


def groups(provinces: pd.Series, study: Study) -> pd.Series:
    """The treated province by its name in lower case, `neighbours`, or `others`."""
    own = study.province_names[study.treated].lower()
    named = {study.treated: own} | dict.fromkeys(study.neighbours, "neighbours")
    return provinces.map(named).fillna("others")


def build_units(units: pd.DataFrame, census: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Comparable units with what this design adds: employment outside farming, service workers, and the group."""
    frame = counties.build(units, census, first=study.first_year, last=study.last_year)
    table = census.set_index(["year", "code"])[list(SERVICES)].sum(axis="columns", min_count=len(SERVICES))
    for year, code, end in ((study.first_year, "code", "start"), (study.last_year, "code_end", "end")):
        frame[f"nonfarm_employment_{end}"] = 100 - frame[f"agricultural_employment_{end}"]
        workers = table.loc[year].reindex(frame[code]).to_numpy(dtype=float)
        frame[f"service_workers_{end}"] = LONG_FORM * workers
    frame["nonfarm_employment"] = frame["nonfarm_employment_end"] - frame["nonfarm_employment_start"]
    return frame.assign(group=groups(frame["province"], study))


def typed(frame: pd.DataFrame) -> pd.DataFrame:
    """Units of `build_units` that have all figures of the typology, with type and urbanizing_while_shrinking."""
    fine, _ = complete(
        frame, ["log_population", "service_employment_end", "urban_share", "nonfarm_employment", "population"]
    )
    types = classify(fine, growth="population", served="service_employment_end", urban="urban_share", unit="unit_id")
    return fine.assign(**types)


def where_words(study: Study) -> dict[str, str]:
    """Groups in words."""
    name = study.province_names[study.treated]
    return {
        name.lower(): name,
        "neighbours": f"the {len(study.neighbours)} neighbours of {name}",
        "all": "all of China",
    }


def parts(frame: pd.DataFrame, study: Study) -> dict[str, pd.DataFrame]:
    """Rows of the treated province, of its neighbours, and all; `frame` has the column group."""
    own, *_ = where_words(study)
    return {
        own: frame[frame["group"] == own],
        "neighbours": frame[frame["group"] == "neighbours"],
        "all": frame,
    }


def comparable(study: Study, of: str = "all of China") -> str:
    """The sample of comparable units in words."""
    return (
        f"Counties, county-level cities and banners of {of} that stand on the same ground in the censuses of "
        f"{study.first_year} and {study.last_year}, units near development zones included"
    )


def placebos(
    data: pd.DataFrame,
    column: str,
    key: str,
    meaning: Meaning,
    adjacency: pd.DataFrame,
    study: Study,
    *,
    cluster: str = "prefecture",
    unit: str = "unit_id",
    controls: tuple[str, ...] = (),
    smallest: int = UNITS,
) -> tuple[list[Finding], PlaceboTest]:
    """The effect with the inference of record, what stands beside it, and p without the treated among controls.

    Errors by distance are among it where the data have positions.
    """

    def test(keep: bool) -> PlaceboTest:
        return placebo_test(
            data,
            [column],
            study.treated,
            group="province",
            neighbours=counties.neighbours(adjacency),
            cluster=cluster,
            unit=unit,
            controls=controls,
            smallest=smallest,
            keep_treated=keep,
        )[column]

    main, without = test(True), test(False)
    other = Finding(
        f"{key}.p_without_treated",
        without.p_value,
        "p-value",
        meaning.sample,
        f"{meaning.specification} Placebo p with {study.province_names[study.treated]} taken from the controls of its "
        f"neighbours; {len(without.placebos)} placebo provinces.",
        placebos=len(without.placebos),
        smallest_p=without.smallest_p,
    )
    found = [effect(key, main, meaning), *beside(key, main, meaning), other]
    found.append(jackknifed(key, main, data, column, meaning, cluster=cluster, unit=unit, controls=controls))
    if "latitude" in data.columns:
        found += spatial(key, main, data, column, meaning, unit=unit, controls=controls)
    return found, main
