"""Multilevel models: two and three nested levels, from the moments of the groups alone."""

from fairlead.science.impact.multilevel.layout import split_uncorrelated
from fairlead.science.impact.multilevel.model import multilevel_from_moments, multilevel_model
from fairlead.science.impact.multilevel.newton import Convergence
from fairlead.science.impact.multilevel.result import Boundary, FixedEffect, MultilevelFit, RandomCovariance

__all__ = [
    "Boundary",
    "Convergence",
    "FixedEffect",
    "MultilevelFit",
    "RandomCovariance",
    "multilevel_from_moments",
    "multilevel_model",
    "split_uncorrelated",
]
