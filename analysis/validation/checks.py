<<<<<<< HEAD
"""What one comparison of the validation suite says."""
=======
"""A check of the validation suite: what an estimator should give on data whose answer is known, and what it gave."""
>>>>>>> first

from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
<<<<<<< HEAD
    """A number that should be another one.

    `design` is whose number it is, `name` says which, `detail` how it came about. It passes if `obtained` is no
    farther than `tolerance` from `expected`.
    """
=======
    """One comparison; `tolerance` is absolute, in the unit of `expected`."""
>>>>>>> first

    design: str
    name: str
    expected: float
    obtained: float
    tolerance: float
    detail: str

    @property
    def passed(self) -> bool:
<<<<<<< HEAD
        """Whether the two numbers agree."""
=======
        """Whether the two are within the tolerance."""
>>>>>>> first
        return abs(self.obtained - self.expected) <= self.tolerance
