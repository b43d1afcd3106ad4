"""Pictures and files of a response: known by what they hold and not by their name, kept without what a camera adds.

A photo says where and when it was taken and by whose telephone. None of that is kept: of its notes only the direction
in which it is to be turned. Kept in the database behind the wall of notes, so that backup and erasing hold for it.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from fairlead.apps.access.scope import Scope
from fairlead.apps.access.selectors import opened
from fairlead.apps.instruments.models import Attachment, Item, Response, Visit

LARGEST = 8 * 1024 * 1024
MOST = 12  # files of one response
_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_KEPT = frozenset(
    {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"sBIT", b"bKGD", b"pHYs"}
)
_ORIENTATION = 0x0112


@transaction.atomic
def attach(scope: Scope, response_id: UUID | str, name: str, content: bytes, item_key: str = "") -> Attachment:
    """Keep a picture or file of one's own response; the same content again is the same attachment."""
    response = Response.objects.select_for_update().get(pk=response_id, author_id=scope.person_id)
    item = Item.objects.filter(version=response.version_id, key=item_key, kind=Item.Kind.PHOTO).first()
    if item_key and item is None:
        raise ValidationError({"file": _("There is no such item for a photo or file.")})
    media_type, cleaned = clean(content)
    sha256 = digest(cleaned)
    held = Attachment.objects.filter(response=response)
    known = held.filter(sha256=sha256, item=item).first()
    if known is not None:
        return known
    if held.count() >= MOST:
        raise ValidationError({"file": _("At most %(n)s files.") % {"n": MOST}})
    return Attachment.objects.create(
        response=response,
        organization_id=response.organization_id,
        purpose=response.purpose,
        author_id=response.author_id,
        subject_id=response.subject_id,
        item=item,
        media_type=media_type,
        name=name[-120:],
        sha256=sha256,
        content=cleaned,
    )


def attachments(scope: Scope, response_id: UUID | str) -> QuerySet[Attachment]:
    """The pictures and files of a response that the person may see, without their content."""
    found = _visible(scope).filter(response_id=response_id).select_related("item").defer("content")
    return found.order_by("item__position", "name", "id")


def attachment(scope: Scope, attachment_id: UUID | str) -> Attachment | None:
    """One picture or file that the person may see, with its content."""
    return _visible(scope).filter(pk=attachment_id).first()


def _visible(scope: Scope) -> QuerySet[Attachment]:
    shared = Visit.objects.filter(subject_id=scope.person_id, shared_at__isnull=False).values("token")
    return Attachment.objects.filter(
        Q(author_id=scope.person_id) | Q(response_id__in=shared) | opened(scope, "notes")
    )


@transaction.atomic
def detach(scope: Scope, attachment_id: UUID | str) -> bool:
    """Take a picture out of one's own response. False when there is none."""
    gone, _each = Attachment.objects.filter(pk=attachment_id, author_id=scope.person_id).delete()
    return bool(gone)


def digest(content: bytes) -> str:
    """By which the same content is known again."""
    return hashlib.sha256(content).hexdigest()


def clean(content: bytes) -> tuple[str, bytes]:
    """What a file is, and its content without a camera's notes; refuses what is neither a picture nor a PDF."""
    if len(content) > LARGEST:
        raise ValidationError({"file": _("At most %(n)s MB.") % {"n": LARGEST // 1024**2}})
    try:
        if content.startswith(b"\xff\xd8\xff"):
            return "image/jpeg", b"".join(_jpeg(content))
        if content.startswith(_PNG):
            return "image/png", b"".join(_png(content))
    except (struct.error, IndexError, ValueError):
        raise ValidationError({"file": _("This picture is damaged.")}) from None
    if content.startswith(b"%PDF-"):
        return "application/pdf", content
    raise ValidationError({"file": _("A photo (JPEG or PNG) or a PDF.")})


def _jpeg(content: bytes) -> Iterator[bytes]:
    """The parts of a JPEG without notes of applications and comments; its direction is written anew.

    It ends where the picture ends: telephones write a second, smaller one behind it, with notes of its own.
    """
    yield content[:2]
    at, turned, kept = 2, 1, []
    while (marker := content[at + 1]) != 0xD9:
        if content[at] != 0xFF:
            raise IndexError(at)
        if marker == 0xFF:  # a byte that fills
            at += 1
            continue
        (length,) = struct.unpack_from(">H", content, at + 2)
        end = at + 2 + length
        if length < 2 or end > len(content):
            raise IndexError(at)
        if marker == 0xDA:
            end = _scanned(content, end)
        if marker == 0xE1 and content[at + 4 : at + 10] == b"Exif\0\0":
            turned = _direction(content[at + 10 : end])
        elif marker in (0xE0, 0xEE) or not (0xE1 <= marker <= 0xEF or marker == 0xFE):
            kept.append(content[at:end])  # JFIF and Adobe's say how colours are meant
        at = end
    if turned != 1:
        exif = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01" + struct.pack(">HHIHHI", _ORIENTATION, 3, 1, turned, 0, 0)
        yield b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif
    yield from kept
    yield b"\xff\xd9"


def _scanned(content: bytes, at: int) -> int:
    """Where the compressed picture that begins here ends: at the next marker that is not part of it."""
    while True:
        at = content.index(b"\xff", at)
        if content[at + 1] != 0 and not 0xD0 <= content[at + 1] <= 0xD7:
            return at
        at += 2


def _direction(tiff: bytes) -> int:
    """How a picture is to be turned (1 to 8), from its notes; 1 where they do not say."""
    try:
        order = {b"II": "<", b"MM": ">"}[tiff[:2]]
        (first,) = struct.unpack_from(f"{order}I", tiff, 4)
        (many,) = struct.unpack_from(f"{order}H", tiff, first)
        for n in range(many):
            tag, kind, _count, value = struct.unpack_from(f"{order}HHIH", tiff, first + 2 + 12 * n)
            if tag == _ORIENTATION and kind == 3 and 1 <= value <= 8:
                return int(value)
    except (KeyError, struct.error):
        return 1
    return 1


def _png(content: bytes) -> Iterator[bytes]:
    """The parts of a PNG that make the picture."""
    yield _PNG
    at = len(_PNG)
    while True:
        (length,) = struct.unpack_from(">I", content, at)
        kind, end = content[at + 4 : at + 8], at + 12 + length
        if end > len(content):
            raise IndexError(at)
        if kind in _PNG_KEPT:
            yield content[at:end]
        if kind == b"IEND":
            return
        at = end
