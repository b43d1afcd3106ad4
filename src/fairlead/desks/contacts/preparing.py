"""The sheet that somebody takes along to a school: put together from what other rooms say; it estimates nothing itself."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fairlead import clock
from fairlead.apps.access.scope import Scope
from fairlead.apps.attendance import selectors as attendance
from fairlead.apps.caseload import recipes
from fairlead.apps.caseload import selectors as caseload
from fairlead.apps.facts import selectors as facts
from fairlead.apps.instruments import selectors as instruments
from fairlead.apps.roster import selectors as roster
from fairlead.apps.support import conversations
from fairlead.apps.support import selectors as support
from fairlead.desks.contacts.forms import Who
from fairlead.desks.shares import percent

MONTHS = 4
CONTACTS = 6
VISITS = 3
WORDS = 3
LONG_AGO = 21  # days without a contact after which the sheet asks for one
LOW_COVERAGE = 0.9


@dataclass(frozen=True, slots=True)
class Month:
    """Chronic absence as it stood at a month's end, since the school year began."""

    name: str
    share: str
    chronic: int
    students: int


def months(begins: date, last: date) -> tuple[facts.Period, ...]:
    """The last months of the school year, the present one cut off at its last whole day."""
    found: list[facts.Period] = []
    first = last.replace(day=1)
    while first.replace(day=monthrange(first.year, first.month)[1]) >= begins and len(found) < MONTHS:
        ends = min(last, first.replace(day=monthrange(first.year, first.month)[1]))
        found.append(facts.Period(max(first, begins), ends, "month"))
        first = (first - timedelta(days=1)).replace(day=1)
    return tuple(reversed(found))


def sheet(scope: Scope, school: Any) -> dict[str, Any]:
    """Everything that the sheet of one school shows its reader."""
    now, today = clock.now(), clock.today()
    principals = roster.staff(scope, today, role="principal", organization_id=school.pk)
    school_id = school.pk
    principal = next((Who(r.person_id, r.person.name, school_id, school.name) for r in principals), None)
    morning = attendance.count(scope, school_id, today, now)
    promises = conversations.open_at(scope, school_id)
    feedback = support.feedback_waiting_by_school(scope, [school_id], today)[school_id]
    need = next((n for n in caseload.needs(scope, today) if n.organization_id == school_id), None)
    published = recipes.recipe() if need is not None else None
    found: dict[str, Any] = {
        "school": school,
        "principal": principal,
        "now": now,
        "today": today,
        "contacts": conversations.lately_at(scope, school_id, now, CONTACTS),
        "promises": [p for p in promises if p.text],
        "open": len(promises),
        "overdue": sum(p.due < today for p in promises),
        "morning": morning,
        "coverage": percent(morning.coverage),
        "trend": _trend(scope, school_id, today),
        "need": need,
        "tier": published.tier(need.tier).label if published and need and need.tier else "",
        "parts": [(published.ingredient(c["indicator"]).label, c) for c in need.contributions]
        if published and need
        else [],
        "feedback": feedback,
        "supports": support.running_at(scope, school_id, today),
    }
    found["ask"] = questions(scope, found)
    return found


def _trend(scope: Scope, school_id: int, today: date) -> list[Month]:
    session = roster.session_of(school_id, today)
    if session is None or session.begins >= today:
        return []
    periods = months(session.begins, today - timedelta(days=1))
    rows = facts.chronic_absence(scope, facts.Question((school_id,), periods, session.begins))
    return [
        Month(
            date_format(row.period.begins, "F"),
            percent(row.numerator / row.denominator if row.denominator else None),
            int(row.numerator),
            int(row.denominator),
        )
        for row in sorted(rows, key=lambda row: row.period)
        if row.period.kind == "month"
    ]


def sheet_of(scope: Scope, who: Who) -> dict[str, Any]:
    """Everything that the sheet of one person shows whoever helps them: only what is between the two anyway."""
    now, today = clock.now(), clock.today()
    supports = [c for c in support.coached_by_me(scope, today) if c.person_id == who.person_id]
    dose = support.support_dose(scope, [c.support_id for c in supports], today.replace(day=1))
    found: dict[str, Any] = {
        "who": who,
        "now": now,
        "today": today,
        "contacts": conversations.between(scope, who.person_id, now, CONTACTS),
        "promises": conversations.open_promises(scope, [who.person_id], []),
        "said": conversations.last_said(scope, who.person_id, WORDS),
        "visits": instruments.latest_lines_of(scope, who.person_id, VISITS),
        "supports": [(c, dose[c.support_id]) for c in supports],
    }
    found["ask"] = questions_of(scope, found)
    return found


