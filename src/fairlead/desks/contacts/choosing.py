"""What a contact's form begins with: with whom one may be in contact, and what was so the last time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import uuid4

from django.utils import timezone

from fairlead import clock
from fairlead.apps.access.scope import Scope
from fairlead.apps.roster import selectors as roster
from fairlead.apps.support import conversations, recording
from fairlead.apps.support import selectors as support
from fairlead.apps.support.visibility import purpose_words
from fairlead.desks.contacts.forms import Who

LOGGERS = tuple(recording.LOGGED_BY)
TO_SCHOOLS = ("director", "network_lead")  # who prepares for a school; the others for a person
USUAL_MINUTES = 30
USUAL_KIND = "meeting"
MOST = 400  # people of one form


@dataclass(frozen=True, slots=True)
class Ready:
    """A form ready to be drawn or filled in."""

    people: list[Who]
    purposes: list[tuple[str, str]]
    promises: list[conversations.OpenPromise]
    initial: dict[str, Any]
    school_id: int | None
    schools: list[tuple[int, str]]  # of which the people can be asked for, where the person has several
    homes: set[int]  # where the people work: a network's own support names people of its schools

    @property
    def fields(self) -> dict[str, Any]:
        """The arguments of `forms.ContactForm`."""
        return {"people": self.people, "purposes": self.purposes, "promises": self.promises}


def people_of(scope: Scope, today: date, school_id: int | None) -> list[Who]:
    """Everybody who works at a school; without one, those whom the person supports and the principals of their schools."""
    found: dict[int, Who] = {}
    if school_id is not None:
        for role in roster.staff(scope, today, organization_id=school_id)[:MOST]:
            found.setdefault(role.person_id, Who(role.person_id, role.person.name, school_id, role.organization.name))
    else:
        for c in support.coached_by_me(scope, today):
            found.setdefault(c.person_id, Who(c.person_id, c.name, c.organization_id, c.school))
        own = {g.organization_id for g in scope.roles if g.role == "principal"}
        for pk in own:
            for role in roster.staff(scope, today, organization_id=pk)[:MOST]:
                found.setdefault(role.person_id, Who(role.person_id, role.person.name, pk, role.organization.name))
    found.pop(scope.person_id, None)
    return list(found.values())


def ready(scope: Scope, asked: dict[str, Any], plan: Any = None) -> Ready | None:
    """The form as it opens; None where the school that is asked for is not one of the person's."""
    now, today = clock.now(), clock.today()
    school_id, person_id = number(asked.get("school")), number(asked.get("person"))
    if plan is not None:
        school_id, person_id = plan.organization_id, plan.with_id
    if school_id is not None and not scope.covers(school_id):
        return None
    people = people_of(scope, today, school_id)
    if person_id is not None and person_id not in {w.person_id for w in people}:
        return None
    here = {w.person_id for w in people}
    lately = [c for c in conversations.led_lately(scope, now) if c.with_id in here]
    last = next((c for c in lately if person_id in (None, c.with_id)), None)
    chosen = person_id or (last.with_id if last and school_id is not None else None)
    if chosen is None and school_id is not None:
        chosen = next(
            (r.person_id for r in roster.staff(scope, today, role="principal", organization_id=school_id)), None
        )
        chosen = chosen if chosen in here else None
    purposes = recording.purposes_to_log(scope)
    initial: dict[str, Any] = {
        "token": uuid4(),
        "people": [chosen] if chosen else [],
        "purpose": last.purpose if last and last.purpose in purposes else purposes[0],
        "kind": last.kind if last else USUAL_KIND,
        "minutes": last.minutes if last else USUAL_MINUTES,
        "day": timezone.localdate(now),
        "at": timezone.localtime(now),
    }
    if plan is not None:
        initial |= {
            "plan": plan.pk, "purpose": plan.purpose, "kind": plan.kind, "minutes": plan.minutes,
            **({"day": timezone.localdate(plan.at), "at": timezone.localtime(plan.at)} if plan.at <= now else {}),
        }  # fmt: skip
    promises = (
        conversations.open_promises(scope, [chosen] if chosen else [], [school_id] if school_id else [])
        if chosen or school_id
        else conversations.my_open_promises(scope)
    )
    several = school_id is None and len(scope.org_ids) > 1
    schools = [(o.pk, o.name) for o in roster.organizations(scope, kind="school")] if several else []
    return Ready(people, [(p, purpose_words(p).label) for p in purposes], promises, initial, school_id, schools, _homes(scope, today, people, school_id))


def _homes(scope: Scope, today: date, people: list[Who], school_id: int | None) -> set[int]:
    """Where people work who are named by what a network's own support says of them."""
    found = {w.organization_id for w in people}
    own = found & {grant.organization_id for grant in scope.roles} if school_id is None else set()
    if own:
        named = [w.person_id for w in people if w.organization_id in own]
        found |= set(roster.staff(scope, today).filter(person_id__in=named).values_list("organization_id", flat=True))
    return found


def number(text: Any) -> int | None:
    """A number as an address or a field says it; None for anything else."""
    said = str(text or "")
    return int(said) if said.isascii() and said.isdecimal() and len(said) < 19 else None
