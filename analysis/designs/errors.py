"""What can be wrong with the input of a design: one exception a cause."""


class DesignError(ValueError):
    """A design cannot be estimated on the data given."""


class UnknownColumnError(DesignError):
    """The data lack a column that was asked for."""


class NonFiniteError(DesignError):
    """A value that the design needs is missing or infinite; the message names the unit."""


class TreatmentError(DesignError):
    """The treatment is no indicator, or all units have the same treatment."""


class NoVariationError(DesignError):
    """The outcome is the same for all units."""


class CollinearityError(DesignError):
    """A regressor is a linear combination of others."""


class TooFewClustersError(DesignError):
    """There are too few clusters for cluster-robust errors to mean anything."""


class TooFewUnitsError(DesignError):
    """There are no more units than coefficients."""


class TooFewPlacebosError(DesignError):
    """There are too few other groups to put in the treated one's place."""


class IslandError(DesignError):
    """A unit has no neighbour in the contiguity graph; the message names it."""


class DuplicateUnitError(DesignError):
    """A unit stands in two rows, or a pair of neighbours is a unit and itself."""


class UnknownUnitError(DesignError):
    """A unit that the design needs has no row in the data."""


class WithinVariationError(DesignError):
    """A regressor does not vary within groups, so its effect on neighbours is not that of a unit's own change."""


class BoundaryError(DesignError):
    """A spatial parameter is at the edge of what it can be, where its error means nothing."""


class BadBoundsError(DesignError):
    """The bounds of rings do not rise, or leave no unit beyond the last."""
