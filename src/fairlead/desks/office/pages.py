"""The pages of a school, in groups: the way from each of them to every other."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from fairlead.desks.stencil import Stencil

Group = tuple[str | Promise, tuple[tuple[str, str | Promise], ...]]

FAMILIES: Group = (
    _("Families"),
    (
        ("office:calls", _("Whom to call")),
        ("office:answers", _("Families' answers")),
        ("office:after_a_call", _("After a call")),
    ),
)
ROLLS: Group = (
    _("Rolls"),
    (
        ("office:reminders", _("Reminders")),
        ("office:substitutes", _("Substitutes")),
        ("office:paper", _("Paper rolls")),
        ("office:bells", _("Calendar and bells")),
        ("office:timetable", _("How attendance is taken")),
    ),
)
SCHOOL: Group = (
    pgettext_lazy("group of pages", "School"),
    (
        ("principal:chronic_absence", _("Chronic absence")),
        ("office:submissions", _("Do teachers submit on time?")),
        ("office:by_itself", _("What happens by itself")),
    ),
)
HELP = ("principal:support", _("Who is helped, and how much"))  # the principal's alone
_DRAWN = Stencil("office/_pages.html")


def pages(here: str, leads: bool) -> SafeString:
    """The pages that an office, or who leads the school, may open; the page they are on is marked. Drawn once."""
    school = (SCHOOL[0], (*SCHOOL[1], HELP)) if leads else SCHOOL
    return _DRAWN.drawn(groups=(FAMILIES, ROLLS, school), here=here)
