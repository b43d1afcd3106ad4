"""Which visits a second rater joins: drawn from each rater's teachers by a seed that was committed to before.

The house's one way of drawing (`science.impact.lottery`): the commitment is published, later the list is closed and drawn
by the seed, and both are shown, so that anybody can repeat it. A ticket is a rater and a teacher, so who is drawn is known
before the visit and no rater chooses on which visit they are seen. The second rater is drawn by the same seed among those
who may visit that school, each asked about equally often.
"""

from __future__ import annotations

import hashlib
import secrets
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from fairlead import clock
from fairlead.apps.access.purposes import allowed
from fairlead.apps.access.scope import Scope
from fairlead.apps.instruments import certifying, policy
from fairlead.apps.instruments.selectors import VISIT_KINDS
from fairlead.apps.raters import calibrating
from fairlead.apps.raters.calibrating import TRAINERS
from fairlead.apps.raters.models import SecondDraw, SecondLook
from fairlead.apps.roster import selectors as roster
from fairlead.apps.support import selectors as support
from fairlead.science.impact import lottery

PURPOSES = ("coaching", "research", "appraisal")  # of visits to classes
LOOKS_BACK = timedelta(days=120)  # whose visits make the list: those of so many days before the draw
VISITING_ROLES = ("coach", "principal", "analyst")


@dataclass(frozen=True, slots=True)
class Pair:
    """Somebody who visits a teacher, at which school."""

    rater_id: int
    subject_id: int
    organization_id: int

    @property
    def name(self) -> str:
        return f"{self.rater_id}:{self.subject_id}"


def versions(scope: Scope) -> list[tuple[int, str]]:
    """Versions that visits are rated with."""
    return calibrating.versions(scope, VISIT_KINDS)


@transaction.atomic
def commit(scope: Scope, version_id: int, purpose: str, begins: date, ends: date, share: float) -> SecondDraw:
    """Announce a draw: for which time, what share of each rater's teachers; its seed is committed to and kept."""
    network = scope.organization_of(*TRAINERS)
    if network is None or version_id not in dict(versions(scope)):
        raise ValidationError({"version": _("Choose an instrument that visits are rated with.")})
    if purpose not in PURPOSES:
        raise ValidationError({"purpose": _("Choose the purpose of the visits.")})
    if ends < begins or ends < clock.today():
        raise ValidationError({"ends": _("Choose a day to come, after the first.")})
    if not 0 < share < 1:
        raise ValidationError({"share": _("More than none and fewer than all.")})
    seed, salt = secrets.token_hex(16), secrets.token_hex(16)
    return SecondDraw.objects.create(
        organization_id=network,
        version_id=version_id,
        purpose=purpose,
        begins=begins,
        ends=ends,
        share=share,
        commitment=lottery.commit(seed, salt),
        committed_at=clock.now(),
        seed=seed,
        salt=salt,
    )


@transaction.atomic
def draw(scope: Scope, draw_id: int) -> int:
    """Close the list and draw; how many visits are to be seen by two. Drawn once."""
    held = (
        SecondDraw.objects.select_for_update(of=("self",))
        .select_related("version__instrument")
        .get(pk=draw_id, organization_id__in=scope.acting_as(*TRAINERS).org_ids)
    )
    if held.drawn_at is not None:
        raise ValidationError(_("It has been drawn; it is not drawn again."))
    if not allowed(held.purpose, "dose", "network"):
        raise ValidationError(_("Who visits whom for this purpose is not open to you."))
    since = clock.today() - LOOKS_BACK
    frame = [
        Pair(rater, subject, organization)
        for rater, subject, organization in support.visited_pairs(scope, held.purpose, since)
    ]
    if not frame:
        raise ValidationError(_("Nobody has visited anybody for this purpose in the last months: there is no list."))
    tickets = lottery.draw([p.name for p in frame], [str(p.rater_id) for p in frame], held.share, held.seed)
    drawn = [p for p, ticket in zip(frame, tickets, strict=True) if ticket.selected]
    seconds = assign(drawn, _candidates(scope, held, frame), held.seed)
    SecondLook.objects.bulk_create(
        SecondLook(
            organization_id=pair.organization_id,
            purpose=held.purpose,
            draw=held,
            version_id=held.version_id,
            begins=held.begins,
            ends=held.ends,
            rater_id=pair.rater_id,
            subject_id=pair.subject_id,
            second_id=seconds.get(pair.name),
            position=ticket.order,
            drawn=ticket.selected,
        )
        for pair, ticket in zip(frame, tickets, strict=True)
    )
    held.drawn_at = clock.now()
    held.save(update_fields=["drawn_at"])
    return len(drawn)


def _candidates(scope: Scope, held: SecondDraw, frame: Sequence[Pair]) -> dict[int, frozenset[int]]:
    """Who can be asked along, with the schools that each may visit: coaches, and whoever is on the list themself."""
    today = clock.today()
    listed = {pair.rater_id for pair in frame}
    found: dict[int, frozenset[int]] = {}
    for role in VISITING_ROLES:
        for person in roster.staff(scope, today, role=role):
            if role == "coach" or person.person_id in listed:
                below = frozenset(roster.organizations_below(person.organization_id))
                found[person.person_id] = found.get(person.person_id, frozenset()) | below
    if policy.needs_certificate(held.version.instrument):
        certified = {
            h.person_id
            for h in certifying.of_everybody(scope)
            if h.instrument.pk == held.version.instrument_id and h.state(today) != "none"
        }
        found = {person: where for person, where in found.items() if person in certified}
    return found


def assign(drawn: Sequence[Pair], candidates: dict[int, frozenset[int]], seed: str) -> dict[str, int]:
    """A second rater for each ticket, by its name: whoever may visit the school and is asked least, ties by the seed.

    A ticket whose school nobody else may visit gets none.
    """
    asked: Counter[int] = Counter()
    found = {}
    for pair in sorted(drawn, key=lambda p: _digest(seed, p.name)):
        able = [
            person
            for person, where in candidates.items()
            if pair.organization_id in where and person not in (pair.rater_id, pair.subject_id)
        ]
        if able:
            chosen = min(able, key=lambda person: (asked[person], _digest(seed, pair.name, str(person))))
            asked[chosen] += 1
            found[pair.name] = chosen
    return found


def _digest(*parts: str) -> str:
    return hashlib.sha256("|".join(("fairlead-second", *parts)).encode()).hexdigest()


def problems(scope: Scope, draw_id: int) -> list[str]:
    """What does not agree between a draw's commitment, its seed and its tickets; none when all is as promised."""
    held = SecondDraw.objects.get(pk=draw_id, organization_id__in=scope.acting_as(*TRAINERS).org_ids)
    rows: list[Any] = list(SecondLook.objects.filter(draw=held).order_by("rater_id", "subject_id"))
    found = lottery.verify(
        held.commitment,
        held.seed,
        held.salt,
        [f"{row.rater_id}:{row.subject_id}" for row in rows],
        [str(row.rater_id) for row in rows],
        held.share,
        [row.drawn for row in rows],
    )
    return [str(problem) for problem in found]
