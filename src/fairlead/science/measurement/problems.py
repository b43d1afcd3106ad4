"""What measurement refuses, in the one shape of `science.problems`."""

from __future__ import annotations

from fairlead.science.problems import Problem, ScienceError

__all__ = ["MeasurementError", "Problem", "refusal"]


class MeasurementError(ScienceError):
    """The ratings or answers do not determine what was asked for; carries `problems`, a tuple of `Problem`."""


def refusal(where: str, what: str, got: str = "", allowed: str = "", next: str = "") -> MeasurementError:
    """An error of one problem."""
    return MeasurementError([Problem(where, what, got, allowed, next)])
