"""Lotteries anyone can check: the seed is committed to before the draw, and the draw is arithmetic on list and seed.

`listed` draws a share of each stratum in the order of hashes (reviews and raters draw with it). The rest is the lottery of
scarce places and of stepped roll-outs: `design` says what is drawn, `drawing` draws it under limits of balance, `rehearsal`
draws it many times beforehand, `record` writes it down so that anybody can repeat it from the record alone.
"""

from fairlead.science.impact.lottery.design import Design, Entry, Limit
from fairlead.science.impact.lottery.drawing import Drawing, draw_design, key_of
from fairlead.science.impact.lottery.listed import Ticket, commit, draw, verify
from fairlead.science.impact.lottery.record import Check, check_record, read_record, record_of
from fairlead.science.impact.lottery.rehearsal import Rehearsal, assignments, rehearse

__all__ = [
    "Check",
    "Design",
    "Drawing",
    "Entry",
    "Limit",
    "Rehearsal",
    "Ticket",
    "assignments",
    "check_record",
    "commit",
    "draw",
    "draw_design",
    "key_of",
    "read_record",
    "record_of",
    "rehearse",
    "verify",
]
