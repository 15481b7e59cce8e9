"""Findings of associations: slopes with errors clustered by prefecture."""

from analysis.designs.dose import Slope
from analysis.findings import Finding
from analysis.results.effects import CRV1, Meaning

BY_PROVINCE = CRV1.replace("by prefecture", "by province")


def association(
    key: str, slope: Slope, meaning: Meaning, *, times: float = 1.0, convention: str = CRV1, about: str = ""
) -> Finding:
    """A slope times a number of units of its regressor, with interval and p-value of its clustered error.

    Args:
        key: of the finding.
        slope: the estimate.
        meaning: unit (of the outcome), sample and specification in words.
        times: how many units of the regressor the finding is of.
        convention: how the error came about, in words.
        about: more words for the end of the specification.
    """
    low, high = sorted(times * end for end in slope.interval)
    lone = f" {slope.lone} units that are alone in their group are left out." if slope.lone else ""
    return Finding(
        key=key,
        value=times * slope.estimate,
        unit=meaning.unit,
        sample=meaning.sample,
        specification=f"{meaning.specification}{lone} An association. Errors: {convention}. {about}".rstrip(),
        standard_error=abs(times) * slope.standard_error,
        interval=(low, high),
        level=slope.level,
        p_value=slope.p_value,
        n=slope.n,
        clusters=slope.clusters,
    )
