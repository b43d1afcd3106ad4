"""Small groups, protected: which numbers of fixed tables may be shown to people who may not see rows.

`Lattice.build` makes the tables, `protect` withholds what must not be read, `attack` tries to read it anyway.
"""

from fairlead.science.disclosure.attack import Interval, attack
from fairlead.science.disclosure.lattice import Group, Lattice
from fairlead.science.disclosure.protect import Exposed, exposed, protect
from fairlead.science.disclosure.release import Release, State
from fairlead.science.disclosure.rule import STUDENTS, Band, Rule

__all__ = [
    "STUDENTS",
    "Band",
    "Exposed",
    "Group",
    "Interval",
    "Lattice",
    "Release",
    "Rule",
    "State",
    "attack",
    "exposed",
    "protect",
]
