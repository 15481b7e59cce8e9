"""The hypotheses of the theories, each tied to the finding that bears on it."""

from dataclasses import dataclass
from pathlib import Path

from analysis.findings import Finding, load_all
from analysis.paths import FINDINGS
from analysis.present.effects import UNBOUNDED, places
from analysis.present.numbers import format_number, p_words
from analysis.present.tables import Column, Link, Row, Table

THEORIES = {
    "location": "Location",
    "integration": "Integration of town and country",
    "migration": "Migration",
    "institutions": "Institutions",
    "space": "Spillovers",
    "money": "Borrowing",
    "count": "The count itself",
}
MORE, LESS, EITHER, MANY = "more", "less", "more or less", "many"


@dataclass(frozen=True)
class Hypothesis:
    """What a theory expects of one finding.

    `says` follows the name in the table; `expects` is the direction relative to the comparison that the finding makes;
    `chapter` is the file of the chapter that discusses it, without its ending.
    """

    name: str
    theory: str
    says: str
    expects: str
    key: str
    chapter: str

    @property
    def chapter_words(self) -> str:
        """The chapter in a word or two, from its file's name."""
        return self.chapter.split("-", 1)[1].replace("-", " ").capitalize()


HYPOTHESES = (
    Hypothesis("H1a", "location", "urban share", MORE, "long_difference.urban_share.effect", "07-urbanization"),
    Hypothesis(
        "H1b",
        "location",
        "urban share, 100 km farther from the capital",
        EITHER,
        "mechanisms.location.km_to_capital_urban_share",
        "10-mechanisms",
    ),
    Hypothesis(
        "H2a",
        "integration",
        "farm work, of employment",
        LESS,
        "long_difference.agricultural_employment.effect",
        "07-urbanization",
    ),
    Hypothesis(
        "H2b", "integration", "homes with piped water", MORE, "first_stage.piped_water.effect", "06-first-stage"
    ),
    Hypothesis(
        "H2b", "integration", "the same, given the level of 2010", MORE, "first_stage.piped_water.own", "06-first-stage"
    ),
    Hypothesis(
        "H2c",
        "integration",
        "movers within the county, of residents",
        MORE,
        "long_difference.migrants_same_county.effect",
        "07-urbanization",
    ),
    Hypothesis("H3a", "migration", "residents", MORE, "long_difference.log_population.effect", "07-urbanization"),
    Hypothesis(
        "H3b",
        "migration",
        "movers from elsewhere in the province, of residents",
        MORE,
        "long_difference.migrants_same_province.raw.effect",
        "07-urbanization",
    ),
    Hypothesis(
        "H3c",
        "migration",
        "movers from other provinces, of residents",
        MORE,
        "long_difference.migrants_other_province.effect",
        "07-urbanization",
    ),
    Hypothesis(
        "H4",
        "institutions",
        "urban share, ten units under the province less the others",
        MORE,
        "mechanisms.institutions.province_managed_urban_share",
        "10-mechanisms",
    ),
    Hypothesis(
        "H5",
        "space",
        "residents, units next door within 50 km of the border less those beyond 150 km",
        EITHER,
        "space.rings.log_population.0_50",
        "11-space",
    ),
    Hypothesis("H6", "money", "bonds of financing vehicles, of output", MORE, "match.lgfv_bonds.effect", "13-money"),
    Hypothesis(
        "R",
        "count",
        "units where the urban share rose as residents fell",
        MANY,
        "match.typology.henan.urbanizing_while_shrinking_share",
        "12-match",
    ),
)


def errors_of(found: Finding) -> str:
    """What a finding's interval and p-value rest on: placebo provinces, clusters by prefecture, or nothing, a count."""
    if found.placebos is not None:
        return "provinces"
    return "prefectures" if found.clusters is not None else "a count"


def hypotheses_table(folder: Path = FINDINGS) -> Table:
    """Each hypothesis with the finding that bears on it, as it stands.

    Args:
        folder: where the findings are.

    Raises:
        UnknownFindingError: a hypothesis is tied to a key that no finding has.
    """
    known = load_all(folder)
    rows = []
    for hypothesis in HYPOTHESES:
        found = known[hypothesis.key]
        digits = places(found)
        interval = UNBOUNDED if found.placebos is not None else None
        if found.interval:
            interval = " to ".join(format_number(end, digits) for end in found.interval)
        rows.append(
            Row(
                [
                    f"{hypothesis.name}, {THEORIES[hypothesis.theory].lower()}: {hypothesis.says} ({found.unit})",
                    hypothesis.expects,
                    format_number(found.value, digits),
                    interval,
                    p_words(found.p_value),
                    None if found.detectable is None else format_number(found.detectable, digits),
                    errors_of(found),
                    Link(hypothesis.chapter_words, f"{hypothesis.chapter}.qmd"),
                ]
            )
        )
    return Table(
        columns=[
            Column("Hypothesis", align="left", width=31),
            Column("Expects", align="left", width=8),
            Column("Estimate", width=9),
            Column("95 percent interval", width=15),
            Column("p", width=6),
            Column("Detectable", width=10),
            Column("Errors by", align="left", width=10),
            Column("Chapter", align="left", width=11),
        ],
        rows=rows,
        notes=[
            "Henan's units less those next door, 2010 to 2020, but for H1b (all of China, within provinces), H4 (in "
            "Henan), H5 (among the neighbours' units), H6 (prefectures, 2015 to 2020) and R (Henan's units, counted).",
            "Errors by provinces: interval and p from placebo provinces, the inference of record. By prefectures: "
            "clustered errors, which leave out what a whole province has in common; these are associations. "
            f"Detectable: smallest effect found with probability 0.8. {UNBOUNDED.capitalize()}: fewer provinces than "
            "an interval of 95 percent needs.",
        ],
    )
