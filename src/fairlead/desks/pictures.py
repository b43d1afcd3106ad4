"""How a kept picture leaves the house: as what it is, to nobody else's page, and kept nowhere."""

from __future__ import annotations

from django.http import HttpResponse

from fairlead.apps.instruments.models import Attachment

_SHOWN = ("image/jpeg", "image/png")


def serve(picture: Attachment) -> HttpResponse:
    """The content behind the wall of notes; a picture is shown, any other file is saved."""
    response = HttpResponse(bytes(picture.content), content_type=picture.media_type)
    extension = picture.media_type.rpartition("/")[2]
    shown = "inline" if picture.media_type in _SHOWN else "attachment"
    response["Content-Disposition"] = f'{shown}; filename="{picture.pk}.{extension}"'
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["Cache-Control"] = "private, no-store"
    return response
