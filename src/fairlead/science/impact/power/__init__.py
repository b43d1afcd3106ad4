"""Power, the minimum detectable effect size and the sample needed, before the study."""

from fairlead.science.impact.power.designs import (
    Power,
    blocked,
    blocked_random,
    clusters,
    clusters3,
    detect,
    individual,
    plan_power,
)
from fairlead.science.impact.power.priors import Prior, prior, priors
from fairlead.science.impact.power.search import DESIGNS, CurvePoint, Needed, curve, design, needed
from fairlead.science.impact.power.span import Span, span
from fairlead.science.impact.power.wedge import stepped_wedge

PRIORS = priors()

__all__ = [
    "DESIGNS",
    "PRIORS",
    "CurvePoint",
    "Needed",
    "Power",
    "Prior",
    "Span",
    "blocked",
    "blocked_random",
    "clusters",
    "clusters3",
    "curve",
    "design",
    "detect",
    "individual",
    "needed",
    "plan_power",
    "prior",
    "priors",
    "span",
    "stepped_wedge",
]
