"""Generalizability: where the variance of ratings comes from, and how many visits, raters and items a score needs."""

from fairlead.science.measurement.generalizability.decision import (
    Decision,
    Needed,
    Use,
    decide,
    needed,
    needed_for_uses,
)
from fairlead.science.measurement.generalizability.study import Component, FacetEffect, GStudy, g_study

__all__ = [
    "Component",
    "Decision",
    "FacetEffect",
    "GStudy",
    "Needed",
    "Use",
    "decide",
    "g_study",
    "needed",
    "needed_for_uses",
]
