"""Claims: sentences people may repeat, held against their finding. Word lists are data (words_en.toml,
words_es.toml)."""

from fairlead.science.impact.claims.check import Accepted, Reason, Refused, check
from fairlead.science.impact.claims.finding import Finding, Names, finding
from fairlead.science.impact.claims.suggest import suggest

__all__ = ["Accepted", "Finding", "Names", "Reason", "Refused", "check", "finding", "suggest"]
