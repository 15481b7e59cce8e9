"""The study's definition: who is treated, when, and which provinces are compared."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from analysis.paths import STUDY


class StudyError(ValueError):
    """`study.yml` says something that the study cannot be run with."""


@dataclass(frozen=True)
class Study:
    """What `study.yml` says; province codes are the two leading digits of GB/T 2260."""

    programme: str
    programme_short: str
    programme_chinese: str
    start: str
    years: int
    roster: str
    treated: str
    neighbours: tuple[str, ...]
    province_names: dict[str, str]
    first_year: int
    last_year: int

    @property
    def provinces(self) -> tuple[str, ...]:
        """The treated province, then its neighbours."""
        return (self.treated, *self.neighbours)


def _province(path: Path, field: str, value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[1-9]\d", value):
        raise StudyError(
            f'{path.name}: {field}: found {value!r}; a province is a quoted code of two digits, such as "41".'
        )
    return value


def load_study(path: Path = STUDY) -> Study:
    """Read a study file.

    Raises:
        StudyError: a field is missing or has a value that is not allowed; the message names both.
    """
    try:
        raw: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise StudyError(f"{path.name}: not valid YAML: {error}") from error
    if not isinstance(raw, dict):
        raise StudyError(f"{path.name}: found no fields; see the study.yml of the project for the form.")
    try:
        programme = raw["programme"]
        treated = _province(path, "treated_province", raw["treated_province"])
        neighbours = tuple(_province(path, "neighbour_provinces", p) for p in raw["neighbour_provinces"])
        names = {str(k): str(v) for k, v in raw["province_names"].items()}
        first, last = (int(y) for y in raw["census_years"])
        study = Study(
            programme=str(programme["name"]),
            programme_short=str(programme["short_name"]),
            programme_chinese=str(programme["chinese_name"]),
            start=str(programme["start"]),
            years=int(programme["years"]),
            roster=str(programme["roster"]),
            treated=treated,
            neighbours=neighbours,
            province_names=names,
            first_year=first,
            last_year=last,
        )
    except KeyError as error:
        raise StudyError(f"{path.name}: the field {error} is missing.") from error
    except (TypeError, AttributeError, ValueError) as error:
        if isinstance(error, StudyError):
            raise
        raise StudyError(f"{path.name}: a field has the wrong form: {error}") from error
    if treated in neighbours:
        raise StudyError(f"{path.name}: province {treated} is both treated and a neighbour; take it out of one.")
    unnamed = [p for p in study.provinces if p not in names]
    if unnamed:
        raise StudyError(f"{path.name}: province_names lacks {', '.join(unnamed)}; add a name for each.")
    if first >= last:
        raise StudyError(f"{path.name}: census_years: found {first}, {last}; the earlier year comes first.")
    return study
