"""Randomized trials, analysed as they were drawn: differences in means, Lin's regression, the effect on compliers, and
tests that draw the lottery again."""

from fairlead.science.impact.trials.assignment import Drawn, drawn
from fairlead.science.impact.trials.compliers import ComplierEffect, Region, complier_effect
from fairlead.science.impact.trials.contrast import Contrast, difference_in_means
from fairlead.science.impact.trials.interacted import interacted_regression
from fairlead.science.impact.trials.redraw import RandomizationTest, Redraws, randomization_test
from fairlead.science.impact.trials.stepped import Orders, stepped_test

__all__ = [
    "ComplierEffect",
    "Contrast",
    "Drawn",
    "Orders",
    "RandomizationTest",
    "Redraws",
    "Region",
    "complier_effect",
    "difference_in_means",
    "drawn",
    "interacted_regression",
    "randomization_test",
    "stepped_test",
]
