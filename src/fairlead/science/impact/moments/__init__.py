"""Moments: one pass over the rows, then every Gaussian model is a refit on small matrices."""

from fairlead.science.impact.moments.collect import collect, design_of
from fairlead.science.impact.moments.columns import INTERCEPT, Column, Design, Piece, build_design
from fairlead.science.impact.moments.core import Left, Moments, Origin, combine, summed
from fairlead.science.impact.moments.source import Source, open_on, open_source

__all__ = [
    "INTERCEPT",
    "Column",
    "Design",
    "Left",
    "Moments",
    "Origin",
    "Piece",
    "Source",
    "build_design",
    "collect",
    "combine",
    "design_of",
    "open_on",
    "open_source",
    "summed",
]
