"""An address as a QR code."""

from __future__ import annotations

import io

import qrcode
import qrcode.image.svg
from django.utils.safestring import SafeString, mark_safe


def drawn(address: str) -> SafeString:
    """The code inline, without any style of its own; the address in words has to stand beside it."""
    out = io.BytesIO()
    qrcode.make(address, image_factory=qrcode.image.svg.SvgPathFillImage, box_size=12, border=4).save(out)
    svg = out.getvalue().decode()
    return mark_safe(svg[svg.index("<svg") :].replace("<svg", '<svg aria-hidden="true"', 1))  # noqa: S308
