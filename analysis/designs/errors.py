"""What can be wrong with the input of a design: one exception a cause."""


class DesignError(ValueError):
    """A design cannot be estimated on the data given."""


class UnknownColumnError(DesignError):
    """The data lack a column that was asked for."""


class NonFiniteError(DesignError):
    """A value that the design needs is missing, infinite or no number; the message names the unit."""


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


class ConstantIndicatorError(DesignError):
    """An indicator of an index is the same for all units, so it has no scale."""


class NegativeIndicatorError(DesignError):
    """An indicator of an index has a value below nought."""


class ScoreError(DesignError):
    """A subsystem's score lies outside 0 to 1, or a unit has nought in all subsystems."""


class LogarithmError(DesignError):
    """A count whose logarithm is needed is not above nought; the message names the unit."""


class ConvergenceError(DesignError):
    """An iterative estimator found no optimum."""


class DrawsError(DesignError):
    """The draws asked for cannot be made: too few, or with standard deviations below nought."""


class NonPositiveDoseError(DesignError):
    """A dose of nought or less has no logarithm; the message names the units."""


class BinError(DesignError):
    """The dose cannot be cut into the bins asked for."""


class BoundError(DesignError):
    """A bound on omitted variables is not defined for the numbers given."""


class MissingYearError(DesignError):
    """A unit of the panel has no figure in a year, or two; the message names units and years."""


class PanelError(DesignError):
    """Years of the panel are not in order, or a unit changes its group over the years."""


class SensitivityError(DesignError):
    """A sensitivity analysis gives no finite interval on these estimates."""


class NoDonorsError(DesignError):
    """There are too few untreated units to build a comparison from."""


class IslandError(DesignError):
    """A unit touches no other; the message names it."""


class NoPairError(DesignError):
    """No two units touch across the border that was asked for."""


class PairError(DesignError):
    """A pair or a unit stands twice, or a unit is paired with itself."""


class OverlapError(DesignError):
    """The treated units lie so far from the others that no weights or probabilities make them comparable."""


class NoPlacementError(DesignError):
    """The treated group has no estimate among those that a placebo test is to judge."""


class VarianceError(DesignError):
    """A variance is estimated as nought or less, so that there is no standard error."""


class LevelError(DesignError):
    """The coverage asked of an interval is no share between 0 and 1."""


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
