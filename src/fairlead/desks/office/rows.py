"""The rows of the morning's lists. A school may have a hundred of them on one page, so they are filled, not drawn."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from html import escape
from types import MappingProxyType
from typing import Any

from django.utils import timezone
from django.utils.formats import time_format
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from fairlead.apps.attendance.families import Claim
from fairlead.apps.attendance.selectors import AbsentStudent
from fairlead.desks.office.languages import language_name, relation_name
from fairlead.desks.shares import percent
from fairlead.desks.stencil import Stencil

FORM = ("name", "who", "csrf_token")
CALL = Stencil("office/_call_row.html", words=(*FORM, "section", "why", "whom", "claim"), numbers=("mark", "student"))
REACHED = Stencil("office/_reached_row.html", words=(*FORM, "section", "tries"), numbers=("mark",))
UNEXCUSED, NOBODY, PHONE, NO_NUMBER, WHO, DOUBT = (
    Stencil(f"office/_{part}.html")
    for part in ("unexcused", "nobody", "phone", "no_number", "who_was_called", "doubt")
)
NOT_DIALLED = str.maketrans("", "", " ()")

Rows = Iterable[AbsentStudent]
Outcomes = Iterable[tuple[str, str]]


def calls(
    absent: Rows,
    outcomes: Outcomes,
    token: str,
    claims: Mapping[int, Claim] = MappingProxyType({}),
    doubtful: Container[int] = (),
) -> SafeString:
    """Families to reach: why, whom (and whose number is doubtful), who is calling now, and how it went."""
    rows = [
        {
            **_form(a, token),
            "student": a.student_id,
            "why": why(a),
            "whom": whom(a, doubtful),
            "claim": claimed(claims.get(a.student_id)),
        }
        for a in absent
    ]
    return CALL.fill(rows, outcomes=tuple(outcomes))


def reached(absent: Rows, outcomes: Outcomes, token: str) -> SafeString:
    """Families that were reached, each with the form for another try."""
    return REACHED.fill([{**_form(a, token), "tries": tries(a)} for a in absent], outcomes=tuple(outcomes))


def _form(a: AbsentStudent, token: str) -> dict[str, Any]:
    return {"mark": a.mark_id, "name": a.name, "section": a.section, "who": _who(a), "csrf_token": token}


def why(a: AbsentStudent) -> SafeString:
    """What puts this family where it stands in the order of need, and what was tried."""
    days = _("%(n)s days in a row") % {"n": a.days_in_a_row} if a.days_in_a_row > 1 else _("first day")
    share = _("absent %(n)s of %(of)s days (%(share)s)") % {
        "n": a.days_absent,
        "of": a.days_marked,
        "share": percent(a.risk),
    }
    chips = "".join(f'<li class="chip">{escape(chip)}</li>' for chip in (days, share))
    return _safe(f'<ul class="chips">{UNEXCUSED.drawn() if a.unexcused else ""}{chips}</ul>{tries(a)}')


def tries(a: AbsentStudent) -> SafeString:
    """What was tried so far, in order."""
    said = []
    for call in a.calls:
        at = time_format(timezone.localtime(call.at), "TIME_FORMAT")
        more = (f", {call.guardian}" if call.guardian else "") + (f" – {call.note}" if call.note else "")
        said.append(
            f'<span class="quiet">{at}: <strong>{escape(call.outcome_label)}</strong>'
            f"{escape(more)} ({escape(call.by)})</span>"
        )
    return _safe("<br>".join(said))


def claimed(claim: Claim | None) -> SafeString:
    """Who is calling this family now."""
    if claim is None:
        return _safe("")
    until = time_format(timezone.localtime(claim.until), "TIME_FORMAT")
    words = _("%(name)s is calling, until %(time)s") % {"name": claim.by, "time": until}
    return _safe(f"<strong>{escape(words)}</strong>")


def whom(a: AbsentStudent, doubtful: Container[int] = ()) -> SafeString:
    """Who may be called, with language and number, and which numbers were wrong the last time."""
    said = []
    for g in a.guardians:
        relation = escape(relation_name(g.relation))
        if g.language and g.language != "en":
            relation += f' · </span><strong>{escape(language_name(g.language))}</strong><span class="quiet">'
        number: str = NO_NUMBER.drawn()
        if g.phone:
            to = escape(g.phone.translate(NOT_DIALLED))
            number = f'<a href="tel:{to}">{PHONE.drawn()} <span class="num">{escape(g.phone)}</span></a>'
            number += f"<br>{DOUBT.drawn()}" if g.person_id in doubtful else ""
        said.append(f'<div>{escape(g.name)} <span class="quiet">{relation}</span><br>{number}</div>')
    return _safe("".join(said)) if said else NOBODY.drawn()


def _who(a: AbsentStudent) -> SafeString:
    """In the form: which of several was called."""
    if not a.guardians:
        return _safe("")
    if len(a.guardians) == 1:
        return _safe(f'<input type="hidden" name="guardian" value="{a.guardians[0].person_id}">')
    choices = "".join(
        f'<label><input type="radio" name="guardian" value="{g.person_id}"{"" if i else " checked"}>'
        f"<span>{escape(g.name)}</span></label>"
        for i, g in enumerate(a.guardians)
    )
    return _safe(f'<fieldset class="segmented segmented--small">{WHO.drawn()}{choices}</fieldset>')


def _safe(text: str) -> SafeString:
    return mark_safe(text)  # noqa: S308  (every value above is escaped)
