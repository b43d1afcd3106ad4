"""Photos and files: known by their content, kept without place, time and telephone, behind the wall of notes."""

from __future__ import annotations

import struct
import uuid
import zlib
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead import clock
from fairlead.apps.instruments import attaching
from fairlead.apps.instruments.models import Attachment, Response, Version
from fairlead.apps.instruments.responding import Filled, record
from tests.conftest import as_owner

GPS = b"GPS 40.7 N 74.0 W, telephone of A. Okafor"


def part(marker: int, content: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(content) + 2) + content


def exif(direction: int, order: str = ">") -> bytes:
    entry = struct.pack(f"{order}HHIHH", 0x0112, 3, 1, direction, 0)
    other = struct.pack(f"{order}HHII", 0x010F, 2, len(GPS), 38)
    head = (b"MM\0\x2a" if order == ">" else b"II\x2a\0") + struct.pack(f"{order}IH", 8, 2)
    return b"Exif\0\0" + head + other + entry + struct.pack(f"{order}I", 0) + GPS


def jpeg(direction: int = 1, order: str = ">") -> bytes:
    return b"".join((
        b"\xff\xd8", part(0xE0, b"JFIF\0" + bytes(9)), part(0xE1, exif(direction, order)),
        part(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + GPS), part(0xFE, GPS), part(0xDB, bytes(65)),
        part(0xC0, bytes(15)), part(0xDA, bytes(10)), b"\x12\x34\xff\x00\xff\xd0\x56",
        part(0xC4, bytes(20)), part(0xDA, bytes(8)), b"\x78\xff\xd9",  # a second pass of the same picture
        b"\xff\xd8", part(0xE1, exif(1)), b"\xff\xd9",  # a smaller picture behind it
    ))  # fmt: skip


def png() -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    picture = (b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)), (b"IDAT", zlib.compress(b"\0\0"))
    notes = (b"tEXt", b"Author\0" + GPS), (b"eXIf", exif(6)[6:])
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*c) for c in (picture[0], *notes, picture[1], (b"IEND", b""))) + GPS


@pytest.mark.parametrize("order", [">", "<"])
def test_a_photo_keeps_its_direction_and_nothing_else_that_a_camera_said(order: str) -> None:
    media_type, kept = attaching.clean(jpeg(6, order))
    assert media_type == "image/jpeg"
    assert GPS not in kept
    assert b"adobe" not in kept
    assert b"\x12\x34\xff\x00\xff\xd0\x56\xff\xc4" in kept
    assert kept.endswith(b"\x78\xff\xd9")
    at = kept.index(b"Exif\0\0")
    assert attaching._direction(kept[at + 6 :]) == 6
    assert attaching.clean(kept) == (media_type, kept), "cleaned once is clean"


def test_a_photo_that_stands_upright_keeps_no_notes_at_all() -> None:
    assert b"Exif" not in attaching.clean(jpeg(1))[1]


def test_a_png_keeps_its_picture_only() -> None:
    media_type, kept = attaching.clean(png())
    assert media_type == "image/png"
    assert GPS not in kept
    assert b"IDAT" in kept
    assert kept.endswith(b"IEND" + struct.pack(">I", zlib.crc32(b"IEND")))


@pytest.mark.parametrize(
    "content",
    [b"", b"<svg onload=alert(1)>", b"GIF89a", b"MZ", b"PK\x03\x04", b"\xff\xd8\xff", jpeg()[:60], png()[:50]],
    ids=["empty", "svg", "gif", "exe", "zip", "head", "half a jpeg", "half a png"],
)
def test_what_is_no_picture_and_no_pdf_is_refused(content: bytes) -> None:
    with pytest.raises(ValidationError):
        attaching.clean(content)


def test_a_file_too_large_is_refused() -> None:
    with pytest.raises(ValidationError, match="At most 8 MB"):
        attaching.clean(b"%PDF-" + bytes(attaching.LARGEST))


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=120), st.sampled_from([b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", jpeg()[:30], png()[:30]]))
def test_any_bytes_are_refused_in_words_or_cleaned(tail: bytes, head: bytes) -> None:
    with suppress(ValidationError):
        assert attaching.clean(head + tail)[0] in ("image/jpeg", "image/png")


@pytest.fixture
def response(scope_of: Callable[[str], Any], seeded: Any) -> Response:
    version = Version.objects.get(instrument__key="school-walk", number=1)
    filled = Filled(
        id=uuid.UUID(int=21), version_id=version.pk, organization_id=int(seeded.school_ids[0]), purpose="coaching",
        day=clock.today(), subject_id=seeded.person["amara"],
    )  # fmt: skip
    return record(scope_of("dana"), filled)


def test_a_photo_belongs_to_a_response_and_stands_behind_its_wall(
    response: Response, scope_of: Callable[[str], Any]
) -> None:
    dana = scope_of("dana")
    first = attaching.attach(dana, response.pk, "board.jpg", jpeg(), "the-task")
    assert attaching.attach(dana, response.pk, "board.jpg", jpeg(), "the-task").pk == first.pk
    assert [a.name for a in attaching.attachments(dana, response.pk)] == ["board.jpg"]
    for key in ("grace", "marcus", "ines", "tomas", "owen", "luis"):
        other = scope_of(key)
        assert not attaching.attachments(other, response.pk).exists()
        assert not Attachment.objects.filter(pk=first.pk).exists(), "PostgreSQL, without any filter"
        with pytest.raises(ObjectDoesNotExist):
            attaching.attach(other, response.pk, "mine.jpg", jpeg(), "the-task")
    assert not attaching.attachments(scope_of("amara"), response.pk).exists(), "not before it is shared"
    dana = scope_of("dana")
    with pytest.raises(ValidationError, match="no such item"):
        attaching.attach(dana, response.pk, "board.jpg", jpeg(), "grouping")
    attaching.detach(dana, first.pk)
    with as_owner():
        assert not Attachment.objects.filter(pk=first.pk).exists()


def test_a_response_holds_so_many_files(response: Response, scope_of: Callable[[str], Any]) -> None:
    dana = scope_of("dana")
    for n in range(attaching.MOST):
        attaching.attach(dana, response.pk, f"{n}.pdf", b"%PDF-" + bytes([n]))
    with pytest.raises(ValidationError, match="At most 12 files"):
        attaching.attach(dana, response.pk, "more.pdf", b"%PDF-more")
