"""A check of the validation suite: what an estimator should give on data whose answer is known, and what it gave."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """One comparison; `tolerance` is absolute, in the unit of `expected`."""

    design: str
    name: str
    expected: float
    obtained: float
    tolerance: float
    detail: str

    @property
    def passed(self) -> bool:
        """Whether the two are within the tolerance."""
        return abs(self.obtained - self.expected) <= self.tolerance
