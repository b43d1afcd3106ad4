"""What the engine of studies refuses, in the one shape of `science.problems`."""

from __future__ import annotations

from fairlead.science.problems import Problem, ScienceError

__all__ = ["DataError", "EstimationError", "ImpactError", "PlanError", "Problem"]


class ImpactError(ScienceError):
    """Base of the engine's refusals; carries `problems`, a tuple of `Problem`."""


class PlanError(ImpactError):
    """The plan cannot be read as a plan."""


class DataError(ImpactError):
    """The table does not carry what the plan needs."""


class EstimationError(ImpactError):
    """The numbers do not determine the estimate that was asked for."""
