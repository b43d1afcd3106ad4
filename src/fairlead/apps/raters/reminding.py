"""Before a certificate ends, its holder is told once, in their language, with the way to a fresh calibration."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from django.db import IntegrityError, transaction
from django.utils import formats, translation
from django.utils.translation import gettext as _

from fairlead import clock
from fairlead.apps.access.asking import fetch
from fairlead.apps.instruments import certifying
from fairlead.apps.raters.models import EndNotice

AHEAD = timedelta(days=30)
Send = Callable[[str, str, str], object]  # to, subject, words


def remind(today: date, send: Send) -> int:
    """Tell whose certificate ends within 30 days, unless a later one holds; how many were told."""
    told = 0
    for held in certifying.ending(today, today + AHEAD):
        (row,) = fetch(_WHO, person=held.person_id)
        email, given, language, organization = row
        if not email:
            continue
        try:
            with transaction.atomic():
                EndNotice.objects.create(
                    organization_id=organization,
                    person_id=held.person_id,
                    certificate_id=held.pk,
                    sent_at=clock.now(),
                )
        except IntegrityError:  # told before
            continue
        with translation.override(language or "en"):
            words = {
                "name": given,
                "instrument": str(held.instrument),
                "day": formats.date_format(held.until, "DATE_FORMAT") if held.until else "",
                "page": _("How I rate"),
            }
            send(
                email,
                _("Your certificate for “%(instrument)s” ends soon") % words,
                _(
                    "Good morning, %(name)s,\n\nyour rater's certificate for “%(instrument)s” ends on %(day)s. "
                    "A calibration that you pass gives you the next one: on your Fairlead page, under “%(page)s”.\n"
                )
                % words,
            )
        told += 1
    return told


_WHO = "SELECT email, given_name, language, organization_id FROM roster_person WHERE id = %(person)s"
