"""Claims: sentences people may repeat, held against their finding. Word lists are data (words_en.toml,
words_es.toml)."""

from fairlead.science.impact.claims.check import Accepted, Figures, Reason, Refused, check, figures
from fairlead.science.impact.claims.finding import Finding, Names, finding
from fairlead.science.impact.claims.suggest import suggest

__all__ = ["Accepted", "Figures", "Finding", "Names", "Reason", "Refused", "check", "figures", "finding", "suggest"]
