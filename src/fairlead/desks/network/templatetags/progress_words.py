"""Words and marks of indicators: shares, changes, standings, groups and categories."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import template
from django.utils import formats
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fairlead.desks.network.picture import spark_points

register = template.Library()

STANDINGS = {
    "up": {"ok": gettext_lazy("On target"), "warn": gettext_lazy("Near target"), "bad": gettext_lazy("Below target")},
    "down": {
        "ok": gettext_lazy("On target"),
        "warn": gettext_lazy("Near target"),
        "bad": gettext_lazy("Above target"),
    },
}
GROUP_NAMES = {
    "all": gettext_lazy("Everybody"),
    "race_ethnicity": gettext_lazy("Race and ethnicity"),
    "economically_disadvantaged": gettext_lazy("Economic disadvantage"),
    "english_learner": gettext_lazy("English learners"),
    "disability": gettext_lazy("Disability"),
    "gender": gettext_lazy("Gender"),
}
CATEGORY_NAMES = {
    ("all", "all"): gettext_lazy("Everybody"),
    ("race_ethnicity", "asian"): gettext_lazy("Asian"),
    ("race_ethnicity", "black"): gettext_lazy("Black or African American"),
    ("race_ethnicity", "hispanic"): gettext_lazy("Hispanic or Latino"),
    ("race_ethnicity", "white"): gettext_lazy("White"),
    ("race_ethnicity", "two_or_more"): gettext_lazy("Two or more races"),
    ("race_ethnicity", "other"): gettext_lazy("Another race or ethnicity"),
    ("economically_disadvantaged", "yes"): gettext_lazy("Economically disadvantaged"),
    ("economically_disadvantaged", "no"): gettext_lazy("Not economically disadvantaged"),
    ("english_learner", "yes"): gettext_lazy("English learners"),
    ("english_learner", "no"): gettext_lazy("Not English learners"),
    ("disability", "yes"): gettext_lazy("With a disability"),
    ("disability", "no"): gettext_lazy("Without a disability"),
    ("gender", "female"): gettext_lazy("Female"),
    ("gender", "male"): gettext_lazy("Male"),
    ("gender", "nonbinary"): gettext_lazy("Nonbinary"),
}
EVIDENCE_NAMES = {
    "none": gettext_lazy("Believed, not shown"),
    "weak": gettext_lazy("Shown elsewhere"),
    "study": gettext_lazy("Our own study"),
}


@register.filter
def share(value: float | None, decimals: int = 1) -> str:
    """A share in percent; a dash when there is none."""
    if value is None:
        return "–"
    return _("%(number)s%%") % {"number": formats.number_format(100 * value, decimals)}


@register.filter
def points(value: float | None) -> str:
    """A change in percentage points, with its sign."""
    if value is None:
        return ""
    number = formats.number_format(abs(100 * value), 1)
    if number == formats.number_format(0, 1):
        return _("no change")
    return _("%(sign)s%(number)s points") % {"sign": "+" if value > 0 else "−", "number": number}


@register.filter
def told(cell: Any) -> str:
    """What a reader is told of one cell's share: the number, an end of it, or that it is withheld."""
    if cell.n == 0:
        return _("nobody")
    if cell.withheld:
        return _("withheld")
    if cell.exact:
        return share(cell.low)
    if cell.low == 0:
        return _("at most %(share)s") % {"share": share(cell.high, 0)}
    return _("at least %(share)s") % {"share": share(cell.low, 0)}


@register.filter
def standing_word(series: Any) -> str:
    """Where an indicator stands to its target, in words."""
    if series.standing == "none":
        return _("Not enough data")
    return str(STANDINGS[series.indicator.direction][series.standing])


@register.filter
def group_name(group: str) -> str:
    return str(GROUP_NAMES[group])


@register.filter
def category_name(category: str, group: str) -> str:
    """A category by name; what the family did not state is said so in every group."""
    return _("Not stated") if category == "not_stated" else str(CATEGORY_NAMES[group, category])


@register.filter
def evidence_name(evidence: str) -> str:
    return str(EVIDENCE_NAMES[evidence])


@register.filter
def sized(icon: SafeString, size: int) -> SafeString:
    """An icon with a size of its own, for use inside a drawing (where a style sheet cannot give it one)."""
    return mark_safe(icon.replace("<svg ", f'<svg width="{size}" height="{size}" ', 1))  # noqa: S308


@register.simple_tag
def beside(value: float, everybody: float, most: float) -> SafeString:
    """A bar from everybody's share to this group's, on a scale of `most` to both sides. The words stand beside it."""
    end = 100 + 96 * (value - everybody) / most
    left, width = min(end, 100.0), abs(end - 100)
    return format_html(
        '<svg class="gap gap--{}" viewBox="0 0 200 10" preserveAspectRatio="none" aria-hidden="true" focusable="false">'
        '<rect class="gap__bar" x="{}" y="1.5" width="{}" height="7"/><rect class="gap__mid" x="99.25" y="0" width="1.5" '
        'height="10"/></svg>',
        "more" if value > everybody else "less", f"{left:.1f}", f"{max(width, 0.5):.1f}",
    )  # fmt: skip


@register.simple_tag
def spark(values: Sequence[float | None], width: int = 96, height: int = 24) -> SafeString:
    """A small trend without axes; beside a number that says the same in words."""
    line, last = spark_points(values, width, height)
    if not line:
        return SafeString()
    return format_html(
        '<svg class="spark" viewBox="0 0 {} {}" width="{}" height="{}" aria-hidden="true" focusable="false">'
        '<polyline points="{}"/><circle cx="{}" cy="{}" r="2.6"/></svg>',
        width, height, width, height, line, last[0], last[1],
    )  # fmt: skip
