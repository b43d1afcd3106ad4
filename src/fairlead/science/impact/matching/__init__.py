"""Matched comparisons: partners or weights for treated rows, from what was measured before."""

from fairlead.science.impact.matching.balance import Balance, Gap, balance_table, effective_size
from fairlead.science.impact.matching.beside import Answer, beside, table_of
from fairlead.science.impact.matching.comparison import REASONS, Comparison
from fairlead.science.impact.matching.effect import MatchedEffect, effect
from fairlead.science.impact.matching.entropy import Balancing, entropy_weights
from fairlead.science.impact.matching.greedy import Neighbours, nearest
from fairlead.science.impact.matching.love import love_plot
from fairlead.science.impact.matching.match import METHODS, match
from fairlead.science.impact.matching.score import Score, logit
from fairlead.science.impact.notices import Notice

__all__ = [
    "METHODS",
    "REASONS",
    "Answer",
    "Balance",
    "Balancing",
    "Comparison",
    "Gap",
    "MatchedEffect",
    "Neighbours",
    "Notice",
    "Score",
    "balance_table",
    "beside",
    "effect",
    "effective_size",
    "entropy_weights",
    "logit",
    "love_plot",
    "match",
    "nearest",
    "table_of",
]
