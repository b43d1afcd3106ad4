"""What a device's outbox sends, read field by field, and the one shape in which it is answered."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, JsonResponse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from fairlead.apps.access.scope import Scope


class Malformed(Exception):
    """The message is not an event; says which part is wrong."""


def error(status: int, code: str, what: str, then: str) -> JsonResponse:
    """The one shape of every refusal: a word for machines, what happened, and what to do next."""
    return JsonResponse({"error": {"code": code, "what": what, "next": then}}, status=status)


def sender(request: HttpRequest) -> Scope | JsonResponse:
    """Who sends; or the answer to whoever only looks, and to a session that has ended."""
    if request.method != "POST":
        answer = error(405, "method", _("An event is sent by POST."), _("Send it by POST."))
        answer["Allow"] = "POST"
        return answer
    scope: Scope | None = getattr(request, "scope", None)
    if scope is None:
        return error(401, "sign_in", _("Nobody is signed in."), _("Sign in; what waits on this device is sent then."))
    return scope


def read_json(body: bytes) -> dict[str, Any]:
    """A message; Malformed says what it is not."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        raise Malformed(_("The message is not JSON.")) from None
    if not isinstance(said, dict):
        raise Malformed(_("The message is not an event."))
    return said


def wrong(field: str) -> Malformed:
    """The field is not what it should be. Never quotes a value."""
    return Malformed(_("The field “%(field)s” of the event is missing or wrong.") % {"field": field})


def uuid_in(said: dict[str, Any], field: str) -> UUID:
    """The UUID in a field."""
    value = said.get(field)
    try:
        return UUID(value if isinstance(value, str) and len(value) == 36 else "")
    except ValueError:
        raise wrong(field) from None


def number_in(said: dict[str, Any], field: str) -> int:
    """The id in a field."""
    value = said.get(field)
    if type(value) is not int or not 0 < value < 2**63:
        raise wrong(field)
    return value


def moment_in(said: dict[str, Any], field: str) -> datetime:
    """The moment in a field, with its zone."""
    value = said.get(field)
    try:
        moment = parse_datetime(value) if isinstance(value, str) else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None or not 2000 <= moment.year < 2200:
        raise wrong(field)
    return moment
