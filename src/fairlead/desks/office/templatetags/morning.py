"""Words for the morning's pages: languages, relations, shares."""

from __future__ import annotations

from django import template
from django.utils.translation import gettext as _

from fairlead.desks.office.languages import LANGUAGES, RELATIONS

register = template.Library()


@register.filter
def language_name(code: str) -> str:
    """A language by its name; its code when we have no name for it."""
    return str(LANGUAGES.get(code, code))


@register.filter
def relation_name(relation: str) -> str:
    """How a guardian is related; the school's own word when it is none of ours."""
    return str(RELATIONS.get(relation, relation))


@register.filter
def percent(share: float | None) -> str:
    """A share as whole percent. Never 100 % or 0 % unless it is all or none."""
    if share is None:
        return "–"
    whole = round(100 * share)
    if whole == 100 and share < 1:
        whole = 99
    if whole == 0 and share > 0:
        whole = 1
    return _("%(n)s%%") % {"n": whole}
