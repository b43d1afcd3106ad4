"""A picture of a visit for the access table."""

from __future__ import annotations

import struct
import zlib
from typing import Any


def picture_of_amara(world: Any) -> str:
    """A picture of Dana's latest visit to Amara, added for this test when the demo has none."""
    from fairlead.apps.instruments.models import Attachment, Response, Visit

    who = {"visitor_id": world.person["dana"], "subject_id": world.person["amara"]}
    visit = Visit.objects.filter(**who).order_by("-began_at")[0]
    response = Response.objects.get(pk=visit.token)
    walled = {n: getattr(response, n) for n in ("organization_id", "purpose", "author_id", "subject_id")}
    found = Attachment.objects.filter(response=response).first()
    made = found or Attachment.objects.create(
        **walled, response=response, media_type="image/png", name="The board", content=PNG
    )
    return str(made.pk)


def _part(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


# A small grey square.
PNG = b"".join((
    b"\x89PNG\r\n\x1a\n",
    _part(b"IHDR", struct.pack(">IIBBBBB", 16, 16, 8, 0, 0, 0, 0)),
    _part(b"IDAT", zlib.compress((b"\0" + bytes([150]) * 16) * 16)),
    _part(b"IEND", b""),
))  # fmt: skip
