"""What makes rolls and visits survive without a network: the service worker, the outbox's page, and who is signed in here.

What waits lives in the browser (static/fairlead/outbox/); rolls arrive at desks/teacher/arrivals.py, visits at
desks/coach/arrivals.py, contacts at desks/contacts/arrivals.py.
"""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from functools import cache
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.views.csrf import csrf_failure as page_of_csrf_failure
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe

from fairlead import clock

# What a page needs to be drawn, a roll to be taken and a visit to be written, beside the page itself.
SHELL = (
    "fairlead/fairlead.css",
    "fairlead/fairlead.js",
    "fairlead/mark.svg",
    "fairlead/outbox/frame.js",
    "fairlead/outbox/names.js",
    "fairlead/outbox/page.js",
    "fairlead/outbox/seal.js",
    "fairlead/outbox/send.js",
    "fairlead/outbox/sending.js",
    "fairlead/outbox/store.js",
    "fairlead/outbox/words.js",
    "coach/pictures.js",
    "coach/visit.css",
    "coach/visit.js",
    "contacts/contact.js",
    "contacts/contacts.css",
    "teacher/roll.js",
    "django_htmx/htmx-2.min.js",
)
WORKER, SYNC = "fairlead/outbox/worker.js", "fairlead/outbox/sync.js"


def _text(name: str) -> bytes:
    found = finders.find(name)
    assert isinstance(found, str), name
    return Path(found).read_bytes()


@cache
def build() -> str:
    """Changes with every file of the shell: a browser then fetches them anew and drops the old ones."""
    return hashlib.sha256(b"\0".join(map(_text, (*SHELL, WORKER, SYNC)))).hexdigest()[:16]


@require_safe
def service_worker(request: HttpRequest) -> HttpResponse:
    """The service worker, at the root so that it serves every page.

    With `?sync=1` a module that sends from itself when the browser wakes it; else a plain script, for browsers that
    have neither modules here nor Background Sync.
    """
    known: dict[str, object] = {"BUILD": build(), "SHELL": [static(name) for name in SHELL], "OUTBOX": reverse("outbox")}
    known["ADDRESSES"] = {
        "arrive": reverse("teacher:arrive"),
        "arriveVisit": reverse("coach:arrive"),
        "arrivePicture": reverse("coach:arrive_picture"),
        "arriveContact": reverse("contacts:arrive"),
        "who": reverse("outbox_who"),
    }
    sync = f"import {{ sendInBackground }} from {json.dumps(static(SYNC))};\n"
    sending = sync if "sync" in request.GET else "const sendInBackground = () => undefined;\n"
    head = "".join(f"const {name} = {json.dumps(value)};\n" for name, value in known.items()) + sending
    response = HttpResponse(head.encode() + _text(WORKER), content_type="text/javascript; charset=utf-8")
    response["Cache-Control"] = "no-cache"
    response["Service-Worker-Allowed"] = "/"
    return response


@require_safe
@ensure_csrf_cookie
def outbox(request: HttpRequest) -> HttpResponse:
    """What waits on this device. The page itself holds nothing of anyone, so it may be kept for when there is no network."""
    return render(request, "outbox.html", {"shell": "shell" in request.GET})


@require_safe
@ensure_csrf_cookie
def who(request: HttpRequest) -> JsonResponse:
    """Who is signed in, by number, with the keys to what they wrote on their devices, and the school's moment.

    Brings a fresh token against forged requests, too: as a cookie, and for a script without one.
    """
    scope = getattr(request, "scope", None)
    person = scope.person_id if scope else 0
    response = JsonResponse(
        {
            "person": person,
            "keys": _keys(person) if person else [],
            "now": clock.now().isoformat(),
            "csrf": get_token(request),
        }
    )
    response["Cache-Control"] = "no-store"
    return response


def _keys(person: int) -> list[str]:
    """Keys of one person's drafts: made from the secret, the present one first, so that none has to be stored."""
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    made = (salted_hmac("fairlead.outbox", str(person), secret=s, algorithm="sha256").digest() for s in secrets)
    return [b64encode(key).decode("ascii") for key in made]


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """To a script in the shape of its other errors, to a person as a page."""
    if request.content_type == "application/json":
        then = _("Reload the page and send it again.")
        error = {"code": "csrf", "what": _("This page was open too long to send safely."), "next": then}
        return JsonResponse({"error": error}, status=403)
    return page_of_csrf_failure(request, reason)
