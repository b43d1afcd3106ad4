"""Objects of assignment reviews for the access table."""

from __future__ import annotations

from typing import Any
from uuid import UUID


def closed_review(world: Any) -> int:
    """The network's review that is closed."""
    from fairlead.apps.reviews.models import Review

    return int(Review.objects.get(closed_at__isnull=False).pk)


def open_review(world: Any) -> int:
    """Harbor Point's review that is under way."""
    from fairlead.apps.reviews.models import Review

    return int(Review.objects.get(closed_at=None).pk)


def asked_of_amara(world: Any) -> int:
    """A day of her classroom that is asked for."""
    from fairlead.apps.reviews.models import Piece

    return int(Piece.objects.filter(teacher_id=world.person["amara"], state="asked").order_by("pk")[0].pk)


def waits_for_dana(world: Any) -> int:
    """An assignment that Dana has not judged."""
    from fairlead.apps.reviews.models import Piece

    waiting = Piece.objects.filter(review__closed_at=None, first_id=world.person["dana"], first_response=None)
    return int(waiting.order_by("pk")[0].pk)


def picture_for_dana(world: Any) -> int:
    """The same with a picture, put there for this test: only who judges it, or runs the review, opens it."""
    from fairlead.apps.reviews.models import Copy

    piece = waits_for_dana(world)
    Copy.objects.filter(piece_id=piece).update(media_type="image/png", content=b"\x89PNG\r\n\x1a\n")
    return piece


def standard(world: Any) -> int:
    """A standard of a small framework, loaded for this test."""
    from fairlead.apps.reviews.models import Framework, Standard

    framework, _made = Framework.objects.get_or_create(identifier=UUID(int=7), defaults={"title": "Numbers"})
    found, _made = Standard.objects.get_or_create(
        framework=framework,
        identifier=UUID(int=8),
        defaults={"code": "3.N.1", "statement": "Compare two fractions.", "grades": ["03"], "position": 0},
    )
    return int(found.pk)
