"""Responses that name nobody: what a sealed survey becomes when it is opened, all at once.

They have no author, no subject, no time and no language, and one day for all; their ids are random. Whoever calls has
put them into random order and made sure that a group too small to tell is not told by its organization or class.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from django.db import transaction

from fairlead.apps.instruments.models import Answer, Item, Note, Response
from fairlead.apps.instruments.responding import WORDS, Given


@dataclass(frozen=True, slots=True)
class Nameless:
    """One form, of somebody in an organization (and class, where that group is large enough)."""

    organization_id: int
    section_id: int | None
    answers: Mapping[int, Given]  # by item; checked when they were given


@transaction.atomic
def record_nameless(
    version_id: int, purpose: str, day: date, forms: Iterable[Nameless], *, anonymous: bool
) -> list[uuid.UUID]:
    """Write the forms in the order given; their ids in the same order."""
    kinds = dict(Item.objects.filter(version_id=version_id).values_list("pk", "kind"))
    responses: list[Response] = []
    answers: list[Answer] = []
    notes: list[Note] = []
    for form in forms:
        walled = {"organization_id": form.organization_id, "purpose": purpose}
        response = Response(
            **walled, version_id=version_id, section_id=form.section_id, anonymous=anonymous, day=day, language=""
        )
        responses.append(response)
        for pk, given in form.answers.items():
            if given.is_empty or pk not in kinds:
                continue
            if kinds[pk] in WORDS:
                notes.append(Note(**walled, response=response, item_id=pk, text=given.text.strip()))
            else:
                answers.append(
                    Answer(
                        **walled, response=response, item_id=pk, level=given.level, number=given.number,
                        chosen=list(given.chosen) if given.chosen else None, not_observed=given.not_observed,
                    )
                )  # fmt: skip
    Response.objects.bulk_create(responses, batch_size=2000)
    Answer.objects.bulk_create(answers, batch_size=2000)
    Note.objects.bulk_create(notes, batch_size=2000)
    return [response.pk for response in responses]