def questions_of(scope: Scope, shown: dict[str, Any]) -> list[str]:
    """What stands between the two gives reason to say or to ask."""
    today, visits = shown["today"], shown["visits"]
    asks = _late(scope, shown["promises"], today)
    unshared = [v for v in visits if v.shared_at is None and v.closed_at is None]
    if unshared:
        asks.append(
            _("You have not shared your feedback of %(day)s. Share it before you come.")
            % {"day": date_format(unshared[0].began_at, "SHORT_DATE_FORMAT")}
        )
    unanswered = [v for v in visits if v.shared_at is not None and v.answered_at is None and v.closed_at is None]
    if unanswered:
        asks.append(
            _("Your feedback of %(day)s has no answer yet. What became of it?")
            % {"day": date_format(unanswered[0].began_at, "SHORT_DATE_FORMAT")}
        )
    for line, dose in shown["supports"]:
        if line.goal:
            asks.append(_("Toward “%(goal)s”: what has changed in the lessons since?") % {"goal": line.goal})
        if dose.contacts == 0:
            asks.append(_("No contact is on record this month. What would make the next one easy?"))
    return asks or [_("Nothing here stands out. What are you proud of, and what should I see?")]


def _late(scope: Scope, promises: list[conversations.OpenPromise], today: date) -> list[str]:
    """What is overdue: the reader's own first."""
    asks, late = [], [p for p in promises if p.due < today]
    mine = [p for p in late if p.owner_id == scope.person_id]
    if mine:
        asks.append(_("You owe: “%(text)s”. Bring it, or say what came instead.") % {"text": mine[0].text})
    theirs = [p for p in late if p.owner_id != scope.person_id]
    if theirs:
        asks.append(
            _("“%(text)s” was due on %(day)s. What stands in its way?")
            % {"text": theirs[0].text, "day": date_format(theirs[0].due, "SHORT_DATE_FORMAT")}
        )
    return asks


def questions(scope: Scope, shown: dict[str, Any]) -> list[str]:
    """What the numbers on this sheet give reason to ask. Each names what it rests on; none says what to think of it."""
    today = shown["today"]
    asks = _late(scope, shown["promises"], today)
    morning = shown["morning"]
    if morning.meets and morning.coverage is not None and morning.coverage < LOW_COVERAGE:
        n = morning.rolls_expected - morning.rolls_submitted
        asks.append(
            ngettext(
                "%(n)s roll of this morning is not submitted. What kept it?",
                "%(n)s rolls of this morning are not submitted. What kept them?",
                n,
            )
            % {"n": n}
        )
    if len(shown["trend"]) > 1 and shown["trend"][-1].chronic > shown["trend"][0].chronic:
        first, last = shown["trend"][0], shown["trend"][-1]
        asks.append(
            _(
                "Students absent often: %(a)s in %(first)s, %(b)s now. Which families does the school know, and which not?"
            )
            % {"a": first.chronic, "b": last.chronic, "first": first.name}
        )
    if shown["feedback"].unshared:
        n = shown["feedback"].unshared
        asks.append(
            ngettext(
                "%(n)s classroom visit waits for its feedback. What would make it quicker?",
                "%(n)s classroom visits wait for their feedback. What would make it quicker?",
                n,
            )
            % {"n": n}
        )
    behind = sum(line.without_contact for line in shown["supports"])
    if behind:
        asks.append(
            ngettext(
                "%(n)s support had no contact this month. Is it still the right one?",
                "%(n)s supports had no contact this month. Are they still the right ones?",
                behind,
            )
            % {"n": behind}
        )
    last = shown["contacts"][0] if shown["contacts"] else None
    if last is None or (today - last.at.date()).days > LONG_AGO:
        asks.append(_("It has been a while. What has changed that no number here shows?"))
    return asks or [_("Nothing here stands out. What are you proud of, and what should I see?")]
