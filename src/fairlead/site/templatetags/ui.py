"""Template tags for the parts every page is made of: status, stat, icon, figure, field, role names.

The markup lives in templates/ui/*.html; /about/looks shows each part as it is used.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from django import template
from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple, RadioSelect
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from fairlead.site import frame

register = template.Library()

# 24 × 24, stroked with currentColor; a shape per status so that colour never stands alone.
_ICONS = {
    "ok": '<circle cx="12" cy="12" r="9"/><path d="m8 12.3 2.8 2.8L16.2 9"/>',
    "warn": '<path d="M12 3.5 21.5 20h-19z"/><path d="M12 10v4.5M12 17.2v.1"/>',
    "bad": '<path d="M12 2.8 21.2 12 12 21.2 2.8 12z"/><path d="m9.4 9.4 5.2 5.2m0-5.2-5.2 5.2"/>',
    "none": '<circle cx="12" cy="12" r="9" stroke-dasharray="3.5 3.57"/><path d="M8.5 12h7"/>',
    "info": '<rect x="3.5" y="3.5" width="17" height="17" rx="3"/><path d="M12 11v5.5M12 7.6v.1"/>',
    "phone": '<path d="M6.5 3.5h3l1.6 4.2-2.1 1.6a12 12 0 0 0 5.7 5.7l1.6-2.1 4.2 1.6v3a2 2 0 0 1-2.2 2'
    'A17 17 0 0 1 4.5 5.7a2 2 0 0 1 2-2.2z"/>',
    "clock": '<circle cx="12" cy="12" r="9"/><path d="M12 7v5.2l3.4 2"/>',
    "eye": '<path d="M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12z"/>'
    '<circle cx="12" cy="12" r="2.8"/>',
    "lock": '<rect x="5" y="10.5" width="14" height="9.5" rx="2"/><path d="M8 10.5V8a4 4 0 0 1 8 0v2.5"/>',
    "person": '<circle cx="12" cy="8" r="3.8"/><path d="M4.5 20.5c.8-4 3.8-6 7.5-6s6.7 2 7.5 6"/>',
    "people": '<circle cx="9" cy="8.5" r="3.3"/><path d="M2.8 19.5c.6-3.5 3.1-5.2 6.2-5.2s5.6 1.7 6.2 '
    '5.2M15.8 5.5a3.3 3.3 0 0 1 0 6M17.5 14.6c2 .6 3.3 2.2 3.7 4.9"/>',
    "print": '<path d="M7 8.5V3.5h10v5M7 17H4V9.5h16V17h-3"/><path d="M7 14h10v6.5H7z"/>',
    "arrow": '<path d="M4.5 12h15m-6-6 6 6-6 6"/>',
    "down": '<path d="m6 9 6 6 6-6"/>',
    "globe": '<circle cx="12" cy="12" r="9"/><path d="M3 12h18M12 3c2.7 2.6 4 5.6 4 9s-1.3 6.4-4 '
    '9c-2.7-2.6-4-5.6-4-9s1.3-6.4 4-9z"/>',
    "moon": '<path d="M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5z"/>',
    "flag": '<path d="M5.5 21V4m0 .5h12l-2.5 4 2.5 4h-12"/>',
    "note": '<path d="M5 3.5h10l4 4v13H5z"/><path d="M8.5 11h7M8.5 15h7"/>',
    "out": '<path d="M10 4H5v16h5M10 12h10.5m-4-4 4 4-4 4"/>',
    "anchor": '<circle cx="12" cy="5" r="2.2"/><path d="M12 7.2V21M8 11h8M4 14c.5 4.3 3.5 7 8 7s7.5-2.7 8-7"/>',
}

ROLE_NAMES = {
    "teacher": _("Teacher"),
    "office": _("School office"),
    "principal": _("Principal"),
    "coach": _("Coach"),
    "director": _("Director of principals"),
    "network_lead": _("Network lead"),
    "analyst": _("Analyst"),
    "city_lead": _("City lead"),
    "talent": _("Leader talent"),
    "auditor": _("Auditor"),
    "data_manager": _("Data manager"),
}


@register.simple_tag(takes_context=True)
def outbox_banner(context: Any) -> SafeString:
    """What waits on this device to be sent, as its scripts find it."""
    return frame.outbox(context)


@register.simple_tag(takes_context=True)
def masthead(context: Any) -> SafeString:
    """Who is here, where they can go, and the demo's banner."""
    return frame.masthead(context)


@register.simple_tag(takes_context=True)
def footer(context: Any) -> SafeString:
    """The foot of every page."""
    return frame.footer(context)


@register.simple_tag
@lru_cache(maxsize=256, typed=True)  # typed: a safe string is not the string that it looks like
def icon(name: str, label: str = "") -> SafeString:
    """An inline icon: hidden from screen readers unless it carries a label."""
    paths = mark_safe(_ICONS[name])  # noqa: S308  (our own constants)
    said = format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"')
    return format_html(
        '<svg class="icon" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" '
        'stroke-linecap="round" stroke-linejoin="round" {}>{}</svg>',
        said,
        paths,
    )


@register.simple_tag
@lru_cache(maxsize=1000, typed=True)
def status(kind: str, word: str) -> SafeString:
    """A state as a shape and a word. Kinds: ok, warn, bad, none, info."""
    if kind not in {"ok", "warn", "bad", "none", "info"}:
        raise template.TemplateSyntaxError(f"status: unknown kind {kind!r}; use ok, warn, bad, none or info")
    return format_html('<span class="status status--{}">{}{}</span>', kind, icon(kind), word)


@register.inclusion_tag("ui/stat.html")
def stat(value: Any, label: str, note: str = "", kind: str = "") -> dict[str, Any]:
    """A number with what it counts and, small beside it, its coverage and as-of time."""
    return {"value": value, "label": label, "note": note, "kind": kind}


@register.inclusion_tag("ui/figure.html")
def figure(fig: Any) -> dict[str, Any]:
    """A chart under the sentence it answers, with its numbers as a table one click away."""
    return {"fig": fig}


@register.inclusion_tag("ui/field.html")
def field(bound: BoundField) -> dict[str, Any]:
    """A form field with label, control, hint and error, tied together for screen readers."""
    widget = bound.field.widget
    return {
        "field": bound,
        "is_check": isinstance(widget, CheckboxInput),
        "is_group": isinstance(widget, RadioSelect | CheckboxSelectMultiple),
        "is_segmented": isinstance(widget, RadioSelect),
    }


@register.filter
def role_name(role: str) -> str:
    """The everyday name of a role."""
    return str(ROLE_NAMES.get(role, role))


@register.filter
def initials(name: str) -> str:
    """Two letters for the round badge beside a person's name."""
    words = [w for w in str(name).split() if w[0].isalpha()]
    if not words:
        return ""
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()


FEW = 3  # so few more than fit are shown at once: nobody opens a fold for two rows


@register.filter
def head(rows: Sequence[Any], n: int) -> Sequence[Any]:
    """The first rows of a list whose rest is folded away."""
    return rows if len(rows) <= n + FEW else rows[:n]


@register.filter
def rest(rows: Sequence[Any], n: int) -> Sequence[Any]:
    """What `head` leaves over."""
    return rows[len(head(rows, n)) :]
