"""A class on shared devices: a code for a day, forms without a name, and how many have finished.

Each form uses up one invitation of the class that nobody has used, so there are never more answers than students asked. In
an anonymous survey it is any of them; in a confidential one it is that of the student's slip. The device makes a random id
for each form, so that one sent twice, after a minute without network, counts once.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from fairlead import clock
from fairlead.apps.access.asking import fetch
from fairlead.apps.access.scope import Scope
from fairlead.apps.instruments import responding
from fairlead.apps.instruments.responding import Given
from fairlead.apps.surveys import links
from fairlead.apps.surveys.models import ClassSession
from fairlead.apps.surveys.services import NotThere, Slip, keep

LENGTH = 8  # of a class's code: it opens for a day, and only questions
STAND_IN = ("office", "principal")  # open it for a substitute


@dataclass(frozen=True, slots=True)
class Class:
    """A class that an open survey asks. `finished` counts answers and noes together: who said no is nobody's business."""

    administration_id: int
    section_id: int
    section: str
    school_id: int
    school: str
    name: str
    name_es: str
    mode: str
    closes_on: date
    asked: int
    finished: int
    code: str | None  # of a session that is open today


def classes(scope: Scope) -> list[Class]:
    """Classes that the person may open today: their own; all of the school for whoever stands in for a substitute."""
    schools = [pk for pk in sorted(scope.org_ids) if scope.has(*STAND_IN, organization_id=pk)]
    return [Class(*row) for row in fetch(_CLASSES, person=scope.person_id, schools=schools, today=clock.today())]


_CLASSES = """
SELECT a.id, s.id, s.name, o.id, o.name, a.name, a.name_es, a.mode, a.closes_on,
       count(*) FILTER (WHERE i.state IN ('waiting', 'answered', 'declined')),
       count(*) FILTER (WHERE i.state IN ('answered', 'declined')), max(c.code)
FROM surveys_invitation i
JOIN surveys_administration a ON a.id = i.administration_id
JOIN roster_section s ON s.id = i.section_id
JOIN roster_organization o ON o.id = i.organization_id
LEFT JOIN surveys_classsession c ON c.administration_id = a.id AND c.section_id = s.id AND c.closed_at IS NULL
      AND c.day = %(today)s
WHERE a.asked = 'students' AND a.opened_at IS NOT NULL AND a.closed_at IS NULL
  AND a.opens_on <= %(today)s AND a.closes_on >= %(today)s
  AND (i.teacher_id = %(person)s OR s.teacher_id = %(person)s OR i.organization_id = ANY (%(schools)s))
GROUP BY a.id, s.id, o.id ORDER BY a.closes_on, a.id, s.name
"""


def found(scope: Scope, administration_id: int, section_id: int) -> Class:
    """One of them."""
    for one in classes(scope):
        if (one.administration_id, one.section_id) == (administration_id, section_id):
            return one
    raise NotThere


@transaction.atomic
def begin(scope: Scope, administration_id: int, section_id: int) -> str:
    """Open a class for today, and say its code. Twice is once; a session of an earlier day is over."""
    one = found(scope, administration_id, section_id)
    if one.code is not None:
        return one.code
    now = clock.now()
    mine = ClassSession.objects.filter(administration_id=administration_id, section_id=section_id)
    mine.filter(closed_at=None).update(closed_at=now)
    code = "".join(secrets.choice(links.LETTERS) for _nth in range(LENGTH))
    ClassSession.objects.create(
        administration_id=administration_id, section_id=section_id, organization_id=one.school_id,
        opened_by_id=scope.person_id, day=now.date(), code=code,
    )  # fmt: skip
    return code


@transaction.atomic
def end(scope: Scope, administration_id: int, section_id: int) -> None:
    """Close it. What still waits on a device without network is taken until midnight."""
    found(scope, administration_id, section_id)
    ClassSession.objects.filter(administration_id=administration_id, section_id=section_id, closed_at=None).update(
        closed_at=clock.now()
    )


@transaction.atomic
def slips(scope: Scope, administration_id: int, section_id: int) -> list[Slip]:
    """New codes on paper for the students of one class who have not answered; codes of before no longer open."""
    one = found(scope, administration_id, section_id)
    rows = fetch(_WAITING, administration=administration_id, section=section_id)
    if not rows:
        raise ValidationError(_("Everybody in this class has finished."))
    made = [links.new_secret() for _row in rows]
    keep([row[0] for row in rows], made)
    return [Slip(secret, row[1], one.section, "") for secret, row in zip(made, rows, strict=True)]


_WAITING = """
SELECT i.id, coalesce(p.given_name || ' ' || p.family_name, '')
FROM surveys_invitation i LEFT JOIN roster_person p ON p.id = i.person_id
WHERE i.administration_id = %(administration)s AND i.section_id = %(section)s AND i.state = 'waiting'
ORDER BY p.sort_name, random()
"""


@dataclass(frozen=True, slots=True)
class Opened:
    """What a class's code opens, for whoever has it; nobody is signed in, and nobody is named."""

    administration_id: int
    version_id: int
    organization_id: int
    school: str
    name: str
    name_es: str
    purpose: str
    mode: str
    section: str
    words: str
    words_es: str
    closes_on: date
    open: bool


def look(code: str) -> Opened | None:
    """What a code opens; None when it is none."""
    plain = "".join(letter for letter in code.lower() if letter.isalnum())
    rows = fetch("SELECT * FROM surveys_class_look(%(code)s, %(today)s)", code=plain, today=clock.today())
    return Opened(*rows[0]) if rows else None


@transaction.atomic
def hand_in(code: str, opened: Opened, receipt: UUID, given: Mapping[int, Given] | None, slip: str = "") -> str:
    """Seal one form (None: a no). `sent`; `again`, when it had arrived; `none`, when no invitation is left; `over`."""
    said = None
    if given is not None:
        responding.check(links.questions(opened.version_id), given)
        said = json.dumps({pk: links.as_data(one) for pk, one in given.items() if not one.is_empty})
    hashes = links.hashes(slip) if opened.mode == "confidential" else None
    plain = "".join(letter for letter in code.lower() if letter.isalnum())
    found = fetch(
        "SELECT surveys_class_answer(%(code)s, %(today)s, %(receipt)s, %(hashes)s::text[], %(said)s::jsonb)",
        code=plain, today=clock.today(), receipt=receipt, hashes=hashes, said=said,
    )  # fmt: skip
    return str(found[0][0])
