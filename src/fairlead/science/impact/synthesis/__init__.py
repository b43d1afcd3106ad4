"""Synthesis: what several studies say together."""

from fairlead.science.impact.synthesis.meta import Inference, StudyEffect, Synthesis, synthesise
from fairlead.science.impact.synthesis.nested import ManyNested, Nested, fit_many_nested, fit_nested
from fairlead.science.impact.synthesis.random_effects import Fitted, fit_random_effects

__all__ = [
    "Fitted",
    "Inference",
    "ManyNested",
    "Nested",
    "StudyEffect",
    "Synthesis",
    "fit_many_nested",
    "fit_nested",
    "fit_random_effects",
    "synthesise",
]
