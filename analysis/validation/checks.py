"""What one comparison of the validation suite says."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """A number that should be another one.

    `design` is whose number it is, `name` says which, `detail` how it came about. It passes if `obtained` is no
    farther than `tolerance` from `expected`.
    """

    design: str
    name: str
    expected: float
    obtained: float
    tolerance: float
    detail: str

    @property
    def passed(self) -> bool:
        """Whether the two numbers agree."""
        return abs(self.obtained - self.expected) <= self.tolerance
